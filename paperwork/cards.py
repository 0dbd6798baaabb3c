"""The catalogue as a page shows it: a card for each project, and a stamp that changes when its dossier would.

Cheap enough to be asked again and again: no workbook is read in full.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperwork import manifest, sources, store, survey
from paperwork.catalogue import CatalogueEntry
from paperwork.faults import Fault, Level, Stop, Where, as_stop
from paperwork.hand_over import MANIFEST
from paperwork.survey import Inputs
from paperwork.values import Money

NOTHING = Money(0)


@dataclass(frozen=True)
class Card:
    """What is known of a project without reading it: the catalogue's row, and where its workbook lies."""

    number: int
    stamp: str = ""
    """Changes when anything changes that a dossier shows, but for the day."""
    name: str = ""
    department: str = ""
    """牵头部室"""
    contractor: str = ""
    """As the catalogue says; a dossier has the workbook's word instead, once it could be read."""
    period: str = ""
    """实施周期 as published; start and end are its days, None for a project that is not in the catalogue."""
    start: dt.date | None = None
    end: dt.date | None = None
    amount: Money = NOTHING
    """Yuan granted."""
    workbook: str = ""
    """Relative to the inputs folder; empty: there is none, or two claim the number."""
    sample: bool = False


@dataclass(frozen=True)
class Board:
    """The catalogue, projects without a workbook too; `wrong` and `mend` say why there is none."""

    stamp: str
    """Changes when anything of it changes, the stamps of its cards too."""
    cards: tuple[Card, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What is wrong with the catalogue, and files that could not be placed."""
    wrong: str = ""
    mend: str = ""


def board(inputs: Path, outputs: Path, templates: Path | None = None) -> Board:
    """The catalogue's projects; without `templates` a change of them changes no stamp. Never raises."""
    try:
        found = survey.inputs(inputs)
        cards = tuple(card(entry, found, outputs, templates) for _, entry in sorted(found.entries.items()))
        faults = (*found.faults, *_strangers(found))
        return Board(store.key(repr(cards), repr(faults)), cards, faults)
    except Exception as error:
        stop = as_stop(error)
        return Board(store.key(stop.wrong, repr(stop.faults)), (), stop.faults, stop.wrong, stop.mend)


def _strangers(found: Inputs) -> Iterator[Fault]:
    """Workbooks of projects that are not in the catalogue."""
    for number in sorted(found.workbooks.keys() - found.entries.keys()):
        for path in found.workbooks[number]:
            wrong, mend = f"项目序号是 {number}，目录里没有这个序号", "请在“基本信息”表里改正项目序号"
            yield Fault(Level.NOTICE, Where(found.name(path), survey.BASICS), wrong, mend)


def card(entry: CatalogueEntry, found: Inputs, outputs: Path, templates: Path | None) -> Card:
    """A project's card."""
    try:
        path = found.workbook(entry.number)
    except Stop:  # two claim it: who reads the project says so
        path = None
    return Card(
        number=entry.number,
        stamp=_stamp(entry, found, outputs, templates),
        name=entry.name,
        department=entry.department,
        contractor=entry.contractor,
        period=entry.period,
        start=entry.span.start,
        end=entry.span.end,
        amount=entry.amount,
        workbook=found.name(path) if path else "",
        sample=path in found.samples,
    )


def _stamp(entry: CatalogueEntry, found: Inputs, outputs: Path, templates: Path | None) -> str:
    """Of all that a dossier is made from: the catalogue's word, names, sizes and times of files."""
    books = found.workbooks.get(entry.number, [])
    said = [repr(entry), str(entry.place), repr(found.faults_of(entry.number))]
    said += [] if books else [found.hint()]
    files = [path for book in books for path in _files_of(book)]
    files += manifest.templates(templates) if templates else []
    return store.key(*said, *map(_state_of, [*files, outputs / str(entry.number) / MANIFEST]))


def _files_of(workbook: Path) -> Iterator[Path]:
    """A workbook, its other sheets where it is a CSV, and what lies beside it."""
    yield workbook
    if workbook.suffix.lower() == ".csv":
        start = workbook.stem.removesuffix(survey.BASICS)
        yield from sorted(path for path in workbook.parent.glob(f"*{workbook.suffix}") if path.name.startswith(start))
    for name in sources.BESIDE:
        paths = sorted((workbook.parent / name).rglob("*"))
        yield from (path for path in paths if not path.name.startswith(sources.NO_DATA))


def _state_of(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return f"{path} -"
    return f"{path}" if path.is_dir() else f"{path} {stat.st_size} {stat.st_mtime_ns}"
