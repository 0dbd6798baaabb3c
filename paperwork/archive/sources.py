"""原始数据/: the input files that a project was read from, and the path of each in the package."""

from pathlib import Path
from typing import NamedTuple

from paperwork.checks.check import Checked
from paperwork.core import filenames
from paperwork.core.faults import ExitCode, Stop
from paperwork.project import folders, input_folder
from paperwork.project.input_folder import Inputs
from paperwork.project.model import Project


def source_files(checked: Checked, project: Project) -> dict[str, Path]:
    """Return the files that the project was read from, by their paths in the package.

    Raises `Stop` if two of these paths are the same name on some file systems.
    """
    placed: dict[str, Path] = {}
    taken: dict[str, Path] = {}  # by folded name: as a file system compares names that ignores case
    for path in _input_files(checked, project):
        name = folders.package_path(path, project.folder)
        first = taken.setdefault(filenames.collision_key(name), path)
        if first != path:
            pair = f"“{checked.inputs.name(first)}”和“{checked.inputs.name(path)}”"
            raise Stop(ExitCode.FAULTY, f"{pair}在有的电脑上是同一个名字，不能放进一个档案包", "请给其中一个改名")
        placed[name] = path
    return placed


def _input_files(checked: Checked, project: Project) -> list[Path]:
    """Return workbook, catalogue and 要求解读, then the files beside the workbook, each once and each group sorted."""
    root = checked.inputs.root
    # The cells know which file they were read from: the catalogue, and each CSV of a workbook saved as CSVs. They know
    # it by the name that people read; the name on disk may be in GBK.
    sheets = input_folder.csv_sheets(checked.workbook) if checked.workbook.suffix.lower() == ".csv" else {}
    by_name = {checked.inputs.name(path): path for path in (*checked.inputs.catalogues, *sheets.values())}
    names = {record.place.file for record in project.records() if record.place.file}
    tables = {checked.workbook, *(by_name.get(name, root / name) for name in names)}
    files = sorted(path for path in {*tables, *checked.inputs.decision_files} if path.is_file())
    media = [kind.get(each.code, ()) for kind in (project.photos, project.videos) for each in project.activities]
    beside = {path for paths in media for path in paths}
    named = (folders.find_attachment(project.folder, row.file).path for row in project.attachments)
    beside |= {path for path in named if path}
    if not _is_shared(checked, project):
        beside |= set(folders.files_beside(project.folder))
    return files + sorted(path for path in beside if path.is_file())


class Originals(NamedTuple):
    """Files that an archive is made from, by their paths in the package, found without reading the workbook."""

    listed: dict[str, Path]
    certain: frozenset[str]
    """Those that certainly belong to it: not a CSV without rows, nor what another project may name."""


def list_originals(found: Inputs, number: int) -> Originals:
    """Return the project's files as they are now. Raises `Stop` if it has several workbooks."""
    path, entry = found.workbook(number), found.entries[number]
    if path is None:
        return Originals({}, frozenset())
    beside = [each for each in folders.files_beside(path.parent) if each.is_file()]
    tables = [*input_folder.files_of(path), found.root / entry.place.file, *found.decision_files]
    listed = {folders.package_path(each, path.parent): each for each in (*tables, *beside)}
    others = {each.parent for other, paths in found.workbooks.items() if other != number for each in paths}
    own = [each for each in beside if path.parent not in others]
    certain = (folders.package_path(each, path.parent) for each in (*own, *found.decision_files))
    return Originals(listed, frozenset(certain))


def _is_shared(checked: Checked, project: Project) -> bool:
    """Return True if another project's workbook lies in the same folder.

    Then only the files that this project names belong to it, not everything in 照片/, 视频/ and 附件/.
    """
    others = (paths for number, paths in checked.inputs.workbooks.items() if number != checked.number)
    return any(path.parent == project.folder for paths in others for path in paths)
