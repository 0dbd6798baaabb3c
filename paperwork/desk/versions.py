"""Find out if a workbook that is dropped in would undo what somebody else changed since it was handed out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperwork.core import hashing
from paperwork.core.faults import Unreadable
from paperwork.core.values import format_value
from paperwork.desk.replace import BACKUP_FOLDER
from paperwork.formats.spreadsheets import origin, reader
from paperwork.project.input_folder import PROGRAM_SHEETS

MAX_SHOWN, MAX_NAMED = 40, 8
"""Characters of a cell, and cells, that are shown."""
Cells = dict[tuple[str, str], str]
"""The filled cells of a workbook, by sheet and address, as texts."""


@dataclass(frozen=True)
class Difference:
    """A cell in which the new workbook differs from the present one, and what it was when it was handed out."""

    sheet: str
    cell: str
    new: str
    present: str
    before: str | None = None
    """None if the version that was handed out is not known any more."""


def hand_out(path: Path) -> bytes:
    """Return a workbook for download, marked with its own version."""
    content = path.read_bytes()
    return origin.write_mark(content, hashing.sha256(content))


def find_conflict(new: Path, present: Path, root: Path) -> tuple[Difference, ...]:
    """Return the cells that somebody else changed since `new` was handed out and that `new` would set back.

    Nothing is lost if the present workbook is the version that was handed out, or if `new` bears no mark: then it is
    not known what it is based on. `root` is the inputs folder, whose backup folder holds older versions.
    """
    version = origin.read_mark(new.read_bytes())
    if not version or not present.is_file() or version == hashing.sha256_of(present):
        return ()
    base = next((path for path in _older_versions(present, root) if hashing.sha256_of(path) == version), None)
    return tuple(_set_back(_cells(new), _cells(present), _cells(base) if base else None))


def find_changes(new: Path, present: Path) -> tuple[Difference, ...]:
    """Return all cells in which a new workbook differs from the present one."""
    return tuple(_set_back(_cells(new), _cells(present), None))


def words(differences: Sequence[Difference]) -> str:
    """Return differences as a Chinese text: the first few cells with both values, and how many there are."""
    named = [
        (each.sheet, each.cell, each.present or "（空）", each.new or "（空）") for each in differences[:MAX_NAMED]
    ]
    shown = (f"{sheet}!{cell} 由“{present}”改为“{new}”" for sheet, cell, present, new in named)
    rest = f"……一共 {len(differences)} 格" if len(differences) > MAX_NAMED else ""
    return "；".join(shown) + rest


def _older_versions(present: Path, root: Path) -> Iterator[Path]:
    """Yield the backups of a workbook."""
    folder = root / BACKUP_FOLDER / present.parent.relative_to(root)
    yield from sorted(folder.glob(f"{present.stem} *")) if folder.is_dir() else ()


def _set_back(new: Cells, present: Cells, base: Cells | None) -> Iterator[Difference]:
    for sheet, cell in dict.fromkeys((*present, *new)):
        key = (sheet, cell)
        mine, theirs, before = new.get(key, ""), present.get(key, ""), base.get(key, "") if base is not None else None
        if mine != theirs and theirs != before:
            yield Difference(sheet, cell, mine[:MAX_SHOWN], theirs[:MAX_SHOWN], before and before[:MAX_SHOWN])


def _cells(path: Path) -> Cells:
    """Return the filled cells of a workbook; none if it cannot be read."""
    try:
        sheets = reader.read_tables(path, "")
    except Unreadable:
        return {}
    own = (sheet for sheet in sheets if sheet.name not in PROGRAM_SHEETS)
    cells = (cell for sheet in own for row in sheet.rows for cell in row if cell.is_filled)
    return {(cell.where.sheet, cell.where.cell): format_value(cell.value) for cell in cells}
