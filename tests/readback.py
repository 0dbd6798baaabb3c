"""Printed page numbers, read with pypdf, which the program uses neither to write the volume nor to check it."""

import re
from typing import Any

from pypdf import PdfReader

MM = 72 / 25.4


def printed_number(reader: PdfReader, page: int, is_left: bool = False, is_top: bool = False) -> str:
    """Return the number printed at the lower right (or another corner) of a page, or an empty string."""
    sheet = reader.pages[page]
    width, height = float(sheet.mediabox.width), float(sheet.mediabox.height)
    lines: dict[int, str] = {}

    def collect(text: str, matrix: Any, place: Any, _font: Any, _size: Any) -> None:
        x = place[4] * matrix[0] + place[5] * matrix[2] + matrix[4]
        y = place[4] * matrix[1] + place[5] * matrix[3] + matrix[5]
        is_beside = x < width * (1 - 0.6) if is_left else x > width * 0.6
        is_near = y > height * (1 - 0.09) if is_top else y < height * 0.09
        if text.strip() and is_beside and is_near:
            # For a font with two-byte codes, pypdf returns both bytes; the first byte of a digit is zero.
            lines[round(y)] = lines.get(round(y), "") + text.replace("\0", "").strip()

    sheet.extract_text(visitor_text=collect)
    # A scan may have page numbers of its own; the base line of the volume's is 13 mm from the edge, or its top is.
    place = height - 13 * MM - 0.68 * 14 if is_top else 13 * MM
    line = next((line for y, line in lines.items() if abs(y - place) < 1), "")
    numbers = re.findall(r"\d+", line)
    return numbers[0 if is_left else -1] if numbers else ""
