"""Split a requirement into numbered clauses and sentences; find numbers, departments and frequencies in them."""

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from decimal import Decimal

from paperwork.core import values
from paperwork.core.dates import Period

NUMERAL = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十百]+)"
SPAN_MONTHS = {"月": 1, "季": 3, "半年": 6, "年": 12}
BODIES = r"(?:[妇残侨科文]联|[卫文][健旅]?[委局]|[省市区县旗团]委|民政局|司法局|教育局|总工会)"
"""Bodies that publish catalogues."""
ROOM = r"(?:部|室|科|处|股|办(?![法理学事公好成])|中心)(?!门|署|分)"
DEPARTMENT_PATTERNS = (
    rf"{BODIES}([\u4e00-\u9fff]{{1,10}}?{ROOM})",
    rf"由([\u4e00-\u9fff]{{1,10}}?{ROOM})",
    rf"(?:^|[，,：:、.])\s*([\u4e00-\u9fff]{{1,6}}?{ROOM})(?=[每按负定不将于应会对到])",
)
SPAN = r"(?:([两二三四六2346])个?)?(半年|季|月|年)"
# 每季度, 每隔两个月 | 按月, 分季度 (not 按月底) | 季度检查, 月报, 两个月报一次 (not 第二季度报告, 上半年报告). Without
# 个 a number before 月 names a month of the calendar: 3月报送.
FREQUENCY = re.compile(
    rf"每隔?个?{SPAN}|(?:按|逐|分){SPAN}(?![底初终末份])"
    rf"|(?<![一二三四五六七八九十\d第上下近满两半]){SPAN.replace('个?', '个')}度?末?"
    r"(?=督|检查|报|小结|[一1]次|进[展度])"
)


NO_NAME = "(?!)"
LEAD_WORDS = re.compile(r"牵头(?:部室|部门|单位|科室)|业务(?:部室|科室|部门)|责任(?:部室|科室|部门)")


def department(text: str, funder: str, lead: str = "") -> str:
    """Return the department that a text names: 市妇联组联部 → 组联部, 由权益部按季度 → 权益部; empty if none.

    `funder` is a regular expression for the funder's names: its own departments come first. The lead department is
    meant where it is named, or called 牵头部室.
    """
    if lead and (lead in text or LEAD_WORDS.search(text)):
        return lead
    text = hide_inside(text)  # the name of a rule names no department: 《自贡市妇联项目管理办法》
    own = rf"(?:{funder or NO_NAME})([\u4e00-\u9fff]{{1,10}}?{ROOM})"
    found = next((found for pattern in (own, *DEPARTMENT_PATTERNS) if (found := re.search(pattern, text))), None)
    return found[1] if found else ""


def months(text: str) -> int:
    """Return the frequency as a span in months: 每季度 → 3, 每两个月 → 2, 半年一次 → 6, 季度报告 → 3; 0 if none."""
    found = FREQUENCY.search(text.replace("双月", "每两个月"))
    if not found:
        return 0
    # OFTEN contains SPAN three times, so the span is in the groups (1, 2), (3, 4) or (5, 6).
    times, span = next((found[at], found[at + 1]) for at in (1, 3, 5) if found[at + 1])
    return min(int((number(times) if times else None) or 1) * SPAN_MONTHS[span], 12)


