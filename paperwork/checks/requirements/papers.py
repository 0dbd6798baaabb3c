"""Judges with arithmetic of their own for what is required once: the contractor, the money, the closing papers.

A judge yields `Evidence`, `Lack` or `Question`. It gives no verdict: `verdicts` does, because a verdict depends on the
day.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from paperwork.checks.requirements.evidence import (
    OUTSIDE,
    Evidence,
    Finding,
    Lack,
    Question,
    beginning,
    due_day,
    sheet_place,
)
from paperwork.checks.requirements.generic import paper_once, paper_or_person
from paperwork.checks.requirements.kinds import Kind
from paperwork.checks.requirements.obligations import Obligation
from paperwork.checks.requirements.reading import decided
from paperwork.core import values
from paperwork.core.faults import Where
from paperwork.core.values import Money
from paperwork.project import figures
from paperwork.project.catalogue.sentences import number
from paperwork.project.model import Project, Role

# ---- the contractor


IN_ALL = re.compile(r"[共合]计?[^\d一二两三四五六七八九十]{0,4}([\d一二两三四五六七八九十]+)\s*[名人位]")
EACH_PLACE = re.compile(r"(?:每|各)(?:一?个)?(?:学?校|社区|村|站|点|所|县|区|街道|乡|镇|班)")
CERTIFIED = re.compile("持证|持有|证书|资[格质]|职称")


def social_workers(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """全职社工：基本信息里的全职社工人数要达到条款写的人数（每校1名、共3名的按3名）；只写每处几名的、要持证的，另由人确认。"""
    total = IN_ALL.search(duty.words)
    wanted, have = max(int(duty.number or 1), int((total and number(total[1])) or 0)), project.basics.social_workers
    start = project.catalogue.span.start
    if have is None or have < wanted:
        state = "没有填" if have is None else f"是 {have} 人"
        wrong = f"全职社工人数{state}，要求 {wanted} 人以上"
        where = project.basics.where("全职社工人数")
        yield Lack(where, wrong, "请在“基本信息”表的“全职社工人数”填实际人数", start)
    else:
        yield Evidence(Role.APPLICATION, facts=("全职社工人数", str(have)))
    if CERTIFIED.search(duty.words) or (EACH_PLACE.search(duty.words) and not total):
        yield Question(start)


def experience(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """执行经验：基本信息里要写同类项目经验，并由人确认。"""
    start = project.catalogue.span.start
    if project.basics.experience:
        yield Evidence(Role.APPLICATION, facts=(beginning(project.basics.experience),))
    else:
        where = project.basics.where("同类项目经验")
        yield Lack(where, "同类项目经验没有写", "请在“基本信息”表的“同类项目经验”填写", start)
    yield Question(start)


# ---- closing papers


def closing_report(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """项目结束要有结项报告：结项表的各项不能空着；一式几份、光盘由人确认。"""
    empty = project.closing.unfilled()
    if empty:
        wrong = f"结项报告还没有写完：{'、'.join(empty)}"
        is_begun = any(project.closing.template_values().values())
        where = project.closing.where(empty[0]) if is_begun else sheet_place(project, "结项")
        yield Lack(where, wrong, "请在“结项”表里填写", due_day(project, duty, kind))
    else:
        yield Evidence(Role.CLOSING, facts=(beginning(project.closing.overview),))
    if COPIES.search(duty.words):
        yield Question(due_day(project, duty, kind))


PRODUCT = re.compile(r"《([^》]+)》|([\u4e00-\u9fff]{0,12}(?:[例事品文果选]集|画册|图册|手册|读本|绘本))|印[制刷]|出版")
"""Words that make a compilation a product of the project: a book of stories is not the volume of its papers."""
PUBLISHING = re.compile("^.*(?:[汇选]编|编[印写制辑]|印制|制作|形成|出版|成)")
COPIES = re.compile(r"一式|光盘|[UuＵ]盘|移动硬盘|[\d一二两三四五六七八九十]+\s*[份套](?!资料|档案)")
"""Words that demand carriers which only a person sees."""
RECORDS = re.compile(
    r"一[人户案生家站]一?[档策册卷案]|个案记录"
    r"|(?:服务对象|个案|受益人|家庭|儿童|老年?人|妇女|学[员生]|成长|调解|矫正|帮教|服务|志愿者)[^，,。；;]{0,4}(?<!项目)(?:档案|案卷)"
)
"""Words that demand records on those who are served: the volume holds none."""


def bound_volume(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """汇编成册：项目资料汇编成册的，本卷就是电子档，打印装订后就是纸质档；一式几份、光盘由人确认；编印的案例集、故事集要作为附件交来。"""
    product = PRODUCT.search(duty.words)
    if product:
        name = duty.name or product[1] or PUBLISHING.sub("", product[2] or "")
        yield from paper_once(kind, project, replace(duty, name=name))
        return
    yield from _of_volume(kind, project, duty, "本卷为电子档，打印装订后为纸质档")


def management_files(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """要有管理档案：本卷就是，并要有立卷人和检查人；一式几份、光盘由人确认。"""
    for name in ("立卷人", "检查人"):
        if not project.basics.template_values()[name]:
            where = project.basics.where(name)
            yield Lack(where, f"“{name}”没有填", "请在“基本信息”表里填写", project.catalogue.span.end)
    yield from _of_volume(kind, project, duty, "本卷，见卷内目录")


def _of_volume(kind: Kind, project: Project, duty: Obligation, words: str) -> Iterator[Finding]:
    """Yield the volume as evidence, unless records on those who are served are meant; carriers are a question."""
    if RECORDS.search(duty.words):
        yield from paper_or_person(kind, project, duty)
        return
    yield Evidence(words=words)
    if COPIES.search(duty.words):
        yield Question(due_day(project, duty, kind))


# ---- money

AUDIT = "专项资金审计报告"
CEILING = re.compile("不超过|不高于|以内|以下|上限|最高|最多")
"""Words that make the amount of a clause a ceiling; without them the budget must be exactly that amount."""
NO_TOTAL = re.compile(r"不足|(?:[^不]|^)(?:超过|高于|低于|少于)|以上|每|其中|人均")
"""Words that make an amount a condition (不足10万元的) or a part: it is not the project's total."""


