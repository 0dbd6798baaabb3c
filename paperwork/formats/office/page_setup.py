"""Fit the worksheets of a foreign .xlsx to the width of a page, so that no table is printed in strips.

Only the page set-up in the XML of each worksheet is changed, as text: a library that reads and writes the whole
workbook would drop charts and pictures.
"""

import html
import re
import shutil
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from lxml import etree

from paperwork.formats import detect
from paperwork.formats.office.typesetting import cells

A4, A3 = 9, 8
"""Paper sizes as the format numbers them."""
PORTRAIT, LANDSCAPE, LANDSCAPE_A3 = 495.0, 742.0, 1090.0
"""Width in points between the usual margins (0.7 inch) of A4 upright, A4 lying and A3 lying."""
MIN_SCALE, MIN_LEGIBLE = 0.55, 0.4
"""Below the first scale a table is printed on A3; below the second, a note says that its letters are small."""
DEFAULT_CHARACTERS = 8.43
PIXELS_PER_CHARACTER, PADDING, POINTS_PER_PIXEL = 7, 5, 0.75
"""Width of a column: characters of 11 pt Calibri or 宋体 in pixels, and padding."""
MAX_COLUMN = 16_384
CELL_PARTS = ("xl/styles.xml", "xl/sharedStrings.xml")
MAX_CELLS_XML = 32 * 2**20
"""Larger parts are printed as they are: to measure all their cells would take minutes."""
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*\s)?r="([A-Z]{1,3})\d+"[^>]*(?<!/)>')
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="[A-Z]+\d+:([A-Z]{1,3})\d+"')
COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*>")
AFTER_SET_UP = re.compile(
    rb"<(?:\w+:)?(?:headerFooter|rowBreaks|colBreaks|customProperties|cellWatches|ignoredErrors|smartTags|drawing|"
    rb"legacyDrawing|legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst)\b|</(?:\w+:)?worksheet>"
)


