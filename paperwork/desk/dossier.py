"""Read-only snapshot of one project for display, as frozen data that can be pickled. Knows no HTML.

A dossier stays valid while its card's stamp and the date stay the same. It holds no row of 名册 and no phone number or
identity number of a person.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from paperwork.archive import history
from paperwork.archive.finished import ArchiveReader, ArchiveSummary
from paperwork.archive.history import Kept
from paperwork.checks import account, check
from paperwork.checks.check import Checked
from paperwork.checks.missing import Missing
from paperwork.checks.requirements.reading import sheet
from paperwork.core.faults import Fault, Level, Stop, as_stop, keep_errors
from paperwork.core.values import Money, ProjectNumber
from paperwork.desk import board, obligations, timeline
from paperwork.desk.board import ZERO, Card
from paperwork.desk.obligations import Clause
from paperwork.desk.readings import page
from paperwork.desk.timeline import QuarterLine
from paperwork.project import figures, funder, input_folder
from paperwork.project.figures import Result
from paperwork.project.model import Activity, Attachment, Project, Role, sheets


class State(StrEnum):
    """Overall state of a project; the values are shown to staff."""

    COMPLETE = "齐备"
    DRAFT = "待补"
    FAULTY = "有误"
    NONE = "没有工作簿"


@dataclass(frozen=True)
class GoalLine:
    """Progress of one goal; `achieved` and `target` are in `unit`."""

    code: str
    indicator: str
    achieved: Decimal
    target: Decimal
    unit: str
    is_met: bool


@dataclass(frozen=True)
class MoneyLine:
    """Budget and spending in yuan, for one subject or in total."""

    subject: str
    budget: Money = ZERO
    spent: Money = ZERO

    @property
    def is_overspent(self) -> bool:
        """Return True if spending exceeds the budget."""
        return self.spent > self.budget


@dataclass(frozen=True)
class FaultGroup:
    """Faults of one worksheet of one file, in worksheet order; each has cell, present value and remedy."""

    file: str
    sheet: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class ActivityName:
    """Code and name of an activity that accepts uploaded photos."""

    code: str
    name: str


@dataclass(frozen=True)
class AttachmentLine:
    """File listed on the sheet 附件; `present` is True if it lies in the folder."""

    file: str
    kind: str
    title: str
    present: bool
    page: int | None = None


@dataclass(frozen=True)
class FileLine:
    """File below the inputs folder: what it is used for, the rule that keeps it aside, or the problem and remedy."""

    path: str
    fate: str
    """用上, 不用管 or 没有用上."""
    why: str
    mend: str


TOTAL = MoneyLine("合计")


@dataclass(frozen=True)
class Dossier(Card):
    """Full view of one project.

    For a project that cannot be read, only the card, `state`, `wrong`, `mend`, `faults` and `archive` are set.
    """

    state: State = State.FAULTY
    as_of: dt.date = dt.date.min
    """Date of the check: the requested one, or the first on which everything is due."""
    wrong: str = ""
    mend: str = ""
    errors: int = 0
    gaps: int = 0
    notices: int = 0
    incomplete_sheets: tuple[str, ...] = ()
    """Worksheets with unreadable rows; figures derived from them may change."""
    goals: tuple[GoalLine, ...] = ()
    money: tuple[MoneyLine, ...] = ()
    total: MoneyLine = TOTAL
    income: Money = ZERO
    clauses: tuple[Clause, ...] = ()
    unseen: int = 0
    """Parts of the published texts whose reading nobody has decided."""
    asked: int = 0
    """Parts among them that the program does not know."""
    quarters: tuple[QuarterLine, ...] = ()
    activities: tuple[ActivityName, ...] = ()
    papers: tuple[AttachmentLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    """All files in the project's folder, those that are not used first."""
    faults: tuple[FaultGroup, ...] = ()
    missing: tuple[Missing, ...] = ()
    """待补材料清单: what is overdue, then what is not due yet, earliest deadline first."""
    archive: ArchiveSummary | None = None
    earlier: tuple[Kept, ...] = ()
    """Archives that were replaced: the last one of each state."""

    @property
    def upcoming(self) -> tuple[Missing, ...]:
        """Return what is not due yet, earliest deadline first."""
        return tuple(each for each in self.missing if not each.is_overdue)

    @property
    def next(self) -> Missing | None:
        """Return what is due next."""
        return next(iter(self.upcoming), None)


