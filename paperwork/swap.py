"""A file put in its place inside a folder; the older one is kept aside, never overwritten. All of it or nothing."""

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

OLD = ".旧文件"
"""The folder for what was replaced: hidden, so that nobody reads it."""
FRESH = re.compile(r"\.[0-9a-f]{16}\.tmp")
"""What a copy is called while it is made."""
FORGOTTEN = 3600
"""Seconds after which nobody is at work on it any more."""


def put(new: Path, path: Path, root: Path, moment: dt.datetime, before: Sequence[Path] = ()) -> Path | None:
    """Put a copy of `new` at `path`, which lies in `root`; what lies there and at `before` is moved aside.

    Tells where the first of these lies now; nothing when there was none, or when the very same bytes were there
    already. Raises `ValueError` when `path` is outside or a folder, or a file lies where its folder should be.
    """
    if path.is_dir():
        raise ValueError("那里有一个同名的文件夹，请先给它改名，再放一次")
    if path.is_file() and filecmp.cmp(new, path, shallow=False):
        return None
    fresh = _copied(new, path.parent, root)
    moved: list[tuple[Path, Path]] = []
    try:
        for each in dict.fromkeys((path, *before)):
            if each.is_file() or each.is_symlink():
                moved.append((each, _set_aside(each, root, moment)))
        os.replace(fresh, path)
    except BaseException:
        for each, aside in reversed(moved):
            os.replace(aside, each)
        fresh.unlink(missing_ok=True)
        raise
    return moved[0][1] if moved else None


def refuse_outside(folder: Path, root: Path) -> None:
    """Raise `ValueError` when a folder is really somewhere else than in `root`."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"这个文件夹其实在 {root.name} 外面（是通到别处的链接），请改成真正的文件夹再放")


def _copied(new: Path, folder: Path, root: Path) -> Path:
    """A copy under a hidden name, safe on the disk."""
    _make(folder, root)
    fresh = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        with new.open("rb") as source, fresh.open("xb") as target:
            shutil.copyfileobj(source, target, 2**20)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sweep(folder, fresh.stat().st_mtime)
    return fresh


def _sweep(folder: Path, now: float) -> None:
    """Remove what was left by who was killed while copying. `now` is by the disk's clock, which is not always ours."""
    with suppress(OSError):  # it is in nobody's way, and the next one tries again
        for path in folder.iterdir():
            if FRESH.fullmatch(path.name) and path.is_file() and path.stat().st_mtime < now - FORGOTTEN:
                path.unlink(missing_ok=True)


def _make(folder: Path, root: Path) -> None:
    """Make a folder inside `root`, unless it is there."""
    refuse_outside(folder, root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        upwards = (each for each in (folder, *folder.parents) if os.path.lexists(each))
        name = next(upwards).name
        raise ValueError(f"{root.name} 里要放文件夹的地方有一个同名的文件“{name}”，请先把它移走再放") from None


def _set_aside(path: Path, root: Path, moment: dt.datetime) -> Path:
    """Move a file among the older ones, as it lay, with the moment in its name."""
    folder = root / OLD / path.parent.relative_to(root)
    _make(folder, root)
    stem = f"{path.stem} {moment:%Y-%m-%d %H%M%S}"
    names = chain([stem], (f"{stem} {number}" for number in count(2)))
    aside = next(each for name in names if _is_ours(each := folder / f"{name}{path.suffix}"))
    try:
        os.replace(path, aside)
    except OSError:
        aside.unlink()
        raise
    return aside


def _is_ours(path: Path) -> bool:
    """Whether nobody had this name; from now on it is ours."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
