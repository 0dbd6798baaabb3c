"""Goals, budget and spending as HTML: every figure is text, and each bar is a `<meter>` named by its label."""

import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paperwork.app.web import templates
from paperwork.core.text import format_decimal
from paperwork.core.values import Money
from paperwork.desk.dossier import Dossier, GoalLine, MoneyLine

NUMBERS = st.decimals(-(10**12), 10**12, places=2)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=80)


class Figures(HTMLParser):
    """The bars of a page and its text. Each bar has its label as `name`, and the heading of its group as `group`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bars: list[dict[str, str]] = []
        self.words = ""
        self._group = ""
        self._open: list[str] = []
        self._label: dict[str, str] = {}
        self.feed(page)
        for bar in self.bars:
            bar["name"] = " ".join(bar["name"].split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a bar."""
        assert not {"style", "onclick"} & {name for name, _ in attrs}
        if tag not in ("meter", "input", "meta", "link", "img", "br"):
            self._open.append(tag)
        self._group = "" if tag == "figcaption" else self._group
        self._label = {"name": ""} if tag == "label" else self._label
        if tag == "meter":
            assert "label" in self._open
            self._label |= {"class": "", "group": self._group} | {name: value or "" for name, value in attrs}
            self.bars.append(self._label)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        """Add text to the page, and to the label or group that it stands in."""
        self.words += data
        self._group += data.strip() if "figcaption" in self._open else ""
        if "label" in self._open:
            self._label["name"] += data


def card(*goals: GoalLine) -> Figures:
    """Return the bars of a card with these goals."""
    return Figures(templates.render("card.html", shown=Dossier(1, goals=goals), busy={}))


def money(*lines: MoneyLine) -> Figures:
    """Return the bars of a project's page with these amounts."""
    return Figures(templates.render("part.html", shown=Dossier(1, money=lines), stamp="", labels=()))


def goal(achieved: object, target: object, indicator: str = "培训", unit: str = "课时") -> GoalLine:
    """Return a goal, reached or not."""
    one, other = Decimal(str(achieved)), Decimal(str(target))
    return GoalLine("MB-01", indicator, one, other, unit, one >= other)


def line(subject: str, budget: object, spent: object) -> MoneyLine:
    """Return budget and spending of a subject."""
    return MoneyLine(subject, Money(Decimal(str(budget))), Money(Decimal(str(spent))))


def share(bar: dict[str, str]) -> float:
    """Return how much of a bar is filled, as browsers compute it."""
    assert float(bar["max"]) > 0
    return min(1, max(0, float(bar["value"]) / float(bar["max"])))


def test_half_reached_goal_fills_half_the_bar() -> None:
    [bar] = card(goal("7.50", 15)).bars
    assert (bar["name"], bar["class"], share(bar)) == ("培训 完成 7.5课时，目标 15课时", "", 0.5)


def test_exceeded_goal_fills_the_bar_and_says_so() -> None:
    [bar] = card(goal(20, 15)).bars
    assert (bar["name"], bar["class"], share(bar)) == ("培训 完成 20课时，目标 15课时，已达成", "met", 1)


@pytest.mark.parametrize(("achieved", "filled"), [(-1, 0), (0, 1), (3, 1)])
def test_target_of_zero_is_reached_or_not(achieved: int, filled: int) -> None:
    [bar] = card(goal(achieved, 0)).bars
    assert (share(bar), "已达成" in bar["name"]) == (filled, bool(filled))


def test_card_shows_four_goals_and_the_number_of_the_others() -> None:
    shown = card(*[goal(1, 2, f"目标{number}") for number in range(6)])
    assert [bar["name"][:3] for bar in shown.bars] == ["目标0", "目标1", "目标2", "目标3"]
    assert "还有 2 项目标" in shown.words


def test_budget_and_spending_share_one_scale_and_overspending_is_marked() -> None:
    shown = money(line("项目活动费", 70000, "75000.50"), line("审计费", 37500, 0))
    assert [(bar["group"], bar["name"], bar["class"], round(share(bar), 3)) for bar in shown.bars] == [
        ("项目活动费", "预算 70,000.00 元", "budget", 0.933),
        ("项目活动费", "支出 75,000.50 元", "over", 1),
        ("审计费", "预算 37,500.00 元", "budget", 0.5),
        ("审计费", "支出 0.00 元", "spent", 0),
    ]
    assert re.findall(r"超出 [\d,.]+ 元", shown.words) == ["超出 5,000.50 元"]


def test_amounts_of_zero_are_empty_bars() -> None:
    assert [share(bar) for bar in money(MoneyLine("其他")).bars] == [0, 0]


def test_project_without_goals_and_budget_says_so() -> None:
    shown = money()
    assert not shown.bars
    assert "还没有填绩效目标" in shown.words and "还没有填预算和支出" in shown.words


@given(WORDS, NUMBERS, NUMBERS, WORDS)
@example("", Decimal(0), Decimal(0), " ")
def test_goal_is_shown_in_full_for_any_values(label: str, achieved: Decimal, target: Decimal, unit: str) -> None:
    [bar] = card(goal(achieved, target, label, unit)).bars
    is_met = achieved >= target
    assert (bar["class"] == "met") == is_met
    words = f"{label} 完成 {format_decimal(achieved)}{unit}，目标 {format_decimal(target)}{unit}"
    # Blanks are folded in the whole text: a unit that is one blank leaves one before the comma.
    assert bar["name"] == " ".join((words + ("，已达成" if is_met else "")).split())
    assert 0 <= share(bar) <= 1


@given(st.lists(st.tuples(WORDS, NUMBERS, NUMBERS), max_size=5))
def test_amounts_are_shown_in_full_for_any_values(rows: list[tuple[str, Decimal, Decimal]]) -> None:
    bars = money(*[line(*row) for row in rows]).bars
    assert [bar["class"] == "over" for bar in bars[1::2]] == [spent > budget for _, budget, spent in rows]
    amounts = [amount for _, *both in rows for amount in both]
    assert [bar["name"].split(" ", 1)[1] for bar in bars] == [f"{amount:,.2f} 元" for amount in amounts]
    assert [bar["group"] for bar in bars[::2]] == [subject.strip() for subject, _, _ in rows]
    assert len({bar["max"] for bar in bars}) <= 1
