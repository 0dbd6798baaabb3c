"""BagIt bags (RFC 8493, version 1.0): a folder sealed with SHA-256 and SHA-512, and looked through again.

Sole owner of bagit, which reads as a second opinion what is written here. Its own writer says version 0.97, changes the
working folder, asks the clock, and lists the tag files in the order in which the disk happens to give them. A bag
comes from outside as well: nothing is opened by a name that stands in a manifest, only files found in the folder.
"""

import hashlib
import logging
import os
import re
import stat
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ALGORITHMS = ("sha256", "sha512")
PAYLOAD = "data"
DECLARATION, INFO = "bagit.txt", "bag-info.txt"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
OXUM = "Payload-Oxum"
MANIFESTS = tuple(f"manifest-{each}.txt" for each in ALGORITHMS)
TAG_MANIFESTS = tuple(f"tag{each}" for each in MANIFESTS)
TAGS = (DECLARATION, INFO, *MANIFESTS, *TAG_MANIFESTS)
MOST_FILES = 100_000
MOST_TAG_BYTES = 64 * 2**20
LINE = re.compile(r"([0-9a-f]+) [ *]?(.+)")
REFUSED = str.maketrans({char: chr(ord(char) + 0xFEE0) for char in '<>:"|?*%\\/'})
"""Windows takes none of these; and of % each tool has its own opinion: their full-width likenesses harm nobody."""
BREAKS = ("Cc", "Cs", "Zl", "Zp")
"""Characters that end a line for one reader of manifests or another, or cannot be written as UTF-8."""
PLANES = range(0, 0x110000, 0x10000)
NO_CHARACTER = re.compile("[\ufdd0-\ufdef" + "".join(f"{chr(at + 0xFFFE)}{chr(at + 0xFFFF)}" for at in PLANES) + "]")
"""What Unicode will never give a meaning; an unassigned one may be a character younger than Python's tables."""
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[\d¹²³])\s*(\..*)?", re.IGNORECASE)


class Kind(StrEnum):
    """In which way a bag differs from what was sealed."""

    CHANGED = "改动"
    MISSING = "缺少"
    ADDED = "多出"
    RENAMED = "改名"
    TAG = "清单改动"
    BROKEN = "清单损坏"
    STRANGE = "链接"


@dataclass(frozen=True)
class Difference:
    """One file that is not as it was sealed; `other` is its name now, or what is wrong with a manifest."""

    kind: Kind
    name: str
    other: str = ""


# ---- names


def portable(name: str) -> str:
    """A file name that every system and every reader of manifests takes: NFC, nothing that Windows refuses."""
    composed = unicodedata.normalize("NFC", name)
    safe = "".join("_" if unicodedata.category(char) in BREAKS else char for char in composed).translate(REFUSED)
    safe = NO_CHARACTER.sub("_", safe)
    safe = re.sub(r"[\s.]+\Z|\A\s+", "", safe)
    return f"_{safe}" if not safe or DEVICES.fullmatch(safe) else safe


def same_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that some file systems take for one: equal after NFC and without regard to case."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        first = seen.setdefault(folded(name), name)
        if first != name:
            pairs.append((first, name))
    return pairs


def folded(name: str) -> str:
    """What is left of a name where neither case nor composition counts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def legible(name: str) -> str:
    """A name from outside, for people: nothing in it can steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in name)


# ---- sealing


def seal(folder: Path, info: Mapping[str, str]) -> None:
    """Make `folder`, whose payload lies in data/, a bag. Raises `ValueError` for names that do not travel.

    `info` goes into bag-info.txt in its order, empty values left out; the payload's size is added.
    """
    files, strange = found(folder / PAYLOAD)
    for name in (path.relative_to(folder / PAYLOAD).as_posix() for path in files.values()):
        if "/".join(map(portable, name.split("/"))) != name:
            raise ValueError(f"文件名“{legible(name)}”不是每台电脑都认")
    for one, other in same_names(files):
        raise ValueError(f"“{one}”和“{other}”在有的电脑上是同一个名字")
    if strange:
        raise ValueError(f"“{legible(strange[0])}”是链接，不是文件")
    digests = {f"{PAYLOAD}/{name}": digest(path) for name, path in sorted(files.items())}
    size = sum(path.stat().st_size for path in files.values())
    lines = {**info, "Bag-Size": sized(size), OXUM: f"{size}.{len(files)}"}
    told = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in lines.items() if value.strip())
    (folder / DECLARATION).write_bytes(DECLARED)
    (folder / INFO).write_bytes(told.encode())
    _list(folder, MANIFESTS, digests)
    _list(folder, TAG_MANIFESTS, {name: digest(folder / name) for name in sorted((DECLARATION, INFO, *MANIFESTS))})


