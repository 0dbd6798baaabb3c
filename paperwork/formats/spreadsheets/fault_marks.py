"""Write a copy of a workbook with the faults marked in their cells.

Staff correct the copy and drop it in again, so the marks of an earlier check are removed first and the former look of
each marked cell is restored.
"""

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from typing import Any

from paperwork.core.faults import Fault, Level, Unreadable
from paperwork.core.text import UNPRINTABLE
from paperwork.formats.office import libreoffice
from paperwork.formats.spreadsheets import merged_cells, xlsx
from paperwork.formats.spreadsheets.cells import MergedRange, column_letters
from paperwork.formats.spreadsheets.writer import workbook_bytes

RESULTS_SHEET = "校验结果"
"""Name of the first sheet of a marked copy; removed when the copy is used as input."""
RECORDS_SHEET = "校验记录"
"""Name of a hidden sheet that stores the former look of each marked cell, in the row that its comment names."""
AUTHOR = "校验"
COLOURS = {Level.ERROR: "FF9C9C", Level.GAP: "FFD966", Level.NOTICE: "BDD7EE"}
# The number is stored in the comment, below the words of staff: comments move with their cells when staff insert rows.
MARK = re.compile(r"\n?—— 校验 (\d+) ——\n.*", re.DOTALL)
MAX_MERGED_CELLS = 50_000
"""Cells of a sheet up to which its merged ranges are restored in full."""
MAX_ROW_HEIGHT, MAX_QUOTE = 409, 300
"""Largest row height of Excel, in points, and the number of characters quoted from a cell."""
# What openpyxl loses when it rewrites a file: prefix of the part, pattern in the part, name of the lost feature.
LOST_FEATURES: tuple[tuple[str, bytes, str], ...] = (
    ("xl/drawings/drawing", b"<xdr:sp[ >]", "文本框和图形"),
    ("xl/worksheets/sheet", b"<x14:dataValidation ", "引用其他表的下拉列表"),
    ("xl/worksheets/sheet", b"<x14:conditionalFormatting", "新式条件格式"),
    ("xl/worksheets/sheet", b"<x14:sparkline", "迷你图"),
    ("xl/charts/", b"", "图表的部分格式"),
    ("xl/cellimages", b"", "WPS 嵌入单元格的图片"),
    ("xl/ctrlProps/", b"", "按钮等控件"),
    ("xl/activeX/", b"", "ActiveX 控件"),
    ("xl/threadedComments/", b"", "批注的对话"),
    ("xl/slicers/", b"", "切片器"),
    ("xl/vbaProject.bin", b"", "宏"),
)


def make_marked_copy(
    content: bytes, faults: Sequence[Fault], summary: Sequence[str], made: dt.datetime, files: Collection[str]
) -> bytes:
    """Return a copy of a workbook with faulty cells coloured and commented, and a first sheet that lists all faults.

    `files` are the names of this workbook in the faults. The name of the sheet is not enough: the catalogue may have a
    sheet of the same name.
    """
    book, areas = _open(content)
    for sheet, ranges in zip(book.worksheets, areas, strict=True):
        _restore_merged_ranges(sheet, ranges)
    _remove_marks(book)
    own_faults = {fault for fault in faults if fault.where.file in files and fault.where.sheet in book.sheetnames}
    records = book.create_sheet(RECORDS_SHEET)
    marked: set[tuple[str, str]] = set()
    for fault in faults:
        if fault in own_faults and fault.where.cell:
            _mark(book[fault.where.sheet], fault, records, marked)
    if marked:
        records.sheet_state = "veryHidden"
    else:
        del book[RECORDS_SHEET]
    _write_results(book.create_sheet(RESULTS_SHEET, 0), faults, [*summary, _loss_note(content)], own_faults)
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == RESULTS_SHEET
    return workbook_bytes(book, made)


def _open(content: bytes) -> tuple[Any, Sequence[Sequence[MergedRange]]]:
    """Open a workbook without its merged ranges, and return it with the ranges of each sheet."""
    try:
        book, areas = _load(content)
        # Of a workbook in strict OOXML openpyxl finds no sheet, and says nothing.
        if len(book.worksheets) == len(areas):
            return book, areas
    except Unreadable:
        raise
    except Exception:  # openpyxl refuses an empty fill, and other things that do not damage a workbook
        pass
    return _load(libreoffice.to_xlsx(content, "xlsx"))


