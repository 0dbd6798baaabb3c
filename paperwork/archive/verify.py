"""Verify a handed-over archive: digests, completeness, catalogue, PDF/A conformance and page numbers.

The folder is untrusted input. No file is opened by a name read from another file, and any exception that a damaged file
causes in a library is reported as a fault. Contents are checked only for files whose digests match; the others have
been reported already.
"""

import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paperwork.archive import manifest
from paperwork.archive.manifest import Manifest
from paperwork.archive.metadata import CATALOGUE, FILE, ITEMS, MANIFEST, METADATA, OTHER, PACKAGE, RECORDS, ROOT
from paperwork.checks import check
from paperwork.core import filenames
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Unreadable, Where
from paperwork.formats import bagit
from paperwork.formats.bagit import Difference, Kind
from paperwork.formats.pdf import split, verapdf
from paperwork.volume import binder, readback

MOST_TEXT = 64 * 2**20
"""Largest XML file that is read, in bytes."""
MOST_BYTES = 4 * 2**30
"""Largest file that is digested or checked, in bytes."""
INSIDE = {name: f"{bagit.PAYLOAD}/{name}" for name in (CATALOGUE, f"{OTHER}/{MANIFEST}", f"{RECORDS}/{binder.VOLUME}")}
TAKE_AGAIN = "请从原来的成品里重新取这个文件"
WORDS = {
    Kind.CHANGED: ("内容改动过，与当时的摘要不符", TAKE_AGAIN),
    Kind.MISSING: ("缺少这个文件", TAKE_AGAIN),
    Kind.ADDED: ("多出来的文件，清单里没有", "请移到别处"),
    Kind.RENAMED: ("改了名，现在叫“{other}”，内容没有变", "请改回原来的名字"),
    Kind.TAG: ("清单或说明改动过，与当时的摘要不符", TAKE_AGAIN),
    Kind.BROKEN: ("{other}", TAKE_AGAIN),
    Kind.STRANGE: ("是链接或特殊文件，没有读它", "请换成文件本身"),
}


@dataclass(frozen=True)
class Verified:
    """Result of a verification: the number of files examined, and the faults."""

    files: int
    faults: tuple[Fault, ...]


def verify(folder: Path) -> Verified:
    """Verify `outputs/<number>` or a 电子档案包; raise `Stop` if the folder is neither."""
    # pypdf logs each defect that it works around; the faults reported here are enough.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    if (folder / MANIFEST).is_file() or (folder / PACKAGE).is_dir():
        whole, package = _verify_outputs(folder), _verify_package(folder / PACKAGE, f"{PACKAGE}/")
        return Verified(whole.files + package.files, (*whole.faults, *package.faults))
    if any((folder / name).exists() for name in (bagit.DECLARATION, bagit.PAYLOAD)):
        return _verify_package(folder, "")
    wrong = "里没有 manifest.json，也没有电子档案包" if folder.is_dir() else "：没有这个文件夹"
    raise Stop(ExitCode.FAULTY, f"{folder}{wrong}", "请写成品的文件夹，如 outputs/1，或其中的电子档案包")


def _verify_outputs(folder: Path) -> Verified:
    """Verify that a finished folder holds the files that manifest.json lists, unchanged, and no others."""
    try:
        files, strange = bagit.list_files(folder, without=(PACKAGE, check.MARKED_FOLDER))
        # A symlink in place of the package could lead anywhere, so it is not followed.
        packed = {} if (folder / PACKAGE).is_symlink() else bagit.list_files(folder / PACKAGE)[0]
    except Unreadable as reason:  # too many files
        return Verified(1, (_fault("", reason.wrong, reason.mend),))
    # manifest.json cannot hold its own digest, so it is taken out; it is compared with the copy in the package.
    described, faults = _read_manifest(files.pop(MANIFEST, None), MANIFEST)
    if described is None:
        return Verified(1, tuple(faults))
    listed = {name: (digest,) for name, digest in described.digests.items()}
    inner = packed.get(INSIDE[f"{OTHER}/{MANIFEST}"])
    differences = [Difference(Kind.STRANGE, name) for name in strange]
    differences += bagit.compare_digests(listed, files, MOST_BYTES)
    faults += [_as_fault(each, "") for each in differences]
    if inner and not _has_same_bytes(inner, folder / MANIFEST):
        faults.append(_fault(MANIFEST, f"与{PACKAGE}里的 {OTHER}/{MANIFEST} 不一致"))
    return Verified(len(files) + 1, tuple(faults))


