"""Whether another maker's pages are ours: `python -m benchmarks.agree OUR_ARCHIVE OTHER.pdf`.

Page by page: the same Chinese characters, as many pictures, and (seen from afar) the same look. Prints what differs, or
how many pages were compared.
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

from paperwork import bind

DOTS = 24 / 72
"""Seen at 24 dots an inch."""
MOST = 3.0
"""Of 255: how far two pages may differ on average. Photos reduced in another way make 1.8, other photos 4.6."""


def differences(archive: Path, other: Path) -> Iterator[str]:
    """What differs between the items of our archive and another's file of the same documents."""
    items = json.loads((archive / "manifest.json").read_text("utf-8"))["items"]
    ours, theirs = pypdfium2.PdfDocument(archive / bind.VOLUME), pypdfium2.PdfDocument(other)
    first = next(place for place in range(len(ours)) if ours.get_page_label(place) == "1")
    places = [first + item["start"] - 1 + page for item in items for page in range(item["pages"])]
    if len(places) != len(theirs):
        yield f"{len(theirs)} pages, ours has {len(places)}"
        return
    for number, place in enumerate(places):
        for wrong in _compare(ours[place], theirs[number]):
            yield f"page {number + 1}: {wrong}"


def _compare(ours: pypdfium2.PdfPage, theirs: pypdfium2.PdfPage) -> Iterator[str]:
    missing, added = _words(ours) - _words(theirs), _words(theirs) - _words(ours)
    if missing or added:
        yield f"words lack {''.join(missing)}, are too many {''.join(added)}"
    if _pictures(ours) != _pictures(theirs):
        yield f"{_pictures(theirs)} pictures, ours has {_pictures(ours)}"
    difference = ImageStat.Stat(ImageChops.difference(_seen(ours), _seen(theirs))).mean[0]
    if difference > MOST:
        yield f"looks different ({difference:.1f})"


def _words(page: pypdfium2.PdfPage) -> Counter[str]:
    return Counter(re.findall(r"[\u4e00-\u9fff]", page.get_textpage().get_text_range()))


def _pictures(page: pypdfium2.PdfPage) -> int:
    return sum(1 for _ in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=5))


def _seen(page: pypdfium2.PdfPage) -> Image.Image:
    image: Image.Image = page.render(scale=DOTS, grayscale=True).to_pil()
    return image


def main(archive: Path, other: Path) -> None:
    """Print what differs and fail, or print the number of pages."""
    found = list(differences(archive, other))
    if found:
        raise SystemExit(f"{other.name} does not show what ours does:\n" + "\n".join(found[:20]))
    print(len(pypdfium2.PdfDocument(other)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
