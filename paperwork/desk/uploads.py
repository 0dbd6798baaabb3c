"""Detect the type of an uploaded file from its content, and check its name, without unpacking or rendering it."""

import re
import unicodedata
import zipfile
import zlib
from pathlib import Path

from paperwork.core.faults import Unreadable
from paperwork.core.filenames import is_safe
from paperwork.formats import attachments
from paperwork.formats.media import photos, videos
from paperwork.formats.pdf import foreign
from paperwork.formats.spreadsheets import xlsx

CATALOGUE, WORKBOOK, PHOTO, VIDEO, ATTACHMENT = "目录", "工作簿", "照片", "视频", "附件"
MAX_SIZES = {
    CATALOGUE: xlsx.MAX_BYTES,
    WORKBOOK: xlsx.MAX_BYTES,
    PHOTO: 50 * 2**20,
    VIDEO: 2 * 2**30,
    ATTACHMENT: foreign.MAX_BYTES,
}
"""Largest size of a file of each kind, in bytes."""
SCANS = (".tif", ".tiff")
"""Suffixes of images that are documents, not photos."""
TEXT = "text"
# WPS saves .et, .wps and .dps in the old OLE format or as a ZIP package, hence both types.
SUFFIXES_OF = {
    attachments.PICTURE: (*photos.PHOTOS, *SCANS, ".bmp", ".gif", ".webp"),
    VIDEO: videos.VIDEOS,
    attachments.PDF: (".pdf",),
    "xlsx": (".xlsx", ".et"), "xls": (".xls", ".et"), "ods": (".ods",), TEXT: (".csv", ".txt"),
    "docx": (".docx", ".wps"), "doc": (".doc", ".wps"), "odt": (".odt",),
    "pptx": (".pptx", ".dps"), "ppt": (".ppt", ".dps"), "odp": (".odp",),
}  # fmt: skip
"""Detected type → permitted suffixes."""
WORKBOOK_TYPES = ("xlsx", "xls", "ods")
CATALOGUE_TYPES = (*WORKBOOK_TYPES, "docx", TEXT)
"""Types that can be the catalogue; `BOOKS` are those that can be a workbook."""
REMEDIES = {
    attachments.PICTURE: ("这张图片打不开，可能没有传完整", "请从手机或相机里重新导出再放"),
    **dict.fromkeys(WORKBOOK_TYPES, ("这份表格打不开，可能没有存完整", "请用 WPS 打开、重新存成 .xlsx 再放")),
}
"""Reason and remedy for a file whose suffix says image or table but whose content is unknown."""
WITH_MACROS = (".xlsm", ".xltm", ".xlsb", ".docm", ".dotm", ".pptm")
MACROS = ("宏文件不收", "请另存为不带宏的格式（如 .xlsx、.docx）再放进来")
DAMAGED = ("文件不完整", "请用 WPS 或 Excel 另存后再放")
MAX_NAME_BYTES = 200
"""Bytes; file systems allow 255, and a backup's name is longer by a date and time."""
MAX_DIRECTORY_BYTES = 2**20
"""Bytes of a ZIP central directory: about ten thousand parts."""
MAX_XML_BYTES = 50 * 2**20
"""Bytes of unpacked XML in a table; a normal table has a tenth of it."""
MIN_BOMB_BYTES, MIN_BOMB_RATIO = 20 * 2**20, 100
"""Limits for a ZIP bomb: unpacked size in bytes, and ratio to the packed size; both must be exceeded."""


def checked_name(name: str) -> str:
    """Return a file name in NFC without blanks or dots at its ends; raises `Unreadable` if it is not allowed."""
    clean = re.sub(r"[\s.]+\Z|\A\s+", "", unicodedata.normalize("NFC", name))
    if clean.startswith((".", "~$")):
        raise Unreadable("这是隐藏或临时的文件", "请放原来的文件")
    if not is_safe(clean):
        raise Unreadable('文件名里有不能用的字（如 / \\ : * ? " < > |，或看不见的字）', "请改名后再放")
    if len(clean.encode()) > MAX_NAME_BYTES:
        raise Unreadable("文件名太长", f"请改到 {MAX_NAME_BYTES // 3} 个字以内再放")
    return clean


