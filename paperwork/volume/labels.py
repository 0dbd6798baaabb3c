"""Draw 脊背与盒签.pdf: labels for the spine of each 册, and for the spine and the front of each 档案盒.

All labels are drawn in true size. A ruler at the foot of each sheet of paper shows if the printer has scaled it. The
cells of a box's spine are those of DA/T 22-2015, and 起止卷号 besides, since a project is filed as a 案卷: the first
number above, the last below.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from paperwork.core.faults import ExitCode, Stop
from paperwork.documents import proofreading
from paperwork.formats.office import coverage, fonts
from paperwork.formats.office.runs import ShownText
from paperwork.formats.pdf import merge, render
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.text_boxes import CORNERS, Area, Face, Faces, LabelCanvas

LABELS = "脊背与盒签.pdf"
TOP, SIDE, GAP = 7, 12, 8
"""Millimetres from the upper and side edges of the paper to the labels, and between labels: room for crop marks."""
CROP_MARK_LENGTH, CROP_MARK_GAP = 3, 1
"""Length of a crop mark, and its distance from the corner, in millimetres."""
RULER, RULER_TOP = 100, 285.5
"""Length of the ruler, and its distance from the upper edge of the paper, in millimetres."""
MOST_HEIGHT, MOST_WIDTH = 270, 210 - 2 * SIDE
"""Largest label that fits on A4, in millimetres."""
CARD = (180, 127)
"""Width and height of a box's front label in millimetres, about A5; two fit on a sheet of paper."""
WARNING = f"打印时选“实际大小”，此线应为{RULER}毫米"
CAPTION = 9
"""Font size of cell names in points."""
SAMPLE_CELL, SAMPLE_SIZE = 15, 9
"""Height in millimetres of the cell that marks the label of a sample project, and its largest font size in points."""
ONE_LINE = 6
"""Smallest font size in points at which numbers and cell names stay on one line; below it a second line is tried."""
SPARE = ("NotoSerifCJKsc-Regular", "NotoSansCJKsc-Regular")
"""Fallback fonts for characters that the official fonts lack."""


@dataclass(frozen=True)
class Spine:
    """Data for the spine label of one 册; the 册 of a box share its labels."""

    title: str
    fonds: str
    """全宗号"""
    fonds_name: str
    year: str
    retention: str
    code: str
    """档号"""
    bureau: str
    """机构（问题）"""
    first_item: int
    last_item: int
    book: int
    books: int
    box: int
    thickness_mm: float
    """Thickness of the paper in the 册."""
    file_number: str = ""
    """案卷号, in three digits"""
    sample: str = ""
    """示例标记: marks the labels of a sample project; empty for a real one."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return the texts that the labels show whole: upright on the fronts of boxes, vertical on the spines."""
        own = (self.title, self.fonds_name, self.code, self.bureau, self.fonds, self.year, self.retention)
        return (*own, self.file_number, self.sample)


@dataclass(frozen=True)
class LabelSizes:
    """Widths of spines and height of labels in millimetres.

    A 册 that is thicker than all of `spines` gets the width of a box.
    """

    spines: tuple[int, ...]
    boxes: tuple[int, ...]
    height: int

    @property
    def of_books(self) -> tuple[int, ...]:
        """Return the widths of the spine labels of 册."""
        return (*self.spines, *self.boxes)


def faces(env: Mapping[str, str], words: str = "") -> Faces:
    """Return the official fonts for labels, and the spare fonts for characters of `words` that these lack.

    Raises `Stop` for a character that no font has.
    """
    families = ("方正小标宋简体", "黑体", "宋体", "Times New Roman")
    title, head, text, latin = (fonts.font_file(family, env) for family in families)
    installed: Mapping[str, Face] = fonts.installed_faces(env)
    spare = [installed[name] for name in SPARE if name in installed]
    if not coverage.is_common(words):
        covered = coverage.read_coverage(env)
        if chars := coverage.find_unprintable(words, covered):
            reason = coverage.explain(chars)
            raise Stop(ExitCode.FAULTY, f"脊背标签上{reason.wrong}", reason.mend)
        spare += [fonts.font_file(family, env) for _, family in covered.pieces(words) if family]
    return Faces(title, head, text, latin, tuple(dict.fromkeys(spare)))


