"""Read the tables of any file that staff drop in: workbooks, Word tables, CSV, the plain-text export of a catalogue.

Formats that `xlsx` cannot read are converted by LibreOffice first. Results are cached in memory only. The last few
files are kept whole, because one run reads a workbook more than once. Titles and first columns, which identify a
project's workbook, are kept for many files: each of many projects searches the same folder. The file's modification
time is part of every cache key.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from paperwork.core import text
from paperwork.core.faults import Unreadable, Where
from paperwork.formats.office import installation, libreoffice
from paperwork.formats.spreadsheets import xlsx
from paperwork.formats.spreadsheets.cells import Cell, Sheet, make_sheet
from paperwork.formats.spreadsheets.documents.pdf_tables import read_pdf
from paperwork.formats.spreadsheets.documents.word_tables import read_docx, read_word97
from paperwork.formats.spreadsheets.xlsx import _read_safely, _read_xlsx, detect_type


def read_sheets(path: Path, name: str, content: bytes | None = None) -> list[Sheet]:
    """Read every table of a file.

    `name` is the file name in faults; `content` is the file converted to .xlsx by LibreOffice, if it was converted.
    """
    readers: dict[str, Callable[[bytes, str], list[Sheet]]] = {
        "xlsx": _read_xlsx, "docx": read_docx, "pdf": read_pdf, "csv": read_csv, "txt": read_text,
    }  # fmt: skip
    reader = _read_xlsx if content else readers[detect_type(path)]
    return _read_safely(lambda: reader(content or path.read_bytes(), name))


KEPT, GLANCES = 8, 1024
"""Cache sizes: files kept whole, and files of which only titles and first columns are kept."""


def read_tables(path: Path, name: str) -> list[Sheet]:
    """Return every table of a file; `name` is the file name in faults.

    Raises `Unreadable` with the Chinese reason when the file cannot be read.
    """
    return list(_read(path, name, path.stat().st_mtime_ns))


def read_sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets, or an empty list when the file is not a workbook."""
    return list(_titles(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=GLANCES)
def _titles(path: Path, _changed: int) -> tuple[str, ...]:
    return (
        tuple(xlsx.read_sheet_names(convert_to_xlsx(path)))
        if xlsx.detect_type(path) in ("xlsx", *xlsx.LIBREOFFICE_TYPES)
        else ()
    )


def read_first_columns(path: Path, title: str) -> Sheet:
    """Return the first columns of one sheet without reading the others; its cells have no location."""
    return _glance(path, title, path.stat().st_mtime_ns)


@lru_cache(maxsize=GLANCES)
def _glance(path: Path, title: str, _changed: int) -> Sheet:
    return Sheet(
        title,
        [[Cell(value, Where()) for value in row] for row in xlsx.read_first_columns(convert_to_xlsx(path), title)],
    )


def convert_to_xlsx(path: Path) -> bytes:
    """Return a workbook as .xlsx bytes, converted by LibreOffice if it has another format."""
    kind = xlsx.detect_type(path)
    return path.read_bytes() if kind == "xlsx" else _converted(path, kind, path.stat().st_mtime_ns)


@lru_cache(maxsize=KEPT)
def _converted(path: Path, kind: str, _changed: int) -> bytes:
    return libreoffice.to_xlsx(path.read_bytes(), kind)


@lru_cache(maxsize=KEPT)
def _read(path: Path, name: str, changed: int) -> tuple[Sheet, ...]:
    kind = xlsx.detect_type(path)
    if kind in xlsx.LIBREOFFICE_TYPES:
        return tuple(read_sheets(path, name, _converted(path, kind, changed)))
    if kind in xlsx.LIBREOFFICE_TEXTS:
        content = path.read_bytes()
        converted = libreoffice.to_docx(content, kind)
        return tuple(_read_safely(lambda: read_word97(content, converted, name)))
    sheets = read_sheets(path, name)
    stale = any(cell.problem == xlsx.NOT_CALCULATED for sheet in sheets for row in sheet.rows for cell in row)
    # LibreOffice calculates formulas that no program has calculated yet. Only their results are taken from its copy.
    if stale and installation.find_program():
        calculated = read_sheets(path, name, _converted(path, kind, changed))
        results = {cell.where: cell for sheet in calculated for row in sheet.rows for cell in row}
        sheets = [
            replace(sheet, rows=[[_calculated(cell, results) for cell in row] for row in sheet.rows])
            for sheet in sheets
        ]
    return tuple(sheets)


def _calculated(cell: Cell, results: dict[Where, Cell]) -> Cell:
    """Return the result that LibreOffice calculated for a formula without one; return any other cell unchanged."""
    return results.get(cell.where, cell) if cell.problem == xlsx.NOT_CALCULATED else cell


DELIMITERS = ",\t;"
FIRST_LINES = 20
"""Lines that are searched for the delimiter."""
MIN_TABS = 3
"""Tabs in one line of a text from which its lines are rows; in the export of a Word table a line has one at most."""
LONGEST_FIELD = 2**20
"""Limit of one cell, in characters; the default of `csv` (131072) is shorter than a long brief."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode_text(content: bytes) -> str:
    """Decode a text file, and raise `Unreadable` if its encoding is not a usual one."""
    try:
        return text.decode(content)
    except UnicodeDecodeError:
        raise Unreadable(
            "文字的编码认不出来（不是 UTF-8、UTF-16，也不是 GB 18030）", "请用记事本打开，另存为 UTF-8 编码再放进来"
        ) from None


def read_csv(content: bytes, name: str) -> list[Sheet]:
    """Read a CSV without interpreting its values.

    Excel or LibreOffice would guess dates and round an ID number to 15 digits.
    """
    words = CONTROL.sub("", decode_text(content))
    csv.field_size_limit(LONGEST_FIELD)
    # Title lines above the header contain no delimiter, so the line with the most occurrences decides.
    lines = words.splitlines()[:FIRST_LINES]
    delimiter = max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in lines), default=0))
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(words), delimiter=delimiter)]
    return [make_sheet("", rows, name)]


TOTAL_WORDS = ("合计", "小计", "总计", "共计")
"""Ends of the first cell of a total row, which has fewer cells than other rows in a text export."""


def read_text(content: bytes, name: str) -> list[Sheet]:
    """Read the text export of Word tables: a tab begins each cell, and lines without one continue the cell above.

    Blank lines occur between rows but also inside cells, so they cannot separate rows. A header ends at the first blank
    line; every row below it has as many cells, but for totals. A header whose first two cells occur again begins
    another table. What follows a total, or stands above a header, is a row of one cell.
    """
    lines = decode_text(content).splitlines()
    if any(line.count("\t") > MIN_TABS for line in lines):  # Excel's “Unicode 文本”: a row on each line
        return read_csv(content, name)
    texts: list[tuple[int, list[str]]] = []
    rows: list[list[Cell]] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("\t"):
            texts.append((number, [line[1:]]))
        elif texts:
            texts[-1][1].append(line)
        elif line.strip():
            rows.append([Cell(line.strip(), Where(name, "", f"第{number}行"))])
    begin = [parts[0].strip() for _, parts in texts[:2]]
    starts = [at for at in range(len(texts)) if [parts[0].strip() for _, parts in texts[at : at + 2]] == begin]
    if not starts or not any(_ends_row(parts) for _, parts in texts):
        return []
    for start, end in zip(starts, [*starts[1:], len(texts)], strict=True):
        rows += _text_rows(texts[start:end], name, is_last=end == len(texts))
    return [Sheet("", rows)]


def _ends_row(parts: Sequence[str]) -> bool:
    return any(not part.strip() for part in parts)


def _text_rows(texts: list[tuple[int, list[str]]], name: str, is_last: bool) -> Iterator[list[Cell]]:
    """Yield the rows of one table of a text export."""
    width = next((at for at, (_, parts) in enumerate(texts, 1) if _ends_row(parts)), len(texts))
    at = 0
    while at < len(texts):
        row, loose = texts[at : at + width], (0, [""])
        if is_total := row[0][1][0].strip().endswith(TOTAL_WORDS):
            row = row[: next((place for place, (_, parts) in enumerate(row, 1) if _ends_row(parts)), width)]
        at += len(row)
        number, parts = row[-1]
        # The lines above the next header are its title; those below the amount of a total belong to no cell.
        cut = (
            1 if is_total else max((place for place, part in enumerate(parts) if not part.strip()), default=len(parts))
        )
        if is_total or (at == len(texts) and not is_last):
            row, loose = [*row[:-1], (number, parts[:cut])], (number + cut, parts[cut:])
        for cells in (row, [loose]):
            found = [Cell("\n".join(lines).strip() or None, Where(name, "", f"第{line}行")) for line, lines in cells]
            if any(cell.is_filled for cell in found):
                yield found
