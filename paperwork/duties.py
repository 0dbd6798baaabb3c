"""What a project's clauses ask for, as a page shows it: with the pages that prove it, and what is owed by whom."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paperwork.check import Checked
from paperwork.evidence import NOWHERE, Evidence, Lack, debtor
from paperwork.faults import Where
from paperwork.model import Project
from paperwork.shelf import Shelf
from paperwork.verdicts import Answer, Judged, Verdict


@dataclass(frozen=True)
class Owed:
    """Something that is not there: by when it must be, who owes it (by name), where it would stand."""

    wrong: str
    mend: str
    due: dt.date
    owner: str
    where: Where = NOWHERE
    doubtful: bool = False
    """It may be there after all, in a row that could not be read."""


@dataclass(frozen=True)
class Proof:
    """What proves something: an item of the volume, or (`number` and `page` None) what will be one, or words."""

    words: str
    """What is said of it besides the item; often empty."""
    item: str
    """The item's title; without an archive the form it is made with."""
    number: int | None = None
    page: int | None = None
    """The number printed on the item's first page."""
    where: Where = NOWHERE
    """The row it is made from."""


@dataclass(frozen=True)
class Duty:
    """One thing a clause asks for, and how it stands."""

    kind: str
    words: str
    """The clause's own words."""
    verdict: Verdict
    proofs: tuple[Proof, ...]
    missing: tuple[Owed, ...]
    later: tuple[Owed, ...]


@dataclass(frozen=True)
class Clause:
    """A clause or a column of targets; `name` is how it is called (相关要求第4条), `number` 0 where it has none."""

    number: int
    source: str
    name: str
    text: str
    verdict: Verdict
    duties: tuple[Duty, ...]


def clauses(checked: Checked, shelf: Shelf) -> tuple[Clause, ...]:
    """Every clause with its verdict; pages are those of the archive on the shelf."""
    return tuple(_clause(answer, checked.project, shelf) for answer in checked.answers)


def coming(checked: Checked) -> tuple[Owed, ...]:
    """What is not due yet, each thing once though several clauses ask for it, the next first."""
    lacks = (lack for answer in checked.answers for judged in answer.judged for lack in judged.later)
    known = dict.fromkeys(owed(lack, checked.project) for lack in lacks if not lack.doubtful)
    return tuple(sorted(known, key=lambda each: each.due))


def owed(lack: Lack, project: Project) -> Owed:
    """What is lacking, with the name of whoever owes it."""
    return Owed(lack.wrong, lack.mend, lack.due, debtor(project, lack), lack.where, lack.doubtful)


def _clause(answer: Answer, project: Project, shelf: Shelf) -> Clause:
    duties = tuple(_duty(judged, project, shelf) for judged in answer.judged)
    asked = answer.clause
    return Clause(asked.number, asked.source, answer.name, asked.text, answer.verdict, duties)


def _duty(judged: Judged, project: Project, shelf: Shelf) -> Duty:
    return Duty(
        kind=judged.obligation.kind,
        words=judged.obligation.words,
        verdict=judged.verdict,
        proofs=tuple(dict.fromkeys(_proofs(judged.evidence, shelf))),
        missing=tuple(owed(lack, project) for lack in judged.lacks),
        later=tuple(sorted((owed(lack, project) for lack in judged.later), key=lambda each: each.due)),
    )


def _proofs(evidence: Iterable[Evidence], shelf: Shelf) -> Iterator[Proof]:
    for each in evidence:
        kept = shelf.made_from(each.form, each.place)
        yield from (Proof(each.words, item.title, item.number, item.page, each.place) for item in kept)
        if not kept:
            yield Proof(each.words, each.form, where=each.place)
