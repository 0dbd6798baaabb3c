"""Write the paper edition 打印版: the volume split into 册, with dividers, covers, labels and 打印说明.

The items' pages and numbers are those of the electronic edition. This module adds the pages that exist on paper only.
"""

import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from paperwork.core import hashing
from paperwork.documents.declarations import Binding
from paperwork.documents.fields import DIVIDER, PRINTING, BookLine, PrintFields, SectionFields, SectionLine
from paperwork.documents.rendering import Renderer, RenderJob
from paperwork.formats.pdf import imposition, render
from paperwork.formats.pdf.imposition import Side
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.render import PageInk
from paperwork.project.model import Basics
from paperwork.volume import binder, duplex, labels, own_pages, readback
from paperwork.volume.duplex import Book
from paperwork.volume.page_plan import PagePlan, PlannedItem, PrintedBook

MOST_LINES = 19
"""Rows of one line that fit on a divider, so that it takes the front of one sheet: its back stays blank."""
TITLE_LINE, NAME_LINE = 28, 14
"""Chinese characters in a line of a title, and of the section's name, on a divider."""
MOST_BOOKS = 6
"""Rows of the table of 打印说明 at most, so that it fits on one page; the last one may stand for several 册."""
MOST_FOLDED = 60
"""Characters that the list of A3 pages on 打印说明 takes at most, for the same reason."""
PLACES = {"卷": "正面右下角、背面左下角", "件": "正面右上角、背面左上角"}
"""Corner of the page numbers in words for 打印说明, by the `numbers` setting of binding.toml."""
Context = Mapping[str, Any]
"""Template values by tag."""


@dataclass(frozen=True)
class PaperEdition:
    """Settings and folders of the paper edition; `made` takes its files, `work` is a temporary folder."""

    binding: Binding
    type: binder.BindingResources
    about: DocumentMetadata
    basics: Basics
    archive_folder: Path
    work: Path


def measure(paper: PaperEdition, press: Renderer, paths: Iterable[Path]) -> None:
    """Measure the ink of each page of the files into `paper.type.ink`; results are cached by file content."""
    paper.work.mkdir(exist_ok=True)
    measured = paper.work / "seen"
    for path in paths:
        press.cache.get_or_make(hashing.cache_key("墨", path.read_bytes()), measured, partial(_measure_ink, path))
        # JSON turns the tuples into lists.
        paper.type.ink[path] = [
            PageInk(tuple(row and (row[0], row[1]) for row in rows)) for rows in json.loads(measured.read_text("utf-8"))
        ]


def _measure_ink(pdf_file: Path, out_file: Path) -> None:
    out_file.write_text(json.dumps([ink.rows for ink in render.page_inks(pdf_file)]), "utf-8")


