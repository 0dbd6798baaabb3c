"""Fit text into boxes on A4 pages: horizontal, vertical or rotated, in true millimetres.

Vertical text follows GB/T 15834-2011 5.2: characters stand upright, brackets and dashes are rotated, quotation marks
become corner brackets, commas and full stops sit at the upper right of their em square. One or two digits stand side by
side in one square; longer runs of digits and Latin letters are rotated. Lengths of text are in ems: multiples of the
font size, the side of a Chinese character's square.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from paperwork.core import commands, text
from paperwork.core.faults import ExitCode, Stop

POINT_MM = 25.4 / 72
"""Millimetres per point."""
LEADING = 1.2
"""Distance from line to line in ems."""
SIZE_STEPS = 120
"""Number of font sizes that are tried, each 3 % smaller than the one before."""
READABLE = 15
"""Font size in points below which text is broken into more lines rather than shrunk, unless told otherwise."""
BASE = 0.86
"""Distance in ems from the top of a Chinese character's square down to the base line."""
ROTATED = frozenset("（）《》〈〉【】〔〕［］『』「」—–-…～~()")
"""Characters that are rotated in vertical text."""
CORNERS = str.maketrans("“”‘’", "『』「」")
"""Map from quotation marks to the corner brackets of vertical text."""
PUNCTUATION_SHIFT = {**dict.fromkeys("、，。", (0.55, -0.55)), **dict.fromkeys("：；！？", (0.25, 0.0))}
"""Shift of punctuation in vertical text, right and down, in ems."""
OPENING, CLOSING = frozenset("（《〈【〔［『「(“‘"), frozenset("）》〉】〕］』」)”’、，。：；！？")
RUN = re.compile(r"[0-9A-Za-z.]+[-·/]?|[^0-9A-Za-z.]")
"""Text that is never broken: a run of digits and Latin letters, or any other single character."""
CODE_DOT = re.compile("(?<=[0-9A-Za-z])·")
"""A dot between the parts of a code: printed in the Latin face, as in the Word forms, it is as narrow as there."""
Face = tuple[Path, int]
"""A font file and the index of the face in it."""


@dataclass(frozen=True)
class Faces:
    """The faces of labels; `spare` are the fallback faces for characters that a face lacks, best first."""

    title: Face
    head: Face
    text: Face
    latin: Face
    """The face of dots in codes."""
    spare: tuple[Face, ...] = ()


class Area(NamedTuple):
    """A rectangle on the page in millimetres: left and upper edge, width and height."""

    x: float
    y: float
    w: float
    h: float

    def inset(self, edge: float) -> "Area":
        """Return the area less a margin on every side."""
        return Area(self.x + edge, self.y + edge, self.w - 2 * edge, self.h - 2 * edge)

    def rows(self, *shares: float) -> list["Area"]:
        """Split into rows whose heights are in proportion to the shares."""
        tops = [self.y + self.h * sum(shares[:index]) / sum(shares) for index in range(len(shares) + 1)]
        return [Area(self.x, top, self.w, below - top) for top, below in pairwise(tops)]

    def columns(self, *shares: float) -> list["Area"]:
        """Split into columns whose widths are in proportion to the shares."""
        transposed = Area(self.y, self.x, self.h, self.w).rows(*shares)
        return [Area(each.y, each.x, each.h, each.w) for each in transposed]


@dataclass(frozen=True)
class _Unit:
    """Runs of text that stay together in a line, and their length in ems."""

    words: tuple[str, ...]
    length: float


