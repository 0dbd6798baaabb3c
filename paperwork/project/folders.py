"""Names of the folders beside a workbook, and the paths that input files get inside 电子档案包/."""

from collections.abc import Iterator
from pathlib import Path

from paperwork.core import filenames

PHOTOS, VIDEOS, ATTACHMENTS = "照片", "视频", "附件"
INPUT_FOLDERS = (PHOTOS, VIDEOS, ATTACHMENTS)
"""Folders beside a workbook: photos and videos by activity, documents from outside."""
SOURCES = "原始数据"
"""Folder of the input files inside the package."""


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
        yield from (path for path in sorted((home / name).rglob("*")) if belongs_to_staff(path, home))
