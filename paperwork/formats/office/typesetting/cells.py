"""Show the cells of a foreign .xlsx in full on paper: #### and texts cut by their neighbours are lost in print.

On a screen a reader widens the column; on paper nobody can. Columns of numbers and dates are widened, long texts get
wider columns up to a limit and are wrapped beyond it, and rows of fixed height that would cut them may grow.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from lxml import etree

M = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PADDING = 1.2
"""Width of the margins of a cell, in characters."""
WIDE = 2.1
"""Width of a Chinese character in widths of a digit, in the usual fonts."""
MOST_TEXT, MOST_NUMBER = 26.0, 32.0
"""Columns are widened at most to these widths in characters: for texts, which can be wrapped, and for numbers."""
MOST_LINES = 20
"""A longer text gets a wider column, because a row can be no higher than 409 points."""
USUAL_SIZE, LINE = 11.0, 1.36
"""Size of the letters in which columns are measured, in points, and height of a line in sizes of its letters."""
DEFAULT_WIDTH, USUAL_HEIGHT, MAX_HEIGHT = 8.43, 15.0, 409.0
"""Width of a column in characters, and height of a row in points, where the file names none; the highest row."""
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 14: "yyyy-mm-dd",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0_)", 42: "#,##0_)", 43: "#,##0.00_)",
    44: "#,##0.00_)", 45: "mm:ss", 46: "h:mm:ss", 47: "mm:ss.0",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), 'yyyy"年"mm"月"dd"日"'),
}  # fmt: skip
"""Number formats that a workbook uses without writing them (ISO/IEC 29500-1, 18.8.30), the Chinese ones included."""
LITERAL = re.compile(r'"([^"]*)"|\\(.)')
NEUTRAL = re.compile(r"\[[^\]]*\]|_.|\*.")
PLACE = re.compile(r"([A-Z]+)(\d+)")


@dataclass
class Styles:
    """The cell styles of a workbook; `root` is the root of its styles part."""

    root: Any
    _wrapped: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._formats = list(self.root.iterfind(f"{M}cellXfs/{M}xf"))
        self._codes = {int(each.get("numFmtId")): each.get("formatCode", "") for each in self.root.iter(f"{M}numFmt")}
        sizes = (font.find(f"{M}sz") for font in self.root.iterfind(f"{M}fonts/{M}font"))
        self._sizes = [USUAL_SIZE if size is None else float(size.get("val", USUAL_SIZE)) for size in sizes]

    def size(self, style: int) -> float:
        """Return the size of a style's letters in points."""
        number = int(self._format(style).get("fontId", "0"))
        return self._sizes[number] if number < len(self._sizes) else USUAL_SIZE

    def code(self, style: int) -> str:
        """Return the number format of a style, empty for the general one."""
        number = int(self._format(style).get("numFmtId", "0"))
        return str(self._codes.get(number, BUILT_IN.get(number, "")))

    def fits_itself(self, style: int) -> bool:
        """Return True if text in this style is wrapped or made smaller to fit."""
        alignment = self._format(style).find(f"{M}alignment")
        return alignment is not None and "1" in (alignment.get("wrapText"), alignment.get("shrinkToFit"))

    def wraps(self, style: int) -> bool:
        """Return True if text in this style is wrapped."""
        alignment = self._format(style).find(f"{M}alignment")
        return alignment is not None and alignment.get("wrapText") == "1"

    def wrapped(self, style: int) -> int:
        """Return the number of a style that is the same but wraps its text; it is added if needed."""
        if style not in self._wrapped:
            new = deepcopy(self._format(style))
            alignment = new.find(f"{M}alignment")
            if alignment is None:
                alignment = new.makeelement(f"{M}alignment")
                new.insert(0, alignment)
            alignment.set("wrapText", "1")
            new.set("applyAlignment", "1")
            parent = self.root.find(f"{M}cellXfs")
            parent.append(new)
            self._formats.append(new)
            parent.set("count", str(len(self._formats)))
            self._wrapped[style] = len(self._formats) - 1
        return self._wrapped[style]

    def _format(self, style: int) -> Any:
        return self._formats[style] if style < len(self._formats) else etree.Element("xf")


