"""What people write above a column → the column that is meant: exactly, by the word list, or nearly; never silently."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from paperwork import alike, cells, values
from paperwork.cells import Area, Cell, Sheet
from paperwork.faults import Fault, Level
from paperwork.record import Record, reader
from paperwork.synonyms import SYNONYMS

SEARCH = 20
"""Title lines and blank lines above a header: how far down a header row is looked for."""
CLOSE = 80
"""How alike (0 to 100) an unknown header must be; two characters of four are not enough."""
ONE_WRONG = 4
"""From so many characters on, a header that differs in a single one is read as what it resembles."""
GUESS = 60
"""How alike an unknown header must be to be asked about when its column is missing."""
MONEY = (values.as_money, values.as_ten_thousands)
SUM = r"((?:[十百千]?万|亿|[百千])?元|[十百千]?万|亿)"
# 金额（万元） 金额(单位：万元) 金额[人民币万元] 金额/万元 金额万元 单价（元/课时）; colons are gone already.
UNIT = re.compile(rf"[(\[【/]?(?:单位)?(?:人民币)?{SUM}(?:/[^)\]】]*)?[)\]】]?$")
# In a title line the unit must be announced: 支出登记表（单位：万元）; not 10万元项目支出表.
TITLE_UNIT = re.compile(rf"单位(?:人民币)?{SUM}|[(\[【](?:人民币)?{SUM}[)\]】]$|(?<=[金数]额){SUM}$|^{SUM}$")
REMARK = re.compile(r"[（(\[【].*?[)）\]】]")


@dataclass(frozen=True)
class Header:
    """Where a table's columns are: the row, and the name of the column at each position.

    `units` is what is said of the unit of each money column. `wide` is how far to the right a merged header reaches.
    `unknown` are the positions the program has no name for. `faults` tell what was not exact.
    """

    row: int
    names: dict[int, str]
    words: dict[int, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    wide: dict[int, int] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()

    def repeats(self, row: Sequence[Cell]) -> bool:
        """Whether a row says the header once more, as printed lists do on each page."""
        said = {at: plain(cell.value) for at, cell in enumerate(row) if cell.value not in (None, "")}
        return bool(said) and all(self.words.get(at) == word for at, word in said.items())

    def at(self, row: Sequence[Cell], place: int) -> Cell:
        """The cell of a column; under a header merged over several, the first that holds anything."""
        under = row[place : self.wide.get(place, place) + 1]
        return next((cell for cell in under if cell.holds), row[place])


def plain(words: object) -> str:
    """A header without blanks, line breaks, asterisks, colons and full-width forms."""
    return re.sub(r"[\s*＊:：]", "", unicodedata.normalize("NFKC", str(words)))


def bare(words: str) -> str:
    """A plain header without remarks in brackets and without its unit; what is nothing else stays."""
    without = REMARK.sub("", words)
    return UNIT.sub("", without) or without or words


def find(sheet: Sheet, kind: type[Record], title: str) -> Header | None:
    """Find the header: the row among the first ones that names the most columns of the class.

    Of two that name as many it is the upper one (the lower repeats it), unless both are one row by merged cells.
    """
    best: Header | None = None
    for number, row in enumerate(sheet.rows[:SEARCH]):
        held = {place: cell for place, cell in enumerate(row) if cell.value not in (None, "")}
        if len(held) > 1 or (held and len(kind.fields()) == 1):
            header = _meanings(number, held, kind, title)
            is_one = best is not None and any(area.top <= best.row < number <= area.bottom for area in sheet.merged)
            if len(header.known) > (len(best.known) if best else 0) or (
                best and is_one and len(header.known) == len(best.known)
            ):
                best = header
    return best and replace(best, wide=_wide(sheet, best), units=_units(sheet, best, kind))


def _meanings(number: int, held: dict[int, Cell], kind: type[Record], title: str) -> Header:
    meant, faults = match(list(held.values()), kind, title)
    names = {place: meant[at] or str(cell.value).strip() for at, (place, cell) in enumerate(held.items())}
    words = {place: plain(cell.value) for place, cell in held.items()}
    return Header(number, names, words, known=frozenset(filter(None, meant)), faults=tuple(faults))


def _wide(sheet: Sheet, header: Header) -> dict[int, int]:
    areas = (area for area in sheet.merged if area.top <= header.row <= area.bottom)
    return {area.left: area.right for area in areas if area.right > area.left and area.left in header.names}


def _units(sheet: Sheet, header: Header, kind: type[Record]) -> dict[str, str]:
    """The unit of each money column: what its own header says, or the header or title above it."""
    asked = {each.alias for each in kind.fields().values() if reader(each) in MONEY}
    columns = {place: name for place, name in header.names.items() if name in asked}
    above = [cell_unit for row in range(header.row) for cell_unit in _titles(sheet, row)]
    units: dict[str, str] = {}
    for unit, area in above:  # the nearest line comes last
        over = [name for place, name in columns.items() if area is None or area.left <= place <= area.right]
        units.update(dict.fromkeys(over, unit))
    own = {name: found[1] for place, name in columns.items() if (found := UNIT.search(header.words[place]))}
    return {name: unit if unit.endswith("元") else f"{unit}元" for name, unit in {**units, **own}.items()}


def _titles(sheet: Sheet, row: int) -> Iterator[tuple[str, Area | None]]:
    """The units that a line above the header announces, each with the merged columns it stands over, if any."""
    for place, cell in enumerate(sheet.rows[row]):
        if cell.value is not None and (found := TITLE_UNIT.search(plain(cell.value))):
            over = (area for area in sheet.merged if area.top <= row <= area.bottom and area.left == place)
            yield next(filter(None, found.groups())), next((area for area in over if area.right > area.left), None)


def match(found: Sequence[Cell], kind: type[Record], title: str) -> tuple[list[str], list[Fault]]:
    """The column that each header means, empty for an unknown one; and what has to be said about it."""
    aliases = {plain(each.alias): each.alias for each in kind.fields().values()}
    short = {bare(name): alias for name, alias in aliases.items()}
    lists = {**SYNONYMS[""], **SYNONYMS.get(title, {})}
    other = {word: alias for alias, listed in lists.items() for word in listed.split()}
    words = [plain(cell.value) for cell in found]
    exact = [aliases.get(word) or short.get(bare(word), "") for word in words]
    by_list = [other.get(bare(word), "") for word in words]
    meant = [one or (two if two in aliases.values() else "") for one, two in zip(exact, by_list, strict=True)]
    # 活动主题 beside 活动名称 is a column of its own; 电话 beside 联系电话 says the same once more, and is a fault.
    for at, name in enumerate(meant):
        if name and not exact[at] and name in exact and bare(words[at]) not in name:
            meant[at] = ""
    taken = [*meant, *(by_list[at] for at in range(len(meant)))]
    left = [name for name in short if short[name] not in taken]
    for at, word in enumerate(words):
        if not meant[at] and not by_list[at] and (near := _nearly(bare(word), left)):
            meant[at] = short[near]
    faults = [*_said(found, meant, exact), *_aside(found, meant, by_list)]
    return [name if meant.index(name) == at else "" for at, name in enumerate(meant)], faults


@lru_cache
def known_words(kind: type[Record], title: str) -> frozenset[str]:
    """Every word that names a column of a sheet."""
    lists = {**SYNONYMS[""], **SYNONYMS.get(title, {})}
    names = [each.alias for each in kind.fields().values()]
    return frozenset({*map(plain, names), *(word for name in names for word in lists.get(name, "").split())})


def _nearly(word: str, left: Sequence[str]) -> str:
    """The only column left that a word is nearly the name of: it is very like it, or one character is wrong."""
    if len(word) > 2 and (near := alike.nearest(word, left, CLOSE)):
        return near
    same = [name for name in left if len(name) == len(word) >= ONE_WRONG and alike.differences(word, name) == 1]
    return same[0] if len(same) == 1 else ""


def _said(found: Sequence[Cell], meant: Sequence[str], exact: Sequence[str]) -> Iterator[Fault]:
    for at, (cell, name) in enumerate(zip(found, meant, strict=True)):
        first = meant.index(name)
        words = str(cell.value).strip()
        if name and first != at:
            wrong = f"“{str(found[first].value).strip()}”和“{words}”两列都是“{name}”"
            yield Fault(Level.ERROR, cell.where, wrong, "请只留一列，另一列删去或改名", words)
        elif name and not exact[at]:
            yield Fault(
                Level.NOTICE, cell.where, f"表头“{words}”按“{name}”读", f"不对的话，请把表头改成“{name}”", words
            )


def _aside(found: Sequence[Cell], meant: Sequence[str], by_list: Sequence[str]) -> Iterator[Fault]:
    for cell, name, listed in zip(found, meant, by_list, strict=True):
        if listed in meant and not name and listed:
            words = str(cell.value).strip()
            wrong = f"已有“{listed}”一列，“{words}”没有当作它读"
            yield Fault(Level.NOTICE, cell.where, wrong, "两列说的是一回事的话，请只留一列", words)


def missing(sheet: Sheet, header: Header, wanted: Sequence[str]) -> Iterator[Fault]:
    """The columns that must be there and are not; with a guess at which header was meant."""
    place = sheet.rows[header.row][min(header.names)].where
    strangers = {bare(header.words[at]): at for at, name in header.names.items() if name not in header.known}
    for alias in wanted:
        if alias not in header.known:
            near = alike.nearest(alias, strangers, GUESS)
            where = sheet.rows[header.row][strangers[near]].where if near else place
            guess = f"“{near}”是不是“{alias}”？是的话请改成“{alias}”" if near else "请在表头行加上它"
            yield Fault(Level.ERROR, where, f"缺少“{alias}”这一列", guess, near)


def headless(header: Header, rows: Iterable[Sequence[Cell]]) -> Iterator[Fault]:
    """Columns that hold data and have no header."""
    covered = {at for first, last in header.wide.items() for at in range(first, last + 1)} | set(header.names)
    told: set[int] = set()
    for row in rows:
        for at, cell in enumerate(row):
            if cell.holds and at not in covered and at not in told:
                told.add(at)
                column = re.sub(r"\d", "", cell.where.cell) or cells.letters(at + 1)
                yield Fault(
                    Level.NOTICE, cell.where, f"{column}列没有表头，没有读", "请在表头行写上它的名称", str(cell.value)
                )
