"""Compute the figures of a project: results against goals, execution of the budget, the ledger's running balance.

Computed figures are never typed by hand, so a figure in a report always agrees with the list it was counted from.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from pydantic import Field

from paperwork.core import text, values
from paperwork.core.dates import Quarter
from paperwork.core.values import Money
from paperwork.project.model import Activity, BudgetLine, Goal, LedgerEntry, Progress, Project
from paperwork.project.record import Record

OUTPUTS = ("数量", "质量", "时效", "成本")
"""Kinds of goals that are outputs (产出指标); the other kinds are groups of their own."""
UNDATED_VALUE = "—"
"""What a quarter's report shows for a goal that is counted from rows without dates."""
EM, LINE_HEIGHT, ROW_HEIGHT, ROW_PADDING = 210, 260, 456, 72
"""Measures of 项目专账.docx in twentieths of a point: its text's size, a line, the least row, what a row adds to lines.

The template sets the height of lines exactly, so that it is the same with every font."""
LEDGER_ROOM, SIGNATURES = 9241 - 520, 480
"""Height of a page without its title, and of the line for signatures below the last table."""
FEWEST_LINES = 3
"""Fewest entries on the last page: it is a sheet of its own, so it takes some from the page before."""
LEDGER_COLUMNS = {"凭证号": 1077, "摘要": 4252, "科目": 1417, "经手人": 907, "": 8786}
LEDGER_COLUMNS_WITH_PAYEES = {"凭证号": 964, "摘要": 3191, "科目": 1247, "对方单位": 1701, "经手人": 820, "": 8894}
"""Widths of the columns that may take several lines, and of the line with the project's name."""
CELL_MARGINS = 160


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


class GoalGroup(Record):
    """The goals of one group of kinds, as the application lists them."""

    name: str = Field(alias="名称")
    lines: tuple[Goal, ...] = Field(alias="明细")


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


class IncomeSource(Record):
    """What came from one source: a subject of income and who paid."""

    name: str = Field(alias="来源")
    amount: Money = Field(alias="金额")


class PanelMember(Record):
    """A member of the panel that accepts the project."""

    name: str = Field(alias="姓名")
    organisation: str = Field("", alias="单位")
    position: str = Field("", alias="职务")


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
    payee: str = Field(alias="对方单位")


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
    has_payees: bool = Field(alias="专账有对方单位")
    income_sources: tuple[IncomeSource, ...] = Field(alias="收入来源")
    goal_groups: tuple[GoalGroup, ...] = Field(alias="指标分组")
    """The goals by groups of kinds; empty if no goal has a kind."""
    panel: tuple[PanelMember, ...] = Field(alias="验收组名单")
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


class QuarterResult(Record):
    """A goal and how far it was reached by the end of a quarter."""

    code: str = Field(alias="编号")
    indicator: str = Field(alias="指标")
    unit: str = Field(alias="单位")
    target: Decimal = Field(alias="目标值")
    added: Decimal | str = Field(alias="本季")
    so_far: Decimal | str = Field(alias="累计")
    rate: str = Field(alias="完成率")


class QuarterExecution(Record):
    """Budget against a quarter's spending and all spending so far, for one subject or for all."""

    subject: str = Field(alias="科目")
    budget: Money = Field(alias="预算")
    spent: Money = Field(alias="本季")
    spent_so_far: Money = Field(alias="累计")
    rate: str = Field(alias="执行率")


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
    results: tuple[QuarterResult, ...] = Field(alias="季度指标")
    has_undated: bool = Field(alias="有未逐日记录的指标")
    """True if a goal of `results` is counted from rows without dates, so that nothing is known of the quarter."""
    execution: tuple[QuarterExecution, ...] = Field(alias="季度预算")
    execution_total: QuarterExecution = Field(alias="季度预算合计")


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
        ledger_pages=ledger_pages(project.ledger, _ledger_heading(project)),
        has_payees=_has_payees(project.ledger),
        income_sources=_income_sources(project.ledger),
        goal_groups=_goal_groups(project.goals),
        panel=tuple(_panel(project.closing.panel)),
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
    achieved = _count(goal, project.activities, project)
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


def _count(goal: Goal, activities: Sequence[Activity], project: Project) -> Decimal:
    """Return what was achieved of a goal, counting these activities and the whole of the other sheets."""
    same_kind = [activity for activity in activities if activity.kind == goal.scope]
    match goal.counted:
        case "活动数量":
            return sum((activity.quantity or Decimal(0) for activity in same_kind), Decimal(0))
        case "活动场次":
            return Decimal(len(same_kind))
        case "名册人数":
            return Decimal(sum(1 for entry in project.roster if entry.kind == goal.scope))
        case _:
            return goal.manual or Decimal(0)


def _goal_groups(goals: Sequence[Goal]) -> tuple[GoalGroup, ...]:
    """Return the goals by groups of kinds, in the order of the official table; empty if no goal has a kind."""
    if not any(goal.category for goal in goals):
        return ()
    groups = {"产出指标": OUTPUTS, "效益指标": ("效益",), "满意度指标": ("满意度",), "其他指标": (None,)}
    made = [
        GoalGroup(name=name, lines=tuple(goal for kind in kinds for goal in goals if goal.category == kind))
        for name, kinds in groups.items()
    ]
    return tuple(group for group in made if group.lines)


def _income_sources(entries: Sequence[LedgerEntry]) -> tuple[IncomeSource, ...]:
    """Return the income by source: its subject and, where the ledger says it, who paid."""
    earned = [entry for entry in entries if entry.income]
    names = [f"{entry.subject}（{entry.payee}）" if entry.payee else entry.subject for entry in earned]
    return tuple(
        IncomeSource(
            name=name, amount=sum_amounts(each.income for each, own in zip(earned, names, strict=True) if own == name)
        )
        for name in dict.fromkeys(names)
    )


