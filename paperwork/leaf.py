"""Leaves of a volume while it is made: page numbers drawn on them, drawings placed, the file's properties written.

Owner of fpdf2, which draws the numbers with an embedded font.
"""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork import pack
from paperwork.paper import POINT

NUMBER_SIZE = 14
"""4号, the size GB/T 9704-2012 7.5 gives page numbers."""
MAKER = pack.digest(__file__)
"""Which version of this module draws the numbers."""
RIM, FOOT = 3, 4
"""The white round a number, in points: at its sides and under its foot."""
OWN_NAME, NUMBER = "/F1", "/PageNumber"
"""What the font of the numbers is called where they are drawn, and on the pages."""


@dataclass(frozen=True)
class About:
    """What the file's properties say."""

    title: str
    author: str
    subject: str
    made: dt.date


@dataclass(frozen=True)
class Mark:
    """A page number and the corner it stands in: millimetres from the paper's side and from its upper or lower edge."""

    number: int
    side_mm: float = 20
    edge_mm: float = 13
    is_left: bool = False
    is_top: bool = False


def stamps(count: int, font: tuple[Path, int], out: Path) -> None:
    """Draw the numbers from 1 on, each on a page just large enough, on white: it can be read on a dark scan too.

    `font` is the file and the face in it.
    """
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    drawn = FPDF(unit="pt")
    drawn.set_auto_page_break(False)
    drawn.add_font("number", fname=str(font[0]), collection_font_number=font[1])
    drawn.set_font("number", size=NUMBER_SIZE)
    drawn.set_fill_color(255)
    for number in range(1, count + 1):
        size = (drawn.get_string_width(str(number)) + 2 * RIM, NUMBER_SIZE + FOOT)
        drawn.add_page(format=size)
        drawn.rect(0, 0, *size, style="F")
        drawn.text(RIM, NUMBER_SIZE, str(number))
    content = bytes(drawn.output())
    for face in drawn.fonts.values():
        if isinstance(face, TTFFont):
            face.close()  # the library leaves the font's file open
    with pikepdf.open(io.BytesIO(content)) as finished:
        forget_the_moment(finished)
        finished.save(out, deterministic_id=True)


def number(volume: pikepdf.Pdf, marks: Sequence[Mark | None], numbers: Path) -> None:
    """Set the numbers on the pages; `numbers` is the file of `stamps`."""
    if not any(marks):
        return
    with pikepdf.open(numbers) as drawn:
        font = volume.copy_foreign(drawn.pages[0].Resources.Font[OWN_NAME])
        for page, mark in zip(volume.pages, marks, strict=True):
            if mark:
                stamp = drawn.pages[mark.number - 1]
                content = stamp.Contents.read_bytes().replace(OWN_NAME.encode() + b" ", NUMBER.encode() + b" ")
                _stamp(page, font, content, float(stamp.mediabox[2]) - 2 * RIM, mark)


def _stamp(page: pikepdf.Page, font: Any, content: bytes, length: float, mark: Mark) -> None:
    """Set a number: its outer end so far from the side, its foot (or, at the top, its head) from the edge."""
    width, height = float(page.mediabox[2]), float(page.mediabox[3])
    left = mark.side_mm * POINT if mark.is_left else width - mark.side_mm * POINT - length
    digit = 0.68 * NUMBER_SIZE  # how high a digit stands
    base = height - mark.edge_mm * POINT - digit if mark.is_top else mark.edge_mm * POINT
    sheet: Any = page.obj
    # LibreOffice shares one dictionary between all pages of a file, so it is copied first.
    resources: Any = pikepdf.Dictionary(sheet.get("/Resources", {}))
    fonts: Any = pikepdf.Dictionary(resources.get("/Font", {}))
    fonts[NUMBER] = font
    resources.Font = fonts
    sheet.Resources = resources
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(f"\nQ\nq 1 0 0 1 {left - RIM:.3f} {base - FOOT:.3f} cm\n".encode() + content + b"Q")


def forget_the_moment(drawn: pikepdf.Pdf) -> None:
    """Take the moment of drawing out of a PDF that was drawn just now."""
    for name in ("/Info", "/ID"):
        if name in drawn.trailer:
            del drawn.trailer[name]


def describe(volume: pikepdf.Pdf, about: About) -> None:
    """Write language, title, author, subject and dates (from the data, never the clock) into XMP and Info."""
    volume.Root.Lang = pikepdf.String("zh-CN")
    volume.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    moment = dt.datetime.combine(about.made, dt.time(), dt.timezone(dt.timedelta(hours=8))).isoformat()
    with volume.open_metadata(set_pikepdf_as_editor=False) as meta:
        meta["dc:title"] = about.title
        meta["dc:creator"] = [about.author]
        meta["dc:description"] = about.subject
        meta["dc:language"] = ["zh-CN"]
        meta["xmp:CreateDate"] = meta["xmp:ModifyDate"] = moment
        meta["pdf:Producer"] = "paperwork"
    undated(volume)


def undated(volume: pikepdf.Pdf) -> None:
    """Take the clock out of the metadata: the library notes when it wrote them."""
    with volume.open_metadata(set_pikepdf_as_editor=False) as meta:
        meta["xmp:MetadataDate"] = meta["xmp:ModifyDate"]
