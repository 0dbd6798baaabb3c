"""Derived figures, calculated from the rows of the workbook."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from paperwork.project import figures, input_folder, workbook
from paperwork.project.figures import LINES_PER_LEDGER_PAGE
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
    assert all(len(page.lines) <= LINES_PER_LEDGER_PAGE for page in pages)
    balance = sum((amount if is_in else -amount for is_in, amount in rows), Decimal(0))
    if pages:
        assert pages[-1].balance == pages[-1].lines[-1].balance == balance
        assert pages[-1].last
    for before, after in pairwise(pages):
        assert (before.income_after, before.balance) == (after.income_before, after.balance_before)


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
