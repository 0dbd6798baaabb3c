"""Read printed documents back and compare them with the Word files they were printed from, character by character.

A layout may break lines and pages and order the cells of a table as it likes, so each paragraph is looked for as a
whole, and what was found is used up: two equal cells must stand on the page twice. Characters outside GB 2312 are only
counted, because LibreOffice draws those of a spare face apart from the text around them, and Arabic from right to left.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from paperwork.core import values
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats.office import coverage, runs
from paperwork.formats.office.coverage import Coverage
from paperwork.formats.pdf import render, shared_fonts
from paperwork.project.model import Project

LOOKALIKES = {
    # Faces draw these with one glyph, so the PDF cannot tell one from the other. PDFium writes U+0002 and U+FFFE for a
    # hyphen at the end of a line.
    **dict.fromkeys("‐‑‒–—―−─━‧­\x02\ufffe", "-"),
    **dict.fromkeys("•・∙⋅●", "·"),
    **dict.fromkeys("〜∼～", "~"),
    "⋯": "...",
}
SEPARATOR = "\n"
"""Stands where text was used up, so that what stood on both sides of it does not join."""
SHORTEST_PIECE = 2
"""Fewest characters of a piece of a paragraph that the layout has torn apart."""
RIGHT_TO_LEFT = {"R", "AL", "AN"}
"""Directions of Hebrew, Arabic and Uyghur. PDFium turns the whole line of a page, all cells of a row, by them."""


@dataclass(frozen=True)
class Loss:
    """Text of a Word file that its PDF does not show: the paragraph, and what is missing of it."""

    paragraph: str
    missing: str


def find_losses(document: Path, printed: Path, covered: Coverage) -> list[Loss]:
    """Return what the PDF of a filled Word file lacks, and the characters that no face has."""
    paragraphs = runs.read_paragraphs(document)
    losses = [
        Loss(words, "".join(missing)) for words in paragraphs if (missing := coverage.find_unprintable(words, covered))
    ]
    if not losses:
        losses = compare(paragraphs, render.page_texts(printed))
        losses += [Loss(text, text) for text in shared_fonts.undrawn_texts(printed)]
    return losses


def compare(paragraphs: Sequence[str], pages: Sequence[str]) -> list[Loss]:
    """Return the paragraphs of which the pages lack something."""
    common, rare = zip(*(_folded(page) for page in pages), strict=True) if pages else ((), ())
    left, left_rare = list(common), sum(rare, Counter[str]())
    folded = [(words, *_folded(words)) for words in paragraphs]
    torn = []
    # The longest first: a short one may stand inside a long one.
    for words, wanted, _ in sorted(folded, key=lambda each: -len(each[1])):
        if wanted and not _take(left, wanted):
            torn.append((words, wanted))
    # Only now, when all that was found whole is used up, can a piece not be taken from another paragraph.
    least = 1 if any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in left_rare) else SHORTEST_PIECE
    losses = [Loss(words, missing) for words, wanted in torn if (missing := _missing(left, wanted, least))]
    for words, _, wanted_rare in folded:
        if missing := "".join((wanted_rare - left_rare).elements()):
            losses.append(Loss(words, missing))
        left_rare -= wanted_rare
    return losses


def _folded(words: str) -> tuple[str, Counter[str]]:
    """Return a text's characters of GB 2312 in order and the others by count, as they are compared."""
    spread = unicodedata.normalize("NFKC", words) if not words.isascii() else words
    folded = "".join(map(_fold, spread))
    if coverage.is_common(folded):
        return folded, Counter()
    rare = Counter(char for char in folded if not coverage.is_common(char))
    return "".join(char for char in folded if char not in rare), rare


@lru_cache(maxsize=20_000)
def _fold(char: str) -> str:
    """Return a character as it is compared: blanks and what has no picture left out, capitals made small."""
    if char in LOOKALIKES:
        return LOOKALIKES[char]
    if char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Zs") or coverage.IGNORABLE.match(char):
        return ""
    return char.casefold()


def _take(pages: list[str], wanted: str) -> bool:
    """Use up a paragraph that stands on one page, or runs on over several; return False if there is none."""
    for number, page in enumerate(pages):
        if wanted in page:
            pages[number] = page.replace(wanted, SEPARATOR, 1)
            return True
    for number in range(len(pages) - 1):
        if (head := _longest_head(pages[number], wanted)) and _take_on(pages, number + 1, wanted[head:]):
            pages[number] = SEPARATOR.join(pages[number].rsplit(wanted[:head], 1))
            return True
    return False


def _take_on(pages: list[str], number: int, rest: str) -> bool:
    """Use up the rest of a paragraph on a page and those after it."""
    if number == len(pages):
        return False
    if rest in pages[number]:
        pages[number] = pages[number].replace(rest, SEPARATOR, 1)
        return True
    head = _longest_head(pages[number], rest)
    if not head or not _take_on(pages, number + 1, rest[head:]):
        return False
    pages[number] = pages[number].replace(rest[:head], SEPARATOR, 1)
    return True


def _longest_head(page: str, wanted: str) -> int:
    """Return the length of the longest beginning of a text that stands on a page."""
    low, high = 0, len(wanted)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if wanted[:middle] in page else (low, middle - 1)
    return low


def _missing(pages: list[str], wanted: str, least: int) -> str:
    """Use up a paragraph in pieces of at least so many characters; return the characters that are nowhere."""
    missing, place = "", 0
    while place < len(wanted):
        sizes = [_longest_head(page, wanted[place:]) for page in pages]
        size = max(sizes, default=0)
        if size < min(least, len(wanted) - place):
            missing, place = missing + wanted[place], place + 1
            continue
        page = sizes.index(size)
        pages[page] = pages[page].replace(wanted[place : place + size], SEPARATOR, 1)
        place += size
    return missing


# ---- faults


def faults(title: str, losses: Sequence[Loss], project: Project) -> Iterator[Fault]:
    """Yield a fault for each loss in a document, at the cell that the text came from."""
    for loss in losses:
        where = next(_places(project, loss), Where(title))
        private = [char for char in loss.missing if coverage.is_private(char)]
        if private:
            reason = coverage.explain(list(dict.fromkeys(private)))
            yield Fault(Level.ERROR, where, reason.wrong, reason.mend)
            continue
        codes = "、".join(f"U+{ord(char):04X}" for char in dict.fromkeys(loss.missing[:5]))
        wrong = f"“{title}”印出来以后少了“{_shortened(loss.missing)}”（{codes}）"
        mend = "请看模板的这一处是否行高固定、字被挡住，或把这一格写短、改成别的写法"
        yield Fault(Level.ERROR, where, wrong, mend, _shortened(loss.paragraph.strip()))


def _shortened(words: str) -> str:
    """Return the beginning of a long text."""
    return words if len(words) <= 40 else f"{words[:40]}……"


def _places(project: Project, loss: Loss) -> Iterator[Where]:
    """Yield the cells that the paragraph shows: those with the same text first."""
    shown, missing = _without_blanks(loss.paragraph), _without_blanks(loss.missing)
    cells = [
        (words, where)
        for record in project.records()
        for where, value in record.cells()
        if (words := _without_blanks(values.format_value(value)))
    ]
    yield from (where for words, where in cells if words == shown)
    yield from (where for words, where in cells if shown in words)
    yield from (where for words, where in cells if words in shown and set(missing) <= set(words))


def _without_blanks(words: str) -> str:
    """Return a text without blanks and line breaks."""
    return re.sub(r"\s", "", words)
