"""Read the catalogue of published projects (项目发布目录) from a file.

A catalogue may be spread over several tables and sheets, and describe each project in a row or in a table of its own.
What is not read as a project is reported: a column, a row, a paragraph, a table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from statistics import mode

from paperwork.core import text, values
from paperwork.core.faults import Fault, Level, Unreadable
from paperwork.formats.spreadsheets import reader
from paperwork.formats.spreadsheets.cells import Cell
from paperwork.project import headers, rows
from paperwork.project.catalogue import tables, unread
from paperwork.project.catalogue.columns import AMOUNT, CLAUSE_COLUMNS, NAME, NUMBER, PERIOD, REQUIREMENTS
from paperwork.project.catalogue.table_rows import Found, Total
from paperwork.project.model import CatalogueEntry

WANTED_COLUMNS = (NAME, PERIOD, AMOUNT, REQUIREMENTS)
"""Columns that a file is said to lack if it is not the catalogue."""
MAX_QUOTED = 60
"""Most characters of an old and a new text that are quoted when a catalogue changes."""
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
YEAR_MONTHS = 12


@dataclass(frozen=True)
class Catalogue:
    """The published projects of a file, by number, and the faults in it; without entries, it is not the catalogue."""

    entries: Mapping[int, CatalogueEntry] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    row_of_fault: Mapping[Fault, int] = field(default_factory=dict)
    """For each fault in a row, that row's project number (0 if the number cannot be read)."""
    reason: str = field(default="", compare=False)
    """Why the file is not the catalogue, in words of staff; empty if it is."""

    @property
    def year(self) -> int:
        """Return the year in which most of the projects begin; of projects without a day, that in their text, or 0."""
        years = sorted(entry.span.start.year for entry in self.entries.values() if entry.is_dated)
        words = (f"{entry.number} {entry.period} {entry.name}" for entry in self.entries.values())
        return mode(years or sorted(map(int, YEAR.findall(" ".join(words)))) or [0])


def row_text(entry: CatalogueEntry) -> dict[str, str]:
    """Return a row of the catalogue as text, by header."""
    return {header: values.format_value(value) for header, value in entry.template_values().items()}


