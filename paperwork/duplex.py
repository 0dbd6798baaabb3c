"""The paper edition: the volume's pages as a duplex printer needs them, in 册 that can be stitched and boxed.

Every item begins on a right-hand page; a back that stays blank bears no number. So sides and numbers differ, and a
number's corner depends on the side it is on. Numbers are those of the electronic edition, through all 册.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from paperwork import impose
from paperwork.forms import Binding
from paperwork.impose import Matrix, Side
from paperwork.leaf import Mark
from paperwork.paper import A3, A4, POINT, Size
from paperwork.plan import Entry, Plan
from paperwork.raster import Box

EDGE_MM = 5
"""What no printer reaches, at the edges away from the spine."""
DIVIDER = 1
"""Sheets of a divider."""


@dataclass(frozen=True)
class Book:
    """A 册: its items in order, and how many sheets of paper they take without the 册's own pages."""

    number: int
    entries: tuple[Entry, ...]
    sheets: int

    @property
    def plan(self) -> Plan:
        """Its part of the page plan."""
        return Plan(self.entries)

    def sections(self) -> list[tuple[str, tuple[Entry, ...]]]:
        """Its items by section."""
        return [(name, tuple(group)) for name, group in groupby(self.entries, lambda entry: entry.item.section)]


def books(laid: Plan, sheets: Mapping[int, int], reserve: Sequence[int], most: int) -> list[Book]:
    """Share the items out over 册 of at most so many sheets, never cutting an item in two.

    `sheets` counts each item's sheets by its number; `reserve` the sheets that the first 册, and every other, needs for
    its cover, tables and record. An item that is longer than a 册 has one for itself.
    """
    made: list[Book] = []
    entries: list[Entry] = []
    count = 0
    for entry in laid.entries:
        is_new_section = not entries or entry.item.section != entries[-1].item.section
        more = sheets[entry.item.number] + DIVIDER * is_new_section
        room = most - reserve[min(len(made), len(reserve) - 1)]
        if entries and count + more > room:
            made.append(Book(len(made) + 1, tuple(entries), count))
            entries, count, more = [], 0, sheets[entry.item.number] + DIVIDER
        entries.append(entry)
        count += more
    if entries:
        made.append(Book(len(made) + 1, tuple(entries), count))
    return made


# ---- from pages to sides


def item_sides(entry: Entry) -> list[Side]:
    """An item's pages, each A3 sheet on a front with an empty back, the last back filled up."""
    sides: list[Side] = []
    number = entry.start
    for path in entry.item.parts:
        for page, size in enumerate(impose.sizes(path)):
            if _is_a3(size) and len(sides) % 2:
                sides.append(Side())
            sides.append(Side(path, page, Mark(number), size=size))
            if _is_a3(size):
                sides.append(Side(size=_upright(size)))
            number += 1
    return _filled(sides)


def own_sides(path: Path) -> list[Side]:
    """Pages that bear no number."""
    return _filled([Side(path, page, size=size) for page, size in enumerate(impose.sizes(path))])


def _filled(sides: list[Side]) -> list[Side]:
    return sides + [Side()] * (len(sides) % 2)


def _is_a3(size: Size) -> bool:
    return max(size) > A4[1] * 1.2


def _upright(size: Size) -> Size:
    """How a sheet lies in the printed volume: A4 upright, A3 across, to be folded."""
    return (A3[1], A3[0]) if _is_a3(size) else A4


# ---- from sides to sheets


def finished(sides: Sequence[Side], binding: Binding, ink: Callable[[Path], Sequence[Box | None]]) -> Iterator[Side]:
    """Turn, move and shrink what would be stitched in, and put each number into the corner of its side.

    `ink` tells of each page of a file in which box all that is drawn on it lies.
    """
    for place, side in enumerate(sides):
        is_back = place % 2 == 1
        if side.path is None:
            yield side
            continue
        size = _upright(side.size)
        turn = _turned(side.size, size)
        box = _through(turn, ink(side.path)[side.page])
        matrix = _then(turn, _clear(box, size, binding.binding_margin_mm, is_back)) if box else turn
        yield replace(side, matrix=matrix, size=size, mark=side.mark and _corner(side.mark, binding, is_back))


def _corner(mark: Mark, binding: Binding, is_back: bool) -> Mark:
    """Numbers by 卷 stand at the foot, by 件 at the head; at the outer side of front and back (standards 2.6, 3.3)."""
    is_top = binding.numbers == "件"
    return Mark(mark.number, binding.number_side_mm, binding.number_edge_mm, is_left=is_back, is_top=is_top)


def _turned(size: Size, paper: Size) -> Matrix:
    """Set a page on its paper: one that lies across goes on upright paper with its head to the left, and vice versa."""
    width, height = size
    if (width > height) != (paper[0] > paper[1]):
        return (0, 1, -1, 0, height, 0)
    return impose.UNCHANGED


def _through(matrix: Matrix, box: Box | None) -> Box | None:
    if box is None:
        return None
    a, b, c, d, e, f = matrix
    corners = [(box[x], box[y]) for x in (0, 2) for y in (1, 3)]
    xs = [a * x + c * y + e for x, y in corners]
    ys = [b * x + d * y + f for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _then(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    s, _, _, t, x, y = second
    return (a * s, b * t, c * s, d * t, e * s + x, f * t + y)


def _clear(box: Box, size: Size, spine_mm: float, is_back: bool) -> Matrix:
    """Move what is drawn out of the spine's margin, and shrink it when there is not room enough."""
    spine, edge = spine_mm * POINT, EDGE_MM * POINT
    left, right = (edge, size[0] - spine) if is_back else (spine, size[0] - edge)
    bottom, top = edge, size[1] - edge
    # Half a millimetre is what the measure may be wrong by.
    if left - 1 <= box[0] and box[2] <= right + 1 and bottom - 1 <= box[1] and box[3] <= top + 1:
        return impose.UNCHANGED
    scale = min(1.0, (right - left) / (box[2] - box[0]), (top - bottom) / (box[3] - box[1]))
    return (scale, 0, 0, scale, _shift(box[0], box[2], left, right, scale), _shift(box[1], box[3], bottom, top, scale))


def _shift(low: float, high: float, least: float, most: float, scale: float) -> float:
    """How far to move so that low…high, scaled, lies between least and most; as little as can be."""
    return min(max(0.0, least - scale * low), most - scale * high)


def sheets(sides: Sequence[Side]) -> int:
    """How many sheets of paper."""
    return len(sides) // 2


def folded(sides: Sequence[Side]) -> list[int]:
    """The numbers of the A3 pages."""
    return [side.mark.number for side in sides if side.mark and _is_a3(side.size)]


def file_of(book: Book, total: int) -> str:
    """What the file of a 册 is called."""
    return "打印版.pdf" if total == 1 else f"打印版-第{book.number}册.pdf"
