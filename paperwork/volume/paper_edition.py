"""Write the paper edition 打印版: the volume split into 册, with dividers, covers, labels and 打印说明.

The items' pages and numbers are those of the electronic edition. This module adds the pages that exist on paper only.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from paperwork.formats.pdf.render import Box
from paperwork.project.model import Basics
from paperwork.volume import binder, duplex, labels, readback
from paperwork.volume.duplex import Book
from paperwork.volume.page_plan import PagePlan, PrintedBook

MOST_LINES = 30
"""Items that a divider lists at most, so that it fits on one sheet of paper."""
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
    ink_boxes: dict[Path, list[Box | None]] = field(default_factory=dict)
    """Ink box of each page by file, None for an empty page; filled by `measure`."""


def measure(paper: PaperEdition, press: Renderer, paths: Iterable[Path]) -> None:
    """Measure the ink box of each page of the files into `paper.inked`; results are cached by file content."""
    paper.work.mkdir(exist_ok=True)
    measured = paper.work / "seen"
    for path in paths:
        press.cache.get_or_make(hashing.cache_key("墨", path.read_bytes()), measured, partial(_measure_ink, path))
        # JSON turns the tuples into lists; a `Box` is a tuple.
        paper.ink_boxes[path] = [box and tuple(box) for box in json.loads(measured.read_text("utf-8"))]


def _measure_ink(pdf_file: Path, out_file: Path) -> None:
    out_file.write_text(json.dumps(list(render.ink_boxes(pdf_file))), "utf-8")


def write(
    paper: PaperEdition,
    press: Renderer,
    page_plan: PagePlan,
    own_pages: Mapping[str, Path],
    context_of: Callable[[PagePlan, int, int], dict[str, Any]],
) -> tuple[list[PrintedBook], list[str]]:
    """Write a PDF for each 册, the labels and 打印说明; return the 册 and the errors found by reading them back.

    The items' pages must have been measured before. `own_pages` maps the volume's own pages to their PDFs. `context_of`
    returns the template values for the own pages of one 册, given its page plan, its number and the count of 册.
    """
    sides = {entry.item.number: duplex.item_sides(entry) for entry in page_plan.entries}
    counts = {number: duplex.count_paper_sheets(each) for number, each in sides.items()}
    bound = duplex.books(page_plan, counts, _sheets_for_own_pages(own_pages), paper.binding.sheets_per_book)
    contexts = [context_of(book.plan, book.number, len(bound)) for book in bound]
    fronts = _own_pages_by_book(paper, press, contexts, own_pages)
    printed = [_describe(book, fronts[book.number], sides, duplex.book_file_name(book, len(bound))) for book in bound]
    print_list = _divider_print_list(paper, bound, contexts, _guide_context(paper, printed, contexts[0]))
    with press.in_background(list(print_list.values())) as printing:
        _write_labels(paper, press, printed, contexts)
        measure(paper, press, {path for front in fronts.values() for path in front.values()})
        dividers = dict(zip(print_list, printing.result(), strict=True))
    measure(paper, press, dividers.values())
    errors: list[str] = []
    for book, each in zip(bound, printed, strict=True):
        unplaced = list(_sides_in_order(book, sides, dividers, fronts[book.number]))
        finished = list(duplex.place_sides(unplaced, paper.binding, paper.ink_boxes.__getitem__))
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
    volume (要求对照表, 待补材料清单) go into the first 册.
    """
    if len(contexts) == 1:
        return {1: dict(own_pages)}
    each = (binder.COVER, binder.CONTENTS, binder.RECORD)
    print_list: dict[tuple[int, str], RenderJob] = {
        (number, name): (name, paper.work / f"{name}-{number}.docx", context)
        for number, context in enumerate(contexts, 1)
        for name in each
    }
    pages = dict(zip(print_list, press.render(list(print_list.values())), strict=True))
    fronts = {number: {name: pages[number, name] for name in each} for number in range(1, len(contexts) + 1)}
    # The right side wins: the cover, contents and 备考表 of 册 1 replace those of the whole volume.
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
        for section, figures in _divider_contexts(book, names):
            path = paper.work / f"{DIVIDER}-{book.number}-{figures.number}.docx"
            print_list[book.number, section] = (DIVIDER, path, {**context, **figures.template_values()})
    return print_list


def _divider_contexts(book: Book, names: Sequence[str]) -> Iterator[tuple[str, SectionFields]]:
    """Yield the name and the template values of each divider of a 册.

    A section has the same number in every 册, so its tab is at the same place.
    """
    for name, entries in book.sections():
        lines = [SectionLine(title=entry.item.title, page=str(entry.start)) for entry in entries[:MOST_LINES]]
        if len(entries) > MOST_LINES:
            lines.append(SectionLine(title=f"……其余 {len(entries) - MOST_LINES} 件见卷内目录", page=""))
        yield name, SectionFields(name=name, number=names.index(name) + 1, count=len(names), items=tuple(lines))


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
    return [
        readback.ExpectedSide(str(side.page_number.number), side.page_number.is_left, side.page_number.is_top)
        if side.page_number
        else readback.ExpectedSide("", is_blank=side.path is None)
        for side in sides
    ]


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
        )
        for each, box in zip(printed, _box_numbers(printed, binding), strict=True)
    ]
    words = "".join(word for spine in spines for word in spine.words)
    sizes = (binding.box_mm, binding.label_height_mm)
    about = replace(paper.about, title=f"{paper.about.title}（{Path(labels.LABELS).stem}）")
    key = hashing.cache_key("标签", repr((spines, sizes, about)), press.fonts_digest)
    drawn = paper.work / labels.LABELS
    press.cache.get_or_make(
        key, drawn, lambda path: labels.write(spines, *sizes, about, labels.faces(press.env, words), path)
    )
    # A copy: what the cache returns may be a hard link to its entry, and the archive must not share a file with it.
    shutil.copyfile(drawn, paper.archive_folder / labels.LABELS)


def _guide_context(paper: PaperEdition, printed: Sequence[PrintedBook], context: Context) -> Context:
    """Return the template values of 打印说明, which tells staff what to choose in the print dialog."""
    lines = tuple(
        BookLine(
            number=each.number,
            file=each.file,
            sheets=each.paper_sheets,
            pages=f"{each.first}—{each.last}",
            folded=len(each.a3_pages),
            box=box,
            thickness=f"{each.paper_sheets * paper.binding.sheet_mm:.1f} 毫米",
        )
        for each, box in zip(printed, _box_numbers(printed, paper.binding), strict=True)
    )
    folded_pages = "、".join(str(number) for each in printed for number in each.a3_pages)
    figures = PrintFields(books=lines, corner=PLACES[paper.binding.numbers], folded=folded_pages)
    return {**context, **figures.template_values()}
