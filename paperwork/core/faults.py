"""Data types for faults in the input, and the two exceptions of the program.

A fault is a value: a check yields it and continues. A parser or reader that cannot use what it was given raises
`Unreadable`; the caller knows the place and makes a fault of it. `Stop` ends a command; the command line prints it in
one place.
"""

import errno
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from paperwork.core import logs


class ExitCode(IntEnum):
    """Exit codes of the process; 1 and 2 are left to Python and the command-line library."""

    DONE = 0
    FAULTY = 3
    MISSING = 4
    FAILED = 5
    REFUSED = 6
    UNCONFIRMED = 7
    """Staff must say that they want it."""


class Level(StrEnum):
    """Severity of a fault; the values are the Chinese words that staff read."""

    ERROR = "错误"
    """The value cannot be used."""
    GAP = "缺件"
    """A requirement has no evidence yet."""
    NOTICE = "提醒"
    """Staff should have a look; nothing is blocked."""


@dataclass(frozen=True, order=True)
class Where:
    """Location of a value: file name, sheet (or Word table) and cell; each of them may be empty."""

    file: str = ""
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell
        return " · ".join(part for part in (self.file, place) if part)


NOWHERE = Where()


@dataclass(frozen=True)
class Fault:
    """A fault in the input: its location, the value there (`found`), the problem (`wrong`) and the remedy (`mend`)."""

    level: Level
    where: Where
    wrong: str
    mend: str = ""
    found: str = ""

    def __str__(self) -> str:
        found = f"（现为“{self.found}”）" if self.found else ""
        return f"{self.level} {self.where}：{self.wrong}{found}。{self.mend}"


class Unreadable(ValueError):
    """Exception for a value or a file that cannot be used: the problem and the remedy, in Chinese, as two fields.

    `mend` is one remedy for staff. Both fields go into a `Fault` as they are; neither is ever cut at its punctuation.
    """

    # A ValueError, because Pydantic collects only ValueError and AssertionError from validators.
    def __init__(self, wrong: str, mend: str) -> None:
        super().__init__(wrong, mend)  # pickling calls the class with `args`, so both fields pass between processes
        self.wrong = wrong
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.wrong}，{self.mend}"


OS_ERROR_TEXTS = {
    errno.ENOSPC: "磁盘满了",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "那里不许写",
    errno.EEXIST: "那里已有同名的文件",
    errno.ENOTDIR: "路径里有一处是文件，不是文件夹",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EIO: "磁盘读写出错",
}
"""Chinese texts for the file errors of the operating system."""


class Stop(Exception):
    """Exception that ends a command, with the exit code, the problem, the remedy and the faults that caused it."""

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
        """Support pickling, so that the exception can pass between processes with all its fields."""
        return Stop, (self.code, self.wrong, self.mend, self.where, self.faults)


def as_stop(error: Exception) -> Stop:
    """Convert any exception into a `Stop` with a Chinese text that contains no project data and no traceback.

    The traceback of an unexpected exception is written to the log, and the text names its number there.
    """
    if isinstance(error, Stop):
        return error
    if isinstance(error, Unreadable):
        return Stop(ExitCode.FAULTY, error.wrong, error.mend)
    entry = logs.record_error(error)
    if isinstance(error, OSError):
        why = OS_ERROR_TEXTS.get(error.errno or 0, error.strerror or str(error))
        wrong = f"读写文件失败：{error.filename or ''}（{why}）"
        mend = "请检查磁盘空间和文件夹权限；文件在别的程序里打开着的话，请先关掉"
        return Stop(ExitCode.FAILED, wrong, mend)
    # A bug in this program. The message of the exception may quote personal data, so only its type and line are shown.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__}，{Path(frame.filename).name} 第{frame.lineno}行"
    trace = f"编号 {entry.number}，{place}，详情在 {entry.file}" if entry else place
    return Stop(ExitCode.FAILED, "程序内部出错，没有生成档案", f"请把这一行告诉维护程序的人：{trace}")


def keep_errors(faults: Iterable[Fault]) -> list[Fault]:
    """Return only the faults of level ERROR."""
    return [fault for fault in faults if fault.level is Level.ERROR]
