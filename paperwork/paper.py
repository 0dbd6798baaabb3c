"""Sheets of paper: A4 and A3, which of them a page from outside belongs on, and where it stands there.

Nothing is ever enlarged: a receipt on A5 stays as large as it is. Lengths are points unless they say millimetres.
"""

from dataclasses import dataclass

POINT = 72 / 25.4
"""A millimetre."""
Size = tuple[float, float]
A4: Size = (210 * POINT, 297 * POINT)
A3: Size = (297 * POINT, 420 * POINT)
BIGGER = 1.2
"""A page is larger than A4, not merely cut a little large, when both its sides are that many times A4's."""
BINDING_MM, MARGIN_MM = 25, 15
"""What a picture leaves free at the edge that may be stitched, and elsewhere."""


@dataclass(frozen=True)
class Placed:
    """The sheet, and the box on it: left, bottom, width, height."""

    sheet: Size
    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """A picture as it goes into a PDF: coded bytes (JPEG, or deflated RGB), pixels, and where it stands."""

    data: bytes
    is_jpeg: bool
    pixels: tuple[int, int]
    placed: Placed


def sheet(size: Size) -> Size:
    """The sheet for a page: A4, or A3 for what is really larger; landscape stays landscape."""
    short, long = sorted(size)
    paper = A3 if short > A4[0] * BIGGER and long > A4[1] * BIGGER else A4
    return paper[::-1] if size[0] > size[1] else paper


def place(size: Size) -> Placed:
    """Put a page in the middle of its sheet, shrunk only when it must be."""
    paper = sheet(size)
    return _inside(size, paper, (0, 0, *paper))


def place_picture(size: Size) -> Placed:
    """Put a picture on A4, clear of the margins; a landscape sheet may be stitched at its head as well."""
    paper = A4[::-1] if size[0] > size[1] else A4
    binding, margin = BINDING_MM * POINT, MARGIN_MM * POINT
    head = binding if size[0] > size[1] else margin
    return _inside(size, paper, (binding, margin, paper[0] - binding - margin, paper[1] - head - margin))


def _inside(size: Size, paper: Size, room: tuple[float, float, float, float]) -> Placed:
    left, bottom, width, height = room
    times = min(1.0, width / size[0], height / size[1])
    own = (size[0] * times, size[1] * times)
    return Placed(paper, left + (width - own[0]) / 2, bottom + (height - own[1]) / 2, *own)