def narrowest(thickness_mm: float, widths: Sequence[int]) -> int:
    """Return the narrowest width in millimetres that holds the paper, or the widest if none does."""
    return min((width for width in widths if width >= thickness_mm), default=max(widths))


def group_by_box(spines: Sequence[Spine]) -> list[list[Spine]]:
    """Return the 册 of each box, in order of box number."""
    ordered = sorted(spines, key=lambda spine: (spine.box, spine.book))
    return [list(group) for _, group in groupby(ordered, lambda spine: spine.box)]


def write(spines: Sequence[Spine], sizes: LabelSizes, about: DocumentMetadata, faces: Faces, out: Path) -> None:
    """Write all labels as a PDF of A4 pages.

    Raises `Stop` if the sizes in binding.toml do not fit on A4.
    """
    if sizes.height > MOST_HEIGHT or max(sizes.of_books) > MOST_WIDTH:
        wrong = f"标签高 {sizes.height} 毫米、脊背厚 {max(sizes.of_books)} 毫米，A4 纸上放不下"
        mend = f"label_height_mm 最多写 {MOST_HEIGHT}，box_mm、spine_mm 最多写 {MOST_WIDTH}"
        raise Stop(ExitCode.FAULTY, wrong, mend, "binding.toml")
    groups = group_by_box(spines)
    with closing(LabelCanvas(faces)) as canvas:
        widths = [narrowest(spine.thickness_mm, sizes.of_books) for spine in spines]
        for spine, area in zip(spines, _spine_areas(canvas, "册脊背标签", widths, sizes.height), strict=True):
            _draw_book_spine(canvas, spine, area)
        # A box holds several 册, so its width follows from the sum of their thicknesses.
        widths = [narrowest(sum(spine.thickness_mm for spine in group), sizes.boxes) for group in groups]
        for group, area in zip(groups, _spine_areas(canvas, "档案盒脊背标签", widths, sizes.height), strict=True):
            _draw_box_spine(canvas, group, area)
        for group, area in zip(groups, _card_areas(canvas, len(groups)), strict=True):
            _draw_box_front(canvas, group, area)
        merge.finish_drawn_pdf(canvas.to_pdf(), about, out)
    _require_whole(spines, groups, out)


def _require_whole(spines: Sequence[Spine], groups: Sequence[Sequence[Spine]], out: Path) -> None:
    """Read the labels back; raise `Stop` if a character is missing."""
    upright = [words for group in groups for words in group[0].words]
    vertical = [
        words
        for spine in spines
        for words in (spine.title.translate(CORNERS), spine.fonds_name, spine.code, spine.file_number, spine.sample)
    ]
    for loss in proofreading.compare(ShownText([*upright, *vertical], ()), render.page_texts(out)):
        wrong = f"脊背与盒签上少印了“{loss.missing}”"
        raise Stop(ExitCode.FAULTY, wrong, f"请把“{loss.paragraph}”写短些，或改成别的写法")


# ---- positions of labels on the paper


def _spine_areas(canvas: LabelCanvas, kind: str, widths: Sequence[int], height: int) -> Iterator[Area]:
    """Yield the areas of spine labels side by side; a new page begins where the next would not fit."""
    x = 210.0  # the right edge of A4, so that the first label begins a page
    for width in widths:
        if x + width > 210 - SIDE:
            x = SIDE
            _begin_page(canvas, kind)
        area = Area(x, TOP, width, height)
        _draw_crop_marks(canvas, area)
        yield area
        x += width + GAP


def _card_areas(canvas: LabelCanvas, count: int) -> Iterator[Area]:
    """Yield the areas of front labels, two to a page."""
    for place in range(count):
        if place % 2 == 0:
            _begin_page(canvas, "档案盒正面标签")
        area = Area((210 - CARD[0]) / 2, TOP + place % 2 * (CARD[1] + GAP), *CARD)
        _draw_crop_marks(canvas, area)
        yield area


