"""The folders beside a workbook: which files in them belong to what, and the paths they get inside 电子档案包/.

Names on disk are compared as people read them (`filenames.spelling_key`): case, full-width letters, blanks and names in
GBK do not count. Links to folders are never followed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperwork.core import filenames, text
from paperwork.formats.opening import Problem

PHOTOS, VIDEOS, ATTACHMENTS = "照片", "视频", "附件"
INPUT_FOLDERS = (PHOTOS, VIDEOS, ATTACHMENTS)
"""Folders beside a workbook: photos and videos by activity, documents from outside."""
SOURCES = "原始数据"
"""Folder of the input files inside the package."""
QUOTES = "“”‘’《》〈〉'\"<>"
"""Quotation marks round a file name in a cell."""
MAX_BRIEF_PHOTOS = 6
"""Most photos of an activity that are printed in the text of its brief; photo pages show the others."""
NEAR = 50
"""Least similarity (0 to 100) of a file name that is offered for one that does not exist."""


def package_path(path: Path, home: Path) -> str:
    """Return the path of an input file in the package, below data/: its path in the project's folder `home`.

    The names are portable. The package, its papers and the links to its files all take the path from here.
    """
    inside = path.relative_to(home) if path.is_relative_to(home) else Path(path.name)
    return "/".join([SOURCES, *map(filenames.portable, inside.parts)])


def belongs_to_staff(path: Path, root: Path) -> bool:
    """Return False if the file, or a folder between it and `root`, was left by a program."""
    return not any(map(filenames.is_left_by_a_program, path.relative_to(root).parts))


def files_beside(home: Path) -> Iterator[Path]:
    """Yield the staff's files and folders in 照片, 视频 and 附件 of a project's folder, each of the three sorted."""
    for name in INPUT_FOLDERS:
        for folder in input_folders(home, name):
            yield from (path for path in sorted(folder.rglob("*")) if belongs_to_staff(path, home))


def input_folders(home: Path, name: str) -> list[Path]:
    """Return the folders of a project that are called 照片, 视频 or 附件; there may be two, one of them in GBK."""
    return [path for path in _listed(home) if _is_folder(path) and is_called(path, name)]


def is_called(path: Path, name: str) -> bool:
    """Return True if people read the name of a file or folder as `name`."""
    return filenames.spelling_key(path.name) == filenames.spelling_key(name)


def _listed(folder: Path) -> list[Path]:
    """Return the content of a folder, sorted; nothing if it cannot be read (the account of files reports it)."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def is_file(path: Path) -> bool:
    """Return True if a path is a file that can be reached; `Path.is_file` raises in a folder without permission."""
    try:
        return path.is_file()
    except OSError:
        return False


def leads_out(path: Path, root: Path) -> bool:
    """Return True if a link leads to no file, or to one outside of `root`."""
    try:
        return path.is_symlink() and not (path.exists() and path.resolve().is_relative_to(root.resolve()))
    except (OSError, RuntimeError):  # a link to itself
        return True


# ---- photos and videos


@dataclass(frozen=True)
class Media:
    """The photos or the videos of a project: those that open, by activity, and the problem of each of the others."""

    sound: dict[str, tuple[Path, ...]]
    problems: dict[Path, Problem]


def read_media(home: Path, name: str, codes: Iterable[str], check: Callable[[Path], Problem | None]) -> Media:
    """Open the files of each activity's folder. A folder of no activity is kept under its own name."""
    spelt: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        spelt.setdefault(filenames.spelling_key(code), []).append(code)
    sound: dict[str, list[Path]] = {}
    problems: dict[Path, Problem] = {}
    for folder in (each for outer in input_folders(home, name) for each in _listed(outer)):
        if not _is_folder(folder) or filenames.is_left_by_a_program(folder.name):
            continue
        known, own = spelt.get(filenames.spelling_key(folder.name), []), filenames.readable(folder.name)
        files = sound.setdefault(known[0] if len(known) == 1 else own, [])
        for path in _listed(folder):
            if not is_file(path) or filenames.is_left_by_a_program(path.name) or leads_out(path, home):
                continue
            if problem := check(path):
                problems[path] = problem
            else:
                files.append(path)
    return Media({code: tuple(sorted(files)) for code, files in sound.items()}, problems)


