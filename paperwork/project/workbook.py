"""Read a project's workbook into a `Project`, together with every fault found on the way.

Faults do not stop the reading: the rows that could be read are returned, so that the rules can still check them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from paperwork.core import commands, text, values
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Unreadable, Where, keep_errors
from paperwork.core.values import ProjectNumber
from paperwork.formats import opening
from paperwork.formats.spreadsheets import cells, reader
from paperwork.formats.spreadsheets.cells import Sheet
from paperwork.project import decisions, folders, headers, rows
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.headers import Words
from paperwork.project.input_folder import PROGRAM_SHEETS, Inputs, csv_sheets
from paperwork.project.model import Basics, CatalogueEntry, Decision, Project, sheets
from paperwork.project.record import Record

SIGNED = "协议签订日期"


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
    words = headers.read_words(inputs.templates)
    present, lost = _present(read_sheets(path, inputs), words, faults)
    for title, kind in sheets().items():
        sheet = present.get(title, Sheet(title, []))
        if kind.keyed:
            keyed_faults: list[Fault] = []
            data[title] = rows.read_keyed(sheet, kind, title, words, keyed_faults)
            # A missing worksheet has no cells, so its faults have no place: point to the worksheet by name.
            faults += [
                fault if fault.where.file else replace(fault, where=Where(name, title)) for fault in keyed_faults
            ]
            continue
        table = rows.read_table(sheet, kind, title, words, faults)
        data[title] = table.valid
        spoilt_rows[title] = table.invalid
        lost |= {title} if table.lost or sheet.unread else set()
    entry = _dated(entry, data["基本信息"], Where(name, "基本信息"), faults)
    folder = path.parent
    codes = [each.code for each in (*data["活动"], *spoilt_rows["活动"]) if "活动编号" not in each.unreadable_headers]
    photos = folders.read_media(folder, folders.PHOTOS, codes, opening.photo_problem)
    videos = folders.read_media(folder, folders.VIDEOS, codes, opening.video_problem)
    return Project(
        catalogue=entry,
        number=str(ProjectNumber(number)),
        decisions=decisions_for(inputs),
        folder=folder,
        workbook=name,
        funder=funder,
        templates=inputs.templates,
        photos=photos.sound,
        videos=videos.sound,
        unusable=photos.problems | videos.problems,
        invalid_rows=spoilt_rows,
        unreadable_sheets=frozenset(lost),
        **data,
    ), faults


def decisions_for(inputs: Inputs) -> tuple[Decision, ...]:
    """Return the rows of 要求解读 that staff have decided, under the numbers by which the inputs know the projects."""
    rows_found = decisions.decided_rows(inputs.decisions)
    return tuple(each.model_copy(update={"number": inputs.decided_number(each.number)}) for each in rows_found)


def _dated(entry: CatalogueEntry, basics: Basics, sheet: Where, faults: list[Fault]) -> CatalogueEntry:
    """Return the entry with its period counted from 协议签订日期, or add the fault of that cell to `faults`."""
    if entry.is_dated or SIGNED in basics.unreadable_headers:
        return entry
    has_cell = basics.where(SIGNED) != basics.place
    where = basics.where(SIGNED) if has_cell else sheet
    if basics.signed is None:
        wrong = f"“{SIGNED}”没有填：目录的实施周期是“{entry.period}”，要从这一天算起"
        mend = "请填上签订项目协议的日期" if has_cell else f"请加上“{SIGNED}”一行，填签订项目协议的日期"
        faults.append(Fault(Level.ERROR, where, wrong, mend))
        return entry
    try:
        return entry.signed_on(basics.signed)
    except Unreadable:
        wrong = f"“{SIGNED}”在目录的实施周期“{entry.period}”以后"
        faults.append(Fault(Level.ERROR, where, wrong, "请核对日期", values.chinese_date(basics.signed)))
        return entry


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


def _present(found: Sequence[Sheet], words: Words, faults: list[Fault]) -> tuple[dict[str, Sheet], set[str]]:
    """Return the known worksheets by name, and the names of those of which another sheet was left out.

    Hidden parts are read and reported, as are sheets whose name is not exactly a known one, and unknown sheets.
    """
    meant: dict[str, list[Sheet]] = {}
    for sheet in found:
        title = headers.sheet_title(sheet.name, words)
        if title:
            meant.setdefault(title, []).append(sheet)
        elif headers.normalise(sheet.name) not in PROGRAM_SHEETS and sheet.rows:
            faults += _unknown(sheet, words)
    present: dict[str, Sheet] = {}
    doubtful = set()
    for title, alike in meant.items():
        filled = [sheet for sheet in alike if sum(1 for _ in cells.filled_rows(sheet)) > 1] or alike[:1]
        first = present[title] = next((sheet for sheet in filled if _is_exact(sheet, title)), filled[0])
        faults += [*first.notes, *first.unread]
        if not _is_exact(first, title):
            faults.append(_taken_for(first, title))
        for sheet in filled:
            if sheet is not first:
                doubtful.add(title)
                wrong = f"“{first.name}”和“{sheet.name}”像是同一张表，后一张没有读"
                mend = f"请把要用的行并到“{title}”一张表里，把另一张删去；说的不是一回事的话，给它改个别的名字"
                faults.append(Fault(Level.ERROR, _place(sheet), wrong, mend, sheet.name))
    return present, doubtful


def _is_exact(sheet: Sheet, title: str) -> bool:
    return headers.normalise(sheet.name) in (title, f"{title}表")


def _place(sheet: Sheet) -> Where:
    return Where(sheet.rows[0][0].where.file if sheet.rows and sheet.rows[0] else "", sheet.name)


def _taken_for(sheet: Sheet, title: str) -> Fault:
    wrong = f"表名不是“{title}”，当作“{title}”读了"
    mend = f"是不是“{title}”？是的话请把表名改成“{title}”，不是的话请改成别的名字"
    return Fault(Level.NOTICE, _place(sheet), wrong, mend, sheet.name)


def _unknown(sheet: Sheet, words: Words) -> Iterator[Fault]:
    """Yield a notice for an unknown worksheet, with the known one that its name or its columns resemble."""
    title = headers.normalise(sheet.name)
    inside = [known for known in sheets() if known in title]
    near = (
        inside[0]
        if len(inside) == 1
        else text.find_most_similar(title, sheets(), 50) or _title_of_columns(sheet, words)
    )
    guess = f"是不是“{near}”？是的话请把表名改成“{near}”" if near else "用不着它就不必理会"
    yield Fault(Level.NOTICE, _place(sheet), "程序不认识这张表，没有读它", guess, sheet.name)


def _title_of_columns(sheet: Sheet, words: Words) -> str:
    """Return the worksheet whose required columns a sheet has, or ''."""
    for title, kind in sheets().items():
        header = None if kind.keyed else headers.find_header(sheet, kind, title, words)
        if header and header.known.issuperset(rows.required_headers(kind)):
            return title
    return ""
