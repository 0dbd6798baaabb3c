"""Queue of archive builds started from the page: one at a time, with progress, cancellable."""

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

# The keys are the names of the steps in assembly.py; a step missing here would put the bar back to 0.
BEGUN = {
    "读取并校验表格": 2,
    "填写 Word 文档": 5,
    "转成 PDF": 10,
    "编页、编目、对照要求": 60,
    "装订成卷、排打印版": 70,
    "打成电子档案包": 95,
}
"""Percentage shown when a step begins; printed documents advance it to the next step."""
PRINTING = 50
"""Percentage points between the start of printing and the next step."""


@dataclass(frozen=True)
class Making:
    """Progress of one build; `outcome` is set when it has ended."""

    doing: Doing
    outcome: Outcome | None = None
    behind: int = 0
    """Number of the project being built before it while it waits in the queue."""
    stopping: bool = False
    times: int = 1
    """Number of times it was started."""

    @property
    def now(self) -> str:
        """Return the state in a short word; empty when the build has ended."""
        if self.outcome:
            return ""
        return "正在取消" if self.stopping else "排队等候" if self.behind else "正在生成"

    @property
    def percent(self) -> int:
        """Return the approximate percentage done."""
        doing = self.doing
        printed = PRINTING * doing.printed // doing.total if doing.step == "转成 PDF" and doing.total else 0
        return BEGUN.get(doing.step, 0) + printed


class Makings:
    """Running and queued builds, and the last outcome of each project.

    One build runs at a time, because each uses all cores. `job` holds the folders.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._workers = pool.Pool(1)
        self._futures: dict[int, Future[Outcome]] = {}
        self._ended: dict[int, Outcome] = {}
        self._stopped: set[int] = set()
        self._times: Counter[int] = Counter()

    def begin(self, number: int, day: dt.date) -> None:
        """Queue a build of a project unless one is queued or running."""
        if self.runs(number):
            return
        job = replace(self.job, number=number, as_of=day)
        self._times[number] += 1
        self._stopped.discard(number)
        # Clear the old state before submitting: the callback may run at once.
        self._ended.pop(number, None)
        self._futures[number] = self._workers.submit(make, job)
        self._futures[number].add_done_callback(partial(self._end, job, _state(job)))

    def stop(self, number: int) -> None:
        """Cancel the build."""
        if self.runs(number):
            self._stopped.add(number)
            # Future.cancel() only works while it is queued; a running build is interrupted in its process.
            if not self._futures[number].cancel():
                self._workers.stop(number)

    def runs(self, number: int) -> bool:
        """Return True if a build is queued or running."""
        return number in self._futures and number not in self._ended

    def seen(self, number: int) -> Making | None:
        """Return the progress of a project's build; None if it was never started."""
        if number not in self._futures:
            return None
        doing = next((each for each in self._workers.doing() if each.number == number), Doing(number))
        outcome, stopping = self._ended.get(number), number in self._stopped
        behind = 0 if self._futures[number].running() else self._running()
        return Making(doing, outcome, behind, stopping, self._times[number])

    def busy(self) -> dict[int, str]:
        """Return the state of each queued or running build by project number."""
        seen = {number: self.seen(number) for number in list(self._futures)}
        return {number: making.now for number, making in seen.items() if making and making.now}

    def _running(self) -> int:
        """Return the number of the project being built; 0 if there is none."""
        return next((number for number, begun in list(self._futures.items()) if begun.running()), 0)

    def _end(self, job: Job, before: object, future: Future[Outcome]) -> None:
        """Record the outcome, once, as the future's callback: cleaning up after a dead process may take a while."""
        outcome = None if future.cancelled() else fleet.came_of(future, job)
        if outcome is None and not future.cancelled():
            outcome = fleet.lost(job, *pool.Pool.lost)
        if outcome is None or (job.number in self._stopped and outcome.made is None):
            # The cancel may arrive after the new archive was renamed into place: then the archive exists and must be
            # registered.
            was_replaced = _state(job) != before
            if was_replaced:
                with suppress(Stop, OSError):  # the register is rewritten after the next build
                    register.update(job.outputs, True)
            wrong, mend = TOO_LATE if was_replaced else STOPPED
            outcome = Outcome(job.number, code=ExitCode.REFUSED, wrong=wrong, mend=mend)
        self._ended[job.number] = outcome

    def close(self) -> None:
        """Cancel all builds and stop the worker."""
        for number in list(self._futures):
            self.stop(number)
        self._workers.__exit__()


def _state(job: Job) -> int:
    """Return the inode of the archive folder; it changes when a new archive is renamed into place."""
    try:
        # The rename is the last step of a build but for cleaning up, so a new inode means a complete archive.
        return (job.outputs / str(job.number)).stat().st_ino
    except OSError:
        return 0


def make(job: Job) -> Outcome:
    """Build an archive and enter it in the register, as the command does."""
    outcome = fleet.archive(job)
    if outcome.made is None:
        return outcome
    faults = register.update(job.outputs, not outcome.made.same)
    return replace(outcome, faults=(*outcome.faults, *faults))
