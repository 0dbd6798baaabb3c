"""Pages laid out for a printer: side by side as sheets are turned, clear of the spine, numbered in their corners."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork import leaf, sharing
from paperwork.leaf import About, Mark
from paperwork.paper import A4, Size
from paperwork.sharing import Fonts

Matrix = tuple[float, float, float, float, float, float]
UNCHANGED: Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True)
class Side:
    """One side of a sheet: a page (counted from 0) of a PDF, or nothing. `matrix` sets it on a paper of `size`."""

    path: Path | None = None
    page: int = 0
    mark: Mark | None = None
    matrix: Matrix = UNCHANGED
    size: Size = A4


def sizes(path: Path) -> list[Size]:
    """The width and height of each page, in points."""
    with pikepdf.open(path) as opened:
        boxes = [page.mediabox for page in opened.pages]
        return [(float(box[2]) - float(box[0]), float(box[3]) - float(box[1])) for box in boxes]


def write(sides: Sequence[Side], about: About, numbers: Path, fonts: Fonts, out: Path) -> None:
    """Write the sides in their order. Those of one file must follow each other as in the file, all of them."""
    with pikepdf.new() as volume:
        begun: Path | None = None
        for side in sides:
            if side.path and side.path != begun:
                with pikepdf.open(side.path) as source:
                    volume.add_pages_from(source, outlines="ignore")
                begun = side.path
        for place, side in enumerate(sides):
            if side.path is None:
                volume.pages.insert(place, _blank(volume, side.size))
            else:
                _set(volume.pages[place], side)
        sharing.share(volume, fonts)
        leaf.number(volume, [side.mark for side in sides], numbers)
        leaf.describe(volume, about)
        volume.Root.ViewerPreferences.PrintScaling = pikepdf.Name("/None")  # else the dialog shrinks pages to fit
        volume.Root.ViewerPreferences.Duplex = pikepdf.Name.DuplexFlipLongEdge
        volume.remove_unreferenced_resources()
        volume.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _blank(volume: pikepdf.Pdf, size: Size) -> pikepdf.Page:
    box = pikepdf.Array([0, 0, *(round(edge, 3) for edge in size)])
    sheet = pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=box, Resources=pikepdf.Dictionary())
    return pikepdf.Page(volume.make_indirect(sheet))


def _set(page: pikepdf.Page, side: Side) -> None:
    """Move and turn what a page shows. Links lead nowhere on paper."""
    sheet: Any = page.obj
    for key in ("/Annots", "/CropBox", "/Tabs"):
        if key in sheet:
            del sheet[key]
    if side.matrix != UNCHANGED:
        page.contents_add(("q " + " ".join(f"{part:.4f}" for part in side.matrix) + " cm\n").encode(), prepend=True)
        page.contents_add(b"\nQ")
        sheet.MediaBox = pikepdf.Array([0, 0, *(round(edge, 3) for edge in side.size)])
