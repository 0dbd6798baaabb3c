"""电子档案包: its layout, the input files in it, its accompanying text files, and its single-item PDFs."""

import csv
import json
import os
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import pdfa
from pypdf import PdfReader

from paperwork.archive import metadata, sources
from paperwork.build.project import BuildResult
from paperwork.checks import check
from paperwork.core.faults import Stop
from paperwork.formats import bagit
from paperwork.formats.pdf import split
from paperwork.volume.binder import VOLUME
from paperwork.volume.page_plan import PagePlan
from tests import make
from tests.conftest import bind
from tests.readback import printed_number

ARCHIVE = "电子档案"
COLUMNS = ["顺序号", "档号", "责任者", "题名", "日期", "密级", "电子档案名称", "备注"]
MINIMUM = [
    "题名",
    "文件编号",
    "责任者",
    "日期",
    "机构或问题",
    "保管期限",
    "密级",
    "格式信息",
    "计算机文件名",
    "计算机文件大小",
    "文档创建程序",
]


def payload_of(archive: BuildResult) -> Path:
    """Return the payload folder of the package."""
    return archive.folder / "电子档案包" / "data"


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def items(archive: BuildResult) -> list[dict[str, object]]:
    """Return the items listed in the manifest."""
    found: list[dict[str, object]] = json.loads((archive.folder / "manifest.json").read_text("utf-8"))["items"]
    return found


def test_package_is_valid_for_bagit_python(small: tuple[BuildResult, Path]) -> None:
    folder = small[0].folder / "电子档案包"
    command = [sys.executable, "-m", "bagit", "--validate", str(folder)]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    info = (folder / "bag-info.txt").read_text("utf-8")
    assert "Source-Organization: 自贡市试验社会工作服务中心\nContact-Name: 乙试验\n" in info
    assert "External-Identifier: X013-ZY·2022·D30·组联部-001\nBagging-Date: 2022-12-30\n" in info
    assert "1380000" not in info


def test_package_layout_follows_the_transfer_rules(small: tuple[BuildResult, Path]) -> None:
    payload = payload_of(small[0])
    stems = [Path(str(item["file"])).stem for item in items(small[0])]
    assert {path.name for path in payload.iterdir()} == {"说明文件.TXT", "文件目录.XML", ARCHIVE, "原始数据", "其他"}
    assert {path.name for path in (payload / ARCHIVE / "件").iterdir()} == {
        f"{stem}{suffix}" for stem in stems for suffix in (".pdf", ".docx")
    }
    assert {path.name for path in (payload / "其他").iterdir()} == {
        "manifest.json",
        "校验报告.txt",
        "页码对照.csv",
        "版本与字体.txt",
    }


def test_package_contains_unmodified_copies_of_the_input_files(small: tuple[BuildResult, Path]) -> None:
    archive, inputs = small
    assert contents(payload_of(archive) / "原始数据") == {
        **contents(inputs / "项目1"),
        "项目发布目录.docx": (inputs / "项目发布目录.docx").read_bytes(),
    }
    for path in (payload_of(archive) / "原始数据").rglob("*"):
        assert path.is_dir() or path.stat().st_nlink == 1, "an edited photo must not change the archive"


def test_item_pdf_keeps_its_page_numbers_from_the_volume(small: tuple[BuildResult, Path]) -> None:
    for item in items(small[0]):
        reader = PdfReader(payload_of(small[0]) / ARCHIVE / "件" / f"{Path(str(item['file'])).stem}.pdf")
        start, pages = int(str(item["start"])), int(str(item["pages"]))
        wanted = [str(number) for number in range(start, start + pages)]
        assert reader.page_labels == wanted
        assert [printed_number(reader, place) for place in range(pages)] == wanted
        assert reader.metadata is not None
        assert reader.metadata.title == item["title"]


def test_file_catalogue_lists_the_volume_and_every_item_in_order(small: tuple[BuildResult, Path]) -> None:
    payload = payload_of(small[0])
    root = ET.parse(payload / "文件目录.XML").getroot()
    files = root.findall("文件")
    assert [file.findtext("题名") for file in files] == [small[0].title, *(item["title"] for item in items(small[0]))]
    for number, file in enumerate(files):
        assert [child.tag for child in file] == [*COLUMNS, "元数据"]
        assert [child.tag for child in file.find("元数据") or ()][: len(MINIMUM)] == MINIMUM
        path = payload / ARCHIVE / str(file.findtext("电子档案名称"))
        assert file.findtext("元数据/计算机文件大小") == str(path.stat().st_size)
        assert file.findtext("元数据/数字摘要") == bagit.digest(path)[0]
        assert file.findtext("顺序号") == str(number)
    assert files[0].findtext("电子档案名称") == VOLUME
    assert files[1].findtext("档号") == "X013-ZY·2022·D30·组联部-001-001"
    assert files[1].findtext("日期") == "20220320"


