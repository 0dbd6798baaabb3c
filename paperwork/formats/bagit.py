"""Write and verify BagIt bags (RFC 8493, version 1.0) with SHA-256 and SHA-512 manifests.

A bag may come from outside. A manifest may name any path, so only files found by walking the folder are opened. The
bagit library (this module alone imports it) validates as a second opinion. Its writer is not used: it declares version
0.97, changes the working directory, reads the clock, and lists tag files in directory order.
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

from paperwork.core.faults import Unreadable
from paperwork.core.filenames import colliding_names, portable, printable

ALGORITHMS = ("sha256", "sha512")
PAYLOAD = "data"
DECLARATION, INFO = "bagit.txt", "bag-info.txt"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
OXUM = "Payload-Oxum"
MANIFESTS = tuple(f"manifest-{each}.txt" for each in ALGORITHMS)
TAG_MANIFESTS = tuple(f"tag{each}" for each in MANIFESTS)
TAGS = (DECLARATION, INFO, *MANIFESTS, *TAG_MANIFESTS)
MOST_FILES = 100_000
"""Most files that are listed in one folder."""
MOST_TAG_BYTES = 64 * 2**20
"""Most bytes of a tag file that is read."""
LINE = re.compile(r"([0-9a-f]+) [ *]?(.+)")
"""One line of a manifest: digest and name; md5sum and its kin put a * before the name of a binary file."""


class Kind(StrEnum):
    """A kind of difference between a bag and its manifests."""

    CHANGED = "改动"
    MISSING = "缺少"
    ADDED = "多出"
    RENAMED = "改名"
    TAG = "清单改动"
    BROKEN = "清单损坏"
    STRANGE = "链接"


@dataclass(frozen=True)
class Difference:
    """A file that differs from the manifests; `other` is its new name, or the error in a manifest."""

    kind: Kind
    name: str
    detail: str = ""


# ---- writing


def write_bag(folder: Path, info: Mapping[str, str]) -> None:
    """Turn `folder`, which holds its payload in data/, into a bag by adding the tag files.

    `info` goes into bag-info.txt in its order, without empty values; the payload's size is added. Raises `Unreadable`
    for names that are not portable, names that differ only in case, and links.
    """
    files, others = list_files(folder / PAYLOAD)
    for name in (path.relative_to(folder / PAYLOAD).as_posix() for path in files.values()):
        if "/".join(map(portable, name.split("/"))) != name:
            raise Unreadable(f"文件名“{printable(name)}”不是每台电脑都认", "请给这个文件改名")
    # Two such files would overwrite each other when the bag is copied to Windows or macOS.
    for one, other in colliding_names(files):
        raise Unreadable(f"“{one}”和“{other}”在有的电脑上是同一个名字", "请给其中一个改名")
    if others:
        raise Unreadable(f"“{printable(others[0])}”是链接，不是文件", "请换成真正的文件")
    digests = {f"{PAYLOAD}/{name}": digest(path) for name, path in sorted(files.items())}
    size = sum(path.stat().st_size for path in files.values())
    lines = {**info, "Bag-Size": sized(size), OXUM: f"{size}.{len(files)}"}
    info_text = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in lines.items() if value.strip())
    # The order matters: the tag manifests hold the digests of the files written before them.
    (folder / DECLARATION).write_bytes(DECLARED)
    (folder / INFO).write_bytes(info_text.encode())
    _write_manifests(folder, MANIFESTS, digests)
    _write_manifests(
        folder, TAG_MANIFESTS, {name: digest(folder / name) for name in sorted((DECLARATION, INFO, *MANIFESTS))}
    )


def _write_manifests(folder: Path, manifests: Iterable[str], digests: Mapping[str, tuple[str, ...]]) -> None:
    """Write one manifest for each algorithm; the digests of a file are in the order of `ALGORITHMS`."""
    for index, manifest in enumerate(manifests):
        lines = "".join(f"{digests[name][index]}  {name}\n" for name in digests)
        (folder / manifest).write_bytes(lines.encode())


def digest(path: Path) -> tuple[str, ...]:
    """Return a file's digests, one for each of `ALGORITHMS`, computed in one pass over the file."""
    hashers = [hashlib.new(name) for name in ALGORITHMS]
    with path.open("rb") as stream:
        while block := stream.read(2**20):
            for hasher in hashers:
                hasher.update(block)
    return tuple(hasher.hexdigest() for hasher in hashers)


