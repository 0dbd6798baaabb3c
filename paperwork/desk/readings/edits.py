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
from paperwork.desk.readings.page import DAY, KIND, NOTE, WHO, PartView, ReadingPage, make_page
from paperwork.project import decisions, input_folder
from paperwork.project.decisions import FACTS, NOT_A_DEMAND

MOST_ROWS = 12
"""Readings that one part may have."""
MOST_CHARACTERS = {NOTE: 500}
MOST_IN_A_CELL = 100
FILLED = "1"
"""Stands for the cells that are not looked at."""
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
    """A form as it was sent: the part that it is about, its rows by column, who has decided it and when.

    Each row has the columns `FACTS`, and `at`: which reading of the part it is, empty for a new one.
    """

    place: int
    stamp: str
    rows: tuple[Mapping[str, str], ...]
    who: str = ""
    day: str = ""
    faults: tuple[FieldFault, ...] = field(default=(), compare=False)

    def fault(self, row: int, header: str) -> FieldFault | None:
        """Return what is wrong in a field; None if nothing is."""
        return next((each for each in self.faults if (each.row, each.header) == (row, header)), None)

    def with_new_row(self) -> "Form":
        """Return the form with one more row, which is empty."""
        more = ({"at": NEW_ROW, **dict.fromkeys(FACTS, "")},) if len(self.rows) < MOST_ROWS else ()
        return replace(self, rows=(*self.rows, *more))

    def without_row(self, row: int, part: PartView) -> "Form":
        """Return the form without a row. One that the program has read stays, as no demand: it would come again."""
        known = {str(each.at) for each in part.rows if not each.is_added}
        rows = list(self.rows)
        if 0 <= row < len(rows):
            own = rows.pop(row)
            if own.get("at") in known:
                rows.insert(row, dict.fromkeys(FACTS, "") | {"at": own["at"], KIND: NOT_A_DEMAND})
        return replace(self, rows=tuple(rows))


def form_of(part: PartView, stamp: str, today: dt.date) -> Form:
    """Return the form of a part as it is read now, to be decided today."""
    rows = tuple({"at": str(row.at), **row.values} for row in part.rows)
    return Form(part.place, stamp, rows, "", today.isoformat())


def save(inputs: Path, templates: Path | None, number: int, form: Form) -> tuple[FieldFault, ...]:
    """Write a part's rows into the workbook as decided by a person.

    Return all that is wrong in the form; then nothing is written. Raises `Stop` if the page is out of date or the
    workbook cannot be written.
    """
    reading, page = _read(inputs, templates, number, form.stamp)
    part = page.part(form.place)
    if part is None or not form.rows:
        raise Stop(ExitCode.REFUSED, *STALE)
    lines = _lines(reading, number, part)
    given = [_decided(form, row, lines) for row in form.rows]
    if faults := tuple(dict.fromkeys(_faults(form, given, reading))):
        return faults
    sheet.write_sheet(_with_rows(reading, lines, form, given))
    return ()


def confirm(
    inputs: Path, templates: Path | None, number: int, form: Form, clause: int
) -> tuple[tuple[FieldFault, ...], int]:
    """Decide all undecided parts of a clause (0: of the project) as the program reads them.

    Return what is wrong in the form, and how many parts were left out because a person must fill something in there.
    """
    reading, page = _read(inputs, templates, number, form.stamp)
    who = replace(form, rows=())
    given = {WHO: who.who, DAY: who.day}
    if faults := tuple(_person_faults(who, reading)):
        return faults, 0
    changes: dict[tuple[str, str, str, int], Cells] = {}
    left_out = 0
    typed = _typed(given)
    for part in parts_to_confirm(page, clause):
        lines = [line for line in _lines(reading, number, part) if not line.is_decided]
        if any(line.is_edited or sheet.faults_of_cells({**line.cells, **given}, reading.kinds) for line in lines):
            left_out += 1
        else:
            changes |= {line.key: typed for line in lines}
    if changes:
        sheet.write_sheet(reading.with_cells(changes))
    return (), left_out


