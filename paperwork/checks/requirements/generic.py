"""Judges with parameters that serve many kinds of demands: a paper, a number, an answer, a person's word.

A kind that needs no arithmetic of its own is a row in templates/要求.toml with the name of one of these judges.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import get_args

from paperwork.checks.requirements import targets
from paperwork.checks.requirements.evidence import (
    CONTRACTOR,
    Evidence,
    Finding,
    Lack,
    Question,
    beginning,
    calendar_spans,
    due_day,
    due_day_of_span,
    row_evidence,
    sheet_place,
)
from paperwork.checks.requirements.kinds import Kind
from paperwork.checks.requirements.obligations import TARGET_FOR_EACH, Obligation
from paperwork.core import text, values
from paperwork.core.dates import Period, Quarter
from paperwork.core.faults import Where
from paperwork.project import figures
from paperwork.project.catalogue import quantities
from paperwork.project.catalogue.sentences import NUMERAL
from paperwork.project.model import Activity, Attachment, Goal, Project, Role

# ---- a person's word, and answers in 基本信息


def person_confirms(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """请人确认：程序判断不了的，要在“确认”表里由人确认。"""
    yield Question(due_day(project, duty, kind))


def answered_yes(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """是或否：基本信息里对应的一格（如幸福使者平台成员、建立妇女组织）要填“是”。"""
    field, answers = kind.thing, project.basics.template_values()
    if field not in answers:
        yield Question(due_day(project, duty, kind))
        return
    answer, where, due = answers[field], project.basics.where(field), due_day(project, duty, kind)
    if answer is True:
        yield Evidence(Role.APPLICATION, facts=(field, "是"))
    elif answer is None or answer == "":
        yield Lack(where, f"“{field}”没有填，{kind.name}无从核对", f"请在“基本信息”表的“{field}”填“是”或“否”", due)
    else:
        yield Lack(where, f"“{field}”填的是“否”，{kind.name}不满足", "请核对；确实不满足的，不能承接这个项目", due)


# ---- papers

OTHER = "其他"
TYPES = get_args(Attachment.model_fields["kind"].annotation)
"""Values of 类型 that staff can choose for an attachment."""
NO_PAPER = re.compile(r"模板|范本|样[表本]|空白|草稿|初稿|的通知$|填写说明")
"""Words in a title that show a file to be a form to fill in, a draft or a letter about the paper: no proof."""
STAGE = re.compile("年度|季度|月度|半年|中期|末期|终期|初期|前期")
"""Words that tell apart papers of one name; a title must have those of the name."""
MIDDLE, FINAL = "中期|期中", "末期|期末|终期|结项|结题"
PRINTED = re.compile(r"一式|印[制刷发]|编印")
"""Words that make a number one of printed copies: a file proves the paper, a person the copies."""
COPY_UNITS = "本册套盘"


@dataclass(frozen=True)
class _Span:
    """A span of time that a paper must cover: its name for messages, its regular expression for titles, its due day.

    A paper that is asked for once has one span without a name.
    """

    due: dt.date
    name: str = ""
    period: Period | None = None
    words: str = ""


def is_paper(attachment: Attachment, name: str) -> bool:
    """Return True if an attachment is the paper of a name, by its type or by its title.

    The title contains the name or, unless staff can choose the name as 类型, shares more than half of its pairs of
    characters and its last word: 绩效评估报告 of the contractor is no 第三方绩效评估报告.
    """
    title = attachment.title
    if name == attachment.kind:
        return name != OTHER
    if NO_PAPER.search(title.replace(name, "")) or f"自{name}" in title or f"自我{name}" in title:
        return False
    if name in title:
        return attachment.kind == OTHER or name not in TYPES
    is_like = text.count_shared_bigrams(name, title) * 2 > len(name) and name[-2:] in title
    return is_like and name not in TYPES and set(STAGE.findall(name)) <= set(STAGE.findall(title))


def paper_once(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """材料一次：条款点了名的材料（评估报告、审计报告、登记证书、保险单……），要作为附件交来，题名里写明它的名称，文件能打开；印多少份由人确认。"""
    if duty.months or _stages(project, duty):
        yield from paper_each_period(kind, project, duty)
    else:
        yield from _papers(kind, project, duty, [_Span(due_day(project, duty, kind))])


def paper_each_period(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """材料按期：条款写的每一期（每季度、每半年、中期和末期）都要有这种材料作为附件；题名里写明是哪一期，或者日期在这一期里。"""
    spans = _stages(project, duty)
    if duty.months:
        spans = [
            _Span(due_day_of_span(span, duty), name, span, _title_words(span, duty.months))
            for name, span in calendar_spans(project.catalogue.span, duty.months)
        ]
    elif spans:
        duty = replace(duty, number=None)  # one for each stage
    yield from _papers(kind, project, duty, spans or [_Span(due_day(project, duty, kind))])


def paper_or_person(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """材料或确认：服务对象的档案、个案记录不是本卷：要有题名写明它的附件，没有的由人确认。"""
    named = duty.name or kind.thing or _record_name(duty.words)
    rows = [each for each in project.attachments if named and is_paper(each, named)]
    present = _opening(project, rows)
    yield from (row_evidence(Role.ATTACHMENT, each) for each in present)
    if not present:
        yield Question(due_day(project, duty, kind))


def _record_name(words: str) -> str:
    """Return the name of the records that words speak of: 建立老人服务档案 → 老人服务档案; empty if they give none."""
    found = re.search(r"(?:建立|形成|完善|有)?((?:(?!建立|形成|完善)[\u4e00-\u9fff]){2,8}(?:档案|记录|案卷))", words)
    return found[1] if found else ""


def _stages(project: Project, duty: Obligation) -> list[_Span]:
    """Return the middle and the end of a project, if a clause asks for a paper at both: 中期、末期各一份."""
    if duty.months or not (re.search(MIDDLE, duty.words) and re.search(FINAL, duty.words)):
        return []
    span = project.catalogue.span
    middle = span.start + (span.end - span.start) / 2
    return [_Span(middle, "中期", None, MIDDLE), _Span(duty.due or span.end, "末期", None, FINAL)]


def _papers(kind: Kind, project: Project, duty: Obligation, spans: Sequence[_Span]) -> Iterator[Finding]:
    """Yield evidence for the papers whose files open, and a lack for each span that has too few of them."""
    name = kind.thing or duty.name
    if not name:  # without a name any attachment would fit
        yield Question(spans[-1].due)
        return
    is_printed = bool(PRINTED.search(duty.words)) or (duty.unit != "" and duty.unit in COPY_UNITS)
    wanted = 1 if is_printed else int(duty.number or 1)
    rows = [each for each in project.attachments if is_paper(each, name)]
    present = _opening(project, rows)
    yield from (row_evidence(Role.ATTACHMENT, each) for each in present)
    gone = [each for each in rows if not project.attachment_path(each.file)]
    for span, own, lost in zip(spans, _by_span(present, spans), _by_span(gone, spans), strict=True):
        if len(own) < wanted:
            yield _paper_lack(project, span, name, kind.owner or CONTRACTOR, (len(own), wanted), lost)
    if is_printed:
        yield Question(spans[-1].due)


def _opening(project: Project, rows: Sequence[Attachment]) -> list[Attachment]:
    """Return the attachments whose files open, each file once: two rows for one file are one paper."""
    found: dict[Path, Attachment] = {}
    for each in rows:
        if path := project.attachment_path(each.file):
            found.setdefault(path, each)
    return list(found.values())


def _paper_lack(
    project: Project, span: _Span, name: str, owner: str, count: tuple[int, int], lost: Sequence[Attachment]
) -> Lack:
    """Return what is missing of a paper: `count` are those that are there and those wanted.

    `lost` are its rows whose files are not there or do not open.
    """
    (have, wanted), what = count, f"{span.name}的{name}" if span.name else name
    if lost:
        reason = project.attachment_lack(lost[0].file, f"“{lost[0].file}”")
        return Lack(lost[0].where("文件"), f"缺{what}：{reason.wrong}", reason.mend, span.due, owner)
    short = f"：有 {have} 份，要求 {wanted} 份" if have else ""
    named = f"类型选“{name}”" if name in TYPES else f"题名里写明“{name}”"
    mend = f"请把文件（PDF、照片、Word、Excel 都可以）放进文件夹“附件”，并在“附件”表里加一行，{named}"
    also = f"和“{span.name}”" if span.name else ""
    return Lack(sheet_place(project, "附件"), f"缺{what}{short}", mend + also, span.due, owner)


RANGE = r"[—\-–~～至到]+"
CHINESE_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
YEAR = re.compile(r"(20\d\d)(?=年|[-.])")
OTHER_SPANS = re.compile(r"季度?|半年|\d月|[一二三四五六七八九十]月份?")
"""Words that name a span of time in a title; a title that names another span is not placed by its date."""


def _title_words(span: Period, months: int) -> str:
    """Return a regular expression for the names of a span in titles: 第二季度, Q2, 4—6月, 6月, 上半年, 2022年度."""
    first, last = span.start.month, span.end.month
    whole = rf"(?<!\d)0?{first}月?{RANGE}(?:\d{{4}}年)?0?{last}月"
    if months == 1:
        chinese = CHINESE_MONTHS[first - 1]
        return rf"(?<![\d—\-–~～至到])0?{first}月(?!{RANGE})|(?<!十){chinese}月|\d{{4}}[-.]0?{first}(?!\d)"
    if months == 3:
        quarter = Quarter.containing(span.start).number
        return rf"{whole}|(?<!\d){quarter}季|{CHINESE_MONTHS[quarter - 1]}季|[Qq]{quarter}"
    if months == 6:
        return f"{whole}|{'上' if first == 1 else '下'}半年"
    return f"{whole}|{span.start.year}年(?!第|\\d|.?半年)" if months == 12 else whole


def _by_span(papers: Sequence[Attachment], spans: Sequence[_Span]) -> list[list[Attachment]]:
    """Return the papers of each span: those whose title names it, else those dated in it.

    Papers of 中期 and 末期 whose titles name neither go to the stages in their order, one each.
    """
    own: list[list[Attachment]] = [[] for _ in spans]
    unplaced = []
    for paper in papers:
        places = _named(paper, spans) if spans[0].name else [0]
        if not places and not OTHER_SPANS.search(paper.title):
            places = [at for at, span in enumerate(spans) if span.period and _is_dated_in(span.period, paper)]
        for at in places:
            own[at].append(paper)
        if not places and spans[0].period is None and not STAGE.search(paper.title):
            unplaced.append(paper)
    empty = [each for each in own if not each]
    for place, paper in zip(empty, unplaced, strict=False):
        place.append(paper)
    return own


def _named(paper: Attachment, spans: Sequence[_Span]) -> list[int]:
    """Return the places of the spans that a title names. If it gives no year, the date tells the year."""
    years = YEAR.findall(paper.title)
    places = [at for at, span in enumerate(spans) if re.search(span.words, paper.title)]
    if years:
        return [at for at in places if (span := spans[at].period) is None or str(span.start.year) in years]
    begun = {at: span.start for at in places if (span := spans[at].period)}
    if len({day.year for day in begun.values()}) < 2:
        return places
    return [at for at in [max((at for at in places if paper.date and begun[at] <= paper.date), default=-1)] if at >= 0]


def _is_dated_in(period: Period, paper: Attachment) -> bool:
    """Return True if a paper's date lies in a period, and its title names no other year."""
    years = YEAR.findall(paper.title)
    is_in = paper.date is not None and period.start <= paper.date <= period.end
    return is_in and (not years or str(period.start.year) in years)