def _panel(words: str) -> Iterator[PanelMember]:
    """Yield the members of the panel: each line has name, organisation and position, with blanks between them."""
    for line in words.splitlines():
        name, *rest = line.split() or [""]
        if name:
            position = rest.pop() if len(rest) > 1 else ""
            yield PanelMember(name=name, organisation=" ".join(rest), position=position)


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


def _has_payees(entries: Sequence[LedgerEntry]) -> bool:
    """Return True if 项目专账 has a column for who was paid: any entry names one."""
    return any(entry.payee for entry in entries)


def _ledger_heading(project: Project) -> str:
    """Return the line above the columns of 项目专账."""
    return f"项目名称：{project.name}　　承接单位：{project.basics.contractor}"


def entry_height(entry: LedgerEntry, columns: Mapping[str, int]) -> int:
    """Return the height of an entry as it is printed in columns of these widths, in twentieths of a point."""
    summary = f"（{entry.activity}）{entry.summary}" if entry.activity else entry.summary
    cells = {"凭证号": entry.voucher, "摘要": summary, "科目": entry.subject, "经手人": entry.handler}
    cells |= {"对方单位": entry.payee} if "对方单位" in columns else {}
    return _row_height(max(_lines(words, columns[header]) for header, words in cells.items()))


def _lines(words: str, width: int) -> int:
    """Return the lines that a text takes in a cell of 项目专账."""
    return text.count_lines(words, (width - CELL_MARGINS) / EM)


def _row_height(lines: int) -> int:
    """Return the height of a row of 项目专账 with this many lines."""
    return max(ROW_HEIGHT, lines * LINE_HEIGHT + ROW_PADDING)


def _split_ledger(entries: Sequence[LedgerEntry], heading: str) -> list[list[LedgerEntry]]:
    """Return the entries of each page: as many as fit with its totals, on the last one with the signatures as well."""
    columns = LEDGER_COLUMNS_WITH_PAYEES if _has_payees(entries) else LEDGER_COLUMNS
    # Besides the entries: the line above, the header, 承前页, 本页合计 and 过次页.
    room = LEDGER_ROOM - 4 * ROW_HEIGHT - _row_height(_lines(heading, columns[""]))
    heights = [entry_height(entry, columns) for entry in entries]

    def fits(first: int, end: int, extra: int = 0) -> bool:
        return end - first <= 1 or sum(heights[first:end]) + extra <= room

    starts = [0]
    for end in range(1, len(entries) + 1):
        if not fits(starts[-1], end):
            starts.append(end - 1)
    while not fits(starts[-1], len(entries), SIGNATURES):
        starts.append(len(entries) - 1)
    last, before = starts[-1], starts[-2] if len(starts) > 1 else 0
    while len(entries) - last < FEWEST_LINES < last - before and fits(last - 1, len(entries), SIGNATURES):
        last -= 1
    return [list(entries[start:end]) for start, end in pairwise([*starts[:-1], last, len(entries)])]


def ledger_pages(entries: Sequence[LedgerEntry], heading: str = "") -> tuple[LedgerPage, ...]:
    """Split the ledger into pages with a running balance, page totals and the amounts carried forward.

    A page's entries are counted as printed lines. `heading` is the line above the columns.
    """
    if not entries:
        return ()
    chunks = _split_ledger(entries, heading)
    place = 0
    income = expense = Money(0)
    pages = []
    for number, chunk in enumerate(chunks, 1):
        before = income, expense
        lines = []
        for entry in chunk:
            place += 1
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
        payee=entry.payee,
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
    results = tuple(_quarter_results(project, quarter, until))
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
        results=results,
        has_undated=any(result.so_far == UNDATED_VALUE for result in results),
        execution=tuple(_quarter_execution(project, entries, quarter, subject) for subject in _subjects(project)),
        execution_total=_quarter_execution(project, entries, quarter),
    )


def _quarter_results(project: Project, quarter: Quarter, until: dt.date) -> Iterator[QuarterResult]:
    """Yield each goal with what the quarter added to it and what was reached by its end.

    The rows of 名册 and the values that staff fill in have no dates. Their sum is known when the project ends: only the
    report on its last quarter gives it.
    """
    so_far = [each for each in project.activities if each.start <= until]
    own = [each for each in so_far if Quarter.containing(each.start) == quarter]
    is_last = quarter == Quarter.containing(project.catalogue.span.end)
    for goal in project.goals:
        is_dated = goal.counted in ("活动数量", "活动场次")
        is_known = is_dated or is_last
        achieved = _count(goal, so_far, project)
        yield QuarterResult(
            code=goal.code,
            indicator=goal.indicator,
            unit=goal.unit,
            target=goal.target,
            added=_count(goal, own, project) if is_dated else UNDATED_VALUE,
            so_far=achieved if is_known else UNDATED_VALUE,
            rate=values.format_percent(achieved, goal.target) if is_known else UNDATED_VALUE,
        )


def _quarter_execution(
    project: Project, entries: Sequence[LedgerEntry], quarter: Quarter, subject: str = ""
) -> QuarterExecution:
    """Compare budget and spending of a subject; without one, of all."""
    own = [entry for entry in entries if not subject or entry.subject == subject]
    budget = sum_amounts(line.amount for line in project.budget if not subject or line.subject == subject)
    so_far = sum_amounts(entry.expense for entry in own)
    return QuarterExecution(
        subject=subject or "合计",
        budget=budget,
        spent=sum_amounts(entry.expense for entry in own if Quarter.containing(entry.date) == quarter),
        spent_so_far=so_far,
        rate=values.format_percent(so_far, budget),
    )
