"""Timeline of a project by quarter: supervision visits, progress reports, activities and their evidence."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from paperwork.archive.finished import ArchiveReader
from paperwork.checks.check import Checked
from paperwork.checks.requirements import activities as judges
from paperwork.checks.requirements.evidence import REPORT_DAYS, Evidence
from paperwork.checks.requirements.obligations import Obligation
from paperwork.checks.requirements.verdicts import JudgedObligation
from paperwork.core import values
from paperwork.core.dates import Quarter
from paperwork.core.faults import Where
from paperwork.desk.obligations import Owed, make_owed
from paperwork.project.model import Activity, Progress, Project, Role, Supervision

RECURRING_KINDS = ("督导", "进展报送", "信息报送")
"""Kinds of obligations that recur; a gap in one of them belongs to a quarter."""


@dataclass(frozen=True)
class ActivityEvidence:
    """Evidence of one kind (方案, 简报, 照片, 视频 or 签到) for one activity; optional unless `asked`."""

    name: str
    is_present: bool
    """True if there is enough of it: one photo where two are required is not enough."""
    count: int
    page: int | None = None
    is_required: bool = False
    is_overdue: bool = False
    """True if it is required, absent, and its deadline is before the day of the check."""
    wrong: str = ""
    mend: str = ""


@dataclass(frozen=True)
class ActivityLine:
    """Activity with its evidence, in the order 方案 简报 照片 视频 签到."""

    code: str
    name: str
    days: str
    """One date (2022年5月1日) or a range of dates, in Chinese."""
    start: dt.date
    place: str
    participants: int | None
    evidence: tuple[ActivityEvidence, ...]


@dataclass(frozen=True)
class Visit:
    """Supervision visit."""

    date: dt.date
    department: str
    page: int | None = None


@dataclass(frozen=True)
class Report:
    """Quarterly progress report."""

    date: dt.date
    is_on_time: bool
    page: int | None = None


@dataclass(frozen=True)
class QuarterLine:
    """Quarter with everything dated in it; `inside` is False outside the project period."""

    name: str
    start: dt.date
    end: dt.date
    is_in_period: bool
    visits: tuple[Visit, ...]
    reports: tuple[Report, ...]
    activities: tuple[ActivityLine, ...]
    missing: tuple[Owed, ...]
    """Required supervision visits, reports or news of this quarter that are overdue."""
    later: tuple[Owed, ...]
    """Required supervision visits, reports or news of this quarter that are not due yet."""


def quarters(checked: Checked, shelf: ArchiveReader) -> tuple[QuarterLine, ...]:
    """Return the quarters of the period, and others with dated rows, in order; unreadable rows are left out."""
    project = checked.project
    activities = [
        (Quarter.containing(each.start), each) for each in project.readable_rows(Activity, *judges.REQUIRED_COLUMNS)
    ]
    visits = [
        (Quarter.containing(each.date), each) for each in project.readable_rows(Supervision, "督导日期", "督导部室")
    ]
    reports = [(each.quarter, each) for each in project.readable_rows(Progress, "期次", "报送日期")]
    period = project.catalogue.span.quarters() if project.catalogue.is_dated else ()
    # Rows dated outside of the period get a quarter of their own; hiding them would hide a mistake.
    dated = {quarter for rows in (activities, visits, reports) for quarter, _ in rows}
    judged = [each for answer in checked.answers for each in answer.judged]
    pieces = _Pieces(project, judged, shelf)
    overdue, later = _recurring(project, judged)
    return tuple(
        QuarterLine(
            name=str(quarter),
            start=quarter.start,
            end=quarter.end,
            is_in_period=quarter in period,
            visits=tuple(_visit(each, shelf) for own, each in visits if own == quarter),
            reports=tuple(_report(each, shelf) for own, each in reports if own == quarter),
            activities=tuple(pieces.line(each) for own, each in activities if own == quarter),
            missing=tuple(each for each in overdue if Quarter.containing(each.due) == quarter),
            later=tuple(each for each in later if Quarter.containing(each.due) == quarter),
        )
        for quarter in sorted(dated.union(period))
    )


def _recurring(project: Project, judged: list[JudgedObligation]) -> tuple[dict[Owed, None], dict[Owed, None]]:
    """Return overdue and upcoming gaps of recurring obligations, each without duplicates."""
    asked = [each for each in judged if each.obligation.kind in RECURRING_KINDS]
    overdue = (make_owed(lack, project) for each in asked for lack in each.lacks if not lack.is_doubtful)
    later = (make_owed(lack, project) for each in asked for lack in each.later if not lack.is_doubtful)
    # A dict, not a set: it keeps the order.
    return dict.fromkeys(overdue), dict.fromkeys(later)


def _visit(visit: Supervision, shelf: ArchiveReader) -> Visit:
    """Return a supervision visit with the page of its record."""
    return Visit(visit.date, visit.department, shelf.first_page_of(Role.SUPERVISION, visit.place))


def _report(report: Progress, shelf: ArchiveReader) -> Report:
    """Return a progress report; it is on time from the quarter's first day to `REPORT_DAYS` after its last."""
    is_on_time = report.quarter.start <= report.reported <= report.quarter.end + dt.timedelta(REPORT_DAYS)
    return Report(report.reported, is_on_time, shelf.first_page_of(Role.PROGRESS, report.place))


