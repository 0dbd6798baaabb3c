"""The reading of the catalogues as JSON data, from the catalogues alone: `paperwork read --json`.

{"projects": [project …], "faults": [text …]}

project: number (text, as staff write it) · name · department · period {text, start, end} (days as 2022-04-01, null if
they depend on the day of signing) · amount (yuan, text) · catalogue (file) · texts {column: the whole text as read} ·
clauses [clause …].
clause: source (项目目标, 项目内容, 相关要求, 通用要求) · number (of 相关要求; else 0) · text · start (offset in its
column, null for 通用要求) · parts [part …] · obligations (what is judged: parts that state the same put together).
part: text · start · end (offsets in the column) · status (认出, 请人确认, 不是要求) · reason (why it demands nothing) ·
decided_by (who has decided that it demands nothing, or that a reading of it is none) · taken_from (the project whose
decision was taken over; empty) · readings [reading …].
reading: kind (its name in templates/要求.toml) · judge (how it is judged) · number (text or null) · unit ·
months (once in so many; 0: once) · days · after (what days count from: 开始, 结束 or empty) · due (day or null) ·
department · name (of a paper) · words · decided_by (empty: the program) · note.
A part that a person must look at has one reading of the kind 未识别的要求.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from paperwork.checks.requirements.kinds import Kinds, read_kinds
from paperwork.checks.requirements.obligations import GENERAL, UNKNOWN, Clause, Obligation, Part
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.reading.decided import Index
from paperwork.checks.requirements.reading.sheet import Status
from paperwork.checks.requirements.readings import read_entry
from paperwork.core.text import format_decimal
from paperwork.project import workbook
from paperwork.project.funder import Funder, read_funder
from paperwork.project.input_folder import Inputs
from paperwork.project.model import CatalogueEntry

COLUMNS = ("项目目标", "项目内容", "相关要求")


@dataclass(frozen=True)
class _Source:
    """All that the clauses of a project are read from, besides its row of the catalogue."""

    inputs: Inputs
    funder: Funder
    table: Kinds
    decisions: Index


def to_json(inputs: Inputs, numbers: Iterable[int] = ()) -> dict[str, Any]:
    """Return the reading of the projects with these numbers, or of all."""
    funder = read_funder(inputs.templates)
    decisions = decided.index(workbook.decisions_for(inputs), decided.kinds(funder, inputs.templates))
    source = _Source(inputs, funder, read_kinds(inputs.templates, funder), decisions)
    chosen = sorted(set(numbers) or inputs.entries)
    projects = [_project(str(number), inputs.entries[number], source) for number in chosen]
    return {"projects": projects, "faults": [str(fault) for fault in inputs.faults]}


def _project(number: str, entry: CatalogueEntry, source: _Source) -> dict[str, Any]:
    read = read_entry(entry, source.funder, source.inputs.templates)
    clauses = decided.apply(read, entry, number, source.decisions, source.table)
    return {
        "number": number,
        "name": entry.name,
        "department": entry.department,
        "period": {
            "text": entry.period,
            "start": entry.span.start.isoformat() if entry.is_dated else None,
            "end": entry.span.end.isoformat() if entry.is_dated else None,
        },
        "amount": format_decimal(entry.amount),
        "catalogue": entry.place.file,
        "texts": dict(zip(COLUMNS, (entry.goals, entry.content, entry.requirements), strict=True)),
        "clauses": [_clause(each, number, source) for each in clauses],
    }


def _clause(clause: Clause, number: str, source: _Source) -> dict[str, Any]:
    return {
        "source": clause.source,
        "number": clause.number,
        "text": clause.text,
        "start": None if clause.source == GENERAL else clause.start,
        "parts": [_part(each, clause, number, source) for each in clause.parts],
        "obligations": [_reading(each, source.table) for each in clause.obligations],
    }


def _part(part: Part, clause: Clause, number: str, source: _Source) -> dict[str, Any]:
    return {
        "text": part.text,
        "start": part.start,
        "end": part.end,
        "status": _status(part),
        "reason": part.reason,
        "decided_by": part.decided_by,
        "taken_from": source.decisions.find(number, decided.clause_name(clause), part.text).taken_from,
        "readings": [_reading(each, source.table) for each in part.readings],
    }


def _status(part: Part) -> Status:
    if not part.readings:
        return Status.NO_DEMAND
    return Status.ASKED if all(each.kind == UNKNOWN for each in part.readings) else Status.RECOGNISED


def _reading(each: Obligation, table: Kinds) -> dict[str, Any]:
    kind = table.find(each.kind)
    return {
        "kind": each.kind,
        "judge": kind.judge if kind else "",
        "number": None if each.number is None else format_decimal(each.number),
        "unit": each.unit,
        "months": each.months,
        "days": each.days,
        "after": each.after,
        "due": each.due and each.due.isoformat(),
        "department": each.department,
        "name": each.name,
        "words": each.words,
        "decided_by": each.decided_by,
        "note": each.note,
    }
