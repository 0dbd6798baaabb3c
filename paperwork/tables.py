"""Whatever file staff drop in → its tables. What `grid` cannot read by itself goes through LibreOffice first.

Nothing is kept on disk; the last few files stay in memory, since a workbook is looked at more than once in a run.
Of all workbooks what tells them apart stays: each project of many looks through the same folder.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from paperwork import grid, installed, office
from paperwork.cells import Cell, Sheet
from paperwork.faults import Where

KEPT, GLANCES = 8, 1024


def read(path: Path, name: str) -> list[Sheet]:
    """Every table of a file. Raises `ValueError` with the Chinese reason when it cannot be read."""
    return list(_read(path, name, path.stat().st_mtime_ns))


def titles(path: Path) -> list[str]:
    """The names of a workbook's sheets; none when the file is no workbook."""
    return list(_titles(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=GLANCES)
def _titles(path: Path, _changed: int) -> tuple[str, ...]:
    return tuple(grid.sheet_names(as_xlsx(path))) if grid.kind(path) in ("xlsx", *grid.FOREIGN) else ()


def glance(path: Path, title: str) -> Sheet:
    """The first columns of one sheet, without reading the others: bare values, which do not know where they stand."""
    return _glance(path, title, path.stat().st_mtime_ns)


@lru_cache(maxsize=GLANCES)
def _glance(path: Path, title: str, _changed: int) -> Sheet:
    return Sheet(title, [[Cell(value, Where()) for value in row] for row in grid.glance(as_xlsx(path), title)])


def as_xlsx(path: Path) -> bytes:
    """A workbook as .xlsx: as it is, or as LibreOffice converts it."""
    kind = grid.kind(path)
    return path.read_bytes() if kind == "xlsx" else _converted(path, kind, path.stat().st_mtime_ns)


@lru_cache(maxsize=KEPT)
def _converted(path: Path, kind: str, _changed: int) -> bytes:
    return office.to_xlsx(path.read_bytes(), kind)


@lru_cache(maxsize=KEPT)
def _read(path: Path, name: str, changed: int) -> tuple[Sheet, ...]:
    kind = grid.kind(path)
    if kind in grid.FOREIGN:
        return tuple(grid.read_sheets(path, name, _converted(path, kind, changed)))
    sheets = grid.read_sheets(path, name)
    stale = any(cell.problem == grid.STALE for sheet in sheets for row in sheet.rows for cell in row)
    if stale and installed.program():
        fresh = grid.read_sheets(path, name, _converted(path, kind, changed))
        known = {cell.where: cell for sheet in fresh for row in sheet.rows for cell in row}
        sheets = [
            replace(sheet, rows=[[_calculated(cell, known) for cell in row] for row in sheet.rows]) for sheet in sheets
        ]
    return tuple(sheets)


def _calculated(cell: Cell, known: dict[Where, Cell]) -> Cell:
    """What LibreOffice calculated for a formula that had no result; every other cell stays as it was typed."""
    return known.get(cell.where, cell) if cell.problem == grid.STALE else cell
