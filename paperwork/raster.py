"""PDF pages drawn as pictures, and what is written in a part of them. Sole owner of pypdfium2."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paperwork import pack


@dataclass(frozen=True)
class Pixels:
    """A drawn page: RGB bytes, row by row without padding."""

    page: int
    width: int
    height: int
    data: bytes


def draw(path: Path, widths: Mapping[int, int]) -> Iterator[Pixels]:
    """Draw some pages (counted from 0) as a reader sees them, each so many pixels wide; forms filled in.

    Raises `ValueError` when a page cannot be drawn.
    """
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(path) as document:
            document.init_forms()  # without it the values of fields are not drawn
            for number, width in widths.items():
                page = document[number]
                bitmap = page.render(scale=width / page.get_width(), rev_byteorder=True)
                line, rows = bitmap.width * 3, memoryview(bitmap.buffer).cast("B")
                starts = range(0, bitmap.stride * bitmap.height, bitmap.stride)
                data = b"".join(rows[start : start + line] for start in starts)
                yield Pixels(number, bitmap.width, bitmap.height, data)
                rows.release()
                bitmap.close()
                page.close()
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError):
        raise ValueError("PDF 里有画不出来的页面，请重新扫描或导出") from None


def labels(path: Path) -> list[str]:
    """What each page of a PDF is called: the number printed on it, or 封面-1."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return [document.get_page_label(number) for number in range(len(document))]


MAKER = pack.digest(__file__)
"""Which version of this module looks at pages."""
INK_DPI = 36
WHITE = 250
"""From this grey on it is paper."""
Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""


def ink(path: Path) -> Iterator[Box | None]:
    """For each page the box that holds all that is drawn on it, to half a millimetre; None for an empty one."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)):
            page = document[number]
            bitmap = page.render(scale=INK_DPI / 72, grayscale=True)
            yield _box(bytes(bitmap.buffer), bitmap.stride, bitmap.width, bitmap.height)
            bitmap.close()
            page.close()


PAPER = bytes(255 if grey >= WHITE else grey for grey in range(256))


def _box(grey: bytes, stride: int, width: int, height: int) -> Box | None:
    """The box round everything darker than paper."""
    pixel = 72 / INK_DPI
    left, right, first, last = width, 0, height, 0
    for row in range(height):
        line = grey[row * stride : row * stride + width].translate(PAPER)
        begun = line.lstrip(b"\xff")
        if begun:
            left, right = min(left, width - len(begun)), max(right, len(line.rstrip(b"\xff")))
            first, last = min(first, row), row + 1
    if not last:
        return None
    return left * pixel, (height - last) * pixel, right * pixel, (height - first) * pixel


Said = tuple[Box, str]
"""Words of one line, and the box round them."""


def words(path: Path, parts: Mapping[int, Box]) -> Iterator[tuple[int, list[Said]]]:
    """What stands in a part of each of some pages (counted from 0), in the order of being drawn.

    A part is given in shares of the page's width and height: (0.5, 0, 1, 0.1) is the right half of its foot.
    """
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number, part in parts.items():
            page = document[number]
            text = page.get_textpage()
            width, height = page.get_size()
            asked = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
            boxes = (_common(text.get_rect(place), asked) for place in range(text.count_rects()))
            yield number, [(box, text.get_text_bounded(*box)) for box in boxes if box]
            text.close()
            page.close()


def _common(one: Box, other: Box) -> Box | None:
    """What two boxes share, if anything."""
    box = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return box if box[0] < box[2] and box[1] < box[3] else None
