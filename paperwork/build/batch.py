"""Run one job per project on an executor: local worker processes or a Dask cluster.

A job never raises. An error becomes part of its outcome, so that one project's failure does not affect the others. A
job is submitted again only if its worker process has died. The project's lock (`core.lock`) ensures that two workers
never build the same project at once.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from paperwork.build import pool
from paperwork.build.pool import ProjectProgress
from paperwork.core import commands, lock
from paperwork.core.faults import ExitCode, Fault, Level, Stop, as_stop
from paperwork.core.values import ProjectNumber
from paperwork.project import input_folder

if TYPE_CHECKING:
    from paperwork.archive.manifest import Verdicts
    from paperwork.build.project import BuildResult

logger = logging.getLogger(__name__)

TICK = 0.2
"""Interval of progress reports in seconds."""


@dataclass(frozen=True)
class Job:
    """A project to check or build, with all that a worker process on another machine must know."""

    number: int
    inputs: Path
    outputs: Path
    templates: Path
    as_of: date
    final: bool = False
    fresh: bool = False
    replacing: bool = False
    """True if a complete archive may be replaced by a draft: staff have been asked."""
    printers: int = 1
    """Number of LibreOffice processes that the job may start."""
    mark: bool = True
    """True if a check writes a copy of the workbook with the faults marked."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of a job; `wrong` and `mend` hold the reason of a failure and its remedy."""

    number: int
    state: str = ""
    faults: tuple[Fault, ...] = ()
    archive: "BuildResult | None" = None
    verdicts: "Verdicts | None" = None
    """Result of a check."""
    code: ExitCode = ExitCode.DONE
    wrong: str = ""
    mend: str = ""
    seconds: float = 0


