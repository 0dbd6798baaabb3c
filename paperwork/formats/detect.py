"""Detect what a file is from its content, because its name may be wrong.

The result is a value; the callers decide which types they accept, and say why not. The limits for files that are
opened stand here too, so that all doors (inputs folder, uploads, attachments) have the same ones.
"""

import codecs
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from paperwork.formats import ole

MAX_BYTES = 200 * 2**20
"""Largest PDF, picture or document that is opened."""
MAX_TABLE_BYTES = 30 * 2**20
"""Largest file that is read as a table."""
MAX_PAGES = 2000
"""Most pages of one PDF or TIFF."""
MAX_STREAM = 2**29
"""Most bytes that a stream of a PDF may unpack to; more is a decompression bomb."""
MAX_DIRECTORY = 2**20
"""Bytes of a ZIP central directory: about ten thousand parts."""
MAX_UNPACKED = 2**30
"""Most bytes that a ZIP package may declare for all its parts together; more is a decompression bomb."""
MAX_TABLE_XML = 400 * 2**20
"""Most bytes of unpacked XML in a package that is read as a table."""
MAX_UPLOADED_XML = 50 * 2**20
"""The same for an uploaded table, which a worker of the web page must read in time; a normal one has a tenth of it."""
MIN_BOMB, MAX_RATIO = 20 * 2**20, 100
"""An uploaded package must not unpack to more than both: these bytes, and this multiple of its size."""
HEAD = 4096
"""Bytes read from the start of a file."""
ZIP = b"PK\x03\x04"


class FileType(StrEnum):
    """What a file is. The value of a format that LibreOffice opens is its file extension."""

    PDF = "pdf"
    PICTURE = "picture"
    VIDEO = "video"
    DOCX = "docx"
    DOC = "doc"
    XLSX = "xlsx"
    XLS = "xls"
    PPTX = "pptx"
    PPT = "ppt"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    RTF = "rtf"
    HTML = "html"
    MHTML = "mhtml"
    XML = "xml"
    """XML that is no web page, such as the data of an electronic invoice (数电票)."""
    OFD = "ofd"
    """OFD (GB/T 33190), in which tax and government offices issue documents."""
    TEXT = "text"
    """Text of any kind, such as CSV."""
    ARCHIVE = "archive"
    """A ZIP, RAR or 7z file of other files."""
    ENCRYPTED = "encrypted"
    """A .docx, .xlsx or .pptx with an open password: an OLE file, so its own type is unknown."""
    DAMAGED = "damaged"
    """A ZIP or OLE file that is incomplete."""
    HUGE = "huge"
    """A ZIP package above `MAX_DIRECTORY` or `MAX_UNPACKED`."""
    OTHER_OLE = "ole"
    EMPTY = "empty"
    UNKNOWN = "unknown"


PACKAGES = frozenset(FileType) - {
    FileType.PDF, FileType.PICTURE, FileType.VIDEO, FileType.RTF, FileType.HTML, FileType.MHTML, FileType.XML,
    FileType.TEXT, FileType.EMPTY, FileType.UNKNOWN,
}  # fmt: skip
"""Types in a ZIP or OLE container (or a RAR or 7z file)."""


@dataclass(frozen=True)
class Detected:
    """The type of a file, and what its container tells of its content."""

    type: FileType
    is_encrypted: bool = False
    """True for an .xls or OpenDocument file whose content is encrypted. An .xls may open without a password still."""
    has_macros: bool = False
    unpacked: int = 0
    """Bytes of all parts of a ZIP package, as declared; no reader unpacks more of a part."""
    xml: int = 0
    """Bytes of its XML parts."""


