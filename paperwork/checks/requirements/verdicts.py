"""Judge every clause and target as of a day: met, unmet, to be confirmed by a person, or not due yet, with reasons."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from paperwork.checks.requirements import targets
from paperwork.checks.requirements.evidence import LEAD, Evidence, Finding, Lack, Question, beginning, sheet_place
from paperwork.checks.requirements.generic import is_for_each
from paperwork.checks.requirements.judges import judge_of, kind_of, searched_sheets
from paperwork.checks.requirements.obligations import (
    CONTENT,
    GOALS,
    TARGET,
    TARGET_FOR_EACH,
    UNKNOWN,
    Clause,
    Obligation,
    Part,
    TakenAway,
)
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.readings import NARRATIVE, SAME_AS_GOAL
from paperwork.core import text, values
from paperwork.core.faults import Fault, Level
from paperwork.project.model import Confirmation, Goal, Project, Role, sheets

MAX_QUOTE = 30
"""Most characters of a clause that a message quotes; 要求对照表 has the full text."""
MIN_QUOTED = 4
"""Characters of 事项 that, if they are part of a clause's words, name the obligation that has them."""
OWN_GOALS = "申报目标"
"""Source of the goals that only the workbook sets."""


class Verdict(StrEnum):
    """The verdict on an obligation, gravest first."""

    # `JudgedClause.verdict` takes the first of its obligations' verdicts in this order.
    UNMET = "未满足"
    PERSON = "待确认"
    LATER = "未到期"
    UNCHECKED = "未核对"
    CONFIRMED = "人工确认"
    MET = "已满足"
    NONE = "不是要求"

    @property
    def is_met(self) -> bool:
        """Return True if the demand is met, by evidence or by the word of a person."""
        return self in (Verdict.MET, Verdict.CONFIRMED)


@dataclass(frozen=True)
class JudgedObligation:
    """An obligation with its verdict, its evidence, what is missing now, and what is missing but not due yet."""

    obligation: Obligation
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    lacks: tuple[Lack, ...] = ()
    later: tuple[Lack, ...] = ()


@dataclass(frozen=True)
class JudgedClause:
    """A clause with all its obligations judged, and the parts of its text that are judged elsewhere or not at all."""

    clause: Clause
    judged: tuple[JudgedObligation, ...]
    elsewhere: tuple[TakenAway, ...] = ()
    """Targets that are judged with the same goal in another text or place."""

    @property
    def name(self) -> str:
        """Return the clause's name: 相关要求第4条, or the column of the catalogue."""
        return decided.clause_name(self.clause)

    @property
    def needless(self) -> list[TakenAway]:
        """Return the parts that demand nothing by decision of staff; of a clause without demands, all with a reason."""
        gone = decided.taken_away(self.clause)
        if gone or (self.judged and self.clause.source not in (GOALS, CONTENT)):
            return gone
        return [each for each in decided.no_demands(self.clause) if each.reason not in (NARRATIVE, SAME_AS_GOAL)]

    @property
    def unchecked(self) -> list[TakenAway]:
        """Return the stretches of 项目目标 and 项目内容 that nothing judges; neighbours are one stretch."""
        return list(_narrative(self.clause))

    @property
    def unjudged(self) -> list[TakenAway]:
        """Return every stretch of the text that has no obligation here, with what is said of it instead."""
        return [*self.needless, *self.elsewhere, *self.unchecked]

    @property
    def shown_verdict(self) -> str:
        """Return the verdict as shown: of a clause without demands, the decision on its first part.

        A clause that is judged in part must not be shown as met.
        """
        if self.verdict is Verdict.NONE and self.unjudged:
            return self.unjudged[0].verdict
        return PARTLY_UNCHECKED if self.verdict is Verdict.UNCHECKED and self.judged else self.verdict

    @property
    def verdict(self) -> Verdict:
        """Return the gravest verdict of the clause's obligations, or that of its text; `NONE` if it demands nothing."""
        found = [each.verdict for each in self.judged] + [Verdict.UNCHECKED] * bool(self.unchecked)
        return min(found, key=[*Verdict].index, default=Verdict.NONE)


