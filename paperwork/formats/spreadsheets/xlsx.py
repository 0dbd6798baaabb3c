"""Read the sheets of a workbook as rows of cells, and detect the type of any file that holds tables.

The type of a file is detected from its content, not from its name (only .csv and .txt are told apart by name). A file
that cannot be read raises `Unreadable`. All reading by openpyxl is done here.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from paperwork.core.dates import DAYS_1900_TO_1904, SERIAL_RANGE, SerialSince1904
from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.core.text import format_decimal, is_blank
from paperwork.formats import detect, ooxml
from paperwork.formats.detect import FileType
from paperwork.formats.spreadsheets import merged_cells
from paperwork.formats.spreadsheets.cells import (
    BROKEN,
    MAX_COLUMNS,
    MAX_STRAY,
    Cell,
    MergedRange,
    Problem,
    Sheet,
    find_overflow,
    is_outside,
    report_stray_cells,
)

SUFFIXES = (".xlsx", ".xls", ".et", ".ods", ".csv", ".docx", ".txt")
TEXT_SUFFIXES = (".csv", ".txt")
LIBREOFFICE_TYPES = (FileType.XLS, FileType.ODS)
"""File types that only LibreOffice can read."""
LOCKED = ("文件有打开密码，读不了", "请在 Excel 或 WPS 里去掉密码（文件 → 信息/文档加密），另存后再放进来")
NOT_CALCULATED = Problem("这个公式还没有算出结果", "请用 Excel 或 WPS 打开工作簿、保存一次")
# A formula whose result is an empty text. openpyxl reads it as None, as if it had never been calculated.
EMPTY_RESULT = re.compile(
    rb'(<(?:\w+:)?c\b[^>]*?\bt="str"[^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(\w+:)?c>"
)
# 20220506 typed into a cell with a date format. As a serial day number it is out of range for openpyxl; as text it is a
# valid date.
TYPED_DAY = re.compile(
    rb'(<(?:\w+:)?c\b(?:\s+(?!t=)[\w:]+="[^"]*")*)(?:\s+t="n")?'
    rb'((?:\s+(?!t=)[\w:]+="[^"]*")*>\s*<(?:\w+:)?v>(?:19|20|21)\d{6}(?:\.0+)?</)'
)
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
FIRST_COLUMNS = 12
"""Columns that are read to identify the project of a workbook."""
Read = TypeVar("Read")


def detect_type(path: Path) -> str:
    """Return the type of a file by its content: xlsx, xls, ods, docx, csv or txt.

    Raises `Unreadable` for other, damaged or encrypted files.
    """
    return _read_safely(lambda: _kind(path))


def _read_safely(read: Callable[[], Read]) -> Read:
    """Call `read` and return its result, converting any exception of a library into one `Unreadable`.

    Damaged files make the libraries raise exceptions of many types; staff get one message for all of them.
    """
    try:
        return read()
    except (Unreadable, PermissionError):  # the second does not mean that the file is damaged
        raise
    except Exception:
        raise Unreadable(*BROKEN) from None


def _kind(path: Path) -> str:
    # Input files are not trusted. Files larger than any real project are refused before they are parsed.
    if path.stat().st_size > detect.MAX_TABLE_BYTES:
        raise Unreadable(
            f"文件超过 {detect.MAX_TABLE_BYTES // 2**20} MB，不像是一份表格", "请删去里面的图片，或换成要读的表格"
        )
    found = detect.detect(path)
    if found.is_encrypted or found.type is FileType.ENCRYPTED:
        raise Unreadable(*LOCKED)
    if found.type is FileType.HUGE or found.xml > detect.MAX_TABLE_XML:
        raise Unreadable("文件解开后大得不合情理，没有打开它", "请删去多余的空行、空列，另存后再放")
    if found.type in (FileType.XLSX, FileType.DOCX, *LIBREOFFICE_TYPES):
        return found.type
    # A text is told by its suffix: it may begin like a file of another type, or hold bytes of no encoding.
    if path.suffix.lower() in TEXT_SUFFIXES and found.type not in detect.PACKAGES:
        return path.suffix.lower()[1:]
    raise Unreadable(*BROKEN)


def _load(content: bytes, **options: Any) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings of lost drop-downs and styles; reading needs neither
            return load_workbook(io.BytesIO(content), keep_links=False, **options)
    except Exception:  # the parsers below openpyxl raise many types
        raise Unreadable("工作簿损坏或不是真正的 .xlsx 文件，打不开", BROKEN[1]) from None


def read_sheet_names(content: bytes) -> list[str]:
    """Return the names of a workbook's sheets without reading any sheet."""
    return _read_safely(lambda: [sheet.name for sheet in _open(content).parser.sheets])


