"""Batch builds with real worker processes and a real Dask scheduler; some workers are killed."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import distributed
import pytest
from openpyxl import load_workbook

from paperwork.archive import register
from paperwork.build import batch, cluster, pool
from paperwork.build.progress import Step
from paperwork.checks import check
from paperwork.core import cache, lock, logs
from paperwork.core.faults import ExitCode, Stop
from paperwork.volume.binder import VOLUME
from tests import fake_jobs, make
from tests.waiting import SECONDS, wait_until

RUN = "from paperwork.app.cli import main; main()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(make.ROOT)}
DASK = Path(sys.executable).parent / "dask"


@dataclass(frozen=True)
class Batch:
    """The folders of a batch, and the commands that use them."""

    folder: Path
    inputs: Path
    templates: Path

    def command(self, *words: str) -> list[str]:
        """Return a command line with these inputs."""
        return [sys.executable, "-c", RUN, *words, "--inputs", str(self.inputs)]

    def archive(self, outputs: str, *words: str) -> "subprocess.Popen[str]":
        """Start a build of archives."""
        places = ("--outputs", str(self.folder / outputs), "--templates", str(self.templates), "--as-of", "2026-01-01")
        return start(self.command("archive", *words, *places))

    def job(self, number: int) -> batch.Job:
        """Return the job of a project."""
        return batch.Job(number, self.inputs, self.folder / "jobs", self.templates, make.LATER)


def start(command: list[str]) -> "subprocess.Popen[str]":
    """Start a command in a process group of its own."""
    return subprocess.Popen(
        command, cwd=make.ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a command; return its exit code and everything it printed."""
    stdout, stderr = process.communicate(timeout=300)
    assert "Traceback" not in stderr
    return process.returncode, stdout + stderr


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Write four projects: the third has an invalid cell, the fourth no workbook."""
    folder = tmp_path_factory.mktemp("fleet")
    inputs = make.many(folder, 4)
    path = inputs / "项目3" / "项目数据.xlsx"
    book = load_workbook(path)
    book["基本信息"]["B4"] = "昨天"
    book.save(path)
    (inputs / "项目4" / "项目数据.xlsx").unlink()
    return Batch(folder, inputs, make.forms(folder, ("附件隔页",)))


@pytest.fixture(scope="module")
def local(projects: Batch) -> tuple[Path, int, str]:
    """Build all projects locally while the worker of the second is killed; return outputs, exit code and text."""
    outputs = projects.folder / "local"
    process = projects.archive("local", "--all", "--jobs", "2")
    assert kill_builder_of(2, outputs) != process.pid
    return outputs, *finish(process)


@pytest.fixture(scope="module")
def scheduler(projects: Batch) -> Iterator[str]:
    """Run a Dask scheduler with two workers, as `make worker` starts them, and yield its address."""
    about = projects.folder / "scheduler.json"
    own = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(about))
    with (projects.folder / "dask.log").open("w") as log:
        processes = [dask(log.fileno(), "scheduler", *own)]
        wait_until(lambda: about.exists() and about.read_text("utf-8"))
        address: str = json.loads(about.read_text("utf-8"))["address"]
        processes.append(dask(log.fileno(), "worker", address, "--nworkers", "2", "--nthreads", "1"))
        try:
            with distributed.Client(address, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=SECONDS)
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(SECONDS)


def dask(log: int, *words: str) -> "subprocess.Popen[bytes]":
    """Start a Dask program with the environment variables of the Makefile."""
    recipes = (make.ROOT / "Makefile").read_text("utf-8").replace("\\\n", "").splitlines()
    [worker] = [line for line in recipes if "dask worker" in line]
    environment = {**ENVIRONMENT, **dict(re.findall(r"(DASK_\w+)=(\w+)", worker))}
    assert environment.keys() > ENVIRONMENT.keys()
    return subprocess.Popen([DASK, *words, "--no-dashboard"], env=environment, cwd=make.ROOT, stderr=log, stdout=log)


def files(outputs: Path, number: int) -> dict[str, bytes]:
    """Return the content of each file of a project's archive."""
    folder = outputs / str(number)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leftovers(outputs: Path) -> list[str]:
    """Return the hidden entries that a finished run must not leave behind."""
    kept = {f".{name}.lock" for name in (1, 2, 3, "register")} | {cache.CACHE_FOLDER, logs.FOLDER}
    return [path.name for path in outputs.iterdir() if path.name.startswith(".") and path.name not in kept]


