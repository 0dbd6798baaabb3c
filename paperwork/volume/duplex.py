"""Lay out the volume's pages for duplex printing, in 册 that can be stitched and boxed.

Every item begins on the front of a sheet of paper (a right-hand page). A blank back carries no number. So the side and
the page number do not run in parallel, and the corner of a number depends on its side. The numbers are those of the
electronic edition and run through all 册.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from paperwork.documents.declarations import Binding
from paperwork.formats.paper import A3, A4, Size
from paperwork.formats.pdf import imposition
from paperwork.formats.pdf.imposition import Matrix, Side
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.formats.pdf.render import PageInk
from paperwork.volume import frame
from paperwork.volume.page_plan import PagePlan, PlannedItem

SAME_SIZE = 1.0
"""Points by which a page may differ from its paper and still be of its size."""
DIVIDER = 1
"""Sheets of paper that a divider takes."""


@dataclass(frozen=True)
class Book:
    """A 册: its items in order, and the sheets of paper that items and dividers take without the 册's own pages."""

    number: int
    entries: tuple[PlannedItem, ...]
    paper_sheets: int

    @property
    def plan(self) -> PagePlan:
        """Return the part of the page plan for this 册."""
        return PagePlan(self.entries)

    def sections(self) -> list[tuple[str, tuple[PlannedItem, ...]]]:
        """Return the items grouped by section, in order."""
        return [(name, tuple(group)) for name, group in groupby(self.entries, lambda entry: entry.item.section)]


def books(page_plan: PagePlan, sheets: Mapping[int, int], reserve: Sequence[int], most: int) -> list[Book]:
    """Distribute the items over 册 of at most `most` sheets of paper; an item is never split.

    `sheets` holds the sheets of paper of each item by its number. `reserve` holds those that the first 册, and every
    other one, needs for its cover, tables and 备考表. An item that is longer than a 册 gets a 册 of its own.
    """
    finished_books: list[Book] = []
    entries: list[PlannedItem] = []
    used = 0
    for entry in page_plan.entries:
        is_new_section = not entries or entry.item.section != entries[-1].item.section
        needed = sheets[entry.item.number] + DIVIDER * is_new_section
        available = most - reserve[min(len(finished_books), len(reserve) - 1)]
        if entries and used + needed > available:
            finished_books.append(Book(len(finished_books) + 1, tuple(entries), used))
            # A new 册 repeats the divider, even in the middle of a section.
            entries, used, needed = [], 0, sheets[entry.item.number] + DIVIDER
        entries.append(entry)
        used += needed
    if entries:
        finished_books.append(Book(len(finished_books) + 1, tuple(entries), used))
    return finished_books


# ---- from pages to sides


def item_sides(entry: PlannedItem) -> list[Side]:
    """Return the sides of an item: an A3 page is always a front with a blank back, and the last back is filled up."""
    sides: list[Side] = []
    number = entry.start
    for path in entry.item.parts:
        for page, size in enumerate(imposition.page_sizes(path)):
            # An A3 page has a sheet of paper of its own, so it must not become the back of an A4 page.
            if _is_a3(size) and len(sides) % 2:
                sides.append(Side())
            sides.append(Side(path, page, PageNumber(number), size=size))
            if _is_a3(size):
                sides.append(Side(size=_paper_size(size)))
            number += 1
    return _filled(sides)


def own_sides(path: Path) -> list[Side]:
    """Return the sides of a PDF whose pages carry no number."""
    return _filled([Side(path, page, size=size) for page, size in enumerate(imposition.page_sizes(path))])


def _filled(sides: list[Side]) -> list[Side]:
    return sides + [Side()] * (len(sides) % 2)


def _is_a3(size: Size) -> bool:
    return max(size) > A4[1] * 1.2


def _paper_size(size: Size) -> Size:
    """Return the paper size for a page: A4 portrait, or A3 landscape, which is folded."""
    return (A3[1], A3[0]) if _is_a3(size) else A4


# ---- from sides to sheets


def place_sides(sides: Sequence[Side], binding: Binding, ink: Callable[[Path], Sequence[PageInk]]) -> Iterator[Side]:
    """Yield the sides with their final matrix and number position.

    A page is turned to fit its paper. If its ink reaches into the binding margin or the corner of the page number, it
    is moved, and shrunk if there is not enough room. `ink` returns the ink of each page of a file.
    """
    for place, side in enumerate(sides):
        is_back = place % 2 == 1  # fronts and backs alternate from the first side of the 册
        if side.path is None:
            yield side
            continue
        size = _paper_size(side.size)
        mark = side.page_number and _with_corner(side.page_number, binding, is_back)
        # The spine is at the left of a front and at the right of a back.
        spine_mm = binding.binding_margin_mm
        inside = frame.margins(size, right_mm=spine_mm) if is_back else frame.margins(size, left_mm=spine_mm)
        matrix = frame.fit(ink(side.path)[side.page], _rotation(side.size, size), size, mark, inside)
        yield replace(side, matrix=matrix, size=size, page_number=mark)


def _with_corner(mark: PageNumber, binding: Binding, is_back: bool) -> PageNumber:
    """Return the number in its corner: at the foot for numbers by 卷, at the head by 件, always at the outer edge.

    See standards 2.6 and 3.3. The outer edge is on the right of a front and on the left of a back.
    """
    is_top = binding.numbers == "件"
    return PageNumber(mark.number, binding.number_side_mm, binding.number_edge_mm, is_left=is_back, is_top=is_top)


def _rotation(size: Size, paper: Size) -> Matrix:
    """Return the matrix that turns a page by 90° (head to the left) if its orientation differs from the paper's.

    A page of another size than the paper, such as Letter, lies at the head of the paper, in the middle.
    """
    width, height = size
    turn: Matrix = imposition.UNCHANGED
    if (width > height) != (paper[0] > paper[1]):
        turn, width, height = (0, 1, -1, 0, height, 0), height, width
    across, along = (paper[0] - width) / 2, paper[1] - height
    if max(abs(across), abs(along)) < SAME_SIZE:
        return turn
    return (*turn[:4], turn[4] + across, turn[5] + along)


def count_paper_sheets(sides: Sequence[Side]) -> int:
    """Return the number of sheets of paper; the sides must fill whole sheets."""
    return len(sides) // 2


def a3_page_numbers(sides: Sequence[Side]) -> list[int]:
    """Return the page numbers of the A3 pages."""
    return [side.page_number.number for side in sides if side.page_number and _is_a3(side.size)]


def book_file_name(book: Book, total: int) -> str:
    """Return the file name of a 册."""
    return "打印版.pdf" if total == 1 else f"打印版-第{book.number}册.pdf"
