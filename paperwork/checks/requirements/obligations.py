"""Define what the catalogue asks for: obligations, the parts of a text that state them, and its clauses.

`readings` makes them from the catalogue's texts, `verdicts` judges them.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

GOALS, CONTENT, REQUIREMENTS, GENERAL = "项目目标", "项目内容", "相关要求", "通用要求"
"""Sources of clauses: columns of the catalogue, and what every archive needs."""
TARGET, TARGET_FOR_EACH, UNKNOWN = "目标", "每次的目标", "未识别的要求"
GENERAL_TEXT = "目录没有写明，但每个项目立卷归档都要有的材料。"


@dataclass(frozen=True)
class Obligation:
    """One requirement recognised in a clause. `words` are quoted from the clause."""

    kind: str
    words: str
    clause: int = 0
    number: Decimal | None = None
    """The count required, or the amount in yuan for money."""
    department: str = ""
    months: int = 0
    """Frequency: once in each span of so many months; 0 if the clause does not say."""
    days: int = 0
    """Number of days allowed; 0 if the clause does not say."""
    after: str = ""
    """The event from which the days count: 开始 or 结束 of the project; empty: as usual for the kind."""
    name: str = ""
    """The name of a document asked for by name; of a target the code of its goal, if one fits."""
    unit: str = ""
    """Measure word of the number, or % for a share."""
    due: dt.date | None = None
    """The day by which the clause wants it; None if the clause does not say."""
    decided_by: str = ""
    """The person who has decided this reading in 要求解读.xlsx, and when, as printed; empty: the program's reading."""
    note: str = ""
    """The remark (说明) of that decision."""

    @property
    def matter(self) -> str:
        """Return the name used in lists: a target's words, a document's name, else the kind."""
        if self.kind in (TARGET, TARGET_FOR_EACH, UNKNOWN):
            return self.words
        return self.name or self.kind


@dataclass(frozen=True)
class TakenAway:
    """A part of which staff have decided that it demands nothing, or that a reading of it does not apply."""

    text: str
    verdict: str
    """不是要求 or 不适用."""
    reason: str
    who: str


@dataclass(frozen=True)
class Part:
    """A stretch of a catalogue's text, from `start` to `end` in its column: held by readings, or no demand.

    A part that nothing is known about has one reading, of the kind `UNKNOWN`: a person is asked. There is no part with
    neither a reading nor a reason.
    """

    text: str
    start: int
    end: int
    readings: tuple[Obligation, ...] = ()
    reason: str = ""
    """If there is no reading: why the part demands nothing, in the Chinese that staff read."""
    decided_by: str = ""
    """The person who has decided that it demands nothing (不是要求, 不适用), and when; empty: the program."""
    taken_away: tuple[TakenAway, ...] = ()
    """The decisions that took a reading away, one for each row of 要求解读.xlsx."""


@dataclass(frozen=True)
class Clause:
    """A clause, verbatim as published, with its recognised obligations. `source` is the catalogue's column.

    It begins at `start` in that column, and `parts` hold all of its text. An obligation that two parts state is one; it
    has the facts of both.
    """

    number: int
    text: str
    obligations: tuple[Obligation, ...]
    source: str = REQUIREMENTS
    parts: tuple[Part, ...] = ()
    start: int = 0
