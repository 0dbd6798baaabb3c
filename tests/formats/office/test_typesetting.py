"""Typesetting of filled Word files, read in the pages that LibreOffice prints from them."""

import datetime as dt
import random
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2
import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from paperwork.formats.office import fonts, libreoffice
from paperwork.formats.office.typesetting.titles import measure, title_lines
from paperwork.formats.office.word import Template

MADE = dt.date(2022, 12, 30)
QUOTED = (
    "“爱”在A级“爱”处", "100“户”家", "（“A”）级", "爱——A——爱", "5……爱", "2022年—2023年", "1—3月", "等……", "‘爱’和A‘爱’",
    "Word“文”档", "他说“OK”", "——爱",
)  # fmt: skip
TITLES = (
    "“明月寄情”彝族儿童关爱服务（第三场）顺利举行", "“网络是一把双刃剑”主题辩论赛在自贡市第一中学顺利举行",
    "盐都“紫薇伙伴”妇女儿童社会工作人才培育项目2021—2022年度绩效评估报告",
    "自贡市妇女联合会妇女儿童公益服务项目负责人廉洁从业承诺书",
    "自贡市妇女联合会2022年度红梅花开·和美之家档案",
    "自流井区“巾帼家政”技能培训与就业帮扶项目结项验收会议圆满召开并取得预期成效",
)  # fmt: skip
WORDS = (
    "明月", "寄情", "彝族", "儿童", "关爱", "服务", "顺利", "举行", "网络", "双刃剑", "主题", "辩论赛",
    "第一中学", "紫薇", "伙伴", "社会", "工作", "人才", "培育", "2021—2022", "绩效", "评估", "报告", "妇女",
    "联合会", "公益", "负责人", "廉洁", "承诺书", "巾帼", "家政", "技能", "培训", "就业", "帮扶", "结项",
    "验收", "会议", "圆满", "召开", "预期", "成效", "年度", "红梅花开", "和美之家",
)  # fmt: skip
"""Words of the titles; no line may end within one."""


def document(size: float, alignment: WD_ALIGN_PARAGRAPH) -> Any:
    """Return an empty document in official letters on official paper: 156 mm between the margins."""
    made = Document()
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Mm(28), Mm(26), Mm(37), Mm(35)
    style = made.styles["Normal"]
    style.font.size, style.font.name = Pt(size), "Times New Roman"
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋_GB2312")
    style.paragraph_format.alignment = alignment
    style.paragraph_format.space_after = Pt(0)
    return made