# ---- evidence of an activity


def _count_sign_ins(project: Project, activity: Activity) -> int:
    """Return the number of sign-in sheets of an activity that lie in the folder."""
    own = (each for each in project.attachments if each.kind == "签到表" and each.activity == activity.code)
    return sum(project.attachment_path(each.file) is not None for each in own)


Count = Callable[[Project, Activity], int]
EVIDENCE_KINDS: tuple[tuple[str, str, judges.ActivityCheck, Count], ...] = (
    ("方案", "每次活动方案", judges.plan, lambda _, each: int(bool(each.purpose and each.agenda))),
    ("简报", "每次活动简报", judges.brief, lambda _, each: int(bool(each.headline and each.brief))),
    ("照片", "每次活动照片", judges.photos, lambda project, each: len(project.photos.get(each.code, ()))),
    ("视频", "每次活动小视频", judges.video, lambda project, each: len(project.videos.get(each.code, ()))),
    ("签到", "每次活动签到表", judges.sign_in, _count_sign_ins),
)
"""Rows of name, kind of obligation, judge, and counter, for each kind of evidence of an activity."""


class _Pieces:
    """Evidence of the activities of one project, as decided by its judges."""

    def __init__(self, project: Project, judged: list[JudgedObligation], shelf: ArchiveReader) -> None:
        self.project, self.shelf = project, shelf
        self.asked: dict[str, Obligation] = {each.obligation.kind: each.obligation for each in judged}
        self.overdue: set[tuple[str, Where]] = {
            (each.obligation.kind, lack.where) for each in judged for lack in each.lacks if not lack.is_doubtful
        }

    def line(self, activity: Activity) -> ActivityLine:
        """Return an activity with its five kinds of evidence."""
        return ActivityLine(
            code=activity.code,
            name=activity.name,
            days=values.chinese_date_range(activity.start, activity.last_day),
            start=activity.start,
            place=activity.location,
            participants=activity.participants,
            evidence=tuple(self._piece(activity, *row) for row in EVIDENCE_KINDS),
        )

    def _piece(
        self, activity: Activity, name: str, kind: str, judge: judges.ActivityCheck, count: Count
    ) -> ActivityEvidence:
        """Return one kind of evidence for an activity."""
        obligation, found = self.asked.get(kind), count(self.project, activity)
        # Judges need an obligation; for evidence that no clause requires, pass an empty one and do not report a gap.
        answer = judge(self.project, obligation or Obligation(kind, ""), activity)
        if isinstance(answer, Evidence):
            return ActivityEvidence(
                name, True, found, self.shelf.first_page_of(answer.role, answer.place), bool(obligation)
            )
        if obligation is None:
            return ActivityEvidence(name, found > 0, found)
        is_overdue = (kind, activity.where("活动编号")) in self.overdue
        return ActivityEvidence(
            name, False, found, is_required=True, is_overdue=is_overdue, wrong=answer[0], mend=answer[1]
        )
