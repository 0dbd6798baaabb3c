"""State behind the page: the folders, the worker processes, and what is known of each project.

Every file from outside is opened in a worker process (`pool`), so that no upload can crash the server.
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

from paperwork import bind, blank, cards, dossier, fleet, intake, media, pool, printer, raster, survey
from paperwork.cards import Board
from paperwork.dates import today
from paperwork.dossier import Dossier
from paperwork.faults import ExitCode, Stop
from paperwork.fleet import Job
from paperwork.intake import Landed
from paperwork.printer import Order
from paperwork.web.making import Makings

J = TypeVar("J")
T = TypeVar("T")
MOST_PICTURES = 600
"""Number of rendered pages kept in memory."""
MOMENT = 1.0
"""Seconds for which a scan of the folders stays valid."""
HANDS = 2
"""Number of worker processes that read projects and render pages."""
SECONDS = 120
"""Timeout for one task of a worker: a crafted file may otherwise keep it busy without end."""
PATIENCE = 3
"""Seconds that workers get to finish when the server shuts down."""


@dataclass
class Site:
    """State of one served pair of folders; `job` holds their paths."""

    job: Job
    makings: Makings
    hands: pool.Pool = field(default_factory=lambda: pool.Pool(HANDS, SECONDS))
    landing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Lock: one upload is put in place at a time."""
    printing: asyncio.Lock = field(default_factory=asyncio.Lock)
    sent: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Descriptions of print jobs sent since the server started, by project number."""
    _board_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _dossiers: dict[int, tuple[str, Dossier]] = field(default_factory=dict)
    _cached_board: tuple[float, Board] | None = None
    _images: OrderedDict[tuple[str, str, int], bytes] = field(default_factory=OrderedDict)

    async def do(self, work: Callable[[J], T], job: J) -> T:
        """Run `work` in a worker process; raises what it raises, and `Stop` if the process dies or times out."""
        try:
            return await asyncio.wrap_future(self.hands.submit(work, job))
        except BrokenExecutor:
            wrong = f"处理这份文件的进程中途结束了，或 {SECONDS} 秒还没有做完"
            raise Stop(ExitCode.FAILED, wrong, "多半是文件太大、太复杂，或内存不够；请拆小、另存后再试") from None

    async def board(self) -> Board:
        """Return the published projects, at most `MOMENT` seconds old."""
        # The lock makes concurrent requests share one scan.
        async with self._board_lock:
            cached = self._cached_board
            if cached is None or monotonic() - cached[0] > MOMENT:
                cached = self._cached_board = monotonic(), await self.do(_load_board, self._job_today())
            return cached[1]

    async def project(self, number: int) -> tuple[str, Dossier]:
        """Return stamp and dossier of a project; it is read again only if the stamp has changed."""
        stamp = _stamp(await self.board(), number)
        if number not in self._dossiers or self._dossiers[number][0] != stamp:
            self._dossiers[number] = stamp, await self.do(_load_dossier, self._job_today(number))
        return self._dossiers[number]

    def at_hand(self, board: Board) -> dict[int, Dossier]:
        """Return the cached dossiers that are still valid, without reading anything."""
        return {number: shown for number, (stamp, shown) in self._dossiers.items() if stamp == _stamp(board, number)}

    def wake(self) -> None:
        """Make each worker import its modules now, so that the first request need not wait."""
        for _ in range(HANDS):
            self.hands.submit(_load_board, self._job_today())

    def forget(self) -> None:
        """Discard the cached board after a change."""
        self._cached_board = None

    async def mark(self, number: int) -> None:
        """Write the copy of the workbook with its faults marked."""
        await self.do(fleet.check, self._job_today(number))

    async def land(self, upload: Path, name: str, number: int, activity: str) -> Landed:
        """Put an uploaded file in its place; raises `ValueError` with the reason if it is refused."""
        async with self.landing:
            codes: tuple[str, ...] = ()
            named: tuple[str, ...] = ()
            if number:
                _, shown = await self.project(number)
                codes = tuple(each.code for each in shown.activities)
                named = tuple(each.file for each in shown.papers)
            task = Upload(upload, name, self.job.inputs, number, activity, codes, named)
            try:
                return await self.do(_accept, task)
            finally:
                self.forget()

    async def blank(self, number: int) -> bytes | None:
        """Return a blank workbook; None if the catalogue has no such project."""
        return await self.do(_blank, self._job_today(number))

    async def order(self, number: int, wanted: str) -> Order:
        """Return the print order for a printer; raises `Stop`."""
        return await asyncio.to_thread(printer.order, number, self.job.outputs, wanted, True)

    async def print(self, number: int, wanted: str, ticket: str) -> None:
        """Send an order to the printer; raises `Stop`.

        `ticket` is the number of jobs sent when the form was rendered. If it is out of date, nothing is printed, so
        that a double click prints once.
        """
        async with self.printing:
            # The lock and the ticket together: of two equal submissions only the first matches.
            if ticket != str(len(self.sent.get(number, ()))):
                return
            order = await self.order(number, wanted)
            for sheaf in order.sheaves if order.printer else ():
                job = await asyncio.to_thread(printer.send, sheaf)
                self.sent[number] = (*self.sent.get(number, ()), f"{sheaf.path.name}，任务 {job}")

    async def picture(self, number: int, label: str, width: int) -> bytes | None:
        """Return a page of the volume as PNG; None if there is no such page."""
        volume = self.volume(number)
        if volume is None:
            return None
        stat = volume.stat()
        # Time and size are part of the key, so a rebuilt volume never shows an old page.
        key = (f"{number} {stat.st_mtime_ns} {stat.st_size}", label, width)
        if key not in self._images:
            image = await self.do(_render, (volume, label, width))
            if image is None:
                return None
            self._images[key] = image
            while len(self._images) > MOST_PICTURES:
                self._images.popitem(last=False)
        return self._images[key]

    async def labels(self, number: int) -> tuple[str, ...]:
        """Return the page labels of the volume in order; empty if there is no volume."""
        volume = self.volume(number)
        return await self.do(_labels, volume) if volume else ()

    def volume(self, number: int) -> Path | None:
        """Return the path of the bound volume; None if it is missing or a link out of the outputs folder."""
        path = self.job.outputs / str(number) / bind.VOLUME
        return path if lies_in(self.job.outputs, path) else None

    def _job_today(self, number: int = 0) -> Job:
        """Return a job for a project, judged as of today."""
        return replace(self.job, number=number, as_of=today())

    def close(self) -> None:
        """Cancel all builds and shut down the workers, by force after `PATIENCE` seconds."""
        self.makings.close()
        # Leaving the pool waits for running tasks without a limit, so kill the workers if they do not finish.
        kill_timer = Timer(PATIENCE, self.hands.kill)
        kill_timer.start()
        self.hands.__exit__()
        kill_timer.cancel()


def lies_in(root: Path, path: Path) -> bool:
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


# ---- run in worker processes; module-level functions, because they are pickled by name


def _load_board(job: Job) -> Board:
    """Return the board."""
    return cards.board(job.inputs, job.outputs, job.templates)


def _load_dossier(job: Job) -> Dossier:
    """Return a project's dossier."""
    return dossier.look(job.inputs, job.outputs, job.number, job.as_of, job.templates)


def _accept(upload: Upload) -> Landed:
    """Put an uploaded file in its place."""
    now = dt.datetime.now().astimezone()
    return intake.land(
        upload.path, upload.name, upload.root, upload.number, upload.activity, upload.activities, upload.named, now
    )


def _blank(job: Job) -> bytes | None:
    """Return a blank workbook as bytes; None if the project is not published."""
    entry = survey.inputs(job.inputs).entries.get(job.number)
    if entry is None:
        return None
    with tempfile.TemporaryDirectory(prefix="paperwork-blank-") as folder:
        path = Path(folder, "项目数据.xlsx")
        blank.write(path, blank.from_catalogue(entry), entry.span.start)
        return path.read_bytes()


def _labels(volume: Path) -> tuple[str, ...]:
    """Return the page labels of a volume."""
    return tuple(raster.labels(volume))


def _render(task: tuple[Path, str, int]) -> bytes | None:
    """Render one page, given as path, label and width; None if there is no such label."""
    volume, label, width = task
    labels = raster.labels(volume)
    if label not in labels:
        return None
    [pixels] = raster.draw(volume, {labels.index(label): width})
    return media.png(pixels.width, pixels.height, pixels.data)
