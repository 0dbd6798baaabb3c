"""The marked copy of a workbook: its fault marks, what it preserves, and reading it after staff return it."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from paperwork.checks import check
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats.spreadsheets import fault_marks, writer
from paperwork.project import input_folder, workbook
from tests import make

BOOK = Path("项目1") / "项目数据.xlsx"
DAY = dt.datetime(2022, 1, 1)


def fills_and_comments(content: bytes) -> dict[tuple[str, str], Any]:
    """Return the fill and comment of each cell, except on the sheets that the program adds."""
    found = {}
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        for cell in (
            cell for row in sheet.iter_rows() for cell in row if sheet.title not in input_folder.PROGRAM_SHEETS[1:]
        ):
            if cell.value is not None or cell.comment:
                comment = (cell.comment.author, cell.comment.text) if cell.comment else None
                found[sheet.title, cell.coordinate] = (cell.fill.fill_type, cell.fill.fgColor.rgb, comment)
    return found


def test_removing_marks_restores_fills_and_comments(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 活动=[{"地点": ""}, {"参与人数": "二十"}], 督导=[{"督导编号": "DD-2"}])
    workbook = load_workbook(inputs / BOOK)
    cell = workbook["活动"]["H3"]
    cell.fill, cell.comment = PatternFill("solid", fgColor="FF00FF00"), Comment("请丙试验核对", "甲试验")
    workbook["活动"]["A1"].value = "编号"  # this header has a comment of the program
    workbook.save(inputs / BOOK)
    before = (inputs / BOOK).read_bytes()
    checked = check.examine(1, inputs, make.LATER)
    check.write_marked_copy(checked, checked.faults, tmp_path / "out")
    copy = tmp_path / "out" / "校验" / "项目数据.xlsx"
    marked = load_workbook(copy)
    for fault in checked.faults:
        if fault.where.sheet in ("活动", "督导"):
            there = marked[fault.where.sheet][fault.where.cell]
            assert there.fill.fgColor.rgb[2:] == fault_marks.COLOURS[fault.level]
            assert fault.wrong in there.comment.text
    assert marked["活动"]["H3"].comment.text.startswith("请丙试验核对\n")
    assert marked[fault_marks.RECORDS_SHEET].sheet_state == "veryHidden"
    (inputs / BOOK).write_bytes(copy.read_bytes())
    again = check.examine(1, inputs, make.LATER)
    assert again.faults == checked.faults
    wiped = fault_marks.make_marked_copy(copy.read_bytes(), (), (), DAY, ())
    assert fills_and_comments(wiped) == fills_and_comments(before)
    assert fault_marks.RECORDS_SHEET not in load_workbook(io.BytesIO(wiped)).sheetnames


def test_marks_are_removed_after_rows_were_inserted(tmp_path: Path) -> None:
    source = Workbook()
    source.active.title = "活动"
    source["活动"]["A2"] = "错"
    source["活动"]["A2"].fill = PatternFill("solid", fgColor="FF00FF00")
    stream = io.BytesIO()
    source.save(stream)
    fault = Fault(Level.ERROR, Where("a.xlsx", "活动", "A2"), "错了", "请改正")
    marked = load_workbook(io.BytesIO(fault_marks.make_marked_copy(stream.getvalue(), [fault], (), DAY, ["a.xlsx"])))
    marked["活动"]["A5"].value = "错"
    marked["活动"]["A5"].comment, marked["活动"]["A5"].fill = (
        Comment(marked["活动"]["A2"].comment.text, "校验"),
        PatternFill(),
    )
    marked["活动"]["A2"].comment = None
    stream = io.BytesIO()
    marked.save(stream)
    wiped = load_workbook(io.BytesIO(fault_marks.make_marked_copy(stream.getvalue(), (), (), DAY, ())))["活动"]["A5"]
    assert wiped.comment is None
    assert wiped.fill.fgColor.rgb == "FF00FF00"


def test_fault_of_another_file_is_listed_but_marks_no_cell() -> None:
    source = writer.build_plain_workbook([("活动", [["a"]])])
    fault = Fault(Level.ERROR, Where("目录.xlsx", "活动", "A1"), "错了", "请改正", "长" * 2000)
    made = load_workbook(io.BytesIO(fault_marks.make_marked_copy(source, [fault], ("一", "二"), DAY, ["a.xlsx"])))
    assert made["活动"]["A1"].comment is None
    row = next(row for row in made[fault_marks.RESULTS_SHEET].iter_rows() if row[3].value == "错了")
    assert row[2].hyperlink is None
    assert len(str(row[4].value)) == fault_marks.MAX_QUOTE
    assert made[fault_marks.RESULTS_SHEET].row_dimensions[row[0].row].height <= fault_marks.MAX_ROW_HEIGHT


def test_lost_wps_images_are_reported_and_rich_text_is_kept() -> None:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    source = Workbook()
    source.active["A1"] = CellRichText("平常", TextBlock(InlineFont(b=True), "粗"))
    stream = io.BytesIO()
    source.save(stream)
    with zipfile.ZipFile(stream, "a") as package:
        package.writestr("xl/cellimages.xml", "<x/>")
    made = load_workbook(io.BytesIO(fault_marks.make_marked_copy(stream.getvalue(), (), (), DAY, ())), rich_text=True)
    assert isinstance(made["Sheet"]["A1"].value, CellRichText)
    assert any("WPS 嵌入单元格的图片" in str(cell.value) for cell in made[fault_marks.RESULTS_SHEET]["A"])


def test_text_from_a_csv_is_never_a_formula_and_holds_no_control_characters() -> None:
    sheet = load_workbook(io.BytesIO(writer.build_plain_workbook([("活动", [["=1+1", "a\x07b", None]])])))["活动"]
    assert (sheet["A1"].data_type, sheet["A1"].value, sheet["B1"].value) == ("s", "=1+1", "ab")


def test_copy_of_a_csv_says_to_remove_the_original(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    folder = inputs / "项目1"
    for sheet in load_workbook(inputs / BOOK):
        lines = [
            ",".join(str(cell or "").replace("\n", " ") for cell in row) for row in sheet.iter_rows(values_only=True)
        ]
        (folder / f"数据-{sheet.title}.csv").write_text("\n".join(lines), "utf-8")
    (inputs / BOOK).unlink()
    (folder / "数据-活动记录.csv").write_text("a,b\x07", "utf-8")
    checked = check.examine(1, inputs, make.LATER)
    assert any("数据-活动.csv" in fault.mend for fault in checked.faults if fault.where.file.endswith("活动记录.csv"))
    check.write_marked_copy(checked, checked.faults, tmp_path / "out")
    made = load_workbook(tmp_path / "out" / "校验" / "数据-基本信息.xlsx")
    assert "移走原来的 数据-基本信息.csv" in made[fault_marks.RESULTS_SHEET]["A3"].value


def test_returned_copy_is_read_without_the_program_sheets(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 活动=[{"参与人数": "二十"}])
    checked = check.examine(1, inputs, make.LATER)
    check.write_marked_copy(checked, checked.faults, tmp_path / "out")
    (inputs / BOOK).write_bytes((tmp_path / "out" / "校验" / "项目数据.xlsx").read_bytes())
    assert [fault.where.cell for fault in workbook.read_project(input_folder.scan_inputs(inputs), 1)[1]] == ["H2"]
