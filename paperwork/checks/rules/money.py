"""Rules on money: every line adds up, the ledger keeps to the budget, small grants are as published."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import get_args

from paperwork.core import values
from paperwork.core.faults import Fault, Level
from paperwork.core.values import Money
from paperwork.project import figures
from paperwork.project.model import BudgetLine, LedgerEntry, MicroProject, Project

CENT = Decimal("0.01")
INCOME = "项目拨款"
# Both ends of a range of amounts or months: 1-3万元, 6至10个月.
RANGE = r"(\d[\d,.]*)\s*(万?)元?\s*[-—–~至到]\s*(\d[\d,.]*)\s*(万?)元"
MONTHS = r"(\d{1,2})\s*(?:个月)?\s*[-—–~至到]\s*(\d{1,2})\s*个月"


def _yuan(amount: Decimal) -> str:
    """Return an amount in yuan, as faults quote it."""
    return values.format_value(Money(amount)) + " 元"


def price_times_quantity_is_the_amount(project: Project) -> Iterator[Fault]:
    """预算每一行：单价×数量=金额。"""
    for line in project.readable_rows(BudgetLine, "单价", "数量", "金额"):
        if line.price is not None and line.quantity is not None:
            product = (line.price * line.quantity).quantize(CENT)
            if product != line.amount:
                wrong = f"单价×数量是 {_yuan(product)}，与金额不符"
                yield Fault(
                    Level.ERROR, line.where("金额"), wrong, "请改正单价、数量或金额", values.format_value(line.amount)
                )


def each_entry_has_one_amount(project: Project) -> Iterator[Fault]:
    """支出表每一行：收入和支出填且只填一个，要大于零。"""
    for entry in project.readable_rows(LedgerEntry, "收入", "支出"):
        amounts = [amount for amount in (entry.income, entry.expense) if amount]
        if len(amounts) != 1 or amounts[0] < 0:
            problem = "都填了" if len(amounts) == 2 else "是负数" if amounts else "都没有填"
            mend = "请只留一个；冲销请另记一笔，并在摘要里写明"
            yield Fault(Level.ERROR, entry.where("支出"), f"收入和支出{problem}", mend)


def subjects_are_those_of_the_budget(project: Project) -> Iterator[Fault]:
    """支出的科目要是预算里有的。"""
    lines = project.readable_rows(BudgetLine, "科目") if project.is_fully_read(BudgetLine, "科目") else ()
    known = dict.fromkeys(line.subject for line in lines)
    for entry in project.readable_rows(LedgerEntry, "科目", "支出") if known else ():
        if entry.expense and entry.subject not in known:
            mend = f"请从预算的科目里选：{'、'.join(known)}"
            yield Fault(Level.NOTICE, entry.where("科目"), "预算里没有这个科目", mend, entry.subject)


def no_line_is_overspent(project: Project) -> Iterator[Fault]:
    """每个科目的支出不超过它的预算；科目之间的调剂要有依据。"""
    if not project.is_fully_read(BudgetLine) or not project.is_fully_read(LedgerEntry):
        return
    for execution in figures.compute_figures(project).execution:
        spent = Decimal(0)
        for entry in project.ledger if execution.budget else ():
            if entry.subject == execution.subject and entry.expense:
                spent += entry.expense
                if spent > execution.budget:
                    wrong = f"“{execution.subject}”支出 {_yuan(execution.spent)}，超过预算 {_yuan(execution.budget)}"
                    mend = "请核对；属于科目之间调剂的，请附上批准的依据"
                    yield Fault(Level.NOTICE, entry.where("支出"), wrong, mend, values.format_value(entry.expense))
                    break


def balance_is_never_negative(project: Project) -> Iterator[Fault]:
    """专账的余额在任何时候都不能是负数。"""
    balance = Decimal(0)
    entries = project.readable_rows(LedgerEntry) if project.is_fully_read(LedgerEntry, "收入", "支出") else ()
    for entry in entries:
        before, balance = balance, balance + (entry.income or 0) - (entry.expense or 0)
        # Once for each fall below zero, not for every entry until the balance is positive again.
        if balance < 0 <= before:
            wrong = f"记到这一笔，余额是 {_yuan(balance)}"
            yield Fault(Level.NOTICE, entry.where("支出"), wrong, "请核对日期和金额，或补记拨款收入")


def budget_has_the_subjects_named(project: Project) -> Iterator[Fault]:
    """相关要求写明包含的费用（如审计费），预算里要有这一科目。"""
    named = [each for each in get_args(BudgetLine.fields()["subject"].annotation) if each != "其他"]
    lines = project.readable_rows(BudgetLine, "科目") if project.is_fully_read(BudgetLine, "科目") else ()
    budgeted = {line.subject for line in lines}
    for subject in named:
        if lines and subject in project.catalogue.requirements and subject not in budgeted:
            where = lines[0].where("科目")
            yield Fault(Level.NOTICE, where, f"预算里没有“{subject}”，相关要求写明包含它", "请核对预算")


def small_grants_are_as_published(project: Project) -> Iterator[Fault]:
    """小微项目的金额和周期要在项目内容写的范围里。"""
    sentences = [
        each for each in re.split(r"[。；;\n]", project.catalogue.content) if "小微项目" in each or "每个项目" in each
    ]
    text = "。".join(sentences)
    money, months = re.search(RANGE, text), re.search(MONTHS, text)
    if money:
        for micro in project.readable_rows(MicroProject, "金额"):
            # 1-3万元: 万 at the upper end counts for the lower end too.
            low, high = (_amount(money[1], money[2] or money[4]), _amount(money[3], money[4]))
            if not low <= micro.amount <= high:
                wrong = f"金额不在目录写的 {money[0]} 之内"
                yield Fault(Level.NOTICE, micro.where("金额"), wrong, "请核对金额", values.format_value(micro.amount))
    if months:
        for micro in project.readable_rows(MicroProject, "开始日期", "结束日期"):
            count = round(((micro.end - micro.start).days + 1) / 30.4, 1)
            # Half a month of tolerance: the length depends on the day of the month on which a grant begins.
            if not int(months[1]) - 0.5 <= count <= int(months[2]) + 0.5:
                wrong = f"周期约 {count:g} 个月，目录写的是 {months[0]}"
                yield Fault(Level.NOTICE, micro.where("结束日期"), wrong, "请核对开始和结束日期")


def _amount(digits: str, unit: str) -> Decimal:
    """Return an amount in yuan; `unit` is 万 or empty."""
    return Decimal(digits.replace(",", "")) * (10_000 if unit else 1)