def add_list(made: Any, count: int, text: str) -> None:
    """Add a table with a repeated head and `count` rows."""
    table = made.add_table(count + 1, 2)
    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if not number:
            properties.append(OxmlElement("w:tblHeader"))
        row.cells[0].text, row.cells[1].text = f"行{number}号", text


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the printed PDF of each document of this module by its name; all are printed at once."""
    folder = tmp_path_factory.mktemp("type")
    made: dict[str, Any] = {}
    made["quotes"] = document(16, WD_ALIGN_PARAGRAPH.LEFT)
    for words in QUOTED:
        made["quotes"].add_paragraph(words)
    made["titles"] = document(22, WD_ALIGN_PARAGRAPH.CENTER)
    for words in TITLES:
        made["titles"].add_paragraph(words)
    made["squared"] = document(16, WD_ALIGN_PARAGRAPH.JUSTIFY)
    for words in sweep():
        made["squared"].add_paragraph(words)
    for count in range(30, 40):
        made[f"list{count}"] = document(12, WD_ALIGN_PARAGRAPH.LEFT)
        add_list(made[f"list{count}"], count, "字")
    for count in range(32, 38):
        made[f"late{count}"] = document(12, WD_ALIGN_PARAGRAPH.LEFT)
        for _ in range(count):
            made[f"late{count}"].add_paragraph("前文")
        add_list(made[f"late{count}"], 30, "字")
    for name, each in made.items():
        each.save(str(folder / f"{name}.docx"))
        Template(folder / f"{name}.docx").render({}, folder / f"{name}.docx", MADE)
    files = [folder / f"{name}.docx" for name in made]
    libreoffice.convert_to_pdf([files], folder, fonts.environment(folder))
    return lambda name: folder / f"{name}.pdf"


def sweep() -> list[str]:
    """Return paragraphs of random words with marks at all places of a line."""
    chance = random.Random(7)
    letters = "自贡市妇女联合会组织开展家庭教育主题活动邀请心理咨询师社会工作者与家长代表共同参与"
    return [
        "".join(
            "".join(chance.choices(letters, k=chance.randint(2, 11)))
            + chance.choice(
                "，，，、。；：！？）”》…—" if chance.random() < 0.9 else ["2022年", "（第3期）", "A级", "95.6%"]
            )
            for _ in range(chance.randint(8, 35))
        )
        for _ in range(60)
    ]


def lines(path: Path) -> list[str]:
    """Return the printed lines of a file, without blanks."""
    with pdfplumber.open(path) as opened:
        return [re.sub(r"\s", "", line["text"]) for page in opened.pages for line in page.extract_text_lines()]


def test_marks_beside_chinese_text_have_the_chinese_face(pages: Callable[[str], Path]) -> None:
    with pdfplumber.open(pages("quotes")) as opened:
        marks = [char for page in opened.pages for char in page.chars if char["text"] in "“”‘’…—"]
        widths = {round(char["x1"] - char["x0"], 1) for char in marks}
    assert len(marks) == sum(char in "“”‘’…—" for words in QUOTED for char in words)
    assert not [char["text"] for char in marks if "Liberation" in char["fontname"] or "Times" in char["fontname"]]
    assert widths == {16.0}


def test_no_line_of_a_title_ends_within_a_word(pages: Callable[[str], Path]) -> None:
    printed = lines(pages("titles"))
    assert "".join(printed) == "".join(TITLES)
    assert all(len(line) > 4 for line in printed)
    assert len(printed) > len(TITLES)
    for title in TITLES:
        own = [line for line in printed if line in title]
        assert all(any(word in line for line in own) for word in WORDS if word in title)


@pytest.mark.parametrize("width", [12, 14.5, 16, 20, 27])
def test_lines_of_a_title_form_a_trapezoid_or_a_diamond(width: float) -> None:
    for title in TITLES:
        got = title_lines(title, width)
        widths = [measure(line) for line in got]
        assert "".join(got) == title
        assert len(got) == 1 or max(widths) <= width
        falls = [after < before for before, after in pairwise(widths)]
        assert falls == sorted(falls), got  # once the lines get shorter, none is longer than the one before


def test_a_short_title_and_a_long_text_are_left_alone() -> None:
    assert title_lines("自贡市妇女联合会开展活动。" * 20, 20) == ["自贡市妇女联合会开展活动。" * 20]
    assert title_lines("项目专账", 20) == ["项目专账"]


def test_justified_text_loses_no_mark_and_is_square(pages: Callable[[str], Path]) -> None:
    opened = pypdfium2.PdfDocument(pages("squared"))
    shown = Counter("".join(page.get_textpage().get_text_range() for page in opened))
    wanted = Counter("".join(sweep()))
    assert sum(wanted.values()) > 8000
    assert not {char for char in wanted if char not in "—" and wanted[char] > shown[char]}
    with pdfplumber.open(pages("squared")) as read:
        ends = [line["x1"] / 72 * 25.4 for page in read.pages for line in page.extract_text_lines()]
    full = [end for end in ends if end > 178]
    assert len(full) > 200
    assert all(end < 184.5 for end in full)  # nothing hangs over the edge at 184 mm


def rows_of(path: Path) -> list[int]:
    """Return the number of a list's rows on each page."""
    opened = pypdfium2.PdfDocument(path)
    texts = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in opened]
    return [len(set(re.findall(r"行(\d+)号", text)) - {"0"}) for text in texts]


def test_no_page_has_a_single_row_of_a_list(pages: Callable[[str], Path]) -> None:
    ends = [rows_of(pages(f"list{count}")) for count in range(30, 40)]
    assert [sum(each) for each in ends] == list(range(30, 40))
    assert {3, 4} <= {each[-1] for each in ends if len(each) > 1}
    starts = [rows_of(pages(f"late{count}")) for count in range(32, 38)]
    assert {sum(each) for each in starts} == {30}
    assert 2 in {each[0] for each in starts}
    assert not [each for each in (*ends, *starts) if 1 in each]
