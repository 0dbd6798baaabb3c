"""Write 要求解读.xlsx: a table whose colours follow what staff fill in, with a list of choices on a hidden sheet."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paperwork.formats.spreadsheets.writer import (
    FORMATS,
    ColumnSpec,
    _add_validation,
    _set_up_landscape,
    _write_header,
    _write_intro,
    _write_value,
    workbook_bytes,
)

CHOICES = "可选"
"""Hidden sheet with the choices: a list inside a validation may have 255 characters only."""
INTRO = "填写说明"
DEFAULT_WIDTH = 18.0
GREEN, AMBER, GREY = "E2F0D9", "FFE08A", "7F7F7F"


@dataclass(frozen=True)
class DecisionSheet:
    """A table for staff to decide row by row, on A4 landscape.

    `decider` is the column that makes a row decided, `chosen` the one with the drop-down; rows that hold `asked` or
    `quiet` there are coloured until they are decided. `hints` are comments on it, one for each row. `left_over` are
    rows below a line of their own. `baseline` is written to a hidden sheet.
    """

    title: str
    intro: Sequence[str]
    columns: Sequence[ColumnSpec]
    widths: Mapping[str, float]
    rows: Sequence[Mapping[str, object]]
    hints: Sequence[str]
    decider: str
    chosen: str
    choices: Sequence[str]
    asked: str
    quiet: str
    line: str
    left_over: Sequence[Mapping[str, object]]
    baseline_title: str
    baseline: Sequence[Sequence[str]]

    @property
    def own_sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that the program writes."""
        return (INTRO, self.title, CHOICES, self.baseline_title)


def build(page: DecisionSheet, made: dt.datetime, before: bytes | None = None) -> bytes:
    """Return the workbook; the same content gives the same bytes. Sheets of staff's own are kept from `before`."""
    from openpyxl import Workbook, load_workbook

    book = load_workbook(io.BytesIO(before)) if before else Workbook()
    for name in [each for each in book.sheetnames if each in page.own_sheets or not before]:
        del book[name]
    _write_intro(book.create_sheet(INTRO, 0), page.intro)
    sheet = book.create_sheet(page.title, 1)
    _write_rows(sheet, page)
    _add_colours(sheet, page)
    for name, lines in ((CHOICES, [[each] for each in page.choices]), (page.baseline_title, page.baseline)):
        hidden = book.create_sheet(name)
        hidden.sheet_state = "hidden"
        for number, line in enumerate(lines, 1):
            for column, value in enumerate(line, 1):
                _write_value(hidden.cell(number, column), value or None)
    book.active = 1
    book.properties.creator = "paperwork"
    book.properties.created = made
    return workbook_bytes(book, made)


def foreign_sheets(names: Sequence[str], page: DecisionSheet) -> list[str]:
    """Return the names of the sheets of a file that are none of the program's."""
    return [name for name in names if name not in page.own_sheets]


def _write_rows(sheet: Any, page: DecisionSheet) -> None:
    from openpyxl.comments import Comment
    from openpyxl.utils import get_column_letter

    last = get_column_letter(len(page.columns))
    for number, column in enumerate(page.columns, 1):
        _write_header(sheet.cell(1, number), column)
        sheet.column_dimensions[get_column_letter(number)].width = page.widths.get(column.header, DEFAULT_WIDTH)
    place = [column.header for column in page.columns].index(page.chosen) + 1
    for number, (row, hint) in enumerate(zip(page.rows, page.hints, strict=True), 2):
        _write_row(sheet, number, row, page)
        if hint:
            sheet.cell(number, place).comment = Comment(hint, "paperwork", height=60, width=200)
    end = len(page.rows) + 1
    if page.left_over:
        end += 1
        _write_value(sheet.cell(end, 1), page.line)
        sheet.cell(end, 1).font = _font(bold=True)
        for row in page.left_over:
            end += 1
            _write_row(sheet, end, row, page)
    # Rows that staff add below have drop-downs and colours as well.
    for number, column in enumerate(page.columns, 1):
        area = f"{get_column_letter(number)}2:{get_column_letter(number)}{end + 200}"
        if column.header == page.chosen:
            _add_choices(sheet, area, len(page.choices))
        elif column.kind == "date":
            _add_validation(sheet, column, area)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{last}{end}"
    sheet.print_title_rows = "1:1"
    _set_up_landscape(sheet, f"A1:{last}{end}")
    sheet.print_options.gridLines = True


def _font(**look: Any) -> Any:
    from openpyxl.styles import Font

    return Font(name="宋体", size=11, **look)


def _write_row(sheet: Any, number: int, row: Mapping[str, object], page: DecisionSheet) -> None:
    """Write a row, as high as its longest text needs: LibreOffice and WPS do not fit it on opening."""
    from openpyxl.styles import Alignment

    font, alignment, lines = _font(), Alignment(wrap_text=True, vertical="top"), 1
    for at, column in enumerate(page.columns, 1):
        cell, value = sheet.cell(number, at), row.get(column.header)
        _write_value(cell, value)
        cell.font, cell.alignment = font, alignment
        cell.number_format = FORMATS.get(column.kind, "General")
        width = page.widths.get(column.header, DEFAULT_WIDTH)
        shown = (sum(1 if char.isascii() else 2 for char in part) for part in str(value or "").split("\n"))
        lines = max(lines, sum(max(1, -int(-count * 1.1 // width)) for count in shown))
    sheet.row_dimensions[number].height = 4 + 14 * lines


def _add_choices(sheet: Any, area: str, count: int) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1=f"{CHOICES}!$A$1:$A${count}", allow_blank=True, showErrorMessage=True)
    rule.error, rule.errorTitle = "请从下拉列表里选一项", "填写有误"
    sheet.add_data_validation(rule)
    rule.add(area)


def _add_colours(sheet: Any, page: DecisionSheet) -> None:
    """Colour decided rows, rows that ask a person, and rows that demand nothing; the colours follow the cells."""
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles import Font, PatternFill
    from openpyxl.styles.differential import DifferentialStyle
    from openpyxl.utils import get_column_letter

    headers = [column.header for column in page.columns]
    who, kind = (f"${get_column_letter(headers.index(name) + 1)}2" for name in (page.decider, page.chosen))
    area = f"A2:{get_column_letter(len(headers))}{sheet.max_row + 200}"
    for formula, look in (
        (f'{who}<>""', {"fill": PatternFill("solid", bgColor=GREEN)}),
        (f'AND({who}="",{kind}="{page.asked}")', {"fill": PatternFill("solid", bgColor=AMBER)}),
        (f'AND({who}="",{kind}="{page.quiet}")', {"font": Font(color=GREY)}),
    ):
        rule = Rule("expression", dxf=DifferentialStyle(**look), formula=[formula], stopIfTrue=True)
        sheet.conditional_formatting.add(area, rule)
