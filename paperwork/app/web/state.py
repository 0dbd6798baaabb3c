"""State behind the page: the folders, the worker processes, and what is known of each project.

Every file from outside is opened in a worker process (`build.pool`), so that no upload can crash the server.
"""

import asyncio
import datetime as dt
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Timer
from time import monotonic
from typing import TypeVar

from paperwork.app.web.jobs import JobQueue
from paperwork.archive import history
from paperwork.build import batch
from paperwork.build.batch import Job
from paperwork.build.pool import Pool
from paperwork.core.dates import today
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk import board, dossier, inbox, printing
from paperwork.desk.board import Board
from paperwork.desk.dossier import Dossier, FileLine
from paperwork.desk.inbox import Accepted
from paperwork.desk.printing import PrintOrder
from paperwork.desk.readings import edits, page
from paperwork.desk.readings.edits import Form, Outcome
from paperwork.desk.readings.page import ReadingPage
from paperwork.formats.media import photos
from paperwork.formats.pdf import render
from paperwork.project import blank_workbook, input_folder
from paperwork.project.funder import read_funder
from paperwork.volume import binder

J = TypeVar("J")
T = TypeVar("T")
MAX_PICTURES = 600
"""Number of rendered pages kept in memory."""
BOARD_SECONDS = 1.0
"""Seconds for which a scan of the folders stays valid."""
WORKERS = 2
"""Number of worker processes that read projects and render pages."""
TASK_SECONDS = 120
"""Timeout for one task of a worker: a crafted file may otherwise keep it busy without end."""
SHUTDOWN_SECONDS = 3
"""Seconds that workers get to finish when the server shuts down."""


