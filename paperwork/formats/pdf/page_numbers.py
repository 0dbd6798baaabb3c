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

from paperwork.formats.paper import POINT
from paperwork.formats.pdf.metadata import remove_creation_time

NUMBER_SIZE = 14
"""Font size of page numbers in points: 4号, by GB/T 9704-2012 7.5."""
RIM, FOOT = 3, 4
"""White space around a number in points: at each side, and below its base line."""
OWN_NAME, NUMBER = "/F1", "/PageNumber"
"""Resource name of the numbers' font in the drawings, and on the pages of the volume."""


@dataclass(frozen=True)
class PageNumber:
    """A page number and its corner, given by the distances from the paper's side and from its top or bottom edge."""

    number: int
    side_mm: float = 20
    edge_mm: float = 13
    is_left: bool = False
    is_top: bool = False


def draw_numbers(count: int, font: tuple[Path, int], out: Path) -> None:
    """Draw the numbers from 1 to `count`, each on a page of its own size with a white background.

    `font` is the font file and the index of the face in it.
    """
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    canvas = FPDF(unit="pt")
    canvas.set_auto_page_break(False)
    canvas.add_font("number", fname=str(font[0]), collection_font_number=font[1])
    canvas.set_font("number", size=NUMBER_SIZE)
    canvas.set_fill_color(255)
    for number in range(1, count + 1):
        size = (canvas.get_string_width(str(number)) + 2 * RIM, NUMBER_SIZE + FOOT)
        canvas.add_page(format=size)
        canvas.rect(0, 0, *size, style="F")  # white, so that the number can be read on a dark scan too
        canvas.text(RIM, NUMBER_SIZE, str(number))
    content = bytes(canvas.output())
    for face in canvas.fonts.values():
        if isinstance(face, TTFFont):
            face.close()  # fpdf2 leaves the font file open
    with pikepdf.open(io.BytesIO(content)) as finished:
        remove_creation_time(finished)
        finished.save(out, deterministic_id=True)


def stamp_numbers(volume: pikepdf.Pdf, marks: Sequence[PageNumber | None], numbers: Path) -> None:
    """Stamp each page with its number, where it has one; `numbers` is the file that `stamps` drew."""
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
    """Add a number's drawing to a page; `length` is the number's width in points.

    The number's outer end is `side_mm` from the side, its base line (at the top: its upper edge) `edge_mm` from the
    edge.
    """
    width, height = float(page.mediabox[2]), float(page.mediabox[3])
    left = mark.side_mm * POINT if mark.is_left else width - mark.side_mm * POINT - length
    digit_height = 0.68 * NUMBER_SIZE
    base = height - mark.edge_mm * POINT - digit_height if mark.is_top else mark.edge_mm * POINT
    raw: Any = page.obj
    # LibreOffice shares one resource dictionary between all pages of a file, so it is copied before the change.
    resources: Any = pikepdf.Dictionary(raw.get("/Resources", {}))
    fonts: Any = pikepdf.Dictionary(resources.get("/Font", {}))
    fonts[NUMBER] = font
    resources.Font = fonts
    raw.Resources = resources
    # The page's own content is wrapped in q … Q, or its transformations would move the number.
    page.contents_add(b"q\n", prepend=True)
    # An artifact: a screen reader does not read the number in the middle of a sentence.
    begin = f"\nQ\n/Artifact <</Type /Pagination>> BDC\nq 1 0 0 1 {left - RIM:.3f} {base - FOOT:.3f} cm\n"
    page.contents_add(begin.encode() + content + b"Q\nEMC")
