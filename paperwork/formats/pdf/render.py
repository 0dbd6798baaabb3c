"""Render PDF pages with PDFium, measure their ink, and read their text and page labels.

This module alone imports pypdfium2.
"""

from collections.abc import Collection, Iterator, Mapping
from ctypes import c_float, c_ulong, c_ushort
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork.core.faults import Unreadable
from paperwork.core.text import PICTURE
from paperwork.formats.paper import Box


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
PIXEL = 72 / INK_DPI
"""Length of such a pixel in points."""
WHITE = 250
"""Lowest grey value (of 0 to 255) that counts as paper."""


@dataclass(frozen=True)
class PageInk:
    """All that is drawn on a page, measured in rows of pixels of `INK_DPI` from the top.

    `rows` holds for each row its first inked pixel and the one after its last, None for an empty row.
    """

    rows: tuple[tuple[int, int] | None, ...]

    @property
    def box(self) -> Box | None:
        """Return the box around all ink, exact to half a millimetre; None for an empty page."""
        inked = [(place, *row) for place, row in enumerate(self.rows) if row]
        if not inked:
            return None
        count = len(self.rows)
        edges = (
            min(row[1] for row in inked),
            count - inked[-1][0] - 1,
            max(row[2] for row in inked),
            count - inked[0][0],
        )
        return tuple(edge * PIXEL for edge in edges)  # type: ignore[return-value]

    def reaches(self, area: Box) -> bool:
        """Return True if there may be ink in an area. It is exact at the left or right edge of the page."""
        count = len(self.rows)
        return any(
            row[0] * PIXEL < area[2] and row[1] * PIXEL > area[0]
            for place, row in enumerate(self.rows)
            if row and (count - place) * PIXEL > area[1] and (count - place - 1) * PIXEL < area[3]
        )


def page_inks(path: Path) -> Iterator[PageInk]:
    """Yield the ink of each page."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)):
            page = document[number]
            bitmap = page.render(scale=INK_DPI / 72, grayscale=True)
            yield PageInk(tuple(_rows(bytes(bitmap.buffer), bitmap.stride, bitmap.width, bitmap.height)))
            bitmap.close()
            page.close()


def ink_boxes(path: Path) -> Iterator[Box | None]:
    """Yield the ink box of each page, None for an empty page."""
    yield from (ink.box for ink in page_inks(path))


PAPER = bytes(255 if grey >= WHITE else grey for grey in range(256))
"""Translation table that turns all greys of paper into 255."""


def _rows(grey: bytes, stride: int, width: int, height: int) -> Iterator[tuple[int, int] | None]:
    """Yield the first pixel darker than paper of each row and the one after the last, None when there is none."""
    for row in range(height):
        # bytes.translate and strip run in C, a loop over pixels in Python is far slower.
        line = grey[row * stride : row * stride + width].translate(PAPER)
        from_ink = line.lstrip(b"\xff")
        yield (width - len(from_ink), len(line.rstrip(b"\xff"))) if from_ink else None


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


TAG_UNITS = 64
"""Longest tag that is read, in UTF-16 units."""


def marked_texts(path: Path, tag: str) -> Iterator[list[TextLine]]:
    """Yield for each page its texts, with boxes, in marked content of a tag (ISO 32000-1, 14.6).

    Only what the page's own content draws is read, not what stands in a form XObject: there attachments are.
    """
    import pypdfium2
    from pypdfium2 import raw

    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)):
            page = document[number]
            objects = (raw.FPDFPage_GetObject(page, index) for index in range(raw.FPDFPage_CountObjects(page)))
            texts = [each for each in objects if raw.FPDFPageObj_GetType(each) == raw.FPDF_PAGEOBJ_TEXT]
            marked = [each for each in texts if tag in _tags(each)]
            # Reading the text of a page is slow, so it is done only where there is one to read.
            words = page.get_textpage() if marked else None
            yield [(_bounds(each), _text(each, words)) for each in marked]
            if words:
                words.close()
            page.close()


def _tags(found: Any) -> Iterator[str]:
    """Yield the tags of the marked content in which a page object of PDFium stands."""
    from pypdfium2 import raw

    for index in range(raw.FPDFPageObj_CountMarks(found)):
        length, name = c_ulong(), (c_ushort * TAG_UNITS)()
        raw.FPDFPageObjMark_GetName(raw.FPDFPageObj_GetMark(found, index), name, 2 * TAG_UNITS, length)
        yield bytes(name)[: length.value].decode("utf-16-le").rstrip("\0")


def _bounds(found: Any) -> Box:
    """Return the box of a page object of PDFium."""
    from pypdfium2 import raw

    left, bottom, right, top = (c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(found, left, bottom, right, top)
    return left.value, bottom.value, right.value, top.value


def _text(found: Any, words: Any) -> str:
    """Return the text of a text object of PDFium."""
    from pypdfium2 import raw

    length = raw.FPDFTextObj_GetText(found, words, None, 0)
    text = (c_ushort * (length // 2))()
    raw.FPDFTextObj_GetText(found, words, text, length)
    return bytes(text).decode("utf-16-le").rstrip("\0")
