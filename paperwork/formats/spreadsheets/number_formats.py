"""Render a stored number as the text that Excel shows for it under a number format (ECMA-376 part 1, 18.8.31).

A number format has up to four sections: positive; negative; zero; text. `render` returns None for a format that it
does not understand, so that the caller can say so instead of guessing.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from paperwork.core import values
from paperwork.core.text import format_decimal

GENERAL = "General"
CHINESE_FORMATS = {
    14: "yyyy/m/d", 22: "yyyy/m/d h:mm",
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'), **dict.fromkeys((28, 29, 51, 53, 54, 58), 'm"月"d"日"'),
    30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"',
    **dict.fromkeys((34, 55), '上午/下午h"时"mm"分"'), **dict.fromkeys((35, 56), '上午/下午h"时"mm"分"ss"秒"'),
}  # fmt: skip
"""Formats of Chinese Excel that a file names by number only; openpyxl has the others (18.8.30)."""
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<noon>AM/PM|A/P|上午/下午)|(?P<exponent>E[+-])"
    r"|(?P<date>y+|m+|d+|h+|s+|a{3,4}|e+)|(?P<digit>[0#?])|(?P<mark>[.,%@/])|(?P<plain>[^A-Za-z])",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+(?:E[+-]?\d+)?)", re.IGNORECASE)
COLOUR = re.compile(
    r"(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|[黑蓝青绿洋红白黄]+色?|颜色 ?\d+)", re.IGNORECASE
)
LOCALE = re.compile(r"\$([^-]*)(?:-([\w-]+?)(?:,\d+)?)?")
ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
NUMERALS = {"DBNUM1": "low", "DBNUM2": "up", "DBNUM3": "wide"}
SYSTEM_DATES = {"F800": 'yyyy"年"m"月"d"日"', "F400": "h:mm:ss"}
"""Formats that follow the settings of Windows: long date and time."""
WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
PLAIN_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
UNIT = re.compile(r"[十百千]?[万亿]元?|[百千]元")
MAX_DIGITS = 40
"""Most placeholders of a section; a cell of a real workbook has a dozen."""


class Token(NamedTuple):
    """A piece of a section: its kind (a group of `TOKEN`, or elapsed) and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class Section:
    """A section of a number format. `condition` is the number that it applies to, if it names one."""

    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None = None
    numerals: str = ""
    locale: str = ""

    def has(self, *kinds: str) -> bool:
        """Return True if a token of one of these kinds is in the section."""
        return any(token.kind in kinds for token in self.tokens)

    def has_mark(self, mark: str) -> bool:
        """Return True if a sign such as % is in the section, not quoted."""
        return Token("mark", mark) in self.tokens

    @property
    def is_date(self) -> bool:
        """Return True if the section shows a date or a time."""
        return self.has("date", "elapsed")


def is_understood(code: str) -> bool:
    """Return True if each part of a format is understood."""
    return _sections(code) is not None


def is_date(code: str) -> bool:
    """Return True if a format shows its numbers as dates or times."""
    sections = _sections(code)
    return sections is not None and sections[0].is_date


def is_elapsed(code: str) -> bool:
    """Return True if a format shows a length of time: [h]:mm."""
    sections = _sections(code)
    return sections is not None and sections[0].has("elapsed")


def percent(value: int | float, code: str) -> str:
    """Return a number as a percentage without rounding, or '' if its format shows none."""
    chosen = _choose(_sections(code) or (), _decimal(value))
    if chosen is None or not chosen.has_mark("%"):
        return ""
    return f"{format_decimal(_decimal(value) * 100)}%"


def unit(value: int | float, code: str) -> str:
    """Return the unit (万, 亿元) that a format adds to a number without scaling it, or ''.

    0.00"万" shows 12.5 as 12.50万, so the amount is 125000; 0!.0,"万" shows 125000 as 12.5万, so the amount is 125000.
    """
    chosen = _choose(_sections(code) or (), _decimal(value))
    if chosen is None or not chosen.has("digit", "general"):
        return ""
    kinds = [token.kind for token in chosen.tokens]
    last = max(at for at, kind in enumerate(kinds) if kind in ("digit", "general"))
    is_scaled = Token("mark", ",") in chosen.tokens[last:] or any(
        token.kind in ("escaped", "quoted") and token.text == "." for token in chosen.tokens[:last]
    )
    found = UNIT.search("".join(token.text for token in chosen.tokens[last + 1 :] if token.kind in LITERALS))
    return found[0] if found and not is_scaled else ""


LITERALS = ("quoted", "escaped", "plain")


