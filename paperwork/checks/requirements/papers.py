"""Judges for what is required once: the contractor, the project's money, the closing papers.

A judge yields `Evidence`, `Lack` or `Ask`. It gives no verdict: `verdicts` does, because a verdict depends on the day.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from paperwork.checks.requirements.evidence import (
    CONTRACTOR,
    OUTSIDE,
    Evidence,
    Finding,
    Judge,
    Lack,
    Question,
    row_evidence,
    sheet_place,
)
from paperwork.checks.requirements.obligations import Obligation
from paperwork.core import text, values
from paperwork.core.faults import Where
from paperwork.core.values import Money
from paperwork.project import figures
from paperwork.project.model import Attachment, Project, Role

# ---- the contractor


def answered_yes(field: str, what: str) -> Judge:
    """Return a judge for a yes/no field of the worksheet 基本信息."""

    def judge(project: Project, _: Obligation) -> Iterator[Finding]:
        answer = project.basics.template_values()[field]
        where, due = project.basics.where(field), project.catalogue.span.start
        if answer:
            yield Evidence(Role.APPLICATION)
        elif answer is None:
            yield Lack(where, f"“{field}”没有填，{what}无从核对", f"请在“基本信息”表的“{field}”填“是”或“否”", due)
        else:
            yield Lack(where, f"“{field}”填的是“否”，{what}不满足", "请核对；确实不满足的，不能承接这个项目", due)

    judge.__doc__ = f"{what}：基本信息里“{field}”要填“是”。"
    return judge


def social_workers(project: Project, duty: Obligation) -> Iterator[Finding]:
    """全职社工：基本信息里的全职社工人数要达到条款写的人数。"""
    wanted, have = int(duty.number or 1), project.basics.social_workers
    if have is not None and have >= wanted:
        yield Evidence(Role.APPLICATION)
        return
    state = "没有填" if have is None else f"是 {have} 人"
    where = project.basics.where("全职社工人数")
    wrong = f"全职社工人数{state}，要求 {wanted} 人以上"
    yield Lack(where, wrong, "请在“基本信息”表的“全职社工人数”填实际人数", project.catalogue.span.start)


def experience(project: Project, duty: Obligation) -> Iterator[Finding]:
    """执行经验：基本信息里要写同类项目经验，并由人确认。"""
    start = project.catalogue.span.start
    if project.basics.experience:
        yield Evidence(Role.APPLICATION)
    else:
        where = project.basics.where("同类项目经验")
        yield Lack(where, "同类项目经验没有写", "请在“基本信息”表的“同类项目经验”填写", start)
    yield Question(start)


def ask_at_start(project: Project, duty: Obligation) -> Iterator[Finding]:
    """资源和理念、设计能力、信誉、年限和等级：程序判断不了，要在“确认”表里由人确认。"""
    yield Question(project.catalogue.span.start)


def ask_at_end(project: Project, duty: Obligation) -> Iterator[Finding]:
    """活动创新和主题、以发布单位名义、成果归属、服装标志、满意度、服务对象档案：程序判断不了，要在“确认”表里由人确认。"""
    yield Question(project.catalogue.span.end)


# ---- closing papers


def attached(kind: str, owner: str) -> Judge:
    """Return a judge that asks for attachments of one type."""

    def judge(project: Project, duty: Obligation) -> Iterator[Finding]:
        rows = [each for each in project.attachments if each.kind == kind]
        yield from _papers(project, rows, kind, int(duty.number or 1), owner)

    judge.__doc__ = f"条款写有{kind}的，要作为附件交来。"
    return judge


def other_papers(project: Project, duty: Obligation) -> Iterator[Finding]:
    """条款点了名的其他材料，要作为附件交来，题名里写明它的名称。"""
    rows = [each for each in project.attachments if duty.name in (each.kind, each.title) or _is_titled(each, duty.name)]
    yield from _papers(project, rows, duty.name, int(duty.number or 1), CONTRACTOR)


def _is_titled(attachment: Attachment, name: str) -> bool:
    """Return True if an attachment's title contains a document's name, or shares enough character pairs with it."""
    return name in attachment.title or text.count_shared_bigrams(name, attachment.title) * 2 > len(name)


def _papers(project: Project, rows: Sequence[Attachment], kind: str, wanted: int, owner: str) -> Iterator[Finding]:
    """Yield evidence for each row whose file opens, and one lack if there are fewer than `wanted`."""
    present = [each for each in rows if project.attachment_path(each.file)]
    for each in present:
        yield row_evidence(Role.ATTACHMENT, each)
    gone = [each for each in rows if each not in present]
    due = project.catalogue.span.end
    if len(present) < wanted and gone:
        lack = project.attachment_lack(gone[0].file, f"“{gone[0].file}”")
        yield Lack(gone[0].where("文件"), f"缺{kind}：{lack.wrong}", lack.mend, due, owner)
    elif len(present) < wanted:
        mend = "请把文件（PDF、照片、Word、Excel 都可以）放进文件夹“附件”，并在“附件”表里加一行"
        yield Lack(sheet_place(project, "附件"), f"缺{kind}", mend, due, owner)


def closing_report(project: Project, duty: Obligation) -> Iterator[Finding]:
    """项目结束要有结项报告：结项表的各项不能空着。"""
    empty = [name for name, value in project.closing.template_values().items() if not value]
    if empty:
        wrong = f"结项报告还没有写完：{'、'.join(empty)}"
        where = (
            project.closing.where(empty[0])
            if len(empty) < len(project.closing.template_values())
            else sheet_place(project, "结项")
        )
        yield Lack(where, wrong, "请在“结项”表里填写", project.catalogue.span.end)
    else:
        yield Evidence(Role.CLOSING)


def bound_volume(project: Project, duty: Obligation) -> Iterator[Finding]:
    """汇编成册：本卷就是电子档，打印装订后就是纸质档。"""
    yield Evidence(words="本卷为电子档，打印装订后为纸质档")


# ---- money

AUDIT = "专项资金审计报告"
CEILING = re.compile("不超过|不高于|以内|上限|最高|最多")
"""Words that make the amount of a clause a ceiling; without them the budget must be exactly that amount."""


def _application(project: Project) -> Iterator[Finding]:
    """Yield evidence of 项目申报书 and 项目预算表, or a lack for each that is empty or incomplete."""
    start = project.catalogue.span.start
    empty = [name for name, value in project.application.template_values().items() if not value]
    if empty:
        wrong = f"项目申报书还没有写完：{'、'.join(empty)}"
        yield Lack(project.application.where(empty[0]), wrong, "请在“申报内容”表里填写", start)
    else:
        yield Evidence(Role.APPLICATION)
    if project.budget:
        yield Evidence(Role.BUDGET)
    else:
        yield Lack(sheet_place(project, "预算"), "没有预算", "请在“预算”表里逐行填写", start)


def by_the_budget(project: Project, duty: Obligation) -> Iterator[Finding]:
    """要有申报书和预算，并按预算执行：申报内容的各项和预算不能空着，支出合计不超过预算合计。"""
    yield from _application(project)
    figure = figures.compute_figures(project)
    yield from ledger(project, duty, Role.SPENDING)
    # Due from the project's start: an overspending is unmet at once, never “not due yet”.
    if project.budget and figure.expense > figure.budget_total:
        over = values.format_value(Money(figure.expense - figure.budget_total))
        yield Lack(
            _overspending_cell(project, figure.budget_total),
            f"支出合计超过预算合计 {over} 元",
            "请核对“支出”表；超支部分不能列入本项目",
            project.catalogue.span.start,
        )


def lump_sum(project: Project, duty: Obligation) -> Iterator[Finding]:
    """项目费用包干：预算合计要等于条款写的金额（写“不超过”的不能超过），支出合计不能超过它。"""
    amount = Money(duty.number or project.catalogue.amount)
    budget, spent = (
        figures.sum_amounts(line.amount for line in project.budget),
        figures.sum_amounts(e.expense for e in project.ledger),
    )
    start = project.catalogue.span.start
    is_ceiling = CEILING.search(duty.words) or project.catalogue.is_ceiling
    is_right = budget <= amount if is_ceiling else budget == amount
    if project.budget and not is_right:
        wrong = f"预算合计 {values.format_value(budget)} 元，项目费用是 {values.format_value(amount)} 元"
        yield Lack(project.budget[-1].where("金额"), wrong, "请把预算各行调整到合计相等", start)
    elif project.budget:
        yield Evidence(Role.BUDGET)
    else:
        yield Lack(sheet_place(project, "预算"), "没有预算", "请在“预算”表里逐行填写", start)
    if spent > amount:
        wrong = f"支出合计 {values.format_value(spent)} 元，超过项目费用 {values.format_value(amount)} 元"
        yield Lack(_overspending_cell(project, amount), wrong, "请核对“支出”表；包干费用不能超支", start)
    elif project.ledger:
        yield Evidence(Role.SPENDING)


def _overspending_cell(project: Project, limit: Decimal) -> Where:
    """Return the cell of the first payment that brings spending above a limit."""
    spent = Decimal(0)
    for entry in project.ledger:
        spent += entry.expense or 0
        if spent > limit:
            return entry.where("支出")
    return sheet_place(project, "支出")


def ledger(project: Project, duty: Obligation, role: Role = Role.LEDGER) -> Iterator[Finding]:
    """要有项目专账，逐笔登记收入和支出。"""
    if project.ledger:
        yield Evidence(role)
    else:
        yield Lack(
            sheet_place(project, "支出"), "没有项目专账", "请在“支出”表里逐笔登记收入和支出", project.catalogue.span.end
        )


def proper_use(project: Project, duty: Obligation) -> Iterator[Finding]:
    """资金规范使用、专款专用：要有项目专账，并由审计报告证明；目录没有要求审计的，由人确认。"""
    yield from ledger(project, duty)
    if "审计" in project.catalogue.requirements:
        yield from attached(AUDIT, OUTSIDE)(project, duty)
    else:
        yield Question(project.catalogue.span.end)


def management_files(project: Project, duty: Obligation) -> Iterator[Finding]:
    """要有管理档案：本卷就是，并要有立卷人和检查人。"""
    for name in ("立卷人", "检查人"):
        if not project.basics.template_values()[name]:
            where = project.basics.where(name)
            yield Lack(where, f"“{name}”没有填", "请在“基本信息”表里填写", project.catalogue.span.end)
    yield Evidence(words="本卷，见卷内目录")
