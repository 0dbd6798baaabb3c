"""Labels: measured in millimetres on the rendered page, and their text read back."""

import dataclasses
import datetime as dt
import re
import unicodedata
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from paperwork.core.faults import Stop
from paperwork.documents.fill import SAMPLE_MARK
from paperwork.formats.office import fonts
from paperwork.formats.pdf import shared_fonts
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.text_boxes import Faces
from paperwork.volume import labels
from paperwork.volume.labels import LabelSizes, Spine

ABOUT = DocumentMetadata("脊背与盒签", "责任者", "主题", dt.date(2022, 12, 30))
SIZES = LabelSizes((10, 15, 20), (20, 30, 40, 50), 270)
DPI = 300
FOOT = 281.5
"""Bottom of the area for labels in millimetres; the ruler is below."""
ONE = Spine(
    title="盐都“紫薇伙伴”项目档案", fonds="X013", fonds_name="自贡市妇女联合会", year="2022", retention="30年",
    code="X013-ZY·2022·D30·组联部-001", bureau="组联部", first_item=1, last_item=17, book=1, books=1, box=7,
    thickness_mm=12.0, file_number="001",
)  # fmt: skip
LONG = "自贡市“紫薇伙伴”妇女儿童社会工作服务能力提升与孵化培育三年行动（2022—2024）暨彝族贫困儿童47名定点关爱档案"


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    """Return the font faces of this machine."""
    return labels.faces(fonts.environment(tmp_path_factory.mktemp("fonts")))


def write_labels(folder: Path, faces: Faces, *spines: Spine, height: int = 270) -> Path:
    out = folder / labels.LABELS
    labels.write(spines, dataclasses.replace(SIZES, height=height), ABOUT, faces, out)
    return out


def render(path: Path, page: int) -> Image.Image:
    """Render a page to black and white; ink is white, so that `getbbox` finds it."""
    with pypdfium2.PdfDocument(path) as document:
        picture: Image.Image = document[page].render(scale=DPI / 72).to_pil().convert("L")
    return picture.point(lambda grey: 255 * (grey < 160))


def pixels(mm: float) -> int:
    return round(mm * DPI / 25.4)


def crop(picture: Image.Image, left: float, top: float, right: float, below: float) -> Image.Image:
    return picture.crop((pixels(left), pixels(top), pixels(right), pixels(below)))


def find_lines(picture: Image.Image, at_least: float, vertical: bool) -> list[float]:
    """Return the positions of lines longer than `at_least`: their middle. All lengths are in millimetres."""
    transposed = picture.transpose(Image.Transpose.TRANSPOSE) if vertical else picture
    width = transposed.width
    data = transposed.tobytes()
    full = [
        row
        for row in range(transposed.height)
        if data[row * width : (row + 1) * width].count(255) >= pixels(at_least)
        and max(map(len, re.findall(rb"\xff+", data[row * width : (row + 1) * width]))) >= pixels(at_least)
    ]
    groups: list[list[int]] = []
    for row in full:
        if groups and row - groups[-1][-1] <= 2:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [(group[0] + group[-1] + 1) / 2 * 25.4 / DPI for group in groups]


def text_without_spaces(path: Path) -> str:
    """Return all text of the file without white space. In vertical text, quotation marks are corner brackets."""
    with pypdfium2.PdfDocument(path) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(("paper", "width"), [(3, 20), (20, 20), (20.1, 30), (38, 40), (44, 50), (70, 50)])
def test_narrowest_box_that_holds_the_paper_is_chosen(paper: float, width: int) -> None:
    assert labels.narrowest(paper, SIZES.boxes) == width


@pytest.mark.parametrize(("paper", "width"), [(3, 10), (10, 10), (10.2, 15), (15.1, 20), (20.1, 30), (70, 50)])
def test_spine_of_a_book_is_as_narrow_as_the_standard_allows(paper: float, width: int) -> None:
    assert labels.narrowest(paper, SIZES.of_books) == width


