"""Compute the automatic numbers of Word lists: 1. （一） 第三条, as Word shows them (ISO/IEC 29500-1, 17.9)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DIGITS, LEGAL_DIGITS = "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"
ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
         (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
SERIES = {
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸", "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇", "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
}  # fmt: skip
"""Number formats that are a series of characters; past its end Word goes on in digits."""
SYMBOLS = {
    "symbol": {0xB7: "•", 0xA7: "♣", 0xAE: "→", 0xD8: "¬"},
    "wingdings": {0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x75: "◆", 0x76: "❖", 0x77: "◆", 0x9F: "•", 0xA7: "▪",
                  0xA8: "□", 0xD8: "➢", 0xE0: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
    "wingdings 2": {0x50: "✓", 0x52: "☑", 0x97: "●", 0xA3: "□"},
}  # fmt: skip
"""Characters of Word's symbol fonts, by font and code: what bullets and ticks look like."""


def map_symbol(font: str, code: int) -> str:
    """Return the character that a code of a symbol font shows; an unknown code keeps its private-use character."""
    known = SYMBOLS.get(font.strip().lower(), {})
    return known.get(code - 0xF000 if code >= 0xF000 else code, chr(code))


@dataclass(frozen=True)
class Level:
    """A level of a list. `restart` is the level (from 0) up to which a number restarts this one; None: any above."""

    start: int = 1
    format: str = "decimal"
    pattern: str = ""
    separator: str = " "
    legal: bool = False
    restart: int | None = None
    font: str = ""
    digits: int = 1


class Numbering:
    """The lists of a document. `label` is called for each paragraph in the order of the document."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self._styles = {} if styles is None else {each.get(W + "styleId"): each for each in styles.iter(W + "style")}
        paragraphs = (name for name, each in self._styles.items() if each.get(W + "type") == "paragraph")
        defaults = (name for name in paragraphs if self._styles[name].get(W + "default") in ("1", "true"))
        self._default_style = next(defaults, "")
        lists = () if numbering is None else numbering
        self._abstract = {each.get(W + "abstractNumId"): each for each in lists if each.tag == W + "abstractNum"}
        self._lists = {each.get(W + "numId"): each for each in lists if each.tag == W + "num"}
        self._levels: dict[str, dict[int, Level]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def label(self, paragraph: Any) -> str:
        """Count a paragraph and return its number with the blank after it, or an empty text."""
        number, at = self._list_of(paragraph)
        owner = self._owner(number)
        if owner is None:
            return ""
        levels = self._levels_of(number)
        counts = self._counts.setdefault(str(owner.get(W + "abstractNumId")), {})
        override = self._lists[number].find(f"{W}lvlOverride[@{W}ilvl='{at}']/{W}startOverride")
        if override is not None and (number, at) not in self._begun:
            counts[at] = int(override.get(W + "val", "1")) - 1
        self._begun.add((number, at))
        for above in range(at):
            counts.setdefault(above, levels.get(above, Level()).start)
        counts[at] = counts.get(at, levels.get(at, Level()).start - 1) + 1
        for below in [below for below in counts if below > at]:
            restart = levels.get(below, Level()).restart
            if restart is None or at < restart:
                del counts[below]
        return _format(levels, counts, at)

    def _list_of(self, paragraph: Any) -> tuple[str, int]:
        """Return a paragraph's list and level: its own, or those of its style."""
        properties = paragraph.find(W + "pPr")
        own = None if properties is None else properties.find(W + "numPr")
        number, level = _value(own, "numId"), _value(own, "ilvl")
        style = _value(properties, "pStyle") or self._default_style
        seen: set[str] = set()
        while not number and style in self._styles and style not in seen:
            seen.add(style)
            properties = self._styles[style].find(W + "pPr")
            of_style = None if properties is None else properties.find(W + "numPr")
            number = _value(of_style, "numId")
            level = level or (self._level_of_style(number, style) if number else "") or _value(of_style, "ilvl")
            style = _value(self._styles[style], "basedOn")
        return number, int(level) if level.isdecimal() else 0

    def _level_of_style(self, number: str, style: str) -> str:
        """Return the level of a list that is linked to a paragraph style."""
        owner = self._owner(number)
        levels = () if owner is None else owner.iter(W + "lvl")
        return next((str(each.get(W + "ilvl")) for each in levels if _value(each, "pStyle") == style), "")

    def _owner(self, number: str) -> Any:
        """Return the definition of a list; a list may take it from a list style."""
        for _ in range(5):
            if number not in self._lists:
                return None
            found = self._abstract.get(_value(self._lists[number], "abstractNumId"))
            link = _value(found, "numStyleLink")
            if not link:
                return found
            style = self._styles.get(link)
            number = "" if style is None else _value(style.find(f"{W}pPr/{W}numPr"), "numId")
        return None

    def _levels_of(self, number: str) -> dict[int, Level]:
        if number not in self._levels:
            defined = list(self._owner(number).iter(W + "lvl"))
            defined += self._lists[number].iter(W + "lvl")  # an override of the whole level
            self._levels[number] = {int(each.get(W + "ilvl", "0")): _read_level(each) for each in defined}
        return self._levels[number]