def _list(folder: Path, manifests: Iterable[str], digests: Mapping[str, tuple[str, ...]]) -> None:
    for place, manifest in enumerate(manifests):
        lines = "".join(f"{digests[name][place]}  {name}\n" for name in digests)
        (folder / manifest).write_bytes(lines.encode())


def digest(path: Path) -> tuple[str, ...]:
    """A file's digests, one for each of `ALGORITHMS`, in one reading."""
    hashers = [hashlib.new(name) for name in ALGORITHMS]
    with path.open("rb") as stream:
        while block := stream.read(2**20):
            for hasher in hashers:
                hasher.update(block)
    return tuple(hasher.hexdigest() for hasher in hashers)


def sized(size: int) -> str:
    """A size for people."""
    return f"{size / 2**20:.1f} MB" if size < 2**30 else f"{size / 2**30:.3f} GB"


# ---- looking through


def found(folder: Path, without: Collection[str] = ()) -> tuple[dict[str, Path], list[str]]:
    """The regular files below a folder by name in NFC, and whatever is neither file nor folder; links are not followed.

    `without` names files and folders at the top that are left out.
    """
    files: dict[str, Path] = {}
    strange = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        at_top = place == str(folder)
        folders[:] = [name for name in folders if not (at_top and name in without)]
        for name in sorted([*folders, *names]):
            path = Path(place, name)
            mode = path.lstat().st_mode
            known = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
            if stat.S_ISREG(mode) and known not in files:
                if not (at_top and name in without):
                    files[known] = path
            elif not stat.S_ISDIR(mode):
                strange.append(known)
        if len(files) + len(strange) > MOST_FILES:
            raise ValueError(f"文件多于 {MOST_FILES} 个，没有核对")
    return files, strange


def differences(folder: Path) -> list[Difference]:
    """All ways in which a bag differs from what was sealed."""
    try:
        files, strange = found(folder)
    except ValueError as reason:
        return [Difference(Kind.BROKEN, "", str(reason))]
    told = [Difference(Kind.STRANGE, name) for name in strange]
    told += _declared(files)
    limit = _said_size(files)
    for manifests, kind in ((TAG_MANIFESTS, Kind.TAG), (MANIFESTS, Kind.CHANGED)):
        listed = [_listed(files, manifest, told) for manifest in manifests]
        is_payload = kind is Kind.CHANGED
        own = {name: path for name, path in files.items() if name.startswith(f"{PAYLOAD}/") == is_payload}
        if not is_payload:
            own = {name: path for name, path in own.items() if name not in TAG_MANIFESTS}
        told += _unlike({name: each for name, each in zip(manifests, listed, strict=True) if name in files})
        merged = {name: tuple(each.get(name, "") for each in listed) for name in {**listed[0], **listed[1]}}
        told += compare(merged, own, limit if is_payload else MOST_TAG_BYTES, kind)
    # A link or a lost manifest has been told as what it is; that it is also missing says nothing more.
    known = {each.name for each in told if each.kind in (Kind.STRANGE, Kind.BROKEN)}
    told = [each for each in told if each.kind is not Kind.MISSING or each.name not in known]
    return told or _second_opinion(folder)