@pytest.mark.parametrize("height", [270, 200])
@pytest.mark.parametrize("width", SIZES.of_books)
def test_spine_labels_have_the_configured_size_within_0_3_mm(
    tmp_path: Path, faces: Faces, width: int, height: int
) -> None:
    out = write_labels(tmp_path, faces, dataclasses.replace(ONE, thickness_mm=width - 1.0), height=height)
    for page, expected in ((0, width), (1, max(width, SIZES.boxes[0]))):
        picture = render(out, page)
        sides = find_lines(picture, height * 0.98, vertical=True)
        assert len(sides) == 2
        assert sides[1] - sides[0] == pytest.approx(expected, abs=0.3)
        edges = find_lines(crop(picture, 0, 0, 210, FOOT), expected * 0.98, vertical=False)
        assert edges[-1] - edges[0] == pytest.approx(height, abs=0.3)


def test_the_ruler_on_every_sheet_is_100_millimetres_long(tmp_path: Path, faces: Faces) -> None:
    out = write_labels(tmp_path, faces, ONE)
    for page in range(3):
        foot = crop(render(out, page), 0, FOOT, 210, labels.RULER_TOP + 0.3)
        box = foot.getbbox()
        assert box
        assert (box[2] - box[0]) * 25.4 / DPI == pytest.approx(100.2, abs=0.3)  # including the line width at its ends
    with pypdfium2.PdfDocument(out) as document:
        for sheet in document:
            text = re.sub(r"\s", "", sheet.get_textpage().get_text_range())
            assert "打印时选“实际大小”，此线应为100毫米" in text
            assert [round(side * 25.4 / 72) for side in sheet.get_size()] == [210, 297]


def test_labels_contain_every_required_field(tmp_path: Path, faces: Faces) -> None:
    second = dataclasses.replace(ONE, first_item=18, last_item=36, book=2)
    out = write_labels(tmp_path, faces, *(dataclasses.replace(each, books=2) for each in (ONE, second)))
    with pypdfium2.PdfDocument(out) as document:
        pages = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]
    assert len(pages) == 3
    book, box, card = pages
    for words in ("第1册", "第2册", "共2册", "2022", "30年", "保管期限", "档号", "案卷号001"):
        assert words in book
    for words in (
        "全宗号X013",
        "年度2022",
        "保管期限30年",
        "起件号1",
        "止件号36",
        "盒号7",
        "机构（问题）",
        "起卷号001",
        "止卷号001",
    ):
        assert words in box
    assert box.index("起件号") < box.index("止件号"), "起件号 stands in the upper cell"
    for words in (ONE.fonds_name, ONE.title, ONE.code, "X013", "起止件号1—36", "起止卷号001", "第1—2册"):
        assert words in card


@pytest.mark.parametrize("thickness", [3, 12, 19])
def test_each_label_of_a_sample_project_bears_the_mark(tmp_path: Path, faces: Faces, thickness: float) -> None:
    real = dataclasses.replace(ONE, thickness_mm=thickness)
    plain = text_without_spaces(write_labels(tmp_path, faces, real))
    marked = write_labels(tmp_path, faces, dataclasses.replace(real, sample=SAMPLE_MARK))
    assert plain.count(SAMPLE_MARK) == 0
    with pypdfium2.PdfDocument(marked) as document:
        pages = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]
    assert [page.count(SAMPLE_MARK) for page in pages] == [1, 1, 1]
    left, right = find_lines(render(marked, 0), 265, vertical=True)
    assert_no_ink_outside(render(marked, 0), left, right)


def test_dots_of_the_code_are_a_quarter_of_a_character_wide(tmp_path: Path, faces: Faces) -> None:
    """Measure on the card, where the code is printed in 14 pt; the Word forms print the same dot in the same face."""
    out = write_labels(tmp_path, faces, ONE)
    with pypdfium2.PdfDocument(out) as document:
        text = document[2].get_textpage()
        words = text.get_text_range()
        start = words.index(ONE.code)
        dots = [start + place for place, char in enumerate(ONE.code) if char == "·"]
        for dot in dots:
            before, after = text.get_charbox(dot - 1, loose=True), text.get_charbox(dot + 1, loose=True)
            assert after[0] - before[2] == pytest.approx(0.25 * 14, abs=0.6)
    assert len(dots) == 3


