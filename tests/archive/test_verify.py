"""`paperwork verify`: changes to a finished archive are reported by file; hostile contents do no damage."""

import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import pdfa

from paperwork.app import cli
from paperwork.archive import verify
from paperwork.build.project import BuildResult
from paperwork.core.faults import ExitCode, Stop
from paperwork.formats import bagit
from paperwork.formats.pdf import split
from paperwork.volume import readback
from paperwork.volume.binder import VOLUME
from tests.archive.test_package import archival_volume
from tests.formats.test_bagit import flip, link

PACKAGE = "电子档案包"
INSIDE = f"{PACKAGE}/data"
MANIFEST, CATALOGUE = "其他/manifest.json", "文件目录.XML"


@pytest.fixture
def finished(small: tuple[BuildResult, Path], tmp_path: Path) -> Path:
    """Return a copy of a finished archive for a test to damage."""
    shutil.copytree(small[0].folder, tmp_path / "1")
    return tmp_path / "1"


@pytest.fixture(autouse=True)
def cache_slow_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run slow checks once per volume; its fonts alone take seconds."""
    for module, name in ((readback, "disagreements"), (split, "pdfa_findings")):
        monkeypatch.setattr(module, name, cached(getattr(module, name)))


RESULTS: dict[str, list[str]] = {}


def cached(function: Callable[..., Iterable[str]]) -> Callable[..., list[str]]:
    """Return a check that caches its result by the digest of the file."""

    def check(path: Path, *more: object) -> list[str]:
        key = f"{function.__name__} {bagit.digest(path)} {more}"
        if key not in RESULTS:
            RESULTS[key] = list(function(path, *more))
        return RESULTS[key]

    return check


def findings(folder: Path) -> list[tuple[str, str]]:
    """Return the findings as (file, message), without those on PDF/A."""
    found = [(str(fault.where), fault.wrong) for fault in verify.verify(folder).faults]
    return [(name, wrong) for name, wrong in found if "PDF/A-2b" not in wrong]


def reseal(folder: Path) -> None:
    """Write the digests of a package again, as someone would who wants to hide a change."""
    for name in bagit.TAGS:
        (folder / name).unlink()
    bagit.write_bag(folder, {"Bagging-Date": "2022-12-30"})


def change(path: Path, before: str, after: str) -> None:
    """Replace text in a file."""
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def add_page(manifest: Path) -> None:
    """Let a manifest claim one page more than the volume has."""
    claimed = re.search(r'"pages": (\d+)', manifest.read_text("utf-8"))
    assert claimed
    change(manifest, claimed[0], f'"pages": {int(claimed[1]) + 1}')


# ---- unchanged archive


@pytest.mark.parametrize("place", ["", PACKAGE])
def test_unchanged_archive_has_no_findings(small: tuple[BuildResult, Path], place: str) -> None:
    assert findings(small[0].folder / place) == []


def test_finished_archive_is_pdfa(small: tuple[BuildResult, Path]) -> None:
    assert verify.verify(small[0].folder).faults == ()


def test_every_file_is_checked(small: tuple[BuildResult, Path]) -> None:
    folder = small[0].folder
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "校验"]
    assert verify.verify(folder).files == len(files)


# ---- one change, one finding


def rename(path: Path, name: str) -> None:
    """Rename a file."""
    path.rename(path.with_name(name))


CHANGED, MISSING, ADDED = "内容改动过，与当时的摘要不符", "缺少这个文件", "多出来的文件，清单里没有"
ITEM = "电子档案/件/009-培育组织名册"
CHANGES: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "the volume": (lambda f: flip(f / VOLUME), [(VOLUME, CHANGED)]),
    "the volume in the package": (
        lambda f: flip(f / INSIDE / "电子档案" / VOLUME),
        [(f"{INSIDE}/电子档案/{VOLUME}", CHANGED), (f"{INSIDE}/{CATALOGUE}", f"所列的“data/电子档案/{VOLUME}”")],
    ),
    "a Word file": (lambda f: flip(f / "word/009-培育组织名册.docx"), [("word/009-培育组织名册.docx", CHANGED)]),
    "a photo": (
        lambda f: flip(f / INSIDE / "原始数据/照片/HD-01/01 现场.jpg"),
        [(f"{INSIDE}/原始数据/照片/HD-01/01 现场.jpg", CHANGED)],
    ),
    "a removed Word file": (
        lambda f: (f / "word/009-培育组织名册.docx").unlink(),
        [("word/009-培育组织名册.docx", MISSING)],
    ),
    "a removed video": (
        lambda f: (f / INSIDE / "原始数据/视频/HD-02/小视频.mp4").unlink(),
        [(f"{INSIDE}/原始数据/视频/HD-02/小视频.mp4", MISSING)],
    ),
    "an added file": (lambda f: (f / "新.txt").write_text("x"), [("新.txt", ADDED)]),
    "an added file in the package": (
        lambda f: (f / INSIDE / "其他/新.txt").write_text("x"),
        [(f"{INSIDE}/其他/新.txt", ADDED)],
    ),
    "a renamed Word file": (
        lambda f: rename(f / "word/009-培育组织名册.docx", "9.docx"),
        [("word/009-培育组织名册.docx", "改了名，现在叫“word/9.docx”")],
    ),
    "a renamed photo": (
        lambda f: rename(f / INSIDE / "原始数据/照片/HD-01/01 现场.jpg", "1.jpg"),
        [(f"{INSIDE}/原始数据/照片/HD-01/01 现场.jpg", "改了名，现在叫“data/原始数据/照片/HD-01/1.jpg”")],
    ),
    "the manifest": (
        lambda f: add_page(f / "manifest.json"),
        [("manifest.json", f"与{PACKAGE}里的 {MANIFEST} 不一致")],
    ),
    "a damaged manifest": (
        lambda f: (f / "manifest.json").write_bytes(b'{"items": ['),
        [("manifest.json", "读不出来，文件损坏")],
    ),
    "a manifest of a newer program": (
        lambda f: change(f / "manifest.json", '"version": 2', '"version": 3'),
        [("manifest.json", "是更新的程序写的，这个程序读不了")],
    ),
    "a wrong type in the manifest": (
        lambda f: change(f / "manifest.json", '"digests": {', '"digests": {"x": 7,'),
        [("manifest.json", "读不出来，文件损坏")],
    ),
    "a lost package": (lambda f: shutil.rmtree(f / PACKAGE), [(PACKAGE, "没有这个文件夹")]),
    "a link instead of a Word file": (
        lambda f: link(f / "word/009-培育组织名册.docx"),
        [("word/009-培育组织名册.docx", "是链接或特殊文件"), ("word/009-培育组织名册.docx", MISSING)],
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_change_is_reported_by_file_and_nothing_else_is(finished: Path, case: str) -> None:
    damage, expected = CHANGES[case]
    damage(finished)
    found = findings(finished)
    assert [name for name, _ in found] == [name for name, _ in expected]
    for (_, wrong), (_, words) in zip(found, expected, strict=True):
        assert wrong.startswith(words)


# ---- packages sealed again after a change: the digests match, so only comparing the files can reveal it


def swap(one: Path, other: Path) -> None:
    """Exchange the contents of two files."""
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def remove_page(path: Path) -> None:
    """Remove the last but one page of a PDF."""
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        del document.pages[-2]
        document.save(path)


RESEALED: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a title in the catalogue": (
        lambda d: change(d / CATALOGUE, "<题名>培育组织名册", "<题名>别的名册"),
        CATALOGUE,
        f"各件的题名或页号与 {MANIFEST} 不一致",
    ),
    "a size in the catalogue": (
        lambda d: change(d / CATALOGUE, "<计算机文件大小>", "<计算机文件大小>9"),
        f"电子档案/{VOLUME}",
        f"{CATALOGUE}说是 9",
    ),
    "two items swapped": (
        lambda d: swap(d / f"{ITEM}.pdf", next((d / "电子档案/件").glob("010-*.pdf"))),
        f"{ITEM}.pdf",
        "数字摘要是",
    ),
    "an added item": (
        lambda d: shutil.copy(d / f"{ITEM}.pdf", d / "电子档案/件/099-多.pdf"),
        "电子档案/件/099-多.pdf",
        f"{CATALOGUE}里没有列出这个文件",
    ),
    "a removed item": (lambda d: (d / f"{ITEM}.pdf").unlink(), CATALOGUE, f"所列的“data/{ITEM}.pdf”不在包里"),
    "a changed Word file": (lambda d: flip(d / f"{ITEM}.docx"), f"{ITEM}.docx", "的摘要不符"),
    "a page fewer in the volume": (
        lambda d: remove_page(d / "电子档案" / VOLUME),
        f"电子档案/{VOLUME}",
        "，印着",
    ),
    "a page more in the manifest": (
        lambda d: add_page(d / MANIFEST),
        f"电子档案/{VOLUME}",
        "，manifest.json 说是 ",
    ),
    "another first page in the manifest": (
        lambda d: change(d / MANIFEST, '"start": 8', '"start": 9'),
        f"电子档案/{VOLUME}",
        "书签与卷内目录的题名或页号不一致",
    ),
    "no manifest": (lambda d: (d / MANIFEST).unlink(), MANIFEST, "电子档案包里应当有这个文件"),
}


@pytest.mark.parametrize("case", RESEALED)
def test_change_in_a_resealed_package_is_reported(finished: Path, case: str) -> None:
    damage, name, words = RESEALED[case]
    damage(finished / INSIDE)
    reseal(finished / PACKAGE)
    found = findings(finished / PACKAGE)
    assert [wrong for place, wrong in found if place == f"data/{name}" and words in wrong], found


DAMAGED: list[tuple[str, bytes]] = [
    *((f"电子档案/{VOLUME}", content) for content in (b"", b"%PDF-1.7\nno", b"\0" * 1000)),
    *((MANIFEST, content) for content in (b"", b"[]", b"{}", b"[" * 100_000, b'{"items": 1, "digests": 2}', b"\xff")),
    *((CATALOGUE, content) for content in (b"", b"<", "<文件目录/>".encode(), b"\xff\xfe<", b"<a>" * 10_000)),
    (CATALOGUE, b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'),
    (CATALOGUE, "<文件目录><文件><电子档案名称>../../../manifest.json</电子档案名称></文件></文件目录>".encode()),
    (f"{ITEM}.pdf", b"%PDF-1.7\nno"),
]


@pytest.mark.parametrize(("name", "content"), DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_file_is_a_finding(finished: Path, name: str, content: bytes) -> None:
    (finished / INSIDE / name).write_bytes(content)
    reseal(finished / PACKAGE)
    found = [place for place, _ in findings(finished / PACKAGE)]
    assert f"data/{name}" in found
    if name == MANIFEST:  # files that could not be compared with it are not blamed
        assert found == [f"data/{MANIFEST}"]


def test_truncated_volume_is_a_finding(finished: Path) -> None:
    path = finished / INSIDE / "电子档案" / VOLUME
    whole = path.read_bytes()
    for share in (0.2, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        reseal(finished / PACKAGE)
        assert f"data/电子档案/{VOLUME}" in [place for place, _ in findings(finished / PACKAGE)]


def test_linked_folder_is_not_followed(finished: Path, tmp_path: Path) -> None:
    shutil.move(finished / PACKAGE, tmp_path / "elsewhere")
    (finished / PACKAGE).symlink_to(tmp_path / "elsewhere")
    assert findings(finished) == [(PACKAGE, "没有这个文件夹")]
    (finished / PACKAGE).unlink()
    shutil.move(tmp_path / "elsewhere", finished / PACKAGE)
    shutil.move(finished / INSIDE, tmp_path / "data")
    (finished / INSIDE).symlink_to(tmp_path / "data")
    assert (f"{PACKAGE}/data", "是链接或特殊文件，没有读它") in findings(finished)


def test_hostile_paths_in_the_manifest_are_reported_as_missing(finished: Path) -> None:
    path = finished / "manifest.json"
    data = json.loads(path.read_text("utf-8"))
    data["digests"] |= {"../../etc/passwd": "0", "/etc/passwd": "0", "\x1b[31m红": "7"}
    path.write_text(json.dumps(data), "utf-8")
    assert {name for name, wrong in findings(finished) if wrong == MISSING} == {
        "../../etc/passwd",
        "/etc/passwd",
        "�[31m红",
    }


def test_false_pdfa_claim_is_reported(finished: Path) -> None:
    volume = finished / INSIDE / "电子档案" / VOLUME
    with pikepdf.open(volume, allow_overwriting_input=True) as document:
        pdfa.prepare(document, "2b")
        del document.Root.OutputIntents
        document.save(volume)
    reseal(finished / PACKAGE)
    wrong = [fault.wrong for fault in verify.verify(finished / PACKAGE).faults if VOLUME in str(fault.where)]
    assert any(each.startswith("不合 PDF/A-2b：") and "OutputIntent" in each for each in wrong)


def test_pdfa_volume_has_no_pdfa_finding(finished: Path) -> None:
    archival_volume(finished / INSIDE / "电子档案" / VOLUME)
    reseal(finished / PACKAGE)
    assert not [fault for fault in verify.verify(finished / PACKAGE).faults if "不合 PDF/A-2b" in fault.wrong]


# ---- the command


def run(path: Path) -> int:
    """Run the command as staff do; return its exit code."""
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(cli.run(lambda: cli.app(["verify", str(path)])))
    return int(ended.value.code or 0)


def test_command_reports_an_unchanged_archive(
    small: tuple[BuildResult, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(split, "pdfa_findings", lambda _: [])
    assert run(small[0].folder) == ExitCode.DONE
    assert "没有改动，全部相符：98 个文件" in capsys.readouterr().out


def test_command_lists_findings_and_exits_with_3(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(finished / VOLUME)
    assert run(finished) == ExitCode.FAULTY
    output = capsys.readouterr().out
    assert VOLUME in output
    assert "内容改动过" in output


def test_folder_without_an_archive_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "没有"):
        with pytest.raises(Stop) as stop:
            verify.verify(folder)
        assert "outputs/1" in stop.value.mend


def test_too_many_files_are_one_fault_with_one_remedy(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bagit, "MOST_FILES", 3)
    fault = verify.verify(finished).faults[0]
    assert (fault.wrong, fault.mend) == ("文件多于 3 个，没有核对", "请确认写的是成品的文件夹")
