"""What was handed over, looked through again: digests, completeness, catalogue, PDF/A, and the proof of the pages.

A folder comes from anywhere: nothing is opened by a name that stands in one of its files, and whatever a damaged file
makes a library say is a finding. Contents are judged only of files whose digests agree; the others are told already.
"""

import json
import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork import bag, bind, check, pieces, proof, verapdf
from paperwork.bag import Difference, Kind
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.hand_over import CATALOGUE, FILE, ITEMS, MANIFEST, METADATA, OTHER, PACKAGE, RECORDS, ROOT

MOST_TEXT = 64 * 2**20
MOST_BYTES = 4 * 2**30
INSIDE = {name: f"{bag.PAYLOAD}/{name}" for name in (CATALOGUE, f"{OTHER}/{MANIFEST}", f"{RECORDS}/{bind.VOLUME}")}
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
    """How many files were looked at, and what was found."""

    files: int
    faults: tuple[Fault, ...]


def verify(folder: Path) -> Verified:
    """Look through `outputs/<number>` or a 电子档案包. Raises `Stop` when the folder is neither."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    if (folder / MANIFEST).is_file() or (folder / PACKAGE).is_dir():
        whole, package = _outputs(folder), _package(folder / PACKAGE, f"{PACKAGE}/")
        return Verified(whole.files + package.files, (*whole.faults, *package.faults))
    if any((folder / name).exists() for name in (bag.DECLARATION, bag.PAYLOAD)):
        return _package(folder, "")
    wrong = "里没有 manifest.json，也没有电子档案包" if folder.is_dir() else "：没有这个文件夹"
    raise Stop(ExitCode.FAULTY, f"{folder}{wrong}", "请写成品的文件夹，如 outputs/1，或其中的电子档案包")


def _outputs(folder: Path) -> Verified:
    """The finished folder itself: every file that manifest.json lists, and no other."""
    faults: list[Fault] = []
    try:
        files, strange = bag.found(folder, without=(PACKAGE, check.MARKED))
        manifest = _json(files.pop(MANIFEST, None))
        packed = {} if (folder / PACKAGE).is_symlink() else bag.found(folder / PACKAGE)[0]
        inner = packed.get(INSIDE[f"{OTHER}/{MANIFEST}"])
        said = {name: (str(digest),) for name, digest in manifest["digests"].items()}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return Verified(1, (_fault(MANIFEST, "读不出来，文件损坏"),))
    told = [Difference(Kind.STRANGE, name) for name in strange]
    told += bag.compare(said, files, MOST_BYTES)
    faults += [_told(each, "") for each in told]
    if inner and not _same(inner, folder / MANIFEST):
        faults.append(_fault(MANIFEST, f"与{PACKAGE}里的 {OTHER}/{MANIFEST} 不一致"))
    return Verified(len(files) + 1, tuple(faults))


def _package(folder: Path, prefix: str) -> Verified:
    """The bag: what differs from what was sealed, then what the files say of each other."""
    if not folder.is_dir() or folder.is_symlink():
        return Verified(0, (_fault(prefix.rstrip("/"), "没有这个文件夹", "请重新生成档案"),))
    told = bag.differences(folder)
    faults = [_told(each, prefix) for each in told]
    try:
        files, _ = bag.found(folder)
    except ValueError:
        return Verified(0, tuple(faults))
    doubted = {name for each in told for name in (each.name, each.other)}
    sound = {name: path for name, path in files.items() if name not in doubted}
    absent = [name for name in INSIDE.values() if name not in files and name not in doubted]
    faults += [_fault(prefix + name, "电子档案包里应当有这个文件") for name in absent]
    for part, judge in JUDGES.items():
        if INSIDE[part] in sound:
            faults += _safely(judge(sound, prefix), prefix + INSIDE[part])
    return Verified(len(files), tuple(faults))


def _safely(judged: Iterable[Fault], name: str) -> list[Fault]:
    """All that a judge finds; whatever a foreign file makes a library do is a finding about that file."""
    found: list[Fault] = []
    try:
        found.extend(judged)  # what was found before stays
    except Exception as error:
        found.append(_fault(name, f"读不出来，文件损坏（{type(error).__name__}）"))
    return found


def _fault(name: str, wrong: str, mend: str = TAKE_AGAIN) -> Fault:
    return Fault(Level.ERROR, Where(bag.legible(name)), wrong, mend)


def _told(each: Difference, prefix: str) -> Fault:
    wrong, mend = WORDS[each.kind]
    return _fault(prefix + each.name, wrong.format(other=bag.legible(each.other)), mend)


# ---- what the files say of each other

Judge = Callable[[Mapping[str, Path], str], Iterable[Fault]]


def _catalogue(files: Mapping[str, Path], prefix: str) -> Iterator[Fault]:
    """文件目录.XML names every file under 电子档案/, each as it is, in the order of manifest.json."""
    place = prefix + INSIDE[CATALOGUE]
    root = _xml(files[INSIDE[CATALOGUE]])
    entries = root.findall(FILE)
    if root.tag != ROOT or not entries:
        yield _fault(place, f"不是{ROOT}")
    if [each.findtext("顺序号") for each in entries] != [str(number) for number in range(len(entries))]:
        yield _fault(place, "顺序号不连续")
    named = set()
    for each in entries:
        name = f"{bag.PAYLOAD}/{RECORDS}/{each.findtext('电子档案名称')}"
        named |= {name, name.removesuffix(".pdf") + ".docx"}
        if name not in files:
            yield _fault(place, f"所列的“{bag.legible(name)}”不在包里，或已改动")
        else:
            yield from _safely(_entry(each, files[name], prefix + name), prefix + name)
    for name in sorted(files):
        if name.startswith(f"{bag.PAYLOAD}/{RECORDS}/") and name not in named:
            yield _fault(prefix + name, f"{CATALOGUE}里没有列出这个文件")
    manifest = files.get(INSIDE[f"{OTHER}/{MANIFEST}"])
    if manifest:
        items = [(str(item["title"]), str(item["start"])) for item in _json(manifest)["items"]]
        if [(each.findtext("题名"), each.findtext(f"{METADATA}/页号")) for each in entries[1:]] != items:
            yield _fault(place, f"各件的题名或页号与 {OTHER}/{MANIFEST} 不一致")


def _entry(said: ET.Element, path: Path, name: str) -> Iterator[Fault]:
    """A file is of the size, the digest, the format and the pages that the catalogue says."""
    is_archival, pages = pieces.claim(path)
    has = {
        "计算机文件大小": str(path.stat().st_size),
        "数字摘要": bag.digest(path)[0],
        "格式信息": "PDF/A-2b" if is_archival else "PDF",
    }
    if f"/{ITEMS}/" in name:
        has["页数"] = str(pages)
    for element, value in has.items():
        if (wanted := said.findtext(f"{METADATA}/{element}")) != value:
            yield _fault(name, f"{element}是 {value}，{CATALOGUE}说是 {bag.legible(wanted or '')[:80] or '（空）'}")


def _volume(files: Mapping[str, Path], prefix: str) -> Iterator[Fault]:
    """The volume is PDF/A-2b, and its pages are where manifest.json says."""
    path, place = files[INSIDE[f"{RECORDS}/{bind.VOLUME}"]], prefix + INSIDE[f"{RECORDS}/{bind.VOLUME}"]
    if path.stat().st_size > MOST_BYTES:
        yield _fault(place, "文件太大，没有核对")
        return
    reasons = [*pieces.archival_faults(path), *(f"{verapdf.NAME} {each}" for each in verapdf.judge(path) or ())]
    if reasons:
        more = f" 等 {len(reasons)} 处" if len(reasons) > 3 else ""
        yield _fault(place, f"不合 PDF/A-2b：{bag.legible('；'.join(reasons[:3]))}{more}", "请重新生成档案")
    manifest = _json(files.get(INSIDE[f"{OTHER}/{MANIFEST}"]))
    for wrong in proof.disagreements(path, [(item["title"], item["start"]) for item in manifest["items"]]):
        yield _fault(place, bag.legible(wrong))
    if (pages := proof.numbered(path)) != manifest["pages"]:
        yield _fault(place, f"有页号的是 {pages} 页，{MANIFEST} 说是 {bag.legible(str(manifest['pages']))[:20]} 页")


def _manifest(files: Mapping[str, Path], prefix: str) -> Iterator[Fault]:
    """manifest.json and the bag tell the same volume and the same Word files."""
    digests = _json(files[INSIDE[f"{OTHER}/{MANIFEST}"]])["digests"]
    pairs = {bind.VOLUME: INSIDE[f"{RECORDS}/{bind.VOLUME}"]}
    for name in (name for name in files if name.endswith(".docx") and f"/{RECORDS}/{ITEMS}/" in name):
        pairs[f"word/{Path(name).name}"] = name
    for said, name in pairs.items():
        if name in files and digests.get(said, "") != bag.digest(files[name])[0]:
            yield _fault(prefix + name, f"与 {MANIFEST} 里“{said}”的摘要不符")


JUDGES: Mapping[str, Judge] = {
    CATALOGUE: _catalogue,
    f"{OTHER}/{MANIFEST}": _manifest,
    f"{RECORDS}/{bind.VOLUME}": _volume,
}


# ---- reading what cannot be trusted


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and bag.digest(one) == bag.digest(other)


def _text(path: Path | None) -> str:
    if path is None or path.stat().st_size > MOST_TEXT:
        raise ValueError("没有这个文件，或文件太大")
    return path.read_bytes().decode()


def _json(path: Path | None) -> Any:
    return json.loads(_text(path))


def _xml(path: Path) -> ET.Element:
    """Read XML without a document type: only there entities could stand that grow without bound or name other files."""
    text = _text(path)
    if "<!DOCTYPE" in text:
        raise ValueError("不收带 DOCTYPE 的 XML")
    return ET.fromstring(text)