NOT_JUDGED = "叙述部分，没有逐项核对"
PARTLY_UNCHECKED = "部分未核对"
"""Heading of a clause in which everything that was judged is met, but not all of the text was judged."""
SEE_GOALS, SEE_ABOVE = "见上栏", "见本栏"
"""Said of a target that is judged in the text before this one, or in this one."""


def _narrative(clause: Clause) -> Iterator[TakenAway]:
    """Yield the stretches of a clause that hold no number to reach, neighbouring parts as one, as they stand there."""
    parts = [part for part in clause.parts if part.text.strip()]
    for is_narrative, group in groupby(parts, lambda part: part.reason == NARRATIVE and not part.decided_by):
        if is_narrative:
            stretch = list(group)
            words = clause.text if len(stretch) == len(parts) else _between(clause, stretch[0], stretch[-1])
            yield TakenAway(words.strip(), Verdict.UNCHECKED, NOT_JUDGED, "")


def _between(clause: Clause, first: Part, last: Part) -> str:
    """Return the text of a clause from one part to another."""
    start = clause.text.find(first.text)
    end = clause.text.find(last.text, start)
    return clause.text[start : end + len(last.text)] if 0 <= start <= end else f"{first.text}，{last.text}"


def judge_clauses(project: Project, as_of: dt.date) -> list[JudgedClause]:
    """Judge every target of the catalogue, every clause of 相关要求 and the general requirements, as of a day."""
    asked = _with_goals(project, decided.clauses_of(project))
    return [
        JudgedClause(clause, tuple(_judge(project, clause, each, as_of) for each in _duties(clause)), elsewhere)
        for clause, elsewhere in asked
    ]


def _duties(clause: Clause) -> tuple[Obligation, ...]:
    """Return a clause's obligations."""
    return clause.obligations


def _judge(project: Project, clause: Clause, duty: Obligation, as_of: dt.date) -> JudgedObligation:
    """Judge one obligation. A row of the worksheet 确认 that names it decides; else it answers questions only."""
    found = list(judge_of(kind_of(duty.kind, project))(project, duty))
    answer = _answers(project, clause).get(duty)
    is_answered = answer and (answer.is_named or any(isinstance(each, Question) for each in found))
    if answer and is_answered:
        found = _answered(duty, answer, found)
    evidence = [each for each in found if isinstance(each, Evidence)]
    lacks = [each for each in found if isinstance(each, Lack)]
    for ask in (each for each in found if isinstance(each, Question)):
        words = f"第{duty.clause}条“{_short(duty.matter)}”还没有人工确认"
        mend = f"请核实后填“确认”表：条款 {duty.clause}，事项“{duty.matter}”"
        lacks.append(Lack(sheet_place(project, "确认"), words, mend, ask.due, LEAD, awaits_answer=True))
    lacks = [replace(each, is_doubtful=_is_doubtful(project, duty, each)) for each in lacks]
    # On its due day material is still in time.
    overdue = tuple(each for each in lacks if each.due < as_of)
    later = tuple(each for each in lacks if each.due >= as_of)
    if overdue:
        verdict = Verdict.PERSON if all(each.awaits_answer for each in overdue) else Verdict.UNMET
    else:
        verdict = Verdict.LATER if later else Verdict.CONFIRMED if is_answered else Verdict.MET
    return JudgedObligation(duty, verdict, tuple(dict.fromkeys(evidence)), overdue, later)