def _verify_package(folder: Path, prefix: str) -> Verified:
    """Verify a 电子档案包: first its bag's digests, then the consistency of its files with each other."""
    if not folder.is_dir() or folder.is_symlink():
        return Verified(0, (_fault(prefix.rstrip("/"), "没有这个文件夹", "请重新生成档案"),))
    differences = bagit.verify_bag(folder)
    faults = [_as_fault(each, prefix) for each in differences]
    try:
        files, _ = bagit.list_files(folder)
    except Unreadable:
        return Verified(0, tuple(faults))
    reported = {name for each in differences for name in (each.name, each.detail)}
    intact = {name: path for name, path in files.items() if name not in reported}
    absent = [name for name in INSIDE.values() if name not in files and name not in reported]
    faults += [_fault(prefix + name, "电子档案包里应当有这个文件") for name in absent]
    name = INSIDE[f"{OTHER}/{MANIFEST}"]
    described, damage = _read_manifest(intact[name], prefix + name) if name in intact else (None, [])
    faults += damage
    for part, judge in FILE_CHECKS.items():
        if INSIDE[part] in intact:
            faults += _collect_faults(judge(intact, described, prefix), prefix + INSIDE[part])
    return Verified(len(files), tuple(faults))


def _read_manifest(path: Path | None, name: str) -> tuple[Manifest | None, list[Fault]]:
    """Return a manifest and no faults, or None and the fault that says why it cannot be read."""
    if path:
        try:
            return manifest.read(path, TAKE_AGAIN), []
        except Unreadable as reason:
            return None, [_fault(name, reason.wrong, reason.mend)]
        except OSError:
            pass  # reported below, like a missing one
    return None, [_fault(name, manifest.DAMAGED)]


def _collect_faults(judged: Iterable[Fault], name: str) -> list[Fault]:
    """Return the faults that a check yields; turn any exception into a fault of the file."""
    found: list[Fault] = []
    try:
        # `extend` keeps the faults yielded before an exception; `list(judged)` would lose them.
        found.extend(judged)
    except Unreadable as reason:
        found.append(_fault(name, reason.wrong, reason.mend))
    except Exception as error:
        found.append(_fault(name, f"读不出来，文件损坏（{type(error).__name__}）"))
    return found


def _fault(name: str, wrong: str, mend: str = TAKE_AGAIN) -> Fault:
    return Fault(Level.ERROR, Where(filenames.printable(name)), wrong, mend)


def _as_fault(each: Difference, prefix: str) -> Fault:
    """Return a difference of a bag as a fault in Chinese."""
    wrong, mend = WORDS[each.kind]
    return _fault(prefix + each.name, wrong.format(other=filenames.printable(each.detail)), mend)


# ---- consistency of the files with each other

FileCheck = Callable[[Mapping[str, Path], Manifest | None, str], Iterable[Fault]]
"""A check of one file of the bag, given the sound files by name, the manifest and the prefix for names in faults.

What the file must agree with in a manifest that cannot be read is not checked: the manifest has its own fault.
"""


def _check_catalogue(files: Mapping[str, Path], described: Manifest | None, prefix: str) -> Iterator[Fault]:
    """Check that 文件目录.XML lists every file under 电子档案/ correctly, in the order of manifest.json."""
    place = prefix + INSIDE[CATALOGUE]
    root = _read_xml(files[INSIDE[CATALOGUE]])
    entries = root.findall(FILE)
    if root.tag != ROOT or not entries:
        yield _fault(place, f"不是{ROOT}")
    if [each.findtext("顺序号") for each in entries] != [str(number) for number in range(len(entries))]:
        yield _fault(place, "顺序号不连续")
    # Each PDF listed has its Word file beside it, which 文件目录 mentions only in the remark of the PDF.
    named = set()
    for each in entries:
        name = f"{bagit.PAYLOAD}/{RECORDS}/{each.findtext('电子档案名称')}"
        named |= {name, name.removesuffix(".pdf") + ".docx"}
        if name not in files:
            yield _fault(place, f"所列的“{filenames.printable(name)}”不在包里，或已改动")
        else:
            yield from _collect_faults(_check_listed_file(each, files[name], prefix + name), prefix + name)
    for name in sorted(files):
        if name.startswith(f"{bagit.PAYLOAD}/{RECORDS}/") and name not in named:
            yield _fault(prefix + name, f"{CATALOGUE}里没有列出这个文件")
    if described:
        items = [(item.title, str(item.start)) for item in described.items]
        if [(each.findtext("题名"), each.findtext(f"{METADATA}/页号")) for each in entries[1:]] != items:
            yield _fault(place, f"各件的题名或页号与 {OTHER}/{MANIFEST} 不一致")


