"""Write the attendance sheets of a project's activities, to be printed and signed: one sheet for each twenty people.

They hold nothing personal. They are no part of the archive: the signed sheets come back as scans, listed in 附件.
"""

from dataclasses import dataclass
from pathlib import Path

from paperwork.core import values
from paperwork.core.faults import ExitCode, Stop
from paperwork.documents.fields import SIGN_IN, SigninFields, SigninSheet, known_fields
from paperwork.documents.fill import SAMPLE_MARK
from paperwork.formats.office import fonts, libreoffice
from paperwork.formats.office.word import Template
from paperwork.project.model import Activity, Project

FOLDER = SIGN_IN
"""Folder inside the outputs folder. Not in that of the project, where every file is part of the finished archive."""
ROWS = 20
"""Rows of a sheet; the template has room for them, and for a name and a place of two lines each."""
MAX_ROWS = 200
"""Most rows for one activity: nobody lets more people sign one by one."""


@dataclass(frozen=True)
class Signin:
    """The files written, and the activities for which there are fewer rows than people."""

    word: Path
    pdf: Path
    sheets: int
    short: tuple[Activity, ...]


def write_signin(project: Project, templates: Path, outputs: Path, work: Path) -> Signin:
    """Write the sheets of all activities as a Word file and as a PDF; temporary files go to `work`.

    Raises `Stop` if there is no activity, or if the template has a fault.
    """
    activities = [each for each in project.activities if each.name and each.location]
    if not activities:
        raise Stop(ExitCode.FAULTY, "活动表里还没有活动", "请先在“活动”表里填上编号、名称、日期和地点")
    sheets = tuple(sheet for activity in activities for sheet in _sheets(activity))
    fields = SigninFields(
        name=project.name,
        contractor=project.basics.contractor,
        sample=SAMPLE_MARK if project.basics.sample else "",
        sheets=sheets,
    )
    folder = outputs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    word = folder / f"项目{project.number}-{SIGN_IN}.docx"
    _fill(project, templates / "docx" / f"{SIGN_IN}.docx", fields, work / word.name)
    printed = libreoffice.convert_to_pdf([[work / word.name]], work / "pdf", fonts.environment(work))
    (work / word.name).replace(word)
    pdf = word.with_suffix(".pdf")
    printed[work / word.name].replace(pdf)
    short = tuple(each for each in activities if _expected(each) > MAX_ROWS)
    return Signin(word, pdf, len(sheets), short)


def _fill(project: Project, path: Path, fields: SigninFields, out: Path) -> None:
    """Fill the template. Raises `Stop` with its faults."""
    if not path.is_file():
        raise Stop(ExitCode.FAULTY, f"没有模板 {path.name}", "请从程序自带的模板里补上")
    template, context = Template(path), fields.template_values()
    faults = list(template.check(known_fields(context, None)))
    faults += [fault] if not faults and (fault := template.render(context, out, project.archive_date)) else []
    if faults:
        raise Stop(ExitCode.FAULTY, "模板有错，没有写签到表", "请按上面的提示改正模板", faults=faults)


def _expected(activity: Activity) -> int:
    """Return the number of people for whom there must be a row."""
    return activity.expected or activity.participants


def _sheets(activity: Activity) -> list[SigninSheet]:
    """Return the sheets of one activity; their rows are numbered through."""
    count = -(-min(_expected(activity) or 1, MAX_ROWS) // ROWS)
    return [
        SigninSheet(
            code=activity.code,
            name=activity.name,
            days=values.chinese_date_range(activity.start, activity.last_day),
            location=activity.location,
            manager=activity.manager,
            numbers=tuple(range(number * ROWS + 1, (number + 1) * ROWS + 1)),
            number=number + 1,
            count=count,
        )
        for number in range(count)
    ]
