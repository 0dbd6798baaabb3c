"""Long reports and a long ledger, printed for real: pages are full, totals stand with entries, headings with text."""

import datetime as dt
import re
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from paperwork.core.cache import Cache
from paperwork.documents import fill
from paperwork.documents.declarations import read_forms
from paperwork.formats.office import fonts, libreoffice
from paperwork.project import figures, input_folder, workbook
from paperwork.project.figures import LedgerPage
from tests import make

FOOTER_MM, PAGE_MM = 22, 297
"""Upper edge of the footer above the paper's edge, and the height of a page."""
HEADING = re.compile(r"[一二三四五六七八九十]+、")
SENTENCE = (
    "本项目立足社区妇女儿童的实际需要，整合专业社工、志愿者和社会组织三方面力量，采取“培训+服务+孵化”的方式推进，"
)


@dataclass(frozen=True)
class Line:
    """A printed line: its height above the paper's lower edge in millimetres, and its text without blanks."""

    height: float
    text: str


def words(length: int, paragraphs: int = 1) -> str:
    """Return a text of paragraphs of this many characters."""
    return "\n".join((SENTENCE * 20)[:length] + "。" for _ in range(paragraphs))


def ledger(count: int) -> list[dict[str, Any]]:
    """Return the rows of a ledger with summaries and payees of many lengths."""
    chance = Random(7)
    payees = (
        "自贡市某某文化传播有限公司",
        "",
        "中国电信",
        "某某社会工作服务中心（普通合伙）",
        "ABC Printing Co., Ltd.",
    )
    rows: list[dict[str, Any]] = [{"对方单位": "自贡市妇女联合会"}]
    for place in range(1, count):
        summary = words(chance.choice((5, 11, 19, 20, 26, 44, 69, 120)))
        rows.append(
            {
                "日期": dt.date(2022, 4, 11) + dt.timedelta(days=place),
                "凭证号": f"记-{place + 1:03}",
                "摘要": summary if place % 8 else f"Printing of brochures 2022-2023 (A4, 120 g/m2) 共{place}册",
                "科目": chance.choice(("项目活动费", "项目管理费", "审计费")),
                "支出": place,
                "对方单位": chance.choice(payees),
                "经手人": chance.choice(("乙试验", "欧阳试验")),
                "活动编号": chance.choice(("", "HD-01")),
            }
        )
    return rows


CLOSING = {
    **{name: words(330, 3) for name in ("项目概述", "实施情况", "主要成效", "经验做法", "存在问题", "改进建议")},
    "可持续计划": words(110, 14),
    "未完成或调整原因": words(120),
    "固定资产": "投影仪1台",
    "验收组": "甲试验 自贡市妇女联合会 组联部部长\n乙试验 某某会计师事务所 注册会计师",
}


@dataclass(frozen=True)
class Printed:
    """The printed forms by template, and the planned pages of the ledger."""

    pages: dict[str, list[list[Line]]]
    planned: tuple[LedgerPage, ...]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """Print the forms of a project with long texts."""
    folder = tmp_path_factory.mktemp("long")
    report = {"完成工作": words(300, 2), "下一步计划": words(200, 5)}
    inputs = make.make(folder, 支出=ledger(250), 结项=CLOSING, 进展=[report], 活动=[{"成效与反思": words(300)}, {}])
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None, faults
    env = fonts.environment(folder)
    filler = fill.prepare(project, make.TEMPLATES / "docx", folder / "work", env, Cache(folder / "store"), 1)
    wanted = ("项目专账", "项目结项报告", "季度进展报告")
    forms = [form for form in read_forms(make.TEMPLATES / "forms.toml") if form.template in wanted]
    first = {each.form.template: each for each in reversed(filler.documents(forms)[0])}
    files = {name: folder / f"{name}.docx" for name in first}
    for name, document in first.items():
        filler.fill_template(name, document.context, files[name])
    pdfs = libreoffice.convert_to_pdf([list(files.values())], folder / "pdf", env)
    pages = {name: [lines(page) for page in PdfReader(pdfs[path]).pages] for name, path in files.items()}
    return Printed(pages, figures.compute_figures(project).ledger_pages)


