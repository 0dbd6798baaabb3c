"""Any table as rows of cells that know where they stand: a workbook's sheets, a Word table, the text export.

Sole owner of openpyxl and of python-docx's reading. What cannot be read raises `ValueError` with the Chinese reason.
"""

import datetime as dt
import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperwork.faults import Where

# Files come from many hands: what is larger than any honest project is refused before it is parsed.
MAX_BYTES = 30 * 2**20
MAX_UNPACKED = 400 * 2**20
MAX_ROWS = 20_000
MAX_COLUMNS = 200
SUFFIXES = (".xlsx", ".docx", ".txt")


@dataclass(frozen=True)
class Cell:
    """What stands in a cell and where; `problem` says why a value could not be had."""

    value: object
    where: Where
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table by name; rows may differ in length, blank cells hold None."""

    name: str
    rows: list[list[Cell]]


def read_sheets(path: Path, name: str) -> list[Sheet]:
    """Read every table of a file; `name` is what faults call the file."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"文件超过 {MAX_BYTES // 2**20} MB，不像是一份表格")
    readers = {".xlsx": _read_xlsx, ".docx": _read_docx, ".txt": _read_text}
    try:
        if path.suffix.lower() != ".txt":
            _refuse_bomb(path)
        return readers[path.suffix.lower()](path, name)
    except (zipfile.BadZipFile, KeyError, OSError, SyntaxError, AttributeError, TypeError):
        raise ValueError("文件损坏或不是它名字所说的格式，打不开") from None


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets, without reading their cells."""
    from openpyxl import load_workbook

    try:
        _refuse_bomb(path)
        with path.open("rb") as stream:
            return list(load_workbook(stream, read_only=True).sheetnames)
    except ValueError:
        raise
    except Exception:  # openpyxl raises whatever its parsers do; all of it means the same to staff
        raise ValueError("工作簿损坏、有密码，或不是真正的 .xlsx 文件，打不开") from None


def _refuse_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        if sum(info.file_size for info in package.infolist()) > MAX_UNPACKED:
            raise ValueError("文件解开后大得不合情理，没有打开它")


def _read_xlsx(path: Path, name: str) -> list[Sheet]:
    from openpyxl import load_workbook

    try:
        content = path.read_bytes()
        shown = load_workbook(io.BytesIO(content), data_only=True)
        # The second reading tells an empty cell from a formula that no program has calculated yet.
        written = load_workbook(io.BytesIO(content))
    except Exception:  # openpyxl raises whatever its parsers do
        raise ValueError("工作簿损坏、有密码，或不是真正的 .xlsx 文件，打不开") from None
    return [
        Sheet(sheet.title, _sheet_rows(sheet, written[sheet.title], name))
        for sheet in shown.worksheets
        if sheet.max_row
    ]


def _sheet_rows(shown: Any, written: Any, name: str) -> list[list[Cell]]:
    if shown.max_row > MAX_ROWS or shown.max_column > MAX_COLUMNS:
        raise ValueError(f"“{shown.title}”表超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    spread = _merged_values(shown)
    rows = []
    for values, formulas in zip(shown.iter_rows(), written.iter_rows(), strict=True):
        row = []
        for cell, formula in zip(values, formulas, strict=True):
            value = spread.get(cell.coordinate, cell.value)
            stale = value is None and formula.data_type == "f"
            problem = "这个公式还没有算出结果，请用 Excel 或 WPS 打开工作簿、保存一次" if stale else ""
            row.append(Cell(value, Where(name, shown.title, cell.coordinate), problem))
        rows.append(row)
    return rows


def _merged_values(sheet: Any) -> dict[str, object]:
    """A merged value counts for every row that it spans (not for the columns: those stay empty)."""
    spread = {}
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for row in range(area.min_row, area.max_row + 1):
            spread[sheet.cell(row, area.min_col).coordinate] = value
    return spread


def _read_docx(path: Path, name: str) -> list[Sheet]:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError
    from openpyxl.utils import get_column_letter

    try:
        document = Document(str(path))
    except (PackageNotFoundError, ValueError):
        raise ValueError("Word 文件损坏，打不开") from None
    sheets = []
    for number, table in enumerate(document.tables, 1):
        title = f"表格{number}"
        rows = []
        for line, row in enumerate(table.rows, 1):
            texts = ["\n".join(paragraph.text for paragraph in cell.paragraphs).strip() for cell in row.cells]
            places = [Where(name, title, f"{get_column_letter(column)}{line}") for column in range(1, len(texts) + 1)]
            rows.append([Cell(text or None, place) for text, place in zip(texts, places, strict=True)])
        sheets.append(Sheet(title, rows))
    return sheets


def _read_text(path: Path, name: str) -> list[Sheet]:
    """Read the text export of a Word table: each cell begins with a tab, other lines go on with the cell above.

    Blank lines stand between rows but also inside cells, so rows are told by their number of cells: the header runs up
    to the first blank line, and each row after it is as long; a shorter last one is the total.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = path.read_text("gb18030", errors="replace").splitlines()
    cells: list[tuple[int, list[str]]] = []
    width = 0
    for number, line in enumerate(lines, 1):
        if line.startswith("\t"):
            cells.append((number, [line[1:]]))
        elif cells:
            width = width or (len(cells) if not line.strip() else 0)
            cells[-1][1].append(line)
    row = [Cell("\n".join(parts).strip() or None, Where(name, "", f"第{number}行")) for number, parts in cells]
    return [Sheet("", [row[start : start + width] for start in range(0, len(row), width)])] if width else []


@dataclass(frozen=True)
class Column:
    """A column of a workbook to be written: `kind` is text, date, money, number or choice."""

    header: str
    kind: str = "text"
    required: bool = False
    hint: str = ""
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """A sheet to be written. A keyed one has its columns down the side, 项目 | 内容, and at most one row."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[dict[str, object]] = field(default_factory=list)
    keyed: bool = False


FORMATS = {"date": "yyyy-mm-dd", "money": "#,##0.00", "digits": "@", "text": "@"}
WIDTHS = {"date": 13, "money": 14, "number": 9, "choice": 14, "digits": 22}
BLANK_ROWS = 200


def write_book(path: Path, intro: Sequence[str], pages: Sequence[Page], made: dt.datetime) -> None:
    """Write a workbook for staff: a first sheet 填写说明, then pages with drop-downs, formats, hints."""
    from openpyxl import Workbook

    book = Workbook()
    del book[book.sheetnames[0]]
    _write_intro(book.create_sheet("填写说明"), intro)
    for page in pages:
        sheet = book.create_sheet(page.name)
        (_write_keyed if page.keyed else _write_table)(sheet, page)
        _print_setup(sheet, page)
    book.properties.creator = "paperwork"
    book.properties.created = book.properties.modified = made
    temporary = path.with_name(f".{path.name}.tmp")
    book.save(temporary)
    os.replace(temporary, path)


def _write_intro(sheet: Any, lines: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width = 100
    for number, line in enumerate(lines, 1):
        cell = sheet.cell(number, 1, line)
        cell.font = Font(name="宋体", size=16 if number == 1 else 11, bold=number == 1)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write_table(sheet: Any, page: Page) -> None:
    from openpyxl.utils import get_column_letter

    for number, column in enumerate(page.columns, 1):
        _head(sheet.cell(1, number), column)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = WIDTHS.get(column.kind, 30 if len(column.header) > 3 else 18)
        _limit(sheet, column, f"{letter}2:{letter}{max(BLANK_ROWS, len(page.rows)) + 1}")
        for line in range(2, max(BLANK_ROWS // 4, len(page.rows)) + 2):
            values = page.rows[line - 2] if line - 2 < len(page.rows) else {}
            _fill(sheet.cell(line, number), column, values.get(column.header))
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"


def _write_keyed(sheet: Any, page: Page) -> None:
    values = page.rows[0] if page.rows else {}
    _head(sheet["A1"], Column("项目"))
    _head(sheet["B1"], Column("内容"))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 80
    for line, column in enumerate(page.columns, 2):
        _head(sheet.cell(line, 1), column)
        _fill(sheet.cell(line, 2), column, values.get(column.header))
        _limit(sheet, column, f"B{line}")
    sheet.freeze_panes = "B2"


def _head(cell: Any, column: Column) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    cell.value = column.header
    cell.font = Font(name="黑体", size=11)
    cell.fill = PatternFill("solid", fgColor="FFE08A" if column.required else "DCE6F1")
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    hint = "；".join(part for part in ("必填" if column.required else "", column.hint) if part)
    if hint:
        cell.comment = Comment(hint, "paperwork", height=90, width=240)


def _fill(cell: Any, column: Column, value: object) -> None:
    from openpyxl.styles import Alignment, Font

    cell.font = Font(name="宋体", size=11)
    cell.number_format = FORMATS.get(column.kind, "General")
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if value is not None:
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # a text that begins with = is a text


def _limit(sheet: Any, column: Column, area: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    if column.choices:
        rule = DataValidation(type="list", formula1='"' + ",".join(column.choices) + '"', allow_blank=True)
        rule.error, rule.errorTitle = "请从下拉列表里选一项", "填写有误"
    elif column.kind == "date":
        rule = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
        rule.errorStyle, rule.error, rule.errorTitle = "warning", "请写成 2022-05-01 的样子", "请核对日期"
    else:
        return
    sheet.add_data_validation(rule)
    rule.add(area)


def _print_setup(sheet: Any, page: Page) -> None:
    sheet.page_setup.orientation = "portrait" if page.keyed else "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.gridLines = True


def walk(sheet: Sheet) -> Iterator[list[Cell]]:
    """Yield the rows that hold anything."""
    return (row for row in sheet.rows if any(cell.value not in (None, "") or cell.problem for cell in row))
