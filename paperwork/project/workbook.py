"""Read a project's workbook into a `Project`, together with every fault found on the way.

Faults do not stop the reading: the rows that could be read are returned, so that the rules can still check them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from paperwork.core import commands, text
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Where, keep_errors
from paperwork.formats import opening
from paperwork.formats.spreadsheets import reader
from paperwork.formats.spreadsheets.cells import Sheet
from paperwork.project import folders, headers, rows
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.input_folder import PROGRAM_SHEETS, Inputs, csv_sheets
from paperwork.project.model import Project, sheets
from paperwork.project.record import Record


def read_project(inputs: Inputs, number: int, funder: Funder = NO_FUNDER) -> tuple[Project, list[Fault]]:
    """Read one project and return what could be read, with all faults.

    Raises `Stop` if the catalogue has no readable row for it or its workbook is missing or not unique, and `Unreadable`
    if the workbook cannot be opened.
    """
    entry, faults = inputs.entries.get(number), inputs.faults_of(number)
    if entry is None:
        spoilt = keep_errors(fault for fault, row_number in inputs.row_of_fault.items() if row_number == number)
        known = "、".join(map(str, sorted(inputs.entries)))
        wrong = f"项目发布目录里没有项目{number}" + ("：它那一行有错，没有读出来" if spoilt else "")
        raise Stop(ExitCode.FAULTY, wrong, f"目录里有的序号：{known}", faults=faults)
    path = inputs.workbook(number)
    if path is None:
        mend = f"{inputs.missing_workbook_hint()}请运行 {commands.command('new', number)} 生成空白工作簿，填好后再来"
        raise Stop(ExitCode.FAULTY, f"没有找到项目{number}的工作簿", mend, faults=faults)
    name = inputs.name(path)
    data: dict[str, Any] = {}
    spoilt_rows: dict[str, tuple[Record, ...]] = {}
    lost: set[str] = set()
    present = _present(read_sheets(path, inputs), faults)
    for title, kind in sheets().items():
        sheet = present.get(title, Sheet(title, []))
        if kind.keyed:
            keyed_faults: list[Fault] = []
            data[title] = rows.read_keyed(sheet, kind, title, keyed_faults)
            # A missing worksheet has no cells, so its faults have no place: point to the worksheet by name.
            faults += [
                fault if fault.where.file else replace(fault, where=Where(name, title)) for fault in keyed_faults
            ]
            continue
        table = rows.read_table(sheet, kind, title, faults)
        data[title] = table.valid
        spoilt_rows[title] = table.invalid
        lost |= {title} if table.lost or sheet.unread else set()
    folder = path.parent
    codes = [each.code for each in (*data["活动"], *spoilt_rows["活动"]) if "活动编号" not in each.unreadable_headers]
    photos = folders.read_media(folder, folders.PHOTOS, codes, opening.photo_problem)
    videos = folders.read_media(folder, folders.VIDEOS, codes, opening.video_problem)
    return Project(
        catalogue=entry,
        folder=folder,
        workbook=name,
        funder=funder,
        photos=photos.sound,
        videos=videos.sound,
        unusable=photos.problems | videos.problems,
        invalid_rows=spoilt_rows,
        unreadable_sheets=frozenset(lost),
        **data,
    ), faults


def read_sheets(path: Path, inputs: Inputs) -> list[Sheet]:
    """Return the worksheets of a workbook; if it was saved as CSVs, each known CSV beside it is one worksheet."""
    if path.suffix.lower() != ".csv":
        return reader.read_tables(path, inputs.name(path))
    tables = {title: reader.read_tables(csv, inputs.name(csv)) for title, csv in csv_sheets(path).items()}
    return [_named(sheet, title) for title, found in tables.items() for sheet in found]


def _named(sheet: Sheet, title: str) -> Sheet:
    """Return the worksheet of a CSV under its title, in the places of its cells as well.

    A CSV has no worksheet names of its own, but faults must name the worksheet.
    """
    rows = [[replace(cell, where=replace(cell.where, sheet=title)) for cell in row] for row in sheet.rows]
    unread = tuple(replace(fault, where=replace(fault.where, sheet=title)) for fault in sheet.unread)
    return replace(sheet, name=title, rows=rows, unread=unread)


def _present(found: Sequence[Sheet], faults: list[Fault]) -> dict[str, Sheet]:
    """Return the known worksheets by name, hidden parts included; report hidden parts and unknown worksheets."""
    present: dict[str, Sheet] = {}
    for sheet in found:
        title = headers.normalise(sheet.name)
        title = title if title in sheets() else title.removesuffix("表")
        where = Where(sheet.rows[0][0].where.file if sheet.rows and sheet.rows[0] else "", sheet.name)
        if title in sheets() and title not in present:
            present[title] = sheet
            faults += [Fault(Level.NOTICE, where, words, "照样读了；不该读的请删去") for words in sheet.hidden]
            faults += sheet.unread
        elif title not in PROGRAM_SHEETS and sheet.rows:
            faults += _unknown(title, where)
    return present


def _unknown(title: str, where: Where) -> Iterator[Fault]:
    """Yield a notice for an unknown worksheet, with the most similar known name if there is one."""
    near = text.find_most_similar(title, sheets(), 50)
    guess = f"是不是“{near}”？是的话请把表名改成“{near}”" if near else "用不着它就不必理会"
    yield Fault(Level.NOTICE, where, "程序不认识这张表，没有读它", guess, title)
