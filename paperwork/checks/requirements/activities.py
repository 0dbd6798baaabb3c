"""Judges for activities and recurring duties: records of each activity, supervision, progress reports, news.

A judge yields `Evidence`, `Lack` or `Ask`. It gives no verdict: `verdicts` does, because a verdict depends on the day.
"""

import datetime as dt
from collections.abc import Callable, Iterator

from paperwork.checks.requirements.evidence import (
    LEAD,
    MIN_PHOTOS,
    Evidence,
    Finding,
    Judge,
    Lack,
    calendar_spans,
    row_evidence,
    sheet_place,
)
from paperwork.checks.requirements.obligations import Obligation
from paperwork.core.dates import Quarter
from paperwork.project.model import Activity, Project, Role

REQUIRED_COLUMNS = ("活动编号", "活动名称", "开始日期", "结束日期", "活动目的", "活动流程", "简报标题", "简报正文")
"""Columns of an activity that give its records and their due days; a row with one of them unreadable is skipped."""


# ---- activities


def activities(project: Project, duty: Obligation) -> Iterator[Finding]:
    """活动：要有活动记录。"""
    if not project.activities:
        yield Lack(
            sheet_place(project, "活动"), "还没有活动记录", "请在“活动”表里每次活动填一行", project.catalogue.span.end
        )
    for activity in project.activities:
        yield row_evidence(Role.PLAN, activity)


ActivityAnswer = Evidence | tuple[str, str]
"""The result for one activity: its evidence, or the text of what is missing and the remedy."""
ActivityCheck = Callable[[Project, Obligation, Activity], ActivityAnswer]


def each_activity(of_one: ActivityCheck, days: int, before: bool = False) -> Judge:
    """Return a judge that asks one thing of every activity.

    It is due `days` after the activity's last day (or as many as the clause says); with `before`, on its first day.
    """

    def judge(project: Project, duty: Obligation) -> Iterator[Finding]:
        if not project.activities:
            yield from activities(project, duty)
        for activity in project.readable_rows(Activity, *REQUIRED_COLUMNS):
            answer = of_one(project, duty, activity)
            if isinstance(answer, Evidence):
                yield answer
            else:
                due = activity.start if before else activity.last_day + dt.timedelta(duty.days or days)
                wrong = f"活动 {activity.code}（{activity.name}）{answer[0]}"
                yield Lack(activity.where("活动编号"), wrong, answer[1], due)

    # `paperwork rules` prints the docstrings of the judges.
    judge.__doc__ = of_one.__doc__
    return judge


def plan(_: Project, __: Obligation, activity: Activity) -> ActivityAnswer:
    """每次活动要有方案：活动表里的活动目的和活动流程不能空着。"""
    empty = [name for name, text in (("活动目的", activity.purpose), ("活动流程", activity.agenda)) if not text]
    return (f"没有方案（{'、'.join(empty)}空着）", "请在“活动”表里填写") if empty else row_evidence(Role.PLAN, activity)


def brief(_: Project, __: Obligation, activity: Activity) -> ActivityAnswer:
    """每次活动要有简报：活动表里的简报标题和简报正文不能空着。"""
    empty = [name for name, text in (("简报标题", activity.headline), ("简报正文", activity.brief)) if not text]
    return (
        (f"没有简报（{'、'.join(empty)}空着）", "请在“活动”表里填写") if empty else row_evidence(Role.BRIEF, activity)
    )


def photos(project: Project, duty: Obligation, activity: Activity) -> ActivityAnswer:
    """每次活动要有照片，至少两张（条款写了张数的按条款）。"""
    count, wanted = len(project.photos.get(activity.code, ())), int(duty.number or MIN_PHOTOS)
    if count >= wanted:
        return row_evidence(Role.PHOTOS, activity)
    return f"有 {count} 张照片，至少要 {wanted} 张", f"请放进文件夹 照片/{activity.code}/"


def video(project: Project, duty: Obligation, activity: Activity) -> ActivityAnswer:
    """条款写有小视频的，每次活动要有小视频。"""
    count, wanted = len(project.videos.get(activity.code, ())), int(duty.number or 1)
    if count >= wanted:
        return row_evidence(Role.VIDEO, activity)
    return f"有 {count} 个小视频，至少要 {wanted} 个" if count else "没有小视频", f"请放进文件夹 视频/{activity.code}/"


