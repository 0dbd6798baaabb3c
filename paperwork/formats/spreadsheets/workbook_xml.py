"""Read from an .xlsx package what its cells hold, and nothing else.

openpyxl reads every part and refuses a workbook for a fault in any of them: an empty fill, a colour with #, the
namespaces of strict OOXML, a bad date in docProps. Excel and WPS show such a workbook, so it is not damaged. Here only
the parts that say what a cell shows are opened: workbook, relationships, worksheets, shared strings and, of the styles,
the number formats. Elements are found by their local names, so that strict and transitional files read alike.
"""

import datetime as dt
import io
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote

from paperwork.core.faults import Unreadable
from paperwork.formats.spreadsheets import merged_cells
from paperwork.formats.spreadsheets.cells import BROKEN, MergedRange
from paperwork.formats.spreadsheets.number_formats import CHINESE_FORMATS, GENERAL

ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a string names a character that XML forbids: _x000B_ (ECMA-376 part 1, 22.9.2.19)."""
REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)", re.IGNORECASE)
VISIBLE = "visible"
MAX_DRAWING = 20 * 2**20
"""Bytes; a drawing of a hundred shapes has 100 KB."""


class StoredCell(NamedTuple):
    """What a file stores for a cell: its value, its number format, and whether a formula gave the value.

    `value` is None for an empty cell and an `ErrorValue` for an error such as #REF!.
    """

    value: object
    code: str = GENERAL
    is_formula: bool = False


class ErrorValue(str):
    """The name of an error that a formula gave: #N/A."""

    __slots__ = ()


class NoResult:
    """The value of a formula that no program has calculated yet."""


class RichValue:
    """The value of a cell that holds a picture or a linked data type; Excel stores #VALUE! for older programs."""


