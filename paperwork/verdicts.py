"""Every clause and target judged as of a day: satisfied, not, to be confirmed by a person, not due yet; and why."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from paperwork import alike, clauses, figures, targets, values
from paperwork.clauses import TARGET, UNKNOWN, Clause, Obligation
from paperwork.evidence import LEAD, Ask, Evidence, Finding, Lack, sheet
from paperwork.faults import Fault, Level, Where
from paperwork.judges import KINDS, RESTS
from paperwork.model import Confirmation, Goal, Project, sheets

LONGEST = 30
"""Characters of a clause that a message quotes; the table has it in full."""
OWN_GOALS = "申报目标"


class Verdict(StrEnum):
    """The answer to an obligation, gravest first."""

    UNMET = "未满足"
    PERSON = "人工确认"
    LATER = "未到期"
    MET = "已满足"


@dataclass(frozen=True)
class Judged:
    """An obligation with its verdict, what proves it, what is missing now and what only later."""

    obligation: Obligation
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    lacks: tuple[Lack, ...] = ()
    later: tuple[Lack, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A clause and everything it asks for, judged. A clause in which nothing was recognised asks for a person."""

    clause: Clause
    judged: tuple[Judged, ...]

    @property
    def name(self) -> str:
        """How it is called: 相关要求第4条, or the column of the catalogue."""
        is_clause = self.clause.source == clauses.REQUIREMENTS
        return f"{self.clause.source}第{self.clause.number}条" if is_clause else self.clause.source

    @property
    def verdict(self) -> Verdict:
        """The gravest of its obligations' verdicts."""
        return min((each.verdict for each in self.judged), key=[*Verdict].index, default=Verdict.MET)


def answers(project: Project, as_of: dt.date) -> list[Answer]:
    """Every target of the catalogue, every clause of 相关要求, and what every archive needs, judged as of a day."""
    asked = [*_targets(project), *clauses.read(project.catalogue)]
    return [Answer(clause, tuple(_judge(project, clause, each, as_of) for each in _asks(clause))) for clause in asked]


def _asks(clause: Clause) -> tuple[Obligation, ...]:
    return clause.obligations or (Obligation(UNKNOWN, "程序没有认出这一条要求什么，请人工核对", clause.number),)


def _judge(project: Project, clause: Clause, duty: Obligation, as_of: dt.date) -> Judged:
    found = list(_findings(project, clause, duty))
    evidence = [each for each in found if isinstance(each, Evidence)]
    lacks = [each for each in found if isinstance(each, Lack)]
    for ask in (each for each in found if isinstance(each, Ask)):
        answer = _confirmation(project, clause, duty)
        if answer is None:
            words = f"第{duty.clause}条“{_short(duty.matter)}”还没有人工确认"
            mend = f"请核实后填“确认”表：条款 {duty.clause}，事项“{duty.matter}”"
            lacks.append(Lack(sheet(project, "确认"), words, mend, ask.due, LEAD, asks=True))
        elif answer.verdict == "不满足":
            words = f"第{duty.clause}条“{_short(duty.matter)}”经人工确认为不满足"
            lacks.append(Lack(answer.where("结论"), words, "请整改后重新确认", ask.due))
        else:
            said = f"{answer.confirmer}于{values.chinese_date(answer.date)}确认满足"
            evidence.append(Evidence("人工确认表", words=said))
    lacks = [replace(each, doubtful=_is_doubtful(project, duty, each)) for each in lacks]
    overdue = tuple(each for each in lacks if each.due < as_of)
    later = tuple(each for each in lacks if each.due >= as_of)
    if overdue:
        verdict = Verdict.PERSON if all(each.asks for each in overdue) else Verdict.UNMET
    else:
        verdict = Verdict.LATER if later else Verdict.MET
    return Judged(duty, verdict, tuple(dict.fromkeys(evidence)), overdue, later)


def _is_doubtful(project: Project, duty: Obligation, lack: Lack) -> bool:
    """Whether what is lacking may stand in a row that could not be read."""
    absent = (lack.where.sheet,) if not lack.where.cell else ()
    looked_in = (*absent, *RESTS.get(duty.kind, ())) if not lack.asks else ("确认",)
    return not all(project.whole(sheets()[title]) for title in looked_in if title in sheets())


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _findings(project: Project, clause: Clause, duty: Obligation) -> Iterator[Finding]:
    if duty.kind == UNKNOWN:
        yield Ask(project.catalogue.span.end)
    elif duty.kind == TARGET:
        yield from _reached(project, clause, duty)
    else:
        yield from KINDS[duty.kind](project, duty)


