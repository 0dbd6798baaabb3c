"""Read a finished volume back without knowing how it was written: printed number = label = contents = bookmark.

Sole owner of pypdf, on purpose another library than the one that wrote the file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader

CONTENTS, ANSWERS = "目录-", "对照表-"
"""How the labels of their pages begin."""
NUMBER_CORNER = (0.6, 0.09)
"""The printed number stands right of 60 % of the width and below 9 % of the height."""


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
    return _items(reader, reader.page_labels, lambda page: printed_number(reader, page))


def _items(reader: PdfReader, labels: Sequence[str], printed: Callable[[int], str]) -> list[Found]:
    found = []
    for title, page in _bookmarks(reader):
        match = re.fullmatch(r"(.*)（第(\d+)页）", title)
        if match:
            found.append(Found(match[1], page, match[2], labels[page], printed(page)))
    return found


def _bookmarks(reader: PdfReader) -> Iterator[tuple[str, int]]:
    def walk(level: Any, depth: int) -> Iterator[tuple[str, int]]:
        for entry in level:
            if isinstance(entry, list):
                yield from walk(entry, depth + 1)
            elif depth == 1:
                yield str(entry.title), int(reader.get_destination_page_number(entry) or 0)

    return walk(reader.outline, 0)


def printed_number(reader: PdfReader, page: int, is_left: bool = False, is_top: bool = False) -> str:
    """The number a reader sees at the lower right (or another corner) of a page; empty when there is none."""
    sheet = reader.pages[page]
    width, height = float(sheet.mediabox.width), float(sheet.mediabox.height)
    lines: dict[int, str] = {}

    def keep(text: str, matrix: Any, place: Any, _font: Any, _size: Any) -> None:
        x = place[4] * matrix[0] + place[5] * matrix[2] + matrix[4]
        y = place[4] * matrix[1] + place[5] * matrix[3] + matrix[5]
        is_beside = x < width * (1 - NUMBER_CORNER[0]) if is_left else x > width * NUMBER_CORNER[0]
        is_near = y > height * (1 - NUMBER_CORNER[1]) if is_top else y < height * NUMBER_CORNER[1]
        if text.strip() and is_beside and is_near:
            # Of an OpenType font this library gives the codes two bytes each, the first of a digit being zero.
            lines[round(y)] = lines.get(round(y), "") + text.replace("\0", "").strip()

    sheet.extract_text(visitor_text=keep)
    # A scan may bring a number of its own; ours is in the line nearest to the edge. A page's foot may stand there too.
    told = [y for y, line in lines.items() if re.search(r"\d", line)]
    numbers = re.findall(r"\d+", lines[max(told) if is_top else min(told)]) if told else []
    return numbers[0 if is_left else -1] if numbers else ""


def links(path: Path, label: str) -> list[int]:
    """The pages that the links on the pages labelled so lead to, from top to bottom, each once."""
    reader = PdfReader(path)
    targets: list[int] = []
    marked = [place for place, name in enumerate(reader.page_labels) if name.startswith(label)]
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
    printed = {place: printed_number(reader, place) for place, label in enumerate(labels) if label.isdigit()}
    found = _items(reader, labels, lambda page: printed.get(page, ""))
    if [(each.title, each.bookmark_number) for each in found] != [(title, str(start)) for title, start in expected]:
        yield "书签与卷内目录的题名或页号不一致"
    for each in found:
        if not each.bookmark_number == each.label == each.printed:
            yield f"“{each.title}”：书签第{each.bookmark_number}页，页标签{each.label}，印着{each.printed or '（无）'}"
    if links(path, CONTENTS) != [each.bookmark_page for each in found]:
        yield "卷内目录里的链接没有逐件指到首页"
    if not set(links(path, ANSWERS)) <= {each.bookmark_page for each in found}:
        yield "要求对照表里的链接没有指到各件的首页"
    for place, number in printed.items():
        if number != labels[place]:
            yield f"文件第{place + 1}页的标签是{labels[place]}，印着{number or '（无）'}"


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
    for place, (page, side) in enumerate(zip(reader.pages, sides, strict=True)):
        if side.is_blank and "/Contents" in page:
            yield f"第{place + 1}面应当空白"
        printed = printed_number(reader, place, side.is_left, side.is_top) if side.number else ""
        if printed != side.number:
            yield f"第{place + 1}面应印{side.number}，印着{printed or '（无）'}"
