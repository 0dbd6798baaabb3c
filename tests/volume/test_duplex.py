"""The paper edition: sides of each sheet, division into 册, and positions measured on the rendered page."""

import datetime as dt
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.documents.declarations import Binding, read_binding
from paperwork.formats.office import fonts
from paperwork.formats.paper import A3, A4, POINT, Size
from paperwork.formats.pdf import imposition, page_numbers, render
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.volume import duplex, frame, readback
from paperwork.volume.page_plan import Item, PagePlan, PlannedItem, plan_pages
from tests import make

BINDING = read_binding(make.ROOT / "templates" / "binding.toml")
ABOUT = DocumentMetadata("卷", "单位", "项目", dt.date(2022, 12, 30))
DPI = 300
LANDSCAPE = A4[::-1]


def item(number: int, pages: int = 1, section: str = "一", parts: tuple[Path, ...] = ()) -> Item:
    """Return an item with this number of pages."""
    return Item(number, f"第{number}件", section, "表", "单位", None, f"{number:03}", parts, pages)


def sheet(path: Path, *sizes: Size, margin_mm: float = 30) -> Path:
    """Write a PDF with a grey block on each page, `margin_mm` from the edges, and a black square at its upper left."""
    with pikepdf.new() as made:
        for width, height in sizes:
            made.add_blank_page(page_size=(width, height))
            edge = margin_mm * POINT
            block = f"0.8 g {edge} {edge} {width - 2 * edge} {height - 2 * edge} re f "
            mark = f"0 g {edge} {height - edge - 20} 20 20 re f"
            made.pages[-1].contents_add((block + mark).encode())
        made.save(path)
    return path


# ---- 册

SHARES = st.lists(st.tuples(st.integers(1, 12), st.sampled_from("一二三")), min_size=1, max_size=40)


@given(SHARES, st.integers(10, 40))
def test_books_stay_within_the_thickness_limit_and_do_not_split_items(shares: list[tuple[int, str]], most: int) -> None:
    ordered = sorted(shares, key=lambda share: share[1])
    laid = plan_pages(item(number, 1, section) for number, (_, section) in enumerate(ordered, 1))
    sheets = {number: count for number, (count, _) in enumerate(ordered, 1)}
    books = duplex.books(laid, sheets, (8, 4), most)
    assert [entry for book in books for entry in book.entries] == list(laid.entries)
    for place, book in enumerate(books):
        assert book.paper_sheets == sum(sheets[entry.item.number] for entry in book.entries) + len(book.sections())
        reserve = 8 if place == 0 else 4
        assert book.paper_sheets + reserve <= most or len(book.entries) == 1
        assert book.number == place + 1


# ---- sides


def test_items_begin_on_the_right_and_blank_backs_have_no_number(tmp_path: Path) -> None:
    paths = [sheet(tmp_path / "a.pdf", A4, A4, A4), sheet(tmp_path / "b.pdf", A4)]
    laid = plan_pages([item(1, 3, parts=(paths[0],)), item(2, 1, parts=(paths[1],))])
    sides = [side for entry in laid.entries for side in duplex.item_sides(entry)]
    assert [side.page_number.number if side.page_number else None for side in sides] == [1, 2, 3, None, 4, None]
    assert duplex.count_paper_sheets(sides) == 3