def compare(
    listed: Mapping[str, tuple[str, ...]],
    files: Mapping[str, Path],
    limit: int,
    kind: Kind = Kind.CHANGED,
) -> Iterator[Difference]:
    """Compare files with the digests they should have; a renamed file is told once, with both names.

    An empty digest is not compared. No file larger than `limit` is read: it cannot be one of the listed.
    """
    digests: dict[str, tuple[str, ...]] = {}
    missing = sorted(set(listed) - set(files))
    added = sorted(set(files) - set(listed))
    # An added file is read only when it may be a lost one under another name.
    for name in [*sorted(set(listed) & set(files)), *(added if missing else ())]:
        if files[name].stat().st_size <= limit:
            digests[name] = digest(files[name])
    for name in sorted(set(listed) & set(files)):
        if name not in digests or not _agree(listed[name], digests[name]):
            yield Difference(kind, name)
    for name in missing:
        now = next((each for each in added if each in digests and _agree(listed[name], digests[each])), "")
        if now:
            added.remove(now)
        yield Difference(Kind.RENAMED, name, now) if now else Difference(Kind.MISSING, name)
    for name in added:
        yield Difference(Kind.ADDED, name)


def _agree(listed: tuple[str, ...], read: tuple[str, ...]) -> bool:
    """Whether all digests that are listed are those that were read; none at all prove nothing."""
    return any(listed) and all(said in ("", has) for said, has in zip(listed, read, strict=False))


def _declared(files: Mapping[str, Path]) -> Iterator[Difference]:
    """What a bag must have: the declaration word for word, information, manifests."""
    for name in TAGS:
        if name not in files:
            yield Difference(Kind.BROKEN, name, "没有这个文件")
    path = files.get(DECLARATION)
    if path and (path.stat().st_size > len(DECLARED) or path.read_bytes() != DECLARED):
        yield Difference(Kind.BROKEN, DECLARATION, "不是 BagIt 1.0、UTF-8 的声明")


def _text(path: Path | None) -> str:
    """A tag file's text. Raises `ValueError` when it is too large or not UTF-8."""
    if path is None:
        return ""
    if path.stat().st_size > MOST_TAG_BYTES:
        raise ValueError("文件太大")
    return path.read_bytes().decode()


def _said_size(files: Mapping[str, Path]) -> int:
    """How many bytes bag-info.txt says the payload has."""
    try:
        said = re.search(rf"^{OXUM}: (\d{{1,15}})\.\d+$", _text(files.get(INFO)), re.MULTILINE)
    except ValueError:
        said = None
    return int(said[1]) if said else MOST_TAG_BYTES


def _listed(files: Mapping[str, Path], manifest: str, told: list[Difference]) -> dict[str, str]:
    """The digests in a manifest by name; lines that cannot be used are told."""
    listed: dict[str, str] = {}
    try:
        lines = _text(files.get(manifest)).split("\n")
    except ValueError:
        told.append(Difference(Kind.BROKEN, manifest, "读不出来"))
        return {}
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line.removesuffix("\r"))
        if not match and line.strip():
            told.append(Difference(Kind.BROKEN, manifest, f"第{number}行读不懂"))
        if not match:
            continue
        name = unicodedata.normalize("NFC", match[2])
        if any(part in ("", ".", "..") for part in name.split("/")) or "\\" in name:
            told.append(Difference(Kind.BROKEN, manifest, f"第{number}行指到文件夹外面"))
        elif name in listed:
            told.append(Difference(Kind.BROKEN, manifest, f"第{number}行重复列出“{legible(name)}”"))
        else:
            listed[name] = match[1]
    return listed


def _unlike(listed: Mapping[str, Collection[str]]) -> Iterator[Difference]:
    """Manifests of both digests must list the same files."""
    if len({frozenset(names) for names in listed.values()}) > 1:
        yield Difference(Kind.BROKEN, "、".join(listed), "所列的文件不一致")


def _second_opinion(folder: Path) -> list[Difference]:
    """What the Library of Congress's own reader says of a bag in which nothing else was found."""
    import bagit

    logging.getLogger("bagit").setLevel(logging.CRITICAL + 1)
    try:
        bagit.Bag(str(folder)).validate()
    except Exception as error:  # of a foreign library about a foreign folder: whatever it says is a finding
        return [Difference(Kind.BROKEN, "", f"通用的 BagIt 工具认为不合格：{legible(str(error))[:200]}")]
    return []
