"""Read the catalogue of published projects (项目发布目录) from a table file.

A catalogue may be spread over several tables and sheets: each with a header of its own, or going on where the table
before it ended. What is not read as a project is reported: a table, a row, a paragraph that may be a requirement.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import mode

from paperwork.core import text, values
from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.formats.spreadsheets import cells as grid
from paperwork.formats.spreadsheets import reader
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.formats.spreadsheets.word_tables import LOOSE
from paperwork.project import headers, rows
from paperwork.project.headers import Header
from paperwork.project.model import CatalogueEntry

CATALOGUE = "项目发布目录"
NUMBER, NAME, PERIOD, AMOUNT = "项目序号", "项目名称", "实施周期", "项目金额（万元）"
OWN_COLUMNS = {NUMBER, NAME, PERIOD, AMOUNT}
TEXT_COLUMNS = {"项目目标", "项目内容", "服务对象", "相关要求"}
"""A row with text in the second columns and nothing in the first goes on with the project above."""
OPTIONAL_COLUMNS = ("项目目标", "项目内容", "相关要求")
"""Columns whose absence is reported, because requirements are read from them."""
MAX_QUOTED = 60
"""Most characters of an old and a new text that are quoted when a catalogue changes."""
MIN_COLUMNS = 6
"""A table is the catalogue if its header names at least this many of the catalogue's ten columns."""
NUMBERED = re.compile(
    r"\s*(?:[（(]?\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:[)）、．]|\.(?!\d))|第[一二三四五六七八九十\d]{1,3}[条款项]"
    r"|[①-⒛*※★▲•]|(?:备注|附注|注|说明)\d*[:：])"
)
OBLIGATION = re.compile(r"须|应[当该按于在提报]|不得|要求|提供|报送|提交|务必|禁止|另行|补充")
ORDINAL = re.compile(r"(?:项目|序号|编号|No\.?|第)?[(\[【]?(\d{1,6})[)\]】]?(?:项目|号|项)?[.、:]?", re.IGNORECASE)
"""A project's number with what staff and automatic lists write round it."""
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
TITLE = re.compile(r"(?:目录|一览表|清单)$")
MIN_NUMBERED, MIN_OBLIGATION, MIN_LONG = 12, 8, 40
"""Lengths from which a text outside of the table is reported: with a number, with a word of obligation, any other."""
YEAR_MONTHS = 12
MAX_HEADER = 30
"""Most characters of a header."""
MAX_QUOTE = 40
"""Most characters of a text that a fault quotes."""
NOT_READ = "没有当作目录读"
MEND_LEFT = "是项目的要求的话，请写进目录表格里那个项目的“相关要求”"


@dataclass(frozen=True)
class Catalogue:
    """The published projects of a file, by number, and the faults in it; without entries, it is not the catalogue."""

    entries: Mapping[int, CatalogueEntry] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    row_of_fault: Mapping[Fault, int] = field(default_factory=dict)
    """For each fault in a row, that row's project number (0 if the number cannot be read)."""

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


@dataclass(frozen=True)
class _Total:
    """A total row: its word and cell, the number of projects above it, and the starts of the ranges it may sum up."""

    word: str
    cell: Cell
    end: int
    starts: tuple[int, ...]


@dataclass
class _Rows:
    """The rows of all tables, as they were found: projects, totals, and faults about what is neither."""

    projects: list[dict[str, Cell]] = field(default_factory=list)
    totals: list[_Total] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def is_catalogue(path: Path) -> bool:
    """Return True if a file is the catalogue. Raises `Unreadable` if it cannot be read."""
    return bool(read_catalogue(path, path.name).entries)


def read_catalogue(path: Path, name: str) -> Catalogue:
    """Read the published projects of a file, which faults call `name`. Raises `Unreadable` if it cannot be read."""
    sheets = reader.read_tables(path, name)
    tables, left = _find_tables(sheets)
    if not tables:
        return Catalogue()
    found = _Rows()
    for sheet, header in tables:
        _read_table(sheet, header, found)
    read = _read_projects(found)
    unread = [fault for sheet in sheets for fault in (*sheet.unread, *sheet.notes)]
    header_faults = [fault for _, header in tables for fault in header.faults]
    left_faults = [fault for sheet in left for fault in _report_left(sheet, name)]
    return replace(read, faults=(*unread, *header_faults, *found.faults, *read.faults, *left_faults))