class LabelCanvas:
    """A canvas of A4 pages on which lines and text are drawn in black."""

    def __init__(self, faces: Faces) -> None:
        from fpdf import FPDF

        self._canvas = FPDF(unit="mm", format="A4")
        self._canvas.set_auto_page_break(False)
        # The fallback fonts are large, so each is opened only when a character needs it.
        self._spare = {f"spare{number}": face for number, face in enumerate(faces.spare)}
        for name, face in (("title", faces.title), ("head", faces.head), ("text", faces.text), ("latin", faces.latin)):
            self._open(name, face)

    def _open(self, name: str, face: Face) -> None:
        """Load a face under a name. Raises `Stop` when the font file is unusable."""
        file, index = face
        try:
            self._canvas.add_font(name, fname=str(file), collection_font_number=index)
        except (OSError, RuntimeError, ValueError):
            mend = f"请重新安装字体：{commands.install(f'--reinstall {commands.FONTS}')}"
            raise Stop(ExitCode.MISSING, f"字体文件用不了：{file.name}", mend) from None

    def begin_page(self) -> None:
        """Begin a new page."""
        self._canvas.add_page()

    def to_pdf(self) -> bytes:
        """Return the PDF."""
        return bytes(self._canvas.output())

    def close(self) -> None:
        """Close the font files, which fpdf2 leaves open."""
        from fpdf.fonts import TTFFont

        for face in self._canvas.fonts.values():
            if isinstance(face, TTFFont):
                face.close()

    def line(self, x: float, y: float, to_x: float, to_y: float, thick: float = 0.15) -> None:
        """Draw a straight line; lengths are in millimetres."""
        self._canvas.set_line_width(thick)
        self._canvas.line(x, y, to_x, to_y)

    def frame(self, area: Area, thick: float = 0.15) -> None:
        """Draw the four edges of an area; `thick` is in millimetres."""
        self._canvas.set_line_width(thick)
        self._canvas.rect(*area)

    def draw_horizontal(
        self, words: str, area: Area, most: float, face: str = "text", left: bool = False, least: float = READABLE
    ) -> None:
        """Draw horizontal text, centred in the area or aligned to its left edge.

        The font size is at most `most` points; more lines are tried when it would be below `least`.
        """
        units = [_Unit((each,), self._length(each, face)) for each in RUN.findall(words)]
        size, lines = _fitted(_kept_together(units), area.w, area.h, most, least)
        em = size * POINT_MM
        top = area.y + (area.h - em * (1 + LEADING * (len(lines) - 1))) / 2
        for index, line in enumerate(lines):
            text = "".join(word for unit in line for word in unit.words).strip()
            x = area.x if left else area.x + (area.w - self._length(text, face) * em) / 2
            self._draw_text(x, top + em * (LEADING * index + BASE), text, face, size)

    def draw_rotated(self, words: str, area: Area, most: float, face: str = "text", least: float = READABLE) -> None:
        """Draw text rotated by 90° clockwise, to be read from the top downwards."""
        # fpdf2 rotates counterclockwise, and the text is fitted before the rotation, into an area lying flat.
        middle = (area.x + area.w / 2, area.y + area.h / 2)
        flat = Area(middle[0] - area.h / 2, middle[1] - area.w / 2, area.h, area.w)
        with self._canvas.rotation(-90, *middle):
            self.draw_horizontal(words, flat, most, face, least=least)

    def draw_vertical(self, words: str, area: Area, most: float, face: str = "text") -> None:
        """Draw vertical text in columns from right to left."""
        units = [_Unit((each,), self._advance(each, face)) for each in RUN.findall(words.translate(CORNERS))]
        size, columns = _fitted(_kept_together(units), area.h, area.w, most, READABLE)
        em = size * POINT_MM
        middle = area.x + area.w / 2 + em * LEADING * (len(columns) - 1) / 2
        longest = max((_length(column) for column in columns), default=0)
        for index, column in enumerate(columns):
            # All columns begin at one height: centred one by one, they would not be read as one text.
            y = area.y + (area.h - longest * em) / 2
            for word in (word for unit in column for word in unit.words):
                self._draw_upright(word, middle - index * em * LEADING, y, size, face)
                y += self._advance(word, face) * em

    def _draw_upright(self, word: str, middle: float, y: float, size: float, face: str) -> None:
        """Draw one run of a column; `middle` is the column's x in the middle, `y` the run's upper edge."""
        em = size * POINT_MM
        width = self._length(word, face) * em
        if word in ROTATED or len(word) > 2:
            advance = self._advance(word, face) * em
            with self._canvas.rotation(-90, middle, y + advance / 2):
                self._draw_text(middle - width / 2, y + advance / 2 + em * (BASE - 0.5), word, face, size)
            return
        right, down = PUNCTUATION_SHIFT.get(word, (0.0, 0.0))
        if width > em:  # two wide Latin letters: shrunk into one square
            size, width = size * em / width, em
        self._draw_text(middle - width / 2 + right * em, y + em * (BASE + down), word, face, size)

    def _advance(self, word: str, face: str) -> float:
        """Return the height in ems that a run takes in a column."""
        if len(word) > 2:
            return self._length(word, face) + 0.2
        return 0.5 if word.isspace() and word != "\u3000" else 1

    def _length(self, words: str, face: str) -> float:
        """Return the width of horizontal text in ems."""
        return sum(self._width(name, run) for name, run in self._runs(words, face))

    def _width(self, name: str, run: str) -> float:
        """Return the width in ems of text in one font."""
        self._canvas.set_font(name, size=100)
        return float(self._canvas.get_string_width(run)) / (100 * POINT_MM)

    def _draw_text(self, x: float, base: float, words: str, face: str, size: float) -> None:
        """Draw text from `x` on the base line `base`, with fallback fonts; `size` is in points."""
        for name, run in self._runs(words, face):
            self._canvas.set_font(name, size=size)
            self._canvas.text(x, base, run)
            x += self._width(name, run) * size * POINT_MM

    def _runs(self, words: str, face: str) -> Iterator[tuple[str, str]]:
        """Yield the text in runs of one font, with the name of the font; what has no picture is left out."""
        shown = text.IGNORABLE.sub("", words)
        dots = {match.start() for match in CODE_DOT.finditer(shown)}
        yield from _grouped(
            ("latin" if place in dots else self._font_for(char, face), char) for place, char in enumerate(shown)
        )

    def _font_for(self, char: str, face: str) -> str:
        """Return the name of the first font with a glyph for a character, or `face` when none has one."""
        loaded = self._canvas.fonts
        for name in (face, *self._spare):
            if name not in loaded:
                self._open(name, self._spare[name])
            if ord(char) in loaded[name].cmap:  # type: ignore[union-attr]
                return name
        return face


