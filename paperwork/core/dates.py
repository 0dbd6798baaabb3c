"""Parse dates, periods and quarters as staff write them.

The parsers (`as_…`) raise `Unreadable` with the problem and the remedy in Chinese.
"""

import datetime as dt
import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass

from paperwork.core.faults import Unreadable
from paperwork.core.text import as_line, halfwidth

QUARTER_NAMES = "一二三四"
SERIAL_RANGE = (36526, 73050)
"""Serial day numbers of 2000-01-01 and 2099-12-31. A date in a cell without a date format is read as such a number."""
DAYS_1900_TO_1904 = 1462
"""Days between the two epochs of Excel workbooks, 1900 and 1904."""
DATE = r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})[日号]?"
TO = r"[-—–~～至到]+"
WEEKDAYS = {
    **{word: number % 7 for number, word in enumerate("一二三四五六日")}, "天": 6,
    **{digit: number for number, digit in enumerate("1234567")},
    **{day: number for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}  # fmt: skip
"""Words for a weekday, without 星期, 周 or day; Monday is 0."""
WEEKDAY = re.compile(
    r"(?:星期|周|礼拜)([一二三四五六日天1-7])(?!\d)|\(([一二三四五六日天])\)|(mon|tue|wed|thu|fri|sat|sun)[a-z]*",
    re.IGNORECASE,
)
PART_OF_DAY = r"[上下中]午|午[前后]|[早晚]上|[早清]晨|凌晨|傍晚|夜[间里]|[全整白当]天|[AP]\.?M\.?|晚"
CLOCK = (
    r"T?(?:\d{1,2}|[一二两三四五六七八九十]{1,3})\s*"
    r"(?::\s*\d{2}(?::\d{2}(?:\.\d+)?)?|[时点](?:\s*\d{1,2}\s*分?|半|整|[一三]刻)?)"
)
ZONE = r"Z|[+-]\d{2}:?\d{2}"
AFTER_DATE = re.compile(
    rf"(?:\s|[,、。;()|]|{TO}|{PART_OF_DAY}|{CLOCK}(?:{ZONE})?|(?:星期|周|礼拜)[一二三四五六日天1-7](?!\d)"
    r"|\([一二三四五六日天]\)|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)*",
    re.IGNORECASE,
)
"""What staff write after a date: the weekday, the part of the day, hours."""
SPACED_DATE = re.compile(
    r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})(?!\d)\s*[日号]?|(\d{4})(\d{2})(\d{2})(?!\d)"
)


def today() -> dt.date:
    """Return the local date, the default reference date of checks. Documents take their dates from the data instead."""
    return dt.datetime.now().astimezone().date()


