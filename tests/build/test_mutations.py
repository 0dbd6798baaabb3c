"""Nothing goes missing in silence: spoil a sound project in one place at a time, and each time the program says so.

A change is told if the check says something it did not say before, or if it stops. What it does not tell must be
harmless: a blank in a column that may be empty, or words that stand on the page as they were typed.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from docx import Document
from openpyxl import Workbook, load_workbook

from paperwork.checks import check
from paperwork.checks.check import COMPLETE
from paperwork.checks.unprinted import SHOWN_AS
from paperwork.core.faults import Stop
from paperwork.documents.fields import SIGN_IN
from tests import make
from tests.conftest import bind

INTRODUCTION = "填写说明"
MAY_BE_EMPTY = {
    "基本信息": {
        "项目名称", "申报日期", "法定代表人", "单位地址", "开户银行", "银行账号", "全宗号", "档案门类代码", "年度",
        "保管期限", "机构（问题）", "立卷日期", "示例",
    },
    "预算": {"单价", "数量", "单位", "测算依据"},
    "活动": {"简报期号"},
    "名册": {"联系电话", "证件号码"},
    "附件": {"责任者"},
}  # fmt: skip
"""Columns without a star in the contract of the spreadsheets that the sound project fills."""
Place = tuple[str, str]
"""A worksheet and the address of a cell."""


class Sound:
    """A sound project, whose check is repeated after each change."""

    def __init__(self, folder: Path) -> None:
        self.inputs = make.make(folder)
        self.home = self.inputs / "项目1"
        self.workbook = self.home / "项目数据.xlsx"
        self.good = self.workbook.read_bytes()
        self.before = self.look()

    def look(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """Return the state, and all that the check says."""
        try:
            checked = check.examine(1, self.inputs, make.LATER, make.TEMPLATES)
        except Stop as stop:
            return "", frozenset({("", stop.wrong), *((str(each.where), each.wrong) for each in stop.faults)})
        return checked.state, frozenset((str(each.where), each.wrong) for each in checked.faults)

    def is_told(self) -> bool:
        """Return True if the check says something new, or stops."""
        state, said = self.look()
        return bool(said - self.before[1]) or state != self.before[0]

    def restore(self) -> None:
        """Undo a change of the workbook."""
        self.workbook.write_bytes(self.good)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """Return a sound project, which each test leaves as it was."""
    made = Sound(tmp_path_factory.mktemp("sound"))
    assert made.before[0] == COMPLETE
    return made


# ---- cells


def header_of(sheet: Any, cell: Any) -> str:
    """Return the header of a cell; on a key–value sheet, the key."""
    is_keyed = sheet.cell(1, 1).value == "项目"
    return str(sheet.cell(cell.row, 1).value if is_keyed else sheet.cell(1, cell.column).value)


def cells_to_spoil(book: Workbook) -> Iterator[tuple[Any, Any]]:
    """Yield the headers with contents below and the cells of the first row of each table, and all key–value cells."""
    sheets: list[Any] = book.worksheets
    for sheet in sheets:
        is_keyed = sheet.cell(1, 1).value == "项目"
        for row in sheet.iter_rows(min_row=2 if is_keyed else 1, max_row=None if is_keyed else 2):
            for cell in row:
                partner = sheet.cell(cell.row, 2) if is_keyed else sheet.cell(2, cell.column)
                if sheet.title != INTRODUCTION and cell.value is not None and partner.value is not None:
                    yield sheet, cell


def spoil_cells(sound: Sound, value_of: Callable[[int], str | None]) -> list[tuple[str, str, str, bool]]:
    """Change one cell at a time; return sheet, address, header and True if it is a header, of each that is not told."""
    book = load_workbook(sound.workbook)
    silent = []
    count = 0
    for number, (sheet, cell) in enumerate(list(cells_to_spoil(book))):
        old, header = cell.value, header_of(sheet, cell)
        is_key = cell.column == 1 if sheet.cell(1, 1).value == "项目" else cell.row == 1
        if is_key and number % 2 == (value_of(0) is None):  # half of the headers blank, the others with other words
            continue
        cell.value = value_of(number)
        book.save(sound.workbook)
        if not sound.is_told():
            silent.append((sheet.title, cell.coordinate, header, is_key))
        cell.value = old
        count += 1
    sound.restore()
    assert count > 100
    return silent


def test_each_blanked_cell_is_told_or_may_be_empty(sound: Sound) -> None:
    silent = spoil_cells(sound, lambda _: None)
    assert [place for place in silent if place[3]] == []
    assert [place for place in silent if place[2] not in MAY_BE_EMPTY.get(place[0], set())] == []


def token(number: int) -> str:
    """Return words that stand nowhere else."""
    return f"错字{number:03d}号"


def test_each_spoilt_cell_is_told_or_stands_on_the_page(sound: Sound, tmp_path: Path) -> None:
    silent = spoil_cells(sound, token)
    assert [place for place in silent if place[3]] == []
    assert len(silent) > 30
    # All that was not told, at once: then one archive shows for each that its words are there.
    inputs = tmp_path / "inputs"
    shutil.copytree(sound.inputs, inputs)
    book = load_workbook(inputs / "项目1" / "项目数据.xlsx")
    for number, (sheet, cell, *_) in enumerate(silent):
        book[sheet][cell] = token(number)
    book.save(inputs / "项目1" / "项目数据.xlsx")
    made = bind(inputs, tmp_path / "outputs")
    pages = pypdfium2.PdfDocument(made.folder / "项目档案.pdf")
    words = re.sub(r"\s", "", "".join(page.get_textpage().get_text_bounded() for page in pages))
    lost = [place for number, place in enumerate(silent) if token(number) not in words]
    assert lost == []


# ---- rows and sheets


def test_each_deleted_row_is_told(sound: Sound) -> None:
    silent = []
    for sheet in load_workbook(sound.workbook).worksheets:
        is_keyed = sheet.cell(1, 1).value == "项目"
        filled = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value is not None]
        for row in filled if not is_keyed and sheet.title != INTRODUCTION else ():
            book = load_workbook(sound.workbook)
            book[sheet.title].delete_rows(row)
            book.save(sound.workbook)
            if not sound.is_told():
                silent.append((sheet.title, row))
            sound.restore()
    # The page shows the ledger as it is: without this payment the project has spent less.
    assert silent == [("支出", 3)]


SHEET_CHANGES: dict[str, Callable[[Workbook, str], object]] = {
    "deleted": lambda book, name: book.remove(book[name]),
    "renamed": lambda book, name: setattr(book[name], "title", "甲乙丙丁"),
    "emptied": lambda book, name: book[name].delete_rows(2, 100),
    "hidden": lambda book, name: setattr(book[name], "sheet_state", "hidden"),
    "without header": lambda book, name: book[name].delete_rows(1),
    "doubled": lambda book, name: setattr(book.copy_worksheet(book[name]), "title", f"{name}(2)"),
    "hidden column": lambda book, name: setattr(book[name].column_dimensions["B"], "hidden", True),
    "hidden row": lambda book, name: setattr(book[name].row_dimensions[2], "hidden", True),
}


@pytest.mark.parametrize("change", SHEET_CHANGES)
def test_each_changed_sheet_is_told(sound: Sound, change: str) -> None:
    silent = []
    for name in load_workbook(sound.workbook).sheetnames:
        book = load_workbook(sound.workbook)
        if name == INTRODUCTION or book[name].cell(2, 1).value is None:
            continue
        SHEET_CHANGES[change](book, name)
        book.save(sound.workbook)
        if not sound.is_told():
            silent.append(name)
        sound.restore()
    # A key–value sheet is read without its header 项目 | 内容 too.
    assert silent == (["基本信息", "申报内容", "结项"] if change == "without header" else [])


# ---- files


def halve(path: Path) -> None:
    """Cut a file in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def move_down(path: Path) -> None:
    """Move a file into a new folder beside it."""
    folder = path.parent / "深"
    folder.mkdir()
    path.rename(folder / path.name)


