"""One build of a project at a time. Who has the turn holds a lock that the system takes back when he dies.

Sole owner of fcntl. A record lock, not `flock`: processes forked for an attachment do not inherit it, and NFS keeps it
between machines. Whoever gets the turn first puts away what a killed predecessor left.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import monotonic, sleep
from typing import Concatenate, ParamSpec, TextIO, TypeVar

from paperwork.faults import ExitCode, Stop

P = ParamSpec("P")
T = TypeVar("T")
SECONDS, PAUSE = 10.0, 0.1
"""How long to wait for one's turn: a killed build takes a moment to die. How often to ask."""
OLD = "old"
"""What a work folder calls the archive that makes room for the new one."""


@contextmanager
def of(outputs: Path, name: str, called: str) -> Iterator[None]:
    """Hold the turn to write `outputs`/name. Raises `Stop` when somebody else has it and goes on having it."""
    outputs.mkdir(parents=True, exist_ok=True)
    with (outputs / f".{name}.lock").open("a") as lock:
        _take(lock, called)
        _put_away(outputs, name)
        try:
            yield
        finally:
            # Again: LibreOffice outlives a killed build by a document, and may have written it meanwhile.
            _put_away(outputs, name)


def alone(
    build: Callable[Concatenate[int, Path, Path, P], T],
) -> Callable[Concatenate[int, Path, Path, P], T]:
    """Let no two builds of one project (number, inputs, outputs, …) run at once."""

    @wraps(build)
    def in_turn(number: int, inputs: Path, outputs: Path, /, *args: P.args, **others: P.kwargs) -> T:
        with of(outputs, str(number), f"项目{number}"):
            return build(number, inputs, outputs, *args, **others)

    return in_turn


def _take(lock: TextIO, called: str) -> None:
    end = monotonic() + SECONDS
    while True:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except (BlockingIOError, PermissionError):  # systems differ in how they say that it is taken
            if monotonic() > end:
                raise Stop(ExitCode.REFUSED, f"{called}正在别处生成", "请等它做完再来") from None
            sleep(PAUSE)


def _put_away(outputs: Path, name: str) -> None:
    """Remove the work folders of killed builds; an archive that one had just moved aside goes back to its place."""
    for left in outputs.glob(f".{name}-*"):
        if (left / OLD).exists() and not (outputs / name).exists():
            os.replace(left / OLD, outputs / name)
        shutil.rmtree(left, ignore_errors=True)
