"""Check one project: read it, apply the rules, judge the clauses, and write a copy of the workbook with marked faults.

A `Checked` project is the input of everything that is built later.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperwork.checks import account, missing, unprinted
from paperwork.checks.missing import Missing
from paperwork.checks.requirements import verdicts
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.verdicts import JudgedClause
from paperwork.checks.rules import registry
from paperwork.core import filenames, hashing, values
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Unreadable, keep_errors
from paperwork.formats.spreadsheets import fault_marks, origin, reader, writer
from paperwork.project import funder, input_folder, workbook
from paperwork.project.input_folder import Inputs
from paperwork.project.model import Project
from paperwork.project.record import Record

COMPLETE, DRAFT = "齐备", "待补稿"
MARKED_FOLDER = "校验"
EARLY = dt.timedelta(366)
"""Time before a project's start, before which a check makes no sense: the call for projects is not out yet."""


@dataclass(frozen=True)
class Checked:
    """A project that was read and checked, before anything is built. `answers` are judged as of the day `as_of`."""

    number: int
    inputs: Inputs
    workbook: Path
    project: Project
    faults: tuple[Fault, ...]
    answers: tuple[JudgedClause, ...]
    missing: tuple[Missing, ...]
    """待补材料清单: all that keeps the project from 齐备."""
    as_of: dt.date

    @property
    def gaps(self) -> list[Fault]:
        """Return the faults that report overdue material, in the order of `faults`."""
        return [fault for fault in self.faults if fault.level is Level.GAP]

    @property
    def later(self) -> int:
        """Return the number of missing things that are not due yet."""
        return sum(not each.is_overdue for each in self.missing)

    @property
    def state(self) -> str:
        """Return 齐备, or 待补稿 while something is missing or not due yet."""
        return DRAFT if self.missing else COMPLETE


def examine(number: int, root: Path, as_of: dt.date, templates: Path | None = None) -> Checked:
    """Read, check and judge a project. Raises `Stop` only if there is nothing to read.

    The funder's names come from the folder `templates`; without it no funder is named.
    """
    declared = funder.read_funder(templates)
    inputs = input_folder.scan_inputs(root, templates)
    path = inputs.workbook(number)
    try:
        project, read_faults = workbook.read_project(inputs, number, declared)
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"{path and inputs.name(path)}：{reason.wrong}", reason.mend) from None
    assert path is not None
    day = verdicts.settled_day(project, as_of)
    answers = verdicts.judge_clauses(project, day)
    broken = registry.apply_rules(project)
    found = [*read_faults, *_late_records(project, day), *_early_day(project, day), *_strays(inputs, project)]
    found += decided.faults(project, inputs.entries.values())
    found += verdicts.unused_confirmations(project)
    found += unprinted.unprinted_columns(project, templates) if templates else ()
    # An unreadable cell is reported already: that it also seems to be empty or missing is no further fault.
    unreadable = {fault.where for fault in keep_errors(found) if fault.where.cell}
    # Nothing is due as long as the period has no days, which is an error.
    asked = missing.list_missing(project, answers, broken, day) if project.catalogue.is_dated else ()
    lacking = [each for each in asked if each.where not in unreadable]
    wrong = [fault for fault in broken if fault.level is not Level.GAP and fault.where not in unreadable]
    overdue = (each.fault for each in lacking if each.is_overdue)
    faults = registry.sort_faults([*found, *wrong, *overdue])
    return Checked(number, inputs, path, project, tuple(faults), tuple(answers), tuple(lacking), day)


def _late_records(project: Project, day: dt.date) -> Iterator[Fault]:
    """Yield a notice for each worksheet with records dated after the day of the check; they still count."""
    dated: list[tuple[str, Sequence[Record]]] = [
        ("开始日期", project.activities),
        ("督导日期", project.supervisions),
        ("报送日期", project.progress),
        ("日期", project.ledger),
        ("日期", project.attachments),
    ]
    for header, records in dated:
        late = [record for record in records if (date := record.template_values()[header]) and date > day]
        if late:
            wrong = f"核对日期是{values.chinese_date(day)}，这以后的记录有 {len(late)} 条，也算进去了"
            mend = "要看那一天的情况，请把核对日期以后的记录先移开；否则不必理会"
            yield Fault(Level.NOTICE, late[0].where(header), wrong, mend)


