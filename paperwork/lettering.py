"""Words fitted into boxes on A4 sheets, across, downwards or lying on their side, in true millimetres.

Owner of fpdf2 beside `pdf`. Words set downwards follow GB/T 15834-2011 5.2: characters stand upright, brackets and
dashes lie, quotation marks become corner brackets, stops sit at the upper right of their square. One or two digits
stand side by side in a square; longer runs of digits and Latin letters lie.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from paperwork.faults import ExitCode, Stop

POINT_MM = 25.4 / 72
LEADING = 1.2
"""From line to line, in squares of the letters' size."""
READABLE = 15
"""Points: words are set in more lines rather than smaller than this, unless told otherwise."""
BASE = 0.86
"""Of a Chinese character's square, the part above the base line."""
LYING = frozenset("（）《》〈〉【】〔〕［］『』「」—–-…～~()")
CORNERS = str.maketrans("“”‘’", "『』「」")
STOPS = {**dict.fromkeys("、，。", (0.55, -0.55)), **dict.fromkeys("：；！？", (0.25, 0.0))}
OPENING, CLOSING = frozenset("（《〈【〔［『「(“‘"), frozenset("）》〉】〕］』」)”’、，。：；！？")
RUN = re.compile(r"[0-9A-Za-z.]+[-·/]?|[^0-9A-Za-z.]")
Face = tuple[Path, int]
"""A font file and the number of the face in it."""


@dataclass(frozen=True)
class Faces:
    """What labels are set in; `spare` supplies characters that a face lacks, best first."""

    title: Face
    head: Face
    text: Face
    spare: tuple[Face, ...] = ()


class Area(NamedTuple):
    """A rectangle on the sheet: left and upper edge, width and height."""

    x: float
    y: float
    w: float
    h: float

    def within(self, edge: float) -> "Area":
        """The area without a margin on every side."""
        return Area(self.x + edge, self.y + edge, self.w - 2 * edge, self.h - 2 * edge)

    def rows(self, *shares: float) -> list["Area"]:
        """Cut into rows whose heights are in proportion to the shares."""
        tops = [self.y + self.h * sum(shares[:place]) / sum(shares) for place in range(len(shares) + 1)]
        return [Area(self.x, top, self.w, below - top) for top, below in pairwise(tops)]

    def columns(self, *shares: float) -> list["Area"]:
        """Cut into columns whose widths are in proportion to the shares."""
        turned = Area(self.y, self.x, self.h, self.w).rows(*shares)
        return [Area(each.y, each.x, each.h, each.w) for each in turned]


@dataclass(frozen=True)
class _Unit:
    """Words that stay together in a line, and their length in squares."""

    words: tuple[str, ...]
    length: float


