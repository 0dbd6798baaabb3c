"""Read a table that describes one project: 项目名称 | …, a name and its value side by side, one or two pairs in a row.

Such a table may hold several projects, one below the other or, one in each column, side by side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from paperwork.core import text
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.project import headers, rows
from paperwork.project.catalogue import unread
from paperwork.project.catalogue.columns import (
    AMOUNT,
    DEPARTMENT,
    MAX_HEADER,
    NAME,
    NUMBER,
    PERIOD,
    REQUIREMENTS,
    TEXT_COLUMNS,
    column_of,
    is_sufficient,
)
from paperwork.project.catalogue.table_rows import Found, bare_number, filled_cells, join, join_period
from paperwork.project.headers import Words

MIN_REST = 2
"""Columns from which a table goes on with the project that the table before it describes."""


@dataclass(frozen=True)
class _Pair:
    """A name (`column` is '' if it is none of the catalogue's) and the filled cells to its right, by place."""

    column: str
    label: Cell
    values: dict[int, Cell]
    is_inherited: bool = False
    """True if the name is merged from the row above, so that the values go on with those there."""


@dataclass
class Described:
    """The projects that a table describes, one below the other, each as its pairs; and the cells of no pair."""

    projects: list[list[_Pair]] = field(default_factory=list)
    loose: list[list[Cell]] = field(default_factory=list)

    @property
    def known(self) -> set[str]:
        """Return the columns of the catalogue that the table names."""
        return {pair.column for pairs in self.projects for pair in pairs} - {""}

    @property
    def is_catalogue(self) -> bool:
        """Return True if the table describes published projects, and not a proposal or a contract for one.

        Those have the same names for the most part; what the publisher asks for is only in the catalogue.
        """
        is_published = REQUIREMENTS in self.known or {DEPARTMENT, NUMBER} <= self.known
        return is_published and NAME in self.known and is_sufficient(self.known)


def describe(sheet: Sheet, words: Words) -> Described:
    """Return the projects that a table describes by pairs; without any if it has no pair."""
    labels = [{at: column_of(cell.value, words) for at, cell in enumerate(row) if cell.is_filled} for row in sheet.rows]
    places = {at for row in labels for at, column in row.items() if column}
    merged = {(number, area.left) for area in sheet.merged for number in range(area.top + 1, area.bottom + 1)}
    described = Described()
    waiting: _Pair | None = None
    for number, row in enumerate(sheet.rows):
        filled = filled_cells(row)
        if rows.is_footer(row) or not any(labels[number].values()):
            if waiting is not None and len(filled) == 1:  # the value stands below its name
                waiting.values.update({at: cell for at, cell in enumerate(row) if cell.is_filled})
                waiting = None
                continue
            pairs = [] if rows.is_footer(row) or len(filled) < 2 or not described.projects else [
                pair for pair in _pairs(row, labels[number], places, merged, number) if pair.values
            ]  # fmt: skip
            if pairs:
                described.projects[-1] += pairs
            elif filled:
                described.loose.append(filled)
            continue
        pairs = list(_pairs(row, labels[number], places, merged, number))
        for pair in pairs:
            _add(described, pair)
        waiting = pairs[-1] if len(filled) == 1 and not pairs[-1].values else None
    return described


def _pairs(
    row: Sequence[Cell], labels: dict[int, str], places: set[int], merged: set[tuple[int, int]], number: int
) -> Iterator[_Pair]:
    """Yield the pairs of a row. In a column of names a short text is a name too, unless nothing stands to its right."""
    found: _Pair | None = None
    last = max(labels, default=0)
    for at, cell in enumerate(row):
        if not cell.is_filled:
            continue
        is_name = bool(labels.get(at)) or (at in places and len(str(cell.value)) <= MAX_HEADER and at < last)
        if is_name or found is None:
            if found is not None:
                yield found
            found = _Pair(labels.get(at, ""), cell, {}, (number, at) in merged)
        else:
            found.values[at] = cell
    if found is not None:
        yield found


def _add(described: Described, pair: _Pair) -> None:
    """Add a pair to the last project, or to a new one if the last has that number or name already."""
    last = described.projects[-1] if described.projects else []
    taken = [each.column for each in last]
    first = next(filter(None, taken), "")
    begins = pair.column in taken and not pair.is_inherited and pair.column in (NUMBER, NAME, first)
    if begins or not described.projects:
        described.projects.append([])
    described.projects[-1].append(pair)


def add_projects(described: Described, found: Found) -> None:
    """Append the projects of a table, and what stands in it under no known name, to `found`."""
    found.known |= described.known
    for pairs in described.projects:
        found.section += 1
        for cells in _side_by_side(pairs):
            _add_project(cells, found)
        for pair in pairs:
            if not pair.column and pair.values:
                name = text.as_line(pair.label.value)
                held = [cell for cell in pair.values.values() if unread.is_filled(cell)]
                found.others.setdefault(name, []).extend(held)
    for filled in described.loose:
        found.faults += unread.report_row(filled)


def continues(described: Described, found: Found) -> bool:
    """Return True if a table has the rest of the project that the table before it describes."""
    last = found.projects[-1] if found.projects else {}
    is_rest = len(described.known) >= MIN_REST and len(described.projects) == 1 and not described.known & last.keys()
    return is_rest and NAME not in described.known


def add_rest(described: Described, found: Found) -> None:
    """Add the pairs of a table to the project before it."""
    found.known |= described.known
    for cells in _side_by_side(described.projects[0]):
        found.projects[-1].update(cells)
    for filled in described.loose:
        found.faults += unread.report_row(filled)


def _add_project(cells: dict[str, Cell], found: Found) -> None:
    """Append a project, or add its cells to the line that a table above has of it without its requirements."""
    name = cells.get(NAME)
    for above in found.projects:
        if name is None:
            break
        if REQUIREMENTS not in above and NAME in above and text.is_same_name(
            text.as_line(above[NAME].value), text.as_line(name.value)
        ):  # fmt: skip
            above.update({column: cell for column, cell in cells.items() if column not in above})
            return
    found.add_project(cells)


def _side_by_side(pairs: Sequence[_Pair]) -> Iterator[dict[str, Cell]]:
    """Yield the cells of each project by column: of one, or of several whose values stand side by side."""
    named = next((pair.values for pair in pairs if pair.column == NAME), {})
    counted = [len(pair.values) for pair in pairs if pair.column in (NAME, AMOUNT, PERIOD)]
    if len(named) < 2 or max(counted) != min(counted):
        yield _cells(pairs, None)
        return
    for place in named:
        yield _cells(pairs, place)


def _cells(pairs: Sequence[_Pair], place: int | None) -> dict[str, Cell]:
    """Return the cells by column; with a place, of the project whose values stand there or are merged over it."""
    cells: dict[str, Cell] = {}
    for pair in pairs:
        held = [*pair.values.values()]
        if place is not None:
            held = [cell for at, cell in pair.values.items() if at <= place][-1:]
        if not pair.column or not held:
            continue
        before = cells.get(pair.column)
        if before is not None and not (pair.is_inherited or pair.column in TEXT_COLUMNS):
            continue
        cell = bare_number(held[0]) if pair.column == NUMBER else join(held)
        if pair.column == AMOUNT and (unit := headers.UNIT.search(headers.normalise(pair.label.value))):
            cell = rows.add_unit(cell, AMOUNT, unit[1] if unit[1].endswith("元") else f"{unit[1]}元")
        cells[pair.column] = cell if before is None else join([before, cell])
    return join_period(cells)
