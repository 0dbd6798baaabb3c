"""Change the reading of a project as staff have filled in a form of the web page: written into 要求解读.xlsx.

A form rests on the page that it was sent from. If the workbook or the catalogue has changed since, nothing is written.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from paperwork.checks.requirements.reading import sheet
from paperwork.checks.requirements.reading.sheet import Cells, Line, Reading
from paperwork.core import text
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk.readings.page import COLUMNS, DAY, KIND, NOTE, WHO, PartView, ReadingPage, make_page
from paperwork.project import decisions, input_folder
from paperwork.project.decisions import NOT_A_DEMAND

Key = tuple[str, str, str, int]
"""What identifies a row of the workbook (`Line.key`)."""
MOST_ROWS = 12
"""Readings that one part may have."""
MOST_CHARACTERS = {NOTE: 500}
MOST_IN_A_CELL = 100
FILLED = "1"
"""Stands for the cells that are not looked at."""
UNKNOWN_CLAUSE = -1
NEW_ROW = ""
"""`at` of a row that was added on the page."""
STALE = ("这一页打开以后，要求解读或目录又改过，没有存", "请对照下面现在的内容，再存一次")


@dataclass(frozen=True)
class FieldFault:
    """What is wrong in a field of a form. `row` counts from 0; 审定人 and 审定日期 belong to all rows (`row` -1)."""

    row: int
    header: str
    wrong: str
    mend: str


@dataclass(frozen=True)
class Form:
    """A form as it was sent: what it is about, its rows by column, who has decided it and when.

    `target` is the key of a part; or the number of a clause (0: all) or of a left-over decision on the page, from 1.
    Each row has the columns `COLUMNS`, and `at`: which reading of the part it is, empty for a new one.
    """

    target: str
    stamp: str
    rows: tuple[Mapping[str, str], ...] = ()
    who: str = ""
    day: str = ""
    faults: tuple[FieldFault, ...] = field(default=(), compare=False)

    def fault(self, row: int, header: str) -> FieldFault | None:
        """Return what is wrong in a field; None if nothing is."""
        return next((each for each in self.faults if (each.row, each.header) == (row, header)), None)

    def with_new_row(self) -> "Form":
        """Return the form with one more row, which is empty."""
        more = ({"at": NEW_ROW, **dict.fromkeys(COLUMNS, "")},) if len(self.rows) < MOST_ROWS else ()
        return replace(self, rows=(*self.rows, *more))

    def without_row(self, row: int, part: PartView) -> "Form":
        """Return the form without a row. One that the program has read stays, as no demand: it would come again."""
        known = {str(each.at) for each in part.rows if not each.is_added}
        rows = list(self.rows)
        if 0 <= row < len(rows):
            own = rows.pop(row)
            if own.get("at") in known:
                rows.insert(row, dict.fromkeys(COLUMNS, "") | {"at": own["at"], KIND: NOT_A_DEMAND})
        return replace(self, rows=tuple(rows))


@dataclass(frozen=True)
class Outcome:
    """What has become of a form: with faults, nothing was written.

    `left_out` is the number of parts that could not be confirmed as they are: a person must fill something in there.
    """

    faults: tuple[FieldFault, ...] = ()
    left_out: int = 0


def form_of(part: PartView, stamp: str, today: dt.date) -> Form:
    """Return the form of a part as it is read now, to be decided today."""
    rows = tuple({"at": str(row.at), **row.values} for row in part.rows)
    return Form(part.key, stamp, rows, "", today.isoformat())


def change(inputs: Path, templates: Path | None, number: int, action: str, form: Form) -> Outcome:
    """Do what a form asks for, one of `ACTIONS`, and write the workbook.

    Raises `Stop` if the workbook or the catalogue has changed since the form's page was read, or if the workbook cannot
    be written.
    """
    found = input_folder.scan_inputs(inputs, templates)
    reading = sheet.read_sheet(found)
    page = make_page(found, reading, number) if number in found.entries else None
    if page is None or page.stamp != form.stamp:
        raise Stop(ExitCode.REFUSED, *STALE)
    changed, outcome = ACTIONS[action](reading, page, form)
    if not outcome.faults and changed is not reading:
        sheet.write_sheet(_with_own_decisions(changed))
    return outcome


def _with_own_decisions(reading: Reading) -> Reading:
    """Return the reading without the decisions that are taken over from other projects.

    They are read anew each time. Written, they would stay when the decision that they come from is changed.
    """
    nothing = dict.fromkeys((*COLUMNS, WHO, DAY))
    lines = (
        replace(line, cells={**line.cells, **nothing, **line.program}, is_decided=False) if line.taken_from else line
        for line in reading.lines
    )
    return replace(reading, lines=tuple(line for line in lines if line.program or not line.taken_from))


def parts_to_confirm(page: ReadingPage, clause: int) -> tuple[PartView, ...]:
    """Return the undecided parts of a clause by its number on the page, or (0) of the project."""
    return tuple(part for each in page.clauses if clause in (0, each.place) for part in each.unseen)


def _save(reading: Reading, page: ReadingPage, form: Form) -> tuple[Reading, Outcome]:
    """Decide a part as the form has it."""
    lines = _lines(reading, page, form)
    given = [_decided(form, row, lines) for row in form.rows]
    if faults := tuple(dict.fromkeys(_faults(form, given, reading))):
        return reading, Outcome(faults)
    return _with_rows(reading, lines, form, given), Outcome()


def _confirm(reading: Reading, page: ReadingPage, form: Form) -> tuple[Reading, Outcome]:
    """Decide all undecided parts of a clause (0: of the project) as the program reads them."""
    if faults := tuple(_person_faults(form, reading)):
        return reading, Outcome(faults)
    given = {WHO: form.who, DAY: form.day}
    changes: dict[Key, Cells] = {}
    left_out = 0
    clause = int(form.target) if form.target.isdecimal() else UNKNOWN_CLAUSE
    for part in parts_to_confirm(page, clause):
        lines = [line for line in reading.lines if _is_row_of(line, page, part) and not line.is_decided]
        if any(line.is_edited or sheet.faults_of_cells({**line.cells, **given}, reading.kinds) for line in lines):
            left_out += 1
        else:
            changes |= {line.key: _typed(given) for line in lines}
    return reading.with_cells(changes) if changes else reading, Outcome(left_out=left_out)


def _withdraw(reading: Reading, page: ReadingPage, form: Form) -> tuple[Reading, Outcome]:
    """Withdraw the decision on a part: it counts again as the program reads it."""
    lines = _lines(reading, page, form)
    nothing = dict.fromkeys((*COLUMNS, WHO, DAY))
    changes = {line.key: {**nothing, **line.program} for line in lines if line.program}
    added = {line.key for line in lines if not line.program}
    return _without(reading.with_cells(changes), added), Outcome()


def _forget(reading: Reading, page: ReadingPage, form: Form) -> tuple[Reading, Outcome]:
    """Remove a decision that fits no text any more."""
    left = [line for line in reading.lines if line.number == str(page.number) and line.is_left_over]
    return _without(reading, {line.key for at, line in enumerate(left, 1) if str(at) == form.target}), Outcome()


ACTIONS = {"save": _save, "confirm": _confirm, "withdraw": _withdraw, "forget": _forget}
"""What a form can ask for."""


# ---- the rows of the workbook


def _is_row_of(line: Line, page: ReadingPage, part: PartView) -> bool:
    return line.key[:3] == (str(page.number), part.clause, part.text) and not line.is_left_over


def _lines(reading: Reading, page: ReadingPage, form: Form) -> list[Line]:
    """Return the rows of the part that a form is about; raises `Stop` if there is none."""
    part = page.part(form.target)
    if part is None:
        raise Stop(ExitCode.REFUSED, *STALE)
    return [line for line in reading.lines if _is_row_of(line, page, part)]


def _decided(form: Form, row: Mapping[str, str], lines: Sequence[Line]) -> Cells:
    """Return the cells of a row of the form, with those of the workbook's row that the form does not show."""
    line = next((each for each in lines if str(each.at) == row.get("at")), None)
    identity = {header: lines[0].cells.get(header) for header in sheet.IDENTITY}
    given = {header: row.get(header, "") for header in COLUMNS}
    return {**(line.cells if line else identity), **given, WHO: form.who, DAY: form.day}


