"""What is wrong, where it stands, and how to mend it.

A fault is a value: whoever finds one yields it and goes on. Only `Stop` is raised, when going on makes no sense;
the command line turns it into words once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the process returns; 1 and 2 stay with Python and the command-line library."""

    DONE = 0
    FAULTY = 3
    MISSING = 4
    FAILED = 5
    REFUSED = 6


class Level(StrEnum):
    """How grave a fault is, in the words that staff read."""

    ERROR = "错误"
    """This datum cannot be used."""
    GAP = "缺件"
    """A requirement has no evidence yet."""
    NOTICE = "提醒"
    """Worth a look."""


@dataclass(frozen=True, order=True)
class Where:
    """The place of a datum: file name, sheet (or table) and cell; any of them may be empty."""

    file: str = ""
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell
        return " · ".join(part for part in (self.file, place) if part)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: what stands there (`found`), what is wrong with it, how to mend it."""

    level: Level
    where: Where
    wrong: str
    mend: str = ""
    found: str = ""

    def __str__(self) -> str:
        found = f"（现为“{self.found}”）" if self.found else ""
        return f"{self.level} {self.where}：{self.wrong}{found}。{self.mend}"


class Stop(Exception):
    """Going on makes no sense. Carries the exit code, what is wrong, the remedy, and all faults that led here."""

    def __init__(
        self, code: ExitCode, wrong: str, mend: str = "", where: str = "", faults: Iterable[Fault] = ()
    ) -> None:
        super().__init__(wrong)
        self.code = code
        self.wrong = wrong
        self.mend = mend
        self.where = where
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[type["Stop"], tuple[object, ...]]:
        """It may be raised in another process than the one that tells it."""
        return Stop, (self.code, self.wrong, self.mend, self.where, self.faults)


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """Keep the faults that make a datum unusable."""
    return [fault for fault in faults if fault.level is Level.ERROR]
