"""Attachments of every kind: conversion to upright PDF/A pages, or a refusal with a remedy."""

import hashlib
import io
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from docx import Document
from pikepdf import pdfa
from PIL import Image, ImageChops

from paperwork.checks.rules import registry
from paperwork.core.cache import Cache
from paperwork.core.faults import Level
from paperwork.documents import fill
from paperwork.documents.declarations import read_forms
from paperwork.formats import attachments
from paperwork.formats.attachments import ConvertedAttachment
from paperwork.formats.office import fonts, installation, word_text
from paperwork.project import input_folder, workbook
from tests import make, odd, word_files

DPI = 50
MM = 72 / 25.4
Converted = Callable[[str], tuple[ConvertedAttachment, Path]]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """Return a function that converts each attachment once and checks that the original is unchanged."""
    folder = tmp_path_factory.mktemp("odd")
    (work := folder / "work").mkdir()
    env = fonts.environment(work)
    known: dict[str, tuple[ConvertedAttachment, Path]] = {}

    def convert(name: str) -> tuple[ConvertedAttachment, Path]:
        if name not in known:
            path = odd.write(name, folder)
            before = digest(path)
            known[name] = attachments.convert_attachment(path, work, f"{len(known):04}", env), path
            assert digest(path) == before, "the original is only read"
        return known[name]

    return convert