def _with_rows(reading: Reading, lines: Sequence[Line], form: Form, given: Sequence[Cells]) -> Reading:
    """Return the reading with the rows of a part changed, added and removed as the form has them."""
    by_at = {str(line.at): line for line in lines}
    changes: dict[Key, Cells] = {}
    new: list[Cells] = []
    for row, cells in zip(form.rows, given, strict=True):
        line = by_at.pop(row.get("at", NEW_ROW), None)
        if line:
            changes[line.key] = _typed(cells)
        else:
            new.append(_typed(cells))
    # What the form has no more is an added row: it is removed. A row of the program is decided with the others.
    gone = {line.key for line in by_at.values() if not line.program}
    person = _typed({WHO: form.who, DAY: form.day})
    changes |= {line.key: person for line in by_at.values() if line.program}
    changed = reading.with_cells(changes)
    for cells in new:
        changed = changed.with_row(lines[0].key, cells)
    return _without(changed, gone)


def _without(reading: Reading, gone: set[Key]) -> Reading:
    return replace(reading, lines=tuple(line for line in reading.lines if line.key not in gone))


def _typed(cells: Cells) -> Cells:
    """Return the columns of a form as the workbook holds them: numbers as numbers, days as days."""
    decision, _ = decisions.check_cells({**dict.fromkeys(sheet.IDENTITY, FILLED), **cells})
    found = {each.alias: getattr(decision, name) for name, each in decision.fields().items()}
    return {header: _cell(found[header]) for header in (*COLUMNS, WHO, DAY) if header in cells}