def write(
    paper: PaperEdition,
    press: Renderer,
    page_plan: PagePlan,
    own_pages: Mapping[str, Path],
    context_of: Callable[[PagePlan, int, Sequence[PagePlan]], dict[str, Any]],
) -> tuple[list[PrintedBook], list[str]]:
    """Write a PDF for each 册, the labels and 打印说明; return the 册 and the errors found by reading them back.

    The items' pages must have been measured before. `own_pages` maps the volume's own pages to their PDFs. `context_of`
    returns the template values for the own pages of one 册, given its page plan, its number and the plans of all 册.
    """
    sides = {entry.item.number: duplex.item_sides(entry) for entry in page_plan.entries}
    counts = {number: duplex.count_paper_sheets(each) for number, each in sides.items()}
    bound = duplex.books(page_plan, counts, _sheets_for_own_pages(own_pages), paper.binding.sheets_per_book)
    plans = [book.plan for book in bound]
    contexts = [context_of(book.plan, book.number, plans) for book in bound]
    fronts = _own_pages_by_book(paper, press, contexts, own_pages)
    printed = [_describe(book, fronts[book.number], sides, duplex.book_file_name(book, len(bound))) for book in bound]
    print_list = _divider_print_list(
        paper, bound, contexts, {**contexts[0], **guide_fields(printed, paper.binding).template_values()}
    )
    with press.in_background(list(print_list.values())) as printing:
        _write_labels(paper, press, printed, contexts)
        measure(paper, press, {path for front in fronts.values() for path in front.values()})
        dividers = dict(zip(print_list, printing.result(), strict=True))
    measure(paper, press, dividers.values())
    errors: list[str] = []
    for book, each in zip(bound, printed, strict=True):
        unplaced = list(_sides_in_order(book, sides, dividers, fronts[book.number]))
        finished = list(duplex.place_sides(unplaced, paper.binding, paper.type.ink.__getitem__))
        path = paper.archive_folder / each.file
        about = replace(paper.about, title=f"{paper.about.title}（{path.stem}）")
        imposition.write_imposed(finished, about, paper.type.number_stamps, paper.type.faces, path)
        errors += [f"{path.name}{message}" for message in readback.find_misprints(path, _expected(finished))]
        if duplex.count_paper_sheets(finished) != each.paper_sheets:
            errors.append(f"{path.name}有{duplex.count_paper_sheets(finished)}张，打印说明写的是{each.paper_sheets}张")
    guide = duplex.own_sides(dividers[0, PRINTING])
    about = replace(paper.about, title=f"{paper.about.title}（{PRINTING}）")
    imposition.write_imposed(
        guide, about, paper.type.number_stamps, paper.type.faces, paper.archive_folder / f"{PRINTING}.pdf"
    )
    return printed, errors


def _sheets_for_own_pages(own_pages: Mapping[str, Path]) -> tuple[int, int]:
    """Return the sheets of paper that the own pages take in the first 册, and in every other one."""
    sheets_of = {name: duplex.count_paper_sheets(duplex.own_sides(path)) for name, path in own_pages.items()}
    # Upper bound: the contents of one 册 are a part of the whole contents measured here.
    others = sheets_of[binder.COVER] + sheets_of[binder.CONTENTS] + sheets_of[binder.RECORD]
    return sum(sheets_of.values()), others


def _own_pages_by_book(
    paper: PaperEdition, press: Renderer, contexts: Sequence[Context], own_pages: Mapping[str, Path]
) -> dict[int, dict[str, Path]]:
    """Return the own pages of each 册 by its number.

    A single 册 uses those of the volume. Several 册 have a cover, contents and 备考表 each. The tables for the whole
    volume (要求对照表, 待补材料清单) go into the first 册; there 要求对照表 says in which 册 a page is.
    """
    if len(contexts) == 1:
        return {1: dict(own_pages)}
    each = (binder.COVER, binder.CONTENTS, binder.RECORD)
    print_list: dict[tuple[int, str], RenderJob] = {
        (number, name): (name, paper.work / f"{name}-{number}.docx", context)
        for number, context in enumerate(contexts, 1)
        for name in (*each, *([binder.ANSWERS] if number == 1 else []))
    }
    pages = dict(zip(print_list, press.render(list(print_list.values())), strict=True))
    fronts: dict[int, dict[str, Path]] = {number: {} for number in range(1, len(contexts) + 1)}
    for (number, name), page in pages.items():
        fronts[number][name] = page
    # The right side wins: the pages of 册 1 replace those of the whole volume.
    fronts[1] = {**own_pages, **fronts[1]}
    return fronts


def _divider_print_list(
    paper: PaperEdition, bound: Sequence[Book], contexts: Sequence[Context], guide: Context
) -> dict[tuple[int, str], RenderJob]:
    """Return the dividers to print by 册 and section, and 打印说明 as that of 册 0.

    All go into one call of the renderer: each start of LibreOffice is slow.
    """
    names = list(dict.fromkeys(section for book in bound for section, _ in book.sections()))
    print_list: dict[tuple[int, str], RenderJob] = {(0, PRINTING): (PRINTING, paper.work / f"{PRINTING}.docx", guide)}
    for book, context in zip(bound, contexts, strict=True):
        for section, figures in divider_fields(book, names, context["案卷题名"]):
            path = paper.work / f"{DIVIDER}-{book.number}-{figures.number}.docx"
            print_list[book.number, section] = (DIVIDER, path, {**context, **figures.template_values()})
    return print_list


