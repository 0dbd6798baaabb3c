"""Attendance sheets: one for each twenty people, one page each, nothing personal on them."""

import datetime as dt
import re
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader
from typer.testing import CliRunner

from paperwork.app import cli
from paperwork.core.faults import Stop
from paperwork.documents import signin
from paperwork.project import input_folder, workbook
from tests import make

PLACE = "自贡市自流井区示例街道试验社区综合服务中心二楼多功能会议室"
FULL = {"服务对象": "妇女骨干", "预计人数": 45, "地点": PLACE}


def text_of(page: object) -> str:
    """Return a page's text without blanks."""
    return re.sub(r"\s", "", page.extract_text())  # type: ignore[attr-defined]


def test_sheets_are_written_beside_the_archives(tmp_path: Path) -> None:
    inputs, outputs = make.write_only(tmp_path, 活动=[FULL, {"结束日期": dt.date(2022, 6, 8)}]), tmp_path / "outputs"
    answer = CliRunner().invoke(cli.app, ["signin", "1", "--inputs", str(inputs), "--outputs", str(outputs)])
    assert answer.exit_code == 0, answer.output
    assert "签到表 4 张" in answer.output
    assert sorted(path.name for path in outputs.rglob("*") if path.is_file() and ".日志" not in path.parts) == [
        "项目1-签到表.docx",
        "项目1-签到表.pdf",
    ]
    pages = [text_of(page) for page in PdfReader(outputs / "签到表" / "项目1-签到表.pdf").pages]
    assert len(pages) == 4
    assert all("第1次培训（HD-01）" in page and PLACE in page for page in pages[:3])
    assert "第2张，共3张" in pages[1] and "21" in pages[1] and "40" in pages[1]
    assert "2022年6月6日" in pages[3] and "6月8日" in pages[3] and "共1张" not in pages[3]
    personal = ("13800000002", "510399199001010016", "示例组织")
    assert not any(word in page for page in pages for word in personal)
    for table in Document(str(outputs / "签到表" / "项目1-签到表.docx")).tables:
        assert [cell.text for row in table.rows[5:] for cell in row.cells[1:]] == [""] * 80


def test_activity_of_very_many_people_has_a_bounded_number_of_rows(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path, 活动=[{"参与人数": 100_000}])
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    first, second = project.activities
    assert (len(signin._sheets(first)), len(signin._sheets(second))) == (10, 1)


def test_project_without_activities_gives_no_sheet(tmp_path: Path) -> None:
    project, _ = workbook.read_project(input_folder.scan_inputs(make.write_only(tmp_path, 活动=None)), 1)
    with pytest.raises(Stop, match="还没有活动"):
        signin.write_signin(project, make.TEMPLATES, tmp_path / "outputs", tmp_path)