def _load(content: bytes) -> tuple[Any, Sequence[Sequence[MergedRange]]]:
    from openpyxl import load_workbook

    plain, areas = xlsx.strip_merged_ranges(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `_loss_note` lists the losses in Chinese
        return load_workbook(io.BytesIO(plain), rich_text=True), areas


def _restore_merged_ranges(sheet: Any, areas: Sequence[MergedRange]) -> None:
    """Restore the merged ranges of a sheet; very large ones only up to the last row and column with a value."""
    from openpyxl.worksheet.cell_range import MultiCellRange
    from openpyxl.worksheet.merge import MergedCellRange

    if merged_cells.count_cells(areas) > MAX_MERGED_CELLS:
        filled = [place for place, cell in sheet._cells.items() if cell.value is not None]
        last, width = max((row for row, _ in filled), default=0), max((column for _, column in filled), default=0)
        areas = merged_cells.clip_ranges(areas, last, width)
    ranges = []
    for each in areas:
        first, last_one = (f"{column_letters(column + 1)}{row + 1}" for row, column in (each[:2], each[2:]))
        ranges.append(MergedCellRange(sheet, f"{first}:{last_one}"))
        sheet._clean_merge_range(ranges[-1])
    sheet.merged_cells = MultiCellRange(ranges)  # `add` compares each with all others: O(n²)


def _loss_note(content: bytes) -> str:
    """Return the Chinese sentence on what the copy lost, or an empty text."""
    lost = "、".join(_lost_features(content))
    return f"这份副本里没有保留：{lost}" if lost else ""


def _lost_features(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for start, words, name in LOST_FEATURES:
            parts = (part for part in package.namelist() if part.startswith(start))
            if any(re.search(words, package.read(part)) for part in parts):
                yield name


def _remove_marks(book: Any) -> None:
    """Remove the marks of an earlier check and restore the former look: staff correct the values in the copy."""
    if RESULTS_SHEET in book.sheetnames:
        del book[RESULTS_SHEET]
    records = book[RECORDS_SHEET] if RECORDS_SHEET in book.sheetnames else None
    for sheet in book.worksheets:
        # `_cells` has only existing cells. `iter_rows` would create every cell up to the last formatted one: a single
        # formatted cell in the last corner makes more than 10⁹.
        for cell in list(sheet._cells.values()) if sheet is not records else ():
            if cell.comment and (MARK.search(cell.comment.text) or cell.comment.author == AUTHOR):
                _unmark(cell, records)
    if records is not None:
        del book[RECORDS_SHEET]


def _unmark(cell: Any, records: Any) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    mark = MARK.search(cell.comment.text)
    line = int(mark[1]) if mark and records is not None else 0
    words = MARK.sub("", cell.comment.text) if mark else ""
    cell.fill = copy(records.cell(line, 1).fill) if line else PatternFill()
    author, width, height = (records.cell(line, column).value for column in (2, 3, 4)) if line else ("", None, None)
    cell.comment = Comment(words, author or "", height or 79, width or 144) if words else None


def _mark(sheet: Any, fault: Fault, records: Any, marked: set[tuple[str, str]]) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell = sheet[fault.where.cell]
    if isinstance(cell, MergedCell):  # only the first cell of a merged range can be marked
        merged_range = next(area for area in sheet.merged_cells.ranges if fault.where.cell in area)
        cell = sheet.cell(merged_range.min_row, merged_range.min_col)
    before = cell.comment
    words = _clean(f"【{fault.level}】{fault.wrong}。{fault.mend}")
    size = (before.width, before.height) if before else (0, 0)
    if (sheet.title, cell.coordinate) not in marked:  # faults come gravest first, so the first colour stays
        marked.add((sheet.title, cell.coordinate))
        line = len(marked)
        records.cell(line, 1).fill = copy(cell.fill)
        for column, value in enumerate((before.author, *size) if before else (), 2):
            records.cell(line, column, value)
        cell.fill = PatternFill("solid", fgColor=COLOURS[fault.level])
        words = f"—— 校验 {line} ——\n{words}"
    words = f"{before.text}\n{words}" if before else words
    height = min(400, 60 + 20 * (len(words) // 18 + words.count("\n")))
    cell.comment = Comment(words, AUTHOR, width=300, height=height)


def _clean(words: str) -> str:
    return UNPRINTABLE.sub("", words)


def _write_results(sheet: Any, faults: Sequence[Fault], summary: Sequence[str], own_faults: Collection[Fault]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    heads = [RESULTS_SHEET, *summary]
    for line, words in enumerate(heads, 1):
        sheet.cell(line, 1, words)
    sheet["A1"].font = Font(name="黑体", size=16)
    head = len(heads) + 1
    columns = (("序号", 6), ("级别", 8), ("位置", 22), ("问题", 46), ("现在的内容", 24), ("怎么改", 46))
    for column, (words, width) in enumerate(columns, 1):
        cell = sheet.cell(head, column, words)
        cell.font, cell.fill = Font(name="黑体", size=11), PatternFill("solid", fgColor="DCE6F1")
        sheet.column_dimensions[cell.column_letter].width = width
    plain, link = Font(name="宋体", size=11), Font(name="宋体", size=11, color="0563C1", underline="single")
    wrap = Alignment(wrap_text=True, vertical="top")
    fills = {level: PatternFill("solid", fgColor=colour) for level, colour in COLOURS.items()}
    for number, fault in enumerate(faults, 1):
        where, line = fault.where, head + number
        place = f"{where.sheet}!{where.cell}".strip("!") or where.file
        found = fault.found if len(fault.found) <= MAX_QUOTE else fault.found[: MAX_QUOTE - 1] + "…"
        for column, value in enumerate((str(fault.level), place, fault.wrong, found, fault.mend), 2):
            cell = sheet.cell(line, column, _clean(value))
            cell.font, cell.alignment, cell.data_type = plain, wrap, "s"  # a text, even if it begins with =
        cell = sheet.cell(line, 1, number)
        cell.font, cell.alignment = plain, wrap
        sheet.cell(line, 2).fill = fills[fault.level]
        longest = max(len(fault.wrong) / 21, len(fault.mend) / 21, len(found) / 11, len(place) / 10)
        sheet.row_dimensions[line].height = min(MAX_ROW_HEIGHT, 16 * (1 + int(longest)))
        if fault in own_faults:
            title = where.sheet.replace("'", "''")
            sheet.cell(line, 3).hyperlink = f"#'{title}'!{where.cell or 'A1'}"
            sheet.cell(line, 3).font = link
    sheet.freeze_panes = f"A{head + 1}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