def test_page_table_maps_each_file_to_the_item_that_shows_it(small: tuple[BuildResult, Path]) -> None:
    rows = list(csv.reader((payload_of(small[0]) / "其他" / "页码对照.csv").read_text("utf-8-sig").splitlines()))
    starts = {str(item["no"]): str(item["start"]) for item in items(small[0])}
    assert all(starts[number] == first for _, number, _, first, _ in rows[1:])
    listed = {(name.split("/", 2)[2], title) for name, _, title, _, _ in rows[1:]}
    assert ("照片/HD-01/02 现场.jpg", "第1次培训顺利举行（活动简报）") in listed
    assert ("视频/HD-02/小视频.mp4", "第2次培训（视频登记页）") in listed
    assert ("附件/审计.pdf", "专项审计报告") in listed
    assert {name.split("/", 2)[2] for name, *_ in rows[1:]} == {
        str(path.relative_to(small[1] / "项目1"))
        for path in (small[1] / "项目1").rglob("*/**/*")
        if path.is_file() and path.name != "项目数据.xlsx"
    }


def test_page_table_lists_as_many_photos_as_the_word_files_contain(small: tuple[BuildResult, Path]) -> None:
    rows = list(csv.reader((payload_of(small[0]) / "其他" / "页码对照.csv").read_text("utf-8-sig").splitlines()))[1:]
    for item in items(small[0]):
        if item["form"] in ("活动简报", "项目结项报告"):
            listed = [name for name, number, *_ in rows if number == str(item["no"])]
            with zipfile.ZipFile(small[0].folder / str(item["file"])) as word:
                shown = [name for name in word.namelist() if name.startswith("word/media/")]
            assert len(listed) == len(shown), item["title"]


def test_accompanying_files_state_status_counts_and_versions(small: tuple[BuildResult, Path]) -> None:
    payload = payload_of(small[0])
    description = (payload / "说明文件.TXT").read_text("utf-8")
    for name in ("载体参数", "载体编号", "保管单位", "制作单位", "检查单位", "软硬件环境", "其他"):
        assert f"{name}：" in description
    files = [path for path in (payload / "原始数据").rglob("*") if path.is_file()]
    assert f"原始数据/：{len(files)} 个文件，{sum(path.stat().st_size for path in files)} 字节" in description
    report = (payload / "其他" / "校验报告.txt").read_text("utf-8")
    assert "状态：齐备" in report
    assert "相关要求第4条：已满足" in report
    versions = (payload / "其他" / "版本与字体.txt").read_text("utf-8")
    assert bagit.digest(make.ROOT / "templates" / "docx" / "活动简报.docx")[0] in versions
    assert "LibreOffice" in versions
    assert (payload / "其他" / "manifest.json").read_bytes() == (small[0].folder / "manifest.json").read_bytes()
    assert not [
        name for name in json.loads((payload / "其他" / "manifest.json").read_text())["digests"] if "包" in name
    ]


def test_text_files_do_not_contain_the_path_of_the_build(small: tuple[BuildResult, Path]) -> None:
    folder = small[0].folder / "电子档案包"
    texts = [path for path in folder.rglob("*") if path.suffix.lower() in (".txt", ".xml", ".csv", ".json")]
    assert len(texts) == 12
    for path in texts:
        assert str(small[1].parent) not in path.read_text("utf-8"), path.name