def swap(path: Path, home: Path) -> None:
    """Replace a file by a link to nowhere."""
    path.unlink()
    path.symlink_to(home / "没有")


FILE_CHANGES: dict[str, Callable[[Path, Path], object]] = {
    "deleted": lambda path, home: path.unlink(),
    "emptied": lambda path, home: path.write_bytes(b""),
    "halved": lambda path, home: halve(path),
    "noise": lambda path, home: path.write_bytes(b"\0\1\2\3" * 5000),
    "text": lambda path, home: path.write_text("这不是照片", "utf-8"),
    "other extension": lambda path, home: path.rename(path.with_suffix(".bak")),
    "moved up": lambda path, home: path.rename(home / path.name),
    "moved down": lambda path, home: move_down(path),
    "moved away": lambda path, home: path.rename(home.parent / path.name),
    "left by a program": lambda path, home: path.rename(path.with_name(f"._{path.name}")),
    "link to nowhere": swap,
}


PICTURES_AND_FILMS = [f"照片/HD-0{number}/0{shot} 现场.jpg" for number in (1, 2) for shot in (1, 2)] + [
    f"视频/HD-0{number}/小视频.mp4" for number in (1, 2)
]
HARMLESS_CHANGES = {
    "other extension": PICTURES_AND_FILMS,  # detected from their content and used all the same
    "moved up": ["项目数据.xlsx"],  # it is there already
}


