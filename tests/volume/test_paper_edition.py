"""An archive with short scans bound without dividers: order, numbers, sides, labels, cover, read back."""

import ctypes
import datetime as dt
import json
import re
from collections.abc import Iterator

import pypdfium2
import pytest
from pypdfium2 import raw

from paperwork.archive import verify
from paperwork.build.project import BuildResult
from paperwork.documents.fill import SAMPLE_MARK
from paperwork.formats.paper import POINT
from paperwork.project import blank_workbook
from paperwork.volume import labels, readback
from tests import make, odd
from tests.conftest import bind

NOTED, LONG = "有签名的协议", "五页的材料"
FORMS = ("活动简报", "附件隔页")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build the archive of the good project with attachments, in which up to two pages need no divider."""
    folder = tmp_path_factory.mktemp("paper")
    inputs = make.make(folder)
    attached = inputs / "项目1" / "附件"
    odd.page(attached / "签到.pdf", foot="1/2")
    odd.ALL["数字签名"].make(attached / "协议.pdf")
    make.scan(attached / "长.pdf", pages=5)
    rows = [
        {"类型": "签到表", "题名": "第一次签到表", "文件": "签到.pdf", "活动编号": "HD-01"},
        {"类型": "其他", "题名": NOTED, "文件": "协议.pdf"},
        {"类型": "其他", "题名": LONG, "文件": "长.pdf"},
    ]
    data = {**make.GOOD, "附件": [*make.GOOD["附件"], *rows]}
    blank_workbook.write_workbook(inputs / "项目1" / "项目数据.xlsx", data, dt.date(2022, 3, 1))
    templates = make.forms(folder, FORMS)
    binding = templates / "binding.toml"
    settings = binding.read_text("utf-8")
    assert "bare_scan_pages = 0" in settings
    binding.write_text(settings.replace("bare_scan_pages = 0", "bare_scan_pages = 2"), "utf-8")
    return bind(inputs, folder / "out", templates)


def items(archive: BuildResult) -> dict[str, tuple[int, int]]:
    """Return first page number and number of pages of each item, in order."""
    found = json.loads((archive.folder / "manifest.json").read_text("utf-8"))["items"]
    return {item["title"]: (item["start"], item["pages"]) for item in found}


def test_short_scans_have_no_divider_but_what_is_to_be_said_keeps_its_page(archive: BuildResult) -> None:
    pages = {title: count for title, (_, count) in items(archive).items()}
    assert pages["第一次签到表"] == 1
    assert pages["绩效评估报告"] == 2
    assert pages[NOTED] == 1 + 1, "the note on the signature stands on the divider"
    assert pages[LONG] == 1 + 5


def test_signatures_are_bound_between_the_briefs_of_two_activities(archive: BuildResult) -> None:
    titles = list(items(archive))
    assert titles[:3] == ["第1次培训顺利举行（活动简报）", "第一次签到表", "第2次培训顺利举行（活动简报）"]


def test_contents_lead_to_the_scan_and_the_package_is_sound(archive: BuildResult) -> None:
    volume = archive.folder / "项目档案.pdf"
    found = readback.items(volume)
    assert [(each.title, each.printed) for each in found] == [
        (title, str(at)) for title, (at, _) in items(archive).items()
    ]
    assert readback.links(volume, readback.CONTENTS) == [each.bookmark_page for each in found]
    assert (archive.folder / "word" / "002-第一次签到表.docx").is_file()
    assert verify.verify(archive.folder / "电子档案包").faults == ()


def test_dividers_are_printed_on_one_side(archive: BuildResult) -> None:
    for book in archive.books:
        with pypdfium2.PdfDocument(archive.folder / book.file) as document:
            texts = [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document]
        dividers = [place for place, text in enumerate(texts) if "本部分文件" in text]
        assert dividers
        assert all(place % 2 == 0 and texts[place + 1] == "" for place in dividers)


def test_labels_of_the_sample_project_bear_the_mark_and_the_file_number(archive: BuildResult) -> None:
    with pypdfium2.PdfDocument(archive.folder / labels.LABELS) as document:
        pages = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]
    assert all(SAMPLE_MARK in page and "001" in page for page in pages)
    assert "起卷号001止卷号001" in pages[1]
    assert "X013-ZY·2022·D30·组联部-001" in pages[2]


# ---- the cover


def cover_letters(page: pypdfium2.PdfPage) -> Iterator[tuple[str, str, float, float]]:
    """Yield each character of the cover's values: the character, its face, its place from the left, its base line."""
    text = page.get_textpage()
    for index in range(text.count_chars()):
        name = ctypes.create_string_buffer(100)
        raw.FPDFText_GetFontInfo(text, index, name, 100, ctypes.c_int())
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        char = chr(raw.FPDFText_GetUnicode(text, index))
        if char.strip() and x.value > 66 * POINT and 40 * POINT < y.value < 160 * POINT:
            yield char, name.value.decode().rpartition("+")[2], x.value, y.value


def test_digits_on_the_cover_have_the_face_of_the_text_and_stand_on_the_line(archive: BuildResult) -> None:
    with pypdfium2.PdfDocument(archive.folder / "项目档案.pdf") as document:
        page = document[0]
        letters = list(cover_letters(page))
        boxes = [each.get_bounds() for each in page.get_objects([raw.FPDF_PAGEOBJ_PATH])]
        rules = sorted({round(box[1], 1) for box in boxes if box[2] - box[0] > 80 * POINT})
        faces = {face for char, face, _, _ in letters if "\u4e00" <= char <= "\u9fff"}
        assert len(faces) == 1
        digits = [(face, y) for char, face, _, y in letters if char.isdigit()]
        assert len(digits) > 12
        assert {face for face, _ in digits} == faces
        above = [(y - max(rule for rule in rules if rule < y)) / POINT for _, _, _, y in letters]
        assert max(above) - min(above) < 0.1, "one base line for digits and text in all rows"
        assert 0.5 < min(above) < 2.0
        # Dots in the code are as narrow as on the labels: a quarter of a character.
        [dot, *_] = [place for place, (char, *_) in enumerate(letters) if char == "·"]
        assert letters[dot + 1][2] - letters[dot][2] == pytest.approx(0.25 * 16, abs=0.3)
