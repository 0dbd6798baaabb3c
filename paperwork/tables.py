"""Read the tables of any file that staff drop in; formats that `grid` cannot read are converted by LibreOffice first.

Results are cached in memory only. The last few files are kept whole, because one run reads a workbook more than once.
Titles and first columns, which identify a project's workbook, are kept for many files: each of many projects searches
the same folder. The file's modification time is part of every cache key.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from paperwork import grid, installed, office
from paperwork.cells import Cell, Sheet
from paperwork.faults import Where

KEPT, GLANCES = 8, 1024
"""Cache sizes: files kept whole, and files of which only titles and first columns are kept."""


def read(path: Path, name: str) -> list[Sheet]:
    """Return every table of a file; `name` is the file name in faults.

    Raises `ValueError` with the Chinese reason when the file cannot be read.
    """
    return list(_read(path, name, path.stat().st_mtime_ns))


def titles(path: Path) -> list[str]:
    """Return the names of a workbook's sheets, or an empty list when the file is not a workbook."""
    return list(_titles(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=GLANCES)
def _titles(path: Path, _changed: int) -> tuple[str, ...]:
    return tuple(grid.sheet_names(as_xlsx(path))) if grid.kind(path) in ("xlsx", *grid.FOREIGN) else ()


def glance(path: Path, title: str) -> Sheet:
    """Return the first columns of one sheet without reading the others; its cells have no location."""
    return _glance(path, title, path.stat().st_mtime_ns)


@lru_cache(maxsize=GLANCES)
def _glance(path: Path, title: str, _changed: int) -> Sheet:
    return Sheet(title, [[Cell(value, Where()) for value in row] for row in grid.glance(as_xlsx(path), title)])


def as_xlsx(path: Path) -> bytes:
    """Return a workbook as .xlsx bytes, converted by LibreOffice if it has another format."""
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
    # LibreOffice calculates formulas that no program has calculated yet. Only their results are taken from its copy.
    if stale and installed.program():
        converted = grid.read_sheets(path, name, _converted(path, kind, changed))
        results = {cell.where: cell for sheet in converted for row in sheet.rows for cell in row}
        sheets = [
            replace(sheet, rows=[[_calculated(cell, results) for cell in row] for row in sheet.rows])
            for sheet in sheets
        ]
    return tuple(sheets)


def _calculated(cell: Cell, results: dict[Where, Cell]) -> Cell:
    """Return the result that LibreOffice calculated for a formula without one; return any other cell unchanged."""
    return results.get(cell.where, cell) if cell.problem == grid.STALE else cell
