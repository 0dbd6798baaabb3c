"""Types that judges yield for an obligation: evidence in the volume, something missing, a question to a person."""

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
"""The parties that may have to supply missing material."""
NOWHERE = Where()


@dataclass(frozen=True)
class Evidence:
    """An item of the volume that proves something: its form, and the place of the row that it was made from.

    The place is `NOWHERE` if the item was made from the whole project. `words` describe evidence that is no item.
    """

    form: str = ""
    place: Where = NOWHERE
    words: str = ""


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
    asks: bool = False
    """True if the missing material is a person's answer to an `Ask`."""
    doubtful: bool = False
    """True if the material may exist in a row that could not be read; the error in that row is reported instead."""


@dataclass(frozen=True)
class Ask:
    """A question that only a person can judge; `due` is the last day on which the answer is in time."""

    due: dt.date


Finding = Evidence | Lack | Ask
Judge = Callable[[Project, Obligation], Iterator[Finding]]


def debtor(project: Project, lack: Lack) -> str:
    """Return the party that has to supply missing material: its name if one is known, else its role."""
    names = {CONTRACTOR: project.basics.contractor, LEAD: project.catalogue.department}
    return names.get(lack.owner) or lack.owner


def sheet(project: Project, title: str) -> Where:
    """Return the place of something that has no row yet: the worksheet."""
    return Where(project.workbook, title)


def row(form: str, record: Record) -> Evidence:
    """Return as evidence the item made from a row."""
    return Evidence(form, record.place)


def spans(period: Period, months: int) -> Iterator[tuple[str, Period]]:
    """Yield the calendar spans (months, quarters, half years, years) that a period touches, each with its name.

    `months` is the length of a span, and must divide 12.
    """
    # The first span begins on or before the period's start, counted from January: a quarter is a calendar quarter.
    first = dt.date(period.start.year, (period.start.month - 1) // months * months + 1, 1)
    while first <= period.end:
        last_month = first.month + months - 1
        last = dt.date(first.year, last_month, monthrange(first.year, last_month)[1])
        yield _span_name(first, months), Period(first, last)
        first = last + dt.timedelta(1)


def _span_name(first: dt.date, months: int) -> str:
    """Return the Chinese name of a span: 2022年3月, 2022年第二季度, 2022年上半年, 2022年, 2022年1—2月."""
    if months == 3:
        return str(Quarter.of(first))
    return f"{first.year}年" + {
        1: f"{first.month}月",
        6: "上半年" if first.month == 1 else "下半年",
        12: "",
    }.get(months, f"{first.month}—{first.month + months - 1}月")
