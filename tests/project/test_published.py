"""The catalogue of published projects, read from one file as a value."""

from pathlib import Path

import pytest

from paperwork.core.faults import Level
from paperwork.project import input_folder, published
from tests import make

SEED = Path(__file__).parents[1] / "data" / "项目发布目录.txt"


def write_seed(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the catalogue as text, with one word changed."""
    path = folder / "目录.txt"
    path.write_text(SEED.read_text("utf-8").replace(old, new) if old else SEED.read_text("utf-8"), "utf-8")
    return path


def test_catalogue_is_returned_with_its_entries_and_no_faults() -> None:
    read = published.read_catalogue(make.CATALOGUE, "目录.docx")
    assert list(read.entries) == [1, 2, 3]
    assert (read.faults, read.row_of_fault) == ((), {})
    assert read.entries[1].place.file == "目录.docx"


def test_fault_in_a_row_is_returned_with_the_project_number_of_the_row(tmp_path: Path) -> None:
    path = write_seed(tmp_path, "2022年4月-12月", "明年")
    read = published.read_catalogue(path, path.name)
    assert {fault.found for fault in read.faults} == {"明年"}
    assert set(read.row_of_fault) == set(read.faults)
    assert not set(read.row_of_fault.values()) & read.entries.keys()
    found = input_folder.scan_folder(tmp_path)
    assert (found.faults, found.row_of_fault) == (list(read.faults), read.row_of_fault)


def test_wrong_total_is_a_fault_of_no_row(tmp_path: Path) -> None:
    path = write_seed(tmp_path, "\t31", "\t32")
    read = published.read_catalogue(path, path.name)
    assert [(fault.level, fault.found) for fault in read.faults] == [(Level.NOTICE, "32")]
    assert not read.row_of_fault


def test_other_table_is_not_the_catalogue(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    workbook = inputs / "项目1" / "项目数据.xlsx"
    assert published.read_catalogue(workbook, workbook.name) == published.Catalogue()
    assert not published.is_catalogue(workbook)
    assert published.is_catalogue(make.CATALOGUE)


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "目录.docx"
    path.write_bytes(b"no")
    with pytest.raises(ValueError):
        published.is_catalogue(path)
