"""Make and judge file names that every system and every reader of BagIt manifests accepts.

A name on disk is a sequence of bytes. Python keeps bytes that are no UTF-8 as lone surrogates, which cannot be printed,
hashed or written into XML. `readable` gives the name that people read; only the path itself opens the file.
"""

import os
import re
import unicodedata
from collections.abc import Iterable

from paperwork.core.text import visible

FULLWIDTH_SUBSTITUTES = str.maketrans({char: chr(ord(char) + 0xFEE0) for char in '<>:"|?*%\\/'})
"""Map from refused characters to their full-width forms: Windows refuses all but %, which tools decode differently."""
REFUSED_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories of characters that some manifest parsers take for a line end or that UTF-8 cannot encode."""
PLANES = range(0, 0x110000, 0x10000)
NO_CHARACTER = re.compile("[\ufdd0-\ufdef" + "".join(f"{chr(at + 0xFFFE)}{chr(at + 0xFFFF)}" for at in PLANES) + "]")
"""Unicode noncharacters. Unassigned code points are allowed: they may be characters newer than Python's tables."""
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[\d¹²³])\s*(\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices, with or without an extension."""


UNDECODED = re.compile("[\ud800-\udfff]")
"""Lone surrogates; those of the second pattern are no bytes of a file name (PEP 383), and come from elsewhere."""
BOX_DRAWING, CHINESE = re.compile("[\u2500-\u259f]"), re.compile("[\u4e00-\u9fff]")
LONE_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


# ---- names


def readable(name: str) -> str:
    """Return a name from a disk as people read it, in NFC: a name that is no UTF-8 is read as GB 18030.

    Programs on Linux unpack a ZIP file from a Chinese Windows under its names in GBK, or under what they take these
    for. Bytes that are no GB 18030 either become �.
    """
    if UNDECODED.search(name):
        raw = LONE_SURROGATE.sub("�", name).encode("utf-8", "surrogateescape")
        try:
            name = raw.decode("gb18030")
        except UnicodeDecodeError:
            name = raw.decode("utf-8", "replace")
        if any(unicodedata.category(char) in ("Cc", "Co", "Cn") for char in name):
            name = raw.decode("utf-8", "replace")
    return unicodedata.normalize("NFC", _misread(name) or name)


def _misread(name: str) -> str:
    """Return the words of a name in GBK that a program read in the encoding of MS-DOS, or an empty string.

    `unzip` does so with a ZIP file from a Chinese Windows: 照片 becomes ╒╒╞¼. The first byte of each common character
    becomes one that draws boxes, which no other name has.
    """
    try:
        # GB 2312 and not GBK: in GBK, “ïv” of naïve would be a Chinese character.
        words = name.encode("cp437").decode("gb2312") if BOX_DRAWING.search(name) else ""
    except UnicodeError:
        return ""
    return words if CHINESE.search(words) else ""


def readable_path(path: str | os.PathLike[str]) -> str:
    """Return a path as people read it, with slashes."""
    return "/".join(readable(part) for part in os.fspath(path).replace(os.sep, "/").split("/"))


def spelling_key(name: str) -> str:
    """Return a key that is equal for names that a reader takes for one.

    Case, full-width letters, blanks, invisible characters and the kind of dash do not count.
    """
    folded = unicodedata.normalize("NFKC", visible(readable(name))).casefold()
    dashed = "".join("-" if unicodedata.category(char) == "Pd" or char in "_−" else char for char in folded)
    seen = (char for char in dashed if unicodedata.category(char) not in ("Cc", "Cf", "Zs", "Zl", "Zp"))
    return BLANK_CHARACTERS.sub("", unicodedata.normalize("NFC", "".join(seen)))


def portable(name: str) -> str:
    """Return a file name that every file system and manifest parser accepts: NFC, no character that Windows refuses."""
    composed = readable(name)
    safe = "".join("_" if unicodedata.category(char) in REFUSED_CATEGORIES else char for char in composed).translate(
        FULLWIDTH_SUBSTITUTES
    )
    safe = NO_CHARACTER.sub("_", safe)
    safe = re.sub(r"[\s.]+\Z|\A\s+", "", safe)  # Windows drops trailing dots and spaces without a word
    return f"_{safe}" if not safe or DEVICES.fullmatch(safe) else safe


def colliding_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of names that some file systems treat as one: equal after NFC and case folding."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        first = seen.setdefault(collision_key(name), name)
        if first != name:
            pairs.append((first, name))
    return pairs


def collision_key(name: str) -> str:
    """Return a key that is equal for names which differ only in case or in Unicode composition."""
    # Case folding can decompose characters, so the result is composed once more.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def printable(name: str) -> str:
    """Return a name from outside fit for display: without characters that control a terminal."""
    return "".join(char if char.isprintable() else "�" for char in name)


INVISIBLE_CATEGORIES = (*REFUSED_CATEGORIES, "Cf", "Co")
"""Unicode categories of invisible characters, some of which change how text is displayed."""
BLANK_CHARACTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters and marks that are displayed as blank, whatever their category."""


def is_safe(part: str) -> bool:
    """Return True if every system accepts this as one file or folder name and displays it as it is."""
    legal = part.replace("%", "％")  # forbidden in bags for the sake of manifest readers, harmless in a name here
    unseen = BLANK_CHARACTERS.search(part) or any(unicodedata.category(char) in INVISIBLE_CATEGORIES for char in part)
    # A combining mark at the beginning would attach to the character displayed before the name.
    headless = part.startswith(".") or unicodedata.category(part[:1] or ".").startswith("M")
    return bool(part) and not headless and not unseen and portable(legal) == legal


LEFT_BY_PROGRAMS: tuple[tuple[str, str], ...] = (
    (r"~\$.*", "打开着的文件的锁"),
    (r"\.~lock\..*", "打开着的文件的锁"),
    (r"\._.*", "苹果电脑的附属文件"),
    (r"\.ds_store|__macosx|icon\r", "苹果电脑的文件夹设置"),
    (r".*\.aae", "苹果手机修改照片的记录，改好的照片另有文件"),
    (r"thumbs\.db|ehthumbs(_vista)?\.db|@eadir|zbthumbnail\.info|.*\.thm", "缩略图"),
    (r"desktop\.ini", "Windows 的文件夹设置"),
    (r"picasa\.ini", "看图程序的设置"),
    (r"\$recycle\.bin|#recycle|@recycle|#snapshot|@recently-snapshot", "磁盘的回收站或快照"),
    (r"system volume information|lost\+found", "磁盘自带的文件夹"),
    (r"\.旧文件", "网页换下来的旧文件"),
    (r".*\.(tmp|part|crdownload|xltd|downloading|opdownload)", "没有下载完的或临时的文件"),
    (r"\.(?!.+\.icloud\Z).*", "隐藏的文件"),
)
"""Names of files and folders that programs leave behind, as patterns in lower case, each with the reason."""


def why_left(name: str) -> str:
    """Return what kind of file a program left under this name, or an empty string for a file of the staff."""
    lowered = readable(name).lower()
    return next((reason for pattern, reason in LEFT_BY_PROGRAMS if re.fullmatch(pattern, lowered, re.DOTALL)), "")


def is_not_downloaded(name: str) -> bool:
    """Return True for what macOS leaves in place of a file that it has moved to the cloud: `.照片.jpg.icloud`."""
    return bool(re.fullmatch(r"\..+\.icloud", readable(name), re.IGNORECASE | re.DOTALL))


def is_left_by_a_program(name: str) -> bool:
    """Return True if a file or folder was left by a program, so that it is none of the staff's."""
    return bool(why_left(name))
