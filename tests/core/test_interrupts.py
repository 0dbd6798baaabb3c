"""Ctrl+C in a destructor, where Python discards the exception."""

import subprocess
import sys

from tests import make

PROGRAM = """
import signal, time
from paperwork.core import processes
processes.retry_lost_interrupts(signal.default_int_handler)

class Last:
    def __del__(self):
        KIND

Last()
try:
    time.sleep(2)
    print("slept")
except KeyboardInterrupt:
    print("interrupted")
"""


def run_in_destructor(statement: str) -> tuple[str, str]:
    """Run a statement in a destructor in a new process; return its stdout and stderr."""
    command = (sys.executable, "-c", PROGRAM.replace("KIND", statement))
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=make.ROOT)
    return ran.stdout, ran.stderr


def test_lost_interrupt_is_raised_again_without_a_warning() -> None:
    assert run_in_destructor("signal.raise_signal(signal.SIGINT)") == ("interrupted\n", "")


def test_other_errors_in_a_destructor_are_still_reported() -> None:
    out, err = run_in_destructor("1 / 0")
    assert out == "slept\n"
    assert "ZeroDivisionError" in err
