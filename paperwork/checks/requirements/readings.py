"""Read a catalogue's row into clauses whose parts hold all of its text.

A stand-in for the reader that accounts for every word: it cuts at commas and takes the readings of `obligations`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from paperwork.checks.requirements import obligations, targets
from paperwork.checks.requirements.obligations import REQUIREMENTS, TARGET, UNKNOWN, Clause, Obligation, Part
from paperwork.checks.requirements.sentences import split_parts, split_sentences
from paperwork.project.funder import Funder
from paperwork.project.model import CatalogueEntry

NO_DEMAND = "没有写要求"


def read_entry(entry: CatalogueEntry, funder: Funder, templates: Path | None = None) -> tuple[Clause, ...]:
    """Return the clauses of 项目目标, 项目内容, 相关要求 and the general requirements, with their parts."""
    columns = [
        _column(source, words) for source, words in (("项目目标", entry.goals), ("项目内容", entry.content)) if words
    ]
    read = obligations.parse_clauses(entry, funder)
    at, clauses = 0, []
    for clause in read:
        if clause.source == REQUIREMENTS:
            at = max(entry.requirements.find(clause.text, at), at)
            clause = replace(clause, parts=tuple(_parts(clause.text, at, clause.obligations or _unknown(clause))))
        clauses.append(clause)
    return (*columns, *clauses)


def _unknown(clause: Clause) -> tuple[Obligation, ...]:
    return (Obligation(UNKNOWN, "程序没有认出这一条要求什么，请人工核对", clause.number),)


def _column(source: str, words: str) -> Clause:
    found = tuple(
        Obligation(TARGET, part, number=number, unit=unit, name=unit)
        for number, unit, part in targets.find_quantities(words)
    )
    return Clause(0, words, found, source, tuple(_parts(words, 0, found)))


def _parts(words: str, begin: int, found: Sequence[Obligation]) -> Iterator[Part]:
    left, cursor = list(found), 0
    pieces = [part for sentence in split_sentences(words) for part in split_parts(sentence) if part]
    for at, piece in enumerate(pieces):
        start = words.find(piece, cursor)
        cursor = start + len(piece)
        own = [
            each
            for each in left
            if each.words in piece or each.words.startswith(piece) or piece in each.words or at == len(pieces) - 1
            or (each.kind == UNKNOWN and len(found) == 1)
        ]  # fmt: skip
        left = [each for each in left if each not in own]
        yield Part(piece, begin + start, begin + cursor, tuple(own), "" if own else NO_DEMAND)
