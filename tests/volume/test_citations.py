"""Pages that prove an evidence: found inside an item by the words that stand on them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from paperwork.checks import check
from paperwork.core.faults import Level, Where
from paperwork.core.text import PICTURE
from paperwork.project.model import Role
from paperwork.volume import citations, own_pages
from paperwork.volume.page_plan import Item, PlannedItem, plan_pages
from tests import make

PAGES = [
    # The text of a page, a fact, and if it stands there.
    ("开展市内妇儿社会工作专题培训 15 课\r\n时 15 课时 15 100%", "开展市内妇儿社会工作专题培训15课时", True),
    ("数量：2 课时", "2课时", True),
    ("共 12 课时", "2课时", False),
    ("100,000.00 99,986.50 13.50", "99,986.50", True),
    ("合计 199,986.50", "99,986.50", False),
    ("合计 99,986.501", "99,986.50", False),
    ("100,000.0099,986.50", "99,986.50", False),
    ("27 阿示例 27 女 47 阿示例 47 女", "47", True),
    ("147 号 4.7 0.47 47.5", "47", False),
    ("第\r\n二季度", "第二季度", True),
    ("全角（第１期）", "(第1期)", True),
    (f"现场照片{PICTURE}", PICTURE, True),
    ("没有照片", PICTURE, False),
    ("", "字", False),
    ("任何一页", "\u200b", True),
]


@pytest.mark.parametrize(("text", "fact", "stands"), PAGES)
def test_a_fact_is_found_across_line_breaks_and_a_number_only_whole(text: str, fact: str, stands: bool) -> None:
    assert citations.shows(citations.page_words(text), [fact]) is stands


def planned(texts: Sequence[str], divider_pages: int = 0, pages: int = 0) -> PlannedItem:
    """Return an item that begins on page 11."""
    words = tuple(map(citations.page_words, texts))
    parts = (Path("x.pdf"),)
    item = Item(1, "件", "部分", "表", "单位", None, "001-件", parts, pages or len(texts), texts=words,
                divider_pages=divider_pages)  # fmt: skip
    return PlannedItem(item, 11)


ROSTER = ["名册 1 甲 2 乙", "3 丙 4 丁"]
CITED = [
    # Pages, pages of the divider, facts; the page that is cited, the facts on it, and if all are there.
    (["封面 项目申报书", "填报说明", "申请金额 100,000.00 元"], 0, ["100,000.00"], 13, ("100,000.00",), True),
    (ROSTER, 0, ["丁", "4"], 12, ("丁", "4"), True),
    (ROSTER, 0, ["丁", "5"], 12, ("丁",), False),
    (ROSTER, 0, ["戊", "4"], 11, (), False),
    (ROSTER, 0, [], 11, (), True),
    (["附件 审计报告"], 1, [], 12, (), True),
    (["附件 审计报告"], 1, ["别的字"], 12, (), False),
]


@pytest.mark.parametrize(("texts", "divider", "facts", "page", "shown", "proven"), CITED)
def test_the_page_that_shows_most_of_the_facts_is_cited(
    texts: list[str], divider: int, facts: list[str], page: int, shown: tuple[str, ...], proven: bool
) -> None:
    found = planned(texts, divider, 5).page_showing(facts)
    assert (found.page, found.shown, found.is_proven) == (page, shown, proven)


def test_a_link_names_the_file_and_the_page_in_it() -> None:
    entry = planned(ROSTER)
    assert [entry.file_at(offset) for offset in range(2)] == [("001-件.docx", ""), ("001-件.docx", "page=2")]


PRINTED = [
    # Text of the roster's page as a template prints it; the words that must stand there, and the notices.
    ("4 示例组织四 5 示例组织五", ["示例组织五", "5"], 0),
    ("示例组织四、示例组织五", ["示例组织五"], 1),
    ("名单另存", [], 1),
]


@pytest.mark.parametrize(("text", "shown", "notices"), PRINTED)
def test_what_a_template_does_not_print_is_told_and_the_item_is_cited(
    text: str, shown: list[str], notices: int, tmp_path: Path
) -> None:
    checked = check.examine(1, make.make(tmp_path), make.LATER, make.TEMPLATES)
    item = Item(1, "培育组织名册", "二、实施", "花名册", "单位", None, "001", (), 1, Where("", "名册", "培育组织"),
                (Role.ROSTER,), texts=(citations.page_words(text),))  # fmt: skip
    plan = plan_pages([item])
    assert own_pages.cited_pages(checked, plan) == {1: shown}
    told = list(own_pages.unproven(checked, plan))
    assert [(each.level, str(each.where)) for each in told] == [(Level.NOTICE, "模板 花名册.docx")] * notices
