"""The log: many processes, bounded size, exceptions without data, and no effect on a command that cannot write it."""

import logging
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import logs, processes
from paperwork.core.faults import ExitCode, Stop, as_stop
from tests import make

LOG = logging.getLogger("paperwork.tests")
PERSON = "小明"
RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (INFO|ERROR) \d+ [\w.]+ \[[^\]]+\] ")


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    """Provide an existing outputs folder to which this process writes its log."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    with logs.session(None, "test"):
        logs.write_to(folder)
        yield folder


def read_log(outputs: Path) -> str:
    """Return the text of all log files."""
    return "".join(path.read_text("utf-8") for path in sorted((outputs / logs.FOLDER).glob("*.log")))


def raised(make_error: Callable[[], object]) -> Exception:
    """Return the exception that a function raises."""
    try:
        make_error()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


# ---- files

WRITER = """
import logging, os, sys
from pathlib import Path
from paperwork.core import logs
logs.MAX_BYTES = 4096
logs.join(logs.Destination(Path(sys.argv[1], logs.FOLDER), "shared"))
for number in range(500):
    logging.getLogger("paperwork.tests").info("record %s %d", sys.argv[2], number)
"""


def test_records_of_many_processes_are_neither_mixed_nor_lost_while_files_fill_up(tmp_path: Path) -> None:
    command = (sys.executable, "-c", WRITER, tmp_path)
    running = [subprocess.Popen((*command, name), cwd=make.ROOT) for name in "abcd"]
    assert [process.wait(60) for process in running] == [0] * 4
    lines = read_log(tmp_path).splitlines()
    assert all(RECORD.match(line) for line in lines)
    records = [tuple(line.split()[-2:]) for line in lines]
    assert sorted(records) == sorted((name, str(number)) for name in "abcd" for number in range(500))
    files = list((tmp_path / logs.FOLDER).iterdir())
    assert len(files) > 10
    assert all(path.stat().st_size < 4096 + 4 * 100 for path in files)


def test_oldest_files_are_deleted_beyond_the_limit(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 200)
    monkeypatch.setattr(logs, "MAX_FILES", 5)
    foreign = outputs / logs.FOLDER / "说明.txt"
    foreign.touch()
    for number in range(100):
        LOG.info("record %d", number)
    files = list((outputs / logs.FOLDER).glob("*.log"))
    assert len(files) == 5
    assert sum(path.stat().st_size for path in files) < 5 * (200 + 100)
    assert "record 99\n" in read_log(outputs)
    assert "record 1\n" not in read_log(outputs)
    assert foreign.exists()


def test_log_goes_on_after_its_folder_was_deleted(outputs: Path) -> None:
    LOG.info("before")
    for path in (outputs / logs.FOLDER).iterdir():
        path.unlink()
    (outputs / logs.FOLDER).rmdir()
    LOG.info("after")
    assert "after" in read_log(outputs)


def test_missing_outputs_folder_is_not_created_and_records_wait_for_it(tmp_path: Path) -> None:
    with logs.session(None, "check 1"):
        logs.write_to(tmp_path / "outputs")
        LOG.info("early")
        assert not list(tmp_path.iterdir())
        (tmp_path / "outputs").mkdir()
        LOG.info("late")
    assert re.search(r"begin: check 1\n.*paperwork .*\n.*early\n.*late\n", read_log(tmp_path / "outputs"))


def test_command_without_an_outputs_folder_leaves_a_log_only_of_an_exception(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), logs.session(tmp_path, "list"):
        raise SystemExit(0)
    assert not list(tmp_path.iterdir())
    with logs.session(tmp_path / "outputs", "list"):
        entry = logs.record_error(raised(lambda: 1 // 0))
    assert entry and f"编号 {entry.number}\n" in read_log(tmp_path / "outputs")
    assert entry.file == next((tmp_path / "outputs" / logs.FOLDER).iterdir()).relative_to(tmp_path).as_posix()


@pytest.mark.parametrize("place", ["outputs", f"outputs/{logs.FOLDER}"])
def test_unwritable_folder_is_no_error_and_no_number_is_told(tmp_path: Path, place: str) -> None:
    """A file stands where the folder should be, which stops even root, whom permissions do not stop."""
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).touch()
    with logs.session(None, "check 1"):
        logs.write_to(tmp_path / "outputs")
        LOG.info("lost")
        stop = as_stop(raised(lambda: 1 // 0))
    assert "编号" not in stop.mend
    assert "ZeroDivisionError" in stop.mend


FULL_DISK = """
import logging, resource, sys
from pathlib import Path
from paperwork.core import logs
log = logging.getLogger("paperwork.tests")
logs.join(logs.Destination(Path(sys.argv[1], logs.FOLDER), "full"))
log.info("before")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
for number in range(5):
    log.info("record %d", number)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.info("after")
