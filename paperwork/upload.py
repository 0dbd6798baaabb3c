"""What an uploaded file is: its content says it, and its name must fit. Nothing is unpacked or drawn to learn it."""

import re
import unicodedata
import zipfile
import zlib
from pathlib import Path

from paperwork import attach, bag, grid, media, pages

CATALOGUE, BOOK, PHOTO, FILM, PAPER = "目录", "工作簿", "照片", "视频", "附件"
MOST = {CATALOGUE: grid.MAX_BYTES, BOOK: grid.MAX_BYTES, PHOTO: 50 * 2**20, FILM: 2 * 2**30, PAPER: pages.MAX_BYTES}
"""How large a file of each kind may be."""
SCANS = (".tif", ".tiff")
"""Pictures that are documents, not photos."""
TEXT = "text"
ENDINGS = {
    attach.PICTURE: (*media.PHOTOS, *SCANS, ".bmp", ".gif", ".webp"),
    FILM: media.VIDEOS,
    attach.PDF: (".pdf",),
    "xlsx": (".xlsx", ".et"), "xls": (".xls", ".et"), "ods": (".ods",), TEXT: (".csv", ".txt"),
    "docx": (".docx", ".wps"), "doc": (".doc", ".wps"), "odt": (".odt",),
    "pptx": (".pptx", ".dps"), "ppt": (".ppt", ".dps"), "odp": (".odp",),
}  # fmt: skip
"""What a file is → how its name may end."""
BOOKS = ("xlsx", "xls", "ods")
LISTS = (*BOOKS, "docx", TEXT)
"""What may be a workbook; what may be the catalogue."""
REMEDIES = {
    attach.PICTURE: ("这张图片打不开，可能没有传完整", "请从手机或相机里重新导出再放"),
    **dict.fromkeys(BOOKS, ("这份表格打不开，可能没有存完整", "请用 WPS 打开、重新存成 .xlsx 再放")),
}
"""What is said of a file that its name tells to be a picture or a table, when its content tells nothing."""
WITH_MACROS = (".xlsm", ".xltm", ".xlsb", ".docm", ".dotm", ".pptm")
MACROS = "宏文件不收，请另存为不带宏的格式（如 .xlsx、.docx）再放进来"
DAMAGED = "文件不完整，请用 WPS 或 Excel 另存后再放"
MOST_IN_NAME = 200
"""Bytes; a file system takes 255, and the name of a file kept aside is longer by a moment."""
UNSEEN = (*bag.BREAKS, "Cf", "Co")
"""Kinds of characters that nobody sees, and that may steer what is shown."""
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters and marks of which nothing is seen either, whatever their kind."""
MOST_LISTED = 2**20
"""Bytes of a package's list of its parts: ten thousand parts."""
MOST_XML = 50 * 2**20
"""Of a table, unpacked; an honest one has a tenth of it."""
DENSE, TIMES = 20 * 2**20, 100
"""What unpacks to more than this, and to so many times its size, is a bomb."""


def fitting(name: str) -> str:
    """A name as it is written to the disk: NFC, no blanks or dots at its ends. Raises `ValueError`: a strange one."""
    plain = re.sub(r"[\s.]+\Z|\A\s+", "", unicodedata.normalize("NFC", name))
    if plain.startswith((".", "~$")):
        raise ValueError("这是隐藏或临时的文件，请放原来的文件")
    if not is_safe(plain):
        raise ValueError('文件名里有不能用的字（如 / \\ : * ? " < > |，或看不见的字），请改名后再放')
    if len(plain.encode()) > MOST_IN_NAME:
        raise ValueError(f"文件名太长，请改到 {MOST_IN_NAME // 3} 个字以内再放")
    return plain


def is_safe(part: str) -> bool:
    """Whether every system takes this as the name of one file or folder, and shows it as it is."""
    legal = part.replace("%", "％")  # which only troubles readers of manifests
    unseen = BLANK.search(part) or any(unicodedata.category(char) in UNSEEN for char in part)
    # A mark at the beginning is set upon whatever is shown before the name.
    headless = part.startswith(".") or unicodedata.category(part[:1] or ".").startswith("M")
    return bool(part) and not headless and not unseen and bag.portable(legal) == legal


def kind(path: Path, name: str) -> str:
    """What a file is, a key of `ENDINGS`. Raises `ValueError` when its name says something else, or when it is a bomb.

    What a film or a text really is shows only when it is opened.
    """
    ending = Path(name).suffix.lower()
    if ending in WITH_MACROS:
        raise ValueError(MACROS)
    likely = [what for what, endings in ENDINGS.items() if ending in endings]
    if not likely:
        raise ValueError("不收这种文件；收的是工作簿、照片、视频和 PDF、Word、Excel、图片的附件，请另存后再放")
    if likely[0] in (FILM, TEXT):
        return likely[0]
    refuse_large(path, PAPER)
    with path.open("rb") as stream:
        head = stream.read(len(attach.OLE))
    if head.startswith(attach.ZIP):
        _refuse_bombs(path, ending)
    elif head == attach.OLE and "_VBA_PROJECT".encode("utf-16-le") in path.read_bytes():
        raise ValueError(MACROS)
    what = _known(path, likely[0])
    if what not in likely:
        raise ValueError(f"内容和名字不符，请核对；没有弄错的话，请把名字的末尾改成 {ENDINGS[what][0]} 再放")
    return what


def _known(path: Path, likely: str) -> str:
    """What a file's content says. Whose table or picture is damaged is not sent to make a PDF of it."""
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
    """Raise `ValueError` when a file is larger than those of its kind may be, or empty."""
    size = path.stat().st_size
    if size > MOST[kind]:
        raise ValueError(f"{kind}超过 {MOST[kind] // 2**20} MB，请压缩或分成几份再放")
    if not size:
        raise ValueError("文件是空的，请核对后再放")


def refuse_damaged(path: Path) -> None:
    """Raise `ValueError` when a part of a package is not whole; quick, for nothing is looked at."""
    try:
        with zipfile.ZipFile(path) as package:
            damaged = package.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError):
        damaged = path.name
    if damaged:
        raise ValueError(DAMAGED)


def _refuse_bombs(path: Path, ending: str) -> None:
    """Look at what a package says of itself: no reader unpacks more than that."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 2**16 - 22))
        tail = stream.read()
    # The list of parts is read whole by whoever opens the package: its length first, wherever it may be told.
    sizes = [
        int.from_bytes(tail[end.start() + 12 : end.start() + 16], "little") for end in re.finditer(b"PK\5\6", tail)
    ]
    if max(sizes, default=0) > MOST_LISTED or b"PK\6\7" in tail:  # the latter tells of numbers of 64 bits
        raise ValueError("文件里的部件多得不合情理，没有打开它，请用 WPS 或 Excel 另存后再放")
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        raise ValueError(DAMAGED) from None
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise ValueError(MACROS)
    unpacked = sum(part.file_size for part in parts)
    xml = sum(part.file_size for part in parts if part.filename.lower().endswith((".xml", ".rels")))
    is_table = any(ending in ENDINGS[what] for what in BOOKS)
    if unpacked > max(DENSE, TIMES * path.stat().st_size) or (is_table and xml > MOST_XML):
        raise ValueError("文件解开后大得不合情理，没有打开它，请删去多余的空行、空列，另存后再放")
