"""Fit what a page shows into a frame, clear of the spine and of the page number.

A page that leaves the room is not touched. Any other is moved, or shrunk once if there is not enough room; nothing is
drawn over it and nothing is cut off.
"""

from paperwork.formats.paper import POINT, Box, Size
from paperwork.formats.pdf.imposition import UNCHANGED, Matrix
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.formats.pdf.render import PageInk

AIR_MM = 5
"""Least distance of ink from the edges of the paper, in millimetres: no printer prints closer to them."""
CLEAR_MM = 3
"""Least distance of ink from the page number in millimetres."""
TOLERANCE = 1.0
"""Points by which ink may leave its frame. Ink is measured at 36 dpi, so it may be wrong by half a millimetre; without
the tolerance, pages that keep a margin exactly would be moved."""
FAR = 1e5
"""A distance in points beyond any paper."""


def margins(size: Size, left_mm: float = AIR_MM, right_mm: float = AIR_MM) -> Box:
    """Return the part of the paper that may bear ink."""
    air = AIR_MM * POINT
    return left_mm * POINT, air, size[0] - right_mm * POINT, size[1] - air


def fit(ink: PageInk, turn: Matrix, size: Size, mark: PageNumber | None, frame: Box | None = None) -> Matrix:
    """Return the matrix that turns a page by `turn` and moves its ink into `frame` and off its page number.

    `size` is that of the turned page. Without a frame, only a page with ink at its number is moved.
    """
    box = transform_box(turn, ink.box) if ink.box else None
    if box is None:
        return turn
    matrix = turn
    if frame and not _is_inside(box, frame):
        matrix = multiply(turn, _into(box, frame, size))
    if mark and ink.reaches(transform_box(_inverse(matrix), _corner(mark, size))):
        matrix = multiply(turn, _into(box, _without_strip(frame or margins(size), mark, size), size))
    return matrix


def _is_inside(box: Box, frame: Box) -> bool:
    """Return True if a box lies in a frame."""
    low, high = (frame[0] - TOLERANCE, frame[1] - TOLERANCE), (frame[2] + TOLERANCE, frame[3] + TOLERANCE)
    return low[0] <= box[0] and low[1] <= box[1] and box[2] <= high[0] and box[3] <= high[1]


def _corner(mark: PageNumber, size: Size) -> Box:
    """Return the corner of the paper that belongs to the number: its box with the air around it, out to both edges."""
    left, bottom, right, top = mark.box(size)
    air = CLEAR_MM * POINT
    across = (-FAR, right + air) if mark.is_left else (left - air, FAR)
    along = (bottom - air, FAR) if mark.is_top else (-FAR, top + air)
    return across[0], along[0], across[1], along[1]


def _without_strip(frame: Box, mark: PageNumber, size: Size) -> Box:
    """Return the part of a frame outside the strip, along the head or the foot of the paper, of the page number."""
    _, bottom, _, top = _corner(mark, size)
    if mark.is_top:
        return frame[0], frame[1], frame[2], min(frame[3], bottom)
    return frame[0], max(frame[1], top), frame[2], frame[3]


def _into(box: Box, frame: Box, size: Size) -> Matrix:
    """Return the matrix that moves a box into a frame, and shrinks it if there is not enough room.

    What is only moved is moved as little as possible. What is shrunk has equal air at both sides and keeps its place
    below the head of the paper, so that it does not sink to the foot.
    """
    left, bottom, right, top = frame
    scale = min(1.0, (right - left) / (box[2] - box[0]), (top - bottom) / (box[3] - box[1]))
    if scale == 1:
        return (1, 0, 0, 1, _shift(box[0], box[2], left, right), _shift(box[1], box[3], bottom, top))
    at_head = size[1] * (1 - scale)
    up = at_head + _shift(scale * box[1] + at_head, scale * box[3] + at_head, bottom, top)
    return (scale, 0, 0, scale, (left + right - scale * (box[0] + box[2])) / 2, up)


def _shift(low: float, high: float, least: float, most: float) -> float:
    """Return the smallest shift that puts the range low…high between least and most."""
    return min(max(0.0, least - low), most - high)


# ---- matrices


def transform_box(matrix: Matrix, box: Box) -> Box:
    """Return the bounding box of a transformed box."""
    a, b, c, d, e, f = matrix
    corners = [(box[x], box[y]) for x in (0, 2) for y in (1, 3)]
    xs = [a * x + c * y + e for x, y in corners]
    ys = [b * x + d * y + f for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def multiply(first: Matrix, second: Matrix) -> Matrix:
    """Return the product of two matrices, `first` applied first; `second` only scales and moves."""
    if second == UNCHANGED:
        return first
    a, b, c, d, e, f = first
    s, _, _, t, x, y = second
    return (a * s, b * t, c * s, d * t, e * s + x, f * t + y)


def _inverse(matrix: Matrix) -> Matrix:
    """Return the inverse of a matrix."""
    a, b, c, d, e, f = matrix
    size = a * d - b * c
    return (d / size, -b / size, -c / size, a / size, (c * f - d * e) / size, (b * e - a * f) / size)