def parts_to_confirm(page: ReadingPage, clause: int) -> tuple[PartView, ...]:
    """Return the undecided parts of a clause by its place on the page, or (0) of the project."""
    return tuple(part for each in page.clauses if clause in (0, each.place) for part in each.unseen)


def withdraw(inputs: Path, templates: Path | None, number: int, form: Form) -> None:
    """Withdraw the decision on a part: it counts again as the program reads it. Raises `Stop` as `save` does."""
    reading, page = _read(inputs, templates, number, form.stamp)
    part = page.part(form.place)
    if part is None:
        raise Stop(ExitCode.REFUSED, *STALE)
    lines = _lines(reading, number, part)
    nothing = dict.fromkeys((*FACTS, WHO, DAY))
    changes = {line.key: {**nothing, **line.program} for line in lines if line.program}
    added = {line.key for line in lines if not line.program}
    sheet.write_sheet(_without(reading.with_cells(changes), added))


def forget(inputs: Path, templates: Path | None, number: int, stamp: str, place: int) -> None:
    """Remove a decision that fits no text any more, by its place among them from 1. Raises `Stop` as `save` does."""
    reading, page = _read(inputs, templates, number, stamp)
    left = [line for line in reading.lines if line.number == str(number) and line.is_left_over]
    if not 0 < place <= len(page.left_over):
        raise Stop(ExitCode.REFUSED, *STALE)
    sheet.write_sheet(_without(reading, {left[place - 1].key}))


# ---- the rows of the workbook


def _read(inputs: Path, templates: Path | None, number: int, stamp: str) -> tuple[Reading, ReadingPage]:
    """Read the workbook and the catalogue again; raises `Stop` if they are not as the form's page showed them."""
    found = input_folder.scan_inputs(inputs, templates)
    reading = sheet.read_sheet(found)
    if number not in found.entries:
        raise Stop(ExitCode.REFUSED, *STALE)
    page = make_page(found, reading, number)
    if page.stamp != stamp:
        raise Stop(ExitCode.REFUSED, *STALE)
    return reading, page


def _lines(reading: Reading, number: int, part: PartView) -> list[Line]:
    own = (str(number), part.clause, part.text)
    return [line for line in reading.lines if line.key[:3] == own and not line.is_left_over]


def _decided(form: Form, row: Mapping[str, str], lines: Sequence[Line]) -> Cells:
    """Return the cells of a row of the form, with those of the workbook's row that the form does not show."""
    line = next((each for each in lines if str(each.at) == row.get("at")), None)
    identity = {header: lines[0].cells.get(header) for header in sheet.IDENTITY}
    given = {header: row.get(header, "") for header in FACTS}
    return {**(line.cells if line else identity), **given, WHO: form.who, DAY: form.day}


def _with_rows(reading: Reading, lines: Sequence[Line], form: Form, given: Sequence[Cells]) -> Reading:
    """Return the reading with the rows of a part changed, added and removed as the form has them."""
    by_at = {str(line.at): line for line in lines}
    changes: dict[tuple[str, str, str, int], Cells] = {}
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


def _without(reading: Reading, gone: set[tuple[str, str, str, int]]) -> Reading:
    return replace(reading, lines=tuple(line for line in reading.lines if line.key not in gone))


def _typed(cells: Cells) -> Cells:
    """Return the columns of a form as the workbook holds them: numbers as numbers, days as days."""
    decision, _ = decisions.check_cells({**dict.fromkeys(sheet.IDENTITY, FILLED), **cells})
    found = {each.alias: getattr(decision, name) for name, each in decision.fields().items()}
    return {header: _cell(found[header]) for header in (*FACTS, WHO, DAY) if header in cells}


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
        for header in FACTS:
            yield from _length_fault(row, header, str(cells.get(header) or ""))
        # 审定人 is told once, above; without it nothing of a row would be looked at.
        checked = {**cells, WHO: cells.get(WHO) or FILLED, DAY: ""}
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
