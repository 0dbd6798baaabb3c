"""Write 归档登记.xlsx, the register of all archives, with one row for each manifest in the outputs folder."""

import datetime as dt
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from paperwork.core import lock
from paperwork.core.faults import Fault, Level, Stop, Unreadable, Where
from paperwork.core.values import ProjectNumber
from paperwork.formats.spreadsheets import reader, writer

FILE = "归档登记.xlsx"
TITLE = "项目档案归档登记表"
COLUMNS = (
    ("序号", 7), ("档号", 26), ("题名", 46), ("册数", 7), ("件数", 7), ("页数", 8), ("状态", 10),
    ("整卷文件的 SHA-256", 38), ("日期", 13),
)  # fmt: skip


@dataclass(frozen=True)
class RegisterRow:
    """A row of the register, read from the manifest of an archive."""

    number: ProjectNumber
    code: str
    title: str
    books: int
    items: int
    pages: int
    state: str
    digest: str
    date: dt.date


OUTDATED = "（旧了）"
"""Added to the state of an archive whose inputs or templates have changed since it was made."""


def update(outputs: Path, changed: bool, outdated: Collection[str] = ()) -> list[Fault]:
    """Rewrite the register if an archive has `changed` or there is no register yet; return the notices."""
    if changed or not (outputs / FILE).exists():
        return write(outputs, outdated)
    refresh(outputs, frozenset(outdated))
    return []


def refresh(outputs: Path, outdated: frozenset[str]) -> None:
    """Rewrite the register if other archives are out of date than it says; it is not made for this."""
    if (outputs / FILE).is_file():
        stat = (outputs / FILE).stat()
        # Read once: the page asks every few seconds.
        if _read_outdated(outputs / FILE, (stat.st_ino, stat.st_size, stat.st_mtime_ns)) != outdated:
            with suppress(Stop, OSError):  # being written just now, or not allowed: the next time
                write(outputs, outdated)


@lru_cache(maxsize=8)
def _read_outdated(path: Path, stamp: tuple[int, int, int]) -> frozenset[str] | None:
    """Return the archives that a register marks as out of date; `stamp` changes with it. None if it cannot be read."""
    with suppress(Unreadable, OSError):
        rows = [[str(cell.value) for cell in row] for sheet in reader.read_tables(path, FILE) for row in sheet.rows]
        return frozenset(row[0].removesuffix(".0") for row in rows if any(each.endswith(OUTDATED) for each in row))
    return None


def write(outputs: Path, outdated: Collection[str] = ()) -> list[Fault]:
    """Rewrite `outputs`/归档登记.xlsx; return a notice for each archive whose manifest cannot be read.

    `outdated` names the folders of archives that are out of date. Raises `Stop` while another process writes.
    """
    # Several processes may finish archives at the same time, and each rewrites the register from all manifests.
    with lock.hold(outputs, "register", "归档登记表"):
        faults: list[Fault] = []
        entries = sorted(_read_archives(outputs, faults), key=lambda entry: entry.number)
        if entries:
            marked = [
                replace(each, state=f"{each.state}{OUTDATED}") if str(each.number) in outdated else each
                for each in entries
            ]
            writer.write_atomically(outputs / FILE, _workbook(marked))
    return faults


def _workbook(entries: list[RegisterRow]) -> bytes:
    """Return the register as an .xlsx file: one row for each archive, then the totals."""
    rows = [
        (each.number.stored, each.code, each.title, each.books, each.items,
         each.pages, each.state, each.digest, each.date)
        for each in entries
    ]  # fmt: skip
    totals = (
        sum(each.books for each in entries),
        sum(each.items for each in entries),
        sum(each.pages for each in entries),
    )
    total = ("合计", "", f"{len(entries)} 个项目", *totals, "", "", "")
    register_sheet = writer.PrintedList(TITLE, COLUMNS, rows, total, ("档号", "题名", "整卷文件的 SHA-256"))
    # The workbook's timestamp is the newest archive's date, not the clock: the same archives give the same bytes.
    return writer.build_list_workbook(
        register_sheet, dt.datetime.combine(max(each.date for each in entries), dt.time())
    )


def _read_archives(outputs: Path, faults: list[Fault]) -> Iterator[RegisterRow]:
    """Yield the archives whose folder is named after their project's number; append unreadable ones to `faults`.

    Folders with other names (copies made by staff) are skipped.
    """
    for path in outputs.glob("*/manifest.json"):
        name = path.parent.name
        if not re.fullmatch(r"(\d{4}-)?\d+", name) and not _is_of_code(name, path):
            continue
        try:
            yield _read_row(name, path)
        except OSError:
            faults.append(_notice(path, "读不出是什么档案", _remedy(name)))
        except Unreadable as reason:
            faults.append(_notice(path, reason.wrong, reason.mend))


def _is_of_code(name: str, path: Path) -> bool:
    """Return True if a folder is named after the code of its project, as no copy is."""
    from paperwork.archive import manifest

    with suppress(OSError, Unreadable):
        number = ProjectNumber.parse(name)
        return str(number) == name and manifest.read(path, "").project == number.plain
    return False


def _notice(path: Path, wrong: str, mend: str) -> Fault:
    """Return the notice for an archive that is left out."""
    return Fault(Level.NOTICE, Where(f"{path.parent.name}/{path.name}"), f"{wrong}，没有登记", mend)


def _remedy(name: str) -> str:
    return f"请重新生成项目{name}的档案，或把这个文件夹移到别处"


def _read_row(name: str, path: Path) -> RegisterRow:
    """Return the row for an archive. Raises `OSError`, or `Unreadable` if its manifest is not that of this project."""
    # These load pikepdf, which is slow to import and not needed when there is nothing to write.
    from paperwork.archive import manifest
    from paperwork.volume.binder import VOLUME

    read = manifest.read(path, _remedy(name))
    number = ProjectNumber.parse(name)
    if read.project != number.plain or (number.year and number.year != read.year):
        raise Unreadable("是另一个项目的档案", _remedy(name))
    if VOLUME not in read.digests:
        raise Unreadable(manifest.DAMAGED, _remedy(name))
    return RegisterRow(
        number=number,
        code=read.code,
        title=read.title or read.name,
        books=len(read.books),
        items=len(read.items),
        pages=read.pages,
        state=read.state,
        digest=read.digests[VOLUME],
        date=read.date,
    )
