"""Make and judge file names that every system and every reader of BagIt manifests accepts."""

import re
import unicodedata
from collections.abc import Iterable

FULLWIDTH_SUBSTITUTES = str.maketrans({char: chr(ord(char) + 0xFEE0) for char in '<>:"|?*%\\/'})
"""Map from refused characters to their full-width forms: Windows refuses all but %, which tools decode differently."""
REFUSED_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories of characters that some manifest parsers take for a line end or that UTF-8 cannot encode."""
PLANES = range(0, 0x110000, 0x10000)
NO_CHARACTER = re.compile("[\ufdd0-\ufdef" + "".join(f"{chr(at + 0xFFFE)}{chr(at + 0xFFFF)}" for at in PLANES) + "]")
"""Unicode noncharacters. Unassigned code points are allowed: they may be characters newer than Python's tables."""
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[\d¹²³])\s*(\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices, with or without an extension."""


# ---- names


def portable(name: str) -> str:
    """Return a file name that every file system and manifest parser accepts: NFC, no character that Windows refuses."""
    composed = unicodedata.normalize("NFC", name)
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


LEFT_PREFIXES, LEFT_SUFFIXES = (".", "~$"), (".tmp", ".part", ".crdownload")
"""Hidden files and lock files of open editors (~$…, .~lock…); incomplete downloads and temporary files."""
LEFT_NAMES = ("thumbs.db", "desktop.ini", "__macosx")
"""Thumbnails and folder settings of Windows; the folder that macOS adds to zip files."""


def is_left_by_a_program(name: str) -> bool:
    """Return True if a file or folder was left by a program, so that it is none of the staff's."""
    lowered = name.lower()
    return lowered.startswith(LEFT_PREFIXES) or lowered.endswith(LEFT_SUFFIXES) or lowered in LEFT_NAMES