class Sheets:
    """A4 sheets being drawn, black on white."""

    def __init__(self, faces: Faces) -> None:
        from fpdf import FPDF

        self._drawn = FPDF(unit="mm", format="A4")
        self._drawn.set_auto_page_break(False)
        # The spare ones are large: they are opened when a character asks for them.
        self._spare = {f"spare{number}": face for number, face in enumerate(faces.spare)}
        for name, face in (("title", faces.title), ("head", faces.head), ("text", faces.text)):
            self._open(name, face)

    def _open(self, name: str, face: Face) -> None:
        file, index = face
        try:
            self._drawn.add_font(name, fname=str(file), collection_font_number=index)
        except (OSError, RuntimeError, ValueError):
            raise Stop(ExitCode.MISSING, f"字体文件用不了：{file.name}", "请重新安装字体：make setup") from None

    def sheet(self) -> None:
        """Begin a new sheet."""
        self._drawn.add_page()

    def done(self) -> bytes:
        """The PDF."""
        from fpdf.fonts import TTFFont

        finished = bytes(self._drawn.output())
        for face in self._drawn.fonts.values():
            if isinstance(face, TTFFont):
                face.close()  # the library leaves the font's file open
        return finished

    def line(self, x: float, y: float, to_x: float, to_y: float, thick: float = 0.15) -> None:
        """Draw a straight line."""
        self._drawn.set_line_width(thick)
        self._drawn.line(x, y, to_x, to_y)

    def frame(self, area: Area, thick: float = 0.15) -> None:
        """Draw the four edges of an area."""
        self._drawn.set_line_width(thick)
        self._drawn.rect(*area)

    def across(
        self, words: str, area: Area, most: float, face: str = "text", left: bool = False, least: float = READABLE
    ) -> None:
        """Set words from left to right, in the middle of the area or along its left edge.

        They have at most `most` points; under `least`, more lines are tried.
        """
        units = [_Unit((each,), self._length(each, face)) for each in RUN.findall(words)]
        size, lines = _fitted(_kept_together(units), area.w, area.h, most, least)
        square = size * POINT_MM
        top = area.y + (area.h - square * (1 + LEADING * (len(lines) - 1))) / 2
        for place, line in enumerate(lines):
            spoken = "".join(word for unit in line for word in unit.words).strip()
            x = area.x if left else area.x + (area.w - self._length(spoken, face) * square) / 2
            self._say(x, top + square * (LEADING * place + BASE), spoken, face, size)

    def lying(self, words: str, area: Area, most: float, face: str = "text", least: float = READABLE) -> None:
        """Set words on their side, to be read from the top downwards."""
        middle = (area.x + area.w / 2, area.y + area.h / 2)
        flat = Area(middle[0] - area.h / 2, middle[1] - area.w / 2, area.h, area.w)
        with self._drawn.rotation(-90, *middle):
            self.across(words, flat, most, face, least=least)

    def down(self, words: str, area: Area, most: float, face: str = "text") -> None:
        """Set words downwards in columns from right to left."""
        units = [_Unit((each,), self._fall(each, face)) for each in RUN.findall(words.translate(CORNERS))]
        size, columns = _fitted(_kept_together(units), area.h, area.w, most, READABLE)
        square = size * POINT_MM
        middle = area.x + area.w / 2 + square * LEADING * (len(columns) - 1) / 2
        longest = max((_length(column) for column in columns), default=0)
        for place, column in enumerate(columns):
            # Columns begin at one height, so that they are read as one text.
            y = area.y + (area.h - longest * square) / 2
            for word in (word for unit in column for word in unit.words):
                self._stand(word, middle - place * square * LEADING, y, size, face)
                y += self._fall(word, face) * square

    def _stand(self, word: str, middle: float, y: float, size: float, face: str) -> None:
        """Draw one word of a column whose middle is given; `y` is its upper edge."""
        square = size * POINT_MM
        width = self._length(word, face) * square
        if word in LYING or len(word) > 2:
            fall = self._fall(word, face) * square
            with self._drawn.rotation(-90, middle, y + fall / 2):
                self._say(middle - width / 2, y + fall / 2 + square * (BASE - 0.5), word, face, size)
            return
        aside, up = STOPS.get(word, (0.0, 0.0))
        if width > square:
            size, width = size * square / width, square
        self._say(middle - width / 2 + aside * square, y + square * (BASE + up), word, face, size)

    def _fall(self, word: str, face: str) -> float:
        """How far down a word reaches in a column, in squares."""
        if len(word) > 2:
            return self._length(word, face) + 0.2
        return 0.5 if word.isspace() and word != "\u3000" else 1

    def _length(self, words: str, face: str) -> float:
        """The width of words in squares."""
        return sum(self._width(name, run) for name, run in self._runs(words, face))

    def _width(self, name: str, run: str) -> float:
        self._drawn.set_font(name, size=100)
        return float(self._drawn.get_string_width(run)) / (100 * POINT_MM)

    def _say(self, x: float, base: float, words: str, face: str, size: float) -> None:
        for name, run in self._runs(words, face):
            self._drawn.set_font(name, size=size)
            self._drawn.text(x, base, run)
            x += self._width(name, run) * size * POINT_MM

    def _runs(self, words: str, face: str) -> Iterator[tuple[str, str]]:
        """The words cut where another face must supply a character."""
        yield from _grouped((self._having(char, face), char) for char in words)

    def _having(self, char: str, face: str) -> str:
        known = self._drawn.fonts
        for name in (face, *self._spare):
            if name not in known:
                self._open(name, self._spare[name])
            if ord(char) in known[name].cmap:  # type: ignore[union-attr]
                return name
        return face


def _grouped(pairs: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, char in pairs:
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1] + char)
        else:
            found.append((name, char))
    return found


def _length(units: Sequence[_Unit]) -> float:
    return sum(unit.length for unit in units)


def _kept_together(units: Sequence[_Unit]) -> list[_Unit]:
    """No line begins with a closing mark or ends with an opening one."""
    kept: list[_Unit] = []
    for unit in units:
        if kept and (unit.words[0] in CLOSING or kept[-1].words[-1] in OPENING):
            kept[-1] = _Unit((*kept[-1].words, *unit.words), kept[-1].length + unit.length)
        else:
            kept.append(unit)
    return kept


def _broken(units: Sequence[_Unit], room: float) -> list[list[_Unit]]:
    """Lines as full as `room` squares allow; a unit longer than that has a line of its own."""
    lines: list[list[_Unit]] = []
    for unit in units:
        if lines and _length(lines[-1]) + unit.length <= room + 1e-6:
            lines[-1].append(unit)
        else:
            lines.append([unit])
    return lines


def _fitted(
    units: Sequence[_Unit], along: float, beside: float, most: float, least: float
) -> tuple[float, list[list[_Unit]]]:
    """The size in points and the lines: as few lines as can be read, else as large as the area allows."""
    if not units:
        return most, []
    largest: dict[int, float] = {}
    for step in range(120):
        size = most * 0.97**step
        square = size * POINT_MM
        lines = _broken(units, along / square)
        fits = max(map(_length, lines)) * square <= along and (1 + LEADING * (len(lines) - 1)) * square <= beside
        if fits:
            largest.setdefault(len(lines), size)
    count = next((few for few in sorted(largest) if largest[few] >= min(least, most)), 0)
    count = count or max(largest, key=lambda lines: (largest[lines], -lines))
    size = largest[count]
    room, total = along / (size * POINT_MM), _length(units)
    # Even lines look better than full ones and a short last one.
    tries = (total / count + (room - total / count) * step / 50 for step in range(50))
    for each in tries:
        lines = _broken(units, each)
        if len(lines) == count and max(map(_length, lines)) <= room:
            return size, lines
    return size, _broken(units, room)
