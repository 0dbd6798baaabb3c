"""Find the numbers with measure words in the catalogue's 项目目标 and 项目内容: 5支, 15课时, 六场比赛, 满意度90%."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from paperwork.core import values
from paperwork.core.text import count_shared_bigrams, format_decimal
from paperwork.project.catalogue import sentences

# 个 counts many things that are no target: months, age groups, aspects. 一 before a measure word is mostly no number.
DIGITS = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
LONG_CHINESE = r"(?:[一二两三四五六七八九][十百千]|十)[一二三四五六七八九十百千零]*"
CHINESE = r"[二两三四五六七八九十][一二三四五六七八九十百千]*"
UNITS = (
    r"支|课时|学时|小时|节次|人次|户次|场次|次|个|场|人|名|位|期|篇|户|件|套|家|对|份|册|部|本|节|例|条|集|所|组|张|幅|天"
    r"|万元|元|台|辆|只|双|亩|处|座|间|批|轮|届|队|盆|棵|首|项|类|堂|站|村|校|片|块|枚|箱|车|桌|万字|字|公里|平方米|平米|㎡|宗|起|单|款|门|株|盒|分钟"
)
NO_TARGET = (
    r"个?(?:月|年龄|层次|方面|区县|县区|工作日|小时|部门|环节|阶段|季度|板块|版块|维度|层面|领域|步骤|星期|学期|民族)"
    r"|口|民|员|才|均|际|大|(?<=[对人])[1一](?!\d)|织|门|分(?!\d)|例|款|日|庆|气|约|线|机制|同类|百分点"
)
# No number after 第 (第3期), 每 (每场60人), 约, or inside a date, a range or a longer number; no 24小时 (a hotline).
NO_NUMBER_BEFORE = (
    r"(?<![第每前\d.,\-—~～])(?<![\d月日岁]至)(?<!\d年)(?<!\d[:：])(?<!(?<![公签契履合])约)"
    r"(?!24小时(?:值|热线|服务|开|在线|不|$))(?!\d+[%％]?(?:提升|提高|增加|上升|增长|降低|下降)[至到])"
)
IN_CHINESE = (
    rf"{LONG_CHINESE}(?!月|[年后前几])|[一二两三四五六七八九十](?=万)|{CHINESE}(?=千?[支课次场名期篇户册本例份])"
    rf"|{CHINESE}(?=个(?:$|以上))|一(?=[支场篇期册本部份套])|(?<=[办展织开])一(?=次)"
)
QUANTITY = re.compile(
    rf"{NO_NUMBER_BEFORE}(?P<number>{DIGITS}|{IN_CHINESE})(?P<thousands>万(?!元))?(?P<range>[\-—~～至]\d+)?\s*[余多]?"
    rf"(?:(?P<unit>{UNITS})(?!{NO_TARGET}|(?<=次)性)|(?P<share>[%％]))"
)
SHARE_IN_WORDS = re.compile(r"百分之([一二三四五六七八九十百]+)")
FOR_EACH = re.compile(
    r"(?:每|各|单)(?:[一两二三四个]{0,2})(?:[场期次组个人名月季周年节天日户家队支班课站校村对册份所堂届项]|学期|社区|季度|街道)[^\d]{0,12}$"
    r"|每(?!年)[^\d]{1,18}$"
    r"|(?:分别|各自?)\D{0,10}$"
)
"""Words before a number per occasion: 每场60人 is no target of its own, because the total is unknown."""
ANY_NUMBER = re.compile(
    r"(?<![第\d年])\d+(?![\d年月日号])|不少于|不低于|以上|若干|[二两三四五六七八九十百千万][十百千万]|[一两三四五六七八九][次家届场名]|[近上超][百千万]人"
)
NO_NUMBER = re.compile(
    r"\d{4}\s*年|\d+\s*[-—~～至、到]\s*\d+\s*(?:周?岁|元|个?月|年级|岁)|\d+\s*个(?:月|工作日|年龄|层次|方面|区县|县区|部门|环节|阶段)"
    r"|24\s*小时|\d+\s*周?岁(?:以[上下])?|第\s*\d+|\d+[+＋×xX]\w*|“[^”]*”|《[^》]*》|\d+[-—]\d+"
)
"""Numbers that are no target: years, ages, ranges, names."""
SAME_UNITS = ("人名位人次", "场次期", "个项", "支家", "册本", "节节次", "组个", "%％")
"""Measure words that may count the same thing: each string holds one group, without separators."""


MAX_PART = 600
"""Most characters of a part in which numbers are looked for; a longer one is asked about. It bounds the time."""


@dataclass(frozen=True)
class Quantity:
    """A number with its measure word, or a share (unit %), as a part of a text states it.

    `words` are that part, from `start` to `end` of the text. `for_each` is True if the number is one per occasion.
    """

    number: Decimal
    unit: str
    words: str
    start: int
    end: int
    for_each: bool = False


def is_same_unit(one: str, other: str) -> bool:
    """Return True if two measure words may count the same thing."""
    return one == other or any(one in group and other in group for group in SAME_UNITS)


def find_quantities(text: str) -> list[Quantity]:
    """Return every number with its measure word, and every share, with the part of the sentence that contains it."""
    return [each for start, end in part_spans(text) for each in quantities_of(text, start, end)]


def quantities_of(text: str, start: int, end: int) -> Iterator[Quantity]:
    """Yield the numbers of a part of a text."""
    part = text[start:end]
    if len(part) > MAX_PART:
        return
    for found in QUANTITY.finditer(part):
        if _is_scale(part, found):
            continue
        words = found["number"].replace(",", "")
        value = Decimal(words) if words[0].isdigit() else Decimal(values.parse_chinese_number(words))
        value = value * 10_000 if found["thousands"] else value
        is_each = bool(FOR_EACH.search(part[: found.start()]))
        unit = found["unit"] or "%"
        yield Quantity(Decimal(format_decimal(value)), unit, part, start, end, is_each and unit != "%")
    for share in SHARE_IN_WORDS.finditer(part):
        yield Quantity(Decimal(values.parse_chinese_number(share[1])), "%", part, start, end)


PLACE_BEFORE, PLACE_AFTER = re.compile(r"在[^，]{0,12}$"), re.compile(r"社区|村|[乡城]?镇|街道|学校|区县|站点")


def _is_scale(part: str, found: re.Match[str]) -> bool:
    """Return True if a number only describes: a range of money for each of several, or the number of places."""
    is_range = found["range"] and found["unit"] in ("元", "万元", "项", "类")
    is_place = PLACE_BEFORE.search(part[: found.start()]) and PLACE_AFTER.match(part, found.end())
    return bool(is_range or is_place)


OF_EACH = re.compile(r"^(?:为期|时长|术后|时间|课时|参[加与]|招[收生募]|人数|面谈|不少于|不超过|至少)")
"""Beginnings of a part that describes the occasion of which the part before it gives a number."""


def go_on(before: Sequence[Quantity], found: list[Quantity], text: str) -> list[Quantity]:
    """Return the numbers of a part, per occasion if those of the part before it are: 每期50人，为期5天."""
    is_same_sentence = before and not re.search(r"[。；;\n]", text[before[-1].end : found[0].start if found else None])
    if found and is_same_sentence and before[-1].for_each and OF_EACH.search(found[0].words):
        return [replace(each, for_each=each.unit != "%") for each in found]
    return found


def has_other_numbers(part: str) -> bool:
    """Return True if a part without a known quantity holds a number all the same, or a word that sets one."""
    return len(part) > MAX_PART or bool(ANY_NUMBER.search(NO_NUMBER.sub("", part)))


PART_SIGN = re.compile(r"(?<!\d),|,(?!\d{3})|[，；。;\n（）()]|(?=[①-⑳])")


def part_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the parts of a text: 、 separates quantities in a list, but not words."""
    for first, last in sentences.spans(text, PART_SIGN):
        start, at = first, first
        joints = (found.start() for found in re.finditer("、", text[first:last]))
        for end in [*joints, last - first] if last - first <= MAX_PART else ():
            item = first + end
            if at > start and QUANTITY.search(text, start, at - 1) and QUANTITY.search(text, at, item):
                yield start, at - 1
                start = at
            at = item + 1
        yield start, last


def is_about_the_same(one: Quantity, other: Quantity) -> bool:
    """Return True if two targets state the same thing: the same unit, and enough shared pairs of characters."""
    # If the numbers differ, one shared pair of characters is not enough: 亲子阅读6场 is not 亲子运动会2场.
    return one.unit == other.unit and count_shared_bigrams(one.words, other.words) > (one.number != other.number)


def new_quantities(goals: str, content: str) -> list[Quantity]:
    """Return the targets of 项目目标, then those of 项目内容 about other things; numbers per occasion are left out."""
    found: list[Quantity] = []
    for text in (goals, content):
        for each in find_quantities(text):
            is_known = any(is_about_the_same(each, known) or _is_equal(each, known) for known in found)
            if not each.for_each and not (is_known and text is content):
                found.append(each)
    return found


def _is_equal(one: Quantity, other: Quantity) -> bool:
    return (one.number, one.unit) == (other.number, other.unit)
