"""Match the headers in a sheet to the columns of a record class.

A header matches exactly, by the word list that staff can extend (`Words`, templates/表头.toml), or by similarity; every
inexact match is reported as a fault.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from paperwork.core import commands, text, values
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Unreadable
from paperwork.formats.spreadsheets import cells
from paperwork.formats.spreadsheets.cells import Cell, MergedRange, Sheet
from paperwork.formats.toml_files import read_toml
from paperwork.project.model import CatalogueEntry, sheets
from paperwork.project.record import Record, parser_of

HEADER_SEARCH_ROWS = 20
"""Rows in which a header is searched: title lines and blank lines may stand above it."""
DEEP_SEARCH_ROWS = 1000
"""Rows in which it is searched if none of the first ones is one: a logo or a long introduction stands above it."""
MIN_HEADER_WORDS = 3
"""Words of headers in one row that make it the header of another table; a row of data may hold one by chance."""
MATCH_SIMILARITY = 80
"""Similarity (0 to 100) from which an unknown header is read as a column; two equal characters of four are too few."""
MIN_LENGTH_ONE_WRONG = 4
"""Length from which a header that differs from a column in a single character is read as that column."""
SUGGEST_SIMILARITY = 60
"""Similarity from which an unknown header is suggested for a missing column."""
MONEY = (values.as_money, values.as_ten_thousands)
"""Parsers of the columns that have a unit."""
SUM = r"((?:[十百千]?万|亿|[百千])?元|[十百千]?万|亿)"
# 金额（万元） 金额(单位：万元) 金额[人民币万元] 金额/万元 金额万元 单价（元/课时）; colons have been removed before.
UNIT = re.compile(rf"[(\[【/]?(?:单位)?(?:人民币)?{SUM}(?:/[^)\]】]*)?[)\]】]?$")
# In a title line the unit must be marked as one: 支出登记表（单位：万元）; not 10万元项目支出表.
TITLE_UNIT = re.compile(rf"单位(?:人民币)?{SUM}|[(\[【](?:人民币)?{SUM}[)\]】]$|(?<=[金数]额){SUM}$|^{SUM}$")
REMARK = re.compile(r"[（(\[【].*?[)）\]】]")


# 3.活动 · 表三 活动 · 2022年活动 · 督导(市妇联) · 活动(2) · 活动2 · 支出明细表; full-width forms are folded before.
BEFORE_TITLE = re.compile(r"^(?:附?表)?[\d一二三四五六七八九十]{1,4}年?[-.、_)]*(?:度)?")
AFTER_TITLE = re.compile(r"[-_]?\d*$")
TITLE_ENDING = re.compile(r"(?:登记|明细|一览|汇总|统计|记录|情况|台账|清单)?表?$")


FILE = "表头.toml"
"""Name of the file of words in the templates folder."""
SHEET_NAMES, ANY_SHEET, CATALOGUE = "表名", "每张表", "项目发布目录"
"""Sections of that file beside those of the worksheets."""
BEGIN, END = "实施周期的开始", "实施周期的结束"
"""Names in that file for the two columns of a catalogue that has its period in two."""
MAX_WORDS_KEPT = 8
"""Most files of words that are held in memory."""


@dataclass(frozen=True, eq=False)
class Words:
    """The words that people write for worksheets and columns, as declared in templates/表头.toml."""

    sheets: Mapping[str, str]
    """Worksheet by word, the names of the worksheets included."""
    columns: Mapping[str, Mapping[str, str]]
    """Column by word, for each worksheet."""

    def of(self, title: str) -> Mapping[str, str]:
        """Return the column by word for a worksheet."""
        return self.columns.get(title) or self.columns[ANY_SHEET]


def read_words(templates: Path | None) -> Words:
    """Read the words of a templates folder; without a folder, or in an older one without the file, those shipped.

    Raises `Stop` if the file cannot be read or something in it is unknown or written twice.
    """
    shipped = commands.shipped_templates() / FILE
    path = templates / FILE if templates and (templates / FILE).is_file() else shipped
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _read_words(path, changed)


@lru_cache(maxsize=MAX_WORDS_KEPT)
def _read_words(path: Path, _changed: int) -> Words:
    try:
        declared = read_toml(path)
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"读不了：{reason.wrong}", reason.mend, path.name) from None
    names = {SHEET_NAMES: set(sheets()), **{title: _columns_of(kind) for title, kind in _kinds().items()}}
    names[ANY_SHEET] = set().union(*(found for title, found in names.items() if title != SHEET_NAMES))
    for section, entries in declared.items():
        if section not in names or not isinstance(entries, dict):
            known = "、".join(names)
            raise Stop(ExitCode.FAULTY, f"“{section}”不是一张表", f"请改成这些里的一个：{known}", path.name)
        _check_entries(section, entries, names[section], path.name)
    shared = declared.get(ANY_SHEET, {})
    columns = {title: _by_word({**shared, **declared.get(title, {})}) for title in names}
    own = {title: title for title in sheets()}
    return Words(own | _by_word(declared.get(SHEET_NAMES, {})), columns)


def _kinds() -> dict[str, type[Record]]:
    return {**sheets(), CATALOGUE: CatalogueEntry}


def _columns_of(kind: type[Record]) -> set[str]:
    periods = {BEGIN, END} if kind is CatalogueEntry else set()
    return {str(each.alias) for each in kind.fields().values()} | periods


def _check_entries(section: str, entries: Mapping[str, Any], names: Collection[str], file: str) -> None:
    """Raise `Stop` for an unknown name, a value that is no text, and a word that stands for two names."""
    taken: dict[str, str] = {}
    for name, words in entries.items():
        if name not in names:
            near = text.find_most_similar(name, names, SUGGEST_SIMILARITY) or next(iter(sorted(names)))
            wrong = f"[{section}] 里的“{name}”不是{'一张表' if section == SHEET_NAMES else '这张表的栏目'}"
            raise Stop(ExitCode.FAULTY, wrong, f"请改成那里有的名称（如“{near}”），或删去这一行", file)
        if not isinstance(words, str):
            wrong = f"[{section}] 里的“{name}”写得不对"
            raise Stop(ExitCode.FAULTY, wrong, f'请改成这样的一行："{name}" = "叫法一 叫法二"', file)
        for word in words.split():
            if taken.setdefault(word, name) != name:
                wrong = f"[{section}] 里“{word}”既是“{taken[word]}”又是“{name}”"
                raise Stop(ExitCode.FAULTY, wrong, "请只留一处", file)


def _by_word(entries: Mapping[str, str]) -> dict[str, str]:
    return {normalise(word): name for name, words in entries.items() for word in words.split()}


def sheet_title(name: str, known: Words) -> str:
    """Return the worksheet that a name means, or '' if none: 活动 for 3.活动, 督导 for 督导（市妇联）."""
    words = normalise(name)
    bare = REMARK.sub("", words)
    for part in (words, bare, AFTER_TITLE.sub("", bare), AFTER_TITLE.sub("", BEFORE_TITLE.sub("", bare))):
        for form in (part, part.removesuffix("表"), TITLE_ENDING.sub("", part)):
            if form in known.sheets:
                return known.sheets[form]
    return ""


@dataclass(frozen=True)
class Header:
    """The header row of a table: its row index, and the column name at each position.

    `words` has the normalised header at each position, `units` the declared unit of each money column. `wide` maps the
    position of a merged header to its last position. `known` has the names that matched a column of the class; other
    names are the headers as written. `faults` reports the inexact matches.
    """

    row: int
    names: dict[int, str]
    words: dict[int, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    last_positions: dict[int, int] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()

    def is_repeated_in(self, row: Sequence[Cell]) -> bool:
        """Return True if a row repeats the header, as printed lists do on each page."""
        filled = {at: normalise(cell.value) for at, cell in enumerate(row) if cell.value not in (None, "")}
        return bool(filled) and all(self.words.get(at) == word for at, word in filled.items())

    def is_another(self, row: Sequence[Cell], known: Collection[str]) -> bool:
        """Return True if a row is the header of another table; `known` has the words of headers."""
        filled = [normalise(cell.value) for cell in row if cell.is_filled]
        found = {word for word in filled if word in known or normalise_without_unit(word) in known}
        return len(found) >= MIN_HEADER_WORDS and 2 * len(found) > len(filled)

    def cell_at(self, row: Sequence[Cell], place: int) -> Cell:
        """Return the cell of a column; under a header merged over several columns, the first filled one."""
        under = row[place : self.last_positions.get(place, place) + 1]
        return next((cell for cell in under if cell.is_filled), row[place])


def normalise(words: object) -> str:
    """Return a header without blanks, line breaks, asterisks, colons and full-width forms."""
    return re.sub(r"[*:]", "", text.halfwidth(words))


def normalise_without_unit(words: str) -> str:
    """Return a normalised header without remarks in brackets and without its unit, unless nothing else is left."""
    without = REMARK.sub("", words)
    return UNIT.sub("", without) or without or words


def find_header(sheet: Sheet, kind: type[Record], title: str, known: Words) -> Header | None:
    """Find the header row: the one among the first rows that matches the most columns of the class.

    Of two equal rows the upper one is taken, because the lower one repeats it. If merged cells join the two into one
    header, the lower one is taken. Returns None when no row matches.
    """
    best = _best_header(sheet, kind, title, known, range(HEADER_SEARCH_ROWS))
    best = best or _best_header(sheet, kind, title, known, range(HEADER_SEARCH_ROWS, DEEP_SEARCH_ROWS))
    return best and replace(best, last_positions=_merged_widths(sheet, best), units=_units(sheet, best, kind))


def _best_header(sheet: Sheet, kind: type[Record], title: str, known: Words, numbers: range) -> Header | None:
    best: Header | None = None
    for number, row in enumerate(sheet.rows[numbers.start : numbers.stop], numbers.start):
        filled = {place: cell for place, cell in enumerate(row) if cell.value not in (None, "")}
        if len(filled) > 1 or (filled and len(kind.fields()) == 1):
            header = match_row(number, filled, kind, title, known)
            is_joined = best is not None and any(area.top <= best.row < number <= area.bottom for area in sheet.merged)
            if len(header.known) > (len(best.known) if best else 0) or (
                best and is_joined and len(header.known) == len(best.known)
            ):
                best = header
    return best


def match_row(number: int, filled: dict[int, Cell], kind: type[Record], title: str, known: Words) -> Header:
    """Return the header that the filled cells of a row make; no unit and no merged range is looked at."""
    matched, faults = match_headers(list(filled.values()), kind, title, known)
    names = {place: matched[index] or text.as_line(cell.value) for index, (place, cell) in enumerate(filled.items())}
    words = {place: normalise(cell.value) for place, cell in filled.items()}
    return Header(number, names, words, known=frozenset(filter(None, matched)), faults=tuple(faults))


def _merged_widths(sheet: Sheet, header: Header) -> dict[int, int]:
    """Return the last position of each header cell that is merged over several columns."""
    areas = (area for area in sheet.merged if area.top <= header.row <= area.bottom)
    return {area.left: area.right for area in areas if area.right > area.left and area.left in header.names}


def _units(sheet: Sheet, header: Header, kind: type[Record]) -> dict[str, str]:
    """Return the unit of each money column: from its own header, else from the nearest header or title line above."""
    money_columns = {each.alias for each in kind.fields().values() if parser_of(each) in MONEY}
    columns = {place: name for place, name in header.names.items() if name in money_columns}
    above = [cell_unit for row in range(header.row) for cell_unit in _title_units(sheet, row)]
    units: dict[str, str] = {}
    for unit, area in above:  # the nearest line comes last and overrides the others
        spanned = [name for place, name in columns.items() if area is None or area.left <= place <= area.right]
        units.update(dict.fromkeys(spanned, unit))
    own = {name: found[1] for place, name in columns.items() if (found := UNIT.search(header.words[place]))}
    return {name: unit if unit.endswith("元") else f"{unit}元" for name, unit in {**units, **own}.items()}


def _title_units(sheet: Sheet, row: int) -> Iterator[tuple[str, MergedRange | None]]:
    """Yield the units in a line above the header, each with the merged range that it spans, or None."""
    for place, cell in enumerate(sheet.rows[row]):
        if cell.value is not None and (found := TITLE_UNIT.search(normalise(cell.value))):
            spanned = (area for area in sheet.merged if area.top <= row <= area.bottom and area.left == place)
            yield next(filter(None, found.groups())), next((area for area in spanned if area.right > area.left), None)


def match_headers(found: Sequence[Cell], kind: type[Record], title: str, known: Words) -> tuple[list[str], list[Fault]]:
    """Return the column of each header, empty for an unknown one, and the faults of inexact or ambiguous matches."""
    aliases = [each.alias for each in kind.fields().values()]
    short = _short_names(kind)
    words = [normalise(cell.value) for cell in found]
    exact, by_list = exact_matches(words, kind, title, known)
    matched = [
        exact_name or (listed_name if listed_name in aliases else "")
        for exact_name, listed_name in zip(exact, by_list, strict=True)
    ]
    # 活动主题 next to 活动名称 is a column of its own; 电话 next to 联系电话 is a duplicate and reported as a fault.
    for index, name in enumerate(matched):
        if name and not exact[index] and name in exact and normalise_without_unit(words[index]) not in name:
            matched[index] = ""
    taken = [*matched, *(by_list[index] for index in range(len(matched)))]
    unmatched = [name for name in short if short[name] not in taken]
    for index, word in enumerate(words):
        if (
            not matched[index]
            and not by_list[index]
            and (similar := most_similar(normalise_without_unit(word), unmatched))
        ):
            matched[index] = short[similar]
    faults = [*_report_matches(found, matched, exact), *_report_ignored(found, matched, by_list)]
    return [name if matched.index(name) == index else "" for index, name in enumerate(matched)], faults


def exact_matches(words: Sequence[str], kind: type[Record], title: str, known: Words) -> tuple[list[str], list[str]]:
    """Return the column that each normalised header is, and the one that it stands for by the word list, or ''."""
    aliases = {normalise(each.alias): each.alias for each in kind.fields().values()}
    short, by_synonym = _short_names(kind), known.of(title)
    bare = [normalise_without_unit(word) for word in words]
    exact = [aliases.get(word) or short.get(each, "") for word, each in zip(words, bare, strict=True)]
    return exact, [by_synonym.get(word) or by_synonym.get(each, "") for word, each in zip(words, bare, strict=True)]


def _short_names(kind: type[Record]) -> dict[str, str]:
    """Return the columns of a class by their headers without a unit."""
    return {normalise_without_unit(normalise(each.alias)): each.alias for each in kind.fields().values()}


@lru_cache
def known_words(kind: type[Record], title: str, known: Words) -> frozenset[str]:
    """Return every word that can name a column of a sheet, synonyms included."""
    names = {each.alias for each in kind.fields().values()}
    return frozenset({*map(normalise, names), *(word for word, name in known.of(title).items() if name in names)})


def most_similar(word: str, names: Sequence[str]) -> str:
    """Return the only unmatched column that resembles a word: very similar, or one wrong character. Else return ''."""
    if len(word) > 2 and (similar := text.find_most_similar(word, names, MATCH_SIMILARITY)):
        return similar
    one_wrong = [
        name
        for name in names
        if len(name) == len(word) >= MIN_LENGTH_ONE_WRONG and text.count_differences(word, name) == 1
    ]
    return one_wrong[0] if len(one_wrong) == 1 else ""


def _report_matches(found: Sequence[Cell], matched: Sequence[str], exact: Sequence[str]) -> Iterator[Fault]:
    """Yield faults for two headers of one column and for inexact matches."""
    for index, (cell, name) in enumerate(zip(found, matched, strict=True)):
        first = matched.index(name)
        words = text.as_line(cell.value)
        if name and first != index:
            wrong = f"“{text.as_line(found[first].value)}”和“{words}”两列都是“{name}”"
            yield Fault(Level.ERROR, cell.where, wrong, "请只留一列，另一列删去或改名", words)
        elif name and not exact[index]:
            yield Fault(
                Level.NOTICE, cell.where, f"表头“{words}”按“{name}”读", f"不对的话，请把表头改成“{name}”", words
            )


def _report_ignored(found: Sequence[Cell], matched: Sequence[str], by_list: Sequence[str]) -> Iterator[Fault]:
    """Yield a fault for each synonym that was ignored because its column is already there."""
    for cell, name, listed in zip(found, matched, by_list, strict=True):
        if listed in matched and not name and listed:
            words = text.as_line(cell.value)
            wrong = f"已有“{listed}”一列，“{words}”没有当作它读"
            yield Fault(Level.NOTICE, cell.where, wrong, "两列说的是一回事的话，请只留一列", words)


def report_missing_columns(sheet: Sheet, header: Header, wanted: Sequence[str]) -> Iterator[Fault]:
    """Yield a fault for each missing column, with a suggestion if an unknown header resembles it."""
    header_start = sheet.rows[header.row][min(header.names)].where
    unknown = {
        normalise_without_unit(header.words[at]): at for at, name in header.names.items() if name not in header.known
    }
    for alias in wanted:
        if alias not in header.known:
            similar = text.find_most_similar(alias, unknown, SUGGEST_SIMILARITY)
            where = sheet.rows[header.row][unknown[similar]].where if similar else header_start
            remedy = f"“{similar}”是不是“{alias}”？是的话请改成“{alias}”" if similar else "请在表头行加上它"
            yield Fault(Level.ERROR, where, f"缺少“{alias}”这一列", remedy, similar)


def report_columns_without_header(header: Header, rows: Iterable[Sequence[Cell]]) -> Iterator[Fault]:
    """Yield a fault for each column that has data but no header."""
    covered = {at for first, last in header.last_positions.items() for at in range(first, last + 1)} | set(header.names)
    reported: set[int] = set()
    for row in rows:
        for at, cell in enumerate(row):
            if cell.is_filled and at not in covered and at not in reported:
                reported.add(at)
                column = re.sub(r"\d", "", cell.where.cell) or cells.column_letters(at + 1)
                yield Fault(
                    Level.NOTICE, cell.where, f"{column}列没有表头，没有读", "请在表头行写上它的名称", str(cell.value)
                )
