"""Extract countable targets from the catalogue's 项目目标 and 项目内容: 5支, 15课时, 六场比赛, 42名辩手.

If both columns state the same thing, it is one target. If they state it with different numbers, the catalogue
contradicts itself, and that is reported.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from paperwork.core import text, values
from paperwork.core.text import format_decimal
from paperwork.project.model import CatalogueEntry, Goal

# 个 counts many things that are no target: months, age groups, aspects. 一 before a measure word is mostly no number.
DIGITS = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
CHINESE = r"[二两三四五六七八九十][一二三四五六七八九十百千]*"
UNITS = r"支|课时|小时|节次|人次|场次|次|个|场|人|名|位|期|篇|户|件|套|家|对|份|册|部|本|节|例|条|集|所|组|张|幅"
NO_TARGET = (
    r"个?(?:月|年龄|层次|方面|区县|县区|工作日|小时|部门|环节|阶段|季度|板块|版块|维度|层面|领域|步骤|星期|学期|民族)"
    r"|口|民|员|才|均|际|大|(?<=[对人])[1一](?!\d)|织|门|分|例|款|日|庆|气|约|线"
)
# No number after 第 (第3期), 每 (每场60人), 约, or inside a date, a range or a longer number; no 24小时 (a hotline).
QUANTITY = re.compile(
    rf"(?<![第每约前\d.,:：\-—~～至年])(?!24小时)(?P<number>{DIGITS}|{CHINESE}(?=千?[支课次场名期篇户册本例份])"
    rf"|{CHINESE}(?=个(?:$|以上))|一(?=[支场篇期册本部])|(?<=[办展织开])一(?=次))"
    rf"(?P<thousands>万?)(?:[\-—~～至]\d+)?\s*[余多]?(?P<unit>{UNITS})(?!{NO_TARGET}|(?<=次)性)"
)
FOR_EACH = re.compile(r"(?:每|各|单)[一个]?[场期次组个人月季周年节天户家队支班课]\D{0,8}$")
"""Words before a number per occasion: 每场60人 is no target, because the total is unknown."""
SAME_UNITS = ("人名位人次", "场次期", "个项", "支家", "册本", "节节次", "组个", "%％")
"""Measure words that may count the same thing: each string holds one group, without separators."""


@dataclass(frozen=True)
class Target:
    """A number to be reached; `words` is the part of the sentence that states it, `source` the catalogue's column."""

    number: Decimal
    unit: str
    words: str
    source: str


def is_same_unit(one: str, other: str) -> bool:
    """Return True if two measure words may count the same thing."""
    return one == other or any(one in group and other in group for group in SAME_UNITS)


def find_quantities(text: str) -> Iterator[tuple[Decimal, str, str]]:
    """Yield every number with its measure word and the part of the sentence that contains it."""
    for part in _parts(text):
        for found in QUANTITY.finditer(part):
            if FOR_EACH.search(part[: found.start()]):
                continue
            words = found["number"].replace(",", "")
            value = Decimal(words) if words[0].isdigit() else Decimal(values.parse_chinese_number(words))
            value = value * 10_000 if found["thousands"] else value
            yield Decimal(format_decimal(value)), found["unit"], part


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text that may contain a number: 、 separates quantities in a list, but not words."""
    for piece in re.split(r"[，；。;\n（）()]", text):
        part = ""
        for item in re.sub(r"^\s*\d+[.．、]\s*", "", piece).split("、"):
            if part and QUANTITY.search(part) and QUANTITY.search(item):
                yield part.strip()
                part = item
            else:
                part = f"{part}、{item}" if part else item
        yield part.strip()


def parse_targets(entry: CatalogueEntry) -> list[Target]:
    """Return the targets of a project: those of 项目目标, then those of 项目内容 about other things."""
    goals = [Target(*each, "项目目标") for each in find_quantities(entry.goals)]
    contents = [Target(*each, "项目内容") for each in find_quantities(entry.content)]
    new = [each for each in contents if not any(_about_the_same(each, goal) for goal in goals)]
    return [*goals, *new]


def _about_the_same(one: Target, other: Target) -> bool:
    """Return True if two targets state the same thing: the same unit, and enough shared pairs of characters."""
    # If the numbers differ, one shared pair of characters is not enough: 亲子阅读6场 is not 亲子运动会2场.
    return one.unit == other.unit and text.count_shared_bigrams(one.words, other.words) > (one.number != other.number)


def find_contradictions(entry: CatalogueEntry) -> Iterator[tuple[str, str]]:
    """Yield each contradiction of 项目内容 to a number in 项目目标, as a column and a Chinese sentence about it."""
    contents = [Target(*each, "项目内容") for each in find_quantities(entry.content)]
    for goal in (Target(*each, "项目目标") for each in find_quantities(entry.goals)):
        parts = [each for each in contents if _about_the_same(each, goal)]
        total = sum((each.number for each in parts), Decimal(0))
        # 项目内容 may split a target into parts that add up to it, or state it beside other numbers.
        if parts and total != goal.number and all(each.number != goal.number for each in parts):
            quoted = "＋".join(f"{each.number}{each.unit}" for each in parts)
            yield "项目内容", f"项目目标是“{goal.words}”，项目内容写的是{quoted}"


def best_goal(target: Target, goals: Sequence[Goal]) -> Goal | None:
    """Return the goal that best fits a target, or None: the same kind of unit, then shared words or the same number."""
    scored = []
    for goal in goals:
        if is_same_unit(target.unit, goal.unit):
            shared = text.count_shared_bigrams(target.words, goal.indicator)
            if shared or target.number == goal.target:
                scored.append((2 * (target.number == goal.target) + shared, goal))
    return max(scored, key=lambda each: each[0])[1] if scored else None


def is_named(target: Target) -> bool:
    """Return True if a target names before its number the thing it counts: 亲子沙龙6场, but not 举办6场."""
    before = text.COMMON_WORDS.sub("|", re.split(r"[\d一二两三四五六七八九十]", target.words)[0])
    return bool(re.search(r"[\u4e00-\u9fff]{2}", before))


def match_goals(found: Sequence[Target], goals: Sequence[Goal]) -> list[tuple[Target, Goal | None]]:
    """Return each target with the goal that fits it, or None.

    A goal that shares words with one target fits no other named target by its number alone.
    """
    picks = [(target, best_goal(target, goals)) for target in found]
    alikes = {goal.code for target, goal in picks if goal and text.count_shared_bigrams(target.words, goal.indicator)}
    return [
        (target, None)
        if goal
        and goal.code in alikes
        and is_named(target)
        and not text.count_shared_bigrams(target.words, goal.indicator)
        else (target, goal)
        for target, goal in picks
    ]
