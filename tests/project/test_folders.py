"""Files that programs leave behind are ignored everywhere, by one rule."""

import shutil
from pathlib import Path

import pytest

from paperwork.archive import manifest, sources
from paperwork.checks import check
from paperwork.checks.rules import registry
from paperwork.core.faults import Unreadable
from paperwork.core.filenames import is_left_by_a_program
from paperwork.desk import folder_watch, uploads
from paperwork.project import folders, input_folder, workbook
from tests import make

LEFT = (
    "Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini", ".DS_Store", "~$项目数据.xlsx", ".~lock.项目数据.xlsx#",
    "._01 现场.jpg", "下载.tmp", "评估.pdf.part", "评估.pdf.crdownload", "~WRL0001.tmp",
    "IMG_E1234.AAE", "Picasa.ini", "ZbThumbnail.info", "#recycle", "MVI_0001.THM", ".icloud",
)  # fmt: skip
KEPT = ("评估.pdf", "01 现场.jpg", "~封面.jpg", "tmp.pdf", "thumbs.db.pdf", ".IMG_1.HEIC.icloud", ".IMG_1.jpg.iCloud")


@pytest.mark.parametrize("name", LEFT)
def test_files_left_by_programs_are_recognised(name: str) -> None:
    assert is_left_by_a_program(name)
    with pytest.raises(Unreadable):
        uploads.checked_name(name)


@pytest.mark.parametrize("name", KEPT)
def test_files_of_staff_are_kept(name: str) -> None:
    assert not is_left_by_a_program(name)


@pytest.mark.parametrize("name", LEFT)
def test_file_left_by_a_program_changes_nothing_anywhere(name: str, tmp_path: Path) -> None:
    """Put it into every folder of the inputs: no fault, no photo, no file of the package and no event follows."""
    inputs = make.write_only(tmp_path)
    home = inputs / "项目1"
    for each in folders.INPUT_FOLDERS:
        (home / each / "HD-01").mkdir(parents=True)
    before = look(inputs)
    for folder in (inputs, home, *(path for path in home.rglob("*") if path.is_dir())):
        source = home / "项目数据.xlsx" if name.endswith(".xlsx") else make.photo(tmp_path / "照.jpg")
        shutil.copy(source, folder / name)
    (home / "__MACOSX").mkdir()
    shutil.copy(home / "项目数据.xlsx", home / "__MACOSX" / "另一份.xlsx")
    assert look(inputs) == before


def look(inputs: Path) -> list[object]:
    """Return what each part of the program sees in the inputs folder."""
    found = input_folder.scan_inputs(inputs)
    project, _ = workbook.read_project(found, 1)
    checked = check.examine(1, inputs, make.LATER)
    return [
        found.workbooks,
        found.faults,
        project.photos,
        project.videos,
        registry.apply_rules(project),
        sorted(sources.source_files(checked, project)),
        sorted(folder_watch.scan(inputs)),
        sorted(manifest.digests(inputs, inputs.rglob("*"))),
    ]
