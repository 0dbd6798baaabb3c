"""Choose A4 or A3 for a foreign page, and place the page on it.

No page is ever enlarged: an A5 receipt keeps its size. Lengths are in points, except for names that end in `_MM`.
"""

from dataclasses import dataclass

POINT = 72 / 25.4
"""Points per millimetre."""
Size = tuple[float, float]
"""Width and height in points."""
Box = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""
A4: Size = (210 * POINT, 297 * POINT)
A3: Size = (297 * POINT, 420 * POINT)
BIGGER = 1.2
"""Factor above which a page counts as larger than A4, not as A4 cut a little large; both sides must exceed it."""
BINDING_MM, MARGIN_MM, FOOT_MM = 25, 15, 20
"""Margins around a picture: at an edge that may be stitched, at the others, and at the foot, where page numbers are."""


@dataclass(frozen=True)
class PlacedPage:
    """A page placed on paper: `sheet` is the size of the paper, the rest is the page's box on it."""

    paper_size: Size
    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """A picture for a PDF: compressed bytes (JPEG or deflated RGB), width and height in pixels, place on the paper."""

    data: bytes
    is_jpeg: bool
    pixels: tuple[int, int]
    placed: PlacedPage


def paper_for(size: Size) -> Size:
    """Return the paper for a page: A4, or A3 for a page larger by `BIGGER`; landscape stays landscape."""
    short, long = sorted(size)
    paper = A3 if short > A4[0] * BIGGER and long > A4[1] * BIGGER else A4
    return paper[::-1] if size[0] > size[1] else paper


def place_page(size: Size) -> PlacedPage:
    """Centre a page on its paper; shrink it only when it does not fit."""
    paper = paper_for(size)
    return _inside(size, paper, (0, 0, *paper))


def place_picture(size: Size) -> PlacedPage:
    """Centre a picture on A4 inside the margins, above the page number."""
    # A landscape page may be bound at its head as well, when it is turned to upright paper.
    paper = A4[::-1] if size[0] > size[1] else A4
    binding, margin, foot = BINDING_MM * POINT, MARGIN_MM * POINT, FOOT_MM * POINT
    head = binding if size[0] > size[1] else margin
    return _inside(size, paper, (binding, foot, paper[0] - binding - margin, paper[1] - head - foot))


def _inside(size: Size, paper: Size, area: tuple[float, float, float, float]) -> PlacedPage:
    """Centre a page in an area of the paper (left, bottom, width, height); shrink it when it does not fit."""
    left, bottom, width, height = area
    scale = min(1.0, width / size[0], height / size[1])
    scaled = (size[0] * scale, size[1] * scale)
    return PlacedPage(paper, left + (width - scaled[0]) / 2, bottom + (height - scaled[1]) / 2, *scaled)
