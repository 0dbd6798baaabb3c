"""Judges for activities and recurring duties: records of each activity, supervision, progress reports, news.

A judge yields `Evidence`, `Lack` or `Question`. It gives no verdict: `verdicts` does, because a verdict depends on the
day.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from paperwork.checks.requirements.evidence import (
    BRIEF_DAYS,
    LEAD,
    MIN_PHOTOS,
    Evidence,
    Finding,
    Lack,
    Question,
    beginning,
    calendar_spans,
    due_day_of_span,
    is_due_after,
    row_evidence,
    sheet_place,
)
from paperwork.checks.requirements.generic import is_paper
from paperwork.checks.requirements.kinds import Kind
from paperwork.checks.requirements.obligations import Obligation
from paperwork.core import filenames
from paperwork.core.dates import Period, Quarter
from paperwork.core.text import PICTURE
from paperwork.project.model import Activity, Attachment, Bulletin, Progress, Project, Role, Supervision

REQUIRED_COLUMNS = ("活动编号", "活动名称", "开始日期", "结束日期", "活动目的", "活动流程", "简报标题", "简报正文")
"""Columns of an activity that give its records and their due days; a row with one of them unreadable is skipped."""


# ---- activities


def activities(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """活动：要有活动记录。"""
    if not project.activities:
        yield Lack(
            sheet_place(project, "活动"), "还没有活动记录", "请在“活动”表里每次活动填一行", project.catalogue.span.end
        )
    for activity in project.activities:
        yield row_evidence(Role.PLAN, activity, beginning(activity.name))


ActivityAnswer = Evidence | tuple[str, str]
"""The result for one activity: its evidence, or the text of what is missing and the remedy."""
ActivityCheck = Callable[[Project, Obligation, Activity], ActivityAnswer]


def plan(_: Project, __: Obligation, activity: Activity) -> ActivityAnswer:
    """每次活动要有方案：活动表里的活动目的和活动流程不能空着。"""
    empty = [name for name, text in (("活动目的", activity.purpose), ("活动流程", activity.agenda)) if not text]
    return (
        (f"没有方案（{'、'.join(empty)}空着）", "请在“活动”表里填写")
        if empty
        else row_evidence(Role.PLAN, activity, beginning(activity.name))
    )


def brief(_: Project, __: Obligation, activity: Activity) -> ActivityAnswer:
    """每次活动要有简报：活动表里的简报标题和简报正文不能空着。"""
    empty = [name for name, text in (("简报标题", activity.headline), ("简报正文", activity.brief)) if not text]
    return (
        (f"没有简报（{'、'.join(empty)}空着）", "请在“活动”表里填写")
        if empty
        else row_evidence(Role.BRIEF, activity, beginning(activity.headline))
    )


def photos(project: Project, duty: Obligation, activity: Activity) -> ActivityAnswer:
    """每次活动要有照片，至少两张（条款写了张数的按条款）。"""
    count, wanted = len(project.photos.get(activity.code, ())), int(duty.number or MIN_PHOTOS)
    if count >= wanted:
        return row_evidence(Role.PHOTOS, activity, PICTURE)
    return f"有 {count} 张照片，至少要 {wanted} 张", f"请放进文件夹 照片/{activity.code}/"


def video(project: Project, duty: Obligation, activity: Activity) -> ActivityAnswer:
    """条款写有小视频的，每次活动要有小视频。"""
    count, wanted = len(project.videos.get(activity.code, ())), int(duty.number or 1)
    if count >= wanted:
        first = project.videos[activity.code][0].name
        return row_evidence(Role.VIDEO, activity, beginning(filenames.readable(first)))
    return f"有 {count} 个小视频，至少要 {wanted} 个" if count else "没有小视频", f"请放进文件夹 视频/{activity.code}/"


def sign_in(project: Project, _: Obligation, activity: Activity) -> ActivityAnswer:
    """条款写有签到表的，每次活动要有签到表（附件表里填了活动编号）。"""
    for each in project.attachments:
        if _is_of(activity, "签到表", each) and project.attachment_path(each.file):
            return row_evidence(Role.ATTACHMENT, each)
    return "没有签到表", "请把签到表（PDF 或照片）放进文件夹“附件”，并在“附件”表里加一行，填上活动编号"


def _is_of(activity: Activity, name: str, attachment: Attachment) -> bool:
    """Return True if an attachment is an activity's paper of a name."""
    return attachment.activity == activity.code and is_paper(attachment, name)


