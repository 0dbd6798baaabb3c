"""Split a text into its numbered clauses, verbatim, in any style of numbering."""

import re
from collections.abc import Callable

from paperwork import values

CHINESE = "一二三四五六七八九十"
NO_DECIMAL = r"(?!\d)|(?=\d{4}年)"
"""Lookahead after `1.`: 1.5万元 is an amount, but 1.2022年4月 is clause 1, which begins with a year."""
# 1. 1、 1） / （1） (1) / 一、 / （一） / ① ⑴ ⒈ / 第一条 第一， / 一是.
# If a text uses several styles, the one that begins the text is taken; the others number points inside a clause.
STYLES: tuple[tuple[str, Callable[[str], int]], ...] = (
    (rf"(\d{{1,2}})\s*(?:[.．](?:{NO_DECIMAL})|、(?:{NO_DECIMAL})|[)）])", int),
    (r"[（(]\s*(\d{1,2})\s*[)）]", int),
    (rf"([{CHINESE}]{{1,3}})\s*、", values.chinese_number),
    (rf"[（(]\s*([{CHINESE}]{{1,3}})\s*[)）]", values.chinese_number),
    (r"([①-⑳⑴-⒇⒈-⒛])", lambda sign: (ord(sign) - ord("①")) % 20 + 1),
    (rf"第([{CHINESE}]{{1,3}})[条款项，、]", values.chinese_number),
    (rf"([{CHINESE}]{{1,3}})是", values.chinese_number),
)
MARK = re.compile("|".join(rf"^\s*{style}\s*" for style, _ in STYLES))


def split(text: str) -> list[tuple[int, str]]:
    """Return the numbered clauses of a text, verbatim: joined, they give the text. Without numbers, return its lines.

    Words before the first number (项目要求如下：) belong to the first clause.
    """
    candidates = [_positions(text, style, read) for style, read in STYLES]
    begins = [cuts for cuts in candidates if cuts and not text[: cuts[0]].strip()]
    # After a colon one number is not enough: it may be part of a sentence.
    announced = [cuts for cuts in candidates if len(cuts) > 1 and re.search(r"[：:]\s*$", text[: cuts[0]])]
    # Only the first candidate is used: a style that begins the text, or else the earliest after a colon.
    for cuts in (*begins, *sorted(announced, key=lambda cuts: cuts[0])):
        return [
            (at + 1, text[cut:end]) for at, (cut, end) in enumerate(zip([0, *cuts[1:]], [*cuts[1:], None], strict=True))
        ]
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return list(enumerate(lines, 1))


def _positions(text: str, style: str, read: Callable[[str], int]) -> list[int]:
    """Return where the numbers 1, 2, 3 … of one style begin in a text."""
    cuts: list[int] = []
    for found in re.finditer(rf"(?:^|(?<=[\s。；;：:]))\s*{style}", text):
        if read(found[1]) == len(cuts) + 1:  # a number out of sequence is part of a sentence
            cuts.append(found.start())
    return cuts


def unnumbered(words: str) -> str:
    """Return words without their leading number."""
    return MARK.sub("", words).strip()
