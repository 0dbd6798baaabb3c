"""Render PDF pages with PDFium, measure their ink, and read their text and page labels.

This module alone imports pypdfium2.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paperwork.core.faults import Unreadable
from paperwork.core.text import PICTURE


@dataclass(frozen=True)
class Pixels:
    """A rendered page: RGB bytes, row by row without padding."""

    page: int
    width: int
    height: int
    data: bytes


def render_pages(path: Path, widths: Mapping[int, int]) -> Iterator[Pixels]:
    """Render pages as a viewer shows them, with the values of form fields.

    `widths` maps each page (counted from 0) to its width in pixels. Raises `Unreadable` when a page cannot be rendered.
    """
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(path) as document:
            document.init_forms()  # without it PDFium does not draw the values of fields
            for number, width in widths.items():
                page = document[number]
                bitmap = page.render(scale=width / page.get_width(), rev_byteorder=True)
                # PDFium pads each row to `stride` bytes.
                row_bytes, buffer = bitmap.width * 3, memoryview(bitmap.buffer).cast("B")
                starts = range(0, bitmap.stride * bitmap.height, bitmap.stride)
                data = b"".join(buffer[start : start + row_bytes] for start in starts)
                yield Pixels(number, bitmap.width, bitmap.height, data)
                buffer.release()
                bitmap.close()
                page.close()
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError):
        raise Unreadable("PDF 里有画不出来的页面", "请重新扫描或导出") from None


def page_labels(path: Path) -> list[str]:
    """Return the page label of each page: the number printed on it, or a name such as 封面-1."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return [document.get_page_label(number) for number in range(len(document))]


INK_DPI = 36
"""Resolution at which ink is measured; a pixel is 0.7 mm."""
WHITE = 250
"""Lowest grey value (of 0 to 255) that counts as paper."""
Box = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""


def ink_boxes(path: Path) -> Iterator[Box | None]:
    """Yield the ink box of each page, which holds all that is drawn on it; None for an empty page.

    A box is exact to half a millimetre.
    """
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)):
            page = document[number]
            bitmap = page.render(scale=INK_DPI / 72, grayscale=True)
            yield _box(bytes(bitmap.buffer), bitmap.stride, bitmap.width, bitmap.height)
            bitmap.close()
            page.close()


PAPER = bytes(255 if grey >= WHITE else grey for grey in range(256))
"""Translation table that turns all greys of paper into 255."""


def _box(grey: bytes, stride: int, width: int, height: int) -> Box | None:
    """Return the box around all pixels darker than paper, None when there is none."""
    pixel = 72 / INK_DPI
    left, right, first, last = width, 0, height, 0
    for row in range(height):
        # bytes.translate and strip run in C, a loop over pixels in Python is far slower.
        line = grey[row * stride : row * stride + width].translate(PAPER)
        from_ink = line.lstrip(b"\xff")
        if from_ink:
            left, right = min(left, width - len(from_ink)), max(right, len(line.rstrip(b"\xff")))
            first, last = min(first, row), row + 1
    if not last:
        return None
    return left * pixel, (height - last) * pixel, right * pixel, (height - first) * pixel


def page_texts(path: Path, numbers: Collection[int] | None = None, with_pictures: bool = False) -> list[str]:
    """Return the text of each page, or of those given (counted from 0), in drawing order.

    With `with_pictures`, a `PICTURE` follows the text for each picture on the page.
    """
    import pypdfium2

    texts = []
    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)) if numbers is None else numbers:
            page = document[number]
            text = page.get_textpage()
            images = page.get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,)) if with_pictures else ()
            # What lies outside the page is not seen.
            texts.append(text.get_text_bounded() + PICTURE * sum(1 for _ in images))
            text.close()
            page.close()
    return texts


TextLine = tuple[Box, str]
"""A box, and the text of one line in it."""


def text_in_areas(path: Path, parts: Mapping[int, Box]) -> Iterator[tuple[int, list[TextLine]]]:
    """Yield page number and text, with boxes, of a part of each given page, in drawing order; pages count from 0.

    A part is given in fractions of the page's width and height: (0.5, 0, 1, 0.1) is the right half of the bottom tenth.
    """
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number, part in parts.items():
            page = document[number]
            text = page.get_textpage()
            width, height = page.get_size()
            area = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
            boxes = (_intersection(text.get_rect(index), area) for index in range(text.count_rects()))
            yield number, [(box, text.get_text_bounded(*box)) for box in boxes if box]
            text.close()
            page.close()


def _intersection(one: Box, other: Box) -> Box | None:
    """Return the intersection of two boxes, None when it is empty."""
    box = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return box if box[0] < box[2] and box[1] < box[3] else None