@pytest.mark.parametrize("change", FILE_CHANGES)
def test_each_changed_file_is_told(sound: Sound, change: str, tmp_path: Path) -> None:
    silent = []
    names = [path.relative_to(sound.home) for path in sorted(sound.home.rglob("*")) if path.is_file()]
    for name in names:
        kept = tmp_path / "kept"
        shutil.copytree(sound.inputs, kept, dirs_exist_ok=True, symlinks=True)
        FILE_CHANGES[change](sound.home / name, sound.home)
        if not sound.is_told():
            silent.append(str(name))
        shutil.rmtree(sound.inputs)
        kept.rename(sound.inputs)
    assert len(names) == 9
    assert [name for name in silent if name not in HARMLESS_CHANGES.get(change, ())] == []


def test_each_added_file_is_told(sound: Sound) -> None:
    silent = []
    places = ("", "照片", "照片/HD-01", "照片/HD-01/深", "照片/HD-9", "视频", "视频/HD-01", "附件", "附件/深", "别的")
    for place in places:
        for name in ("多余.txt", "多余.zip", "多余.pdf", "多余.psd", "多余"):
            path = sound.home / place / name
            is_new = not path.parent.exists()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"%PDF-1.4 x" if name.endswith("pdf") else b"xyz")
            if not sound.is_told():
                silent.append(f"{place}/{name}")
            path.unlink()
            if is_new:
                path.parent.rmdir()
    assert silent == []


# ---- the catalogue

DEMAND = "7.提交《安全责任书》一份。"


def clause_cell(document: Any) -> Any:
    """Return the cell of 相关要求 of the first project."""
    return document.tables[0].rows[1].cells[-1]


PLANTED: dict[str, Callable[[Any], object]] = {
    "a paragraph of the cell": lambda d: clause_cell(d).add_paragraph(DEMAND),
    "a line of the last paragraph": lambda d: clause_cell(d).paragraphs[-1].add_run(f"\n{DEMAND}"),
    "a table in the cell": lambda d: setattr(clause_cell(d).add_table(1, 1).cell(0, 0), "text", DEMAND),
    "bold": lambda d: setattr(clause_cell(d).add_paragraph().add_run(DEMAND), "bold", True),
    "a paragraph below the table": lambda d: d.add_paragraph(DEMAND),
    "a paragraph above the table": lambda d: d.paragraphs[0].insert_paragraph_before(DEMAND),
    "another table": lambda d: setattr(d.add_table(1, 2).cell(0, 1), "text", DEMAND),
    "the header": lambda d: d.sections[0].header.paragraphs[0].add_run(DEMAND),
    "the footer": lambda d: d.sections[0].footer.paragraphs[0].add_run(DEMAND),
    "项目内容": lambda d: d.tables[0].rows[1].cells[4].add_paragraph("开展安全演练7场。"),
    "项目目标": lambda d: d.tables[0].rows[1].cells[3].add_paragraph("开展安全演练7场。"),
}


@pytest.mark.parametrize("place", PLANTED)
def test_planted_demand_is_told(sound: Sound, place: str) -> None:
    catalogue = sound.inputs / "项目发布目录.docx"
    before = catalogue.read_bytes()
    document = Document(str(catalogue))
    PLANTED[place](document)
    document.save(str(catalogue))
    told = sound.is_told()
    catalogue.write_bytes(before)
    assert told


