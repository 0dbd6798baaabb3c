"""Judge every clause and target as of a day: met, unmet, to be confirmed by a person, or not due yet, with reasons."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from paperwork.checks.requirements import readings, targets
from paperwork.checks.requirements.evidence import LEAD, Evidence, Lack, Question, sheet_place
from paperwork.checks.requirements.judges import judge_of, kind_of, searched_sheets
from paperwork.checks.requirements.obligations import (
    CONTENT,
    GOALS,
    REQUIREMENTS,
    TARGET,
    Clause,
    Obligation,
)
from paperwork.core import text, values
from paperwork.project.model import Confirmation, Project, Role, sheets

MAX_QUOTE = 30
"""Most characters of a clause that a message quotes; 要求对照表 has the full text."""
OWN_GOALS = "申报目标"
"""Source of the goals that only the workbook sets."""


class Verdict(StrEnum):
    """The verdict on an obligation, gravest first."""

    # `Answer.verdict` takes the first of its obligations' verdicts in this order.
    UNMET = "未满足"
    PERSON = "人工确认"
    LATER = "未到期"
    MET = "已满足"


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
    """A clause with all its obligations judged. If no obligation was recognised, a person must judge the clause."""

    clause: Clause
    judged: tuple[JudgedObligation, ...]

    @property
    def name(self) -> str:
        """Return the clause's name: 相关要求第4条, or the column of the catalogue."""
        is_clause = self.clause.source == REQUIREMENTS
        return f"{self.clause.source}第{self.clause.number}条" if is_clause else self.clause.source

    @property
    def verdict(self) -> Verdict:
        """Return the gravest verdict of the clause's obligations."""
        return min((each.verdict for each in self.judged), key=[*Verdict].index, default=Verdict.MET)


def judge_clauses(project: Project, as_of: dt.date) -> list[JudgedClause]:
    """Judge every target of the catalogue, every clause of 相关要求 and the general requirements, as of a day."""
    asked = _with_goals(project, readings.clauses_of(project))
    return [
        JudgedClause(clause, tuple(_judge(project, clause, each, as_of) for each in _duties(clause)))
        for clause in asked
    ]


def _duties(clause: Clause) -> tuple[Obligation, ...]:
    """Return a clause's obligations."""
    return clause.obligations


def _judge(project: Project, clause: Clause, duty: Obligation, as_of: dt.date) -> JudgedObligation:
    """Judge one obligation; a question to a person becomes evidence or a lack, depending on the worksheet 确认."""
    found = list(judge_of(kind_of(duty.kind, project))(project, duty))
    evidence = [each for each in found if isinstance(each, Evidence)]
    lacks = [each for each in found if isinstance(each, Lack)]
    for ask in (each for each in found if isinstance(each, Question)):
        answer = _confirmation(project, clause, duty)
        if answer is None:
            words = f"第{duty.clause}条“{_short(duty.matter)}”还没有人工确认"
            mend = f"请核实后填“确认”表：条款 {duty.clause}，事项“{duty.matter}”"
            lacks.append(Lack(sheet_place(project, "确认"), words, mend, ask.due, LEAD, awaits_answer=True))
        elif answer.verdict == "不满足":
            words = f"第{duty.clause}条“{_short(duty.matter)}”经人工确认为不满足"
            lacks.append(Lack(answer.where("结论"), words, "请整改后重新确认", ask.due))
        else:
            words = f"{answer.confirmer}于{values.chinese_date(answer.date)}确认满足"
            evidence.append(Evidence(Role.CONFIRMATION, words=words))
    lacks = [replace(each, is_doubtful=_is_doubtful(project, duty, each)) for each in lacks]
    # On its due day material is still in time.
    overdue = tuple(each for each in lacks if each.due < as_of)
    later = tuple(each for each in lacks if each.due >= as_of)
    if overdue:
        verdict = Verdict.PERSON if all(each.awaits_answer for each in overdue) else Verdict.UNMET
    else:
        verdict = Verdict.LATER if later else Verdict.MET
    return JudgedObligation(duty, verdict, tuple(dict.fromkeys(evidence)), overdue, later)


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


def _confirmation(project: Project, clause: Clause, duty: Obligation) -> Confirmation | None:
    """Return the row of 确认 that answers an obligation, or None.

    If the clause asks a person one question, its number is enough. If it asks more, the 事项 of the row must fit this
    obligation best.
    """
    rows = [each for each in project.confirmations if each.clause == duty.clause]
    questions = [each for each in _duties(clause) if _is_asked(project, each)]
    if len(questions) < 2:
        return rows[-1] if rows else None
    scored = [(_likeness(each.matter, duty), number, each) for number, each in enumerate(rows)]
    best = max(scored, default=None)
    if best is None or best[0] == 0:
        return None
    # The best row for this question may fit another question of the clause still better.
    rivals = max(_likeness(best[2].matter, rival) for rival in questions if rival != duty)
    return best[2] if best[0] >= rivals else None


def _likeness(matter: str, duty: Obligation) -> int:
    """Return a score of how well 事项 of a row fits an obligation; a match by name outweighs any shared words."""
    return text.count_shared_bigrams(matter, duty.words) + 100 * (
        duty.kind in matter or matter in (duty.kind, duty.words)
    )


def _is_asked(project: Project, duty: Obligation) -> bool:
    """Return True if the judge of the obligation asks a person."""
    judge = judge_of(kind_of(duty.kind, project))
    return any(isinstance(each, Question) for each in judge(project, duty))


# ---- targets


def _with_goals(project: Project, clauses: Sequence[Clause]) -> Iterator[Clause]:
    """Yield the clauses, each target with its goal of 绩效目标 and each once, then the project's own goals as a clause.

    A text in which nothing is demanded is left out.
    """
    columns = [clause for clause in clauses if clause.source in (GOALS, CONTENT)]
    found = [each for clause in columns for each in clause.obligations if each.kind == TARGET]
    goals = {id(target): goal for target, goal in targets.match_goals(found, project.goals)}
    taken: set[str] = set()  # codes of goals, and targets without a goal: each is judged once
    for clause in columns:
        duties = []
        for each in clause.obligations:
            if each.kind == TARGET:
                goal = goals[id(each)]
                # Without a goal, targets are the same if number, unit and (if they name what is counted) words are.
                words = each.words if targets.is_named(each) else ""
                known = goal.code if goal else f"{each.number}{each.unit}{words}"
                if known not in taken:
                    duties.append(replace(each, name=goal.code if goal else ""))
                taken.add(known)
            else:
                duties.append(each)
        if duties:
            yield replace(clause, obligations=tuple(duties))
    own = tuple(Obligation(TARGET, goal.indicator, name=goal.code) for goal in project.goals if goal.code not in taken)
    if own:
        yield Clause(0, "工作簿“绩效目标”表里自己定的目标。", own, OWN_GOALS)
    yield from (clause for clause in clauses if clause not in columns)


# ---- results


def settled_day(project: Project, as_of: dt.date) -> dt.date:
    """Return the day to judge by: `as_of`, or the first day on which everything is overdue if that is earlier.

    From that day on the verdicts no longer depend on the day, so the same input gives the same bytes.
    """
    # Judged as of the earliest date there is, all missing material counts as not due yet.
    everything = (
        lack for answer in judge_clauses(project, dt.date.min) for judged in answer.judged for lack in judged.later
    )
    return min(as_of, max([project.catalogue.span.end, *(lack.due for lack in everything)]) + dt.timedelta(1))
