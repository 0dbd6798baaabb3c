"""Template values for the volume's own pages: cover, contents, 要求对照表, 待补材料清单, 备考表.

All page numbers come from the page plan.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from paperwork.checks.check import DRAFT, Checked
from paperwork.checks.requirements.evidence import Evidence, Lack
from paperwork.checks.requirements.obligations import CONTENT, GOALS, TakenAway
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.verdicts import JudgedClause, JudgedObligation, Verdict
from paperwork.core import values
from paperwork.core.faults import Fault, Level, Where
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
from paperwork.project.model import Basics
from paperwork.volume import description
from paperwork.volume.page_plan import Citation, PagePlan, PlannedItem

NEXT = 2
"""Number of materials not due yet that a row of 要求对照表 lists one by one; the rest are counted."""
LONGEST_PART, PART_ENDS = 40, 24
"""Characters of a part without demands that its row shows: all, or the words at its beginning and its end."""
SHOWN_PAGES = 5
"""Pages that a notice lists."""
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
    books: Sequence[PagePlan] = (),
) -> dict[str, Any]:
    """Return the template values of the volume's own pages.

    `book_plan` is the page plan of one 册 and `whole` that of the volume. `book` holds the number of the 册 and the
    count of all 册, and `books` the page plans of all 册.
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
    return {**base, **own.template_values(), **_answer_figures(whole, checked, books).template_values()}


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
    (机关档案管理规定), 案卷号 has three (DA/T 13-2022).
    """
    if not basics.fonds:
        return ""
    tag_values = {
        **basics.template_values(),
        "保管期限": TERMS.get(basics.retention or "", ""),
        "项目序号": _padded(basics, 4),
        "案卷号": file_number(basics),
    }
    filled = re.sub(
        r"([-·]?)\{([^}]+)\}",
        lambda part: (
            f"{part[1]}{value}" if (value := values.format_value(tag_values.get(values.template_name(part[2])))) else ""
        ),
        pattern,
    )
    return filled.strip("-·")


def file_number(basics: Basics) -> str:
    """Return 案卷号: 项目序号 in three digits, or the project's code."""
    return _padded(basics, 3)


def _padded(basics: Basics, digits: int) -> str:
    """Return 项目序号 with leading zeros, a code as it is."""
    return str(basics.number.plain) if basics.number.is_code else f"{int(basics.number.plain):0{digits}}"


# ---- 要求对照表 and 待补材料清单


@dataclass(frozen=True)
class _Pages:
    """The pages that 要求对照表 cites: the page plan of the volume, and the number of the 册 of each item.

    The table stands in 册 1, so pages there need no 册. In the electronic edition there are no 册.
    """

    plan: PagePlan
    books: Mapping[PlannedItem, int]
    project: str
    """Name of the project, which stands above the table and need not be repeated in each row."""

    def of(self, evidence: Evidence) -> list[Citation]:
        """Return the pages that prove an evidence."""
        return self.plan.pages_proving(evidence.role, evidence.place, evidence.facts)

    def title_of(self, entry: PlannedItem) -> str:
        """Return the title of an item without the name of the project at its beginning."""
        title = entry.item.title
        return title.removeprefix(self.project).removeprefix(self.project.strip("《》")) or title

    def book_of(self, entry: PlannedItem) -> str:
        """Return the 册 of an item as printed; empty for the 册 of the table."""
        number = self.books.get(entry, 1)
        return f"第{number}册" if number > 1 else ""


def cited_pages(checked: Checked, plan: PagePlan) -> dict[int, list[str]]:
    """Return the numbers of the pages that 要求对照表 cites, each with the words that must stand on it."""
    found: dict[int, list[str]] = {}
    for _, cited in _citations(checked, plan):
        found.setdefault(cited.page, []).extend(cited.shown)
    return found


def unproven(checked: Checked, plan: PagePlan) -> Iterator[Fault]:
    """Yield a notice for each form that does not print the words that would prove what it is cited for."""
    lacking = {(cited.entry.item.form, cited.page) for _, cited in _citations(checked, plan) if not cited.is_proven}
    for form, pages in groupby(sorted(lacking), lambda each: each[0]):
        listed = "、".join(str(page) for _, page in list(pages)[:SHOWN_PAGES])
        wrong = f"要求对照表引了“{form}”（第{listed}页等），页上没有把要证明的数或名称全印出来"
        yield Fault(Level.NOTICE, Where(f"模板 {form}.docx"), wrong, "请在模板里加上这一栏（如数量、单位），再生成一次")


def _citations(checked: Checked, plan: PagePlan) -> Iterator[tuple[Evidence, Citation]]:
    """Yield each evidence with each page that is cited for it."""
    for answer in checked.answers:
        for judged in answer.judged:
            for each in judged.evidence:
                for cited in plan.pages_proving(each.role, each.place, each.facts):
                    yield each, cited


