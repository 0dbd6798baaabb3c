"""Change one cell of the timed project: `python -m benchmarks.change WORKBOOK SHEET HEADER ROW WORDS`.

ROW counts data rows from 1. WORDS overwrite the beginning of the cell's text, so that a long text keeps its length.
"""

import sys
from pathlib import Path

from openpyxl import load_workbook


def change(path: Path, title: str, header: str, row: int, words: str) -> None:
    """Overwrite the beginning of one cell."""
    workbook = load_workbook(path)
    sheet = workbook[title]
    column_header = next(cell for line in sheet.iter_rows(max_row=5) for cell in line if cell.value == header)
    cell = sheet.cell(column_header.row + row, column_header.column)
    cell.value = words + str(cell.value or "")[len(words) :]
    workbook.save(path)


if __name__ == "__main__":
    workbook, title, header, row, words = sys.argv[1:]
    change(Path(workbook), title, header, int(row), words)
