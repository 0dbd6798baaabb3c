"""Archives made for the page: one after the other, seen as they go, dropped when that is wanted."""

import datetime as dt
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from paperwork import fleet, pool, register
from paperwork.faults import ExitCode, Stop
from paperwork.fleet import Job, Outcome
from paperwork.pool import Doing

STOPPED = ("已取消", "原来的成品没有改动；可以随时重来")
TOO_LATE = ("取消晚了一步，档案已经做好", "成品就在下面")

BEGUN = {
    "读取并校验表格": 2,
    "填写 Word 文档": 5,
    "转成 PDF": 10,
    "编页、编目、对照要求": 60,
    "装订成卷、排打印版": 70,
    "打成电子档案包": 95,
}
"""How much of the time has passed when a step begins, in hundredths; documents printed take it on to the next."""
PRINTING = 50


@dataclass(frozen=True)
class Making:
    """How far an archive is; `outcome` is there when it has ended."""

    doing: Doing
    outcome: Outcome | None = None
    behind: int = 0
    """The project that is made before it, while it waits."""
    stopping: bool = False
    times: int = 1
    """How often it has been begun."""

    @property
    def now(self) -> str:
        """What is going on, in a word; nothing when it has ended."""
        if self.outcome:
            return ""
        return "正在取消" if self.stopping else "排队等候" if self.behind else "正在生成"

    @property
    def percent(self) -> int:
        """How much of it is done, about."""
        doing = self.doing
        printed = PRINTING * doing.printed // doing.total if doing.step == "转成 PDF" and doing.total else 0
        return BEGUN.get(doing.step, 0) + printed


class Makings:
    """The archives that are being made, and what came of the last one of each project.

    One at a time: each has all the cores. `job` tells the folders.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._hands = pool.Pool(1)
        self._begun: dict[int, Future[Outcome]] = {}
        self._ended: dict[int, Outcome] = {}
        self._stopped: set[int] = set()
        self._times: Counter[int] = Counter()

    def begin(self, number: int, day: dt.date) -> None:
        """Have a project's archive made, unless it is being made already."""
        if self.runs(number):
            return
        job = replace(self.job, number=number, as_of=day)
        self._times[number] += 1
        self._stopped.discard(number)
        self._ended.pop(number, None)
        self._begun[number] = self._hands.submit(make, job)
        self._begun[number].add_done_callback(partial(self._end, job, _state(job)))

    def stop(self, number: int) -> None:
        """Have it dropped."""
        if self.runs(number):
            self._stopped.add(number)
            if not self._begun[number].cancel():
                self._hands.stop(number)

    def runs(self, number: int) -> bool:
        """Whether it waits or is being made."""
        return number in self._begun and number not in self._ended

    def seen(self, number: int) -> Making | None:
        """How far it is; None where nobody asked for one."""
        if number not in self._begun:
            return None
        doing = next((each for each in self._hands.doing() if each.number == number), Doing(number))
        outcome, stopping = self._ended.get(number), number in self._stopped
        behind = 0 if self._begun[number].running() else self._first()
        return Making(doing, outcome, behind, stopping, self._times[number])

    def busy(self) -> dict[int, str]:
        """What is going on, by project."""
        seen = {number: self.seen(number) for number in list(self._begun)}
        return {number: making.now for number, making in seen.items() if making and making.now}

    def _first(self) -> int:
        return next((number for number, begun in list(self._begun.items()) if begun.running()), 0)

    def _end(self, job: Job, before: object, future: Future[Outcome]) -> None:
        """Note what came of it: once, where it ended, for to put away what a dead process left may take a while."""
        outcome = None if future.cancelled() else fleet.came_of(future, job)
        if outcome is None and not future.cancelled():
            outcome = fleet.lost(job, *pool.Pool.lost)
        if outcome is None or (job.number in self._stopped and outcome.made is None):
            is_late = _state(job) != before
            if is_late:
                with suppress(Stop, OSError):  # the next archive enters it
                    register.update(job.outputs, True)
            wrong, mend = TOO_LATE if is_late else STOPPED
            outcome = Outcome(job.number, code=ExitCode.REFUSED, wrong=wrong, mend=mend)
        self._ended[job.number] = outcome

    def close(self) -> None:
        """Drop everything."""
        for number in list(self._begun):
            self.stop(number)
        self._hands.__exit__()


def _state(job: Job) -> int:
    """Changes when a new archive has taken its place: that is the last of all, but for tidying up."""
    try:
        return (job.outputs / str(job.number)).stat().st_ino
    except OSError:
        return 0


def make(job: Job) -> Outcome:
    """Make an archive and enter it in the register, as the command does."""
    outcome = fleet.archive(job)
    if outcome.made is None:
        return outcome
    told = register.update(job.outputs, not outcome.made.same)
    return replace(outcome, faults=(*outcome.faults, *told))
