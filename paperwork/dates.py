"""What people write → a day, a period, a quarter; or a plain reason why not."""

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass

from paperwork.plain import halfwidth, text

QUARTER_NAMES = "一二三四"
SERIALS = (36526, 73050)  # day numbers of 2000 and 2099: what is left of a date whose cell has lost its format
EPOCHS = 1462
"""Days between the two beginnings that workbooks count from, 1900 and 1904."""
# A clock is taken away while the blank before it still stands: 2022-5-12 9:30 would become 2022-5-129:30.
CLOCK = re.compile(
    r"(?:\s+|(?<=[日号])|(?<=\d)T)(?:[上下]午|[AP]M)?\s*\d{1,2}[:：]\d{2}([:：]\d{2}(\.\d+)?)?\s*(?:[AP]M)?$"
)
DATE = r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})[日号]?"
TO = r"[-—–~至到]+"


def today() -> dt.date:
    """The day it is here, to judge by when no other is given. What is made takes its dates from the data."""
    return dt.datetime.now().astimezone().date()


class Since1904(int):
    """A whole number of a workbook whose days are counted from 1904: as a day it means another one."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter; `number` is 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}年第{QUARTER_NAMES[self.number - 1]}季度"

    @property
    def start(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> dt.date:
        """Its last day."""
        return dt.date(self.year, 3 * self.number, monthrange(self.year, 3 * self.number)[1])

    @classmethod
    def of(cls, day: dt.date) -> "Quarter":
        """The quarter a day lies in."""
        return cls(day.year, (day.month + 2) // 3)


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: dt.date
    end: dt.date

    def quarters(self) -> tuple[Quarter, ...]:
        """Every quarter the period touches, in order."""
        first, last = Quarter.of(self.start), Quarter.of(self.end)
        span = range(first.year * 4 + first.number - 1, last.year * 4 + last.number)
        return tuple(Quarter(index // 4, index % 4 + 1) for index in span)


def as_date(raw: object) -> dt.date:
    """Read a real date, 2022-05-01, 2022.5.1, 2022/5/1, 2022年5月1日, 20220501, or a spreadsheet's own day number."""
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    if isinstance(raw, int | float):
        serial = raw + (EPOCHS if isinstance(raw, Since1904) else 0)
        if SERIALS[0] <= serial <= SERIALS[1]:
            return dt.date(1899, 12, 30) + dt.timedelta(days=int(serial))
    plain = halfwidth(CLOCK.sub("", text(raw)))
    match = re.fullmatch(DATE, plain) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain)
    if not match:
        raise ValueError("看不懂这个日期，请写成 2022-05-01 的样子")
    return _day(*map(int, match.groups()))


def _day(year: int, month: int, day: int) -> dt.date:
    if not 1 <= month <= 12:
        raise ValueError(f"没有{month}月，请改成 1 到 12 月")
    if not 1900 <= year <= 2200:
        raise ValueError(f"{year}年不像是真的年份，请核对")
    if not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError(f"{year}年{month}月没有{day}日，请核对日期")
    return dt.date(year, month, day)


def as_period(raw: object) -> Period:
    """Read a span of months or days: `2022年4月-12月`, `2022年4月1日至2022年12月31日`, also inside other words."""
    plain = halfwidth(raw)
    days = re.search(DATE + TO + r"(?:(\d{4})[-./年])?(\d{1,2})[-./月](\d{1,2})[日号]?", plain)
    if days:
        year, month, day, other_year, last_month, last_day = (int(part) if part else 0 for part in days.groups())
        return _period(_day(year, month, day), _day(other_year or year, last_month, last_day))
    match = re.search(r"(\d{4})[年./-](\d{1,2})月?" + TO + r"(?:(\d{4})[年./-])?(\d{1,2})月?", plain)
    if not match:
        raise ValueError("看不懂这个实施周期，请写成 2022年4月-12月 的样子")
    year, month, other_year, last_month = (int(part) if part else 0 for part in match.groups())
    end = _day(other_year or year, last_month, 1)
    return _period(_day(year, month, 1), end.replace(day=monthrange(end.year, end.month)[1]))


def _period(start: dt.date, end: dt.date) -> Period:
    if end < start:
        raise ValueError("实施周期的结束早于开始，请核对")
    return Period(start, end)


def as_quarter(raw: object) -> Quarter:
    """Read `2022年第二季度`, `2022年2季度`, `2022Q2`."""
    match = re.fullmatch(r"(\d{4})年?第?(?:([一二三四])|Q?([1-4]))(?:季度|季)?", halfwidth(raw), re.IGNORECASE)
    if not match:
        raise ValueError("看不懂这个季度，请写成 2022年第二季度 的样子")
    year, word, digit = match.groups()
    return Quarter(int(year), QUARTER_NAMES.index(word) + 1 if word else int(digit))