def sized(size: int) -> str:
    """Format a number of bytes for display, such as 3.2 MB."""
    return f"{size / 2**20:.1f} MB" if size < 2**30 else f"{size / 2**30:.3f} GB"


# ---- verifying


def list_files(folder: Path, without: Collection[str] = ()) -> tuple[dict[str, Path], list[str]]:
    """List the regular files below a folder by relative name in NFC, and the entries that are neither file nor folder.

    Links are not followed. `without` names files and folders at the top level to skip. Of two names that are equal in
    NFC the second is returned with the other entries. Raises `Unreadable` above `MOST_FILES` entries.
    """
    files: dict[str, Path] = {}
    others = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        is_top = parent == str(folder)
        # os.walk descends into what is left in `folders`, so the list is changed in place.
        folders[:] = [name for name in folders if not (is_top and name in without)]
        for name in sorted([*folders, *names]):
            path = Path(parent, name)
            # lstat, not stat: os.walk reports a link to a folder among the folders.
            mode = path.lstat().st_mode
            relative = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
            if stat.S_ISREG(mode) and relative not in files:
                if not (is_top and name in without):
                    files[relative] = path
            elif not stat.S_ISDIR(mode):
                others.append(relative)
        if len(files) + len(others) > MOST_FILES:
            raise Unreadable(f"文件多于 {MOST_FILES} 个，没有核对", "请确认写的是成品的文件夹")
    return files, others


def verify_bag(folder: Path) -> list[Difference]:
    """Return every difference between a bag and its manifests; an empty list means that the bag is valid."""
    try:
        files, others = list_files(folder)
    except Unreadable as reason:
        return [Difference(Kind.BROKEN, "", reason.wrong)]
    differing = [Difference(Kind.STRANGE, name) for name in others]
    differing += _tag_file_faults(files)
    size = _declared_size(files, differing)
    for manifests, kind in ((TAG_MANIFESTS, Kind.TAG), (MANIFESTS, Kind.CHANGED)):
        listed = [_parse_manifest(files, manifest, differing) for manifest in manifests]
        is_payload = kind is Kind.CHANGED
        own = {name: path for name, path in files.items() if name.startswith(f"{PAYLOAD}/") == is_payload}
        if not is_payload:  # a tag manifest cannot hold its own digest
            own = {name: path for name, path in own.items() if name not in TAG_MANIFESTS}
        differing += _unequal_lists({name: each for name, each in zip(manifests, listed, strict=True) if name in files})
        merged = {name: tuple(each.get(name, "") for each in listed) for name in {**listed[0], **listed[1]}}
        differing += compare_digests(merged, own, size if is_payload else MOST_TAG_BYTES, kind)
    # A link or a lost tag file is already in the list; it must not be reported as missing as well.
    reported = {each.name for each in differing if each.kind in (Kind.STRANGE, Kind.BROKEN)}
    differing = [each for each in differing if each.kind is not Kind.MISSING or each.name not in reported]
    return differing or _second_opinion(folder)


def compare_digests(
    listed: Mapping[str, tuple[str, ...]],
    files: Mapping[str, Path],
    limit: int | None,
    kind: Kind = Kind.CHANGED,
) -> Iterator[Difference]:
    """Yield the differences between files and their listed digests; a renamed file is one difference with both names.

    An empty digest is not compared. A file larger than `limit` bytes is not read, because it cannot be a listed one;
    None: every file is read.
    """
    digests: dict[str, tuple[str, ...]] = {}
    missing = sorted(set(listed) - set(files))
    added = sorted(set(files) - set(listed))
    # An added file is read only when it may be a missing one under another name.
    for name in [*sorted(set(listed) & set(files)), *(added if missing else ())]:
        if limit is None or files[name].stat().st_size <= limit:
            digests[name] = digest(files[name])
    for name in sorted(set(listed) & set(files)):
        if name not in digests or not _agree(listed[name], digests[name]):
            yield Difference(kind, name)
    for name in missing:
        new_name = next((each for each in added if each in digests and _agree(listed[name], digests[each])), "")
        if new_name:
            added.remove(new_name)
        yield Difference(Kind.RENAMED, name, new_name) if new_name else Difference(Kind.MISSING, name)
    for name in added:
        yield Difference(Kind.ADDED, name)


