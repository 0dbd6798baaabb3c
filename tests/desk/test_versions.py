"""Who writes last does not win in silence: what somebody else changed meanwhile is found, cell by cell."""

import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from paperwork.desk import versions
from paperwork.desk.replace import BACKUP_FOLDER
from paperwork.formats.spreadsheets import origin, writer
from tests import make

CELLS = ("G2", "G3", "H2", "B2", "Q2", "R3")
"""Cells of the sheet 活动 that two people change."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the workbook that two people download."""
    return (make.write_only(tmp_path_factory.mktemp("first")) / "项目1" / "项目数据.xlsx").read_bytes()


def edit(content: bytes, cells: dict[str, Any]) -> bytes:
    """Return the workbook with some cells of 活动 changed and saved by a program."""
    book = load_workbook(io.BytesIO(content))
    for cell, value in cells.items():
        book["活动"][cell] = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def lie(root: Path, present: bytes, older: list[bytes], new: bytes) -> tuple[Path, Path, Path]:
    """Write the present workbook, older versions in the backup folder, and a new one elsewhere."""
    path = root / "inputs" / "项目1" / "项目数据.xlsx"
    backups = root / "inputs" / BACKUP_FOLDER / "项目1"
    for folder in (path.parent, backups):
        folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(present)
    for number, content in enumerate(older, 1):
        (backups / f"项目数据 2022-05-0{number} 080000.xlsx").write_bytes(content)
    upload = root / "upload.xlsx"
    upload.write_bytes(new)
    return upload, path, root / "inputs"


def handed_out(folder: Path, content: bytes) -> bytes:
    """Return a workbook as it is downloaded."""
    path = folder / "given.xlsx"
    path.write_bytes(content)
    return versions.hand_out(path)


def test_nobody_else_changed_anything(first: bytes, tmp_path: Path) -> None:
    mine = edit(handed_out(tmp_path, first), {"G2": "我改的"})
    assert versions.find_conflict(*lie(tmp_path, first, [], mine)) == ()


def test_change_of_somebody_else_would_be_undone(first: bytes, tmp_path: Path) -> None:
    given_out = handed_out(tmp_path, first)
    theirs, mine = edit(given_out, {"G3": "她改的"}), edit(given_out, {"G2": "我改的"})
    [found] = versions.find_conflict(*lie(tmp_path, theirs, [first], mine))
    assert (found.sheet, found.cell) == ("活动", "G3")
    assert (found.new, found.present, found.before) == ("示例社区", "她改的", "示例社区")


def test_same_change_by_both_is_no_conflict(first: bytes, tmp_path: Path) -> None:
    given_out = handed_out(tmp_path, first)
    theirs, mine = edit(given_out, {"G3": "一样"}), edit(given_out, {"G3": "一样", "G2": "我改的"})
    assert versions.find_conflict(*lie(tmp_path, theirs, [first], mine)) == ()


def test_without_the_older_version_every_difference_is_told(first: bytes, tmp_path: Path) -> None:
    given_out = handed_out(tmp_path, first)
    theirs, mine = edit(given_out, {"G3": "她改的"}), edit(given_out, {"G2": "我改的"})
    found = versions.find_conflict(*lie(tmp_path, theirs, [], mine))
    assert [(each.cell, each.before) for each in found] == [("G2", None), ("G3", None)]


def test_workbook_without_a_mark_is_not_guessed_at(first: bytes, tmp_path: Path) -> None:
    upload, present, root = lie(tmp_path, edit(first, {"G3": "她改的"}), [first], edit(first, {"G2": "我改的"}))
    assert versions.find_conflict(upload, present, root) == ()
    assert [each.cell for each in versions.find_changes(upload, present)] == ["G2", "G3"]


EDITS = st.dictionaries(st.sampled_from(CELLS), st.sampled_from(["甲", "乙", ""]), max_size=4)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(EDITS, EDITS)
def test_exactly_the_cells_that_would_be_set_back_are_found(theirs: dict[str, str], mine: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        check_edits(Path(name), theirs, mine)


def check_edits(folder: Path, theirs: dict[str, str], mine: dict[str, str]) -> None:
    """Let two people edit what both downloaded, and look at what the second would set back."""
    rows = [[f"{row}行{column}列" for column in range(20)] for row in range(4)]
    first = writer.build_plain_workbook([("活动", rows)])
    given_out = handed_out(folder, first)
    before = {cell: str(load_workbook(io.BytesIO(first))["活动"][cell].value or "") for cell in CELLS}
    hers, his = before | theirs, before | mine
    lost = {cell for cell in CELLS if hers[cell] != before[cell] and his[cell] != hers[cell]}
    found = versions.find_conflict(*lie(folder / "desk", edit(given_out, theirs), [first], edit(given_out, mine)))
    assert {each.cell for each in found} == lost
    assert origin.read_mark(edit(given_out, mine))
