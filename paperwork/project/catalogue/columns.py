"""Find the header of a table of the catalogue, which may have two rows, and say what each column is.

Several columns of text may be one column of the catalogue: 实施要求, 经费要求 and 成果要求 are 相关要求, joined.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from paperwork.core import text
from paperwork.core.faults import Fault, Level
from paperwork.formats.spreadsheets.cells import Cell, MergedRange, Sheet
from paperwork.project import headers
from paperwork.project.headers import BEGIN, CATALOGUE, END, Header, Words
from paperwork.project.model import CatalogueEntry

NUMBER, NAME, DEPARTMENT, PERIOD, AMOUNT = "项目序号", "项目名称", "牵头部室", "实施周期", "项目金额（万元）"
REQUIREMENTS = "相关要求"
TEXT_COLUMNS = ("项目目标", "项目内容", "服务对象", REQUIREMENTS)
"""Columns of running text: several of one kind are joined, and a row with nothing else goes on with the one above."""
CLAUSE_COLUMNS = ("项目目标", "项目内容", REQUIREMENTS)
"""Columns from which requirements are read."""
PERIOD_PARTS = (BEGIN, END)
MIN_COLUMNS, MIN_SURE = 4, 6
"""Columns that a table needs to be the catalogue: with a name, a period, an amount and clauses; any columns."""
MAX_HEADER = 30
"""Most characters of a header."""
MAX_HEADER_ROWS = 3
"""Most rows of one header."""


@dataclass(frozen=True)
class Columns(Header):
    """The header of a table of the catalogue; `row` is its last row, `lines` has the words of each of its rows."""

    lines: tuple[Mapping[int, str], ...] = ()

    def is_repeated_in(self, row: Sequence[Cell]) -> bool:
        """Return True if a row repeats one row of the header, as printed lists do on each page."""
        filled = [(at, cell) for at, cell in enumerate(row) if cell.is_filled]
        # Every row is asked: the first cell that differs ends the comparison.
        return bool(filled) and any(
            all(line.get(at) == headers.normalise(cell.value) for at, cell in filled) for line in self.lines
        )


def column_of(value: object, words: Words) -> str:
    """Return the column that a text names, or ''; no similar one is looked for."""
    if not isinstance(value, str) or len(value) > MAX_HEADER:
        return ""
    [exact], [listed] = headers.exact_matches([headers.normalise(value)], CatalogueEntry, CATALOGUE, words)
    return exact or listed


def is_sufficient(known: Iterable[str]) -> bool:
    """Return True if these columns are those of the catalogue; two columns of days are no sign of it."""
    columns = {*known}.difference(PERIOD_PARTS)
    has_period = PERIOD in columns or {*PERIOD_PARTS} <= {*known}
    # A budget has names, contents and amounts too; what has to be kept is only in the catalogue.
    has_clauses = {NAME, AMOUNT, REQUIREMENTS} <= columns and has_period
    return has_clauses or len(columns) >= MIN_SURE


def is_possible(known: Iterable[str]) -> bool:
    """Return True if these columns are those of the catalogue where another one holds the requirements."""
    return {NAME, PERIOD, AMOUNT} <= {*known} and len({*known}) >= MIN_COLUMNS


def find_columns(sheet: Sheet, words: Words) -> Columns | None:
    """Find the header of a table; return None if no row names a column."""
    own = headers.find_header(sheet, CatalogueEntry, CATALOGUE, words)
    if own is None:
        return None
    filled = {at: cell for at, cell in enumerate(sheet.rows[own.row]) if cell.is_filled}
    names, faults = _name(filled, words)
    wide = dict(own.last_positions)
    first, last = _extent(sheet, own)
    for number in (*range(own.row + 1, last + 1), *range(first, own.row)):
        named = {at for at, name in names.items() if _is_known(name)}
        covered = {at for left in named for at in range(left, wide.get(left, left) + 1)}
        more = {at: cell for at, cell in enumerate(sheet.rows[number]) if cell.is_filled and at not in covered}
        found, told = _name(more, words)
        added = {at: name for at, name in found.items() if _is_known(name) or at not in names}
        names |= added
        faults += [fault for fault in told if any(more[at].where == fault.where for at in added)]
        wide = {left: right for left, right in wide.items() if left not in added}
    for area, name in _groups(sheet, names, (first, last), words):
        names = {at: each for at, each in names.items() if not area.left < at <= area.right} | {area.left: name}
        wide[area.left] = area.right
        under = {
            row[at].where for row in sheet.rows[area.top + 1 : last + 1] for at in range(area.left, area.right + 1)
        }
        faults = [fault for fault in faults if fault.where not in under]
    lines = tuple(
        {at: headers.normalise(cell.value) for at, cell in enumerate(row) if cell.is_filled}
        for row in sheet.rows[first : last + 1]
    )
    known = frozenset(filter(_is_known, names.values()))
    spelt = {at: headers.normalise(_at(sheet, at, first, last)) for at in names}
    return Columns(last, names, spelt, own.units, wide, known, tuple(faults), lines)


def _groups(
    sheet: Sheet, names: Mapping[int, str], extent: tuple[int, int], words: Words
) -> Iterator[tuple[MergedRange, str]]:
    """Yield the cells over several columns that name one column together: 项目金额 over 财政资金 | 自筹资金."""
    first, last = extent
    for area in sheet.merged:
        if first <= area.top < last and area.bottom < last and area.right > area.left:
            name = column_of(sheet.rows[area.top][area.left].value, words)
            under = {names.get(at, "") for at in range(area.left, area.right + 1)}
            if name and not any(_is_known(each) and each != name for each in under):
                yield area, name


def _at(sheet: Sheet, at: int, first: int, last: int) -> object:
    """Return the lowest value of a column within the rows of the header."""
    column = (row[at].value for row in reversed(sheet.rows[first : last + 1]) if at < len(row) and row[at].is_filled)
    return next(column, "")


def _is_known(name: str) -> bool:
    return name in PERIOD_PARTS or any(each.alias == name for each in CatalogueEntry.fields().values())


def _extent(sheet: Sheet, own: Header) -> tuple[int, int]:
    """Return the first and the last row of a header of which one row is known."""
    first = last = own.row
    inside = [area for area in sheet.merged if area.top <= own.row <= area.bottom and area.bottom > area.top]
    inside = [area for area in inside if area.bottom - area.top < MAX_HEADER_ROWS]
    if inside:
        first, last = min(area.top for area in inside), max(area.bottom for area in inside)
    elif own.row + 2 < len(sheet.rows) and _is_lower_row(sheet.rows[own.row + 1], sheet.rows[own.row + 2], own):
        last = own.row + 1
    elif own.row and _is_upper_row(sheet.rows[own.row - 1], sheet.rows[own.row]):
        first = own.row - 1
    return first, min(last, len(sheet.rows) - 1)


def _is_lower_row(row: Sequence[Cell], after: Sequence[Cell], own: Header) -> bool:
    """Return True if a row below a header only has short words under some of its columns: 财政资金 | 自筹资金."""
    place = next((at for at, name in own.names.items() if name == NAME), None)
    if place is None or max(len(row), len(after)) <= place:
        return False
    short = [cell for cell in row if cell.is_filled]
    is_short = all(isinstance(cell.value, str) and len(cell.value) <= MAX_HEADER for cell in short)
    has_digits = any(any(mark.isdigit() for mark in str(cell.value)) for cell in short)
    is_blank = all(not row[at].is_filled for at, name in own.names.items() if name in (NUMBER, NAME) and at < len(row))
    return 2 <= len(short) < len(own.names) and is_short and not has_digits and is_blank and after[place].is_filled


def _is_upper_row(above: Sequence[Cell], row: Sequence[Cell]) -> bool:
    """Return True if a row above has words where the header has none, and a group over what it has."""
    over = [at for at, cell in enumerate(above) if cell.is_filled and at < len(row) and not row[at].is_filled]
    return len(over) > 1 and all(len(str(above[at].value)) <= MAX_HEADER for at in over)


def _name(filled: Mapping[int, Cell], words: Words) -> tuple[dict[int, str], list[Fault]]:
    """Return the name of each column, as written if it is none of the catalogue's, and the faults of the matching."""
    spelt = {at: headers.normalise(cell.value) for at, cell in filled.items()}
    exact, listed = headers.exact_matches([*spelt.values()], CatalogueEntry, CATALOGUE, words)
    meant = {at: own or other for at, own, other in zip(spelt, exact, listed, strict=True)}
    is_exact = {at for at, own in zip(spelt, exact, strict=True) if own}
    faults: list[Fault] = []
    for name in {name for name in meant.values() if name and name not in TEXT_COLUMNS}:
        faults += _choose(name, meant, is_exact, filled, words)
    short = {headers.normalise_without_unit(headers.normalise(each.alias)): each.alias
             for each in CatalogueEntry.fields().values()}  # fmt: skip
    free = [word for word, name in short.items() if name not in meant.values()]
    for at, word in spelt.items():
        if not meant[at] and (near := headers.most_similar(headers.normalise_without_unit(word), free)):
            meant[at] = short[near]
            free.remove(near)
    faults += _report_inexact(filled, meant, is_exact)
    names = {at: name if name and name != _LOSER else text.as_line(filled[at].value) for at, name in meant.items()}
    return names, faults