def _answered(duty: Obligation, answer: "_Answer", found: Sequence[Finding]) -> list[Finding]:
    """Return the findings of an obligation with the answer of a person.

    Where the judge asks, the row answers that question: what the worksheets lack besides is still lacking. Where it
    does not ask, the row decides over everything that the judge found.
    """
    row, kept = answer.row, [each for each in found if not isinstance(each, Question)]
    asked = [each.due for each in found if isinstance(each, Question)]
    if not asked:
        kept = [each for each in kept if isinstance(each, Evidence)]
    if row.verdict == "不满足":
        words = f"第{duty.clause}条“{_short(duty.matter)}”经人工确认为不满足"
        # What a person finds lacking is lacking from that day on, whenever the material would have been due.
        due = min(asked, default=row.date - dt.timedelta(1))
        return [*kept, Lack(row.where("结论"), words, "请整改后重新确认", due)]
    words = f"{row.confirmer}于{values.chinese_date(row.date)}确认满足"
    return [*kept, Evidence(Role.CONFIRMATION, words=words, facts=(beginning(row.matter), row.confirmer))]


def _is_doubtful(project: Project, duty: Obligation, lack: Lack) -> bool:
    """Return True if the missing material may be in a row that could not be read."""
    # A lack that points to a whole worksheet means: no row of that worksheet was found.
    absent = (lack.where.sheet,) if not lack.where.cell else ()
    looked_in = (
        (*absent, *searched_sheets(kind_of(duty.kind, project), duty.name)) if not lack.awaits_answer else ("确认",)
    )
    return not all(project.is_fully_read(sheets()[title]) for title in looked_in if title in sheets())


def _short(words: str) -> str:
    """Return the words cut to `LONGEST` characters."""
    return words if len(words) <= MAX_QUOTE else words[: MAX_QUOTE - 1] + "…"


@dataclass(frozen=True)
class _Answer:
    """A row of 确认 for an obligation; `is_named` is True if its 事项 names the kind, the document or the words."""

    row: Confirmation
    is_named: bool


def _answers(project: Project, clause: Clause) -> dict[Obligation, _Answer]:
    """Return the row of 确认 for each obligation of a clause that has one; of several the last."""
    found: dict[Obligation, _Answer] = {}
    for row in project.confirmations:
        if row.clause == clause.number:
            is_named, meant = _meant(project, clause, row)
            for duty in meant:
                if is_named or duty not in found or not found[duty].is_named:
                    found[duty] = _Answer(row, is_named)
    return found


def _meant(project: Project, clause: Clause, row: Confirmation) -> tuple[bool, list[Obligation]]:
    """Return the obligations that a row of 确认 is about, and if its 事项 names them.

    A 事项 that names nothing answers a question: the only one of the clause, or those that its words fit best.
    """
    duties = _duties(clause)
    named = [(_naming(row.matter, duty), duty) for duty in duties]
    best = max((grade for grade, _ in named), default=0)
    fitting = [duty for grade, duty in named if grade == best]
    # A word that fits several matters (照片 and 视频 of each activity) names none of them.
    if best and len(fitting) == 1:
        return True, fitting
    questions = [each for each in duties if _is_asked(project, each)]
    if len(questions) < 2:
        return False, questions
    scores = [text.count_shared_bigrams(row.matter, duty.words) for duty in questions]
    return False, [duty for score, duty in zip(scores, questions, strict=True) if score and score == max(scores)]


def _naming(matter: str, duty: Obligation) -> int:
    """Return how plainly 事项 of a row names an obligation; 0 if it does not."""
    said, words = text.bare(matter), text.bare(duty.words)
    names = [
        text.bare(each)
        for each in (duty.kind, duty.name)
        if each and duty.kind not in (TARGET, TARGET_FOR_EACH, UNKNOWN)
    ]
    if said in (*names, words):
        return 4
    if any(name in said for name in names):
        return 3
    quoted, whole = sorted((said, words), key=len)
    # A few words of many, or two characters of a list, name nothing.
    if len(quoted) >= MIN_QUOTED and quoted in whole and 2 * len(quoted) > len(whole):
        return 2
    return int(len(said) > 1 and any(name.endswith(said) for name in names))


