"""Word templates, rendered and read back."""

import datetime as dt
import re
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Twips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperwork.core import text
from paperwork.formats.office.word import Link, Picture, Template
from tests import make

MADE = dt.date(2022, 12, 30)
TEXTS = st.text(
    st.sampled_from("&<>\"'{}%#_甲乙𬭛㛃䶮 \t\n—“”…•ab1") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=80
)


def template(folder: Path, *lines: str, header: str = "") -> Template:
    """Write a template with these paragraphs and this header."""
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    document.sections[0].header.paragraphs[0].text = header
    document.save(str(folder / "试验.docx"))
    return Template(folder / "试验.docx")


def lines_of(path: Path) -> list[str]:
    """Return the paragraphs of a rendered document, including tabs and line breaks."""
    return [paragraph.text for paragraph in Document(str(path)).paragraphs]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_any_text_is_rendered_unchanged(tmp_path: Path, words: str) -> None:
    clean = text.as_text(words)
    out = tmp_path / "out.docx"
    assert template(tmp_path, "始{{ 甲 }}终").render({"甲": clean}, out, MADE) is None
    assert "\n".join(lines_of(out)).replace("\u200b", "") == f"始{clean}终"


def test_a_list_of_numbers_may_be_broken_after_its_commas_only(tmp_path: Path) -> None:
    out = tmp_path / "out.docx"
    words = "占21%、35%、44%，甲、2乙、丙3、丁，1,000、2,000.50"
    template(tmp_path, "{{ 甲 }}").render({"甲": words}, out, MADE)
    assert lines_of(out) == ["占21%、\u200b35%、\u200b44%，甲、2乙、丙3、丁，1,000、\u200b2,000.50"]


@pytest.mark.parametrize(
    "words", ["{{ 7*7 }}", "{_{ 甲 }_}", "{_% 甲 %_}", "{% raw %}", "{# x #}", "字" * 1000, "&amp;<w:p/>", "甲\t乙\n丙"]
)
def test_template_syntax_in_data_is_rendered_as_text(tmp_path: Path, words: str) -> None:
    out = tmp_path / "out.docx"
    template(tmp_path, "{{ 甲 }}").render({"甲": words}, out, MADE)
    assert "\n".join(lines_of(out)) == words


def test_missing_value_is_rendered_as_empty_text(tmp_path: Path) -> None:
    out = tmp_path / "out.docx"
    template(tmp_path, "始{{ 甲 }}终", "{{ 乙 }}").render({"甲": None, "乙": MADE}, out, MADE)
    assert lines_of(out) == ["始终", "2022年12月30日"]