@dataclass
class PageState:
    """State of one served pair of folders; `job` holds their paths."""

    job: Job
    builds: JobQueue
    workers: Pool
    """Workers that read projects and render pages."""
    upload_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Lock: one upload or change of the reading is written at a time."""
    print_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Name and content of the last files that wait for a confirmation, by token."""
    sent: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Descriptions of print jobs sent since the server started, by project number."""
    _board_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _dossiers: dict[int, tuple[str, Dossier]] = field(default_factory=dict)
    _cached_board: tuple[float, Board] | None = None
    _images: OrderedDict[tuple[str, str, int], bytes] = field(default_factory=OrderedDict)

    async def run_in_worker(self, work: Callable[[J], T], job: J) -> T:
        """Run `work` in a worker process; raises what it raises, and `Stop` if the process dies or times out."""
        try:
            return await asyncio.wrap_future(self.workers.submit(work, job))
        except BrokenExecutor:
            wrong = f"处理这份文件的进程中途结束了，或 {TASK_SECONDS} 秒还没有做完"
            raise Stop(ExitCode.FAILED, wrong, "多半是文件太大、太复杂，或内存不够；请拆小、另存后再试") from None

    async def board(self) -> Board:
        """Return the published projects, at most `BOARD_SECONDS` old."""
        # The lock makes concurrent requests share one scan.
        async with self._board_lock:
            cached = self._cached_board
            if cached is None or monotonic() - cached[0] > BOARD_SECONDS:
                cached = self._cached_board = monotonic(), await self.run_in_worker(_load_board, self._job_today())
            return cached[1]

    async def project(self, number: int) -> tuple[str, Dossier]:
        """Return stamp and dossier of a project; it is read again only if the stamp has changed."""
        stamp = _stamp(await self.board(), number)
        if number not in self._dossiers or self._dossiers[number][0] != stamp:
            self._dossiers[number] = stamp, await self.run_in_worker(_load_dossier, self._job_today(number))
        return self._dossiers[number]

    def cached_dossiers(self, board: Board) -> dict[int, Dossier]:
        """Return the cached dossiers that are still valid, without reading anything."""
        return {number: shown for number, (stamp, shown) in self._dossiers.items() if stamp == _stamp(board, number)}

    @classmethod
    def start(cls, job: Job) -> "PageState":
        """Start the worker processes, one of them for builds."""
        return cls(job, JobQueue(job, Pool.start(1)), Pool.start(WORKERS, TASK_SECONDS))

    def warm_up(self) -> None:
        """Make each worker import its modules now, so that the first request need not wait."""
        for _ in range(WORKERS):
            self.workers.submit(_load_board, self._job_today())

    def invalidate(self) -> None:
        """Discard the cached board after a change."""
        self._cached_board = None

    async def restore(self, number: int, state: str) -> None:
        """Put an earlier archive of a state back in place; raises `Stop`."""
        try:
            await self.run_in_worker(_restore, (self.job.outputs, number, state))
        finally:
            self.invalidate()

    async def mark(self, number: int) -> None:
        """Write the copy of the workbook with its faults marked."""
        await self.run_in_worker(batch.check, self._job_today(number))

    async def accept_upload(
        self, upload: Path, name: str, number: int, activity: str, agreed: bool = False
    ) -> Accepted:
        """Put an uploaded file in its place; raises `Unreadable` with the reason if it is refused.

        A file that changes what is published, or undoes a change, needs to be `agreed`, else `Stop` tells what.
        """
        async with self.upload_lock:
            codes: tuple[str, ...] = ()
            named: tuple[str, ...] = ()
            if number:
                _, shown = await self.project(number)
                codes = tuple(each.code for each in shown.activities)
                named = tuple(each.file for each in shown.papers)
            task = Upload(upload, name, self.job.inputs, number, activity, codes, named, agreed, self.job.templates)
            try:
                return await self.run_in_worker(_accept, task)
            finally:
                self.invalidate()

    async def reading(self, number: int) -> ReadingPage | None:
        """Return how a project's texts are read; None if the catalogue has no such project. Raises `Stop`."""
        return await self.run_in_worker(_load_reading, self._job_today(number))

    async def change_reading(self, number: int, action: str, form: Form) -> Outcome:
        """Do what a form of the reading asks for; raises `Stop` if it is out of date or cannot be written."""
        async with self.upload_lock:
            try:
                return await self.run_in_worker(_change_reading, (self._job_today(number), action, form))
            finally:
                self.invalidate()

    async def files(self) -> tuple[FileLine, ...]:
        """Return what becomes of each file below the inputs folder; raises `Stop`."""
        return await self.run_in_worker(_load_files, self._job_today())

    async def blank(self, number: int) -> bytes | None:
        """Return a blank workbook; None if the catalogue has no such project."""
        return await self.run_in_worker(_blank, self._job_today(number))

    async def order(self, number: int, wanted: str) -> PrintOrder:
        """Return the print order for a printer; raises `Stop`."""
        return await asyncio.to_thread(printing.make_order, number, self.job.outputs, wanted, True)

    async def print(self, number: int, wanted: str, ticket: str) -> None:
        """Send an order to the printer; raises `Stop`.

        `ticket` is the number of jobs sent when the form was rendered. If it is out of date, nothing is printed, so
        that a double click prints once.
        """
        async with self.print_lock:
            # The lock and the ticket together: of two equal submissions only the first matches.
            if ticket != str(len(self.sent.get(number, ()))):
                return
            order = await self.order(number, wanted)
            for each in order.jobs if order.printer else ():
                job = await asyncio.to_thread(printing.send, each)
                self.sent[number] = (*self.sent.get(number, ()), f"{each.path.name}，任务 {job}")

    async def picture(self, number: int, label: str, width: int) -> bytes | None:
        """Return a page of the volume as PNG; None if there is no such page."""
        volume = self.volume(number)
        if volume is None:
            return None
        stat = volume.stat()
        # Time and size are part of the key, so a rebuilt volume never shows an old page.
        key = (f"{number} {stat.st_mtime_ns} {stat.st_size}", label, width)
        if key not in self._images:
            image = await self.run_in_worker(_render, (volume, label, width))
            if image is None:
                return None
            self._images[key] = image
            while len(self._images) > MAX_PICTURES:
                self._images.popitem(last=False)
        return self._images[key]

    async def labels(self, number: int) -> tuple[str, ...]:
        """Return the page labels of the volume in order; empty if there is no volume."""
        volume = self.volume(number)
        return await self.run_in_worker(_labels, volume) if volume else ()

    def volume(self, number: int) -> Path | None:
        """Return the path of the bound volume; None if it is missing or a link out of the outputs folder."""
        path = self.job.outputs / str(number) / binder.VOLUME
        return path if is_inside(self.job.outputs, path) else None

    def _job_today(self, number: int = 0) -> Job:
        """Return a job for a project, judged as of today."""
        return replace(self.job, number=number, as_of=today())

    def close(self) -> None:
        """Cancel all builds and shut down the workers, by force after `SHUTDOWN_SECONDS` seconds."""
        self.builds.close()
        # Leaving the pool waits for running tasks without a limit, so kill the workers if they do not finish.
        kill_timer = Timer(SHUTDOWN_SECONDS, self.workers.kill)
        kill_timer.start()
        self.workers.close()
        kill_timer.cancel()


