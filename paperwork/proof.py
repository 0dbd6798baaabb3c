"""Read a finished volume back without knowing how it was written: printed number = label = contents = bookmark.

Sole owner of pypdf; it and the renderer behind `raster` are on purpose other libraries than the one that wrote it.
The structure is read by pypdf; what stands in the corners of the pages is seen by the renderer, as a reader sees it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from paperwork import raster
from paperwork.faults import ExitCode, Stop

CONTENTS, ANSWERS = "目录-", "对照表-"
"""How the labels of their pages begin."""
Corner = tuple[bool, bool]
"""Whether it is on the left, and whether at the top."""
LOWER_RIGHT: Corner = (False, False)
NUMBER_CORNERS: dict[Corner, raster.Box] = {
    LOWER_RIGHT: (0.6, 0, 1, 0.09), (True, False): (0, 0, 0.4, 0.09),
    (False, True): (0.6, 0.91, 1, 1), (True, True): (0, 0.91, 0.4, 1),
}  # fmt: skip
"""The printed number stands in the outer 40 % of the width and 9 % of the height."""
SAME_LINE = 3.0
"""Words whose lower edges differ by less (in points) stand in one line."""


@dataclass(frozen=True)
class Found:
    """An item as the finished file shows it; pages count from 0."""

    title: str
    bookmark_page: int
    bookmark_number: str
    label: str
    printed: str


def items(path: Path) -> list[Found]:
    """What the bookmarks of the second level lead to, and what that page bears."""
    reader = PdfReader(path)
    labels = reader.page_labels
    return _items(reader, labels, printed_numbers(path, dict.fromkeys(range(len(labels)), LOWER_RIGHT)))


def _items(reader: PdfReader, labels: Sequence[str], printed: Mapping[int, str]) -> list[Found]:
    found = []
    for title, page in _bookmarks(reader):
        match = re.fullmatch(r"(.*)（第(\d+)页）", title)
        if match:
            found.append(Found(match[1], page, match[2], labels[page], printed.get(page, "")))
    return found


def _bookmarks(reader: PdfReader) -> Iterator[tuple[str, int]]:
    def walk(level: Any, depth: int) -> Iterator[tuple[str, int]]:
        for entry in level:
            if isinstance(entry, list):
                yield from walk(entry, depth + 1)
            elif depth == 1:
                yield str(entry.title), int(reader.get_destination_page_number(entry) or 0)

    return walk(reader.outline, 0)


def printed_numbers(path: Path, corners: Mapping[int, Corner]) -> dict[int, str]:
    """The numbers a reader sees in the corners of pages (counted from 0); empty where there is none."""
    parts = {page: NUMBER_CORNERS[corner] for page, corner in corners.items()}
    return {page: _number(said, corners[page]) for page, said in raster.words(path, parts)}


def _number(said: Sequence[raster.Said], corner: Corner) -> str:
    """The number in the line nearest to the edge: a scan may bring one of its own, and so may a page's foot."""
    is_left, is_top = corner
    told = [(box, words) for box, words in said if re.search(r"\d", words)]
    if not told:
        return ""
    edge = max(box[1] for box, _ in told) if is_top else min(box[1] for box, _ in told)
    line = sorted((box[0], words) for box, words in told if abs(box[1] - edge) < SAME_LINE)
    numbers = re.findall(r"\d+", " ".join(words for _, words in line))
    return str(numbers[0 if is_left else -1])


def links(path: Path, label: str) -> list[int]:
    """The pages that the links on the pages labelled so lead to, from top to bottom, each once."""
    reader = PdfReader(path)
    return _links(reader, reader.page_labels, label)


def _links(reader: PdfReader, labels: Sequence[str], label: str) -> list[int]:
    targets: list[int] = []
    marked = [place for place, name in enumerate(labels) if name.startswith(label)]
    for page in (reader.pages[place] for place in marked):
        links = [note.get_object() for note in page.get("/Annots", ())]
        links = [note for note in links if note.get("/Subtype") == "/Link" and "/Dest" in note]
        for note in sorted(links, key=lambda note: -float(note["/Rect"][3])):
            target = reader.get_page_number(note["/Dest"][0].get_object())
            if target is not None and target not in targets:
                targets.append(target)
    return targets


def disagreements(path: Path, expected: list[tuple[str, int]]) -> Iterator[str]:
    """Compare a volume with its plan, (title, first page) for each item; yield a sentence for whatever disagrees."""
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
    if not set(_links(reader, labels, ANSWERS)) <= {each.bookmark_page for each in found}:
        yield "要求对照表里的链接没有指到各件的首页"
    for place, number in printed.items():
        if number != labels[place]:
            yield f"文件第{place + 1}页的标签是{labels[place]}，印着{number or '（无）'}"


def agree(wrong: Sequence[str]) -> None:
    """Raise `Stop` when anything disagrees."""
    if wrong:
        told = "；".join(wrong[:5])
        raise Stop(ExitCode.FAILED, f"装订后核对页号，发现不一致：{told}", "请把这段话告诉开发者")


def numbered(path: Path) -> int:
    """How many pages carry a number."""
    return sum(label.isdigit() for label in PdfReader(path).page_labels)


@dataclass(frozen=True)
class Expected:
    """What the side of a sheet should bear: a number in its corner, none, or nothing at all."""

    number: str
    is_left: bool = False
    is_top: bool = False
    is_blank: bool = False


def misprinted(path: Path, sides: Sequence[Expected]) -> Iterator[str]:
    """Read a printed 册 back, side by side; yield a sentence for whatever is not as it should be."""
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
        if printed != side.number:
            yield f"第{place + 1}面应印{side.number}，印着{printed or '（无）'}"