def rendered(path: Path, page: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(path) as opened:
        image: Image.Image = opened[page].render(scale=DPI / 72).to_pil().convert("RGB")
        return image


def coloured_area(image: Image.Image, channel: int) -> tuple[float, float, float, float] | None:
    """Return the bounding box of red (0) or blue (2) in a picture: left, top, right, bottom in millimetres."""
    strong, *weak = (image.getchannel(each) for each in (channel, *({0, 1, 2} - {channel})))
    colour = strong.point(lambda value: 255 * (value > 170))
    for each in weak:
        colour = ImageChops.multiply(colour, each.point(lambda value: 255 * (value < 160)))
    box = colour.getbbox()
    return box and tuple(edge / DPI * 25.4 for edge in box)  # type: ignore[return-value]


@pytest.mark.parametrize("name", odd.TAKEN)
def test_all_pages_are_converted_to_a4_or_a3(converted: Converted, name: str) -> None:
    attached, _ = converted(name)
    with pikepdf.open(attached.pdf) as opened:
        boxes = [[float(edge) for edge in page.mediabox] for page in opened.pages]
        assert not any("/Rotate" in page.obj or "/UserUnit" in page.obj for page in opened.pages)
    expected = [[0, 0, width * MM, height * MM] for width, height in odd.ALL[name].sheets]
    assert attached.pages == len(boxes) == len(expected)
    assert all(box == pytest.approx(each, abs=0.001) for box, each in zip(boxes, expected, strict=True))


@pytest.mark.parametrize("name", [name for name in odd.TAKEN if odd.ALL[name].mark])
def test_pages_are_upright_and_keep_their_scale(converted: Converted, name: str) -> None:
    attached, _ = converted(name)
    image = rendered(attached.pdf)
    box = coloured_area(image, 0)
    assert box, "the mark is gone"
    left, top, right, bottom = box
    width, height = odd.ALL[name].sheets[0]
    assert (left + right) / 2 <= width / 2 + 1
    assert (top + bottom) / 2 <= height / 2 + 1
    assert (right - left, bottom - top) == pytest.approx((odd.ALL[name].mark,) * 2, abs=1.1)


@pytest.mark.parametrize("name", [name for name in odd.TAKEN if name in odd.PDFS])
def test_stamps_and_field_values_are_visible_and_hidden_layers_are_not(converted: Converted, name: str) -> None:
    image = rendered(converted(name)[0].pdf)
    assert bool(coloured_area(image, 2)) is odd.ALL[name].blue


@pytest.mark.parametrize("name", odd.TAKEN)
def test_text_stays_searchable_unless_the_page_is_rasterised(converted: Converted, name: str) -> None:
    with pypdfium2.PdfDocument(converted(name)[0].pdf) as opened:
        words = opened[0].get_textpage().get_text_range()
    assert ("searchable" in words) is odd.ALL[name].text


@pytest.mark.parametrize("name", odd.TAKEN)
def test_notes_describe_only_the_changes_made(converted: Converted, name: str) -> None:
    attached, _ = converted(name)
    note = odd.ALL[name].note
    assert bool(attached.notes) is bool(note)
    assert note in "；".join(attached.notes)
    assert attached.signed is odd.ALL[name].signed


@pytest.mark.parametrize("name", odd.TAKEN)
def test_scripts_forms_and_embedded_files_are_removed(converted: Converted, name: str) -> None:
    with pikepdf.open(converted(name)[0].pdf) as opened:
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


def test_all_attachments_merge_into_one_pdfa_volume(converted: Converted, tmp_path: Path) -> None:
    with pikepdf.new() as volume:
        for name in odd.TAKEN:
            with pikepdf.open(converted(name)[0].pdf) as opened:
                volume.add_pages_from(opened)
        assert len(volume.pages) == sum(len(odd.ALL[name].sheets) for name in odd.TAKEN)
        pdfa.save(volume, tmp_path / "volume.pdf", "2b")


@pytest.mark.parametrize("name", odd.REFUSED_NAMES)
def test_unusable_attachment_is_refused_with_a_remedy(converted: Converted, name: str) -> None:
    with pytest.raises(ValueError, match=odd.ALL[name].note) as refused:
        converted(name)
    assert "请" in str(refused.value)


@pytest.mark.parametrize("name", [name for name in odd.TAKEN if name not in odd.OFFICE or name == "新文档"])
def test_conversion_is_reproducible(converted: Converted, tmp_path: Path, name: str) -> None:
    attached, path = converted(name)
    again = attachments.convert_attachment(path, tmp_path, "again", fonts.environment(tmp_path))
    assert again.pdf.read_bytes() == attached.pdf.read_bytes()
    assert again.notes == attached.notes


def test_exif_is_removed_from_pictures(converted: Converted) -> None:
    for name in sorted(odd.PICTURES.keys() & set(odd.TAKEN)):
        with pikepdf.open(converted(name)[0].pdf) as opened:
            for image in (page.obj.Resources.XObject.Sheet for page in opened.pages):
                content = image.read_raw_bytes()
                assert image.Filter == "/FlateDecode" or not Image.open(io.BytesIO(content)).getexif()


def test_pictures_stay_clear_of_the_margins(converted: Converted) -> None:
    for name in ("相机", "多页TIFF", "透明PNG"):
        for page in range(converted(name)[0].pages):
            image = rendered(converted(name)[0].pdf, page)
            box = ImageChops.invert(image.convert("L")).point(lambda value: 255 * (value > 8)).getbbox()
            assert box
            left, top, right, bottom = (edge / DPI * 25.4 for edge in box)
            assert left >= 24.4
            assert top >= 14.4
            assert image.width / DPI * 25.4 - right >= 14.4
            assert image.height / DPI * 25.4 - bottom >= 14.4


def test_only_non_conforming_pages_are_rasterised(tmp_path: Path) -> None:
    good, bad = odd.page(tmp_path / "good.pdf"), odd.page(tmp_path / "bad.pdf", embedded=False)
    mixed = tmp_path / "mixed.pdf"
    with pikepdf.new() as pdf, pikepdf.open(good) as one, pikepdf.open(bad) as two:
        for source in (one, two, one, two, two):
            pdf.pages.append(source.pages[0])
        pdf.save(mixed)
    attached = attachments.convert_attachment(mixed, tmp_path, "out", {})
    assert attached.notes == ("第2、4—5页的字体没有嵌入（或颜色是印刷色），已转成图像",)
    with pypdfium2.PdfDocument(attached.pdf) as opened:
        searchable = ["searchable" in page.get_textpage().get_text_range() for page in opened]
    assert searchable == [True, False, True, False, False]


def test_too_many_pages_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paperwork.formats.detect.MAX_PAGES", 2)
    for name in ("交叉引用坏", "多页TIFF"):
        with pytest.raises(ValueError, match="超过 2 页，请分成几份"):
            attachments.convert_attachment(odd.write(name, tmp_path), tmp_path, "out", {})


def test_conversion_timeout_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a file that draws for ever; one of the ordinary kind, with the same timeout, is converted."""
    monkeypatch.setattr("paperwork.formats.attachments.MAX_SECONDS", 5)
    assert attachments.convert_attachment(odd.write("交叉引用坏", tmp_path), tmp_path, "good", {}).pages
    odd.endless(tmp_path / "in.pdf")
    with pytest.raises(ValueError, match="太复杂，处理不了，请打印后扫描"):
        attachments.convert_attachment(tmp_path / "in.pdf", tmp_path, "out", {})


def test_conversion_memory_limit_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave 60 MB over what this process, and so the forked child, uses: enough for a small picture only."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    monkeypatch.setattr("paperwork.formats.attachments.MAX_MEMORY", used + 60 * 2**20)
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    Image.new("1", (400, 400)).save(small)
    Image.new("1", (9900, 9900)).save(large)
    assert attachments.convert_attachment(small, tmp_path, "small", {}).pages == 1
    with pytest.raises(ValueError, match="太复杂"):
        attachments.convert_attachment(large, tmp_path, "out", {})


def test_slip_page_shows_the_note_and_a_refusal_names_its_cell(tmp_path: Path) -> None:
    other = {"类型": "其他", "题名": "协议", "文件": "协议.pdf"}
    rows = [{}, {}, other, {**other, "题名": "包", "文件": "包.zip"}]
    inputs = make.make(tmp_path, 附件=rows)
    odd.ALL["数字签名"].make(inputs / "项目1" / "附件" / "协议.pdf")
    odd.ALL["压缩包"].make(inputs / "项目1" / "附件" / "包.zip")
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None
    filler = fill.prepare(
        project, make.ROOT / "templates" / "docx", tmp_path / "work", {}, Cache(tmp_path / "store"), 1
    )
    made, faults = filler.documents(read_forms(make.ROOT / "templates" / "forms.toml"))
    documents = {each.title: each for each in made}
    assert documents["协议"].notes == ("有数字签名，卷内是打印件，原件见电子档案包",)
    assert documents["协议"].context["附件说明"] == "有数字签名，卷内是打印件，原件见电子档案包"
    filler.fill_template("附件隔页", documents["协议"].context, tmp_path / "slip.docx")
    cells = [[cell.text for cell in row.cells] for row in Document(str(tmp_path / "slip.docx")).tables[0].rows]
    assert cells[-1] == ["说明", "有数字签名，卷内是打印件，原件见电子档案包"]
    assert not faults and "包" not in documents
    [fault] = (fault for fault in registry.apply_rules(project) if fault.where.sheet == "附件")
    assert fault.level is Level.ERROR
    assert (fault.wrong, fault.mend, fault.found) == ("这是压缩包", "请解开后把里面的文件分别登记", "包.zip")
    assert fault.where.cell == "C5"


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a Word file with tracked changes, and the same as .odt and .doc."""
    folder = tmp_path_factory.mktemp("tracked")
    kept, gone = word_files.run("KEPT"), "<w:r><w:delText>GONE</w:delText></w:r>"
    body = word_files.paragraph(f"{kept}<w:del {word_files.BY}>{gone}</w:del>")
    body += word_files.paragraph(f"<w:ins {word_files.BY}>{word_files.run('ADDED')}</w:ins>")
    word_files.write_word(folder / "a.docx", body)
    soffice = str(installation.require_program(""))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind in ("odt", "doc"):
        command = [
            soffice,
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder),
            str(folder / "a.docx"),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.parametrize("kind", ["docx", "odt", "doc"])
def test_tracked_changes_are_printed_as_accepted_and_noted(tracked: Path, tmp_path: Path, kind: str) -> None:
    before = digest(tracked / f"a.{kind}")
    made = attachments.convert_attachment(tracked / f"a.{kind}", tmp_path, "out", {})
    with pypdfium2.PdfDocument(made.pdf) as opened:
        printed = "".join(page.get_textpage().get_text_bounded() for page in opened)
    assert printed.split() == ["KEPT", "ADDED"]
    assert made.notes[1] == "原件里有没接受的修订，卷内照全部接受以后的样子打印"
    assert digest(tracked / f"a.{kind}") == before
    assert word_text.has_changes(tracked / f"a.{kind}") is (kind != "doc")


def test_word_file_without_changes_has_no_such_note(tmp_path: Path) -> None:
    word_files.write_word(tmp_path / "a.docx", word_files.paragraph("KEPT"))
    assert len(attachments.convert_attachment(tmp_path / "a.docx", tmp_path, "out", {}).notes) == 1


def test_date_field_is_printed_as_it_was_saved(tmp_path: Path) -> None:
    char = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    field = f"{char.format('begin')}<w:r><w:instrText> DA</w:instrText></w:r><w:r><w:instrText>TE </w:instrText></w:r>"
    field += f"{char.format('separate')}{word_files.run('SAVED')}{char.format('end')}"
    simple = f'<w:fldSimple w:instr=" FILENAME ">{word_files.run("NAME")}</w:fldSimple>'
    pages = f'<w:fldSimple w:instr=" NUMPAGES ">{word_files.run("9")}</w:fldSimple>'
    word_files.write_word(tmp_path / "a.docx", "".join(map(word_files.paragraph, (field, simple, pages))))
    made = attachments.convert_attachment(tmp_path / "a.docx", tmp_path, "out", {})
    with pypdfium2.PdfDocument(made.pdf) as opened:
        assert opened[0].get_textpage().get_text_bounded().split() == ["SAVED", "NAME", "1"]
    assert made.notes[1:] == ("原件里有会自己变的日期或文件名，卷内照保存时的样子打印",)