_LOSER = "?"
"""Stands for a column that is not read because another one of the same kind is."""


def _choose(
    name: str, meant: dict[int, str], is_exact: set[int], filled: Mapping[int, Cell], words: Words
) -> Iterator[Fault]:
    """Keep one of several columns of one kind: the one of that name, or else the first in the list of words."""
    alike = [at for at, each in meant.items() if each == name]
    order = {word: place for place, word in enumerate(words.of(CATALOGUE))}

    def rank(at: int) -> tuple[bool, int, int]:
        word = headers.normalise(filled[at].value)
        return at not in is_exact, order.get(word, order.get(headers.normalise_without_unit(word), 0)), at

    best = min(alike, key=rank)
    for at in alike:
        if at == best:
            continue
        meant[at] = _LOSER
        spelt, other = (text.as_line(filled[each].value) for each in (at, best))
        if at in is_exact:
            wrong = f"“{other}”和“{spelt}”两列都是“{name}”"
            yield Fault(Level.ERROR, filled[at].where, wrong, "请只留一列，另一列删去或改名", spelt)
        else:
            wrong = f"已有“{other}”一列，“{spelt}”没有当作“{name}”读"
            yield Fault(Level.NOTICE, filled[at].where, wrong, "两列说的是一回事的话，请只留一列", spelt)


