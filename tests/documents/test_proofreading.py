"""Printed documents read back: what a layout loses is found, what it only moves is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as WordFile
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm
from docx.table import Table
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core.faults import Where
from paperwork.documents import proofreading
from paperwork.documents.proofreading import Loss
from paperwork.formats.office import coverage, fonts, libreoffice, runs
from paperwork.formats.office.coverage import Coverage
from paperwork.formats.office.runs import ShownText
from paperwork.formats.office.typesetting import rows
from paperwork.project import input_folder, workbook
from tests import make

LINES = [f"第{number}行的文字内容" for number in range(12)]


def fixed_row(document: WordFile, text: str = "") -> Table:
    """Add a table with one row of 20 mm."""
    table: Table = document.add_table(1, 2)
    table.rows[0].height, table.rows[0].height_rule = Mm(20), WD_ROW_HEIGHT_RULE.EXACTLY
    table.cell(0, 0).text, table.cell(0, 1).text = text, "乙"
    return table


def add(document: WordFile, xml: str) -> None:
    """Add the XML of a paragraph."""
    document.element.body.insert(0, parse_xml(xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)))


def lines_in_a_fixed_row(document: WordFile) -> None:
    fixed_row(document, "\n".join(LINES))


def paragraphs_in_a_fixed_row(document: WordFile) -> None:
    cell = fixed_row(document).cell(0, 0)
    for line in LINES:
        cell.add_paragraph(line)


def one_long_paragraph_in_a_fixed_row(document: WordFile) -> None:
    fixed_row(document, "很长的一段话，" * 40)


def text_box(document: WordFile) -> None:
    inside = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in LINES)
    shape = (
        f'<v:rect style="position:absolute;width:60pt;height:20pt"><v:textbox><w:txbxContent>{inside}</w:txbxContent>'
    )
    add(
        document,
        f'<w:p><w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml">{shape}</v:textbox></v:rect></w:pict></w:r></w:p>',
    )


def fixed_frame(document: WordFile) -> None:
    frame = '<w:framePr w:w="2000" w:h="400" w:hRule="exact" w:vAnchor="page" w:hAnchor="page" w:x="1" w:y="1"/>'
    add(document, f"<w:p><w:pPr>{frame}</w:pPr><w:r><w:t>{'框架里的字' * 30}</w:t></w:r></w:p>")


def outside_the_paper(document: WordFile) -> None:
    document.add_paragraph("缩到纸外的字").paragraph_format.left_indent = Mm(-80)


def unmerged_rest_of_a_cell(document: WordFile) -> None:
    table = document.add_table(2, 1)
    for row, kind in zip(table.rows, ("restart", "continue"), strict=True):
        row.cells[0].text = "上面的格" if kind == "restart" else "被合并的格里的字"
        row.cells[0]._tc.get_or_add_tcPr().append(parse_xml(f'<w:vMerge {nsdecls("w")} w:val="{kind}"/>'))


def nothing_lost(document: WordFile) -> None:
    document.sections[0].header.paragraphs[0].text = "页眉里的示例标记"
    add(document, '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r>'
        '<w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>９９９９</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/>'
        "</w:r></w:p>")  # fmt: skip
    add(
        document,
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏的字</w:t></w:r><w:del><w:r><w:t>删去的字</w:t></w:r></w:del></w:p>",
    )
    add(document, '<w:p><w:r><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>l</w:t></w:r></w:p>')
    document.styles.add_style("不印", WD_STYLE_TYPE.PARAGRAPH).font.hidden = True
    document.add_paragraph("样式里隐藏的字", style="不印")
    document.add_paragraph("office affluent fjord ﬁ 软\u00ad连\u00ad字符")
    document.add_paragraph("x" * 3000)
    document.add_paragraph("2022-05-06/abc-" * 200)
    document.add_paragraph("－—―–-•·～〜…⋯①㎡Ａ")
    document.add_paragraph("题名" * 150).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for length in range(20, 50):
        document.add_paragraph(("字" * length + "，“引号”、") * 8).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY


def long_table(document: WordFile) -> None:
    table = document.add_table(120, 4)
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for place, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            cell.text = f"第{place}行第{column}列的内容，" * (1 + (place * 7 + column) % 5)


LAYOUTS: dict[Callable[[WordFile], None], str] = {
    lines_in_a_fixed_row: LINES[-1],
    paragraphs_in_a_fixed_row: LINES[-1],
    one_long_paragraph_in_a_fixed_row: "很长的一段话，",
    text_box: LINES[-1],
    fixed_frame: "框架里的字",
    outside_the_paper: "缩到纸外的字",
    unmerged_rest_of_a_cell: "被合并的格里的字",
    nothing_lost: "",
    long_table: "",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with each layout as a Word file and as a PDF."""
    folder = tmp_path_factory.mktemp("layouts")
    paths = []
    for build in LAYOUTS:
        document = Document()
        build(document)
        runs.name_faces([document.element.body], coverage.installed_coverage)
        paths.append(folder / f"{build.__name__}.docx")
        document.save(str(paths[-1]))
    libreoffice.convert_to_pdf([paths], folder, fonts.environment(folder))
    return folder


