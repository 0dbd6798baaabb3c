"""Many projects: one job each, done by whatever hands there are, here or on a cluster.

A job never raises: what went wrong is part of its outcome, so that one project's failure is never another's. Only when
the process that does it dies does the job go to another one; the turn (`turn`) sees to it that nothing is done twice.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from paperwork import pool, survey, turn
from paperwork.faults import ExitCode, Fault, Stop, as_stop
from paperwork.pool import Doing

if TYPE_CHECKING:
    # Only for the name: `check` starts without the libraries that print and bind.
    from paperwork.build import Archive

TICK = 0.2
"""How often progress is told, in seconds."""


@dataclass(frozen=True)
class Job:
    """A project to be done: all that a process somewhere else must know."""

    number: int
    inputs: Path
    outputs: Path
    templates: Path
    as_of: date
    final: bool = False
    fresh: bool = False
    printers: int = 1
    """How many LibreOffice processes it may have."""
    mark: bool = True
    """Whether a check gives the workbook back marked."""


@dataclass(frozen=True)
class Outcome:
    """What came of a job; `wrong` says why nothing did."""

    number: int
    state: str = ""
    faults: tuple[Fault, ...] = ()
    made: "Archive | None" = None
    verdict: dict[str, Any] | None = None
    """What a check found, for machines."""
    code: ExitCode = ExitCode.DONE
    wrong: str = ""
    mend: str = ""
    seconds: float = 0


@dataclass(frozen=True)
class Chosen:
    """The projects to be done, what they are called, and which of the catalogue's have no workbook yet."""

    numbers: tuple[int, ...]
    names: dict[int, str]
    without: tuple[int, ...] = ()


Work = Callable[[Job], Outcome]


class Hands(Protocol):
    """Whoever does jobs: `pool.Pool` or `cluster.Machines`."""

    tries: int
    """How often a job is handed in whose process died."""
    lost: tuple[str, str]
    """What is said of it after the last time: what is wrong, what to do."""

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Hand in a job."""

    def doing(self) -> list[Doing]:
        """What is being done just now, as far as it is known."""


class Watch(Protocol):
    """Whoever watches many jobs."""

    def doing(self, doing: Sequence[Doing]) -> None:
        """Time has passed."""

    def done(self, outcome: Outcome) -> None:
        """One more job is done."""


def choose(inputs: Path, numbers: Sequence[int] = ()) -> Chosen:
    """The given projects; without any, all of the catalogue that have a workbook. Raises `Stop` when none has."""
    found = survey.inputs(inputs)
    names = {number: entry.name for number, entry in sorted(found.entries.items())}
    if numbers:
        return Chosen(tuple(sorted(set(numbers))), names)
    ready = tuple(number for number in names if number in found.workbooks)
    if not ready:
        raise Stop(ExitCode.FAULTY, "还没有一个项目有工作簿", "请运行 make new PROJECT=1 生成空白工作簿，填好后再来")
    return Chosen(ready, names, tuple(number for number in names if number not in ready))


def archive(job: Job) -> Outcome:
    """Make a project's archive."""

    def make() -> Outcome:
        from paperwork import build

        slate = pool.Slate(job.number)
        try:
            places = (job.inputs, job.outputs, job.templates)
            made = build.archive(job.number, *places, slate, job.as_of, job.final, job.printers, job.fresh)
        finally:
            slate.wipe()
        return Outcome(job.number, made.state, made.faults, made)

    return _told(job, make)


def check(job: Job) -> Outcome:
    """Check a project; give its workbook back marked where that is wanted."""

    def make() -> Outcome:
        from paperwork import check

        checked = check.examine(job.number, job.inputs, job.as_of)
        if job.mark:
            check.give_back(checked, checked.faults, job.outputs / str(job.number))
        outcome = Outcome(job.number, checked.state, checked.faults, verdict=check.verdict(checked))
        try:
            check.refuse_errors(checked, checked.faults)
        except Stop as stop:
            return replace(outcome, code=stop.code, wrong=stop.wrong, mend=stop.mend)
        return outcome

    return _told(job, make)