@dataclass
class Worksheet:
    """The cells of a worksheet by row and column, counted from 1, and what is hidden."""

    cells: dict[tuple[int, int], StoredCell] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last column of each hidden range."""
    merged: list[MergedRange] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    """The texts of the text boxes that lie on it."""


class SheetEntry(NamedTuple):
    """A worksheet as the workbook lists it; `part` is its name in the package."""

    name: str
    state: str
    part: str


class Package:
    """The parts of a workbook, opened by name without regard to case, as Windows programs write them."""

    def __init__(self, content: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        self._names = {_part_name(name): name for name in self._zip.namelist()}

    def has(self, part: str) -> bool:
        """Return True if the package holds this part."""
        return _part_name(part) in self._names

    def name(self, part: str) -> str:
        """Return the name of a part as the package spells it."""
        return self._names[_part_name(part)]

    def size(self, part: str) -> int:
        """Return the number of bytes of a part."""
        return self._zip.getinfo(self.name(part)).file_size

    def read(self, part: str) -> bytes:
        """Return the bytes of a part. Raises `KeyError` if the package does not hold it."""
        content = self._zip.read(self.name(part))
        # Entities could make a small part large. No spreadsheet program writes a document type.
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise Unreadable(*BROKEN)
        return content

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the parts that a part refers to, by relationship id: the last word of the type, and the part."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(rels):
            return {}
        return {
            each.get("Id", ""): (each.get("Type", "").rpartition("/")[2], _target(folder, each.get("Target", "")))
            for each in ET.fromstring(self.read(rels))
            if each.get("TargetMode") != "External"
        }


def _part_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _target(folder: str, target: str) -> str:
    """Return the part that a relationship names, relative to its folder or, with a slash, to the package."""
    path = unquote(target.replace("\\", "/"))
    return posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/")


def local(tag: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


class Workbook:
    """A workbook in an .xlsx package: its worksheets in order, and what their cells refer to."""

    def __init__(self, content: bytes) -> None:
        self.package = Package(content)
        main = next((part for kind, part in self.package.related("").values() if kind == "officeDocument"), "")
        self._main = main if self.package.has(main) else "xl/workbook.xml"
        self._related = self.package.related(self._main)
        root = ET.fromstring(self.package.read(self._main))
        settings = {name: value for each in root if local(each.tag) == "workbookPr" for name, value in each.items()}
        self.since_1904 = settings.get("date1904", "") in ("1", "true", "on")
        self.sheets = list(self._list_sheets(root))

    def _list_sheets(self, root: ET.Element) -> Iterator[SheetEntry]:
        listed = (each for group in root if local(group.tag) == "sheets" for each in group)
        for each in listed:
            key = next((value for name, value in each.items() if local(name) == "id"), "")
            kind, part = self._related.get(key, ("", ""))
            name = unescape(each.get("name", ""))
            if kind in ("worksheet", "xlMacrosheet") or not kind:
                if not self.package.has(part):
                    raise Unreadable(f"工作簿里缺了“{name}”这张表的内容", BROKEN[1])
                yield SheetEntry(name, each.get("state", VISIBLE), part)

    def _part(self, kind: str) -> bytes:
        """Return the part of a kind that the workbook refers to, or nothing."""
        part = next((part for each, part in self._related.values() if each == kind), "")
        return self.package.read(part) if part and self.package.has(part) else b""

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings, without the readings (ruby) above them."""
        content = self._part("sharedStrings")
        found = []
        for _, element in ET.iterparse(io.BytesIO(content)) if content else ():
            if local(element.tag) == "si":
                found.append(rich_text(element))
                element.clear()
        return found

    @cached_property
    def codes(self) -> list[str]:
        """The number format of each cell style."""
        content = self._part("styles")
        if not content:
            return []
        root = ET.fromstring(content)
        groups = {local(each.tag): each for each in root}
        own = {each.get("numFmtId", ""): each.get("formatCode", "") for each in groups.get("numFmts", ())}
        return [_code(each.get("numFmtId", "0"), own) for each in groups.get("cellXfs", ())]

    def read(self, entry: SheetEntry, columns: int = 0, rows: int = 0) -> Worksheet:
        """Read a worksheet, or only its first rows and columns."""
        xml, merged = merged_cells.extract_merged_ranges(self.package.read(entry.part))
        merged_cells.refuse_wide_links(xml)
        sheet = Worksheet(merged=merged)
        if not columns:
            sheet.boxes = list(self._boxes(entry.part))
        number = 0
        for _, element in ET.iterparse(io.BytesIO(xml)):
            name = local(element.tag)
            if name == "row":
                number = int(element.get("r") or number + 1)
                if rows and number > rows:
                    break
                if _is_on(element.get("hidden")):
                    sheet.hidden_rows.append(number)
                self._read_row(element, number, sheet, columns)
                element.clear()
            elif name == "col" and _is_on(element.get("hidden")):
                sheet.hidden_columns.append((int(element.get("min", 1)), int(element.get("max", 1))))
            elif name == "sheetData":
                break  # what follows says how the sheet looks
        return sheet

    def _boxes(self, part: str) -> Iterator[str]:
        """Yield the texts of the text boxes on a worksheet."""
        drawings = [drawing for kind, drawing in self.package.related(part).values() if kind == "drawing"]
        for drawing in drawings:
            if self.package.has(drawing) and self.package.size(drawing) < MAX_DRAWING:
                bodies = (
                    each for each in ET.fromstring(self.package.read(drawing)).iter() if local(each.tag) == "txBody"
                )
                texts = ("".join(each.text or "" for each in body.iter() if local(each.tag) == "t") for body in bodies)
                yield from (text.strip() for text in texts if text.strip())

    def _read_row(self, row: ET.Element, number: int, sheet: Worksheet, columns: int) -> None:
        column = 0
        for element in row:
            if local(element.tag) != "c":
                continue
            place = REFERENCE.fullmatch(element.get("r", ""))
            column = merged_cells.column_number(place[1]) if place else column + 1
            if columns and column > columns:
                break
            stored = self._cell(element)
            if stored.value is not None:
                sheet.cells[int(place[2]) if place else number, column] = stored

    def _cell(self, element: ET.Element) -> StoredCell:
        children = {local(each.tag): each for each in element}
        kind, is_formula = element.get("t", "n"), "f" in children
        style = int(element.get("s") or 0)
        code = self.codes[style] if style < len(self.codes) else GENERAL
        if "is" in children:
            return StoredCell(rich_text(children["is"]), code, is_formula)
        formula = (children["f"].text or "") if is_formula else "IMAGE("
        if kind == "e" and element.get("vm") and "IMAGE(" in formula.upper():
            return StoredCell(RichValue(), code, is_formula)
        text = children["v"].text if "v" in children else None
        if text is None:
            # A formula whose result is an empty text has the type of a text; one without a type has no result yet.
            return StoredCell(NoResult() if is_formula and kind != "str" else None, code, is_formula)
        return StoredCell(self._value(kind, text), code, is_formula)

    def _value(self, kind: str, text: str) -> object:
        if kind == "s":
            return self.strings[int(text)]
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "e":
            return ErrorValue(text.strip())
        if kind == "d":
            return _moment(text)
        return _number(text) if kind == "n" else unescape(text)


def _is_on(flag: str | None) -> bool:
    return flag in ("1", "true", "on")


def _number(text: str) -> object:
    """Return a stored number as int if it is a whole one; what is no number, as text."""
    try:
        number = float(text)
    except ValueError:
        return unescape(text)
    if number != number or abs(number) == float("inf"):
        return text
    if number.is_integer() and abs(number) < 1e15:
        return int(number)
    return int(text) if text.strip().isdigit() else number


def _moment(text: str) -> object:
    """Return a date in ISO 8601, as Excel writes dates into strict workbooks; a time has the day before day 1."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return unescape(text)
    return moment.time() if moment.year == 1899 else moment.replace(tzinfo=None)


def _code(number: str, own: dict[str, str]) -> str:
    """Return the number format of this number, as Chinese Excel shows it."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    found = unescape(own.get(number, "")) or CHINESE_FORMATS.get(int(number), "")
    return found or str(BUILTIN_FORMATS.get(int(number), GENERAL))


def rich_text(element: ET.Element) -> str:
    """Return the text of a string with formatting runs (`si`, `is`), without phonetic readings."""
    runs = (each for each in element if local(each.tag) in ("t", "r"))
    pieces = (part for each in runs for part in ([each] if local(each.tag) == "t" else each))
    return unescape("".join(part.text or "" for part in pieces if local(part.tag) == "t"))


def unescape(text: str) -> str:
    """Return a string with its escapes (_x000B_) as the characters that they stand for."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
