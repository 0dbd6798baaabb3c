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
TO = r"[-—–―─~～至到]+"
CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
YEAR_WORDS = r"(?:(?P<year>\d{4})年度?的?|(?P<next>次年|翌年|第[2二]年)的?|(?:同年|当年|本年)的?)"
POINT = re.compile(
    rf"(?P<school>\d{{4}})(?:年?{TO}\d{{2,4}}年?)?(?:学年度?)"
    rf"|{YEAR_WORDS}?(?:(?P<month>(?<!\d)\d{{1,2}})月份?(?:(?P<day>\d{{1,2}})[日号])?(?:[上中下]旬|[初中底末](?!期|前))?"
    r"|第?(?P<quarter>[1-4一二三四])季度|(?P<half>[上下])半年)"
    rf"|(?P<only_year>(?<!\d)\d{{4}})(?:年(?:度|全年|整年)?(?!\d|[上下]半年)|(?={TO}\d{{4}}年(?!\d)))"
    rf"|(?<!\d)(?P<number_year>\d{{4}})(?:年(?P<bare_month>\d{{1,2}})(?={TO})"
    r"|(?P<mark>[-./])(?P<number_month>\d{1,2})(?!\d)(?:(?P=mark)(?P<number_day>\d{1,2})(?![\d月]))?月?)"
)
"""A day, month, quarter, half-year, year or school year in a period."""
JOINT = re.compile(rf"(?:起|开始|始)?[,、(]?{TO}(?:截?止)?")
SHORT_POINT = re.compile(r"(\d{1,2})[-./月](\d{1,2})(?!\d|月)[日号]?|(\d{1,2})(?!\d)([月日号]?)")
"""The end of a period without its year: 11.30, 30日 or 11月."""
LENGTH = re.compile(
    r"(?=\d)(?:(?<!\d)(\d{1,2})(?:周|个)?年)?(?:(?<!\d)(\d{1,2})个?(?:自然|整)?月)?(?:(?<!\d)(\d{1,4})(?:个?(?:日历|自然)?[天日]))?"
    r"(?<=[年月天日])"
)
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
    """Parse a range of months or days with both its ends: `2022年4月-12月`, `2023年度`, also inside a longer text.

    Raises `Unreadable` with problem and remedy.
    """
    found = as_term(raw)
    if isinstance(found, Term):
        raise Unreadable("实施周期没有写从哪一天开始", "请写成 2022年4月-12月 的样子")
    return found


def as_term(raw: object) -> "Period | Term":
    """Parse a period, or a term whose first day is the day on which the agreement is signed.

    The latter is any range of which the text gives a length or an end only: 自签订协议之日起12个月, 即日起至2023年12月,
    2022年3月底前完成. A school year (学年) is from September to August. Raises `Unreadable` with problem and remedy.
    """
    words = _arabic(halfwidth(raw))
    first = POINT.search(words)
    while first:
        second = _second_point(words, first)
        if second:
            return _period(_span_of(first).start, second)
        other = POINT.search(words, first.end())
        if not other:
            break
        first = other if _second_point(words, other) else None
    points = list(POINT.finditer(words))
    length = LENGTH.search(POINT.sub("|", words))
    if len(points) > 1:
        raise Unreadable("看不出实施周期从哪天到哪天", "请写成 2022年4月-12月 的样子")
    if points:
        return _one_point(words, points[0], length)
    if length:
        return Term(*_length(length))
    raise Unreadable("看不懂这个实施周期", "请写成 2022年4月-12月 的样子")


@dataclass(frozen=True)
class Term:
    """A range of days that begins on the day on which the agreement is signed: its length, or its last day."""

    months: int = 0
    days: int = 0
    end: dt.date | None = None

    def beginning(self, day: dt.date) -> Period:
        """Return the period that begins on a day. Raises `Unreadable` if that is after its end."""
        return _period(day, self.end or _last_day(day, self.months, self.days))


