"""A project quarter by quarter: supervision, report, activities, and what is there of each activity."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from paperwork import activity_judges as judges
from paperwork import values
from paperwork.check import Checked
from paperwork.clauses import Obligation
from paperwork.duties import Owed, owed
from paperwork.evidence import Evidence
from paperwork.faults import Where
from paperwork.model import Activity, Progress, Project, Supervision
from paperwork.rules_days import REPORT_DAYS
from paperwork.shelf import Shelf
from paperwork.values import Quarter
from paperwork.verdicts import Judged

AGAIN = ("督导", "进展报送", "信息报送")
"""Kinds of obligations that come again and again: what is lacking of them belongs to a quarter."""


@dataclass(frozen=True)
class Piece:
    """方案, 简报, 照片, 视频 or 签到 of an activity. Absent and not `asked`: nobody misses it."""

    name: str
    present: bool
    """Enough of it is there: one photo of two that are asked for is not."""
    count: int
    page: int | None = None
    asked: bool = False
    overdue: bool = False
    """Asked for, absent, and due before the day of the check."""
    wrong: str = ""
    mend: str = ""


@dataclass(frozen=True)
class ActivityLine:
    """An activity and what is there of it, in the order 方案 简报 照片 视频 签到."""

    code: str
    name: str
    days: str
    """2022年5月1日, or from one day to another."""
    start: dt.date
    place: str
    participants: int | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Visit:
    """A supervision."""

    date: dt.date
    department: str
    page: int | None = None


@dataclass(frozen=True)
class Report:
    """A progress report of a quarter."""

    date: dt.date
    on_time: bool
    page: int | None = None


@dataclass(frozen=True)
class QuarterLine:
    """A quarter of the period, or one outside of it (`inside` False) in which something is dated."""

    name: str
    start: dt.date
    end: dt.date
    inside: bool
    visits: tuple[Visit, ...]
    reports: tuple[Report, ...]
    activities: tuple[ActivityLine, ...]
    missing: tuple[Owed, ...]
    """Supervision, report or news of this quarter that is asked for and overdue."""
    later: tuple[Owed, ...]
    """The same, not due yet."""


def quarters(checked: Checked, shelf: Shelf) -> tuple[QuarterLine, ...]:
    """The quarters in order, with whatever could be read of each."""
    project = checked.project
    activities = [(Quarter.of(each.start), each) for each in project.rows(Activity, *judges.ASKED)]
    visits = [(Quarter.of(each.date), each) for each in project.rows(Supervision, "督导日期", "督导部室")]
    reports = [(each.quarter, each) for each in project.rows(Progress, "期次", "报送日期")]
    period = project.catalogue.span.quarters()
    dated = {quarter for rows in (activities, visits, reports) for quarter, _ in rows}
    judged = [each for answer in checked.answers for each in answer.judged]
    pieces = _Pieces(project, judged, shelf)
    overdue, later = _again(project, judged)
    return tuple(
        QuarterLine(
            name=str(quarter),
            start=quarter.start,
            end=quarter.end,
            inside=quarter in period,
            visits=tuple(_visit(each, shelf) for of, each in visits if of == quarter),
            reports=tuple(_report(each, shelf) for of, each in reports if of == quarter),
            activities=tuple(pieces.line(each) for of, each in activities if of == quarter),
            missing=tuple(each for each in overdue if Quarter.of(each.due) == quarter),
            later=tuple(each for each in later if Quarter.of(each.due) == quarter),
        )
        for quarter in sorted(dated.union(period))
    )


def _again(project: Project, judged: list[Judged]) -> tuple[dict[Owed, None], dict[Owed, None]]:
    """What is overdue and what will be due of that which comes again and again, each thing once."""
    asked = [each for each in judged if each.obligation.kind in AGAIN]
    overdue = (owed(lack, project) for each in asked for lack in each.lacks if not lack.doubtful)
    later = (owed(lack, project) for each in asked for lack in each.later if not lack.doubtful)
    return dict.fromkeys(overdue), dict.fromkeys(later)


def _visit(visit: Supervision, shelf: Shelf) -> Visit:
    return Visit(visit.date, visit.department, shelf.page("督导记录表", visit.place))


def _report(report: Progress, shelf: Shelf) -> Report:
    in_time = report.quarter.start <= report.reported <= report.quarter.end + dt.timedelta(REPORT_DAYS)
    return Report(report.reported, in_time, shelf.page("季度进展报告", report.place))


# ---- the pieces of an activity


def _sign_ins(project: Project, activity: Activity) -> int:
    own = (each for each in project.attachments if each.kind == "签到表" and each.activity == activity.code)
    return sum(project.file_of(each.file) is not None for each in own)


Count = Callable[[Project, Activity], int]
PIECES: tuple[tuple[str, str, judges.OfActivity, Count], ...] = (
    ("方案", "每次活动方案", judges.plan, lambda _, each: int(bool(each.purpose and each.agenda))),
    ("简报", "每次活动简报", judges.brief, lambda _, each: int(bool(each.headline and each.brief))),
    ("照片", "每次活动照片", judges.photos, lambda project, each: len(project.photos.get(each.code, ()))),
    ("视频", "每次活动小视频", judges.video, lambda project, each: len(project.videos.get(each.code, ()))),
    ("签到", "每次活动签到表", judges.sign_in, _sign_ins),
)
"""What an activity leaves behind: the obligation that asks for it, who judges it, how many there are."""


class _Pieces:
    """Asks the judges of one project what is there of each activity."""

    def __init__(self, project: Project, judged: list[Judged], shelf: Shelf) -> None:
        self.project, self.shelf = project, shelf
        self.asked: dict[str, Obligation] = {each.obligation.kind: each.obligation for each in judged}
        self.overdue: set[tuple[str, Where]] = {
            (each.obligation.kind, lack.where) for each in judged for lack in each.lacks if not lack.doubtful
        }

    def line(self, activity: Activity) -> ActivityLine:
        """An activity with its five pieces."""
        return ActivityLine(
            code=activity.code,
            name=activity.name,
            days=values.chinese_days(activity.start, activity.last_day),
            start=activity.start,
            place=activity.location,
            participants=activity.participants,
            pieces=tuple(self._piece(activity, *row) for row in PIECES),
        )

    def _piece(self, activity: Activity, name: str, kind: str, judge: judges.OfActivity, count: Count) -> Piece:
        duty, there = self.asked.get(kind), count(self.project, activity)
        answer = judge(self.project, duty or Obligation(kind, ""), activity)
        if isinstance(answer, Evidence):
            return Piece(name, True, there, self.shelf.page(answer.form, answer.place), bool(duty))
        if duty is None:
            return Piece(name, there > 0, there)
        is_overdue = (kind, activity.where("活动编号")) in self.overdue
        return Piece(name, False, there, asked=True, overdue=is_overdue, wrong=answer[0], mend=answer[1])
