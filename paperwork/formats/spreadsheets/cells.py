"""Data types for a table read from any file: rows of cells, each with its location."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from paperwork.core.faults import Fault, Level, Unreadable, Where

MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_STRAY = 20
"""Filled cells outside of the area that is read which are reported one by one; more are reported together."""
BROKEN = ("文件损坏或不是它名字所说的格式，打不开", "请用 Excel 或 WPS 重新保存后再放进来")
"""Problem and remedy of a damaged file."""


class Problem(NamedTuple):
    """Why a cell's value could not be read, and the remedy, in Chinese."""

    wrong: str
    mend: str


MEND_ERROR = "请改正公式或直接填写"
ERROR_VALUE = re.compile(
    r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|GETTING_DATA|UNKNOWN!)"
    r"|Err:\d{3}"
)
TOO_NARROW = re.compile(r"#{2,}")


def error_problem(value: str) -> Problem | None:
    """Return the problem of a cell that shows an error value: from a formula, or as the text in a CSV."""
    if ERROR_VALUE.fullmatch(value.strip()):
        return Problem(f"这一格是错误值 {value.strip()}", MEND_ERROR)
    if TOO_NARROW.fullmatch(value.strip()):
        return Problem("这一格只有 # 号：导出时列太窄，内容没有存下来", "请把列拉宽再导出，或直接填写")
    return None


@dataclass(frozen=True)
class Cell:
    """A cell's value and location, and the problem if the value could not be read.

    `shown` is the text that Excel shows for the value, or None if it is the value's own text: 1 is shown as HD-01 with
    the number format "HD-"00.
    """

    value: object
    where: Where
    problem: Problem | None = None
    shown: str | None = None

    @property
    def is_filled(self) -> bool:
        """Return True if the cell has a value or a problem."""
        return self.value not in (None, "") or self.problem is not None


class MergedRange(NamedTuple):
    """A merged range of cells: its first and last row and column, both included, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """A table with its name. Rows may differ in length; blank cells hold None.

    `notes` has notices of what staff may not see (a hidden worksheet, hidden rows and columns) and of number formats
    that are not understood. `unread` has the faults of filled cells beyond `MAX_ROWS` or `MAX_COLUMNS`, which are not
    in `rows`. `inside` is the name of the table that contains this one, in a Word file.
    """

    name: str
    rows: list[list[Cell]]
    notes: tuple[Fault, ...] = field(default=())
    merged: tuple[MergedRange, ...] = field(default=())
    unread: tuple[Fault, ...] = field(default=())
    inside: str = ""


def column_letters(column: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    rest, last = divmod(column - 1, 26)
    return (column_letters(rest) if rest else "") + chr(ord("A") + last)


def is_outside(row: int, column: int) -> bool:
    """Return True if a cell, counted from 1, lies outside of the area of a sheet that is read."""
    return row > MAX_ROWS or column > MAX_COLUMNS


def find_overflow(rows: int, columns: int) -> Problem | None:
    """Return the problem of a sheet with too many filled rows or columns, or None."""
    if rows > MAX_ROWS:
        return Problem(f"这张表有 {rows} 行填了内容，最多读 {MAX_ROWS} 行", "请只留这个项目的行，把其余的删去")
    if columns > MAX_COLUMNS:
        return Problem(f"这张表有 {columns} 列填了内容，最多读 {MAX_COLUMNS} 列", "请只留要用的列，把其余的删去")
    return None


def report_stray_cells(found: Iterable[tuple[tuple[int, int], object]], place: Where) -> tuple[Fault, ...]:
    """Return the faults of the filled cells (row and column counted from 1, value) outside of the area that is read.

    Above `MAX_STRAY` cells a single fault names the first of them and their number.
    """
    stray = sorted((each for each in found if is_outside(*each[0])), key=lambda each: each[0])
    many = len(stray) > MAX_STRAY
    faults = []
    for (row, column), value in stray[:1] if many else stray:
        wrong = f"离表格太远，没有读（只读前 {MAX_ROWS} 行、前 {MAX_COLUMNS} 列）"
        wrong = f"这一格和后面的内容{wrong}，一共 {len(stray)} 格" if many else f"这一格{wrong}"
        mend = "请删去这些格子的内容" if many else "请删去这一格的内容"
        where = Where(place.file, place.sheet, f"{column_letters(column)}{row}")
        faults.append(Fault(Level.ERROR, where, wrong, mend, str(value)))
    return tuple(faults)


def make_sheet(title: str, texts: Sequence[Sequence[str]], name: str) -> Sheet:
    """Return a table of texts as a sheet, with cell addresses assigned as in a spreadsheet (A1, B1, …).

    `name` is the file's name. Raises `Unreadable` when too many rows or columns are filled.
    """
    unread: tuple[Fault, ...] = ()
    if len(texts) > MAX_ROWS or max(map(len, texts), default=0) > MAX_COLUMNS:
        columns = {column for row in texts for column, text in enumerate(row) if text}
        if problem := find_overflow(sum(map(any, texts)), len(columns)):
            raise Unreadable(*problem)
        filled = (((at, column), text) for at, row in enumerate(texts, 1) for column, text in enumerate(row, 1) if text)
        unread = report_stray_cells(filled, Where(name, title))
    rows = [
        [
            Cell(text or None, Where(name, title, f"{column_letters(column)}{number}"), error_problem(text))
            for column, text in enumerate(row[:MAX_COLUMNS], 1)
        ]
        for number, row in enumerate(texts[:MAX_ROWS], 1)
    ]
    return Sheet(title, rows, unread=unread)


def filled_rows(sheet: Sheet) -> Iterator[list[Cell]]:
    """Return the rows that have at least one filled cell."""
    return (row for row in sheet.rows if any(cell.is_filled for cell in row))