def days(text: str) -> int:
    """Return the calendar days allowed: 10日内 → 10, 一周内 → 7; 0 if none are given.

    工作日 count as calendar days, plus a weekend of two days for each five of them begun.
    """
    if re.search("当[日天]|次日|第二[日天]", text):
        return 1
    if hours := number(text, r"个?小时(?:之|以)?内"):
        return int(-(-hours // 24))
    weeks = number(text, r"个?(?:周|星期)(?:之|以)?内") or 0
    working = int(number(text, r"个?工作[日天](?:之|以)?内") or 0)
    return working + 2 * -(-working // 5) or int(number(text, r"个?[日天](?:之|以)?内") or 7 * weeks)


STARTS = re.compile(
    r"(?:签约|签订(?:合同|协议)?|签署|合同(?:生效)?|协议(?:生效)?|启动|立项|获批|中标|开始)[\u4e00-\u9fff]{0,4}?[之以]?后"
)
ENDS = re.compile(r"(?:结束|结项|期满|终了|完成|完结|验收|终止)[\u4e00-\u9fff]{0,4}?[之以]?后")


def event(text: str) -> str:
    """Return the event of a project after which days count: 开始 for 签约后20日内, 结束 for 项目结束后; else ''."""
    return "开始" if STARTS.search(text) else "结束" if ENDS.search(text) and "活动" not in text else ""


def number(text: str, units: str = "") -> Decimal | None:
    """Return the first number before one of the units, in digits or Chinese numerals; None if there is none."""
    # Of a range the lower bound is the least that is asked for: 5-8张.
    counted = rf"{NUMERAL}\s*(?:[-—~～至到]\s*\d+\s*)?(?:{units})(?!月|工作日|星期|季度|学期)"
    found = re.search(counted if units else NUMERAL, text)
    if not found:
        return None
    words = found[1]
    return Decimal(words) if words[0].isdigit() else Decimal(values.parse_chinese_number(words))


CHINESE = "一二三四五六七八九十"
NO_DECIMAL = r"(?!\d)|(?=\d{4}年)|(?=\d{1,2}月)"
"""Lookahead after `1.`: 1.5万元 is an amount, but 1.2022年4月 is clause 1, which begins with a year."""
# 1. 1、 1） / （1） (1) / 一、 / （一） / ① ⑴ ⒈ / 第一条 第一， / 一是.
# If a text uses several styles, the one that begins the text is taken; the others number points inside a clause.
STYLES: tuple[tuple[str, Callable[[str], int]], ...] = (
    (rf"(\d{{1,2}})\s*(?:[.．](?:{NO_DECIMAL})|、(?:{NO_DECIMAL})|[)）])", int),
    (r"[（(]\s*(\d{1,2})\s*[)）]", int),
    (rf"([{CHINESE}]{{1,3}})\s*、", values.parse_chinese_number),
    (rf"[（(]\s*([{CHINESE}]{{1,3}})\s*[)）]", values.parse_chinese_number),
    (r"([①-⑳⑴-⒇⒈-⒛])", lambda sign: (ord(sign) - ord("①")) % 20 + 1),
    (rf"第([{CHINESE}]{{1,3}})[条款项，、]", values.parse_chinese_number),
    (rf"([{CHINESE}]{{1,3}})是", values.parse_chinese_number),
)
MARK = re.compile("|".join(rf"^\s*[★▲※●■◆]?\s*{style}\s*" for style, _ in STYLES))


def split_clauses(text: str) -> list[tuple[int, str]]:
    """Return the numbered clauses of a text, verbatim: joined, they give the text. Without numbers, return its lines.

    Words before the first number (项目要求如下：) belong to the first clause.
    """
    candidates = [_positions(text, style, read) for style, read in STYLES]
    begins = [cuts for cuts in candidates if cuts and not text[: cuts[0]].strip()]
    # After a colon one number is not enough: it may be part of a sentence.
    announced = [cuts for cuts in candidates if len(cuts) > 1 and re.search(r"[：:]\s*$", text[: cuts[0]])]
    # Only the first candidate is used: a style that begins the text, or else the earliest after a colon.
    for cuts in (*begins, *sorted(announced, key=lambda cuts: cuts[0])):
        return [
            (at + 1, text[cut:end]) for at, (cut, end) in enumerate(zip([0, *cuts[1:]], [*cuts[1:], None], strict=True))
        ]
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return list(enumerate(lines, 1))


def _positions(text: str, style: str, read: Callable[[str], int]) -> list[int]:
    """Return where the numbers 1, 2, 3 … of one style begin in a text."""
    cuts: list[int] = []
    for found in re.finditer(rf"(?:^|(?<=[\s。；;：:]))\s*[★▲※●■◆]?\s*{style}", text):
        if read(found[1]) == len(cuts) + 1:  # a number out of sequence is part of a sentence
            cuts.append(found.start())
    return cuts


# ---- places


INSIDE = re.compile(r"[（(][^（()）]*[)）]|《[^《》]*》|“[^“”]*”")
DEMAND_INSIDE = re.compile(r"^[（(].*(?:须提|应提|提供|提交|附)")
"""Brackets that ask for something: 同类项目（须提供合同复印件）."""


def hide_inside(text: str) -> str:
    """Return the text with what stands inside brackets and quotation marks as ·; every character keeps its position.

    Brackets that ask for something of their own are not hidden.
    """
    return INSIDE.sub(lambda found: found[0] if DEMAND_INSIDE.search(found[0]) else "·" * len(found[0]), text)


SENTENCE_END = re.compile(r"[。；;\n]|(?=[①-⑳])")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the sentences of a text, without their numbers, blanks and the sign at the end."""
    yield from spans(text, SENTENCE_END, hide_inside(text))


def part_spans(sentence: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the parts of a sentence between commas and colons, without numbers and blanks."""
    yield from spans(sentence, PART_END, hide_inside(sentence))


PART_END = re.compile(r"，|：|[（）]|(?<!\d)[,:]|[,:](?!\d)")


def spans(text: str, sign: re.Pattern[str], seen: str = "") -> Iterator[tuple[int, int]]:
    """Yield the places of the pieces of a text between signs, without blanks and leading clause numbers.

    The signs are looked for in `seen`, a text of the same length in which some are hidden.
    """
    at = 0
    cuts = [(found.start(), found.end()) for found in sign.finditer(seen or text)]
    for end, after in [*cuts, (len(text), len(text))]:
        start = at
        while number := MARK.match(text[start:end]):
            start += number.end()
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        if piece.strip():
            yield start, start + len(piece.strip())
        at = after


SUM = re.compile(r"([\d一二两三四五六七八九十][\d,.]*)\s*(万?)元")


def amount(text: str) -> Decimal | None:
    """Return the first amount of a text in yuan: 8.5万元, 十万元, 200000元; None if there is none."""
    found = SUM.search(text)
    if not found:
        return None
    figure = found[1].replace(",", "").rstrip(".")
    value = Decimal(figure) if figure[0].isdigit() else number(figure) or Decimal(0)
    return value * (10_000 if found[2] else 1)


DUE = re.compile(r"(?:(\d{4})年)?(次年)?(\d{1,2})月(?:(\d{1,2})[日号]|(底|末))?(?:之?前|以前)")


def due_day(text: str, period: Period | None) -> dt.date | None:
    """Return the day that a text sets: 7月15日前, 2023年12月底前; without a year it is that of the period."""
    found = DUE.search(text)
    if not found or not (found[1] or period):
        return None
    month, day = int(found[3]), int(found[4] or 0)
    year = int(found[1] or (period.start.year if period else 0))
    if found[2] and period:
        year = period.start.year + 1
    elif not found[1] and period and month < period.start.month and period.end.year > year:
        year += 1
    try:
        last = monthrange(year, month)[1]
        return dt.date(year, month, day or (last if found[5] else 1))
    except ValueError:
        return None
