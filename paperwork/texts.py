"""Tables in plain text: a CSV, and the text export of a Word table."""

import csv
import io
import re

from paperwork.cells import Cell, Sheet, plain_sheet
from paperwork.faults import Where

DELIMITERS = ",\t;"
FIRST_LINES = 20
LONGEST_FIELD = 2**20
"""Characters of one cell; the library's own limit is shorter than a long brief."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decoded(content: bytes) -> str:
    """Text of today (UTF-8) or of Excel's Chinese CSV (GB 18030)."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def read_csv(content: bytes, name: str) -> list[Sheet]:
    """Read a CSV as plain text: no program gets to guess at dates, or to round an ID number to 15 digits."""
    text = CONTROL.sub("", decoded(content))
    csv.field_size_limit(LONGEST_FIELD)
    # Above the header stand title lines with no delimiter in them: the line with the most of one tells.
    lines = text.splitlines()[:FIRST_LINES]
    comma = max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in lines), default=0))
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=comma)]
    return [plain_sheet("", rows, name)]


def read_text(content: bytes, name: str) -> list[Sheet]:
    """Read the text export of a Word table: each cell begins with a tab, other lines go on with the cell above.

    Blank lines stand between rows but also inside cells, so rows are told by their number of cells: the header runs up
    to the first blank line, and each row after it is as long; a shorter last one is the total.
    """
    cells: list[tuple[int, list[str]]] = []
    width = 0
    for number, line in enumerate(decoded(content).splitlines(), 1):
        if line.startswith("\t"):
            cells.append((number, [line[1:]]))
        elif cells:
            width = width or (len(cells) if not line.strip() else 0)
            cells[-1][1].append(line)
    row = [Cell("\n".join(parts).strip() or None, Where(name, "", f"第{number}行")) for number, parts in cells]
    return [Sheet("", [row[start : start + width] for start in range(0, len(row), width)])] if width else []
