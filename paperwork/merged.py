"""Merged cells, taken out of a sheet before the library sees them: of each cell of each area it would make an object.

Staff who merge three columns all the way down make three million; somebody of ill will makes a thousand times as many.
It makes them of the cells that one link lies on, too; links stay where they are, and are only counted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from paperwork.cells import MAX_COLUMNS, MAX_ROWS, Area

MOST_AREAS, MOST_CELLS = 100_000, 500_000
"""Of one sheet: how many areas, and how many cells they may cover where anything stands."""
LAST_ROW, LAST_COLUMN = 2**20, 2**14
"""The largest sheet that any program writes."""
LARGE = "合并单元格大得不合情理，没有打开它。请取消合并多余的单元格，另存后再放"
WIDE = "超链接大得不合情理，没有打开它。请去掉整行整列的超链接，另存后再放"
DAMAGED = "the merged areas or the links are damaged"
"""Told to staff as any damage is."""
# Between < and > no honest tag has either of them; so nothing is looked through twice, however it is written.
ELEMENT = re.compile(rb"<(/?)((?:[^\s<>/:]+:)?)mergeCells(?:\s[^<>]*?)?(/?)>")
LEFT = re.compile(rb"<[^\s<>]*mergeCells")
ONE = re.compile(rb"<(?:[^\s<>/:]+:)?mergeCell(?=[\s/>])([^<>]*)>")
REF = re.compile(rb"\sref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
LINK = re.compile(rb"<(?:[^\s<>/:]+:)?hyperlink(?=[\s/>])")
ATTRIBUTE = re.compile(rb"\s*([^\s=<>\"'/]+)\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
SPAN = re.compile(r"\s*\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?\s*", re.ASCII | re.IGNORECASE)


def taken_out(xml: bytes) -> tuple[bytes, list[Area]]:
    """A sheet without its merged areas, and these. Raises `ValueError`: they are damaged, or beyond reason."""
    # Words that could be spelled in two ways: no program writes them, and whoever looks for words would be deceived.
    if b"\0" in xml or b"<!DOCTYPE" in xml:
        raise ValueError(DAMAGED)
    found = list(islice(ELEMENT.finditer(xml), 3))
    if not found:
        rest, areas = xml, []
    else:
        first, last = found[0], found[-1]
        shape = [(bool(each[1]), bool(each[3]), each[2]) for each in found]
        if shape not in ([(False, True, first[2])], [(False, False, first[2]), (True, False, first[2])]):
            raise ValueError(DAMAGED)
        rest, areas = xml[: first.start()] + xml[last.end() :], _areas(xml[first.end() : last.start()])
    if LEFT.search(rest):
        raise ValueError(DAMAGED)
    return rest, areas


def _areas(xml: bytes) -> list[Area]:
    areas = [_area(each[1]) for each in islice(ONE.finditer(xml), MOST_AREAS + 1)]
    # One that is both higher and wider than any table hides all of it: that is no mishap with whole columns or rows.
    if len(areas) > MOST_AREAS or any(_height(each) > MAX_ROWS and _width(each) > MAX_COLUMNS for each in areas):
        raise ValueError(LARGE)
    return areas


def refuse_wide_links(xml: bytes) -> None:
    """Raise `ValueError` when the links of a sheet without merged areas lie on more cells than any table has."""
    cells = 0
    for link in LINK.finditer(xml):
        at = link.end()
        while found := ATTRIBUTE.match(xml, at):  # one after the other: a value may look like an attribute
            at = found.end()
            cells += size([_span(found[2] or found[3] or b"")]) if found[1] == b"ref" else 0
            if cells > MOST_CELLS:
                raise ValueError(WIDE)


def _area(attributes: bytes) -> Area:
    ref = REF.search(attributes)
    return _span(ref[1] or ref[2] or b"" if ref else b"")


def _span(ref: bytes) -> Area:
    span = SPAN.fullmatch(ref.decode("ascii", "replace"))
    if not span:
        raise ValueError(DAMAGED)
    area = Area(int(span[2]) - 1, _column(span[1]) - 1, int(span[4] or span[2]) - 1, _column(span[3] or span[1]) - 1)
    if not (0 <= area.top <= area.bottom < LAST_ROW and area.left <= area.right < LAST_COLUMN):
        raise ValueError(DAMAGED)
    return area


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _height(area: Area) -> int:
    return area.bottom - area.top + 1


def _width(area: Area) -> int:
    return area.right - area.left + 1


def size(areas: Iterable[Area]) -> int:
    """How many cells they cover; what two of them cover counts twice."""
    return sum(_height(each) * _width(each) for each in areas)


def within(areas: Iterable[Area], rows: int, columns: int) -> list[Area]:
    """As much of them as lies among the first rows and columns. Raises `ValueError` when that is beyond reason."""
    inside = [
        Area(each.top, each.left, min(each.bottom, rows - 1), min(each.right, columns - 1))
        for each in areas
        if each.top < rows and each.left < columns
    ]
    if size(inside) > MOST_CELLS:
        raise ValueError(LARGE)
    return inside


def covered(areas: Sequence[Area]) -> Iterator[tuple[int, int]]:
    """The cells that nobody sees, all but the first of each area, as the library counts: rows and columns from 1."""
    for each in areas:
        for row in range(each.top, each.bottom + 1):
            for column in range(each.left, each.right + 1):
                if (row, column) != (each.top, each.left):
                    yield row + 1, column + 1