def named_paper(name: str) -> ActivityCheck:
    """Return a check that an activity has a paper of a name among the attachments."""

    def of_one(project: Project, duty: Obligation, activity: Activity) -> ActivityAnswer:
        own = [each for each in project.attachments if _is_of(activity, name, each)]
        paths = {path for each in own if (path := project.attachment_path(each.file))}
        wanted = int(duty.number or 1)
        if len(paths) >= wanted:
            return row_evidence(Role.ATTACHMENT, next(each for each in own if project.attachment_path(each.file)))
        short = f"有 {len(paths)} 份{name}，要求 {wanted} 份" if paths else f"没有{name}"
        return short, f"请把文件放进文件夹“附件”，并在“附件”表里加一行，题名写明“{name}”，填上活动编号"

    return of_one


NEWS_KINDS = ("信息", "简报")
"""类型 of the rows of 信息报送 that are news."""


def reported_plan(project: Project, _: Obligation, activity: Activity) -> ActivityAnswer:
    """条款要求每次活动报送方案的：信息报送表里要有标题写明这次活动的方案，每次活动一行。"""
    return _reported(project, activity, "方案", ("方案",))


def reported_news(project: Project, _: Obligation, activity: Activity) -> ActivityAnswer:
    """条款要求每次活动报送信息的：信息报送表里要有标题写明这次活动的信息，每次活动一行。"""
    return _reported(project, activity, "信息", NEWS_KINDS)


def _reported(project: Project, activity: Activity, thing: str, kinds: Sequence[str]) -> ActivityAnswer:
    """Return the evidence that an activity's plan or news was sent to the federation."""
    if report := _reports(project, kinds).get(activity.code):
        return Evidence(Role.NEWS, facts=(report.title,))
    mend = f"请在“信息报送”表里加一行，类型填“{kinds[0]}”，标题里写上活动名称"
    return f"没有报送{thing}的记录", mend


def _reports(project: Project, kinds: Sequence[str]) -> dict[str, Bulletin]:
    """Return the report on each activity, by its code: a row reports on one activity for each name in its title.

    Of several activities of one name it is the nearest in time that has no report yet.
    """
    found: dict[str, Bulletin] = {}
    for row in sorted((each for each in project.bulletins if each.kind in kinds), key=lambda each: each.date):
        matched = {
            each: name
            for each in project.readable_rows(Activity, *REQUIRED_COLUMNS)
            for name in (each.headline, each.name)
            if name and name in row.title
        }
        for name in set(matched.values()):
            if any(name != other and name in other for other in matched.values()):
                continue  # 第1次培训 is not reported by the title 第1次培训班 of another activity
            waiting = [each for each, own in matched.items() if own == name and each.code not in found]
            if waiting:
                nearest = min(waiting, key=lambda each: abs(each.last_day - row.date))
                found[nearest.code] = row
    return found


@dataclass(frozen=True)
class ActivityRecord:
    """A record that each activity leaves: the check of one activity, and when it is due.

    It is due `days` after the activity's last day (or as many as the clause says); with `before`, on its first day, or
    as many days earlier.
    """

    check: ActivityCheck
    days: int = 0
    before: bool = False
    sheets: tuple[str, ...] = ()
    """Worksheets searched besides 活动."""


RECORDS: dict[str, ActivityRecord] = {
    "方案": ActivityRecord(plan, before=True),
    "简报": ActivityRecord(brief, BRIEF_DAYS),
    "照片": ActivityRecord(photos),
    "视频": ActivityRecord(video),
    "签到表": ActivityRecord(sign_in, sheets=("附件",)),
    "报送方案": ActivityRecord(reported_plan, before=True, sheets=("信息报送",)),
    "报送信息": ActivityRecord(reported_news, BRIEF_DAYS, sheets=("信息报送",)),
}
"""Records of an activity that are no attachments of any name: values of `Kind.thing` for the judge 每次活动."""
OWN_WORDS = {
    "方案": "活动方案|活动计划",
    "简报": "活动简报|新闻稿",
    "照片": "(?:活动|现场|教学|工作)+(?:照片|图片)|图片",
    "视频": "(?:活动|现场|教学|短|小)*(?:视频|录像)",
    "签到表": "(?:活动|现场|学员)*签到[表册单]?",
}
"""What catalogues and staff call the records that the program keeps itself."""


