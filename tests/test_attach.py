"""Whatever people attach becomes upright pages that an archive takes; what cannot is refused with a remedy."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from docx import Document
from pikepdf import pdfa
from PIL import Image, ImageChops

from paperwork import attach, fonts, installed, read, survey
from paperwork.attach import Attached
from paperwork.fill import Filler
from paperwork.forms import read_forms
from paperwork.store import Store
from tests import make, odd

DPI = 50
MM = 72 / 25.4
Kept = Callable[[str], tuple[Attached, Path]]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Each odd attachment made once, its original untouched."""
    folder = tmp_path_factory.mktemp("odd")
    (work := folder / "work").mkdir()
    env = fonts.environment(work)
    known: dict[str, tuple[Attached, Path]] = {}

    def one(name: str) -> tuple[Attached, Path]:
        if name in odd.OFFICE and not installed.program():
            pytest.skip("LibreOffice is missing")
        if name not in known:
            path = odd.write(name, folder)
            before = digest(path)
            known[name] = attach.ready(path, work, f"{len(known):04}", env), path
            assert digest(path) == before, "the original is only read"
        return known[name]

    return one


def seen(path: Path, page: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(path) as opened:
        image: Image.Image = opened[page].render(scale=DPI / 72).to_pil().convert("RGB")
        return image


def patch(image: Image.Image, channel: int) -> tuple[float, float, float, float] | None:
    """Where a picture is red (0) or blue (2): left, top, right, bottom in millimetres."""
    strong, *weak = (image.getchannel(each) for each in (channel, *({0, 1, 2} - {channel})))
    colour = strong.point(lambda value: 255 * (value > 170))
    for each in weak:
        colour = ImageChops.multiply(colour, each.point(lambda value: 255 * (value < 160)))
    box = colour.getbbox()
    return box and tuple(edge / DPI * 25.4 for edge in box)  # type: ignore[return-value]


@pytest.mark.parametrize("name", odd.TAKEN)
def test_every_page_is_there_on_a4_or_a3(kept: Kept, name: str) -> None:
    attached, _ = kept(name)
    with pikepdf.open(attached.pdf) as opened:
        boxes = [[float(edge) for edge in page.mediabox] for page in opened.pages]
        assert not any("/Rotate" in page.obj or "/UserUnit" in page.obj for page in opened.pages)
    expected = [[0, 0, width * MM, height * MM] for width, height in odd.ALL[name].sheets]
    assert attached.pages == len(boxes) == len(expected)
    assert all(box == pytest.approx(each, abs=0.001) for box, each in zip(boxes, expected, strict=True))


@pytest.mark.parametrize("name", [name for name in odd.TAKEN if odd.ALL[name].mark])
def test_pages_are_upright_and_of_their_own_size(kept: Kept, name: str) -> None:
    attached, _ = kept(name)
    image = seen(attached.pdf)
    box = patch(image, 0)
    assert box, "the mark is gone"
    left, top, right, bottom = box
    width, height = odd.ALL[name].sheets[0]
    assert (left + right) / 2 <= width / 2 + 1
    assert (top + bottom) / 2 <= height / 2 + 1
    assert (right - left, bottom - top) == pytest.approx((odd.ALL[name].mark,) * 2, abs=1.1)


@pytest.mark.parametrize("name", [name for name in odd.TAKEN if name in odd.PDFS])
def test_stamps_and_values_are_seen_and_what_is_hidden_is_not(kept: Kept, name: str) -> None:
    image = seen(kept(name)[0].pdf)
    assert bool(patch(image, 2)) is odd.ALL[name].blue


@pytest.mark.parametrize("name", odd.TAKEN)
def test_words_that_can_be_kept_can_be_searched_for(kept: Kept, name: str) -> None:
    with pypdfium2.PdfDocument(kept(name)[0].pdf) as opened:
        words = opened[0].get_textpage().get_text_range()
    assert ("searchable" in words) is odd.ALL[name].text


@pytest.mark.parametrize("name", odd.TAKEN)
def test_what_was_done_is_told_and_nothing_else(kept: Kept, name: str) -> None:
    attached, _ = kept(name)
    told = odd.ALL[name].told
    assert bool(attached.notes) is bool(told)
    assert told in "；".join(attached.notes)
    assert attached.signed is odd.ALL[name].signed


@pytest.mark.parametrize("name", odd.TAKEN)
def test_nothing_acts_and_nothing_is_carried_along(kept: Kept, name: str) -> None:
    with pikepdf.open(kept(name)[0].pdf) as opened:
        keys = {str(key) for each in odd.objects(opened) for key in each}
    assert not keys & {
        "/JS",
        "/AA",
        "/OpenAction",
        "/AcroForm",
        "/XFA",
        "/Annots",
        "/EmbeddedFiles",
        "/A",
        "/ByteRange",
    }


def test_all_of_them_together_become_a_volume_an_archive_takes(kept: Kept, tmp_path: Path) -> None:
    with pikepdf.new() as volume:
        for name in odd.TAKEN:
            with pikepdf.open(kept(name)[0].pdf) as opened:
                volume.add_pages_from(opened)
        assert len(volume.pages) == sum(len(odd.ALL[name].sheets) for name in odd.TAKEN)
        pdfa.save(volume, tmp_path / "volume.pdf", "2b")


@pytest.mark.parametrize("name", odd.REFUSED_ONES)
def test_what_cannot_be_bound_is_refused_with_a_remedy(kept: Kept, name: str) -> None:
    with pytest.raises(ValueError, match=odd.ALL[name].told) as refused:
        kept(name)
    assert "请" in str(refused.value)


@pytest.mark.parametrize("name", [name for name in odd.TAKEN if name not in odd.OFFICE or name == "新文档"])
def test_the_same_file_gives_the_same_bytes(kept: Kept, tmp_path: Path, name: str) -> None:
    attached, path = kept(name)
    again = attach.ready(path, tmp_path, "again", fonts.environment(tmp_path))
    assert again.pdf.read_bytes() == attached.pdf.read_bytes()
    assert again.notes == attached.notes


def test_pictures_keep_no_notes_of_the_camera(kept: Kept) -> None:
    for name in sorted(odd.PICTURES.keys() & set(odd.TAKEN)):
        with pikepdf.open(kept(name)[0].pdf) as opened:
            for image in (page.obj.Resources.XObject.Sheet for page in opened.pages):
                content = image.read_raw_bytes()
                assert image.Filter == "/FlateDecode" or not Image.open(io.BytesIO(content)).getexif()


def test_pictures_stay_clear_of_the_margins(kept: Kept) -> None:
    for name in ("相机", "多页TIFF", "透明PNG"):
        for page in range(kept(name)[0].pages):
            image = seen(kept(name)[0].pdf, page)
            box = ImageChops.invert(image.convert("L")).point(lambda value: 255 * (value > 8)).getbbox()
            assert box
            left, top, right, bottom = (edge / DPI * 25.4 for edge in box)
            assert left >= 24.4
            assert top >= 14.4
            assert image.width / DPI * 25.4 - right >= 14.4
            assert image.height / DPI * 25.4 - bottom >= 14.4


def test_only_the_pages_that_do_not_pass_become_pictures(tmp_path: Path) -> None:
    good, bad = odd.page(tmp_path / "good.pdf"), odd.page(tmp_path / "bad.pdf", embedded=False)
    mixed = tmp_path / "mixed.pdf"
    with pikepdf.new() as pdf, pikepdf.open(good) as one, pikepdf.open(bad) as two:
        for source in (one, two, one, two, two):
            pdf.pages.append(source.pages[0])
        pdf.save(mixed)
    attached = attach.ready(mixed, tmp_path, "out", {})
    assert attached.notes == ("第2、4—5页的字体没有嵌入（或颜色是印刷色），已转成图像",)
    with pypdfium2.PdfDocument(attached.pdf) as opened:
        searchable = ["searchable" in page.get_textpage().get_text_range() for page in opened]
    assert searchable == [True, False, True, False, False]


def test_too_many_pages_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paperwork.pages.MAX_PAGES", 2)
    for name in ("交叉引用坏", "多页TIFF"):
        with pytest.raises(ValueError, match="超过 2 页，请分成几份"):
            attach.ready(odd.write(name, tmp_path), tmp_path, "out", {})


def test_a_file_that_takes_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paperwork.attach.MAX_SECONDS", 2)
    odd.laughing(tmp_path / "in.pdf")
    with pytest.raises(ValueError, match="太复杂，处理不了，请打印后扫描"):
        attach.ready(tmp_path / "in.pdf", tmp_path, "out", {})


def test_a_file_that_wants_all_the_memory_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paperwork.attach.MAX_MEMORY", 2**20)
    path = tmp_path / "large.png"
    Image.new("1", (9900, 9900)).save(path)
    with pytest.raises(ValueError, match="太复杂"):
        attach.ready(path, tmp_path, "out", {})


def test_the_slip_page_says_what_was_done_and_a_refusal_stands_at_its_cell(tmp_path: Path) -> None:
    other = {"类型": "其他", "题名": "协议", "文件": "协议.pdf"}
    rows = [{}, {}, other, {**other, "题名": "包", "文件": "包.zip"}]
    inputs = make.make(tmp_path, 附件=rows)
    odd.ALL["数字签名"].make(inputs / "项目1" / "附件" / "协议.pdf")
    odd.ALL["压缩包"].make(inputs / "项目1" / "附件" / "包.zip")
    project, _ = read.read_project(survey.inputs(inputs), 1)
    assert project is not None
    filler = Filler(project, make.ROOT / "templates" / "docx", tmp_path / "work", {}, Store(tmp_path / "store"), 1)
    documents = {each.title: each for each in filler.documents(read_forms(make.ROOT / "templates" / "forms.toml"))}
    assert documents["协议"].notes == ("有数字签名，卷内是打印件，原件见电子档案包",)
    assert documents["协议"].context["附件说明"] == "有数字签名，卷内是打印件，原件见电子档案包"
    filler.write("附件隔页", documents["协议"].context, tmp_path / "slip.docx")
    cells = [[cell.text for cell in row.cells] for row in Document(str(tmp_path / "slip.docx")).tables[0].rows]
    assert cells[-1] == ["说明", "有数字签名，卷内是打印件，原件见电子档案包"]
    [fault] = filler.faults
    assert (fault.wrong, fault.mend, fault.found) == ("这是压缩包", "请解开后把里面的文件分别登记", "包.zip")
    assert fault.where.cell == "C5"
