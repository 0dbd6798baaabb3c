"""原始数据/: the files that a project was read from, and where each goes in the package."""

from pathlib import Path

from paperwork import bag, places
from paperwork.check import Checked
from paperwork.faults import ExitCode, Stop
from paperwork.model import Project
from paperwork.record import Record

BESIDE = ("照片", "视频", "附件")
NO_DATA = (".", "~$", "Thumbs.db", "desktop.ini")
"""How names begin that programs leave lying about."""


def found(checked: Checked, project: Project) -> dict[str, Path]:
    """The files the project was read from, by their names in the package. Raises `Stop` when two names are one."""
    placed: dict[str, Path] = {}
    taken: dict[str, Path] = {}
    for path in _read_files(checked, project):
        name = places.place(path, project)
        first = taken.setdefault(bag.folded(name), path)
        if first != path:
            both = f"“{checked.inputs.name(first)}”和“{checked.inputs.name(path)}”"
            raise Stop(ExitCode.FAULTY, f"{both}在有的电脑上是同一个名字，不能放进一个档案包", "请给其中一个改名")
        placed[name] = path
    return placed


def _read_files(checked: Checked, project: Project) -> list[Path]:
    """Workbook and catalogue, then what lies beside the workbook: each once, in the order of their names."""
    root = checked.inputs.root
    rows = [value for name in project.fields() for value in _rows(getattr(project, name))]
    tables = {checked.workbook, *(root / row.place.file for row in rows if row.place.file)}
    files = sorted(path for path in tables if path.is_file())
    media = [kind.get(each.code, ()) for kind in (project.photos, project.videos) for each in project.activities]
    beside = {path for paths in media for path in paths}
    beside |= {path for row in project.attachments if (path := project.file_of(row.file))}
    if not _is_shared(checked, project):
        beside |= {path for name in BESIDE for path in (project.folder / name).rglob("*") if _is_data(path, project)}
    return files + sorted(path for path in beside if path.is_file())


def _is_data(path: Path, project: Project) -> bool:
    return not any(part.startswith(NO_DATA) for part in path.relative_to(project.folder).parts)


def _rows(value: object) -> list[Record]:
    found = value if isinstance(value, tuple) else (value,)
    return [row for row in found if isinstance(row, Record)]


def _is_shared(checked: Checked, project: Project) -> bool:
    """Whether another project's workbook lies in the same folder: then only what this one names is its own."""
    others = (paths for number, paths in checked.inputs.workbooks.items() if number != checked.number)
    return any(path.parent == project.folder for paths in others for path in paths)
