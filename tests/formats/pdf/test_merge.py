"""PDF pages: made upright, merged, numbered, and read back with another library."""

import datetime as dt
from pathlib import Path

import pikepdf
import pytest
from fpdf import FPDF
from pypdf import PdfReader

from paperwork.formats.pdf import foreign, merge, page_numbers
from paperwork.formats.pdf.merge import Bookmark, Part
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.volume import readback
from tests import make
from tests.readback import printed_number

ABOUT = DocumentMetadata("题名", "责任者", "主题", dt.date(2022, 12, 30))
FONT = (Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"), 0)


def write_pdf(path: Path, words: list[str], size: tuple[float, float] = (595, 842), rotation: int = 0) -> Path:
    """Write a PDF with a word near the top of each page as stored; `rotation` is the /Rotate of every page."""
    new = FPDF(unit="pt")
    for word in words:
        new.add_page(format=size)
        new.set_font("helvetica", size=20)
        new.text(60, 60, word)
    new.output(str(path))
    if rotation:
        with pikepdf.open(path, allow_overwriting_input=True) as opened:
            for page in opened.pages:
                page.rotate(rotation, relative=False)
            opened.save(path)
    return path


@pytest.mark.parametrize(
    ("size", "rotation", "upright"),
    [
        ((595, 842), 0, (595, 842)),
        ((595, 842), 90, (842, 595)),
        ((842, 595), 90, (595, 842)),
        ((842, 595), 0, (842, 595)),
        ((842, 1191), 0, (842, 1191)),
        ((420, 298), 180, (842, 595)),
    ],
)
def test_page_of_any_size_becomes_an_upright_a4_or_a3_page(
    tmp_path: Path, size: tuple[float, float], rotation: int, upright: tuple[float, float]
) -> None:
    out = tmp_path / "out.pdf"
    foreign.convert_pages(write_pdf(tmp_path / "in.pdf", ["word"], size, rotation), out)
    [page] = PdfReader(out).pages
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == upright
    assert page.rotation == 0
    assert "word" in page.extract_text()


def test_stamp_annotations_are_kept(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "in.pdf", ["word"])
    with pikepdf.open(path, allow_overwriting_input=True) as opened:
        appearance = opened.make_stream(b"1 0 0 rg 0 0 50 50 re f", BBox=[0, 0, 50, 50], Subtype=pikepdf.Name.Form)
        annotation = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[100, 100, 150, 150], F=4,
            AP=pikepdf.Dictionary(N=appearance),
        )  # fmt: skip
        opened.pages[0].obj.Annots = opened.make_indirect(pikepdf.Array([annotation]))
        opened.save(path)
    foreign.convert_pages(path, tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as opened:
        drawn = b"".join(obj.read_bytes() for obj in opened.objects if isinstance(obj, pikepdf.Stream))
    assert b"1 0 0 rg" in drawn


@pytest.mark.parametrize("kind", ["empty", "text", "password"])
def test_unreadable_pdf_raises_the_reason(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(b"" if kind == "empty" else b"no pdf at all")
    if kind == "password":
        with pikepdf.open(make.scan(path)) as opened:
            opened.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="u", owner="o"))
        path = tmp_path / "locked.pdf"
    with pytest.raises(ValueError, match="密码" if kind == "password" else "打不开"):
        merge.count_pages(path)


def merge_small_volume(folder: Path) -> Path:
    """Merge a small volume: a cover, an item of two pages, and a landscape scan that was rotated."""
    cover = write_pdf(folder / "cover.pdf", ["cover"])
    first = write_pdf(folder / "first.pdf", ["one", "two"])
    scan = folder / "scan.pdf"
    foreign.convert_pages(write_pdf(folder / "raw.pdf", ["scan"], rotation=90), scan)
    out = folder / "volume.pdf"
    outline = [Bookmark("封面", 0), Bookmark("一、甲", 1, (Bookmark("首件（第1页）", 1), Bookmark("次件（第3页）", 3)))]
    parts = [Part(cover, None, "封面"), Part(first, 1), Part(scan, 3)]
    numbers = folder / "numbers.pdf"
    page_numbers.draw_numbers(4, FONT, numbers)
    merge.merge_volume(parts, outline, {}, ABOUT, numbers, {}, out)
    return out


def test_printed_numbers_page_labels_and_bookmarks_agree(tmp_path: Path) -> None:
    out = merge_small_volume(tmp_path)
    reader = PdfReader(out)
    assert reader.page_labels == ["封面-1", "1", "2", "3"]
    assert [printed_number(reader, page) for page in range(4)] == ["", "1", "2", "3"]
    assert [(each.title, each.label, each.printed) for each in readback.items(out)] == [
        ("首件", "1", "1"),
        ("次件", "3", "3"),
    ]
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("题名", "责任者")


def test_page_number_is_upright_on_a_landscape_page(tmp_path: Path) -> None:
    page = PdfReader(merge_small_volume(tmp_path)).pages[3]
    found: list[tuple[float, float, float]] = []

    def collect(text: str, moved: list[float], placed: list[float], *_: object) -> None:
        if text == "3":
            found.append((placed[1] or moved[1], placed[4] + moved[4], placed[5] + moved[5]))

    page.extract_text(visitor_text=collect)
    [(skew, x, y)] = found
    assert skew == 0
    assert x > 700
    assert y < 60


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    first = merge_small_volume(tmp_path).read_bytes()
    assert merge_small_volume(tmp_path).read_bytes() == first


def test_readback_detects_a_wrong_page_number(tmp_path: Path) -> None:
    out = merge_small_volume(tmp_path)
    assert any("书签" in message for message in readback.disagreements(out, [("首件", 1), ("次件", 2)]))
