"""Cards of the published projects, each with a stamp that changes when its dossier would.

It is cheap enough to be called every few seconds: no workbook is read in full.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from paperwork.archive import finished, history, manifest, register
from paperwork.archive.metadata import MANIFEST
from paperwork.checks import account
from paperwork.core import hashing
from paperwork.core.faults import Fault, Level, Stop, Where, as_stop
from paperwork.core.values import Money
from paperwork.project import folders, input_folder
from paperwork.project.input_folder import Inputs

ZERO = Money(0)


@dataclass(frozen=True)
class Card:
    """Facts of a project that need no full read: the catalogue's row and the path of its workbook."""

    number: int
    stamp: str = ""
    """Hash of everything that the dossier depends on, except the date."""
    name: str = ""
    department: str = ""
    """牵头部室"""
    contractor: str = ""
    """From the catalogue; a dossier has the workbook's value instead, if that can be read."""
    period: str = ""
    """实施周期 as published; start and end are its days, None for a project that is not in the catalogue."""
    start: dt.date | None = None
    end: dt.date | None = None
    amount: Money = ZERO
    """Granted amount in yuan."""
    workbook: str = ""
    """Path relative to the inputs folder; empty if there is none, or if two claim the number."""
    is_sample: bool = False
    source: Path | None = field(default=None, compare=False, repr=False)
    """The workbook; its name on disk may differ from `workbook`, which is printable."""


@dataclass(frozen=True)
class Board:
    """All projects of the catalogue, also those without a workbook; `wrong` and `mend` say why there are none."""

    stamp: str
    """Hash of the whole board, including the stamps of its cards."""
    cards: tuple[Card, ...] = ()
    faults: tuple[Fault, ...] = ()
    """Faults of the catalogue, and of files that belong to no project."""
    wrong: str = ""
    mend: str = ""


def board(inputs: Path, outputs: Path, templates: Path | None = None) -> Board:
    """Return the board; never raises. Without `templates`, changes of templates do not change a stamp."""
    try:
        found = input_folder.scan_inputs(inputs, templates)
        with suppress(OSError):  # outputs that cannot be written can still be shown
            history.settle(outputs, found)
            register.refresh(outputs, finished.outdated(outputs, found, templates))
        loose = loose_files(found)
        cards = tuple(card(number, found, outputs, loose, templates) for number in sorted(found.entries))
        faults = (*found.faults, *_unlisted_workbooks(found), *loose, *_other_files(found))
        return Board(hashing.cache_key(repr(cards), repr(faults)), cards, faults)
    except Exception as error:
        stop = as_stop(error)
        return Board(hashing.cache_key(stop.wrong, repr(stop.faults)), (), stop.faults, stop.wrong, stop.mend)


def _unlisted_workbooks(found: Inputs) -> Iterator[Fault]:
    """Yield a notice for each workbook whose project is not in the catalogue."""
    for number in sorted(found.workbooks.keys() - found.entries.keys()):
        for path in found.workbooks[number]:
            wrong, mend = found.unlisted(number)
            yield Fault(Level.NOTICE, Where(found.name(path), input_folder.BASICS), wrong, mend)


def loose_files(found: Inputs) -> tuple[Fault, ...]:
    """Return a notice for each file that is not used and lies directly in the inputs folder."""
    loose = (entry for entry in account.untold(found) if account.is_loose(entry, found))
    return tuple(account.faults(loose, found.name))


def _other_files(found: Inputs) -> Iterator[Fault]:
    """Yield a notice for each other file that is not used and lies in no project's folder."""
    others = (each for each in account.untold(found) if not each.home and not account.is_loose(each, found))
    yield from account.faults(others, found.name)


def card(number: int, found: Inputs, outputs: Path, loose: Sequence[Fault], templates: Path | None) -> Card:
    """Return the card of one project; `loose` are the notices of `loose_files`, which its dossier shows as well."""
    entry = found.entries[number]
    try:
        path = found.workbook(number)
    except Stop:  # two workbooks claim the number; the dossier reports it
        path = None
    return Card(
        number=number,
        stamp=_stamp(number, found, outputs, loose, templates),
        name=entry.name,
        department=entry.department,
        contractor=entry.contractor,
        period=entry.period,
        start=entry.span.start,
        end=entry.span.end,
        amount=entry.amount,
        workbook=found.name(path) if path else "",
        source=path,
        is_sample=path in found.samples,
    )


def _stamp(number: int, found: Inputs, outputs: Path, loose: Sequence[Fault], templates: Path | None) -> str:
    """Return a hash of all inputs of a dossier: catalogue entry, and names, sizes and times of files."""
    books, entry = found.workbooks.get(number, []), found.entries[number]
    parts = [repr(entry), str(entry.place), repr(found.faults_of(number)), repr(loose)]
    parts += [] if books else [found.missing_workbook_hint()]
    files = [path for book in books for path in _input_files(book)]
    earlier = [kept.folder / MANIFEST for kept in history.earlier(outputs, number)]
    # The archive is out of date as well when a template changes.
    files += manifest.templates(templates) if templates else []
    files += [each.path for each in found.decisions]
    return hashing.cache_key(*parts, *map(_file_state, [*files, outputs / str(number) / MANIFEST, *earlier]))


def _input_files(workbook: Path) -> Iterator[Path]:
    """Yield a workbook with its sibling CSV files, and all files in its folder that are the staff's."""
    home = workbook.parent
    yield from input_folder.files_of(workbook)
    yield from (path for path in account.walk(home) if folders.belongs_to_staff(path, home))


def _file_state(path: Path) -> str:
    """Return path, size and times as one string; folders count by their path only."""
    try:
        stat = path.stat()
    except OSError:
        return f"{path} -"
    return f"{path}" if path.is_dir() else f"{path} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