def row_changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Yield what differs in two rows of the catalogue; blanks and punctuation do not count."""
    for header, new in now.items():
        old = before.get(header, "")
        if not text.is_same_name(old, new):
            is_short = len(old) + len(new) < MAX_QUOTED
            yield f"{header}由“{old}”改为“{new}”" if is_short else f"{header}的文字不同了"


def changes(before: Mapping[int, CatalogueEntry], now: Mapping[int, CatalogueEntry]) -> Iterator[str]:
    """Yield what differs in two catalogues of the same year: projects added, gone and changed."""
    for number in sorted({*before, *now}):
        if number not in before:
            yield f"新增项目{number}“{now[number].name}”"
        elif number not in now:
            yield f"去掉了项目{number}“{before[number].name}”"
        elif changed := list(row_changes(row_text(before[number]), row_text(now[number]))):
            yield f"项目{number}：{'，'.join(changed)}"


def is_catalogue(path: Path, templates: Path | None = None) -> bool:
    """Return True if a file is the catalogue. Raises `Unreadable` if it cannot be read."""
    return bool(read_catalogue(path, path.name, templates).entries)


def read_catalogue(path: Path, name: str, templates: Path | None = None) -> Catalogue:
    """Read the published projects of a file, which faults call `name`, with the words for columns in `templates`.

    Raises `Unreadable` if it cannot be read.
    """
    sheets = reader.read_tables(path, name)
    reading = tables.read_tables(sheets, headers.read_words(templates))
    if not reading.is_catalogue:
        return Catalogue(reason=_why_none(reading.near))
    found = reading.found
    found.faults += _number_projects(found)
    read = _read_projects(found)
    unread_cells = [fault for sheet in sheets for fault in (*sheet.unread, *sheet.notes)]
    header_faults = [fault for _, header in reading.headers for fault in header.faults]
    others = list(unread.report_others(found.others, found.known))
    asked = {fault.level for fault in others}
    missing = [
        replace(fault, level=Level.NOTICE)
        for fault in tables.report_missing(reading, CLAUSE_COLUMNS)
        if Level.ERROR not in asked or REQUIREMENTS not in fault.wrong
    ]
    left = [fault for sheet in reading.left for fault in unread.report_left(sheet, name)]
    faults = (*unread_cells, *header_faults, *missing, *others, *found.faults, *read.faults, *left)
    return replace(read, faults=tuple(dict.fromkeys(faults)))


def _why_none(near: frozenset[str]) -> str:
    """Return why a file is not the catalogue, given the columns of the table in it that has most of them."""
    if len(near) < tables.MIN_NEAR:
        return "里面没有表头像目录的表格"
    missing = "、".join(f"“{name}”" for name in WANTED_COLUMNS if name not in near)
    has = "、".join(f"“{name}”" for name in sorted(near))
    return f"表头里认出了{has}，没有找到{missing or '足够的栏目'}"


# ---- projects


def _number_projects(found: Found) -> Iterator[Fault]:
    """Give projects without numbers, or with numbers that begin anew in each table, numbers by their order."""
    numbers = [row.get(NUMBER) for row in found.projects]
    first = found.projects[0].values() if found.projects else ()
    where = next((cell.where for cell in first if cell.is_filled), None)
    if not any(cell is not None and cell.is_filled for cell in numbers):
        wrong, mend = "没有“项目序号”这一列，按先后给项目编了号", "要用别的序号，请加上“项目序号”一列"
    elif _begin_anew(found, numbers):
        wrong, mend = "每张表（每一部分）的序号都从 1 开始，按先后给项目重新编了号", "要用别的序号，请在目录里改"
    else:
        return
    for number, row in enumerate(found.projects, 1):
        place = next(cell.where for cell in row.values() if cell.is_filled or len(row) == 1)
        cells = {NUMBER: Cell(number, row[NUMBER].where if NUMBER in row else place)}
        cells.update({name: cell for name, cell in row.items() if name != NUMBER})
        row.clear()
        row.update(cells)
    if where is not None:
        yield Fault(Level.NOTICE, where, wrong, mend)


def _begin_anew(found: Found, numbers: Sequence[Cell | None]) -> bool:
    """Return True if there are several tables or sections and the numbers of each are 1, 2, 3 …"""
    runs: dict[int, list[str]] = {}
    for section, cell in zip(found.sections, numbers, strict=True):
        runs.setdefault(section, []).append(text.halfwidth(cell.value) if cell is not None else "")
    return len(runs) > 1 and all(run == [str(at) for at in range(1, len(run) + 1)] for run in runs.values())


def _read_projects(found: Found) -> Catalogue:
    """Return the catalogue of the rows; a total that differs from the sum of its amounts is a fault."""
    entries: dict[int, CatalogueEntry] = {}
    row_of_fault: dict[Fault, int] = {}
    amounts: list[Decimal | None] = []
    for row in found.projects:
        entry, faults = _read_entry(row, entries.keys())
        # Faults are assigned to the row's project number, so that they stop that project only.
        number = 0 if NUMBER in entry.unreadable_headers else entry.number.plain
        row_of_fault |= dict.fromkeys(faults, number)
        amounts.append(None if AMOUNT in entry.unreadable_headers else entry.amount)
        if number not in entries and not entry.is_invalid:
            entries[number] = entry
    # Without the amount of a row there is nothing to compare.
    read = [amount for amount in amounts if amount is not None]
    wrong_totals = _check_totals(found.totals, read) if len(read) == len(amounts) else ()
    return Catalogue(entries, (*row_of_fault, *wrong_totals), row_of_fault)


def _read_entry(row: dict[str, Cell], taken: Iterable[int]) -> tuple[CatalogueEntry, list[Fault]]:
    """Return a row of the catalogue and its faults; `taken` holds the numbers of the rows above."""
    faults: list[Fault] = []
    entry = rows.make_record(CatalogueEntry, row, faults)
    assert isinstance(entry, CatalogueEntry)
    if NUMBER not in entry.unreadable_headers and entry.number.plain in taken:
        faults.append(Fault(Level.ERROR, entry.where(NUMBER), f"项目序号 {entry.number} 重复了", "请改正"))
    return _resolved(entry, row, faults), faults


def _resolved(entry: CatalogueEntry, row: Mapping[str, Cell], faults: list[Fault]) -> CatalogueEntry:
    """Return the entry with the amount of all its years; append notices of what was interpreted."""
    amount, found = entry.amount, str(row[AMOUNT].value) if AMOUNT in row else ""
    if not entry.is_invalid and "学年" in entry.period:
        days = values.chinese_date_range(entry.span.start, entry.span.end)
        mend = "不是这样的话，请在目录里写成 2023年9月-2024年6月 的样子"
        faults.append(Fault(Level.NOTICE, entry.where(PERIOD), f"学年当作{days}", mend, entry.period))
    if not isinstance(amount, values.PublishedMoney) or entry.is_invalid:
        return entry
    if amount.is_rough:
        wrong = f"金额没有写定，当作 {text.format_decimal(amount / 10_000)} 万元"
        faults.append(Fault(Level.NOTICE, entry.where(AMOUNT), wrong, "核定了的话，请改成核定的金额", found))
    months = entry.months
    if not amount.is_yearly or months == YEAR_MONTHS:
        return entry
    years = max(1, months // YEAR_MONTHS)
    whole = values.PublishedMoney(amount * years, amount.is_ceiling, False, amount.is_rough)
    wrong = f"写的是一年的金额，实施周期是 {months} 个月，当作 {text.format_decimal(whole / 10_000)} 万元"
    faults.append(Fault(Level.NOTICE, entry.where(AMOUNT), wrong, "请核对，改成项目的总金额", found))
    return entry.model_copy(update={"amount": whole})


def _check_totals(totals: Iterable[Total], amounts: Sequence[Decimal]) -> Iterator[Fault]:
    """Yield a notice for each total that is the sum of no range of amounts that it may stand for."""
    for total in totals if amounts else ():
        sums = [sum(amounts[start : total.end], Decimal(0)) for start in total.starts]
        if not rows.SUBTOTAL.search(total.word):
            sums.append(sum(amounts, Decimal(0)))  # it may stand before the last table
        try:
            right = values.as_ten_thousands(total.cell.value) in sums
        except Unreadable:
            right = False
        if not right:
            wrong = f"合计与各项目金额之和（{text.format_decimal(sums[0] / 10_000)} 万元）不符"
            yield Fault(Level.NOTICE, total.cell.where, wrong, "请核对目录", str(total.cell.value))
