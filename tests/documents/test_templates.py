"""Declared forms and their Word templates: complete, with known tags only, fillable and editable."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

from paperwork.core.cache import Cache
from paperwork.core.faults import Stop
from paperwork.documents import fill
from paperwork.documents.declarations import Form, read_binding, read_forms
from paperwork.documents.fields import (
    DIVIDER,
    PAPER_EDITION_PAGES,
    PRINTING,
    SIGN_IN,
    BookLine,
    PrintFields,
    SectionFields,
    SectionLine,
    VolumeFields,
    known_fields,
    section_tabs,
)
from paperwork.documents.fill import Filler
from paperwork.formats.office import fonts, libreoffice
from paperwork.formats.office.word import Template
from paperwork.project import input_folder, workbook
from paperwork.volume import binder, paper_edition
from paperwork.volume.duplex import Book
from paperwork.volume.page_plan import Item, PrintedBook, plan_pages
from tests import make

TEMPLATES = make.ROOT / "templates"
FORMS = read_forms(TEMPLATES / "forms.toml")
OWN = (*binder.FRONT, *binder.BACK, *PAPER_EDITION_PAGES, SIGN_IN)
FILES = sorted((TEMPLATES / "docx").glob("*.docx"))
OFFICIAL = {"方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "Times New Roman"}


@pytest.fixture(scope="module")
def filler(tmp_path_factory: pytest.TempPathFactory) -> Filler:
    """Return a filler for the good project."""
    folder = tmp_path_factory.mktemp("filler")
    project, faults = workbook.read_project(input_folder.scan_inputs(make.make(folder)), 1)
    assert project is not None, faults
    return fill.prepare(project, TEMPLATES / "docx", folder / "work", {}, Cache(folder / "store"), 1)


@pytest.mark.parametrize("form", [*FORMS, *OWN], ids=str)
def test_every_tag_names_a_field(filler: Filler, form: Form | str) -> None:
    name, known = (form.template, form) if isinstance(form, Form) else (form, None)
    template = filler.template(name)
    assert template, f"{name}.docx is missing"
    assert list(template.check(known_fields(filler.base_context, known))) == []


def test_every_template_is_declared() -> None:
    assert {path.stem for path in FILES} == {form.template for form in FORMS} | set(OWN)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_template_uses_only_plain_word_features(path: Path) -> None:
    document = Document(str(path))
    xml = document.element.xml
    assert not re.search(r"w:txbxContent|v:shape|w:fldSimple|w:instrText", xml), "text boxes and fields do not survive"
    named = set(re.findall(r'w:eastAsia="([^"]+)"', document.styles.element.xml + xml)) - {"zh-CN"}
    assert named <= OFFICIAL
    assert 'w:eastAsia="zh-CN"' in document.styles.element.xml
    for section in document.sections:
        assert section.page_width and section.page_height and section.left_margin and section.top_margin
        landscape = section.page_width > section.page_height
        binding = section.top_margin if landscape else section.left_margin
        assert binding.mm >= 24.9, "the binding edge"
    footers = "".join(p.text for section in document.sections for p in section.footer.paragraphs)
    assert "{{ 示例标记 }}" in footers


def test_every_form_fills_with_the_good_project(filler: Filler, tmp_path: Path) -> None:
    documents, faults = filler.documents(FORMS)
    assert not faults
    for number, document in enumerate(documents):
        filler.fill_template(document.form.template, document.context, tmp_path / f"{number}.docx")
    assert {document.form.template for document in documents} >= {"项目申报书", "活动简报", "项目专账", "项目结项报告"}


def test_document_carries_the_files_that_its_template_shows(filler: Filler) -> None:
    shown = {
        document.title: [path.relative_to(filler.project.folder).as_posix() for path in document.files]
        for document in filler.documents(FORMS)[0]
    }
    assert shown["第1次培训（活动方案）"] == []
    assert shown["第1次培训顺利举行（活动简报）"] == ["照片/HD-01/01 现场.jpg", "照片/HD-01/02 现场.jpg"]
    assert shown["第2次培训（视频登记页）"] == ["视频/HD-02/小视频.mp4"]
    assert shown["专项审计报告"] == ["附件/审计.pdf"]
    [report] = [files for title, files in shown.items() if title.endswith("结项报告")]
    assert report == ["照片/HD-01/01 现场.jpg", "照片/HD-02/01 现场.jpg"]


@pytest.mark.parametrize("budget", [{}, {"预算": None}])
def test_table_of_execution_compares_with_a_budget_only_if_there_is_one(
    tmp_path: Path, budget: dict[str, None]
) -> None:
    entries = [{"票据张数": 1}, {"票据张数": 4}]
    project, _ = workbook.read_project(input_folder.scan_inputs(make.make(tmp_path, 支出=entries, **budget)), 1)
    assert project is not None
    made = fill.prepare(project, TEMPLATES / "docx", tmp_path / "work", {}, Cache(tmp_path / "store"), 1)
    [document] = [each for each in made.documents(FORMS)[0] if each.form.template == "预算执行表"]
    made.fill_template("预算执行表", document.context, tmp_path / "made.docx")
    printed = Document(str(tmp_path / "made.docx"))
    text = "".join(paragraph.text for paragraph in printed.paragraphs)
    head = [cell.text for cell in printed.tables[0].rows[0].cells]
    assert head == (["科目", "支出"] if budget else ["科目", "预算", "支出", "结余", "执行率"])
    assert ("没有预算数" in text) == bool(budget)
    assert "截至2022年5月7日" in text and "（1 笔，票据 4 张）" in text
    cells = {cell.text for row in printed.tables[0].rows for cell in row.cells}
    assert not budget or not {"—", "0.00"} & cells


def test_construction_of_a_filler_prepares_nothing(filler: Filler, tmp_path: Path) -> None:
    """Make a filler of ready data in another folder; only `prepare` writes files."""
    made = replace(filler, work=tmp_path / "work", exhibits=replace(filler.exhibits, videos_folder=tmp_path / "videos"))
    assert made.base_context == filler.base_context
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("photos", "columns"), [(1, 2), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (9, 3)])
def test_photos_are_laid_out_in_two_or_three_columns(tmp_path: Path, photos: int, columns: int) -> None:
    inputs = make.make(tmp_path)
    for number in range(photos):
        make.photo(inputs / "项目1" / "照片" / "HD-01" / f"0{number + 1} 现场.jpg")
    for extra in range(photos, 2):
        (inputs / "项目1" / "照片" / "HD-01" / f"0{extra + 1} 现场.jpg").unlink()
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None
    filler = fill.prepare(project, TEMPLATES / "docx", tmp_path / "work", {}, Cache(tmp_path / "store"), 1)
    documents, _ = filler.documents(FORMS)
    brief = next(document for document in documents if document.form.template == "活动简报")
    rows, others = brief.context["照片行"], brief.context["照片页行"]
    used = [shot for row in rows for shot in row.values() if shot]
    assert len(used) == min(photos, 6)
    assert len([shot for row in others for shot in row.values() if shot]) == photos - len(used)
    assert len(brief.files) == photos
    assert max(sum(1 for shot in row.values() if shot) for row in rows) <= columns
    assert bool(rows[0]["中"]) == (columns == 3)


def test_forms_of_the_same_sheet_are_interleaved_by_row(filler: Filler) -> None:
    titles = [document.title for document in filler.documents(FORMS)[0] if document.form.each == "活动"]
    assert titles == [
        "第1次培训（活动方案）",
        "第1次培训顺利举行（活动简报）",
        "第1次培训（视频登记页）",
        "第2次培训（活动方案）",
        "第2次培训顺利举行（活动简报）",
        "第2次培训（视频登记页）",
    ]


def test_rows_that_name_an_activity_are_bound_after_its_documents(tmp_path: Path) -> None:
    signed = {"类型": "签到表", "文件": "评估.pdf"}
    sheets = [{**signed, "题名": f"{code or '无'}签到表", "活动编号": code} for code in ("HD-01", "", "HD-02", "HD-01")]
    inputs = make.make(tmp_path, 附件=[{}, {}, *sheets])
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None, faults
    filler = fill.prepare(project, TEMPLATES / "docx", tmp_path / "work", {}, Cache(tmp_path / "store"), 1)
    titles = [each.title for each in filler.documents(FORMS)[0] if each.form.section == "二、实施"]
    kept = [title for title in titles if title.startswith(("第", "HD", "无"))]
    assert kept == [
        "第1次培训（活动方案）", "第1次培训顺利举行（活动简报）", "第1次培训（视频登记页）", "HD-01签到表",
        "HD-01签到表",
        "第2次培训（活动方案）", "第2次培训顺利举行（活动简报）", "第2次培训（视频登记页）", "HD-02签到表", "无签到表",
    ]  # fmt: skip


@pytest.mark.parametrize("entry", ["[[form]]\ntemplate = 1", "[[form", '[[form]]\ntemplate="甲"\nschriftart="x"'])
def test_invalid_form_declaration_is_reported(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "forms.toml"
    path.write_text(entry, "utf-8")
    with pytest.raises(Stop, match="表单清单读不了"):
        read_forms(path)


def test_template_that_is_not_a_word_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "坏的.docx"
    path.write_bytes(b"no zip")
    [fault] = Template(path).check(set())
    assert "坏的.docx" in str(fault.where)


# ---- the program's own pages in the paper edition

CODE = "X013-ZY·2022·D30·组联部-001"
TITLE = "盐都“紫薇伙伴”项目档案"
LONG = "自贡市“紫薇伙伴”妇女儿童社会工作服务能力提升与孵化培育第12次专题培训顺利举行（活动简报）"


def divider(number: int, items: int = 12) -> SectionFields:
    """Return the fields of a section divider."""
    lines = [SectionLine(title=LONG if place % 4 == 0 else f"文件{place}", page=str(place)) for place in range(items)]
    return SectionFields(name="二、实施", number=number, count=7, items=tuple(lines))


def printing(folded: str) -> PrintFields:
    """Return the fields of the printing instructions for six books."""
    lines = [
        BookLine(number=str(book), file=f"打印版-第{book}册.pdf", sheets="98", pages=f"{book * 180 - 179}—{book * 180}",
                 folded="1", box=str(book), thickness="19.6 毫米")
        for book in range(1, 7)
    ]  # fmt: skip
    return PrintFields(books=tuple(lines), corner="正面右下角、背面左下角", folded=folded)


def full_divider(title: str = LONG) -> SectionFields:
    """Return the fields of a divider of a section with 60 items, as the paper edition makes them."""
    titles = [title if number % 3 else f"文件{number}" for number in range(1, 61)]
    items = [Item(number, each, "二、实施", "", "", None, "", (), 1) for number, each in enumerate(titles, 1)]
    book = Book(1, plan_pages(items).entries, 60)
    [(_, fields)] = paper_edition.divider_fields(book, ["一、立项", "二、实施"], TITLE)
    return fields


def many_books() -> PrintFields:
    """Return the fields of the printing instructions for 30 books with 200 pages on A3."""
    books = [
        PrintedBook(book, f"打印版-第{book}册.pdf", 98, book * 180 - 179, book * 180, book, book,
                    tuple(range(book * 100, book * 100 + 14, 2)))
        for book in range(1, 31)
    ]  # fmt: skip
    return paper_edition.guide_fields(books, read_binding(TEMPLATES / "binding.toml"))


def volume(book: int, books: int) -> VolumeFields:
    """Return the fields of a cover or record page."""
    return VolumeFields(
        title=TITLE, fonds="全宗", compiler="单位", span="2022.03—2022.12", secrecy="", code=CODE, items=36, pages=120,
        state="未完成稿", contents=(), remarks="说明", book=book, books=books,
    )  # fmt: skip


@pytest.fixture(scope="module")
def own_pages(filler: Filler, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PdfReader]:
    """Convert the program's own pages of the paper edition to PDF."""
    folder = tmp_path_factory.mktemp("own_pages")
    wanted = {
        **{f"{DIVIDER}{number}": divider(number) for number in (1, 7)},
        f"{DIVIDER}满": full_divider(),
        f"{DIVIDER}短": full_divider("通知"),
        f"{PRINTING}有": printing("12、57"),
        f"{PRINTING}多": many_books(),
        f"{PRINTING}无": printing(""),
        f"{binder.COVER}一": volume(1, 1),
        f"{binder.COVER}多": volume(2, 3),
        f"{binder.RECORD}一": volume(1, 1),
        f"{binder.RECORD}多": volume(2, 3),
    }
    files = {name: folder / f"{name}.docx" for name in wanted}
    for name, figures in wanted.items():
        filler.fill_template(
            name[:-1],
            {**filler.base_context, **volume(1, 1).template_values(), **figures.template_values()},
            files[name],
        )
    printed = libreoffice.convert_to_pdf([list(files.values())], folder / "pdf", fonts.environment(folder))
    return {name: PdfReader(printed[path]) for name, path in files.items()}


