"""PDF pages drawn as pictures. Sole owner of pypdfium2."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


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
