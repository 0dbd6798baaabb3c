"""Watch the inputs folder and check, or rebuild, the projects whose files change.

No file ends the watch: an unreadable file, or one that kills the process reading it, is reported.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from threading import Event
from typing import Protocol

from paperwork.build import batch, pool
from paperwork.core.faults import ExitCode, Fault, Stop, as_stop
from paperwork.core.values import ProjectNumber
from paperwork.desk.folder_watch import QUIET_SECONDS, FolderWatcher
from paperwork.project import input_folder

logger = logging.getLogger(__name__)
SURVEY_ATTEMPTS = 2
"""Attempts to scan the folder: an idle worker process may have been killed long before."""
STATE_FILE = ".看守.json"
"""File in the outputs folder with the changes already handled."""


class Listener(batch.BatchObserver, Protocol):
    """Receiver of events. It never gets names of photos, which may be names of children."""

    def on_begin(self, polling: bool) -> None:
        """Report that the watch has begun; `polling` if the system sends no events for the folder."""

    def on_change(self, numbers: Sequence[int]) -> None:
        """Report that files of these projects have changed and are being checked."""

    def on_faults(self, faults: Sequence[Fault]) -> None:
        """Report faults of changed files, whether or not they belong to a project."""

    def on_error(self, stop: Stop) -> None:
        """Report that the folder could not be checked; the watch continues and retries at the next change."""


@dataclass(frozen=True)
class Owners:
    """Projects that own the files in the inputs folder, by relative path."""

    workbooks: dict[str, int]
    catalogues: frozenset[str]
    ready: frozenset[int]
    """Numbers of published projects that have a workbook."""
    faults: tuple[Fault, ...]

    def projects_of(self, changed: Iterable[str], before: Mapping[str, int]) -> list[int]:
        """Return the projects that own the changed files; all ready ones for a file without a known owner.

        A workbook that was removed, or has become unreadable, belongs to its project in `before`.
        """
        numbers_by_path: dict[str, set[int]] = {}
        for path, number in (*before.items(), *self.workbooks.items()):
            numbers_by_path.setdefault(path, set()).add(number)
            numbers_by_path.setdefault(str(PurePosixPath(path).parent), set()).add(number)
        numbers_by_path.pop(".", None)  # files in the root may belong to any project
        numbers: set[int] = set()
        for path in changed:
            candidates = [] if path in self.catalogues else [path, *map(str, PurePosixPath(path).parents)]
            # The nearest folder with a workbook decides: photos lie in subfolders of the workbook's folder.
            numbers |= next((numbers_by_path[place] for place in candidates if place in numbers_by_path), self.ready)
        return sorted(map(ProjectNumber, numbers))


def watch(
    inputs: Path,
    outputs: Path,
    templates: Path,
    day: Callable[[], date],
    archive: bool,
    tell: Listener,
    stop: Event,
    quiet: float = QUIET_SECONDS,
) -> None:
    """Check the projects whose files change, or build their archives, until `stop` is set.

    `day` is called each time for the date of the check. Raises `Stop` only if the folder does not exist, or contains
    the outputs or lies in them.
    """
    _refuse_overlap(inputs, outputs)
    job = batch.Job(0, inputs.resolve(), outputs.resolve(), templates.resolve(), day())
    watcher = FolderWatcher(job.inputs, job.outputs / STATE_FILE, quiet)
    tell.on_begin(watcher.is_polling)
    pending: set[str] = set()
    with pool.Pool.start(os.cpu_count() or 2) as workers:
        for changed in watcher.changes(stop):
            pending |= changed
            try:
                owners = _read_owners(job.inputs, job.templates, workers)
                tell.on_faults([fault for fault in owners.faults if fault.where.file in pending])
                numbers = owners.projects_of(pending, watcher.notes)
                _log_reasons(owners, pending, watcher.notes, numbers)
                _run_projects(replace(job, as_of=day()), numbers, archive, workers, tell)
            # Catch everything: the watch must go on for days, and `pending` is retried at the next change.
            except Exception as error:
                tell.on_error(_without_file_name(error))
                continue
            # Only after success: a change that could not be handled stays pending and is reported again after a
            # restart.
            watcher.notes = {
                path: number for path, number in watcher.notes.items() if path in watcher.known
            } | owners.workbooks
            watcher.save_state()
            pending.clear()


def _refuse_overlap(inputs: Path, outputs: Path) -> None:
    """Raise `Stop` if the program's own output would be taken for staff's input."""
    out, source = outputs.resolve(), inputs.resolve()
    if not source.is_dir():
        raise Stop(ExitCode.FAULTY, f"没有 {inputs} 这个文件夹", "请新建它，并放入项目发布目录和工作簿")
    if out.is_relative_to(source) or source.is_relative_to(out):
        wrong = f"{inputs} 和 {outputs} 一个在另一个里面"
        raise Stop(ExitCode.FAULTY, wrong, "请把收材料的文件夹和放成品的文件夹分开，互不包含")


def _read_owners(inputs: Path, templates: Path, workers: pool.Pool) -> Owners:
    """Survey the folder in a worker process, which a file may crash; raises `Stop`."""
    for _ in range(SURVEY_ATTEMPTS):
        with suppress(BrokenExecutor):
            return workers.submit(_survey, (inputs, templates)).result()
    wrong = "查看收件文件夹的进程中途被系统结束"
    mend = "多半是内存不够，或者刚放进来的表格坏了：请先把它移出来，能打开的再放回去"
    raise Stop(ExitCode.FAILED, wrong, mend)


def _survey(folders: tuple[Path, Path]) -> Owners:
    """Return the owners of all files in the inputs folder."""
    found = input_folder.scan_inputs(*folders)
    workbooks = {found.name(path): number for number, paths in found.workbooks.items() for path in paths}
    # 要求解读 may concern every project, as a catalogue does.
    catalogues = frozenset(map(found.name, (*found.catalogues, *(each.path for each in found.decisions))))
    return Owners(workbooks, catalogues, frozenset(found.entries.keys() & found.workbooks), tuple(found.faults))


def _log_reasons(owners: Owners, changed: set[str], before: Mapping[str, int], numbers: Sequence[int]) -> None:
    """Write to the log which projects are checked and why, without file names."""
    workbooks = sorted(changed & (owners.workbooks.keys() | before.keys()))
    of = ", ".join(str(owners.workbooks.get(path, before.get(path))) for path in workbooks)
    others = len(changed) - len(workbooks) - len(owners.catalogues & changed)
    logger.info(
        "checking projects %s; changed: catalogue %s, workbooks of projects %s, %d other files",
        list(numbers), "yes" if owners.catalogues & changed else "no", of or "none", others,
    )  # fmt: skip


def _run_projects(job: batch.Job, numbers: Sequence[int], archive: bool, workers: pool.Pool, tell: Listener) -> None:
    """Check these projects or build their archives, and report each outcome as it comes."""
    if not numbers:
        return
    tell.on_change(numbers)
    work = batch.build if archive else batch.check
    result = batch.run(work, batch.jobs_of(job, numbers, len(workers.workers)), workers, tell)
    if result.faults:
        tell.on_faults(result.faults)


def _without_file_name(error: Exception) -> Stop:
    """Return the error as a `Stop` without the file name, which may be a child's name."""
    return as_stop(OSError(error.errno, error.strerror) if isinstance(error, OSError) else error)
