"""Every declared form: its template is there, every tag names a field, it fills, and it stays editable."""

import re
from pathlib import Path

import pytest
from docx import Document

from paperwork import bind, read, survey
from paperwork.context import known_fields
from paperwork.faults import Stop
from paperwork.fill import Filler
from paperwork.forms import Form, read_forms
from paperwork.word import Template
from tests import make

TEMPLATES = make.ROOT / "templates"
FORMS = read_forms(TEMPLATES / "forms.toml")
OWN = (*bind.FRONT, *bind.BACK)
FILES = sorted((TEMPLATES / "docx").glob("*.docx"))
OFFICIAL = {"方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "Times New Roman"}


@pytest.fixture(scope="module")
def filler(tmp_path_factory: pytest.TempPathFactory) -> Filler:
    """A filler over the good project."""
    folder = tmp_path_factory.mktemp("filler")
    project, faults = read.read_project(survey.inputs(make.make(folder)), 1)
    assert project is not None, faults
    return Filler(project, TEMPLATES / "docx", folder / "work", {})


@pytest.mark.parametrize("form", [*FORMS, *OWN], ids=str)
def test_every_tag_names_a_field(filler: Filler, form: Form | str) -> None:
    name, known = (form.template, form) if isinstance(form, Form) else (form, None)
    template = filler.template(name)
    assert template, f"{name}.docx is missing"
    assert list(template.check(known_fields(filler.base, known))) == []


def test_every_template_is_declared() -> None:
    assert {path.stem for path in FILES} == {form.template for form in FORMS} | set(OWN)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_template_is_plain_word(path: Path) -> None:
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
    documents = filler.documents(FORMS)
    assert not filler.faults
    for number, document in enumerate(documents):
        filler.write(document.form.template, document.context, tmp_path / f"{number}.docx")
    assert {document.form.template for document in documents} >= {"项目申报书", "活动简报", "项目专账", "项目结项报告"}


@pytest.mark.parametrize(("photos", "columns"), [(1, 2), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (9, 3)])
def test_photos_stand_in_two_or_three_columns(tmp_path: Path, photos: int, columns: int) -> None:
    inputs = make.make(tmp_path)
    for number in range(photos):
        make.photo(inputs / "项目1" / "照片" / "HD-01" / f"0{number + 1} 现场.jpg")
    for extra in range(photos, 2):
        (inputs / "项目1" / "照片" / "HD-01" / f"0{extra + 1} 现场.jpg").unlink()
    project, _ = read.read_project(survey.inputs(inputs), 1)
    assert project is not None
    documents = Filler(project, TEMPLATES / "docx", tmp_path / "work", {}).documents(FORMS)
    brief = next(document for document in documents if document.form.template == "活动简报")
    rows = brief.context["照片行"]
    shown = [shot for row in rows for shot in row.values() if shot]
    assert len(shown) == min(photos, 6)
    assert max(sum(1 for shot in row.values() if shot) for row in rows) <= columns
    assert bool(rows[0]["中"]) == (columns == 3)


def test_forms_for_the_same_sheet_take_turns_row_by_row(filler: Filler) -> None:
    titles = [document.title for document in filler.documents(FORMS) if document.form.each == "活动"]
    assert titles == [
        "第1次培训（活动方案）",
        "第1次培训顺利举行（活动简报）",
        "第1次培训（视频登记页）",
        "第2次培训（活动方案）",
        "第2次培训顺利举行（活动简报）",
        "第2次培训（视频登记页）",
    ]


@pytest.mark.parametrize("entry", ["[[form]]\ntemplate = 1", "[[form", '[[form]]\ntemplate="甲"\nschriftart="x"'])
def test_a_wrong_declaration_is_told_plainly(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "forms.toml"
    path.write_text(entry, "utf-8")
    with pytest.raises(Stop, match="表单清单读不了"):
        read_forms(path)


def test_a_template_that_is_no_word_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "坏的.docx"
    path.write_bytes(b"no zip")
    [fault] = Template(path).check(set())
    assert "坏的.docx" in str(fault.where)
