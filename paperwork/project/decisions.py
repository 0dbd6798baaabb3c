"""Read 要求解读.xlsx: how staff read each part of the catalogues' texts.

A file is recognised by its header, 项目序号 · 条款 · 原文 · 认作, whatever it is called. Each row is the reading of one
part of a text. Rows of one part follow each other: the second decides its second reading. A row counts once 审定人 is
filled; until then it is a proposal of the program or of staff.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from paperwork.core import text
from paperwork.core.faults import Fault, Level, Unreadable, Where, keep_errors
from paperwork.formats.spreadsheets import reader, xlsx
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.project import headers, rows
from paperwork.project.headers import Words
from paperwork.project.model import Decision

FILE, TITLE = "要求解读.xlsx", "要求解读"
BASELINE = "程序的解读"
"""Hidden worksheet with the rows as the program has written them, by which changes of staff are known."""
OWN_COLUMNS = ("项目序号", "条款", "原文", "认作")
"""Columns by which a file is recognised."""
FACTS = ("认作", "数量", "单位", "多久一次", "几日内", "截止日", "部室", "材料名称", "说明")
"""Columns that say how a part is read."""
NOT_A_DEMAND, NOT_APPLICABLE = "不是要求", "不适用"
ASKED = "请人确认"
PERIODIC, EACH_TIME, OTHER_PAPER, TARGET = "按期交的材料", "每次活动的材料", "其他材料", "目标"
NEEDED = {
    NOT_APPLICABLE: ("说明",),
    PERIODIC: ("材料名称", "多久一次"),
    EACH_TIME: ("材料名称",),
    OTHER_PAPER: ("材料名称",),
    TARGET: ("数量",),
}
"""Columns that a decided row of a kind must fill."""
NO_HEADER = (
    "名字是要求解读，里面找不到它的表头，没有读",
    "请在表头里写上 项目序号、条款、原文、认作；不是要求解读的话，请改个名字",
)
"""Problem and remedy of a file that bears the name and has no such worksheet."""
LEFT_OVER = "以下各行的原文，现在的目录里没有了"
"""Beginning of the line above the rows that fit no part any more."""
SEARCHED_ROWS = 20
"""Rows in which the header is searched."""
MAX_MONTHS = 12

Key = tuple[str, str, str]
"""Project, clause and text of a row, each in the form that is compared."""


@dataclass(frozen=True)
class Row:
    """A row of 要求解读: the record, and each of its cells by header as typed."""

    decision: Decision
    typed: Mapping[str, object]

    @property
    def is_decided(self) -> bool:
        """Return True if staff have decided this row: it names a reading and 审定人."""
        return bool(self.decision.decider and self.decision.kind)


@dataclass(frozen=True)
class Decisions:
    """Rows of one worksheet 要求解读, in order, and what is wrong with them.

    `baseline` has the rows that the program wrote into the file last, by key; it is empty in a file of staff's own.
    """

    path: Path
    rows: tuple[Row, ...]
    columns: tuple[str, ...] = ()
    """All headers in their order, those of staff's own columns included."""
    faults: tuple[Fault, ...] = ()
    row_of_fault: Mapping[Fault, str] = field(default_factory=dict)
    """For each fault in a row, the project as written there."""
    baseline: Mapping[Key, tuple[Mapping[str, str], ...]] = field(default_factory=dict)

    @property
    def has_decisions(self) -> bool:
        """Return True if a row is decided."""
        return any(row.is_decided for row in self.rows)

    def groups(self) -> dict[Key, list[Row]]:
        """Return the rows of each part, in their order."""
        found: dict[Key, list[Row]] = {}
        for row in self.rows:
            found.setdefault(key_of(row.decision), []).append(row)
        return found


# ---- texts as they are compared

STYLE = re.compile(
    r"^\s*(?:\d{1,2}\s*(?:[.．、](?!\d)|[)）])|[（(]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[)）]"
    r"|[一二三四五六七八九十]{1,3}\s*、|[①-⑳⑴-⒇⒈-⒛]|第[一二三四五六七八九十\d]{1,3}[条款项，、])"
)


def text_key(words: str) -> str:
    """Return a text in the form that is compared: without its clause number, blanks, punctuation and wide forms."""
    bare = text.halfwidth(STYLE.sub("", words)).casefold()
    # A point between digits and % change the meaning of a number: 1.5万元, 90%.
    return re.sub(r"(?<!\d)\.|\.(?!\d)|[^\w.%]|_", "", bare)


def key_of(decision: Decision) -> Key:
    """Return the key of a row."""
    return decision.number, text_key(decision.clause), text_key(decision.text)


OFTEN = re.compile(
    r"(?:每|按|逐|分)?隔?(?:(\d{1,2}|[一二两三四五六七八九十]+)个?)?(半年|季度?|月度?|年度?)(?:[一1]次)?"
)
SPANS = {"月": 1, "季": 3, "半": 6, "年": 12}
ONCE = ("", "一次", "1次", "一次性", "只要一次", "无", "不定期")