def read_first_columns(content: bytes, title: str) -> list[list[object]]:
    """Return the values of the first columns of one sheet without reading the other sheets."""

    def read() -> list[list[object]]:
        reader = _open(content)
        reader.parser.sheets = [sheet for sheet in reader.parser.sheets if sheet.name == title]
        for part in _sheet_parts(reader):
            merged_cells.extract_merged_ranges(reader.archive.read(part))  # raises when there are too many to parse
        reader.read_strings()
        reader.read_worksheets()
        sheet = reader.wb[title]
        sheet.reset_dimensions()  # the dimensions that a sheet declares may be wrong
        return [list(row) for row in sheet.iter_rows(max_row=MAX_COLUMNS, max_col=FIRST_COLUMNS, values_only=True)]

    return _read_safely(read)


def _open(content: bytes) -> Any:
    """Open a workbook without reading any sheet.

    `load_workbook` would open every sheet to read its dimensions, even with `read_only`.
    """
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    return reader


def _read_xlsx(content: bytes, name: str) -> list[Sheet]:
    has_formulas = False

    def mend(xml: bytes) -> bytes:
        nonlocal has_formulas
        xml = TYPED_DAY.sub(rb'\1 t="str"\2', EMPTY_RESULT.sub(rb"\1></\2c>", xml))
        has_formulas = has_formulas or FORMULA.search(xml) is not None
        return xml

    content, areas = strip_merged_ranges(content, mend)
    results = _load(content, data_only=True)
    # With data_only, a formula without a cached result reads as None. A second load tells it from an empty cell.
    formulas = _load(content) if has_formulas else results
    return [
        _sheet(sheet, formulas[sheet.title], ranges, name)
        for sheet, ranges in zip(results.worksheets, areas, strict=True)
    ]


def strip_merged_ranges(
    content: bytes, transform: Callable[[bytes], bytes] = bytes
) -> tuple[bytes, list[list[MergedRange]]]:
    """Return the file without its merged ranges, and the merged ranges of each sheet in order.

    `transform` is applied to the XML of each sheet first. Raises `Unreadable` when the ranges are damaged or too large.
    """
    areas: dict[str, list[MergedRange]] = {}
    changed = {}
    parts = _sheet_parts(_open(content))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in dict.fromkeys(parts):
            xml = package.read(part)
            stripped, areas[part] = merged_cells.extract_merged_ranges(transform(xml))
            merged_cells.refuse_wide_links(stripped)
            if stripped != xml:
                changed[part] = stripped
        return (_replace_parts(package, changed) if changed else content), [areas[part] for part in parts]


def _sheet_parts(reader: Any) -> list[str]:
    """Return the part names of the worksheets, as openpyxl finds them; they may have any name in the package."""
    relations = (rel for _, rel in reader.parser.find_sheets() if "chartsheet" not in rel.Type)
    return [rel.target for rel in relations if rel.target in reader.valid_files]


def _replace_parts(package: zipfile.ZipFile, parts: dict[str, bytes]) -> bytes:
    """Return the package with some parts replaced, uncompressed, because it is parsed at once and then discarded."""
    out = io.BytesIO()
    with ooxml.UndatedZip(out, "w", zipfile.ZIP_STORED) as target:
        for name in dict.fromkeys(package.namelist()):
            target.writestr(name, parts.get(name) or package.read(name))
    return out.getvalue()


