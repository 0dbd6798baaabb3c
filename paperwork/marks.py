"""A workbook's copy with the faults marked where they stand; and the marks taken away again when it comes back."""

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from typing import Any

from paperwork import grid, merged
from paperwork.book import saved
from paperwork.cells import Area, letters
from paperwork.faults import Fault, Level
from paperwork.plain import UNPRINTABLE

RESULTS = "校验结果"
"""The first sheet of a marked copy; of a copy that comes back as input it is thrown away."""
RECORDS = "校验记录"
"""A sheet that nobody sees: what each marked cell looked like, by the number that its comment bears."""
AUTHOR = "校验"
COLOURS = {Level.ERROR: "FF9C9C", Level.GAP: "FFD966", Level.NOTICE: "BDD7EE"}
# Comments move with their cells when staff insert rows; so the number stands in the comment, below staff's own words.
MARK = re.compile(r"\n?—— 校验 (\d+) ——\n.*", re.DOTALL)
MOST_MERGED = 50_000
"""Cells of a sheet that merged areas may cover, and all of them are kept as they are."""
HIGHEST, LONGEST = 409, 300
"""The highest row that there is, in points; and how much of a cell is quoted, in characters."""
# What openpyxl leaves out when it writes a file anew: words found in a part of the file -> what staff would miss.
NOT_KEPT: tuple[tuple[str, bytes, str], ...] = (
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


def marked_copy(
    content: bytes, faults: Sequence[Fault], summary: Sequence[str], made: dt.datetime, files: Collection[str]
) -> bytes:
    """A workbook's copy with each fault's cell coloured and commented, and a first sheet that lists all of them.

    `files` are the names under which faults tell of this workbook: a catalogue's sheet may be called like one of its.
    """
    from openpyxl import load_workbook

    plain, areas = grid.unmerged(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is not kept is told below, in Chinese
        book = load_workbook(io.BytesIO(plain), rich_text=True)
    for sheet, of_it in zip(book.worksheets, areas, strict=True):
        _merge(sheet, of_it)
    _wipe(book)
    own = {fault for fault in faults if fault.where.file in files and fault.where.sheet in book.sheetnames}
    records = book.create_sheet(RECORDS)
    marked: set[tuple[str, str]] = set()
    for fault in faults:
        if fault in own and fault.where.cell:
            _mark(book[fault.where.sheet], fault, records, marked)
    if marked:
        records.sheet_state = "veryHidden"
    else:
        del book[RECORDS]
    _write_results(book.create_sheet(RESULTS, 0), faults, [*summary, _lost(content)], own)
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == RESULTS
    return saved(book, made)


def _merge(sheet: Any, areas: Sequence[Area]) -> None:
    """Merge a sheet's cells again; areas that go on for ever, only as far as anything stands."""
    from openpyxl.worksheet.cell_range import MultiCellRange
    from openpyxl.worksheet.merge import MergedCellRange

    if merged.size(areas) > MOST_MERGED:
        held = [place for place, cell in sheet._cells.items() if cell.value is not None]
        last, width = max((row for row, _ in held), default=0), max((column for _, column in held), default=0)
        areas = merged.within(areas, last, width)
    ranges = []
    for each in areas:
        first, last_one = (f"{letters(column + 1)}{row + 1}" for row, column in (each[:2], each[2:]))
        ranges.append(MergedCellRange(sheet, f"{first}:{last_one}"))
        sheet._clean_merge_range(ranges[-1])
    sheet.merged_cells = MultiCellRange(ranges)  # one by one, each would be compared with all the others


def _lost(content: bytes) -> str:
    lost = "、".join(_not_kept(content))
    return f"这份副本里没有保留：{lost}" if lost else ""


def _not_kept(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for start, words, name in NOT_KEPT:
            parts = (part for part in package.namelist() if part.startswith(start))
            if any(re.search(words, package.read(part)) for part in parts):
                yield name


def _wipe(book: Any) -> None:
    """Take away the marks of an earlier check, and what they covered comes back: staff mend in the copy."""
    if RESULTS in book.sheetnames:
        del book[RESULTS]
    records = book[RECORDS] if RECORDS in book.sheetnames else None
    for sheet in book.worksheets:
        # Cells that are there: one that is dressed at the end of the sheet would make a thousand million of them.
        for cell in list(sheet._cells.values()) if sheet is not records else ():
            if cell.comment and (MARK.search(cell.comment.text) or cell.comment.author == AUTHOR):
                _unmark(cell, records)
    if records is not None:
        del book[RECORDS]


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
    if isinstance(cell, MergedCell):  # only the first cell of a merged area can be marked
        over = next(area for area in sheet.merged_cells.ranges if fault.where.cell in area)
        cell = sheet.cell(over.min_row, over.min_col)
    before = cell.comment
    words = _clean(f"【{fault.level}】{fault.wrong}。{fault.mend}")
    size = (before.width, before.height) if before else (0, 0)
    if (sheet.title, cell.coordinate) not in marked:  # faults come gravest first: its colour stays
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


def _write_results(sheet: Any, faults: Sequence[Fault], summary: Sequence[str], own: Collection[Fault]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    heads = [RESULTS, *summary]
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
        found = fault.found if len(fault.found) <= LONGEST else fault.found[: LONGEST - 1] + "…"
        for column, value in enumerate((str(fault.level), place, fault.wrong, found, fault.mend), 2):
            cell = sheet.cell(line, column, _clean(value))
            cell.font, cell.alignment, cell.data_type = plain, wrap, "s"  # a quoted cell that begins with = is a text
        cell = sheet.cell(line, 1, number)
        cell.font, cell.alignment = plain, wrap
        sheet.cell(line, 2).fill = fills[fault.level]
        longest = max(len(fault.wrong) / 21, len(fault.mend) / 21, len(found) / 11, len(place) / 10)
        sheet.row_dimensions[line].height = min(HIGHEST, 16 * (1 + int(longest)))
        if fault in own:
            title = where.sheet.replace("'", "''")
            sheet.cell(line, 3).hyperlink = f"#'{title}'!{where.cell or 'A1'}"
            sheet.cell(line, 3).font = link
    sheet.freeze_panes = f"A{head + 1}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
