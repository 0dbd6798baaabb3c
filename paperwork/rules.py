"""What must be true of a project's data. Each rule is a generator; its docstring is the sentence that staff read."""

from collections.abc import Callable, Iterator, Sequence

from paperwork import figures, values
from paperwork.faults import Fault, Level, Where
from paperwork.model import Project, sheets
from paperwork.record import Record

Rule = Callable[[Project], Iterator[Fault]]
FEWEST_PHOTOS = 2
OUTSIDE_REPORTS = {"第三方绩效评估报告": "第三方绩效评估报告", "专项资金审计报告": "专项资金审计报告"}
"""Words in 相关要求 → the type of attachment they ask for."""


def _gap(project: Project, sheet: str, wrong: str, mend: str) -> Fault:
    return Fault(Level.GAP, Where(project.workbook, sheet), wrong, mend)


def application_is_written(project: Project) -> Iterator[Fault]:
    """项目申报书要有：申报内容的各项和预算不能空着。"""
    empty = [name for name, value in project.application.tags().items() if not value]
    if empty:
        yield _gap(project, "申报内容", f"申报内容还没有写：{'、'.join(empty)}", "请在“申报内容”表里填写")
    if not project.budget:
        yield _gap(project, "预算", "没有预算", "请在“预算”表里逐行填写")


def every_activity_has_photos(project: Project) -> Iterator[Fault]:
    """每次活动要有照片，至少两张。"""
    for activity in project.activities:
        count = len(project.photos.get(activity.code, ()))
        if count < FEWEST_PHOTOS:
            wrong = f"活动 {activity.code} 有 {count} 张照片，至少要 {FEWEST_PHOTOS} 张"
            yield Fault(Level.GAP, activity.where("活动编号"), wrong, f"请放进文件夹 照片/{activity.code}/")


def every_activity_has_a_video(project: Project) -> Iterator[Fault]:
    """相关要求写有“小视频”的，每次活动要有小视频。"""
    if "视频" not in project.catalogue.requirements:
        return
    for activity in project.activities:
        if not project.videos.get(activity.code):
            where = activity.where("活动编号")
            yield Fault(Level.GAP, where, f"活动 {activity.code} 没有小视频", f"请放进文件夹 视频/{activity.code}/")


def supervision_in_every_quarter(project: Project) -> Iterator[Fault]:
    """实施周期触及的每个季度，都要有牵头部室的督导记录。"""
    seen = {values.Quarter.of(each.date) for each in project.supervisions}
    for quarter in project.catalogue.span.quarters():
        if quarter not in seen:
            department = project.catalogue.department
            yield _gap(project, "督导", f"缺{quarter}的督导记录", f"请{department}督导后在“督导”表里加一行")


def progress_in_every_quarter(project: Project) -> Iterator[Fault]:
    """实施周期触及的每个季度，都要有进展报告。"""
    seen = {each.quarter for each in project.progress}
    for quarter in project.catalogue.span.quarters():
        if quarter not in seen:
            yield _gap(project, "进展", f"缺{quarter}的进展报告", "请在“进展”表里加一行")


def outside_reports_are_attached(project: Project) -> Iterator[Fault]:
    """相关要求里点了名的第三方绩效评估报告、专项资金审计报告，要作为附件交来。"""
    kinds = {attachment.kind for attachment in project.attachments}
    for words, kind in OUTSIDE_REPORTS.items():
        if words in project.catalogue.requirements and kind not in kinds:
            yield _gap(project, "附件", f"缺{kind}", "请把 PDF 放进文件夹“附件”，并在“附件”表里加一行")


def there_is_a_ledger(project: Project) -> Iterator[Fault]:
    """要有项目专账。"""
    if not project.ledger:
        yield _gap(project, "支出", "没有项目专账", "请在“支出”表里逐笔登记收入和支出")


def there_are_activities(project: Project) -> Iterator[Fault]:
    """项目要有活动。"""
    if not project.activities:
        yield _gap(project, "活动", "还没有活动记录", "请在“活动”表里每次活动填一行")


def news_is_reported(project: Project) -> Iterator[Fault]:
    """项目执行期间要向市妇联报送信息。"""
    if not project.bulletins:
        yield _gap(project, "信息报送", "没有信息报送记录", "请在“信息报送”表里登记")


def closing_report_is_written(project: Project) -> Iterator[Fault]:
    """项目结束要有结项报告：结项表的各项不能空着。"""
    empty = [name for name, value in project.closing.tags().items() if not value]
    if empty:
        yield _gap(project, "结项", f"结项报告还没有写：{'、'.join(empty)}", "请在“结项”表里填写")


def goals_are_met(project: Project) -> Iterator[Fault]:
    """绩效目标要完成。"""
    for goal in project.goals:
        result = figures.result(goal, project)
        if not result.met:
            wrong = f"目标“{goal.indicator}”完成 {result.achieved}{goal.unit}，目标是 {goal.target}{goal.unit}"
            yield Fault(Level.GAP, goal.where("目标值"), wrong, "请补做，或核对统计方式和统计口径")


def names_agree(project: Project) -> Iterator[Fault]:
    """工作簿里的项目名称要与目录一致。"""
    if project.basics.name and project.basics.name != project.catalogue.name:
        where = project.basics.where("项目名称")
        yield Fault(
            Level.NOTICE, where, "项目名称与目录不一致", f"目录里是“{project.catalogue.name}”", project.basics.name
        )


def codes_are_unique(project: Project) -> Iterator[Fault]:
    """活动编号、督导编号、小微项目编号和目标编号不能重复。"""
    kinds: dict[str, Sequence[Record]] = {
        "活动编号": project.activities,
        "督导编号": project.supervisions,
        "编号": (*project.micro_projects, *project.goals),
    }
    for header, rows in kinds.items():
        seen: set[tuple[type, str]] = set()
        for row in rows:
            code = (type(row), str(row.tags()[header]))
            if code in seen:
                yield Fault(Level.ERROR, row.where(header), f"{header}重复了", "每一行要有自己的编号", code[1])
            seen.add(code)


RULES: tuple[Rule, ...] = (
    names_agree,
    codes_are_unique,
    application_is_written,
    there_are_activities,
    every_activity_has_photos,
    every_activity_has_a_video,
    supervision_in_every_quarter,
    progress_in_every_quarter,
    news_is_reported,
    there_is_a_ledger,
    outside_reports_are_attached,
    closing_report_is_written,
    goals_are_met,
)


def check(project: Project) -> list[Fault]:
    """Apply all rules."""
    return [fault for rule in RULES for fault in rule(project)]


def order(fault: Fault) -> tuple[int, int]:
    """Sort faults as the workbook goes: by level, then by sheet."""
    names = [*sheets()]
    levels = [*Level]
    place = names.index(fault.where.sheet) if fault.where.sheet in names else len(names)
    return levels.index(fault.level), place
