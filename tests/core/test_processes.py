"""Child processes: results, errors, limits, termination, and interrupts that Python would discard."""

import multiprocessing
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from paperwork.core.faults import ExitCode, Fault, Level, Stop, Unreadable, Where
from paperwork.core.processes import ChildProcess
from tests import make
from tests.waiting import SECONDS, wait_until


def test_result_comes_from_another_process() -> None:
    child = ChildProcess.start(lambda: (os.getpid(), "甲"))
    pid, word = child.result()
    assert (pid != os.getpid(), word) == (True, "甲")


def fail_with(error: Exception) -> None:
    """Raise an exception."""
    raise error


def test_exceptions_are_reraised_in_the_parent() -> None:
    with pytest.raises(Unreadable) as unreadable:
        ChildProcess.start(partial(fail_with, Unreadable("照片打不开", "请换一张"))).result()
    assert (unreadable.value.wrong, unreadable.value.mend) == ("照片打不开", "请换一张")
    fault = Fault(Level.ERROR, Where("甲.xlsx", "活动", "B3"), "不对", "请改")
    with pytest.raises(Stop) as stop:
        ChildProcess.start(partial(fail_with, Stop(ExitCode.FAULTY, "错了", "请改", "甲", [fault]))).result()
    assert (stop.value.code, stop.value.wrong, stop.value.mend) == (ExitCode.FAULTY, "错了", "请改")
    assert (stop.value.where, stop.value.faults) == ("甲", (fault,))


def test_error_of_a_library_is_not_shown_as_a_reason() -> None:
    with pytest.raises(Stop, match="内部出错"):
        ChildProcess.start(partial(fail_with, ValueError("embedded null byte"))).result()


def test_oserror_keeps_its_type_and_file_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        ChildProcess.start((tmp_path / "没有").read_bytes).result()
    assert raised.value.filename == str(tmp_path / "没有")


def test_internal_error_names_its_module_but_no_data() -> None:
    with pytest.raises(Stop, match="内部出错") as stop:
        ChildProcess.start(partial(fail_with, KeyError("张三 510399199001010016"))).result()
    assert "KeyError，test_processes.py" in stop.value.mend
    assert "张三" not in str(stop.value.mend)


def test_timeout_and_memory_limit_are_enforced() -> None:
    with pytest.raises(TimeoutError):
        ChildProcess.start(partial(time.sleep, 600)).result(0.2)
    with pytest.raises(MemoryError):
        ChildProcess.start(lambda: len(bytes(3 * 2**30)), memory=2**30).result(60)
    with pytest.raises(MemoryError):
        ChildProcess.start(partial(os._exit, 0)).result(60)


def test_terminated_child_leaves_no_process() -> None:
    child = ChildProcess.start(partial(time.sleep, 600))
    [process] = multiprocessing.active_children()
    assert Path(f"/proc/{process.pid}").exists()
    child.terminate()
    assert not Path(f"/proc/{process.pid}").exists()


def test_terminated_child_stops_its_own_subprocess(tmp_path: Path) -> None:
    """Use a subprocess in a session of its own, like LibreOffice, which would otherwise outlive the child."""

    def start_subprocess() -> None:
        with subprocess.Popen(("sleep", "600"), start_new_session=True) as process:
            try:
                (tmp_path / "pid").write_text(str(process.pid))
                process.wait()
            finally:
                process.kill()

    child = ChildProcess.start(start_subprocess)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    subprocess_folder = Path("/proc", (tmp_path / "pid").read_text())
    assert subprocess_folder.exists()
    child.terminate()
    assert not subprocess_folder.exists()


def test_child_dies_with_its_parent() -> None:
    modules = "import os, time; from paperwork.core.processes import ChildProcess"
    code = "ChildProcess.start(lambda: (print(os.getpid()), time.sleep(600)))"
    command = [sys.executable, "-uc", f"{modules}; {code}; time.sleep(600)"]
    with subprocess.Popen(command, cwd=make.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
        # The child inherited the write end of this pipe; EOF comes only when it has died too. By itself it would end
        # after ten minutes.
        assert parent.communicate(timeout=SECONDS)[0] == ""
    assert not Path(f"/proc/{pid}/exe").exists()


# ---- Ctrl+C in a destructor, where Python discards the exception


PROGRAM = """
import signal, time
from paperwork.core import processes
processes.retry_lost_interrupts(signal.default_int_handler)

class Last:
    def __del__(self):
        KIND

Last()
try:
    time.sleep(SECONDS)
    print("slept")
except KeyboardInterrupt:
    print("interrupted")
"""


def run_in_destructor(statement: str, seconds: float) -> tuple[str, str]:
    """Run a statement in a destructor in a new process that then sleeps; return its stdout and stderr."""
    program = PROGRAM.replace("KIND", statement).replace("SECONDS", str(seconds))
    command = (sys.executable, "-c", program)
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True, cwd=make.ROOT)
    return ran.stdout, ran.stderr


def test_lost_interrupt_is_raised_again_without_a_warning() -> None:
    assert run_in_destructor("signal.raise_signal(signal.SIGINT)", 600) == ("interrupted\n", "")


def test_other_errors_in_a_destructor_are_still_reported() -> None:
    out, err = run_in_destructor("1 / 0", 0)
    assert out == "slept\n"
    assert "ZeroDivisionError" in err
