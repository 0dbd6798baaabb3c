"""Turn the tables of a Word file into sheets, and the text outside of them into one more sheet.

Nothing of the file is passed over: what is in no table is for the caller to use or to report.
"""

from dataclasses import replace

from paperwork.core import text
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats.office import word97, word_text
from paperwork.formats.office.word_text import WordTable, WordText
from paperwork.formats.spreadsheets.cells import Cell, MergedRange, Sheet, make_sheet

LOOSE = "表格以外的文字"
"""Name of the sheet with the paragraphs outside of tables, one in each row."""
MAX_QUOTE = 30
"""Most characters of a hidden text that a fault quotes."""


def read_docx(content: bytes, name: str) -> list[Sheet]:
    """Return the tables of a Word file, which faults call `name`, in its order; the last sheet is `LOOSE`.

    The faults about the file as a whole (tracked changes, hidden text, comments) are in `unread` of the last sheet.
    """
    read = word_text.read_word(content)
    loose = [[Cell(words, Where(name, "", place))] for place, words in read.paragraphs]
    sheets = [_sheet(table, number, name) for number, table in enumerate(read.tables, 1)]
    return [*sheets, Sheet(LOOSE, loose, unread=tuple(_report(read, Where(name))))]


def read_word97(content: bytes, converted: bytes, name: str) -> list[Sheet]:
    """Return the tables of a text document as its conversion to .docx has them, or as a .doc itself has them.

    Of a .doc that ends with a table LibreOffice loses that table.
    """
    own = word97.read_tables(content)
    if own is None:
        return read_docx(converted, name)
    *_, loose = read_docx(converted, name)
    places = [make_sheet(f"表格{number}", rows, name) for number, rows in enumerate(own, 1)]
    # The lost table is among the paragraphs; each line break in a cell begins another one.
    held = text.halfwidth("".join(words for rows in own for row in rows for words in row))
    outside = [row for row in loose.rows if text.halfwidth(row[0].value) not in held]
    return [*places, replace(loose, rows=outside)]


def _sheet(table: WordTable, number: int, name: str) -> Sheet:
    sheet = make_sheet(f"表格{number}", table.rows, name)
    inside = "" if table.inside is None else f"表格{table.inside + 1}"
    return replace(sheet, merged=tuple(MergedRange(*each) for each in table.merged), inside=inside)


def _report(read: WordText, where: Where) -> list[Fault]:
    """Return the notices about a Word file: how it was read, and what of it was not."""
    faults = []
    if read.changed:
        mend = "请在 Word 或 WPS 里打开，“审阅”→“接受所有修订”（不要的先拒绝），保存后再放"
        faults.append(Fault(Level.NOTICE, where, "里面有没接受的修订，按全部接受以后的样子读了", mend))
    if read.hidden:
        mend = "要用的话，请在 Word 里选中它，“字体”里去掉“隐藏”；不要的请删去"
        words = read.hidden[0][:MAX_QUOTE]
        faults.append(Fault(Level.NOTICE, where, f"里面有 {len(read.hidden)} 处隐藏的文字，没有读", mend, words))
    if read.comments:
        mend = "批注里有要求的话，请写进表格；处理完的请删去"
        faults.append(Fault(Level.NOTICE, where, f"里面有 {read.comments} 条批注，没有读", mend))
    if read.embedded:
        mend = "里面有文字的话，请在表格里打成字"
        faults.append(Fault(Level.NOTICE, where, f"表格里有 {read.embedded} 处图片或嵌入的文件，里面的字没有读", mend))
    return faults