def _answer_figures(page_plan: PagePlan, checked: Checked, books: Sequence[PagePlan]) -> VerdictFields:
    """Return the template values of 要求对照表 and 待补材料清单."""
    answers = checked.answers
    numbers = {entry: number for number, plan in enumerate(books, 1) for entry in plan.entries}
    cited = _Pages(page_plan, numbers, checked.project.name)
    judged = [each for answer in answers for each in answer.judged]
    counts = {verdict: sum(each.verdict is verdict for each in judged) for verdict in Verdict}
    lacks = tuple(_lack_lines(checked))
    return VerdictFields(
        as_of=checked.as_of,
        clauses=tuple(_clause_line(answer, cited) for answer in answers),
        lacks=lacks,
        count=len(judged),
        met=counts[Verdict.MET],
        confirmed=counts[Verdict.CONFIRMED],
        unmet=counts[Verdict.UNMET],
        waiting=counts[Verdict.PERSON],
        person=counts[Verdict.PERSON],
        unchecked=sum(len(answer.unchecked) for answer in answers),
        later=counts[Verdict.LATER],
        missing=len(lacks),
        not_due=checked.later,
    )


def _clause_line(answer: JudgedClause, pages: _Pages) -> ClauseLine:
    """Return the rows of 要求对照表 for one clause. Those of 项目目标 and 项目内容 stand in the order of the text."""
    rows = [(each.obligation.words, _obligation_line(each, pages)) for each in answer.judged]
    rows += [(each.text, _unjudged_line(each)) for each in answer.unjudged]
    if answer.clause.source in (GOALS, CONTENT):
        rows.sort(key=lambda row: answer.clause.text.find(row[0]))
    return ClauseLine(
        number=answer.name,
        text=answer.clause.text,
        verdict=answer.shown_verdict,
        obligations=tuple(line for _, line in rows),
    )


def _unjudged_line(each: TakenAway) -> ObligationLine:
    """Return the row of a part that has no obligation of its own: the reason stands for the evidence."""
    evidence = (EvidenceLine(name=each.reason, pages=()),) if each.reason else ()
    # The clause stands above its rows, word for word.
    words = " ".join(each.text.split())
    if len(words) > LONGEST_PART:
        head, tail = re.split("[，；。、]", words)[0], re.split("[，；。]", words.rstrip("。；，"))[-1]
        words = f"{head[:PART_ENDS]}……{tail[-PART_ENDS:]}"
    matter = decided.with_decider(words, each.who)
    return ObligationLine(matter=matter, verdict=each.verdict, evidence=evidence, missing="")


def _obligation_line(judged: JudgedObligation, pages: _Pages) -> ObligationLine:
    """Return the row of 要求对照表 for one obligation: verdict, evidence, and what is missing or not due yet."""
    missing = [UNCONFIRMED if lack.awaits_answer else lack.wrong for lack in judged.lacks]
    missing += _not_due_lines(sorted(judged.later, key=lambda lack: lack.due))
    return ObligationLine(
        matter=decided.with_decider(judged.obligation.matter, judged.obligation.decided_by),
        verdict=judged.verdict,
        evidence=tuple(_evidence_lines(judged.evidence, pages)),
        missing="\n".join(missing),
    )


def _not_due_lines(lacks: Sequence[Lack]) -> Iterator[str]:
    """Yield the first `NEXT` lacks that are not due yet with their due dates, then the number of the others."""
    for lack in lacks[:NEXT]:
        yield f"未到期：{lack.wrong}（{values.chinese_date(lack.due)}以前应有）"
    if len(lacks) > NEXT:
        yield f"未到期的还有 {len(lacks) - NEXT} 项"


def _evidence_lines(evidence: Sequence[Evidence], pages: _Pages) -> Iterator[EvidenceLine]:
    """Yield one line for each role: the title of a single document, or the form and number of several.

    Each page number is a link to its page. Pages in other 册 have a line for each 册.
    """
    for _, group in groupby(evidence, lambda each: each.role):
        together = list(group)
        cited = {each.page: each for one in together for each in pages.of(one)}
        items = list(dict.fromkeys(each.entry for each in cited.values()))
        name = "；".join(each.words for each in together if each.words)
        if items:
            forms = "、".join(dict.fromkeys(entry.item.form for entry in items))
            title = pages.title_of(items[0]) if len(items) == 1 else f"{forms} {len(items)} 件"
            name = f"{name}，{title}" if name else title
        for book, own in groupby((cited[page] for page in sorted(cited)), lambda each: pages.book_of(each.entry)):
            # The links name Word files. `merge.merge_volume` turns them into links to pages of the volume.
            links = tuple(Link(str(each.page), *each.entry.file_at(each.offset)) for each in own)
            yield EvidenceLine(name=name, pages=links, book=book)
            name = "其余"
        if name and not items:
            yield EvidenceLine(name=name, pages=())


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
