"""A project as a page shows it: plain frozen data that travel between processes. Nothing here knows HTML.

While the stamp of its card and the day stay the same, a dossier that was made before is still right. No row of 名册, no
phone and no number of a person is in it.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from paperwork import cards, check, duties, figures, survey, timeline
from paperwork.cards import NOTHING, Card
from paperwork.check import Checked
from paperwork.duties import Clause, Owed
from paperwork.faults import Fault, Level, Stop, as_stop, errors
from paperwork.figures import Result
from paperwork.model import Activity, Attachment, Project, sheets
from paperwork.shelf import Archive, Shelf
from paperwork.timeline import QuarterLine
from paperwork.values import Money


class State(StrEnum):
    """How a project stands, in the words that staff read."""

    COMPLETE = "齐备"
    DRAFT = "待补"
    FAULTY = "有误"
    NONE = "没有工作簿"


@dataclass(frozen=True)
class GoalLine:
    """A goal: achieved and target in `unit`."""

    code: str
    indicator: str
    achieved: Decimal
    target: Decimal
    unit: str
    met: bool


@dataclass(frozen=True)
class MoneyLine:
    """Budget against spending, of one subject or of all."""

    subject: str
    budget: Money = NOTHING
    spent: Money = NOTHING

    @property
    def over(self) -> bool:
        """Whether more was spent than planned."""
        return self.spent > self.budget


@dataclass(frozen=True)
class FaultGroup:
    """The faults of one sheet of one file, in the order of the sheet; each tells cell, what stands there, remedy."""

    file: str
    sheet: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class ActivityName:
    """An activity onto which a photo can be dropped."""

    code: str
    name: str


@dataclass(frozen=True)
class Paper:
    """A file named on the sheet 附件, and whether it lies in the folder."""

    file: str
    kind: str
    title: str
    present: bool
    page: int | None = None


TOTAL = MoneyLine("合计")


@dataclass(frozen=True)
class Dossier(Card):
    """A project in full. One that could not be read is its card, a state, `wrong` and `mend`, faults, its archive."""

    state: State = State.FAULTY
    as_of: dt.date = dt.date.min
    """The day it is judged by: that asked for, or the first on which everything is due."""
    wrong: str = ""
    mend: str = ""
    errors: int = 0
    gaps: int = 0
    notices: int = 0
    partial: tuple[str, ...] = ()
    """Sheets that could not be read in full: what is counted from them will change."""
    coming: tuple[Owed, ...] = ()
    """What is not due yet, each thing once, the next first."""
    goals: tuple[GoalLine, ...] = ()
    money: tuple[MoneyLine, ...] = ()
    total: MoneyLine = TOTAL
    income: Money = NOTHING
    clauses: tuple[Clause, ...] = ()
    quarters: tuple[QuarterLine, ...] = ()
    activities: tuple[ActivityName, ...] = ()
    papers: tuple[Paper, ...] = ()
    faults: tuple[FaultGroup, ...] = ()
    missing: tuple[Fault, ...] = ()
    """待补材料: those of the faults that say what is missing."""
    archive: Archive | None = None

    @property
    def next(self) -> Owed | None:
        """What is due next."""
        return self.coming[0] if self.coming else None


def look(inputs: Path, outputs: Path, number: int, as_of: dt.date, templates: Path | None = None) -> Dossier:
    """One project, whatever can be told of it; without `templates` its archive is not compared with them.

    Never raises: what went wrong is in it.
    """
    card, state = Card(number, name=f"项目{number}"), State.FAULTY
    shelf = Shelf(outputs / str(number))
    try:
        found = survey.inputs(inputs)
        if number in found.entries:
            card = cards.card(found.entries[number], found, outputs, templates)
            state = state if found.workbooks.get(number) else State.NONE
        return _full(card, check.examine(number, inputs, as_of), shelf, templates)
    except Exception as error:
        stop = as_stop(error)
        if state is State.NONE:  # the page has a button for the remedy that the command names
            stop.mend = found.hint()
        return _unread(card, state, as_of, stop, shelf.archive(None, templates))


def _unread(card: Card, state: State, as_of: dt.date, stop: Stop, archive: Archive | None) -> Dossier:
    """What is left of a project that could not be read."""
    wrong = f"{stop.where}：{stop.wrong}" if stop.where else stop.wrong
    groups = _groups(stop.faults)
    return Dossier(**vars(card), state=state, as_of=as_of, wrong=wrong, mend=stop.mend, faults=groups, archive=archive)


def _full(card: Card, checked: Checked, shelf: Shelf, templates: Path | None) -> Dossier:
    project = checked.project
    figure = figures.figures(project)
    counts = {level: sum(fault.level is level for fault in checked.faults) for level in Level}
    known = vars(card) | {
        "name": project.name,
        "contractor": project.basics.contractor or card.contractor,
        "sample": project.basics.sample,
    }
    return Dossier(
        **known,
        state=_state(checked),
        as_of=checked.as_of,
        errors=counts[Level.ERROR],
        gaps=counts[Level.GAP],
        notices=counts[Level.NOTICE],
        partial=tuple(title for title, kind in sheets().items() if not project.whole(kind)),
        coming=duties.coming(checked),
        goals=tuple(map(_goal, figure.results)),
        money=tuple(MoneyLine(each.subject, each.budget, each.spent) for each in figure.execution),
        total=MoneyLine(TOTAL.subject, figure.budget_total, figure.expense),
        income=figure.income,
        clauses=duties.clauses(checked, shelf),
        quarters=timeline.quarters(checked, shelf),
        activities=tuple(ActivityName(each.code, each.name) for each in project.rows(Activity, "活动编号", "活动名称")),
        papers=tuple(_papers(project, shelf)),
        faults=_groups(checked.faults),
        missing=tuple(checked.gaps),
        archive=shelf.archive(checked, templates),
    )


def _state(checked: Checked) -> State:
    if errors(checked.faults):
        return State.FAULTY
    return State.DRAFT if checked.state == check.DRAFT else State.COMPLETE


def _goal(result: Result) -> GoalLine:
    return GoalLine(result.code, result.indicator, result.achieved, result.target, result.unit, result.met)


def _papers(project: Project, shelf: Shelf) -> Iterator[Paper]:
    for each in project.rows(Attachment, "文件"):
        is_there = project.file_of(each.file) is not None
        yield Paper(each.file, each.kind, each.title, is_there, shelf.page("附件隔页", each.place))


def _groups(faults: Sequence[Fault]) -> tuple[FaultGroup, ...]:
    """The faults by sheet, in the order in which each sheet comes first."""
    found: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        found.setdefault((fault.where.file, fault.where.sheet), []).append(fault)
    return tuple(FaultGroup(*place, tuple(own)) for place, own in found.items())
