"""Write workbooks for staff with openpyxl: a workbook to fill in, a list to print."""

import datetime as dt
import io
import os
import re
import zipfile
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperwork.core.text import UNPRINTABLE
from paperwork.formats import ooxml


@dataclass(frozen=True)
class ColumnSpec:
    """A column of a workbook to write; `kind` is text, date, money, number, digits or choice.

    An `extra` column has a header in a colour of its own and can be folded away.
    """

    header: str
    kind: str = "text"
    required: bool = False
    hint: str = ""
    choices: Sequence[str] = ()
    extra: bool = False


@dataclass(frozen=True)
class PrintedList:
    """A list to print on A4 landscape: title, columns (header, width in characters), rows and a total row.

    Row heights fit the text. Cells are centred, except in the columns named in `left`.
    """

    title: str
    columns: Sequence[tuple[str, float]]
    rows: Sequence[Sequence[object]]
    total: Sequence[object]
    left: Sequence[str] = ()


@dataclass(frozen=True)
class SheetSpec:
    """A sheet to write. A keyed sheet lists its columns vertically as 项目 | 内容 and has at most one row of data."""

    name: str
    columns: Sequence[ColumnSpec]
    rows: Sequence[dict[str, object]] = field(default_factory=list)
    keyed: bool = False


FORMATS = {"date": "yyyy-mm-dd", "money": "#,##0.00", "digits": "@", "text": "@"}
WIDTHS = {"date": 13, "money": 14, "number": 9, "choice": 14, "digits": 22}
BLANK_ROWS = 200
"""Rows with drop-downs in an empty table; a quarter of them is formatted."""
NEEDED, USUAL, EXTRA = "FFE08A", "DCE6F1", "EDEDED"
"""Colours of headers: amber must be filled, blue should be, grey need not be."""
INTRO_WIDTH = 72
"""Width of the column of 填写说明, in characters: 160 mm, which A4 can hold. A single column is never scaled to fit."""
PROPERTIES = "docProps/core.xml"


def write_template_workbook(path: Path, intro: Sequence[str], pages: Sequence[SheetSpec], made: dt.datetime) -> None:
    """Write a workbook for staff: a first sheet 填写说明, then sheets with drop-downs, number formats and hints."""
    from openpyxl import Workbook

    book = Workbook()
    del book[book.sheetnames[0]]
    _write_intro(book.create_sheet("填写说明"), intro)
    for page in pages:
        sheet = book.create_sheet(page.name)
        (_write_keyed if page.keyed else _write_table)(sheet, page)
        _set_up_printing(sheet, page)
    book.properties.creator = "paperwork"
    book.properties.created = made
    write_atomically(path, workbook_bytes(book, made))


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically: to a temporary name first, then by rename."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def workbook_bytes(book: Any, made: dt.datetime) -> bytes:
    """Return a workbook as bytes that do not depend on the time of saving.

    openpyxl overwrites dcterms:modified with the current time on every save, so it is replaced afterwards.
    """
    buffer = _saved(book)
    with zipfile.ZipFile(buffer) as package:
        core = package.read(PROPERTIES)
    moment = f"{made:%Y-%m-%dT%H:%M:%SZ}".encode()
    return ooxml.normalise(buffer, {PROPERTIES: re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment, core)})


