"""Convert cells to records: each row of a table, or a whole key–value sheet, validated cell by cell.

An invalid value becomes a fault, and the record is kept without it. If a required value is empty or invalid, the record
is returned apart from the valid ones, so that checks can still use its other cells. Rows that are not records are
recognised: totals, which are checked, and footers (remarks, signatures).
"""

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, get_origin

from pydantic import ValidationError

from paperwork.core import dates, text, values
from paperwork.core.faults import Fault, Level, Unreadable, Where, keep_errors
from paperwork.core.text import NONE_WORDS, is_blank, is_blank_or_zero
from paperwork.core.values import Money
from paperwork.formats.spreadsheets import cells as grid
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.project import headers
from paperwork.project.headers import Header, Words
from paperwork.project.record import Record, parser_of

NUMERIC_PARSERS = (
    dates.as_date, dates.as_quarter, values.as_money, values.as_ten_thousands, values.as_number, values.as_count,
    values.as_digits, values.as_phone, values.as_personal_phone, values.as_id_number, values.as_project_number,
)  # fmt: skip
"""Parsers of dates and numbers, for which 无 means an empty cell."""
STORED_PARSERS = (dates.as_date, values.as_money, values.as_ten_thousands, values.as_number, values.as_count)
"""Parsers that take the stored value: 12 of a cell that shows 12人."""
DIGIT_PARSERS = (
    values.as_digits, values.as_phone, values.as_personal_phone, values.as_id_number, values.as_credit_code,
    values.as_project_number,
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """The records of a sheet: whole ones, and spoilt ones with an empty or invalid required cell.

    `lost` is True if rows or columns could not be identified at all.
    """

    valid: tuple[Record, ...] = ()
    invalid: tuple[Record, ...] = ()
    lost: bool = False


def read_table(sheet: Sheet, kind: type[Record], title: str, known: Words, faults: list[Fault]) -> Table:
    """Read every row of a table and append the faults to `faults`; totals (合计) are checked, not read as records."""
    header = headers.find_header(sheet, kind, title, known)
    if header is None:
        if not any(grid.filled_rows(sheet)):
            return Table()
        where = Where(sheet.rows[0][0].where.file, sheet.name)
        wanted = "、".join(required_headers(kind))
        faults.append(Fault(Level.ERROR, where, "找不到表头", f"请在数据上面写一行表头，至少要有：{wanted}"))
        return Table(lost=True)
    sheet, other = _split(sheet, header, headers.known_words(kind, title, known))
    absent = list(headers.report_missing_columns(sheet, header, required_headers(kind)))
    faults += [
        *header.faults,
        *absent,
        *headers.report_columns_without_header(header, (row for row, _ in _data_rows(sheet, header))),
        *other,
        *_report_remarks(sheet.rows[header.row + 1 :]),
    ]
    # A missing column is reported once, by `headers.report_missing_columns`, not again in every row.
    told = {f"“{alias}”没有填" for alias in required_headers(kind) if alias not in header.known}
    records: list[Record] = []
    sums = RunningTotals()
    unread: list[Fault] = []
    for _, cells in _data_rows(sheet, header):
        words = total_word(cells)
        if words and sums.is_total(words, cells, kind):
            faults += sums.check_total_row(words, cells)
            continue
        found: list[Fault] = []
        records.append(make_record(kind, cells, found))
        sums.add(records[-1])
        unread += [fault for fault in found if fault.wrong not in told]
    faults += unread
    return Table(
        tuple(row for row in records if not row.is_invalid),
        tuple(row for row in records if row.is_invalid),
        bool(keep_errors([*header.faults, *other])),
    )


def _report_remarks(rows: Sequence[Sequence[Cell]]) -> Iterator[Fault]:
    """Yield a notice for each remark among rows, which no document prints; who signed is told by other cells."""
    for row in rows:
        first = next((cell for cell in row if cell.is_filled), None)
        if first and is_footer(row) and REMARK.match(text.halfwidth(str(first.value))):
            wrong, mend = "这一行当作备注，没有读，不会印出来", "要印的话，请写进表里相应的栏；不用印就不必理会"
            yield Fault(Level.NOTICE, first.where, wrong, mend, str(first.value)[:MAX_REMARK])


def _split(sheet: Sheet, header: Header, known: frozenset[str]) -> tuple[Sheet, list[Fault]]:
    """Return a sheet without a second table below the first, and the fault of that table if there is one."""
    for number, row in enumerate(sheet.rows[header.row + 1 :], header.row + 1):
        is_joined = any(area.top <= header.row < number <= area.bottom for area in sheet.merged)
        if not is_joined and not header.is_repeated_in(row) and header.is_another(row, known):
            where = next(cell.where for cell in row if cell.is_filled)
            wrong = "这里又有一行表头，从它往下像是另一张表，没有读"
            mend = "请把那些行并到上面的表里（列的次序要一样），或移到另一张表里去"
            return replace(sheet, rows=sheet.rows[:number]), [Fault(Level.ERROR, where, wrong, mend)]
    return sheet, []


def _data_rows(sheet: Sheet, header: Header) -> Iterator[tuple[list[Cell], dict[str, Cell]]]:
    """Yield the data rows, each with its cells by column name.

    A data row has a value other than zero in a known column. Repeated headers and footers are skipped.
    """
    for row in sheet.rows[header.row + 1 :]:
        cells = {name: header.cell_at(row, at) for at, name in header.names.items() if at < len(row)}
        has_data = any(
            cell.problem or not is_blank_or_zero(cell.value) for name, cell in cells.items() if name in header.known
        )
        if has_data and not header.is_repeated_in(row) and not is_footer(row):
            yield row, {name: add_unit(cell, name, header.units.get(name, "")) for name, cell in cells.items()}


def add_unit(cell: Cell, name: str, unit: str) -> Cell:
    """Append the header's unit to an amount if it differs from the column's own unit and the cell names none."""
    own_unit = "万元" if "万元" in name else "元"
    words = text.halfwidth(cell.value) if not is_blank(cell.value) else ""
    if not unit or unit == own_unit or not words or "万" in words or "元" in words:
        return cell
    return Cell(words + unit, cell.where, cell.problem)


# ---- key–value sheets


def read_keyed(sheet: Sheet, kind: type[Record], title: str, known: Words, faults: list[Fault]) -> Record:
    """Read a key–value sheet into one record and append its faults to `faults`."""
    found = key_value_pairs(sheet, kind, title, known)
    matched, match_faults = headers.match_headers([key for key, _ in found], kind, title, known)
    faults += match_faults
    faults += _without_key(sheet, {cell.where for pair in found for cell in pair})
    cells: dict[str, Cell] = {}
    for (key, cell), name in zip(found, matched, strict=True):
        cells.setdefault(name or text.as_line(key.value), cell)
    file = sheet.rows[0][0].where.file if sheet.rows and sheet.rows[0] else ""
    # A fault about a missing key points to the first free row, where staff would add it.
    free_cell = f"A{len(sheet.rows) + 1}" if sheet.rows else ""
    return make_record(kind, cells, faults, Where(file, sheet.name, free_cell))


def _without_key(sheet: Sheet, read: Collection[Where]) -> Iterator[Fault]:
    """Yield a notice for each filled cell of a key–value sheet, below its first pair, that is no key and no value."""
    yield from _report_remarks(sheet.rows)
    rows = [row for row in sheet.rows if not is_footer(row)]
    first = next((number for number, row in enumerate(rows) if any(cell.where in read for cell in row)), len(rows))
    header = next((row for row in reversed(rows[:first]) if _columns(row)), None)
    columns = [at for key, _, end in _columns(header) for at in range(key, end)] if header else None
    for row in rows[first:]:
        for at, cell in enumerate(row):
            if cell.is_filled and cell.where not in read and (columns is None or at in columns):
                wrong, mend = "这一格左边没有写是哪一项，没有读", "请在左边写上项目的名称；用不着的请删去"
                yield Fault(Level.NOTICE, cell.where, wrong, mend, str(cell.value))


def key_value_pairs(sheet: Sheet, kind: type[Record], title: str, words: Words) -> list[tuple[Cell, Cell]]:
    """Return the keys of a key–value sheet, each with the cell of its value.

    They stand under a header 项目 | 内容, which may occur twice side by side. Without such a header, the value is the
    next filled cell to the right of the key, unless that is a key itself.
    """
    known = headers.known_words(kind, title, words)
    for number, row in enumerate(sheet.rows[: headers.HEADER_SEARCH_ROWS]):
        columns = _columns(row)
        if columns:
            rows = [row for row in sheet.rows[number + 1 :] if not is_footer(row)]
            return [pair for row in rows for pair in _pairs_under(row, columns)]
    return [pair for row in grid.filled_rows(sheet) for pair in _pairs_beside(row, known)]


def _columns(row: list[Cell]) -> list[tuple[int, int, int]]:
    """Return (key column, first value column, end) for each pair in a header row 项目 | 内容 | 说明."""
    words = [(at, headers.normalise(cell.value)) for at, cell in enumerate(row) if cell.value not in (None, "")]
    ends = [*(at for at, _ in words[1:]), len(row)]
    return [
        (at, words[number + 1][0], ends[number + 1])
        for number, (at, word) in enumerate(words[:-1])
        if (word, words[number + 1][1]) == ("项目", "内容")
    ]


def _pairs_under(row: list[Cell], columns: list[tuple[int, int, int]]) -> Iterator[tuple[Cell, Cell]]:
    for key, value, end in columns:
        if key < len(row) and row[key].value not in (None, ""):
            yield row[key], next((cell for cell in row[value:end] if cell.is_filled), _cell_at(row, value))


def _pairs_beside(row: list[Cell], known: frozenset[str]) -> Iterator[tuple[Cell, Cell]]:
    filled = [at for at, cell in enumerate(row) if cell.is_filled]
    while filled:
        key = filled.pop(0)
        is_first = not any(cell.is_filled for cell in row[:key])
        if not is_first and headers.normalise(row[key].value) not in known:
            continue
        has_value = filled and headers.normalise(row[filled[0]].value) not in known
        yield row[key], row[filled.pop(0)] if has_value else _cell_at(row, key + 1)


def _cell_at(row: list[Cell], place: int) -> Cell:
    """Return the cell of a row at a column; beyond the end of a short row, an empty cell with the right address."""
    if place < len(row):
        return row[place]
    where = row[0].where
    line = "".join(filter(str.isdigit, where.cell))
    return Cell(None, Where(where.file, where.sheet, f"{grid.column_letters(place + 1)}{line}"))


# ---- one record


def required_headers(kind: type[Record]) -> list[str]:
    """Return the headers of the required columns."""
    return [each.alias for each in kind.fields().values() if each.is_required()]


@lru_cache
def _parsers(kind: type[Record]) -> dict[str, Any]:
    """Return the parser of each column."""
    return {each.alias: parser_of(each) for each in kind.fields().values()}


def _has_choices(kind: type[Record], name: str) -> bool:
    """Return True if a column takes only words of a list."""
    return any(each.alias == name and get_origin(each.annotation) is Literal for each in kind.fields().values())


@lru_cache
def _counted_columns(kind: type[Record]) -> frozenset[str]:
    """Return the headers of the columns of dates and numbers."""
    return frozenset(each.alias for each in kind.fields().values() if parser_of(each) in NUMERIC_PARSERS)


def make_record(kind: type[Record], cells: dict[str, Cell], faults: list[Fault], around: Where | None = None) -> Record:
    """Make a record from cells, spoilt if a required cell is empty or invalid, and append its faults to `faults`.

    `around` is the location of faults about missing cells; by default that of the first cell.
    """
    around = around or next(iter(cells.values())).where
    parsers = _parsers(kind)
    found = {name: content(cell, parsers.get(name)) for name, cell in cells.items() if not cell.problem}
    raw = {name: value for name, value in found.items() if not _is_empty(value, name in _counted_columns(kind))}
    wrong: dict[str, Any] = {}
    try:
        made = kind.model_validate(raw)
    except ValidationError as error:
        wrong = {str(each["loc"][0]): each for each in error.errors()}
        good = {name: value for name, value in raw.items() if name not in wrong}
        made = (kind.lenient_class() if set(wrong) & set(required_headers(kind)) else kind).model_validate(good)
    # A cell with a problem (such as #REF!) was left out above. Its fault is the problem, not that the value is missing.
    problems = {name: cell for name, cell in cells.items() if cell.problem}
    faults += [Fault(Level.ERROR, cell.where, *cell.problem) for cell in cells.values() if cell.problem]
    faults += [_fault(name, each, cells, around) for name, each in wrong.items() if name not in problems]
    made.set_places({name: cell.where for name, cell in cells.items()}, frozenset({*wrong, *problems}))
    return made


def content(cell: Cell, parser: Any) -> object:
    """Return what a column takes of a cell: the stored number or date, or else the text that Excel shows."""
    if cell.shown is None or parser in STORED_PARSERS:
        return cell.value
    if parser in DIGIT_PARSERS:
        # A format adds leading zeros and dashes to a number. What it leaves out belongs to the number all the same.
        digits = re.sub(r"\D", "", cell.shown).lstrip("0")
        return cell.shown if digits == str(cell.value) else cell.value
    if parser is None and isinstance(cell.value, dt.datetime) and cell.value.time() == dt.time():
        try:  # a day in a column of the staff's own is printed like every date of a document
            return cell.value if dates.as_date(cell.shown) == cell.value.date() else cell.shown
        except Unreadable:
            return cell.shown
    return cell.shown


def _is_empty(value: object, is_counted: bool) -> bool:
    return is_blank(value) or (is_counted and text.as_text(value) in NONE_WORDS)


def _fault(name: str, error: Any, cells: dict[str, Cell], around: Where) -> Fault:
    """Convert one of Pydantic's errors to a fault."""
    cell = cells.get(name)
    where = cell.where if cell else around
    if error["type"] == "missing":
        mend = "这一项必填，请补上" if cell else f"这一项必填，请加上“{name}”一行"
        return Fault(Level.ERROR, where, f"“{name}”没有填", mend)
    found = str(cell.value) if cell else ""
    if error["type"] == "literal_error":
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", "、").replace(", ", "、")
        return Fault(Level.ERROR, where, f"“{name}”不在可选的范围里", f"请从这些里选：{choices}", found)
    reason: Unreadable = error["ctx"]["error"]
    return Fault(Level.ERROR, where, f"“{name}”：{reason.wrong}", reason.mend, found)


MAX_REMARK = 40
"""Characters of a remark that are quoted."""
TOTAL = re.compile(r"[\u4e00-\u9fff]{0,12}(?:合计|小计|总计|共计|累计)(?:[(（].*)?")
# These words make a total in any cell of a row; ledgers write them in the column 摘要.
ANYWHERE = re.compile(
    r"(?:本[日月季年页期]|当月|全年|上[月年页])?(?:合计|小计|总计|共计|累计)|[期年月]初余额|[期年月]末余额"
    r"|(?:上[年月期页]|本[年月期])?结转(?:下[年月期页])?|承前页?|过次页"
)
SUBTOTAL = re.compile(r"小计|(?:本[日月季页期]|当月)合计")
"""Subtotals: each sums up the rows since the previous subtotal."""
CARRIED = re.compile(r"余额|结转|承前|过次|上[月年页]")
"""Balances and carried-forward amounts, which are not sums of the rows above and are not checked."""
REMARK = re.compile(r"(?:备?注|附注|说明|填[表报]说明)\d*[:.、]")
FOOTER = re.compile(
    rf"{REMARK.pattern}|(?:制[表单]|填[表报]|审核|复核|审批|经办|负责|主管|签[字名])人?(?:员|签[字名])?:"
    r"|(?:会计|出纳|领导|单位负责人|项目负责人|盖章|填表日期|制表日期|填报单位):|以下空白"
)

MIN_DATA = 4
"""Filled cells from which a row that begins with a remark is data."""


def total_word(cells: Mapping[str, Cell]) -> str:
    """Return the word that marks a row as a total, or an empty text."""
    words = [headers.normalise(cell.value) for cell in cells.values() if cell.value not in (None, "")]
    first = next((word for word in words[:2] if TOTAL.fullmatch(word)), "")
    return first or next((word for word in words if ANYWHERE.fullmatch(word)), "")


def is_footer(row: Sequence[Cell]) -> bool:
    """Return True if a row begins with a remark or a signature line; a remark before the cells of a row is none."""
    filled = [cell.value for cell in row if cell.value not in (None, "")]
    first = text.halfwidth(filled[0]) if filled and isinstance(filled[0], str) else ""
    return FOOTER.match(first) is not None and (len(filled) < MIN_DATA or not REMARK.match(first))


class RunningTotals:
    """The rows read so far, for checking totals: all, those since the last subtotal, and those since the last total."""

    def __init__(self) -> None:
        self.all: list[Record] = []
        self.since_subtotal: list[Record] = []
        self.since_total: list[Record] = []

    def add(self, row: Record) -> None:
        """Add a row."""
        for rows in (self.all, self.since_subtotal, self.since_total):
            rows.append(row)

    def is_total(self, word: str, cells: Mapping[str, Cell], kind: type[Record]) -> bool:
        """Return True if a row with the word of a total is one, and not a line such as 餐费合计 of a budget.

        A line has all that a line needs. A total may seem to, where the first column is merged over it; then its amount
        is the sum of the rows above.
        """
        wanted, parsers = set(required_headers(kind)), _parsers(kind)
        filled = {name for name, cell in cells.items() if cell.is_filled and not is_blank(cell.value)}
        named = {name for name in filled if headers.normalise(cells[name].value) == word}
        texts = {name for name in filled & wanted - named if parsers[name] not in STORED_PARSERS}
        if not filled.issuperset(wanted) or any(_has_choices(kind, name) for name in named):
            return len(texts) < 2  # a total has the day of a ledger or a merged cell beside its word, no more
        is_plain = ANYWHERE.fullmatch(word) is not None
        has_more = bool(filled.intersection(parsers) - wanted - named)
        return (is_plain or not has_more) and (self._is_sum(word, cells) or (is_plain and not has_more))

    def _is_sum(self, word: str, cells: Mapping[str, Cell]) -> bool:
        """Return True if the row has amounts and each is the sum of its rows."""
        amounts = [name for name, cell in cells.items() if cell.is_filled and self._has_money(name)]
        return bool(amounts) and not list(self._wrong_sums(word, {name: cells[name] for name in amounts}))

    def _has_money(self, name: str) -> bool:
        return any(isinstance(row.template_values().get(values.template_name(name)), Money) for row in self.all)

    def _wrong_sums(self, word: str, cells: Mapping[str, Cell]) -> Iterator[Fault]:
        ranges = [self.since_subtotal] if SUBTOTAL.search(word) else [self.all, self.since_total]
        for name, cell in cells.items():
            if not CARRIED.search(word):
                yield from _check_total(name, cell, ranges)

    def check_total_row(self, word: str, cells: Mapping[str, Cell]) -> Iterator[Fault]:
        """Yield a fault for each amount in a total row that is not the sum of its rows."""
        yield from self._wrong_sums(word, cells)
        self.since_total = []
        if SUBTOTAL.search(word):
            self.since_subtotal = []


def _check_total(name: str, cell: Cell, ranges: Sequence[Sequence[Record]]) -> Iterator[Fault]:
    """Yield a fault if the amount in a cell equals none of the sums.

    Yields nothing if a value of the rows could not be read, because it may be the difference.
    """
    sums = []
    for rows in ranges:
        amounts = [row.template_values().get(values.template_name(name)) for row in rows]
        if any(row.unreadable_headers for row in rows) or not any(isinstance(amount, Money) for amount in amounts):
            return
        sums.append(sum((amount for amount in amounts if isinstance(amount, Decimal)), Decimal(0)))
    try:
        written = values.as_money(cell.value)
    except Unreadable:
        return
    if written not in sums:
        wrong = f"合计与上面各行之和（{values.format_value(Money(sums[0]))}）不符"
        yield Fault(Level.NOTICE, cell.where, wrong, "请核对，或删去合计行（程序自己会加）", str(cell.value))
