"""The file that a cell of 附件 names: taken where only the spelling differs, else the near name is offered."""

import os
import unicodedata
from pathlib import Path

import pytest

from paperwork.checks import check
from paperwork.core.faults import Level
from paperwork.project import folders
from tests import cases, make

FILES = ("评估.pdf", "审计.pdf", "签到/HD-01.pdf", "café.pdf", "报告.doc", "报告.pdf", "合同（1）.pdf")
TAKEN = {
    "评估.pdf": "评估.pdf",
    "评估": "评估.pdf",
    "评估.PDF": "评估.pdf",
    "评估 .pdf": "评估.pdf",
    " 评估.pdf ": "评估.pdf",
    "附件/评估.pdf": "评估.pdf",
    "附件\\评估.pdf": "评估.pdf",
    "/附件/评估.pdf": "评估.pdf",
    "./评估.pdf": "评估.pdf",
    "项目1/附件/评估.pdf": "评估.pdf",
    "../附件/评估.pdf": "评估.pdf",
    "附件／评估．ｐｄｆ": "评估.pdf",
    "D:\\项目\\附件\\评估.pdf": "评估.pdf",
    "C:\\Users\\甲\\Desktop\\评估.pdf": "评估.pdf",
    "《评估.pdf》": "评估.pdf",
    "“评估.pdf”": "评估.pdf",
    "评\u200b估.pdf": "评估.pdf",
    "签到/HD-01.pdf": "签到/HD-01.pdf",
    "签到\\hd-01": "",
    "HD-01.pdf": "签到/HD-01.pdf",
    "附件/签到/HD-01.pdf": "签到/HD-01.pdf",
    unicodedata.normalize("NFD", "café.pdf"): "café.pdf",
    "合同(1).pdf": "合同（1）.pdf",
    "报告.pdf": "报告.pdf",
    "报告": "",
    "评估.doc": "",
    "评估终稿.pdf": "",
    "../评估.pdf": "",
    "../../评估.pdf": "",
    "没有这个.pdf": "",
    "": "",
}
OFFERED = {
    "报告": {"报告.doc", "报告.pdf"},
    "评估.doc": {"评估.pdf"},
    "评估终稿.pdf": {"评估.pdf"},
    "没有这个.pdf": set(),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project's folder with some attachments, and one beside the folder 附件."""
    home = tmp_path_factory.mktemp("home")
    for name in FILES:
        (home / "附件" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "附件" / name).write_bytes(b"%PDF-1.7 ")
    (home / "评估.pdf").write_bytes(b"outside")
    return home


@pytest.mark.parametrize("name", TAKEN)
def test_name_is_taken_if_one_file_alone_fits(home: Path, name: str) -> None:
    found = folders.find_attachment(home, name)
    assert (found.path.relative_to(home / "附件").as_posix() if found.path else "") == TAKEN[name]
    assert not found.path or found.is_exact == (unicodedata.normalize("NFC", name.removeprefix("./")) in FILES)


@pytest.mark.parametrize("name", OFFERED)
def test_near_name_is_offered(home: Path, name: str) -> None:
    assert set(folders.find_attachment(home, name).offered) == OFFERED[name]


def test_attachment_in_a_folder_and_under_a_name_in_gbk_is_found(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode("附件".encode("gbk"))
    folder.mkdir()
    (path := folder / os.fsdecode("审计报告.pdf".encode("gbk"))).write_bytes(b"%PDF-1.7 ")
    assert folders.find_attachment(tmp_path, "审计报告.pdf").path == path
    assert folders.find_attachment(tmp_path, "审计报告").path == path


def test_link_that_leads_out_of_the_folder_is_not_taken(tmp_path: Path) -> None:
    home = tmp_path / "项目1"
    (home / "附件").mkdir(parents=True)
    (tmp_path / "外面.pdf").write_bytes(b"%PDF-1.7 ")
    (home / "附件" / "评估.pdf").symlink_to(tmp_path / "外面.pdf")
    assert [folders.find_attachment(home, name).path for name in ("评估.pdf", "评估", "评估.PDF")] == [None] * 3


def test_words_for_a_file_are_taken_and_told(tmp_path: Path) -> None:
    """“附件/评估.pdf” and “审计” are the files 评估.pdf and 审计.pdf: both prove their clause, and both are told."""
    checked = check.examine(1, cases.lay(tmp_path, "d14-file-words").inputs, make.LATER)
    assert checked.state == "齐备"
    told = {fault.where.cell: fault.wrong for fault in checked.faults if fault.where.sheet == "附件"}
    assert {cell: words.split("“")[1] for cell, words in told.items()} == {
        "C2": "评估.pdf”，照它用了",
        "C3": "审计.pdf”，照它用了",
    }


@pytest.mark.parametrize(
    ("name", "words", "remedy"),
    [
        ("评估.pdf、审计.pdf", "一格里写了几个文件", "分成几行"),
        ("审汁.pdf", "是不是“审计.pdf”", "写成文件夹里的那个名字"),
        ("审计.docx", "是不是“审计.pdf”", "写成文件夹里的那个名字"),
        ("别的东西.pdf", "没有“别的东西.pdf”", "放进文件夹“附件”"),
    ],
)
def test_name_that_fits_no_file_gets_advice(tmp_path: Path, name: str, words: str, remedy: str) -> None:
    checked = check.examine(1, make.make(tmp_path, 附件=[{}, {"文件": name}]), make.LATER)
    [gap] = checked.gaps
    assert gap.where.cell == "C3" and words in gap.wrong and remedy in gap.mend


@pytest.mark.parametrize(
    ("content", "words", "remedy"),
    [
        ("d15-ofd", "OFD", "另存为"),
        (b"<?xml version='1.0' encoding='UTF-8'?><EInvoice><Header/></EInvoice>", "XML", "电子税务局"),
        (b"", "空的", "重新扫描"),
        (b"%PDF-1.7 half", "PDF", "重新扫描"),
    ],
    ids=["ofd", "invoice", "empty", "broken"],
)
def test_attachment_that_cannot_be_bound_leaves_its_gap_with_advice(
    tmp_path: Path, content: str | bytes, words: str, remedy: str
) -> None:
    if isinstance(content, str):
        inputs = cases.lay(tmp_path, content).inputs
    else:
        inputs = make.make(tmp_path)
        (inputs / "项目1" / "附件" / "审计.pdf").write_bytes(content)
    checked = check.examine(1, inputs, make.LATER)
    assert checked.state == "待补稿"
    [gap] = [fault for fault in checked.faults if fault.level is Level.GAP]
    assert gap.where.cell == "C3" and "缺专项资金审计报告" in gap.wrong and words in gap.wrong
    assert remedy in gap.mend and gap.mend.count("请") == 1
    # The archive is refused until it is mended, as for a cell that cannot be read.
    [error] = [fault for fault in checked.faults if fault.level is Level.ERROR]
    assert error.where == gap.where and words in error.wrong and error.mend == gap.mend
