"""BagIt packages: writing one, detecting every kind of later change, and portable file names."""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperwork.core import filenames
from paperwork.formats import bagit
from paperwork.formats.bagit import Difference, Kind

INFO = {"Source-Organization": "自贡市试验中心", "External-Description": "两行\n题名", "Bagging-Date": "2022-12-30"}
FILES = {"说明.TXT": b"1", "件/001-申报书.pdf": b"22", "件/002-简报.pdf": b"333", "照片/HD-01/01 现场.jpg": b"4444"}


def make(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    """Write a payload and the bag around it."""
    for name, content in files.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    bagit.write_bag(folder, INFO)
    return folder


def accepted_by_bagit_python(folder: Path) -> bool:
    """Return whether the Library of Congress's bagit-python accepts a bag."""
    command = [sys.executable, "-m", "bagit", "--validate", str(folder)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


def test_bag_follows_the_bagit_standard(tmp_path: Path) -> None:
    made = make(tmp_path / "包")
    assert (made / "bagit.txt").read_bytes() == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    info = (made / "bag-info.txt").read_text("utf-8").splitlines()
    assert info == [
        "Source-Organization: 自贡市试验中心",
        "External-Description: 两行 题名",
        "Bagging-Date: 2022-12-30",
        "Bag-Size: 0.0 MB",
        "Payload-Oxum: 10.4",
    ]
    listed = [line.split("  ", 1)[1] for line in (made / "manifest-sha512.txt").read_text("utf-8").splitlines()]
    assert listed == sorted(f"data/{name}" for name in FILES)
    assert accepted_by_bagit_python(made)
    assert bagit.verify_bag(made) == []


def test_bag_does_not_depend_on_file_order(tmp_path: Path) -> None:
    one, other = make(tmp_path / "a"), make(tmp_path / "b" / "c", dict(reversed(FILES.items())))
    for name in bagit.TAGS:
        assert (one / name).read_bytes() == (other / name).read_bytes()


def flip(path: Path) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_and_rename(path: Path, name: str) -> None:
    """Change one bit and the name."""
    flip(path)
    path.rename(path.with_name(name))


def link(path: Path) -> None:
    """Replace a file by a symbolic link."""
    path.unlink()
    path.symlink_to("/etc/hostname")


DAMAGE: dict[str, tuple[Callable[[Path], object], list[Difference]]] = {
    "a flipped byte": (lambda b: flip(b / "data/说明.TXT"), [Difference(Kind.CHANGED, "data/说明.TXT")]),
    "a removed file": (
        lambda b: (b / "data/件/001-申报书.pdf").unlink(),
        [Difference(Kind.MISSING, "data/件/001-申报书.pdf")],
    ),
    "an added file": (lambda b: (b / "data/新.txt").write_bytes(b"5"), [Difference(Kind.ADDED, "data/新.txt")]),
    "a renamed file": (
        lambda b: (b / "data/件/002-简报.pdf").rename(b / "data/件/2.pdf"),
        [Difference(Kind.RENAMED, "data/件/002-简报.pdf", "data/件/2.pdf")],
    ),
    "a file renamed and changed": (
        lambda b: flip_and_rename(b / "data/说明.TXT", "x.TXT"),
        [Difference(Kind.MISSING, "data/说明.TXT"), Difference(Kind.ADDED, "data/x.TXT")],
    ),
    "changed information": (lambda b: flip(b / "bag-info.txt"), [Difference(Kind.TAG, "bag-info.txt")]),
    "an added tag file": (lambda b: (b / "note.txt").write_bytes(b""), [Difference(Kind.ADDED, "note.txt")]),
    "a lost manifest": (
        lambda b: (b / "manifest-sha256.txt").unlink(),
        [Difference(Kind.BROKEN, "manifest-sha256.txt", "没有这个文件")],
    ),
    "a link": (
        lambda b: link(b / "data/说明.TXT"),
        [Difference(Kind.STRANGE, "data/说明.TXT")],
    ),
    "a pipe": (lambda b: os.mkfifo(b / "data/管"), [Difference(Kind.STRANGE, "data/管")]),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_the_only_difference_reported(tmp_path: Path, case: str) -> None:
    made = make(tmp_path)
    damage, expected = DAMAGE[case]
    damage(made)
    assert bagit.verify_bag(made) == expected


def relist(folder: Path, change: Callable[[str], str]) -> None:
    """Change the manifests and recompute the tag manifests, as a deliberate forgery would."""
    for manifest in bagit.MANIFESTS:
        path = folder / manifest
        path.write_text(change(path.read_text("utf-8")), "utf-8")
    tags = sorted(set(bagit.TAGS) - set(bagit.TAG_MANIFESTS))
    for place, manifest in enumerate(bagit.TAG_MANIFESTS):
        lines = [f"{bagit.digest(folder / name)[place]}  {name}\n" for name in tags]
        (folder / manifest).write_text("".join(lines), "utf-8")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../etc/passwd", "指到文件夹外面"),
        ("/etc/passwd", "指到文件夹外面"),
        ("data/../../x", "指到文件夹外面"),
        ("data\\x", "指到文件夹外面"),
        ("data/说明.TXT", "重复列出“data/说明.TXT”"),
    ],
)
def test_bad_manifest_entry_is_reported_and_not_followed(tmp_path: Path, name: str, words: str) -> None:
    made = make(tmp_path)
    relist(made, lambda text: f"{text}{'0' * 64}  {name}\n")
    assert {(each.kind, each.detail) for each in bagit.verify_bag(made)} == {(Kind.BROKEN, f"第5行{words}")}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"no digest here\n", b"\0" * 100])
