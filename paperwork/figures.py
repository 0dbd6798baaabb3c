"""What follows from a project's data by counting: results against goals, execution of the budget, the running ledger.

Nothing here is typed by anybody; a figure in a report and the list it was counted from cannot disagree.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from pydantic import Field

from paperwork import values
from paperwork.model import Activity, BudgetLine, Goal, LedgerEntry, Progress, Project
from paperwork.record import Record
from paperwork.values import Money, Quarter

LEDGER_LINES = 10
"""Detail lines on one sheet of the special ledger: what fits on landscape A4 when some summaries take two lines."""


class Result(Record):
    """A goal and what was achieved."""

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
    """Budget against spending, of one subject or of all."""

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
    """One sheet of the special ledger: what is carried forward, its lines, its totals."""

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
    """All figures of a project, under the names that templates use."""

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
    ledger_pages: tuple[LedgerPage, ...] = Field(alias="专账页")
    activities: int = Field(alias="活动数")
    attendances: int = Field(alias="参与人次")
    supervisions: int = Field(alias="督导次数")
    micro_total: Money = Field(alias="小微项目合计")
    bulletins: int = Field(alias="信息报送数")
    briefs: int = Field(alias="简报数")
    photos: int = Field(alias="照片数")
    videos: int = Field(alias="视频数")


class QuarterFigures(Record):
    """What one quarter's report counts."""

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


def total(amounts: Iterable[Decimal | None]) -> Money:
    """Add amounts up; absent ones count as nothing."""
    return Money(sum((amount for amount in amounts if amount), Decimal("0.00")))


def figures(project: Project) -> Figures:
    """Count everything there is to count."""
    income = total(entry.income for entry in project.ledger)
    expense = total(entry.expense for entry in project.ledger)
    budget = total(line.amount for line in project.budget)
    return Figures(
        budget_total=budget,
        budget_groups=_groups(project.budget, budget),
        results=tuple(result(goal, project) for goal in project.goals),
        execution=_executions(project),
        execution_total=_execution("合计", budget, expense),
        income=income,
        expense=expense,
        balance=Money(income - expense),
        entries=sum(1 for entry in project.ledger if entry.expense),
        receipts=sum(entry.receipts or 0 for entry in project.ledger),
        ledger_pages=ledger_pages(project.ledger),
        activities=len(project.activities),
        attendances=sum(activity.participants for activity in project.activities),
        supervisions=len(project.supervisions),
        micro_total=total(micro.amount for micro in project.micro_projects),
        bulletins=len(project.bulletins),
        briefs=len(project.activities),
        photos=sum(len(project.photos.get(activity.code, ())) for activity in project.activities),
        videos=sum(len(project.videos.get(activity.code, ())) for activity in project.activities),
    )


def result(goal: Goal, project: Project) -> Result:
    """Count what a goal asks for, in the way the goal says."""
    same_kind = [activity for activity in project.activities if activity.kind == goal.scope]
    ways = {
        "活动数量": lambda: sum((activity.quantity or Decimal(0) for activity in same_kind), Decimal(0)),
        "活动场次": lambda: Decimal(len(same_kind)),
        "名册人数": lambda: Decimal(sum(1 for entry in project.roster if entry.kind == goal.scope)),
        "人工填写": lambda: goal.manual or Decimal(0),
    }
    achieved = ways[goal.counted]()
    return Result(
        code=goal.code,
        indicator=goal.indicator,
        target=goal.target,
        unit=goal.unit,
        counted=goal.counted,
        scope=goal.scope,
        achieved=achieved,
        rate=values.percent(achieved, goal.target),
        met=achieved >= goal.target,
        note=goal.note,
    )


def _subjects(project: Project) -> list[str]:
    """Subjects in the order of the budget, then those that only the ledger knows."""
    spent_on = [entry.subject for entry in project.ledger if entry.expense]
    return list(dict.fromkeys([line.subject for line in project.budget] + spent_on))


def _groups(lines: Sequence[BudgetLine], budget: Money) -> tuple[BudgetGroup, ...]:
    groups = []
    for subject in dict.fromkeys(line.subject for line in lines):
        own = tuple(line for line in lines if line.subject == subject)
        subtotal = total(line.amount for line in own)
        groups.append(
            BudgetGroup(subject=subject, lines=own, subtotal=subtotal, share=values.percent(subtotal, budget))
        )
    return tuple(groups)


def _executions(project: Project) -> tuple[Execution, ...]:
    return tuple(
        _execution(
            subject,
            total(line.amount for line in project.budget if line.subject == subject),
            total(entry.expense for entry in project.ledger if entry.subject == subject),
        )
        for subject in _subjects(project)
    )


def _execution(subject: str, budget: Money, spent: Money) -> Execution:
    return Execution(
        subject=subject, budget=budget, spent=spent, left=Money(budget - spent), rate=values.percent(spent, budget)
    )


def ledger_pages(entries: Sequence[LedgerEntry]) -> tuple[LedgerPage, ...]:
    """Lay the ledger out in sheets with running balance, totals of the page and what is carried forward."""
    chunks = [entries[start : start + LEDGER_LINES] for start in range(0, len(entries), LEDGER_LINES)]
    income = expense = Money(0)
    pages = []
    for number, chunk in enumerate(chunks, 1):
        before = income, expense
        lines = []
        for place, entry in enumerate(chunk, (number - 1) * LEDGER_LINES + 1):
            income, expense = total([income, entry.income]), total([expense, entry.expense])
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


def quarter_figures(project: Project, report: Progress) -> QuarterFigures:
    """Count one quarter as its report may know it: activities and spending up to the day of the report."""
    quarter: Quarter = report.quarter
    until = min(quarter.end, report.reported)
    activities = tuple(each for each in project.activities if Quarter.of(each.start) == quarter and each.start <= until)
    known = [entry for entry in project.ledger if entry.date <= until]
    spent_so_far = total(entry.expense for entry in known)
    budget = total(line.amount for line in project.budget)
    return QuarterFigures(
        start=quarter.start,
        end=quarter.end,
        until=until,
        activities=activities,
        count=len(activities),
        attendances=sum(activity.participants for activity in activities),
        spent=total(entry.expense for entry in known if Quarter.of(entry.date) == quarter),
        spent_so_far=spent_so_far,
        rate=values.percent(spent_so_far, budget),
        left=Money(budget - spent_so_far),
    )
