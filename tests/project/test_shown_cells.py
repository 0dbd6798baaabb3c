"""A cell is what Excel shows: a text column takes the shown text, a column of numbers or dates the stored value."""

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart

from paperwork.core.faults import Fault, Level
from paperwork.formats.office import installation
from paperwork.project.model import Project
from tests import make
from tests.cases import lay
from tests.formats.spreadsheets.test_reader import BOOK, convert, facts, read_all


def written(folder: Path, sheet: str, cell: str, value: Any, code: str) -> tuple[Project, list[Fault]]:
    """Read the good project with one cell that holds a value under a number format."""
    inputs = make.write_only(folder)
    book = load_workbook(inputs / BOOK)
    book[sheet][cell] = value
    book[sheet][cell].number_format = code
    book.save(inputs / BOOK)
    return read_all(inputs)


First = Callable[[Project], Any]


def place(project: Project) -> str:
    return project.activities[0].location


def start(project: Project) -> str:
    return str(project.activities[0].start)


CELLS: dict[str, tuple[str, str, Any, str, First, Any]] = {
    "a code": ("活动", "A2", 1, '"HD-"00', lambda each: each.activities[0].code, "HD-01"),
    "a code with zeros": ("活动", "A2", 7, "000", lambda each: each.activities[0].code, "007"),
    "a voucher": ("支出", "B2", 1, '"记-"000"号"', lambda each: each.ledger[0].voucher, "记-001号"),
    "a count with a measure": ("活动", "H2", 12, '0"人"', lambda each: each.activities[0].participants, 12),
    "an amount with a unit": ("支出", "F3", 65000, '#,##0.00"元"', lambda each: each.ledger[1].expense, 65000),
    "an amount in accounting": (
        "支出", "F3", 65000, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ',
        lambda each: each.ledger[1].expense, 65000,
    ),
    "an amount shown in 万": ("支出", "F3", 65000, '0!.0,"万"', lambda each: each.ledger[1].expense, 65000),
    "an amount meant in 万": ("支出", "F3", 6.5, '0.00"万"', lambda each: each.ledger[1].expense, 65000),
    "an amount meant in 万元": ("支出", "F3", 6.5, "0.00万元", lambda each: each.ledger[1].expense, 65000),
    "a share": ("绩效目标", "C4", 0.955, "0.0%", lambda each: each.goals[2].target, Decimal("95.5")),
    "a share by name only": ("绩效目标", "C4", 95, '0"%"', lambda each: each.goals[2].target, 95),
    "a price under a condition": ("预算", "C3", 1250, '[>=1]0"元";0', lambda each: each.budget[1].price, 1250),
    "a place with a number": ("活动", "G2", 3, "第0会议室", place, "第3会议室"),
    "a rounded number": ("活动", "G2", 0.1 + 0.2, "General", place, "0.3"),
    "a number of two decimals": ("活动", "G2", 5, "0.00", place, "5.00"),
    "a fraction": ("活动", "G2", 1.5, "# ?/?", place, "1 1/2"),
    "a number with an exponent": ("活动", "G2", 12345, "0.00E+00", lambda each: each.activities, ()),
    "a day": ("活动", "E2", dt.date(2022, 5, 6), 'yyyy"年"m"月"d"日"', start, "2022-05-06"),
    "a day shown as a month": ("活动", "E2", dt.date(2022, 5, 6), 'yyyy"年"m"月"', start, "2022-05-06"),
    "a day shown as a weekday": ("活动", "E2", dt.date(2022, 5, 6), "[$-804]aaaa", start, "2022-05-06"),
    "a day in a text": ("活动", "G2", dt.date(2022, 5, 6), 'yyyy"年"m"月"', place, "2022年5月"),
    "a weekday in a text": ("活动", "G2", dt.date(2022, 5, 6), "[$-804]aaaa", place, "星期五"),
    "an hour in a text": ("活动", "G2", dt.time(14, 30), "h:mm", place, "14:30"),
    "a length in a text": ("活动", "G2", dt.timedelta(hours=36), "[h]:mm", place, "36:00"),
    "a truth in a text": ("活动", "G2", True, "General", place, "TRUE"),
    "a truth": ("基本信息", "B14", True, "General", lambda each: each.basics.platform_member, True),
    "a yes by format": ("基本信息", "B14", 1, '"是";;"否"', lambda each: each.basics.platform_member, True),
    "a no by format": ("基本信息", "B15", 0, '"是";;"否"', lambda each: each.basics.womens_group, False),
    "a phone": ("基本信息", "B13", 13800000001, "000-0000-0000", lambda each: each.basics.phone, "13800000001"),
    "a landline": ("基本信息", "B13", 8131234567, "0000-0000000", lambda each: each.basics.phone, "0813-1234567"),
    "a phone with decimals": ("基本信息", "B13", 13800000001, "0.00", lambda each: each.basics.phone, "13800000001"),
    "a quarter": ("进展", "A2", 2, '"2022年第"0"季度"', lambda each: str(each.progress[0].quarter), "2022年第二季度"),
    "a choice by format": ("基本信息", "B6", 1, '"社会组织"', lambda each: each.basics.kind, "社会组织"),
    "a text under a format": ("活动", "G2", "三楼", '"示例大厦"@', place, "示例大厦三楼"),
    "a text after an apostrophe": ("活动", "G2", "'007", "@", place, "007"),
    "a number as text": ("活动", "G2", "007", "@", place, "007"),
    "a number that Excel shows in Chinese": ("活动", "G2", 12, '"第"[DBNum1]0"会议室"', place, "第十二会议室"),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_cell_is_read_as_excel_shows_it(name: str, tmp_path: Path) -> None:
    sheet, cell, value, code, find, expected = CELLS[name]
    project, faults = written(tmp_path, sheet, cell, value, code)
    if name == "a number with an exponent":
        assert [(fault.where.cell, "末位丢失" in fault.wrong) for fault in faults] == [(cell, True)]
        return
    assert [str(fault) for fault in faults] == []
    assert find(project) == expected


@pytest.mark.parametrize("value", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
def test_error_value_is_a_fault_that_names_the_cell(value: str, tmp_path: Path) -> None:
    _, faults = written(tmp_path, "活动", "G2", value, "General")
    assert [(fault.where.cell, fault.wrong) for fault in faults] == [("G2", f"这一格是错误值 {value}")]


@pytest.mark.parametrize("sheet", ["活动", "支出"])
def test_number_with_lost_digits_is_a_fault_in_a_column_of_text(sheet: str, tmp_path: Path) -> None:
    cell = {"活动": "A2", "支出": "B2"}[sheet]
    _, faults = written(tmp_path, sheet, cell, 510399199001010016, "General")
    assert any(fault.where.cell == cell and "末位丢失" in fault.wrong for fault in faults)


def test_text_that_its_format_hides_is_not_read(tmp_path: Path) -> None:
    _, faults = written(tmp_path, "活动", "G2", 5, ";;;")
    assert [(fault.where.cell, fault.wrong) for fault in faults] == [
        ("G2", "这一格的内容被数字格式“;;;”藏起来了"),
        ("G2", "“地点”没有填"),
    ]


def test_format_that_is_not_understood_is_reported_once(tmp_path: Path) -> None:
    project, faults = written(tmp_path, "活动", "G2", 5, '"第"q"会议室"')
    assert [(fault.level, fault.where.cell) for fault in faults] == [("提醒", "G2")]
    assert project.activities[0].location == "5"


def test_column_of_the_staffs_own_is_printed_as_excel_shows_it(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    book: Any = load_workbook(inputs / BOOK)
    cells: tuple[tuple[str, Any, str], ...] = (
        ("编码", 7, "000"),
        ("报名日期", dt.date(2022, 5, 1), "yyyy/m/d"),
        ("集合", dt.datetime(2022, 5, 6, 8, 30), "m-d h:mm"),
    )
    for column, (header, value, code) in enumerate(cells, 20):
        book["活动"].cell(1, column, header)
        book["活动"].cell(2, column, value).number_format = code
    book.save(inputs / BOOK)
    values = read_all(inputs)[0].activities[0].template_values()
    assert (values["编码"], values["报名日期"], values["集合"]) == ("007", dt.datetime(2022, 5, 1), "5-6 8:30")


def test_formats_of_chinese_excel_that_a_file_names_by_number_only(tmp_path: Path) -> None:
    from tests.formats.spreadsheets.test_sound_workbooks import rewrite

    def renumber(parts: dict[str, bytes]) -> None:
        parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b'numFmtId="164"', b'numFmtId="58"').replace(
            b'<numFmts count="1"><numFmt numFmtId="58" formatCode="yyyy-mm-dd"/></numFmts>', b""
        )  # fmt: skip

    inputs = make.write_only(tmp_path)
    rewrite(inputs / BOOK, renumber)
    project, faults = read_all(inputs)
    assert faults == []
    assert project.activities[0].start == dt.date(2022, 5, 6)


def test_case_of_format_codes_is_read_as_the_good_project(tmp_path: Path) -> None:
    good, _ = read_all(make.write_only(tmp_path / "good"))
    inputs = lay(tmp_path / "case", "a11-format-codes").inputs
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == facts(good)
    assert [len(project.photos[each.code]) for each in project.activities] == [2, 2]


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_other_formats_show_the_same(suffix: str, tmp_path: Path) -> None:
    if not installation.find_program():
        pytest.skip("LibreOffice is not installed")
    inputs = make.write_only(tmp_path)
    book: Workbook = load_workbook(inputs / BOOK)
    places = [(sheet, cell, value, code) for sheet, cell, value, code, *_ in CELLS.values() if cell not in ("G2", "A2")]
    for sheet, cell, value, code in (*places, ("活动", "A2", 1, '"HD-"00'), ("活动", "G2", 3, '"第"0"会议室"')):
        book[sheet][cell] = value
        book[sheet][cell].number_format = code
    book.save(inputs / BOOK)
    expected = facts(read_all(inputs)[0])
    convert(inputs / BOOK, suffix)
    project, faults = read_all(inputs)
    assert [str(fault) for fault in faults] == []
    assert facts(project) == expected


def test_picture_of_wps_in_a_cell_of_text_is_a_fault(tmp_path: Path) -> None:
    project, faults = written(tmp_path, "活动", "G2", "DISPIMG(ID_0123,1)", "General")
    assert [(fault.where.cell, "图片" in fault.wrong) for fault in faults] == [("G2", True)]
    assert [each.code for each in project.activities] == ["HD-02"]


@pytest.mark.parametrize("code", [";;;", '"";"";"";""', "0;0;0;"])
def test_text_that_a_format_hides_is_told(tmp_path: Path, code: str) -> None:
    project, faults = written(tmp_path, "活动", "I2", "困境儿童", code)
    assert [(fault.level, fault.where.cell) for fault in faults] == [(Level.NOTICE, "I2")]
    assert "藏起来" in faults[0].wrong and project.activities[0].audience == ""


def test_number_that_a_format_hides_is_read_and_told(tmp_path: Path) -> None:
    project, faults = written(tmp_path, "活动", "H2", 45, ";;;")
    assert [(fault.level, fault.where.cell) for fault in faults] == [(Level.NOTICE, "H2")]
    assert project.activities[0].participants == 45


@pytest.mark.parametrize("value, code", [(0, "0;-0;;@"), (0, "#,##0;;"), ("社区", "0;0;;@"), (None, ";;;")])
def test_format_that_hides_only_zeros_is_sound(tmp_path: Path, value: Any, code: str) -> None:
    assert written(tmp_path, "活动", "I2", value, code)[1] == []


PICTURES = {
    "placed in the cell": '<c r="G2" t="e" vm="1"><v>#VALUE!</v></c>',
    "by a formula": '<c r="G2" t="e" vm="1"><f>_xlfn.IMAGE("https://x/a.png")</f><v>#VALUE!</v></c>',
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_of_excel_in_a_cell_is_a_fault(tmp_path: Path, name: str) -> None:
    inputs = make.write_only(tmp_path)
    change_part(inputs / BOOK, "xl/worksheets/sheet7.xml", r'<c r="G2".*?</c>', PICTURES[name])
    [fault] = read_all(inputs)[1]
    assert fault.where.cell == "G2" and "图片" in fault.wrong


def test_error_of_a_formula_with_metadata_is_no_picture(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    spilt = '<c r="G2" t="e" vm="1"><f>A1:A3</f><v>#VALUE!</v></c>'
    change_part(inputs / BOOK, "xl/worksheets/sheet7.xml", r'<c r="G2".*?</c>', spilt)
    assert "#VALUE!" in read_all(inputs)[1][0].wrong


def change_part(path: Path, name: str, pattern: str, new: str) -> None:
    """Replace what a pattern finds in a part of a package."""
    with zipfile.ZipFile(path) as package:
        parts = {each: package.read(each) for each in package.namelist()}
    xml, count = re.subn(pattern, new, parts[name].decode(), count=1, flags=re.DOTALL)
    assert count
    with zipfile.ZipFile(path, "w") as package:
        for each, content in (parts | {name: xml.encode()}).items():
            package.writestr(each, content)


def test_text_box_on_a_sheet_is_told(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    book: Workbook = load_workbook(inputs / BOOK)
    sheet: Any = book["申报内容"]
    sheet.add_chart(BarChart(), "D2")
    book.save(inputs / BOOK)
    body = (
        "<xdr:sp><xdr:txBody><a:p><a:r><a:t>活动改在</a:t></a:r><a:r><a:t>6月</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
    )
    names = 'xmlns:xdr="urn:x" xmlns:a="urn:a"'
    assert read_all(inputs)[1] == []
    change_part(inputs / BOOK, "xl/drawings/drawing1.xml", "(<[^?>]*>)", rf"\1<x {names}>{body}</x>")
    [fault] = read_all(inputs)[1]
    assert (fault.level, fault.where.sheet, fault.found) == (Level.NOTICE, "申报内容", "活动改在6月")