def _last_day(start: dt.date, months: int, days: int = 0) -> dt.date:
    """Return the last day of so many months and days from `start`."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first = dt.date(year, month + 1, 1)
    # A month from 31 January ends on the last day of February.
    day = min(start.day - 1, monthrange(year, month + 1)[1])
    return first + dt.timedelta(day - 1 + days)


def _arabic(words: str) -> str:
    """Return a period with Arabic digits for Chinese numerals, without remarks in brackets that hold no digit."""
    words = re.sub(r"\([^()\d]*\)", "", words)
    words = re.sub("[〇零○一二三四五六七八九]{4}(?=年|-)", lambda year: year[0].translate(CHINESE_DIGITS), words)
    words = re.sub("(?<![上下])半年", "6个月", words.replace("年半", "年6个月"))
    words = re.sub(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])(?!\d)", r"\1.\2", words)
    words = re.sub(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?!\d)", r"\1.\2.\3", words)
    return re.sub("(?<![第末中])([一二两三四五六七八九十]{1,3})(?=个?月|[日号天年])", _small_number, words)


def _small_number(found: re.Match[str]) -> str:
    tens, ten, ones = found[1].replace("两", "二").translate(CHINESE_DIGITS).rpartition("十")
    return str(10 * int(tens or 1) + int(ones or 0)) if ten else ones


def _second_point(words: str, first: re.Match[str]) -> dt.date | None:
    """Return the last day of a range whose first point is `first`; None if no second point is joined to it."""
    joint = JOINT.match(words, first.end())
    if not joint:
        return None
    begin = _span_of(first).start
    point = POINT.match(words, joint.end())
    if point:
        return _span_of(point, begin.year).end
    short = SHORT_POINT.match(words, joint.end())
    if not short:
        return None
    month, day, alone, unit = short.groups()
    if alone and (unit in ("日", "号") or ((first["day"] or first["number_day"]) and not unit)):
        return _day(begin.year, begin.month, int(alone))
    return _day(begin.year, int(month), int(day)) if month else _month(begin.year, int(alone)).end


def _span_of(point: re.Match[str], year: int = 0) -> Period:
    """Return the days that a point means; `year` is that of the point before it, which may stand for its own."""
    found = point.groupdict()
    own = int(found["year"] or found["only_year"] or found["number_year"] or found["school"] or 0)
    if not own and not year:
        raise Unreadable("实施周期没有写年份", "请写成 2022年4月-12月 的样子")
    own = own or year + bool(found["next"])
    if found["school"]:
        return Period(dt.date(own, 9, 1), dt.date(own + 1, 8, 31))
    if found["quarter"]:
        quarter = Quarter(own, int(found["quarter"].translate(CHINESE_DIGITS)))
        return Period(quarter.start, quarter.end)
    if found["half"]:
        return (
            Period(_day(own, 1, 1), _day(own, 6, 30))
            if found["half"] == "上"
            else Period(_day(own, 7, 1), _day(own, 12, 31))
        )
    if found["only_year"]:
        return Period(_day(own, 1, 1), _day(own, 12, 31))
    month, day = (
        int(found["month"] or found["bare_month"] or found["number_month"]),
        found["day"] or found["number_day"],
    )
    return Period(_day(own, month, int(day)), _day(own, month, int(day))) if day else _month(own, month)


def _month(year: int, month: int) -> Period:
    first = _day(year, month, 1)
    return Period(first, first.replace(day=monthrange(year, month)[1]))


def _one_point(words: str, point: re.Match[str], length: re.Match[str] | None) -> "Period | Term":
    """Return the range that is given by one point: its end, its beginning and length, or all of it."""
    span, before, after = _span_of(point), words[: point.start()], words[point.end() :]
    if re.search(f"(?:{TO}|截止|前|以前)$", before) or re.match("[底末]?(?:之|以)?前|[为截]?止|完成", after):
        return Term(end=span.end)
    is_whole = point["only_year"] or point["half"] or point["quarter"] or point["school"]
    if length and not is_whole:
        return _period(span.start, _last_day(span.start, *_length(length)))
    if re.match("起|开始|之?后", after) and not is_whole:
        raise Unreadable("实施周期没有写到什么时候为止", "请写成 2022年4月-12月 的样子")
    if point["number_day"]:  # 2022-4-12 may be a day or nine months
        raise Unreadable("看不懂这个实施周期", "请写成 2022年4月-12月 的样子")
    return span


def _length(found: re.Match[str]) -> tuple[int, int]:
    """Return a length in months and days."""
    years, months, days = (int(each or 0) for each in found.groups())
    return years * 12 + months, days


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