def record_of(thing: str) -> ActivityRecord:
    """Return the record of a name: one that the program keeps itself, or an attachment of that name."""
    own = next((name for name, words in OWN_WORDS.items() if re.fullmatch(words, thing)), thing)
    return RECORDS.get(own) or ActivityRecord(named_paper(thing), sheets=("附件",))


def each_activity(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """每次活动的材料：条款要求每次活动都有的材料（如活动记录表、知情同意书），要作为附件交来，附件表里填上活动编号，题名里写明它的名称。"""
    thing = kind.thing or duty.name
    if not thing:  # without a name any attachment would fit
        yield Question(project.catalogue.span.end)
        return
    record = record_of(thing)
    if not project.activities:
        yield from activities(kind, project, duty)
    for activity in project.readable_rows(Activity, *REQUIRED_COLUMNS):
        answer = record.check(project, duty, activity)
        if isinstance(answer, Evidence):
            yield answer
        else:
            first, last = activity.start - dt.timedelta(duty.days), activity.last_day
            due = first if record.before else last + dt.timedelta(duty.days or record.days)
            wrong = f"活动 {activity.code}（{activity.name}）{answer[0]}"
            yield Lack(activity.where("活动编号"), wrong, answer[1], due)


# ---- recurring duties

LEAD_WORDS = re.compile(r"LEAD|(?:牵头|主办|责任|主管|归口)(?:部室|部门|科室|单位|处室)?")
UNCOUNTED = re.compile(r"每一?个?(?:学期|学年|期|批|阶段|周|星期|旬|日|天|场|次)")
"""Frequencies that the calendar does not know: a person confirms them."""


def supervision(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """督导：条款写的每个周期（如每季度），都要有牵头部室（条款写了部室的，那个部室）的督导记录；几个部室联合督导的，哪个部室的都算，但要有牵头部室的；每学期、每批的，有了记录还要由人确认。"""
    rooms, lead = _rooms(project, duty)
    name = "、".join(rooms) or project.funder.name
    whole_project = ("项目期间", project.catalogue.span)
    for span_name, span in calendar_spans(project.catalogue.span, duty.months) if duty.months else [whole_project]:
        visits = [each for each in project.supervisions if span.start <= each.date <= span.end]
        own = [each for each in visits if not rooms or any(_is_by(room, each) for room in rooms)]
        for each in own:
            yield row_evidence(Role.SUPERVISION, each, each.department)
        has_lead = not lead or any(_is_by(lead, each) for each in own)
        if len(own) >= (duty.number or 1) and has_lead:
            continue
        strangers = [each.department for each in visits if each not in own or not has_lead]
        others = f"（只有{'、'.join(dict.fromkeys(strangers))}的）" if strangers else ""
        short = f"：有 {len(own)} 次，要求 {duty.number} 次" if own and has_lead else ""
        wrong = f"缺{span_name}{name if has_lead else lead}的督导记录{short or others}"
        due = due_day_of_span(span, duty) if duty.months else duty.due or span.end
        yield Lack(sheet_place(project, "督导"), wrong, f"请{name}督导后在“督导”表里加一行", due, LEAD)
    if not duty.months and UNCOUNTED.search(duty.words):
        yield Question(project.catalogue.span.end)


def _rooms(project: Project, duty: Obligation) -> tuple[list[str], str]:
    """Return the departments whose visits count, and the one that must be among the visitors."""
    leads = _split(project.catalogue.department)
    named = [each for each in _split(duty.department) if not LEAD_WORDS.fullmatch(each)]
    rooms = named or leads
    # The lead department of the catalogue, if it is one of them; else the one that the clause names first.
    lead = next((room for room in rooms if any(_is_same(room, each) for each in leads)), rooms[0] if rooms else "")
    return rooms, lead


def _split(departments: str) -> list[str]:
    """Return the departments that a text lists: 权益部、市司法局人民调解科."""
    return [each for each in re.split(r"[、，,；;/\s]|会同|联合", departments) if each]


def _is_same(one: str, other: str) -> bool:
    """Return True if two names are of one department: 组联部 and 市某某会组联部."""
    return min(len(one), len(other)) > 1 and (one.endswith(other) or other.endswith(one))


def _is_by(room: str, visit: Supervision) -> bool:
    """Return True if a visit was made by a department, alone or with others."""
    return room in visit.department or any(_is_same(room, each) for each in _split(visit.department))


def progress(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """进展报送：实施周期触及的每个季度（条款写每月、每半年的按月、按半年）都要有进展报告，每期一份。"""
    months = duty.months or 3
    spans = list(calendar_spans(project.catalogue.span, months))
    own = _by_quarter(project, spans) if months % 3 == 0 else _by_date(project, duty, spans)
    for (name, span), reports in zip(spans, own, strict=True):
        for each in reports:
            yield row_evidence(Role.PROGRESS, each, str(each.quarter))
        if not reports:
            quarter = f"，期次填“{_last_quarter(project, span)}”" if months % 3 == 0 and months > 3 else ""
            due = due_day_of_span(span, duty)
            yield Lack(sheet_place(project, "进展"), f"缺{name}的进展报告", f"请在“进展”表里加一行{quarter}", due)


def _last_quarter(project: Project, span: Period) -> Quarter:
    """Return the last quarter of a span within the project."""
    return Quarter.containing(min(span.end, project.catalogue.span.end))


def _by_quarter(project: Project, spans: Sequence[tuple[str, Period]]) -> list[list[Progress]]:
    """Return the reports of each span: a report names its quarter, the last of the span."""
    return [[each for each in project.progress if each.quarter == _last_quarter(project, span)] for _, span in spans]


def _by_date(project: Project, duty: Obligation, spans: Sequence[tuple[str, Period]]) -> list[list[Progress]]:
    """Return the reports of each span by the days on which they were sent.

    If they are due after their span (每月5日前报送上月), each is taken for the first span without one.
    """
    if not is_due_after(duty):
        return [[each for each in project.progress if span.start <= each.reported <= span.end] for _, span in spans]
    own: list[list[Progress]] = [[] for _ in spans]
    for report in sorted(project.progress, key=lambda each: each.reported):
        for at, (_, span) in enumerate(spans):
            if not own[at] and span.start <= report.reported <= span.end + (span.end - span.start):
                own[at].append(report)
                break
    return own


PUBLISHED = re.compile("媒体|公众号|报刊|报纸|网站|微博|抖音|刊[发登用载]|发表|推送")
LEVEL = re.compile("(?:国家|中央|[省市区县州])级|以上媒体|主流媒体|官方")


def news(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """信息报送：信息报送表里要有信息或简报；条款写了篇数的按篇数，写了每季度、每月的按季、按月；要在媒体、公众号发表的，要填发布平台，媒体的级别由人确认。"""
    bulletins = [each for each in project.bulletins if each.kind in NEWS_KINDS]
    wanted, mend = int(duty.number or 1), "请在“信息报送”表里登记，类型填“信息”或“简报”"
    if PUBLISHED.search(duty.words):
        bulletins = [each for each in bulletins if each.platform or each.link]
        mend += "，并填上发布平台"
    for each in bulletins:
        yield Evidence(Role.NEWS, facts=(each.title,))
    # Without a frequency there is one lack for the total; with one, a lack for each span that has too few.
    if not bulletins or (not duty.months and len(bulletins) < wanted):
        wrong = f"报送了 {len(bulletins)} 篇信息，要求 {wanted} 篇" if bulletins else "没有信息报送记录"
        yield Lack(sheet_place(project, "信息报送"), wrong, mend, duty.due or project.catalogue.span.end)
    for name, span in calendar_spans(project.catalogue.span, duty.months) if bulletins and duty.months else ():
        count = sum(span.start <= each.date <= span.end for each in bulletins)
        if count < wanted:
            short = f"：有 {count} 篇，要求 {wanted} 篇" if count else ""
            due = due_day_of_span(span, duty)
            yield Lack(sheet_place(project, "信息报送"), f"缺{name}的信息报送记录{short}", mend, due)
    if LEVEL.search(duty.words):
        yield Question(project.catalogue.span.end)
