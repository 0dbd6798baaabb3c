"""The account of files: each file below inputs/ is in it once, and whatever is not used is told with the reason."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperwork.checks import account, check
from paperwork.checks.account import Entry, Fate
from paperwork.core import filenames
from paperwork.core.faults import Level, Stop, keep_errors
from paperwork.project import input_folder, workbook
from tests import make

HOME = Path("项目1")
Write = Callable[[Path], object]


def gbk(name: str) -> str:
    """Return a name in GBK as Linux unpacks it."""
    return os.fsdecode(name.encode("gbk"))


def content(data: bytes) -> Write:
    """Return a function that writes these bytes."""
    return lambda path: path.write_bytes(data)


def table(path: Path) -> None:
    """Write a table that is neither a workbook of a project nor the catalogue."""
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "别的"
    book.save(path)


def link(to: str) -> Write:
    """Return a function that writes a link."""
    return lambda path: path.symlink_to(to)


def named(suffix: str, write: Write) -> Write:
    """Return a function that writes a file under a plain name with this suffix, then gives it its own name."""

    def renamed(path: Path) -> None:
        write(path.parent / f"x{suffix}")
        (path.parent / f"x{suffix}").rename(path)

    return renamed


PHOTO, SCAN = named(".jpg", make.photo), named(".pdf", make.scan)
FILM = named(".mp4", lambda path: make.video(path, 1))
PLACES: dict[str, tuple[str, Write, Fate, str]] = {
    "photo": ("项目1/照片/HD-01/03.jpg", PHOTO, Fate.USED, "HD-01"),
    "photo with another suffix": ("项目1/照片/HD-01/03.JFIF", PHOTO, Fate.USED, "HD-01"),
    "photo without a suffix": ("项目1/照片/HD-02/mmexport", PHOTO, Fate.USED, "HD-02"),
    "photo in a folder in GBK": (f"项目1/{gbk('照片')}/HD-01/{gbk('合影')}.jpg", PHOTO, Fate.USED, "HD-01"),
    "photo in a folder spelt otherwise": ("项目1/照片/ｈｄ-01 /03.jpg", PHOTO, Fate.USED, "HD-01"),
    "empty photo": ("项目1/照片/HD-01/03.jpg", content(b""), Fate.TOLD, "空的"),
    "half a photo": ("项目1/照片/HD-01/03.jpg", content(b"\xff\xd8\xff\xe0 half"), Fate.TOLD, "打不开"),
    "photo too deep": ("项目1/照片/HD-01/原图/03.jpg", PHOTO, Fate.TOLD, "放得太深"),
    "photo of no activity": ("项目1/照片/HD-99/03.jpg", PHOTO, Fate.TOLD, "没有这个编号的活动"),
    "photo directly in the folder": ("项目1/照片/03.jpg", PHOTO, Fate.TOLD, "不知道是哪次活动"),
    "photo beside the workbook": ("项目1/03.jpg", PHOTO, Fate.TOLD, "不知道是哪次活动"),
    "photo in another folder": ("项目1/图片/HD-01/03.jpg", PHOTO, Fate.TOLD, "文件夹“图片”程序不认识"),
    "photo in a folder that unzip misread": ("项目1/╒╒╞¼/HD-01/03.jpg", PHOTO, Fate.USED, "HD-01"),
    "photo directly in inputs": ("03.jpg", PHOTO, Fate.TOLD, "不在哪个项目的文件夹里"),
    "photo of an activity with its name": ("项目1/照片/HD-01 首次培训/03.jpg", PHOTO, Fate.TOLD, "没有这个编号的活动"),
    "workbook of another kind": ("项目1/项目数据.xlsb", content(b"PK\3\4"), Fate.TOLD, "不读 .xlsb"),
    "photo without a workbook": ("项目8/照片/HD-01/03.jpg", PHOTO, Fate.TOLD, "旁边没有工作簿"),
    "film among photos": ("项目1/照片/HD-01/片.mp4", FILM, Fate.TOLD, "这是视频"),
    "photo among films": ("项目1/视频/HD-01/03.jpg", PHOTO, Fate.TOLD, "这是照片"),
    "film": ("项目1/视频/HD-01/片.mov", FILM, Fate.USED, "HD-01"),
    "half a film": ("项目1/视频/HD-01/片.mp4", content(b"\0\0\0\x18ftypmp42xx"), Fate.TOLD, "打不开"),
    "raw picture": ("项目1/照片/HD-01/03.CR2", content(b"II*\0" + b"x" * 90), Fate.TOLD, "RAW"),
    "layers": ("项目1/照片/HD-01/03.psd", content(b"8BPS"), Fate.TOLD, "Photoshop"),
    "scan among photos": ("项目1/照片/HD-01/签到.pdf", SCAN, Fate.TOLD, "这是 PDF"),
    "photo in the cloud": ("项目1/照片/HD-01/.IMG_1.HEIC.icloud", content(b"bplist00"), Fate.TOLD, "还在 iCloud 里"),
    "paper in the cloud": ("项目1/附件/.协议.pdf.icloud", content(b"bplist00"), Fate.TOLD, "还在 iCloud 里"),
    "workbook in the cloud": ("项目1/.项目数据.xlsx.icloud", content(b"bplist00"), Fate.TOLD, "还在 iCloud 里"),
    "record of changes of a phone": ("项目1/照片/HD-01/IMG_1.AAE", content(b"<plist/>"), Fate.LEFT, "记录"),
    "recycle bin of a disk": ("项目1/照片/HD-01/#recycle/03.jpg", PHOTO, Fate.LEFT, "回收站"),
    "photo in a folder of another name": (
        "项目1/照片整理/HD-01/03.jpg",
        PHOTO,
        Fate.TOLD,
        "文件夹“照片整理”程序不认识",
    ),
    "short cut among papers": ("项目1/附件/协议.pdf.lnk", content(b"L\0\0\0\x01"), Fate.TOLD, "快捷方式"),
    "archive among papers": ("项目1/附件/全部.rar", content(b"Rar!"), Fate.TOLD, "压缩包"),
    "short cut": ("项目1/照片/HD-01/03.lnk", content(b"L\0\0\0\x01"), Fate.TOLD, "快捷方式"),
    "attachment that is not listed": ("项目1/附件/协议.pdf", SCAN, Fate.TOLD, "没有登记"),
    "attachment too deep and not listed": ("项目1/附件/子/协议.pdf", SCAN, Fate.TOLD, "没有登记"),
    "document beside the workbook": ("项目1/方案.docx", content(b"x"), Fate.TOLD, ""),
    "paper beside the workbook": ("项目1/协议.pdf", SCAN, Fate.TOLD, "没有用上"),
    "table that is no workbook": ("项目1/台账.xlsx", named(".xlsx", table), Fate.TOLD, "不是工作簿"),
    "table directly in inputs": ("台账.xlsx", named(".xlsx", table), Fate.TOLD, "不是工作簿"),
    "damaged table": ("台账.xlsx", content(b"PK\3\4"), Fate.TOLD, ""),
    "empty file": ("空.pdf", content(b""), Fate.TOLD, "空的"),
    "notes": ("说明.txt", content("别的".encode()), Fate.LEFT, "说明"),
    "thumbnails": ("项目1/照片/HD-01/Thumbs.db", content(b"x"), Fate.LEFT, "缩略图"),
    "lock": ("项目1/~$项目数据.xlsx", content(b"x"), Fate.LEFT, "锁"),
    "file of macOS": ("__MACOSX/项目1/项目数据.xlsx", content(b"x"), Fate.LEFT, "苹果"),
    "older version": (".旧文件/项目数据.xlsx", content(b"x"), Fate.LEFT, "旧文件"),
    "link to nowhere": ("项目1/照片/HD-01/03.jpg", link("没有.jpg"), Fate.TOLD, "链接"),
    "link that leads out": ("项目1/照片/HD-01/03.jpg", link("/etc/hostname"), Fate.TOLD, "链接"),
    "link to itself": ("项目1/照片/HD-01/03.jpg", link("03.jpg"), Fate.TOLD, "链接"),
    "link to a folder": ("项目1/照片/HD-03", link("HD-01"), Fate.TOLD, "文件夹的链接"),
    "link to another photo": ("项目1/照片/HD-01/03.jpg", link("01 现场.jpg"), Fate.USED, "HD-01"),
    "name of no encoding": (os.fsdecode(b"\xff\xfe\x80.bin"), content(b"x"), Fate.TOLD, "不在哪个项目"),
}


DAMAGED = ("empty photo", "half a photo", "half a film")
"""Files that should be a photo or a video: these are errors, the others are notices."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the inputs folder of the good project; the tests add files and delete them again."""
    return make.make(tmp_path_factory.mktemp("good"))


