"""Any table as rows of cells that know where they stand: a workbook's sheets, a Word table, a CSV, the text export.

Sole reader of openpyxl and python-docx. What cannot be read raises `ValueError` with the Chinese reason. What a file is
called does not matter: its first bytes say what it is.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperwork.faults import Where

# Files come from many hands: what is larger than any honest project is refused before it is parsed.
MAX_BYTES = 30 * 2**20
MAX_UNPACKED = 400 * 2**20
MAX_ROWS = 20_000
MAX_COLUMNS = 200
SUFFIXES = (".xlsx", ".xls", ".et", ".ods", ".csv", ".docx", ".txt")
FOREIGN = ("xls", "ods")
"""Kinds that only LibreOffice reads."""
BROKEN = "文件损坏或不是它名字所说的格式，打不开"
LOCKED = "文件有打开密码，读不了。请在 Excel 或 WPS 里去掉密码（文件 → 信息/文档加密），另存后再放进来"
STALE = "这个公式还没有算出结果，请用 Excel 或 WPS 打开工作簿、保存一次"
OLE = b"\xd0\xcf\x11\xe0"
# In an Excel 97 file a locked stream begins with its BOF record and goes on with FILEPASS (0x002F); streams begin at
# multiples of 512. A locked .xlsx is an OLE file that holds a stream EncryptedPackage.
BOF = b"\x09\x08\x10\x00\x00\x06"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Cell:
    """What stands in a cell and where; `problem` says why a value could not be had."""

    value: object
    where: Where
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table by name; rows may differ in length, blank cells hold None. `hidden` names what staff may not see."""

    name: str
    rows: list[list[Cell]]
    hidden: tuple[str, ...] = field(default=())


def kind(path: Path) -> str:
    """What a file is by its content: xlsx, xls, ods, docx, csv or txt. Raises `ValueError` for all others."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"文件超过 {MAX_BYTES // 2**20} MB，不像是一份表格")
    content = path.read_bytes()
    if content.startswith(OLE):
        locked = any(content[at + 20 : at + 22] == b"\x2f\x00" for at in _streams(content))
        if locked or ENCRYPTED in content:
            raise ValueError(LOCKED)
        return "xls"
    if content.startswith(b"PK"):
        return _packed_kind(io.BytesIO(content))
    suffix = path.suffix.lower().lstrip(".")
    if suffix in ("csv", "txt"):
        return suffix
    raise ValueError(BROKEN)


def _streams(content: bytes) -> Iterator[int]:
    return (at for at in range(512, len(content), 512) if content.startswith(BOF, at))


def _packed_kind(content: io.BytesIO) -> str:
    try:
        with zipfile.ZipFile(content) as package:
            if sum(info.file_size for info in package.infolist()) > MAX_UNPACKED:
                raise ValueError("文件解开后大得不合情理，没有打开它")
            names = set(package.namelist())
            if "content.xml" in names:
                if b"encryption-data" in package.read("META-INF/manifest.xml"):
                    raise ValueError(LOCKED)
                return "ods"
    except (zipfile.BadZipFile, KeyError, NotImplementedError):
        raise ValueError(BROKEN) from None
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise ValueError(BROKEN)


def read_sheets(path: Path, name: str, content: bytes | None = None) -> list[Sheet]:
    """Read every table of a file; `name` is what faults call it. `content` is the file as LibreOffice rewrote it."""
    readers: dict[str, Callable[[bytes, str], list[Sheet]]] = {
        "xlsx": _read_xlsx, "docx": _read_docx, "csv": _read_csv, "txt": _read_text,
    }  # fmt: skip
    reader = _read_xlsx if content else readers[kind(path)]
    try:
        return reader(content or path.read_bytes(), name)
    except (zipfile.BadZipFile, KeyError, OSError, SyntaxError, AttributeError, TypeError, csv.Error):
        raise ValueError(BROKEN) from None


def _load(content: bytes, **options: Any) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drop-downs and styles that do not matter for reading
            return load_workbook(io.BytesIO(content), **options)
    except Exception:  # openpyxl raises whatever its parsers do; all of it means the same to staff
        raise ValueError("工作簿损坏或不是真正的 .xlsx 文件，打不开") from None


def sheet_names(content: bytes) -> list[str]:
    """The names of a workbook's sheets, without reading their cells."""
    return list(_load(content, read_only=True).sheetnames)


def glance(content: bytes, title: str) -> list[tuple[object, object]]:
    """The first two columns of one sheet, without reading the others. The size a sheet claims is not believed."""
    book = _load(content, read_only=True, data_only=True)
    sheet = book[next(name for name in book.sheetnames if name.strip() == title)]
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MAX_COLUMNS, max_col=2, values_only=True)
    return [(*row, None, None)[:2] for row in rows]


def _read_xlsx(content: bytes, name: str) -> list[Sheet]:
    has_formulas = _look_into(content)
    shown = _load(content, data_only=True)
    # The second reading tells an empty cell from a formula that no program has calculated yet.
    written = _load(content) if has_formulas else shown
    return [_sheet(sheet, written[sheet.title], name) for sheet in shown.worksheets]