def read_dossier(inputs: Path, outputs: Path, number: int, as_of: dt.date, templates: Path | None = None) -> Dossier:
    """Return the dossier of one project; never raises, errors are stored in it.

    Without `templates` the funder is not named and the archive is not compared with the templates.
    """
    card, state, unseen, asked = Card(number, name=f"项目{number}"), State.FAULTY, 0, 0
    shelf = ArchiveReader.open(outputs / str(ProjectNumber(number)))
    try:
        found = input_folder.scan_inputs(inputs, templates)
        # Fill the card before the check: if the workbook cannot be read, the catalogue's entry is still shown.
        if number in found.entries:
            card = board.card(number, found, outputs, board.loose_files(found), templates)
            state = state if found.workbooks.get(number) else State.NONE
            reading = page.make_page(found, sheet.read_sheet(found), number)
            unseen, asked = len(reading.unseen), len(reading.asked)
        shown = _full(card, check.examine(number, inputs, as_of, templates), shelf, templates)
    except Exception as error:
        stop = as_stop(error)
        if state is State.NONE:  # the page has a button instead of the command that the usual remedy names
            stop.mend = found.missing_workbook_hint()
        shown = _unreadable(card, state, as_of, stop, shelf.archive(None, templates))
    return replace(shown, earlier=tuple(history.earlier(outputs, number)), unseen=unseen, asked=asked)


def read_files(inputs: Path, templates: Path | None = None) -> tuple[FileLine, ...]:
    """Return every file below the inputs folder once, those that are not used first. Raises `Stop` without a folder."""
    return _file_lines(account.account(inputs, funder.read_funder(templates), templates))


def _file_lines(entries: Sequence[tuple[str, account.Entry]]) -> tuple[FileLine, ...]:
    order = (account.Fate.TOLD, account.Fate.LEFT, account.Fate.USED)
    lines = [FileLine(path, entry.fate.value, entry.why, entry.mend) for path, entry in entries]
    return tuple(sorted(lines, key=lambda line: order.index(account.Fate(line.fate))))


def _unreadable(card: Card, state: State, as_of: dt.date, stop: Stop, archive: ArchiveSummary | None) -> Dossier:
    """Return the dossier of a project that could not be read."""
    wrong = f"{stop.where}：{stop.wrong}" if stop.where else stop.wrong
    groups = _groups(stop.faults)
    return Dossier(**vars(card), state=state, as_of=as_of, wrong=wrong, mend=stop.mend, faults=groups, archive=archive)


def _full(card: Card, checked: Checked, shelf: ArchiveReader, templates: Path | None) -> Dossier:
    """Return the dossier of a project that was read and checked."""
    project = checked.project
    computed = figures.compute_figures(project)
    counts = {level: sum(fault.level is level for fault in checked.faults) for level in Level}
    card_fields = vars(card) | {
        "name": project.name,
        "contractor": project.basics.contractor or card.contractor,
        "is_sample": project.basics.sample,
    }
    return Dossier(
        **card_fields,
        state=_state(checked),
        as_of=checked.as_of,
        errors=counts[Level.ERROR],
        gaps=counts[Level.GAP],
        notices=counts[Level.NOTICE],
        incomplete_sheets=tuple(title for title, kind in sheets().items() if not project.is_fully_read(kind)),
        goals=tuple(map(_goal, computed.results)),
        money=tuple(MoneyLine(each.subject, each.budget, each.spent) for each in computed.execution),
        total=MoneyLine(TOTAL.subject, computed.budget_total, computed.expense),
        income=computed.income,
        clauses=obligations.clauses(checked, shelf),
        quarters=timeline.quarters(checked, shelf),
        activities=tuple(
            ActivityName(each.code, each.name) for each in project.readable_rows(Activity, "活动编号", "活动名称")
        ),
        papers=tuple(_papers(project, shelf)),
        files=_file_lines(account.of_project(checked.inputs, project)),
        faults=_groups(checked.faults),
        missing=checked.missing,
        archive=shelf.archive(checked, templates),
    )


def _state(checked: Checked) -> State:
    if keep_errors(checked.faults):
        return State.FAULTY
    return State.DRAFT if checked.state == check.DRAFT else State.COMPLETE


def _goal(result: Result) -> GoalLine:
    return GoalLine(result.code, result.indicator, result.achieved, result.target, result.unit, result.met)


def _papers(project: Project, shelf: ArchiveReader) -> Iterator[AttachmentLine]:
    for each in project.readable_rows(Attachment, "文件"):
        is_present = project.attachment_path(each.file) is not None
        page = shelf.first_page_of(Role.ATTACHMENT, each.place)
        yield AttachmentLine(each.file, each.kind, each.title, is_present, page)


def _groups(faults: Sequence[Fault]) -> tuple[FaultGroup, ...]:
    """Group faults by file and worksheet, in order of first appearance."""
    groups: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.where.file, fault.where.sheet), []).append(fault)
    return tuple(FaultGroup(*place, tuple(members)) for place, members in groups.items())