@dataclass(frozen=True)
class BatchResult:
    """Outcomes of a batch in order of project number, and the notices of the register that it was entered in."""

    outcomes: tuple[Outcome, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The selected projects, all names from the catalogue, and the projects that have no workbook yet."""

    numbers: tuple[int, ...]
    names: dict[int, str]
    without: tuple[int, ...] = ()


Work = Callable[[Job], Outcome]


class Executor(Protocol):
    """Executor protocol, implemented by `pool.Pool` (local processes) and `cluster.Cluster` (Dask workers)."""

    tries: int
    """Number of times that a job is submitted if its worker process dies."""
    loss_fault: tuple[str, str]
    """Fault text for a job after the last try: reason and remedy."""

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Submit a job."""

    def progress(self) -> list[ProjectProgress]:
        """Return the progress of the running jobs; empty if it is not known."""


class BatchObserver(Protocol):
    """Observer of a batch of jobs."""

    def on_progress(self, doing: Sequence[ProjectProgress]) -> None:
        """Receive the progress of the running jobs, at least every `TICK` seconds."""

    def on_done(self, outcome: Outcome) -> None:
        """Receive the outcome of a finished job."""


def select_projects(inputs: Path, templates: Path | None, numbers: Sequence[int] = ()) -> Selection:
    """Return the given projects, or by default all in the catalogue that have a workbook.

    Raises `Stop` if no project has a workbook.
    """
    found = input_folder.scan_inputs(inputs, templates)
    names = {number: entry.name for number, entry in sorted(found.entries.items())}
    if numbers:
        return Selection(
            tuple(sorted({found.known(number) if ProjectNumber(number).year else number for number in numbers})), names
        )
    # Of older years a project is named: they are done.
    newest = [number for number in names if not ProjectNumber(number).year]
    with_workbook = tuple(number for number in newest if number in found.workbooks)
    if not with_workbook:
        mend = f"请运行 {commands.command('new', 1)} 生成空白工作簿，填好后再来"
        raise Stop(ExitCode.FAULTY, "还没有一个项目有工作簿", mend)
    return Selection(with_workbook, names, tuple(number for number in newest if number not in with_workbook))


def archive(job: Job) -> Outcome:
    """Build and register a project's archive, as the only job; never raises an `Exception`."""

    def make() -> Outcome:
        from paperwork.build import project

        return _built(job, project.archive)

    return _run_safely(job, make)


def build(job: Job) -> Outcome:
    """Build a project's archive as one of several jobs, registered by `run`; never raises an `Exception`."""

    def make() -> Outcome:
        from paperwork.build import project

        return _built(job, project.build)

    return _run_safely(job, make)


def _built(job: Job, build: "Callable[..., BuildResult]") -> Outcome:
    """Return the outcome of a build that reports its progress."""
    progress = pool.ProgressSlot(job.number)
    # Cleared in `finally`, else the last project would look as if it were still being built.
    try:
        places = (job.inputs, job.outputs, job.templates)
        made = build(job.number, *places, progress, job.as_of, job.final, job.printers, job.fresh, job.replacing)
    finally:
        progress.clear()
    return Outcome(job.number, made.state, made.faults, made)


def check(job: Job) -> Outcome:
    """Check a project; never raises an `Exception`.

    If `job.mark` is set, a copy of the workbook with the faults marked is written.
    """

    def make() -> Outcome:
        from paperwork.archive import history, manifest
        from paperwork.checks import check

        checked = check.examine(job.number, job.inputs, job.as_of, job.templates)
        if job.mark:
            history.settle(job.outputs, checked.inputs)
            check.write_marked_copy(checked, checked.faults, job.outputs / str(job.number))
        outcome = Outcome(job.number, checked.state, checked.faults, verdicts=manifest.make_verdicts(checked))
        try:
            check.raise_on_errors(checked, checked.faults)
        except Stop as stop:
            return replace(outcome, code=stop.code, wrong=stop.wrong, mend=stop.mend)
        return outcome

    return _run_safely(job, make)


def _run_safely(job: Job, run_job: Callable[[], Outcome]) -> Outcome:
    """Run a job and return its outcome with the time taken; turn any exception into a failed outcome."""
    started = monotonic()
    try:
        outcome = run_job()
    except Exception as error:
        outcome = _failed(job, as_stop(error))
    seconds = monotonic() - started
    levels = ", ".join(f"{sum(each.level is level for each in outcome.faults)} {level.name}" for level in Level)
    logger.info("project %d: %s, %.1f s, faults: %s", job.number, outcome.code.name, seconds, levels)
    return replace(outcome, seconds=seconds)


def _failed(job: Job, stop: Stop) -> Outcome:
    """Return the outcome of a job that ended with `Stop`."""
    wrong = f"{stop.where}：{stop.wrong}" if stop.where else stop.wrong
    return Outcome(job.number, faults=stop.faults, code=stop.code, wrong=wrong, mend=stop.mend)


def jobs_of(job: Job, numbers: Sequence[int], size: int) -> list[Job]:
    """Return a job for each project; the cores (`size`) are shared evenly if there are fewer projects than cores."""
    return [replace(job, number=number, printers=max(1, size // len(numbers))) for number in numbers]


def run_all(
    work: Work, job: Job, numbers: Sequence[int], size: int, watch: BatchObserver, scheduler: str = ""
) -> BatchResult:
    """Run a job for each project.

    The jobs run in at most `size` local processes, or on the workers of the Dask scheduler at address `scheduler`.
    Raises `Stop` only if there is no executor to run them.
    """
    jobs = jobs_of(job, numbers, len(numbers) if scheduler else size)
    with _executor(job, min(size, len(numbers)), scheduler) as executor:
        return run(work, jobs, executor, watch)


@contextmanager
def _executor(job: Job, size: int, scheduler: str) -> Iterator[Executor]:
    """Provide the executor: the workers of a Dask scheduler, or local processes."""
    if scheduler:
        from paperwork.build import cluster

        with cluster.connect(scheduler, job.inputs, job.outputs, job.templates) as machines:
            yield machines
    else:
        with pool.Pool.start(size) as processes:
            yield processes


def run(work: Work, jobs: Sequence[Job], executor: Executor, watch: BatchObserver) -> BatchResult:
    """Run the jobs, report each outcome to `watch` as it comes, and register the archives once at the end.

    A job is submitted again if its worker process has died.
    """
    outcomes: list[Outcome] = []
    pending = {executor.submit(work, job): (job, 1) for job in jobs}
    while pending:
        done, _ = wait(pending, TICK, FIRST_COMPLETED)
        for future in done:
            job, tries = pending.pop(future)
            outcome = outcome_of(future, job)
            if outcome is None and tries < executor.tries:
                pending[executor.submit(work, job)] = job, tries + 1
            else:
                outcomes.append(outcome or lost_outcome(job, *executor.loss_fault))
                watch.on_done(outcomes[-1])
        watch.on_progress(executor.progress())
    return BatchResult(tuple(sorted(outcomes, key=lambda outcome: outcome.number)), _register(jobs, outcomes))


def _register(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> tuple[Fault, ...]:
    """Register the archives of a batch, if there are any, and return the notices of the register."""
    made = [outcome.archive for outcome in outcomes if outcome.archive]
    if not made:
        return ()
    from paperwork.build import project

    return project.register_archives(jobs[0].outputs, made, jobs[0].inputs, jobs[0].templates)


def outcome_of(future: Future[Outcome], job: Job) -> Outcome | None:
    """Return the outcome of a job, or None if its worker process died or the job was cancelled."""
    try:
        return future.result()
    except Stop as stop:
        return _failed(job, stop)
    # A cancelled job ends with SystemExit, which is not an `Exception`.
    except (Exception, SystemExit):
        return None


def lost_outcome(job: Job, wrong: str, mend: str) -> Outcome:
    """Return the outcome of a job whose worker process was lost, after removing what it left behind."""
    # Taking the project's lock removes the work folders of killed builds and puts back an archive moved aside.
    with suppress(Stop, OSError), lock.hold_project(job.outputs, job.number):
        pass
    return Outcome(job.number, code=ExitCode.FAILED, wrong=wrong, mend=mend)


def code(outcomes: Sequence[Outcome]) -> ExitCode:
    """Return the exit code of the batch: that of the first project that failed."""
    return next((outcome.code for outcome in outcomes if outcome.code), ExitCode.DONE)


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON data: that of `check --json`, with project number, reason of failure and remedy."""
    from paperwork.archive import manifest

    if outcome.verdicts:
        result = outcome.verdicts.to_json_data()
    else:
        faults = [manifest.fault_entry(fault).to_json_data() for fault in outcome.faults]
        result = {"state": "", "faults": faults, "clauses": []}
    return {
        "project": ProjectNumber(outcome.number).stored,
        **result,
        "wrong": outcome.wrong,
        "mend": outcome.mend,
    }
