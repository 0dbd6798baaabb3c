"""Page numbers beside foreign pages with digits of their own: nothing is covered, and only our number is read back.

Each kind of page is bound in both editions. Ink is compared on pages rendered by PDFium, with and without the number.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from fpdf import FPDF
from PIL import Image, ImageChops, ImageStat

from paperwork.documents.declarations import Binding, read_binding
from paperwork.formats.office import fonts
from paperwork.formats.paper import A4, POINT, Box
from paperwork.formats.pdf import foreign, imposition, merge, page_numbers, render
from paperwork.formats.pdf.imposition import UNCHANGED, Matrix, Side
from paperwork.formats.pdf.merge import Part
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.volume import duplex, frame, readback
from paperwork.volume.page_plan import Item, PlannedItem
from tests import make

BINDING = read_binding(make.TEMPLATES / "binding.toml")
ABOUT = DocumentMetadata("卷", "单位", "项目", dt.date(2022, 12, 30))
DPI = 150
FIRST = 11
"""Number of the first page that is bound."""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment with the faces of the volume."""
    return dict(fonts.environment(tmp_path_factory.mktemp("fonts")))


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """Draw page numbers as the program does."""
    out = tmp_path_factory.mktemp("numbers") / "numbers.pdf"
    page_numbers.draw_numbers(40, fonts.font_file("宋体", env), out)
    return out


Draw = Callable[[FPDF], None]


def words(text: str, x: float, y: float, size: float = 14) -> Draw:
    """Return a drawing of text that ends `x` mm from the right, its base line `y` mm from the foot of the page."""

    def draw(page: FPDF) -> None:
        page.set_font("own", size=size)
        page.text(page.w - x - page.get_string_width(text), page.h - y, text)

    return draw


def grey(page: FPDF) -> None:
    """Fill the whole page, as a scan does."""
    page.set_fill_color(200)
    page.rect(0, 0, page.w, page.h, style="F")


def body(page: FPDF) -> None:
    """Draw a text block, as an ordinary page has it."""
    page.set_fill_color(90)
    page.rect(28, 30, page.w - 56, page.h - 70, style="F")


PAGES: dict[str, tuple[Sequence[Draw], bool, int, bool]] = {
    # drawings, landscape, /Rotate, media box away from the origin
    "browser": ((body, words("1/2", 8, 3.5, 8)), False, 0, False),
    "dashes": ((body, words("- 1 -", 100, 15)), False, 0, False),
    "Chinese": ((body, words("第1页 共2页", 10, 10)), False, 0, False),
    "our place": ((body, words("7", 20, 13)), False, 0, False),
    "our place and number": ((body, words(str(FIRST), 20, 13)), False, 0, False),
    "scan": ((grey, words("7", 20, 13)), False, 0, False),
    "scan across": ((grey, words("7", 20, 13)), True, 0, False),
    "turned": ((body, words("1/2", 8, 3.5)), True, 90, False),
    "turned scan": ((grey, words("7", 20, 13)), False, 270, False),
    "offset": ((grey, words("1/2", 8, 3.5)), False, 0, True),
    "foot only": ((words("7", 20, 13),), False, 0, False),
    "nothing there": ((body,), False, 0, False),
}  # fmt: skip