def _cell(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, str | int | dt.date):
        return value
    number = float(str(value))
    return int(number) if number.is_integer() else number


# ---- what is wrong in a form


def _faults(form: Form, given: Sequence[Cells], reading: Reading) -> Iterator[FieldFault]:
    """Yield everything that is wrong in the fields of a form."""
    yield from _person_faults(form, reading)
    for row, cells in enumerate(given):
        if not cells.get(KIND):
            yield FieldFault(row, KIND, "没有选“认作”", "请从列表里选一项")
            continue
        for header in COLUMNS:
            yield from _length_fault(row, header, str(cells.get(header) or ""))
        # 审定人 is told once, above; without it nothing of a row would be looked at.
        checked = {**cells, WHO: text.as_line(form.who) or FILLED, DAY: ""}
        for fault in sheet.faults_of_cells(checked, reading.kinds):
            yield FieldFault(row, fault.where.cell or KIND, fault.wrong, fault.mend)


def _person_faults(form: Form, reading: Reading) -> Iterator[FieldFault]:
    """Yield what is wrong with 审定人 and 审定日期."""
    if not text.as_line(form.who):
        yield FieldFault(-1, WHO, "没有填审定人，不算数", "请写上您的名字")
    yield from _length_fault(-1, WHO, form.who)
    identity = dict.fromkeys(sheet.IDENTITY, FILLED)
    for fault in sheet.faults_of_cells({**identity, KIND: NOT_A_DEMAND, WHO: FILLED, DAY: form.day}, reading.kinds):
        yield FieldFault(-1, DAY, fault.wrong, fault.mend)


def _length_fault(row: int, header: str, words: str) -> Iterator[FieldFault]:
    most = MOST_CHARACTERS.get(header, MOST_IN_A_CELL)
    if len(words) > most:
        yield FieldFault(row, header, f"“{header}”有 {len(words)} 个字，太长了", f"请缩短到 {most} 个字以内")