# ---- tables


def _find_tables(sheets: Iterable[Sheet]) -> tuple[list[tuple[Sheet, Header]], list[Sheet]]:
    """Return the tables of the catalogue, each with its header, and the sheets that are no part of it."""
    tables: list[tuple[Sheet, Header]] = []
    left: list[Sheet] = []
    taken: set[str] = set()
    header: Header | None = None
    for part in (part for sheet in sheets for part in _split_at_headers(sheet)):
        if part.inside and part.inside in taken:  # its text is in a cell of that table
            continue
        own = headers.find_header(part, CatalogueEntry, CATALOGUE)
        if own is not None and len(own.known) >= MIN_COLUMNS:
            is_repeated = header is not None and own.words == header.words
            units = {**(header.units if header else {}), **own.units}
            header = replace(own, units=units, faults=() if is_repeated else own.faults)
        elif header is not None and _continues(part, header):
            header = replace(header, row=-1, faults=())
        else:
            left.append(part)
            continue
        tables.append((part, header))
        taken.add(part.name)
    # A table for layout only, round the catalogue, is none of its own.
    around = {sheet.inside for sheet, _ in tables}
    return tables, [sheet for sheet in left if sheet.name not in around or len(_filled(sheet)) > 1]


def _split_at_headers(sheet: Sheet) -> Iterator[Sheet]:
    """Yield the parts of a sheet that begin with a header of the catalogue; a sheet may hold several tables."""
    starts = [at for at, row in enumerate(sheet.rows) if _count_header_words(row) >= MIN_COLUMNS]
    # Two header rows in succession are one header.
    cuts = [0, *(at for at, before in zip(starts[1:], starts, strict=False) if at > before + 1), len(sheet.rows)]
    if len(cuts) == 2:
        yield sheet
        return
    for start, end in pairwise(cuts):
        merged = (area for area in sheet.merged if start <= area.top < end)
        moved = tuple(area._replace(top=area.top - start, bottom=area.bottom - start) for area in merged)
        yield replace(sheet, rows=sheet.rows[start:end], merged=moved)


@cache
def _header_words() -> frozenset[str]:
    known = headers.known_words(CatalogueEntry, CATALOGUE)
    return frozenset(map(headers.normalise_without_unit, known))


def _count_header_words(row: Iterable[Cell]) -> int:
    """Return the number of different columns of the catalogue that a row names."""
    # Every row of every table is asked, so long texts are not even looked at.
    short = [cell.value for cell in row if isinstance(cell.value, str) and len(cell.value) <= MAX_HEADER]
    words = {headers.normalise_without_unit(headers.normalise(value)) for value in short} if len(short) > 1 else set()
    return len(words & _header_words())


def _continues(sheet: Sheet, header: Header) -> bool:
    """Return True if a table without a header goes on with the table above it: its columns hold the same things."""
    place = next((at for at, name in header.names.items() if name == NUMBER), None)
    filled = list(grid.filled_rows(sheet))
    width = max((at + 1 for row in filled for at, cell in enumerate(row) if cell.is_filled), default=0)
    last = max([*header.names, *header.last_positions.values()])
    if place is None or not filled or width > last + 1:
        return False
    numbers = [row[place] for row in filled if place < len(row)]
    is_total = [bool(rows.total_word({NUMBER: cell})) for cell in numbers]
    counts = [len(_filled_cells(row)) for row in filled]
    for cell, count, is_known in zip(numbers, counts, is_total, strict=False):
        if cell.is_filled and not (is_known or _is_number(cell) or count == 1):  # a single filled cell is a title
            return False
    # A table of nothing but the rest of a row has the width of the table above.
    has_rest = any(not cell.is_filled for cell in numbers) and max(map(len, filled)) == last + 1
    has_project = any(_is_number(cell) and n >= MIN_COLUMNS - 1 for cell, n in zip(numbers, counts, strict=False))
    return has_rest or has_project or any(is_total)


def _is_number(cell: Cell) -> bool:
    return cell.is_filled and values.looks_like_project_number(cell.value)


