"""Sort the rows of the catalogue's tables into projects, totals and the rest."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from paperwork.core import text, values
from paperwork.core.faults import Fault, Level
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.project import headers, rows
from paperwork.project.catalogue import unread
from paperwork.project.catalogue.columns import (
    AMOUNT,
    DEPARTMENT,
    NAME,
    NUMBER,
    PERIOD,
    PERIOD_PARTS,
    TEXT_COLUMNS,
    Columns,
)

OWN_COLUMNS = {NUMBER, NAME, PERIOD, AMOUNT, *PERIOD_PARTS}
"""A row with text in the other columns and nothing in these goes on with the project above."""
ORDINAL = re.compile(r"(?:项目|序号|编号|No\.?|第)?[(\[【]?(\d{1,6})[)\]】]?(?:项目|号|项)?[.、:]?", re.IGNORECASE)
"""A project's number with what staff and automatic lists write round it."""
CHINESE_ORDINAL = re.compile(
    r"(?:项目|第)?[(\[【]?([一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])[)\]】]?(?:项目|号|项)?[.、:]?"
)
"""The same in Chinese numerals: 一、 （二） 项目三."""
SECTION = re.compile(
    r"(?:[(（]?[一二三四五六七八九十\d]{1,3}[)）、.．]?)?([\u4e00-\u9fff]{1,14}[部科处室局办站院委会联组])(?:[(（].*)?"
)
"""A row or a worksheet's name that is a department's: 一、权益部."""
LONGEST_SECTION = 30
TOTAL_LINE = re.compile(
    r"[\u4e00-\u9fff]{0,12}(?:合计|总计|共计)[^\d]{0,12}?([\d,.]+)(亿|[十百千]?万)?(元)?(?:人民币|整)?[。.]?"
)
"""A line of its own that says the sum."""


@dataclass(frozen=True)
class Total:
    """A total row: its word and cell, the number of projects above it, and the starts of the ranges it may sum up."""

    word: str
    cell: Cell
    end: int
    starts: tuple[int, ...]


@dataclass
class Found:
    """What the tables hold, as it was found: projects, totals, columns of no known name, and faults."""

    projects: list[dict[str, Cell]] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)
    """For each project, the number of the table or of the section of a table that it stands in."""
    totals: list[Total] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """Columns of the catalogue that some table has."""
    others: dict[str, list[Cell]] = field(default_factory=dict)
    """Filled cells by the name of their column, for columns that are none of the catalogue's."""
    section: int = 0

    def add_project(self, cells: dict[str, Cell]) -> None:
        """Append a project of the present section."""
        self.projects.append(cells)
        self.sections.append(self.section)


def read_table(sheet: Sheet, header: Columns, found: Found) -> None:
    """Sort the rows of a table into projects, totals and the rest, and append them to `found`."""
    begin = len(found.projects)
    found.known |= header.known
    found.section += 1
    data = sheet.rows[header.row + 1 :]
    found.faults += headers.report_columns_without_header(header, data)
    top = max(header.row + 1 - len(header.lines), 0)
    for above in sheet.rows[:top]:
        found.faults += unread.report_row(filled_cells(above))
    inherited, department = _inherited(sheet, header.row), _section_cell(sheet.rows[:1], sheet.name)
    for number, row in enumerate(data, header.row + 1):
        filled = filled_cells(row)
        if not filled or header.is_repeated_in(row):
            continue
        own, cells = _cells(header, row, inherited.get(number, frozenset()))
        is_single = len(filled) == 1
        if (word := rows.total_word(cells)) or (is_single and TOTAL_LINE.fullmatch(text.halfwidth(filled[0].value))):
            add_total(word or "合计", cells, filled, header.units.get(AMOUNT, ""), begin, found)
        elif rows.is_footer(row) or (is_single and not own.keys() - {NUMBER} and not is_number(filled[0])):
            department = _section_of(filled[0]) or department
            found.section += 1
            found.faults += unread.report_row(filled)
        elif found.projects and not own.keys() & OWN_COLUMNS and own.keys() & {*TEXT_COLUMNS}:
            _go_on(found, own)
        elif own.keys() - {DEPARTMENT}:
            if DEPARTMENT not in header.known and department is not None:
                cells[DEPARTMENT] = department
            found.add_project(cells)
        else:
            found.faults += unread.report_row(filled)
        unread.note_others(header, row, number not in inherited, found.others)
    found.faults += unread.report_contractors(header, data)


def _section_cell(first: Sequence[Sequence[Cell]], title: str) -> Cell | None:
    """Return the department that the name of a worksheet states, as a cell, or None."""
    place = next((cell.where for row in first for cell in row), None)
    return _section_of(Cell(title, replace(place, cell=""))) if place else None


def _section_of(cell: Cell) -> Cell | None:
    """Return the department that a line states, or None."""
    words = text.halfwidth(cell.value)
    named = SECTION.fullmatch(words) if len(words) <= LONGEST_SECTION else None
    return replace(cell, value=named[1]) if named else None


def _inherited(sheet: Sheet, header_row: int) -> dict[int, set[int]]:
    """Return, for each row, the columns whose value is merged from a row above; such a value is not the row's own."""
    found: dict[int, set[int]] = {}
    for area in sheet.merged:
        if header_row < area.top:
            for number in range(area.top + 1, area.bottom + 1):
                found.setdefault(number, set()).add(area.left)
    return found