def show_cells(sheet: Any, texts: list[str], styles: Styles) -> bool:
    """Change a worksheet so that its cells are shown in full; return False if nothing had to be changed.

    `sheet` is the root of its XML, `texts` are the workbook's shared strings.
    """
    widths = _Widths(sheet)
    merged = set(_merged(sheet))
    rows = [(row, [cell for cell in row if cell.get("r") not in merged]) for row in sheet.iter(f"{M}row")]
    for _, cells in rows:
        for cell in cells:
            _widen(cell, texts, styles, widths)
    changed = widths.write()
    for row, cells in rows:
        needed = 0.0
        for cell in cells:
            text, style = _text(cell, texts), int(cell.get("s", "0"))
            width = widths.of(_column(cell))
            if not text or not width:
                continue
            length = measure(text, styles.size(style)) + PADDING
            # A line of wrapped text may end a character before the edge.
            whole = math.ceil(length / max(width - WIDE, WIDE)) if length > width else 1
            lines = max(whole, len(text.splitlines()))
            if not styles.fits_itself(style) and length > _room(cell, widths):
                cell.set("s", str(styles.wrapped(style)))
                changed = True
            elif not styles.wraps(style):
                continue
            needed = max(needed, lines * styles.size(style) * LINE)
        if needed > max(float(row.get("ht", "0") or 0), USUAL_HEIGHT):
            # LibreOffice keeps the height that the file names, or the usual one: it does not measure wrapped text.
            row.set("ht", f"{min(needed, MAX_HEIGHT):.2f}")
            row.set("customHeight", "1")
            changed = True
    return changed


