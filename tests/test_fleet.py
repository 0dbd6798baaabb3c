"""Many projects, with real processes, a real scheduler, and real deaths among them."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import distributed
import pytest
from openpyxl import load_workbook

from paperwork import cluster, fleet, pool, register, store, turn
from paperwork.bind import VOLUME
from paperwork.faults import ExitCode, Stop
from tests import hands, make

RUN = "from paperwork.cli import main; main()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(make.ROOT)}
DASK = Path(sys.executable).parent / "dask"


@dataclass(frozen=True)
class House:
    """Where everything lies."""

    folder: Path
    inputs: Path
    templates: Path

    def command(self, *words: str) -> list[str]:
        """A command with these inputs."""
        return [sys.executable, "-c", RUN, *words, "--inputs", str(self.inputs)]

    def archive(self, outputs: str, *words: str) -> "subprocess.Popen[str]":
        """Begin to make archives."""
        places = ("--outputs", str(self.folder / outputs), "--templates", str(self.templates), "--as-of", "2026-01-01")
        return begun(self.command("archive", *words, *places))

    def job(self, number: int) -> fleet.Job:
        """What is to be done of a project."""
        return fleet.Job(number, self.inputs, self.folder / "jobs", self.templates, make.LATER)


def begun(command: list[str]) -> "subprocess.Popen[str]":
    """Begin a command in a group of processes of its own."""
    return subprocess.Popen(
        command, cwd=make.ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code, and all that was said."""
    said, told = process.communicate(timeout=300)
    assert "Traceback" not in told
    return process.returncode, said + told


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Four projects: the third has a bad cell, the fourth no workbook."""
    folder = tmp_path_factory.mktemp("fleet")
    inputs = make.many(folder, 4)
    path = inputs / "项目3" / "项目数据.xlsx"
    book = load_workbook(path)
    book["基本信息"]["B4"] = "昨天"
    book.save(path)
    (inputs / "项目4" / "项目数据.xlsx").unlink()
    return House(folder, inputs, make.forms(folder, ("附件隔页",)))


@pytest.fixture(scope="module")
def local(house: House) -> tuple[Path, int, str]:
    """All projects, done here; the process that makes the second is killed. Outputs, exit code, what was said."""
    outputs = house.folder / "local"
    process = house.archive("local", "--all", "--jobs", "2")
    assert kill_who_makes(2, outputs) != process.pid
    return outputs, *ended(process)


@pytest.fixture(scope="module")
def scheduler(house: House) -> Iterator[str]:
    """A scheduler's address. Two workers are begun with it, as `make worker` does."""
    about = house.folder / "scheduler.json"
    own = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(about))
    with (house.folder / "dask.log").open("w") as log:
        processes = [dask(log.fileno(), "scheduler", *own)]
        while not (about.exists() and about.read_text("utf-8")):
            time.sleep(0.05)
        address: str = json.loads(about.read_text("utf-8"))["address"]
        processes.append(dask(log.fileno(), "worker", address, "--nworkers", "2", "--nthreads", "1"))
        try:
            with distributed.Client(address, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=60)
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(30)


def dask(log: int, *words: str) -> "subprocess.Popen[bytes]":
    """Begin a program of Dask's, as the Makefile does."""
    recipes = (make.ROOT / "Makefile").read_text("utf-8").replace("\\\n", "").splitlines()
    [worker] = [line for line in recipes if "dask worker" in line]
    environment = {**ENVIRONMENT, **dict(re.findall(r"(DASK_\w+)=(\w+)", worker))}
    assert environment.keys() > ENVIRONMENT.keys()
    return subprocess.Popen([DASK, *words, "--no-dashboard"], env=environment, cwd=make.ROOT, stderr=log, stdout=log)


def files(outputs: Path, number: int) -> dict[str, bytes]:
    """A project's archive, file by file."""
    folder = outputs / str(number)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def left_over(outputs: Path) -> list[str]:
    """What no finished run leaves behind."""
    kept = {f".{name}.lock" for name in (1, 2, 3, "register")} | {store.FOLDER}
    return [path.name for path in outputs.iterdir() if path.name.startswith(".") and path.name not in kept]


def kill_who_makes(number: int, outputs: Path) -> int:
    """Wait until the documents of a project are being printed; kill the process that has its turn."""
    while not list(outputs.glob(f".{number}-*/made/word/*.docx")):
        time.sleep(0.01)
    inode = (outputs / f".{number}.lock").stat().st_ino
    [line] = [line for line in Path("/proc/locks").read_text("utf-8").splitlines() if f":{inode} " in line]
    victim = int(line.split()[4])
    os.kill(victim, signal.SIGKILL)
    return victim


def registered(outputs: Path) -> list[object]:
    """The numbers that stand in the register."""
    sheet = load_workbook(outputs / register.FILE).active
    return [cell.value for cell in sheet["A"] if isinstance(cell.value, int)]


# ---- all of them