def months(words: str) -> int:
    """Return 多久一次 as a span in months: 每季度 → 3, 每两个月 → 2; 0 for once. Raises `Unreadable`."""
    cleaned = text.halfwidth(words).replace("双月", "两个月")
    if cleaned in ONCE:
        return 0
    found = OFTEN.fullmatch(cleaned)
    times = _small_number(found[1]) if found and found[1] else 1
    if found is None or not 0 < times * SPANS[found[2][0]] <= MAX_MONTHS:
        raise Unreadable("看不懂多久一次", "请写 每月、每两个月、每季度、每半年、每年；只要一次的留空")
    return times * SPANS[found[2][0]]


def _small_number(words: str) -> int:
    from paperwork.core.values import parse_chinese_number

    return int(words) if words.isdigit() else parse_chinese_number(words)


# ---- reading


def is_called_so(path: Path) -> bool:
    """Return True if a file bears the name of 要求解读; it must not be passed over if its header is spoilt."""
    return text.halfwidth(path.stem).startswith(TITLE)


def _has_header(sheet: Sheet) -> bool:
    wanted = set(OWN_COLUMNS)
    if sheet.name == BASELINE:
        return False
    return any(wanted <= {headers.normalise(cell.value) for cell in row} for row in sheet.rows[:SEARCHED_ROWS])


def read_decisions(path: Path, name: str, words: Words) -> list[Decisions]:
    """Read every worksheet 要求解读 of a file, which faults call `name`; a Word file or a text has none.

    Raises `Unreadable` if it cannot be read.
    """
    if xlsx.detect_type(path) not in ("xlsx", "csv", *xlsx.LIBREOFFICE_TYPES):
        return []
    sheets = reader.read_tables(path, name)
    baseline = next((_baseline(sheet) for sheet in sheets if sheet.name == BASELINE), {})
    return [_read_sheet(sheet, path, baseline, words) for sheet in sheets if _has_header(sheet)]


def _baseline(sheet: Sheet) -> dict[Key, tuple[Mapping[str, str], ...]]:
    """Return the rows that the program wrote, as text, by key."""
    names = [text.as_text(cell.value) for cell in sheet.rows[0]] if sheet.rows else []
    found: dict[Key, list[Mapping[str, str]]] = {}
    for cells in sheet.rows[1:]:
        row = {name: shown(cell.value) for name, cell in zip(names, cells, strict=False)}
        key = tuple(row.get(name, "") for name in OWN_COLUMNS[:3])
        found.setdefault((key[0], text_key(key[1]), text_key(key[2])), []).append(row)
    return {key: tuple(listed) for key, listed in found.items()}


def shown(value: object) -> str:
    """Return a cell's value as text in the form that is compared; an empty cell is an empty text."""
    return "" if text.is_blank(value) else text.as_text(value)


def _read_sheet(
    sheet: Sheet, path: Path, baseline: Mapping[Key, tuple[Mapping[str, str], ...]], words: Words
) -> Decisions:
    header = headers.find_header(sheet, Decision, TITLE, words)
    assert header is not None
    data = [row for row in _without_lines(sheet)[header.row + 1 :] if not header.is_repeated_in(row)]
    nameless = tuple(headers.report_columns_without_header(header, data))
    # A column without a header is kept under one of its own: nothing that staff have typed may be lost.
    names = {**header.names, **{_column(fault): f"列{_letters(fault)}" for fault in nameless}}
    found: list[Row] = []
    row_of_fault: dict[Fault, str] = {}
    for row in data:
        cells = {name: header.cell_at(row, at) for at, name in names.items() if at < len(row)}
        if any(cell.is_filled for cell in cells.values()):
            read, told = _read_row(cells, rows.is_footer(row))
            found.append(read)
            row_of_fault |= dict.fromkeys(told, read.decision.number or "")
    whole = Decisions(path, tuple(found), tuple(names.values()), baseline=baseline)
    row_of_fault |= {fault: row.decision.number or "" for row, fault in _undecided_changes(whole)}
    faults = (*sheet.unread, *header.faults, *nameless, *row_of_fault)
    return replace(whole, faults=faults, row_of_fault=row_of_fault)


def _letters(fault: Fault) -> str:
    return re.sub(r"\d", "", fault.where.cell)


def _column(fault: Fault) -> int:
    """Return the position of the column that a fault is about, from 0."""
    at = 0
    for letter in _letters(fault):
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1


def _read_row(cells: dict[str, Cell], is_remark: bool) -> tuple[Row, list[Fault]]:
    """Return a row and what is wrong with it; a remark of staff is kept and decides nothing."""
    told: list[Fault] = []
    decision = rows.make_record(Decision, cells, told)
    assert isinstance(decision, Decision)
    row = Row(decision, {name: cell.value for name, cell in cells.items()})
    if is_remark:
        return row, []
    told += _own_faults(row) if not keep_errors(told) else ()
    # Nothing is taken from a row without 审定人: what is wrong in it stops nobody.
    return row, told if decision.decider else [replace(fault, level=Level.NOTICE) for fault in told]


