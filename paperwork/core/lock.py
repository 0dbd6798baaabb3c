"""Allow one build per project at a time, by an fcntl record lock.

The kernel releases the lock when the holder dies. It is a record lock, not `flock`: child processes forked for an
attachment do not inherit it, and NFS enforces it between machines. After acquiring the lock, the work folders of a
killed build are cleaned up. No other module uses fcntl.
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

from paperwork.core.faults import ExitCode, Stop

P = ParamSpec("P")
T = TypeVar("T")
TIMEOUT_SECONDS, POLL_SECONDS = 10.0, 0.1
"""Timeout for the lock and polling interval, in seconds. A killed build needs a moment to exit, hence the timeout."""
OLD_ARCHIVE = "old"
"""Name, inside a work folder, of the previous archive while the new one replaces it."""


@contextmanager
def hold(outputs: Path, name: str, called: str) -> Iterator[None]:
    """Hold the lock for writing `outputs`/name; `called` names it in messages to staff.

    Raises `Stop` when another process still holds the lock after the timeout.
    """
    outputs.mkdir(parents=True, exist_ok=True)
    # Open this file nowhere else: POSIX drops a record lock when the process closes any descriptor of it.
    with (outputs / f".{name}.lock").open("a") as lock:
        _acquire(lock, called)
        _recover_interrupted_build(outputs, name)
        try:
            yield
        finally:
            # Again: the LibreOffice of a killed build finishes its current document and may have written it since.
            _recover_interrupted_build(outputs, name)


def exclusive(
    build: Callable[Concatenate[int, Path, Path, P], T],
) -> Callable[Concatenate[int, Path, Path, P], T]:
    """Decorate a build function (number, inputs, outputs, …) so that it holds the lock of its project while it runs."""

    @wraps(build)
    def locked(number: int, inputs: Path, outputs: Path, /, *args: P.args, **options: P.kwargs) -> T:
        with hold(outputs, str(number), f"项目{number}"):
            return build(number, inputs, outputs, *args, **options)

    return locked


def _acquire(lock: TextIO, called: str) -> None:
    """Acquire the lock by polling. Raises `Stop` after the timeout."""
    deadline = monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except (BlockingIOError, PermissionError):  # POSIX allows both EAGAIN and EACCES for a lock that is held
            if monotonic() > deadline:
                raise Stop(ExitCode.REFUSED, f"{called}正在别处生成", "请等它做完再来") from None
            sleep(POLL_SECONDS)


def _recover_interrupted_build(outputs: Path, name: str) -> None:
    """Remove the work folders of killed builds and restore an archive that a build was about to replace."""
    for folder in outputs.glob(f".{name}-*"):
        if (folder / OLD_ARCHIVE).exists() and not (outputs / name).exists():
            os.replace(folder / OLD_ARCHIVE, outputs / name)
        shutil.rmtree(folder, ignore_errors=True)