# ---- numbers

CEILING_BEFORE = re.compile(
    r"(?:控制在|不超过|不高于|不多于|不大于|(?<!不)低于|(?<!不)小于|[≤<＜]|至多|最多)[^\d，,]{0,4}$"
)
CEILING_AFTER = re.compile(r"\s*[^\d，,。；;]{0,3}?(?:以内|之内|以下)")
"""Words around a number that make it a ceiling: 再犯率控制在5%以内."""
EACH = re.compile(r"(?:每|人均|平均|各[区县校村站点])[^\d，,。；;]{0,12}$")
"""Words before a number that is one per occasion, person or place: 每期不少于56课时."""
ATTENDANCE = re.compile(r"^(?:人|名|位|人次)$")
OCCASION = re.compile(r"每一?个?[场次]")


def number_reached(kind: Kind, project: Project, duty: Obligation) -> Iterator[Finding]:
    """目标：目录和申报的目标都要完成；目录写了数目的，“绩效目标”表里要有这一项，目标值不能小于目录（写“控制在……以内”的不能大于）；每期、每人多少的，活动的数量够了算满足，否则由人确认。"""
    end, start = project.catalogue.span.end, project.catalogue.span.start
    if is_for_each(duty):
        yield from _each_occasion(project, duty)
        return
    goal, source = _goal_of(project, duty), _source(project, duty)
    if goal is None:
        wrong = f"{source}写着“{duty.words}”，“绩效目标”表里没有这一项"
        yield Lack(sheet_place(project, "绩效目标"), wrong, "请加一行，并选好统计方式和统计口径", start)
        return
    is_ceiling = any(CEILING_BEFORE.search(before) or CEILING_AFTER.match(after) for before, after in _around(duty))
    if duty.number is not None and (goal.target > duty.number if is_ceiling else goal.target < duty.number):
        wrong = f"“{goal.indicator}”的目标值是 {goal.target}，{source}要求 {duty.number}"
        yield Lack(goal.where("目标值"), wrong, "请按目录改正目标值", start)
    result = figures.compute_result(goal, project)
    # Nothing counted is no proof that a ceiling was kept.
    is_unknown = goal.counted == "人工填写" and goal.manual is None
    if not is_unknown and (result.achieved <= goal.target if is_ceiling else result.met):
        yield from _counted(project, goal)
    else:
        wrong = f"目标“{goal.indicator}”完成 {result.achieved}{goal.unit}，目标是 {goal.target}{goal.unit}"
        yield Lack(goal.where("目标值"), wrong, "请补做，或核对统计方式和统计口径", end)