# Offset, value, type. Readers accept junk before a PDF's header, so PDF is not among these.
MAGIC = (
    (0, b"\xff\xd8\xff", FileType.PICTURE), (0, b"\x89PNG\r\n\x1a\n", FileType.PICTURE),
    (0, b"II*\0", FileType.PICTURE), (0, b"MM\0*", FileType.PICTURE), (0, b"BM", FileType.PICTURE),
    (0, b"GIF8", FileType.PICTURE), (8, b"WEBP", FileType.PICTURE),
    *((4, b"ftyp" + brand, FileType.PICTURE) for brand in (b"hei", b"hev", b"mif1", b"msf1", b"avif", b"avis")),
    # A camera's raw picture and a sound file have the container of a film.
    *((4, b"ftyp" + brand, FileType.UNKNOWN) for brand in (b"crx", b"M4A", b"M4B", b"M4P")),
    (4, b"ftyp", FileType.VIDEO),
    *((4, box, FileType.VIDEO) for box in (b"moov", b"mdat", b"wide", b"skip", b"pnot")),  # QuickTime before ftyp
    (8, b"AVI ", FileType.VIDEO), (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileType.VIDEO),
    (0, b"\x1a\x45\xdf\xa3", FileType.VIDEO), (0, b"FLV\x01", FileType.VIDEO), (0, b".RMF", FileType.VIDEO),
    (0, b"\0\0\x01\xba", FileType.VIDEO), (0, b"\0\0\x01\xb3", FileType.VIDEO),
    (0, b"Rar!", FileType.ARCHIVE), (0, b"7z\xbc\xaf", FileType.ARCHIVE),
)  # fmt: skip
TS_PACKETS = ((0, 188), (4, 192))
"""Offset of the sync byte and length of the packets of an MPEG transport stream; .m2ts has a time before each."""
TS_SYNC = b"\x47"
TEXT_MAGIC = (
    (b"<EInvoice", FileType.XML),
    (b"<", FileType.HTML),
    (b"{\\rtf", FileType.RTF),
    (b"MIME-Version", FileType.MHTML),
)
# The order matters: an Excel 97 file may hold the streams of Excel 5 as well.
OLE_STREAMS = (
    ("EncryptedPackage", FileType.ENCRYPTED), ("WordDocument", FileType.DOC), ("PowerPoint Document", FileType.PPT),
    ("Workbook", FileType.XLS), ("Book", FileType.XLS),
)  # fmt: skip
OLE_MACROS = "_VBA_PROJECT"
ZIP_FOLDERS = (
    ("word/", "document.xml", FileType.DOCX), ("xl/", "workbook.xml", FileType.XLSX),
    ("ppt/", "presentation.xml", FileType.PPTX),
)  # fmt: skip
CONTENT_TYPES = "[content_types].xml"
SPREADSHEET = re.compile(
    rb"(?:spreadsheetml\.(?:sheet|template)|ms-excel\.(?:sheet|template)\.macroEnabled)\.main\+xml"
)
OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)")
OPEN_DOCUMENT_TYPES = {b"text": FileType.ODT, b"spreadsheet": FileType.ODS, b"presentation": FileType.ODP}
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def detect(path: Path) -> Detected:
    """Return the type of a file. Raises `OSError` if it cannot be read."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        length = path.stat().st_size
        if head.startswith(ole.SIGNATURE):
            return _detect_ole(stream, length)
        if head.startswith(ZIP):
            return _detect_zip(stream, length)
    return Detected(_type_of_head(head))


def _type_of_head(head: bytes) -> FileType:
    """Return the type of a file that is no container, by its first bytes."""
    if not head.strip(b"\0 \r\n\t"):
        return FileType.EMPTY
    if b"%PDF-" in head[:1024]:
        return FileType.PDF
    for offset, magic, kind in MAGIC:
        if head.startswith(magic, offset):
            return kind
    for offset, length in TS_PACKETS:
        if len(head) > 4 * length and all(head.startswith(TS_SYNC, offset + length * each) for each in range(5)):
            return FileType.VIDEO
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    # XHTML begins like any XML; Office, too, saves web pages that begin so.
    if start.startswith(b"<?xml") and b"html" not in start.lower():
        return FileType.XML
    known = next((kind for magic, kind in TEXT_MAGIC if start.startswith(magic)), None)
    return known or (FileType.TEXT if _is_text(head) else FileType.UNKNOWN)


def _is_text(head: bytes) -> bool:
    """Return True if bytes are the beginning of a text in UTF-8, GB 18030, or UTF-16 with its byte order mark."""
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        try:
            # The last character may be cut off, which an incremental decoder accepts.
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return CONTROL.search(text) is None
    return False


def _detect_ole(stream: BinaryIO, length: int) -> Detected:
    """Return the type of an OLE file by the streams in its root."""
    opened = ole.read_ole(stream, length)
    if opened is None:
        return Detected(FileType.DAMAGED)
    name, kind = next(((name, kind) for name, kind in OLE_STREAMS if name in opened.top), ("", FileType.OTHER_OLE))
    return Detected(
        kind,
        is_encrypted=kind is FileType.XLS and opened.has_file_pass(opened.top[name]),
        has_macros=any(entry.name.startswith(OLE_MACROS) for entry in opened.entries),
    )


def _detect_zip(stream: BinaryIO, length: int) -> Detected:
    """Return the type of a ZIP package by its parts."""
    # ZipFile reads the whole central directory on opening, so its declared length is checked first.
    if _directory_bytes(stream, length) > MAX_DIRECTORY:
        return Detected(FileType.HUGE)
    # zipfile reports an unknown compression as NotImplementedError and a password as RuntimeError.
    try:
        with zipfile.ZipFile(stream) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAX_UNPACKED:
                return Detected(FileType.HUGE)
            # Windows programs may write the names in another case or with backslashes.
            kind, is_encrypted = _type_of_package(
                package, {part.filename.replace("\\", "/").lstrip("/").lower(): part.filename for part in parts}
            )
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return Detected(FileType.DAMAGED)
    names = [(part.filename.lower(), part.file_size) for part in parts]
    return Detected(
        kind,
        is_encrypted,
        any(name.endswith("vbaproject.bin") for name, _ in names),
        unpacked,
        sum(size for name, size in names if name.endswith((".xml", ".rels"))),
    )


def _directory_bytes(stream: BinaryIO, length: int) -> int:
    """Return the largest length of the central directory that an end record in the last 64 KiB declares."""
    # The end record has 22 bytes and a comment of up to 64 KiB behind it. ZIP64 has two records before it: 56 bytes
    # with the true length, and a locator of 20. Every end record is checked: readers differ in which one they use.
    stream.seek(max(0, length - 2**16 - 22 - 20 - 56))
    tail = stream.read()
    longest = 0
    for end in (each.start() for each in re.finditer(b"PK\5\6", tail)):
        declared = int.from_bytes(tail[end + 12 : end + 16], "little")
        if end >= 20 and tail.startswith(b"PK\6\7", end - 20):
            record = tail[max(0, end - 76) : end - 20]
            true_length = int.from_bytes(record[40:48], "little") if record.startswith(b"PK\6\6") else length
            declared = true_length if declared == 2**32 - 1 else max(declared, true_length)
        longest = max(longest, declared)
    return longest


def _type_of_package(package: zipfile.ZipFile, names: Mapping[str, str]) -> tuple[FileType, bool]:
    """Return the type of a package, and True if its content is encrypted; `names` maps lower-case to true names."""
    is_office = CONTENT_TYPES in names
    for folder, main, kind in ZIP_FOLDERS:
        if f"{folder}{main}" in names or (is_office and any(name.startswith(folder) for name in names)):
            return kind, False
    # The folders have these names by custom only; the list of content types says what the package is.
    if is_office and SPREADSHEET.search(_read_start(package, names[CONTENT_TYPES])):
        return FileType.XLSX, False
    if "ofd.xml" in names:
        return FileType.OFD, False
    # Not every program writes the part mimetype; the manifest names the same type.
    texts = [_read_start(package, names[name]) for name in ("mimetype", "meta-inf/manifest.xml") if name in names]
    found = next(filter(None, map(OPEN_DOCUMENT.search, texts)), None)
    if found:
        return OPEN_DOCUMENT_TYPES[found[1]], any(b"encryption-data" in text for text in texts)
    return FileType.ARCHIVE, False


def _read_start(package: zipfile.ZipFile, name: str) -> bytes:
    """Return the first bytes of a part, enough for a manifest."""
    with package.open(name) as part:
        return part.read(MAX_DIRECTORY)