def fit_to_width(path: Path) -> tuple[str, ...]:
    """Rewrite an .xlsx so that each worksheet is as wide as one page; return notes for staff in plain Chinese."""
    fitted, notes = path.with_suffix(".fitted"), list[str]()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(fitted, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        names = source.namelist()
        shown = _shown_in_full(source)
        notes += ["有的格子太窄，显示不全，已加宽或换行"] if shown else []
        for info in source.infolist():
            if SHEET_PART.fullmatch(info.filename) and info.file_size <= detect.MAX_TABLE_XML:
                xml, told = _fit(shown.get(info.filename) or source.read(info))
                notes += told
                out.writestr(info.filename, xml)
            elif info.filename in shown:
                out.writestr(info.filename, shown[info.filename])
            else:
                with source.open(info) as part, out.open(info.filename, "w", force_zip64=True) as target:
                    shutil.copyfileobj(part, target)
        notes += _unprinted(source.read("xl/workbook.xml") if "xl/workbook.xml" in names else b"")
    fitted.replace(path)
    return tuple(dict.fromkeys(notes))


def _shown_in_full(source: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the parts that are changed so that no cell is cut; none if a part is too large or is no XML."""
    infos = [info for info in source.infolist() if SHEET_PART.fullmatch(info.filename) or info.filename in CELL_PARTS]
    if any(info.file_size > MAX_CELLS_XML for info in infos):
        return {}
    try:
        sheets = [info.filename for info in infos if SHEET_PART.fullmatch(info.filename)]
        return cells.changed_parts({info.filename: source.read(info) for info in infos}, sheets)
    except (etree.XMLSyntaxError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # as other programs write them: LibreOffice decides what it can show


def _unprinted(workbook: bytes) -> Iterator[str]:
    """Yield notes on what a workbook does not print: hidden worksheets, cells outside of a print area."""
    hidden = [
        sheet for sheet in re.findall(rb"<(?:\w+:)?sheet\s[^>]*>", workbook) if b"idden" in _value(sheet, b"state")
    ]
    if hidden:
        names = "、".join(html.unescape(_value(sheet, b"name").decode("utf-8", "replace")) for sheet in hidden[:3])
        yield f"有 {len(hidden)} 张隐藏的表（{names}{' 等' if len(hidden) > 3 else ''}）没有印，原件见电子档案包"
    if b"_xlnm.Print_Area" in workbook:
        yield "表格设了打印区域，区域以外的没有印，原件见电子档案包"


def _value(element: bytes, name: bytes) -> bytes:
    """Return the value of an attribute of an element, or nothing."""
    found = re.search(rb"\s" + name + rb"=[\"']([^\"']*)", element)
    return found[1] if found else b""


def _fit(xml: bytes) -> tuple[bytes, list[str]]:
    """Return a worksheet's XML that prints one page wide, and notes on what that does to it."""
    prefix = next(iter(re.findall(rb"<(\w+:)?worksheet\b", xml)), b"")
    head, data, tail = _parts(xml)
    present = next(iter(re.findall(rb"<(?:\w+:)?pageSetup\b[^>]*>", tail)), b"")
    is_fitted = re.search(rb"<(?:\w+:)?pageSetUpPr[^>]*fitToPage=\"(?:1|true)\"", head)
    if not data or (is_fitted and _value(present, b"fitToWidth") in (b"", b"1")):
        return xml, _hidden(head, data)  # the author has fitted it to one page in width already
    width, notes = _width(head, data, tail), _hidden(head, data)
    lies = _value(present, b"orientation") == b"landscape"
    paper = A3 if _value(present, b"paperSize") == str(A3).encode() else A4
    if width > (LANDSCAPE if lies else PORTRAIT) and paper == A4:
        lies, paper = True, A4 if LANDSCAPE / width >= MIN_SCALE else A3
        scale = min(1.0, (LANDSCAPE if paper == A4 else LANDSCAPE_A3) / width)
        small = "，字很小，请看原件" if scale < MIN_LEGIBLE else ""
        notes.append(
            f"表格比纸宽，已横排印在 {'A4' if paper == A4 else 'A3'} 上，缩到一页宽（约原大的 {scale:.0%}）{small}"
        )
    set_up = b'<%spageSetup paperSize="%d" orientation="%s" fitToWidth="1" fitToHeight="0"/>' % (
        prefix, paper, b"landscape" if lies else b"portrait",
    )  # fmt: skip
    tail = re.sub(rb"<(?:\w+:)?colBreaks\b.*?</(?:\w+:)?colBreaks>", b"", tail, flags=re.DOTALL)
    tail = re.sub(rb"<(?:\w+:)?pageSetup\b[^>]*?(/>|>\s*</(?:\w+:)?pageSetup>)", b"", tail)
    place = AFTER_SET_UP.search(tail)
    at = place.start() if place else len(tail)
    return _with_fit(head, prefix) + data + tail[:at] + set_up + tail[at:], notes


def _parts(xml: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the rows of a worksheet, the rows, and what stands after them; no rows if unclear."""
    start = re.search(rb"<(?:\w+:)?sheetData\b", xml)
    end = re.search(rb"</(?:\w+:)?sheetData>|<(?:\w+:)?sheetData\s*/>", xml)
    if not start or not end:
        return xml, b"", b""
    return xml[: start.start()], xml[start.start() : end.end()], xml[end.end() :]


def _with_fit(head: bytes, prefix: bytes) -> bytes:
    """Return the head of a worksheet with the mark that it is fitted to pages."""
    mark = b'<%spageSetUpPr fitToPage="1"/>' % prefix
    head = re.sub(rb"<(?:\w+:)?pageSetUpPr\b[^>]*/>", b"", head)
    whole = re.sub(rb"<((?:\w+:)?sheetPr)\b([^>]*)/>", rb"<\1\2></\1>", head)
    if closing := re.search(rb"</(?:\w+:)?sheetPr>", whole):
        return whole[: closing.start()] + mark + whole[closing.start() :]
    return re.sub(
        rb"(<(?:\w+:)?worksheet\b[^>]*>)", lambda root: root[1] + b"<%ssheetPr>%s</%ssheetPr>" % (prefix, mark, prefix),
        whole, count=1,
    )  # fmt: skip


def _hidden(head: bytes, data: bytes) -> list[str]:
    """Return a note if rows or columns are hidden, which are not printed."""
    hidden = re.search(rb"<(?:\w+:)?(?:col|row)\s[^>]*hidden=\"(?:1|true)\"", head + data)
    return ["表格里有隐藏的行或列，没有印，原件见电子档案包"] if hidden else []


def _width(head: bytes, data: bytes, tail: bytes) -> float:
    """Return the width in points of the columns up to the last one that holds something."""
    names = {found[1] for found in chain(CELL.finditer(data), MERGED.finditer(tail))}
    last = min(max(map(_number, names), default=0), MAX_COLUMN)
    form = next(iter(re.findall(rb"<(?:\w+:)?sheetFormatPr\b[^>]*>", head)), b"")
    widths = [_float(_value(form, b"defaultColWidth"), DEFAULT_CHARACTERS)] * last
    for column in COLUMN.findall(head):
        first, end = (int(_float(_value(column, name), 1)) for name in (b"min", b"max"))
        own = (
            0.0
            if _value(column, b"hidden") in (b"1", b"true")
            else _float(_value(column, b"width"), DEFAULT_CHARACTERS)
        )
        for number in range(max(first, 1), min(end, last) + 1):
            widths[number - 1] = own
    return sum((each * PIXELS_PER_CHARACTER + PADDING) * POINTS_PER_PIXEL for each in widths if each)


def _number(letters: bytes) -> int:
    """Return the number of a column by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _float(text: bytes, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default