def on_disk(root: Path) -> list[Path]:
    """Return every file and link below a folder, found in another way than the account does."""
    return sorted(
        Path(folder, name)
        for folder, folders, files in os.walk(root)
        for name in (*files, *(each for each in folders if Path(folder, each).is_symlink()))
    )


def entries(root: Path) -> dict[Path, Entry]:
    """Return the account by path, after checking that it has each file once."""
    found = account.account(root)
    assert sorted(entry.path for _, entry in found) == on_disk(root)
    assert all(name.encode() and name == filenames.printable(name) for name, _ in found)
    assert all(
        entry.why and (entry.fate is not Fate.TOLD or "请" in entry.mend or "？" in entry.mend) for _, entry in found
    )
    return {entry.path: entry for _, entry in found}


def add(root: Path, place: str, write: Write) -> list[Path]:
    """Write a file and return what was made, the file first."""
    path = root / place
    made = [each for each in (path, *path.parents) if not each.exists() and not each.is_symlink()]
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    return made


def remove(made: list[Path]) -> None:
    """Delete what `add` made."""
    for path in made:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def test_all_files_of_the_good_project_are_used(project: Path) -> None:
    found = entries(project)
    assert {entry.fate for entry in found.values()} == {Fate.USED}
    assert found[project / "项目1" / "附件" / "评估.pdf"].why == "附件“绩效评估报告”（附件!C2）"


