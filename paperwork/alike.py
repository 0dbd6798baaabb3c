"""Measure how similar words and sentences are: mistyped headers and fields, sentences about the same subject."""

import re
from collections.abc import Iterable

# Words that occur in about half of all sentences here; they say nothing about the subject of a sentence.
COMMON = re.compile(
    r"开展|举办|组织|项目|活动|进行|实施|完成|不少于|不低于|至少|服务|建立|培育|培养|孵化|通过|发布|相关|我市|市内|创新"
)


def nearest(word: str, choices: Iterable[str], at_least: int) -> str:
    """Return the choice most similar to a word.

    Returns an empty string when no choice reaches the score `at_least` (0 to 100), or when two choices tie.
    """
    from rapidfuzz import fuzz, process

    found = process.extract(word, list(choices), scorer=fuzz.ratio, score_cutoff=at_least, limit=2)
    if not found or (len(found) == 2 and found[0][1] == found[1][1]):
        return ""
    return str(found[0][0])


def differences(one: str, other: str) -> int:
    """Return the number of positions at which two words of the same length differ (Hamming distance)."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def shared(one: str, other: str) -> int:
    """Return the number of character bigrams that two sentences share, without the common words."""
    return len(_bigrams(one) & _bigrams(other))


def _bigrams(text: str) -> set[str]:
    # The separator keeps the characters on both sides of a removed word from forming a bigram.
    pieces = re.split(r"[^\u4e00-\u9fff]+", COMMON.sub("|", text))
    return {piece[start : start + 2] for piece in pieces for start in range(len(piece) - 1)}
