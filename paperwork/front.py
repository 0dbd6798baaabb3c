"""The volume's own pages from the page plan: cover, contents, 要求对照表, 待补材料清单, 备考表."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from paperwork import values
from paperwork.check import DRAFT, Checked
from paperwork.context import (
    AnswerFigures,
    ClauseLine,
    ContentsLine,
    EvidenceLine,
    LackLine,
    ObligationLine,
    VolumeFigures,
)
from paperwork.evidence import Evidence, Lack, debtor
from paperwork.model import Basics, Project
from paperwork.plan import Plan
from paperwork.verdicts import Answer, Judged, Verdict
from paperwork.word import Link

FONDS = "自贡市妇女联合会"
NEXT = 2
"""How many things that are not due yet a row tells one by one."""
UNCONFIRMED = "还没有人工确认"
TERMS = {"永久": "Y", "30年": "D30", "10年": "D10"}
"""Codes of the terms of retention (DA/T 13-2022)."""


def context(
    checked: Checked,
    base: Mapping[str, Any],
    part: Plan,
    remarks: Sequence[str],
    code: str,
    book: tuple[int, int],
    laid: Plan,
) -> dict[str, Any]:
    """What the volume's own pages are filled with; `code` is the pattern of 档号.

    `part` are the items of one 册 (`book`: its number, and how many there are), `laid` those of the whole volume.
    """
    project = checked.project
    dates = sorted(entry.item.date for entry in part.entries if entry.item.date)
    own = VolumeFigures(
        title=f"{project.name.strip('《》')}档案",
        fonds=FONDS,
        compiler=project.basics.contractor,
        span=f"{dates[0]:%Y.%m}—{dates[-1]:%Y.%m}" if dates else "",
        secrecy="",
        code=archive_code(project.basics, code),
        items=len(part.entries),
        pages=part.pages,
        state=DRAFT if checked.state == DRAFT else "",
        contents=tuple(_line(part, place) for place in range(len(part.entries))),
        remarks="\n".join(remarks),
        book=book[0],
        books=book[1],
    )
    return {**base, **own.tags(), **_answered(project, laid, checked).tags()}


def _line(laid: Plan, place: int) -> ContentsLine:
    entry = laid.entries[place]
    return ContentsLine(
        number=entry.item.number,
        reference="",
        responsible=entry.item.responsible,
        title=Link(entry.item.title, f"{entry.item.stem}.docx"),
        date=f"{entry.item.date:%Y%m%d}" if entry.item.date else "",
        pages=laid.page_text(entry),
        remark="",
    )


def archive_code(basics: Basics, pattern: str) -> str:
    """档号 by a pattern such as DA/T 13-2022 or DA/T 22-2015 give; empty until there is a 全宗号.

    A part that the data do not give goes with the mark before it. Numbers have four digits (机关档案管理规定).
    """
    if not basics.fonds:
        return ""
    said = {**basics.tags(), "保管期限": TERMS.get(basics.retention or "", ""), "项目序号": f"{basics.number:04}"}
    filled = re.sub(
        r"([-·]?)\{([^}]+)\}",
        lambda part: f"{part[1]}{value}" if (value := values.printed(said.get(values.tag_name(part[2])))) else "",
        pattern,
    )
    return filled.strip("-·")


# ---- 要求对照表 and 待补材料清单


def _answered(project: Project, laid: Plan, checked: Checked) -> AnswerFigures:
    answers = checked.answers
    judged = [each for answer in answers for each in answer.judged]
    counts = {verdict: sum(each.verdict is verdict for each in judged) for verdict in Verdict}
    lacks = tuple(_lacks(project, answers))
    return AnswerFigures(
        as_of=checked.as_of,
        clauses=tuple(_clause(answer, laid) for answer in answers),
        lacks=lacks,
        count=len(judged),
        met=counts[Verdict.MET],
        unmet=counts[Verdict.UNMET],
        person=counts[Verdict.PERSON],
        later=counts[Verdict.LATER],
        missing=len(lacks),
    )


def _clause(answer: Answer, laid: Plan) -> ClauseLine:
    return ClauseLine(
        number=answer.name,
        text=answer.clause.text,
        verdict=answer.verdict,
        obligations=tuple(_obligation(each, laid) for each in answer.judged),
    )


def _obligation(judged: Judged, laid: Plan) -> ObligationLine:
    missing = [UNCONFIRMED if lack.asks else lack.wrong for lack in judged.lacks]
    missing += _later(sorted(judged.later, key=lambda lack: lack.due))
    return ObligationLine(
        matter=judged.obligation.matter,
        verdict=judged.verdict,
        evidence=tuple(_evidence(judged.evidence, laid)),
        missing="\n".join(missing),
    )


def _later(lacks: Sequence[Lack]) -> Iterator[str]:
    """What is not due yet: the next of them with their day, the rest by number."""
    for lack in lacks[:NEXT]:
        yield f"未到期：{lack.wrong}（{values.chinese_date(lack.due)}以前应有）"
    if len(lacks) > NEXT:
        yield f"未到期的还有 {len(lacks) - NEXT} 项"


def _evidence(evidence: Sequence[Evidence], laid: Plan) -> Iterator[EvidenceLine]:
    """Evidence by form: one document by its title, many by their number; each page number leads to its page."""
    for form, group in groupby(evidence, lambda each: each.form):
        together = list(group)
        found = [entry for each in together for entry in laid.made_from(each.form, each.place)]
        words = "；".join(each.words for each in together if each.words)
        if found:
            name = found[0].item.title if len(found) == 1 else f"{form} {len(found)} 件"
            pages = tuple(Link(str(entry.start), f"{entry.item.stem}.docx") for entry in dict.fromkeys(found))
            yield EvidenceLine(name=f"{words}，{name}" if words else name, pages=pages)
        elif words:
            yield EvidenceLine(name=words, pages=())


def _lacks(project: Project, answers: Sequence[Answer]) -> Iterator[LackLine]:
    """What is missing now, each thing once, with the first clause that asks for it and whoever owes it."""
    seen: set[tuple[object, str]] = set()
    for answer in answers:
        for judged in answer.judged:
            for lack in judged.lacks:
                if (lack.where, lack.wrong) not in seen:
                    seen.add((lack.where, lack.wrong))
                    yield LackLine(
                        number=len(seen),
                        what=lack.wrong,
                        asked_by=answer.name,
                        owner=debtor(project, lack),
                        due=lack.due,
                        mend=lack.mend,
                    )
