"""The reading of a project, clause by clause: the text verbatim, its parts, and what has become of each of them.

It is frozen data that can be pickled. It needs the catalogue and 要求解读.xlsx only, never the project's workbook.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from paperwork.checks.requirements.obligations import GENERAL, Clause
from paperwork.checks.requirements.reading import decided, sheet
from paperwork.checks.requirements.reading.sheet import Line, Reading, Status
from paperwork.checks.requirements.readings import read_entry
from paperwork.core import dates, hashing, values
from paperwork.core.faults import Fault, Unreadable, Where
from paperwork.project import decisions, input_folder
from paperwork.project.decisions import shown, text_key
from paperwork.project.funder import read_funder
from paperwork.project.input_folder import Inputs
from paperwork.project.model import CatalogueEntry

COLUMNS = decisions.FACTS
"""Columns of a row that say how a part is read."""
KIND, NOTE, WHO, DAY = sheet.KIND, sheet.NOTE, sheet.WHO, sheet.DAY
PHRASES = {"多久一次": "{}一次", "几日内": "{} 日内", "截止日": "{}前", "部室": "部室：{}", "材料名称": "材料：{}"}
"""How a column is shown; 数量 and 单位 are shown together, and 说明 apart."""


class State(StrEnum):
    """What has become of a part; the values are shown to staff and are the names of CSS classes."""

    ASKED = "请人看一看"
    """The program does not know what it demands, and no person has decided it."""
    UNSEEN = "没有人看过"
    EDITED = "改了还不算数"
    """Staff have changed it in the workbook without 审定人."""
    DECIDED = "已审定"


@dataclass(frozen=True)
class RowView:
    """One reading of a part: 认作, its facts as phrases, and its cells as they stand in the form."""

    at: int
    kind: str
    facts: tuple[str, ...]
    note: str
    values: Mapping[str, str]
    is_added: bool
    """True for a row that the program has not read there."""


@dataclass(frozen=True)
class PartView:
    """A part of a text; `place` is its number on the page, from 1. `who` and `day` are empty until it is decided."""

    key: str
    """What identifies the part, in forms and addresses: it stays when other parts come or go."""
    place: int
    clause: str
    text: str
    state: State
    rows: tuple[RowView, ...]
    who: str = ""
    day: str = ""
    taken_from: str = ""
    """The project whose decision on the same text was taken over."""

    @property
    def is_decided(self) -> bool:
        """Return True if a person has looked at the part and decided how it is read."""
        return self.state is State.DECIDED


@dataclass(frozen=True)
class Piece:
    """A stretch of a clause's text: that of a part, or (without one) what stands between two parts."""

    text: str
    part: PartView | None = None


@dataclass(frozen=True)
class ClauseView:
    """A clause: the texts of its pieces, one after the other, are its text verbatim. `place` is its number, from 1."""

    place: int
    name: str
    pieces: tuple[Piece, ...]
    parts: tuple[PartView, ...]

    @property
    def unseen(self) -> tuple[PartView, ...]:
        """Return the parts that nobody has decided."""
        return tuple(part for part in self.parts if not part.is_decided)


@dataclass(frozen=True)
class LeftOver:
    """A decision that fits no text any more, with what is said about it."""

    clause: str
    text: str
    kind: str
    note: str
    who: str
    day: str
    wrong: str
    mend: str


@dataclass(frozen=True)
class ReadingPage:
    """The reading of one project. `stamp` changes with the workbook and with the project's texts."""

    number: int
    name: str
    file: str
    """要求解读.xlsx, relative to the inputs folder."""
    is_written: bool
    clauses: tuple[ClauseView, ...]
    left_over: tuple[LeftOver, ...]
    faults: tuple[Fault, ...]
    """What is wrong in the rows of the workbook."""
    kinds: tuple[str, ...]
    stamp: str

    @property
    def parts(self) -> tuple[PartView, ...]:
        """Return all parts, in their order."""
        return tuple(part for clause in self.clauses for part in clause.parts)

    @property
    def unseen(self) -> tuple[PartView, ...]:
        """Return the parts that nobody has decided."""
        return tuple(part for part in self.parts if not part.is_decided)

    @property
    def asked(self) -> tuple[PartView, ...]:
        """Return the parts that nobody has decided and the program has not recognised."""
        return tuple(part for part in self.parts if part.state is State.ASKED)

    def part(self, key: str) -> PartView | None:
        """Return a part by its key; None if there is none."""
        return next((part for part in self.parts if part.key == key), None)


def read_page(inputs: Path, templates: Path | None, number: int) -> ReadingPage | None:
    """Return the reading of a project; None if the catalogue has none of this number. Raises `Stop`."""
    found = input_folder.scan_inputs(inputs, templates)
    return make_page(found, sheet.read_sheet(found), number) if number in found.entries else None


