"""Extract facts from a catalogue's sentences: numbers, departments, frequencies, deadlines. The input is text only."""

import re
from collections.abc import Callable
from decimal import Decimal

from paperwork import values
from paperwork.numbering import unnumbered

NUMERAL = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十百]+)"
EVERY = {"月": 1, "季": 3, "半年": 6, "年": 12}
MARKS = "，,。；;\n"
BODIES = r"(?:妇联|[省市区县旗团]委|残联|民政局|司法局|教育局|总工会)"
"""Bodies that publish catalogues."""
ROOM = r"(?:部|室|科|处|股|中心)(?!门|署|分)"
WHO = (
    rf"妇联([\u4e00-\u9fff]{{1,10}}?{ROOM})",
    rf"{BODIES}([\u4e00-\u9fff]{{1,10}}?{ROOM})",
    rf"由([\u4e00-\u9fff]{{1,10}}?{ROOM})",
    rf"(?:^|[，,：:、.])\s*([\u4e00-\u9fff]{{1,6}}?{ROOM})(?=[每按负定不将于应会对到])",
)
SPAN = r"(?:([两二三四六2346])个?)?(半年|季|月|年)"
# 每季度, 每隔两个月 | 按月, 分季度 (not 按月底) | 季度检查, 月报 (not 第二季度报告, 上半年报告)
OFTEN = re.compile(
    rf"每隔?个?{SPAN}|(?:按|逐|分){SPAN}(?![底初终末份])"
    rf"|(?<![一二三四\d第上下近满两]){SPAN}度?(?=督|检查|报|小结|[一1]次|进[展度])"
)


def department(text: str) -> str:
    """Return the department that a text names: 市妇联组联部 → 组联部, 由权益部按季度 → 权益部; empty if none."""
    found = next((found for pattern in WHO if (found := re.search(pattern, text))), None)
    return found[1] if found else ""


def months(text: str) -> int:
    """Return the frequency as a span in months: 每季度 → 3, 每两个月 → 2, 半年一次 → 6, 季度报告 → 3; 0 if none."""
    found = OFTEN.search(text.replace("双月", "每两个月"))
    if not found:
        return 0
    # OFTEN contains SPAN three times, so the span is in the groups (1, 2), (3, 4) or (5, 6).
    times, span = next((found[at], found[at + 1]) for at in (1, 3, 5) if found[at + 1])
    return min(int((number(times) if times else None) or 1) * EVERY[span], 12)


def days(text: str) -> int:
    """Return the calendar days allowed: 10日内 → 10, 一周内 → 7; 0 if none are given.

    工作日 count as calendar days, plus a weekend of two days for each five of them begun.
    """
    weeks = number(text, r"个?(?:周|星期)(?:之|以)?内") or 0
    working = int(number(text, r"个?工作[日天](?:之|以)?内") or 0)
    return working + 2 * -(-working // 5) or int(number(text, r"个?[日天](?:之|以)?内") or 7 * weeks)


def number(text: str, units: str = "") -> Decimal | None:
    """Return the first number before one of the units, in digits or Chinese numerals; None if there is none."""
    found = re.search(rf"{NUMERAL}\s*(?:{units})" if units else NUMERAL, text)
    if not found:
        return None
    words = found[1]
    return Decimal(words) if words[0].isdigit() else Decimal(values.chinese_number(words))


def _hide_in_brackets(text: str) -> str:
    """Return the text with the punctuation inside brackets replaced by ·; every character keeps its position."""
    hide: Callable[[re.Match[str]], str] = lambda found: re.sub(rf"[{MARKS}]", "·", found[0])  # noqa: E731
    return re.sub(r"[（(][^（()）]*[)）]", hide, text)


def sentences(text: str) -> list[str]:
    """Split a text into sentences at 。, ； and line ends, but not inside brackets."""
    return _cut(text, r"(?<=[。；;\n])")


def parts(sentence: str) -> list[str]:
    """Split a sentence at its commas, but not inside brackets; leading clause numbers are removed."""
    return [unnumbered(part) for part in _cut(sentence, rf"[{MARKS}]")]


def _cut(text: str, mark: str) -> list[str]:
    """Split a text at a pattern, but not inside brackets."""
    at, pieces = 0, []
    for found in re.finditer(mark, _hide_in_brackets(text)):
        pieces.append(text[at : found.start()])
        at = found.end()
    return [*pieces, text[at:]]


def left(sentence: str, start: int) -> int:
    """Return the start of the comma-separated part that contains the position `start`."""
    hidden = _hide_in_brackets(sentence)
    return max(hidden.rfind(mark, 0, start) for mark in MARKS) + 1


def around(sentence: str, start: int, end: int) -> str:
    """Return the comma-separated parts that contain the range from `start` to `end`."""
    hidden = _hide_in_brackets(sentence)
    right = min((place for mark in MARKS if (place := hidden.find(mark, end)) >= 0), default=len(sentence))
    return unnumbered(sentence[left(sentence, start) : right])
