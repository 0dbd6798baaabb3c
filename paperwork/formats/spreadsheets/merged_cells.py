"""Remove merged ranges from a sheet's XML before openpyxl parses it.

openpyxl creates one object for every cell of a merged range. Three columns merged all the way down make three million
objects; a malicious file can make a thousand times as many. openpyxl does the same for every cell of a hyperlink's
range. Hyperlinks are not removed, only counted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from paperwork.core.faults import Unreadable
from paperwork.formats.spreadsheets.cells import BROKEN, MAX_COLUMNS, MAX_ROWS, MergedRange

MAX_RANGES, MAX_CELLS = 100_000, 500_000
"""Limits for one sheet: merged ranges, and cells that they cover within the filled part of the sheet."""
LAST_ROW, LAST_COLUMN = 2**20, 2**14
"""Size of the largest sheet that Excel allows."""
RANGES_TOO_LARGE = ("合并单元格大得不合情理，没有打开它", "请取消合并多余的单元格，另存后再放")
LINKS_TOO_LARGE = ("超链接大得不合情理，没有打开它", "请去掉整行整列的超链接，另存后再放")
"""Problem and remedy of a sheet with too many merged cells, or too many cells with hyperlinks."""
# The patterns exclude < and > inside a tag; no valid tag has them. So every match ends at the next bracket, and a
# crafted file cannot cause quadratic backtracking.
ELEMENT = re.compile(rb"<(/?)((?:[^\s<>/:]+:)?)mergeCells(?:\s[^<>]*?)?(/?)>")
ANY_TAG = re.compile(rb"<[^\s<>]*mergeCells")
RANGE_TAG = re.compile(rb"<(?:[^\s<>/:]+:)?mergeCell(?=[\s/>])([^<>]*)>")
REF = re.compile(rb"\sref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
LINK = re.compile(rb"<(?:[^\s<>/:]+:)?hyperlink(?=[\s/>])")
ATTRIBUTE = re.compile(rb"\s*([^\s=<>\"'/]+)\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
SPAN = re.compile(r"\s*\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?\s*", re.ASCII | re.IGNORECASE)


def extract_merged_ranges(xml: bytes) -> tuple[bytes, list[MergedRange]]:
    """Return a sheet's XML without its merged ranges, and the ranges. Raises `Unreadable` if damaged or too large."""
    # UTF-16 (NUL bytes) and entities (DOCTYPE) can spell a tag in a second way, which the patterns would not find.
    # Spreadsheet programs write neither.
    if b"\0" in xml or b"<!DOCTYPE" in xml:
        raise Unreadable(*BROKEN)
    tags = list(islice(ELEMENT.finditer(xml), 3))
    if not tags:
        rest, areas = xml, []
    else:
        first, last = tags[0], tags[-1]
        # Exactly one element: either self-closing, or a start and an end tag with the same prefix.
        shape = [(bool(each[1]), bool(each[3]), each[2]) for each in tags]
        if shape not in ([(False, True, first[2])], [(False, False, first[2]), (True, False, first[2])]):
            raise Unreadable(*BROKEN)
        rest, areas = xml[: first.start()] + xml[last.end() :], _areas(xml[first.end() : last.start()])
    if ANY_TAG.search(rest):
        raise Unreadable(*BROKEN)
    return rest, areas


def _areas(xml: bytes) -> list[MergedRange]:
    areas = [_area(each[1]) for each in islice(RANGE_TAG.finditer(xml), MAX_RANGES + 1)]
    # Staff merge whole columns or whole rows by mistake. A range that exceeds both limits hides the entire table.
    if len(areas) > MAX_RANGES or any(_height(each) > MAX_ROWS and _width(each) > MAX_COLUMNS for each in areas):
        raise Unreadable(*RANGES_TOO_LARGE)
    return areas


def refuse_wide_links(xml: bytes) -> None:
    """Raise `Unreadable` if the hyperlinks of a sheet (its merged ranges already removed) cover too many cells."""
    cells = 0
    for link in LINK.finditer(xml):
        at = link.end()
        while found := ATTRIBUTE.match(xml, at):  # in sequence: a value may look like an attribute
            at = found.end()
            cells += count_cells([_parse_reference(found[2] or found[3] or b"")]) if found[1] == b"ref" else 0
            if cells > MAX_CELLS:
                raise Unreadable(*LINKS_TOO_LARGE)


def _area(attributes: bytes) -> MergedRange:
    ref = REF.search(attributes)
    return _parse_reference(ref[1] or ref[2] or b"" if ref else b"")


def _parse_reference(ref: bytes) -> MergedRange:
    """Parse a reference such as B2:$D$9. Raises `Unreadable` when it is malformed or lies outside the largest sheet."""
    span = SPAN.fullmatch(ref.decode("ascii", "replace"))
    if not span:
        raise Unreadable(*BROKEN)
    area = MergedRange(
        int(span[2]) - 1, column_number(span[1]) - 1, int(span[4] or span[2]) - 1, column_number(span[3] or span[1]) - 1
    )
    if not (0 <= area.top <= area.bottom < LAST_ROW and area.left <= area.right < LAST_COLUMN):
        raise Unreadable(*BROKEN)
    return area


def column_number(letters: str) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _height(area: MergedRange) -> int:
    return area.bottom - area.top + 1


def _width(area: MergedRange) -> int:
    return area.right - area.left + 1


def count_cells(areas: Iterable[MergedRange]) -> int:
    """Return the number of cells in these ranges; a cell in two ranges counts twice."""
    return sum(_height(each) * _width(each) for each in areas)


def clip_ranges(areas: Iterable[MergedRange], rows: int, columns: int) -> list[MergedRange]:
    """Clip the ranges to the first rows and columns. Raises `Unreadable` if they still cover too many cells."""
    inside = [
        MergedRange(each.top, each.left, min(each.bottom, rows - 1), min(each.right, columns - 1))
        for each in areas
        if each.top < rows and each.left < columns
    ]
    if count_cells(inside) > MAX_CELLS:
        raise Unreadable(*RANGES_TOO_LARGE)
    return inside


def covered_cells(areas: Sequence[MergedRange]) -> Iterator[tuple[int, int]]:
    """Yield the hidden cells of each range, all but its first, as (row, column) counted from 1, as openpyxl does."""
    for each in areas:
        for row in range(each.top, each.bottom + 1):
            for column in range(each.left, each.right + 1):
                if (row, column) != (each.top, each.left):
                    yield row + 1, column + 1
