"""Where a file of the inputs stands in 电子档案包/: told once, for the package, its papers, and what points there."""

from pathlib import Path

from paperwork import bag
from paperwork.model import Project

SOURCES = "原始数据"


def place(path: Path, project: Project) -> str:
    """Where a file of the inputs stands in the package, below data/: as beside the workbook, by a name that travels."""
    inside = path.relative_to(project.folder) if path.is_relative_to(project.folder) else Path(path.name)
    return "/".join([SOURCES, *map(bag.portable, inside.parts)])
