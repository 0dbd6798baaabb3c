"""Read the catalogue of published projects (项目发布目录) from a table file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from paperwork.core import text, values
from paperwork.core.faults import Fault, Level, Unreadable
from paperwork.formats.spreadsheets import reader
from paperwork.formats.spreadsheets.cells import Cell
from paperwork.project import headers, rows
from paperwork.project.headers import Header
from paperwork.project.model import CatalogueEntry

CATALOGUE = "项目发布目录"
AMOUNT = "项目金额（万元）"
MIN_COLUMNS = 6
"""A table is the catalogue if its header names at least this many of the catalogue's ten columns."""


@dataclass(frozen=True)
class Catalogue:
    """The published projects of a file, by number, and the faults in it; without entries, it is not the catalogue."""

    entries: Mapping[int, CatalogueEntry] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    row_of_fault: Mapping[Fault, int] = field(default_factory=dict)
    """For each fault in a row, that row's project number (0 if the number cannot be read)."""


def is_catalogue(path: Path) -> bool:
    """Return True if a file is the catalogue. Raises `Unreadable` if it cannot be read."""
    return bool(read_catalogue(path, path.name).entries)


def read_catalogue(path: Path, name: str) -> Catalogue:
    """Read the published projects of a file, which faults call `name`. Raises `Unreadable` if it cannot be read."""
    for sheet in reader.read_tables(path, name):
        header = headers.find_header(sheet, CatalogueEntry, CATALOGUE)
        if header is not None and len(header.known) >= MIN_COLUMNS:
            found = _read_rows(rows.read_data_rows(sheet, header), header)
            return replace(found, faults=(*sheet.notes, *sheet.unread, *found.faults))
    return Catalogue()


def _read_rows(data_rows: Iterable[dict[str, Cell]], header: Header) -> Catalogue:
    """Return the catalogue of these rows; a 合计 row that differs from the sum of the amounts is a fault."""
    entries: dict[int, CatalogueEntry] = {}
    row_of_fault: dict[Fault, int] = {}
    total: Cell | None = None
    for row in data_rows:
        if rows.total_word(row):
            # In a text export this row has no empty cells, so the amount is not in its own column: it is the last cell
            # that holds anything.
            total = next((cell for cell in reversed(row.values()) if cell.value), None)
            continue
        entry, faults = _read_entry(row, entries.keys())
        # Faults are assigned to the row's project number, so that they stop that project only.
        number = 0 if "项目序号" in entry.unreadable_headers else entry.number
        row_of_fault |= dict.fromkeys(faults, number)
        if number not in entries and not entry.is_invalid:
            entries[number] = entry
    # With an unreadable row the sum would lack that row's amount, so there is nothing to compare.
    wrong_total = () if row_of_fault else _check_total(total, header, entries)
    return Catalogue(entries, (*header.faults, *row_of_fault, *wrong_total), row_of_fault)


def _read_entry(row: dict[str, Cell], taken: Iterable[int]) -> tuple[CatalogueEntry, list[Fault]]:
    """Return a row of the catalogue and its faults; `taken` holds the numbers of the rows above."""
    faults: list[Fault] = []
    entry = rows.make_record(CatalogueEntry, row, faults)
    assert isinstance(entry, CatalogueEntry)
    if "项目序号" not in entry.unreadable_headers and entry.number in taken:
        faults.append(Fault(Level.ERROR, entry.where("项目序号"), f"项目序号 {entry.number} 重复了", "请改正"))
    return entry, faults


def _check_total(cell: Cell | None, header: Header, entries: Mapping[int, CatalogueEntry]) -> Iterator[Fault]:
    """Yield a notice if the amount in the 合计 row differs from the sum of all amounts."""
    if cell is None or not entries:
        return
    total = sum((entry.amount for entry in entries.values()), Decimal(0))
    try:
        right = values.as_ten_thousands(rows.add_unit(cell, AMOUNT, header.units.get(AMOUNT, "")).value) == total
    except Unreadable:
        right = False
    if not right:
        wrong = f"合计与各项目金额之和（{text.format_decimal(total / 10_000)} 万元）不符"
        yield Fault(Level.NOTICE, cell.where, wrong, "请核对目录", str(cell.value))