def _check_listed_file(catalogue_entry: ET.Element, path: Path, name: str) -> Iterator[Fault]:
    """Check that a file has the size, digest, format and page count stated in 文件目录.XML."""
    is_archival, pages = split.pdfa_claim(path)
    actual = {
        "计算机文件大小": str(path.stat().st_size),
        "数字摘要": bagit.digest(path)[0],
        "格式信息": "PDF/A-2b" if is_archival else "PDF",
    }
    if f"/{ITEMS}/" in name:
        actual["页数"] = str(pages)
    for element, value in actual.items():
        if (stated := catalogue_entry.findtext(f"{METADATA}/{element}")) != value:
            yield _fault(
                name, f"{element}是 {value}，{CATALOGUE}说是 {filenames.printable(stated or '')[:80] or '（空）'}"
            )


def _check_volume(files: Mapping[str, Path], described: Manifest | None, prefix: str) -> Iterator[Fault]:
    """Check that the volume is PDF/A-2b and its page numbers agree with manifest.json."""
    path, place = files[INSIDE[f"{RECORDS}/{binder.VOLUME}"]], prefix + INSIDE[f"{RECORDS}/{binder.VOLUME}"]
    if path.stat().st_size > MOST_BYTES:
        yield _fault(place, "文件太大，没有核对")
        return
    reasons = [*split.pdfa_findings(path), *(f"{verapdf.NAME} {each}" for each in verapdf.validate(path) or ())]
    if reasons:
        more = f" 等 {len(reasons)} 处" if len(reasons) > 3 else ""
        yield _fault(place, f"不合 PDF/A-2b：{filenames.printable('；'.join(reasons[:3]))}{more}", "请重新生成档案")
    if described is None:
        return
    duties = (duty for clause in described.clauses for duty in clause.obligations)
    cited = {each.page: () for duty in duties for each in duty.evidence if each.page}
    for wrong in readback.disagreements(path, [(item.title, item.start) for item in described.items], cited):
        yield _fault(place, filenames.printable(wrong))
    if (pages := readback.count_numbered_pages(path)) != described.pages:
        yield _fault(place, f"有页号的是 {pages} 页，{MANIFEST} 说是 {described.pages} 页")


def _check_manifest(files: Mapping[str, Path], described: Manifest | None, prefix: str) -> Iterator[Fault]:
    """Check that the digests of the volume and the Word files in the bag are those in manifest.json."""
    if described is None:
        return
    pairs = {binder.VOLUME: INSIDE[f"{RECORDS}/{binder.VOLUME}"]}
    # Names in manifest.json begin with word/, names in the bag with data/电子档案/件/; the file names are the same.
    for name in (name for name in files if name.endswith(".docx") and f"/{RECORDS}/{ITEMS}/" in name):
        pairs[f"word/{Path(name).name}"] = name
    for listed_name, name in pairs.items():
        if name in files and described.digests.get(listed_name, "") != bagit.digest(files[name])[0]:
            yield _fault(prefix + name, f"与 {MANIFEST} 里“{listed_name}”的摘要不符")


FILE_CHECKS: Mapping[str, FileCheck] = {
    CATALOGUE: _check_catalogue,
    f"{OTHER}/{MANIFEST}": _check_manifest,
    f"{RECORDS}/{binder.VOLUME}": _check_volume,
}


# ---- reading untrusted files


def _has_same_bytes(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and bagit.digest(one) == bagit.digest(other)


def _read_xml(path: Path) -> ET.Element:
    """Parse an XML file; raise `Unreadable` if it is too large or has a DOCTYPE, `ValueError` if it is not UTF-8."""
    if path.stat().st_size > MOST_TEXT:
        raise Unreadable("文件太大", TAKE_AGAIN)
    text = path.read_bytes().decode()
    # Only a DOCTYPE can define entities, which may expand without bound or read other files.
    if "<!DOCTYPE" in text:
        raise Unreadable("不收带 DOCTYPE 的 XML", TAKE_AGAIN)
    return ET.fromstring(text)
