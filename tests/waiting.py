"""Wait for a condition. Tests never sleep for a fixed time: on a busy machine any time may be too short."""

import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 120
"""Deadline that only a program that hangs reaches."""
T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = SECONDS) -> T:
    """Wait until a condition holds and return its value; fail after the deadline."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "timed out"
        time.sleep(0.01)
    return found
