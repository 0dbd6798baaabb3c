"""Read the tables of a PDF that has text, in a child process with limits: PDF libraries check neither time nor memory.

Only tables with drawn lines are found. A line break inside a cell is one of the page's, so lines are joined again where
no new item or paragraph begins.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

from paperwork.core.faults import Stop, Unreadable, Where
from paperwork.core.processes import ChildProcess
from paperwork.formats.spreadsheets.cells import Cell, MergedRange, Sheet, make_sheet
from paperwork.formats.spreadsheets.documents.word_tables import LOOSE

MAX_PAGES = 60
"""Most pages of a PDF that is read as a table."""
MAX_SECONDS, MAX_MEMORY = 40, 4 * 2**30
"""Limits of the child process: seconds, and bytes of address space."""
TOLERANCE = 1.5
"""Points by which edges of cells may differ that are one line."""
FULL_LINE = 0.8
"""Part of the longest line of a cell from which a line was broken for want of room."""
ITEM = re.compile(
    r"\s*(?:[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:[)）、．]|\.(?!\d))|第[一二三四五六七八九十\d]{1,3}条|[①-⒛])"
)
SAVE_AS = "请放入它的 Word 或 Excel 原件，或在 WPS 里转成 .docx 再放进来"
NO_TEXT = ("里面是图片，读不出文字", SAVE_AS)

Table = tuple[list[list[str]], list[tuple[int, int, int, int]]]
"""The texts of the cells by row, and the merged ranges (top, left, bottom, right)."""


def read_pdf(content: bytes, name: str) -> list[Sheet]:
    """Return the tables of a PDF in order, and the lines outside of them as the last sheet.

    Raises `Unreadable` for a PDF that is damaged, locked, too long or too complex, or has no text.
    """
    try:
        tables, lines = ChildProcess.start(lambda: _extract(content), MAX_MEMORY).result(MAX_SECONDS)
    except (TimeoutError, MemoryError):
        raise Unreadable("PDF 太复杂，读不出里面的表格", SAVE_AS) from None
    except Stop:
        raise Unreadable("PDF 打不开，文件可能损坏", SAVE_AS) from None
    sheets = []
    for number, (rows, merged) in enumerate(tables, 1):
        sheet = make_sheet(f"表格{number}", rows, name)
        sheets.append(replace(sheet, merged=tuple(MergedRange(*area) for area in merged)))
    loose = [[Cell(words, Where(name, "", f"第{page}页"))] for page, words in lines]
    return [*sheets, Sheet(LOOSE, loose)]


def _extract(content: bytes) -> tuple[list[Table], list[tuple[int, str]]]:
    """Return the tables of all pages, and the lines outside of them with the numbers of their pages."""
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(BytesIO(content)) as pdf:
            pages = len(pdf.pages)
            if not pages:
                raise Unreadable("PDF 里没有一页，文件可能损坏", SAVE_AS)
            if pages > MAX_PAGES:
                raise Unreadable(f"PDF 有 {pages} 页，最多读 {MAX_PAGES} 页", "请只留目录那几页，另存后再放进来")
            tables: list[Table] = []
            lines: list[tuple[int, str]] = []
            has_text = False
            for number, page in enumerate(pdf.pages, 1):
                found = page.find_tables()
                has_text = has_text or bool(page.chars)
                for at, each in enumerate(found):
                    made = _table(each)
                    if not at and tables:
                        _join_broken_row(tables[-1], made)
                    tables += [made] if made[0] else []
                lines += [(number, line) for line in _outside(page, [each.bbox for each in found])]
                page.close()
    except PdfminerException as error:
        is_locked = any(isinstance(each, PDFPasswordIncorrect) for each in error.args)
        wrong = "PDF 有打开密码，读不了" if is_locked else "PDF 打不开，文件可能损坏"
        raise Unreadable(wrong, SAVE_AS) from None
    if not has_text:
        raise Unreadable(*NO_TEXT)
    return tables, lines


def _outside(page: Any, boxes: Sequence[tuple[float, float, float, float]]) -> Iterator[str]:
    """Yield the lines of a page that lie in none of the boxes."""

    def is_outside(item: dict[str, Any]) -> bool:
        if item["object_type"] != "char":
            return True
        x, y = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
        return not any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes)

    for line in page.filter(is_outside).extract_text().splitlines():
        if line.strip():
            yield line.strip()


def _table(table: Any) -> Table:
    """Return the texts and the merged ranges of a table; a merged text stands in each row of its range."""
    shown = table.extract()
    tops = [row.bbox[1] for row in table.rows]
    lefts = sorted({round(cell[0], 1) for cell in table.cells})
    texts = [[""] * len(row) for row in shown]
    merged: list[tuple[int, int, int, int]] = []
    for at, row in enumerate(table.rows):
        for place, box in enumerate(row.cells):
            if box is None:
                continue
            last = max(number for number, top in enumerate(tops) if number == at or top < box[3] - TOLERANCE)
            right = place + sum(box[0] + TOLERANCE < left < box[2] - TOLERANCE for left in lefts)
            for number in range(at, last + 1):
                texts[number][place] = _joined(shown[at][place] or "")
            if last > at or right > place:
                merged.append((at, place, last, min(right, len(row.cells) - 1)))
    return texts, merged


def _join_broken_row(before: Table, after: Table) -> None:
    """Move the rest of a row that the end of a page has broken to the table before; a repeated header stays away.

    The rest has nothing in its first cell, where a row has its number, its name or the name of its value.
    """
    (texts, merged), (rest, areas) = before, after
    begin = 1 if len(rest) > 1 and rest[0] == texts[0] else 0
    row = rest[begin] if rest else []
    if len(row) != len(texts[0]) or row[0] or not any(row):
        return
    last = len(texts) - 1
    for place, words in enumerate(row):
        top = next((top for top, left, bottom, _ in merged if left == place and bottom == last), last)
        joined = _joined(f"{texts[last][place]}\n{words}") if words else texts[last][place]
        for number in range(top, last + 1):
            texts[number][place] = joined
    del rest[: begin + 1]
    areas[:] = [(top - begin - 1, left, bottom - begin - 1, right) for top, left, bottom, right in areas if top > begin]


def _joined(words: str) -> str:
    """Return the text of a cell with the lines joined that the page has broken."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    longest = max(map(len, lines), default=0)
    text = lines[0] if lines else ""
    for before, line in pairwise(lines):
        is_new = ITEM.match(line) or (before[-1] in "。；;：:" and len(before) < FULL_LINE * longest)
        text += ("\n" if is_new else "") + line
    return text
