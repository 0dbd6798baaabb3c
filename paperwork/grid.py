"""Any table as rows of cells that know where they stand: a workbook's sheets, a Word table, a CSV, the text export.

Sole reader of openpyxl and python-docx. What cannot be read raises `ValueError` with the Chinese reason. What a file is
called does not matter: its first bytes say what it is.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from paperwork import merged, texts
from paperwork.cells import MAX_COLUMNS, MAX_ROWS, Area, Cell, Sheet, plain_sheet
from paperwork.dates import EPOCHS, SERIALS, Since1904
from paperwork.faults import Where
from paperwork.plain import plain_number

# Files come from many hands: what is larger than any honest project is refused before it is parsed.
MAX_BYTES = 30 * 2**20
MAX_UNPACKED = 400 * 2**20
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
# A formula whose result is an empty text: the library would take it for one that was never calculated.
EMPTY_RESULT = re.compile(
    rb'(<(?:\w+:)?c\b[^>]*?\bt="str"[^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(\w+:)?c>"
)
# 20220506 typed into a cell for dates: as a day number it lies beyond the library's calendar, as text it is a date.
TYPED_DAY = re.compile(
    rb'(<(?:\w+:)?c\b(?:\s+(?!t=)[\w:]+="[^"]*")*)(?:\s+t="n")?'
    rb'((?:\s+(?!t=)[\w:]+="[^"]*")*>\s*<(?:\w+:)?v>(?:19|20|21)\d{6}(?:\.0+)?</)'
)
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
GLANCE = 12
"""Columns that are looked at to learn whose workbook it is."""
Read = TypeVar("Read")


def kind(path: Path) -> str:
    """What a file is by its content: xlsx, xls, ods, docx, csv or txt. Raises `ValueError` for all others."""
    return _sound(lambda: _kind(path))


def _sound(read: Callable[[], Read]) -> Read:
    """What a reader returns. A damaged file makes the libraries raise whatever they do: to staff it is one thing."""
    try:
        return read()
    except PermissionError:
        raise  # nothing is wrong with the file
    except Exception as error:
        # Our own reasons are Chinese sentences; a library's are not.
        ours = isinstance(error, ValueError) and re.search("[\u4e00-\u9fff]", str(error))
        raise ValueError(str(error) if ours else BROKEN) from None


def _kind(path: Path) -> str:
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
    with zipfile.ZipFile(content) as package:
        if sum(info.file_size for info in package.infolist()) > MAX_UNPACKED:
            raise ValueError("文件解开后大得不合情理，没有打开它")
        names = set(package.namelist())
        if "content.xml" in names:
            if b"encryption-data" in package.read("META-INF/manifest.xml"):
                raise ValueError(LOCKED)
            return "ods"
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise ValueError(BROKEN)


def read_sheets(path: Path, name: str, content: bytes | None = None) -> list[Sheet]:
    """Read every table of a file; `name` is what faults call it. `content` is the file as LibreOffice rewrote it."""
    readers: dict[str, Callable[[bytes, str], list[Sheet]]] = {
        "xlsx": _read_xlsx, "docx": _read_docx, "csv": texts.read_csv, "txt": texts.read_text,
    }  # fmt: skip
    reader = _read_xlsx if content else readers[kind(path)]
    return _sound(lambda: reader(content or path.read_bytes(), name))


def _load(content: bytes, **options: Any) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drop-downs and styles that do not matter for reading
            return load_workbook(io.BytesIO(content), keep_links=False, **options)
    except Exception:  # openpyxl raises whatever its parsers do; all of it means the same to staff
        raise ValueError("工作簿损坏或不是真正的 .xlsx 文件，打不开") from None


def sheet_names(content: bytes) -> list[str]:
    """The names of a workbook's sheets, without reading any of them."""
    return _sound(lambda: [sheet.name for sheet in _opened(content).parser.sheets])


def glance(content: bytes, title: str) -> list[list[object]]:
    """The first columns of one sheet, without reading the others. The size a sheet claims is not believed."""

    def read() -> list[list[object]]:
        reader = _opened(content)
        reader.parser.sheets = [sheet for sheet in reader.parser.sheets if sheet.name == title]
        for part in _parts(reader):
            merged.taken_out(reader.archive.read(part))  # refused here when there are too many to be parsed
        reader.read_strings()
        reader.read_worksheets()
        sheet = reader.wb[title]
        sheet.reset_dimensions()
        return [list(row) for row in sheet.iter_rows(max_row=MAX_COLUMNS, max_col=GLANCE, values_only=True)]

    return _sound(read)


def _opened(content: bytes) -> Any:
    """A workbook of which no sheet is read yet: `load_workbook` would look into each for its size."""
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    return reader