@pytest.mark.parametrize("words", [LONG, "龘家庄㐂项目", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "一", ""])
def test_title_of_any_length_is_complete_and_inside_its_label(tmp_path: Path, faces: Faces, words: str) -> None:
    out = write_labels(tmp_path, faces, dataclasses.replace(ONE, title=words))
    picture = render(out, 0)
    left, right = find_lines(picture, 265, vertical=True)
    top = labels.TOP
    for beside in (left + 0.3, right - 1.3):
        margin = crop(picture, beside, top + 0.5, beside + 1, top + 269.5)
        assert margin.histogram()[255] / margin.width < 36, "only the lines between cells come near the edge"
    assert_no_ink_outside(picture, left, right)
    text = sorted(text_without_spaces(out).translate(str.maketrans("『』", "“”")))
    for char in words:
        assert text.count(char) >= 2 * words.count(char), "on the spine and on the card"


def assert_no_ink_outside(picture: Image.Image, left: float, right: float, height: float = 270) -> None:
    """Assert that only the crop marks lie outside of the label."""
    top, marks = labels.TOP, labels.CROP_MARK_GAP + labels.CROP_MARK_LENGTH + 0.3
    assert crop(picture, 0, 0, left - marks, FOOT).getbbox() is None
    assert crop(picture, right + marks, 0, 210, FOOT).getbbox() is None
    assert crop(picture, left - marks, top + 0.5, left - 0.3, top + height - 0.5).getbbox() is None
    assert crop(picture, right + 0.3, top + 0.5, right + marks, top + height - 0.5).getbbox() is None
    assert crop(picture, left + 0.5, 0, right - 0.5, top - 0.3).getbbox() is None
    assert crop(picture, left + 0.5, top + height + 0.3, right - 0.5, FOOT).getbbox() is None


def test_boxes_are_filled_in_order_and_labels_continue_on_more_pages(tmp_path: Path, faces: Faces) -> None:
    many = [
        dataclasses.replace(ONE, book=book, books=9, box=(book + 1) // 2, first_item=book * 10, last_item=book * 10 + 9)
        for book in range(9, 0, -1)
    ]
    assert [[spine.book for spine in group] for group in labels.group_by_box(many)] == [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
        [9],
    ]
    out = write_labels(tmp_path, faces, *many)
    with pypdfium2.PdfDocument(out) as document:
        assert len(document) == 2 + 1 + 3
    assert all(f"第{book}册" in text_without_spaces(out) for book in range(1, 10))


def test_the_same_labels_give_the_same_bytes(tmp_path: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_labels(tmp_path, faces, ONE).read_bytes()
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    assert write_labels(tmp_path, faces, ONE).read_bytes() == first
    assert b"20221230" in first or b"2022-12-30" in first


@pytest.mark.parametrize("change", [{"height": 290}, {"boxes": (20, 200)}, {"spines": (200,)}])
def test_label_sizes_that_do_not_fit_on_a4_are_rejected(tmp_path: Path, faces: Faces, change: dict[str, Any]) -> None:
    with pytest.raises(Stop, match="放不下") as stop:
        labels.write([ONE], dataclasses.replace(SIZES, **change), ABOUT, faces, tmp_path / "out.pdf")
    assert "最多" in stop.value.mend


@pytest.mark.parametrize("words", ["𰻞𬱖𠅤项目❤\ufe0f㊣", "བོད་ཡིག项目🎈q̃", "长" * 300])
def test_rare_and_long_titles_are_read_back_whole(tmp_path: Path, words: str) -> None:
    env = fonts.environment(tmp_path)
    out = write_labels(tmp_path, labels.faces(env, words), dataclasses.replace(ONE, title=words))
    text = unicodedata.normalize("NFKC", text_without_spaces(out))
    for char in unicodedata.normalize("NFKC", words.replace("\ufe0f", "")):
        assert text.count(char) >= 2, "on the spine and on the card"
    assert shared_fonts.undrawn_texts(out) == []


def test_private_character_on_a_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="脊背标签上有自造字") as stop:
        labels.faces(fonts.environment(tmp_path), "紫薇\ue863")
    assert "䶮" in stop.value.mend


def test_character_that_the_faces_of_a_label_lack_is_refused(tmp_path: Path, faces: Faces) -> None:
    with pytest.raises(Stop, match="少印了") as stop:
        write_labels(tmp_path, faces, dataclasses.replace(ONE, title="亲子日🎈"))
    assert "🎈" in stop.value.wrong


def test_text_that_no_size_fits_is_refused(tmp_path: Path, faces: Faces) -> None:
    with pytest.raises(Stop, match="放不下"):
        write_labels(tmp_path, faces, dataclasses.replace(ONE, title="长" * 40_000))
