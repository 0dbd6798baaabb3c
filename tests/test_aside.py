"""Work done beside: what it returns, how it fails, when it is ended."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from paperwork.aside import Aside
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from tests import make


def test_it_goes_on_beside_and_its_result_comes_back() -> None:
    begun = Aside(lambda: (os.getpid(), "甲"))
    pid, word = begun.result()
    assert (pid != os.getpid(), word) == (True, "甲")


def refuse(reason: Exception) -> None:
    """Fail for this reason."""
    raise reason


def test_reasons_come_back_as_they_were_raised() -> None:
    with pytest.raises(ValueError, match="照片打不开"):
        Aside(partial(refuse, ValueError("照片打不开"))).result()
    fault = Fault(Level.ERROR, Where("甲.xlsx", "活动", "B3"), "不对", "请改")
    with pytest.raises(Stop) as stop:
        Aside(partial(refuse, Stop(ExitCode.FAULTY, "错了", "请改", "甲", [fault]))).result()
    assert (stop.value.code, stop.value.wrong, stop.value.mend) == (ExitCode.FAULTY, "错了", "请改")
    assert (stop.value.where, stop.value.faults) == ("甲", (fault,))


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        Aside((tmp_path / "没有").read_bytes).result()
    assert error.value.filename == str(tmp_path / "没有")


def test_a_mistake_of_ours_names_its_place_and_no_data() -> None:
    with pytest.raises(Stop, match="内部出错") as stop:
        Aside(partial(refuse, KeyError("张三 510399199001010016"))).result()
    assert "KeyError，test_aside.py" in stop.value.mend
    assert "张三" not in str(stop.value.mend)


def test_what_takes_too_long_or_too_much_is_ended() -> None:
    with pytest.raises(TimeoutError):
        Aside(partial(time.sleep, 60)).result(0.2)
    with pytest.raises(MemoryError):
        Aside(lambda: len(bytes(3 * 2**30)), memory=2**30).result(60)
    with pytest.raises(MemoryError):
        Aside(partial(os._exit, 0)).result(60)


def test_an_ended_one_leaves_no_process() -> None:
    begun = Aside(partial(time.sleep, 60))
    child = begun._child.pid
    begun.end()
    assert not Path(f"/proc/{child}").exists()


def test_who_is_ended_ends_first_what_it_has_begun_itself(tmp_path: Path) -> None:
    """LibreOffice in a session of its own would outlive it."""

    def begin() -> None:
        with subprocess.Popen(("sleep", "60"), start_new_session=True) as process:
            try:
                (tmp_path / "pid").write_text(str(process.pid))
                process.wait()
            finally:
                process.kill()

    begun = Aside(begin)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.01)
    begun.end()
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()


def test_it_ends_when_whoever_began_it_is_killed() -> None:
    code = "import os, time; from paperwork.aside import Aside; Aside(lambda: (print(os.getpid()), time.sleep(60)))"
    command = [sys.executable, "-uc", f"{code}; time.sleep(60)"]
    with subprocess.Popen(command, cwd=make.ROOT, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout
        pid = int(maker.stdout.readline())
        maker.kill()
        begun = time.monotonic()
        # It holds the other end, and would for a minute.
        assert maker.stdout.read() == ""
    assert time.monotonic() - begun < 5
    assert not Path(f"/proc/{pid}/exe").exists()
