"""`脊背与盒签.pdf`: what is glued on the spine of each 册, and on the spine and the front of each box.

Everything has its true size; a ruler at the foot of each sheet shows whether the printer kept it. The cells of a box's
spine are those that DA/T 22-2015 asks for: 起件号 above, 止件号 below.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from paperwork import fonts, leaf, lettering, pack, pdf
from paperwork.faults import ExitCode, Stop
from paperwork.leaf import About
from paperwork.lettering import Area, Face, Faces, Sheets

LABELS = "脊背与盒签.pdf"
MAKER = pack.digest(__file__, lettering.__file__, leaf.__file__)
"""Which version of these modules draws them."""
TOP, SIDE, GAP = 7, 12, 8
"""Millimetres from the paper's edge to the labels, and between two: the corner marks stand there."""
MARK, AWAY = 3, 1
"""Length of a corner mark, and how far from the corner it begins."""
RULER, RULER_TOP = 100, 285.5
MOST_HEIGHT, MOST_WIDTH = 270, 210 - 2 * SIDE
CARD = (180, 127)
"""The front of a box, about A5; two to a sheet."""
WARNING = f"打印时选“实际大小”，此线应为{RULER}毫米"
CAPTION = 9
"""Points of the names of cells."""
ONE_LINE = 6
"""Points: numbers and names of cells are made smaller than this before they take a second line."""
SPARE = ("NotoSerifCJKsc-Regular", "NotoSansCJKsc-Regular")


@dataclass(frozen=True)
class Spine:
    """The label of one 册 or one box."""

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
    """Of the paper."""


def faces(env: Mapping[str, str]) -> Faces:
    """The official faces for labels, and what supplies rare characters."""
    title, head, text = (fonts.file_of(family, env) for family in ("方正小标宋简体", "黑体", "宋体"))
    there: Mapping[str, Face] = fonts.faces(env)
    return Faces(title, head, text, tuple(there[name] for name in SPARE if name in there))


def box_width(thickness_mm: float, boxes: Sequence[int]) -> int:
    """The narrowest spine that takes the paper; the widest when none does."""
    return min((width for width in boxes if width >= thickness_mm), default=max(boxes))


def boxed(spines: Sequence[Spine]) -> list[list[Spine]]:
    """The 册 of each box, by box number."""
    ordered = sorted(spines, key=lambda spine: (spine.box, spine.book))
    return [list(group) for _, group in groupby(ordered, lambda spine: spine.box)]


def write(spines: Sequence[Spine], boxes: Sequence[int], height_mm: int, about: About, faces: Faces, out: Path) -> None:
    """Write the labels on A4 sheets.

    Raises `Stop` when the sizes asked for do not fit on A4.
    """
    if height_mm > MOST_HEIGHT or max(boxes) > MOST_WIDTH:
        wrong = f"标签高 {height_mm} 毫米、脊背厚 {max(boxes)} 毫米，A4 纸上放不下"
        mend = f"label_height_mm 最多写 {MOST_HEIGHT}，box_mm 最多写 {MOST_WIDTH}"
        raise Stop(ExitCode.FAULTY, wrong, mend, "binding.toml")
    sheets = Sheets(faces)
    groups = boxed(spines)
    widths = [box_width(spine.thickness_mm, boxes) for spine in spines]
    for spine, area in zip(spines, _places(sheets, "册脊背标签", widths, height_mm), strict=True):
        _book(sheets, spine, area)
    widths = [box_width(sum(spine.thickness_mm for spine in group), boxes) for group in groups]
    for group, area in zip(groups, _places(sheets, "档案盒脊背标签", widths, height_mm), strict=True):
        _box(sheets, group, area)
    for group, area in zip(groups, _cards(sheets, len(groups)), strict=True):
        _card(sheets, group, area)
    pdf.finish(sheets.done(), about, out)


# ---- where labels stand on the sheets


def _places(sheets: Sheets, kind: str, widths: Sequence[int], height: int) -> Iterator[Area]:
    """Spine labels side by side; a new sheet where the next would not fit."""
    x = 210.0
    for width in widths:
        if x + width > 210 - SIDE:
            x = SIDE
            _sheet(sheets, kind)
        area = Area(x, TOP, width, height)
        _cut(sheets, area)
        yield area
        x += width + GAP


def _cards(sheets: Sheets, count: int) -> Iterator[Area]:
    for place in range(count):
        if place % 2 == 0:
            _sheet(sheets, "档案盒正面标签")
        area = Area((210 - CARD[0]) / 2, TOP + place % 2 * (CARD[1] + GAP), *CARD)
        _cut(sheets, area)
        yield area


def _sheet(sheets: Sheets, kind: str) -> None:
    """Begin a sheet, with the ruler that shows whether it was printed in true size."""
    sheets.sheet()
    left = (210 - RULER) / 2
    sheets.line(left, RULER_TOP, left + RULER, RULER_TOP, 0.2)
    for tick in range(0, RULER + 1, 10):
        sheets.line(left + tick, RULER_TOP - (2 if tick % RULER else 3), left + tick, RULER_TOP, 0.2)
    sheets.across(f"{kind}　　{WARNING}", Area(SIDE, RULER_TOP + 1, 210 - 2 * SIDE, 6), 10)


