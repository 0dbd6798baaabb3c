"""The judges by name, and the kinds of demands that they judge.

A judge finds the evidence of a demand and what is missing. Most kinds are rows that name a judge and its parameters; a
new judge is needed only for arithmetic of its own.
"""

from functools import partial

from paperwork.checks.requirements import activities, generic, papers
from paperwork.checks.requirements.evidence import END, LEAD, OUTSIDE, START, Judge, KindJudge
from paperwork.checks.requirements.kinds import Kind
from paperwork.checks.requirements.obligations import TARGET, UNKNOWN
from paperwork.project.funder import NO_FUNDER, Funder

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

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("幸福使者平台", "是或否", thing="幸福使者平台成员", due=START),
        Kind("妇女组织", "是或否", thing="建立妇女组织", due=START),
        Kind("全职社工", "全职社工", due=START),
        Kind("依法登记", "材料一次", thing="登记证书", due=START),
        Kind("执行经验", "执行经验", due=START),
        Kind("资源和理念", PERSON, due=START),
        Kind("信誉", PERSON, due=START),
        Kind("设计能力", PERSON, due=START),
        Kind("年限和等级", PERSON, due=START),
        Kind("服务对象档案", "材料或确认"),
        Kind("督导", "督导", owner=LEAD),
        Kind("活动", "活动"),
        Kind("每次活动方案", "每次活动", thing="方案"),
        Kind("每次活动简报", "每次活动", thing="简报"),
        Kind("每次活动照片", "每次活动", thing="照片", units=("张",)),
        Kind("每次活动小视频", "每次活动", thing="视频", units=("段", "个", "条", "部")),
        Kind("每次活动签到表", "每次活动", thing="签到表"),
        Kind("每次活动报送方案", "每次活动", thing="报送方案"),
        Kind("每次活动报送信息", "每次活动", thing="报送信息"),
        Kind("进展报送", "进展报送"),
        Kind("信息报送", "信息报送", units=("篇", "条", "期")),
        Kind("第三方绩效评估报告", "材料一次", thing="第三方绩效评估报告", owner=OUTSIDE),
        Kind("专项资金审计报告", "材料一次", thing=papers.AUDIT, owner=OUTSIDE),
        Kind("书面成果报告", "材料一次", thing="书面成果报告", units=("篇", "份")),
        Kind("项目结项报告", "结项报告"),
        Kind("汇编成册", "汇编成册"),
        Kind("项目费用", "项目费用"),
        Kind("按申报书和预算执行", "按申报书和预算执行"),
        Kind("项目专账", "项目专账"),
        Kind("资金规范使用", "资金规范使用"),
        Kind("管理档案", "管理档案"),
        Kind(NO_FUNDER.in_its_name, PERSON, due=END),
        Kind("成果归属", PERSON, due=END),
        Kind("巾帼志愿者服装或标志", PERSON, due=END),
        Kind("活动创新、主题突出", PERSON, due=END),
        Kind("满意度", PERSON, due=END),
        # Those that staff choose in 要求解读.xlsx for demands that have no kind of their own.
        Kind("其他材料", "材料一次"),
        Kind("按期交的材料", "材料按期"),
        Kind("每次活动的材料", "每次活动"),
        Kind(TARGET, "数目"),
        Kind(PERSON, PERSON),
        Kind(UNKNOWN, PERSON),
    )
}
"""The kinds of demands without the words that announce them."""
SEARCHED_SHEETS: dict[str, tuple[str, ...]] = {
    "数目": ("绩效目标", "活动", "名册"),
    "项目费用": ("预算", "支出"),
    "按申报书和预算执行": ("预算", "支出"),
}
"""Worksheets that a judge searches, if it reports missing material at a cell or in another worksheet."""


def kind_of(name: str, funder: Funder) -> Kind:
    """Return the kind of a name; one kind bears the funder's name. A person judges a kind that is not known."""
    return KINDS.get(NO_FUNDER.in_its_name if name == funder.in_its_name else name, Kind(name, PERSON))


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
