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