@pytest.fixture(scope="module", params=PAGES)
def part(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """Write an attachment of two equal pages of one kind and convert it as the program does."""
    drawings, is_landscape, turn, is_offset = PAGES[request.param]
    folder = tmp_path_factory.mktemp("part")
    canvas = FPDF(unit="mm", format="A4", orientation="landscape" if is_landscape else "portrait")
    file, index = fonts.font_file("宋体", env)
    canvas.add_font("own", fname=str(file), collection_font_number=index)
    for _ in range(2):
        canvas.add_page()
        for draw in drawings:
            draw(canvas)
    canvas.output(str(folder / "raw.pdf"))
    with pikepdf.open(folder / "raw.pdf", allow_overwriting_input=True) as opened:
        for page in opened.pages:
            page.rotate(turn, relative=False)
            if is_offset:
                imposition.move_content(page, (1, 0, 0, 1, 300, -200))
                box = [float(edge) for edge in page.mediabox]
                page.obj.MediaBox = pikepdf.Array([box[0] + 300, box[1] - 200, box[2] + 300, box[3] - 200])
                page.obj.CropBox = page.obj.MediaBox
        opened.save(folder / "raw.pdf")
    foreign.convert_pages(folder / "raw.pdf", folder / "part.pdf")
    return folder / "part.pdf"


def drawn(path: Path, page: int) -> Image.Image:
    """Render a page in greys, 255 for ink."""
    with pypdfium2.PdfDocument(path) as opened:
        picture: Image.Image = opened[page].render(scale=DPI / 72).to_pil().convert("L")
    return ImageChops.invert(picture)


def cropped(picture: Image.Image, box: Box, air: float = 0) -> tuple[int, int, int, int]:
    """Return the pixels of a box in points, with some air in points around it."""
    pixel = DPI / 72
    left, bottom, right, top = box[0] - air, box[1] - air, box[2] + air, box[3] + air
    return (
        round(left * pixel),
        picture.height - round(top * pixel),
        round(right * pixel),
        picture.height - round(bottom * pixel),
    )


def ink(picture: Image.Image) -> float:
    """Return the amount of ink on a picture."""
    return float(ImageStat.Stat(picture).sum[0])


def darkest(picture: Image.Image) -> int:
    """Return the darkest ink on a picture, up to 255."""
    return max(picture.tobytes())


def require_uncovered(pages: tuple[Image.Image, ...], box: Box, scale: float) -> None:
    """Assert that a bound page shows all ink of its source, and has none but the number's in the number's box.

    `pages` are the source, and the bound page without and with its number.
    """
    source, bare, numbered = pages
    assert ink(bare) == pytest.approx(ink(source) * scale**2, rel=0.02)
    area = cropped(bare, box, 1)
    assert darkest(bare.crop(area)) <= 5, "ink under the number"
    assert darkest(numbered.crop(area)) > 150, "the number itself"
    difference = ImageChops.difference(bare, numbered)
    difference.paste(0, area)
    assert darkest(difference) <= 5, "the number covers something beside itself"


# ---- the electronic edition


def bound(part: Path, numbers: Path, out: Path, first: int | None = FIRST) -> tuple[Path, list[Matrix]]:
    """Bind an attachment as the electronic edition does; return the file and the matrices of its pages."""
    sizes = imposition.page_sizes(part)
    matrices = [
        frame.fit(page, UNCHANGED, size, PageNumber(number))
        for number, (page, size) in enumerate(zip(render.page_inks(part), sizes, strict=True), FIRST)
    ]
    merge.merge_volume([Part(part, first, "封面", matrices=tuple(matrices))], [], {}, ABOUT, numbers, {}, out)
    return out, matrices


def test_electronic_page_shows_all_ink_and_only_our_number_is_read(part: Path, numbers: Path, tmp_path: Path) -> None:
    numbered, matrices = bound(part, numbers, tmp_path / "numbered.pdf")
    bare, _ = bound(part, numbers, tmp_path / "bare.pdf", None)
    sizes = imposition.page_sizes(part)
    marks = [(PageNumber(FIRST + place), size) for place, size in enumerate(sizes)]
    assert readback.printed_numbers(numbered, marks) == ["11", "12"]
    assert readback.printed_numbers(bare, marks) == ["", ""], "a missing number is found, whatever the page shows"
    for place, ((mark, size), matrix) in enumerate(zip(marks, matrices, strict=True)):
        pictures = drawn(part, place), drawn(bare, place), drawn(numbered, place)
        require_uncovered(pictures, mark.box(size), matrix[0])


@pytest.mark.parametrize("part", ["dashes", "nothing there"], indirect=True)
def test_page_with_a_free_corner_is_not_changed(part: Path, numbers: Path, tmp_path: Path) -> None:
    assert bound(part, numbers, tmp_path / "out.pdf")[1] == [UNCHANGED] * 2


@pytest.mark.parametrize("part", ["our place and number"], indirect=True)
def test_wrong_number_is_found_beside_the_right_digits_of_the_page(part: Path, numbers: Path, tmp_path: Path) -> None:
    wrong, _ = bound(part, numbers, tmp_path / "out.pdf", FIRST + 1)
    marks = [(PageNumber(FIRST + place), A4) for place in range(2)]
    assert readback.printed_numbers(wrong, marks) == ["12", "13"]
    elsewhere = [(replace(mark, side_mm=40), size) for mark, size in marks]
    assert readback.printed_numbers(wrong, elsewhere) == ["12（不在它的位置）", "13（不在它的位置）"]


@pytest.mark.parametrize("part", ["scan"], indirect=True)
def test_scan_is_shrunk_once_with_equal_air_and_a_strip_for_the_number(
    part: Path, numbers: Path, tmp_path: Path
) -> None:
    path, _ = bound(part, numbers, tmp_path / "bare.pdf", None)
    left, below, right, above = edges_mm(path, 0)
    assert (left, right) == (pytest.approx(right, abs=0.4), pytest.approx(left, abs=0.4))
    assert above == pytest.approx(frame.AIR_MM, abs=0.6)
    strip = 13 + 0.68 * 14 / POINT + frame.CLEAR_MM
    assert below == pytest.approx(strip, abs=0.6)
    assert left < 10, "not smaller than it must be"


def edges_mm(path: Path, page: int) -> tuple[float, float, float, float]:
    """Return the white at the left, below, at the right and above on a page, in millimetres."""
    picture = drawn(path, page).point(lambda value: 255 * (value > 20))
    box = picture.getbbox()
    assert box
    pixel = 25.4 / DPI
    return box[0] * pixel, (picture.height - box[3]) * pixel, (picture.width - box[2]) * pixel, box[1] * pixel


# ---- the paper edition


def imposed(part: Path, numbers: Path, binding: Binding, out: Path, env: dict[str, str]) -> list[Side]:
    """Write the sides of an attachment as the paper edition does."""
    pages = len(imposition.page_sizes(part))
    item = Item(1, "件", "一", "表", "单位", None, "001", (part,), pages)
    sides = list(
        duplex.place_sides(
            duplex.item_sides(PlannedItem(item, FIRST)), binding, lambda path: list(render.page_inks(path))
        )
    )
    imposition.write_imposed(sides, ABOUT, numbers, fonts.installed_faces(env), out)
    return sides


@pytest.mark.parametrize("rule", ["卷", "件"])
def test_paper_page_shows_all_ink_clear_of_spine_and_number(
    part: Path, rule: str, numbers: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    binding = replace(BINDING, numbers=rule)
    sides = imposed(part, numbers, binding, tmp_path / "numbered.pdf", env)
    expected = [readback.ExpectedSide(side.page_number, side.size, side.path is None) for side in sides]
    assert list(readback.find_misprints(tmp_path / "numbered.pdf", expected)) == []
    bare = [replace(side, page_number=None) for side in sides]
    imposition.write_imposed(bare, ABOUT, numbers, fonts.installed_faces(env), tmp_path / "bare.pdf")
    found = list(readback.find_misprints(tmp_path / "bare.pdf", expected))
    assert found == ["第1面应印11，印着（无）", "第2面应印12，印着（无）"]
    for place, side in enumerate(sides):
        assert side.page_number
        bound_pages = (drawn(tmp_path / name, place) for name in ("bare.pdf", "numbered.pdf"))
        scale = max(abs(side.matrix[0]), abs(side.matrix[1]))
        require_uncovered((drawn(part, place), *bound_pages), side.page_number.box(side.size), scale)
        left, below, right, above = edges_mm(tmp_path / "bare.pdf", place)
        assert (right if place % 2 else left) >= binding.binding_margin_mm - 0.6
        assert min(left, below, right, above) >= frame.AIR_MM - 0.6


@pytest.mark.parametrize("part", ["scan", "scan across"], indirect=True)
def test_paper_scan_hangs_from_the_head_in_the_middle_of_its_frame(
    part: Path, numbers: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    sides = imposed(part, numbers, BINDING, tmp_path / "out.pdf", env)
    bare = [replace(side, page_number=None) for side in sides]
    imposition.write_imposed(bare, ABOUT, numbers, fonts.installed_faces(env), tmp_path / "bare.pdf")
    for place in range(2):
        left, _, right, above = edges_mm(tmp_path / "bare.pdf", place)
        spine, fore = (right, left) if place % 2 else (left, right)
        assert above == pytest.approx(frame.AIR_MM, abs=0.6)
        assert spine - BINDING.binding_margin_mm == pytest.approx(fore - frame.AIR_MM, abs=0.6)