class SerialSince1904(int):
    """A whole number from a workbook with the 1904 epoch: as a day it is 1462 days later than in other workbooks."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter; `number` is 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}年第{QUARTER_NAMES[self.number - 1]}季度"

    @property
    def start(self) -> dt.date:
        """Return the first day of the quarter."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> dt.date:
        """Return the last day of the quarter."""
        return dt.date(self.year, 3 * self.number, monthrange(self.year, 3 * self.number)[1])

    @classmethod
    def containing(cls, day: dt.date) -> "Quarter":
        """Return the quarter that contains a day."""
        return cls(day.year, (day.month + 2) // 3)


@dataclass(frozen=True)
class Period:
    """A range of days from `start` to `end`, both included."""

    start: dt.date
    end: dt.date

    def quarters(self) -> tuple[Quarter, ...]:
        """Return every quarter that overlaps the period, in order."""
        first, last = Quarter.containing(self.start), Quarter.containing(self.end)
        span = range(first.year * 4 + first.number - 1, last.year * 4 + last.number)
        return tuple(Quarter(index // 4, index % 4 + 1) for index in span)


def as_date(raw: object) -> dt.date:
    """Parse a date: a date object, 2022-05-01, 2022.5.1, 2022/5/1, 2022年5月1日, 20220501, or a serial day number.

    A weekday and hours may follow, which are left out; a weekday that is not the date's is a fault.
    Raises `Unreadable` with problem and remedy.
    """
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    if isinstance(raw, int | float):
        serial = raw + (DAYS_1900_TO_1904 if isinstance(raw, SerialSince1904) else 0)
        if SERIAL_RANGE[0] <= serial <= SERIAL_RANGE[1]:
            # Day 0 is 1899-12-30, not 12-31: Excel counts a 29 February 1900 that did not exist.
            return dt.date(1899, 12, 30) + dt.timedelta(days=int(serial))
    cleaned = halfwidth(raw)
    match = re.fullmatch(DATE, cleaned) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", cleaned)
    return _day(*map(int, match.groups())) if match else _day_with_words(as_line(raw))


def _day_with_words(raw: str) -> dt.date:
    """Parse a date with its weekday or hours after it: 2022年5月6日（星期五）上午9:00."""
    words = unicodedata.normalize("NFKC", raw)
    # The blanks must stay: without them 2022-5-12 9:30 would be 2022-5-129:30.
    found = SPACED_DATE.match(words)
    if not found or not AFTER_DATE.fullmatch(words, found.end()):
        if re.fullmatch(DATE + TO + r"(?:(?:\d{4}[-./年])?\d{1,2}[-./月])?\d{1,2}[日号]?", halfwidth(raw)):
            raise Unreadable("这里写的是一段日期，不是一天", "请只写一天；结束的那天另写一格")
        raise Unreadable("看不懂这个日期", "请写成 2022-05-01 的样子")
    day = _day(*(int(part) for part in found.groups() if part))
    for weekday in WEEKDAY.finditer(words, found.end()):
        named = WEEKDAYS[next(filter(None, weekday.groups())).lower()]
        if named != day.weekday():
            right = "一二三四五六日"[day.weekday()]
            raise Unreadable(f"{day.year}年{day.month}月{day.day}日是星期{right}，和写的星期不一样", "请核对日期和星期")
    return day


def _day(year: int, month: int, day: int) -> dt.date:
    if not 1 <= month <= 12:
        raise Unreadable(f"没有{month}月", "请改成 1 到 12 月")
    if not 1900 <= year <= 2200:
        raise Unreadable(f"{year}年不像是真的年份", "请核对")
    if not 1 <= day <= monthrange(year, month)[1]:
        raise Unreadable(f"{year}年{month}月没有{day}日", "请核对日期")
    return dt.date(year, month, day)


def as_period(raw: object) -> Period:
    """Parse a range of months or days: `2022年4月-12月`, `2022年4月1日至2022年12月31日`, also inside a longer text.

    Raises `Unreadable` with problem and remedy.
    """
    cleaned = halfwidth(raw)
    days = re.search(DATE + TO + r"(?:(\d{4})[-./年])?(?:(\d{1,2})[-./月])?(\d{1,2})[日号]?(?![\d月年])", cleaned)
    if days:
        year, month, day, other_year, last_month, last_day = (int(part) if part else 0 for part in days.groups())
        return _period(_day(year, month, day), _day(other_year or year, last_month or month, last_day))
    match = re.search(r"(\d{4})[年./-](\d{1,2})月?" + TO + r"(?:(\d{4})[年./-])?(\d{1,2})月?", cleaned)
    if not match:
        raise Unreadable("看不懂这个实施周期", "请写成 2022年4月-12月 的样子")
    year, month, other_year, last_month = (int(part) if part else 0 for part in match.groups())
    end = _day(other_year or year, last_month, 1)
    return _period(_day(year, month, 1), end.replace(day=monthrange(end.year, end.month)[1]))


def _period(start: dt.date, end: dt.date) -> Period:
    if end < start:
        raise Unreadable("实施周期的结束早于开始", "请核对")
    return Period(start, end)


def as_quarter(raw: object) -> Quarter:
    """Parse a quarter: `2022年第二季度`, `2022年2季度`, `2022Q2`. Raises `Unreadable` with problem and remedy."""
    match = re.fullmatch(r"(\d{4})年?第?(?:([一二三四])|Q?([1-4]))(?:季度|季)?", halfwidth(raw), re.IGNORECASE)
    if not match:
        raise Unreadable("看不懂这个季度", "请写成 2022年第二季度 的样子")
    year, word, digit = match.groups()
    return Quarter(int(year), QUARTER_NAMES.index(word) + 1 if word else int(digit))
