"""Read the sheets of a workbook as rows of cells, and detect the type of any file that holds tables.

The type of a file is detected from its content, not from its name (only .csv and .txt are told apart by name). A file
that cannot be read raises `Unreadable`. All reading by openpyxl is done here.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from paperwork.core import filenames
from paperwork.core.dates import DAYS_1900_TO_1904, SERIAL_RANGE, SerialSince1904
from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.core.text import format_decimal, is_blank, visible
from paperwork.formats import detect, ooxml
from paperwork.formats.detect import FileType
from paperwork.formats.spreadsheets import merged_cells, number_formats
from paperwork.formats.spreadsheets.cells import (
    BROKEN,
    MAX_COLUMNS,
    MAX_STRAY,
    MEND_ERROR,
    Cell,
    MergedRange,
    Problem,
    Sheet,
    column_letters,
    error_problem,
    find_overflow,
    is_outside,
    report_stray_cells,
)
from paperwork.formats.spreadsheets.number_formats import GENERAL
from paperwork.formats.spreadsheets.workbook_xml import (
    VISIBLE,
    ErrorValue,
    NoResult,
    RichValue,
    SheetEntry,
    StoredCell,
    Workbook,
    Worksheet,
)

SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".et", ".ods", ".csv", ".docx", ".docm", ".dotx", ".txt")
TEXT_SUFFIXES = (".csv", ".txt")
OLD_WORD_SUFFIXES = (".doc", ".wps", ".odt", ".rtf")
PDF_SUFFIXES = (".pdf",)
UNREAD_SUFFIXES = (".xlsb", ".fods", ".numbers")
"""Workbooks that are named, but not read."""
LIBREOFFICE_TYPES = (FileType.XLS, FileType.ODS)
LIBREOFFICE_TEXTS = (FileType.DOC, FileType.ODT, FileType.RTF)
"""File types that only LibreOffice can read: workbooks, and texts with tables."""
CATALOGUE_WORD = "目录"
LOCKED = ("文件有打开密码，读不了", "请在 Excel 或 WPS 里去掉密码（文件 → 信息/文档加密），另存后再放进来")
NOT_CALCULATED = Problem("这个公式还没有算出结果", "请用 Excel 或 WPS 打开工作簿、保存一次")
PICTURE = Problem("这一格里是图片或联网的数据类型，读不出文字", "请把图片放进“照片”或“附件”文件夹，这一格改写文字")
PLAIN = (GENERAL, "@")
"""Number formats that show a text as it is."""
SPOILT = 1e15
"""Excel keeps 15 digits: a longer number has lost its last ones, and is shown as 5.10399E+17."""
FIRST_COLUMNS = 12
"""Columns that are read to identify the project of a workbook."""
Read = TypeVar("Read")


def may_hold_tables(path: Path) -> bool:
    """Return True if a file is looked into for tables, by its name.

    A PDF, and a text document that LibreOffice must convert, takes seconds: its name must say that it is a catalogue.
    """
    suffix = path.suffix.lower()
    return suffix in (*SUFFIXES, *UNREAD_SUFFIXES) or (
        suffix in (*OLD_WORD_SUFFIXES, *PDF_SUFFIXES) and CATALOGUE_WORD in filenames.readable(path.name)
    )


def detect_type(path: Path) -> str:
    """Return the type of a file by its content: xlsx, xls, ods, docx, pdf, csv or txt.

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
    # Input files are not trusted. Files larger than any real project are refused before they are parsed. Of a workbook
    # only the parts with values are opened, so that its pictures do not count.
    if path.suffix.lower() in UNREAD_SUFFIXES:
        raise Unreadable(f"程序不读 {path.suffix.lower()} 表格", "请在 Excel 或 WPS 里另存为 .xlsx 再放进来")
    found = detect.detect(path)
    limit = detect.MAX_BYTES if found.type is FileType.XLSX else detect.MAX_TABLE_BYTES
    if path.stat().st_size > limit:
        raise Unreadable(f"文件超过 {limit // 2**20} MB，不像是一份表格", "请删去里面的图片，或换成要读的表格")
    if found.is_encrypted or found.type is FileType.ENCRYPTED:
        raise Unreadable(*LOCKED)
    if found.type is FileType.HUGE or found.xml > detect.MAX_TABLE_XML:
        raise Unreadable("文件解开后大得不合情理，没有打开它", "请删去多余的空行、空列，另存后再放")
    if found.type in (FileType.XLSX, FileType.DOCX, FileType.PDF, *LIBREOFFICE_TYPES, *LIBREOFFICE_TEXTS):
        return found.type
    # A text is told by its suffix: it may begin like a file of another type, or hold bytes of no encoding.
    if path.suffix.lower() in TEXT_SUFFIXES and found.type not in detect.PACKAGES:
        return path.suffix.lower()[1:]
    is_word = path.suffix.lower() in (*OLD_WORD_SUFFIXES, ".docx", ".docm", ".dotx")
    raise Unreadable(BROKEN[0], "请在 Word 或 WPS 里另存为 .docx 再放进来" if is_word else BROKEN[1])


