"""Draw small SVG charts: progress of a goal, budget against spending. Plain strings, styled by CSS classes only.

Every chart repeats its figures as text, for screen readers. It scales to the width of its container.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

from paperwork.core.text import UNPRINTABLE, format_decimal

WIDTH = 340
"""Width of the drawing in its own units; text is wrapped to it."""
SIZE, LINE = 14, 20
"""Font size, and distance from one line of text to the next."""
BAR, GAP = 12, 4
LATIN_WIDTH = 0.65
"""Width of a Latin letter relative to a Chinese character, rounded up so that no line is too long."""
WORD = re.compile(r"(?:[!-~]+(?: 元)?|.)[，。；：、]?")
"""Unbreakable unit of text, with the punctuation mark that follows it."""
Row = tuple[str, Decimal, Decimal]
"""Subject, budget and spending, in yuan."""


def draw_progress(label: str, achieved: Decimal, target: Decimal, unit: str) -> str:
    """Return a progress bar for a goal; it is full when the target is reached."""
    is_met = achieved >= target
    # A target of 0 is met or not; there is no share of it.
    share = _share(achieved, target) if target > 0 else Decimal(int(is_met))
    figures = f"完成 {format_decimal(achieved)}{unit}，目标 {format_decimal(target)}{unit}" + (
        "，已达成" if is_met else ""
    )
    chart = _Chart()
    chart.add_text(label, "label")
    chart.add_bar("track", Decimal(1))
    chart.add_bar("bar met" if is_met else "bar", share, over_last=True)
    chart.add_text(figures, "figures")
    return chart.to_svg("progress", f"{label}：{figures}")


def draw_money(rows: Sequence[Row]) -> str:
    """Return two bars, budget and spending, for each subject, on one scale; overspending is marked."""
    most = max((amount for _, *amounts in rows for amount in amounts), default=Decimal(0))
    chart = _Chart()
    titles: list[str] = []
    for subject, budget, spent in rows:
        over = f"超出 {_yuan(spent - budget)}" if spent > budget else ""
        figures = f"预算 {_yuan(budget)}，支出 {_yuan(spent)}"
        chart.height += 2 * GAP if titles else 0
        chart.add_text(subject, "label")
        chart.add_bar("budget", _share(budget, most))
        chart.add_bar("spent over" if over else "spent", _share(spent, most))
        chart.add_text(figures, "figures")
        chart.add_text(over, "figures over")
        titles.append(f"{subject}：{figures}" + (f"，{over}" if over else ""))
    return chart.to_svg("money", "；".join(titles) or "还没有预算和支出")


class _Chart:
    """Text lines and bars, stacked from top to bottom."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.height = 0

    def add_text(self, text: str, kind: str) -> None:
        """Add a text, wrapped to as many lines as it needs."""
        for line in _wrap(text, WIDTH / SIZE):
            self.height += LINE
            place = f'x="0" y="{self.height - LINE + SIZE}" font-size="{SIZE}"'
            self.parts.append(f'<text class="{kind}" {place}>{escape(line)}</text>')

    def add_bar(self, kind: str, share: Decimal, over_last: bool = False) -> None:
        """Add a bar that fills the given share of the width, or draw it over the last one."""
        if not over_last:
            self.height += BAR + GAP
        place = f'x="0" y="{self.height - BAR - GAP}" width="{share * WIDTH:.2f}" height="{BAR}" rx="2"'
        self.parts.append(f'<rect class="{kind}" {place}/>')

    def to_svg(self, kind: str, label: str) -> str:
        """Return the chart as an SVG element with an accessible title."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {kind}" role="img"'
        title = f"<title>{escape(_plain(label))}</title>"
        return f'{head} viewBox="0 0 {WIDTH} {max(self.height, 1)}">{title}{"".join(self.parts)}</svg>'


def _share(part: Decimal, whole: Decimal) -> Decimal:
    """Return the ratio of two amounts, limited to 0…1."""
    return min(Decimal(1), max(Decimal(0), part / whole)) if whole > 0 else Decimal(0)


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f} 元"


def _plain(text: str) -> str:
    """Remove unprintable characters and collapse white space."""
    return " ".join(UNPRINTABLE.sub("", text).split())


def _wrap(text: str, width: float) -> Iterator[str]:
    """Yield lines of at most `width` Chinese characters; a number is split only if it is longer than a line."""
    line = ""
    for word in WORD.findall(_plain(text)):
        if line and _width(line + word) > width:
            yield line.rstrip()
            line = ""
        line += word
        while _width(line) > width:
            cut = max(1, int(width))
            yield line[:cut]
            line = line[cut:]
    if line:
        yield line


def _width(text: str) -> float:
    """Return the display width in Chinese characters."""
    return sum(1 if unicodedata.east_asian_width(char) in "WFA" else LATIN_WIDTH for char in text)