def divider_fields(book: Book, names: Sequence[str], title: str) -> Iterator[tuple[str, SectionFields]]:
    """Yield the name and the template values of each divider of a 册; `title` is 案卷题名, which stands on it.

    A section has the same number in every 册, so its tab is at the same place.
    """
    for name, entries in book.sections():
        # A line of the name is as high as two rows, one of 案卷题名 as one.
        room = MOST_LINES - 2 * (_line_count(name, NAME_LINE) - 1) - (_line_count(title, TITLE_LINE) - 1)
        lines = tuple(_divider_lines(entries, room))
        yield name, SectionFields(name=name, number=names.index(name) + 1, count=len(names), items=lines)


def _divider_lines(entries: Sequence[PlannedItem], room: int) -> Iterator[SectionLine]:
    """Yield the rows of a divider's table, in the room of `room` rows; the last row counts what does not fit."""
    used = 0.0
    for place, entry in enumerate(entries):
        used += (1 + _line_count(entry.item.title, TITLE_LINE)) / 2  # each line more is half as high as a row of one
        if used + (place < len(entries) - 1) > room:
            yield SectionLine(title=f"……其余 {len(entries) - place} 件见卷内目录", page="")
            return
        yield SectionLine(title=entry.item.title, page=str(entry.start))


def _line_count(words: str, length: int) -> int:
    """Return the number of lines of `length` Chinese characters that a text may take; two Latin ones are as wide."""
    width = sum(0.5 if char.isascii() else 1 for char in words)
    return max(1, math.ceil(width / length))


def _sides_in_order(
    book: Book,
    sides: Mapping[int, list[Side]],
    dividers: Mapping[tuple[int, str], Path],
    fronts: Mapping[str, Path],
) -> Iterator[Side]:
    """Yield the sides of a 册 in order: cover, tables, then for each section its divider and items, then 备考表."""
    for name in (name for name in binder.FRONT if name in fronts):
        yield from duplex.own_sides(fronts[name])
    for section, entries in book.sections():
        yield from duplex.own_sides(dividers[book.number, section])
        for entry in entries:
            yield from sides[entry.item.number]
    yield from duplex.own_sides(fronts[binder.RECORD])


def _expected(sides: Sequence[Side]) -> list[readback.ExpectedSide]:
    """Return the expected content of each side, for reading the file back."""
    return [readback.ExpectedSide(side.page_number, side.size, is_blank=side.path is None) for side in sides]


def _describe(book: Book, front: Mapping[str, Path], sides: Mapping[int, Sequence[Side]], file: str) -> PrintedBook:
    """Return the description of a 册 before it is written: the labels and 打印说明 state its number of sheets."""
    own_sheets = sum(duplex.count_paper_sheets(duplex.own_sides(page)) for page in front.values())
    return PrintedBook(
        number=book.number,
        file=file,
        paper_sheets=book.paper_sheets + own_sheets,
        first=book.entries[0].start,
        last=book.entries[-1].end,
        first_item=book.entries[0].item.number,
        last_item=book.entries[-1].item.number,
        a3_pages=tuple(number for entry in book.entries for number in duplex.a3_page_numbers(sides[entry.item.number])),
    )


# ---- labels and guide


def _box_numbers(printed: Sequence[PrintedBook], binding: Binding) -> list[int]:
    """Return the number of the 档案盒 for each 册; boxes are filled in order up to the widest box size."""
    boxes: list[int] = []
    filled_mm = 0.0
    for each in printed:
        thickness_mm = each.paper_sheets * binding.sheet_mm
        if boxes and filled_mm + thickness_mm <= max(binding.box_mm):
            boxes.append(boxes[-1])
            filled_mm += thickness_mm
        else:
            boxes.append(len(set(boxes)) + 1)
            filled_mm = thickness_mm
    return boxes