def _cells(header: Columns, row: Sequence[Cell], inherited: Iterable[int]) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """Return the cells of a row with a value of its own, and all its cells, by column.

    A value merged from a row above is not the row's own, nor is a zero that a formula left in an empty row. Cells under
    a header merged over columns are joined, and so are columns of one kind.
    """
    own: dict[str, Cell] = {}
    cells: dict[str, Cell] = {}
    passed = set(inherited)
    for at, name in header.names.items():
        if at >= len(row):
            continue
        under = filled_cells(row[at : header.last_positions.get(at, at) + 1])
        cell = _join_under(name, under) if under else row[at]
        cell = bare_number(cell) if name == NUMBER else rows.add_unit(cell, name, header.units.get(name, ""))
        before = cells.get(name)
        cells[name] = join([before, cell]) if before is not None and before.is_filled and cell.is_filled else (
            before if before is not None and before.is_filled else cell
        )  # fmt: skip
        if at not in passed and (cell.problem or not text.is_blank_or_zero(cell.value)):
            own[name] = cells[name]
    return own, join_period(cells)


def _join_under(name: str, under: Sequence[Cell]) -> Cell:
    """Return one cell for those under a header merged over columns: the sum of amounts, the span of days, the text."""
    if name == PERIOD and len(under) == 2:
        return join_period({PERIOD_PARTS[0]: under[0], PERIOD_PARTS[1]: under[1]})[PERIOD]
    if name == AMOUNT and len(under) > 1 and not any(cell.problem for cell in under):
        try:
            amounts = [Decimal(text.halfwidth(cell.value).replace(",", "")) for cell in under]
        except ArithmeticError:
            return under[0]
        # 合计 | 财政资金 | 自筹资金: one of them may be the sum of the others.
        total = max(amounts) if 2 * max(amounts) == sum(amounts) else sum(amounts)
        return replace(under[0], value=text.format_decimal(Decimal(total)))
    return join(under)


def join(cells: Sequence[Cell]) -> Cell:
    """Return one cell with the lines of all; a single cell is returned as it is."""
    if len(cells) == 1 or any(cell.problem for cell in cells):
        return cells[0]
    return replace(cells[0], value="\n".join(str(cell.value) for cell in cells))


def join_period(cells: dict[str, Cell]) -> dict[str, Cell]:
    """Return cells with one period instead of its first and last day in two columns."""
    parts = [cells[name] for name in PERIOD_PARTS if name in cells and cells[name].is_filled]
    rest = {name: cell for name, cell in cells.items() if name not in PERIOD_PARTS}
    if not parts or (PERIOD in rest and rest[PERIOD].is_filled):
        return rest
    days = [text.as_line(cell.value) for cell in parts]
    return {**rest, PERIOD: replace(parts[0], value="至".join(days), shown=None)}


def filled_cells(row: Iterable[Cell]) -> list[Cell]:
    """Return the filled cells of a row."""
    return [cell for cell in row if cell.is_filled]


def is_number(cell: Cell) -> bool:
    """Return True if a cell holds the number of a project: 1, （1）, FL2024-01."""
    return cell.is_filled and values.looks_like_project_number(bare_number(cell).value)


def bare_number(cell: Cell) -> Cell:
    """Return a number without what is written round it: 1. and 1、 by automatic numbering, （1） and 项目1 by hand."""
    words = text.halfwidth(cell.value) if isinstance(cell.value, str) else ""
    if found := CHINESE_ORDINAL.fullmatch(words):
        return replace(cell, value=str(values.parse_chinese_number(found[1])))
    found = ORDINAL.fullmatch(words)
    return replace(cell, value=found[1]) if found else cell


def _go_on(found: Found, own: Mapping[str, Cell]) -> None:
    """Add the cells of a row without number and name to the project above it, and report it."""
    above = found.projects[-1]
    for name, cell in own.items():
        before = above.get(name)
        above[name] = join([before, cell]) if before is not None and before.is_filled else cell
    first = next(iter(own.values()))
    which = next((text.as_line(above[name].value) for name in (NUMBER, NAME) if name in above), "")
    wrong = f"这一行没有项目序号和名称，接在项目 {which} 后面读了"
    mend = "不是它的话，请补上项目序号和名称"
    found.faults.append(Fault(Level.NOTICE, first.where, wrong, mend, unread.quote(first)))


def add_total(
    word: str, cells: Mapping[str, Cell], filled: Sequence[Cell], unit: str, begin: int, found: Found
) -> None:
    """Append a total row. It sums up all projects above, those of its table, or those since another total.

    In a text export this row has no empty cells, so the amount is not in its own column: it is the last filled cell.
    """
    amount = cells.get(AMOUNT)
    cell = amount if amount is not None and amount.is_filled and amount is not filled[0] else filled[-1]
    if rows.CARRIED.search(word):
        return
    if line := TOTAL_LINE.fullmatch(text.halfwidth(cell.value)):
        cell = replace(cell, value=f"{line[1]}{line[2] or ''}{line[3] or ''}")
    totals = [each.end for each in found.totals if not rows.SUBTOTAL.search(each.word)]
    since = [each.end for each in found.totals]
    starts: tuple[int, ...] = (since[-1] if since else 0, begin)
    if not rows.SUBTOTAL.search(word):
        starts = (0, totals[-1] if totals else 0, *starts)
    found.totals.append(Total(word, rows.add_unit(cell, AMOUNT, unit), len(found.projects), starts))