@pytest.mark.parametrize("name", bagit.TAGS)
def test_damaged_tag_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    made = make(tmp_path)
    (made / name).write_bytes(content)
    assert name in " ".join(each.name for each in bagit.verify_bag(made))


def test_changed_file_is_found_when_the_tag_manifests_agree(tmp_path: Path) -> None:
    made = make(tmp_path)
    flip(made / "data/说明.TXT")
    relist(made, lambda text: text)
    assert bagit.verify_bag(made) == [Difference(Kind.CHANGED, "data/说明.TXT")]


def test_wrong_payload_oxum_is_found_by_bagit_python(tmp_path: Path) -> None:
    made = make(tmp_path)
    path = made / "bag-info.txt"
    path.write_text(path.read_text("utf-8").replace("10.4", "10.5"), "utf-8")
    relist(made, lambda text: text)
    [difference] = bagit.verify_bag(made)
    assert "通用的 BagIt 工具认为不合格" in difference.detail


def test_file_larger_than_the_declared_payload_is_not_hashed(tmp_path: Path) -> None:
    made = make(tmp_path)
    with (made / "data/说明.TXT").open("wb") as sparse:
        sparse.truncate(2**40)
    assert bagit.verify_bag(made) == [Difference(Kind.CHANGED, "data/说明.TXT")]


@pytest.mark.parametrize("content", [b"", b"\xff", "Payload-Oxum: 很大\n".encode(), None])
def test_large_file_is_compared_when_the_payload_size_is_unreadable(tmp_path: Path, content: bytes | None) -> None:
    large = tmp_path / "data" / "片.mp4"
    large.parent.mkdir()
    with large.open("wb") as sparse:
        sparse.truncate(bagit.MOST_TAG_BYTES + 1)
    made = make(tmp_path)
    (made / "bag-info.txt").write_bytes(content or b"")
    if content is None:
        (made / "bag-info.txt").unlink()
    found = bagit.verify_bag(made)
    assert {each.name for each in found} == {"bag-info.txt"}
    [broken] = [each for each in found if each.kind is Kind.BROKEN]
    assert broken.detail == ("读不出内容的总大小（Payload-Oxum），文件损坏" if content is not None else "没有这个文件")
    flip(made / "data/说明.TXT")
    assert Difference(Kind.CHANGED, "data/说明.TXT") in bagit.verify_bag(made)


def test_file_names_in_nfd_are_accepted(tmp_path: Path) -> None:
    made = make(tmp_path, {"café.txt": b"1"})
    (made / "data/café.txt").rename(made / "data" / unicodedata.normalize("NFD", "café.txt"))
    assert bagit.verify_bag(made) == []


# ---- names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("01 现场.jpg", "01 现场.jpg"),
        ("50%完成?.jpg", "50％完成？.jpg"),
        ('a:b*"c"<d>|e', "a：b＊＂c＂＜d＞｜e"),
        (" 前后空格 . ", "前后空格"),
        ("一\u2028二\n三\x85四\x1b[31m", "一_二_三_四_[31m"),
        ("CON.txt", "_CON.txt"),
        ("CON .pdf", "_CON .pdf"),
        ("COM\u00b9.pdf", "_COM\u00b9.pdf"),
        ("conin$.pdf", "_conin$.pdf"),
        ("CLOCK$", "_CLOCK$"),
        ("CONTENT.pdf", "CONTENT.pdf"),
        ("a\uffff\ufdd0\U0001fffe.pdf", "a___.pdf"),
        ("cafe\u0301", "café"),
        ("...", "_"),
    ],
)
def test_file_names_become_portable(name: str, safe: str) -> None:
    assert filenames.portable(name) == safe


@pytest.mark.parametrize("names", [("A.jpg", "a.JPG"), ("Straße", "STRASSE")])
def test_names_equal_after_case_folding_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="同一个名字"):
        make(tmp_path, dict.fromkeys(names, b""))


@pytest.mark.parametrize("name", ["50%.jpg", "a:b", "行\n尾", "cafe\u0301"])
def test_unportable_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="不是每台电脑都认"):
        make(tmp_path, {name: b""})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4))
def test_portable_names_always_make_a_valid_bag(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("bag")
    safe = {filenames.collision_key(filenames.portable(name)): filenames.portable(name) for name in names}
    assert all(filenames.portable(name) == name for name in safe.values())
    made = make(folder, {f"{number}/{name}": name.encode() for number, name in enumerate(safe.values())})
    assert bagit.verify_bag(made) == []  # this includes the check by bagit-python


def test_control_characters_in_names_are_replaced_for_the_terminal() -> None:
    assert filenames.printable("a\x1b[2Jb\ud800") == "a�[2Jb�"
