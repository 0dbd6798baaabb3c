"""The reading as the page shows it: every text verbatim, every part with its state and what it is read as."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from paperwork.checks.requirements.reading import sheet
from paperwork.desk.readings import edits
from paperwork.desk.readings.edits import Form
from paperwork.desk.readings.page import ReadingPage, State, make_page, read_page
from paperwork.project.input_folder import scan_inputs
from tests import make

TEMPLATES = make.ROOT / "templates"
FILE = "要求解读.xlsx"
CATALOGUES = make.ROOT / "tests" / "data" / "catalogues"


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Return an inputs folder with the catalogue and one workbook."""
    return make.write_only(tmp_path)


def page_of(inputs: Path, number: int = 1) -> ReadingPage:
    """Return the page of a project."""
    page = read_page(inputs, TEMPLATES, number)
    assert page is not None
    return page


def decide(inputs: Path, words: str, number: int = 1, **cells: str) -> None:
    """Decide the part that has these words."""
    page = page_of(inputs, number)
    [part] = [part for part in page.parts if words in part.text]
    form = edits.form_of(part, page.stamp, dt.date(2024, 3, 1))
    form = replace(form, who="王某某", rows=({**form.rows[0], **cells}, *form.rows[1:]))
    assert not edits.change(inputs, TEMPLATES, number, "save", form).faults


@pytest.mark.parametrize(
    "folder",
    [make.ROOT / "inputs", *(CATALOGUES / name for name in ("c01", "c05", "c11", "c14", "c26"))],
    ids=lambda path: path.name,
)
def test_texts_are_shown_verbatim_and_every_part_is_marked(folder: Path, tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    shutil.copytree(folder, inputs, ignore=shutil.ignore_patterns("示例"))
    found = scan_inputs(inputs, TEMPLATES)
    reading = sheet.read_sheet(found)
    for number, entry in found.entries.items():
        page = make_page(found, reading, number)
        squeezed = ["".join(each.split()) for each in (entry.goals, entry.content, entry.requirements)]
        for clause in page.clauses:
            shown = "".join("".join(piece.text for piece in clause.pieces).split())
            assert any(shown in text for text in squeezed)
            marked = {piece.part.key for piece in clause.pieces if piece.part}
            assert marked == {part.key for part in clause.parts}
        lines = {line.key[:3] for line in reading.lines if line.number == str(number)}
        assert len(page.parts) == len(lines)


def test_nobody_has_looked_at_a_part_until_a_person_decides_it(inputs: Path) -> None:
    before = page_of(inputs)
    assert not before.is_written and before.unseen == before.parts
    decide(inputs, "每季度", 多久一次="每月")
    after = page_of(inputs)
    assert after.is_written and len(after.unseen) == len(before.unseen) - 1
    [part] = [part for part in after.parts if "每季度" in part.text]
    assert (part.state, part.who, part.day) == (State.DECIDED, "王某某", "2024年3月1日")
    assert "每月一次" in part.rows[0].facts


def test_what_is_changed_in_the_workbook_without_a_name_does_not_count_and_says_so(inputs: Path) -> None:
    decide(inputs, "专账")
    path = inputs / FILE
    book = load_workbook(path)
    rows = book["要求解读"]
    headers = [cell.value for cell in rows[1]]
    row = next(row for row in rows.iter_rows(min_row=2) if "每季度" in str(row[headers.index("原文")].value))
    row[headers.index("多久一次")].value = "每年"
    book.save(path)
    [part] = [part for part in page_of(inputs).parts if "每季度" in part.text]
    assert part.state is State.EDITED and "每年一次" in part.rows[0].facts


def test_the_same_words_in_another_project_take_the_decision_over_and_say_so(inputs: Path) -> None:
    decide(inputs, "第三方绩效评估报告", 说明="照旧")
    [part] = [part for part in page_of(inputs, 2).parts if "第三方绩效评估报告" in part.text]
    assert (part.state, part.taken_from, part.who) == (State.DECIDED, "1", "王某某")
    decide(inputs, "第三方绩效评估报告", 2, 说明="这个项目另外说")
    [part] = [part for part in page_of(inputs, 2).parts if "第三方绩效评估报告" in part.text]
    assert (part.taken_from, part.rows[0].note) == ("", "这个项目另外说")


def test_a_decision_whose_text_is_gone_is_listed_and_can_be_removed(inputs: Path) -> None:
    decide(inputs, "专账", 说明="一本账")
    path = inputs / FILE
    book = load_workbook(path)
    for row in book["要求解读"].iter_rows(min_row=2):
        if row[0].value == 1 and "专账" in str(row[2].value):
            row[2].value = "并建立好项目专账"
    book.save(path)
    page = page_of(inputs)
    [left] = page.left_over
    assert (left.text, left.kind, left.who, left.note) == ("并建立好项目专账", "项目专账", "王某某", "一本账")
    assert "并建立项目专账" in left.mend and left.wrong
    edits.change(inputs, TEMPLATES, 1, "forget", Form("1", page.stamp))
    assert not page_of(inputs).left_over
    assert "建立好" not in str([cell.value for row in load_workbook(path)["要求解读"] for cell in row])