def _bare_number(cell: Cell) -> Cell:
    """Return a number without what is written round it: 1. and 1、 by automatic numbering, （1） and 项目1 by hand."""
    found = ORDINAL.fullmatch(text.halfwidth(cell.value)) if isinstance(cell.value, str) else None
    return replace(cell, value=found[1]) if found else cell


def _filled_cells(row: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in row if cell.is_filled]


def _filled(sheet: Sheet) -> list[Cell]:
    return [cell for row in sheet.rows for cell in _filled_cells(row)]


# ---- rows


def _read_table(sheet: Sheet, header: Header, found: _Rows) -> None:
    """Sort the rows of a table into projects, totals and the rest, and append them to `found`."""
    begin = len(found.projects)
    data = sheet.rows[header.row + 1 :]
    found.faults += _report_columns(sheet, header, data)
    for above in sheet.rows[: max(header.row, 0)]:  # title lines, and the upper row of a header of two
        found.faults += _report_row(_filled_cells(above)) if _count_header_words(above) < 2 else ()
    for number, row in enumerate(data, header.row + 1):
        filled = _filled_cells(row)
        if not filled or header.is_repeated_in(row):
            continue
        own, cells = _cells(sheet, header, number, row)
        if word := rows.total_word(cells):
            _add_total(word, cells, header.units.get(AMOUNT, ""), begin, found)
        elif rows.is_footer(row) or (len(filled) == 1 and not own.keys() - {NUMBER} and not _is_number(filled[0])):
            found.faults += _report_row(filled)
        elif found.projects and not own.keys() & OWN_COLUMNS and own.keys() & TEXT_COLUMNS:
            _go_on(found, own)
        elif own.keys() - {"牵头部室"}:
            found.projects.append(cells)
        else:
            found.faults += _report_row(filled)


def _cells(sheet: Sheet, header: Header, number: int, row: list[Cell]) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """Return the cells of a row with a value of its own, and all its cells, by column.

    A value merged from a row above is not the row's own, nor is a zero that a formula left in an empty row. The cells
    under a header merged over columns are joined.
    """
    inherited = {area.left for area in sheet.merged if area.top < number <= area.bottom and header.row < area.top}
    own, cells = {}, {}
    for at, name in header.names.items():
        if at >= len(row):
            continue
        under = _filled_cells(row[at : header.last_positions.get(at, at) + 1])
        cell = _join(under) if under else row[at]
        cell = _bare_number(cell) if name == NUMBER else rows.add_unit(cell, name, header.units.get(name, ""))
        cells[name] = cell
        if at not in inherited and (cell.problem or not text.is_blank_or_zero(cell.value)):
            own[name] = cell
    return own, cells


def _join(cells: Sequence[Cell]) -> Cell:
    """Return one cell with the lines of all; a single cell is returned as it is."""
    if len(cells) == 1 or any(cell.problem for cell in cells):
        return cells[0]
    return replace(cells[0], value="\n".join(str(cell.value) for cell in cells))


def _go_on(found: _Rows, own: Mapping[str, Cell]) -> None:
    """Add the cells of a row without number and name to the project above it, and report it."""
    above = found.projects[-1]
    for name, cell in own.items():
        before = above.get(name)
        above[name] = _join([before, cell]) if before is not None and before.is_filled else cell
    first = next(iter(own.values()))
    wrong = f"这一行没有项目序号和名称，接在项目 {above[NUMBER].value} 后面读了"
    mend = "不是它的话，请补上项目序号和名称"
    found.faults.append(Fault(Level.NOTICE, first.where, wrong, mend, _quote(first)))


def _add_total(word: str, cells: Mapping[str, Cell], unit: str, begin: int, found: _Rows) -> None:
    """Append a total row. It sums up all projects above, those of its table, or those since another total."""
    # In a text export this row has no empty cells, so the amount is not in its own column: it is the last cell that
    # holds anything.
    amount = cells.get(AMOUNT)
    cell = amount if amount is not None and amount.is_filled else None
    cell = cell or next((each for each in reversed(list(cells.values())) if each.is_filled), None)
    if cell is None or rows.CARRIED.search(word):
        return
    totals = [each.end for each in found.totals if not rows.SUBTOTAL.search(each.word)]
    since = [each.end for each in found.totals]
    starts: tuple[int, ...] = (since[-1] if since else 0, begin)
    if not rows.SUBTOTAL.search(word):
        starts = (0, totals[-1] if totals else 0, *starts)
    found.totals.append(_Total(word, rows.add_unit(cell, AMOUNT, unit), len(found.projects), starts))


