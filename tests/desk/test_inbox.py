"""Uploads: a file is put where staff would have copied it, or refused with the reason; never written elsewhere."""

import datetime as dt
import io
import os
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pikepdf
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from PIL import Image

from paperwork.checks import check
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk import inbox, replace, uploads, versions
from paperwork.desk.inbox import Accepted
from paperwork.formats.media import photos
from paperwork.formats.office import installation
from paperwork.formats.spreadsheets import reader, writer
from paperwork.project import blank_workbook, headers, input_folder
from tests import make, odd
from tests.project import test_years as years

MOMENT = dt.datetime(2026, 11, 24, 18, 15, 30)
CODES = ("HD-01", "HD-02")
NAMED = ("评估.pdf", "审计.pdf", "签到.jpg")


def accept(
    path: Path,
    root: Path,
    name: str = "",
    number: int = 1,
    activity: str = "",
    activities: Collection[str] = CODES,
    named: Collection[str] = NAMED,
    agreed: bool = False,
) -> Accepted:
    """Accept an uploaded file as the web page does."""
    return inbox.accept(path, name or path.name, root, number, activity, activities, named, MOMENT, agreed)


def workbook(path: Path, **changes: object) -> Path:
    """Write a workbook outside the inputs folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blank_workbook.write_workbook(path, make.changed(**changes), dt.date(2022, 3, 1))
    return path


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, by relative path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- workbooks


def test_new_workbook_replaces_the_present_one_and_keeps_a_backup(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    before = (root / "项目1" / "项目数据.xlsx").read_bytes()
    new = workbook(tmp_path / "新的 (2).xlsx", 活动=[{"参与人数": 31}])
    accepted = accept(new, root)
    assert accepted == Accepted(
        "工作簿", 1, root / "项目1" / "项目数据.xlsx", root / ".旧文件" / "项目1" / "项目数据 2026-11-24 181530.xlsx",
        differences="活动!H2 由“20”改为“31”",
    )  # fmt: skip
    assert accepted.path.read_bytes() == new.read_bytes()
    assert accepted.backup is not None and accepted.backup.read_bytes() == before
    assert input_folder.scan_inputs(root).workbooks == {1: [accepted.path]}
    assert check.examine(1, root, make.LATER).project.activities[0].participants == 31


def test_board_assigns_a_workbook_to_its_project_and_overwrites_no_backup(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    backups = []
    for people in (31, 32, 33):
        accepted = accept(workbook(tmp_path / f"{people}.xlsx", 活动=[{"参与人数": people}]), root, number=0)
        assert accepted.backup is not None and accepted.number == 1
        backups.append(accepted.backup)
    assert [path.name for path in backups] == [f"项目数据 2026-11-24 181530{again}.xlsx" for again in ("", " 2", " 3")]
    assert len({path.read_bytes() for path in backups}) == 3


def test_identical_file_changes_nothing(tmp_path: Path) -> None:
    root = make.make(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    for path, activity in (
        (root / "项目1" / "项目数据.xlsx", ""),
        (root / "项目1" / "附件" / "评估.pdf", ""),
        (root / "项目1" / "照片" / "HD-01" / "01 现场.jpg", "HD-01"),
    ):
        copy = Path(shutil.copy(path, tmp_path / path.name))
        assert accept(copy, root, activity=activity).backup is None
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_workbook_with_faults_is_accepted_and_the_check_reports_them(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    accept(workbook(tmp_path / "a.xlsx", 活动=[{"参与人数": "二十"}]), root)
    assert "H2" in [fault.where.cell for fault in check.examine(1, root, make.LATER).faults]


def test_workbook_of_another_project_is_accepted_only_there_or_on_the_board(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    other = workbook(tmp_path / "三.xlsx", 基本信息={"项目序号": 3})
    with pytest.raises(ValueError, match="这是项目3的工作簿，请放到项目3"):
        accept(other, root)
    with pytest.raises(ValueError, match="目录里没有项目99，请"):
        accept(workbook(tmp_path / "九.xlsx", 基本信息={"项目序号": 99}), root)
    with pytest.raises(ValueError, match=r"没有项目序号.*请"):
        accept(workbook(tmp_path / "无.xlsx", 基本信息={"项目序号": ""}), root)
    accepted = accept(other, root, number=0)
    entry = input_folder.scan_inputs(root).entries[3]
    assert accepted.number == 3 and accepted.backup is None
    assert accepted.path.name == "项目数据.xlsx"
    assert accepted.path.parent.name.startswith("项目3-") and entry.name[1:3] in accepted.path.parent.name
    assert input_folder.scan_inputs(root).workbook(3) == accepted.path


def test_real_workbook_does_not_replace_the_sample(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    sample = root / "项目1" / "项目数据.xlsx"
    before = sample.read_bytes()
    accepted = accept(workbook(tmp_path / "a.XLSX", 基本信息={"示例": "否"}), root)
    assert accepted.path.parent != sample.parent and accepted.path.name == "项目数据.xlsx"
    assert accepted.backup is None and sample.read_bytes() == before
    assert input_folder.scan_inputs(root).workbook(1) == accepted.path


def test_workbook_in_another_format_replaces_the_old_one_with_a_backup(tmp_path: Path) -> None:
    import subprocess

    root = make.write_only(tmp_path)
    new = workbook(tmp_path / "new" / "数据.xlsx", 活动=[{"参与人数": 31}])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        str(installation.find_program()),
        profile,
        "--headless",
        "--convert-to",
        "xls",
        "--outdir",
        str(new.parent),
        str(new),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    accepted = accept(new.with_suffix(".xls"), root)
    assert accepted.path == root / "项目1" / "项目数据.xls"
    assert accepted.backup == root / ".旧文件" / "项目1" / "项目数据 2026-11-24 181530.xlsx"
    assert sorted(files(root / "项目1")) == ["项目数据.xls"]
    assert check.examine(1, root, make.LATER).project.activities[0].participants == 31


def test_workbook_is_refused_while_its_project_has_two(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    shutil.copy(root / "项目1" / "项目数据.xlsx", root / "另一份.xlsx")
    with pytest.raises(ValueError, match=r"有2份工作簿.*请只留一份"):
        accept(workbook(tmp_path / "a.xlsx"), root)


@pytest.mark.parametrize("content", [b"PK\3\4 broken", b"MZ\x90\0 program", b"<html>", b"", b"\0" * 100])
def test_invalid_workbook_is_refused_with_the_reason(tmp_path: Path, content: bytes) -> None:
    root = make.write_only(tmp_path)
    before = files(root)
    (path := tmp_path / "a.xlsx").write_bytes(content)
    for number in (0, 1):
        with pytest.raises(ValueError, match="请"):
            accept(path, root, number=number)
    assert files(root) == before


def test_workbook_with_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    """Damage only the sheet 活动; the list of parts and the sheet 基本信息 stay intact."""
    root = make.write_only(tmp_path)
    path = workbook(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as package:
        part = package.getinfo("xl/worksheets/sheet7.xml")
    content = bytearray(path.read_bytes())
    content[part.header_offset + part.compress_size] ^= 0xFF  # near its end
    path.write_bytes(content)
    assert input_folder.read_claim(path, headers.read_words(None)).number == 1
    with pytest.raises(ValueError, match="文件不完整，请"):
        accept(path, root)


def test_macros_are_refused(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    path = workbook(tmp_path / "a.xlsx")
    with pytest.raises(ValueError, match="宏文件不收，请另存为不带宏"):
        accept(path, root, "a.xlsm")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macro")
    with pytest.raises(ValueError, match="宏文件不收"):
        accept(path, root)
    old = odd.ole(tmp_path / "a.xls", {"Workbook": b""}, {"_VBA_PROJECT": b""})
    with pytest.raises(ValueError, match="宏文件不收"):
        accept(old, root)


# ---- the catalogue


def catalogue(path: Path, department: str = "组联部", name: str = "“试验”项目") -> Path:
    """Write a catalogue of one project."""
    headers = (
        "项目序号、牵头部室、项目名称、项目目标、项目内容、服务对象、项目承接主体、实施周期、项目金额（万元）、相关要求"
    )
    row = [1, department, name, "", "培训", "妇女", "社会组织", "2022年4月—12月", 10, ""]
    writer.write_atomically(path, writer.build_plain_workbook([("目录", [re.split("、", headers), row])]))
    return path


def test_first_catalogue_is_accepted_in_an_empty_folder_and_replaced_by_the_next(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    with pytest.raises(ValueError, match="目录里没有项目1，请"):
        accept(workbook(tmp_path / "a.xlsx"), root, number=0)
    first = catalogue(tmp_path / "项目发布目录.xlsx")
    assert accept(first, root, number=0) == Accepted("目录", 0, root / "项目发布目录.xlsx", None)
    accepted = accept(catalogue(tmp_path / "2026 目录.xlsx", "宣传部"), root, number=0, agreed=True)
    assert accepted.path == root / "项目发布目录.xlsx"
    assert accepted.backup == root / ".旧文件" / "项目发布目录 2026-11-24 181530.xlsx"
    assert input_folder.scan_inputs(root).entries[1].department == "宣传部"
    accepted = accept(make.CATALOGUE, root, number=0, agreed=True)
    assert accepted.path == root / "项目发布目录.docx"
    assert sorted(path.name for path in root.iterdir()) == [".旧文件", "项目发布目录.docx"]
    assert 3 in input_folder.scan_inputs(root).entries


def test_board_accepts_the_catalogue_as_another_document(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    published = make.ROOT / "tests/data/catalogues/c25/目录.doc"
    accepted = accept(published, root, "公告.doc", number=0)
    assert (accepted.kind, accepted.path) == ("目录", root / "公告-项目发布目录.doc")
    assert [entry.name for entry in input_folder.scan_inputs(root).entries.values()] == ["巾帼护河行动"]


def test_document_on_a_project_is_an_attachment_and_not_looked_into(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    shutil.copy(make.CATALOGUE, root)
    doc = make.ROOT / "tests/data/catalogues/c25/目录.doc"
    assert accept(doc, root, number=1).kind == "附件"
    (rtf := tmp_path / "目录.rtf").write_text(r"{\rtf1 a}")
    with pytest.raises(ValueError, match="这是 RTF 文件"):
        accept(rtf, root, number=1)


def test_board_accepts_only_workbooks_and_the_catalogue(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    Document().save(str(tmp_path / "a.docx"))
    writer.write_atomically(tmp_path / "b.xlsx", writer.build_plain_workbook([("表", [["a", "b"]])]))
    (tmp_path / "c.csv").write_text("a,b\n1,2\n", "utf-8")
    (tmp_path / "基本信息.csv").write_text("项目,内容\n项目序号,1\n", "utf-8")
    (tmp_path / "d.csv").write_bytes(b"MZ\x90\0\xff program")
    strange = [tmp_path / name for name in ("a.docx", "b.xlsx", "c.csv", "d.csv", "基本信息.csv")]
    before = files(root)
    for path in (
        *strange,
        make.photo(tmp_path / "e.jpg"),
        make.scan(tmp_path / "f.pdf"),
        make.video(tmp_path / "g.mp4"),
    ):
        with pytest.raises(ValueError, match=r"这里只放工作簿.*请打开那个项目再放"):
            accept(path, root, number=0)
    assert files(root) == before


def test_catalogue_uploaded_to_a_project_is_refused(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    sheet, *_ = reader.read_sheets(make.CATALOGUE, "")
    (text := tmp_path / "目录.csv").write_text(
        "\n".join(
            ",".join(str(cell.value or "").replace(",", "，").replace("\n", "") for cell in row) for row in sheet.rows
        ),
        "utf-8",
    )
    before = files(root)
    for path in (catalogue(tmp_path / "目录.xlsx"), make.CATALOGUE, text):
        with pytest.raises(ValueError, match="这是项目发布目录，请到项目一览里放"):
            accept(path, root)
    assert files(root) == before


def test_any_table_other_than_the_catalogue_is_an_attachment(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    Document().save(str(tmp_path / "空.docx"))
    (tmp_path / "坏.docx").write_bytes((tmp_path / "空.docx").read_bytes())
    with zipfile.ZipFile(tmp_path / "坏.docx", "w") as package:  # Word by its parts, but no table reader opens it
        package.writestr("[Content_Types].xml", "")
        package.writestr("word/document.xml", "")
    shutil.copy(tmp_path / "空.docx", tmp_path / "大.docx")
    with zipfile.ZipFile(tmp_path / "大.docx", "a") as package:
        package.writestr("word/media/image1.png", bytes(range(256)) * 2**17)
    writer.write_atomically(tmp_path / "长.xlsx", writer.build_plain_workbook([("表", [["a"], *[["b"]] * 20_001])]))
    for name in ("空.docx", "坏.docx", "大.docx", "长.xlsx"):
        assert accept(tmp_path / name, root).kind == "附件"


# ---- photos, videos, attachments


def test_photo_and_video_are_stored_with_their_activity(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    photo = make.photo(tmp_path / "01 现场.jpg")
    assert accept(photo, root, activity="HD-02").path == root / "项目1" / "照片" / "HD-02" / "01 现场.jpg"
    video = make.video(tmp_path / "小视频.mp4")
    accepted = accept(video, root, "授牌 仪式.MP4", activity="HD-02")
    assert (accepted.kind, accepted.path) == ("视频", root / "项目1" / "视频" / "HD-02" / "授牌 仪式.MP4")
    project = check.examine(1, root, make.LATER).project
    assert [path.name for path in (*project.photos["HD-02"], *project.videos["HD-02"])] == [
        "01 现场.jpg",
        "授牌 仪式.MP4",
    ]
    Image.new("RGB", (40, 30)).save(tmp_path / "x.png")  # a PNG that a chat program names .jpg
    assert accept(tmp_path / "x.png", root, "微信图片.jpg", activity="HD-01").kind == "照片"
    photos._know_heic()
    Image.new("RGB", (40, 30)).save(tmp_path / "y.heic", "HEIF")
    assert accept(tmp_path / "y.heic", root, "IMG_1.HEIC", activity="HD-01").kind == "照片"


def test_name_differing_only_in_case_or_normalisation_replaces_the_old_file(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    folder = root / "项目1" / "照片" / "HD-01"
    make.photo(folder / unicodedata.normalize("NFD", "Café.JPG"))
    accepted = accept(make.photo(tmp_path / "x.jpg", (1, 2, 3)), root, "café.jpg", activity="HD-01")
    assert [path.name for path in folder.iterdir()] == [unicodedata.normalize("NFC", "café.jpg")]
    assert accepted.backup is not None and accepted.backup.parent == root / ".旧文件" / "项目1" / "照片" / "HD-01"


def test_photo_without_an_activity_must_be_listed_as_attachment(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    photo = make.photo(tmp_path / "现场.jpg")
    with pytest.raises(ValueError, match="看不出这张照片是哪次活动的，请拖到它那次活动上"):
        accept(photo, root)
    assert accept(photo, root, "签到.JPG").path == root / "项目1" / "附件" / "签到.jpg"
    with pytest.raises(ValueError, match="看不出这段视频是哪次活动的，请拖到它那次活动上"):
        accept(make.video(tmp_path / "a.mp4"), root)
    Image.new("RGB", (40, 30)).save(tmp_path / "扫描.tif")
    assert accept(tmp_path / "扫描.tif", root).kind == "附件"
    Image.new("RGB", (40, 30)).save(tmp_path / "动.gif")
    assert accept(tmp_path / "动.gif", root, activity="HD-01").kind == "照片"


def test_result_says_whether_the_sheet_lists_the_attachment(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    paper, photo = make.scan(tmp_path / "a.pdf"), make.photo(tmp_path / "a.jpg")
    assert accept(paper, root, "评估.PDF").is_listed
    assert not accept(paper, root, "别的.pdf").is_listed
    assert accept(photo, root, activity="HD-01").is_listed
    assert accept(workbook(tmp_path / "a.xlsx"), root).is_listed


def test_documents_are_attachments(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    Document().save(str(tmp_path / "通知.docx"))
    writer.write_atomically(tmp_path / "汇总.xlsx", writer.build_plain_workbook([("表", [["a", "b"]])]))
    for path in (make.scan(tmp_path / "评估.pdf"), tmp_path / "通知.docx", tmp_path / "汇总.xlsx"):
        assert accept(path, root).path == root / "项目1" / "附件" / path.name
    assert accept(tmp_path / "评估.pdf", root, "签到表.pdf", activity="HD-01").kind == "附件"
    accepted = accept(make.scan(tmp_path / "评估.pdf", pages=3), root)
    assert accepted.backup is not None
    with pikepdf.open(accepted.backup) as old, pikepdf.open(accepted.path) as new:
        assert (len(old.pages), len(new.pages)) == (2, 3)


def test_attachment_and_later_workbook_share_the_folder_of_the_project(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    paper = accept(make.scan(tmp_path / "协议.pdf"), root, number=3)
    sheet = accept(workbook(tmp_path / "三.xlsx", 基本信息={"项目序号": 3}), root, number=3)
    assert paper.path.parent.parent == sheet.path.parent


def test_long_project_name_is_shortened_in_the_folder_name(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    catalogue(root / "目录.xlsx", name="长" * 200)
    accepted = accept(make.scan(tmp_path / "协议.pdf"), root)
    assert (
        accepted.path.is_file() and accepted.path.parent.parent.name == "项目1-" + "长" * input_folder.MAX_FOLDER_NAME
    )


TABLE_DAMAGED = "这份表格打不开，可能没有存完整，请用 WPS 打开、重新存成 .xlsx 再放"
PICTURE_DAMAGED = "这张图片打不开，可能没有传完整，请从手机或相机里重新导出再放"


@pytest.mark.parametrize(
    ("name", "content", "activity", "words"),
    [
        ("a.jpg", b"MZ\x90\0\3 This program cannot be run in DOS mode", "HD-01", PICTURE_DAMAGED),
        ("a.HEIC", b"\1\2\3", "HD-01", PICTURE_DAMAGED),
        ("a.tif", b"\1\2\3", "", PICTURE_DAMAGED),
        *((f"a{ending}", b"\1\2\3", "", TABLE_DAMAGED) for ending in (".xlsx", ".XLS", ".et", ".ods")),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", TABLE_DAMAGED),
        ("a.xls", b"<html>", "", "这是网页，不是文档，请用 WPS 打开、重新存成 .xlsx 再放$"),
        (
            "a.jpg",
            b"<!doctype html><script>alert(1)</script>",
            "HD-01",
            "这是网页，不是文档，请从手机或相机里重新导出再放$",
        ),
        ("a.docx", b"\1\2\3", "", "认不出这是什么文件.*请用 WPS 打开后另存为 PDF"),
        ("a.jpg", b"\xff\xd8\xff\xe0 broken", "HD-01", "打不开"),
        ("a.jpg", b"%PDF-1.7 ", "HD-01", "名字的末尾改成 .pdf"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n", "", "名字的末尾改成 .jpg"),
        ("a.pdf", b"MZ\x90\0\3", "", "认不出"),
        ("a.pdf", b"Rar!\x1a\7", "", "这是压缩包"),
        ("a.mp4", b"\xff\xd8\xff\xe0 broken", "HD-01", "视频打不开"),
        ("a.mp4", b"\0\0\0\x18ftypmp42 broken", "HD-01", "视频打不开"),
        ("a.mp4", b"", "HD-01", "空的"),
        ("a.exe", b"MZ\x90\0\3", "", "不收这种文件"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "HD-01", "不收这种文件"),
        ("a", b"%PDF-1.7", "", "不收这种文件"),
        ("活动.csv", "活动编号,活动名称".encode(), "", "CSV 和文本不能作附件"),
    ],
)
def test_file_that_does_not_match_its_name_is_refused(
    tmp_path: Path, name: str, content: bytes, activity: str, words: str
) -> None:
    root = make.write_only(tmp_path)
    before = files(root)
    (path := tmp_path / "upload").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        accept(path, root, name, activity=activity)
    assert files(root) == before


def test_playlist_is_refused_as_a_video_and_its_files_are_not_opened(tmp_path: Path) -> None:
    """Name a pipe in the playlist: whoever opens it waits for a writer, and is seen by one that looks for readers."""
    root = make.write_only(tmp_path)
    os.mkfifo(video := tmp_path / "secret.mp4")
    opened, ended = Event(), Event()

    def look_for_reader() -> None:
        while not ended.wait(0.01):
            with suppress(OSError):  # ENXIO: nobody reads
                os.close(os.open(video, os.O_WRONLY | os.O_NONBLOCK))
                opened.set()

    looking = Thread(target=look_for_reader)
    looking.start()
    try:
        for name, text in (
            ("a.mp4", f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{video}\n#EXT-X-ENDLIST\n"),
            ("b.mp4", f"ffconcat version 1.0\nfile '{video}'\n"),
        ):
            (tmp_path / name).write_text(text)
            with pytest.raises(ValueError, match="视频打不开"):
                accept(tmp_path / name, root, activity="HD-01")
        assert not opened.is_set()
        with video.open("rb") as stream:  # a reader would have been seen
            stream.read()
        assert opened.is_set()
    finally:
        ended.set()
        looking.join()


def test_unknown_activity_or_project_is_refused(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    photo, paper = make.photo(tmp_path / "a.jpg"), make.scan(tmp_path / "a.pdf")
    with pytest.raises(ValueError, match="没有这次活动，请刷新"):
        accept(photo, root, activity="HD-99")
    with pytest.raises(ValueError, match="目录里没有项目99，请刷新"):
        accept(paper, root, number=99)
    for code in ("..", "a/b", "a\\b", ".x", "con", "a\0b", "HD:1", "HD-1 "):
        with pytest.raises(ValueError, match="编号不能作文件夹的名字，请"):
            accept(photo, root, activity=code, activities=(code,))


# ---- decompression bombs and size limits


def sparse(path: Path, size: int, head: bytes) -> Path:
    """Write a large sparse file, which takes no disk space."""
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(size)
    return path


def test_each_kind_of_file_has_a_size_limit(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    photo = make.photo(tmp_path / "a.jpg")
    sparse(tmp_path / "b.jpg", 50 * 2**20 + 1, photo.read_bytes())
    sparse(tmp_path / "c.mp4", 2 * 2**30 + 1, make.video(tmp_path / "v.mp4").read_bytes())
    sparse(tmp_path / "d.pdf", 200 * 2**20 + 1, b"%PDF-1.7")
    for name, words in (("b.jpg", "照片超过 50 MB"), ("c.mp4", "视频超过 2048 MB"), ("d.pdf", "附件超过 200 MB")):
        with pytest.raises(ValueError, match=f"{words}，请"):
            accept(tmp_path / name, root, activity="HD-01")
    large = workbook(tmp_path / "e.xlsx")
    with zipfile.ZipFile(large, "a") as package:
        package.writestr("xl/media/image1.png", bytes(range(256)) * 2**17)
    with pytest.raises(ValueError, match="工作簿超过 30 MB，请"):
        accept(large, root)


def bomb_of_zeros(path: Path) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open("xl/x.bin", "w") as part:
        for _ in range(64):
            part.write(bytes(2**20))


def bomb_of_sheets(path: Path) -> None:
    row = "".join(f'<row r="{n}"><c r="A{n}"><v>{n * 7919 % 99991}</v></c></row>' for n in range(400_000))
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet99.xml", "w") as part,
    ):
        for _ in range(4):
            part.write(row.encode())


def bomb_of_parts(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as package:
        for number in range(20_000):
            package.writestr(f"xl/{number}", b"")


@pytest.mark.parametrize("add_bomb", [bomb_of_zeros, bomb_of_sheets, bomb_of_parts])
def test_zip_bombs_are_refused_without_being_unpacked(tmp_path: Path, add_bomb: Callable[[Path], None]) -> None:
    root = make.write_only(tmp_path)
    before = files(root)
    add_bomb(path := workbook(tmp_path / "a.xlsx"))
    for number in (0, 1):
        with pytest.raises(ValueError, match="不合情理，没有打开它，请"):
            accept(path, root, number=number)
    assert files(root) == before


def test_zip_with_a_misleading_end_record_is_refused(tmp_path: Path) -> None:
    """Append a second end-of-central-directory record: the larger count applies, whichever a reader would use."""
    bomb_of_parts(path := workbook(tmp_path / "a.xlsx"))
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\5\6")
    content[end + 20 : end + 22] = (22).to_bytes(2, "little")
    path.write_bytes(bytes(content) + b"PK\5\6" + bytes(18))
    with pytest.raises(ValueError, match="不合情理"):
        accept(path, make.write_only(tmp_path))


def test_image_with_too_many_pixels_is_refused_before_decoding(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    root = make.write_only(tmp_path)
    for side in (10_001, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        (path := tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")))
        with pytest.raises(ValueError, match="图片太大，超过 1 亿像素，请"):
            accept(path, root, activity="HD-01")


def test_truncated_photo_is_refused(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    noise = io.BytesIO()
    Image.effect_noise((400, 300), 80).save(noise, "JPEG")
    (path := tmp_path / "a.jpg").write_bytes(noise.getvalue()[: len(noise.getvalue()) // 2])
    with pytest.raises(ValueError, match="打不开或不完整，请"):
        accept(path, root, activity="HD-01")


# ---- names


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg", "..\\a.jpg", "/etc/a.jpg", "C:\\a.jpg", "a/b.jpg", "a?.jpg", "a|b.jpg", "..", ".", "", " ",
        ".a.jpg", "~$a.xlsx", "a\0.jpg", "a\n.jpg", "con.jpg", "LPT1.jpg", "a\u202egpj.jpg", "a\u200b.jpg",
        "\ud800.jpg", "甲" * 67 + ".jpg", "\u3164.jpg", "\u2800.jpg", "\u034f.jpg", "a\ufe0f.jpg", "\uffff.jpg",
        "\u0338.jpg", "a\U000e0101.jpg", "CON .jpg", "COM\u00b9.jpg", "conin$.jpg", "CLOCK$.jpg",
    ],
)  # fmt: skip
def test_unsafe_file_names_are_refused(tmp_path: Path, name: str) -> None:
    root = make.write_only(tmp_path)
    photo = make.photo(tmp_path / "x.jpg")
    before = files(tmp_path)
    with pytest.raises(ValueError, match="请"):
        inbox.accept(photo, name, root, 1, "HD-01", CODES, (), MOMENT)
    assert files(tmp_path) == before


def test_harmless_defects_of_file_names_are_corrected(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    photo = make.photo(tmp_path / "x.jpg")
    for name, mended in (
        (" 现场.jpg ", "现场.jpg"),
        (unicodedata.normalize("NFD", "é.jpg"), "é.jpg"),
        ("到场率 95%.jpg", "到场率 95%.jpg"),
        ("甲　乙.jpg.", "甲　乙.jpg"),
        ("甲" * 65 + ".jpg", "甲" * 65 + ".jpg"),
    ):
        assert accept(photo, root, name, activity="HD-01").path.name == mended


@pytest.mark.parametrize(
    "name",
    [
        "彝族儿童—关爱服务（第1场）.jpg", "ꆈꌠꉙ.jpg", "བོད་ཡིག.jpg", "𠮷·阿果.jpg", "Café ①.jpg",
        "\U0002ebf0.jpg",  # a rare character in names, newer than the Unicode tables of Python 3.11
    ],
)  # fmt: skip
def test_valid_file_names_in_every_script_are_kept(tmp_path: Path, name: str) -> None:
    root = make.write_only(tmp_path)
    assert accept(make.photo(tmp_path / "x.jpg"), root, name, activity="HD-01").path.name == name


PIECES = st.sampled_from(
    [*'./\\:~$%*?"<>| \t\r\n\0', "..", "con", "\u202e", "\u3000", "e\u0301", "甲", "a", ".jpg", ".", "\ud800"]
)
NAMES = st.one_of(st.text(max_size=90), st.lists(PIECES, max_size=12).map("".join))


@settings(max_examples=300, deadline=None)
@given(name=NAMES, ending=st.sampled_from(["", ".jpg", ".JPG ", ".pdf"]), named=st.lists(NAMES, max_size=2))
def test_no_file_name_leads_outside_the_target_folder(fresh: Path, name: str, ending: str, named: list[str]) -> None:
    root = fresh / "inputs"
    before = ["inputs/目录.xlsx", "upload"]
    assert sorted(files(fresh)) == before
    try:
        accepted = inbox.accept(fresh / "upload", name + ending, root, 1, "HD-01", CODES, named, MOMENT)
    except ValueError as reason:
        assert "请" in str(reason)
        assert sorted(files(fresh)) == before
        return
    *folders, last = accepted.path.relative_to(root).parts
    assert folders[1:] == ["照片", "HD-01"]
    assert not last.startswith((".", "~$", " ")) and not set(last) & set('/\\:*?"<>|')
    assert not {unicodedata.category(char) for char in last} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert sorted(files(fresh)) == sorted([*before, "/".join(("inputs", *folders, last))])
    accepted.path.unlink()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create an inputs folder with nothing but a catalogue, and a photo beside it."""
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "inputs").mkdir()
    catalogue(folder / "inputs" / "目录.xlsx")
    make.photo(folder / "upload", size=(4, 4))
    return folder


