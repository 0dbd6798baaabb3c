"""Check one project: read it, apply the rules, judge the clauses, and write a copy of the workbook with marked faults.

A `Checked` project is the input of everything that is built later.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork import book, marks, read, rules, survey, tables, values, verdicts
from paperwork.faults import ExitCode, Fault, Level, Stop, errors
from paperwork.model import Project
from paperwork.plan import Plan
from paperwork.record import Record
from paperwork.survey import Inputs
from paperwork.verdicts import Answer, Judged, Verdict

COMPLETE, DRAFT = "齐备", "待补稿"
MARKED = "校验"


@dataclass(frozen=True)
class Checked:
    """A project that was read and checked, before anything is built. `answers` are judged as of the day `as_of`."""

    number: int
    inputs: Inputs
    workbook: Path
    project: Project
    faults: tuple[Fault, ...]
    answers: tuple[Answer, ...]
    as_of: dt.date

    @property
    def gaps(self) -> list[Fault]:
        """Return the faults that report missing material."""
        return [fault for fault in self.faults if fault.level is Level.GAP]

    @property
    def later(self) -> int:
        """Return the number of obligations that are not due yet."""
        return sum(each.verdict is Verdict.LATER for answer in self.answers for each in answer.judged)

    @property
    def state(self) -> str:
        """Return 齐备, or 待补稿 while something is missing or not due yet."""
        return DRAFT if self.gaps or self.later else COMPLETE


def examine(number: int, root: Path, as_of: dt.date) -> Checked:
    """Read, check and judge a project. Raises `Stop` only if there is nothing to read."""
    inputs = survey.inputs(root)
    path = inputs.workbook(number)
    try:
        project, read_faults = read.read_project(inputs, number)
    except ValueError as reason:
        raise Stop(ExitCode.FAULTY, f"{path and inputs.name(path)}：{reason}", "请换上能打开的工作簿") from None
    assert path is not None
    day = verdicts.settled(project, as_of)
    answers = verdicts.answers(project, day)
    gaps = verdicts.gaps(answers)
    found = [*read_faults, *_late_records(project, day)]
    gap_places = {gap.where for gap in gaps}
    # A missing file that a clause asks for is reported with the clause; the rule reports the other missing files.
    broken = [fault for fault in rules.check(project) if fault.level is not Level.GAP or fault.where not in gap_places]
    # An unreadable cell is reported already: that it also seems to be empty or missing is no further fault.
    unreadable = {fault.where for fault in errors(found) if fault.where.cell}
    faults = rules.in_order([*found, *(fault for fault in (*broken, *gaps) if fault.where not in unreadable)])
    return Checked(number, inputs, path, project, tuple(faults), tuple(answers), day)


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
        late = [record for record in records if (date := record.tags()[header]) and date > day]
        if late:
            wrong = f"核对日期是{values.chinese_date(day)}，这以后的记录有 {len(late)} 条，也算进去了"
            mend = "要看那一天的情况，请把核对日期以后的记录先移开；否则不必理会"
            yield Fault(Level.NOTICE, late[0].where(header), wrong, mend)


def check(number: int, root: Path, outputs: Path, as_of: dt.date) -> Checked:
    """Examine a project and write its marked workbook below `outputs`. Raises `Stop` if the data has errors."""
    checked = examine(number, root, as_of)
    # The marked copy comes first: staff need it most when there are errors.
    give_back(checked, checked.faults, outputs / str(number))
    refuse_errors(checked, checked.faults)
    return checked


def refuse_errors(checked: Checked, faults: Sequence[Fault]) -> None:
    """Raise `Stop` with all faults if any of them is an error."""
    if errors(faults):
        raise Stop(
            ExitCode.FAULTY,
            f"表格里有 {len(errors(faults))} 处错误",
            f"请按上面的提示改正工作簿，保存后再来。出错的格子在 {checked.number}/{MARKED}/ 里的副本中标了颜色",
            faults=faults,
        )


def give_back(checked: Checked, faults: Sequence[Fault], folder: Path) -> None:
    """Write a copy of the workbook with the faults marked into `folder`/校验/; the staff's file is never changed."""
    target = folder / MARKED
    target.mkdir(parents=True, exist_ok=True)
    counts = "，".join(f"{level} {sum(fault.level is level for fault in faults)} 项" for level in Level)
    name = checked.inputs.name(checked.workbook)
    summary = f"{name}：{counts}。核对日期 {checked.as_of:%Y-%m-%d}。"
    # The file's time is the archive's date, not the clock's: the same input gives the same bytes.
    moment = dt.datetime.combine(checked.project.made, dt.time())
    instead = "" if checked.workbook.suffix.lower() == ".xlsx" else f"，并移走原来的 {checked.workbook.name}"
    back = f"点“位置”一栏跳到那一格；改好以后保存，把这个文件放回原处也可以（标记会自动去掉）{instead}。"
    content, files = _content(checked)
    content = marks.marked_copy(content, faults, (summary, back), moment, files)
    book.write(target / checked.workbook.with_suffix(".xlsx").name, content)


def _content(checked: Checked) -> tuple[bytes, set[str]]:
    """Return the workbook as .xlsx, and the file names that its faults may bear; CSVs become worksheets."""
    if checked.workbook.suffix.lower() != ".csv":
        return tables.as_xlsx(checked.workbook), {checked.inputs.name(checked.workbook)}
    sheets = read.pages(checked.workbook, checked.inputs)
    content = book.plain_book([(sheet.name, [[cell.value for cell in row] for row in sheet.rows]) for sheet in sheets])
    return content, {row[0].where.file for sheet in sheets for row in sheet.rows[:1] if row}


# ---- JSON data


def verdict(checked: Checked, laid: Plan | None = None) -> dict[str, Any]:
    """Return state, faults and clauses as JSON data, as in the manifest. Page numbers need a volume's page plan."""
    return {
        "state": checked.state,
        "as_of": checked.as_of.isoformat(),
        "faults": [told(fault) for fault in checked.faults],
        "clauses": [
            {
                "no": answer.clause.number,
                "source": answer.clause.source,
                "text": answer.clause.text,
                "verdict": str(answer.verdict),
                "obligations": [_obligation(judged, laid or Plan(())) for judged in answer.judged],
            }
            for answer in checked.answers
        ],
    }


def _obligation(judged: Judged, laid: Plan) -> dict[str, Any]:
    """Return a judged obligation as JSON data; evidence that is no item of the plan has no number and no page."""
    evidence: list[dict[str, Any]] = []
    for each in judged.evidence:
        entries = laid.made_from(each.form, each.place)
        evidence += [{"item": entry.item.title, "no": entry.item.number, "page": entry.start} for entry in entries]
        if not entries:
            evidence.append({"item": each.words or each.form, "no": None, "page": None})
    return {
        "kind": judged.obligation.kind,
        "words": judged.obligation.words,
        "verdict": str(judged.verdict),
        "evidence": evidence,
        "missing": [lack.wrong for lack in judged.lacks],
        "later": [{"what": lack.wrong, "due": lack.due.isoformat()} for lack in judged.later],
    }


def told(fault: Fault) -> dict[str, str]:
    """Return a fault as JSON data."""
    where = fault.where
    return {
        "level": str(fault.level),
        "file": where.file,
        "sheet": where.sheet,
        "cell": where.cell,
        "found": fault.found,
        "wrong": fault.wrong,
        "mend": fault.mend,
    }
