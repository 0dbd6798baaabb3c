"""Paths of input files inside 电子档案包/, computed in one place for the package, its papers and links to its files."""

from pathlib import Path

from paperwork.core import filenames
from paperwork.project.model import Project

SOURCES = "原始数据"


def package_path(path: Path, project: Project) -> str:
    """Return the path of an input file in the package, below data/: its path beside the workbook, in portable names."""
    inside = path.relative_to(project.folder) if path.is_relative_to(project.folder) else Path(path.name)
    return "/".join([SOURCES, *map(filenames.portable, inside.parts)])