def is_inside(root: Path, path: Path) -> bool:
    """Return True if a file lies in a folder after resolving links, so that a planted link cannot expose others."""
    return path.is_file() and path.resolve().is_relative_to(root.resolve())


def _stamp(board: Board, number: int) -> str:
    """Return a project's stamp: that of its files, and the date."""
    own = next((card.stamp for card in board.cards if card.number == number), board.stamp)
    return f"{own}-{today():%Y%m%d}"


@dataclass(frozen=True)
class Upload:
    """Upload as passed to a worker process."""

    path: Path
    name: str
    root: Path
    number: int
    activity: str
    activities: tuple[str, ...]
    named: tuple[str, ...]
    agreed: bool = False
    templates: Path | None = None


# ---- run in worker processes; module-level functions, because they are pickled by name


def _load_board(job: Job) -> Board:
    """Return the board."""
    return board.board(job.inputs, job.outputs, job.templates)


def _load_dossier(job: Job) -> Dossier:
    """Return a project's dossier."""
    return dossier.read_dossier(job.inputs, job.outputs, job.number, job.as_of, job.templates)


def _load_files(job: Job) -> tuple[FileLine, ...]:
    """Return the account of all files."""
    return dossier.read_files(job.inputs, job.templates)


def _accept(upload: Upload) -> Accepted:
    """Put an uploaded file in its place."""
    now = dt.datetime.now().astimezone()
    return inbox.accept(
        upload.path, upload.name, upload.root, upload.number, upload.activity, upload.activities, upload.named, now,
        upload.agreed, upload.templates,
    )  # fmt: skip


def _load_reading(job: Job) -> ReadingPage | None:
    """Return how a project's texts are read."""
    return page.read_page(job.inputs, job.templates, job.number)


def _change_reading(task: tuple[Job, str, Form]) -> Outcome:
    """Do what a form of the reading asks for."""
    job, action, form = task
    return edits.change(job.inputs, job.templates, job.number, action, form)


def _blank(job: Job) -> bytes | None:
    """Return a blank workbook as bytes; None if the project is not published."""
    entry = input_folder.scan_inputs(job.inputs, job.templates).entries.get(job.number)
    if entry is None:
        return None
    with tempfile.TemporaryDirectory(prefix="paperwork-blank-") as folder:
        path, choices = Path(folder, "项目数据.xlsx"), read_funder(job.templates).choices
        blank_workbook.write_workbook(path, blank_workbook.rows_from_catalogue(entry), entry.span.start, choices)
        return path.read_bytes()


def _restore(task: tuple[Path, int, str]) -> None:
    """Put an earlier archive back in place, given as outputs folder, project and state."""
    history.restore(*task)


def _labels(volume: Path) -> tuple[str, ...]:
    """Return the page labels of a volume."""
    return tuple(render.page_labels(volume))


def _render(task: tuple[Path, str, int]) -> bytes | None:
    """Render one page, given as path, label and width; None if there is no such label."""
    volume, label, width = task
    labels = render.page_labels(volume)
    if label not in labels:
        return None
    [pixels] = render.render_pages(volume, {labels.index(label): width})
    return photos.png(pixels.width, pixels.height, pixels.data)