def test_one_projects_failure_is_never_anothers(local: tuple[Path, int, str]) -> None:
    _, code, words = local
    assert code == ExitCode.FAULTY
    assert re.search(r"1 │ “试验1号”项目 │ 待补稿 +│ +1 │ +3 │ +3 │ +\d+\.\d 秒", words)
    assert re.search(r"3 │ “试验3号”项目 │ 没有做成 │", words)
    assert "项目3　表格里有 1 处错误" in words
    assert "基本信息!B4" in words
    assert "做成 2 个，没有做成 1 个" in words
    assert "1 个项目没有工作簿：4" in words
    assert re.search(r"3/3 项目\d", words)


def test_a_process_killed_in_mid_project_loses_nothing(local: tuple[Path, int, str]) -> None:
    outputs = local[0]
    assert (registered(outputs), left_over(outputs)) == ([1, 2], [])
    for number, line in enumerate(load_workbook(outputs / register.FILE).active.iter_rows(min_row=3, max_row=4), 1):
        told = json.loads((outputs / str(number) / "manifest.json").read_text("utf-8"))
        pages, state, digest = (cell.value for cell in line[5:8])
        assert (pages, state) == (told["pages"], told["state"])
        assert digest == hashlib.sha256((outputs / str(number) / VOLUME).read_bytes()).hexdigest()


def test_a_cluster_makes_the_same_bytes_also_when_a_worker_is_killed(
    house: House, scheduler: str, local: tuple[Path, int, str]
) -> None:
    """Here it is the first project whose worker dies, so each is compared with one that was made in peace."""
    outputs = house.folder / "cluster"
    process = house.archive("cluster", "--all", "--cluster", scheduler)
    kill_who_makes(1, outputs)
    code, words = ended(process)
    assert (code, registered(outputs), left_over(outputs)) == (ExitCode.FAULTY, [1, 2], [])
    assert "项目3　表格里有 1 处错误" in words
    assert all(files(outputs, number) == files(local[0], number) for number in (1, 2))
    assert (outputs / register.FILE).read_bytes() == (local[0] / register.FILE).read_bytes()
    log = (house.folder / "dask.log").read_text("utf-8")
    assert "Run out-of-band function" in log
    assert not re.search(r"13800000001|52510300MJY000001A|[\u4e00-\u9fff]", log)


def test_workers_that_are_not_fit_say_why(house: House, scheduler: str) -> None:
    needed = cluster.Needed((house.inputs,), house.templates, cluster.house(house.templates))
    cases = {
        "": needed,
        "那里没有 /nowhere": replace(needed, places=[Path("/nowhere")]),
        "paperwork 程序与这里的不一样": replace(needed, house={**needed.house, "paperwork 程序": "0.0.1"}),
        "模板与这里的不一样": replace(needed, house={**needed.house, "模板": ""}),
    }
    with distributed.Client(scheduler, set_as_default=False) as client:
        for words, asked in cases.items():
            for answer in client.run(cluster.unfit, asked).values():
                assert words in answer
                assert bool(words) == bool(answer)


def test_a_worker_that_may_not_have_children_is_refused(house: House, scheduler: str) -> None:
    with (house.folder / "unfit.log").open("w") as log:
        words = ("worker", scheduler, "--nworkers", "1", "--nthreads", "2")
        process = dask(log.fileno(), *words)
        try:
            with distributed.Client(scheduler, set_as_default=False) as client:
                client.wait_for_workers(3, timeout=60)
            with (
                pytest.raises(Stop, match="1 个工作进程不能用") as stop,
                cluster.machines(scheduler, house.inputs, house.folder / "jobs", house.templates),
            ):
                pass
            assert "请用它重新启动" in stop.value.mend
        finally:
            process.terminate()
            process.wait(30)


def test_a_scheduler_that_is_not_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "哪里"):
        with (
            pytest.raises(Stop, match="连不上调度程序") as stop,
            cluster.machines(address, house.inputs, house.folder / "jobs", house.templates),
        ):
            pass
        assert "make scheduler" in stop.value.mend


def test_without_dask_the_line_to_type_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(Stop, match="没有装 Dask") as stop,
        cluster.machines("tcp://127.0.0.1:9", house.inputs, house.folder / "jobs", house.templates),
    ):
        pass
    assert (stop.value.code, stop.value.mend) == (ExitCode.MISSING, "请运行 tools/setup.sh cluster")


# ---- the pool


