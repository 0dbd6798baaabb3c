"""Photo captions, HEIC photos, and the QR code on the register page of a video."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
import segno
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from paperwork.archive.metadata import PACKAGE
from paperwork.build.project import BuildResult
from paperwork.core import filenames, hashing
from paperwork.core.cache import Cache
from paperwork.documents import exhibits, fill
from paperwork.documents.declarations import read_forms
from paperwork.documents.exhibits import Captions
from paperwork.formats.media import photos
from paperwork.formats.office import fonts
from paperwork.project import input_folder, workbook
from paperwork.project.model import Activity, Basics, CatalogueEntry, PhotoNote, Project
from paperwork.volume.binder import VOLUME
from tests import make

TEMPLATES = make.ROOT / "templates"
RENDER_DPI = 300
"""Resolution at which a page is rendered, in dots per inch."""


# ---- the QR code


def modules(image: Image.Image, count: int, edges: tuple[float, float, float, float]) -> list[list[int]]:
    """Return the dark (1) and light (0) modules of a QR code that fills `edges` (left, top, right, bottom)."""
    left, top, right, bottom = edges
    grey: Any = image.convert("L")
    across = [int(left + (right - left) * (x + 0.5) / count) for x in range(count)]
    down = [int(top + (bottom - top) * (y + 0.5) / count) for y in range(count)]
    return [[int(grey.getpixel((x, y)) < 128) for x in across] for y in down]


def matrix(text: str) -> list[list[int]]:
    """Return the modules of the QR code of a text, quiet zone included."""
    code = segno.make(text, error="m", boost_error=False, micro=False, mode="byte", encoding="utf-8")
    return [[int(module) for module in row] for row in code.matrix_iter(border=4)]


def register_pages(volume: Path) -> list[pypdfium2.PdfPage]:
    """Return the pages that show a QR code."""
    document = pypdfium2.PdfDocument(volume)
    return [page for page in document if "扫码得视频" in page.get_textpage().get_text_bounded()]


def test_printed_qr_code_holds_the_videos_path_in_the_bag_and_its_digest(small: tuple[BuildResult, Path]) -> None:
    folder = small[0].folder / PACKAGE
    videos = sorted(path for path in folder.rglob("*.mp4"))
    pages = register_pages(small[0].folder / VOLUME)
    assert len(videos) == len(pages) == 2
    for video, page in zip(videos, pages, strict=True):
        wanted = matrix(f"{video.relative_to(folder).as_posix()}\nsha256:{hashing.sha256_of(video)}")
        pictures = [each.get_bounds() for each in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])]
        left, bottom, right, top = next(box for box in pictures if abs(box[2] - box[0] - (box[3] - box[1])) < 1)
        size, scale = (right - left) / 72 * 25.4, RENDER_DPI / 72
        assert size == pytest.approx(exhibits.QR_MM, abs=0.5)
        assert size * (len(wanted) - 8) / len(wanted) >= 25
        image = page.render(scale=scale).to_pil()
        edges = (left * scale, image.height - top * scale, right * scale, image.height - bottom * scale)
        assert modules(image, len(wanted), edges) == wanted
        assert re.sub(r"\s", "", page.get_textpage().get_text_bounded()).count(hashing.sha256_of(video)) == 1


@pytest.mark.parametrize("text", ["短", "data/原始数据/视频/HD-01/" + "长" * 80 + ".mp4\nsha256:" + "a" * 64])
def test_qr_code_is_reproducible_and_has_its_quiet_zone(tmp_path: Path, text: str) -> None:
    for name in ("a.png", "b.png"):
        exhibits.write_qr_code(text, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        wanted = matrix(text)
        assert modules(image, len(wanted), (0, 0, image.width, image.height)) == wanted
    code = segno.make(text, error="m", boost_error=False, micro=False)
    assert (code.error, code.default_border_size) == ("M", exhibits.QUIET_ZONE)


def test_smallest_qr_code_is_printed_25_mm_wide() -> None:
    shortest = len(segno.make("data/原始数据/视频/1/1.mp4\nsha256:" + "a" * 64, error="m", boost_error=False).matrix)
    assert exhibits.QR_MM * shortest / (shortest + 2 * exhibits.QUIET_ZONE) >= 25


def test_qr_code_uses_the_portable_file_name(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = inputs / "项目1" / "视频" / "HD-01" / "100% 好?.mp4"
    (path.parent / "小视频.mp4").rename(path)
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None
    link = exhibits.qr_text(path, project, "0" * 64)
    assert link == "data/原始数据/视频/HD-01/100％ 好？.mp4\nsha256:" + "0" * 64
    assert filenames.portable("100％ 好？.mp4") == "100％ 好？.mp4"


# ---- captions


def activity(**changes: Any) -> Activity:
    """Return an activity of one day with some fields changed."""
    given: dict[str, Any] = {
        "code": "HD-01", "name": "幸福使者平台新伙伴授牌仪式", "kind": "仪式", "start": dt.date(2022, 5, 6),
        "location": "自贡市示例会议中心", "participants": 22, "manager": "乙试验",
    }  # fmt: skip
    return Activity(**given | changes)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("01 授牌仪式现场.jpg", {}, "授牌仪式现场（2022年5月6日，自贡市示例会议中心，参与22人）"),
        ("IMG_2041.jpg", {"location": "会议室"}, "幸福使者平台新伙伴授牌仪式（2022年5月6日，会议室，参与22人）"),
        ("授牌.jpg", {"audience": "新伙伴", "location": "会议室"}, "授牌（2022年5月6日，会议室，新伙伴，参与22人）"),
        ("授牌.jpg", {"audience": "很长的服务对象" * 4}, "授牌（2022年5月6日，自贡市示例会议中心，参与22人）"),
        ("授牌仪式上新伙伴的代表发言.jpg", {}, "授牌仪式上新伙伴的代表发言（2022年5月6日，自贡市示例会议中心）"),
        ("授牌.jpg", {"location": "很长的地点" * 8}, "授牌（2022年5月6日，参与22人）"),
        ("长" * 27 + ".jpg", {}, "长" * 27 + "（2022年5月6日）"),
        ("长" * 60 + ".jpg", {}, "长" * 27 + "…（2022年5月6日）"),
        ("授牌.jpg", {"participants": 0}, "授牌（2022年5月6日，自贡市示例会议中心）"),
    ],
)
def test_caption_leaves_out_details_that_do_not_fit(
    tmp_path: Path, name: str, changes: dict[str, Any], expected: str
) -> None:
    for width in exhibits.CAPTION_WIDTH.values():
        caption = exhibits.caption(tmp_path / name, activity(**changes), width)
        assert exhibits._width(caption) <= width
    assert caption == expected


def test_caption_of_a_multi_day_activity_shows_the_day_of_the_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2022:05:07 09:30:00"
    Image.new("RGB", (40, 30)).save(tmp_path / "授牌.jpg", exif=exif)
    captions = [
        exhibits.caption(tmp_path / "授牌.jpg", activity(end=end), 39)
        for end in (None, dt.date(2022, 5, 8), dt.date(2022, 5, 6))
    ]
    assert ["5月7日" in each for each in captions] == [False, True, False]


def captions(folder: Path, names: Sequence[str], notes: Sequence[dict[str, str]] = (), **changes: Any) -> list[str]:
    """Return the captions of an activity's photos, then what is said once for all of them."""
    for name in names:
        if not (folder / name).exists():
            make.photo(folder / name, size=(40, 30))
    made = Captions.of(project_with(folder, names, notes, **changes), activity(**changes))
    words = [made.caption(folder / name, number, 39) for number, name in enumerate(names, 1)]
    return [*words, "；".join(f"{word}：{each}" for word, each in made.shared.items())]