def _early_day(project: Project, day: dt.date) -> Iterator[Fault]:
    """Yield a notice if the check is made long before the project: the computer's clock may be wrong."""
    start = project.catalogue.span.start
    if project.catalogue.is_dated and day < start - EARLY:
        wrong = f"核对日期是{values.chinese_date(day)}，项目{values.chinese_date(start)}才开始，要求都按没有到期算"
        yield Fault(Level.NOTICE, project.catalogue.where("实施周期"), wrong, "请看看这台电脑的日期对不对")


def _strays(inputs: Inputs, project: Project) -> Iterator[Fault]:
    """Yield notices for files in the project's folder, or directly in the inputs folder, that nothing uses."""
    untold = account.untold(inputs)
    unused = (each for each in untold if each.home == project.folder or account.is_loose(each, inputs))
    yield from account.faults(unused, inputs.name)


def check(number: int, root: Path, outputs: Path, as_of: dt.date, templates: Path | None = None) -> Checked:
    """Examine a project and write its marked workbook below `outputs`. Raises `Stop` if the data has errors."""
    checked = examine(number, root, as_of, templates)
    # The marked copy comes first: staff need it most when there are errors.
    write_marked_copy(checked, checked.faults, outputs / str(number))
    raise_on_errors(checked, checked.faults)
    return checked


def raise_on_errors(checked: Checked, faults: Sequence[Fault]) -> None:
    """Raise `Stop` with all faults if any of them is an error."""
    if keep_errors(faults):
        raise Stop(
            ExitCode.FAULTY,
            f"表格里有 {len(keep_errors(faults))} 处错误",
            f"请按上面的提示改正工作簿，保存后再来。出错的格子在 {checked.number}/{MARKED_FOLDER}/ 里的副本中标了颜色",
            faults=faults,
        )


def write_marked_copy(checked: Checked, faults: Sequence[Fault], folder: Path) -> None:
    """Write a copy of the workbook with the faults marked into `folder`/校验/; the staff's file is never changed."""
    target = folder / MARKED_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    counts = "，".join(f"{level} {sum(fault.level is level for fault in faults)} 项" for level in Level)
    name = checked.inputs.name(checked.workbook)
    summary = f"{name}：{counts}。核对日期 {checked.as_of:%Y-%m-%d}。"
    # The file's time is the archive's date, not the clock's: the same input gives the same bytes.
    moment = dt.datetime.combine(checked.project.archive_date, dt.time())
    instead = "" if checked.workbook.suffix.lower() == ".xlsx" else f"，并移走原来的 {checked.workbook.name}"
    back = f"点“位置”一栏跳到那一格；改好以后保存，把这个文件放回原处也可以（标记会自动去掉）{instead}。"
    content, files = _content(checked)
    content = fault_marks.make_marked_copy(content, faults, (summary, back), moment, files)
    # Staff correct the copy and put it back: then it must be known which version it was made from.
    content = origin.write_mark(content, hashing.sha256_of(checked.workbook))
    writer.write_atomically(target / filenames.portable(checked.workbook.with_suffix(".xlsx").name), content)


def _content(checked: Checked) -> tuple[bytes, set[str]]:
    """Return the workbook as .xlsx, and the file names that its faults may bear; CSVs become worksheets."""
    if checked.workbook.suffix.lower() != ".csv":
        return reader.convert_to_xlsx(checked.workbook), {checked.inputs.name(checked.workbook)}
    sheets = workbook.read_sheets(checked.workbook, checked.inputs)
    content = writer.build_plain_workbook(
        [(sheet.name, [[cell.value for cell in row] for row in sheet.rows]) for sheet in sheets]
    )
    return content, {row[0].where.file for sheet in sheets for row in sheet.rows[:1] if row}
