"""Apply the decisions of staff (要求解读.xlsx) to the clauses that the program has read.

A decision hangs on the text of a part, never on its place: blanks, punctuation and clause numbers do not count. Rows of
the same project and clause come first, then rows of the same project, then those of any other project or year.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from paperwork.checks.requirements import readings
from paperwork.checks.requirements.kinds import Kinds, read_kinds
from paperwork.checks.requirements.obligations import (
    GENERAL,
    REQUIREMENTS,
    UNKNOWN,
    Clause,
    Obligation,
    Part,
    TakenAway,
)
from paperwork.checks.requirements.readings import read_entry
from paperwork.core import text, values
from paperwork.core.faults import Fault, Level
from paperwork.project import decisions
from paperwork.project.decisions import ASKED, NOT_A_DEMAND, NOT_APPLICABLE, Key, key_of, text_key
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.model import CatalogueEntry, Decision, Project

MIN_SIMILAR = 50
"""Least similarity (0 to 100) of a text that is offered for one that has changed."""
MAX_QUOTE = 40
TAKEN_AWAY = (NOT_A_DEMAND, NOT_APPLICABLE)
NO_ROWS: Sequence[Decision] = ()


def clauses_of(project: Project) -> tuple[Clause, ...]:
    """Return the clauses of a project as staff have decided them; without decisions, as the program reads them."""
    table = read_kinds(project.templates, project.funder)
    found = index(project.decisions, kinds(project.funder, project.templates))
    read = read_entry(project.catalogue, project.funder, project.templates)
    return apply(read, project.catalogue, project.number, found, table)


def kinds(funder: Funder = NO_FUNDER, templates: Path | None = None) -> tuple[str, ...]:
    """Return every word that 认作 may be, in the order of the list that staff choose from."""
    own = [each.name for each in read_kinds(templates, funder).kinds if each.name not in (UNKNOWN, decisions.TARGET)]
    first = (ASKED, NOT_A_DEMAND, NOT_APPLICABLE, decisions.TARGET, decisions.PERIODIC, decisions.EACH_TIME)
    return tuple(dict.fromkeys((*first, decisions.OTHER_PAPER, *own)))


def clause_name(clause: Clause) -> str:
    """Return a clause's name: 相关要求第4条, or the column of the catalogue."""
    return f"{clause.source}第{clause.number}条" if clause.source == REQUIREMENTS else clause.source


# ---- which rows decide a part


@dataclass(frozen=True)
class Found:
    """Rows that decide a part, in the order of its readings, and the other project that they were decided for."""

    rows: Sequence[Decision] = NO_ROWS
    taken_from: str = ""


NOTHING = Found()


@dataclass(frozen=True)
class Index:
    """Decisions by project, clause and text; by project and text; by text."""

    exact: Mapping[Key, Sequence[Decision]]
    in_project: Mapping[tuple[str, str], Sequence[Decision]]
    anywhere: Mapping[str, Sequence[Decision]]

    def find(self, number: str, clause: str, words: str) -> Found:
        """Return the rows for a part of a project's clause, the nearest ones."""
        key = text_key(words)
        own = self.exact.get((number, text_key(clause), key)) or self.in_project.get((number, key))
        if own:
            return Found(own)
        other = self.anywhere.get(key, NO_ROWS)
        return Found(other, other[0].number) if other else NOTHING


def index(rows: Iterable[Decision], known: Sequence[str]) -> Index:
    """Return decisions by what they are looked up with; rows whose 认作 is not in the list `known` decide nothing."""
    exact: dict[Key, list[Decision]] = {}
    for row in rows:
        is_known = not row.kind or row.kind in known
        exact.setdefault(key_of(row), []).append(row if is_known else row.model_copy(update={"decider": ""}))
    exact = {key: group for key, group in exact.items() if any(map(is_decided, group))}
    # Of several decisions on one text the latest counts, of equally old ones the last.
    ordered = sorted(exact.items(), key=lambda each: max(str(row.decided or "") for row in each[1]))
    in_project = {(number, words): group for (number, _, words), group in ordered}
    return Index(exact, in_project, {words: group for (_, _, words), group in ordered})


def is_decided(row: Decision) -> bool:
    """Return True if staff have decided a row."""
    return bool(row.decider and row.kind)


def decider_of(row: Decision) -> str:
    """Return who has decided a row, and when, as printed: 王某某，2024年3月1日."""
    return f"{row.decider}，{values.chinese_date(row.decided)}" if row.decided else row.decider


def with_decider(words: str, who: str) -> str:
    """Return the words of a matter with the person who has decided its reading, as printed."""
    return f"{words}（由{who}审定）" if who else words


def taken_away(clause: Clause) -> list[TakenAway]:
    """Return the parts of a clause that staff have decided to demand nothing, with the reason."""
    return [taken for part in clause.parts for taken in part.taken_away]


def no_demands(clause: Clause) -> list[TakenAway]:
    """Return the parts of a clause that the program takes for no demand, with its reason."""
    return [TakenAway(part.text, NOT_A_DEMAND, part.reason, "") for part in clause.parts if part.reason]


# ---- the clauses as decided


