"""打印版: dividers, covers of several 册, labels and a guide to the printer's dialog, round the pages of the volume."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from paperwork import bind, duplex, impose, labels, proof, raster, store
from paperwork.context import DIVIDER, PRINTING, BookLine, PrintFigures, SectionFigures, SectionLine
from paperwork.duplex import Book
from paperwork.forms import Binding
from paperwork.impose import Side
from paperwork.leaf import About
from paperwork.model import Basics
from paperwork.plan import Plan, Printed
from paperwork.press import Press, Wanted
from paperwork.raster import Box

MOST_LINES = 30
"""Items that a divider lists; one sheet must do."""
PLACES = {"卷": "正面右下角、背面左下角", "件": "正面右上角、背面左上角"}
Context = Mapping[str, Any]


@dataclass(frozen=True)
class Paper:
    """What the paper edition is made for: the rules of binding, and where its files go (`work` keeps nothing)."""

    binding: Binding
    type: bind.Type
    about: About
    basics: Basics
    made: Path
    work: Path
    inked: dict[Path, list[Box | None]] = field(default_factory=dict)
    """For each page of a file, the box in which all that is drawn on it lies; what has been measured so far."""


def measure(paper: Paper, press: Press, paths: Iterable[Path]) -> None:
    """Look where the ink of pages ends; what was seen of a file before comes from the store."""
    paper.work.mkdir(exist_ok=True)
    seen = paper.work / "seen"
    for path in paths:
        press.kept.obtain(store.key("墨", raster.MAKER, path.read_bytes()), seen, partial(_look, path))
        paper.inked[path] = [box and tuple(box) for box in json.loads(seen.read_text("utf-8"))]


def _look(path: Path, out: Path) -> None:
    out.write_text(json.dumps(list(raster.ink(path))), "utf-8")


def write(
    paper: Paper,
    press: Press,
    laid: Plan,
    own: Mapping[str, Path],
    context_of: Callable[[Plan, int, int], dict[str, Any]],
) -> tuple[list[Printed], list[str]]:
    """Write the printed 册, the labels and the guide. Returns what was printed, and what the proof found wrong.

    The items' pages must have been measured. `own` are the volume's own printed pages by name; `context_of` gives what
    those of one 册 are filled with.
    """
    sides = {entry.item.number: duplex.item_sides(entry) for entry in laid.entries}
    counts = {number: duplex.sheets(each) for number, each in sides.items()}
    bound = duplex.books(laid, counts, _reserve(own), paper.binding.sheets_per_book)
    contexts = [context_of(book.plan, book.number, len(bound)) for book in bound]
    fronts = _fronts(paper, press, contexts, own)
    printed = [_printed(book, fronts[book.number], sides, duplex.file_of(book, len(bound))) for book in bound]
    wanted = _dividers(paper, bound, contexts, _guide(paper, printed, contexts[0]))
    with press.beside(list(wanted.values())) as printing:
        _labels(paper, press, printed, contexts)
        measure(paper, press, {path for front in fronts.values() for path in front.values()})
        dividers = dict(zip(wanted, printing.result(), strict=True))
    measure(paper, press, dividers.values())
    wrong: list[str] = []
    for book, each in zip(bound, printed, strict=True):
        rough = list(_sequence(book, sides, dividers, fronts[book.number]))
        finished = list(duplex.finished(rough, paper.binding, paper.inked.__getitem__))
        path = paper.made / each.file
        impose.write(finished, paper.about, paper.type.numbers, paper.type.faces, path)
        wrong += [f"{path.name}{told}" for told in proof.misprinted(path, _expected(finished))]
        if duplex.sheets(finished) != each.sheets:
            wrong.append(f"{path.name}有{duplex.sheets(finished)}张，打印说明写的是{each.sheets}张")
    guide = duplex.own_sides(dividers[0, PRINTING])
    impose.write(guide, paper.about, paper.type.numbers, paper.type.faces, paper.made / f"{PRINTING}.pdf")
    return printed, wrong


def _reserve(own: Mapping[str, Path]) -> tuple[int, int]:
    """Sheets that the first 册, and every other, needs for its own pages."""
    count = {name: duplex.sheets(duplex.own_sides(path)) for name, path in own.items()}
    every = count[bind.COVER] + count[bind.CONTENTS] + count[bind.RECORD]
    return sum(count.values()), every


def _fronts(
    paper: Paper, press: Press, contexts: Sequence[Context], own: Mapping[str, Path]
) -> dict[int, dict[str, Path]]:
    """The own pages of each 册: the volume's, where there is one; else covers, contents and records of their own.

    The tables that answer for the whole volume lie in the first 册.
    """
    if len(contexts) == 1:
        return {1: dict(own)}
    each = (bind.COVER, bind.CONTENTS, bind.RECORD)
    wanted: dict[tuple[int, str], Wanted] = {
        (number, name): (name, paper.work / f"{name}-{number}.docx", context)
        for number, context in enumerate(contexts, 1)
        for name in each
    }
    pages = dict(zip(wanted, press.pages(list(wanted.values())), strict=True))
    fronts = {number: {name: pages[number, name] for name in each} for number in range(1, len(contexts) + 1)}
    fronts[1] = {**own, **fronts[1]}
    return fronts


def _dividers(
    paper: Paper, bound: Sequence[Book], contexts: Sequence[Context], guide: Context
) -> dict[tuple[int, str], Wanted]:
    """The dividers of each 册, and the guide (as that of 册 0), to be printed in one start of LibreOffice."""
    names = list(dict.fromkeys(section for book in bound for section, _ in book.sections()))
    wanted: dict[tuple[int, str], Wanted] = {(0, PRINTING): (PRINTING, paper.work / f"{PRINTING}.docx", guide)}
    for book, context in zip(bound, contexts, strict=True):
        for section, figures in _sections(book, names):
            path = paper.work / f"{DIVIDER}-{book.number}-{figures.number}.docx"
            wanted[book.number, section] = (DIVIDER, path, {**context, **figures.tags()})
    return wanted


def _sections(book: Book, names: Sequence[str]) -> Iterator[tuple[str, SectionFigures]]:
    """What the dividers of a 册 say; a section has the same number, and its tab the same place, in every 册."""
    for name, entries in book.sections():
        lines = [SectionLine(title=entry.item.title, page=str(entry.start)) for entry in entries[:MOST_LINES]]
        if len(entries) > MOST_LINES:
            lines.append(SectionLine(title=f"……其余 {len(entries) - MOST_LINES} 件见卷内目录", page=""))
        yield name, SectionFigures(name=name, number=names.index(name) + 1, count=len(names), items=tuple(lines))


def _sequence(
    book: Book,
    sides: Mapping[int, list[Side]],
    dividers: Mapping[tuple[int, str], Path],
    fronts: Mapping[str, Path],
) -> Iterator[Side]:
    """The sides of a 册 in their order: cover, tables, divider and items section by section, record."""
    for name in (name for name in bind.FRONT if name in fronts):
        yield from duplex.own_sides(fronts[name])
    for section, entries in book.sections():
        yield from duplex.own_sides(dividers[book.number, section])
        for entry in entries:
            yield from sides[entry.item.number]
    yield from duplex.own_sides(fronts[bind.RECORD])


def _expected(sides: Sequence[Side]) -> list[proof.Expected]:
    return [
        proof.Expected(str(side.mark.number), side.mark.is_left, side.mark.is_top)
        if side.mark
        else proof.Expected("", is_blank=side.path is None)
        for side in sides
    ]


def _printed(book: Book, front: Mapping[str, Path], sides: Mapping[int, Sequence[Side]], file: str) -> Printed:
    """What a 册 will be: its sheets are counted before it is written, for the guide names them."""
    own = sum(duplex.sheets(duplex.own_sides(page)) for page in front.values())
    return Printed(
        number=book.number,
        file=file,
        sheets=book.sheets + own,
        first=book.entries[0].start,
        last=book.entries[-1].end,
        first_item=book.entries[0].item.number,
        last_item=book.entries[-1].item.number,
        folded=tuple(number for entry in book.entries for number in duplex.folded(sides[entry.item.number])),
    )


# ---- labels and guide


def _boxes(printed: Sequence[Printed], binding: Binding) -> list[int]:
    """The box of each 册, filled in order up to the widest there is."""
    boxes: list[int] = []
    filled = 0.0
    for each in printed:
        thick = each.sheets * binding.sheet_mm
        if boxes and filled + thick <= max(binding.box_mm):
            boxes.append(boxes[-1])
            filled += thick
        else:
            boxes.append(len(set(boxes)) + 1)
            filled = thick
    return boxes


def _labels(paper: Paper, press: Press, printed: Sequence[Printed], contexts: Sequence[Context]) -> None:
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
            thickness_mm=each.sheets * binding.sheet_mm,
        )
        for each, box in zip(printed, _boxes(printed, binding), strict=True)
    ]
    sizes = (binding.box_mm, binding.label_height_mm)
    key = store.key("标签", labels.MAKER, repr((spines, sizes, paper.about)), press.looks)
    drawn = paper.work / labels.LABELS
    press.kept.obtain(key, drawn, lambda path: labels.write(spines, *sizes, paper.about, labels.faces(press.env), path))
    shutil.copyfile(drawn, paper.made / labels.LABELS)


def _guide(paper: Paper, printed: Sequence[Printed], context: Context) -> Context:
    """What 打印说明 is filled with: what to choose in the printer's dialog."""
    lines = tuple(
        BookLine(
            number=each.number,
            file=each.file,
            sheets=each.sheets,
            pages=f"{each.first}—{each.last}",
            folded=len(each.folded),
            box=box,
            thickness=f"{each.sheets * paper.binding.sheet_mm:.1f} 毫米",
        )
        for each, box in zip(printed, _boxes(printed, paper.binding), strict=True)
    )
    folded = "、".join(str(number) for each in printed for number in each.folded)
    figures = PrintFigures(books=lines, corner=PLACES[paper.binding.numbers], folded=folded)
    return {**context, **figures.tags()}
