"""Pages set upright, merged, numbered, and read back by another library."""

import datetime as dt
from pathlib import Path

import pikepdf
import pytest
from fpdf import FPDF
from pypdf import PdfReader

from paperwork import leaf, pages, pdf, proof
from paperwork.leaf import About
from paperwork.pdf import Bookmark, Part
from tests import make
from tests.readback import printed_number

ABOUT = About("题名", "责任者", "主题", dt.date(2022, 12, 30))
FONT = (Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"), 0)


def worded(path: Path, words: list[str], size: tuple[float, float] = (595, 842), turned: int = 0) -> Path:
    """A PDF with a word near the top of each page as it is stored; `turned` is every page's /Rotate."""
    made = FPDF(unit="pt")
    for word in words:
        made.add_page(format=size)
        made.set_font("helvetica", size=20)
        made.text(60, 60, word)
    made.output(str(path))
    if turned:
        with pikepdf.open(path, allow_overwriting_input=True) as opened:
            for page in opened.pages:
                page.rotate(turned, relative=False)
            opened.save(path)
    return path


@pytest.mark.parametrize(
    ("size", "turned", "upright"),
    [
        ((595, 842), 0, (595, 842)),
        ((595, 842), 90, (842, 595)),
        ((842, 595), 90, (595, 842)),
        ((842, 595), 0, (842, 595)),
        ((842, 1191), 0, (842, 1191)),
        ((420, 298), 180, (842, 595)),
    ],
)
def test_any_page_becomes_an_upright_sheet_of_a4_or_a3(
    tmp_path: Path, size: tuple[float, float], turned: int, upright: tuple[float, float]
) -> None:
    out = tmp_path / "out.pdf"
    pages.lay(worded(tmp_path / "in.pdf", ["word"], size, turned), out)
    [page] = PdfReader(out).pages
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == upright
    assert page.rotation == 0
    assert "word" in page.extract_text()


def test_stamps_in_annotations_are_not_lost(tmp_path: Path) -> None:
    path = worded(tmp_path / "in.pdf", ["word"])
    with pikepdf.open(path, allow_overwriting_input=True) as opened:
        look = opened.make_stream(b"1 0 0 rg 0 0 50 50 re f", BBox=[0, 0, 50, 50], Subtype=pikepdf.Name.Form)
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[100, 100, 150, 150], F=4,
            AP=pikepdf.Dictionary(N=look),
        )  # fmt: skip
        opened.pages[0].obj.Annots = opened.make_indirect(pikepdf.Array([note]))
        opened.save(path)
    pages.lay(path, tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as opened:
        drawn = b"".join(obj.read_bytes() for obj in opened.objects if isinstance(obj, pikepdf.Stream))
    assert b"1 0 0 rg" in drawn


@pytest.mark.parametrize("kind", ["empty", "text", "password"])
def test_what_cannot_be_opened_says_why(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(b"" if kind == "empty" else b"no pdf at all")
    if kind == "password":
        with pikepdf.open(make.scan(path)) as opened:
            opened.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="u", owner="o"))
        path = tmp_path / "locked.pdf"
    with pytest.raises(ValueError, match="密码" if kind == "password" else "打不开"):
        pdf.pages(path)


def bound(folder: Path) -> Path:
    """A small volume: a cover, an item of two pages, a landscape scan that was rotated."""
    cover = worded(folder / "cover.pdf", ["cover"])
    first = worded(folder / "first.pdf", ["one", "two"])
    scan = folder / "scan.pdf"
    pages.lay(worded(folder / "raw.pdf", ["scan"], turned=90), scan)
    out = folder / "volume.pdf"
    outline = [Bookmark("封面", 0), Bookmark("一、甲", 1, (Bookmark("首件（第1页）", 1), Bookmark("次件（第3页）", 3)))]
    parts = [Part(cover, None, "封面"), Part(first, 1), Part(scan, 3)]
    numbers = folder / "numbers.pdf"
    leaf.stamps(4, FONT, numbers)
    pdf.bind(parts, outline, {}, ABOUT, numbers, {}, out)
    return out


def test_a_volume_is_numbered_labelled_and_bookmarked_alike(tmp_path: Path) -> None:
    out = bound(tmp_path)
    reader = PdfReader(out)
    assert reader.page_labels == ["封面-1", "1", "2", "3"]
    assert [printed_number(reader, page) for page in range(4)] == ["", "1", "2", "3"]
    assert [(each.title, each.label, each.printed) for each in proof.items(out)] == [
        ("首件", "1", "1"),
        ("次件", "3", "3"),
    ]
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("题名", "责任者")


def test_the_number_stands_upright_on_a_landscape_page(tmp_path: Path) -> None:
    page = PdfReader(bound(tmp_path)).pages[3]
    seen: list[tuple[float, float, float]] = []

    def keep(text: str, moved: list[float], placed: list[float], *_: object) -> None:
        if text == "3":
            seen.append((placed[1] or moved[1], placed[4] + moved[4], placed[5] + moved[5]))

    page.extract_text(visitor_text=keep)
    [(skew, x, y)] = seen
    assert skew == 0
    assert x > 700
    assert y < 60


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    first = bound(tmp_path).read_bytes()
    assert bound(tmp_path).read_bytes() == first


def test_a_wrong_number_is_found_by_the_proof(tmp_path: Path) -> None:
    out = bound(tmp_path)
    assert any("书签" in said for said in proof.disagreements(out, [("首件", 1), ("次件", 2)]))