def render(value: int | float | dt.datetime | dt.time | dt.timedelta | str, code: str) -> str | None:
    """Return what Excel shows for a stored value, or None if the format is not understood."""
    sections = _sections(code)
    if sections is None:
        return None
    if isinstance(value, str):
        return _text(value, sections)
    if not isinstance(value, int | float):
        return _date(value, sections[0])
    number = _decimal(value)
    chosen = _choose(sections, number)
    if chosen is None or chosen.is_date:
        return None
    own_sign = chosen is not sections[0] and chosen.condition is None and len(sections) > 1
    sign = "-" if number < 0 and not own_sign else ""
    shown = _number(abs(number), chosen)
    return shown if shown is None else _strip_minus(sign, shown)


def _strip_minus(sign: str, shown: str) -> str:
    """Return a number with its sign; Excel shows no minus before a number that is rounded to zero."""
    return f"{sign if re.search('[1-9一-九壹-玖１-９]', shown) else ''}{shown}".strip()


def _decimal(value: int | float) -> Decimal:
    return Decimal(repr(value))


def general(value: int | float) -> str:
    """Return a number as the format General shows it: at most ten digits, or nine after a leading zero."""
    number = _decimal(value)
    if number == number.to_integral_value():
        return format_decimal(number)
    places = 9 if abs(number) < 1 else max(0, 10 - len(str(int(abs(number)))))
    return format_decimal(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


# ---- sections


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[Section, ...] | None:
    """Return the sections of a number format, or None if a part of it is not understood."""
    sections: list[list[Token]] = [[]]
    place = 0
    while place < len(code):
        if code[place] == ";":
            sections.append([])
            place += 1
            continue
        found = TOKEN.match(code, place)
        if not found or not found.lastgroup:
            return None
        text = found[found.lastgroup]
        sections[-1].append(Token(found.lastgroup, text.lower() if found.lastgroup == "date" else text))
        place = found.end()
    made = [_section(tokens) for tokens in sections]
    good = tuple(each for each in made if each)
    return good if len(good) == len(made) <= 4 else None


def _section(tokens: Sequence[Token]) -> Section | None:
    kept: list[Token] = []
    condition, numerals, locale = None, "", ""
    for token in tokens:
        if token.kind != "bracket":
            kept.append(token)
        elif found := CONDITION.fullmatch(token.text):
            try:
                condition = (found[1], Decimal(found[2]))
            except InvalidOperation:
                return None
        elif token.text.upper() in NUMERALS:
            numerals = NUMERALS[token.text.upper()]
        elif ELAPSED.fullmatch(token.text):
            kept.append(Token("elapsed", token.text.lower()))
        elif found := LOCALE.fullmatch(token.text):
            kept += [Token("quoted", found[1])] if found[1] else []
            locale = (found[2] or "").upper()
        elif not COLOUR.fullmatch(token.text):
            return None
    if locale in SYSTEM_DATES:
        system = _sections(SYSTEM_DATES[locale])
        return system[0] if system else None
    if sum(token.kind == "digit" for token in kept) > MAX_DIGITS:
        return None
    is_wide = numerals == "wide" or not numerals
    section = Section(tuple(kept), condition, numerals, locale)
    is_mixed = section.is_date and section.has("digit") and not section.has_mark(".")
    return None if is_mixed or (not is_wide and section.has("exponent")) else section


def _choose(sections: Sequence[Section], number: Decimal) -> Section | None:
    """Return the section that applies to a number."""
    numeric = [each for each in sections[:3] if len(sections) == 1 or Token("mark", "@") not in each.tokens]
    if any(each.condition for each in numeric):
        return next((each for each in numeric if _applies(each, number)), None)
    if not numeric:
        return None
    place = 0 if number > 0 else 1 if number < 0 else 2
    if len(numeric) < 3 and number == 0:
        place = 0
    return numeric[place] if place < len(numeric) else numeric[0]


def _applies(section: Section, number: Decimal) -> bool:
    if section.condition is None:
        return True
    sign, limit = section.condition
    return {
        "<": number < limit, "<=": number <= limit, ">": number > limit,
        ">=": number >= limit, "=": number == limit, "<>": number != limit,
    }[sign]  # fmt: skip


def _text(value: str, sections: Sequence[Section]) -> str:
    """Return a text under its section: the fourth, or one with @."""
    section = sections[3] if len(sections) == 4 else sections[-1]
    if not section.has_mark("@"):
        return "" if len(sections) == 4 and not section.tokens else value if len(sections) < 4 else _literals(section)
    return "".join(value if token == Token("mark", "@") else _literal(token) for token in section.tokens)


def _literals(section: Section) -> str:
    return "".join(map(_literal, section.tokens))


def _literal(token: Token) -> str:
    """Return the text of a token that stands for itself; a space as wide as a character is a blank."""
    if token.kind == "space":
        return " "
    return token.text if token.kind in LITERALS or (token.kind == "mark" and token.text != "@") else ""


# ---- numbers


def _number(number: Decimal, section: Section) -> str | None:
    number *= 100 ** sum(token == Token("mark", "%") for token in section.tokens)
    if section.has("general") or section.has_mark("@"):
        shown = _numerals(general(float(number)) if number % 1 else format_decimal(number), section.numerals)
        return "".join(
            shown if token.kind == "general" or token == Token("mark", "@") else _literal(token)
            for token in section.tokens
        )
    places = [at for at, token in enumerate(section.tokens) if token.kind == "digit"]
    if not places:
        return _literals(section)
    if section.has("exponent"):
        return _scientific(number, section)
    tokens = section.tokens
    slash = next((at for at in range(places[0], places[-1]) if tokens[at] == Token("mark", "/")), None)
    if slash is None and tokens[places[-1] + 1 : places[-1] + 2] == (Token("mark", "/"),):
        slash = places[-1] + 1
    if slash is not None:
        return _fraction(number, section, slash)
    return _digits(number, section, places)


def _digits(number: Decimal, section: Section, places: Sequence[int]) -> str | None:
    tokens = section.tokens
    point = next((at for at, token in enumerate(tokens) if token == Token("mark", ".")), None)
    whole = [at for at in places if point is None or at < point]
    decimals = [at for at in places if point is not None and at > point]
    # A comma after the last digit divides by a thousand; one between digits groups them.
    scaling = 0
    for end in {places[-1], whole[-1] if whole else places[-1]}:
        at = end + 1
        while at < len(tokens) and tokens[at] == Token("mark", ","):
            scaling, at = scaling + 1, at + 1
    grouped = any(tokens[at] == Token("mark", ",") for at in range(whole[0], whole[-1])) if whole else False
    scaled = (number / 1000**scaling).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    before, _, after = format(scaled, "f").partition(".")
    before = before.lstrip("0")
    shown: dict[int, str] = {}
    count = 0
    for at in reversed(whole):
        take = len(before) if at == whole[0] else min(1, len(before))
        digits, before = before[len(before) - take :], before[: len(before) - take]
        digits = digits or {"0": "0", "?": " ", "#": ""}[tokens[at].text]
        piece = ""
        for digit in reversed(digits):
            piece = digit + ("," if grouped and count and count % 3 == 0 else "") + piece
            count += digit.isdigit()
        shown[at] = piece
    kept = len(after)
    while kept and after[kept - 1] == "0" and tokens[decimals[kept - 1]].text != "0":
        kept -= 1
    for index, at in enumerate(decimals):
        shown[at] = after[index] if index < kept else " " if tokens[at].text == "?" else ""
    out = [
        shown[at] if at in shown else "" if token == Token("mark", ",") else _literal(token)
        for at, token in enumerate(tokens)
    ]
    if section.numerals and section.numerals != "wide":
        start, end = places[0], places[-1] + 1
        return "".join(out[:start]) + _numerals("".join(out[start:end]).strip(), section.numerals) + "".join(out[end:])
    return _numerals("".join(out), section.numerals)


def _numerals(digits: str, numerals: str) -> str:
    """Return digits as the Chinese numerals that [DBNum1], [DBNum2] or [DBNum3] asks for."""
    if numerals == "wide":
        return digits.translate(WIDE_DIGITS)
    return values.chinese_number(Decimal(digits.replace(",", "") or 0), numerals) if numerals else digits


def _scientific(number: Decimal, section: Section) -> str:
    tokens = section.tokens
    split = next(at for at, token in enumerate(tokens) if token.kind == "exponent")
    mantissa = [token for token in tokens[:split] if token.kind in ("digit", "mark")]
    point = next((at for at, token in enumerate(mantissa) if token.text == "."), len(mantissa))
    decimals = sum(token.kind == "digit" for token in mantissa[point:])
    step = max(1, sum(token.kind == "digit" for token in mantissa[:point]))
    power = number.adjusted() if number else 0
    power -= power % step
    head = (number.scaleb(-power)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if head >= 10**step:
        power += step
        head = head.scaleb(-step).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    width = sum(token.kind == "digit" for token in tokens[split:])
    sign = "-" if power < 0 else "+" if tokens[split].text.endswith("+") else ""
    rest = "".join(_literal(token) for token in tokens[split + 1 :])
    start = "".join(_literal(token) for token in tokens[:split] if token.kind in (*LITERALS, "space"))
    return f"{start}{head}E{sign}{abs(power):0{width}d}{rest}"


def _fraction(number: Decimal, section: Section, slash: int) -> str:
    tokens = section.tokens
    below = "".join(token.text for token in tokens[slash + 1 :] if token.kind == "digit" or token.text.isdigit())
    # The placeholders before the slash are the numerator; those before a blank in front of it are the whole number.
    above = [at for at, token in enumerate(tokens[:slash]) if token.kind == "digit"]
    has_whole = any(token.kind in LITERALS for token in tokens[above[0] : slash])
    whole = int(number) if has_whole else 0
    rest = Fraction(number) - whole
    fixed = int(below) if below.isdigit() and int(below) else 0
    if fixed:
        over = int(rest * fixed + Fraction(1, 2))
        under = fixed
    else:
        near = rest.limit_denominator(10 ** len(below) - 1)
        over, under = near.numerator, near.denominator
    if has_whole and over == under:
        whole, over = whole + 1, 0
    part = f"{over}/{under}" if over or not has_whole else ""
    return " ".join(filter(None, (str(whole) if whole or not part else "", part)))


# ---- dates


def _date(value: dt.datetime | dt.time | dt.timedelta, section: Section) -> str | None:
    """Return a date or a time, letter group by letter group."""
    if not section.is_date:
        return None
    out: list[str] = []
    letters = [at for at, token in enumerate(section.tokens) if token.kind in ("date", "elapsed")]
    for at, token in enumerate(section.tokens):
        if token.kind in ("date", "elapsed"):
            before = next((section.tokens[each].text for each in reversed(letters) if each < at), "")
            after = next((section.tokens[each].text for each in letters if each > at), "")
            is_minute = token.text[0] == "m" and len(token.text) < 3 and (before[:1] == "h" or after[:1] == "s")
            piece = _date_part(value, token, section, is_minute)
            if piece is None:
                return None
            out.append(piece)
        elif token.kind == "noon":
            hour = _clock(value).hour
            names = ("上午", "下午") if token.text == "上午/下午" or section.locale.endswith("804") else ("AM", "PM")
            names = ("A", "P") if token.text.upper() == "A/P" else names
            out.append(names[hour >= 12])
        elif token.kind == "digit":
            out.append("0")
        else:
            out.append(_literal(token))
    return "".join(out).strip()


def _clock(value: dt.datetime | dt.time | dt.timedelta) -> dt.time:
    if isinstance(value, dt.timedelta):
        return (dt.datetime(1900, 1, 1) + value).time()
    return value.time() if isinstance(value, dt.datetime) else value


def _date_part(
    value: dt.datetime | dt.time | dt.timedelta, token: Token, section: Section, is_minute: bool
) -> str | None:
    letter, width, clock = token.text[0], len(token.text), _clock(value)
    if token.kind == "elapsed":
        seconds = int(value.total_seconds()) if isinstance(value, dt.timedelta) else _seconds(clock)
        return f"{seconds // {'h': 3600, 'm': 60, 's': 1}[letter]:0{width}d}"
    if letter in "hs" or is_minute:
        hour = (clock.hour - 1) % 12 + 1 if section.has("noon") else clock.hour
        number = hour if letter == "h" else clock.second if letter == "s" else clock.minute
        return _count(number, width, section)
    if not isinstance(value, dt.datetime):
        return None
    return _day_part(value, letter, width, section)


def _seconds(clock: dt.time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _day_part(day: dt.datetime, letter: str, width: int, section: Section) -> str:
    is_english = section.locale.endswith(("409", "809", "EN-US", "EN-GB"))
    if letter in "ye":
        year = str(day.year) if width > 2 or letter == "e" else f"{day.year % 100:02d}"
        return year.translate(PLAIN_DIGITS) if section.numerals == "low" else _numerals_of_year(year, section)
    if letter == "a" or (letter == "d" and width > 2):
        if letter == "d" and is_english:
            return ENGLISH_DAYS[day.weekday()][: 3 if width == 3 else None]
        start = "" if letter == "a" and width == 3 else "周" if letter == "d" and width == 3 else "星期"
        return start + WEEKDAYS[day.weekday()]
    if letter == "m" and width > 2:
        if is_english:
            return ENGLISH_MONTHS[day.month - 1][: {3: 3, 5: 1}.get(width)]
        return f"{day.month}月" if width == 3 else f"{MONTHS[day.month - 1]}月"
    return _count(day.month if letter == "m" else day.day, width, section)


def _numerals_of_year(year: str, section: Section) -> str:
    if section.numerals == "up":
        return "".join(values.chinese_number(Decimal(digit), "up") for digit in year)
    return year.translate(WIDE_DIGITS) if section.numerals else year


def _count(number: int, width: int, section: Section) -> str:
    return _numerals(str(number) if section.numerals else f"{number:0{min(width, 2)}d}", section.numerals)
