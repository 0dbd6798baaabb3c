"""Template values for the volume's own pages: cover, contents, 要求对照表, 待补材料清单, 备考表.

All page numbers come from the page plan.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from paperwork.checks.check import DRAFT, Checked
from paperwork.checks.requirements.evidence import Evidence, Lack
from paperwork.checks.requirements.obligations import TakenAway
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.verdicts import JudgedClause, JudgedObligation, Verdict
from paperwork.core import values
from paperwork.documents.declarations import Binding
from paperwork.documents.fields import (
    ClauseLine,
    ContentsLine,
    EvidenceLine,
    LackLine,
    ObligationLine,
    VerdictFields,
    VolumeFields,
)
from paperwork.formats.office.word import Link
from paperwork.project.model import Basics, Project
from paperwork.volume import description
from paperwork.volume.page_plan import PagePlan

NEXT = 2
"""Number of materials not due yet that a row of 要求对照表 lists one by one; the rest are counted."""
UNCONFIRMED = "还没有人工确认"
"""Text for an obligation that waits for the answer of a person."""
TERMS = {"永久": "Y", "30年": "D30", "10年": "D10"}
"""Codes of the retention periods (DA/T 13-2022)."""


def page_context(
    checked: Checked,
    base: Mapping[str, Any],
    book_plan: PagePlan,
    binding: Binding,
    book: tuple[int, int],
    whole: PagePlan,
) -> dict[str, Any]:
    """Return the template values of the volume's own pages.

    `book_plan` is the page plan of one 册 and `whole` that of the volume. `book` holds the number of the 册 and the
    count of all 册.
    """
    project = checked.project
    dates = sorted(entry.item.date for entry in book_plan.entries if entry.item.date)
    own = VolumeFields(
        title=description.title(project, binding.title, checked.inputs.year_of(checked.number)),
        fonds=project.funder.fonds_name,
        compiler=project.basics.contractor,
        compiled=description.dated_day(checked),
        span="—".join(dict.fromkeys(f"{day:%Y.%m}" for day in (dates[0], dates[-1]))) if dates else "",
        # A 册 is no unit of its own: all bear the title, the 档号 and the secrecy of the 案卷.
        secrecy=description.secrecy(whole),
        code=archive_code(project.basics, binding.code),
        items=len(book_plan.entries),
        pages=book_plan.pages,
        bound_photos=description.count_shown(project.photos, book_plan)[0],
        registered_videos=description.count_shown(project.videos, book_plan)[0],
        state=DRAFT if checked.state == DRAFT else "",
        contents=tuple(_contents_line(book_plan, place) for place in range(len(book_plan.entries))),
        remarks="\n".join(description.remarks(checked, book_plan, book, whole)),
        book=book[0],
        books=book[1],
    )
    return {**base, **own.template_values(), **_answer_figures(project, whole, checked).template_values()}


def _contents_line(page_plan: PagePlan, place: int) -> ContentsLine:
    """Return the line of 卷内目录 for the item at index `place`."""
    entry = page_plan.entries[place]
    return ContentsLine(
        number=entry.item.number,
        reference=entry.item.reference,
        responsible=entry.item.responsible,
        title=Link(entry.item.title, f"{entry.item.stem}.docx"),
        date=f"{entry.item.date:%Y%m%d}" if entry.item.date else "",
        pages=page_plan.page_text(entry),
        # GB/T 9705 has no column for 密级 here.
        remark="；".join(filter(None, (entry.item.secrecy, entry.item.remark))),
    )


def archive_code(basics: Basics, pattern: str) -> str:
    """Return 档号, filled into a pattern as in DA/T 13-2022 or DA/T 22-2015; empty while there is no 全宗号.

    A part without data is left out together with the separator before it. 项目序号 has four digits
    (机关档案管理规定).
    """
    if not basics.fonds:
        return ""
    tag_values = {
        **basics.template_values(),
        "保管期限": TERMS.get(basics.retention or "", ""),
        "项目序号": str(basics.number.plain) if basics.number.is_code else f"{int(basics.number.plain):04}",
    }
    filled = re.sub(
        r"([-·]?)\{([^}]+)\}",
        lambda part: (
            f"{part[1]}{value}" if (value := values.format_value(tag_values.get(values.template_name(part[2])))) else ""
        ),
        pattern,
    )
    return filled.strip("-·")


# ---- 要求对照表 and 待补材料清单


def _answer_figures(project: Project, page_plan: PagePlan, checked: Checked) -> VerdictFields:
    """Return the template values of 要求对照表 and 待补材料清单."""
    answers = checked.answers
    judged = [each for answer in answers for each in answer.judged]
    counts = {verdict: sum(each.verdict is verdict for each in judged) for verdict in Verdict}
    lacks = tuple(_lack_lines(checked))
    return VerdictFields(
        as_of=checked.as_of,
        clauses=tuple(_clause_line(answer, page_plan) for answer in answers),
        lacks=lacks,
        count=len(judged),
        met=counts[Verdict.MET],
        unmet=counts[Verdict.UNMET],
        person=counts[Verdict.PERSON],
        later=counts[Verdict.LATER],
        missing=len(lacks),
        not_due=checked.later,
    )


def _clause_line(answer: JudgedClause, page_plan: PagePlan) -> ClauseLine:
    """Return the rows of 要求对照表 for one clause."""
    return ClauseLine(
        number=answer.name,
        text=answer.clause.text,
        verdict=answer.shown_verdict,
        obligations=(*(_obligation_line(each, page_plan) for each in answer.judged), *map(_gone_line, answer.needless)),
    )


def _gone_line(gone: TakenAway) -> ObligationLine:
    """Return the row of a part that staff have decided to demand nothing: its reason stands for the evidence."""
    evidence = (EvidenceLine(name=gone.reason, pages=()),) if gone.reason else ()
    matter = decided.with_decider(gone.text, gone.who)
    return ObligationLine(matter=matter, verdict=gone.verdict, evidence=evidence, missing="")


def _obligation_line(judged: JudgedObligation, page_plan: PagePlan) -> ObligationLine:
    """Return the row of 要求对照表 for one obligation: verdict, evidence, and what is missing or not due yet."""
    missing = [UNCONFIRMED if lack.awaits_answer else lack.wrong for lack in judged.lacks]
    missing += _not_due_lines(sorted(judged.later, key=lambda lack: lack.due))
    return ObligationLine(
        matter=decided.with_decider(judged.obligation.matter, judged.obligation.decided_by),
        verdict=judged.verdict,
        evidence=tuple(_evidence_lines(judged.evidence, page_plan)),
        missing="\n".join(missing),
    )


def _not_due_lines(lacks: Sequence[Lack]) -> Iterator[str]:
    """Yield the first `NEXT` lacks that are not due yet with their due dates, then the number of the others."""
    for lack in lacks[:NEXT]:
        yield f"未到期：{lack.wrong}（{values.chinese_date(lack.due)}以前应有）"
    if len(lacks) > NEXT:
        yield f"未到期的还有 {len(lacks) - NEXT} 项"


def _evidence_lines(evidence: Sequence[Evidence], page_plan: PagePlan) -> Iterator[EvidenceLine]:
    """Yield one line for each role: the title of a single document, or the form and number of several.

    Each page number is a link to its page.
    """
    for role, group in groupby(evidence, lambda each: each.role):
        together = list(group)
        found = [entry for each in together for entry in page_plan.items_proving(role, each.place)]
        words = "；".join(each.words for each in together if each.words)
        if found:
            forms = "、".join(dict.fromkeys(entry.item.form for entry in found))
            name = found[0].item.title if len(found) == 1 else f"{forms} {len(found)} 件"
            # The links name Word files. `merge.merge_volume` turns them into links to pages of the volume.
            pages = tuple(Link(str(entry.start), f"{entry.item.stem}.docx") for entry in dict.fromkeys(found))
            yield EvidenceLine(name=f"{words}，{name}" if words else name, pages=pages)
        elif words:
            yield EvidenceLine(name=words, pages=())


def _lack_lines(checked: Checked) -> Iterator[LackLine]:
    """Yield the lines of 待补材料清单."""
    for number, each in enumerate(checked.missing, 1):
        yield LackLine(
            number=number,
            what=each.wrong,
            asked_by=each.asked_by,
            owner=each.owner,
            due=each.due,
            is_not_due=not each.is_overdue,
            mend=each.mend,
        )
