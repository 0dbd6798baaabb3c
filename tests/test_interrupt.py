"""Ctrl+C, where Python would lose it."""

import subprocess
import sys

from tests import make

LOSING = """
import signal, time
from paperwork import interrupt
interrupt.insist(signal.default_int_handler)

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


def said(what: str) -> tuple[str, str]:
    """What is printed when this happens at the end of an object."""
    command = (sys.executable, "-c", LOSING.replace("KIND", what))
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=make.ROOT)
    return ran.stdout, ran.stderr


def test_an_interrupt_that_was_lost_comes_again_and_nothing_is_printed() -> None:
    assert said("signal.raise_signal(signal.SIGINT)") == ("interrupted\n", "")


def test_other_mistakes_are_told_as_ever() -> None:
    out, err = said("1 / 0")
    assert out == "slept\n"
    assert "ZeroDivisionError" in err
