"""Replace a file in a folder atomically; the older file is kept as a backup, never overwritten."""

import datetime as dt
import filecmp
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from paperwork.core.faults import Unreadable

BACKUP_FOLDER = ".旧文件"
"""Folder for replaced files; hidden, so that no reader takes them for inputs."""
TEMPORARY_NAME = re.compile(r"\.[0-9a-f]{16}\.tmp")
"""Name pattern of unfinished copies."""
STALE_SECONDS = 3600
"""Seconds after which an unfinished copy is considered abandoned."""


def replace_file(new: Path, path: Path, root: Path, moment: dt.datetime, before: Sequence[Path] = ()) -> Path | None:
    """Copy `new` to `path`, which lies in `root`, and move the files at `path` and `before` to the backup folder.

    Return the backup of the first of these, None if there was none or if the same bytes were there already. On any
    error the old files are moved back. Raises `Unreadable` if `path` is outside of `root` or a folder, or if a file
    lies where its folder should be.
    """
    if path.is_dir():
        raise Unreadable("那里有一个同名的文件夹", "请先给它改名，再放一次")
    if path.is_file() and filecmp.cmp(new, path, shallow=False):
        return None
    temporary = _copy_to_temporary(new, path.parent, root)
    moved: list[tuple[Path, Path]] = []
    try:
        for each in dict.fromkeys((path, *before)):
            if each.is_file() or each.is_symlink():
                moved.append((each, _back_up(each, root, moment)))
        # A rename within one folder is atomic on POSIX: no reader ever sees half a file.
        os.replace(temporary, path)
    except BaseException:
        # Also on KeyboardInterrupt: the folder must be as it was, or complete.
        for each, backup in reversed(moved):
            os.replace(backup, each)
        temporary.unlink(missing_ok=True)
        raise
    return moved[0][1] if moved else None


def refuse_outside(folder: Path, root: Path) -> None:
    """Raise `Unreadable` if a folder, after resolving links, is not inside `root`."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise Unreadable(f"这个文件夹其实在 {root.name} 外面（是通到别处的链接）", "请改成真正的文件夹再放")


def _copy_to_temporary(new: Path, folder: Path, root: Path) -> Path:
    """Copy a file to a hidden name in the target folder, synced to disk."""
    _make_folder(folder, root)
    temporary = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        with new.open("rb") as source, temporary.open("xb") as target:
            shutil.copyfileobj(source, target, 2**20)
            target.flush()
            # Without fsync a power cut after the rename could leave an empty file under the final name.
            os.fsync(target.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The new file's own time is the clock of the disk, which on a network share is not the clock of this machine.
    _remove_stale(folder, temporary.stat().st_mtime)
    return temporary


def _remove_stale(folder: Path, now: float) -> None:
    """Remove copies left by killed processes; `now` is the file server's clock, which may differ from ours."""
    with suppress(OSError):  # a stale copy does no harm; the next upload tries again
        for path in folder.iterdir():
            if TEMPORARY_NAME.fullmatch(path.name) and path.is_file() and path.stat().st_mtime < now - STALE_SECONDS:
                path.unlink(missing_ok=True)


def _make_folder(folder: Path, root: Path) -> None:
    """Create a folder inside `root` unless it exists."""
    refuse_outside(folder, root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        upwards = (each for each in (folder, *folder.parents) if os.path.lexists(each))
        name = next(upwards).name
        raise Unreadable(f"{root.name} 里要放文件夹的地方有一个同名的文件“{name}”", "请先把它移走再放") from None


def _back_up(path: Path, root: Path, moment: dt.datetime) -> Path:
    """Move a file to the backup folder, in the same relative place, with the moment in its name."""
    folder = root / BACKUP_FOLDER / path.parent.relative_to(root)
    _make_folder(folder, root)
    stem = f"{path.stem} {moment:%Y-%m-%d %H%M%S}"
    names = chain([stem], (f"{stem} {number}" for number in count(2)))
    # Reserve the name first: os.replace would silently overwrite an older backup of the same second.
    backup = next(each for name in names if _reserve(each := folder / f"{name}{path.suffix}"))
    try:
        os.replace(path, backup)
    except OSError:
        backup.unlink()
        raise
    return backup


def _reserve(path: Path) -> bool:
    """Create an empty file to reserve a name; return False if the name is taken."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
