"""A project read, its rules applied and its clauses answered; and the workbook given back with the faults marked."""

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
    """What is known of a project before anything is made of it. `answers` are as of the day `as_of`."""

    number: int
    inputs: Inputs
    workbook: Path
    project: Project
    faults: tuple[Fault, ...]
    answers: tuple[Answer, ...]
    as_of: dt.date

    @property
    def gaps(self) -> list[Fault]:
        """What is missing."""
        return [fault for fault in self.faults if fault.level is Level.GAP]

    @property
    def later(self) -> int:
        """How many obligations are not due yet."""
        return sum(each.verdict is Verdict.LATER for answer in self.answers for each in answer.judged)

    @property
    def state(self) -> str:
        """齐备, or 待补稿 while anything is missing or still to come."""
        return DRAFT if self.gaps or self.later else COMPLETE


def examine(number: int, root: Path, as_of: dt.date) -> Checked:
    """Read, check and judge a project. Raises `Stop` only when there is nothing to read."""
    inputs = survey.inputs(root)
    path = inputs.workbook(number)
    try:
        project, found = read.read_project(inputs, number)
    except ValueError as reason:
        raise Stop(ExitCode.FAULTY, f"{path and inputs.name(path)}：{reason}", "请换上能打开的工作簿") from None
    assert path is not None
    day = verdicts.settled(project, as_of)
    answers = verdicts.answers(project, day)
    gaps = verdicts.gaps(answers)
    found = [*found, *_after(project, day)]
    told = {gap.where for gap in gaps}
    # A file that a clause asks for is told by the clause; the rule tells of the others.
    broken = [fault for fault in rules.check(project) if fault.level is not Level.GAP or fault.where not in told]
    # A cell that could not be read has been told; what it seems to lack for that is nothing new.
    unread = {fault.where for fault in errors(found) if fault.where.cell}
    faults = rules.in_order([*found, *(fault for fault in (*broken, *gaps) if fault.where not in unread)])
    return Checked(number, inputs, path, project, tuple(faults), tuple(answers), day)


def _after(project: Project, day: dt.date) -> Iterator[Fault]:
    """Records of days after the day of the check: they count all the same, and that is said."""
    tables: list[tuple[str, Sequence[Record]]] = [
        ("开始日期", project.activities),
        ("督导日期", project.supervisions),
        ("报送日期", project.progress),
        ("日期", project.ledger),
        ("日期", project.attachments),
    ]
    for header, rows in tables:
        late = [row for row in rows if (said := row.tags()[header]) and said > day]
        if late:
            wrong = f"核对日期是{values.chinese_date(day)}，这以后的记录有 {len(late)} 条，也算进去了"
            mend = "要看那一天的情况，请把核对日期以后的记录先移开；否则不必理会"
            yield Fault(Level.NOTICE, late[0].where(header), wrong, mend)


def check(number: int, root: Path, outputs: Path, as_of: dt.date) -> Checked:
    """Examine a project and give its workbook back marked. Raises `Stop` when a datum cannot be used."""
    checked = examine(number, root, as_of)
    give_back(checked, checked.faults, outputs / str(number))
    refuse_errors(checked, checked.faults)
    return checked


def refuse_errors(checked: Checked, faults: Sequence[Fault]) -> None:
    """Raise `Stop` with all faults when a datum cannot be used."""
    if errors(faults):
        raise Stop(
            ExitCode.FAULTY,
            f"表格里有 {len(errors(faults))} 处错误",
            f"请按上面的提示改正工作簿，保存后再来。出错的格子在 {checked.number}/{MARKED}/ 里的副本中标了颜色",
            faults=faults,
        )


def give_back(checked: Checked, faults: Sequence[Fault], folder: Path) -> None:
    """Write a copy of the workbook with the faults marked into `folder`/校验/; the dropped file is never changed."""
    target = folder / MARKED
    target.mkdir(parents=True, exist_ok=True)
    counts = "，".join(f"{level} {sum(fault.level is level for fault in faults)} 项" for level in Level)
    name = checked.inputs.name(checked.workbook)
    summary = f"{name}：{counts}。核对日期 {checked.as_of:%Y-%m-%d}。"
    moment = dt.datetime.combine(checked.project.made, dt.time())
    instead = "" if checked.workbook.suffix.lower() == ".xlsx" else f"，并移走原来的 {checked.workbook.name}"
    back = f"点“位置”一栏跳到那一格；改好以后保存，把这个文件放回原处也可以（标记会自动去掉）{instead}。"
    content, files = _content(checked)
    content = marks.marked_copy(content, faults, (summary, back), moment, files)
    book.write(target / checked.workbook.with_suffix(".xlsx").name, content)


def _content(checked: Checked) -> tuple[bytes, set[str]]:
    """The workbook as .xlsx and the names of its files; CSVs become its sheets."""
    if checked.workbook.suffix.lower() != ".csv":
        return tables.as_xlsx(checked.workbook), {checked.inputs.name(checked.workbook)}
    pages = read.pages(checked.workbook, checked.inputs)
    content = book.plain_book([(page.name, [[cell.value for cell in row] for row in page.rows]) for page in pages])
    return content, {row[0].where.file for page in pages for row in page.rows[:1] if row}


# ---- for machines


def verdict(checked: Checked, laid: Plan | None = None) -> dict[str, Any]:
    """State, faults and clauses for machines, as in the manifest; pages are known once there is a volume."""
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
    """A fault for machines."""
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