@pytest.fixture(scope="module")
def covered() -> Coverage:
    """Return the coverage of this machine."""
    return coverage.installed_coverage()


@pytest.mark.parametrize("build", LAYOUTS, ids=lambda build: build.__name__)
def test_text_that_a_layout_loses_is_found(build: Callable[[WordFile], None], folder: Path, covered: Coverage) -> None:
    path = folder / f"{build.__name__}.docx"
    losses = proofreading.find_losses(path, path.with_suffix(".pdf"), covered)
    lost = LAYOUTS[build]
    assert bool(losses) is bool(lost), losses
    if lost:
        assert lost in losses[-1].paragraph
        assert losses[-1].missing


def test_fixed_rows_of_a_template_grow_with_their_text(tmp_path: Path, covered: Coverage) -> None:
    document = Document()
    lines_in_a_fixed_row(document)
    rows.let_rows_grow(document.element.body)
    path = tmp_path / "会长高.docx"
    document.save(str(path))
    printed = libreoffice.convert_to_pdf([[path]], tmp_path, fonts.environment(tmp_path))[path]
    assert proofreading.find_losses(path, printed, covered) == []


def test_empty_row_keeps_its_fixed_height() -> None:
    document = Document()
    fixed_row(document).cell(0, 1).text = ""
    rows.let_rows_grow(document.element.body)
    assert document.tables[0].rows[0].height_rule == WD_ROW_HEIGHT_RULE.EXACTLY


def shown(*paragraphs: str, repeated: tuple[str, ...] = ()) -> ShownText:
    """Return the text of a Word file."""
    return ShownText([*paragraphs, *repeated], repeated)


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        (shown("一段话"), ["一 段\r\n话"]),
        (shown("一段话"), ["一段", "话"]),
        (shown("Ａ①㎡"), ["A1m2"]),
        (shown("—―–－"), ["----"]),
        (shown("2022-05"), ["2022\x0205"]),
        (shown("王𰻞李"), ["王李 𰻞"]),
        (shown("ئايگۈل"), ["لۈگيائ"]),
        (shown("爱❤\ufe0f心👨\u200d👩"), ["爱❤心👨👩"]),
        (shown("é"), ["e\u0301"]),
        (shown("甲", repeated=("很长的一行页眉文字",)), ["很长的一行页眉文字甲", "很长的一行页眉文字"]),
        (shown("ABC"), ["abc"]),
        (shown("软\u00ad连字符"), ["软连字符"]),
        (shown(), ["1"]),
    ],
)
def test_what_a_layout_may_change_is_no_loss(text: ShownText, pages: list[str]) -> None:
    assert proofreading.compare(text, pages) == []


@pytest.mark.parametrize(
    ("text", "pages", "missing"),
    [
        (shown("一段话"), ["一段"], "话"),
        (shown("甲，", "乙，"), ["甲乙，"], "，"),
        (shown("二十", "二十"), ["二十"], "二十"),
        (shown("王𰻞"), ["王"], "𰻞"),
        (shown("第1行第2行第3行"), ["第1行"], "第2行第3行"),
        (shown("e\u030a"), ["e"], "\u030a"),
        (shown("字", repeated=("很长的一行页眉文字",)), ["很长的一行页眉文字", "很长的一行页眉文字"], "字"),
        (shown("甲"), [], "甲"),
        (shown("🎈"), ["□"], "🎈"),
    ],
)
def test_each_lost_character_is_told(text: ShownText, pages: list[str], missing: str) -> None:
    assert "".join(loss.missing for loss in proofreading.compare(text, pages)) == missing


@given(st.lists(st.text("甲乙丙丁，。ab𰻞é", min_size=1), min_size=1), st.data())
def test_any_missing_character_is_found(paragraphs: list[str], data: st.DataObject) -> None:
    whole = "".join(paragraphs)
    cut = data.draw(st.integers(0, len(whole)))
    assert proofreading.compare(shown(*paragraphs), [whole[:cut], whole[cut:]]) == []
    place = data.draw(st.integers(0, len(whole) - 1))
    [loss] = proofreading.compare(shown(*paragraphs), [whole[:place] + whole[place + 1 :]])
    assert loss.missing == whole[place]
    assert whole[place] in loss.paragraph


def test_loss_names_document_cell_and_character(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path, 活动=[{"简报正文": "第一段。\n第二段很长。"}], 名册=[{"姓名或名称": "王𰻞"}])
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None
    losses = [Loss("第二段很长。", "很长"), Loss("王𰻞", "𰻞"), Loss("没有这句话", "没"), Loss("龚\ue863", "\ue863")]
    faults = list(proofreading.faults("007-活动简报", losses, project))
    file = "项目1/项目数据.xlsx"
    assert [fault.where for fault in faults] == [
        Where(file, "活动", "R2"), Where(file, "名册", "B2"), Where("007-活动简报"), Where("007-活动简报"),
    ]  # fmt: skip
    assert faults[0].wrong == "“007-活动简报”印出来以后少了“很长”（U+5F88、U+957F）"
    assert faults[1].wrong == "“007-活动简报”印出来以后少了“𰻞”（U+30EDE）"
    assert "U+E863 多半是“䶮”" in faults[3].mend