def kill_builder_of(number: int, outputs: Path) -> int:
    """Wait until a project's documents are being converted; kill the process that holds its lock."""
    wait_until(lambda: list(outputs.glob(f".{number}-*/made/word/*.docx")))
    inode = (outputs / f".{number}.lock").stat().st_ino
    [line] = [line for line in Path("/proc/locks").read_text("utf-8").splitlines() if f":{inode} " in line]
    victim = int(line.split()[4])
    os.kill(victim, signal.SIGKILL)
    return victim


def registered(outputs: Path) -> list[object]:
    """Return the project numbers in the register."""
    sheet = load_workbook(outputs / register.FILE).active
    return [cell.value for cell in sheet["A"] if isinstance(cell.value, int)]


# ---- builds of many projects


def test_failure_of_one_project_does_not_affect_the_others(local: tuple[Path, int, str]) -> None:
    _, code, words = local
    assert code == ExitCode.FAULTY
    assert re.search(r"1 │ “试验1号”项目 │ 待补稿 +│ +1 │ +3 │ +3 │ +\d+\.\d 秒", words)
    assert re.search(r"3 │ “试验3号”项目 │ 没有做成 │", words)
    assert "项目3　表格里有 1 处错误" in words
    assert "基本信息!B4" in words
    assert "做成 2 个，没有做成 1 个" in words
    assert "1 个项目没有工作簿：4" in words
    assert re.search(r"3/3 项目\d", words)


def test_killed_worker_loses_no_project(local: tuple[Path, int, str]) -> None:
    outputs = local[0]
    assert (registered(outputs), leftovers(outputs)) == ([1, 2], [])
    for number, line in enumerate(load_workbook(outputs / register.FILE).active.iter_rows(min_row=3, max_row=4), 1):
        data = json.loads((outputs / str(number) / "manifest.json").read_text("utf-8"))
        pages, state, digest = (cell.value for cell in line[5:8])
        assert (pages, state) == (data["pages"], data["state"])
        assert digest == hashlib.sha256((outputs / str(number) / VOLUME).read_bytes()).hexdigest()


def test_cluster_output_equals_local_output_after_a_worker_was_killed(
    projects: Batch, scheduler: str, local: tuple[Path, int, str]
) -> None:
    """Kill the worker of project 1 here, and that of project 2 locally, so that each has an undisturbed counterpart."""
    outputs = projects.folder / "cluster"
    process = projects.archive("cluster", "--all", "--cluster", scheduler)
    kill_builder_of(1, outputs)
    code, words = finish(process)
    assert (code, registered(outputs), leftovers(outputs)) == (ExitCode.FAULTY, [1, 2], [])
    assert "项目3　表格里有 1 处错误" in words
    assert all(files(outputs, number) == files(local[0], number) for number in (1, 2))
    assert (outputs / register.FILE).read_bytes() == (local[0] / register.FILE).read_bytes()
    log = (projects.folder / "dask.log").read_text("utf-8")
    assert "Run out-of-band function" in log
    assert not re.search(r"13800000001|52510300MJY000001A|[\u4e00-\u9fff]", log)
    # Each worker process keeps a log of its own beside that of the command, since its machine may be another one.
    texts = [path.read_text("utf-8") for path in (outputs / logs.FOLDER).iterdir()]
    [own] = [text for text in texts if "begin: archive --all --cluster" in text]
    assert "project 1: DONE" not in own
    assert set(re.findall(r"project (\d): (?:DONE|FAULTY)", "".join(texts))) == {"1", "2", "3"}


