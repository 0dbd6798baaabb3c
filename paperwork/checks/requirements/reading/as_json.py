"""The reading of the catalogues as JSON data, from the catalogues alone: `paperwork read --json`.

{"projects": [project …], "faults": [text …]}

project: number (text, as staff write it) · name · department · period {text, start, end} (days as 2022-04-01) ·
amount (yuan, text) · catalogue (file) · texts {column: the whole text as read} · clauses [clause …].
clause: source (项目目标, 项目内容, 相关要求, 通用要求) · number (of 相关要求; else 0) · text · start (offset in its
column, null for 通用要求) · parts [part …] · obligations (what is judged: parts that state the same put together).
part: text · start · end (offsets in the column) · status (认出, 请人确认, 不是要求) · reason (why it demands nothing) ·
decided_by (who has decided that it demands nothing, or that a reading of it is none) · taken_from (the project whose
decision was taken over; empty) · readings [reading …].
reading: kind · judge · number (text or null) · unit · months (once in so many; 0: once) · days · due (day or null) ·
department · name (of a paper) · words · decided_by (empty: the program) · note.
A part that a person must look at has one reading of the kind 未识别的要求.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from paperwork.checks.requirements import judges
from paperwork.checks.requirements.obligations import GENERAL, TARGET, UNKNOWN, Clause, Obligation, Part
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.reading.decided import Index
from paperwork.checks.requirements.reading.sheet import Status
from paperwork.checks.requirements.readings import read_entry
from paperwork.core.text import format_decimal
from paperwork.project import workbook
from paperwork.project.decisions import ASKED
from paperwork.project.funder import Funder, read_funder
from paperwork.project.input_folder import Inputs
from paperwork.project.model import CatalogueEntry

COLUMNS = ("项目目标", "项目内容", "相关要求")


def to_json(inputs: Inputs, numbers: Iterable[int] = ()) -> dict[str, Any]:
    """Return the reading of the projects with these numbers, or of all."""
    funder = read_funder(inputs.templates)
    found = decided.index(workbook.decisions_for(inputs), decided.kinds(funder))
    chosen = sorted(set(numbers) or inputs.entries)
    projects = [_project(str(number), inputs.entries[number], inputs, funder, found) for number in chosen]
    return {"projects": projects, "faults": [str(fault) for fault in inputs.faults]}


def _project(number: str, entry: CatalogueEntry, inputs: Inputs, funder: Funder, found: Index) -> dict[str, Any]:
    texts = dict(zip(COLUMNS, (entry.goals, entry.content, entry.requirements), strict=True))
    read = decided.apply(read_entry(entry, funder, inputs.templates), entry, number, found)
    return {
        "number": number,
        "name": entry.name,
        "department": entry.department,
        "period": {
            "text": entry.period,
            "start": entry.span.start.isoformat(),
            "end": entry.span.end.isoformat(),
        },
        "amount": format_decimal(entry.amount),
        "catalogue": entry.place.file,
        "texts": texts,
        "clauses": [_clause(each, start, number, funder, found) for each, start in _with_starts(read, texts)],
    }


def _with_starts(read: Sequence[Clause], texts: dict[str, str]) -> list[tuple[Clause, int | None]]:
    """Return the clauses with the offsets of their texts in the columns."""
    at = dict.fromkeys(texts, 0)
    placed: list[tuple[Clause, int | None]] = []
    for clause in read:
        start = None
        if clause.source in texts:
            start = max(texts[clause.source].find(clause.text, at[clause.source]), 0)
            at[clause.source] = start + len(clause.text)
        placed.append((clause, start))
    return placed


def _clause(clause: Clause, start: int | None, number: str, funder: Funder, found: Index) -> dict[str, Any]:
    parts = clause.parts if clause.source != GENERAL else ()
    return {
        "source": clause.source,
        "number": clause.number,
        "text": clause.text,
        "start": start,
        "parts": [_part(each, clause, number, funder, found) for each in parts],
        "obligations": [_reading(each, funder) for each in clause.obligations],
    }


def _part(part: Part, clause: Clause, number: str, funder: Funder, found: Index) -> dict[str, Any]:
    return {
        "text": part.text,
        "start": part.start,
        "end": part.end,
        "status": _status(part),
        "reason": part.reason,
        "decided_by": part.decided_by,
        "taken_from": found.find(number, decided.clause_name(clause), part.text).taken_from,
        "readings": [_reading(each, funder) for each in part.readings],
    }


def _status(part: Part) -> Status:
    if not part.readings:
        return Status.NO_DEMAND
    return Status.ASKED if all(each.kind == UNKNOWN for each in part.readings) else Status.RECOGNISED


def _reading(each: Obligation, funder: Funder) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "judge": _judge(each.kind, funder),
        "number": None if each.number is None else format_decimal(each.number),
        "unit": each.unit,
        "months": each.months,
        "days": each.days,
        "due": each.due and each.due.isoformat(),
        "department": each.department,
        "name": each.name,
        "words": each.words,
        "decided_by": each.decided_by,
        "note": each.note,
    }


def _judge(kind: str, funder: Funder) -> str:
    """Return the sentence that says how a kind is judged."""
    if kind in (UNKNOWN, TARGET):
        return ASKED if kind == UNKNOWN else "目录和申报的目标都要完成"
    return (judges.judge_of(kind, funder).__doc__ or "").strip()