def read_sheet_names(content: bytes) -> list[str]:
    """Return the names of a workbook's sheets without reading any sheet."""
    return _read_safely(lambda: [sheet.name for sheet in Workbook(content).sheets])


def read_first_columns(content: bytes, title: str) -> list[list[object]]:
    """Return the values of the first columns of one sheet without reading the other sheets."""

    def read() -> list[list[object]]:
        book = Workbook(content)
        entry = next(sheet for sheet in book.sheets if sheet.name == title)
        cells = _drop_blank(book.read(entry, FIRST_COLUMNS, MAX_COLUMNS).cells)
        last = max((row for row, _ in cells), default=0)
        made = {at: _cell(stored, Where(), book.since_1904).value for at, stored in cells.items()}
        return [[made.get((row, column + 1)) for column in range(FIRST_COLUMNS)] for row in range(1, last + 1)]

    return _read_safely(read)


def _read_xlsx(content: bytes, name: str) -> list[Sheet]:
    book = Workbook(content)
    return [_sheet(entry, book.read(entry), name, book.since_1904) for entry in book.sheets]


def strip_merged_ranges(content: bytes) -> tuple[bytes, list[list[MergedRange]]]:
    """Return the file without its merged ranges, and the merged ranges of each sheet in order.

    Raises `Unreadable` when the ranges are damaged or too large.
    """
    areas: dict[str, list[MergedRange]] = {}
    changed = {}
    book = Workbook(content)
    parts = [entry.part for entry in book.sheets]
    for part in dict.fromkeys(parts):
        xml = book.package.read(part)
        stripped, areas[part] = merged_cells.extract_merged_ranges(xml)
        merged_cells.refuse_wide_links(stripped)
        if stripped != xml:
            changed[book.package.name(part)] = stripped
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return (_replace_parts(package, changed) if changed else content), [areas[part] for part in parts]


def _replace_parts(package: zipfile.ZipFile, parts: dict[str, bytes]) -> bytes:
    """Return the package with some parts replaced, uncompressed, because it is parsed at once and then discarded."""
    out = io.BytesIO()
    with ooxml.UndatedZip(out, "w", zipfile.ZIP_STORED) as target:
        for name in dict.fromkeys(package.namelist()):
            target.writestr(name, parts.get(name) or package.read(name))
    return out.getvalue()


