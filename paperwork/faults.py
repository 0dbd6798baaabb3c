"""What is wrong, where it stands, and how to mend it.

A fault is a value: whoever finds one yields it and goes on. Only `Stop` is raised, when going on makes no sense;
the command line turns it into words once.
"""

import errno
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any


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


REASONS = {
    errno.ENOSPC: "磁盘满了",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "那里不许写",
    errno.EEXIST: "那里已有同名的文件",
    errno.ENOTDIR: "路径里有一处是文件，不是文件夹",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EIO: "磁盘读写出错",
}
"""What a system says of a file, in words for staff."""


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

    def __reduce__(self) -> tuple[Any, ...]:
        """How it travels from one process to another."""
        return Stop, (self.code, self.wrong, self.mend, self.where, self.faults)


def as_stop(error: Exception) -> Stop:
    """What ended a command, in words for staff; nothing of the data goes into them, and never a traceback."""
    if isinstance(error, Stop):
        return error
    if isinstance(error, OSError):
        why = REASONS.get(error.errno or 0, error.strerror or str(error))
        wrong = f"读写文件失败：{error.filename or ''}（{why}）"
        mend = "请检查磁盘空间和文件夹权限；文件在别的程序里打开着的话，请先关掉"
        return Stop(ExitCode.FAILED, wrong, mend)
    # A mistake of ours: one line with the place is enough to find it.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__}，{Path(frame.filename).name} 第{frame.lineno}行"
    return Stop(ExitCode.FAILED, "程序内部出错，没有生成档案", f"请把这一行告诉维护程序的人：{place}")


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """Keep the faults that make a datum unusable."""
    return [fault for fault in faults if fault.level is Level.ERROR]
