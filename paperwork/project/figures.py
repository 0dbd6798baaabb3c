"""Compute the figures of a project: results against goals, execution of the budget, the ledger's running balance.

Computed figures are never typed by hand, so a figure in a report always agrees with the list it was counted from.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from pydantic import Field

from paperwork.core import values
from paperwork.core.dates import Quarter
from paperwork.core.values import Money
from paperwork.project.model import Activity, BudgetLine, Goal, LedgerEntry, Progress, Project
from paperwork.project.record import Record

LINES_PER_LEDGER_PAGE = 10
"""Entries on one page of 项目专账: as many as fit on landscape A4 when some summaries take two lines."""


class Result(Record):
    """A goal and its achieved value."""

    code: str = Field(alias="编号")
    indicator: str = Field(alias="指标")
    target: Decimal = Field(alias="目标值")
    unit: str = Field(alias="单位")
    counted: str = Field(alias="统计方式")
    scope: str = Field(alias="统计口径")
    achieved: Decimal = Field(alias="完成值")
    rate: str = Field(alias="完成率")
    met: bool = Field(alias="达成")
    note: str = Field(alias="说明")


class BudgetGroup(Record):
    """The budget lines of one subject."""

    subject: str = Field(alias="科目")
    lines: tuple[BudgetLine, ...] = Field(alias="明细")
    subtotal: Money = Field(alias="小计")
    share: str = Field(alias="占比")


class Execution(Record):
    """Budget against spending, for one subject or for all."""

    subject: str = Field(alias="科目")
    budget: Money = Field(alias="预算")
    spent: Money = Field(alias="支出")
    left: Money = Field(alias="结余")
    rate: str = Field(alias="执行率")


class LedgerLine(Record):
    """A ledger entry with its running balance."""

    number: int = Field(alias="序号")
    date: dt.date = Field(alias="日期")
    voucher: str = Field(alias="凭证号")
    summary: str = Field(alias="摘要")
    subject: str = Field(alias="科目")
    income: Money | None = Field(alias="收入")
    expense: Money | None = Field(alias="支出")
    balance: Money = Field(alias="余额")
    receipts: int | None = Field(alias="票据张数")
    handler: str = Field(alias="经手人")
    activity: str = Field(alias="活动编号")


class LedgerPage(Record):
    """One page of 项目专账: the amounts carried forward, its entries and its totals."""

    number: int = Field(alias="页次")
    count: int = Field(alias="总页数")
    first: bool = Field(alias="首页")
    last: bool = Field(alias="末页")
    income_before: Money = Field(alias="承前收入")
    expense_before: Money = Field(alias="承前支出")
    balance_before: Money = Field(alias="承前余额")
    lines: tuple[LedgerLine, ...] = Field(alias="明细")
    income: Money = Field(alias="本页收入")
    expense: Money = Field(alias="本页支出")
    income_after: Money = Field(alias="累计收入")
    expense_after: Money = Field(alias="累计支出")
    balance: Money = Field(alias="余额")


class Figures(Record):
    """All figures of a project, with the names that templates use as aliases."""

    budget_total: Money = Field(alias="预算合计")
    budget_groups: tuple[BudgetGroup, ...] = Field(alias="预算科目")
    results: tuple[Result, ...] = Field(alias="目标完成")
    execution: tuple[Execution, ...] = Field(alias="预算执行")
    execution_total: Execution = Field(alias="预算执行合计")
    income: Money = Field(alias="收入合计")
    expense: Money = Field(alias="支出合计")
    balance: Money = Field(alias="余额")
    entries: int = Field(alias="支出笔数")
    receipts: int = Field(alias="票据合计")
    """Receipts of the spending; the paper of a payment received is none of them."""
    ledger_until: dt.date | None = Field(alias="收支截至日")
    """Day of the last entry in the ledger."""
    ledger_pages: tuple[LedgerPage, ...] = Field(alias="专账页")
    activities: int = Field(alias="活动数")
    attendances: int = Field(alias="参与人次")
    supervisions: int = Field(alias="督导次数")
    micro_total: Money = Field(alias="小微项目合计")
    bulletins: int = Field(alias="信息报送数")
    briefs: int = Field(alias="简报数")
    has_results: bool = Field(alias="有成效与反思")
    """True if the row of any activity says what came of it."""
    photos: int = Field(alias="照片数")
    videos: int = Field(alias="视频数")


class QuarterFigures(Record):
    """The figures of one quarter's report."""

    start: dt.date = Field(alias="季度开始")
    end: dt.date = Field(alias="季度结束")
    until: dt.date = Field(alias="截至日期")
    activities: tuple[Activity, ...] = Field(alias="本季活动")
    count: int = Field(alias="本季活动数")
    attendances: int = Field(alias="本季参与人次")
    spent: Money = Field(alias="本季支出")
    spent_so_far: Money = Field(alias="累计支出")
    rate: str = Field(alias="累计执行率")
    left: Money = Field(alias="预算余额")


