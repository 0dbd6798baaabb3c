"""What an obligation rests on, as judges tell it: evidence in the volume, something lacking, a question to a person."""

import datetime as dt
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from paperwork.clauses import Obligation
from paperwork.faults import Where
from paperwork.model import Project
from paperwork.record import Record
from paperwork.values import Period, Quarter

CONTRACTOR, LEAD, OUTSIDE = "承接单位", "牵头部室", "第三方机构"
"""Who owes what is lacking."""
NOWHERE = Where()


@dataclass(frozen=True)
class Evidence:
    """An item of the volume that proves something: its form, and the row it was made from (none: the whole project).

    `words` say it where no item does.
    """

    form: str = ""
    place: Where = NOWHERE
    words: str = ""


@dataclass(frozen=True)
class Lack:
    """Something that is not there: where it would stand, what to do, the last day it was in time, and who owes it."""

    where: Where
    wrong: str
    mend: str
    due: dt.date
    owner: str = CONTRACTOR
    asks: bool = False
    """Whether it is an answer that is lacking: that of a person, to an `Ask`."""
    doubtful: bool = False
    """Whether it may be there after all, in a row that could not be read; the error there is told instead."""


@dataclass(frozen=True)
class Ask:
    """What only a person can judge; `due` is the day from which the answer must be there."""

    due: dt.date


Finding = Evidence | Lack | Ask
Judge = Callable[[Project, Obligation], Iterator[Finding]]


def debtor(project: Project, lack: Lack) -> str:
    """Who owes what is lacking, by name where there is one."""
    names = {CONTRACTOR: project.basics.contractor, LEAD: project.catalogue.department}
    return names.get(lack.owner) or lack.owner


def sheet(project: Project, title: str) -> Where:
    """The place of something that has no row yet."""
    return Where(project.workbook, title)


def row(form: str, record: Record) -> Evidence:
    """The item made from a row."""
    return Evidence(form, record.place)


def spans(period: Period, months: int) -> Iterator[tuple[str, Period]]:
    """The calendar months, quarters, half years or years that a period touches, each with its name."""
    first = dt.date(period.start.year, (period.start.month - 1) // months * months + 1, 1)
    while first <= period.end:
        last_month = first.month + months - 1
        last = dt.date(first.year, last_month, monthrange(first.year, last_month)[1])
        yield _span_name(first, months), Period(first, last)
        first = last + dt.timedelta(1)


def _span_name(first: dt.date, months: int) -> str:
    if months == 3:
        return str(Quarter.of(first))
    return f"{first.year}年" + {
        1: f"{first.month}月",
        6: "上半年" if first.month == 1 else "下半年",
        12: "",
    }.get(months, f"{first.month}—{first.month + months - 1}月")
