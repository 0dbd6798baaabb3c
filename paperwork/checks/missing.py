"""List everything that keeps a project from 齐备. Page, terminal, Word and PDF all show this one list."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from paperwork.checks.requirements.evidence import CONTRACTOR, Lack, owner_name
from paperwork.checks.requirements.verdicts import JudgedClause
from paperwork.core.faults import Fault, Level, Where
from paperwork.project.model import Project


@dataclass(frozen=True)
class Missing:
    """A line of 待补材料清单: what is missing, which clause or worksheet asks for it, and who owes it until when."""

    where: Where
    wrong: str
    mend: str
    asked_by: str
    owner: str
    due: dt.date
    is_overdue: bool
    """False if the day of the check is not after `due`: there is still time."""

    @property
    def fault(self) -> Fault:
        """Return the missing item as a fault."""
        return Fault(Level.GAP, self.where, self.wrong, self.mend)


def list_missing(
    project: Project, answers: Sequence[JudgedClause], broken: Sequence[Fault], day: dt.date
) -> tuple[Missing, ...]:
    """Return each missing thing once: what is overdue, then what is not due yet by date.

    Overdue are what the clauses ask for, in their order, and the gaps among the faults of the rules (`broken`), such as
    a registered file that is not there. The latter are due on the day of the check, since the workbook says they exist.
    """
    overdue = list(_asked(project, answers, is_overdue=True))
    known = {each.where for each in overdue}
    # A missing file that a clause asks for is reported with the clause.
    gaps = [fault for fault in broken if fault.level is Level.GAP and fault.where not in known]
    contractor = project.basics.contractor or CONTRACTOR
    listed = [
        Missing(each.where, each.wrong, each.mend, f"“{each.where.sheet}”表", contractor, day, True) for each in gaps
    ]
    # A registered file that is not there is missing now, also if the clause that asks for it leaves time.
    registered = {each.where for each in listed}
    later = [each for each in _asked(project, answers, is_overdue=False) if each.where not in registered]
    unique: dict[tuple[Where, str], Missing] = {}
    for each in (*overdue, *listed, *sorted(later, key=lambda each: each.due)):
        unique.setdefault((each.where, each.wrong), each)
    return tuple(unique.values())


def _asked(project: Project, answers: Sequence[JudgedClause], is_overdue: bool) -> Iterator[Missing]:
    """Yield what the clauses ask for; what may stand in a row that could not be read is left out."""
    for answer in answers:
        for judged in answer.judged:
            for lack in judged.lacks if is_overdue else judged.later:
                if not lack.is_doubtful:
                    yield _missing(project, answer.name, lack, is_overdue)


def _missing(project: Project, asked_by: str, lack: Lack, is_overdue: bool) -> Missing:
    return Missing(lack.where, lack.wrong, lack.mend, asked_by, owner_name(project, lack), lack.due, is_overdue)