def _told(job: Job, make: Callable[[], Outcome]) -> Outcome:
    """Do it, and tell what came of it, whatever that is."""
    begun = monotonic()
    try:
        outcome = make()
    except Exception as error:
        outcome = _failed(job, as_stop(error))
    return replace(outcome, seconds=monotonic() - begun)


def _failed(job: Job, stop: Stop) -> Outcome:
    wrong = f"{stop.where}：{stop.wrong}" if stop.where else stop.wrong
    return Outcome(job.number, faults=stop.faults, code=stop.code, wrong=wrong, mend=stop.mend)


def jobs_of(job: Job, numbers: Sequence[int], size: int) -> list[Job]:
    """A job for each project. With fewer projects than cores (`size`) each has more of them."""
    return [replace(job, number=number, printers=max(1, size // len(numbers))) for number in numbers]


def carry_out(
    work: Work, job: Job, numbers: Sequence[int], size: int, watch: Watch, scheduler: str = ""
) -> list[Outcome]:
    """Do a job for each project, with so many processes here or with the scheduler's workers; outcomes by number.

    Raises `Stop` only when there is nobody to do it.
    """
    jobs = jobs_of(job, numbers, len(numbers) if scheduler else size)
    outcomes = []
    with _hands(job, min(size, len(numbers)), scheduler) as hands:
        for outcome in run(work, jobs, hands, watch):
            watch.done(outcome)
            outcomes.append(outcome)
    return sorted(outcomes, key=lambda outcome: outcome.number)


@contextmanager
def _hands(job: Job, size: int, scheduler: str) -> Iterator[Hands]:
    if scheduler:
        from paperwork import cluster

        with cluster.machines(scheduler, job.inputs, job.outputs, job.templates) as machines:
            yield machines
    else:
        with pool.Pool(size) as processes:
            yield processes


def run(work: Work, jobs: Sequence[Job], hands: Hands, watch: Watch) -> Iterator[Outcome]:
    """Hand the jobs in and yield the outcomes as they come; a job whose process died is handed in again."""
    waiting = {hands.submit(work, job): (job, 1) for job in jobs}
    while waiting:
        finished, _ = wait(waiting, TICK, FIRST_COMPLETED)
        for future in finished:
            job, tried = waiting.pop(future)
            outcome = came_of(future, job)
            if outcome is None and tried < hands.tries:
                waiting[hands.submit(work, job)] = job, tried + 1
            else:
                yield outcome or lost(job, *hands.lost)
        watch.doing(hands.doing())


def came_of(future: Future[Outcome], job: Job) -> Outcome | None:
    """What came of a job; nothing when whoever did it is gone, or was told to drop it."""
    try:
        return future.result()
    except Stop as stop:
        return _failed(job, stop)
    except (Exception, SystemExit):
        return None


def lost(job: Job, wrong: str, mend: str) -> Outcome:
    """Whoever did this one is gone, or died of it again and again. What they left is put away."""
    with suppress(Stop, OSError), turn.of(job.outputs, str(job.number), ""):
        pass
    return Outcome(job.number, code=ExitCode.FAILED, wrong=wrong, mend=mend)


def code(outcomes: Sequence[Outcome]) -> ExitCode:
    """The exit code of it all: that of the first project that was not done."""
    return next((outcome.code for outcome in outcomes if outcome.code), ExitCode.DONE)


def for_machines(outcome: Outcome) -> dict[str, Any]:
    """What a check found, as `check --json` tells of one project; and of which one, and why nothing came of it."""
    from paperwork import check

    found = outcome.verdict or {"state": "", "faults": [check.told(fault) for fault in outcome.faults], "clauses": []}
    return {"project": outcome.number, **found, "wrong": outcome.wrong, "mend": outcome.mend}