@pytest.mark.parametrize("name", PLACES)
def test_file_ends_as_used_or_left_or_told(project: Path, name: str) -> None:
    place, write, fate, words = PLACES[name]
    made = add(project, place, write)
    try:
        entry = entries(project)[project / place]
        assert (entry.fate, words in entry.why) == (fate, True), entry
        # The check tells each file that is not used, in the project's folder and directly in inputs/.
        told = [fault for fault in check.examine(1, project, make.LATER).faults if fault.level is not Level.GAP]
        ours = [fault for fault in told if not fault.where.sheet]
        is_near = Path(place).parts[0] == "项目1" or len(Path(place).parts) == 1
        assert len(ours) == (fate is Fate.TOLD and is_near), ours
        for fault in ours:
            assert (fault.level is Level.ERROR) == (name in DAMAGED)
            assert str(fault).encode() and fault.mend
            assert filenames.readable_path(place).startswith(fault.where.file)
    finally:
        remove(made)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_tree_of_files_is_in_the_account_once(project: Path, seed: int) -> None:
    """Place twelve files of the kinds above at random: swapped folders, deeper, under names in GBK."""
    chance = random.Random(seed)
    kinds = list(PLACES.values())
    made: list[Path] = []
    try:
        for number in range(12):
            folder, name = Path(chance.choice(kinds)[0]).parent, Path(chance.choice(kinds)[0]).name
            deeper = chance.choice(("", "", "子", gbk("子夹"), "a" * 200))
            place = folder / deeper / f"{number}{chance.choice(('', gbk('名')))}{name}"
            if not (project / folder).is_symlink():
                made = add(project, str(place), chance.choice(kinds)[1]) + made
        entries(project)
    finally:
        remove(sorted(dict.fromkeys(made), key=lambda path: len(path.parts), reverse=True))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("项目1/照片/HD-01/全部.zip", "解压"),
        ("项目1/附件/全部.7z", "解压"),
        ("项目1/照片/HD-01/03.jpg.lnk", "用文件本身"),
        ("项目1/视频/HD-02/片.url", "用文件本身"),
        ("项目1/照片/HD-01 第1次培训/03.jpg", "是不是 HD-01"),
        ("项目1/照片/hd-02（5月）/03.jpg", "是不是 HD-02"),
        ("项目1/照片整理/HD-01/03.jpg", "是不是“照片”"),
        ("项目1/附件（新）/协议.pdf", "是不是“附件”"),
    ],
)
def test_advice_leads_to_the_file_being_used(project: Path, place: str, words: str) -> None:
    made = add(project, place, content(b"PK\3\4x"))
    try:
        assert words in entries(project)[project / place].mend
    finally:
        remove(made)


