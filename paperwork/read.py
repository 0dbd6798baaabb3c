"""A project's workbook → a `Project`, and every fault found on the way.

What can be read is returned together with the faults, so that rules still run over the good rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from paperwork import alike, headers, media, rows, tables
from paperwork.cells import Sheet
from paperwork.faults import ExitCode, Fault, Level, Stop, Where, errors
from paperwork.model import Project, sheets
from paperwork.record import Record
from paperwork.survey import BASICS, OURS, Inputs


def read_project(inputs: Inputs, number: int) -> tuple[Project, list[Fault]]:
    """Read one project: what could be read, and all faults. Raises `Stop` when there is nothing to read."""
    entry, faults = inputs.entries.get(number), inputs.faults_of(number)
    if entry is None:
        spoilt = errors(fault for fault, of in inputs.of_rows.items() if of == number)
        known = "、".join(map(str, sorted(inputs.entries)))
        wrong = f"项目发布目录里没有项目{number}" + ("：它那一行有错，没有读出来" if spoilt else "")
        raise Stop(ExitCode.FAULTY, wrong, f"目录里有的序号：{known}", faults=faults)
    path = inputs.workbook(number)
    if path is None:
        mend = f"{inputs.hint()}请运行 make new PROJECT={number} 生成空白工作簿，填好后再来"
        raise Stop(ExitCode.FAULTY, f"没有找到项目{number}的工作簿", mend, faults=faults)
    name = inputs.name(path)
    data: dict[str, Any] = {}
    spoilt_rows: dict[str, tuple[Record, ...]] = {}
    lost: set[str] = set()
    present = _present(pages(path, inputs), faults)
    for title, kind in sheets().items():
        sheet = present.get(title, Sheet(title, []))
        if kind.keyed:
            found: list[Fault] = []
            data[title] = rows.read_keyed(sheet, kind, title, found)
            faults += [fault if fault.where.file else replace(fault, where=Where(name, title)) for fault in found]
            continue
        table = rows.read_table(sheet, kind, title, faults)
        data[title] = table.whole
        spoilt_rows[title] = table.spoilt
        lost |= {title} if table.lost else set()
    folder = path.parent
    return Project(
        catalogue=entry,
        folder=folder,
        workbook=name,
        photos=_media(folder / "照片", media.PHOTOS),
        videos=_media(folder / "视频", media.VIDEOS),
        spoilt_rows=spoilt_rows,
        lost=frozenset(lost),
        **data,
    ), faults


def pages(path: Path, inputs: Inputs) -> list[Sheet]:
    """The sheets of a workbook; of one that was saved as CSVs, the files that lie beside each other."""
    if path.suffix.lower() != ".csv":
        return tables.read(path, inputs.name(path))
    start = path.stem.removesuffix(BASICS)
    found = []
    for title in sheets():
        page = path.with_name(f"{start}{title}{path.suffix}")
        if page.is_file():
            found += [_named(sheet, title) for sheet in tables.read(page, inputs.name(page))]
    return found


def _named(sheet: Sheet, title: str) -> Sheet:
    """A CSV has no sheets: its cells are told as those of the sheet that it is."""
    rows = [[replace(cell, where=replace(cell.where, sheet=title)) for cell in row] for row in sheet.rows]
    return replace(sheet, name=title, rows=rows)


def _present(found: Sequence[Sheet], faults: list[Fault]) -> dict[str, Sheet]:
    """The sheets the program knows, by name. What is hidden is read too, and said; what is unknown is said."""
    present: dict[str, Sheet] = {}
    for sheet in found:
        title = headers.plain(sheet.name)
        title = title if title in sheets() else title.removesuffix("表")
        where = Where(sheet.rows[0][0].where.file if sheet.rows and sheet.rows[0] else "", sheet.name)
        if title in sheets() and title not in present:
            present[title] = sheet
            faults += [Fault(Level.NOTICE, where, words, "照样读了；不该读的请删去") for words in sheet.hidden]
        elif title not in OURS and sheet.rows:
            faults += _unknown(title, where)
    return present


def _unknown(title: str, where: Where) -> Iterator[Fault]:
    near = alike.nearest(title, sheets(), 50)
    guess = f"是不是“{near}”？是的话请把表名改成“{near}”" if near else "用不着它就不必理会"
    yield Fault(Level.NOTICE, where, "程序不认识这张表，没有读它", guess, title)


def _media(folder: Path, suffixes: Sequence[str]) -> dict[str, tuple[Path, ...]]:
    """The files of each activity's folder, in the order of their names."""
    if not folder.is_dir():
        return {}
    return {
        each.name: tuple(sorted(path for path in each.iterdir() if path.suffix.lower() in suffixes))
        for each in sorted(folder.iterdir())
        if each.is_dir()
    }