def test_folded_a3_sheet_is_on_a_front_with_a_blank_back(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.pdf", A4, A3[::-1], A4)
    [entry] = plan_pages([item(1, 3, parts=(path,))]).entries
    sides = duplex.item_sides(entry)
    assert [(side.page_number.number if side.page_number else None, round(max(side.size))) for side in sides] == [
        (1, 842), (None, 842), (2, 1191), (None, 1191), (3, 842), (None, 842),
    ]  # fmt: skip
    assert duplex.a3_page_numbers(sides) == [2]


# ---- positions in millimetres

LETTER, A5 = (612.0, 792.0), (419.5, 595.3)


def print_item(
    path: Path, binding: Binding, tmp_path: Path, first: int = 1
) -> tuple[list[imposition.Side], pypdfium2.PdfDocument]:
    """Write an item's sides as they are printed; return the sides and the PDF."""
    entry = PlannedItem(item(1, len(imposition.page_sizes(path)), parts=(path,)), first)
    sides = list(duplex.place_sides(duplex.item_sides(entry), binding, lambda path: list(render.page_inks(path))))
    env = fonts.environment(tmp_path)
    out = tmp_path / "out.pdf"
    numbers = tmp_path / "numbers.pdf"
    page_numbers.draw_numbers(120, fonts.font_file("宋体", env), numbers)
    imposition.write_imposed(sides, ABOUT, numbers, fonts.installed_faces(env), out)
    expected = [readback.ExpectedSide(side.page_number, side.size, is_blank=side.path is None) for side in sides]
    assert list(readback.find_misprints(out, expected)) == []
    return sides, pypdfium2.PdfDocument(out)


def black_margins(
    page: pypdfium2.PdfPage, area: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return the distances in millimetres from each paper edge to the black content within an area (of 0 to 1)."""
    picture = page.render(scale=DPI / 72).to_pil().convert("L").point(lambda grey: 255 if grey < 100 else 0)
    width, height = picture.size
    left, top, right, bottom = (round(share * edge) for share, edge in zip(area, (width, height) * 2, strict=True))
    box = picture.crop((left, top, right, bottom)).getbbox()
    assert box
    scale = 25.4 / DPI
    return (
        (left + box[0]) * scale,
        (top + box[1]) * scale,
        (width - left - box[2]) * scale,
        (height - top - box[3]) * scale,
    )


CORNERS = {
    ("卷", 0): ((0.7, 0.93, 1, 1), 2, 3), ("卷", 1): ((0, 0.93, 0.3, 1), 0, 3),
    ("件", 0): ((0.7, 0, 1, 0.07), 2, 1), ("件", 1): ((0, 0, 0.3, 0.07), 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("rule", ["卷", "件"])
@pytest.mark.parametrize("place", [0, 1])
def test_page_numbers_follow_the_numbering_rule(rule: str, place: int, tmp_path: Path) -> None:
    binding = Binding(**{**BINDING.__dict__, "numbers": rule})
    _, document = print_item(sheet(tmp_path / "a.pdf", A4, A4), binding, tmp_path, first=108)
    area, side, edge = CORNERS[rule, place]
    found = black_margins(document[place], area)
    assert found[side] == pytest.approx(binding.number_side_mm, abs=0.6)  # a digit does not fill its width
    assert found[edge] == pytest.approx(binding.number_edge_mm, abs=0.6)


@pytest.mark.parametrize("size", [A4, LANDSCAPE, A3[::-1], (A3[0], A3[1])], ids=["A4", "A4 across", "A3", "A3 upright"])
@pytest.mark.parametrize("margin", [30, 10, 0])
def test_binding_margin_is_free_of_content(size: Size, margin: float, tmp_path: Path) -> None:
    sides, document = print_item(sheet(tmp_path / "a.pdf", size, size, margin_mm=margin), BINDING, tmp_path)
    assert [side.page_number.number for side in sides if side.page_number] == [1, 2]
    boxes = list(render.ink_boxes(tmp_path / "out.pdf"))
    for place, (side, box) in enumerate(zip(sides, boxes, strict=True)):
        if not box:
            continue
        spine = box[0] if place % 2 == 0 else side.size[0] - box[2]
        assert spine >= (BINDING.binding_margin_mm - 0.8) * POINT
        assert all(edge >= (frame.AIR_MM - 0.8) * POINT for edge in (box[1], side.size[1] - box[3]))
        page = document[place]
        paper = (round(page.get_width()), round(page.get_height()))
        assert paper in ((595, 842), (1191, 842))


def test_landscape_page_is_rotated_with_its_top_to_the_left(tmp_path: Path) -> None:
    _, document = print_item(sheet(tmp_path / "a.pdf", LANDSCAPE), BINDING, tmp_path)
    left, _, _, bottom = black_margins(document[0], (0, 0.5, 0.5, 0.92))
    assert left < 45  # the mark moved from the upper left to the lower left
    assert bottom < 45


def test_pages_clear_of_the_spine_are_not_moved(tmp_path: Path) -> None:
    sides, _ = print_item(sheet(tmp_path / "a.pdf", A4, A4, margin_mm=26), BINDING, tmp_path)
    assert all(side.matrix == imposition.UNCHANGED for side in sides)


@pytest.mark.parametrize("size", [LETTER, LETTER[::-1], A5])
def test_pages_of_other_sizes_lie_on_the_paper_and_their_numbers_in_place(size: Size, tmp_path: Path) -> None:
    """A form of staff on Letter: its numbers are read back by `print_item`."""
    _, document = print_item(sheet(tmp_path / "a.pdf", size, size), BINDING, tmp_path)
    assert [tuple(round(edge) for edge in page.get_size()) for page in document] == [(595, 842)] * 2


def test_partial_plan_counts_only_its_own_pages() -> None:
    laid = plan_pages([item(1, 3), item(2, 2), item(3, 4)])
    assert PagePlan(laid.entries[1:]).pages == 6
    assert laid.pages == 9