def _without_lines(sheet: Sheet) -> list[list[Cell]]:
    """Return the rows of a sheet; in place of the line above the rows that fit no longer, an empty one."""
    return [[] if any(shown(cell.value).startswith(LEFT_OVER) for cell in row[:1]) else row for row in sheet.rows]


def _own_faults(row: Row) -> Iterator[Fault]:
    """Yield what is wrong with a readable row: a missing cell, a span that is not understood."""
    decision = row.decision
    if decision.decider and not decision.kind:
        mend = "请在“认作”里选一项；还没有定的话，请把审定人清掉"
        yield Fault(Level.ERROR, decision.where("审定人"), "填了审定人，没有填认作", mend, decision.decider)
    try:
        months(decision.often)
    except Unreadable as reason:
        yield Fault(Level.ERROR, decision.where("多久一次"), reason.wrong, reason.mend, decision.often)
    values = decision.template_values()
    for header in NEEDED.get(decision.kind, ()) if decision.decider else ():
        if text.is_blank(values[header]):
            mend = "请写明为什么不适用" if decision.kind == NOT_APPLICABLE else f"请填上“{header}”"
            yield Fault(Level.ERROR, decision.where(header), f"认作“{decision.kind}”，没有填“{header}”", mend)


def check_cells(cells: Mapping[str, object]) -> tuple[Decision, list[Fault]]:
    """Return the row that cells make, by header, and all that is wrong with it; the cell of a fault is its header."""
    told: list[Fault] = []
    typed = {header: Cell(value, Where(cell=header)) for header, value in cells.items()}
    decision = rows.make_record(Decision, typed, told)
    assert isinstance(decision, Decision)
    unread = {fault.where for fault in told}
    return decision, [*told, *(each for each in _own_faults(Row(decision, cells)) if each.where not in unread)]


def _undecided_changes(read: Decisions) -> Iterator[tuple[Row, Fault]]:
    """Yield a notice for each row that staff have changed without filling 审定人."""
    for key, group in read.groups().items():
        before = read.baseline.get(key, ())
        for row, old in zip(group, before, strict=False):
            changed = [each for each in FACTS if each in row.typed and shown(row.typed[each]) != old.get(each, "")]
            if changed and not row.decision.decider:
                wrong = f"改了{'、'.join(changed)}，没有填审定人，还不算数"
                found = shown(row.typed[changed[0]])
                yield row, Fault(Level.NOTICE, row.decision.where(changed[0]), wrong, "算数的话，请填上审定人", found)


def contradictions(found: Sequence[Decisions]) -> Iterator[tuple[Fault, str]]:
    """Yield an error for each part that two worksheets decide differently, with the project as written."""
    first: dict[Key, list[Row]] = {}
    for read in found:
        for key, group in read.groups().items():
            if not any(row.is_decided for row in group):
                continue
            known = first.setdefault(key, group)
            differing = next((row for one, row in _pairs(known, group) if _facts(one) != _facts(row)), None)
            if known is not group and differing is not None:
                other, where = known[0].decision.where("认作"), differing.decision.where("认作")
                wrong = f"和 {other} 审定得不一样：那里是“{known[0].decision.kind}”"
                fault = Fault(Level.ERROR, where, wrong, "请只留一处，或改成一样的", differing.decision.kind)
                yield fault, key[0]


def _pairs(one: Sequence[Row], other: Sequence[Row]) -> Iterator[tuple[Row | None, Row]]:
    """Yield the rows of two groups side by side, as many as the second has."""
    for at, row in enumerate(other):
        yield (one[at] if at < len(one) else None), row


def _facts(row: Row | None) -> tuple[object, ...]:
    """Return what a row decides; nothing if it is not decided."""
    if row is None or not row.is_decided:
        return ()
    each = row.decision
    return (
        each.kind, each.count, each.unit, each.often, each.days, each.due, each.department, each.paper,
    )  # fmt: skip


def _usable(row: Row) -> Decision:
    """Return the record of a row; one with faults, which are told, decides nothing."""
    decision = row.decision
    is_sound = not decision.unreadable_headers and not any(_own_faults(row))
    return decision if is_sound else decision.model_copy(update={"decider": ""})


def decided_rows(found: Iterable[Decisions]) -> tuple[Decision, ...]:
    """Return the rows of all parts of which one row is decided, each part once.

    Undecided rows of these parts are among them, since a row's place says which reading of the part it decides. Rows
    with faults are among them as undecided ones.
    """
    taken: dict[Key, list[Decision]] = {}
    for read in found:
        for key, group in read.groups().items():
            if any(row.is_decided for row in group) and not any(row.decision.is_invalid for row in group):
                taken.setdefault(key, [_usable(row) for row in group])
    return tuple(decision for group in taken.values() for decision in group)
