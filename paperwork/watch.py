"""What happens in the inputs folder → the projects it belongs to, checked or made anew.

Nothing that lies there ends the watch: a file that cannot be read is told, and so is a process that died of one.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from threading import Event
from typing import Protocol

from paperwork import fleet, pool, register, survey
from paperwork.faults import ExitCode, Fault, Stop, as_stop
from paperwork.tray import QUIET, Tray

TRIES = 2
"""How often the folder is looked through: a process that nobody needed may have been killed long ago."""
MEMORY = ".看守.json"
"""Where it stands in the outputs folder what has been dealt with."""


class Tell(fleet.Watch, Protocol):
    """Whoever wants to know what happens. Names of photos are never told: they may be names of children."""

    def begun(self, polling: bool) -> None:
        """The watch begins; `polling` when the system tells of nothing and it looks by itself."""

    def seen(self, numbers: Sequence[int]) -> None:
        """Files of these projects have changed; they are looked at now."""

    def noted(self, faults: Sequence[Fault]) -> None:
        """Something is wrong with a file that was dropped, whosoever it is."""

    def failed(self, stop: Stop) -> None:
        """Nothing could be looked at; the watch goes on, and it is tried again with the next change."""


@dataclass(frozen=True)
class Owners:
    """Whose the files in the inputs folder are, by their paths in it."""

    workbooks: dict[str, int]
    catalogue: str
    ready: frozenset[int]
    """The projects of the catalogue that have a workbook."""
    faults: tuple[Fault, ...]

    def of(self, changed: Iterable[str], before: Mapping[str, int]) -> list[int]:
        """The projects that changed files belong to; all that are ready where that cannot be told.

        A workbook that is gone, or cannot be read any more, belongs to the project `before`.
        """
        homes: dict[str, set[int]] = {}
        for path, number in (*before.items(), *self.workbooks.items()):
            homes.setdefault(path, set()).add(number)
            homes.setdefault(str(PurePosixPath(path).parent), set()).add(number)
        homes.pop(".", None)  # what lies beside everything belongs to nobody
        numbers: set[int] = set()
        for path in changed:
            places = [] if path == self.catalogue else [path, *map(str, PurePosixPath(path).parents)]
            numbers |= next((homes[place] for place in places if place in homes), self.ready)
        return sorted(numbers)


def watch(
    inputs: Path,
    outputs: Path,
    templates: Path,
    day: Callable[[], date],
    archive: bool,
    tell: Tell,
    stop: Event,
    quiet: float = QUIET,
) -> None:
    """Check the projects whose files change, or make their archives, until told to stop.

    `day` tells as of when, each time anew. Raises `Stop` only when there is no such folder, or it would see its own
    outputs.
    """
    _refuse(inputs, outputs)
    job = fleet.Job(0, inputs.resolve(), outputs.resolve(), templates.resolve(), day())
    tray = Tray(job.inputs, job.outputs / MEMORY, quiet)
    tell.begun(tray.polling)
    owed: set[str] = set()
    with pool.Pool(os.cpu_count() or 2) as hands:
        for changed in tray.changes(stop):
            owed |= changed
            try:
                owners = _owners(job.inputs, hands)
                tell.noted([fault for fault in owners.faults if fault.where.file in owed])
                _carry_out(replace(job, as_of=day()), owners.of(owed, tray.notes), archive, hands, tell)
            except Exception as error:
                tell.failed(_nameless(error))
                continue
            tray.notes = {path: number for path, number in tray.notes.items() if path in tray.known} | owners.workbooks
            tray.settle()
            owed.clear()


def _refuse(inputs: Path, outputs: Path) -> None:
    """Raise `Stop` where what is made would be taken for something that was dropped."""
    ours, theirs = outputs.resolve(), inputs.resolve()
    if not theirs.is_dir():
        raise Stop(ExitCode.FAULTY, f"没有 {inputs} 这个文件夹", "请新建它，并放入项目发布目录和工作簿")
    if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
        wrong = f"{inputs} 和 {outputs} 一个在另一个里面"
        raise Stop(ExitCode.FAULTY, wrong, "请把收材料的文件夹和放成品的文件夹分开，互不包含")


def _owners(inputs: Path, hands: pool.Pool) -> Owners:
    """Look through the folder, in a process of its own: a file may be the death of it. Raises `Stop`."""
    for _ in range(TRIES):
        with suppress(BrokenExecutor):
            return hands.submit(_survey, inputs).result()
    wrong = "查看收件文件夹的进程中途被系统结束"
    mend = "多半是内存不够，或者刚放进来的表格坏了：请先把它移出来，能打开的再放回去"
    raise Stop(ExitCode.FAILED, wrong, mend)


def _survey(inputs: Path) -> Owners:
    found = survey.inputs(inputs)
    workbooks = {found.name(path): number for number, paths in found.workbooks.items() for path in paths}
    catalogue = next((entry.place.file for entry in found.entries.values()), "")
    return Owners(workbooks, catalogue, frozenset(found.entries.keys() & found.workbooks), tuple(found.faults))


def _carry_out(job: fleet.Job, numbers: Sequence[int], archive: bool, hands: pool.Pool, tell: Tell) -> None:
    """Check these projects or make their archives; what comes of each is told as it comes."""
    if not numbers:
        return
    tell.seen(numbers)
    work = fleet.archive if archive else fleet.check
    made = []
    for outcome in fleet.run(work, fleet.jobs_of(job, numbers, len(hands.desks)), hands, tell):
        tell.done(outcome)
        made += [outcome.made] if outcome.made else []
    if made:
        tell.noted(register.update(job.outputs, not all(each.same for each in made)))


def _nameless(error: Exception) -> Stop:
    """What went wrong, without the name of a file that may be a child's."""
    return as_stop(OSError(error.errno, error.strerror) if isinstance(error, OSError) else error)
