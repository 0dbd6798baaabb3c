"""Write a PDF for double-sided printing from sides whose placement and numbers are given.

Each page of the output is one side of a leaf of paper, in the order in which a duplex printer prints them: moved clear
of the spine, with its number in a corner. `duplex` computes the placement and the corners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork.formats.paper import A4, Size
from paperwork.formats.pdf import metadata, page_numbers, shared_fonts
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.formats.pdf.shared_fonts import FontFiles

Matrix = tuple[float, float, float, float, float, float]
"""A transformation matrix as PDF writes it: a b c d e f (ISO 32000-1, 8.3.3)."""
UNCHANGED: Matrix = (1, 0, 0, 1, 0, 0)
"""The identity matrix."""


@dataclass(frozen=True)
class Side:
    """One side of a leaf of paper of `size`: a page (counted from 0) of a PDF placed by `matrix`, or a blank side."""

    path: Path | None = None
    page: int = 0
    page_number: PageNumber | None = None
    matrix: Matrix = UNCHANGED
    size: Size = A4


def page_sizes(path: Path) -> list[Size]:
    """Return the width and height of each page, in points."""
    with pikepdf.open(path) as opened:
        boxes = [page.mediabox for page in opened.pages]
        return [(float(box[2]) - float(box[0]), float(box[3]) - float(box[1])) for box in boxes]


def write_imposed(sides: Sequence[Side], about: DocumentMetadata, numbers: Path, fonts: FontFiles, out: Path) -> None:
    """Write the sides in their order; `numbers` is the file of page numbers that `page_numbers.draw_numbers` drew.

    The sides of one file must be all its pages, in order, interrupted by blank sides at most: files are added whole.
    """
    with pikepdf.new() as volume:
        added: Path | None = None
        for side in sides:
            if side.path and side.path != added:
                with pikepdf.open(side.path) as source:
                    volume.add_pages_from(source, outlines="ignore")
                added = side.path
        # Blank sides are inserted front to back, so that index and page agree from then on.
        for index, side in enumerate(sides):
            if side.path is None:
                volume.pages.insert(index, _blank(volume, side.size))
            else:
                _set(volume.pages[index], side)
        shared_fonts.merge_fonts(volume, fonts)
        page_numbers.stamp_numbers(volume, [side.page_number for side in sides], numbers)
        metadata.write_metadata(volume, about)
        volume.Root.ViewerPreferences.PrintScaling = pikepdf.Name("/None")  # else the print dialog shrinks pages to fit
        volume.Root.ViewerPreferences.Duplex = pikepdf.Name.DuplexFlipLongEdge
        volume.remove_unreferenced_resources()
        volume.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _blank(volume: pikepdf.Pdf, size: Size) -> pikepdf.Page:
    """Return an empty page of a size."""
    box = pikepdf.Array([0, 0, *(round(edge, 3) for edge in size)])
    page = pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=box, Resources=pikepdf.Dictionary())
    return pikepdf.Page(volume.make_indirect(page))


def move_content(page: pikepdf.Page, matrix: Matrix) -> None:
    """Transform what a page draws by a matrix; its annotations stay."""
    page.contents_add(("q " + " ".join(f"{part:.4f}" for part in matrix) + " cm\n").encode(), prepend=True)
    page.contents_add(b"\nQ")


def _set(page: pikepdf.Page, side: Side) -> None:
    """Transform a page's content by the side's matrix, and remove its links and tags, which are of no use on paper."""
    raw: Any = page.obj
    for key in ("/Annots", "/CropBox", "/Tabs", "/StructParents"):
        if key in raw:
            del raw[key]
    if side.matrix != UNCHANGED:
        move_content(page, side.matrix)
        raw.MediaBox = pikepdf.Array([0, 0, *(round(edge, 3) for edge in side.size)])