# ---- attachments


@dataclass(frozen=True)
class Found:
    """What a file name in a cell means: a file of the folder 附件, or the names that may be meant."""

    path: Path | None = None
    offered: tuple[str, ...] = ()
    is_exact: bool = True
    """False if the cell spells the name otherwise than the folder."""


def find_attachment(home: Path, name: str) -> Found:
    """Find the file of the folder 附件 that a cell names.

    A name that differs only in spelling, in its folder or by a missing suffix is taken if one file alone fits.
    """
    outer = input_folders(home, ATTACHMENTS)
    for folder in outer:
        if path := _inside(folder, name, home):
            return Found(path)
    files = {path: path.relative_to(folder) for folder in outer for path in _files_below(folder, home)}
    wanted = _wanted(name)
    for fits in (_has_path(wanted), _has_name(wanted), _has_stem(wanted)):
        fitting = [path for path, inside in files.items() if fits(inside)]
        if len(fitting) == 1:
            own = filenames.readable_path(files[fitting[0]])
            return Found(fitting[0], is_exact=own == filenames.readable(name))
        if fitting:
            return Found(None, tuple(filenames.readable_path(files[path]) for path in fitting))
    # By the stem: the suffix alone makes names similar that have nothing else in common.
    named: dict[str, list[str]] = {}
    for inside in files.values():
        named.setdefault(filenames.readable(inside.stem), []).append(filenames.readable_path(inside))
    meant = Path(wanted[-1] if wanted else "").stem
    longer = [stem for stem in named if meant and text.find_named(stem, [meant])]
    near = longer[0] if len(longer) == 1 else text.find_most_similar(meant, named, NEAR)
    return Found(None, tuple(named.get(near, ())))


def _inside(folder: Path, name: str, home: Path) -> Path | None:
    """Return the file of exactly this name, or None if it is no file inside the folder.

    A symbolic link may lead to another file of the project, but not out of the project's folder.
    """
    try:
        path = folder / name
        # One file must not have two paths, and an absolute path must not lead out of the folder.
        if ".." in path.parts or not path.is_relative_to(folder):
            return None
        return path if path.is_file() and path.resolve().is_relative_to(home.resolve()) else None
    except (OSError, ValueError):  # the name is too long for the file system, or holds a NUL character
        return None


def _files_below(folder: Path, home: Path) -> Iterator[Path]:
    """Yield the staff's files below a folder."""
    for path in sorted(folder.rglob("*")):
        if is_file(path) and not leads_out(path, home) and belongs_to_staff(path, folder):
            yield path


def _wanted(name: str) -> tuple[str, ...]:
    """Return the parts of a path in a cell as keys: below the folder 附件 if it names that, else without a drive."""
    plain = unicodedata.normalize("NFKC", name).replace("\\", "/").strip().strip(QUOTES)
    parts = [key for part in plain.split("/") if (key := filenames.spelling_key(part)) and part != "."]
    if ATTACHMENTS in parts[:-1]:
        parts = parts[len(parts) - parts[::-1].index(ATTACHMENTS) :]
    elif re.match(r"[a-zA-Z]:|/", plain):
        parts = parts[-1:]
    return tuple(parts)


def _keys(inside: Path) -> tuple[str, ...]:
    return tuple(map(filenames.spelling_key, inside.parts))


def _has_path(wanted: Sequence[str]) -> Callable[[Path], bool]:
    """Return a test for a file whose path below 附件 is the wanted one."""
    return lambda inside: _keys(inside) == wanted


def _has_name(wanted: Sequence[str]) -> Callable[[Path], bool]:
    """Return a test for a file of the wanted name in any folder below 附件, for a cell that names no folder."""
    return lambda inside: len(wanted) == 1 and _keys(inside)[-1:] == wanted


def _has_stem(wanted: Sequence[str]) -> Callable[[Path], bool]:
    """Return a test for a file that has the wanted name but for its suffix."""
    return lambda inside: len(wanted) == 1 and filenames.spelling_key(Path(inside.name).stem) == wanted[0]
