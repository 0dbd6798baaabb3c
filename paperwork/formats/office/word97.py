"""Read the tables of a Word 97–2003 file whose last table ends the file, which LibreOffice loses.

Word puts an empty paragraph below a table that ends a document. LibreOffice writes files without one, and reads the
last table of such a file as one long paragraph. The text of the file ([MS-DOC] 2.4.1) still has the marks of its cells.
"""

import io
import struct
from collections.abc import Iterator, Sequence

from paperwork.formats import ole

CELL = "\x07"
"""Ends a cell; one more ends the row."""
LAYOUT = {"\x0b": "\n", "\r": "\n", "\x0c": "\n", "\x1e": "-", "\x1f": "", "\xa0": " "}
IS_TABLE_1, IS_ENCRYPTED = 0x0200, 0x0100
"""Flags of the file information block: the tables are in 1Table, not 0Table; the text is encrypted."""
COMPRESSED = 1 << 30
MAX_CELLS = 500_000


def read_tables(content: bytes) -> list[list[list[str]]] | None:
    """Return the tables of a .doc file as rows of texts, or None if it does not end with a table."""
    text = _main_text(content)
    if text is None or not text.rstrip("\0").endswith(CELL) or text.count(CELL) > MAX_CELLS:
        return None
    tables: list[list[list[str]]] = []
    pieces = text.rstrip("\0").split(CELL)[:-1]
    at = width = 0
    while at < len(pieces):
        above, _, first = pieces[at].rpartition("\r")
        if not width or above:  # text above: the paragraphs between two tables
            width = _first_blank(pieces, at) - at
            tables.append([])
        # An empty cell looks like the end of a row, so the first row counts, but for rows with merged cells.
        end = at + width if not "".join(pieces[at + width : at + width + 1]) else _first_blank(pieces, at)
        row = [first, *pieces[at + 1 : end]]
        tables[-1].append([_shown(words) for words in row])
        at = end + 1
    return tables


def _first_blank(pieces: Sequence[str], at: int) -> int:
    return next((end for end in range(at + 1, len(pieces)) if not pieces[end]), len(pieces))


def _shown(words: str) -> str:
    """Return the text of a cell without field instructions, with the line breaks of Word as ours."""
    shown = "".join(_without_fields(words))
    for mark, character in LAYOUT.items():
        shown = shown.replace(mark, character)
    return "".join(mark for mark in shown if mark >= " " or mark in "\n\t").strip()


def _without_fields(words: str) -> Iterator[str]:
    """Yield the characters outside of the instructions of fields (0x13 instruction 0x14 result 0x15)."""
    hidden = 0
    for mark in words:
        if mark == "\x13":
            hidden += 1
        elif mark in "\x14\x15" and hidden:
            hidden -= 1
        elif not hidden:
            yield mark


def _main_text(content: bytes) -> str | None:
    """Return the text of the main document by its piece table; None if the file is damaged, encrypted or older."""
    file = ole.read_ole(io.BytesIO(content), len(content))
    if file is None or "WordDocument" not in file.top:
        return None
    main = file.read(file.top["WordDocument"])
    try:
        (flags,) = struct.unpack_from("<H", main, 0x0A)
        (length,) = struct.unpack_from("<i", main, 0x4C)
        start, size = struct.unpack_from("<II", main, 0x01A2)
        table = file.top.get("1Table" if flags & IS_TABLE_1 else "0Table")
        if table is None or flags & IS_ENCRYPTED:
            return None
        return "".join(_pieces(main, file.read(table)[start : start + size]))[: max(length, 0)]
    except struct.error:
        return None


def _pieces(main: bytes, clx: bytes) -> Iterator[str]:
    """Yield the text of each piece ([MS-DOC] 2.9.38)."""
    at = 0
    while at < len(clx) and clx[at] == 1:  # properties, which are not needed
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    for number in range(count):
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        letters = max(ends[number + 1] - ends[number], 0)
        if place & COMPRESSED:
            begin = (place & ~COMPRESSED) // 2
            yield main[begin : begin + letters].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * letters].decode("utf-16-le", "replace")
