"""Map each kind of obligation to the judge that finds its evidence and what is missing.

A new kind needs two entries: the words that announce it in `obligations.READERS`, and its judge here.
"""

from paperwork.checks.requirements import activities as activity
from paperwork.checks.requirements import evidence
from paperwork.checks.requirements import papers as paper
from paperwork.checks.requirements.evidence import CONTRACTOR, OUTSIDE, Judge
from paperwork.project.funder import NO_FUNDER, Funder

JUDGES: dict[str, Judge] = {
    "幸福使者平台": paper.answered_yes("幸福使者平台成员", "幸福使者平台"),
    "妇女组织": paper.answered_yes("建立妇女组织", "妇女组织"),
    "全职社工": paper.social_workers,
    "依法登记": paper.attached("登记证书", CONTRACTOR),
    "执行经验": paper.experience,
    "资源和理念": paper.ask_at_start,
    "信誉": paper.ask_at_start,
    "设计能力": paper.ask_at_start,
    "年限和等级": paper.ask_at_start,
    "服务对象档案": paper.ask_at_end,
    "督导": activity.supervision,
    "活动": activity.activities,
    "每次活动方案": activity.each_activity(activity.plan, 0, before=True),
    "每次活动简报": activity.each_activity(activity.brief, evidence.BRIEF_DAYS),
    "每次活动照片": activity.each_activity(activity.photos, 0),
    "每次活动小视频": activity.each_activity(activity.video, 0),
    "每次活动签到表": activity.each_activity(activity.sign_in, 0),
    "每次活动报送方案": activity.each_activity(activity.reported("方案"), 0, before=True),
    "每次活动报送信息": activity.each_activity(activity.reported("信息"), evidence.BRIEF_DAYS),
    "进展报送": activity.progress,
    "信息报送": activity.news,
    "第三方绩效评估报告": paper.attached("第三方绩效评估报告", OUTSIDE),
    "专项资金审计报告": paper.attached(paper.AUDIT, OUTSIDE),
    "书面成果报告": paper.attached("书面成果报告", CONTRACTOR),
    "其他材料": paper.other_papers,
    "项目结项报告": paper.closing_report,
    "汇编成册": paper.bound_volume,
    "项目费用": paper.lump_sum,
    "按申报书和预算执行": paper.by_the_budget,
    "项目专账": paper.ledger,
    "资金规范使用": paper.proper_use,
    "管理档案": paper.management_files,
    NO_FUNDER.in_its_name: paper.ask_at_end,
    "成果归属": paper.ask_at_end,
    "巾帼志愿者服装或标志": paper.ask_at_end,
    "活动创新、主题突出": paper.ask_at_end,
    "满意度": paper.ask_at_end,
}
"""The judge of each kind of obligation."""
SEARCHED_SHEETS: dict[str, tuple[str, ...]] = {
    "目标": ("绩效目标", "活动", "名册"),
    "每次活动签到表": ("附件",),
    "每次活动报送方案": ("信息报送",),
    "每次活动报送信息": ("信息报送",),
    "项目费用": ("预算", "支出"),
    "按申报书和预算执行": ("预算", "支出"),
}
"""Worksheets that a judge searches, for kinds whose missing material is reported at a cell or in another worksheet.

If one of these worksheets has unreadable rows, the material may be in them: see `verdicts`.
"""


def judge_of(kind: str, funder: Funder) -> Judge:
    """Return the judge of a kind of obligation; one kind bears the funder's name."""
    return JUDGES.get(NO_FUNDER.in_its_name if kind == funder.in_its_name else kind, paper.ask_at_end)


def requirement_texts() -> list[str]:
    """Return the requirements of all judges, each once: their docstrings, in the Chinese that staff read."""
    return list(dict.fromkeys((judge.__doc__ or "").strip() for judge in JUDGES.values()))
