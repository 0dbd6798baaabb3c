"""Page numbers read by a library that neither writes the volume nor is used to prove it: a second pair of eyes."""

import re
from typing import Any

from pypdf import PdfReader


def printed_number(reader: PdfReader, page: int, is_left: bool = False, is_top: bool = False) -> str:
    """The number a reader sees at the lower right (or another corner) of a page; empty when there is none."""
    sheet = reader.pages[page]
    width, height = float(sheet.mediabox.width), float(sheet.mediabox.height)
    lines: dict[int, str] = {}

    def keep(text: str, matrix: Any, place: Any, _font: Any, _size: Any) -> None:
        x = place[4] * matrix[0] + place[5] * matrix[2] + matrix[4]
        y = place[4] * matrix[1] + place[5] * matrix[3] + matrix[5]
        is_beside = x < width * (1 - 0.6) if is_left else x > width * 0.6
        is_near = y > height * (1 - 0.09) if is_top else y < height * 0.09
        if text.strip() and is_beside and is_near:
            # Of an OpenType font this library gives the codes two bytes each, the first of a digit being zero.
            lines[round(y)] = lines.get(round(y), "") + text.replace("\0", "").strip()

    sheet.extract_text(visitor_text=keep)
    # A scan may bring a number of its own; ours is in the line nearest to the edge. A page's foot may stand there too.
    told = [y for y, line in lines.items() if re.search(r"\d", line)]
    numbers = re.findall(r"\d+", lines[max(told) if is_top else min(told)]) if told else []
    return numbers[0 if is_left else -1] if numbers else ""
