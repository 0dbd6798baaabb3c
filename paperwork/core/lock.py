"""Allow one build per project at a time, by an fcntl record lock, and replace archives so that a kill loses none.

The kernel releases the lock when the holder dies. It is a record lock, not `flock`: child processes forked for an
attachment do not inherit it, and NFS enforces it between machines. After acquiring the lock, the work folders of a
killed build are cleaned up. No other module uses fcntl.

Projects of several years that have the same number share one lock, because the archives of one may be renamed when
another takes over the plain number.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from time import monotonic, sleep
from typing import Concatenate, ParamSpec, TextIO, TypeVar

from paperwork.core.faults import ExitCode, Stop
from paperwork.core.values import ProjectNumber

P = ParamSpec("P")
T = TypeVar("T")
TIMEOUT_SECONDS, POLL_SECONDS = 10.0, 0.1
"""Timeout for the lock and polling interval, in seconds. A killed build needs a moment to exit, hence the timeout."""
OLD_ARCHIVE, STATE_FILE = "old", "state"
"""Names, inside a work folder, of the archive that the new one replaces, and of the file with its state."""
EARLIER = ".以前"
"""Folder in the outputs folder for archives that were replaced: the last one of each state of each project."""


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


def hold_project(outputs: Path, number: int) -> AbstractContextManager[None]:
    """Hold the lock for the archives of a project, and of those of other years with the same number."""
    return hold(outputs, str(ProjectNumber(number).plain), f"项目{ProjectNumber(number)}")


@contextmanager
def work_folder(outputs: Path, name: str) -> Iterator[Path]:
    """Provide a temporary folder for work on the archive `outputs`/name, removed at the end; the lock must be held.

    It lies in `outputs`, so that the archive can be renamed into place: a rename works only within one file system.
    """
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=outputs) as work:
        yield Path(work)


def replace_archive(new: Path, target: Path, work: Path, state: str) -> None:
    """Rename a finished archive into place; the one that was there is kept as the last one of its `state`.

    Without a state it was no archive, and is removed. Both names are in one outputs folder; `work` is a work folder for
    the name of `target`. A kill at any point loses neither: the next holder of the lock finishes what was begun.
    """
    old = work / OLD_ARCHIVE
    if target.exists():
        (work / STATE_FILE).write_text(state, "utf-8")
        # A rename cannot replace a folder that is not empty, so the old archive is renamed first.
        os.replace(target, old)
    try:
        os.replace(new, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    _keep(old, target)


def _keep(old: Path, target: Path) -> None:
    """Move an archive that was replaced to `EARLIER`; the one kept there before is removed with the work folder."""
    state = _read_state(old.parent)
    if not state or not old.exists():
        return
    slot, dropped = target.parent / EARLIER / target.name / state, old.with_name("dropped")
    slot.parent.mkdir(parents=True, exist_ok=True)
    if slot.exists():
        shutil.rmtree(dropped, ignore_errors=True)
        os.replace(slot, dropped)
    os.replace(old, slot)


def _read_state(work: Path) -> str:
    """Return the state of the old archive in a work folder; empty if it was none."""
    path = work / STATE_FILE
    return path.read_text("utf-8") if path.is_file() else ""


def exclusive(
    build: Callable[Concatenate[int, Path, Path, P], T],
) -> Callable[Concatenate[int, Path, Path, P], T]:
    """Decorate a build function (number, inputs, outputs, …) so that it holds the lock of its project while it runs."""

    @wraps(build)
    def locked(number: int, inputs: Path, outputs: Path, /, *args: P.args, **options: P.kwargs) -> T:
        with hold_project(outputs, number):
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
    for folder in outputs.glob(f".*{name}-*"):
        owner = folder.name[1:].rpartition("-")[0]
        if not re.fullmatch(rf"((?:19|20)\d\d-)?{re.escape(name)}", owner):
            continue
        old, target = folder / OLD_ARCHIVE, outputs / owner
        if old.exists() and target.exists() and _read_state(folder) and not any(map(Path.is_file, target.iterdir())):
            shutil.rmtree(target)  # no archive, only the marked workbook of a check made since
        if old.exists() and not target.exists():
            os.replace(old, target)
        _keep(old, target)
        shutil.rmtree(folder, ignore_errors=True)