def _read_xlsx(content: bytes, name: str) -> list[Sheet]:
    has_formulas = False

    def mended(xml: bytes) -> bytes:
        nonlocal has_formulas
        xml = TYPED_DAY.sub(rb'\1 t="str"\2', EMPTY_RESULT.sub(rb"\1></\2c>", xml))
        has_formulas = has_formulas or FORMULA.search(xml) is not None
        return xml

    content, areas = unmerged(content, mended)
    shown = _load(content, data_only=True)
    # The second reading tells an empty cell from a formula that no program has calculated yet.
    written = _load(content) if has_formulas else shown
    return [_sheet(sheet, written[sheet.title], own, name) for sheet, own in zip(shown.worksheets, areas, strict=True)]


def unmerged(content: bytes, mended: Callable[[bytes], bytes] = bytes) -> tuple[bytes, list[list[Area]]]:
    """The file without its merged areas, and those of each of its sheets in their order. `mended` mends a sheet's XML.

    Raises `ValueError` when they are damaged or beyond reason.
    """
    areas: dict[str, list[Area]] = {}
    changed = {}
    parts = _parts(_opened(content))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in dict.fromkeys(parts):
            xml = package.read(part)
            plain, areas[part] = merged.taken_out(mended(xml))
            merged.refuse_wide_links(plain)
            if plain != xml:
                changed[part] = plain
        return (_rewritten(package, changed) if changed else content), [areas[part] for part in parts]


def _parts(reader: Any) -> list[str]:
    """Where a workbook's sheets lie, as the library finds them: they may lie anywhere."""
    found = (rel for _, rel in reader.parser.find_sheets() if "chartsheet" not in rel.Type)
    return [rel.target for rel in found if rel.target in reader.valid_files]


def _rewritten(package: zipfile.ZipFile, parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in dict.fromkeys(package.namelist()):
            target.writestr(name, parts.get(name) or package.read(name))
    return out.getvalue()


def _sheet(shown: Any, written: Any, areas: Sequence[Area], name: str) -> Sheet:
    # What lies under a merged area nobody sees, and how far a sheet goes is told without it.
    for place in merged.covered(merged.within(areas, *_held(written))):
        for each in (shown, written):
            each._cells.pop(place, None)
    last, width = _held(written)
    if not last:
        return Sheet(shown.title, [])
    since_1904 = shown.parent.epoch.year == 1904
    area = {"max_row": last, "max_col": width}
    rows = [
        [_cell(cell, formula, name, since_1904) for cell, formula in zip(values, formulas, strict=True)]
        for values, formulas in zip(shown.iter_rows(**area), written.iter_rows(**area), strict=True)
    ]
    spread = merged.within(areas, last, width)
    for each in spread:
        # A merged value counts for every row that it spans (not for the columns: those stay empty).
        first = rows[each.top][each.left]
        for row in rows[each.top + 1 : each.bottom + 1]:
            # A fault of it is one fault, at the cell that can be mended; what is still to be calculated each one gets.
            told = first.problem and first.problem != STALE
            row[each.left] = first if told else replace(first, where=row[each.left].where)
    return Sheet(shown.title, rows, tuple(_hidden(shown, last)), tuple(spread))


def _held(sheet: Any) -> tuple[int, int]:
    """The last row and the last column that hold something. Raises `ValueError` when they lie too far off.

    Neither the size a sheet claims nor its formatted empty cells are believed.
    """
    held = [place for place, cell in sheet._cells.items() if cell.value is not None]
    last, width = max((row for row, _ in held), default=0), max((column for _, column in held), default=0)
    if last > MAX_ROWS or width > MAX_COLUMNS:
        raise ValueError(f"“{sheet.title}”表超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    return last, width


def _cell(cell: Any, formula: Any, name: str, since_1904: bool) -> Cell:
    value, problem = cell.value, ""
    if value is None and formula.data_type == "f":
        problem = STALE
    elif cell.data_type == "e":
        value, problem = None, f"这一格是错误值 {cell.value}，请改正公式或直接填写"
    elif type(value) in (int, float):
        value = _number(value, cell.number_format, since_1904)
    return Cell(value, Where(name, cell.parent.title, cell.coordinate), problem)


def _number(value: int | float, shape: str, since_1904: bool) -> object:
    """A number as it is meant: what is shown as 95% is no 0.95, and days may be counted from 1904."""
    if "%" in shape:
        return f"{plain_number(Decimal(repr(value)) * 100)}%"
    first, last = (serial - EPOCHS for serial in SERIALS)
    return Since1904(value) if since_1904 and isinstance(value, int) and first <= value <= last else value


def _hidden(sheet: Any, count: int) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield "这张表是隐藏的"
    rows = [number for number, row in sheet.row_dimensions.items() if row.hidden and number <= count]
    if rows:
        told = "、".join(map(str, rows[:5])) + ("等" if len(rows) > 5 else "")
        yield f"第 {told} 行是隐藏的"


def _read_docx(content: bytes, name: str) -> list[Sheet]:
    from docx import Document

    document = Document(io.BytesIO(content))
    tables = ([[_paragraphs(cell) for cell in row.cells] for row in table.rows] for table in document.tables)
    return [plain_sheet(f"表格{number}", rows, name) for number, rows in enumerate(tables, 1)]


def _paragraphs(cell: Any) -> str:
    return "\n".join(paragraph.text for paragraph in cell.paragraphs).strip()
