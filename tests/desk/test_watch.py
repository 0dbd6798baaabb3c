"""The watch command: real files and real processes, some of which are killed."""

import errno
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from threading import Event, Thread

import pytest
from openpyxl import load_workbook

from paperwork.app.terminal import WatchOutput
from paperwork.archive import register
from paperwork.build.batch import Outcome
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.desk import watch
from paperwork.desk.watch import STATE_FILE, Owners
from paperwork.volume.binder import VOLUME
from tests import make
from tests.conftest import link_cache
from tests.disks import full_disk
from tests.waiting import SECONDS, wait_until

QUIET = 0.2
ATTEMPTS = 20
"""Attempts to kill a process at its work; one that has finished before proves nothing."""


def workbook(inputs: Path, number: int) -> Path:
    """Return the path of a project's workbook."""
    return inputs / f"项目{number}" / "项目数据.xlsx"


def edit(path: Path, cell: str, value: str) -> None:
    """Change a cell of the sheet 基本信息 and replace the file, as spreadsheet programs do."""
    book = load_workbook(path)
    book["基本信息"][cell] = value
    book.save(path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


# ---- the project that a file belongs to


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
def test_file_belongs_to_the_nearest_workbook(changed: Sequence[str], numbers: list[int]) -> None:
    workbooks = {
        "甲/数据.xlsx": 1, "乙/二.xlsx": 2, "乙/三.xlsx": 3, "乙/内/四.xlsx": 4, "五.xlsx": 5, "改了序号/数据.xlsx": 6,
        "目录里没有/数据.xlsx": 99,
    }  # fmt: skip
    owners = Owners(workbooks, frozenset({"甲/目录.docx"}), frozenset(range(1, 7)), ())
    assert owners.projects_of(changed, {"改了序号/数据.xlsx": 1, "没了/数据.xlsx": 7}) == numbers


# ---- refused folders


@pytest.mark.parametrize(("inputs", "outputs"), [("in", "in"), ("in", "in/out"), ("out/in", "out"), ("link", "in/out")])
def test_nested_inputs_and_outputs_are_refused(tmp_path: Path, inputs: str, outputs: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("in")
    code, errors = wait_for_exit(start_watch(tmp_path / inputs, tmp_path / outputs))
    assert code == ExitCode.FAULTY
    assert "一个在另一个里面" in errors
    assert not list(tmp_path.rglob(STATE_FILE))


def test_missing_inputs_folder_is_refused(tmp_path: Path) -> None:
    code, errors = wait_for_exit(start_watch(tmp_path / "in", tmp_path / "out"))
    assert (code, "这个文件夹" in errors) == (ExitCode.FAULTY, True)


# ---- in a thread


class RecordingListener:
    """Listener that records the events of a watch."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.outcomes: list[Outcome] = []
        self.faults: list[Fault] = []
        self.stops: list[Stop] = []

    def on_begin(self, polling: bool) -> None:
        """Ignore the start of the watch."""

    def on_change(self, numbers: Sequence[int]) -> None:
        """Record changed projects."""
        self.groups.append(list(numbers))

    def on_progress(self, doing: object) -> None:
        """Ignore progress."""

    def on_done(self, outcome: Outcome) -> None:
        """Record the outcome of a project."""
        self.outcomes.append(outcome)

    def on_faults(self, faults: Sequence[Fault]) -> None:
        """Record faults of files."""
        self.faults += faults

    def on_error(self, stop: Stop) -> None:
        """Record why the folder could not be scanned."""
        self.stops.append(stop)

    def codes(self, number: int) -> list[ExitCode]:
        """Return the exit codes of a project in order."""
        return [outcome.code for outcome in self.outcomes if outcome.number == number]


@contextmanager
def watched(inputs: Path, listener: RecordingListener | None = None) -> Iterator[RecordingListener]:
    """Watch the folder in a thread."""
    listener, stop = listener or RecordingListener(), Event()
    folders = (inputs, inputs.parent / "outputs", make.ROOT / "templates")
    thread = Thread(target=watch.watch, args=(*folders, lambda: make.LATER, False, listener, stop, QUIET))
    thread.start()
    try:
        yield listener
    finally:
        stop.set()
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Write two projects."""
    return make.many(tmp_path, 2)


def put(staged: Path, inputs: Path, *names: str) -> None:
    """Move finished files into the inputs folder, at practically the same time."""
    for name in names:
        (inputs / name).parent.mkdir(parents=True, exist_ok=True)
    for name in names:
        os.replace(staged / name, inputs / name)


def test_first_check_covers_all_projects_and_later_checks_only_changed_ones(inputs: Path) -> None:
    """Combine changes made at the same time into one check of each project they belong to, and no other."""
    staged = inputs.parent / "staged"
    shutil.copytree(inputs, staged)
    with watched(inputs) as listener:
        wait_until(lambda: len(listener.outcomes) == 2)
        assert (listener.groups, listener.codes(1), listener.codes(2)) == ([[1, 2]], [ExitCode.DONE], [ExitCode.DONE])
        assert (inputs.parent / "outputs" / "2" / "校验" / "项目数据.xlsx").exists()
        for path in ("项目2/照片/HD-01/01.jpg", "项目2/照片/HD-01/02.jpg"):
            make.photo(staged / path)
        make.scan(staged / "项目2" / "附件" / "审计.pdf")
        for number in (1, 2):
            edit(workbook(staged, number), "B3", "“改过名”项目")
        put(staged, inputs, "项目2/照片/HD-01/01.jpg", "项目2/附件/审计.pdf", "项目2/项目数据.xlsx")
        wait_until(lambda: len(listener.outcomes) == 3)
        put(staged, inputs, "项目1/项目数据.xlsx", "项目2/照片/HD-01/02.jpg")
        wait_until(lambda: len(listener.outcomes) == 5)
    assert listener.groups == [[1, 2], [2], [1, 2]]
    assert (listener.stops, listener.faults) == ([], [])


def test_damaged_workbook_and_its_repair(inputs: Path) -> None:
    path = workbook(inputs, 2)
    good = path.read_bytes()
    with watched(inputs) as listener:
        wait_until(lambda: len(listener.outcomes) == 2)
        path.write_bytes(good[: len(good) // 2])
        wait_until(lambda: len(listener.outcomes) == 3)
        assert [(each.level, each.where) for each in listener.faults] == [(Level.NOTICE, Where("项目2/项目数据.xlsx"))]
        assert "“项目2/项目数据.xlsx”读不了" in listener.outcomes[2].mend
        make.photo(inputs / "项目2" / "照片" / "01.jpg")  # its project is still known
        wait_until(lambda: len(listener.outcomes) == 4)
        path.write_bytes(good)
        wait_until(lambda: len(listener.outcomes) == 5)
        path.unlink()
        wait_until(lambda: len(listener.outcomes) == 6)
    assert listener.groups == [[1, 2], [2], [2], [2], [2]]
    assert listener.codes(2) == [ExitCode.DONE, ExitCode.FAULTY, ExitCode.FAULTY, ExitCode.DONE, ExitCode.FAULTY]
    assert listener.outcomes[5].wrong == "没有找到项目2的工作簿"


def test_changes_are_kept_while_the_catalogue_is_missing(inputs: Path) -> None:
    catalogue = inputs / "项目发布目录.xlsx"
    catalogue.rename(inputs.parent / catalogue.name)
    with watched(inputs) as listener:
        wait_until(lambda: listener.stops)
        assert "没有找到项目发布目录" in listener.stops[0].wrong
        assert not listener.outcomes
        shutil.copyfile(inputs.parent / catalogue.name, catalogue)
        wait_until(lambda: len(listener.outcomes) == 2)
        shutil.copyfile(catalogue, inputs / "项目1" / "目录.xlsx")
        wait_until(lambda: len(listener.stops) == 2)
        assert "找到2份项目发布目录" in listener.stops[1].wrong
        make.photo(inputs / "项目2" / "照片" / "01.jpg")
        wait_until(lambda: len(listener.stops) == 3)
        (inputs / "项目1" / "目录.xlsx").unlink()
        wait_until(lambda: len(listener.outcomes) == 4)
    assert listener.groups == [[1, 2], [1, 2]]


def test_watch_survives_killed_child_processes(inputs: Path) -> None:
    with watched(inputs) as listener:
        wait_until(lambda: kill_children() or listener.stops)  # the process that scans the folder
        assert listener.stops[0].wrong == "查看收件文件夹的进程中途被系统结束"
        photos = inputs / "项目1" / "照片"
        assert any(kill_check(listener, photos / f"{n}.jpg") is ExitCode.FAILED for n in range(ATTEMPTS))
        wait_until(lambda: listener.codes(2))
        before = listener.codes(1)
        make.photo(photos / "之后.jpg")
        wait_until(lambda: listener.codes(1) != before)
    assert listener.codes(1) == [*before, ExitCode.DONE]


def kill_check(listener: RecordingListener, photo: Path) -> ExitCode:
    """Add a photo to project 1 and kill the process that checks it, and its replacements; return the exit code."""
    groups, codes = len(listener.groups), len(listener.codes(1))
    make.photo(photo)
    wait_until(lambda: len(listener.groups) > groups)
    wait_until(lambda: kill_children() or len(listener.codes(1)) > codes)
    return listener.codes(1)[-1]


def kill_children() -> bool:
    """Kill every child process. Always return False, for use in a condition with `or`."""
    for child in multiprocessing.active_children():
        child.kill()
    return False


def test_watch_survives_unwritable_outputs(inputs: Path) -> None:
    """Put a file in the place of the outputs folder, then remove it."""
    outputs = inputs.parent / "outputs"
    outputs.write_text("in the way")
    with watched(inputs) as listener:
        wait_until(lambda: len(listener.outcomes) == 2)
        assert {outcome.code for outcome in listener.outcomes} == {ExitCode.FAILED}
        outputs.unlink()
        make.photo(inputs / "项目1" / "照片" / "01.jpg")
        wait_until(lambda: len(listener.outcomes) == 3)
        wait_until((outputs / STATE_FILE).exists)
    assert listener.codes(1) == [ExitCode.FAILED, ExitCode.DONE]


class FailingListener(RecordingListener):
    """Listener that raises an error with a child's name when the first check begins."""

    def on_change(self, numbers: Sequence[int]) -> None:
        """Record changed projects; raise once."""
        super().on_change(numbers)
        if len(self.groups) == 1:
            raise PermissionError(errno.EACCES, "Permission denied", "/收件/照片/小明.jpg")


def test_file_name_in_an_error_is_not_reported(inputs: Path) -> None:
    with watched(inputs, FailingListener()) as listener:
        wait_until(lambda: listener.stops)
        make.photo(inputs / "项目1" / "照片" / "01.jpg")
        wait_until(lambda: len(listener.outcomes) == 2)  # the change that failed is handled with the next one
    [stop] = listener.stops
    assert "小明" not in f"{stop.wrong}{stop.mend}"
    assert "没有权限" in stop.wrong
    assert listener.groups == [[1, 2], [1, 2]]


# ---- the real command


RUN = "from paperwork.app.cli import main; main()"


def start_watch(inputs: Path, outputs: Path, *words: str) -> "subprocess.Popen[str]":
    """Start the real command in its own process group."""
    command = [sys.executable, "-c", RUN, "watch", "--inputs", str(inputs), "--outputs", str(outputs), *words]
    environment = {**os.environ, "PYTHONPATH": str(make.ROOT)}
    with (inputs.parent / "log").open("a") as log:
        return subprocess.Popen(
            command, cwd=make.ROOT, env=environment, start_new_session=True, text=True, stdout=log, stderr=PIPE
        )


def wait_for_exit(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait until a process ends; return its exit code and standard error."""
    _, errors = process.communicate(timeout=SECONDS)
    assert "Traceback" not in errors
    return process.returncode, errors


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Stop a process with Ctrl+C, as staff do."""
    os.killpg(process.pid, signal.SIGINT)
    code, errors = wait_for_exit(process)
    assert (code, "已中断" in errors) == (ExitCode.FAILED, True)


def test_killed_watch_resumes_without_repeating_checks(inputs: Path) -> None:
    outputs, log = inputs.parent / "outputs", inputs.parent / "log"
    edit(workbook(inputs, 2), "B4", "昨天")
    process = start_watch(inputs, outputs)
    wait_until((outputs / STATE_FILE).exists)
    os.killpg(process.pid, signal.SIGKILL)
    assert wait_for_exit(process)[0] == -signal.SIGKILL
    first = log.read_text("utf-8")
    assert re.search(r"^\d\d:\d\d:\d\d　项目1　待补稿：错误 0 项，缺件 \d+ 项，提醒 \d+ 项$", first, re.M)
    marked = re.escape(f"{outputs}/2/校验/")
    assert re.search(rf"^\d\d:\d\d:\d\d　项目2　有误：错误 1 项，.*{marked}", first, re.M)
    log.unlink()
    make.photo(inputs / "项目1" / "照片" / "HD-01" / "小明和小红.jpg")
    process = start_watch(inputs, outputs)
    wait_until(lambda: "项目1　" in log.read_text("utf-8"))
    interrupt(process)
    again = log.read_text("utf-8")
    assert "有改动，正在核对：项目1\n" in again
    assert "项目2" not in again
    assert "小明" not in first + again


def test_full_disk_does_not_end_the_watch(inputs: Path) -> None:
    outputs, log = inputs.parent / "outputs", inputs.parent / "log"
    edit(workbook(inputs, 2), "B4", "昨天")
    with full_disk(outputs) as fill:
        process = start_watch(inputs, outputs)
        wait_until(lambda: re.search(r"项目2　没有完成：.*磁盘满了", log.read_text("utf-8")))
        fill.unlink()
        edit(workbook(inputs, 2), "B4", "前天")
        wait_until(lambda: re.search(r"项目2　有误：错误 1 项", log.read_text("utf-8")))
        wait_until((outputs / STATE_FILE).exists)
        interrupt(process)
        assert load_workbook(outputs / "2" / "校验" / "项目数据.xlsx")["基本信息"]["B4"].comment


def test_archive_option_builds_a_new_draft(tmp_path: Path) -> None:
    """Start with an error in one of two projects: it gets no draft until the error is corrected."""
    inputs, outputs, log = make.many(tmp_path, 2), tmp_path / "outputs", tmp_path / "log"
    link_cache(outputs)
    templates = make.forms(tmp_path, ("附件隔页",))
    valid = workbook(inputs, 2).read_bytes()
    edit(workbook(inputs, 2), "B4", "昨天")
    process = start_watch(inputs, outputs, "--archive", "--templates", str(templates))
    wait_until((outputs / STATE_FILE).exists)
    assert (outputs / "1" / VOLUME).exists()
    assert not (outputs / "2" / VOLUME).exists()
    first = (outputs / register.FILE).read_bytes()
    workbook(inputs, 2).write_bytes(valid)
    wait_until(lambda: (outputs / register.FILE).read_bytes() != first)
    interrupt(process)
    assert (outputs / "2" / VOLUME).exists()
    output = log.read_text("utf-8")
    assert re.search(r"项目2　有误：错误 1 项.*项目2　待补稿：[^\n]*；档案已做好，\d+ 页\n", output, re.S)
    assert output.count("项目1　") == 1


# ---- messages


def test_each_problem_is_one_line_of_output(capsys: pytest.CaptureFixture[str]) -> None:
    lookout = WatchOutput(Path("inputs"), Path("outputs"))
    lookout.on_begin(polling=True)
    lookout.on_error(
        Stop(
            ExitCode.FAULTY, "没有找到[目录]", "请放入", faults=[Fault(Level.NOTICE, Where("甲.xlsx"), "坏了", "请换")]
        )
    )
    lookout.on_done(Outcome(3, code=ExitCode.FAULTY, wrong="没有工作簿", mend="请放入"))
    lines = [line.partition("　")[2] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "开始看守 inputs/，这里系统不通知改动，由程序自己隔几秒看一遍。按 Ctrl+C 结束",
        "没有核对　没有找到[目录]。请放入",
        "提醒　甲.xlsx：坏了。请换",
        "项目3　没有完成：没有工作簿。请放入",
    ]