def _sheet(entry: SheetEntry, stored: Worksheet, name: str, since_1904: bool) -> Sheet:
    place, cells = Where(name, entry.name), _drop_blank(stored.cells)
    # Values under a merged range are invisible. Remove them before the size of the sheet is determined.
    for at in merged_cells.covered_cells(merged_cells.clip_ranges(stored.merged, *_extent(cells))):
        cells.pop(at, None)
    last, width = _extent(cells)
    unread = tuple(_report_unread(cells, stored.merged, place))
    notes = tuple(_notes(entry, stored, cells, place))
    if not last:
        return Sheet(entry.name, [], notes, unread=unread)
    empty = StoredCell(None)
    rows = [
        [
            _cell(cells.get((row, column), empty), replace(place, cell=f"{letters}{row}"), since_1904)
            for column, letters in enumerate(map(column_letters, range(1, width + 1)), 1)
        ]
        for row in range(1, last + 1)
    ]
    inside = merged_cells.clip_ranges(stored.merged, last, width)
    for merge in inside:
        # A merged value applies to every row that it spans, but only to the first column; the others stay empty.
        first = rows[merge.top][merge.left]
        for row_cells in rows[merge.top + 1 : merge.bottom + 1]:
            # A problem is reported once, at the first cell, which staff can edit. STALE is given to every row, because
            # `reader` replaces it cell by cell.
            is_final = first.problem and first.problem != NOT_CALCULATED
            row_cells[merge.left] = first if is_final else replace(first, where=row_cells[merge.left].where)
    return Sheet(entry.name, rows, notes, tuple(inside), unread)


def _drop_blank(cells: Mapping[tuple[int, int], StoredCell]) -> dict[tuple[int, int], StoredCell]:
    """Return the cells without those that hold nothing visible: staff clear a cell with the space bar."""
    return {at: cell for at, cell in cells.items() if not isinstance(cell.value, str) or visible(cell.value).strip()}