def sum_amounts(amounts: Iterable[Decimal | None]) -> Money:
    """Return the sum of the amounts; None counts as zero."""
    return Money(sum((amount for amount in amounts if amount), Decimal("0.00")))


def compute_figures(project: Project) -> Figures:
    """Return all figures of a project."""
    income = sum_amounts(entry.income for entry in project.ledger)
    expense = sum_amounts(entry.expense for entry in project.ledger)
    budget = sum_amounts(line.amount for line in project.budget)
    return Figures(
        budget_total=budget,
        budget_groups=_groups(project.budget, budget),
        results=tuple(compute_result(goal, project) for goal in project.goals),
        execution=_executions(project),
        execution_total=_execution("合计", budget, expense),
        income=income,
        expense=expense,
        balance=Money(income - expense),
        entries=sum(1 for entry in project.ledger if entry.expense),
        receipts=sum(entry.receipts or 0 for entry in project.ledger if entry.expense),
        ledger_until=max((entry.date for entry in project.ledger), default=None),
        ledger_pages=ledger_pages(project.ledger),
        activities=len(project.activities),
        attendances=sum(activity.participants for activity in project.activities),
        supervisions=len(project.supervisions),
        micro_total=sum_amounts(micro.amount for micro in project.micro_projects),
        bulletins=len(project.bulletins),
        briefs=len(project.activities),
        has_results=any(activity.reflection for activity in project.activities),
        photos=sum(len(project.photos.get(activity.code, ())) for activity in project.activities),
        videos=sum(len(project.videos.get(activity.code, ())) for activity in project.activities),
    )


def compute_result(goal: Goal, project: Project) -> Result:
    """Return the result of a goal, counted in the way that the goal names."""
    same_kind = [activity for activity in project.activities if activity.kind == goal.scope]
    counters = {
        "活动数量": lambda: sum((activity.quantity or Decimal(0) for activity in same_kind), Decimal(0)),
        "活动场次": lambda: Decimal(len(same_kind)),
        "名册人数": lambda: Decimal(sum(1 for entry in project.roster if entry.kind == goal.scope)),
        "人工填写": lambda: goal.manual or Decimal(0),
    }
    achieved = counters[goal.counted]()
    return Result(
        code=goal.code,
        indicator=goal.indicator,
        target=goal.target,
        unit=goal.unit,
        counted=goal.counted,
        scope=goal.scope,
        achieved=achieved,
        rate=values.format_percent(achieved, goal.target),
        met=achieved >= goal.target,
        note=goal.note,
    )


def _subjects(project: Project) -> list[str]:
    """Return the subjects in the order of the budget, then those that only the ledger has."""
    spent_on = [entry.subject for entry in project.ledger if entry.expense]
    return list(dict.fromkeys([line.subject for line in project.budget] + spent_on))


