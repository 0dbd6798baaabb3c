"""What the check of a template finds before anything is filled: changes, fields, and text that is nearly a tag."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperwork.core.faults import Fault, Level
from paperwork.formats.office.template_marks import NOT_A_TAG
from paperwork.formats.office.word import Template
from tests import make
from tests.cases import CASES
from tests.word_files import BY, cell, paragraph, row, run, table, write_word

MADE = dt.date(2022, 12, 30)
KNOWN = {"地点", "负责人", "活动", "活动.地点", "参与人数"}


def check(folder: Path, body: str, parts: dict[str, str] | None = None) -> list[Fault]:
    """Return the faults of a template with this body."""
    faults = list(Template(write_word(folder / "试验.docx", body, parts)).check(KNOWN))
    assert all(fault.level is Level.ERROR and fault.where.file == "模板 试验.docx" and fault.mend for fault in faults)
    return faults


GOOD = {each.path for each in Template(make.TEMPLATES / "docx" / "活动方案.docx").find_fields()}
# Each case with the one fault it gives: its place and its problem.
TEMPLATE_CASES = {
    "b02a-wide": ("正文第1段“地点：｛｛ 地点 ｝｝”", NOT_A_TAG),
    "b03-tracked": ("正文第1段“原话新增：{{ 地点 }}”", "模板里有没接受的修订"),
    "b03b-tracked-unknown": ("正文第1段“原话”", "模板里有没接受的修订"),
    "b06b-footnote-wrong": ("脚注第1段 {{ 承接单伟 }}", "模板里的字段“承接单伟”在表格中找不到"),
    "b07-date-field": ("正文第1段“打印日期：2022年5月1日”", "模板里有一个会自己变的域（DATE）"),
}


@pytest.mark.parametrize("name", TEMPLATE_CASES)
def test_case_is_one_fault_with_its_place(name: str) -> None:
    place, wrong = TEMPLATE_CASES[name]
    [fault] = Template(CASES / name / "templates" / "docx" / "活动方案.docx").check(GOOD)
    assert (fault.level, fault.where.file, fault.where.cell) == (Level.ERROR, "模板 活动方案.docx", place)
    assert fault.wrong.startswith(wrong)


@pytest.mark.parametrize(("count", "is_shown"), [(20, True), (21, False)])
def test_percent_sign_in_a_tag_is_an_operator(tmp_path: Path, count: int, is_shown: bool) -> None:
    template = Template(CASES / "b10b-percent" / "templates" / "docx" / "活动方案.docx")
    assert list(template.check(GOOD)) == []
    assert template.render(dict.fromkeys(GOOD, count), tmp_path / "out.docx", MADE) is None
    assert ("双数" in [each.text for each in Document(str(tmp_path / "out.docx")).paragraphs]) is is_shown


PERCENTS = {
    "{{ 参与人数 % 7 }}": "6",
    "{{ 参与人数 }}%": "20%",
    "100%{{ 参与人数 }}": "100%20",
    "{%p if 地点 == '100%' %}|满|{%p endif %}": "满",
    "{% if 地点 == '100%' %}满{% endif %}": "满",
    "{%p if 参与人数 in {20: 1} %}|有|{%p endif %}": "有",
    "{{ '%d人' % 参与人数 }}": "20人",
}


@pytest.mark.parametrize("lines", PERCENTS)
def test_percent_sign_near_a_tag_is_printed_or_calculated(tmp_path: Path, lines: str) -> None:
    path = write_word(tmp_path / "试验.docx", "".join(map(paragraph, lines.split("|"))))
    template = Template(path)
    assert list(template.check(KNOWN)) == []
    assert template.render({"参与人数": 20, "地点": "100%"}, tmp_path / "out.docx", MADE) is None
    assert "".join(each.text for each in Document(str(tmp_path / "out.docx")).paragraphs) == PERCENTS[lines]


NEARLY = [
    "｛｛ 地点 ｝｝",
    "{地点}",
    "{ { 地点 } }",
    "{{ 地点 }",
    "{ 地点 }}",
    "{{ 地点 ｝}",
    "｛{ 地点 }}",
    "{{ 地点 }}}",
    "{{{ 地点 }}",
    "｛% if 地点 %｝",
    "{％ if 地点 ％}",
    "{ % if 地点 % }",
    "{%if 地点 ％}",
    "{{ 地点",
    "地点 }}",
    "﹛﹛ 地点 ﹜﹜",
    "{\u200b{ 地点 }}",
    "｛地点｝",
    "«地点»",
    "<<地点>>",
    "＜＜地点＞＞",
    "[[地点]]",
    "((地点))",
    "（（地点））",
    "${地点}",
    "{#地点",
    "【【地点】】",
    "《《地点》》",
    "{{ 地点 }} 和 {{ 负责人 }",
]


@pytest.mark.parametrize("words", NEARLY)
def test_what_is_nearly_a_tag_is_a_fault_with_its_place(tmp_path: Path, words: str) -> None:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    [fault] = check(tmp_path, paragraph("甲") + paragraph(run(escaped)))
    assert fault.wrong == NOT_A_TAG
    assert fault.where.cell == f"正文第2段“{words}”"


@pytest.mark.parametrize(
    "words",
    [
        "《地点》",
        "（地点）",
        "地点：____",
        "50%",
        "{{ 地点 }}",
        "{% if 地点 %}{{ 负责人 }}{% endif %}",
        "{# {地点} #}",
        "<地点>",
        "{{ 地点 }}{{ 负责人 }}",
        "A&amp;B",
        "{{ 地点 | 大写 }}",
        "“{{ 地点 }}”",
        "[1]",
        "{{- 地点 -}}",
    ],
)
def test_ordinary_text_and_tags_are_no_fault(tmp_path: Path, words: str) -> None:
    assert check(tmp_path, paragraph(run(words.replace("<", "&lt;")))) == []


def test_comment_over_two_paragraphs_is_a_comment(tmp_path: Path) -> None:
    assert check(tmp_path, paragraph("{# 说明") + paragraph("{地点} #}") + paragraph("{{ 地点 }}")) == []


def test_tag_split_over_runs_is_a_tag(tmp_path: Path) -> None:
    assert check(tmp_path, paragraph("".join(map(run, ("{", "{ 地", "点 }", "}"))))) == []


WRONG = paragraph("{{ 地店 }}")
NEAR = paragraph("{地点}")
BOX = (
    "<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
)
PLACES = {
    "正文": (lambda inner: (inner, {}), "正文第1段"),
    "表格": (lambda inner: (table(row(cell(inner))), {}), "正文第1段"),
    "文本框": (lambda inner: (BOX.format(inner), {}), "正文第2段"),
    "页眉": (lambda inner: ("", {"header": inner}), "页眉第1段"),
    "脚注": (lambda inner: ("", {"footnotes": f'<w:footnote w:id="1">{inner}</w:footnote>'}), "脚注第1段"),
    "尾注": (lambda inner: ("", {"endnotes": f'<w:endnote w:id="1">{inner}</w:endnote>'}), "尾注第1段"),
    "控件": (lambda inner: (f"<w:sdt><w:sdtContent>{inner}</w:sdtContent></w:sdt>", {}), "正文第1段"),
}
DATE = paragraph('<w:fldSimple w:instr=" DATE ">' + run("今天") + "</w:fldSimple>")
TRACKED = paragraph(f"<w:ins {BY}>{run('新')}</w:ins>")


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    ("inner", "wrong"),
    [
        (WRONG, "模板里的字段“地店”在表格中找不到"),
        (NEAR, NOT_A_TAG),
        (DATE, "模板里有一个会自己变的域"),
        (TRACKED, "模板里有没接受的修订"),
    ],
    ids=["字段", "近似", "日期", "修订"],
)
def test_fault_is_found_in_every_part(tmp_path: Path, name: str, inner: str, wrong: str) -> None:
    wrap, place = PLACES[name]
    body, parts = wrap(inner)
    [fault] = check(tmp_path, body, parts)
    assert fault.wrong.startswith(wrong)
    assert fault.where.cell.startswith(place)


FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'


def field(*instructions: str) -> str:
    """Return a field whose instruction is split over runs."""
    inside = "".join(f"<w:r><w:instrText>{words}</w:instrText></w:r>" for words in instructions)
    return FIELD.format("begin") + inside + FIELD.format("separate") + run("结果") + FIELD.format("end")


@pytest.mark.parametrize(
    "instructions",
    [
        (r'DATE \@ "yyyy"',),
        ("TI", "ME"),
        (" SAVEDATE",),
        ("PRINTDATE",),
        ("createdate",),
        ("FILENAME \\p",),
        ("USERNAME",),
        ("EDITTIME",),
        ("MERGEFIELD 地点",),
        ("INCLUDETEXT x",),
        ("ASK x",),
        ("FILESIZE",),
        ("DATE",),
        ("=SUM(ABOVE)",),
        (
            " = SUM(",
            "B2:B9) ",
        ),
    ],
    ids=str,
)
def test_field_that_changes_is_a_fault(tmp_path: Path, instructions: tuple[str, ...]) -> None:
    [fault] = check(tmp_path, paragraph(field(*instructions)))
    assert "域（" in fault.wrong and fault.where.cell == "正文第1段“结果”"


@pytest.mark.parametrize(
    "words", ["PAGE", "NUMPAGES", 'TOC \\o "1-3"', "REF x", "HYPERLINK x", "SEQ 图", "PAGEREF x", "= 1+1"]
)
def test_field_of_pages_and_references_is_no_fault(tmp_path: Path, words: str) -> None:
    assert check(tmp_path, paragraph(field(words))) == []


HIDDEN = "<w:vanish/>"


def test_hidden_tag_is_a_fault(tmp_path: Path) -> None:
    [fault] = check(tmp_path, paragraph("甲") + paragraph(run("{{", HIDDEN) + run(" 地点 }}", HIDDEN)))
    assert "印不出来" in fault.wrong and "{{ 地点 }}" in fault.where.cell


def test_hidden_control_tag_and_hidden_note_are_no_fault(tmp_path: Path) -> None:
    body = run("{% if 地点 %}", HIDDEN) + run("{{ 地点 }}") + run("{% endif %}", HIDDEN) + run("内部说明", HIDDEN)
    assert check(tmp_path, paragraph(body)) == []


def test_field_inside_a_field_is_found(tmp_path: Path) -> None:
    inner = field("DATE")
    outer = FIELD.format("begin") + "<w:r><w:instrText>IF</w:instrText></w:r>" + inner + FIELD.format("end")
    [fault] = check(tmp_path, paragraph(outer))
    assert "DATE" in fault.wrong


def test_old_date_element_is_found(tmp_path: Path) -> None:
    [fault] = check(tmp_path, paragraph("<w:r><w:yearLong/></w:r>"))
    assert "DATE" in fault.wrong


CHANGES = {
    "插入": paragraph(f"<w:ins {BY}>{run('新')}</w:ins>"),
    "删去": paragraph(f"<w:del {BY}><w:r><w:delText>{{{{ 旧字段 }}}}</w:delText></w:r></w:del>"),
    "移来": paragraph(f"<w:moveTo {BY}>{run('新')}</w:moveTo>"),
    "格式": paragraph(run("字", f"<w:rPrChange {BY}><w:rPr/></w:rPrChange>")),
    "段落格式": paragraph("字", f"<w:pPrChange {BY}><w:pPr/></w:pPrChange>"),
    "行": table(row("字", properties=f"<w:ins {BY}/>")),
    "格": table(row(cell("字", f"<w:cellIns {BY}/>"))),
    "表": f"<w:tbl><w:tblPr><w:tblPrChange {BY}><w:tblPr/></w:tblPrChange></w:tblPr>{row('字')}</w:tbl>",
    "段落标记": paragraph("字", f"<w:rPr><w:ins {BY}/></w:rPr>"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_kind_of_tracked_change_is_a_fault(tmp_path: Path, name: str) -> None:
    [fault] = check(tmp_path, CHANGES[name])
    assert fault.wrong == "模板里有没接受的修订"
    assert fault.where.cell.startswith("正文第1段")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    body = TRACKED + NEAR + DATE + paragraph("{{ 地点 }}")
    wrong = [
        fault.wrong[:6] for fault in check(tmp_path, body, {"footnotes": f'<w:footnote w:id="1">{WRONG}</w:footnote>'})
    ]
    assert len(wrong) == 4


def test_broken_tag_names_its_paragraph(tmp_path: Path) -> None:
    [fault] = check(tmp_path, paragraph("甲") + paragraph("地点：{{ 地 点 }}"))
    assert fault.where.cell == "正文第2段 {{ 地 点 }}"


def test_unclosed_condition_is_named(tmp_path: Path) -> None:
    [fault] = check(tmp_path, paragraph("{% if 地点 %}") + paragraph("字"))
    assert fault.wrong == "模板里有一处 {% if … %} 没有结束"


def test_drawing_with_a_copy_for_older_versions_is_one_fault(tmp_path: Path) -> None:
    inside = f"<w:txbxContent>{NEAR}{TRACKED}</w:txbxContent>"
    drawing = f"<mc:Choice Requires='wps'>{inside}</mc:Choice><mc:Fallback><w:pict>{inside}</w:pict></mc:Fallback>"
    body = f"<w:p><w:r><mc:AlternateContent>{drawing}</mc:AlternateContent></w:r></w:p>"
    faults = check(tmp_path, body)
    assert [fault.where.cell for fault in faults] == ["正文第3段“新”", "正文第2段“{地点}”"]


def test_document_properties_are_checked(tmp_path: Path) -> None:
    path = write_word(tmp_path / "试验.docx", paragraph("字"))
    document = Document(str(path))
    document.core_properties.title = "{地点}"
    document.core_properties.subject = "{{ 地店 }}"
    document.save(str(path))
    places = [fault.where.cell or fault.found for fault in Template(path).check(KNOWN)]
    assert places == ["文件属性（标题）第1段“{地点}”", "地店"]


def test_tag_in_a_chart_is_a_fault(tmp_path: Path) -> None:
    path = write_word(tmp_path / "试验.docx", paragraph("字"))
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("word/charts/chart1.xml", "<c><a:t>{{ 地点 }}</a:t></c>")
    [fault] = Template(path).check(KNOWN)
    assert fault.wrong == "图表里的标记程序不会填"


def test_notes_are_filled_once_and_data_are_no_code(tmp_path: Path) -> None:
    """Use two sections: docxtpl renders footnotes once for each of them."""
    note = '<w:{0} w:id="1">' + paragraph("{{{{ 地点 }}}}") + "</w:{0}>"
    parts = {"footnotes": note.format("footnote"), "endnotes": note.format("endnote")}
    body = paragraph("一", "<w:sectPr/>") + paragraph("二")
    template = Template(write_word(tmp_path / "试验.docx", body, parts))
    assert template.fields_used({"地点": 1, "负责人": 2}) == ["地点"]
    assert template.render({"地点": "{{ 负责人 }}", "负责人": "甲"}, tmp_path / "out.docx", MADE) is None
    with zipfile.ZipFile(tmp_path / "out.docx") as package:
        for name in ("word/footnotes.xml", "word/endnotes.xml"):
            assert "{{ 负责人 }}" in package.read(name).decode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("{}%# 地点｛｝％", min_size=1, max_size=12))
def test_no_brace_is_printed_that_no_fault_has_named(tmp_path: Path, words: str) -> None:
    """Take any mixture of braces: a template without a fault prints none of them."""
    template = Template(write_word(tmp_path / "试验.docx", paragraph(run(words))))
    if not list(template.check({"地点", "地", "点"})):
        assert template.render({"地点": "甲", "地": "甲", "点": "甲"}, tmp_path / "out.docx", MADE) is None
        printed = "".join(each.text for each in Document(str(tmp_path / "out.docx")).paragraphs)
        assert not set("{}｛｝") & set(printed)
