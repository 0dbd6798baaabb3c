"""Compare another program's PDF with ours: `python -m benchmarks.agree OUR_ARCHIVE OTHER.pdf`.

Each page must have the same Chinese characters, the same number of images and, at low resolution, the same look. Prints
the differences, or the number of pages compared.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageStat
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from paperwork.volume import binder

DOTS = 24 / 72
"""Scale of the comparison: 24 dots per inch."""
MOST = 3.0
"""Largest mean difference, of 255. Photos scaled by another algorithm give 1.8, different photos 4.6."""


def differences(archive: Path, other: Path) -> Iterator[str]:
    """Yield differences between the items of our archive and another PDF of the same documents."""
    items = json.loads((archive / "manifest.json").read_text("utf-8"))["items"]
    ours, theirs = pypdfium2.PdfDocument(archive / binder.VOLUME), pypdfium2.PdfDocument(other)
    # The volume's own pages (cover, contents …) come first and have no number; items start at the page labelled 1.
    first = next(place for place in range(len(ours)) if ours.get_page_label(place) == "1")
    places = [first + item["start"] - 1 + page for item in items for page in range(item["pages"])]
    if len(places) != len(theirs):
        yield f"{len(theirs)} pages, ours has {len(places)}"
        return
    for number, place in enumerate(places):
        for wrong in _compare(ours[place], theirs[number]):
            yield f"page {number + 1}: {wrong}"


def _compare(ours: pypdfium2.PdfPage, theirs: pypdfium2.PdfPage) -> Iterator[str]:
    """Yield differences between two pages."""
    missing, added = (
        _count_characters(ours) - _count_characters(theirs),
        _count_characters(theirs) - _count_characters(ours),
    )
    if missing or added:
        yield f"words lack {''.join(missing)}, are too many {''.join(added)}"
    if _count_images(ours) != _count_images(theirs):
        yield f"{_count_images(theirs)} pictures, ours has {_count_images(ours)}"
    difference = ImageStat.Stat(ImageChops.difference(_render(ours), _render(theirs))).mean[0]
    if difference > MOST:
        yield f"looks different ({difference:.1f})"


def _count_characters(page: pypdfium2.PdfPage) -> Counter[str]:
    """Count the Chinese characters of a page."""
    return Counter(re.findall(r"[\u4e00-\u9fff]", page.get_textpage().get_text_range()))


def _count_images(page: pypdfium2.PdfPage) -> int:
    """Count the images of a page; form XObjects are searched five levels deep."""
    return sum(1 for _ in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=5))


def _render(page: pypdfium2.PdfPage) -> Image.Image:
    """Render a page in grey at low resolution."""
    image: Image.Image = page.render(scale=DOTS, grayscale=True).to_pil()
    return image


def main(archive: Path, other: Path) -> None:
    """Print the differences and fail, or print the number of pages."""
    found = list(differences(archive, other))
    if found:
        raise SystemExit(f"{other.name} does not show what ours does:\n" + "\n".join(found[:20]))
    print(len(pypdfium2.PdfDocument(other)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
