"""Types that judges yield for an obligation: evidence in the volume, something missing, a question to a person."""

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from paperwork.checks.requirements.kinds import Kind
from paperwork.checks.requirements.obligations import Obligation
from paperwork.core.dates import Period, Quarter
from paperwork.core.faults import NOWHERE, Where
from paperwork.project.model import Project, Role
from paperwork.project.record import Record

MIN_PHOTOS = 2
"""Photos required of each activity, unless the clause gives a number."""
BRIEF_DAYS = 15
"""Days after an activity within which its brief and its news are due, unless the clause gives a number."""
REPORT_DAYS = 15
"""A quarter's report is late more than this many days after the quarter's end."""
FACT_LENGTH = 12
"""Characters of a text by which the page that shows it is found."""
BEFORE_START, AFTER_END = dt.timedelta(31), dt.timedelta(62)
"""Time by which payments may lie outside the period: deposits before it, bills after it."""

CONTRACTOR, LEAD, OUTSIDE = "承接单位", "牵头部室", "第三方机构"
"""The parties that may have to supply missing material."""
START, END = "开始", "结束"
"""The events of a project from which days are counted: values of `Obligation.after` and `Kind.due`."""
DAY_OF_MONTH = re.compile(r"(?<!\d)(?<!\d月)(\d{1,2})[日号](?:之|以)?前")
"""A day of every month: 每月25日前, but not 7月15日前."""
NEXT_SPAN = re.compile(r"上个?一?个?(?:月|季|半年|年)|首月|[次翌下]个?月|(?:结束|期满|终了)[之以]?后")
"""Words that place the due day after the span which the material is about: 每月5日前报送上月工作小结."""


@dataclass(frozen=True)
class Evidence:
    """An item of the volume that proves something: the role of its form, and the place of the row it was made from.

    The place is `NOWHERE` if the item was made from the whole project. `words` describe evidence that is no item.
    `facts` are words that stand on the page of the item that proves it, the most telling first: a template may print
    only some of them. Without facts the item proves it by being there.
    """

    role: Role | None = None
    place: Where = NOWHERE
    words: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lack:
    """Missing material: the place where it belongs, the remedy, the last day on which it is in time, and the owner.

    The owner is the party that has to supply it.
    """

    where: Where
    wrong: str
    mend: str
    due: dt.date
    owner: str = CONTRACTOR
    awaits_answer: bool = False
    """True if the missing material is a person's answer to an `Ask`."""
    is_doubtful: bool = False
    """True if the material may exist in a row that could not be read; the error in that row is reported instead."""


@dataclass(frozen=True)
class Question:
    """A question that only a person can judge; `due` is the last day on which the answer is in time."""

    due: dt.date


Finding = Evidence | Lack | Question
Judge = Callable[[Project, Obligation], Iterator[Finding]]
KindJudge = Callable[[Kind, Project, Obligation], Iterator[Finding]]
"""A judge before its kind is known: the kind holds the judge's parameters."""


def owner_name(project: Project, lack: Lack) -> str:
    """Return the party that has to supply missing material: its name if one is known, else its role."""
    names = {CONTRACTOR: project.basics.contractor, LEAD: project.catalogue.department}
    return names.get(lack.owner) or lack.owner


def sheet_place(project: Project, title: str) -> Where:
    """Return the place of something that has no row yet: the worksheet."""
    return Where(project.workbook, title)


def row_evidence(role: Role, record: Record, *facts: str) -> Evidence:
    """Return as evidence the item made from a row."""
    return Evidence(role, record.place, facts=tuple(filter(None, facts)))


def beginning(words: str) -> str:
    """Return the first words of a text: a page break in a long text must not part them."""
    return next(iter(words.split("\n")), "").strip()[:FACT_LENGTH]


def due_day(project: Project, duty: Obligation, kind: Kind) -> dt.date:
    """Return the last day on which material that is asked for once is in time.

    A date in the clause counts first; else its days, from the start or the end of the project.
    """
    if duty.due:
        return duty.due
    span = project.catalogue.span
    return (span.start if (duty.after or kind.due) == START else span.end) + dt.timedelta(duty.days)


def is_due_after(duty: Obligation) -> bool:
    """Return True if recurring material is due after the span that it is about."""
    return bool(duty.days or NEXT_SPAN.search(duty.words))


def due_day_of_span(span: Period, duty: Obligation) -> dt.date:
    """Return the last day on which the material of one span is in time.

    That is the span's end, some days later, or the day of the month that the clause gives.
    """
    day = DAY_OF_MONTH.search(duty.words)
    if duty.days or not day:
        return span.end + dt.timedelta(duty.days)
    month = span.end + dt.timedelta(1) if is_due_after(duty) else span.end.replace(day=1)
    return month.replace(day=max(1, min(int(day[1]), monthrange(month.year, month.month)[1])))


def calendar_spans(period: Period, months: int) -> Iterator[tuple[str, Period]]:
    """Yield the spans of so many months that a period touches, each with its name.

    Spans that divide a year are those of the calendar (months, quarters, half years, years). Others (九个月) are
    counted from the January of the period's first year.
    """
    first = dt.date(period.start.year, (period.start.month - 1) // months * months + 1, 1)
    while first <= period.end:
        after = _months_later(first, months)
        last = after - dt.timedelta(1)
        yield _span_name(first, last, months), Period(first, last)
        first = after


def _months_later(first: dt.date, months: int) -> dt.date:
    """Return the first day of the month that comes so many months after another."""
    index = first.year * 12 + first.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def _span_name(first: dt.date, last: dt.date, months: int) -> str:
    """Return the name of a span: 2022年3月, 2022年第二季度, 2022年上半年, 2022年, or 2022年10月—2023年6月."""
    if months == 3:
        return str(Quarter.containing(first))
    if last.year != first.year:
        return f"{first.year}年{first.month}月—{last.year}年{last.month}月"
    return f"{first.year}年" + {
        1: f"{first.month}月",
        6: "上半年" if first.month == 1 else "下半年",
        12: "",
    }.get(months, f"{first.month}—{last.month}月")