@pytest.mark.parametrize("column", range(10))
def test_each_emptied_cell_of_the_catalogue_is_told_or_asks_for_less(sound: Sound, column: int) -> None:
    catalogue = sound.inputs / "项目发布目录.docx"
    before = catalogue.read_bytes()
    document = Document(str(catalogue))
    cell = document.tables[0].rows[1].cells[column]
    name = document.tables[0].rows[0].cells[column].text
    cell.text = ""
    document.save(str(catalogue))
    told = sound.is_told()
    catalogue.write_bytes(before)
    assert told or name in ("牵头部室", "项目目标", "项目内容", "服务对象", "项目承接主体", "相关要求")


# ---- templates


TEMPLATE_CHANGES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "halved": halve,
    "noise": lambda path: path.write_bytes(b"\0\1\2\3" * 5000),
    "unknown field": lambda path: add_line(path, "{{ 没有这一栏 }}"),
    "open tag": lambda path: add_line(path, "{{ 项目名称 "),
    "wide braces": lambda path: add_line(path, "｛｛ 项目名称 ｝｝"),
}


def add_line(path: Path, words: str) -> None:
    """Add a paragraph to a template."""
    document = Document(str(path))
    document.add_paragraph(words)
    document.save(str(path))


@pytest.mark.parametrize("change", TEMPLATE_CHANGES)
def test_each_changed_template_stops_the_archive(sound: Sound, change: str, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(make.TEMPLATES, templates)
    silent = []
    # A few of the templates for each change, and over all changes all of them: each try costs a second.
    paths, turn = sorted((templates / "docx").glob("*.docx")), [*TEMPLATE_CHANGES].index(change)
    for path in paths[turn % 4 :: 4]:
        before = path.read_bytes()
        TEMPLATE_CHANGES[change](path)
        try:
            bind(sound.inputs, tmp_path / "outputs", templates)
            silent.append(path.name)
        except Stop as stop:
            assert path.stem in f"{stop.wrong}{stop.where}{[str(fault) for fault in stop.faults]}"
        path.write_bytes(before)
    # The attendance sheets are no part of an archive: the command that writes them checks their template.
    assert set(silent) <= {f"{SIGN_IN}.docx"}


def test_each_column_that_no_template_names_any_more_is_told(sound: Sound, tmp_path: Path) -> None:
    """Take a column out of all templates: what stands in it would be on no page."""
    templates = tmp_path / "templates"
    shutil.copytree(make.TEMPLATES, templates)
    data = make.changed()
    silent = []
    for sheet, columns in (
        ("活动", ("简报正文", "活动流程", "地点")),
        ("督导", ("督导内容",)),
        ("进展", ("完成工作",)),
    ):
        for column in columns:
            assert any(column in row for row in data[sheet])
            for path in (templates / "docx").glob("*.docx"):
                drop_tags(path, SHOWN_AS.get(column, column))
            checked = check.examine(1, sound.inputs, make.LATER, templates)
            if not any(f"“{column}”这一栏有内容，没有一张表单印它" in fault.wrong for fault in checked.faults):
                silent.append((sheet, column))
    assert silent == []


def drop_tags(path: Path, column: str) -> None:
    """Remove the tags that name a column from a template."""
    document = Document(str(path))
    paragraphs = [
        *document.paragraphs,
        *(p for t in document.tables for row in t.rows for c in row.cells for p in c.paragraphs),
    ]
    for paragraph in paragraphs:
        if column in paragraph.text:
            paragraph.text = re.sub(rf"\{{[{{%][^{{}}]*{column}[^{{}}]*[}}%]\}}", "", paragraph.text)
    document.save(str(path))


def test_column_of_the_staffs_own_that_no_template_prints_is_told(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["活动"].cell(1, 20, "天气")
    book["活动"].cell(3, 20, "晴")
    book.save(path)
    told = [fault for fault in check.examine(1, inputs, make.LATER, make.TEMPLATES).faults if "天气" in fault.wrong]
    assert [(str(fault.where), fault.mend[:12]) for fault in told] == [
        ("项目1/项目数据.xlsx · 活动!T3", "要印出来，请在模板里写上")
    ]