def _write_labels(
    paper: PaperEdition, press: Renderer, printed: Sequence[PrintedBook], contexts: Sequence[Context]
) -> None:
    """Draw the labels of all 册 and boxes, or copy them from the cache."""
    basics, binding = paper.basics, paper.binding
    spines = [
        labels.Spine(
            title=contexts[0]["案卷题名"],
            fonds=basics.fonds,
            fonds_name=contexts[0]["全宗名称"],
            year=str(basics.year or ""),
            retention=basics.retention or "",
            code=contexts[0]["档号"],
            bureau=basics.bureau,
            first_item=each.first_item,
            last_item=each.last_item,
            book=each.number,
            books=len(printed),
            box=box,
            thickness_mm=each.paper_sheets * binding.sheet_mm,
            file_number=own_pages.file_number(basics),
            sample=contexts[0]["示例标记"],
        )
        for each, box in zip(printed, _box_numbers(printed, binding), strict=True)
    ]
    words = "".join(word for spine in spines for word in spine.words)
    sizes = labels.LabelSizes(binding.spine_mm, binding.box_mm, binding.label_height_mm)
    about = replace(paper.about, title=f"{paper.about.title}（{Path(labels.LABELS).stem}）")
    key = hashing.cache_key("标签", repr((spines, sizes, about)), press.fonts_digest)
    drawn = paper.work / labels.LABELS
    press.cache.get_or_make(
        key, drawn, lambda path: labels.write(spines, sizes, about, labels.faces(press.env, words), path)
    )
    # A copy: what the cache returns may be a hard link to its entry, and the archive must not share a file with it.
    shutil.copyfile(drawn, paper.archive_folder / labels.LABELS)


def guide_fields(printed: Sequence[PrintedBook], binding: Binding) -> PrintFields:
    """Return the data of 打印说明, which tells staff what to choose in the print dialog."""
    rows = list(zip(printed, _box_numbers(printed, binding), strict=True))
    few = MOST_BOOKS - 1 if len(rows) > MOST_BOOKS else MOST_BOOKS
    groups = [*([row] for row in rows[:few]), *([rows[few:]] if rows[few:] else [])]
    return PrintFields(
        books=tuple(_book_line(group, binding) for group in groups),
        corner=PLACES[binding.numbers],
        folded=_folded_text([number for each in printed for number in each.a3_pages]),
    )


def _book_line(group: Sequence[tuple[PrintedBook, int]], binding: Binding) -> BookLine:
    """Return the row of 打印说明 for one 册, or for several that follow each other, each with the number of its box."""
    (first, first_box), (last, last_box) = group[0], group[-1]
    sheets = sum(each.paper_sheets for each, _ in group)
    return BookLine(
        number=_span(first.number, last.number),
        file=first.file if len(group) == 1 else f"{first.file}等{len(group)}个文件",
        sheets=str(sheets),
        pages=f"{first.first}—{last.last}",
        folded=str(sum(len(each.a3_pages) for each, _ in group)),
        box=_span(first_box, last_box),
        thickness=f"{sheets * binding.sheet_mm:.1f} 毫米",
    )


def _span(first: int, last: int) -> str:
    """Return two numbers as a range, or as one if they are equal."""
    return str(first) if first == last else f"{first}—{last}"


def _folded_text(numbers: Sequence[int]) -> str:
    """Return a list of page numbers with neighbours as ranges; of a long list only the beginning and the count."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    # LibreOffice takes 12、57 for one word and breaks it inside a number; the blanks are where it may break.
    words = "、 ".join(_span(first, last) for first, last in spans)
    if len(words) <= MOST_FOLDED:
        return words
    return f"{words[:MOST_FOLDED].rpartition('、')[0]}……（共 {len(numbers)} 页，见电子版）"