def sign_in(project: Project, _: Obligation, activity: Activity) -> ActivityAnswer:
    """条款写有签到表的，每次活动要有签到表（附件表里填了活动编号）。"""
    for each in project.attachments:
        if each.kind == "签到表" and each.activity == activity.code and project.attachment_path(each.file):
            return row_evidence(Role.ATTACHMENT, each)
    return "没有签到表", "请把签到表（PDF 或照片）放进文件夹“附件”，并在“附件”表里加一行，填上活动编号"


def reported(thing: str) -> ActivityCheck:
    """Return a check that an activity's plan or news was sent to the federation."""

    def of_one(project: Project, _: Obligation, activity: Activity) -> ActivityAnswer:
        kinds = ("方案",) if thing == "方案" else ("信息", "简报")
        rows = [each for each in project.bulletins if each.kind in kinds]
        if any(activity.name in each.title or (activity.headline and activity.headline in each.title) for each in rows):
            return Evidence(Role.NEWS)
        return (
            f"没有报送{thing}的记录",
            f"请在“信息报送”表里加一行，类型填“{kinds[0]}”，标题里写上活动名称",
        )

    of_one.__doc__ = f"条款要求每次活动报送{thing}的：信息报送表里要有标题写明这次活动的{thing}。"
    return of_one


# ---- recurring duties


def supervision(project: Project, duty: Obligation) -> Iterator[Finding]:
    """督导：条款写的每个周期（如每季度），都要有牵头部室的督导记录。"""
    department = duty.department or project.catalogue.department
    whole_project = ("项目期间", project.catalogue.span)
    for name, span in calendar_spans(project.catalogue.span, duty.months) if duty.months else [whole_project]:
        visits = [each for each in project.supervisions if span.start <= each.date <= span.end]
        # 组联部 and 市某某会组联部 are the same department.
        own = [each for each in visits if department in each.department or each.department in department]
        for each in own:
            yield row_evidence(Role.SUPERVISION, each)
        if len(own) < (duty.number or 1):
            strangers = [each.department for each in visits if each not in own]
            others = f"（只有{'、'.join(dict.fromkeys(strangers))}的）" if strangers else ""
            short = f"：有 {len(own)} 次，要求 {duty.number} 次" if own else ""
            wrong = f"缺{name}{department}的督导记录{short or others}"
            mend = f"请{department}督导后在“督导”表里加一行"
            yield Lack(sheet_place(project, "督导"), wrong, mend, span.end, LEAD)


def progress(project: Project, duty: Obligation) -> Iterator[Finding]:
    """进展报送：实施周期触及的每个季度（条款写每月的按月）都要有进展报告。"""
    months = duty.months or 3
    for name, span in calendar_spans(project.catalogue.span, months):
        # A quarterly report names its quarter; others belong to the span in which they were sent.
        if months == 3:
            reports = [each for each in project.progress if each.quarter == Quarter.containing(span.start)]
        else:
            reports = [each for each in project.progress if span.start <= each.reported <= span.end]
        for each in reports:
            yield row_evidence(Role.PROGRESS, each)
        if not reports:
            yield Lack(sheet_place(project, "进展"), f"缺{name}的进展报告", "请在“进展”表里加一行", span.end)


def news(project: Project, duty: Obligation) -> Iterator[Finding]:
    """信息报送：信息报送表里要有信息或简报；条款写了篇数的按篇数，写了每季度、每月的按季、按月。"""
    bulletins = [each for each in project.bulletins if each.kind in ("信息", "简报")]
    wanted, mend = int(duty.number or 1), "请在“信息报送”表里登记，类型填“信息”或“简报”"
    if bulletins:
        yield Evidence(Role.NEWS)
    # Without a frequency there is one lack for the total; with one, a lack for each span that has too few.
    if not bulletins or (not duty.months and len(bulletins) < wanted):
        wrong = f"报送了 {len(bulletins)} 篇信息，要求 {wanted} 篇" if bulletins else "没有信息报送记录"
        yield Lack(sheet_place(project, "信息报送"), wrong, mend, project.catalogue.span.end)
    for name, span in calendar_spans(project.catalogue.span, duty.months) if bulletins and duty.months else ():
        count = sum(span.start <= each.date <= span.end for each in bulletins)
        if count < wanted:
            short = f"：有 {count} 篇，要求 {wanted} 篇" if count else ""
            yield Lack(sheet_place(project, "信息报送"), f"缺{name}的信息报送记录{short}", mend, span.end)