def is_for_each(duty: Obligation) -> bool:
    """Return True if the number of a demand is one for each occasion, person, place or span of time."""
    return duty.kind == TARGET_FOR_EACH or bool(duty.months) or any(EACH.search(before) for before, _ in _around(duty))


def _around(duty: Obligation) -> Iterator[tuple[str, str]]:
    """Yield the words before and after each numeral of a demand that is its number."""
    for found in re.finditer(NUMERAL, duty.words):
        numeral = found[0]
        value = Decimal(numeral) if numeral[0].isdigit() else Decimal(values.parse_chinese_number(numeral))
        if value == duty.number:
            yield duty.words[: found.start()], duty.words[found.end() :]


def _each_occasion(project: Project, duty: Obligation) -> Iterator[Finding]:
    """Yield the activities that all reach a number; if they do not, or none is known to be meant, ask a person.

    An activity that falls short is no lack: several rows may belong to one occasion.
    """
    activities = _meant_activities(project, duty)
    is_attendance = bool(ATTENDANCE.search(duty.unit) and OCCASION.search(duty.words))
    counts = [each.participants if is_attendance else each.quantity for each in activities]
    if duty.number and activities and all(count is not None and count >= duty.number for count in counts):
        yield from (row_evidence(Role.BRIEF, each, beginning(each.headline)) for each in activities)
    else:
        yield Question(project.catalogue.span.end)