def apply(read: Sequence[Clause], entry: CatalogueEntry, number: str, found: Index, table: Kinds) -> tuple[Clause, ...]:
    """Return the clauses of a project with the decisions applied; clauses without a decision stay as they are."""
    if not found.exact:
        return tuple(read)
    own = [each for each in read if each.source != GENERAL]
    done = [_decide(each, number, found) for each in own]
    if done == own:
        return tuple(read)
    # A general requirement is dropped if a clause states it now, or if it has been decided not to apply.
    asked = {duty.kind for each in done if each.source == REQUIREMENTS for duty in each.obligations}
    needless = {kind for each in own for kind in _not_applicable(each, number, found)}
    return (*done, *readings.general_clauses(asked | needless, entry, table))


def _not_applicable(clause: Clause, number: str, found: Index) -> Iterator[str]:
    """Yield the kinds of the readings that have been decided not to apply."""
    for part in clause.parts:
        rows = found.find(number, clause_name(clause), part.text).rows
        for row, reading in zip(rows, part.readings, strict=False):
            if row.kind == NOT_APPLICABLE and is_decided(row):
                yield reading.kind


def _decide(clause: Clause, number: str, found: Index) -> Clause:
    """Return a clause with the decisions on its parts."""
    name = clause_name(clause)
    parts = tuple(_decide_part(part, clause.number, found.find(number, name, part.text).rows) for part in clause.parts)
    if parts == clause.parts:
        return clause
    return replace(clause, parts=parts, obligations=readings.merge(each for part in parts for each in part.readings))


def _decide_part(part: Part, clause: int, rows: Sequence[Decision]) -> Part:
    """Return a part with its readings as decided: row by row, further rows add readings."""
    readings: list[Obligation] = []
    taken: list[Decision] = []
    for at in range(max(len(part.readings), len(rows))):
        row = rows[at] if at < len(rows) else None
        own = part.readings[at] if at < len(part.readings) else None
        if row is None or not is_decided(row):
            readings += [own] if own else []
        elif row.kind in TAKEN_AWAY:
            taken.append(row)
        else:
            readings.append(_obligation(row, own, part, clause))
    if not rows:
        return part
    # A part may keep one reading and lose another: then it has both readings and a reason.
    reason = "；".join(f"{row.kind}：{row.note}" if row.note else row.kind for row in taken)
    who = "；".join(dict.fromkeys(map(decider_of, taken)))
    gone = tuple(TakenAway(part.text, row.kind, row.note, decider_of(row)) for row in taken)
    reason = reason or ("" if readings else part.reason)
    return replace(part, readings=tuple(readings), reason=reason, decided_by=who, taken_away=gone)


def _obligation(row: Decision, own: Obligation | None, part: Part, clause: int) -> Obligation:
    """Return the reading that a row decides; cells left empty have the program's facts if the kind is the same."""
    kind = UNKNOWN if row.kind == ASKED else row.kind
    same = own if own and own.kind == kind else Obligation(kind, part.text, clause)
    return replace(
        same,
        clause=clause,
        number=same.number if row.count is None else row.count,
        unit=row.unit or same.unit,
        months=decisions.months(row.often) if row.often else same.months,
        days=row.days or same.days,
        due=row.due or same.due,
        department=row.department or same.department,
        name=row.paper or same.name,
        decided_by=decider_of(row),
        note=row.note,
    )


# ---- what is wrong with decisions


def faults(project: Project, entries: Iterable[CatalogueEntry]) -> Iterator[Fault]:
    """Yield what is wrong with the decisions on a project: an unknown 认作, a text that is not there any more.

    `entries` are all rows of the catalogues: a decision whose text another project has is of use there.
    """
    known = kinds(project.funder, project.templates)
    own = [each for each in project.decisions if each.number == project.number and each.decider]
    for row in own:
        if row.kind and row.kind not in known:
            yield unknown_kind(row, known)
    parts = [part.text for clause in read_entry(project.catalogue, project.funder, project.templates)
             for part in clause.parts]  # fmt: skip
    keys = {text_key(part) for part in parts}
    changed = [row for row in own if is_decided(row) and text_key(row.text) not in keys]
    elsewhere = "\n".join(text_key(words) for each in entries if changed for words in
                          (each.goals, each.content, each.requirements))  # fmt: skip
    yield from (no_longer_there(row, parts) for row in changed if text_key(row.text) not in elsewhere)


def unknown_kind(row: Decision, known: Sequence[str]) -> Fault:
    """Return the fault of a 认作 that is not in the list."""
    near = text.find_most_similar(row.kind, known, MIN_SIMILAR)
    mend = f"请从下拉列表里选，是不是“{near}”" if near else "请从下拉列表里选"
    return Fault(Level.ERROR, row.where("认作"), "认作不在可选的范围里", mend, row.kind)


def no_longer_there(row: Decision, parts: Sequence[str]) -> Fault:
    """Return the notice of a decision whose text the catalogue has no more, with the text most like it."""
    near = text.find_most_similar(row.text, parts, MIN_SIMILAR)
    wrong = f"审定的原文“{_short(row.text)}”现在的目录里没有了，这一条审定没有用上"
    now = f"现在像它的是“{_short(near)}”，" if near else ""
    return Fault(Level.NOTICE, row.where("原文"), wrong, f"{now}请重新审定", row.kind)


def _short(words: str) -> str:
    return words if len(words) <= MAX_QUOTE else words[: MAX_QUOTE - 1] + "…"
