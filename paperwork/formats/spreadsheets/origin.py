"""Mark a workbook with the version it was handed out as, so that a later one can tell what it is based on.

The mark is a custom property of the file (ECMA-376 Part 1, 15.2.12.2), which Excel, WPS and LibreOffice keep when staff
edit and save. No library writes a property without rewriting the whole workbook, and openpyxl would lose drawings.
"""

import io
import re
import zipfile

from paperwork.formats import ole, ooxml

PROPERTY = "paperwork-version"
PART, TYPES, RELATIONS = "docProps/custom.xml", "[Content_Types].xml", "_rels/.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""Identifier that the standard gives to properties made by users."""
FIRST_ID = 2
"""Smallest identifier that a property may have."""
MARK = re.compile(
    rf"<property\b[^>]*\bname=\"{PROPERTY}\"[^>]*>\s*<(?:\w+:)?lpwstr\b[^>]*>([0-9a-f]{{64}})</(?:\w+:)?lpwstr>\s*</property>"
)
OPEN_PART = "meta.xml"
OPEN_MARK = re.compile(rf"<meta:user-defined\b[^>]*\bmeta:name=\"{PROPERTY}\"[^>]*>([0-9a-f]{{64}})<")
"""The part and the mark in a workbook that was saved as .ods."""
OLE_MARK = re.compile(rb"%s.{0,4096}?([0-9a-f]{64})" % PROPERTY.encode(), re.DOTALL)
"""The mark in one that was saved as .xls or .et, whose texts have one or two bytes a character, without zero bytes."""
MAX_PART = 2**20
"""Largest part, in bytes, that is searched for a mark."""


def write_mark(content: bytes, version: str) -> bytes:
    """Return a workbook with a version (a SHA-256) as its mark; a file that is no Office package stays as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if PART in package.namelist():
                properties = package.read(PART).decode("utf-8")
                changed = {PART: _with_property(properties, version)}
            else:
                types, relations = (package.read(name).decode("utf-8") for name in (TYPES, RELATIONS))
                changed = {PART: _with_property(_empty_properties(), version), **_announced(types, relations)}
            parts = {name: package.read(name) for name in package.namelist()}
            return ooxml.write_zip((parts | {name: text.encode() for name, text in changed.items()}).items())
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        return content


def read_mark(content: bytes) -> str:
    """Return the version that a workbook was handed out as, in whatever format it is now; empty if it bears no mark."""
    if content.startswith(ole.SIGNATURE):
        told = OLE_MARK.search(content.replace(b"\0", b""))
        return told[1].decode() if told else ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for name, mark in ((PART, MARK), (OPEN_PART, OPEN_MARK)):
                if name in package.namelist() and package.getinfo(name).file_size <= MAX_PART:
                    found = mark.search(package.read(name).decode("utf-8", "replace"))
                    return found[1] if found else ""
            return ""
    except (zipfile.BadZipFile, OSError):
        return ""


def _empty_properties() -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<Properties xmlns="{OFFICE}/custom-properties" xmlns:vt="{OFFICE}/docPropsVTypes"></Properties>'
    )


def _with_property(properties: str, version: str) -> str:
    """Return the part with the mark as its last property, in place of an older mark."""
    rest = MARK.sub("", properties)
    number = max([FIRST_ID - 1, *(int(each) for each in re.findall(r"\bpid=\"(\d+)\"", rest))]) + 1
    vt = f'xmlns:vt="{OFFICE}/docPropsVTypes"'  # declared here: another program's part may use another prefix
    added = (
        f'<property fmtid="{FORMAT_ID}" pid="{number}" name="{PROPERTY}">'
        f"<vt:lpwstr {vt}>{version}</vt:lpwstr></property>"
    )
    if "/>" in rest and "</" not in rest:  # a root element without content
        rest = re.sub(r"<((?:\w+:)?Properties)\b([^>]*)/>", r"<\1\2></\1>", rest)
    return re.sub(r"(</(?:\w+:)?Properties>)", lambda end: added + end[1], rest, count=1)


def _announced(types: str, relations: str) -> dict[str, str]:
    """Return content types and relations that name the new part."""
    kind = f'<Override PartName="/{PART}" ContentType="{CONTENT_TYPE}"/>'
    known = {int(each) for each in re.findall(r"Id=\"rId(\d+)\"", relations)}
    link = (
        f'<Relationship Id="rId{max(known, default=0) + 1}" Type="{OFFICE}/relationships/custom-properties" '
        f'Target="{PART}"/>'
    )
    return {
        TYPES: types.replace("</Types>", f"{kind}</Types>"),
        RELATIONS: relations.replace("</Relationships>", f"{link}</Relationships>"),
    }
