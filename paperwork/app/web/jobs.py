"""Queue of archive builds started from the page: one at a time, with progress, cancellable.

Task queues such as Celery and RQ need a broker, a second service that staff would have to run; here the queue is a pool
of one worker.
"""

import datetime as dt
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from paperwork.build import batch
from paperwork.build.batch import Job, Outcome
from paperwork.build.pool import Pool, ProjectProgress
from paperwork.build.progress import Step
from paperwork.core.faults import ExitCode

CANCELLED = ("已取消", "原来的成品没有改动；可以随时重来")
TOO_LATE = ("取消晚了一步，档案已经做好", "成品就在下面")

PERCENT_AT_STEP = {
    Step.CHECK: 2,
    Step.FILL: 5,
    Step.PRINT: 10,
    Step.PLAN: 60,
    Step.BIND: 70,
    Step.PACK: 95,
}
"""Percentage shown when a step begins; printed documents advance it to the next step."""
PRINTING_PERCENT = 50
"""Percentage points between the start of printing and the next step."""


@dataclass(frozen=True)
class JobProgress:
    """Progress of one build; `outcome` is set when it has ended."""

    progress: ProjectProgress
    outcome: Outcome | None = None
    waits_for: int = 0
    """Number of the project being built before it while it waits in the queue."""
    is_cancelling: bool = False
    run_count: int = 1
    """Number of times it was started."""

    @property
    def state(self) -> str:
        """Return the state in a short word; empty when the build has ended."""
        if self.outcome:
            return ""
        return "正在取消" if self.is_cancelling else "排队等候" if self.waits_for else "正在生成"

    @property
    def percent(self) -> int:
        """Return the approximate percentage done."""
        progress = self.progress
        is_printing = progress.step is Step.PRINT and progress.total
        printed = PRINTING_PERCENT * progress.printed // progress.total if is_printing else 0
        return (PERCENT_AT_STEP[progress.step] if progress.step else 0) + printed


class JobQueue:
    """Running and queued builds, and the last outcome of each project.

    One build runs at a time, because each uses all cores: `workers` has one worker. `job` holds the folders.
    """

    def __init__(self, job: Job, workers: Pool) -> None:
        self.job = job
        self._workers = workers
        self._futures: dict[int, Future[Outcome]] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._cancelled: set[int] = set()
        self._times: Counter[int] = Counter()

    def begin(self, number: int, day: dt.date, replacing: bool = False) -> None:
        """Queue a build of a project unless one is queued or running."""
        if self.is_active(number):
            return
        job = replace(self.job, number=number, as_of=day, replacing=replacing)
        self._times[number] += 1
        self._cancelled.discard(number)
        # Clear the old state before submitting: the callback may run at once.
        self._outcomes.pop(number, None)
        self._futures[number] = self._workers.submit(batch.archive, job)
        self._futures[number].add_done_callback(partial(self._record_outcome, job, _state(job)))

    def cancel(self, number: int) -> None:
        """Cancel the build."""
        if self.is_active(number):
            self._cancelled.add(number)
            self._workers.cancel(self._futures[number])

    def is_active(self, number: int) -> bool:
        """Return True if a build is queued or running."""
        return number in self._futures and number not in self._outcomes

    def progress_of(self, number: int) -> JobProgress | None:
        """Return the progress of a project's build; None if it was never started."""
        if number not in self._futures:
            return None
        progress = next((each for each in self._workers.progress() if each.number == number), ProjectProgress(number))
        outcome, is_cancelling = self._outcomes.get(number), number in self._cancelled
        waits_for = 0 if self._futures[number].running() else self._running()
        return JobProgress(progress, outcome, waits_for, is_cancelling, self._times[number])

    def active_states(self) -> dict[int, str]:
        """Return the state of each queued or running build by project number."""
        builds = {number: self.progress_of(number) for number in list(self._futures)}
        return {number: build.state for number, build in builds.items() if build and build.state}

    def _running(self) -> int:
        """Return the number of the project being built; 0 if there is none."""
        return next((number for number, future in list(self._futures.items()) if future.running()), 0)

    def _record_outcome(self, job: Job, before: object, future: Future[Outcome]) -> None:
        """Record the outcome, once, as the future's callback: cleaning up after a dead process may take a while."""
        outcome = None if future.cancelled() else batch.outcome_of(future, job)
        if outcome is None and not future.cancelled():
            outcome = batch.lost_outcome(job, *Pool.loss_fault)
        if outcome is None or (job.number in self._cancelled and outcome.archive is None):
            # The cancel may arrive after the new archive was renamed into place.
            wrong, mend = TOO_LATE if _state(job) != before else CANCELLED
            outcome = Outcome(job.number, code=ExitCode.REFUSED, wrong=wrong, mend=mend)
        self._outcomes[job.number] = outcome

    def close(self) -> None:
        """Cancel all builds and stop the worker."""
        for number in list(self._futures):
            self.cancel(number)
        self._workers.close()


def _state(job: Job) -> int:
    """Return the inode of the archive folder; it changes when a new archive is renamed into place."""
    try:
        # The rename is the last step of a build but for cleaning up, so a new inode means a complete archive.
        return (job.outputs / str(job.number)).stat().st_ino
    except OSError:
        return 0