def lines(page: Any) -> list[Line]:
    """Return the lines of a page from top to bottom, without the footer."""
    found: dict[int, str] = {}

    def visit(text: str, _cm: Any, tm: Any, *_: Any) -> None:
        if text.strip():
            found[round(tm[5])] = found.get(round(tm[5]), "") + re.sub(r"\s", "", text)

    page.extract_text(visitor_text=visit)
    placed = [Line(height * 25.4 / 72, text) for height, text in sorted(found.items(), reverse=True)]
    return [line for line in placed if line.height > FOOTER_MM]


def test_each_page_of_a_long_ledger_holds_the_planned_entries_with_its_totals(printed: Printed) -> None:
    *pages, summary = ["".join(line.text for line in page) for page in printed.pages["项目专账"]]
    planned = [[line.voucher for line in page.lines] for page in printed.planned]
    assert [re.findall(r"记-\d{3}", page) for page in pages] == planned
    assert [page.count("本页合计") for page in pages] == [1] * len(pages)
    assert ["承前页" in page for page in pages] == [False] + [True] * (len(pages) - 1)
    assert ["过次页" in page for page in pages] == [True] * (len(pages) - 1) + [False]
    assert "累计" in pages[-1]
    assert "记账：" in pages[-1]
    assert "项目收支决算表" in summary
    assert "项目拨款（自贡市妇女联合会）" in summary


def test_pages_of_a_long_ledger_are_used_to_the_foot(printed: Printed) -> None:
    lowest = [page[-1].height for page in printed.pages["项目专账"][:-2]]
    assert min(lowest) >= 22
    # An entry that did not fit any more is at most eleven lines (51 mm) high.
    assert max(lowest) < 24 + 51
    assert sum(lowest) / len(lowest) < 40


@pytest.mark.parametrize(("form", "first", "end"), [("项目结项报告", 1, "（盖章）"), ("季度进展报告", 0, "（盖章）")])
def test_no_page_of_a_long_report_is_left_half_empty(printed: Printed, form: str, first: int, end: str) -> None:
    pages = printed.pages[form]
    last = next(number for number, page in enumerate(pages) if any(end in line.text for line in page))
    assert last - first >= 3
    assert [round(page[-1].height) for page in pages[first:last] if page[-1].height > PAGE_MM / 3 + FOOTER_MM] == []
    assert len(pages[last]) > 2, "the signature does not stand alone"


def test_no_heading_of_a_report_stands_alone_at_the_foot_of_a_page(printed: Printed) -> None:
    for form in ("项目结项报告", "季度进展报告"):
        assert [page[-1].text for page in printed.pages[form] if HEADING.match(page[-1].text)] == []


def test_closing_lists_attachments_and_the_panel_with_places_to_sign(printed: Printed) -> None:
    texts = ["".join(line.text for line in page) for page in printed.pages["项目结项报告"]]
    assert any("附件清单" in page and "专项审计报告" in page for page in texts)
    assert "验收组成员姓名单位职务签字甲试验自贡市妇女联合会组联部部长" in texts[-1]
    assert any("购置的固定资产：投影仪1台" in page for page in texts)


def test_widths_of_the_ledger_are_those_of_its_template() -> None:
    tables = Document(str(make.TEMPLATES / "docx" / "项目专账.docx")).tables
    for table, columns in zip(tables[:2], (figures.LEDGER_COLUMNS_WITH_PAYEES, figures.LEDGER_COLUMNS), strict=True):
        heads = {"".join(cell.text.split()): cell.width.twips for cell in table.rows[1].cells if cell.width}
        assert {header: heads[header] for header in columns if header} == {
            header: width for header, width in columns.items() if header
        }
        assert table.rows[0].cells[0].width.twips == columns[""]