def _begin_page(canvas: LabelCanvas, kind: str) -> None:
    """Begin a page and draw the ruler that shows if it was printed in true size."""
    canvas.begin_page()
    left = (210 - RULER) / 2
    canvas.line(left, RULER_TOP, left + RULER, RULER_TOP, 0.2)
    for tick in range(0, RULER + 1, 10):
        canvas.line(left + tick, RULER_TOP - (2 if tick % RULER else 3), left + tick, RULER_TOP, 0.2)
    canvas.draw_horizontal(f"{kind}　　{WARNING}", Area(SIDE, RULER_TOP + 1, 210 - 2 * SIDE, 6), 10)


def _draw_crop_marks(canvas: LabelCanvas, area: Area) -> None:
    """Draw the outline to cut along, and crop marks outside the corners where a ruler is laid."""
    canvas.frame(area)
    for x, x_sign in ((area.x, -1), (area.x + area.w, 1)):
        for y, y_sign in ((area.y, -1), (area.y + area.h, 1)):
            canvas.line(x + x_sign * CROP_MARK_GAP, y, x + x_sign * (CROP_MARK_GAP + CROP_MARK_LENGTH), y)
            canvas.line(x, y + y_sign * CROP_MARK_GAP, x, y + y_sign * (CROP_MARK_GAP + CROP_MARK_LENGTH))


# ---- contents of a label


def _draw_book_spine(canvas: LabelCanvas, spine: Spine, area: Area) -> None:
    """Draw the spine label of one 册."""
    area = _mark_sample(canvas, spine.sample, area)
    fonds, year, file_number, title, retention, code, number = area.rows(52, 15, 15, 103, 15, 50, 20)
    for cell in (year, file_number, title, retention, code, number):
        canvas.line(cell.x, cell.y, cell.x + cell.w, cell.y)
    canvas.draw_vertical(spine.fonds_name, fonds.inset(1), 18, "head")
    _draw_cell(canvas, year, "年度", spine.year)
    _draw_cell(canvas, file_number, "案卷号", spine.file_number)
    canvas.draw_vertical(spine.title, title.inset(1), 26, "title")
    _draw_cell(canvas, retention, "保管期限", spine.retention)
    caption, value = code.rows(5, code.h - 5)
    canvas.draw_horizontal("档号", _caption_area(caption), CAPTION, "head", least=ONE_LINE)
    canvas.draw_rotated(spine.code, value.inset(1.5), 14, least=8)
    above, below = number.inset(1.5).rows(1, 1)
    canvas.draw_horizontal(f"第{spine.book}册", above, 15, "head", least=ONE_LINE)
    canvas.draw_horizontal(f"共{spine.books}册", below, 15, "head", least=ONE_LINE)


def _mark_sample(canvas: LabelCanvas, mark: str, area: Area) -> Area:
    """Draw the mark of a sample project in a cell at the foot of a label; return the rest of the label."""
    if not mark:
        return area
    rest, cell = area.rows(area.h - SAMPLE_CELL, SAMPLE_CELL)
    canvas.line(cell.x, cell.y, cell.x + cell.w, cell.y)
    canvas.draw_horizontal(mark, cell.inset(0.8), SAMPLE_SIZE, "head", least=ONE_LINE)
    return rest


