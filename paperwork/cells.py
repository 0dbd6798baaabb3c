"""A table as rows of cells that know where they stand, whatever file it came from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from paperwork.faults import Where

MAX_ROWS = 20_000
MAX_COLUMNS = 200


@dataclass(frozen=True)
class Cell:
    """What stands in a cell and where; `problem` says why a value could not be had."""

    value: object
    where: Where
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether anything stands in it."""
        return self.value not in (None, "") or bool(self.problem)


class Area(NamedTuple):
    """Merged cells: the first and the last row and column, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """A table by name; rows may differ in length, blank cells hold None. `hidden` names what staff may not see."""

    name: str
    rows: list[list[Cell]]
    hidden: tuple[str, ...] = field(default=())
    merged: tuple[Area, ...] = field(default=())


def letters(column: int) -> str:
    """A column's letters: 1 is A, 27 is AA."""
    more, last = divmod(column - 1, 26)
    return (letters(more) if more else "") + chr(ord("A") + last)


def plain_sheet(title: str, texts: Sequence[Sequence[str]], name: str) -> Sheet:
    """A sheet of a file that has no cell addresses of its own; they are given as in a spreadsheet."""
    if len(texts) > MAX_ROWS or max(map(len, texts), default=0) > MAX_COLUMNS:
        raise ValueError(f"表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    rows = [
        [Cell(text or None, Where(name, title, f"{letters(at)}{line}")) for at, text in enumerate(row, 1)]
        for line, row in enumerate(texts, 1)
    ]
    return Sheet(title, rows)


def walk(sheet: Sheet) -> Iterator[list[Cell]]:
    """Yield the rows that hold anything."""
    return (row for row in sheet.rows if any(cell.holds for cell in row))