def make_page(found: Inputs, reading: Reading, number: int) -> ReadingPage:
    """Return the reading of a project of the catalogue."""
    own = [line for line in reading.lines if line.number == str(number)]
    left = [line for line in own if line.is_left_over]
    rows = {_row(line.where): line for line in left}
    told = {_row(fault.where): fault for fault in reading.faults if _row(fault.where) in rows}
    entry = found.entries[number]
    return ReadingPage(
        number=number,
        name=entry.name,
        file=found.name(reading.path),
        is_written=bool(reading.digest),
        clauses=tuple(_clauses(entry, found, own)),
        left_over=tuple(_left_over(line, told.get(_row(line.where))) for line in left),
        faults=tuple(fault for fault in reading.faults if _row(fault.where) not in rows),
        kinds=reading.kinds,
        stamp=_stamp(reading, own),
    )


def _row(where: Where) -> tuple[str, str, str]:
    """Return the row of a cell's location, by which the faults of a row are found."""
    return where.file, where.sheet, re.sub(r"\D", "", where.cell)


def _stamp(reading: Reading, own: Sequence[Line]) -> str:
    """Return what the forms of a page rest on: the workbook as it is, and how the project's texts are read."""
    rows = [
        (line.key, sorted((header, shown(value)) for header, value in cells.items()))
        for line in own
        for cells in (line.program, line.cells)
    ]
    return hashing.sha256(repr((reading.digest, rows)).encode())[:32]


def _clauses(entry: CatalogueEntry, found: Inputs, own: Sequence[Line]) -> Iterator[ClauseView]:
    """Yield the clauses of 项目目标, 项目内容 and 相关要求."""
    columns = {each.alias: getattr(entry, name) for name, each in entry.fields().items()}
    lines: dict[tuple[str, str], list[Line]] = {}
    for line in own:
        if not line.is_left_over:
            lines.setdefault((line.clause, text_key(line.text)), []).append(line)
    place = 0
    read = read_entry(entry, read_funder(found.templates), found.templates)
    for number, clause in enumerate((each for each in read if each.source != GENERAL), 1):
        name = decided.clause_name(clause)
        parts: dict[str, PartView] = {}
        for part in clause.parts:
            key = text_key(part.text)
            group = lines.get((name, key))
            if group and key not in parts:
                place += 1
                parts[key] = _part(place, group)
        pieces = tuple(_pieces(clause, columns[clause.source] or "", parts))
        yield ClauseView(number, name, pieces, tuple(parts.values()))


def _pieces(clause: Clause, column: str, parts: Mapping[str, PartView]) -> Iterator[Piece]:
    """Yield the text of a clause in pieces."""
    begin = max(column.find(clause.text, clause.start), 0)
    at, end = begin, begin + len(clause.text)
    for part in clause.parts:
        start, last = max(part.start, at), min(part.end, end)
        if start >= last:
            continue
        if at < start:
            yield Piece(column[at:start])
        yield Piece(column[start:last], parts.get(text_key(part.text)))
        at = last
    if at < end:
        yield Piece(column[at:end])


def _part(place: int, lines: Sequence[Line]) -> PartView:
    """Return a part by the rows of the workbook that read it."""
    undecided = [line for line in lines if not line.is_decided]
    if not undecided:
        state = State.DECIDED
    elif any(line.is_edited for line in undecided):
        state = State.EDITED
    else:
        is_asked = any(line.status is Status.ASKED for line in undecided)
        state = State.ASKED if is_asked else State.UNSEEN
    done = [line for line in lines if line.is_decided]
    return PartView(
        hashing.sha256(repr(lines[0].key[1:3]).encode())[:12],
        place,
        lines[0].clause,
        lines[0].text,
        state,
        tuple(map(_row_view, lines)),
        _joined(line.cells.get(WHO) for line in done),
        _joined(_day(line.cells.get(DAY)) for line in done),
        _joined(line.taken_from for line in done),
    )


def _joined(found: Iterator[object]) -> str:
    return "、".join(dict.fromkeys(filter(None, map(shown, found))))


def _row_view(line: Line) -> RowView:
    cells = {header: shown(line.cells.get(header)) for header in COLUMNS}
    if line.kind in decided.TAKEN_AWAY:  # figures of a demand that is none would only mislead
        return RowView(line.at, line.kind, (), cells[NOTE] or line.reason, cells, not line.program)
    amount = f"{cells['数量']}{cells['单位']}" if cells["数量"] else ""
    words = cells | {"截止日": _day(line.cells.get("截止日"))}
    phrases = (phrase.format(words[header]) for header, phrase in PHRASES.items() if cells[header])
    return RowView(line.at, line.kind, tuple(filter(None, (amount, *phrases))), cells[NOTE], cells, not line.program)


def _day(value: object) -> str:
    """Return a cell as it is shown: a day in Chinese."""
    try:
        return values.chinese_date(dates.as_date(value)) if shown(value) else ""
    except Unreadable:
        return shown(value)


def _left_over(line: Line, fault: Fault | None) -> LeftOver:
    return LeftOver(
        line.clause,
        line.text,
        line.kind,
        shown(line.cells.get(NOTE)),
        shown(line.cells.get(WHO)),
        _day(line.cells.get(DAY)),
        fault.wrong if fault else "",
        fault.mend if fault else "",
    )