def test_incompatible_workers_give_a_reason(projects: Batch, scheduler: str) -> None:
    needed = cluster.Requirements((projects.inputs,), projects.templates, cluster.environment(projects.templates))
    cases = {
        "": needed,
        "那里没有 /nowhere": replace(needed, paths=[Path("/nowhere")]),
        "paperwork 程序与这里的不一样": replace(needed, environment={**needed.environment, "paperwork 程序": "0.0.1"}),
        "模板与这里的不一样": replace(needed, environment={**needed.environment, "模板": ""}),
    }
    with distributed.Client(scheduler, set_as_default=False) as client:
        for words, wanted in cases.items():
            for answer in client.run(cluster.incompatibility, wanted).values():
                assert words in answer
                assert bool(words) == bool(answer)


def test_worker_that_cannot_start_child_processes_is_refused(projects: Batch, scheduler: str) -> None:
    with (projects.folder / "unfit.log").open("w") as log:
        words = ("worker", scheduler, "--nworkers", "1", "--nthreads", "2")
        process = dask(log.fileno(), *words)
        try:
            with distributed.Client(scheduler, set_as_default=False) as client:
                client.wait_for_workers(3, timeout=SECONDS)
            with (
                pytest.raises(Stop, match="1 个工作进程不能用") as stop,
                cluster.connect(scheduler, projects.inputs, projects.folder / "jobs", projects.templates),
            ):
                pass
            assert "请用它重新启动" in stop.value.mend
        finally:
            process.terminate()
            process.wait(SECONDS)


def test_unreachable_scheduler_is_reported(projects: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "哪里"):
        with (
            pytest.raises(Stop, match="连不上调度程序") as stop,
            cluster.connect(address, projects.inputs, projects.folder / "jobs", projects.templates),
        ):
            pass
        assert "make scheduler" in stop.value.mend


def test_missing_dask_gives_the_install_command(projects: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(Stop, match="没有装 Dask") as stop,
        cluster.connect("tcp://127.0.0.1:9", projects.inputs, projects.folder / "jobs", projects.templates),
    ):
        pass
    assert (stop.value.code, stop.value.mend) == (ExitCode.MISSING, "请运行 tools/setup.sh cluster")


# ---- the pool


class RecordingWatcher:
    """A batch watcher that records the finished projects."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def on_progress(self, doing: object) -> None:
        """Ignore progress."""

    def on_done(self, outcome: batch.Outcome) -> None:
        """Record a finished project."""
        self.numbers.append(outcome.number)


def test_project_that_crashes_three_workers_fails_alone(projects: Batch) -> None:
    seen = RecordingWatcher()
    outcomes = batch.run_all(fake_jobs.crash_on_project_1, projects.job(0), (1, 2, 3), 2, seen).outcomes
    assert [(outcome.number, outcome.code, outcome.state) for outcome in outcomes] == [
        (1, ExitCode.FAILED, ""),
        (2, ExitCode.DONE, "1"),
        (3, ExitCode.DONE, "1"),
    ]
    assert outcomes[0].wrong == "处理这个项目的进程 3 次中途被系统结束"
    assert sorted(seen.numbers) == [1, 2, 3]
    assert batch.code(outcomes) == ExitCode.FAILED
    assert not list((projects.folder / "jobs").glob(".1-*"))


def test_single_project_uses_all_cores(projects: Batch) -> None:
    [outcome] = batch.run_all(fake_jobs.crash_on_project_1, projects.job(0), (2,), 4, RecordingWatcher()).outcomes
    assert outcome.state == "4"


def test_progress_of_running_jobs_is_visible(projects: Batch) -> None:
    with pool.Pool.start(1) as processes:
        future = processes.submit(fake_jobs.report_progress, projects.job(7))
        seen = wait_until(lambda: [progress for progress in processes.progress() if progress.printed])
        assert seen == [pool.ProjectProgress(7, 1, 3, Step.PRINT)]
        assert future.result().number == 7


def test_internal_error_in_one_project_is_reported_without_data(
    projects: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("乙试验")

    monkeypatch.setattr(check, "examine", fail)
    outcome = batch.check(projects.job(1))
    assert (outcome.code, outcome.wrong) == (ExitCode.FAILED, "程序内部出错，没有生成档案")
    assert "KeyError" in outcome.mend
    assert "乙试验" not in outcome.mend


def test_ctrl_c_stops_all_workers_and_leaves_no_files(projects: Batch) -> None:
    process = projects.archive("ended", "1", "2", "--jobs", "2")
    wait_until(lambda: list((projects.folder / "ended").glob(".?-*")))
    os.killpg(process.pid, signal.SIGINT)
    code, words = finish(process)
    assert (code, leftovers(projects.folder / "ended")) == (ExitCode.FAILED, [])
    assert "已中断" in words


# ---- the lock of a project


def hold_lock(outputs: Path, number: int) -> "subprocess.Popen[str]":
    """Start a process that holds the lock of a project."""
    modules = "from paperwork.core import lock; from pathlib import Path; import time"
    body = f"with lock.hold(Path({str(outputs)!r}), '{number}', ''):\n print('mine')\n time.sleep(600)"
    process = start([sys.executable, "-uc", f"{modules}\n{body}"])
    assert process.stdout
    assert process.stdout.readline() == "mine\n"
    return process


def test_second_build_of_a_locked_project_is_refused(
    projects: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "TIMEOUT_SECONDS", 0.3)
    first = hold_lock(tmp_path, 1)
    try:
        outcome = batch.archive(replace(projects.job(1), outputs=tmp_path))
        assert (outcome.code, outcome.wrong) == (ExitCode.REFUSED, "项目1正在别处生成")
        assert outcome.mend == "请等它做完再来"
        with lock.hold(tmp_path, "2", "项目2"):
            pass
    finally:
        first.kill()
        first.communicate()
    with lock.hold(tmp_path, "1", "项目1"):
        pass


def test_leftovers_of_a_killed_build_are_recovered(tmp_path: Path) -> None:
    for name in (".7-dead/made", f".7-late/{lock.OLD_ARCHIVE}/word", ".71-other"):
        (tmp_path / name).mkdir(parents=True)
    with lock.hold(tmp_path, "7", "项目7"):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".7.lock", ".71-other", "7"]
        assert (tmp_path / "7" / "word").is_dir()


# ---- check


IMPORTED = """
import sys
from paperwork.app import cli
try:
    cli.main()