def _application(project: Project) -> Iterator[Finding]:
    """Yield evidence of 项目申报书 and 项目预算表, or a lack for each that is empty or incomplete."""
    start = project.catalogue.span.start
    empty = project.application.unfilled()
    if empty:
        wrong = f"项目申报书还没有写完：{'、'.join(empty)}"
        yield Lack(project.application.where(empty[0]), wrong, "请在“申报内容”表里填写", start)
    else:
        # The cover of 申报书 does not state what is applied for; the table behind it does.
        yield Evidence(Role.APPLICATION, facts=(values.format_value(project.catalogue.amount),))
    if project.budget:
        yield _budget(project)
    else:
        yield Lack(sheet_place(project, "预算"), "没有预算", "请在“预算”表里逐行填写", start)


def by_the_budget(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """要有申报书和预算，并按预算执行：申报内容的各项和预算不能空着，支出合计不超过预算合计。"""
    yield from _application(project)
    figure = figures.compute_figures(project)
    yield from ledger(kind, project, duty, Role.SPENDING)
    # Due from the project's start: an overspending is unmet at once, never “not due yet”.
    if project.budget and figure.expense > figure.budget_total:
        over = values.format_value(Money(figure.expense - figure.budget_total))
        yield Lack(
            _overspending_cell(project, figure.budget_total),
            f"支出合计超过预算合计 {over} 元",
            "请核对“支出”表；超支部分不能列入本项目",
            project.catalogue.span.start,
        )


def lump_sum(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """项目费用包干：预算合计要等于条款写的金额（写“不超过”的不能超过），支出合计不能超过它；条款写的不是项目金额的，由人确认。"""
    if NO_TOTAL.search(duty.words):
        yield Question(project.catalogue.span.end)
        return
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
        yield _budget(project)
    else:
        yield Lack(sheet_place(project, "预算"), "没有预算", "请在“预算”表里逐行填写", start)
    if spent > amount:
        wrong = f"支出合计 {values.format_value(spent)} 元，超过项目费用 {values.format_value(amount)} 元"
        yield Lack(_overspending_cell(project, amount), wrong, "请核对“支出”表；包干费用不能超支", start)
    elif project.ledger:
        yield Evidence(Role.SPENDING, facts=(values.format_value(spent),))


def _budget(project: Project) -> Evidence:
    """Return as evidence the page of 项目预算表 that shows its total."""
    total = figures.sum_amounts(line.amount for line in project.budget)
    return Evidence(Role.BUDGET, facts=(values.format_value(total),))


def _overspending_cell(project: Project, limit: Decimal) -> Where:
    """Return the cell of the first payment that brings spending above a limit."""
    spent = Decimal(0)
    for entry in project.ledger:
        spent += entry.expense or 0
        if spent > limit:
            return entry.where("支出")
    return sheet_place(project, "支出")


BANK_ACCOUNT = re.compile("专户|账户|帐户|会计制度|财务制度")
"""Words that demand more than entries of a ledger."""


def ledger(kind: Kind, project: Project, duty: Obligation, role: Role = Role.LEDGER) -> Iterator[Finding]:
    """要有项目专账，逐笔登记收入和支出；要有专户的，另由人确认。"""
    if BANK_ACCOUNT.search(duty.words):
        yield Question(project.catalogue.span.end)
    if project.ledger:
        spent = values.format_value(figures.sum_amounts(each.expense for each in project.ledger))
        first = project.ledger[0]
        facts = (first.voucher, beginning(first.summary)) if role is Role.LEDGER else (spent,)
        yield Evidence(role, facts=tuple(filter(None, facts)))
    else:
        yield Lack(
            sheet_place(project, "支出"), "没有项目专账", "请在“支出”表里逐笔登记收入和支出", project.catalogue.span.end
        )


def proper_use(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """资金规范使用、专款专用：要有项目专账，并由审计报告证明；目录没有要求审计的，由人确认。"""
    yield from ledger(kind, project, duty)
    if any(each.kind == AUDIT for clause in decided.clauses_of(project) for each in clause.obligations):
        audit = Kind(AUDIT, "材料一次", thing=AUDIT, owner=OUTSIDE)
        yield from paper_once(audit, project, Obligation(AUDIT, AUDIT))
    else:
        yield Question(project.catalogue.span.end)
