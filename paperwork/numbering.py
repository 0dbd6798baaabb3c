"""Numbered clauses of a text, verbatim, in whatever way they are numbered."""

import re
from collections.abc import Callable

from paperwork import values

CHINESE = "一二三四五六七八九十"
NO_DECIMAL = r"(?!\d)|(?=\d{4}年)"
"""After `1.`: 1.5万元 is an amount, 1.2022年4月 a clause that begins with a year."""
# 1. 1、 1） / （1） (1) / 一、 / （一） / ① ⑴ ⒈ / 第一条 第一， / 一是. The first that begins the text counts.
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
    """The numbered clauses of a text, verbatim: joined together they are the text. Without numbers, its lines.

    Words before the first number (项目要求如下：) belong to the first clause.
    """
    places = [_places(text, style, read) for style, read in STYLES]
    begins = [cuts for cuts in places if cuts and not text[: cuts[0]].strip()]
    announced = [cuts for cuts in places if len(cuts) > 1 and re.search(r"[：:]\s*$", text[: cuts[0]])]
    for cuts in (*begins, *sorted(announced, key=lambda cuts: cuts[0])):
        return [
            (at + 1, text[cut:end]) for at, (cut, end) in enumerate(zip([0, *cuts[1:]], [*cuts[1:], None], strict=True))
        ]
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return list(enumerate(lines, 1))


def _places(text: str, style: str, read: Callable[[str], int]) -> list[int]:
    cuts: list[int] = []
    for found in re.finditer(rf"(?:^|(?<=[\s。；;：:]))\s*{style}", text):
        if read(found[1]) == len(cuts) + 1:  # a number out of turn is part of a sentence
            cuts.append(found.start())
    return cuts


def unnumbered(words: str) -> str:
    """Words without the number they begin with."""
    return MARK.sub("", words).strip()
