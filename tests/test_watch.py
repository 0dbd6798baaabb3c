"""The watch of the inputs folder: real files, real processes, and real deaths among them."""

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from threading import Event, Thread

import pytest
from openpyxl import load_workbook

from paperwork import register, watch
from paperwork.bind import VOLUME
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.fleet import Outcome
from paperwork.lookout import Lookout
from paperwork.watch import MEMORY, Owners
from tests import make
from tests.conftest import lend

QUIET = 0.2
SECONDS = 120
"""How long to wait for what must come."""


def until(true: Callable[[], object]) -> None:
    """Wait until it is so; fail when it never is."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def workbook(inputs: Path, number: int) -> Path:
    """A project's workbook."""
    return inputs / f"项目{number}" / "项目数据.xlsx"


def edit(path: Path, cell: str, value: str) -> None:
    """Change a cell of the sheet 基本信息, as staff do: the file is replaced."""
    book = load_workbook(path)
    book["基本信息"][cell] = value
    book.save(path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


# ---- whose a file is


@pytest.mark.parametrize(
    ("changed", "numbers"),
    [
        (["甲/数据.xlsx"], [1]),
        (["甲/照片/HD-01/01.jpg", "甲/附件/评估.pdf"], [1]),
        (["甲/照片/01.jpg", "乙/二.xlsx"], [1, 2]),
        (["乙/二.xlsx"], [2]),
        (["乙/照片/01.jpg"], [2, 3]),
        (["乙/内/四.xlsx", "乙/内/照片/01.jpg"], [4]),
        (["五.xlsx"], [5]),
        (["改了序号/数据.xlsx"], [1, 6]),
        (["没了/数据.xlsx"], [7]),
        (["没了/照片/01.jpg"], [7]),
        (["甲/目录.docx"], [1, 2, 3, 4, 5, 6]),
        (["照片/01.jpg"], [1, 2, 3, 4, 5, 6]),
        (["丙/照片/01.jpg"], [1, 2, 3, 4, 5, 6]),
    ],
    ids=lambda each: str(each),
)
def test_a_file_belongs_to_the_nearest_workbook(changed: Sequence[str], numbers: list[int]) -> None:
    workbooks = {
        "甲/数据.xlsx": 1, "乙/二.xlsx": 2, "乙/三.xlsx": 3, "乙/内/四.xlsx": 4, "五.xlsx": 5, "改了序号/数据.xlsx": 6,
        "目录里没有/数据.xlsx": 99,
    }  # fmt: skip
    owners = Owners(workbooks, "甲/目录.docx", frozenset(range(1, 7)), ())
    assert owners.of(changed, {"改了序号/数据.xlsx": 1, "没了/数据.xlsx": 7}) == numbers


# ---- what is refused


@pytest.mark.parametrize(("inputs", "outputs"), [("in", "in"), ("in", "in/out"), ("out/in", "out"), ("link", "in/out")])
def test_a_watch_that_would_see_its_own_outputs_is_refused(tmp_path: Path, inputs: str, outputs: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("in")
    code, said = ended(begun(tmp_path / inputs, tmp_path / outputs))
    assert code == ExitCode.FAULTY
    assert "一个在另一个里面" in said
    assert not list(tmp_path.rglob(MEMORY))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    code, said = ended(begun(tmp_path / "in", tmp_path / "out"))
    assert (code, "这个文件夹" in said) == (ExitCode.FAULTY, True)


# ---- one process, watched from within


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.outcomes: list[Outcome] = []
        self.faults: list[Fault] = []
        self.stops: list[Stop] = []

    def begun(self, polling: bool) -> None:
        """The watch begins."""

    def seen(self, numbers: Sequence[int]) -> None:
        """Projects have changed."""
        self.groups.append(list(numbers))

    def doing(self, doing: object) -> None:
        """Time passes."""

    def done(self, outcome: Outcome) -> None:
        """One is done."""
        self.outcomes.append(outcome)

    def noted(self, faults: Sequence[Fault]) -> None:
        """Something is wrong with a file."""
        self.faults += faults

    def failed(self, stop: Stop) -> None:
        """Nothing could be looked at."""
        self.stops.append(stop)

    def of(self, number: int) -> list[ExitCode]:
        """How a project came out, each time."""
        return [outcome.code for outcome in self.outcomes if outcome.number == number]


@contextmanager
def watched(inputs: Path) -> Iterator[Told]:
    """The folder, watched by a thread."""
    told, stop = Told(), Event()
    places = (inputs, inputs.parent / "outputs", make.ROOT / "templates")
    thread = Thread(target=watch.watch, args=(*places, lambda: make.LATER, False, told, stop, QUIET))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Two projects."""
    return make.many(tmp_path, 2)


def test_everything_is_checked_once_and_then_what_changes(inputs: Path) -> None:
    """Several changes at once are one check of each project they belong to, and of no other."""
    with watched(inputs) as told:
        until(lambda: len(told.outcomes) == 2)
        assert (told.groups, told.of(1), told.of(2)) == ([[1, 2]], [ExitCode.DONE], [ExitCode.DONE])
        assert (inputs.parent / "outputs" / "2" / "校验" / "项目数据.xlsx").exists()
        make.photo(inputs / "项目2" / "照片" / "HD-01" / "01.jpg")
        make.scan(inputs / "项目2" / "附件" / "审计.pdf")
        edit(workbook(inputs, 2), "B3", "“改过名”项目")
        until(lambda: len(told.outcomes) == 3)
        edit(workbook(inputs, 1), "B3", "“改过名”项目")
        make.photo(inputs / "项目2" / "照片" / "HD-01" / "02.jpg")
        until(lambda: len(told.outcomes) == 5)
    assert told.groups == [[1, 2], [2], [1, 2]]
    assert (told.stops, told.faults) == ([], [])


def test_a_broken_workbook_and_its_mended_version(inputs: Path) -> None:
    path = workbook(inputs, 2)
    good = path.read_bytes()
    with watched(inputs) as told:
        until(lambda: len(told.outcomes) == 2)
        path.write_bytes(good[: len(good) // 2])
        until(lambda: len(told.outcomes) == 3)
        assert [(each.level, each.where) for each in told.faults] == [(Level.NOTICE, Where("项目2/项目数据.xlsx"))]
        assert "“项目2/项目数据.xlsx”读不了" in told.outcomes[2].mend
        make.photo(inputs / "项目2" / "照片" / "01.jpg")  # whose it is is still known
        until(lambda: len(told.outcomes) == 4)
        path.write_bytes(good)
        until(lambda: len(told.outcomes) == 5)
        path.unlink()
        until(lambda: len(told.outcomes) == 6)
    assert told.groups == [[1, 2], [2], [2], [2], [2]]
    assert told.of(2) == [ExitCode.DONE, ExitCode.FAULTY, ExitCode.FAULTY, ExitCode.DONE, ExitCode.FAULTY]
    assert told.outcomes[5].wrong == "没有找到项目2的工作簿"


def test_without_a_catalogue_it_waits_and_forgets_nothing(inputs: Path) -> None:
    catalogue = inputs / "项目发布目录.xlsx"
    catalogue.rename(inputs.parent / catalogue.name)
    with watched(inputs) as told:
        until(lambda: told.stops)
        assert "没有找到项目发布目录" in told.stops[0].wrong
        assert not told.outcomes
        shutil.copyfile(inputs.parent / catalogue.name, catalogue)
        until(lambda: len(told.outcomes) == 2)
        shutil.copyfile(catalogue, inputs / "项目1" / "目录.xlsx")
        until(lambda: len(told.stops) == 2)
        assert "找到2份项目发布目录" in told.stops[1].wrong
        make.photo(inputs / "项目2" / "照片" / "01.jpg")
        until(lambda: len(told.stops) == 3)
        (inputs / "项目1" / "目录.xlsx").unlink()
        until(lambda: len(told.outcomes) == 4)
    assert told.groups == [[1, 2], [1, 2]]


def test_processes_that_are_killed_end_no_watch(inputs: Path) -> None:
    with watched(inputs) as told:
        until(lambda: kill_children() or told.stops)  # whoever looks through the folder
        assert told.stops[0].wrong == "查看收件文件夹的进程中途被系统结束"
        make.photo(inputs / "项目1" / "照片" / "01.jpg")
        until(lambda: told.groups)
        until(lambda: kill_children() or len(told.outcomes) == 2)  # whoever checks a project, and whoever is next
        assert {outcome.code for outcome in told.outcomes} == {ExitCode.FAILED}
        make.photo(inputs / "项目1" / "照片" / "02.jpg")
        until(lambda: len(told.outcomes) == 3)
    assert told.of(1) == [ExitCode.FAILED, ExitCode.DONE]


def kill_children() -> bool:
    """Kill every process that this one has begun; that is no news."""
    for child in multiprocessing.active_children():
        child.kill()
    return False


def test_what_cannot_be_written_ends_no_watch_and_is_told_without_a_name(inputs: Path) -> None:
    """A file stands where the outputs folder should be; then it is gone."""
    outputs = inputs.parent / "outputs"
    outputs.write_text("in the way")
    with watched(inputs) as told:
        until(lambda: len(told.outcomes) == 2)
        assert {outcome.code for outcome in told.outcomes} == {ExitCode.FAILED}
        outputs.unlink()
        make.photo(inputs / "项目1" / "照片" / "01.jpg")
        until(lambda: len(told.outcomes) == 3)
        until((outputs / MEMORY).exists)
    assert told.of(1) == [ExitCode.FAILED, ExitCode.DONE]
    secret = watch._nameless(PermissionError(13, "Permission denied", "/收件/照片/小明.jpg"))
    assert "小明" not in f"{secret.wrong}{secret.mend}"
    assert "没有权限" in secret.wrong


# ---- as staff run it


RUN = "from paperwork.cli import main; main()"


def begun(inputs: Path, outputs: Path, *words: str) -> "subprocess.Popen[str]":
    """Begin the real command, in a group of processes of its own."""
    command = [sys.executable, "-c", RUN, "watch", "--inputs", str(inputs), "--outputs", str(outputs), *words]
    environment = {**os.environ, "PYTHONPATH": str(make.ROOT)}
    with (inputs.parent / "said").open("a") as said:
        return subprocess.Popen(
            command, cwd=make.ROOT, env=environment, start_new_session=True, text=True, stdout=said, stderr=PIPE
        )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code, and what was said of why it ended."""
    _, told = process.communicate(timeout=SECONDS)
    assert "Traceback" not in told
    return process.returncode, told


def interrupted(process: "subprocess.Popen[str]") -> None:
    """End it as staff do."""
    os.killpg(process.pid, signal.SIGINT)
    code, told = ended(process)
    assert (code, "已中断" in told) == (ExitCode.FAILED, True)


def test_killed_and_begun_again_it_knows_what_it_has_dealt_with(inputs: Path) -> None:
    outputs, said = inputs.parent / "outputs", inputs.parent / "said"
    edit(workbook(inputs, 2), "B4", "昨天")
    process = begun(inputs, outputs)
    until((outputs / MEMORY).exists)
    os.killpg(process.pid, signal.SIGKILL)
    assert ended(process)[0] == -signal.SIGKILL
    first = said.read_text("utf-8")
    assert re.search(r"^\d\d:\d\d:\d\d　项目1　待补稿：错误 0 项，缺件 \d+ 项，提醒 \d+ 项$", first, re.M)
    marked = re.escape(f"{outputs}/2/校验/")
    assert re.search(rf"^\d\d:\d\d:\d\d　项目2　有误：错误 1 项，.*{marked}", first, re.M)
    said.unlink()
    make.photo(inputs / "项目1" / "照片" / "HD-01" / "小明和小红.jpg")
    process = begun(inputs, outputs)
    until(lambda: "项目1　" in said.read_text("utf-8"))
    interrupted(process)
    again = said.read_text("utf-8")
    assert "有改动，正在核对：项目1\n" in again
    assert "项目2" not in again
    assert "小明" not in first + again


def test_with_archive_a_new_draft_is_made(tmp_path: Path) -> None:
    """One of two projects has an error: no draft of it, until it is mended."""
    inputs, outputs, said = make.many(tmp_path, 2), tmp_path / "outputs", tmp_path / "said"
    lend(outputs)
    templates = make.forms(tmp_path, ("附件隔页",))
    mended = workbook(inputs, 2).read_bytes()
    edit(workbook(inputs, 2), "B4", "昨天")
    process = begun(inputs, outputs, "--archive", "--templates", str(templates))
    until((outputs / MEMORY).exists)
    assert (outputs / "1" / VOLUME).exists()
    assert not (outputs / "2" / VOLUME).exists()
    first = (outputs / register.FILE).read_bytes()
    workbook(inputs, 2).write_bytes(mended)
    until(lambda: (outputs / register.FILE).read_bytes() != first)
    interrupted(process)
    assert (outputs / "2" / VOLUME).exists()
    words = said.read_text("utf-8")
    assert re.search(r"项目2　有误：错误 1 项.*项目2　待补稿：[^\n]*；档案已做好，\d+ 页\n", words, re.S)
    assert words.count("项目1　") == 1


# ---- in words


def test_what_goes_wrong_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lookout = Lookout(Path("inputs"), Path("outputs"))
    lookout.begun(polling=True)
    lookout.failed(
        Stop(
            ExitCode.FAULTY, "没有找到[目录]", "请放入", faults=[Fault(Level.NOTICE, Where("甲.xlsx"), "坏了", "请换")]
        )
    )
    lookout.done(Outcome(3, code=ExitCode.FAULTY, wrong="没有工作簿", mend="请放入"))
    lines = [line.partition("　")[2] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "开始看守 inputs/，这里系统不通知改动，由程序自己隔几秒看一遍。按 Ctrl+C 结束",
        "没有核对　没有找到[目录]。请放入",
        "提醒　甲.xlsx：坏了。请换",
        "项目3　没有完成：没有工作簿。请放入",
    ]
