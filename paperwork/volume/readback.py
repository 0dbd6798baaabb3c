"""Read a finished volume back and check that printed number, page label, contents link and bookmark agree.

Sole owner of pypdf. The volume is written with pikepdf and read with other libraries on purpose, so that an error of
one library cannot hide itself. pypdf reads the structure, PDFium (behind `render`) the page numbers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from paperwork.core.faults import ExitCode, Stop
from paperwork.formats.paper import Size
from paperwork.formats.pdf import page_numbers, render
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.volume import citations

CONTENTS, ANSWERS = "目录-", "对照表-"
"""Page label prefixes of 卷内目录 and 要求对照表."""
NO_CITATIONS: Mapping[int, Sequence[str]] = {}
PLACE_TOLERANCE = 2.0
"""Points by which a printed number may be off its place: a digit does not fill its width."""


@dataclass(frozen=True)
class ReadItem:
    """An item as read from the finished file; pages count from 0."""

    title: str
    bookmark_page: int
    bookmark_number: str
    label: str
    printed: str


def items(path: Path) -> list[ReadItem]:
    """Return the items found by the second-level bookmarks, with the label and printed number of their pages."""
    reader = PdfReader(path)
    labels = reader.page_labels
    return _items(reader, labels, printed_numbers(path, _marks(reader, labels)))


def _marks(reader: PdfReader, labels: Sequence[str]) -> list[tuple[PageNumber | None, Size]]:
    """Return for each page of a volume the number that its label asks for, and its size."""
    sizes = [(float(page.mediabox.width), float(page.mediabox.height)) for page in reader.pages]
    return [
        (PageNumber(int(label)) if label.isdigit() else None, size) for label, size in zip(labels, sizes, strict=True)
    ]


def _items(reader: PdfReader, labels: Sequence[str], printed: Sequence[str]) -> list[ReadItem]:
    """Return the items found by bookmarks such as “题名（第3页）”, given the labels and printed numbers by page."""
    found = []
    for title, page in _bookmarks(reader):
        match = re.fullmatch(r"(.*)（第(\d+)页）", title)
        if match:
            found.append(ReadItem(match[1], page, match[2], labels[page], printed[page]))
    return found


def _bookmarks(reader: PdfReader) -> Iterator[tuple[str, int]]:
    """Yield title and page of each second-level bookmark; pypdf nests children as a list after their parent."""

    def walk(level: Any, depth: int) -> Iterator[tuple[str, int]]:
        for entry in level:
            if isinstance(entry, list):
                yield from walk(entry, depth + 1)
            elif depth == 1:
                yield str(entry.title), int(reader.get_destination_page_number(entry) or 0)

    return walk(reader.outline, 0)


def printed_numbers(path: Path, marks: Sequence[tuple[PageNumber | None, Size]]) -> list[str]:
    """Return for each page the page number that stands in its place; empty if there is none.

    `marks` holds the number that is due on each page (None for none), which tells its place, and the page's size. Only
    what bears the tag of our page numbers is read: an attachment may have digits of its own at the same place.
    """
    found = list(render.marked_texts(path, page_numbers.TAG))
    return [_number(texts, mark, size) for texts, (mark, size) in zip(found, marks, strict=True)]


def _number(texts: Sequence[render.TextLine], mark: PageNumber | None, size: Size) -> str:
    """Return the number among the marked texts of a page, with a remark if it is not in its place."""
    numbers = "、".join(text.strip() for _, text in texts)
    if mark is None or not texts:
        return numbers
    (left, bottom, right, top), due = texts[0][0], mark.box(size)
    is_beside = abs(left - due[0] if mark.is_left else right - due[2]) < PLACE_TOLERANCE
    is_level = due[1] - PLACE_TOLERANCE < bottom and top < due[3] + PLACE_TOLERANCE
    return numbers if is_beside and is_level else f"{numbers}（不在它的位置）"


def links(path: Path, label: str) -> list[int]:
    """Return the target pages of the links on pages whose label begins with `label`, from top to bottom, each once."""
    reader = PdfReader(path)
    return _links(reader, reader.page_labels, label)


def _links(reader: PdfReader, labels: Sequence[str], label: str) -> list[int]:
    """Return what `links` does, given a file that is open already."""
    targets: list[int] = []
    labelled = [place for place, name in enumerate(labels) if name.startswith(label)]
    for page in (reader.pages[place] for place in labelled):
        links = [annotation.get_object() for annotation in page.get("/Annots", ())]
        links = [annotation for annotation in links if annotation.get("/Subtype") == "/Link" and "/Dest" in annotation]
        # The order of annotations in the file is arbitrary; the reader's order is by the upper edge.
        for annotation in sorted(links, key=lambda annotation: -float(annotation["/Rect"][3])):
            target = reader.get_page_number(annotation["/Dest"][0].get_object())
            if target is not None and target not in targets:
                targets.append(target)
    return targets


def disagreements(
    path: Path, expected: list[tuple[str, int]], cited: Mapping[int, Sequence[str]] = NO_CITATIONS
) -> Iterator[str]:
    """Compare a volume with its page plan and yield a sentence in Chinese for each disagreement.

    `expected` holds title and first page number of each item, `cited` the page numbers that 要求对照表 cites, each with
    the words that must stand on the page.
    """
    reader = PdfReader(path)
    labels = reader.page_labels
    printed = printed_numbers(path, _marks(reader, labels))
    found = _items(reader, labels, printed)
    if [(each.title, each.bookmark_number) for each in found] != [(title, str(start)) for title, start in expected]:
        yield "书签与卷内目录的题名或页号不一致"
    for each in found:
        if not each.bookmark_number == each.label == each.printed:
            yield f"“{each.title}”：书签第{each.bookmark_number}页，页标签{each.label}，印着{each.printed or '（无）'}"
    if _links(reader, labels, CONTENTS) != [each.bookmark_page for each in found]:
        yield "卷内目录里的链接没有逐件指到首页"
    if {labels[page] for page in _links(reader, labels, ANSWERS)} != set(map(str, cited)):
        yield "要求对照表里的链接没有指到所引的页"
    pages = {labels.index(str(number)): facts for number, facts in cited.items() if facts and str(number) in labels}
    for page, text in zip(pages, render.page_texts(path, pages, with_pictures=True), strict=True):
        if not citations.shows(citations.page_words(text), pages[page]):
            yield f"要求对照表引了第{labels[page]}页，那一页上没有能证明它的字"
    for place, (number, label) in enumerate(zip(printed, labels, strict=True), 1):
        if number != (label if label.isdigit() else ""):
            yield f"文件第{place}页的标签是{label}，印着{number or '（无）'}"


def require_agreement(disagreements_found: Sequence[str]) -> None:
    """Raise `Stop` if there are any disagreements."""
    if disagreements_found:
        listed = "；".join(disagreements_found[:5])
        raise Stop(ExitCode.FAILED, f"装订后核对页号，发现不一致：{listed}", "请把这段话告诉开发者")


def count_numbered_pages(path: Path) -> int:
    """Return the number of pages whose label is a number."""
    return sum(label.isdigit() for label in PdfReader(path).page_labels)


@dataclass(frozen=True)
class ExpectedSide:
    """Expected content of one side of a sheet of paper of `size`: with a page number or without, or nothing at all."""

    page_number: PageNumber | None
    size: Size
    is_blank: bool = False


def find_misprints(path: Path, sides: Sequence[ExpectedSide]) -> Iterator[str]:
    """Read a 册 of the paper edition back and yield a sentence in Chinese for each side that is wrong."""
    reader = PdfReader(path)
    if len(reader.pages) != len(sides):
        yield f"有{len(reader.pages)}面，应有{len(sides)}面"
        return
    numbers = printed_numbers(path, [(side.page_number, side.size) for side in sides])
    for place, (page, side, printed) in enumerate(zip(reader.pages, sides, numbers, strict=True), 1):
        if side.is_blank and "/Contents" in page:
            yield f"第{place}面应当空白"
        due = str(side.page_number.number) if side.page_number else ""
        if printed != due:
            yield f"第{place}面应印{due or '（无）'}，印着{printed or '（无）'}"