def text_of(reader: PdfReader) -> str:
    """Return the text of a PDF file without whitespace."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))


def test_own_documents_of_the_paper_edition_are_one_page_each(own_pages: dict[str, PdfReader]) -> None:
    assert {name: len(reader.pages) for name, reader in own_pages.items()} == dict.fromkeys(own_pages, 1)


def test_divider_lists_the_items_of_its_section_with_page_numbers(own_pages: dict[str, PdfReader]) -> None:
    text = text_of(own_pages[f"{DIVIDER}1"])
    assert text.count("实施") == 2, "once in the title, once on the tab"
    assert TITLE in text
    assert LONG in text
    assert "文件1111" in text, "文件11 on page 11"
    assert "第1部分，共7部分" in text


def test_divider_that_is_full_says_how_many_items_it_leaves_out(own_pages: dict[str, PdfReader]) -> None:
    listed = full_divider().items
    assert 6 < len(listed) < 19
    assert listed[-1].title == f"……其余 {60 - len(listed) + 1} 件见卷内目录"
    assert re.sub(r"\s", "", listed[-1].title) in text_of(own_pages[f"{DIVIDER}满"])


def test_printing_instructions_for_many_books_put_the_last_ones_in_one_row(own_pages: dict[str, PdfReader]) -> None:
    text = text_of(own_pages[f"{PRINTING}多"])
    for expected in (
        "打印版-第5册.pdf",
        "6—30",
        "打印版-第6册.pdf等25个文件",
        "901—5400",
        "（共210页，见电子版）",
        "隔页只印正面，背面空白",
    ):
        assert expected in text, expected


def test_divider_tab_moves_down_with_the_section_number(own_pages: dict[str, PdfReader]) -> None:
    heights = []
    for number in (1, 7):
        page = own_pages[f"{DIVIDER}{number}"].pages[0]
        seen: list[tuple[float, float]] = []
        page.extract_text(visitor_text=lambda text, cm, tm, *_, seen=seen: seen.append((tm[4], tm[5])))
        tab = [(x, y) for x, y in seen if x > 190 * 72 / 25.4]
        assert tab
        assert all(x < 206 * 72 / 25.4 for x, _ in tab), "printers cannot print on the outer four millimetres"
        heights.append(max(y for _, y in tab))
    assert (heights[0] - heights[1]) * 25.4 / 72 == pytest.approx(6 * 30, abs=1)


def test_divider_tabs_wrap_to_the_top_of_the_page() -> None:
    assert [tab.is_own for tab in section_tabs("九、其他", 9, 10)] == [True, False]
    assert [tab.is_own for tab in section_tabs("二、实施", 2, 10)].index(True) == 1


def test_printing_instructions_list_every_book_and_the_folded_pages(own_pages: dict[str, PdfReader]) -> None:
    text = text_of(own_pages[f"{PRINTING}有"])
    for expected in ("沿长边翻转", "实际大小", "适合页面", "70—80毫米", "15—20毫米", "打印版-第6册.pdf", "901—1080",
                 "19.6毫米", "第12、57页", "页号在正面右下角、背面左下角", CODE, TITLE):  # fmt: skip
        assert expected in text
    assert "没有A3折页" in text_of(own_pages[f"{PRINTING}无"])


@pytest.mark.parametrize("name", [binder.COVER, binder.RECORD])
def test_book_number_is_printed_only_if_there_are_several_books(own_pages: dict[str, PdfReader], name: str) -> None:
    assert "第2册共3册" in text_of(own_pages[f"{name}多"])
    assert "册" not in text_of(own_pages[f"{name}一"])


@pytest.mark.parametrize("path", sorted((TEMPLATES / "docx").glob("*.docx")), ids=lambda path: path.stem)
def test_template_has_no_unused_styles(path: Path) -> None:
    """Keep templates small. LibreOffice reads every style: with those of an empty Word file it takes twice as long."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name).decode("utf-8") for name in package.namelist() if name.endswith(".xml")}
    kinds = "pStyle|rStyle|tblStyle|numStyleLink|styleLink|basedOn|link|next"
    used = {each for part in parts.values() for each in re.findall(rf'<w:(?:{kinds}) w:val="([^"]+)"', part)}
    declared = re.findall(r"<w:style [^>]*>", parts["word/styles.xml"])
    unused = [
        each for each in declared if 'w:default="1"' not in each and not set(re.findall(r'"([^"]+)"', each)) & used
    ]
    assert unused == []
    assert sum(map(len, parts.values())) < 100_000
