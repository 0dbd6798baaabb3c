"""Stamp page numbers on a volume's pages, and write the file's metadata.

fpdf2 draws the numbers once, with an embedded font; the drawings are then copied onto the pages. Metadata hold dates
from the data only, never the clock, so that the same input gives the same bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork.formats.paper import POINT, Box, Size
from paperwork.formats.pdf.metadata import remove_creation_time

NUMBER_SIZE = 14
"""Font size of page numbers in points: 4号, by GB/T 9704-2012 7.5."""
RIM, FOOT = 3, 4
"""Space around a number in its drawing, in points: at each side, and below its base line."""
DIGIT_HEIGHT, DIGIT_WIDTH = 0.68, 0.6
"""Height of a digit, and the most that it is wide, in ems."""
OWN_NAME, NUMBER = "/F1", "/PageNumber"
"""Resource name of the numbers' font in the drawings, and on the pages of the volume."""
TAG = "PageNumber"
"""Tag of the marked content that holds a number (ISO 32000-1, 14.6): other digits on the page are not in it."""


@dataclass(frozen=True)
class PageNumber:
    """A page number and its corner, given by the distances from the paper's side and from its top or bottom edge."""

    number: int
    side_mm: float = 20
    edge_mm: float = 13
    is_left: bool = False
    is_top: bool = False

    def box(self, size: Size) -> Box:
        """Return the box of the number on a page of a size, in points; its width is the most that it may be.

        The number's outer end is `side_mm` from the side, its base line (at the top: its upper edge) `edge_mm` from
        the edge.
        """
        length, height = len(str(self.number)) * DIGIT_WIDTH * NUMBER_SIZE, DIGIT_HEIGHT * NUMBER_SIZE
        left = self.side_mm * POINT if self.is_left else size[0] - self.side_mm * POINT - length
        bottom = size[1] - self.edge_mm * POINT - height if self.is_top else self.edge_mm * POINT
        return left, bottom, left + length, bottom + height


def draw_numbers(count: int, font: tuple[Path, int], out: Path) -> None:
    """Draw the numbers from 1 to `count`, each on a page of its own size.

    Nothing is drawn behind a number: it would cover what the page shows.
    `font` is the font file and the index of the face in it.
    """
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    canvas = FPDF(unit="pt")
    canvas.set_auto_page_break(False)
    canvas.add_font("number", fname=str(font[0]), collection_font_number=font[1])
    canvas.set_font("number", size=NUMBER_SIZE)
    for number in range(1, count + 1):
        size = (canvas.get_string_width(str(number)) + 2 * RIM, NUMBER_SIZE + FOOT)
        canvas.add_page(format=size)
        canvas.text(RIM, NUMBER_SIZE, str(number))
    content = bytes(canvas.output())
    for face in canvas.fonts.values():
        if isinstance(face, TTFFont):
            face.close()  # fpdf2 leaves the font file open
    with pikepdf.open(io.BytesIO(content)) as finished:
        remove_creation_time(finished)
        finished.save(out, deterministic_id=True)


def stamp_numbers(volume: pikepdf.Pdf, marks: Sequence[PageNumber | None], numbers: Path) -> None:
    """Stamp each page with its number, where it has one; `numbers` is the file that `draw_numbers` drew."""
    if not any(marks):
        return
    with pikepdf.open(numbers) as drawn:
        font = volume.copy_foreign(drawn.pages[0].Resources.Font[OWN_NAME])
        for page, mark in zip(volume.pages, marks, strict=True):
            if mark:
                stamp = drawn.pages[mark.number - 1]
                # Renamed, because a page may have a font /F1 of its own.
                content = stamp.Contents.read_bytes().replace(OWN_NAME.encode() + b" ", NUMBER.encode() + b" ")
                _stamp(page, font, content, float(stamp.mediabox[2]) - 2 * RIM, mark)


def _stamp(page: pikepdf.Page, font: Any, content: bytes, length: float, mark: PageNumber) -> None:
    """Add a number's drawing to a page in the number's place; `length` is the number's width in points."""
    left, base, right, _ = mark.box((float(page.mediabox[2]), float(page.mediabox[3])))
    if not mark.is_left:
        left = right - length
    raw: Any = page.obj
    # LibreOffice shares one resource dictionary between all pages of a file, so it is copied before the change.
    resources: Any = pikepdf.Dictionary(raw.get("/Resources", {}))
    fonts: Any = pikepdf.Dictionary(resources.get("/Font", {}))
    fonts[NUMBER] = font
    resources.Font = fonts
    raw.Resources = resources
    # The page's own content is wrapped in q … Q, or its transformations would move the number.
    page.contents_add(b"q\n", prepend=True)
    begin = f"\nQ\n/Artifact <</Type /Pagination>> BDC /{TAG} BMC q 1 0 0 1 {left - RIM:.3f} {base - FOOT:.3f} cm\n"
    page.contents_add(begin.encode() + content + b"Q EMC EMC")
