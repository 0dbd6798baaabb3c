"""Derived figures, calculated from the rows of the workbook."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.project import figures, input_folder, workbook
from paperwork.project.model import LedgerEntry, Project
from tests import make

AMOUNTS = st.decimals(Decimal("0.01"), Decimal("9999"), places=2)


def project(folder: Path, **changes: object) -> Project:
    """Read the good project with some cells changed."""
    made, faults = workbook.read_project(input_folder.scan_inputs(make.make(folder, **changes)), 1)
    assert made is not None, faults
    return made


@given(st.lists(st.tuples(st.booleans(), AMOUNTS), max_size=40))
def test_ledger_pages_carry_balances_forward(rows: list[tuple[bool, Decimal]]) -> None:
    entries = [
        LedgerEntry.model_validate(
            {
                "日期": dt.date(2022, 5, 1),
                "凭证号": "1",
                "摘要": "x",
                "科目": "其他",
                "收入" if is_in else "支出": amount,
            }
        )
        for is_in, amount in rows
    ]
    pages = figures.ledger_pages(entries)
    assert sum(len(page.lines) for page in pages) == len(rows)
    assert [line.number for page in pages for line in page.lines] == list(range(1, len(rows) + 1))
    assert all(len(page.lines) >= figures.FEWEST_LINES for page in pages) or len(rows) < figures.FEWEST_LINES
    balance = sum((amount if is_in else -amount for is_in, amount in rows), Decimal(0))
    if pages:
        assert pages[-1].balance == pages[-1].lines[-1].balance == balance
        assert pages[-1].last
    for before, after in pairwise(pages):
        assert (before.income_after, before.balance) == (after.income_before, after.balance_before)


def entry(summary: str = "付培训费", **columns: object) -> LedgerEntry:
    """Return an entry of the ledger."""
    row = {"日期": dt.date(2022, 5, 1), "凭证号": "记-001", "摘要": summary, "科目": "项目活动费", "支出": 1, **columns}
    return LedgerEntry.model_validate(row)


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({}, 1),
        ({"摘要": "付" * 19}, 1),
        ({"摘要": "付" * 20}, 2),
        ({"摘要": "付" * 57}, 3),
        ({"摘要": "一\n二\n三"}, 3),
        ({"活动编号": "HD-01", "摘要": "付" * 16}, 2),
        ({"科目": "项目活动费"}, 1),
        ({"科目": "项目活动费用支出"}, 2),
        ({"经手人": "欧阳试验"}, 2),
    ],
)
def test_height_of_a_ledger_entry_is_that_of_its_printed_lines(changed: dict[str, Any], lines: int) -> None:
    wanted = max(figures.ROW_HEIGHT, lines * figures.LINE_HEIGHT + figures.ROW_PADDING)
    assert figures.entry_height(entry(**changed), figures.LEDGER_COLUMNS) == wanted


def test_column_of_payees_takes_room_from_the_summaries() -> None:
    paid = entry("付" * 19, 对方单位="自贡市某某文化传播有限公司")
    assert figures.entry_height(paid, figures.LEDGER_COLUMNS_WITH_PAYEES) > figures.ROW_HEIGHT
    plain = figures.ledger_pages([entry("付" * 19)] * 40)
    assert len(figures.ledger_pages([*[entry("付" * 19)] * 39, paid])) > len(plain)


def test_long_summaries_give_pages_with_fewer_entries() -> None:
    short, long = figures.ledger_pages([entry()] * 60), figures.ledger_pages([entry("付" * 60)] * 60)
    assert len(short[0].lines) > 12
    assert len(long[0].lines) < len(short[0].lines) / 2


def test_income_is_summed_by_subject_and_payer(tmp_path: Path) -> None:
    granted: dict[str, Any] = {"支出": None, "科目": "项目拨款", "对方单位": "自贡市妇女联合会"}
    rows = [
        {"对方单位": "自贡市妇女联合会"},
        {**granted, "收入": 500},
        {**granted, "科目": "利息", "收入": 3, "对方单位": ""},
    ]
    rows[2] |= {"日期": dt.date(2022, 6, 1), "凭证号": "记-003", "摘要": "利息"}
    made = figures.compute_figures(project(tmp_path, 支出=rows))
    assert [(each.name, each.amount) for each in made.income_sources] == [
        ("项目拨款（自贡市妇女联合会）", 100500),
        ("利息", 3),
    ]


def test_goals_are_grouped_by_kind_only_if_kinds_are_given(tmp_path: Path) -> None:
    assert figures.compute_figures(project(tmp_path / "plain")).goal_groups == ()
    kinds = [{"指标类型": kind} for kind in ("满意度", "质量", "数量", "效益")]
    groups = figures.compute_figures(project(tmp_path / "kinds", 绩效目标=kinds)).goal_groups
    assert [(each.name, [goal.code for goal in each.lines]) for each in groups] == [
        ("产出指标", ["MB-3", "MB-2"]),
        ("效益指标", ["MB-4"]),
        ("满意度指标", ["MB-1"]),
        ("其他指标", ["MB-5", "MB-6", "MB-7", "MB-8", "MB-9"]),
    ]


def test_panel_is_read_line_by_line(tmp_path: Path) -> None:
    words = "甲试验 自贡市妇女联合会 组联部部长\n\n乙试验　社区\n丙试验"
    panel = figures.compute_figures(project(tmp_path, 结项={"验收组": words})).panel
    assert [(each.name, each.organisation, each.position) for each in panel] == [
        ("甲试验", "自贡市妇女联合会", "组联部部长"),
        ("乙试验", "社区", ""),
        ("丙试验", "", ""),
    ]


def test_results_are_counted_from_activities_and_rosters(tmp_path: Path) -> None:
    made = figures.compute_figures(project(tmp_path))
    assert [(result.achieved, result.rate, result.met) for result in made.results[:3]] == [
        (15, "100%", True),
        (5, "100%", True),
        (1, "100%", True),
    ]


def test_execution_compares_spending_with_the_budget(tmp_path: Path) -> None:
    made = figures.compute_figures(project(tmp_path))
    assert [(each.subject, each.budget, each.spent, each.rate) for each in made.execution] == [
        ("项目活动费", 70000, 65000, "92.9%"),
        ("项目管理费", 10000, 0, "0%"),
        ("审计费", 20000, 0, "0%"),
    ]
    assert made.execution_total.left == 35000
    assert (made.income, made.expense, made.balance) == (100000, 65000, 35000)


def test_receipts_are_those_of_the_spending_up_to_the_last_entry(tmp_path: Path) -> None:
    made = figures.compute_figures(project(tmp_path, 支出=[{"票据张数": 2}, {"票据张数": 7}]))
    assert (made.receipts, made.ledger_until) == (7, dt.date(2022, 5, 7))


def test_quarterly_figures_ignore_later_entries(tmp_path: Path) -> None:
    made = project(tmp_path, 进展=[{"报送日期": dt.date(2022, 5, 6)}])
    second = figures.compute_quarter_figures(made, made.progress[0])
    assert (second.until, second.count, second.spent) == (dt.date(2022, 5, 6), 1, 0)


def test_quarterly_figures_count_activities_and_spending_of_the_quarter(tmp_path: Path) -> None:
    made = project(tmp_path)
    second = figures.compute_quarter_figures(made, made.progress[0])
    assert (second.count, second.attendances, second.spent, second.left) == (2, 40, 65000, 35000)
    third = figures.compute_quarter_figures(made, made.progress[1])
    assert (third.count, third.spent, third.spent_so_far) == (0, 0, 65000)


def test_quarterly_results_count_what_has_a_date_and_leave_the_rest_to_the_last_quarter(tmp_path: Path) -> None:
    made = project(tmp_path, 活动=[{}, {"开始日期": dt.date(2022, 8, 6)}])
    second, third, fourth = (figures.compute_quarter_figures(made, report) for report in made.progress)
    assert [(each.added, each.so_far, each.rate) for each in second.results[:2]] == [(8, 8, "53.3%"), ("—", "—", "—")]
    assert [(each.added, each.so_far, each.rate) for each in third.results[:2]] == [(7, 15, "100%"), ("—", "—", "—")]
    assert [(each.added, each.so_far, each.rate) for each in fourth.results[:2]] == [(0, 15, "100%"), ("—", 5, "100%")]
    assert (second.has_undated, fourth.has_undated) == (True, False)


def test_quarterly_spending_is_compared_with_the_budget_by_subject(tmp_path: Path) -> None:
    made = project(tmp_path)
    second, third = (figures.compute_quarter_figures(made, report) for report in made.progress[:2])
    assert [(each.subject, each.budget, each.spent, each.spent_so_far, each.rate) for each in third.execution] == [
        ("项目活动费", 70000, 0, 65000, "92.9%"),
        ("项目管理费", 10000, 0, 0, "0%"),
        ("审计费", 20000, 0, 0, "0%"),
    ]
    assert (second.execution_total.spent, third.execution_total.spent, third.execution_total.rate) == (65000, 0, "65%")
