"""Columns of tables in filled Word files, as the mark in a table's description (可选文字) says."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from paperwork.formats.office.typesetting.styles import W

EMPTY_COLUMNS, FITTED_COLUMNS = "空栏不印", "栏宽随内容"
"""What staff write into the description (可选文字) of a table: leave out columns without contents; fit the others."""
EM, PADDING = 210, 230
"""Width of a Chinese character of 10.5 pt, and the space around the text of a cell, in twentieths of a point."""


def fit_columns(root: Any) -> None:
    """Do to the columns of each table what the marks in its description say; the table stays as wide as it is.

    The marks are removed: they are no description for a reader.
    """
    for table in list(root.iter(f"{W}tbl")):
        marked = ""
        for name in ("tblDescription", "tblCaption"):
            for element in table.findall(f"{W}tblPr/{W}{name}"):
                words = element.get(f"{W}val", "")
                marked += words
                rest = words.replace(EMPTY_COLUMNS, "").replace(FITTED_COLUMNS, "").strip(" ，。；、")
                element.set(f"{W}val", rest) if rest else element.getparent().remove(element)
        if EMPTY_COLUMNS in marked or FITTED_COLUMNS in marked:
            _fit(table, EMPTY_COLUMNS in marked, FITTED_COLUMNS in marked)


def _fit(table: Any, without_empty: bool, is_fitted: bool) -> None:
    """Remove the empty columns of a table, or fit the columns, or both.

    A table whose rows do not fill its grid is left as it is. A column is empty if no cell below the head has contents.
    """
    grid = list(table.find(f"{W}tblGrid"))
    rows = [(_is_head(row), list(_cells(row))) for row in table.iterchildren(f"{W}tr")]
    if not all(sum(span for _, _, span in cells) == len(grid) for _, cells in rows):
        return
    # A cell over several columns (合计) says nothing about one of them.
    below = [(start, cell) for is_head, cells in rows if not is_head for cell, start, span in cells if span == 1]
    filled = {start for start, cell in below if _has_contents(cell)}
    empty = {start for start, _ in below} - filled if without_empty and filled else set()
    kept = [column for column in range(len(grid)) if column not in empty]
    if not empty and not is_fitted:
        return
    alone = [(start, cell) for _, cells in rows for cell, start, span in cells if span == 1]
    wanted = [max((_line_width(cell) for start, cell in alone if start == column), default=0) for column in kept]
    old = [int(column.get(f"{W}w")) for column in grid]
    least = [min(old[column], want) if is_fitted else old[column] for column, want in zip(kept, wanted, strict=True)]
    widths = dict(zip(kept, _widened(least, wanted, sum(old)), strict=True))
    for _, cells in rows:
        for cell, start, span in cells:
            _resize(cell, [widths[column] for column in range(start, start + span) if column in widths])
    for number, column in enumerate(grid):
        column.set(f"{W}w", str(widths[number])) if number in widths else column.getparent().remove(column)


def _is_head(row: Any) -> bool:
    return row.find(f"{W}trPr/{W}tblHeader") is not None


def _cells(row: Any) -> Iterator[tuple[Any, int, int]]:
    """Yield the cells of a row, each with its first column of the grid and the number of its columns."""
    start = 0
    for cell in row.iterchildren(f"{W}tc"):
        span = cell.find(f"{W}tcPr/{W}gridSpan")
        count = int(span.get(f"{W}val")) if span is not None else 1
        yield cell, start, count
        start += count


def _has_contents(cell: Any) -> bool:
    drawn = any(next(cell.iter(f"{W}{name}"), None) is not None for name in ("drawing", "pict", "object"))
    return drawn or any((text.text or "").strip() for text in cell.iter(f"{W}t"))


def _line_width(cell: Any) -> int:
    """Return the width that a cell needs to show each of its paragraphs on one line, about."""
    lines = ("".join(text.text or "" for text in each.iter(f"{W}t")) for each in cell.iter(f"{W}p"))
    return PADDING + max(map(_width, lines), default=0)


def _width(line: str) -> int:
    """Return the width of a line; between Chinese characters and others there is a small gap."""
    wide = [ord(char) > 0xFF for char in line]
    gaps = sum(one != other for one, other in pairwise(wide))
    return sum(EM if each else EM // 2 for each in wide) + gaps * EM // 4


def _widened(widths: Sequence[int], wanted: Sequence[int], total: int) -> list[int]:
    """Return widths of columns that add up to `total`: first what their contents lack, the rest in proportion."""
    lacking = [max(0, want - width) for width, want in zip(widths, wanted, strict=True)]
    free = total - sum(widths)
    share = min(1, free / sum(lacking)) if sum(lacking) else 0
    wide = [width + lack * share for width, lack in zip(widths, lacking, strict=True)]
    edges = [round(total * sum(wide[:number]) / sum(wide)) for number in range(len(wide) + 1)]
    return [right - left for left, right in pairwise(edges)]


def _resize(cell: Any, widths: Sequence[int]) -> None:
    """Give a cell the columns that are left of it; remove it if none is."""
    if not widths:
        cell.getparent().remove(cell)
        return
    properties = cell.find(f"{W}tcPr")
    span, width = properties.find(f"{W}gridSpan"), properties.find(f"{W}tcW")
    if span is not None:
        span.set(f"{W}val", str(len(widths)))
    if width is not None:
        width.set(f"{W}w", str(sum(widths)))