def project_with(folder: Path, names: Sequence[str], notes: Sequence[dict[str, str]], **changes: Any) -> Project:
    """Return a project of one activity with these photos and rows of 照片说明."""
    entry = {"项目序号": 1, "项目名称": "甲", "实施周期": "2022年4月-12月", "项目金额（万元）": 1}
    basics = {"项目序号": 1, "承接单位": "甲", "单位类型": "其他", "统一社会信用代码": "52510300MJY000001A",
              "项目负责人": "乙", "联系电话": "13800000001"}  # fmt: skip
    return Project(
        catalogue=CatalogueEntry.model_validate(entry),
        folder=folder,
        workbook="项目数据.xlsx",
        photos={"HD-01": tuple(folder / name for name in names)},
        basics=Basics.model_validate(basics),
        activities=(activity(**changes),),
        photo_notes=tuple(PhotoNote.model_validate(each) for each in notes),
    )


def test_captions_of_a_brief_hold_only_what_is_a_photos_own(tmp_path: Path) -> None:
    names = ["01 授牌仪式现场.jpg", "IMG_2041.jpg", "03 " + "长" * 60 + ".jpg"]
    notes = [{"文件": "img_2041", "说明": "代表发言", "摄影者": "戊"}, {"文件": names[0], "背景": "开班第一天"}]
    first, second, third, shared = captions(tmp_path, names, notes)
    assert first == "图1　授牌仪式现场（背景：开班第一天）"
    assert second == "图2　代表发言（摄影：戊）"
    assert third.startswith("图3　长长") and third.endswith("长…") and exhibits._width(third) <= 39
    assert shared == ""


def test_what_is_the_same_for_all_photos_is_said_once(tmp_path: Path) -> None:
    names = ["IMG_1.jpg", "IMG_2.jpg"]
    assert captions(tmp_path, names) == ["图1", "图2", ""]
    notes = [{"文件": name, "摄影者": "戊", "背景": "开班"} for name in names]
    assert captions(tmp_path, names, notes) == ["图1", "图2", "摄影：戊；背景：开班"]
    assert captions(tmp_path, names[:1]) == ["幸福使者平台新伙伴授牌仪式", ""]


