"""Read tables from plain text: a CSV file, and the text export of a Word table."""

import csv
import io
import re

from paperwork.cells import Cell, Sheet, plain_sheet
from paperwork.faults import Where

DELIMITERS = ",\t;"
FIRST_LINES = 20
"""Lines that are searched for the delimiter."""
LONGEST_FIELD = 2**20
"""Limit of one cell, in characters; the default of `csv` (131072) is shorter than a long brief."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decoded(content: bytes) -> str:
    """Decode text as UTF-8, or else as GB 18030, the encoding of a CSV from Chinese Excel."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def read_csv(content: bytes, name: str) -> list[Sheet]:
    """Read a CSV without interpreting its values.

    Excel or LibreOffice would guess dates and round an ID number to 15 digits.
    """
    text = CONTROL.sub("", decoded(content))
    csv.field_size_limit(LONGEST_FIELD)
    # Title lines above the header contain no delimiter, so the line with the most occurrences decides.
    lines = text.splitlines()[:FIRST_LINES]
    delimiter = max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in lines), default=0))
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    return [plain_sheet("", rows, name)]


def read_text(content: bytes, name: str) -> list[Sheet]:
    """Read the text export of a Word table: a tab begins each cell, and lines without one continue the cell above.

    Blank lines occur between rows but also inside cells, so they cannot separate rows. The header ends at the first
    blank line; every later row has as many cells as the header. A shorter last row is the total.
    """
    texts: list[tuple[int, list[str]]] = []
    width = 0
    for number, line in enumerate(decoded(content).splitlines(), 1):
        if line.startswith("\t"):
            texts.append((number, [line[1:]]))
        elif texts:
            width = width or (len(texts) if not line.strip() else 0)
            texts[-1][1].append(line)
    cells = [Cell("\n".join(parts).strip() or None, Where(name, "", f"第{number}行")) for number, parts in texts]
    return [Sheet("", [cells[start : start + width] for start in range(0, len(cells), width)])] if width else []