def _write_intro(sheet: Any, lines: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width = INTRO_WIDTH
    for number, line in enumerate(lines, 1):
        cell = sheet.cell(number, 1, line)
        cell.font = Font(name="宋体", size=16 if number == 1 else 11, bold=number == 1)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        # LibreOffice and WPS do not fit the row height to the text on opening, so it is computed.
        sheet.row_dimensions[number].height = 24 if number == 1 else 17 * (1 + 2 * len(line) // (INTRO_WIDTH - 4))
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write_table(sheet: Any, page: SheetSpec) -> None:
    from openpyxl.utils import get_column_letter

    for number, column in enumerate(page.columns, 1):
        _write_header(sheet.cell(1, number), column)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = WIDTHS.get(
            column.kind, 30 if len(column.header) > 3 and not column.extra else 18
        )
        sheet.column_dimensions[letter].outlineLevel = int(column.extra)
        _add_validation(sheet, column, f"{letter}2:{letter}{max(BLANK_ROWS, len(page.rows)) + 1}")
        first = sheet.cell(2, number)
        _format(first, column)
        for line in range(2, max(BLANK_ROWS // 4, len(page.rows)) + 2):
            cell, values = sheet.cell(line, number), page.rows[line - 2] if line - 2 < len(page.rows) else {}
            cell._style = copy(first._style)  # much faster than assigning fonts: openpyxl compares each with all it has
            _write_value(cell, values.get(column.header))
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"


def _write_keyed(sheet: Any, page: SheetSpec) -> None:
    values = page.rows[0] if page.rows else {}
    _write_header(sheet["A1"], ColumnSpec("项目"))
    _write_header(sheet["B1"], ColumnSpec("内容"))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 80
    for line, column in enumerate(page.columns, 2):
        _write_header(sheet.cell(line, 1), column)
        sheet.row_dimensions[line].outlineLevel = int(column.extra)
        _format(sheet.cell(line, 2), column)
        _write_value(sheet.cell(line, 2), values.get(column.header))
        _add_validation(sheet, column, f"B{line}")
    sheet.freeze_panes = "B2"


def _write_header(cell: Any, column: ColumnSpec) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    cell.value = column.header
    cell.font = Font(name="黑体", size=11)
    colour = EXTRA if column.extra else NEEDED if column.required else USUAL
    cell.fill = PatternFill("solid", fgColor=colour)
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    needed = "选填" if column.extra else "必填" if column.required else ""
    hint = "；".join(part for part in (needed, column.hint) if part)
    if hint:
        cell.comment = Comment(hint, "paperwork", height=90, width=240)


def _format(cell: Any, column: ColumnSpec) -> None:
    from openpyxl.styles import Alignment, Font

    cell.font = Font(name="宋体", size=11)
    cell.number_format = FORMATS.get(column.kind, "General")
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _write_value(cell: Any, value: object) -> None:
    if value is not None:
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # else openpyxl makes a text that begins with = a formula


def _add_validation(sheet: Any, column: ColumnSpec, area: str) -> None:
    """Add data validation to a range: a list of choices, or a warning on what is not a date."""
    from openpyxl.worksheet.datavalidation import DataValidation

    if column.choices:
        rule = DataValidation(type="list", formula1='"' + ",".join(column.choices) + '"', allow_blank=True)
        rule.error, rule.errorTitle = "请从下拉列表里选一项", "填写有误"
    elif column.kind == "date":
        rule = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)  # 2000-01-01
        rule.errorStyle, rule.error, rule.errorTitle = "warning", "请写成 2022-05-01 的样子", "请核对日期"
    else:
        return
    sheet.add_data_validation(rule)
    rule.add(area)


def _set_up_printing(sheet: Any, page: SheetSpec) -> None:
    sheet.page_setup.orientation = "portrait" if page.keyed else "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.gridLines = True


def build_list_workbook(page: PrintedList, made: dt.datetime) -> bytes:
    """Return a list as a workbook; the same content gives the same bytes."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book[book.sheetnames[0]]
    sheet.title = page.title
    last = get_column_letter(len(page.columns))
    sheet["A1"] = page.title
    sheet["A1"].font = Font(name="方正小标宋简体", size=20)
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center")
    sheet.merge_cells(f"A1:{last}1")
    sheet.row_dimensions[1].height = 42
    for number, (_, width) in enumerate(page.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for line, row in enumerate(([header for header, _ in page.columns], *page.rows, page.total), 2):
        _write_line(sheet, line, page, row, "黑体" if line == 2 else "宋体")
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "2:2"
    _set_up_landscape(sheet, f"A1:{last}{len(page.rows) + 3}")
    book.properties.creator = "paperwork"
    book.properties.created = made
    return workbook_bytes(book, made)


def _write_line(sheet: Any, line: int, page: PrintedList, row: Sequence[object], font: str) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side

    edge = Side("thin")
    lines = 1
    for number, ((header, width), value) in enumerate(zip(page.columns, row, strict=True), 1):
        cell = sheet.cell(line, number, value)
        if isinstance(value, str):
            cell.data_type = "s"  # else openpyxl makes a text that begins with = a formula
        cell.number_format = FORMATS["date"] if isinstance(value, dt.date) else "General"
        cell.font = Font(name=font, size=11)
        cell.border = Border(edge, edge, edge, edge)
        at_left = header in page.left and font == "宋体"
        side = "left" if at_left else "center"
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True, indent=int(at_left))
        # A Chinese character is as wide as two Latin ones.
        columns = sum(1 if char.isascii() else 2 for char in str(value or ""))
        lines = max(lines, -int(-columns * 1.1 // width))
    sheet.row_dimensions[line].height = 10 + 15 * lines


def _set_up_landscape(sheet: Any, area: str) -> None:
    """Set up printing on A4 landscape, fitted to the width of the paper, with page numbers in the footer."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0  # 0: as many pages high as needed
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # without it, the two above have no effect
    sheet.print_area = area
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"


def build_plain_workbook(pages: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> bytes:
    """Return a workbook of unformatted cells, for tables that were read from text."""
    from openpyxl import Workbook

    book = Workbook()
    del book[book.sheetnames[0]]
    for title, rows in pages:
        sheet = book.create_sheet(title)
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                if value is not None:
                    text = isinstance(value, str)
                    cell = sheet.cell(line, column, UNPRINTABLE.sub("", value) if text else value)
                    cell.data_type = "s" if text else cell.data_type  # not a formula, even if it begins with =
    return _saved(book).getvalue()


def _saved(book: Any) -> io.BytesIO:
    """Return a workbook as openpyxl saves it, but for the clock's time in its ZIP entries."""
    from openpyxl.writer.excel import ExcelWriter

    buffer = io.BytesIO()
    ExcelWriter(book, ooxml.UndatedZip(buffer, "w", zipfile.ZIP_DEFLATED)).save()
    return buffer