def test_unusual_file_names_are_made_portable(small: tuple[BuildResult, Path], tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    shutil.copytree(small[1], inputs)
    photos = inputs / "项目1" / "照片" / "HD-01"
    decomposed = unicodedata.normalize("NFD", "咖啡 café？.jpg")
    for name in ("=50%:完成*.jpg", decomposed, "&<“引号”>'.jpg"):
        make.photo(photos / name)
    for name in (".DS_Store", "~$项目数据.xlsx", "Thumbs.db"):
        (photos / name).write_bytes(b"junk")
    (inputs / "项目1" / "照片" / "没有登记的活动").mkdir()
    make.photo(inputs / "项目1" / "照片" / "没有登记的活动" / "1.jpg")
    archive = bind(inputs, tmp_path / "out")
    kept = contents(payload_of(archive) / "原始数据" / "照片")
    assert {name for name in kept if not name.endswith(" 现场.jpg")} == {
        "HD-01/=50％：完成＊.jpg",
        "HD-01/咖啡 café？.jpg",
        "HD-01/&＜“引号”＞'.jpg",
        "没有登记的活动/1.jpg",
    }
    assert kept["HD-01/咖啡 café？.jpg"] == (photos / decomposed).read_bytes()
    assert bagit.verify_bag(archive.folder / "电子档案包") == []
    table = (payload_of(archive) / "其他" / "页码对照.csv").read_text("utf-8-sig")
    assert "没有登记的活动/1.jpg,,没有印入卷内" in table


def test_names_in_gbk_are_whole_in_the_package(small: tuple[BuildResult, Path], tmp_path: Path) -> None:
    """Unpack a ZIP of a Chinese Windows on Linux: every name is then in GBK, and no archive may show it garbled."""
    inputs = tmp_path / "inputs"
    shutil.copytree(small[1], inputs)
    for path in sorted(inputs.rglob("*"), key=lambda path: len(path.parts), reverse=True):
        path.rename(path.with_name(os.fsdecode(path.name.encode("gbk"))))
    archive = bind(inputs, tmp_path / "out")
    plain, ours = (payload_of(each) for each in (small[0], archive))
    assert contents(ours / "原始数据") == contents(plain / "原始数据")
    assert bagit.verify_bag(archive.folder / "电子档案包") == []
    volumes = [pypdfium2.PdfDocument(each.folder / VOLUME) for each in (small[0], archive)]
    texts = [[page.get_textpage().get_text_bounded() for page in volume] for volume in volumes]
    assert texts[0] == texts[1]


def test_file_names_differing_only_in_case_are_refused(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    make.photo(inputs / "项目1" / "照片" / "HD-01" / "A.jpg")
    make.photo(inputs / "项目1" / "照片" / "HD-01" / "a.JPG")
    checked = check.examine(1, inputs, make.LATER)
    assert checked.project
    with pytest.raises(Stop, match=r"“项目1/照片/HD-01/A.jpg”和“项目1/照片/HD-01/a.JPG”"):
        sources.source_files(checked, checked.project)


def test_shared_folder_contributes_only_files_named_in_the_workbook(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    make.photo(inputs / "项目1" / "照片" / "QT-09" / "1.jpg")
    (inputs / "项目1" / "附件" / "别的.pdf").write_bytes(b"")
    checked = check.examine(1, inputs, make.LATER)
    assert checked.project
    assert "原始数据/附件/别的.pdf" in sources.source_files(checked, checked.project)
    checked.inputs.workbooks[2] = [inputs / "项目1" / "另一份.xlsx"]
    names = sources.source_files(checked, checked.project)
    assert "原始数据/附件/别的.pdf" not in names
    assert "原始数据/附件/审计.pdf" in names
    assert not [name for name in names if "QT-09" in name]


def test_invalid_xml_characters_and_excel_formulas_are_neutralised() -> None:
    entry = metadata.ListedFile(None, "a.pdf", 1, "", False)
    facts = metadata.Facts(code="", title="&<\x00\ufffe>\"'𬭛", fonds="", volume="")
    checked = check.examine(1, make.ROOT / "inputs", make.LATER)
    assert checked.project
    root = ET.fromstring(metadata.file_list_xml([entry], checked, checked.project, PagePlan(()), facts))
    assert root.findtext("文件/题名") == "&<>\"'𬭛"
    assert "'=1+1.jpg" in metadata.pages(PagePlan(()), {"=1+1.jpg": []}).decode("utf-8-sig")


# ---- PDFs split from a volume


def archival_volume(path: Path, pages: int = 4) -> Path:
    """Write a PDF/A-2b with an unnumbered first page and `pages` pages labelled 1, 2 …"""
    with pikepdf.new() as volume:
        for _ in range(pages + 1):
            volume.add_blank_page(page_size=(595, 842))
        front, body = pikepdf.Dictionary(P=pikepdf.String("封面")), pikepdf.Dictionary(S=pikepdf.Name.D, St=1)
        volume.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array([0, front, 1, body]))
        with volume.open_metadata(set_pikepdf_as_editor=False) as meta:
            meta["xmp:CreateDate"] = meta["xmp:ModifyDate"] = "2022-12-30T00:00:00+08:00"
        pdfa.save(volume, path, "2b")
    return path


def test_pdfs_split_from_an_archival_volume_are_archival_and_keep_its_date(tmp_path: Path) -> None:
    volume = archival_volume(tmp_path / "v.pdf")
    targets = [tmp_path / "1.pdf", tmp_path / "2.pdf"]
    split.split(volume, [split.Cut(1, 1, "甲", targets[0]), split.Cut(2, 3, "乙", targets[1])], {})
    assert [split.pdfa_claim(out) for out in targets] == [(True, 1), (True, 3)]
    assert [split.pdfa_findings(out) for out in (volume, *targets)] == [[], [], []]
    with pikepdf.open(targets[1]) as piece:
        assert piece.open_metadata()["xmp:MetadataDate"] == "2022-12-30T00:00:00+08:00"
        assert [page.label for page in piece.pages] == ["2", "3", "4"]


def test_pdfs_split_from_another_volume_do_not_claim_pdf_a(tmp_path: Path) -> None:
    with pikepdf.new() as volume:
        volume.add_blank_page(page_size=(595, 842))
        volume.save(tmp_path / "v.pdf")
    split.split(tmp_path / "v.pdf", [split.Cut(1, 1, "甲", tmp_path / "1.pdf")], {})
    assert split.pdfa_claim(tmp_path / "1.pdf") == (False, 1)
    assert split.pdfa_findings(tmp_path / "1.pdf") == ["文件没有声明自己是 PDF/A-2b"]
