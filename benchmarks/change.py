"""Change one cell of the timed project: `python -m benchmarks.change WORKBOOK SHEET HEADER ROW WORDS`.

ROW counts the sheet's rows of data from 1. WORDS are written over the beginning of what stands there, so that a long
text stays as long.
"""

import sys
from pathlib import Path

from openpyxl import load_workbook


def change(path: Path, title: str, header: str, row: int, words: str) -> None:
    """Write words over the beginning of one cell."""
    book = load_workbook(path)
    sheet = book[title]
    place = next(cell for line in sheet.iter_rows(max_row=5) for cell in line if cell.value == header)
    cell = sheet.cell(place.row + row, place.column)
    cell.value = words + str(cell.value or "")[len(words) :]
    book.save(path)


if __name__ == "__main__":
    workbook, title, header, row, words = sys.argv[1:]
    change(Path(workbook), title, header, int(row), words)
