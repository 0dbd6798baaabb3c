"""Match the catalogue's targets to the goals of the workbook, and find where the catalogue contradicts itself.

If 项目目标 and 项目内容 state the same thing, it is one target. If they state it with different numbers, the catalogue
contradicts itself, and that is reported.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from paperwork.checks.requirements.obligations import Obligation
from paperwork.core import text
from paperwork.project.catalogue.quantities import find_quantities, is_about_the_same, is_same_unit
from paperwork.project.model import CatalogueEntry, Goal


def find_contradictions(entry: CatalogueEntry) -> Iterator[tuple[str, str]]:
    """Yield each contradiction of 项目内容 to a number in 项目目标, as a column and a Chinese sentence about it."""
    contents = [each for each in find_quantities(entry.content) if not each.for_each]
    for goal in (each for each in find_quantities(entry.goals) if not each.for_each):
        parts = [each for each in contents if is_about_the_same(each, goal)]
        total = sum((each.number for each in parts), Decimal(0))
        # 项目内容 may split a target into parts that add up to it, or state it beside other numbers.
        if parts and total != goal.number and all(each.number != goal.number for each in parts):
            quoted = "＋".join(f"{each.number}{each.unit}" for each in parts)
            yield "项目内容", f"项目目标是“{goal.words}”，项目内容写的是{quoted}"


def best_goal(target: Obligation, goals: Sequence[Goal]) -> Goal | None:
    """Return the goal that best fits a target, or None: the same kind of unit, then shared words or the same number."""
    scored = []
    for goal in goals:
        if is_same_unit(target.unit, goal.unit):
            shared = text.count_shared_bigrams(target.words, goal.indicator)
            if shared or target.number == goal.target:
                scored.append((2 * (target.number == goal.target) + shared, goal))
    return max(scored, key=lambda each: each[0])[1] if scored else None


def is_named(target: Obligation) -> bool:
    """Return True if a target names before its number the thing it counts: 亲子沙龙6场, but not 举办6场."""
    before = text.COMMON_WORDS.sub("|", re.split(r"[\d一二两三四五六七八九十]", target.words)[0])
    return bool(re.search(r"[\u4e00-\u9fff]{2}", before))


def match_goals(found: Sequence[Obligation], goals: Sequence[Goal]) -> list[tuple[Obligation, Goal | None]]:
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
