"""Archives made for the page: one after the other, seen as they go, dropped when that is wanted."""

import datetime as dt
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from paperwork import fleet, pool, register
from paperwork.faults import ExitCode
from paperwork.fleet import Job, Outcome
from paperwork.pool import Doing

STOPPED = ("已取消", "原来的成品没有改动；可以随时重来")

BEGUN = {
    "读取并校验表格": 2,
    "填写并打印 Word 文档": 5,
    "打印成 PDF": 10,
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

    @property
    def percent(self) -> int:
        """How much of it is done, about."""
        doing = self.doing
        printed = PRINTING * doing.printed // doing.total if doing.step == "打印成 PDF" and doing.total else 0
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

    def begin(self, number: int, day: dt.date) -> None:
        """Have a project's archive made, unless it is being made already."""
        if self.runs(number):
            return
        job = replace(self.job, number=number, as_of=day)
        self._stopped.discard(number)
        self._ended.pop(number, None)
        self._begun[number] = self._hands.submit(make, job)
        self._begun[number].add_done_callback(partial(self._end, job))

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
        return Making(doing, self._ended.get(number))

    def _end(self, job: Job, future: Future[Outcome]) -> None:
        """Note what came of it: once, where it ended, for to put away what a dead process left may take a while."""
        outcome = None if future.cancelled() else fleet.came_of(future, job)
        if outcome is None:
            outcome = fleet.lost(job, *pool.Pool.lost)
            if job.number in self._stopped:
                outcome = replace(outcome, code=ExitCode.REFUSED, wrong=STOPPED[0], mend=STOPPED[1])
        self._ended[job.number] = outcome

    def close(self) -> None:
        """Drop everything."""
        for number in list(self._begun):
            self.stop(number)
        self._hands.__exit__()


def make(job: Job) -> Outcome:
    """Make an archive and enter it in the register, as the command does."""
    outcome = fleet.archive(job)
    if outcome.made is None:
        return outcome
    told = register.update(job.outputs, not outcome.made.same)
    return replace(outcome, faults=(*outcome.faults, *told))