def _confirmation(project: Project, clause: Clause, duty: Obligation) -> Confirmation | None:
    """The row of 确认 that answers a question: of this clause, and of these words when the clause asks several."""
    rows = [each for each in project.confirmations if each.clause == duty.clause]
    several = [each for each in _asks(clause) if each.kind == UNKNOWN or _is_asked(project, each)]
    if len(several) < 2:
        return rows[-1] if rows else None
    scored = [(_likeness(each.matter, duty), number, each) for number, each in enumerate(rows)]
    best = max(scored, default=None)
    if best is None or best[0] == 0:
        return None
    rivals = max(_likeness(best[2].matter, other) for other in several if other != duty)
    return best[2] if best[0] >= rivals else None


def _likeness(matter: str, duty: Obligation) -> int:
    return alike.shared(matter, duty.words) + 100 * (duty.kind in matter or matter in (duty.kind, duty.words))


def _is_asked(project: Project, duty: Obligation) -> bool:
    return duty.kind in KINDS and any(isinstance(each, Ask) for each in KINDS[duty.kind](project, duty))


# ---- targets


def _targets(project: Project) -> Iterator[Clause]:
    """What 项目目标 and 项目内容 set as numbers, and the project's own goals that neither mentions."""
    taken: set[str] = set()
    entry = project.catalogue
    sources = {"项目目标": entry.goals, "项目内容": entry.content}
    lines: dict[str, list[Obligation]] = {source: [] for source in sources}
    for target, goal in targets.matched(targets.read(entry), project.goals):
        known = goal.code if goal else f"{target.number}{target.unit}{target.words if targets.named(target) else ''}"
        if known not in taken:
            duty = Obligation(TARGET, target.words, number=target.number, name=goal.code if goal else target.unit)
            lines[target.source].append(duty)
        taken.add(known)
    for source, text in sources.items():
        if lines[source]:
            yield Clause(0, text, tuple(lines[source]), source)
    own = tuple(Obligation(TARGET, goal.indicator, name=goal.code) for goal in project.goals if goal.code not in taken)
    if own:
        yield Clause(0, "工作簿“绩效目标”表里自己定的目标。", own, OWN_GOALS)


def _reached(project: Project, clause: Clause, duty: Obligation) -> Iterator[Finding]:
    """目录和申报的目标都要完成；目录写了数目的，“绩效目标”表里要有这一项，目标值不能小于目录。"""
    end = project.catalogue.span.end
    goal = next((each for each in project.goals if each.code == duty.name), None)
    if goal is None:
        wrong = f"{clause.source}写着“{duty.words}”，“绩效目标”表里没有这一项"
        yield Lack(
            sheet(project, "绩效目标"), wrong, "请加一行，并选好统计方式和统计口径", project.catalogue.span.start
        )
        return
    if duty.number is not None and goal.target < duty.number:
        wrong = f"“{goal.indicator}”的目标值是 {goal.target}，{clause.source}要求 {duty.number}"
        yield Lack(goal.where("目标值"), wrong, "请按目录改正目标值", project.catalogue.span.start)
    result = figures.result(goal, project)
    if result.met:
        yield from _counted(project, goal)
    else:
        wrong = f"目标“{goal.indicator}”完成 {result.achieved}{goal.unit}，目标是 {goal.target}{goal.unit}"
        yield Lack(goal.where("目标值"), wrong, "请补做，或核对统计方式和统计口径", end)


def _counted(project: Project, goal: Goal) -> Iterator[Evidence]:
    """The items a result was counted from."""
    if goal.counted == "名册人数":
        yield Evidence("名册", Where("", "名册", goal.scope))
    elif goal.counted == "人工填写":
        yield Evidence("项目结项报告")
    else:
        yield from (Evidence("活动简报", each.place) for each in project.activities if each.kind == goal.scope)


# ---- what becomes of it


def gaps(answered: Sequence[Answer]) -> list[Fault]:
    """What is missing now beyond doubt, each thing once though several clauses ask for it."""
    lacks = (lack for answer in answered for judged in answer.judged for lack in judged.lacks if not lack.doubtful)
    return list(dict.fromkeys(Fault(Level.GAP, lack.where, lack.wrong, lack.mend) for lack in lacks))


def settled(project: Project, as_of: dt.date) -> dt.date:
    """The day to judge by: `as_of`, or the first on which everything is due.

    From then on days no longer matter, and the same input gives the same bytes.
    """
    everything = (lack for answer in answers(project, dt.date.min) for judged in answer.judged for lack in judged.later)
    return min(as_of, max([project.catalogue.span.end, *(lack.due for lack in everything)]) + dt.timedelta(1))