def unused_confirmations(project: Project) -> Iterator[Fault]:
    """Yield a notice for each row of 确认 that fits nothing in its clause, with the matters that the clause has."""
    clauses = {each.number: each for each in decided.clauses_of(project) if each.number}
    for row in project.confirmations:
        clause = clauses.get(row.clause)
        if clause and not _meant(project, clause, row)[1]:
            matters = "、".join(f"“{_short(each.matter)}”" for each in _duties(clause))
            mend = f"这一条的事项有：{matters}，请写成其中一个" if matters else "这一条没有要核对的事项，请删去这一行"
            wrong = f"这个事项和第{row.clause}条的要求都对不上，没有用上"
            yield Fault(Level.NOTICE, row.where("事项"), wrong, mend, row.matter)


def _is_asked(project: Project, duty: Obligation) -> bool:
    """Return True if the judge of the obligation asks a person."""
    judge = judge_of(kind_of(duty.kind, project))
    return any(isinstance(each, Question) for each in judge(project, duty))


# ---- targets


def _is_total(duty: Obligation) -> bool:
    """Return True for a target that a goal can state; a number per occasion would take it from the total."""
    return duty.kind == TARGET and not is_for_each(duty)


def _with_goals(project: Project, clauses: Sequence[Clause]) -> Iterator[tuple[Clause, tuple[TakenAway, ...]]]:
    """Yield the clauses, each target with its goal of 绩效目标 and each once, then the project's own goals as a clause.

    With each clause come the parts of its text that are judged with the same goal in another place.
    """
    columns = [clause for clause in clauses if clause.source in (GOALS, CONTENT)]
    found = [each for clause in columns for each in clause.obligations if _is_total(each)]
    goals = {id(target): goal for target, goal in targets.match_goals(found, project.goals)}
    taken: dict[str, Clause] = {}  # where goals, and targets without a goal, are judged: each once
    for clause in columns:
        duties = []
        elsewhere = [TakenAway(part.text, SEE_GOALS, SAME_AS_GOAL, "") for part in clause.parts
                     if part.reason == SAME_AS_GOAL and not part.decided_by]  # fmt: skip
        for each in clause.obligations:
            if _is_total(each):
                goal = goals[id(each)]
                # Without a goal, targets are the same if number, unit and (if they name what is counted) words are.
                words = each.words if targets.is_named(each) else ""
                known = goal.code if goal else f"{each.number}{each.unit}{words}"
                if known not in taken:
                    duties.append(replace(each, name=goal.code if goal else ""))
                else:
                    elsewhere.append(_judged_elsewhere(each, goal, taken[known], clause))
                taken.setdefault(known, clause)
            else:
                duties.append(each)
        if clause.parts:
            own = {each.words for each in duties}
            yield replace(clause, obligations=tuple(duties)), tuple(each for each in elsewhere if each.text not in own)
    more = tuple(Obligation(TARGET, goal.indicator, name=goal.code) for goal in project.goals if goal.code not in taken)
    if more:
        yield Clause(0, "工作簿“绩效目标”表里自己定的目标。", more, OWN_GOALS), ()
    yield from ((clause, ()) for clause in clauses if clause not in columns)


def _judged_elsewhere(duty: Obligation, goal: Goal | None, first: Clause, clause: Clause) -> TakenAway:
    """Return the row of a target whose goal is judged with another part of the texts, as the goal is named there."""
    where = SEE_ABOVE if first is clause else SEE_GOALS
    return TakenAway(duty.words, where, f"和“{goal.indicator}”合在一起核对" if goal else "和前面是同一项目标", "")


# ---- results


def settled_day(project: Project, as_of: dt.date) -> dt.date:
    """Return the day to judge by: `as_of`, or the first day on which everything is overdue if that is earlier.

    From that day on the verdicts no longer depend on the day, so the same input gives the same bytes. It is not earlier
    than the newest paper: the tables that bear it cite this paper.
    """
    # Judged as of the earliest date there is, all missing material counts as not due yet.
    everything = (
        lack for answer in judge_clauses(project, dt.date.min) for judged in answer.judged for lack in judged.later
    )
    settled = max([project.catalogue.span.end, *(lack.due for lack in everything)]) + dt.timedelta(1)
    return min(as_of, max([settled, *([project.newest_paper[0]] if project.newest_paper else [])]))
