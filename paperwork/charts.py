"""Small charts as SVG: how far a goal is, budget against spending. Plain strings, styled by classes alone.

Every chart says its figures in words as well, for who cannot see it. It scales to the width of what it stands in.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

from paperwork.plain import UNPRINTABLE, plain_number

WIDTH = 340
"""Of the drawing, in its own units; a line of words is cut to it."""
SIZE, LINE = 14, 20
"""Of letters, and from one line to the next."""
BAR, GAP = 12, 4
NARROW = 0.65
"""Of a Latin letter's width, in Chinese characters; rather too much than too little."""
WORD = re.compile(r"(?:[!-~]+(?: 元)?|.)[，。；：、]?")
"""What stays on one line, with the mark behind it."""
Row = tuple[str, Decimal, Decimal]
"""A subject, its budget, what was spent, in yuan."""


def progress(label: str, achieved: Decimal, target: Decimal, unit: str) -> str:
    """How far a goal is: a bar that is full when it is reached."""
    is_met = achieved >= target
    share = _share(achieved, target) if target > 0 else Decimal(int(is_met))
    figures = f"完成 {plain_number(achieved)}{unit}，目标 {plain_number(target)}{unit}" + ("，已达成" if is_met else "")
    chart = _Chart()
    chart.words(label, "label")
    chart.bar("track", Decimal(1))
    chart.bar("bar met" if is_met else "bar", share, over_last=True)
    chart.words(figures, "figures")
    return chart.drawn("progress", f"{label}：{figures}")


def money(rows: Sequence[Row]) -> str:
    """Budget against spending, two bars for each subject, all on one scale; what is over is marked so."""
    most = max((amount for _, *amounts in rows for amount in amounts), default=Decimal(0))
    chart = _Chart()
    told: list[str] = []
    for subject, budget, spent in rows:
        over = f"超出 {_yuan(spent - budget)}" if spent > budget else ""
        figures = f"预算 {_yuan(budget)}，支出 {_yuan(spent)}"
        chart.height += 2 * GAP if told else 0
        chart.words(subject, "label")
        chart.bar("budget", _share(budget, most))
        chart.bar("spent over" if over else "spent", _share(spent, most))
        chart.words(figures, "figures")
        chart.words(over, "figures over")
        told.append(f"{subject}：{figures}" + (f"，{over}" if over else ""))
    return chart.drawn("money", "；".join(told) or "还没有预算和支出")


class _Chart:
    """Words and bars one below the other."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.height = 0

    def words(self, said: str, kind: str) -> None:
        """A text in as many lines as it needs."""
        for line in _lines(said, WIDTH / SIZE):
            self.height += LINE
            place = f'x="0" y="{self.height - LINE + SIZE}" font-size="{SIZE}"'
            self.parts.append(f'<text class="{kind}" {place}>{escape(line)}</text>')

    def bar(self, kind: str, share: Decimal, over_last: bool = False) -> None:
        """A bar that fills such a share of the width; or one drawn over the last."""
        if not over_last:
            self.height += BAR + GAP
        place = f'x="0" y="{self.height - BAR - GAP}" width="{share * WIDTH:.2f}" height="{BAR}" rx="2"'
        self.parts.append(f'<rect class="{kind}" {place}/>')

    def drawn(self, kind: str, told: str) -> str:
        """The whole of it."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {kind}" role="img"'
        title = f"<title>{escape(_plain(told))}</title>"
        return f'{head} viewBox="0 0 {WIDTH} {max(self.height, 1)}">{title}{"".join(self.parts)}</svg>'


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return min(Decimal(1), max(Decimal(0), part / whole)) if whole > 0 else Decimal(0)


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f} 元"


def _plain(said: str) -> str:
    return " ".join(UNPRINTABLE.sub("", said).split())


def _lines(said: str, width: float) -> Iterator[str]:
    """A text in lines that are no wider than so many Chinese characters; a figure is only cut when it must be."""
    line = ""
    for word in WORD.findall(_plain(said)):
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


def _width(said: str) -> float:
    return sum(1 if unicodedata.east_asian_width(char) in "WFA" else NARROW for char in said)