def _meant_activities(project: Project, duty: Obligation) -> list[Activity]:
    """Return the activities that a demand on each occasion is about: those of a goal whose words and unit fit it."""
    if not OCCASION.search(duty.words) and not re.search("每一?个?期", duty.words):
        return []
    ways = ("活动场次", "活动数量") if ATTENDANCE.search(duty.unit) else ("活动数量",)
    goals = [
        each
        for each in project.goals
        if each.counted in ways
        and (ATTENDANCE.search(duty.unit) or quantities.is_same_unit(each.unit, duty.unit))
        and text.count_shared_bigrams(f"{each.indicator}，{each.scope}", duty.words)
    ]
    kinds = {each.scope for each in goals}
    return [each for each in project.activities if each.kind in kinds] if len(kinds) == 1 else []


def _goal_of(project: Project, duty: Obligation) -> Goal | None:
    """Return the goal of a demand: that with its code, or for a clause of 相关要求 one whose words fit.

    The targets of the other columns are matched together, and then have the codes of their goals.
    """
    goal = next((each for each in project.goals if each.code == duty.name), None)
    if goal or duty.number is None or (duty.name and not duty.clause):
        return goal
    goals = [
        each
        for each in project.goals
        if text.count_shared_bigrams(each.indicator, duty.words) or not targets.is_named(duty)
    ]
    return targets.best_goal(duty, goals)


def _source(project: Project, duty: Obligation) -> str:
    """Return the column of the catalogue, or the clause, that states a number."""
    if duty.clause:
        return f"相关要求第{duty.clause}条"
    return "项目内容" if duty.words not in project.catalogue.goals else "项目目标"


def _counted(project: Project, goal: Goal) -> Iterator[Evidence]:
    """Yield the items from which a goal's result was counted, and the row of 结项报告 that states it."""
    if goal.counted == "名册人数":
        people = [each.name for each in project.roster if each.kind == goal.scope]
        # The last row of a roster has the number of people; the first page has only the head of the table.
        facts = (people[-1], str(len(people))) if people else ()
        yield Evidence(Role.ROSTER, Where("", "名册", goal.scope), facts=facts)
    elif goal.counted != "人工填写":
        for each in project.activities:
            if each.kind == goal.scope:
                counted = goal.counted == "活动数量" and each.quantity
                count = f"{values.format_value(each.quantity)}{goal.unit}" if counted else ""
                # The number alone: it may stand beside the photos, on another page than the headline.
                yield row_evidence(Role.BRIEF, each, count or beginning(each.headline))
    if goal.counted == "人工填写" or any(project.closing.template_values().values()):
        yield Evidence(Role.CLOSING, facts=(goal.indicator,))
