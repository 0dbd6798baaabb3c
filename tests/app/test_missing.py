"""待补材料清单: one whole list for page, terminal, Word and PDF; what is on it keeps a project from 齐备."""

import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from docx import Document
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from paperwork.app import terminal
from paperwork.app.web import templates
from paperwork.checks import check
from paperwork.checks.check import COMPLETE, DRAFT, Checked
from paperwork.core.faults import Level
from paperwork.desk import dossier
from paperwork.project import blank_workbook
from tests import make
from tests.conftest import bind

FILES = (
    "照片/HD-01", "照片/HD-01/01 现场.jpg", "照片/HD-02", "视频/HD-01", "视频/HD-02/小视频.mp4", "附件/评估.pdf",
    "附件/审计.pdf", "附件/协议.pdf", "附件/证书.pdf",
)  # fmt: skip
OTHERS = [
    {"类型": "项目协议", "题名": "项目协议", "文件": "协议.pdf"},
    {"类型": "登记证书", "题名": "登记证书", "文件": "证书.pdf"},
]
"""Registered files that no clause asks for: without them the archive is not complete either."""
CHANGES: tuple[dict[str, Any], ...] = (
    {"督导": None}, {"督导": [{"督导部室": "权宣部"}]}, {"进展": None}, {"信息报送": None}, {"结项": {"项目概述": ""}},
    {"确认": None}, {"确认": [{"结论": "不满足"}]}, {"名册": None}, {"支出": None}, {"绩效目标": [{"目标值": 14}]},
    {"活动": [{"简报正文": ""}]}, {"活动": [{}, {"活动流程": ""}]}, {"活动": None}, {"预算": None},
    {"基本信息": {"全职社工人数": None}}, {"基本信息": {"立卷人": None}}, {"申报内容": {"创新点": ""}},
)  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inputs folder of the good project with two more registered files."""
    inputs = make.make(tmp_path_factory.mktemp("good"), 附件=[{}, {}, *OTHERS])
    for each in OTHERS:
        make.scan(inputs / "项目1" / "附件" / each["文件"])
    return inputs


def spoil(good: Path, folder: Path, gone: set[str], changes: tuple[dict[str, Any], ...]) -> Path:
    """Write a copy of the good project without some files and with some changes."""
    inputs = folder / "inputs"
    shutil.copytree(good, inputs)
    merged: dict[str, Any] = {"附件": [{}, {}, *OTHERS]}
    for change in changes:
        merged |= change
    workbook = inputs / "项目1" / "项目数据.xlsx"
    blank_workbook.write_workbook(workbook, make.changed(**merged), dt.date(2022, 3, 1))
    for name in gone:
        path = inputs / "项目1" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return inputs


def lines_of(checked: Checked) -> list[str]:
    """Return the texts of the list."""
    return [each.wrong for each in checked.missing]


def test_nothing_is_missing_of_the_good_project(good: Path) -> None:
    checked = check.examine(1, good, make.LATER, make.TEMPLATES)
    assert (checked.state, checked.missing) == (COMPLETE, ())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(FILES), max_size=4),
    st.lists(st.sampled_from(CHANGES), max_size=3).map(tuple),
    st.dates(dt.date(2022, 1, 1), dt.date(2023, 3, 1)),
)
@example({"附件/协议.pdf", "附件/证书.pdf"}, (), make.LATER)
@example(set(), ({"督导": None},), dt.date(2022, 8, 1))
def test_what_is_on_the_list_is_what_keeps_the_state_from_complete(
    good: Path, gone: set[str], changes: tuple[dict[str, Any], ...], day: dt.date
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inputs = spoil(good, Path(folder), gone, changes)
        checked = check.examine(1, inputs, day, make.TEMPLATES)
        seen = dossier.read_dossier(inputs, Path(folder) / "outputs", 1, day, make.TEMPLATES)
    assert (checked.state == DRAFT) == bool(checked.missing)
    assert len({(each.where, each.wrong) for each in checked.missing}) == len(checked.missing)
    overdue = {(each.where, each.wrong) for each in checked.missing if each.is_overdue}
    assert overdue == {(fault.where, fault.wrong) for fault in checked.faults if fault.level is Level.GAP}
    if not seen.errors:
        # Each thing that a clause lacks has its line, or the line of the same cell.
        judged = [each for answer in checked.answers for each in answer.judged]
        known = {(each.where, each.wrong) for each in checked.missing} | {(each.where, "") for each in checked.missing}
        for lack in (lack for each in judged for lack in (*each.lacks, *each.later)):
            assert (lack.where, lack.wrong) in known or (lack.where.cell and (lack.where, "") in known)
        assert seen.missing == checked.missing
        page = templates.render("state.html", shown=seen, again=False)
        listed = page.partition("<ol>")[2].partition("</ol>")[0]
        assert listed.count("<li>") == len(checked.missing)


@pytest.mark.parametrize("name", FILES)
def test_each_missing_file_has_one_line_that_names_it_or_its_activity(good: Path, name: str, tmp_path: Path) -> None:
    checked = check.examine(1, spoil(good, tmp_path, {name}, ()), make.LATER, make.TEMPLATES)
    [line] = lines_of(checked)
    kind, one, *_ = name.split("/")
    assert (f"“{one}”" if kind == "附件" else {"HD-01": "第1次培训", "HD-02": "第2次培训"}[one]) in line


def test_page_pdf_word_terminal_and_package_show_the_same_list(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = spoil(good, tmp_path, {"附件/协议.pdf", "附件/审计.pdf", "照片/HD-01/01 现场.jpg"}, CHANGES[:1])
    day = dt.date(2022, 10, 15)
    made = bind(inputs, tmp_path / "outputs", as_of=day)
    wanted = [each.wrong for each in made.missing]
    assert made.state == DRAFT and len(wanted) == 6  # visits of three quarters, a photo, two attachments
    assert {each.is_overdue for each in made.missing} == {True, False}
    # Word
    [document] = (made.folder / "word").glob("*待补材料清单.docx")
    [table] = Document(str(document)).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows[1:]]
    assert [row[1] for row in rows] == wanted
    assert ["未到期" in row[4] for row in rows] == [not each.is_overdue for each in made.missing]
    # PDF, alone and in the volume
    for name in ("待补材料清单.pdf", "项目档案.pdf"):
        pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(made.folder / name)]
        words = re.sub(r"\s", "", "".join(pages))
        assert all(words.count(re.sub(r"\s", "", each)) for each in wanted)
        assert "以下6项还没有，其中1项到核对之日还没有到期" in words
    # page
    seen = dossier.read_dossier(inputs, tmp_path / "outputs", 1, day, make.TEMPLATES)
    assert [each.wrong for each in seen.missing] == wanted
    # terminal
    terminal.show_faults(made.faults)
    terminal.show_upcoming(made.missing)
    terminal.show_archive(1, made)
    printed = re.sub(r"[\s│]", "", capsys.readouterr().out)
    assert "还缺6项，其中1项还没有到期" in printed
    # 校验报告.txt of the package
    [report] = (made.folder / "电子档案包").rglob("校验报告.txt")
    assert all(each in report.read_text("utf-8") for each in wanted)
