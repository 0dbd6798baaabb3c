"""Break titles between words, into lines that form a trapezoid or a diamond (GB/T 9704-2012, 7.3.1).

A layout program breaks Chinese text between any two characters: 举/行, 承/诺. Titles are known by their look, a centred
paragraph in letters larger than those of the text, so templates of staff need no mark. The lines are chosen by
measured width and written as line breaks.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import rjieba

from paperwork.formats.office.typesetting.styles import TWIPS, Styles, W, number

SMALLEST = 17.0
"""Letters of a title are larger than this, in points; those of official text are 16."""
CELL_MARGINS = 216.0
"""Width in twips of the margins left and right in a cell, where the table names none."""
RESERVE = 0.3
"""Width in characters that a line leaves free, because a printing program may measure otherwise by a little."""
MAX_LINES, MAX_WORDS = 4, 40
"""Longer paragraphs are no titles, however large their letters are."""
LATIN_WIDTHS = ((" .,:;'|!ijlI", 0.33), ("mwMW", 0.95), ("0123456789", 0.5))
CAPITAL, SMALL, GAP = 0.73, 0.5, 0.25
"""Widths of Latin letters in widths of a Chinese character, and of the gap between 2022 and 年."""
OPENING, CLOSING = "“‘《〈（(「『【〔", "”’》〉）)」』】〕，、；：。！？·—…％%"
"""Marks that never end a line, and marks that never begin one."""
HEADS = "与及和暨并或在赴为向对从被把于庆迎"
"""Words of one character that begin a phrase: a line may begin with them, not end with them."""
PHRASE_END = "年度"
"""A word that ends a phrase: a word of one character after it belongs to what follows, and a break there is good."""
PARTNERS = "”’》〉）)」』】〕"
INSIDE, BONUS = 2.0, 0.2
"""Cost of a break inside quotation marks or brackets, and what one before or after them is better than another."""
LONGEST_ORDINAL = 3
RANGES = "—–-~～至"
"""Marks between the numbers of a range, which stays on one line."""
FEWEST = 0.4
"""A last line is at least this part of the longest one."""
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
UNPRINTED = {
    f"{W}{name}" for name in ("pPr", "rPr", "proofErr", "bookmarkStart", "bookmarkEnd", "lastRenderedPageBreak")
}
OUTER = {f"{W}body", f"{W}document"}
SIDES = {f"{W}{name}" for name in ("left", "right", "start", "end")}


@dataclass(frozen=True)
class _Piece:
    """Characters of a title that stay together, and what a break before them costs."""

    text: str
    cost: float


def break_titles(body: Any, styles: Styles) -> None:
    """Break the titles of a document that are wider than their line."""
    for paragraph in list(body.iter(f"{W}p")):
        texts = _title_texts(paragraph, styles)
        width = _line_width(paragraph, styles) if texts else 0.0
        if not width:
            continue
        words = "".join(text.text or "" for text in texts)
        lines = title_lines(words, width / _size(texts, paragraph, styles))
        if len(lines) > 1:
            _insert_breaks(texts, [len(line) for line in lines])


def title_lines(words: str, width: float) -> list[str]:
    """Return the lines of a title; `width` is that of a line, in widths of a Chinese character.

    The title is one line if it fits, if it has no good breaks, or if it is too long to be a title.
    """
    if measure(words) <= width - RESERVE:
        return [words]
    pieces = _pieces(words)
    if len(pieces) > MAX_WORDS:
        return [words]
    sizes = [measure(each.text) for each in pieces]
    for count in range(2, min(MAX_LINES, len(pieces)) + 1):
        choices = [
            (cost, ends)
            for ends in combinations(range(1, len(pieces)), count - 1)
            if (cost := _cost(pieces, sizes, ends, width - RESERVE)) is not None
        ]
        if choices:
            bounds = [0, *min(choices)[1], len(pieces)]
            return ["".join(each.text for each in pieces[start:end]) for start, end in pairwise(bounds)]
    return [words]


def measure(words: str) -> float:
    """Return the width of a text in widths of a Chinese character."""
    wide = [_is_wide(char) for char in words]
    gaps = sum(one != other and words[at : at + 2].isalnum() for at, (one, other) in enumerate(pairwise(wide)))
    return sum(1.0 if each else _latin_width(char) for char, each in zip(words, wide, strict=True)) + GAP * gaps


def _is_wide(char: str) -> bool:
    """Return True if a character is as wide as a Chinese one; the marks “ ” — … are."""
    return unicodedata.east_asian_width(char) in "WFA"


def _latin_width(char: str) -> float:
    """Return the width of a Latin character."""
    found = next((width for chars, width in LATIN_WIDTHS if char in chars), None)
    return found or (CAPITAL if char.isupper() else SMALL)


def _cost(pieces: Sequence[_Piece], sizes: Sequence[float], ends: Sequence[int], width: float) -> float | None:
    """Return how bad the lines are that break before the pieces `ends`, None if one is too wide."""
    lines = [sum(sizes[start:end]) for start, end in pairwise([0, *ends, len(pieces)])]
    longest = max(lines)
    if longest > width:
        return None
    steps = [after - before for before, after in pairwise(lines)]
    mean = sum(lines) / len(lines)
    cost = sum(pieces[end].cost for end in ends) + 8 * sum((line - mean) ** 2 for line in lines) / mean**2
    if any(before < 0 < after for before, after in pairwise(steps)):
        cost += 6  # an hourglass: neither a trapezoid nor a diamond
    if all(abs(step) < 1 for step in steps):
        cost += 0.15  # a rectangle
    return cost + (3 if lines[-1] < FEWEST * longest else 0)


def _pieces(words: str) -> list[_Piece]:
    """Return the words of a title, with the marks that stay at them, and the cost of a break before each."""
    texts: list[str] = []
    for word in rjieba.cut(words):
        if texts and _stays(texts[-1], word):
            texts[-1] += word
        else:
            texts.append(word)
    pieces: list[_Piece] = []
    depth, before = 0, ""
    for text in texts:
        ends_phrase = before.endswith(PHRASE_END) or (before != "" and before[-1] in CLOSING)
        bonus = BONUS * ((text[0] in OPENING) + ends_phrase)
        pieces.append(_Piece(text, (INSIDE if depth else 0) - bonus))
        depth += sum((char in OPENING) - (char in PARTNERS) for char in text)
        before = text
    return pieces


def _stays(before: str, word: str) -> bool:
    """Return True if a word must not begin a line after the text before it."""
    if before[-1] in OPENING or word[0] in CLOSING or word.isspace() or before in HEADS:
        return True
    if len(word) == 1 and word not in OPENING and not before.endswith(PHRASE_END):
        return word not in HEADS  # 书, 表, 日, 节 … belong to the word before
    if word[0].isdecimal() and before[-1] in RANGES:
        return True
    # 3 公里, 第一 中学
    return before[-1].isdecimal() or (before[0] == "第" and len(before) <= LONGEST_ORDINAL)


def _title_texts(paragraph: Any, styles: Styles) -> list[Any]:
    """Return the text elements of a paragraph that is a title and nothing else, else nothing."""
    alignment = styles.of_paragraph(paragraph, "jc")
    if alignment is None or alignment.get(f"{W}val") != "center":
        return []
    runs = [child for child in paragraph if child.tag not in UNPRINTED]
    content = [child for run in runs for child in run if child.tag not in UNPRINTED]
    if any(run.tag != f"{W}r" for run in runs) or any(child.tag != f"{W}t" for child in content):
        return []
    return content if content and _size(content, paragraph, styles) > SMALLEST else []


def _size(texts: Sequence[Any], paragraph: Any, styles: Styles) -> float:
    """Return the width in points of a Chinese character of the largest letters, with the space after it."""
    runs = [text.getparent() for text in texts]
    return max(
        float(styles.of_run(run, paragraph, "sz") or 0) / 2
        + float(styles.of_run(run, paragraph, "spacing") or 0) / TWIPS
        for run in runs
    )


def _line_width(paragraph: Any, styles: Styles) -> float:
    """Return the width in points of a paragraph's lines, 0 if it is unknown."""
    if next(paragraph.iterancestors(f"{W}txbxContent"), None) is not None:
        return 0.0
    cell = next(paragraph.iterancestors(f"{W}tc"), None)
    width = _text_width(paragraph) if cell is None else _cell_width(cell)
    indent = styles.of_paragraph(paragraph, "ind")
    taken = number(indent, "left", "start") + number(indent, "right", "end") + max(0.0, number(indent, "firstLine"))
    return max(0.0, width - taken) / TWIPS


