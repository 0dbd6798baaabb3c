"""Find out whether a file opens to its end: only then can it prove anything, and be printed.

Each function returns None for a sound file, else the problem and the remedy. Findings are remembered by the file's
state, because a check, an archive and the web page ask for the same files.
"""

import re
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from paperwork.core.faults import Unreadable
from paperwork.core.filenames import readable
from paperwork.formats import attachments, detect
from paperwork.formats.detect import FileType
from paperwork.formats.media import photos, videos

MAX_REMEMBERED = 20_000
"""Most findings held in memory."""
NOT_READABLE = ("没有权限读这个文件，或磁盘出错", "请检查文件的权限，或重新复制一份")
EMPTY = attachments.REFUSALS[FileType.EMPTY][0]
UNSUPPORTED = {
    "Photoshop 的文件": (".psd", ".psb"),
    "CorelDRAW 的文件": (".cdr",),
    "矢量图": (".ai", ".eps", ".svg", ".wmf", ".emf", ".dwg", ".dxf"),
    "相机的原始格式（RAW）": (
        ".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".pef", ".srw", ".srf", ".x3f",
    ),
    "录音": (".mp3", ".m4a", ".wav", ".amr", ".aac", ".wma", ".ogg", ".flac"),
    "快捷方式": (".lnk", ".url", ".webloc"),
    "压缩包": (".zip", ".rar", ".7z", ".tar", ".gz"),
}  # fmt: skip
"""Kinds of files that are neither photo nor video and that the program cannot open, by suffix."""
DOCUMENTS = {
    FileType.PDF: " PDF",
    **dict.fromkeys((FileType.DOCX, FileType.DOC, FileType.ODT), " Word 文档"),
    **dict.fromkeys((FileType.XLSX, FileType.XLS, FileType.ODS), " Excel 表格"),
    **dict.fromkeys((FileType.PPTX, FileType.PPT, FileType.ODP), "幻灯片"),
    FileType.OFD: " OFD 文件",
}
"""Kinds of documents, which belong among the attachments."""
REMEDIES = {"快捷方式": "请用文件本身换掉它", "压缩包": "请解压后把里面的文件放进来"}
"""Remedies for the kinds of files that no program can save as a photo or a video."""
OF_SUFFIX = {suffix: kind for kind, suffixes in UNSUPPORTED.items() for suffix in suffixes}


MAIN_PART = re.compile(r"word/document\.xml|xl/workbook\.xml|xl/worksheets/.*\.xml|ppt/presentation\.xml|content\.xml")
"""Parts of a package that hold what is printed."""


class Problem(NamedTuple):
    """Why a file cannot be used, and the remedy."""

    wrong: str
    mend: str
    is_other: bool = False
    """True for a file of another kind, which lies in the wrong place; False for one that should be a photo or video."""


def photo_problem(path: Path) -> Problem | None:
    """Return why a file is no photo that can be printed, or None."""
    return _remembered(_check_photo, path)


def video_problem(path: Path) -> Problem | None:
    """Return why a file is no video that can be played to its end, or None."""
    return _remembered(_check_video, path)


def attachment_problem(path: Path) -> Problem | None:
    """Return why a file cannot be bound as an attachment, or None."""
    return _remembered(_check_attachment, path)


def no_document(path: Path) -> tuple[str, str] | None:
    """Return problem and remedy of a file that holds or names others, so that no entry would make it a document."""
    kind = OF_SUFFIX.get(Path(readable(path.name)).suffix.lower(), "")
    return (f"这是{kind}，没有用上", REMEDIES[kind]) if kind in REMEDIES else None


def _remembered(check: Callable[[Path], Problem | None], path: Path) -> Problem | None:
    """Return the problem that a check of a file raises, from memory if the file is unchanged."""
    try:
        stat = path.stat()
    except OSError:
        return Problem(*NOT_READABLE)
    return _problem(check, path, (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))


@lru_cache(MAX_REMEMBERED)
def _problem(check: Callable[[Path], Problem | None], path: Path, _: tuple[int, ...]) -> Problem | None:
    """Return the problem that a check of a file returns or raises; the last argument is the file's state."""
    try:
        return check(path)
    except Unreadable as reason:
        suffix = Path(readable(path.name)).suffix.lower()
        return Problem(reason.wrong, reason.mend, suffix not in (*photos.PHOTOS, *videos.VIDEOS))
    except OSError:
        return Problem(*NOT_READABLE)


def _other_kind(path: Path, wanted: FileType, what: str, remedy: str) -> Problem | None:
    """Return the problem of a file that is of another kind than `wanted`, whatever its name says."""
    kind = detect.detect(path).type
    if kind in DOCUMENTS:
        mend = "请移到“附件”文件夹，并在“附件”表里登记"
        return Problem(f"这是{DOCUMENTS[kind]}，不能当{what}用", mend, True)
    named = OF_SUFFIX.get(Path(readable(path.name)).suffix.lower())
    if named:  # also a raw picture, which has the signature of a TIFF and holds only a small preview
        return Problem(f"这是{named}，不能当{what}用", REMEDIES.get(named, remedy), True)
    if kind is FileType.VIDEO and wanted is FileType.PICTURE:
        return Problem("这是视频，放在了照片的文件夹里", "请移到“视频”里它那次活动的文件夹", True)
    if kind is FileType.PICTURE and wanted is FileType.VIDEO:
        return Problem("这是照片，放在了视频的文件夹里", "请移到“照片”里它那次活动的文件夹", True)
    if kind is FileType.EMPTY:
        raise Unreadable(EMPTY, "请重新复制一份，或从文件夹里删去")
    return None


def _check_photo(path: Path) -> Problem | None:
    """Return the problem of a file of another kind. Raises `Unreadable` for a photo that cannot be decoded whole."""
    if other := _other_kind(path, FileType.PICTURE, "照片", "请另存为 JPG，再放进来"):
        return other
    if path.stat().st_size > detect.MAX_BYTES:
        raise Unreadable(f"照片超过 {detect.MAX_BYTES // 2**20} MB", "请压缩后再放进来")
    photos.check_picture(path, photos.PHOTO_DAMAGED)
    return None


def _check_video(path: Path) -> Problem | None:
    """Return the problem of a file of another kind. Raises `Unreadable` for a video that does not play to its end."""
    if other := _other_kind(path, FileType.VIDEO, "视频", "请另存为 MP4，再放进来"):
        return other
    videos.video_seconds(path)
    return None


def _check_attachment(path: Path) -> Problem | None:
    """Raise `Unreadable` unless a file can be bound; an Office file is only checked for damage to its package."""
    kind = attachments.bindable_type(path)
    if kind in (FileType.PDF, FileType.PICTURE):
        attachments.check_in_child(path, kind)
    elif zipfile.is_zipfile(path) and _is_damaged(path):
        raise Unreadable(*attachments.REFUSALS[FileType.DAMAGED])
    return None


def _is_damaged(path: Path) -> bool:
    """Return True if a part of an Office package does not have its checksum, or its XML breaks off."""
    try:
        with zipfile.ZipFile(path) as package:
            if package.testzip() is not None:
                return True
            for info in package.infolist():
                if MAIN_PART.fullmatch(info.filename) and info.file_size <= detect.MAX_TABLE_XML:
                    with package.open(info) as part:
                        expat.ParserCreate().ParseFile(part)
            return False
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return True
    except expat.ExpatError:
        return True
