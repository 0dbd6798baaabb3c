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

from paperwork.paper import POINT

NUMBER_SIZE = 14
"""4号, the size GB/T 9704-2012 7.5 gives page numbers."""


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


def number(volume: pikepdf.Pdf, marks: Sequence[Mark | None], font: tuple[Path, int]) -> None:
    """Draw the numbers, on white, so that they can be read on a dark scan too. `font`: file and face in it."""
    if not any(marks):
        return
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    drawn = FPDF(unit="pt")
    drawn.set_auto_page_break(False)
    drawn.add_font("number", fname=str(font[0]), collection_font_number=font[1])
    drawn.set_font("number", size=NUMBER_SIZE)
    drawn.set_fill_color(255)
    for page, mark in zip(volume.pages, marks, strict=True):
        if mark:
            width, height = (float(page.mediabox[2]), float(page.mediabox[3]))
            drawn.add_page(format=(width, height))
            _draw(drawn, mark, width, height)
    finished = drawn.output()
    for face in drawn.fonts.values():
        if isinstance(face, TTFFont):
            face.close()  # the library leaves the font's file open
    with pikepdf.open(io.BytesIO(finished)) as stamps:
        stamp = iter(stamps.pages)
        for page, mark in zip(volume.pages, marks, strict=True):
            if mark:
                place(page, volume.copy_foreign(next(stamp).as_form_xobject()), "/PageNumber")


def _draw(drawn: Any, mark: Mark, width: float, height: float) -> None:
    """Draw one number: its outer end so far from the side, its foot (or, at the top, its head) from the edge."""
    text = str(mark.number)
    length = drawn.get_string_width(text)
    left = mark.side_mm * POINT if mark.is_left else width - mark.side_mm * POINT - length
    digit = 0.68 * NUMBER_SIZE  # how high a digit stands
    base = mark.edge_mm * POINT + digit if mark.is_top else height - mark.edge_mm * POINT
    drawn.rect(left - 3, base - NUMBER_SIZE, length + 6, NUMBER_SIZE + 4, style="F")
    drawn.text(left, base, text)


def place(page: pikepdf.Page, drawing: pikepdf.Object, name: str) -> None:
    """Draw a form on top of a page, shrunk to fit if it must be, under a name that is the same every time.

    The library's own overlay draws random names, so that no two runs give the same bytes. Resources are copied first:
    LibreOffice shares one dictionary between all pages of a file.
    """
    sheet: Any = page.obj
    resources: Any = pikepdf.Dictionary(sheet.get("/Resources", {}))
    drawings: Any = pikepdf.Dictionary(resources.get("/XObject", {}))
    drawings[name] = drawing
    resources.XObject = drawings
    sheet.Resources = resources
    where = page.calc_form_xobject_placement(drawing, pikepdf.Name(name), pikepdf.Rectangle(page.mediabox))
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(b"\nQ\n" + where)


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