def _value(element: Any, name: str) -> str:
    """Return the value of a child element, or an empty text."""
    found = None if element is None else element.find(W + name)
    return "" if found is None else str(found.get(W + "val", ""))


def _read_level(level: Any) -> Level:
    formats = list(level.iter(W + "numFmt"))
    kind = formats[0].get(W + "val", "decimal") if formats else "decimal"
    custom = re.match(r"0*1(?=,)", formats[0].get(W + "format", "")) if formats else None
    fonts = level.find(f"{W}rPr/{W}rFonts")
    start, restart = _value(level, "start"), _value(level, "lvlRestart")
    legal = level.find(W + "isLgl")
    return Level(
        int(start) if start.isdecimal() else 1,
        "decimal" if custom else kind,
        _value(level, "lvlText"),
        "" if _value(level, "suff") == "nothing" else " ",
        legal is not None and legal.get(W + "val") not in ("0", "false", "off"),
        int(restart) if restart.isdecimal() else None,
        "" if fonts is None else fonts.get(W + "ascii", ""),
        len(custom[0]) if custom else 1,
    )


def _format(levels: dict[int, Level], counts: dict[int, int], at: int) -> str:
    """Return the number of a level with the numbers above it: %1.%2 becomes 2.3."""
    level = levels.get(at, Level())
    if level.format == "bullet":
        shown = "".join(map_symbol(level.font, ord(char)) for char in level.pattern)
        return shown + level.separator if shown.strip() else ""
    if level.format == "none":
        shown = re.sub(r"%\d", "", level.pattern)
        return shown + level.separator if shown else ""

    def one(found: re.Match[str]) -> str:
        other = levels.get(int(found[1]) - 1, Level())
        count = counts.get(int(found[1]) - 1, other.start)
        return format_number(count, replace(other, format="decimal") if level.legal else other)

    shown = re.sub(r"%([1-9])", one, level.pattern)
    return shown + level.separator if shown else ""


def format_number(count: int, level: Level) -> str:
    """Return a count in the format of a level."""
    kind = level.format
    if kind in SERIES:
        return SERIES[kind][count - 1] if 1 <= count <= len(SERIES[kind]) else str(count)
    if kind.lower().endswith("letter"):
        # Word goes on after z with aa, bb, cc.
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if kind.startswith("upper") else letter
    if kind.lower().endswith("roman"):
        return "".join(_roman(count)).upper() if kind.startswith("upper") else "".join(_roman(count))
    if kind in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord(digit) + 0xFEE0) for digit in str(count))
    if kind == "ideographDigital":
        return "".join(DIGITS[int(digit)] for digit in str(count))
    if kind.startswith("chineseLegal") or kind == "ideographLegalTraditional":
        return _chinese(count, LEGAL_DIGITS, "拾") if count < 100 else str(count)
    if kind.startswith(("chinese", "taiwanese", "japanese")):
        return _chinese(count, DIGITS, "十") if count < 100 else str(count)
    return str(count).zfill(2 if kind == "decimalZero" else level.digits)


def _roman(count: int) -> Iterator[str]:
    for value, letters in ROMAN:
        times, count = divmod(count, value)
        yield letters * times


def _chinese(count: int, digits: str, ten: str) -> str:
    """Return a number below 100 in Chinese numerals: 七, 十, 十二, 二十, 三十五; formal ones begin with 壹拾."""
    tens, rest = divmod(count, 10)
    begin = (digits[tens] if tens > 1 or (tens and ten == "拾") else "") + ten if tens else ""
    return begin + (digits[rest] if rest or not tens else "")