def _grouped(pairs: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join neighbouring characters of the same font into runs."""
    runs: list[tuple[str, str]] = []
    for name, char in pairs:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + char)
        else:
            runs.append((name, char))
    return runs


def _length(units: Sequence[_Unit]) -> float:
    """Return the length of a line or column in ems."""
    return sum(unit.length for unit in units)


def _kept_together(units: Sequence[_Unit]) -> list[_Unit]:
    """Join units so that no line begins with a closing mark or ends with an opening one."""
    kept: list[_Unit] = []
    for unit in units:
        if kept and (unit.words[0] in CLOSING or kept[-1].words[-1] in OPENING):
            kept[-1] = _Unit((*kept[-1].words, *unit.words), kept[-1].length + unit.length)
        else:
            kept.append(unit)
    return kept


def _broken(units: Sequence[_Unit], room: float) -> list[list[_Unit]]:
    """Break units into lines as full as `room` ems allow; a unit longer than that gets a line of its own."""
    lines: list[list[_Unit]] = []
    for unit in units:
        if lines and _length(lines[-1]) + unit.length <= room + 1e-6:  # sums of floats may exceed the room slightly
            lines[-1].append(unit)
        else:
            lines.append([unit])
    return lines


def _fitted(
    units: Sequence[_Unit], along: float, beside: float, most: float, least: float
) -> tuple[float, list[list[_Unit]]]:
    """Return the font size in points and the lines for an area `along` by `beside` millimetres.

    The fewest lines win at which the size reaches `least` (or `most`, if that is smaller); when none does, the largest
    size that the area allows.
    """
    if not units:
        return most, []
    smallest = most * 0.97**SIZE_STEPS * POINT_MM
    # A text that can fit at no size is not broken into lines at each of them, which would take long.
    can_fit = _length(units) * smallest**2 <= along * beside
    largest: dict[int, float] = {}
    for step in range(SIZE_STEPS if can_fit else 0):
        size = most * 0.97**step
        em = size * POINT_MM
        lines = _broken(units, along / em)
        fits = max(map(_length, lines)) * em <= along and (1 + LEADING * (len(lines) - 1)) * em <= beside
        if fits:
            largest.setdefault(len(lines), size)  # sizes come in descending order, so the first is the largest
    if not largest:
        raise Stop(ExitCode.FAULTY, "标签上的字太多，再小也放不下", "请把项目名称写短些")
    count = next((few for few in sorted(largest) if largest[few] >= min(least, most)), 0)
    count = count or max(largest, key=lambda lines: (largest[lines], -lines))
    size = largest[count]
    room, total = along / (size * POINT_MM), _length(units)
    # Lines of even length look better than full lines and a short last one: the narrowest room with as many lines wins.
    rooms = (total / count + (room - total / count) * step / 50 for step in range(50))
    for narrow_room in rooms:
        lines = _broken(units, narrow_room)
        if len(lines) == count and max(map(_length, lines)) <= room:
            return size, lines
    return size, _broken(units, room)