finally:
    print(sorted({"docxtpl", "pikepdf", "distributed", "pypdfium2", "fpdf"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(("words", "imported"), [(["--help"], []), (["check", "1"], ["pikepdf"])])
def test_check_imports_of_the_pdf_word_and_cluster_libraries_only_what_opens_attachments(
    projects: Batch, words: list[str], imported: list[str]
) -> None:
    places = (
        [] if words == ["--help"] else ["--inputs", str(projects.inputs), "--outputs", str(projects.folder / "checked")]
    )
    code, printed = finish(start([sys.executable, "-c", IMPORTED, *words, *places]))
    assert code == 0
    assert printed.splitlines()[-1] == repr(imported)


def test_check_all_json_prints_one_list(projects: Batch) -> None:
    process = start([sys.executable, "-c", IMPORTED, "check", "--all", "--json", "--inputs", str(projects.inputs)])
    stdout, stderr = process.communicate(timeout=SECONDS)
    results = json.loads(stdout)
    assert process.returncode == ExitCode.FAULTY
    assert [(each["project"], each["state"], each["wrong"]) for each in results] == [
        (1, "待补稿", ""),
        (2, "待补稿", ""),
        (3, "待补稿", "表格里有 1 处错误"),
    ]
    assert {"level", "file", "sheet", "cell", "found", "wrong", "mend"} == set(results[2]["faults"][0])
    assert stderr.splitlines()[-1] == "['pikepdf']"


def test_check_all_prints_one_table(projects: Batch) -> None:
    code, words = finish(start([*projects.command("check", "--all"), "--outputs", str(projects.folder / "checked")]))
    assert code == ExitCode.FAULTY
    assert re.search(r"2 │ “试验2号”项目 │ 待补稿 +│ +— │ +— │ +3 │", words)
    assert (projects.folder / "checked" / "3" / "校验" / "项目数据.xlsx").exists()


@pytest.mark.parametrize("words", [["archive"], ["archive", "1", "--all"], ["check"]])
def test_projects_must_be_given_either_by_number_or_as_all(projects: Batch, words: list[str]) -> None:
    code, printed = finish(start(projects.command(*words)))
    assert code == ExitCode.FAULTY
    assert "写一个或几个序号" in printed
