"""A project as a page shows it: plain frozen data that travel between processes. Nothing here knows HTML.

`board` is cheap and tells a stamp of each project; `look` tells everything of one. While the stamp and the day stay the
same, a dossier that was made before is still right. No row of 名册, no phone and no number of a person is in it.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from paperwork.evidence import CONTRACTOR
from paperwork.faults import Fault, Where
from paperwork.plan import Printed
from paperwork.values import Money
from paperwork.verdicts import Verdict


class State(StrEnum):
    """How a project stands, in the words that staff read."""

    COMPLETE = "齐备"
    DRAFT = "待补"
    FAULTY = "有误"
    NONE = "没有工作簿"


@dataclass(frozen=True)
class Card:
    """What is known of a project without reading it: the catalogue's row, and where its workbook lies."""

    number: int
    stamp: str
    """Changes when anything changes that a dossier shows, but for the day."""
    name: str
    department: str
    """牵头部室"""
    contractor: str
    """As the catalogue says; a dossier has the workbook's word instead, once it could be read."""
    period: str
    """实施周期 as published; start and end are its days."""
    start: dt.date
    end: dt.date
    amount: Money
    """Yuan granted."""
    workbook: str
    """Relative to the inputs folder; empty: there is none, or two claim the number."""
    sample: bool


@dataclass(frozen=True)
class Board:
    """The catalogue, those without a workbook too; `wrong` and `mend` say why there is none."""

    stamp: str
    """Changes when a table in the inputs folder changes, comes or goes."""
    cards: tuple[Card, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What is wrong with the catalogue, and files that could not be placed."""
    wrong: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Owed:
    """Something that is not there: by when it must be, who owes it (by name), where it would stand."""

    wrong: str
    mend: str
    due: dt.date
    owner: str = CONTRACTOR
    where: Where = Where()
    doubtful: bool = False
    """It may be there after all, in a row that could not be read."""


@dataclass(frozen=True)
class Proof:
    """What proves something: an item of the volume, or (`number` and `page` None) a form or words."""

    words: str
    """What is said of it besides the item; often empty."""
    item: str
    number: int | None = None
    page: int | None = None
    """The number printed on the item's first page."""


@dataclass(frozen=True)
class Duty:
    """One thing a clause asks for, and how it stands."""

    kind: str
    words: str
    """The clause's own words."""
    verdict: Verdict
    proofs: tuple[Proof, ...]
    missing: tuple[Owed, ...]
    later: tuple[Owed, ...]


@dataclass(frozen=True)
class Clause:
    """A clause or a column of targets; `name` is how it is called (相关要求第4条), `number` 0 where it has none."""

    number: int
    source: str
    name: str
    text: str
    verdict: Verdict
    duties: tuple[Duty, ...]


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
    """A quarter's progress report."""

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


@dataclass(frozen=True)
class GoalLine:
    """A goal: achieved and target in `unit`; `share` lies between 0 and 1."""

    code: str
    indicator: str
    achieved: Decimal
    target: Decimal
    unit: str
    share: float
    met: bool


@dataclass(frozen=True)
class MoneyLine:
    """Budget against spending, of one subject or of all."""

    subject: str
    budget: Money
    spent: Money

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


@dataclass(frozen=True)
class Download:
    """A file of the archive: name relative to outputs/N, what it is, bytes; `number` is the item's, 0: no item.

    An item's title may hold a name: addresses use the number or the place in the list.
    """

    name: str
    words: str
    size: int
    number: int = 0


@dataclass(frozen=True)
class Archive:
    """The archive that lies in outputs/N."""

    title: str
    state: str
    as_of: dt.date
    """The day it was judged by."""
    items: int
    pages: int
    """Numbered ones."""
    before: int
    """Pages of 项目档案.pdf before the one that bears the number 1: page n is the (before + n)th."""
    sheets: int
    """All pages of 项目档案.pdf."""
    pdfa: bool
    old: bool
    """Whether it was made from other files than those that lie in inputs/ now."""
    books: tuple[Printed, ...]
    files: tuple[Download, ...]


@dataclass(frozen=True)
class Dossier(Card):
    """A project in full. Without a workbook that can be read it is its card, a state and `wrong` and `mend`."""

    state: State
    as_of: dt.date
    """The day it is judged by: that asked for, or the first on which everything is due."""
    wrong: str = ""
    mend: str = ""
    errors: int = 0
    gaps: int = 0
    notices: int = 0
    partial: tuple[str, ...] = ()
    """Sheets that could not be read in full: what is counted from them will change."""
    overdue: int = 0
    """How many things should have been there before the day of the check."""
    coming: tuple[Owed, ...] = ()
    """What is not due yet, each thing once, the next first."""
    goals: tuple[GoalLine, ...] = ()
    money: tuple[MoneyLine, ...] = ()
    total: MoneyLine = MoneyLine("合计", Money(0), Money(0))
    income: Money = Money(0)
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
