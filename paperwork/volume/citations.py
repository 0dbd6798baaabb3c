"""Find words on a page as a reader finds them: line breaks and gaps in the layout do not count.

The page plan uses this before binding to choose the page that a citation names; `readback` uses it on the bound file.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from paperwork.documents.proofreading import fold_words


def page_words(text: str) -> str:
    """Return the text of a page as it is searched: folded as for proofreading, with single blanks for gaps."""
    return " ".join(fold_words(words) for words in text.split())


def shows(page: str, facts: Iterable[str]) -> bool:
    """Return True if all facts stand on a page, given as `page_words` returns it."""
    return all(_pattern(fact).search(page) for fact in facts)


@lru_cache(maxsize=4096)
def _pattern(fact: str) -> re.Pattern[str]:
    """Return the pattern that finds a fact. A number is found only whole: 2课时 does not stand in 12课时."""
    words = fold_words(fact)
    # A line may be broken anywhere in a cell, but two numbers side by side are not one.
    gaps = ["", *("" if (one + other).isdigit() else r"\s*" for one, other in pairwise(words))]
    inner = "".join(gap + re.escape(char) for gap, char in zip(gaps, words, strict=False))
    before = r"(?<!\d)(?<!\d[.,])" if words[:1].isdigit() else ""
    after = r"(?![.,]?\d)" if words[-1:].isdigit() else ""
    return re.compile(before + inner + after)
