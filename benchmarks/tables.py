"""Format results as tables: plain text for the terminal, Markdown between two marks in docs/performance.md."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- results: begin, written by make bench -->", "<!-- results: end -->"


@dataclass(frozen=True)
class Table:
    """Rows of text with headings; the first column names what was measured."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def plain(self) -> str:
        """Return the table as aligned text, numbers to the right."""
        lines = [self.heads, *self.rows]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        text = [f"\n{self.title}"]
        for line in lines:
            cells = [
                word + " " * (width - _width(word)) if place == 0 else " " * (width - _width(word)) + word
                for place, (word, width) in enumerate(zip(line, widths, strict=True))
            ]
            text.append("  " + "  ".join(cells).rstrip())
        return "\n".join([*text, f"  {self.note}"] if self.note else text)

    def markdown(self) -> str:
        """Return the table as Markdown."""
        rows = [self.heads, ["---", *["--:"] * (len(self.heads) - 1)], *self.rows]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return f"### {self.title}\n\n{table}\n" + (f"\n{self.note}\n" if self.note else "")


def _width(word: str) -> int:
    """Return the number of terminal columns; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in word)


def times(value: float) -> str:
    """Return a ratio with two or three significant digits."""
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def write(path: Path, words: str) -> None:
    """Replace the text between the marks of a file."""
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, f"{path.name} has no place for the results"
    path.write_text(f"{before}{BEGIN}\n\n{words.strip()}\n\n{END}{after}", "utf-8")