def _sheet(results: Any, formulas: Any, areas: Sequence[MergedRange], name: str) -> Sheet:
    # Values under a merged range are invisible. Remove them before the size of the sheet is determined.
    for place in merged_cells.covered_cells(merged_cells.clip_ranges(areas, *_extent(formulas))):
        for worksheet in (results, formulas):
            worksheet._cells.pop(place, None)
    last, width = _extent(formulas)
    unread = tuple(_report_unread(results, formulas, areas, Where(name, results.title)))
    if not last:
        return Sheet(results.title, [], unread=unread)
    since_1904 = results.parent.epoch.year == 1904
    area = {"max_row": last, "max_col": width}
    rows = [
        [_cell(cell, formula, name, since_1904) for cell, formula in zip(result_row, formula_row, strict=True)]
        for result_row, formula_row in zip(results.iter_rows(**area), formulas.iter_rows(**area), strict=True)
    ]
    inside = merged_cells.clip_ranges(areas, last, width)
    for merge in inside:
        # A merged value applies to every row that it spans, but only to the first column; the others stay empty.
        first = rows[merge.top][merge.left]
        for row in rows[merge.top + 1 : merge.bottom + 1]:
            # A problem is reported once, at the first cell, which staff can edit. STALE is given to every row, because
            # `reader` replaces it cell by cell.
            is_final = first.problem and first.problem != NOT_CALCULATED
            row[merge.left] = first if is_final else replace(first, where=row[merge.left].where)
    return Sheet(results.title, rows, tuple(_hidden(results, last)), tuple(inside), unread)


def _extent(sheet: Any) -> tuple[int, int]:
    """Return the last row and the last column with a value, within the area that is read.

    The dimensions that a sheet declares may be wrong, and formatted empty cells would count as well.
    """
    filled = [place for place, cell in sheet._cells.items() if cell.value is not None and not is_outside(*place)]
    return max((row for row, _ in filled), default=0), max((column for _, column in filled), default=0)


def _report_unread(results: Any, formulas: Any, areas: Sequence[MergedRange], place: Where) -> Iterable[Fault]:
    """Return the faults of the filled cells outside of the area that is read."""
    if not any(is_outside(*at) for at in formulas._cells):
        return ()
    filled = {at for at, cell in formulas._cells.items() if not is_blank(cell.value)}
    # Values under a merged range are invisible. Few ranges reach so far; a crafted file has a hundred thousand.
    far = [each for each in areas if is_outside(each.bottom + 1, each.right + 1)][:MAX_STRAY]
    filled -= {at for at in filled if is_outside(*at) and any(_is_covered(at, area) for area in far)}
    if problem := find_overflow(len({row for row, _ in filled}), len({column for _, column in filled})):
        return (Fault(Level.ERROR, place, *problem),)
    values = ((at, results._cells[at].value or formulas._cells[at].value) for at in filled)
    return report_stray_cells(values, place)


def _is_covered(at: tuple[int, int], area: MergedRange) -> bool:
    """Return True if a cell, counted from 1, is one of the hidden cells of a merged range."""
    row, column = at[0] - 1, at[1] - 1
    is_inside = area.top <= row <= area.bottom and area.left <= column <= area.right
    return is_inside and (row, column) != area[:2]


def _cell(cell: Any, formula: Any, name: str, since_1904: bool) -> Cell:
    value: Any = cell.value
    problem: Problem | None = None
    if value is None and formula.data_type == "f":
        problem = NOT_CALCULATED
    elif cell.data_type == "e":
        value, problem = None, Problem(f"这一格是错误值 {cell.value}", "请改正公式或直接填写")
    elif type(value) in (int, float):
        value = _number(value, cell.number_format, since_1904)
    return Cell(value, Where(name, cell.parent.title, cell.coordinate), problem)


def _number(value: int | float, number_format: str, since_1904: bool) -> object:
    """Return a number as staff see it: 0.95 formatted as a percentage is 95%.

    With the 1904 epoch, a whole number in the range of dates is returned as `Since1904`.
    """
    if "%" in number_format:
        return f"{format_decimal(Decimal(repr(value)) * 100)}%"
    first, last = (serial - DAYS_1900_TO_1904 for serial in SERIAL_RANGE)
    return SerialSince1904(value) if since_1904 and isinstance(value, int) and first <= value <= last else value


def _hidden(sheet: Any, count: int) -> Iterator[str]:
    """Yield Chinese notes on a hidden sheet and hidden rows among the first `count` rows."""
    if sheet.sheet_state != "visible":
        yield "这张表是隐藏的"
    rows = [number for number, row in sheet.row_dimensions.items() if row.hidden and number <= count]
    if rows:
        numbers = "、".join(map(str, rows[:5])) + ("等" if len(rows) > 5 else "")
        yield f"第 {numbers} 行是隐藏的"