def detect(path: Path, name: str) -> str:
    """Return the type of a file, a key of `ENDINGS`.

    Videos and text are recognized by suffix only; opening them later shows what they are. Raises `Unreadable` if the
    name does not match the content, or for macros and ZIP bombs.
    """
    ending = Path(name).suffix.lower()
    if ending in WITH_MACROS:
        raise Unreadable(*MACROS)
    by_suffix = [detected for detected, endings in SUFFIXES_OF.items() if ending in endings]
    if not by_suffix:
        raise Unreadable(
            "不收这种文件；收的是工作簿、照片、视频和 PDF、Word、Excel、图片的附件", "请另存成其中一种再放"
        )
    if by_suffix[0] in (VIDEO, TEXT):
        return by_suffix[0]
    refuse_large(path, ATTACHMENT)
    with path.open("rb") as stream:
        head = stream.read(len(attachments.OLE))
    if head.startswith(attachments.ZIP):
        _refuse_bombs(path, ending)
    # Names in an OLE directory are UTF-16; searching the bytes avoids parsing a hostile file.
    elif head == attachments.OLE and "_VBA_PROJECT".encode("utf-16-le") in path.read_bytes():
        raise Unreadable(*MACROS)
    detected = _detect(path, by_suffix[0])
    if detected not in by_suffix:
        raise Unreadable("内容和名字不符", f"请核对；没有弄错的话，把名字的末尾改成 {SUFFIXES_OF[detected][0]} 再放")
    return detected


def _detect(path: Path, likely: str) -> str:
    """Return the detected type; a damaged table or image gets its own remedy, not the advice to make it a PDF."""
    try:
        return attachments.detect_type(path)
    except Unreadable as reason:
        wrong, mend = reason.wrong, reason.mend
    if likely in REMEDIES and mend == attachments.SAVE_AS:
        damaged, mend = REMEDIES[likely]
        wrong = damaged if wrong.startswith(attachments.UNKNOWN) else wrong
    raise Unreadable(wrong, mend)


def refuse_large(path: Path, kind: str) -> None:
    """Raise `Unreadable` if a file is empty or larger than its kind may be."""
    size = path.stat().st_size
    if size > MAX_SIZES[kind]:
        raise Unreadable(f"{kind}超过 {MAX_SIZES[kind] // 2**20} MB", "请压缩或分成几份再放")
    if not size:
        raise Unreadable("文件是空的", "请核对后再放")


def refuse_damaged(path: Path) -> None:
    """Raise `Unreadable` if a part of a ZIP package is damaged; only checksums are tested, so it is quick."""
    try:
        with zipfile.ZipFile(path) as package:
            damaged = package.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError):
        damaged = path.name
    if damaged:
        raise Unreadable(*DAMAGED)


def _refuse_bombs(path: Path, ending: str) -> None:
    """Raise `Unreadable` if a ZIP package declares too many or too large parts, or macros."""
    with path.open("rb") as stream:
        # The end record has 22 bytes and a comment of up to 64 KiB behind it.
        stream.seek(max(0, path.stat().st_size - 2**16 - 22))
        tail = stream.read()
    # ZipFile reads the whole central directory on opening, so check its declared length first. Check every end record
    # (PK 5 6) in the tail, not only the last.
    sizes = [
        int.from_bytes(tail[end.start() + 12 : end.start() + 16], "little") for end in re.finditer(b"PK\5\6", tail)
    ]
    if max(sizes, default=0) > MAX_DIRECTORY_BYTES or b"PK\6\7" in tail:  # PK 6 7: ZIP64, with 64-bit sizes
        raise Unreadable("文件里的部件多得不合情理，没有打开它", "请用 WPS 或 Excel 另存后再放")
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        raise Unreadable(*DAMAGED) from None
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise Unreadable(*MACROS)
    # Declared sizes suffice: no reader unpacks more of a part than its entry declares.
    unpacked = sum(part.file_size for part in parts)
    xml = sum(part.file_size for part in parts if part.filename.lower().endswith((".xml", ".rels")))
    is_table = any(ending in SUFFIXES_OF[what] for what in WORKBOOK_TYPES)
    if unpacked > max(MIN_BOMB_BYTES, MIN_BOMB_RATIO * path.stat().st_size) or (is_table and xml > MAX_XML_BYTES):
        raise Unreadable("文件解开后大得不合情理，没有打开它", "请删去多余的空行、空列，另存后再放")
