"""Read printed documents back and compare them with the Word files they were printed from, character by character.

A layout may break lines and pages, order the cells of a split row and draw rare characters apart from the others as it
likes. So the characters are counted: a PDF must show each at least as often as its Word file. Text that stands on every
page is counted once. Only where some are missing are the paragraphs looked for.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from paperwork.core import text, values
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats.office import coverage, runs
from paperwork.formats.office.coverage import Coverage
from paperwork.formats.office.runs import ShownText
from paperwork.formats.pdf import render, shared_fonts
from paperwork.project.model import Project

LOOKALIKES = {
    # Faces draw these with one glyph, so the PDF cannot tell one from the other. PDFium writes U+0002 and U+FFFE for a
    # hyphen at the end of a line.
    **dict.fromkeys("‐‑‒–—―−─━‧\x02\ufffe", "-"),
    **dict.fromkeys("•・∙⋅", "·"),
    **dict.fromkeys("〜∼～", "~"),
    "⋯": "...",
}
SHORTEST_REPEATED = 8
"""Fewest characters of the text of a table's head that is taken for its repetition when it stands on another page."""


@dataclass(frozen=True)
class Loss:
    """Text of a Word file that its PDF does not show: the paragraph, and what is missing of it."""

    paragraph: str
    missing: str


def find_losses(document: Path, printed: Path, covered: Coverage) -> list[Loss]:
    """Return what the PDF of a filled Word file lacks, and the characters that no face has."""
    shown = runs.read_text(document)
    unprintable = [(words, coverage.find_unprintable(words, covered)) for words in shown.paragraphs]
    if losses := [Loss(words, "".join(chars)) for words, chars in unprintable if chars]:
        return losses
    boxes = [Loss(words, words) for words in shared_fonts.undrawn_texts(printed)]
    return [*compare(shown, render.page_texts(printed)), *boxes]


def compare(shown: ShownText, pages: Sequence[str]) -> list[Loss]:
    """Return what the pages lack of the text of a Word file."""
    printed = [fold_words(page) for page in pages]
    wanted = [(words, fold_words(words)) for words in shown.paragraphs]
    there = Counter("".join(printed)) - _repetitions(shown, printed)
    missing = Counter("".join(folded for _, folded in wanted)) - there
    if not missing:
        return []
    losses = []
    # A paragraph that stands on one page as a whole has lost nothing, so the others come first.
    for words, folded in sorted(wanted, key=lambda each: any(each[1] in page for page in printed)):
        if lost := missing & Counter(folded):
            losses.append(Loss(words, _in_order(words, lost)))
            missing -= lost
    return losses


def _repetitions(shown: ShownText, printed: Sequence[str]) -> Counter[str]:
    """Return the characters of headers, footers and heads of tables that stand on further pages."""
    extra: Counter[str] = Counter()
    for words, times in Counter(map(fold_words, shown.repeated)).items():
        again = sum(words in page for page in printed) - times
        if again > 0 and len(words) >= SHORTEST_REPEATED:
            extra += Counter(words * again)
    return extra


def _in_order(words: str, lost: Counter[str]) -> str:
    """Return the lost characters as the text writes them and in its order; what was cut off was at its end."""
    left, found = Counter(lost), []
    for char in reversed(words):
        if (wanted := Counter(fold_words(char))) and wanted <= left:
            left -= wanted
            found.append(char)
    return "".join(reversed(found)) or "".join(lost.elements())


def fold_words(words: str) -> str:
    """Return a text in the form in which it is compared."""
    return "".join(map(_fold, words if words.isascii() else unicodedata.normalize("NFKC", words)))


@lru_cache(maxsize=20_000)
def _fold(char: str) -> str:
    """Return a character as it is compared: blanks and what has no picture left out, capitals made small."""
    if char in LOOKALIKES:
        return LOOKALIKES[char]
    if char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Zs") or text.IGNORABLE.match(char):
        return ""
    return char.casefold()


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
