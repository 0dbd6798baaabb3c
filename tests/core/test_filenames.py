"""File names as bytes: names in GBK, names in NFD, names that differ only in spelling."""

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import filenames


def gbk(name: str) -> str:
    """Return a name as Python gives it for a file that was unpacked from a ZIP of a Chinese Windows."""
    return os.fsdecode(name.encode("gb18030"))


@pytest.mark.parametrize(
    "name",
    [
        "照片",
        "视频",
        "附件",
        "HD-01 现场.jpg",
        "评估报告.pdf",
        "龚䶮.jpg",
        "《盐都“紫薇伙伴”项目》",
        "①签到表（1）.jpg",
    ],
)
def test_name_in_gbk_is_read_as_its_words(name: str) -> None:
    assert filenames.readable(gbk(name)) == name
    assert filenames.portable(gbk(name)) == filenames.portable(name)
    assert filenames.readable_path(f"项目1/{gbk(name)}") == f"项目1/{name}"


@pytest.mark.parametrize("raw", [b"\xff\xfe.jpg", b"a\x80", b"\xd5", b"\xd5\xd5\xc6.jpg", b"\xed\xa0\x80"])
def test_name_of_no_encoding_is_printable(raw: bytes) -> None:
    shown = filenames.readable(os.fsdecode(raw))
    assert shown.encode() and shown == filenames.printable(shown)
    assert filenames.portable(os.fsdecode(raw)).encode()


@given(raw=st.binary(min_size=1, max_size=40).filter(lambda raw: not {0, 47} & set(raw)))
def test_any_bytes_can_be_shown_hashed_and_archived(raw: bytes) -> None:
    name = os.fsdecode(raw)
    assert filenames.readable(name).encode() and filenames.readable_path(name).encode()
    filenames.portable(name).encode()
    filenames.spelling_key(name).encode()
    assert filenames.readable(filenames.readable(name)) == filenames.readable(name)


SAME = [
    ("评估.pdf", "评估.PDF"), ("评估.pdf", "评估 .pdf"), ("评估.pdf", "　评估.pdf"), ("评估.pdf", "评估．ｐｄｆ"),
    ("HD-01", "hd-01"), ("HD-01", "ＨＤ－０１"), ("HD-01", "HD—01"), ("HD-01", "HD‐01"), ("HD-01", "HD_01"),
    ("HD-01", "HD-01\u200b"), ("HD-01", "\ufeffHD-01"), ("HD-01", "HD-01\xa0"),
    ("café.jpg", unicodedata.normalize("NFD", "café.jpg")),
    ("照片", gbk("照片")), ("照片", " 照片 "), ("女", "⼥"), ("签到(1).jpg", "签到（1）.jpg"),
]  # fmt: skip
DIFFERENT = [
    ("HD-01", "HD-1"),
    ("HD-01", "HD-10"),
    ("评估.pdf", "评估.doc"),
    ("评估1.pdf", "评估2.pdf"),
    ("照片", "图片"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_harmless_spellings_have_one_key(one: str, other: str) -> None:
    assert filenames.spelling_key(one) == filenames.spelling_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert filenames.spelling_key(one) != filenames.spelling_key(other)


def test_name_that_unzip_misread_is_read_as_its_words() -> None:
    for name in ("照片", "01 现场.jpg", "评估报告.pdf", "附件"):
        assert filenames.readable(name.encode("gbk").decode("cp437")) == name
    for name in ("照片", "café.jpg", "HD-01", "naïve", "──附件──.pdf", "½ ╳.jpg", "¥100.jpg"):
        assert filenames.readable(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("._01.jpg", "苹果"), (".DS_Store", "苹果"), ("__MACOSX", "苹果"), ("Thumbs.db", "缩略图"),
        ("ehthumbs.db", "缩略图"), ("@eaDir", "缩略图"), ("desktop.ini", "Windows"), ("~$项目数据.xlsx", "锁"),
        (".~lock.a.xlsx#", "锁"), ("IMG_E1.aae", "记录"), ("#recycle", "回收站"), ("a.tmp", "临时"),
        ("片.mp4.xltd", "下载"), (".旧文件", "旧文件"), (".隐藏.jpg", "隐藏"),
        ("$RECYCLE.BIN", "磁盘"), ("评估.pdf", ""), ("~封面.jpg", ""),
    ],
)  # fmt: skip
def test_rule_that_keeps_a_file_aside_is_named(name: str, reason: str) -> None:
    why = filenames.why_left(name)
    assert reason in why and bool(why) == bool(reason)