class _Widths:
    """The widths of a worksheet's columns, by number, in characters."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        form = sheet.find(f"{M}sheetFormatPr")
        self._default = float((None if form is None else form.get("defaultColWidth")) or DEFAULT_WIDTH)
        self._spans = [
            (int(each.get("min")), int(each.get("max")), dict(each.attrib))
            for each in sheet.iterfind(f"{M}cols/{M}col")
        ]
        self._widened: dict[int, float] = {}
        filled = (each for each in sheet.iter(f"{M}c") if len(each))
        self.last = max(map(_column, filled), default=0)
        """The last column that holds something."""

    def of(self, column: int) -> float:
        """Return the width of a column, 0 if it is hidden."""
        if column in self._widened:
            return self._widened[column]
        own = self._own(column)
        return 0.0 if own.get("hidden") in ("1", "true") else float(own.get("width", self._default))

    def widen(self, column: int, width: float) -> None:
        """Make a column at least so wide; a hidden one stays hidden."""
        if 0 < self.of(column) < width:
            self._widened[column] = width

    def _own(self, column: int) -> dict[str, str]:
        return next((own for first, last, own in self._spans if first <= column <= last), {})

    def write(self) -> bool:
        """Write the new widths into the worksheet; return False if there are none."""
        if not self._widened:
            return False
        spans = list(self._pieces())
        columns = self._sheet.find(f"{M}cols")
        if columns is None:
            columns = self._sheet.makeelement(f"{M}cols")
            self._sheet.find(f"{M}sheetData").addprevious(columns)
        for old in list(columns):
            columns.remove(old)
        for first, last, own in sorted(spans, key=lambda each: each[0]):
            columns.append(columns.makeelement(f"{M}col", {**own, "min": str(first), "max": str(last)}))
        return True

    def _pieces(self) -> Iterator[tuple[int, int, dict[str, str]]]:
        """Yield the spans of columns, cut where a column has become wider."""
        for column, width in self._widened.items():
            yield column, column, {**self._own(column), "width": f"{width:.2f}", "customWidth": "1"}
        for first, last, own in self._spans:
            cuts = [first - 1, *sorted(each for each in self._widened if first <= each <= last), last + 1]
            yield from ((a + 1, b - 1, own) for a, b in pairwise(cuts) if a + 1 < b)


def _widen(cell: Any, texts: list[str], styles: Styles, widths: _Widths) -> None:
    """Widen the column of a cell that does not show all of its content."""
    style = int(cell.get("s", "0"))
    if text := _text(cell, texts):
        needed = measure(text, styles.size(style)) + PADDING
        if not styles.fits_itself(style) and needed > _room(cell, widths):
            widths.widen(_column(cell), min(needed, max(MOST_TEXT, needed / MOST_LINES)))
    elif cell.get("t", "n") in ("n", "d") and (value := cell.findtext(f"{M}v")):
        shown = _shown(value, styles.code(style))
        widths.widen(_column(cell), min(measure(shown, styles.size(style)) + PADDING, MOST_NUMBER))


def _room(cell: Any, widths: _Widths) -> float:
    """Return the width that the text of a cell may take: its column, and the empty ones up to the next content."""
    column, end = _column(cell), widths.last + 1
    for following in cell.itersiblings():
        if following.find(f"{M}v") is not None or following.find(f"{M}is") is not None:
            end = _column(following)
            break
    return sum(widths.of(each) for each in range(column, max(end, column + 1)))


def _text(cell: Any, texts: list[str]) -> str:
    """Return the text in a cell, empty for a number."""
    value = cell.findtext(f"{M}v") or ""
    match cell.get("t", "n"):
        case "s" if value.isdecimal() and int(value) < len(texts):
            return texts[int(value)]
        case "str":
            return value
        case "inlineStr":
            return "".join(cell.itertext(f"{M}t"))
    return ""


def _shown(value: str, code: str) -> str:
    """Return about what a number or date looks like in a number format: as many characters, not the same ones."""
    try:
        number = float(value)
    except ValueError:
        return value
    section = NEUTRAL.sub("", code.split(";")[0])
    words = "".join(one or other for one, other in LITERAL.findall(section))
    section = LITERAL.sub("", section)
    if re.search(r"[ydhs]|m(?!\w*[0#])", section, re.IGNORECASE) and not re.search(r"[0#]", section):
        return words + re.sub(r"(?i)y+|m+|d+|h+|s+", lambda part: "0" * max(2, len(part[0])), section)
    if not code or code.lower() == "general":
        return str(int(number)) if abs(number) < 1e11 else "0" * 11
    percent = 100 if "%" in section else 1
    decimals = len(re.match(r"0*", section.partition(".")[2])[0]) if "." in section else 0  # type: ignore[index]
    digits = f"{abs(number) * percent:{',' if ',' in section else ''}.{decimals}f}"
    return f"-{digits}{'%' * (percent > 1)}{words}" if number < 0 else f"{digits}{'%' * (percent > 1)}{words}"


def measure(text: str, size: float) -> float:
    """Return the width of the longest line of a text, in widths of a digit in letters of the usual size."""
    lines = text.splitlines() or [""]
    widest = max(sum(WIDE if unicodedata.east_asian_width(char) in "WFA" else 1.0 for char in line) for line in lines)
    return widest * size / USUAL_SIZE


def _merged(sheet: Any) -> Iterator[str]:
    """Yield the places of the cells in merged ranges of moderate size."""
    for each in sheet.iter(f"{M}mergeCell"):
        found = PLACE.findall(each.get("ref", ""))
        if len(found) == 2:
            (left, top), (right, bottom) = found
            columns = range(_number(left), min(_number(right), _number(left) + 200) + 1)
            rows = range(int(top), min(int(bottom), int(top) + 2000) + 1)
            yield from (f"{_letters(column)}{row}" for column in columns for row in rows)


def _column(cell: Any) -> int:
    """Return the number of a cell's column."""
    found = PLACE.match(cell.get("r", ""))
    return _number(found[1]) if found else 0


def _number(letters: str) -> int:
    """Return the number of a column by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    """Return the letters of a column by its number."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def shared_texts(part: bytes) -> list[str]:
    """Return the texts of a workbook's shared strings part."""
    root = parsed(part)
    return ["".join(text.text or "" for text in each.iter(f"{M}t")) for each in root.iterchildren(f"{M}si")]


def parsed(part: bytes) -> Any:
    """Return the root of an XML part; entities and the network are off."""
    return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def written(root: Any) -> bytes:
    """Return the XML of a part."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def changed_parts(parts: Mapping[str, bytes], sheets: list[str]) -> dict[str, bytes]:
    """Return the parts of a workbook that must change so that its cells are shown in full.

    `parts` are the parts by name, `sheets` the names of the worksheets among them.
    """
    if "xl/styles.xml" not in parts:
        return {}
    strings = parts.get("xl/sharedStrings.xml")
    texts = shared_texts(strings) if strings else []
    styles = Styles(parsed(parts["xl/styles.xml"]))
    roots = {name: parsed(parts[name]) for name in sheets}
    changed = {name: written(root) for name, root in roots.items() if show_cells(root, texts, styles)}
    return {**changed, "xl/styles.xml": written(styles.root)} if changed else {}