def _report_inexact(filled: Mapping[int, Cell], meant: Mapping[int, str], is_exact: set[int]) -> Iterator[Fault]:
    """Yield a notice for each column that is read under another name, and for columns that are joined."""
    for at, name in meant.items():
        alike = [other for other, each in meant.items() if each == name]
        spelt = text.as_line(filled[at].value)
        if name and name != _LOSER and len(alike) > 1 and at == alike[0]:
            all_spelt = "".join(f"“{text.as_line(filled[other].value)}”" for other in alike)
            wrong, mend = f"{all_spelt}都按“{name}”读，接在了一起", "不对的话，请把不是它的那一列改名"
            yield Fault(Level.NOTICE, filled[at].where, wrong, mend, spelt)
        elif name and name != _LOSER and len(alike) == 1 and at not in is_exact:
            wrong, mend = f"表头“{spelt}”按“{name}”读", f"不对的话，请把表头改成“{name}”"
            yield Fault(Level.NOTICE, filled[at].where, wrong, mend, spelt)


def same_columns(before: Columns, now: Columns) -> Columns:
    """Return a header with the units of the one before it, and without faults that it told already."""
    told = {(fault.wrong, fault.found) for fault in before.faults}
    fresh = tuple(fault for fault in now.faults if (fault.wrong, fault.found) not in told)
    return replace(now, units={**before.units, **now.units}, faults=fresh)