# ---- projects


def _read_projects(found: _Rows) -> Catalogue:
    """Return the catalogue of the rows; a total that differs from the sum of its amounts is a fault."""
    entries: dict[int, CatalogueEntry] = {}
    row_of_fault: dict[Fault, int] = {}
    amounts: list[Decimal] = []
    for row in found.projects:
        entry, faults = _read_entry(row, entries.keys())
        # Faults are assigned to the row's project number, so that they stop that project only.
        number = 0 if NUMBER in entry.unreadable_headers else entry.number.plain
        row_of_fault |= dict.fromkeys(faults, number)
        if number not in entries and not entry.is_invalid:
            entries[number] = entry
            amounts.append(entry.amount)
    # With an unreadable row the sum would lack that row's amount, so there is nothing to compare.
    wrong_totals = () if row_of_fault else _check_totals(found.totals, amounts)
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


def _check_totals(totals: Iterable[_Total], amounts: Sequence[Decimal]) -> Iterator[Fault]:
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


# ---- what was not read


def _report_columns(sheet: Sheet, header: Header, data: Sequence[Sequence[Cell]]) -> Iterator[Fault]:
    """Yield the notices about columns: those without a header, those that are missing, and those of another name.

    The last are reported only if they may hold requirements.
    """
    yield from headers.report_columns_without_header(header, data)
    others = {at: name for at, name in header.names.items() if name not in header.known}
    for at, name in others.items():
        cells = [row[at] for row in data if at < len(row) and row[at].is_filled]
        duties = [cell for cell in cells if _may_be_requirement(re.sub(r"\s", "", str(cell.value)))]
        if duties:
            wrong = f"“{name}”不是目录的栏目，里面像是要求的 {len(duties)} 格{NOT_READ}"
            yield Fault(Level.NOTICE, duties[0].where, wrong, MEND_LEFT, _quote(duties[0]))
    if header.row >= 0:
        missing = headers.report_missing_columns(sheet, header, OPTIONAL_COLUMNS)
        yield from (replace(fault, level=Level.NOTICE) for fault in missing)


def _report_left(sheet: Sheet, name: str) -> Iterator[Fault]:
    """Yield the notices for a sheet that is no part of the catalogue: a table, or the text outside of tables."""
    filled = _filled(sheet)
    if sheet.name == LOOSE:
        yield from (fault for cell in filled for fault in _report_row([cell]))
    elif len(filled) == 1 and TITLE.search(str(filled[0].value).strip()):  # a title in a frame
        return
    elif filled and not all(rows.is_footer(row) for row in grid.filled_rows(sheet)):
        wrong = f"这张表{NOT_READ}"
        mend = "是目录的话，请把表头写成和第一张表一样；不是的话不必理会"
        yield Fault(Level.NOTICE, Where(name, sheet.name), wrong, mend, _quote(filled[0]))


def _report_row(cells: Sequence[Cell]) -> Iterator[Fault]:
    """Yield a notice for a row or paragraph that is no project but may hold a requirement."""
    words = "".join(re.sub(r"\s", "", str(cell.value)) for cell in cells)
    if not words or TITLE.search(words):
        return
    if _may_be_requirement(words) or cells[0].where.cell in ("脚注", "尾注"):
        wrong = f"这段话在目录的表格{'以外' if not cells[0].where.sheet else '里'}不属于哪个项目，{NOT_READ}"
        yield Fault(Level.NOTICE, cells[0].where, wrong, MEND_LEFT, _quote(cells[0]))


def _may_be_requirement(words: str) -> bool:
    """Return True if a text without blanks is long enough for a requirement."""
    return bool(
        (NUMBERED.match(words) and len(words) >= MIN_NUMBERED)
        or (OBLIGATION.search(words) and len(words) >= MIN_OBLIGATION)
        or len(words) >= MIN_LONG
    )


def _quote(cell: Cell) -> str:
    words = re.sub(r"\s+", " ", str(cell.value)).strip()
    return words if len(words) <= MAX_QUOTE else f"{words[:MAX_QUOTE]}…"
