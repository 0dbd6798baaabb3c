"""Detect the type of an uploaded file from its content, and check its name, without unpacking or rendering it."""

import re
import unicodedata
import zipfile
import zlib
from pathlib import Path

from paperwork import attach, bag, grid, media, pages

CATALOGUE, BOOK, PHOTO, FILM, PAPER = "目录", "工作簿", "照片", "视频", "附件"
MOST = {CATALOGUE: grid.MAX_BYTES, BOOK: grid.MAX_BYTES, PHOTO: 50 * 2**20, FILM: 2 * 2**30, PAPER: pages.MAX_BYTES}
"""Largest size of a file of each kind, in bytes."""
SCANS = (".tif", ".tiff")
"""Suffixes of images that are documents, not photos."""
TEXT = "text"
# WPS saves .et, .wps and .dps in the old OLE format or as a ZIP package, hence both types.
ENDINGS = {
    attach.PICTURE: (*media.PHOTOS, *SCANS, ".bmp", ".gif", ".webp"),
    FILM: media.VIDEOS,
    attach.PDF: (".pdf",),
    "xlsx": (".xlsx", ".et"), "xls": (".xls", ".et"), "ods": (".ods",), TEXT: (".csv", ".txt"),
    "docx": (".docx", ".wps"), "doc": (".doc", ".wps"), "odt": (".odt",),
    "pptx": (".pptx", ".dps"), "ppt": (".ppt", ".dps"), "odp": (".odp",),
}  # fmt: skip
"""Detected type → permitted suffixes."""
BOOKS = ("xlsx", "xls", "ods")
LISTS = (*BOOKS, "docx", TEXT)
"""Types that can be the catalogue; `BOOKS` are those that can be a workbook."""
REMEDIES = {
    attach.PICTURE: ("这张图片打不开，可能没有传完整", "请从手机或相机里重新导出再放"),
    **dict.fromkeys(BOOKS, ("这份表格打不开，可能没有存完整", "请用 WPS 打开、重新存成 .xlsx 再放")),
}
"""Reason and remedy for a file whose suffix says image or table but whose content is unknown."""
WITH_MACROS = (".xlsm", ".xltm", ".xlsb", ".docm", ".dotm", ".pptm")
MACROS = "宏文件不收，请另存为不带宏的格式（如 .xlsx、.docx）再放进来"
DAMAGED = "文件不完整，请用 WPS 或 Excel 另存后再放"
MOST_IN_NAME = 200
"""Bytes; file systems allow 255, and a backup's name is longer by a date and time."""
UNSEEN = (*bag.BREAKS, "Cf", "Co")
"""Unicode categories of invisible characters, some of which change how text is displayed."""
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters and marks that are displayed as blank, whatever their category."""
MOST_LISTED = 2**20
"""Bytes of a ZIP central directory: about ten thousand parts."""
MOST_XML = 50 * 2**20
"""Bytes of unpacked XML in a table; a normal table has a tenth of it."""
DENSE, TIMES = 20 * 2**20, 100
"""Limits for a ZIP bomb: unpacked size in bytes, and ratio to the packed size; both must be exceeded."""


def fitting(name: str) -> str:
    """Return a file name in NFC without blanks or dots at its ends; raises `ValueError` if it is not allowed."""
    clean = re.sub(r"[\s.]+\Z|\A\s+", "", unicodedata.normalize("NFC", name))
    if clean.startswith((".", "~$")):
        raise ValueError("这是隐藏或临时的文件，请放原来的文件")
    if not is_safe(clean):
        raise ValueError('文件名里有不能用的字（如 / \\ : * ? " < > |，或看不见的字），请改名后再放')
    if len(clean.encode()) > MOST_IN_NAME:
        raise ValueError(f"文件名太长，请改到 {MOST_IN_NAME // 3} 个字以内再放")
    return clean


def is_safe(part: str) -> bool:
    """Return True if every system accepts this as one file or folder name and displays it as it is."""
    legal = part.replace("%", "％")  # forbidden in bags for the sake of manifest readers, harmless in a name here
    unseen = BLANK.search(part) or any(unicodedata.category(char) in UNSEEN for char in part)
    # A combining mark at the beginning would attach to the character displayed before the name.
    headless = part.startswith(".") or unicodedata.category(part[:1] or ".").startswith("M")
    return bool(part) and not headless and not unseen and bag.portable(legal) == legal


def kind(path: Path, name: str) -> str:
    """Return the type of a file, a key of `ENDINGS`.

    Videos and text are recognized by suffix only; opening them later shows what they are. Raises `ValueError` if the
    name does not match the content, or for macros and ZIP bombs.
    """
    ending = Path(name).suffix.lower()
    if ending in WITH_MACROS:
        raise ValueError(MACROS)
    by_suffix = [detected for detected, endings in ENDINGS.items() if ending in endings]
    if not by_suffix:
        raise ValueError("不收这种文件；收的是工作簿、照片、视频和 PDF、Word、Excel、图片的附件，请另存后再放")
    if by_suffix[0] in (FILM, TEXT):
        return by_suffix[0]
    refuse_large(path, PAPER)
    with path.open("rb") as stream:
        head = stream.read(len(attach.OLE))
    if head.startswith(attach.ZIP):
        _refuse_bombs(path, ending)
    # Names in an OLE directory are UTF-16; searching the bytes avoids parsing a hostile file.
    elif head == attach.OLE and "_VBA_PROJECT".encode("utf-16-le") in path.read_bytes():
        raise ValueError(MACROS)
    detected = _detect(path, by_suffix[0])
    if detected not in by_suffix:
        raise ValueError(f"内容和名字不符，请核对；没有弄错的话，请把名字的末尾改成 {ENDINGS[detected][0]} 再放")
    return detected


def _detect(path: Path, likely: str) -> str:
    """Return the detected type; a damaged table or image gets its own remedy, not the advice to make it a PDF."""
    try:
        return attach.kind(path)
    except ValueError as error:
        reason = str(error)
    if likely in REMEDIES:
        damaged, remedy = REMEDIES[likely]
        unknown = reason.startswith(attach.UNKNOWN)
        reason = f"{damaged}，{remedy}" if unknown else reason.replace(attach.SAVE_AS, remedy)
    raise ValueError(reason)


def refuse_large(path: Path, kind: str) -> None:
    """Raise `ValueError` if a file is empty or larger than its kind may be."""
    size = path.stat().st_size
    if size > MOST[kind]:
        raise ValueError(f"{kind}超过 {MOST[kind] // 2**20} MB，请压缩或分成几份再放")
    if not size:
        raise ValueError("文件是空的，请核对后再放")


def refuse_damaged(path: Path) -> None:
    """Raise `ValueError` if a part of a ZIP package is damaged; only checksums are tested, so it is quick."""
    try:
        with zipfile.ZipFile(path) as package:
            damaged = package.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError):
        damaged = path.name
    if damaged:
        raise ValueError(DAMAGED)


def _refuse_bombs(path: Path, ending: str) -> None:
    """Raise `ValueError` if a ZIP package declares too many or too large parts, or macros."""
    with path.open("rb") as stream:
        # The end record has 22 bytes and a comment of up to 64 KiB behind it.
        stream.seek(max(0, path.stat().st_size - 2**16 - 22))
        tail = stream.read()
    # ZipFile reads the whole central directory on opening, so check its declared length first. Check every end record
    # (PK 5 6) in the tail, not only the last.
    sizes = [
        int.from_bytes(tail[end.start() + 12 : end.start() + 16], "little") for end in re.finditer(b"PK\5\6", tail)
    ]
    if max(sizes, default=0) > MOST_LISTED or b"PK\6\7" in tail:  # PK 6 7: ZIP64, with 64-bit sizes
        raise ValueError("文件里的部件多得不合情理，没有打开它，请用 WPS 或 Excel 另存后再放")
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        raise ValueError(DAMAGED) from None
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise ValueError(MACROS)
    # Declared sizes suffice: no reader unpacks more of a part than its entry declares.
    unpacked = sum(part.file_size for part in parts)
    xml = sum(part.file_size for part in parts if part.filename.lower().endswith((".xml", ".rels")))
    is_table = any(ending in ENDINGS[what] for what in BOOKS)
    if unpacked > max(DENSE, TIMES * path.stat().st_size) or (is_table and xml > MOST_XML):
        raise ValueError("文件解开后大得不合情理，没有打开它，请删去多余的空行、空列，另存后再放")