def _groups(lines: Sequence[BudgetLine], budget: Money) -> tuple[BudgetGroup, ...]:
    """Group the budget lines by subject; `budget` is the total of which each group gets a share."""
    groups = []
    for subject in dict.fromkeys(line.subject for line in lines):
        own = tuple(line for line in lines if line.subject == subject)
        subtotal = sum_amounts(line.amount for line in own)
        groups.append(
            BudgetGroup(subject=subject, lines=own, subtotal=subtotal, share=values.format_percent(subtotal, budget))
        )
    return tuple(groups)


def _executions(project: Project) -> tuple[Execution, ...]:
    """Compare budget and spending of each subject."""
    return tuple(
        _execution(
            subject,
            sum_amounts(line.amount for line in project.budget if line.subject == subject),
            sum_amounts(entry.expense for entry in project.ledger if entry.subject == subject),
        )
        for subject in _subjects(project)
    )


def _execution(subject: str, budget: Money, spent: Money) -> Execution:
    """Return the comparison of a budget with its spending: what is left, and the rate."""
    return Execution(
        subject=subject,
        budget=budget,
        spent=spent,
        left=Money(budget - spent),
        rate=values.format_percent(spent, budget),
    )


def ledger_pages(entries: Sequence[LedgerEntry]) -> tuple[LedgerPage, ...]:
    """Split the ledger into pages with a running balance, page totals and the amounts carried forward."""
    chunks = [entries[start : start + LINES_PER_LEDGER_PAGE] for start in range(0, len(entries), LINES_PER_LEDGER_PAGE)]
    income = expense = Money(0)
    pages = []
    for number, chunk in enumerate(chunks, 1):
        before = income, expense
        lines = []
        for place, entry in enumerate(chunk, (number - 1) * LINES_PER_LEDGER_PAGE + 1):
            income, expense = sum_amounts([income, entry.income]), sum_amounts([expense, entry.expense])
            lines.append(_line(place, entry, Money(income - expense)))
        pages.append(
            LedgerPage(
                number=number,
                count=len(chunks),
                first=number == 1,
                last=number == len(chunks),
                income_before=before[0],
                expense_before=before[1],
                balance_before=Money(before[0] - before[1]),
                lines=tuple(lines),
                income=Money(income - before[0]),
                expense=Money(expense - before[1]),
                income_after=income,
                expense_after=expense,
                balance=Money(income - expense),
            )
        )
    return tuple(pages)


def _line(number: int, entry: LedgerEntry, balance: Money) -> LedgerLine:
    """Return a ledger entry with its number and the balance after it."""
    return LedgerLine(
        number=number,
        date=entry.date,
        voucher=entry.voucher,
        summary=entry.summary,
        subject=entry.subject,
        income=entry.income,
        expense=entry.expense,
        balance=balance,
        receipts=entry.receipts,
        handler=entry.handler,
        activity=entry.activity,
    )


def compute_quarter_figures(project: Project, report: Progress) -> QuarterFigures:
    """Return one quarter's figures as its report can know them: up to the day of the report."""
    quarter: Quarter = report.quarter
    # A report sent before the quarter's end cannot count what came after it.
    until = min(quarter.end, report.reported)
    activities = tuple(
        each for each in project.activities if Quarter.containing(each.start) == quarter and each.start <= until
    )
    entries = [entry for entry in project.ledger if entry.date <= until]
    spent_so_far = sum_amounts(entry.expense for entry in entries)
    budget = sum_amounts(line.amount for line in project.budget)
    return QuarterFigures(
        start=quarter.start,
        end=quarter.end,
        until=until,
        activities=activities,
        count=len(activities),
        attendances=sum(activity.participants for activity in activities),
        spent=sum_amounts(entry.expense for entry in entries if Quarter.containing(entry.date) == quarter),
        spent_so_far=spent_so_far,
        rate=values.format_percent(spent_so_far, budget),
        left=Money(budget - spent_so_far),
    )
