"""Check an uploaded file's name, type and size, without unpacking or rendering it."""

import re
import unicodedata
import zipfile
import zlib
from pathlib import Path

from paperwork.core.faults import Unreadable
from paperwork.core.filenames import is_left_by_a_program, is_safe
from paperwork.formats import attachments, detect
from paperwork.formats.detect import Detected, FileType
from paperwork.formats.media import photos, videos

CATALOGUE, WORKBOOK, PHOTO, VIDEO, ATTACHMENT = "目录", "工作簿", "照片", "视频", "附件"
MAX_SIZES = {
    CATALOGUE: detect.MAX_TABLE_BYTES,
    WORKBOOK: detect.MAX_TABLE_BYTES,
    PHOTO: 50 * 2**20,
    VIDEO: 2 * 2**30,
    ATTACHMENT: detect.MAX_BYTES,
}
"""Largest size of a file of each kind, in bytes."""
SCANS = (".tif", ".tiff")
"""Suffixes of images that are documents, unless they are dropped on an activity."""
# WPS saves .et, .wps and .dps in the old OLE format or as a ZIP package, hence both types.
SUFFIXES_OF = {
    FileType.PICTURE: photos.PHOTOS,
    FileType.VIDEO: videos.VIDEOS,
    FileType.PDF: (".pdf",),
    FileType.XLSX: (".xlsx", ".xltx", ".et"), FileType.XLS: (".xls", ".et"), FileType.ODS: (".ods",),
    FileType.TEXT: (".csv", ".txt"),
    FileType.DOCX: (".docx", ".wps"), FileType.DOC: (".doc", ".wps"), FileType.ODT: (".odt",),
    FileType.RTF: (".rtf",),
    FileType.PPTX: (".pptx", ".dps"), FileType.PPT: (".ppt", ".dps"), FileType.ODP: (".odp",),
}  # fmt: skip
"""Accepted types and their permitted suffixes."""
WORKBOOK_TYPES = (FileType.XLSX, FileType.XLS, FileType.ODS)
DOCUMENT_TYPES = (FileType.DOC, FileType.ODT, FileType.RTF, FileType.PDF)
CATALOGUE_TYPES = (*WORKBOOK_TYPES, FileType.DOCX, FileType.TEXT, *DOCUMENT_TYPES)
"""Types that can be the catalogue; `WORKBOOK_TYPES` are those that can be a workbook.

`DOCUMENT_TYPES` take seconds to read, so none of them is looked into when it is dropped on a project.
"""
REMEDIES = {
    FileType.PICTURE: ("这张图片打不开，可能没有传完整", "请从手机或相机里重新导出再放"),
    **dict.fromkeys(WORKBOOK_TYPES, ("这份表格打不开，可能没有存完整", "请用 WPS 打开、重新存成 .xlsx 再放")),
}
"""Problem and remedy for a file whose suffix says image or table but whose content is neither."""
NAMED_TYPES = (FileType.HTML, FileType.MHTML, FileType.RTF)
"""Types that are named in the message instead, because they are often saved under the suffix of a table."""
WITH_MACROS = (".xlsm", ".xltm", ".xlsb", ".docm", ".dotm", ".pptm")
MACROS = ("宏文件不收", "请另存为不带宏的格式（如 .xlsx、.docx）再放进来")
DAMAGED = ("文件不完整", "请用 WPS 或 Excel 另存后再放")
MAX_NAME_BYTES = 200
"""Bytes; file systems allow 255, and a backup's name is longer by a date and time."""
BOMB = ("文件解开后大得不合情理，没有打开它", "请删去多余的空行、空列，另存后再放")


def checked_name(name: str) -> str:
    """Return a file name in NFC without blanks or dots at its ends; raises `Unreadable` if it is not allowed."""
    clean = re.sub(r"[\s.]+\Z|\A\s+", "", unicodedata.normalize("NFC", name))
    if is_left_by_a_program(clean):
        raise Unreadable("这是隐藏或临时的文件", "请放原来的文件")
    if not is_safe(clean):
        raise Unreadable('文件名里有不能用的字（如 / \\ : * ? " < > |，或看不见的字）', "请改名后再放")
    if len(clean.encode()) > MAX_NAME_BYTES:
        raise Unreadable("文件名太长", f"请改到 {MAX_NAME_BYTES // 3} 个字以内再放")
    return clean


def accepted_type(path: Path, name: str) -> FileType:
    """Return the type of a file, a key of `SUFFIXES_OF`.

    Videos and text are recognized by suffix only; opening them later shows what they are. Raises `Unreadable` if the
    name does not match the content, or for macros and ZIP bombs.
    """
    ending = Path(name).suffix.lower()
    if ending in WITH_MACROS:
        raise Unreadable(*MACROS)
    by_suffix = [kind for kind, endings in SUFFIXES_OF.items() if ending in endings]
    if not by_suffix:
        raise Unreadable(
            "不收这种文件；收的是工作簿、照片、视频和 PDF、Word、Excel、图片的附件", "请另存成其中一种再放"
        )
    if by_suffix[0] in (FileType.VIDEO, FileType.TEXT):
        return by_suffix[0]
    refuse_large(path, ATTACHMENT)
    found = detect.detect(path)
    if found.has_macros:
        raise Unreadable(*MACROS)
    _refuse_unusable(found, by_suffix[0])
    _refuse_bomb(found, path.stat().st_size)
    if found.type not in by_suffix:
        raise Unreadable("内容和名字不符", f"请核对；没有弄错的话，把名字的末尾改成 {SUFFIXES_OF[found.type][0]} 再放")
    return found.type


def _refuse_unusable(found: Detected, likely: FileType) -> None:
    """Raise `Unreadable` if no file of the detected type is accepted; `likely` is the type by the suffix."""
    if found.is_encrypted:
        raise Unreadable(*attachments.LOCKED)
    if found.type in SUFFIXES_OF and found.type is not FileType.TEXT and FileType.RTF not in {found.type} - {likely}:
        return
    wrong, mend = attachments.REFUSALS[found.type]
    if found.type is FileType.HUGE:
        wrong, mend = BOMB
    # A damaged table or image gets its own remedy, not the advice to make it a PDF.
    elif likely in REMEDIES and mend == attachments.SAVE_AS:
        damaged, mend = REMEDIES[likely]
        wrong = wrong if found.type in NAMED_TYPES else damaged
    elif found.type is FileType.DAMAGED:
        wrong, mend = DAMAGED
    raise Unreadable(wrong, mend)


def _refuse_bomb(found: Detected, size: int) -> None:
    """Raise `Unreadable` if a ZIP package of `size` bytes declares too much content to be read by a worker in time."""
    is_too_dense = found.unpacked > max(detect.MIN_BOMB, detect.MAX_RATIO * size)
    if is_too_dense or (found.type in WORKBOOK_TYPES and found.xml > detect.MAX_UPLOADED_XML):
        raise Unreadable(*BOMB)


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