def _cut(sheets: Sheets, area: Area) -> None:
    """Thin lines to cut along, and marks outside the corners for the ruler."""
    sheets.frame(area)
    for x, out in ((area.x, -1), (area.x + area.w, 1)):
        for y, up in ((area.y, -1), (area.y + area.h, 1)):
            sheets.line(x + out * AWAY, y, x + out * (AWAY + MARK), y)
            sheets.line(x, y + up * AWAY, x, y + up * (AWAY + MARK))


# ---- what stands on a label


def _book(sheets: Sheets, spine: Spine, area: Area) -> None:
    """The spine of one 册."""
    fonds, year, title, retention, code, number = area.rows(58, 15, 108, 15, 54, 20)
    for cell in (year, title, retention, code, number):
        sheets.line(cell.x, cell.y, cell.x + cell.w, cell.y)
    sheets.down(spine.fonds_name, fonds.within(2), 18, "head")
    _cell(sheets, year, "年度", spine.year)
    sheets.down(spine.title, title.within(2), 26, "title")
    _cell(sheets, retention, "保管期限", spine.retention)
    caption, value = code.rows(5, code.h - 5)
    sheets.across("档号", _small(caption), CAPTION, "head", least=ONE_LINE)
    sheets.lying(spine.code, value.within(1.5), 14, least=8)
    above, below = number.within(1.5).rows(1, 1)
    sheets.across(f"第{spine.book}册", above, 15, "head", least=ONE_LINE)
    sheets.across(f"共{spine.books}册", below, 15, "head", least=ONE_LINE)


def _box(sheets: Sheets, group: Sequence[Spine], area: Area) -> None:
    """The spine of one box (DA/T 22-2015)."""
    spine = group[0]
    cells = area.rows(30, 30, 30, 80, 35, 35, 30)
    for cell in cells[1:]:
        sheets.line(cell.x, cell.y, cell.x + cell.w, cell.y)
    fonds, year, retention, bureau, first, last, number = cells
    _cell(sheets, fonds, "全宗号", spine.fonds)
    _cell(sheets, year, "年度", spine.year)
    _cell(sheets, retention, "保管期限", spine.retention)
    caption, value = bureau.rows(5, bureau.h - 5)
    sheets.across("机构（问题）", _small(caption), CAPTION, "head", least=ONE_LINE)
    sheets.down(spine.bureau, value.within(2), 24)
    _cell(sheets, first, "起件号", str(min(each.first_item for each in group)))
    _cell(sheets, last, "止件号", str(max(each.last_item for each in group)))
    _cell(sheets, number, "盒号", str(spine.box))


def _cell(sheets: Sheets, area: Area, name: str, value: str) -> None:
    """A cell with its name above its value."""
    caption, rest = area.rows(5, area.h - 5)
    sheets.across(name, _small(caption), CAPTION, "head", least=ONE_LINE)
    sheets.across(value, rest.within(1), 20, least=ONE_LINE)


def _small(caption: Area) -> Area:
    return Area(caption.x + 1, caption.y + 0.8, caption.w - 2, caption.h - 0.8)


def _card(sheets: Sheets, group: Sequence[Spine], area: Area) -> None:
    """The front of one box: 全宗名称 with a double rule below, then what is inside."""
    spine = group[0]
    inner = area.within(8)
    fonds, title, table = inner.rows(24, 42, 45)
    sheets.across(spine.fonds_name, Area(fonds.x, fonds.y, fonds.w, fonds.h - 4), 28, "title", least=20)
    for above in (1.2, 0):
        sheets.line(fonds.x, fonds.y + fonds.h - above, fonds.x + fonds.w, fonds.y + fonds.h - above, 0.5)
    sheets.across(spine.title, title.within(3), 24, "title", least=20)
    code, *others = table.rows(1, 1, 1, 1)
    _pair(sheets, code, "档号", spine.code, 0.135)
    books = f"{group[0].book}—{group[-1].book}" if len(group) > 1 else f"{group[0].book}"
    items = f"{min(each.first_item for each in group)}—{max(each.last_item for each in group)}"
    pairs = (
        (("全宗号", spine.fonds), ("年度", spine.year)),
        (("保管期限", spine.retention), ("机构（问题）", spine.bureau)),
        (("起止件号", items), ("盒号", f"{spine.box}（第{books}册，共{spine.books}册）")),
    )
    for row, pair in zip(others, pairs, strict=True):
        for half, (name, value) in zip(row.columns(1, 1), pair, strict=True):
            _pair(sheets, half, name, value, 0.27)
    sheets.frame(table, 0.3)


def _pair(sheets: Sheets, area: Area, name: str, value: str, share: float) -> None:
    """A cell of the front's table: its name at the left, its value beside it."""
    head, rest = area.columns(share, 1 - share)
    sheets.frame(area)
    sheets.line(rest.x, rest.y, rest.x, rest.y + rest.h)
    sheets.across(name, head.within(1), 12, "head", least=ONE_LINE)
    sheets.across(value, Area(rest.x + 2, rest.y + 1, rest.w - 3, rest.h - 2), 14, left=True, least=10)