def _extent(cells: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the last row and the last column with a value, within the area that is read.

    The dimensions that a sheet declares may be wrong, and formatted empty cells would count as well.
    """
    filled = [place for place in cells if not is_outside(*place)]
    return max((row for row, _ in filled), default=0), max((column for _, column in filled), default=0)


def _report_unread(
    cells: Mapping[tuple[int, int], StoredCell], areas: Sequence[MergedRange], place: Where
) -> Iterable[Fault]:
    """Return the faults of the filled cells outside of the area that is read."""
    if not any(is_outside(*at) for at in cells):
        return ()
    filled = {at for at, cell in cells.items() if not is_blank(cell.value)}
    # Values under a merged range are invisible. Few ranges reach so far; a crafted file has a hundred thousand.
    far = [each for each in areas if is_outside(each.bottom + 1, each.right + 1)][:MAX_STRAY]
    filled -= {at for at in filled if is_outside(*at) and any(_is_covered(at, area) for area in far)}
    if problem := find_overflow(len({row for row, _ in filled}), len({column for _, column in filled})):
        return (Fault(Level.ERROR, place, *problem),)
    return report_stray_cells(
        ((at, "" if isinstance(cells[at].value, NoResult) else cells[at].value) for at in filled), place
    )


def _is_covered(at: tuple[int, int], area: MergedRange) -> bool:
    """Return True if a cell, counted from 1, is one of the hidden cells of a merged range."""
    row, column = at[0] - 1, at[1] - 1
    is_inside = area.top <= row <= area.bottom and area.left <= column <= area.right
    return is_inside and (row, column) != area[:2]


def _cell(stored: StoredCell, where: Where, since_1904: bool) -> Cell:
    match stored.value:
        case NoResult():
            return Cell(None, where, NOT_CALCULATED)
        case RichValue():
            return Cell(None, where, PICTURE)
        case ErrorValue() as error:
            return Cell(None, where, Problem(f"这一格是错误值 {error}", MEND_ERROR))
        case bool() as truth:
            return Cell(truth, where, shown=str(truth).upper())
        case str() as words:
            shown = None if stored.code in PLAIN else number_formats.render(words, stored.code)
            return Cell(words, where, error_problem(words), None if shown == words else shown)
        case int() | float() as number:
            return Cell(_number(number, stored.code, since_1904), where, shown=_shown(number, stored.code, since_1904))
        case dt.datetime() | dt.time() as moment:
            return Cell(moment, where, shown=number_formats.render(moment, stored.code))
    return Cell(stored.value, where)


def _number(number: int | float, code: str, since_1904: bool) -> object:
    """Return a number as it is meant: 0.95 formatted as a percentage is 95%, a date is a datetime.

    With the 1904 epoch, a whole number in the range of dates is returned as `SerialSince1904`.
    """
    if number_formats.is_date(code):
        moment = _moment(number, code, since_1904)
        return number if moment is None else moment
    if share := number_formats.percent(number, code):
        return share
    if unit := number_formats.unit(number, code):
        return f"{format_decimal(Decimal(repr(number)))}{unit}"
    first, last = (serial - DAYS_1900_TO_1904 for serial in SERIAL_RANGE)
    is_day = since_1904 and isinstance(number, int) and first <= number <= last
    return SerialSince1904(number) if is_day else number


def _shown(number: int | float, code: str, since_1904: bool) -> str | None:
    """Return the text that Excel shows for a number, or None if that is the number or the format is not understood."""
    if number_formats.is_date(code):
        moment = _moment(number, code, since_1904)
        return None if moment is None else number_formats.render(moment, code)
    if abs(number) >= SPOILT:
        return f"{number:.5E}"
    if code != GENERAL:
        return number_formats.render(number, code)
    return number_formats.general(number) if isinstance(number, float) else None


def _moment(number: int | float, code: str, since_1904: bool) -> Any:
    """Return the date, time or length of time that a number stands for, or None if it is out of range."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

    try:
        epoch = CALENDAR_MAC_1904 if since_1904 else CALENDAR_WINDOWS_1900
        return from_excel(number, epoch, timedelta=number_formats.is_elapsed(code))
    except (ValueError, OverflowError):
        return None  # 20220506 typed into a cell with a date format: as text it is a valid date


def _notes(
    entry: SheetEntry, stored: Worksheet, cells: Mapping[tuple[int, int], StoredCell], place: Where
) -> Iterator[Fault]:
    """Yield notices of what is hidden among the filled rows and columns, and of formats that are not understood."""
    last, width = _extent(cells)
    rows = [number for number in stored.hidden_rows if number <= last]
    filled = {column for _, column in cells}
    columns = [
        column_letters(column)
        for first, end in stored.hidden_columns
        for column in range(first, min(end, width) + 1)
        if column in filled
    ]
    hidden = (
        "这张表是隐藏的" if entry.state != VISIBLE else "",
        f"第 {_some(list(map(str, rows)))} 行是隐藏的" if rows else "",
        f"{_some(columns)} 列是隐藏的" if columns else "",
    )
    for words in filter(None, hidden):
        yield Fault(Level.NOTICE, place, words, "照样读了；不该读的请删去")
    for words in stored.boxes:
        mend = "要用的话，请写进单元格；不要的请删去"
        yield Fault(Level.NOTICE, place, "表上有一个文本框，里面的字没有读", mend, words)
    unseen: dict[str, list[tuple[int, int]]] = {}
    for at, cell in cells.items():
        if _is_unseen(cell):
            unseen.setdefault(cell.code, []).append(at)
    for code, [(row, column), *others] in unseen.items():
        also = f"和另外 {len(others)} 格" if others else ""
        mend = "要用的话，请把单元格设为“常规”格式；不要的请删去"
        where = replace(place, cell=f"{column_letters(column)}{row}")
        yield Fault(Level.NOTICE, where, f"这一格{also}的内容被数字格式“{code}”藏起来了", mend)
    odd: dict[str, tuple[int, int]] = {}
    for at, cell in cells.items():
        is_number = isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
        if is_number and cell.code not in PLAIN and not number_formats.is_understood(cell.code):
            odd.setdefault(cell.code, at)
    for code, (row, column) in odd.items():
        wrong = f"看不懂这一格的数字格式“{code}”，按存的数读了"
        mend = "请核对印出来的内容；不对的话，把单元格设为“文本”格式，照原样再写一遍"
        yield Fault(Level.NOTICE, replace(place, cell=f"{column_letters(column)}{row}"), wrong, mend)


def _is_unseen(cell: StoredCell) -> bool:
    """Return True if a number format such as ;;; shows nothing of a value; that it hides zeros is usual."""
    value = cell.value
    if not value or ";" not in cell.code or isinstance(value, bool | ErrorValue):
        return False
    return isinstance(value, str | int | float) and number_formats.render(value, cell.code) == ""


def _some(names: Sequence[str]) -> str:
    """Return the first five names as a Chinese list."""
    return "、".join(names[:5]) + ("等" if len(names) > 5 else "")
