"""The judges by name, and the kinds of demands that they judge.

A judge finds the evidence of a demand and what is missing. Most kinds are rows that name a judge and its parameters; a
new judge is needed only for arithmetic of its own.
"""

from functools import partial

from paperwork.checks.requirements import activities, generic, papers
from paperwork.checks.requirements.evidence import Judge, KindJudge
from paperwork.checks.requirements.kinds import Kind, read_kinds
from paperwork.project.model import Project

PERSON = "请人确认"
"""Name of the judge that leaves a demand to a person."""
JUDGES: dict[str, KindJudge] = {
    # Five that serve any kind, by its parameters.
    "材料一次": generic.paper_once,
    "材料按期": generic.paper_each_period,
    "每次活动": activities.each_activity,
    "数目": generic.number_reached,
    PERSON: generic.person_confirms,
    # With arithmetic of their own.
    "材料或确认": generic.paper_or_person,
    "是或否": generic.answered_yes,
    "全职社工": papers.social_workers,
    "执行经验": papers.experience,
    "活动": activities.activities,
    "督导": activities.supervision,
    "进展报送": activities.progress,
    "信息报送": activities.news,
    "结项报告": papers.closing_report,
    "汇编成册": papers.bound_volume,
    "项目费用": papers.lump_sum,
    "按申报书和预算执行": papers.by_the_budget,
    "项目专账": papers.ledger,
    "资金规范使用": papers.proper_use,
    "管理档案": papers.management_files,
}
"""Every judge by its name, which staff can write in templates/要求.toml."""

SEARCHED_SHEETS: dict[str, tuple[str, ...]] = {
    "数目": ("绩效目标", "活动", "名册"),
    "项目费用": ("预算", "支出"),
    "按申报书和预算执行": ("预算", "支出"),
}
"""Worksheets that a judge searches, if it reports missing material at a cell or in another worksheet."""


def kind_of(name: str, project: Project) -> Kind:
    """Return the kind of a name, as the project's tables declare it. A person judges a kind that is not known."""
    return read_kinds(project.templates, project.funder).find(name) or Kind(name, PERSON)


def judge_of(kind: Kind) -> Judge:
    """Return the judge of a kind, with the kind's parameters."""
    return partial(JUDGES[kind.judge], kind)


def searched_sheets(kind: Kind, name: str) -> tuple[str, ...]:
    """Return the worksheets in which the judge of a kind searches material that it reports missing elsewhere.

    If one of these worksheets has unreadable rows, the material may be in them: see `verdicts`. `name` is the name of
    the paper that is asked for.
    """
    if JUDGES[kind.judge] is activities.each_activity:
        return activities.record_of(kind.thing or name).sheets
    return SEARCHED_SHEETS.get(kind.judge, ())


def requirement_texts() -> list[str]:
    """Return what each judge and each record of an activity requires, in the Chinese that staff read."""
    checks = [*JUDGES.values(), *(record.check for record in activities.RECORDS.values())]
    return [(check.__doc__ or "").strip() for check in checks]