def _draw_box_spine(canvas: LabelCanvas, group: Sequence[Spine], area: Area) -> None:
    """Draw the spine label of one box."""
    spine = group[0]
    area = _mark_sample(canvas, spine.sample, area)
    cells = area.rows(28, 26, 26, 62, 25, 25, 26, 26, 26)
    for cell in cells[1:]:
        canvas.line(cell.x, cell.y, cell.x + cell.w, cell.y)
    fonds, year, retention, bureau, first_file, last_file, first, last, number = cells
    _draw_cell(canvas, fonds, "全宗号", spine.fonds)
    _draw_cell(canvas, year, "年度", spine.year)
    _draw_cell(canvas, retention, "保管期限", spine.retention)
    caption, value = bureau.rows(5, bureau.h - 5)
    canvas.draw_horizontal("机构（问题）", _caption_area(caption), CAPTION, "head", least=ONE_LINE)
    canvas.draw_vertical(spine.bureau, value.inset(2), 24)
    # All 册 of a box are of one project, which is one 案卷.
    _draw_cell(canvas, first_file, "起卷号", group[0].file_number)
    _draw_cell(canvas, last_file, "止卷号", group[-1].file_number)
    _draw_cell(canvas, first, "起件号", str(min(each.first_item for each in group)))
    _draw_cell(canvas, last, "止件号", str(max(each.last_item for each in group)))
    _draw_cell(canvas, number, "盒号", str(spine.box))


def _draw_cell(canvas: LabelCanvas, area: Area, name: str, value: str) -> None:
    """Draw a cell with its name above its value."""
    caption, rest = area.rows(5, area.h - 5)
    canvas.draw_horizontal(name, _caption_area(caption), CAPTION, "head", least=ONE_LINE)
    canvas.draw_horizontal(value, rest.inset(1), 20, least=ONE_LINE)


def _caption_area(caption: Area) -> Area:
    """Return the area of a cell's name, with a little space to the lines around it."""
    return Area(caption.x + 1, caption.y + 0.8, caption.w - 2, caption.h - 0.8)


def _draw_box_front(canvas: LabelCanvas, group: Sequence[Spine], area: Area) -> None:
    """Draw the front label of one box: 全宗名称 with a double rule below, then the contents of the box."""
    spine = group[0]
    inner = area.inset(8)
    fonds, title, table = inner.rows(24, 37, 50)
    canvas.draw_horizontal(spine.fonds_name, Area(fonds.x, fonds.y, fonds.w, fonds.h - 4), 28, "title", least=20)
    for above in (1.2, 0):
        canvas.line(fonds.x, fonds.y + fonds.h - above, fonds.x + fonds.w, fonds.y + fonds.h - above, 0.5)
    canvas.draw_horizontal(spine.title, title.inset(3), 24, "title", least=20)
    below = Area(inner.x, inner.y + inner.h + 1.5, inner.w, 5)
    canvas.draw_horizontal(spine.sample, below, SAMPLE_SIZE, "head", least=ONE_LINE)
    code, *others = table.rows(1, 1, 1, 1, 1)
    _draw_pair(canvas, code, "档号", spine.code, 0.135)
    books = f"{group[0].book}—{group[-1].book}" if len(group) > 1 else f"{group[0].book}"
    files = "—".join(dict.fromkeys((group[0].file_number, group[-1].file_number)))
    items = f"{min(each.first_item for each in group)}—{max(each.last_item for each in group)}"
    pairs = (
        (("全宗号", spine.fonds), ("年度", spine.year)),
        (("保管期限", spine.retention), ("机构（问题）", spine.bureau)),
        (("起止卷号", files), ("起止件号", items)),
        (("盒号", str(spine.box)), ("册号", f"第{books}册，共{spine.books}册")),
    )
    for row, pair in zip(others, pairs, strict=True):
        for half, (name, value) in zip(row.columns(1, 1), pair, strict=True):
            _draw_pair(canvas, half, name, value, 0.27)
    canvas.frame(table, 0.3)


def _draw_pair(canvas: LabelCanvas, area: Area, name: str, value: str, share: float) -> None:
    """Draw a cell of the front label's table: its name on the left, its value beside it."""
    head, rest = area.columns(share, 1 - share)
    canvas.frame(area)
    canvas.line(rest.x, rest.y, rest.x, rest.y + rest.h)
    canvas.draw_horizontal(name, head.inset(1), 12, "head", least=ONE_LINE)
    canvas.draw_horizontal(value, Area(rest.x + 2, rest.y + 1, rest.w - 3, rest.h - 2), 14, left=True, least=10)