class Seen:
    """A watcher that remembers who is done."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def doing(self, doing: object) -> None:
        """Time passes."""

    def done(self, outcome: fleet.Outcome) -> None:
        """One more."""
        self.numbers.append(outcome.number)


def test_a_project_that_kills_its_process_is_given_up_alone(house: House) -> None:
    seen = Seen()
    outcomes = fleet.carry_out(hands.dies, house.job(0), (1, 2, 3), 2, seen)
    assert [(outcome.number, outcome.code, outcome.state) for outcome in outcomes] == [
        (1, ExitCode.FAILED, ""),
        (2, ExitCode.DONE, "1"),
        (3, ExitCode.DONE, "1"),
    ]
    assert outcomes[0].wrong == "处理这个项目的进程 3 次中途被系统结束"
    assert sorted(seen.numbers) == [1, 2, 3]
    assert fleet.code(outcomes) == ExitCode.FAILED
    assert not list((house.folder / "jobs").glob(".1-*"))


def test_with_fewer_projects_than_cores_each_has_more_of_them(house: House) -> None:
    [outcome] = fleet.carry_out(hands.dies, house.job(0), (2,), 4, Seen())
    assert outcome.state == "4"


def test_the_documents_of_those_that_are_being_done_are_seen(house: House) -> None:
    with pool.Pool(1) as processes:
        future = processes.submit(hands.counts, house.job(7))
        while not processes.doing() or not processes.doing()[0].printed:
            time.sleep(0.01)
        assert processes.doing() == [pool.Doing(7, 1, 3, "转成 PDF")]
        assert future.result().number == 7


def test_a_mistake_of_ours_in_one_project_is_told_in_one_line(house: House) -> None:
    outcome = hands.slips(house.job(1))
    assert (outcome.code, outcome.wrong) == (ExitCode.FAILED, "程序内部出错，没有生成档案")
    assert "KeyError" in outcome.mend
    assert "乙试验" not in outcome.mend


def test_ctrl_c_ends_everybody_and_leaves_nothing(house: House) -> None:
    process = house.archive("ended", "1", "2", "--jobs", "2")
    while not list((house.folder / "ended").glob(".?-*")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    code, words = ended(process)
    assert (code, left_over(house.folder / "ended")) == (ExitCode.FAILED, [])
    assert "已中断" in words


# ---- a turn


def holder(outputs: Path, number: int) -> "subprocess.Popen[str]":
    """A process that has a project's turn."""
    words = f"from paperwork import turn; from pathlib import Path; import time\nwith turn.of(Path({str(outputs)!r}),"
    process = begun([sys.executable, "-uc", f"{words} '{number}', ''):\n print('mine')\n time.sleep(60)"])
    assert process.stdout
    assert process.stdout.readline() == "mine\n"
    return process


def test_two_builds_of_one_project_never_run_at_once(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "SECONDS", 0.3)
    first = holder(tmp_path, 1)
    try:
        outcome = fleet.archive(replace(house.job(1), outputs=tmp_path))
        assert (outcome.code, outcome.wrong) == (ExitCode.REFUSED, "项目1正在别处生成")
        assert outcome.mend == "请等它做完再来"
        with turn.of(tmp_path, "2", "项目2"):
            pass
    finally:
        first.kill()
        first.communicate()
    with turn.of(tmp_path, "1", "项目1"):
        pass


def test_what_a_killed_build_left_is_put_away(tmp_path: Path) -> None:
    for name in (".7-dead/made", f".7-late/{turn.OLD}/word", ".71-other"):
        (tmp_path / name).mkdir(parents=True)
    with turn.of(tmp_path, "7", "项目7"):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".7.lock", ".71-other", "7"]
        assert (tmp_path / "7" / "word").is_dir()


# ---- check


IMPORTED = """
import sys
from paperwork import cli
try:
    cli.main()
finally:
    print(sorted({"docxtpl", "pikepdf", "distributed", "pypdfium2", "fpdf"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["--help"], ["check", "1"]])
def test_what_prints_and_binds_is_not_loaded_without_need(house: House, words: list[str]) -> None:
    places = [] if words == ["--help"] else ["--inputs", str(house.inputs), "--outputs", str(house.folder / "checked")]
    code, said = ended(begun([sys.executable, "-c", IMPORTED, *words, *places]))
    assert code == 0
    assert said.splitlines()[-1] == "[]"


def test_all_checked_for_machines_are_one_list(house: House) -> None:
    process = begun([sys.executable, "-c", IMPORTED, "check", "--all", "--json", "--inputs", str(house.inputs)])
    said, progress = process.communicate(timeout=60)
    told = json.loads(said)
    assert process.returncode == ExitCode.FAULTY
    assert [(each["project"], each["state"], each["wrong"]) for each in told] == [
        (1, "待补稿", ""),
        (2, "待补稿", ""),
        (3, "待补稿", "表格里有 1 处错误"),
    ]
    assert {"level", "file", "sheet", "cell", "found", "wrong", "mend"} == set(told[2]["faults"][0])
    assert progress.splitlines()[-1] == "[]"


def test_all_checked_for_staff_are_one_table(house: House) -> None:
    code, words = ended(begun([*house.command("check", "--all"), "--outputs", str(house.folder / "checked")]))
    assert code == ExitCode.FAULTY
    assert re.search(r"2 │ “试验2号”项目 │ 待补稿 +│ +— │ +— │ +3 │", words)
    assert (house.folder / "checked" / "3" / "校验" / "项目数据.xlsx").exists()


@pytest.mark.parametrize("words", [["archive"], ["archive", "1", "--all"], ["check"]])
def test_which_projects_must_be_said_in_one_way(house: House, words: list[str]) -> None:
    code, said = ended(begun(house.command(*words)))
    assert code == ExitCode.FAULTY
    assert "写一个或几个序号" in said
