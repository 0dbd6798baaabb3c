"""Requirements of a project for display: each clause with the pages that prove it and what is still owed by whom."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from paperwork.archive.finished import ArchiveReader
from paperwork.checks.check import Checked
from paperwork.checks.requirements.evidence import Lack, owner_name
from paperwork.checks.requirements.obligations import TakenAway
from paperwork.checks.requirements.verdicts import JudgedClause, JudgedObligation, Verdict
from paperwork.core.faults import NOWHERE, Where
from paperwork.project.model import Project


@dataclass(frozen=True)
class Owed:
    """Missing item: its deadline, the name of the person who owes it, and the row it would stand in."""

    wrong: str
    mend: str
    due: dt.date
    owner: str
    where: Where = NOWHERE
    doubtful: bool = False
    """True if it may exist after all, in a row that could not be read."""


@dataclass(frozen=True)
class Proof:
    """Evidence: an item of the volume, a future item (`number` and `page` are None), or plain words."""

    words: str
    """Text shown besides the item; often empty."""
    item: str
    """Title of the item; before an archive exists, the role of its form. Empty for plain words."""
    number: int | None = None
    page: int | None = None
    """Number printed on the page that proves it."""
    where: Where = NOWHERE
    """Row from which the item is made."""


@dataclass(frozen=True)
class Requirement:
    """Single requirement of a clause, with its verdict."""

    kind: str
    words: str
    """Wording of the clause."""
    verdict: Verdict
    proofs: tuple[Proof, ...]
    missing: tuple[Owed, ...]
    later: tuple[Owed, ...]
    decided_by: str = ""
    """The person who has decided that the words demand this, and when; empty: the program's reading."""
    note: str = ""


@dataclass(frozen=True)
class Clause:
    """Clause or column of targets; `name` is its label (相关要求第4条), `number` is 0 if it has none.

    `verdict` is 不是要求 or 不适用 if nothing in the clause is demanded. `taken_away` are the parts without a
    requirement here: decided to demand nothing, judged in another place, or not judged at all.
    """

    number: int
    source: str
    name: str
    text: str
    verdict: str
    requirements: tuple[Requirement, ...]
    taken_away: tuple[TakenAway, ...] = ()


def clauses(checked: Checked, shelf: ArchiveReader) -> tuple[Clause, ...]:
    """Return every clause with its verdict; page numbers are those of the archive on the shelf."""
    return tuple(_clause(answer, checked.project, shelf) for answer in checked.answers)


def make_owed(lack: Lack, project: Project) -> Owed:
    """Return a missing item with the name of the person who owes it."""
    return Owed(lack.wrong, lack.mend, lack.due, owner_name(project, lack), lack.where, lack.is_doubtful)


def _clause(answer: JudgedClause, project: Project, shelf: ArchiveReader) -> Clause:
    own_duties = tuple(_duty(judged, project, shelf) for judged in answer.judged)
    clause, gone = answer.clause, tuple(answer.unjudged)
    return Clause(clause.number, clause.source, answer.name, clause.text, answer.shown_verdict, own_duties, gone)


def _duty(judged: JudgedObligation, project: Project, shelf: ArchiveReader) -> Requirement:
    return Requirement(
        kind=judged.obligation.kind,
        words=judged.obligation.words,
        verdict=judged.verdict,
        proofs=tuple(dict.fromkeys(_proofs(judged, shelf))),
        missing=tuple(make_owed(lack, project) for lack in judged.lacks),
        later=tuple(sorted((make_owed(lack, project) for lack in judged.later), key=lambda each: each.due)),
        decided_by=judged.obligation.decided_by,
        note=judged.obligation.note if judged.obligation.decided_by else "",
    )


def _proofs(judged: JudgedObligation, shelf: ArchiveReader) -> Iterator[Proof]:
    """Yield the pages that prove something; without an archive, the roles of the items that will."""
    duty = judged.obligation
    for each in judged.evidence:
        items = shelf.items_proving(each.role, each.place)
        for item in items:
            for page in shelf.pages_citing(duty.kind, duty.words, item.number) or [item.page]:
                yield Proof(each.words, item.title, item.number, page, each.place)
        if not items:
            yield Proof(each.words, each.role or "", where=each.place)
