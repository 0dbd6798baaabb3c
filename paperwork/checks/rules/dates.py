"""Rules on dates: inside the project period, in the right order, within the time allowed."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from paperwork.checks.requirements.evidence import AFTER_END, BEFORE_START, BRIEF_DAYS, REPORT_DAYS
from paperwork.checks.requirements.reading import decided
from paperwork.core import filenames, values
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats.media import photos
from paperwork.project.model import Activity, Bulletin, LedgerEntry, MicroProject, Progress, Project, Supervision
from paperwork.project.record import Record

NEWS_KINDS = ("每次活动报送信息", "每次活动简报", "信息报送")
"""Kinds of obligation whose number of days sets the deadline for briefs."""


def _quoted(day: dt.date) -> str:
    """Return a day in Chinese notation, as faults quote it."""
    return values.chinese_date(day)


def nothing_ends_before_it_begins(project: Project) -> Iterator[Fault]:
    """活动、小微项目的结束日期不能早于开始日期，整改期限和整改完成日期不能早于督导日期。"""
    pairs: list[tuple[Record, str, dt.date | None, str, dt.date | None]] = []
    for activity in project.readable_rows(Activity, "开始日期", "结束日期"):
        pairs.append((activity, "开始日期", activity.start, "结束日期", activity.end))
    for micro in project.readable_rows(MicroProject, "开始日期", "结束日期"):
        pairs.append((micro, "开始日期", micro.start, "结束日期", micro.end))
    for visit in project.readable_rows(Supervision, "督导日期"):
        pairs.append((visit, "督导日期", visit.date, "整改期限", visit.due))
        pairs.append((visit, "督导日期", visit.date, "整改完成日期", visit.remedied))
    for row, first, begin, last, end in pairs:
        if begin and end and end < begin:
            wrong = f"{last}早于{first}（{_quoted(begin)}）"
            yield Fault(Level.ERROR, row.where(last), wrong, "请核对这两个日期，改正写错的一个", _quoted(end))


def dates_lie_in_the_period(project: Project) -> Iterator[Fault]:
    """活动、督导、信息报送、小微项目的日期要在实施周期内；支出可以早一个月、晚两个月。"""
    span, none = project.catalogue.span, dt.timedelta(0)
    tables: list[tuple[type[Record], tuple[str, ...], dt.timedelta, dt.timedelta]] = [
        (Activity, ("开始日期", "结束日期"), none, none),
        (Supervision, ("督导日期",), none, none),
        (Bulletin, ("报送日期",), none, AFTER_END),
        (MicroProject, ("开始日期", "结束日期"), none, none),
        (LedgerEntry, ("日期",), BEFORE_START, AFTER_END),
    ]
    for kind, headers, before, after in tables if project.catalogue.is_dated else ():
        for header in headers:
            for row in project.readable_rows(kind, header):
                day = row.template_values()[header]
                if day and not span.start - before <= day <= span.end + after:
                    wrong = f"{header}不在实施周期内（{project.catalogue.period}）"
                    yield Fault(Level.NOTICE, row.where(header), wrong, "请核对年份和月份", _quoted(day))


def stages_follow_each_other(project: Project) -> Iterator[Fault]:
    """申报日期、第一次活动、最后一次活动、结项日期、立卷日期要依次在后。"""
    basics, closing = project.basics, project.closing
    activities = project.readable_rows(Activity, "开始日期", "结束日期")
    first = min(activities, key=lambda each: each.start, default=None)
    last = max(activities, key=lambda each: each.last_day, default=None)
    stages: list[tuple[str, dt.date | None, Where]] = [
        ("申报日期", basics.applied, basics.where("申报日期")),
        ("第一次活动", first.start if first else None, first.where("开始日期") if first else Where()),
        ("最后一次活动", last.last_day if last else None, last.where("开始日期") if last else Where()),
        ("结项日期", closing.closed, closing.where("结项日期")),
        ("立卷日期", basics.compiled, basics.where("立卷日期")),
    ]
    for (early, one, _), (late, two, where) in pairwise([stage for stage in stages if stage[1]]):
        if one and two and two < one:
            yield Fault(Level.NOTICE, where, f"{late}早于{early}（{_quoted(one)}）", "请核对日期", _quoted(two))


def volume_is_closed_after_its_papers(project: Project) -> Iterator[Fault]:
    """立卷日期不能早于卷内最晚的材料；早了的，备考表的立卷日期空着，由立卷人手写。"""
    day, newest = project.basics.compiled, project.newest_paper
    # `stages_follow_each_other` reports the activities and 结项日期.
    if day and newest and newest[0] > day and newest[1].sheet not in ("活动", "结项"):
        wrong = f"立卷日期早于卷内最晚的材料（“{newest[1].sheet}”表 {newest[1].cell}，{_quoted(newest[0])}）"
        mend = "请核对日期；改正以前，备考表的立卷日期空着，由立卷人手写"
        yield Fault(Level.NOTICE, project.basics.where("立卷日期"), wrong, mend, _quoted(day))


def ledger_is_in_date_order(project: Project) -> Iterator[Fault]:
    """支出表要按日期先后登记。"""
    for before, entry in pairwise(project.readable_rows(LedgerEntry, "日期")):
        if entry.date < before.date:
            wrong = f"日期早于上一行（{_quoted(before.date)}）"
            yield Fault(Level.NOTICE, entry.where("日期"), wrong, "请按日期先后排列，或核对日期", _quoted(entry.date))


def reports_are_on_time(project: Project) -> Iterator[Fault]:
    """季度进展报告不能在季度开始以前报送，季度过后十五天内要报。"""
    for report in project.readable_rows(Progress, "期次", "报送日期"):
        late = report.quarter.end + dt.timedelta(REPORT_DAYS)
        if not report.quarter.start <= report.reported <= late:
            when = "早于这个季度" if report.reported < report.quarter.start else f"过了期限（{_quoted(late)}）"
            found = _quoted(report.reported)
            yield Fault(Level.NOTICE, report.where("报送日期"), f"报送日期{when}", "请核对期次和报送日期", found)


def briefs_are_on_time(project: Project) -> Iterator[Fault]:
    """简报要在活动结束后十五天内报送（条款写了天数的按条款），不能早于活动。"""
    duties = (each for clause in decided.clauses_of(project) for each in clause.obligations)
    asked = (each.days for each in duties if each.days and each.kind in NEWS_KINDS)
    days = min(asked, default=BRIEF_DAYS)
    activities = project.readable_rows(Activity, "活动编号", "简报标题", "开始日期", "结束日期")
    # A brief in 信息报送 has no activity code: its title is the link to the activity.
    titles = {activity.headline: activity for activity in activities if activity.headline}
    for bulletin in project.readable_rows(Bulletin, "报送日期", "标题", "类型"):
        activity = titles.get(bulletin.title) if bulletin.kind in ("简报", "信息") else None
        if activity and not activity.start <= bulletin.date <= activity.last_day + dt.timedelta(days):
            early = bulletin.date < activity.start
            wrong = f"活动 {activity.code} 的简报" + ("早于活动" if early else f"在活动结束 {days} 天以后才报送")
            yield Fault(Level.NOTICE, bulletin.where("报送日期"), wrong, "请核对日期", _quoted(bulletin.date))


def plans_and_briefs_are_dated_in_order(project: Project) -> Iterator[Fault]:
    """活动方案的方案日期不能晚于开始日期，简报签发日期不能早于结束日期。"""
    for activity in project.readable_rows(Activity, "开始日期", "结束日期", "方案日期", "简报签发日期"):
        if activity.planned and activity.planned > activity.start:
            wrong = f"方案日期晚于开始日期（{_quoted(activity.start)}）"
            yield Fault(Level.NOTICE, activity.where("方案日期"), wrong, "请核对日期", _quoted(activity.planned))
        if activity.issued and activity.issued < activity.last_day:
            wrong = f"简报签发日期早于活动结束的日期（{_quoted(activity.last_day)}）"
            yield Fault(Level.NOTICE, activity.where("简报签发日期"), wrong, "请核对日期", _quoted(activity.issued))


def faults_are_remedied(project: Project) -> Iterator[Fault]:
    """督导发现的问题定了整改期限的，要写整改情况。"""
    for visit in project.readable_rows(Supervision, "督导编号", "整改期限", "整改情况"):
        if visit.due and not visit.remedy:
            wrong = f"督导 {visit.code} 定了整改期限，没有写整改情况"
            yield Fault(Level.NOTICE, visit.where("整改情况"), wrong, "整改以后请填写“整改情况”和“整改完成日期”")


def photos_were_taken_on_the_day(project: Project) -> Iterator[Fault]:
    """照片里记着的拍摄日期要在活动的日子里。"""
    for activity in project.readable_rows(Activity, "活动编号", "开始日期", "结束日期"):
        for path in project.photos.get(activity.code, ()):
            taken = photos.date_taken(path)
            if taken and not activity.start <= taken <= activity.last_day:
                wrong = f"照片 {activity.code}/{filenames.readable(path.name)} 的拍摄日期不在活动的日子里"
                yield Fault(Level.NOTICE, activity.where("开始日期"), wrong, "请核对照片和活动日期", _quoted(taken))
