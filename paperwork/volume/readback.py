"""Read a finished volume back and check that printed number, page label, contents link and bookmark agree.

Sole owner of pypdf. The volume is written with pikepdf and read with other libraries on purpose, so that an error of
one library cannot hide itself. pypdf reads the structure. The renderer behind `render` reads the corners of the pages
as a reader sees them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from paperwork.core.faults import ExitCode, Stop
from paperwork.formats.pdf import render
from paperwork.volume import citations

CONTENTS, ANSWERS = "目录-", "对照表-"
"""Page label prefixes of 卷内目录 and 要求对照表."""
Corner = tuple[bool, bool]
"""A corner of a page: is_left, is_top."""
LOWER_RIGHT: Corner = (False, False)
NUMBER_CORNERS: dict[Corner, render.Box] = {
    LOWER_RIGHT: (0.6, 0, 1, 0.09), (True, False): (0, 0, 0.4, 0.09),
    (False, True): (0.6, 0.91, 1, 1), (True, True): (0, 0.91, 0.4, 1),
}  # fmt: skip
"""Search area for the printed number: the outer 40 % of the width and 9 % of the height."""
NO_CITATIONS: Mapping[int, Sequence[str]] = {}
SAME_LINE = 3.0
"""Words are on the same line if their edges differ by less than this, in points."""


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
    return _items(reader, labels, printed_numbers(path, dict.fromkeys(range(len(labels)), LOWER_RIGHT)))


def _items(reader: PdfReader, labels: Sequence[str], printed: Mapping[int, str]) -> list[ReadItem]:
    """Return the items found by bookmarks such as “题名（第3页）”, given the labels and printed numbers by page."""
    found = []
    for title, page in _bookmarks(reader):
        match = re.fullmatch(r"(.*)（第(\d+)页）", title)
        if match:
            found.append(ReadItem(match[1], page, match[2], labels[page], printed.get(page, "")))
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


def printed_numbers(path: Path, corners: Mapping[int, Corner]) -> dict[int, str]:
    """Return the numbers visible in the given corners, by page (counted from 0); empty if there is none."""
    areas = {page: NUMBER_CORNERS[corner] for page, corner in corners.items()}
    return {page: _number(words, corners[page]) for page, words in render.text_in_areas(path, areas)}


def _number(words_found: Sequence[render.TextLine], corner: Corner) -> str:
    """Return the outermost number in the line nearest to the edge of the paper.

    Other numbers may be near: a scan or the foot of a page may have its own.
    """
    is_left, is_top = corner
    with_digits = [(box, words) for box, words in words_found if re.search(r"\d", words)]
    if not with_digits:
        return ""
    edge = max(box[1] for box, _ in with_digits) if is_top else min(box[1] for box, _ in with_digits)
    line = sorted((box[0], words) for box, words in with_digits if abs(box[1] - edge) < SAME_LINE)
    numbers = re.findall(r"\d+", " ".join(words for _, words in line))
    return str(numbers[0 if is_left else -1])


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
    numbered = [place for place, label in enumerate(labels) if label.isdigit()]
    printed = printed_numbers(path, dict.fromkeys(numbered, LOWER_RIGHT))
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
    for place, number in printed.items():
        if number != labels[place]:
            yield f"文件第{place + 1}页的标签是{labels[place]}，印着{number or '（无）'}"


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
    """Expected content of one side of a sheet of paper: a number in a corner, no number, or nothing at all."""

    number: str
    is_left: bool = False
    is_top: bool = False
    is_blank: bool = False


def find_misprints(path: Path, sides: Sequence[ExpectedSide]) -> Iterator[str]:
    """Read a 册 of the paper edition back and yield a sentence in Chinese for each side that is wrong."""
    reader = PdfReader(path)
    if len(reader.pages) != len(sides):
        yield f"有{len(reader.pages)}面，应有{len(sides)}面"
        return
    corners = {place: (side.is_left, side.is_top) for place, side in enumerate(sides) if side.number}
    numbers = printed_numbers(path, corners)
    for place, (page, side) in enumerate(zip(reader.pages, sides, strict=True)):
        if side.is_blank and "/Contents" in page:
            yield f"第{place + 1}面应当空白"
        printed = numbers.get(place, "")
        # A side without a number has no corner in `corners`, so a stray number on it is not detected here.
        if printed != side.number:
            yield f"第{place + 1}面应印{side.number}，印着{printed or '（无）'}"