"""


def test_records_of_a_full_disk_are_written_when_there_is_space_again(tmp_path: Path) -> None:
    command = (sys.executable, "-c", FULL_DISK, tmp_path)
    ran = subprocess.run(command, cwd=make.ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")
    words = [line.split("] ")[1] for line in read_log(tmp_path).splitlines()]
    assert words == ["before", *(f"record {number}" for number in range(5)), "after"]


WRONG_ARGUMENTS = """
import logging, sys
from pathlib import Path
from paperwork.core import logs
logs.join(logs.Destination(Path(sys.argv[1], logs.FOLDER), "wrong"))
logging.getLogger("paperwork.tests").info("%d records", "小明")
"""


def test_wrong_arguments_of_a_record_print_nothing(tmp_path: Path) -> None:
    command = (sys.executable, "-c", WRONG_ARGUMENTS, tmp_path)
    ran = subprocess.run(command, cwd=make.ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert PERSON not in read_log(tmp_path)


def test_records_of_libraries_are_not_written(outputs: Path) -> None:
    logging.getLogger("pikepdf").error(PERSON)
    assert PERSON not in read_log(outputs)


def test_nothing_is_printed_or_recorded_without_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    LOG.error("unheard")
    assert logs.record_error(raised(lambda: 1 // 0)) is None
    assert logs.destination() is None
    assert capsys.readouterr().err == ""


def test_forked_child_does_not_write_held_records_again(tmp_path: Path) -> None:
    with logs.session(None, "check 1"):
        logs.write_to(tmp_path / "outputs")
        LOG.info("held")

        def child() -> None:
            (tmp_path / "outputs").mkdir()
            LOG.info("child")

        processes.ChildProcess.start(child).result(30)
        LOG.info("parent")
    assert re.findall("held|child|parent", read_log(tmp_path / "outputs")) == ["child", "held", "parent"]


# ---- exceptions

ERRORS: dict[str, Callable[[str], object]] = {
    "KeyError": lambda data: {}[data],
    "ValueError": lambda data: int(f"{data}?"),
    "FileNotFoundError": lambda data: Path("/inputs", data.replace("\0", ""), "没有").read_bytes(),
    "AttributeError": lambda data: getattr(logs, f"{data}?"),
    "ModuleNotFoundError": lambda data: __import__(f"没有{data}".replace(".", "").replace("\0", "")),
    "UnicodeEncodeError": lambda data: f"{data}中".encode("ascii"),
    "SyntaxError": lambda data: compile(f"({data!r}", f"/inputs/{data}", "exec"),
    "CalledProcessError": lambda data: subprocess.run(["false", data.replace("\0", "")], check=True),
    "ExceptionGroup": lambda data: raise_group(data),
}


def raise_group(data: str) -> None:
    """Raise a group of two exceptions with notes, while another one is handled."""
    try:
        raise KeyError(data)
    except KeyError as error:
        error.add_note(data)
        raise ExceptionGroup(data, [ValueError(data), OSError(2, data, data)]) from None


@pytest.mark.parametrize("kind", ERRORS)
@given(data=st.text(min_size=1, max_size=12).map(lambda text: f"甲{text}5103991990"))
def test_no_data_of_an_exception_is_written(kind: str, data: str) -> None:
    error = raised(lambda: ERRORS[kind](data))
    trace = "\n".join(logs.trace_lines(error))
    assert kind in trace
    assert "5103991990" not in trace
    assert "test_logs.py" in trace


def test_words_of_the_code_itself_are_kept() -> None:
    row: dict[str, str] = {}
    assert logs.trace_lines(raised(lambda: row["地点"]))[-1] == "KeyError: '地点'"
    error = raised(lambda: row.foot)  # type: ignore[attr-defined]
    assert logs.trace_lines(error)[-1] == "AttributeError: 'foot' of dict"
    missing = raised(Path("/没有/小明").read_bytes)
    assert logs.trace_lines(missing)[-1] == "FileNotFoundError: ENOENT, No such file or directory"


def test_trace_has_files_lines_and_code_of_all_that_led_to_it() -> None:
    trace = "\n".join(logs.trace_lines(raised(lambda: raise_group(PERSON))))
    assert 'File "tests/core/test_logs.py", line' in trace
    assert "raise KeyError(data)" in trace
    assert trace.index("\nKeyError") < trace.index("\nExceptionGroup") < trace.index("| FileNotFoundError: ENOENT")
    assert str(make.ROOT.parent) not in trace


def test_code_of_generated_files_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / f"{PERSON}.py"
    path.write_text(f"raise KeyError('{PERSON}')", "utf-8")
    trace = logs.trace_lines(raised(lambda: exec(compile(path.read_text("utf-8"), str(path), "exec"))))
    assert PERSON not in "\n".join(trace[:-1])
    assert any('File "…", line 1' in line for line in trace)


def test_endless_recursion_is_cut_short() -> None:
    def again() -> None:
        again()

    trace = logs.trace_lines(raised(again))
    assert trace[-1].startswith("RecursionError")
    assert len(trace) < 2 * logs.MAX_FRAMES + 10


def test_logged_exception_is_written_without_data(outputs: Path) -> None:
    try:
        raise KeyError(f"{PERSON}!")
    except KeyError:
        LOG.exception("unexpected")
    assert "KeyError" in read_log(outputs)
    assert f"{PERSON}!" not in read_log(outputs)


def test_same_defect_has_the_same_number_and_is_written_whole_once_in_a_file(outputs: Path) -> None:
    def fail(name: str) -> None:
        raise KeyError(name)

    first, second = (as_stop(raised(lambda name=name: fail(name))) for name in ("甲", "乙"))  # type: ignore[misc]
    assert first.mend == second.mend
    found = re.search(r"编号 (\d{6})，KeyError，test_logs.py 第\d+行，详情在 (outputs/.日志/\S+\.log)$", first.mend)
    assert found and (outputs.parent / found[2]).exists()
    text = read_log(outputs)
    assert text.count("Traceback") == 1
    assert text.count(f"编号 {found[1]}") == 2


def test_errors_of_the_system_are_written_too(outputs: Path) -> None:
    stop = as_stop(raised(Path("/没有/小明").read_bytes))
    assert "读写文件失败" in stop.wrong
    assert "ENOENT" in read_log(outputs)
    assert "小明" not in read_log(outputs).replace('"/没有/小明"', "")


def test_traceback_of_a_worker_survives_pickling(outputs: Path) -> None:
    error = pickle.loads(pickle.dumps(logs.keep_trace(raised(lambda: int("甲")))))
    assert logs.record_error(error)
    text = read_log(outputs)
    assert "In another process:" in text
    assert 'int("甲")' in text


def test_exception_that_cannot_be_described_is_no_error(outputs: Path) -> None:
    class Odd(Exception):
        @property
        def args(self) -> tuple[object, ...]:  # type: ignore[override]
            raise RuntimeError

    assert logs.record_error(Odd()) is None


def test_internal_error_of_a_child_process_is_in_the_log_of_its_parent(outputs: Path) -> None:
    def fail() -> None:
        raise KeyError(f"{PERSON}{os.getpid()}")

    with pytest.raises(Stop) as stop:
        processes.ChildProcess.start(fail).result(30)
    found = re.search(r"编号 (\d{6})", stop.value.mend)
    assert stop.value.code == ExitCode.FAILED
    assert found and f"编号 {found[1]}\n" in read_log(outputs)
    assert "in fail" in read_log(outputs)


def test_records_name_module_and_step(outputs: Path) -> None:
    logs.set_step("1 转成 PDF")
    LOG.info("done\nreally")
    logs.set_step("")
    lines = read_log(outputs).splitlines()
    assert lines[-2].endswith(f" INFO {os.getpid()} tests [1 转成 PDF] done")
    assert lines[-1] == "  really"
