"""Find the face for each character of a text, so that none is printed as a box or not at all.

LibreOffice looks for a face by itself when a font lacks a character, but not reliably: of several such characters in
one run some are drawn as boxes (.notdef) and some not at all (㊣), and the text of the PDF does not tell it. So the
Word file names the face for every character that the official fonts lack.
"""

import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from paperwork.core import text
from paperwork.core.faults import Unreadable
from paperwork.formats.office import fonts
from paperwork.formats.office.fonts import Charset

LATIN = "Times New Roman"
"""The official family of Latin text."""
JOINER = "\u200d"
"""Zero width joiner: joins the emoji of a family."""
SKINS = "🏻🏼🏽🏾🏿"
"""Colours of the skin of the emoji before them."""
OLD_CODES = range(0xE815, 0xE865)
"""Private code points that GBK (1995) gave to characters at FE50 to FEA0; most of them have a public one since 2000."""


@dataclass(frozen=True)
class Coverage:
    """The characters that the official families and the spare families have on this machine."""

    official: Mapping[str, Charset]
    spares: Mapping[str, Charset]

    def is_plain(self, char: str) -> bool:
        """Return True if the official font of a character's script has it, whichever family a template names."""
        if needs_no_face(char):
            return True
        wide = unicodedata.east_asian_width(char) in "WFA"
        return all(char in charset for name, charset in self.official.items() if (name != LATIN) is wide)

    def is_printable(self, char: str) -> bool:
        """Return True if any face has a character, and its code point has a public meaning."""
        if is_private(char):
            return False
        return self.is_plain(char) or any(char in charset for charset in self.spares.values())

    def pieces(self, words: str) -> Iterator[tuple[str, str]]:
        """Yield the text in pieces, each with the spare family that prints it; the family is empty for plain text."""
        if is_common(words):
            yield words, ""
            return
        for family, group in groupby(self._families(words), lambda each: each[1]):
            yield "".join(char for char, _ in group), family

    def _families(self, words: str) -> Iterator[tuple[str, str]]:
        """Yield each character with its spare family: one for a whole cluster if there is one, else one for each."""
        for cluster in _clusters(words):
            family = "" if all(map(self.is_plain, cluster)) else self._family(text.IGNORABLE.sub("", cluster))
            for char in cluster:
                if not family and not self.is_plain(char):
                    yield char, self._family(char)
                else:
                    yield char, family

    def _family(self, words: str) -> str:
        """Return the first spare family that has all these characters, empty if there is none."""
        if any(map(is_private, words)):
            return ""
        return next((name for name, charset in self.spares.items() if all(char in charset for char in words)), "")


def _clusters(words: str) -> list[str]:
    """Return the text in characters, each with the marks and joiners after it, which its face must draw as well."""
    clusters: list[str] = []
    for char in words:
        follows = unicodedata.category(char)[0] == "M" or text.IGNORABLE.match(char) or char in SKINS
        if clusters and (follows or clusters[-1].endswith(JOINER)):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def read_coverage(env: Mapping[str, str]) -> Coverage:
    """Return the coverage of the installed fonts under the font rules of `env`. Raises `Stop` without fontconfig."""
    return Coverage(fonts.official_charsets(env), fonts.spare_charsets(env))


def installed_coverage() -> Coverage:
    """Return the coverage of the installed fonts, outside a build. Raises `Stop` without fontconfig."""
    with tempfile.TemporaryDirectory() as folder:
        return read_coverage(fonts.environment(Path(folder)))


def is_common(words: str) -> bool:
    """Return True if every Chinese font has all characters of a text: those of GB 2312."""
    try:
        words.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def needs_no_face(char: str) -> bool:
    """Return True if every font prints a character, or it has no picture: GB 2312, blanks, control characters."""
    return (
        is_common(char)
        or char.isspace()
        or text.IGNORABLE.match(char) is not None
        or unicodedata.category(char) == "Cc"
    )


def is_private(char: str) -> bool:
    """Return True if a character has no public meaning: each font draws something else for it."""
    return unicodedata.category(char) == "Co"


def find_unprintable(words: str, coverage: Coverage) -> list[str]:
    """Return the characters of a text that no face has, each once."""
    return [] if is_common(words) else [char for char in dict.fromkeys(words) if not coverage.is_printable(char)]


def explain(chars: list[str]) -> Unreadable:
    """Return the reason why characters cannot be printed, with their code points, and the remedy."""
    named = "、".join(f"“{char}”（U+{ord(char):04X}）" for char in chars)
    private = [char for char in chars if is_private(char)]
    meant = [f"U+{ord(char):04X} 多半是“{known}”" for char in private if (known := _public_form(char))]
    if meant:
        return Unreadable(f"有自造字 {named}，别的电脑认不出", f"请重新输入这个字：{'，'.join(meant)}")
    if private:
        return Unreadable(f"有自造字 {named}，别的电脑认不出", "请对照原文重新输入这个字，或改成别的写法")
    return Unreadable(f"有 {named}，没有字体能印出来", "请改成别的写法或删去；字体没装全的，先用 doctor 命令看看缺什么")


def _public_form(char: str) -> str:
    """Return the character that a private code point of GBK stood for, empty when it is unknown."""
    if ord(char) not in OLD_CODES:
        return ""
    second = 0x50 + ord(char) - OLD_CODES.start
    known = bytes([0xFE, second + (second > 0x7E)]).decode("gb18030")
    return "" if is_private(known) else known