def test_line_break_starts_a_paragraph_of_the_same_style(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("{{ 甲 }}", style="Quote")
    document.save(str(tmp_path / "试验.docx"))
    Template(tmp_path / "试验.docx").render({"甲": "一\n二"}, tmp_path / "out.docx", MADE)
    made = Document(str(tmp_path / "out.docx")).paragraphs
    assert [(each.text, each.style and each.style.name) for each in made] == [("一", "Quote"), ("二", "Quote")]


def roster(folder: Path, mark: str, rows: list[dict[str, str]]) -> list[list[str]]:
    """Render a table with four columns, a loop and a total; return the text of its rows, and check its widths."""
    document = Document()
    table = document.add_table(5, 4)
    lines = [
        ("序号", "姓名", "电话", "备注"),
        ("{%tr for 行 in 表 %}", "", "", ""),
        ("{{ loop.index }}", "{{ 行.姓名 }}", "{{ 行.电话 }}", "{{ 行.备注 }}"),
        ("{%tr endfor %}", "", "", ""),
        ("合计", "", "", "{{ 表|length }} 人"),
    ]
    for row, words in zip(table.rows, lines, strict=True):
        for cell, text_ in zip(row.cells, words, strict=True):
            cell.text, cell.width = text_, Twips(2160)
    table.cell(4, 1).merge(table.cell(4, 3))
    above = table.rows[0]._tr.get_or_add_trPr()
    above.append(above.makeelement(qn("w:tblHeader")))
    table._tbl.tblPr.append(above.makeelement(qn("w:tblDescription"), {qn("w:val"): mark}))
    document.save(str(folder / "试验.docx"))
    assert Template(folder / "试验.docx").render({"表": rows}, folder / "out.docx", MADE) is None
    [made] = Document(str(folder / "out.docx")).tables
    grid = [column.w for column in made._tbl.tblGrid.gridCol_lst]
    assert len(grid) == len(made.rows[0]._tr.tc_lst)
    for widths in (grid, *([cell.width for cell in row._tr.tc_lst] for row in made.rows)):
        assert sum(width or 0 for width in widths) == Twips(4 * 2160)
    return [[cell.text for cell in dict.fromkeys(row.cells)] for row in made.rows]


ONE = {"姓名": "甲", "电话": "", "备注": ""}


@pytest.mark.parametrize(
    ("mark", "rows", "head"),
    [
        ("空栏不印", [ONE, {**ONE, "电话": "138"}], ["序号", "姓名", "电话"]),
        ("名册；空栏不印，栏宽随内容", [ONE], ["序号", "姓名"]),
        ("栏宽随内容", [ONE], ["序号", "姓名", "电话", "备注"]),
        ("名册", [ONE], ["序号", "姓名", "电话", "备注"]),
        ("空栏不印", [], ["序号", "姓名", "电话", "备注"]),
    ],
)
def test_columns_without_contents_are_left_out_of_a_marked_table(
    tmp_path: Path, mark: str, rows: list[dict[str, str]], head: list[str]
) -> None:
    made = roster(tmp_path, mark, rows)
    assert made[0] == head
    assert made[-1][0] == "合计" and made[-1][-1].strip() == f"{len(rows)} 人"
    left = re.findall(r'tblDescription w:val="([^"]*)"', Document(str(tmp_path / "out.docx")).element.xml)
    assert left == (["名册"] if "名册" in mark else [])


def test_fitted_table_gives_its_width_to_long_lines(tmp_path: Path) -> None:
    roster(tmp_path, "栏宽随内容", [{**ONE, "姓名": "自贡市示例巧手公益社会工作服务社（长名）"}])
    [made] = Document(str(tmp_path / "out.docx")).tables
    number, name, *_ = (cell.width / 36000 for cell in made.rows[0].cells)
    assert number < 30 and name > 70


def test_unknown_tag_is_reported_with_its_place_and_a_suggestion(tmp_path: Path) -> None:
    faults = list(template(tmp_path, "甲", "地点：{{ 地点点 }}").check({"地点", "负责人"}))
    assert [fault.wrong for fault in faults] == ["模板里的字段“地点点”在表格中找不到"]
    assert "正文第2段" in str(faults[0].where)
    assert "是不是想写“地点”" in faults[0].mend


def test_tags_in_headers_and_loops_are_checked(tmp_path: Path) -> None:
    made = template(tmp_path, "{%p for 行 in 活动 %}", "{{ 行.地点 }}{{ 行.错的 }}", "{%p endfor %}", header="{{ 眉 }}")
    assert {use.path for use in made.find_fields()} == {"活动", "活动.地点", "活动.错的", "眉"}
    assert {fault.found for fault in made.check({"活动", "活动.地点"})} == {"活动.错的", "眉"}


@pytest.mark.parametrize("line", ["{{ 甲", "{% if 甲 %}", "{{ 甲（1） }}"])
def test_malformed_tag_is_one_fault_naming_the_template(tmp_path: Path, line: str) -> None:
    faults = list(template(tmp_path, line).check({"甲"}))
    assert len(faults) == 1
    assert "试验.docx" in str(faults[0].where)


@pytest.mark.parametrize("line", ["{{ 甲.__class__.__mro__ }}", "{{ ''.__class__ }}"])
def test_templates_run_in_a_sandbox(tmp_path: Path, line: str) -> None:
    fault = template(tmp_path, line).render({"甲": "x"}, tmp_path / "out.docx", MADE)
    assert fault is not None
    assert "access to attribute '__class__'" in fault.mend and "unsafe" in fault.mend
    assert not (tmp_path / "out.docx").exists()


def test_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    made = template(tmp_path, "{{ 甲 }}", "{{ 图 }}", "{{r 链 }}")
    photo = make.photo(tmp_path / "a.jpg")
    context = {"甲": "字", "图": Picture(photo, 50), "链": Link("甲", "001.docx")}
    for name in ("1", "2"):
        assert made.render(context, tmp_path / name, MADE) is None
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
