"""Data types for a table read from any file: rows of cells, each with its location."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from paperwork.core.faults import Where

MAX_ROWS = 20_000
MAX_COLUMNS = 200


@dataclass(frozen=True)
class Cell:
    """A cell's value and location; `problem` is the Chinese reason why the value could not be read."""

    value: object
    where: Where
    problem: str = ""

    @property
    def is_filled(self) -> bool:
        """Return True if the cell has a value or a problem."""
        return self.value not in (None, "") or bool(self.problem)


class MergedRange(NamedTuple):
    """A merged range of cells: its first and last row and column, both included, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """A table with its name. Rows may differ in length; blank cells hold None.

    `hidden` has Chinese notes on what staff may not see: a hidden worksheet, hidden rows.
    """

    name: str
    rows: list[list[Cell]]
    hidden: tuple[str, ...] = field(default=())
    merged: tuple[MergedRange, ...] = field(default=())


def column_letters(column: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    rest, last = divmod(column - 1, 26)
    return (column_letters(rest) if rest else "") + chr(ord("A") + last)


def make_sheet(title: str, texts: Sequence[Sequence[str]], name: str) -> Sheet:
    """Return a table of texts as a sheet, with cell addresses assigned as in a spreadsheet (A1, B1, …).

    `name` is the file's name. Raises `ValueError` when the table is too large.
    """
    if len(texts) > MAX_ROWS or max(map(len, texts), default=0) > MAX_COLUMNS:
        raise ValueError(f"表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    rows = [
        [
            Cell(text or None, Where(name, title, f"{column_letters(column)}{number}"))
            for column, text in enumerate(row, 1)
        ]
        for number, row in enumerate(texts, 1)
    ]
    return Sheet(title, rows)


def filled_rows(sheet: Sheet) -> Iterator[list[Cell]]:
    """Return the rows that have at least one filled cell."""
    return (row for row in sheet.rows if any(cell.is_filled for cell in row))