def test_attachment_may_be_a_link_to_another_file_of_the_project(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    paper = inputs / "项目1" / "附件" / "评估.pdf"
    paper.rename(inputs / "项目1" / "原件.pdf")
    paper.symlink_to("../原件.pdf")
    assert entries(inputs)[paper].fate is Fate.USED
    assert check.examine(1, inputs, make.LATER).state == check.COMPLETE


@pytest.mark.parametrize("way", ["cloud", "link"])
def test_workbook_that_cannot_be_reached_is_named(tmp_path: Path, way: str) -> None:
    inputs = make.write_only(tmp_path)
    if way == "cloud":
        (inputs / "项目1" / "项目数据.xlsx").rename(inputs / "项目1" / ".项目数据.xlsx.icloud")
    else:
        (inputs / "项目1").rename(tmp_path / "别处")
        (inputs / "项目1").symlink_to(tmp_path / "别处")
    with pytest.raises(Stop) as stop:
        check.examine(1, inputs, make.LATER)
    assert {"cloud": "还在 iCloud 里", "link": "“项目1”是指向文件夹的链接"}[way] in stop.value.mend


def test_many_files_with_one_reason_are_told_in_one_line(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    for number in range(30):
        make.photo(inputs / "项目1" / "照片" / "HD-01" / "原图" / f"{number:02}.jpg")
    ours = [each for each in check.examine(1, inputs, make.LATER).faults if "放得太深" in each.wrong]
    assert [(each.where.file, each.wrong[:5]) for each in ours] == [("项目1/照片/HD-01/原图", "30 个文")]
    assert "list" in ours[0].mend


@pytest.mark.parametrize(
    ("place", "state"),
    [("照片/HD-01/01 现场.jpg", "待补稿"), ("视频/HD-01/小视频.mp4", "待补稿"), ("附件/评估.pdf", "待补稿")],
)
@pytest.mark.parametrize("share", [0, 0.5])
def test_evidence_that_does_not_open_is_missing(tmp_path: Path, place: str, state: str, share: float) -> None:
    inputs = make.make(tmp_path)
    assert check.examine(1, inputs, make.LATER).state == "齐备"
    path = inputs / "项目1" / place
    whole = path.read_bytes()
    path.write_bytes(whole[: round(len(whole) * share)])
    checked = check.examine(1, inputs, make.LATER)
    assert checked.state == state and checked.gaps
    assert len(keep_errors(checked.faults)) == 1
    assert any(word in str(fault) for fault in checked.faults for word in ("打不开", "空的", "不完整"))


def test_project_in_folders_in_gbk_reads_like_any_other(tmp_path: Path) -> None:
    plain = check.examine(1, make.make(tmp_path / "plain"), make.LATER)
    inputs = make.make(tmp_path / "gbk")
    for path in sorted(inputs.rglob("*"), key=lambda path: len(path.parts), reverse=True):
        path.rename(path.with_name(gbk(path.name)))
    checked = check.examine(1, inputs, make.LATER)
    assert checked.state == plain.state == "齐备" and checked.faults == plain.faults
    assert {entry.fate for entry in entries(inputs).values()} == {Fate.USED}
    assert [name for name, _ in account.account(inputs)] == [name for name, _ in account.account(plain.inputs.root)]


def test_workbook_as_csv_files_with_names_in_gbk_is_read(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    source = inputs / "项目1" / "项目数据.xlsx"
    found = input_folder.scan_inputs(inputs)
    import csv

    for sheet in workbook.read_sheets(source, found):
        with (inputs / "项目1" / gbk(f"数据-{sheet.name}.csv")).open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(
                [["" if cell.value is None else cell.value for cell in row] for row in sheet.rows]
            )
    source.unlink()
    checked = check.examine(1, inputs, make.LATER)
    assert checked.project.name == make.GOOD["基本信息"]["项目名称"] and len(checked.project.activities) == 2
    fates = [entry.fate for entry in entries(inputs).values()]
    assert fates.count(Fate.USED) == 17 and fates.count(Fate.LEFT) == 1 == len(fates) - 17


def test_sample_beside_a_real_workbook_is_left_aside(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    make.write_only(tmp_path / "real", 基本信息={"示例": "否"})
    (tmp_path / "real" / "inputs" / "项目1").rename(inputs / "真的")
    found = entries(inputs)
    assert found[inputs / "真的" / "项目数据.xlsx"].fate is Fate.USED
    rest = {entry.fate for path, entry in found.items() if path.is_relative_to(inputs / "项目1")}
    assert rest == {Fate.LEFT}


def test_files_beside_a_workbook_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 基本信息={"项目序号": 9})
    found = entries(inputs)
    assert all("9" in entry.why for path, entry in found.items() if path.is_relative_to(inputs / "项目1"))
    assert {entry.fate for path, entry in found.items() if path.is_relative_to(inputs / "项目1")} == {Fate.TOLD}


def test_name_that_cannot_be_read_is_used_and_a_new_one_offered(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = inputs / "项目1" / "照片" / "HD-01" / os.fsdecode(b"\xff\xfe\x80.jpg")
    PHOTO(path)
    checked = check.examine(1, inputs, make.LATER)
    assert path in checked.project.photos["HD-01"]
    [fault] = [fault for fault in checked.faults if "读不出来的字" in fault.wrong]
    assert fault.where.file == "项目1/照片/HD-01/���.jpg" and "请改名，如" in fault.mend


def test_photo_with_several_pages_is_told(tmp_path: Path) -> None:
    from PIL import Image

    inputs = make.make(tmp_path)
    sheets = [Image.new("RGB", (40, 30), (number, 0, 0)) for number in range(3)]
    path = inputs / "项目1" / "照片" / "HD-01" / "扫描.tif"
    sheets[0].save(path, save_all=True, append_images=sheets[1:])
    [fault] = [fault for fault in check.examine(1, inputs, make.LATER).faults if "3 页" in fault.wrong]
    assert fault.where.file == "项目1/照片/HD-01/扫描.tif" and "只印第一页" in fault.wrong


@pytest.mark.parametrize(
    ("name", "code"), [("HD-01 首次培训", "HD-01"), ("5.6_HD-02", "HD-02"), ("hd-01（5月）", "HD-01")]
)
def test_code_in_the_name_of_a_folder_is_offered(project: Path, name: str, code: str) -> None:
    path = project / "项目1" / "照片" / name / "03.jpg"
    PHOTO(path)
    try:
        entry = entries(project)[path]
    finally:
        shutil.rmtree(path.parent)
    assert entry.mend.endswith(f"是不是 {code}")


def test_photos_that_are_not_bound_are_told_with_the_reason(tmp_path: Path) -> None:
    notes = [{"文件": "01 现场.jpg", "活动编号": "HD-01", "入册": "否"}]
    root = make.make(tmp_path, 照片说明=notes)
    for number in range(3, 28):
        make.photo(root / "项目1" / "照片" / "HD-01" / f"{number:02}.jpg", size=(40, 30))
    whys = {path.name: entry.why for path, entry in entries(root).items() if path.parent.name == "HD-01"}
    assert whys["01 现场.jpg"].endswith("照片说明写着不入册，随电子档案包")
    bound = [f"{number:02}{' 现场' if number == 2 else ''}.jpg" for number in range(2, 26)]
    assert [name for name in sorted(whys) if whys[name].endswith(")") or whys[name].endswith("）")] == [
        *bound,
        "小视频.mp4",
    ]
    assert all("最多装订 24 张" in whys[name] for name in ("26.jpg", "27.jpg"))
