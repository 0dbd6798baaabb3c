"""Text as cells hold it, in one plain form, and how similar two texts are.

Every reader of values builds on `as_text` and `halfwidth`.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
BLANK_MARKS = {"-", "—", "——", "－", "/", "\\", "／"}
"""Dashes and slashes that staff write into a cell with no value."""
NONE_WORDS = {"无", "暂无", "没有"}
"""Words for "none": no value in a column of dates or numbers, but a valid answer in a column of text."""


def as_text(raw: object) -> str:
    """Return a cell's value as text: NFC, Unix line ends, no control characters, no blanks at the ends."""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return format_decimal(Decimal(repr(raw)))
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    if isinstance(raw, dt.date):
        return raw.isoformat()
    # Excel writes a carriage return inside a cell as the literal text _x000D_.
    cleaned = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    cleaned = UNPRINTABLE.sub("", cleaned).strip()
    # Staff type an apostrophe before a number to keep it as text. An apostrophe that opens a quotation occurs twice.
    return cleaned[1:] if cleaned.startswith("'") and cleaned.count("'") == 1 else cleaned


def halfwidth(raw: object) -> str:
    """Return a cell's text with full-width digits, letters and punctuation made half-width and all blanks removed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", as_text(raw)))


def is_same_name(one: str, other: str) -> bool:
    """Return True if two names differ in nothing but blanks, punctuation, quotation marks, width and case."""
    return bare(one) == bare(other)


def bare(name: str) -> str:
    """Return the letters, digits and characters of a name."""
    return "".join(char for char in halfwidth(name) if char.isalnum()).casefold() or halfwidth(name)


def format_decimal(number: Decimal) -> str:
    """Return a decimal as text, without an exponent and without trailing zeros."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def is_blank(raw: object) -> bool:
    """Return True if a cell has no value: empty, blanks or a dash."""
    return raw is None or str(raw).strip() in BLANK_MARKS | {""}


def is_blank_or_zero(raw: object) -> bool:
    """Return True if a cell has no value, or a zero that a formula left in an empty row."""
    return is_blank(raw) or raw is False or re.fullmatch(r"[¥￥]?0+(\.0+)?%?", halfwidth(raw)) is not None


# Words that occur in about half of all sentences here; they say nothing about the subject of a sentence.
COMMON_WORDS = re.compile(
    r"开展|举办|组织|项目|活动|进行|实施|完成|不少于|不低于|至少|服务|建立|培育|培养|孵化|通过|发布|相关|我市|市内|创新"
)


def find_most_similar(word: str, choices: Iterable[str], at_least: int) -> str:
    """Return the choice most similar to a word.

    Returns an empty string when no choice reaches the score `at_least` (0 to 100), or when two choices tie.
    """
    from rapidfuzz import fuzz, process

    found = process.extract(word, list(choices), scorer=fuzz.ratio, score_cutoff=at_least, limit=2)
    if not found or (len(found) == 2 and found[0][1] == found[1][1]):
        return ""
    return str(found[0][0])


def count_differences(one: str, other: str) -> int:
    """Return the number of positions at which two words of the same length differ (Hamming distance)."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def count_shared_bigrams(one: str, other: str) -> int:
    """Return the number of character bigrams that two sentences share, without the common words."""
    return len(_bigrams(one) & _bigrams(other))


def _bigrams(text: str) -> set[str]:
    # The separator keeps the characters on both sides of a removed word from forming a bigram.
    pieces = re.split(r"[^\u4e00-\u9fff]+", COMMON_WORDS.sub("|", text))
    return {piece[start : start + 2] for piece in pieces for start in range(len(piece) - 1)}
