"""Words that are nearly the same: mistyped headers and fields, and sentences that speak of one thing."""

import re
from collections.abc import Iterable

# Words that stand in half of all sentences here and so tell nothing about what a sentence is about.
COMMON = re.compile(
    r"开展|举办|组织|项目|活动|进行|实施|完成|不少于|不低于|至少|服务|建立|培育|培养|孵化|通过|发布|相关|我市|市内|创新"
)


def nearest(word: str, choices: Iterable[str], at_least: int) -> str:
    """The choice most like a word; empty when none reaches the score (0 to 100) or when two are equally like."""
    from rapidfuzz import fuzz, process

    found = process.extract(word, list(choices), scorer=fuzz.ratio, score_cutoff=at_least, limit=2)
    if not found or (len(found) == 2 and found[0][1] == found[1][1]):
        return ""
    return str(found[0][0])


def differences(one: str, other: str) -> int:
    """In how many places two words of the same length differ."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def shared(one: str, other: str) -> int:
    """How many pairs of neighbouring characters two sentences share, words that stand everywhere left out."""
    return len(_pairs(one) & _pairs(other))


def _pairs(text: str) -> set[str]:
    pieces = re.split(r"[^\u4e00-\u9fff]+", COMMON.sub("|", text))
    return {piece[place : place + 2] for piece in pieces for place in range(len(piece) - 1)}