def _agree(listed: tuple[str, ...], actual: tuple[str, ...]) -> bool:
    """Return True if at least one digest is listed and every listed digest equals the actual one."""
    return any(listed) and all(expected in ("", computed) for expected, computed in zip(listed, actual, strict=False))


def _tag_file_faults(files: Mapping[str, Path]) -> Iterator[Difference]:
    """Yield a difference for each missing tag file, and for a declaration that is not byte for byte `DECLARED`."""
    for name in TAGS:
        if name not in files:
            yield Difference(Kind.BROKEN, name, "没有这个文件")
    path = files.get(DECLARATION)
    if path and (path.stat().st_size > len(DECLARED) or path.read_bytes() != DECLARED):
        yield Difference(Kind.BROKEN, DECLARATION, "不是 BagIt 1.0、UTF-8 的声明")


def _text(path: Path | None) -> str:
    """Return a tag file's text, empty for None. Raises `Unreadable` when it is too large or not UTF-8."""
    if path is None:
        return ""
    if path.stat().st_size > MOST_TAG_BYTES:
        raise Unreadable("文件太大", "请重新生成档案")
    return path.read_bytes().decode()


def _declared_size(files: Mapping[str, Path], differing: list[Difference]) -> int | None:
    """Return the payload size in bytes by bag-info.txt (Payload-Oxum); append a difference and return None without one.

    The size only saves reading files that are larger than the whole payload. Without it they are all read and compared:
    a damaged bag-info.txt says nothing about the files.
    """
    try:
        match = re.search(rf"^{OXUM}: (\d{{1,15}})\.\d+\r?$", _text(files.get(INFO)), re.MULTILINE)
    except ValueError:
        match = None
    if match:
        return int(match[1])
    if INFO in files:  # a missing one is in the list already
        differing.append(Difference(Kind.BROKEN, INFO, f"读不出内容的总大小（{OXUM}），文件损坏"))
    return None


def _parse_manifest(files: Mapping[str, Path], manifest: str, differing: list[Difference]) -> dict[str, str]:
    """Return the digests of a manifest by file name; append a difference for each unusable line."""
    listed: dict[str, str] = {}
    try:
        lines = _text(files.get(manifest)).split("\n")
    except ValueError:
        differing.append(Difference(Kind.BROKEN, manifest, "读不出来"))
        return {}
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line.removesuffix("\r"))
        if not match and line.strip():
            differing.append(Difference(Kind.BROKEN, manifest, f"第{number}行读不懂"))
        if not match:
            continue
        name = unicodedata.normalize("NFC", match[2])
        if any(part in ("", ".", "..") for part in name.split("/")) or "\\" in name:
            differing.append(Difference(Kind.BROKEN, manifest, f"第{number}行指到文件夹外面"))
        elif name in listed:
            differing.append(Difference(Kind.BROKEN, manifest, f"第{number}行重复列出“{printable(name)}”"))
        else:
            listed[name] = match[1]
    return listed


def _unequal_lists(listed: Mapping[str, Collection[str]]) -> Iterator[Difference]:
    """Yield a difference when the manifests of the two algorithms do not list the same files."""
    if len({frozenset(names) for names in listed.values()}) > 1:
        yield Difference(Kind.BROKEN, "、".join(listed), "所列的文件不一致")


def _second_opinion(folder: Path) -> list[Difference]:
    """Validate a bag with the bagit library of the Library of Congress; return its error as a difference."""
    import bagit

    logging.getLogger("bagit").setLevel(logging.CRITICAL + 1)
    try:
        bagit.Bag(str(folder)).validate()
    except Exception as error:  # the library raises many types on a malformed folder; each one is a finding
        return [Difference(Kind.BROKEN, "", f"通用的 BagIt 工具认为不合格：{printable(str(error))[:200]}")]
    return []