def test_words_of_staff_in_a_caption_are_never_cut(tmp_path: Path) -> None:
    words = "外聘讲师现场示范接案时的提问方法，学员分组记录要点并准备下午的展示，社区妇联主席到场旁听"
    [caption, _] = captions(tmp_path, ["1.jpg"], [{"文件": "1.jpg", "说明": words}])
    assert caption == words


def test_photo_of_a_multi_day_activity_shows_its_own_day_in_the_brief(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2022:05:07 09:30:00"
    Image.new("RGB", (40, 30)).save(tmp_path / "授牌.jpg", exif=exif)
    names = ["授牌.jpg", "合影.jpg"]
    assert captions(tmp_path, names)[0] == "图1　授牌"
    assert captions(tmp_path, names, end=dt.date(2022, 5, 8)) == ["图1　授牌（5月7日）", "图2　合影", ""]


# ---- HEIC photos


def heic(path: Path, size: tuple[int, int] = (400, 200)) -> Path:
    """Write a photo as phones do: rotated in HEIF and EXIF, with location and date. Upright, its top half is red."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8769)[0x9003] = "2022:05:06 10:00:00"
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "HEIF", exif=exif.tobytes())
    assert b"irot" in path.read_bytes()
    return path


def write_briefs(inputs: Path, folder: Path) -> list[Path]:
    """Write the Word file of the first activity's brief."""
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None, faults
    (folder / "work").mkdir(parents=True, exist_ok=True)
    filler = fill.prepare(
        project, TEMPLATES / "docx", folder / "work", fonts.environment(folder / "work"), Cache(folder / "store"), 1
    )
    documents, faults = filler.documents(read_forms(TEMPLATES / "forms.toml"))
    assert not faults
    brief = next(document for document in documents if document.form.template == "活动简报")
    filler.fill_template("活动简报", brief.context, folder / "简报.docx")
    return [folder / "简报.docx"]


def test_heic_photo_is_upright_in_word_and_has_no_location(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    folder = inputs / "项目1" / "照片" / "HD-01"
    for path in folder.iterdir():
        path.unlink()
    heic(folder / "01 现场.HEIC", (4000, 3000))
    make.photo(folder / "02 现场.jpg", size=(4000, 3000))
    [brief] = write_briefs(inputs, tmp_path)
    with zipfile.ZipFile(brief) as package:
        pictures = [package.read(name) for name in package.namelist() if name.startswith("word/media/")]
    assert len(pictures) == 2
    for content in pictures:
        assert b"Exif" not in content
        assert b"GPS" not in content
    upright = [
        image
        for image in (Image.open(io.BytesIO(each)).convert("RGB") for each in pictures)
        if is_red_above_blue(image)
    ]
    assert len(upright) == 1


def is_red_above_blue(image: Image.Image) -> bool:
    """Return whether a picture is red above and blue below."""
    pixels: Any = image
    upper, lower = (pixels.getpixel((image.width // 2, image.height * part // 8)) for part in (1, 7))
    return bool(upper[0] > 200 > lower[0] and lower[2] > 200 > upper[2])


@pytest.mark.parametrize("suffix", [".heic", ".HEIF"])
def test_heic_is_read_like_any_other_photo(tmp_path: Path, suffix: str) -> None:
    path = heic(tmp_path / f"a{suffix}")
    assert path.suffix.lower() in photos.PHOTOS
    assert photos.date_taken(path) == dt.date(2022, 5, 6)
    photos.print_photo(path, tmp_path / "out.jpg", 72, 54)
    with Image.open(tmp_path / "out.jpg") as out:
        assert is_red_above_blue(out.convert("RGB"))
        assert (out.format, dict(out.getexif())) == ("JPEG", {})


def test_damaged_heic_is_reported(tmp_path: Path) -> None:
    content = heic(tmp_path / "a.heic").read_bytes()
    for cut in (content[:200], content[: len(content) // 2], content[:300] + b"\xff" * 300 + content[600:]):
        (tmp_path / "b.heic").write_bytes(cut)
        with pytest.raises(ValueError, match="照片打不开"):
            photos.print_photo(tmp_path / "b.heic", tmp_path / "out.jpg", 72, 54)


@pytest.mark.parametrize("count", [2, 3])
def test_large_photo_is_scaled_to_the_print_resolution(tmp_path: Path, count: int) -> None:
    inputs = make.make(tmp_path)
    for number in range(count):
        make.photo(inputs / "项目1" / "照片" / "HD-01" / f"0{number + 1} 现场.jpg", size=(4000, 3000))
    [brief] = write_briefs(inputs, tmp_path)
    document = Document(str(brief))
    drawings = list(document.element.body.iter(qn("wp:inline")))
    assert len(drawings) == count
    for drawing in drawings:
        [blip] = drawing.iter(qn("a:blip"))
        with Image.open(io.BytesIO(document.part.related_parts[blip.get(qn("r:embed"))].blob)) as image:
            assert image.width / (drawing.extent.cx / 914400) == pytest.approx(photos.PRINT_DPI, abs=2)