def _look_into(content: bytes) -> bool:
    """Whether any sheet holds formulas. Refuses merged areas so large that the library would never come back."""
    found = False
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in (name for name in package.namelist() if name.startswith("xl/worksheets/")):
            xml = package.read(part)
            found = found or re.search(rb"<(?:\w+:)?f[ />]", xml) is not None
            for area in re.findall(rb"<(?:\w+:)?mergeCell ref=\"([A-Z]+\d+:[A-Z]+\d+)\"", xml):
                if _cells_in(area.decode()) > MAX_ROWS * MAX_COLUMNS:
                    raise ValueError("合并单元格大得不合情理，没有打开它")
    return found


def _cells_in(area: str) -> int:
    from openpyxl.utils import range_boundaries

    left, top, right, bottom = (edge or 0 for edge in range_boundaries(area))
    return (right - left + 1) * (bottom - top + 1)


def _sheet(shown: Any, written: Any, name: str) -> Sheet:
    # Neither the size a sheet claims nor its formatted empty cells are believed: what holds something counts.
    held = [place for place, cell in written._cells.items() if cell.value is not None]
    last, width = max((row for row, _ in held), default=0), max((column for _, column in held), default=0)
    if last > MAX_ROWS or width > MAX_COLUMNS:
        raise ValueError(f"“{shown.title}”表超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    if not held:
        return Sheet(shown.title, [])
    spread = _merged_values(shown, last)
    area = {"max_row": last, "max_col": width}
    rows = [
        [_cell(cell, formula, spread, name) for cell, formula in zip(values, formulas, strict=True)]
        for values, formulas in zip(shown.iter_rows(**area), written.iter_rows(**area), strict=True)
    ]
    return Sheet(shown.title, rows, tuple(_hidden(shown, last)))


def _cell(cell: Any, formula: Any, spread: dict[str, object], name: str) -> Cell:
    value = spread.get(cell.coordinate, cell.value) if spread else cell.value
    problem = ""
    if value is None and formula.data_type == "f":
        problem = STALE
    elif cell.data_type == "e":
        value, problem = None, f"这一格是错误值 {cell.value}，请改正公式或直接填写"
    return Cell(value, Where(name, cell.parent.title, cell.coordinate), problem)


def _hidden(sheet: Any, count: int) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield "这张表是隐藏的"
    rows = [number for number, row in sheet.row_dimensions.items() if row.hidden and number <= count]
    if rows:
        told = "、".join(map(str, rows[:5])) + ("等" if len(rows) > 5 else "")
        yield f"第 {told} 行是隐藏的"


def _merged_values(sheet: Any, last: int) -> dict[str, object]:
    """A merged value counts for every row that it spans (not for the columns: those stay empty)."""
    spread = {}
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for row in range(area.min_row, min(area.max_row, last) + 1):
            spread[sheet.cell(row, area.min_col).coordinate] = value
    return spread


def _read_docx(content: bytes, name: str) -> list[Sheet]:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = Document(io.BytesIO(content))
    except (PackageNotFoundError, ValueError):
        raise ValueError("Word 文件损坏，打不开") from None
    tables = ([[_paragraphs(cell) for cell in row.cells] for row in table.rows] for table in document.tables)
    return [_plain_sheet(f"表格{number}", texts, name) for number, texts in enumerate(tables, 1)]


def _paragraphs(cell: Any) -> str:
    return "\n".join(paragraph.text for paragraph in cell.paragraphs).strip()


def _plain_sheet(title: str, texts: list[list[str]], name: str) -> Sheet:
    """A sheet of a file that has no cell addresses of its own; they are given as in a spreadsheet."""
    from openpyxl.utils import get_column_letter

    if len(texts) > MAX_ROWS or max(map(len, texts), default=0) > MAX_COLUMNS:
        raise ValueError(f"表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    rows = [
        [Cell(text or None, Where(name, title, f"{get_column_letter(at)}{line}")) for at, text in enumerate(row, 1)]
        for line, row in enumerate(texts, 1)
    ]
    return Sheet(title, rows)


def _decoded(content: bytes) -> str:
    """Text of today (UTF-8) or of Excel's Chinese CSV (GB 18030)."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _read_csv(content: bytes, name: str) -> list[Sheet]:
    """Read a CSV as plain text: no program gets to guess at dates, or to round an ID number to 15 digits."""
    text = _decoded(content)
    line = text[: text.find("\n")] if "\n" in text else text
    comma = max(",\t;", key=line.count)
    return [
        _plain_sheet(
            "", [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=comma)], name
        )
    ]


def _read_text(content: bytes, name: str) -> list[Sheet]:
    """Read the text export of a Word table: each cell begins with a tab, other lines go on with the cell above.

    Blank lines stand between rows but also inside cells, so rows are told by their number of cells: the header runs up
    to the first blank line, and each row after it is as long; a shorter last one is the total.
    """
    cells: list[tuple[int, list[str]]] = []
    width = 0
    for number, line in enumerate(_decoded(content).splitlines(), 1):
        if line.startswith("\t"):
            cells.append((number, [line[1:]]))
        elif cells:
            width = width or (len(cells) if not line.strip() else 0)
            cells[-1][1].append(line)
    row = [Cell("\n".join(parts).strip() or None, Where(name, "", f"第{number}行")) for number, parts in cells]
    return [Sheet("", [row[start : start + width] for start in range(0, len(row), width)])] if width else []


def walk(sheet: Sheet) -> Iterator[list[Cell]]:
    """Yield the rows that hold anything."""
    return (row for row in sheet.rows if any(cell.value not in (None, "") or cell.problem for cell in row))