@given(st.text(max_size=300))
def test_normalising_a_file_name_is_idempotent(name: str) -> None:
    try:
        fit = uploads.checked_name(name)
    except ValueError:
        return
    assert uploads.checked_name(fit) == fit
    assert len(fit.encode()) <= uploads.MAX_NAME_BYTES and Path(fit).name == fit


# ---- links, folders and files at the target


def test_folder_linked_outside_the_inputs_is_refused(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    (outside := tmp_path / "outside").mkdir()
    (root / "项目1" / "照片").symlink_to(outside)
    with pytest.raises(ValueError, match=r"其实在 inputs 外面.*请"):
        accept(make.photo(tmp_path / "a.jpg"), root, activity="HD-01")
    (root / replace.BACKUP_FOLDER).symlink_to(outside)
    before = (root / "项目1" / "项目数据.xlsx").read_bytes()
    with pytest.raises(ValueError, match=r"其实在 inputs 外面.*请"):
        accept(workbook(tmp_path / "a.xlsx", 活动=[{"参与人数": 31}]), root)
    assert not any(outside.iterdir())
    assert files(root / "项目1") == {"项目数据.xlsx": before}


def test_link_at_the_target_is_replaced_and_the_file_it_points_to_is_kept(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    (folder := root / "项目1" / "照片" / "HD-01").mkdir(parents=True)
    (folder / "a.jpg").symlink_to(outside := make.photo(tmp_path / "theirs.jpg"))
    before = outside.read_bytes()
    accepted = accept(make.photo(tmp_path / "a.jpg", (1, 2, 3)), root, activity="HD-01")
    assert not accepted.path.is_symlink() and outside.read_bytes() == before
    assert accepted.backup is not None and accepted.backup.is_symlink()


def test_folder_of_the_same_name_is_not_replaced(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    (root / "项目1" / "附件" / "a.pdf").mkdir(parents=True)
    with pytest.raises(ValueError, match="同名的文件夹，请先给它改名"):
        accept(make.scan(tmp_path / "a.pdf"), root)


def test_failed_replacement_restores_the_old_file(tmp_path: Path) -> None:
    """Back up two files; the second backup fails because a file has the name of its backup folder."""
    (root := tmp_path / "inputs").mkdir()
    (root / "a.txt").write_text("旧")
    (root / "b").mkdir()
    (root / "b" / "c.txt").write_text("也旧")
    (root / replace.BACKUP_FOLDER).mkdir()
    (root / replace.BACKUP_FOLDER / "b").write_text("挡路")
    (new := tmp_path / "new").write_text("新")
    before = files(root)
    with pytest.raises(ValueError, match=r"inputs 里要放文件夹的地方有一个同名的文件“b”，请先把它移走再放"):
        replace.replace_file(new, root / "a.txt", root, MOMENT, [root / "b" / "c.txt"])
    assert files(root) == before


def test_file_in_place_of_a_folder_is_reported(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    (root / "项目1" / "附件").write_text("挡路")
    (root / "项目1" / "照片").symlink_to(root / "没有")
    before = files(root)
    with pytest.raises(ValueError, match="inputs 里要放文件夹的地方有一个同名的文件“附件”，请先把它移走再放"):
        accept(make.scan(tmp_path / "a.pdf"), root)
    with pytest.raises(ValueError, match="同名的文件“照片”"):  # a dangling link above the target folder
        accept(make.photo(tmp_path / "a.jpg"), root, activity="HD-01")
    assert files(root) == before


def test_stale_temporary_files_are_removed_by_the_next_upload(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    (folder := root / "项目1" / "附件").mkdir()
    names = (".0123456789abcdef.tmp", ".0123456789abcde.tmp", ".0123456789ABCDEF.tmp", "0123456789abcdef.tmp", "a.tmp")
    for name in (*names, ".fedcba9876543210.tmp"):
        (folder / name).write_text("半份")
        if name in names:
            os.utime(folder / name, (time := (folder / name).stat().st_mtime - 3700, time))
    (folder / ".aaaaaaaaaaaaaaaa.tmp").mkdir()
    os.utime(folder / ".aaaaaaaaaaaaaaaa.tmp", (0, 0))
    accept(make.scan(tmp_path / "a.pdf"), root)
    left = {*names[1:], ".fedcba9876543210.tmp", ".aaaaaaaaaaaaaaaa.tmp", "a.pdf"}
    assert {path.name for path in folder.iterdir()} == left


def test_accepted_file_gets_the_default_permissions(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    path = make.scan(tmp_path / "a.pdf")
    path.chmod(0o600)
    (other := tmp_path / "other").touch()
    assert accept(path, root).path.stat().st_mode == other.stat().st_mode


# ---- catalogues of several years, and changes of one


def test_changed_catalogue_is_accepted_only_when_its_changes_are_agreed(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    accept(catalogue(tmp_path / "目录.xlsx"), root, number=0)
    before = files(root)
    new = catalogue(tmp_path / "新目录.xlsx", name="“另一个”项目")
    with pytest.raises(Stop) as stop:
        accept(new, root, number=0)
    assert stop.value.code is ExitCode.UNCONFIRMED
    assert stop.value.wrong == "新的目录和现在的不同：项目1：项目名称由““试验”项目”改为““另一个”项目”"
    assert files(root) == before
    assert accept(new, root, number=0, agreed=True).backup
    assert input_folder.scan_inputs(root).entries[1].name == "“另一个”项目"


def test_catalogue_that_says_the_same_needs_no_question(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    accept(catalogue(tmp_path / "目录.xlsx"), root, number=0)
    accept(catalogue(tmp_path / "新目录.xlsx", name="试验 项目"), root, number=0)
    assert input_folder.scan_inputs(root).entries[1].name == "试验 项目"


def test_catalogue_of_another_year_lies_beside_the_first(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    accept(years.catalogue(tmp_path / "目录.xlsx", 2022, {1: "甲"}), root, number=0)
    (tmp_path / "目录.xlsx").unlink()
    accepted = accept(years.catalogue(tmp_path / "目录.xlsx", 2023, {1: "乙"}), root, number=0)
    assert (accepted.path.name, accepted.backup) == ("目录-2023.xlsx", None)
    found = input_folder.scan_inputs(root)
    assert {str(number): entry.name for number, entry in found.entries.items()} == {"1": "乙", "2022-1": "甲"}


@pytest.mark.parametrize(
    ("basics", "wrong"),
    [
        ({"项目名称": "乙", "年度": 2022}, "工作簿里的项目名称是“乙”，目录里的项目1是“甲”"),
        ({"项目名称": "丙", "年度": 2026}, "年度是 2026，没有那一年的项目发布目录"),
        ({"项目名称": "甲", "项目序号": 5}, "项目发布目录里没有项目5"),
        ({"项目名称": "甲", "项目序号": 5, "年度": None}, "项目发布目录里没有项目5"),
    ],
)
def test_workbook_of_another_project_is_refused(tmp_path: Path, basics: dict[str, object], wrong: str) -> None:
    (root := tmp_path / "inputs").mkdir()
    years.catalogue(root / "目录.xlsx", 2022, {1: "甲"})
    years.workbook(root / "甲" / "项目数据.xlsx", 项目名称="甲")
    before = files(root)
    with pytest.raises(ValueError, match=re.escape(wrong)):
        accept(years.workbook(tmp_path / "表.xlsx", **basics), root, number=0)
    assert files(root) == before


def test_workbook_of_an_older_year_goes_to_its_own_folder(tmp_path: Path) -> None:
    (root := tmp_path / "inputs").mkdir()
    years.catalogue(root / "2022.xlsx", 2022, {1: "甲"})
    years.catalogue(root / "2023.xlsx", 2023, {1: "乙"})
    accepted = accept(years.workbook(tmp_path / "表.xlsx", 项目名称="甲"), root, number=0)
    assert (str(accepted.number), accepted.path.parent.name) == ("2022-1", "项目2022-1-甲")


# ---- two people with one workbook


def test_workbook_that_undoes_a_change_of_somebody_else_is_asked_about(tmp_path: Path) -> None:
    root = make.write_only(tmp_path)
    present = root / "项目1" / "项目数据.xlsx"
    given_out = tmp_path / "given.xlsx"
    given_out.write_bytes(versions.hand_out(present))
    hers, his = tmp_path / "hers.xlsx", tmp_path / "his.xlsx"
    for path, cell, value in ((hers, "G3", "她改的"), (his, "G2", "他改的")):
        book = load_workbook(given_out)
        book["活动"][cell] = value
        book.save(path)
    told = accept(hers, root, number=1)
    assert told.differences == "活动!G3 由“示例社区”改为“她改的”"
    before = files(root)
    with pytest.raises(Stop) as stop:
        accept(his, root, number=1)
    assert stop.value.code is ExitCode.UNCONFIRMED
    assert "别人改过工作簿" in stop.value.wrong and "活动!G3 由“她改的”改为“示例社区”" in stop.value.wrong
    assert "G2" not in stop.value.wrong
    assert files(root) == before
    accepted = accept(his, root, number=1, agreed=True)
    assert accepted.backup and load_workbook(accepted.backup)["活动"]["G3"].value == "她改的"
    assert load_workbook(present)["活动"]["G2"].value == "他改的"


def test_marked_copy_that_comes_back_knows_its_version_too(tmp_path: Path) -> None:
    root = make.write_only(tmp_path, 活动=[{"地点": ""}])
    with pytest.raises(Stop):
        check.check(1, root, tmp_path / "outputs", make.LATER, make.TEMPLATES)
    [marked] = (tmp_path / "outputs" / "1" / "校验").glob("*.xlsx")
    book = load_workbook(root / "项目1" / "项目数据.xlsx")
    book["活动"]["G3"] = "她改的"
    (tmp_path / "hers.xlsx").write_bytes(b"")
    book.save(tmp_path / "hers.xlsx")
    accept(tmp_path / "hers.xlsx", root, number=1)
    with pytest.raises(Stop, match="别人改过工作簿"):
        accept(marked, root, number=1)
