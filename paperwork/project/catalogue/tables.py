"""Find the tables of the catalogue in a file, in whatever shape they are, and read their rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from paperwork.core import text
from paperwork.core.faults import Fault
from paperwork.formats.spreadsheets import cells as grid
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.formats.spreadsheets.documents.word_tables import LOOSE
from paperwork.project import headers, rows
from paperwork.project.catalogue import pairs, table_rows, unread
from paperwork.project.catalogue.columns import (
    AMOUNT,
    MAX_HEADER,
    MIN_COLUMNS,
    NAME,
    NUMBER,
    PERIOD,
    PERIOD_PARTS,
    Columns,
    find_columns,
    is_possible,
    is_sufficient,
    same_columns,
)
from paperwork.project.catalogue.table_rows import TOTAL_LINE, Found, filled_cells, is_number
from paperwork.project.headers import CATALOGUE, Words
from paperwork.project.model import CatalogueEntry

MIN_NEAR = 2
"""Columns from which a table that is not the catalogue is named as one that may be meant to be."""


@dataclass
class Reading:
    """What was found in a file: rows, the sheets that are no part of the catalogue, and the best header of those."""

    found: Found = field(default_factory=Found)
    headers: list[tuple[Sheet, Columns]] = field(default_factory=list)
    left: list[Sheet] = field(default_factory=list)
    near: frozenset[str] = frozenset()
    """Columns of the catalogue that a table has which has too few of them."""

    @property
    def is_catalogue(self) -> bool:
        """Return True if a table of the catalogue was found."""
        return bool(self.found.known)


def read_tables(sheets: Iterable[Sheet], words: Words) -> Reading:
    """Read all tables of a file, in their order."""
    reading = Reading()
    taken: set[str] = set()
    around: set[str] = set()
    for part in (part for sheet in sheets for part in _split_at_headers(sheet, words)):
        if part.inside and part.inside in taken:  # its text is in a cell of that table
            continue
        if _read_part(part, reading, words):
            taken.add(part.name)
            around.add(part.inside)
        else:
            reading.left.append(part)
    # A table for layout only, round the catalogue, is none of its own.
    reading.left = [sheet for sheet in reading.left if sheet.name not in around or len(list(_filled(sheet))) > 1]
    return reading


def _read_part(part: Sheet, reading: Reading, words: Words) -> bool:
    """Read a table if it is a part of the catalogue; return False if it is not."""
    before = reading.headers[-1][1] if reading.headers else None
    own = None if part.name == LOOSE else find_columns(part, words)
    if own is not None and _is_catalogue(part, own):
        own = same_columns(before, own) if before else own
        reading.headers.append((part, own))
        table_rows.read_table(part, own, reading.found)
        return True
    if before is not None and _continues(part, before):
        own = replace(before, row=-1, faults=(), lines=before.lines)
        table_rows.read_table(part, own, reading.found)
        return True
    described = pairs.Described() if part.name == LOOSE else pairs.describe(part, words)
    if described.is_catalogue:
        pairs.add_projects(described, reading.found)
        return True
    if reading.found.projects and pairs.continues(described, reading.found):
        pairs.add_rest(described, reading.found)
        return True
    near = max(own.known if own else frozenset(), described.known, key=len)
    reading.near = max(reading.near, frozenset(near), key=len)
    return _read_totals(part, reading.found)


def _is_catalogue(part: Sheet, header: Columns) -> bool:
    """Return True if a table is one of the catalogue, by its columns and, where they are few, by their text."""
    return is_sufficient(header.known) or (
        is_possible(header.known)
        and any(
            unread.may_be_requirement(text.halfwidth(cell.value))
            for row in part.rows[header.row + 1 :]
            for at, cell in enumerate(row)
            if cell.is_filled and at in header.names and header.names[at] not in header.known
        )
    )


def _read_totals(part: Sheet, found: Found) -> bool:
    """Read a table of nothing but totals, and the lines outside of tables that are one; True if nothing is left."""
    filled = [filled_cells(row) for row in part.rows]
    lines = [row for row in filled if row]
    totals = [row for row in lines if _is_total(row, part.name == LOOSE)]
    if found.projects and part.name == LOOSE:
        for row in totals:
            table_rows.add_total("合计", {}, row, "", 0, found)
    is_all = bool(lines) and len(totals) == len(lines) and part.name != LOOSE and bool(found.projects)
    for row in totals if is_all else ():
        table_rows.add_total(text.halfwidth(row[0].value), {}, row, "", 0, found)
    return is_all


def _is_total(row: Sequence[Cell], is_line: bool) -> bool:
    if is_line or len(row) == 1:
        return TOTAL_LINE.fullmatch(text.halfwidth(row[0].value)) is not None
    return bool(rows.total_word({NUMBER: row[0]}))


def _split_at_headers(sheet: Sheet, words: Words) -> Iterator[Sheet]:
    """Yield the parts of a sheet that begin with a header of the catalogue; a sheet may hold several tables."""
    known = frozenset(map(headers.normalise_without_unit, headers.known_words(CatalogueEntry, CATALOGUE, words)))
    starts = [at for at, row in enumerate(sheet.rows) if _count_header_words(row, known) >= MIN_COLUMNS]
    # Two header rows in succession are one header.
    cuts = [0, *(at for at, before in zip(starts[1:], starts, strict=False) if at > before + 1), len(sheet.rows)]
    if len(cuts) == 2:
        yield sheet
        return
    areas = sorted(sheet.merged)
    for start, end in pairwise(cuts):
        merged = (area for area in areas if start <= area.top < end)
        moved = tuple(area._replace(top=area.top - start, bottom=area.bottom - start) for area in merged)
        yield replace(sheet, rows=sheet.rows[start:end], merged=moved)


def _count_header_words(row: Iterable[Cell], known: frozenset[str]) -> int:
    """Return the number of different words of headers in a row."""
    # Every row of every table is asked, so long texts are not even looked at.
    short = [cell.value for cell in row if isinstance(cell.value, str) and len(cell.value) <= MAX_HEADER]
    return len(known.intersection(map(_bare, short))) if len(short) >= MIN_COLUMNS else 0


@lru_cache(maxsize=4096)
def _bare(word: str) -> str:
    return headers.normalise_without_unit(headers.normalise(word))


def _continues(sheet: Sheet, header: Columns) -> bool:
    """Return True if a table without a header goes on with the table above it: its columns hold the same things."""
    place = next((at for at, name in header.names.items() if name == NUMBER), None)
    filled = list(grid.filled_rows(sheet))
    width = max((at + 1 for row in filled for at, cell in enumerate(row) if cell.is_filled), default=0)
    last = max([*header.names, *header.last_positions.values()])
    if sheet.name == LOOSE or not filled or width > last + 1:
        return False
    if place is None:
        return _continues_without_number(filled, header, last + 1)
    numbers = [row[place] for row in filled if place < len(row)]
    is_total = [bool(rows.total_word({NUMBER: cell})) for cell in numbers]
    counts = [len(filled_cells(row)) for row in filled]
    for cell, count, is_known in zip(numbers, counts, is_total, strict=False):
        if cell.is_filled and not (is_known or is_number(cell) or count == 1):  # a single filled cell is a title
            return False
    # A table of nothing but the rest of a row has the width of the table above.
    has_rest = any(not cell.is_filled for cell in numbers) and max(map(len, filled)) == last + 1
    wanted = min(len(header.known), 6) - 1
    has_project = any(is_number(cell) and n >= wanted for cell, n in zip(numbers, counts, strict=False))
    return has_rest or has_project or any(is_total)


def _continues_without_number(filled: Sequence[Sequence[Cell]], header: Columns, width: int) -> bool:
    """Return True if rows without a number have the width of the table above, and an amount and a period in place."""
    wanted = {at for at, name in header.names.items() if name in (NAME, AMOUNT, PERIOD, *PERIOD_PARTS)}
    if max(map(len, filled)) != width:
        return False
    whole = [row for row in filled if all(at < len(row) and row[at].is_filled for at in wanted)]
    amount = next((at for at, name in header.names.items() if name == AMOUNT), 0)
    return any(any(mark.isdigit() for mark in str(row[amount].value)) for row in whole)


def _filled(sheet: Sheet) -> Iterator[Cell]:
    return (cell for row in sheet.rows for cell in filled_cells(row))


def report_missing(reading: Reading, wanted: Sequence[str]) -> Iterator[Fault]:
    """Yield a fault for each column of text that no table of the catalogue has."""
    for sheet, header in reading.headers[:1]:
        names = [name for name in wanted if name not in reading.found.known]
        yield from headers.report_missing_columns(sheet, header, names)