def _cell_width(cell: Any) -> float:
    """Return the width in twips of the text in a table cell, 0 if it is unknown."""
    own = cell.find(f"{W}tcPr/{W}tcW")
    if own is None or own.get(f"{W}type", "dxa") != "dxa":
        return 0.0
    margins = next(cell.iterancestors(f"{W}tbl")).find(f"{W}tblPr/{W}tblCellMar")
    sides = CELL_MARGINS if margins is None else sum(number(each, "w") for each in margins if each.tag in SIDES)
    return number(own, "w") - sides


def _text_width(paragraph: Any) -> float:
    """Return the width in twips of the text area of a paragraph's section, 0 if it has columns."""
    *_, block = (each for each in (paragraph, *paragraph.iterancestors()) if each.tag not in OUTER)
    following = (found for each in (block, *block.itersiblings()) for found in each.iter(f"{W}sectPr"))
    section = next(following, None)
    if section is None or number(section.find(f"{W}cols"), "num") > 1:
        return 0.0
    margins = section.find(f"{W}pgMar")
    return number(section.find(f"{W}pgSz"), "w") - number(margins, "left") - number(margins, "right")


def _insert_breaks(texts: Sequence[Any], lengths: Sequence[int]) -> None:
    """Break a text that stands in several elements into lines of these lengths."""
    ends = list(_ends(lengths))
    start = 0
    for text in texts:
        words = text.text or ""
        cuts = [end - start for end in ends if start < end <= start + len(words)]
        start += len(words)
        text.set(SPACE, "preserve")
        text.text = words[: cuts[0]] if cuts else words
        last = text
        for cut, after in pairwise([*cuts, len(words)]):
            line_break, rest = text.makeelement(f"{W}br"), text.makeelement(text.tag, dict(text.attrib))
            rest.text = words[cut:after]
            last.addnext(line_break)
            line_break.addnext(rest)
            last = rest


def _ends(lengths: Sequence[int]) -> Iterator[int]:
    """Yield the ends of all lines but the last, counted in characters from the beginning."""
    end = 0
    for length in lengths[:-1]:
        end += length
        yield end
