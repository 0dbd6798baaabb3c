"""What the page stands on: the folders, who does its work, and what is known of each project just now.

Whatever opens a file from outside does so in a process of its own (`pool`), so that nothing that is dropped can end the
page.
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
"""So many drawn pages are kept."""
MOMENT = 1.0
"""Seconds for which what was seen in the folders is believed."""
HANDS = 2
"""Processes that look at projects and draw pages."""
SECONDS = 120
"""Within which each must be done with what it was given: a file may be made so that it never would be."""
PATIENCE = 3
"""Seconds that they have to come to an end when the page is closed."""


@dataclass
class Site:
    """One pair of folders, and its page. `job` tells the folders."""

    job: Job
    makings: Makings
    hands: pool.Pool = field(default_factory=lambda: pool.Pool(HANDS, SECONDS))
    landing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One file lands at a time."""
    printing: asyncio.Lock = field(default_factory=asyncio.Lock)
    sent: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """By project: what went to a printer since the page was opened, in words."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _known: dict[int, tuple[str, Dossier]] = field(default_factory=dict)
    _board: tuple[float, Board] | None = None
    _pictures: OrderedDict[tuple[str, str, int], bytes] = field(default_factory=OrderedDict)

    async def do(self, work: Callable[[J], T], job: J) -> T:
        """Have something done by another process. Raises what it raises, and `Stop` when it dies of it."""
        try:
            return await asyncio.wrap_future(self.hands.submit(work, job))
        except BrokenExecutor:
            wrong = f"处理这份文件的进程中途结束了，或 {SECONDS} 秒还没有做完"
            raise Stop(ExitCode.FAILED, wrong, "多半是文件太大、太复杂，或内存不够；请拆小、另存后再试") from None

    async def board(self) -> Board:
        """The published projects, as they were less than a moment ago."""
        async with self._looking:
            told = self._board
            if told is None or monotonic() - told[0] > MOMENT:
                told = self._board = monotonic(), await self.do(_board, self._today())
            return told[1]

    async def project(self, number: int) -> tuple[str, Dossier]:
        """What is known of a project, and its stamp; looked at anew only when something has changed."""
        stamp = _stamp(await self.board(), number)
        if number not in self._known or self._known[number][0] != stamp:
            self._known[number] = stamp, await self.do(_look, self._today(number))
        return self._known[number]

    def at_hand(self, board: Board) -> dict[int, Dossier]:
        """What is known of the projects as they are now, without looking."""
        return {number: shown for number, (stamp, shown) in self._known.items() if stamp == _stamp(board, number)}

    def wake(self) -> None:
        """Have everybody load what they need, so that the first who asks does not wait for it."""
        for _ in range(HANDS):
            self.hands.submit(_board, self._today())

    def forget(self) -> None:
        """Something has just changed."""
        self._board = None

    async def mark(self, number: int) -> None:
        """Have the workbook given back marked."""
        await self.do(fleet.check, self._today(number))

    async def land(self, upload: Path, name: str, number: int, activity: str) -> Landed:
        """Put an uploaded file where it belongs. Raises `ValueError` with the reason why not."""
        async with self.landing:
            codes: tuple[str, ...] = ()
            named: tuple[str, ...] = ()
            if number:
                _, shown = await self.project(number)
                codes = tuple(each.code for each in shown.activities)
                named = tuple(each.file for each in shown.papers)
            told = Upload(upload, name, self.job.inputs, number, activity, codes, named)
            try:
                return await self.do(_land, told)
            finally:
                self.forget()

    async def blank(self, number: int) -> bytes | None:
        """A workbook to be filled in; None when the catalogue has no such project."""
        return await self.do(_blank, self._today(number))

    async def order(self, number: int, wanted: str) -> Order:
        """What would go to which printer. Raises `Stop`."""
        return await asyncio.to_thread(printer.order, number, self.job.outputs, wanted, True)

    async def print(self, number: int, wanted: str, ticket: str) -> None:
        """Send it, unless what this ticket stands for has been sent: who presses twice gets one. Raises `Stop`."""
        async with self.printing:
            if ticket != str(len(self.sent.get(number, ()))):
                return
            order = await self.order(number, wanted)
            for sheaf in order.sheaves if order.printer else ():
                job = await asyncio.to_thread(printer.send, sheaf)
                self.sent[number] = (*self.sent.get(number, ()), f"{sheaf.path.name}，任务 {job}")

    async def picture(self, number: int, label: str, width: int) -> bytes | None:
        """A page of the volume as PNG; None when there is no such page."""
        volume = self.volume(number)
        if volume is None:
            return None
        stat = volume.stat()
        key = (f"{number} {stat.st_mtime_ns} {stat.st_size}", label, width)
        if key not in self._pictures:
            drawn = await self.do(_draw, (volume, label, width))
            if drawn is None:
                return None
            self._pictures[key] = drawn
            while len(self._pictures) > MOST_PICTURES:
                self._pictures.popitem(last=False)
        return self._pictures[key]

    async def labels(self, number: int) -> tuple[str, ...]:
        """The labels of the volume's pages, in order; empty when there is none."""
        volume = self.volume(number)
        return await self.do(_labels, volume) if volume else ()

    def volume(self, number: int) -> Path | None:
        """Where a project's bound volume lies, if it was made; a link that leads out of the folder is none."""
        path = self.job.outputs / str(number) / bind.VOLUME
        return path if lies_in(self.job.outputs, path) else None

    def _today(self, number: int = 0) -> Job:
        return replace(self.job, number=number, as_of=today())

    def close(self) -> None:
        """Let nobody go on."""
        self.makings.close()
        impatient = Timer(PATIENCE, self.hands.kill)
        impatient.start()
        self.hands.__exit__()
        impatient.cancel()


def lies_in(root: Path, path: Path) -> bool:
    """Whether a file lies in a folder: who may write there cannot have another one served by a link to it."""
    return path.is_file() and path.resolve().is_relative_to(root.resolve())


def _stamp(board: Board, number: int) -> str:
    """What the state of a project depends on, in short: its files and the day."""
    own = next((card.stamp for card in board.cards if card.number == number), board.stamp)
    return f"{own}-{today():%Y%m%d}"


@dataclass(frozen=True)
class Upload:
    """What another process is told of an uploaded file."""

    path: Path
    name: str
    root: Path
    number: int
    activity: str
    activities: tuple[str, ...]
    named: tuple[str, ...]


# ---- what the other processes do


def _board(job: Job) -> Board:
    return cards.board(job.inputs, job.outputs, job.templates)


def _look(job: Job) -> Dossier:
    return dossier.look(job.inputs, job.outputs, job.number, job.as_of, job.templates)


def _land(told: Upload) -> Landed:
    now = dt.datetime.now().astimezone()
    return intake.land(told.path, told.name, told.root, told.number, told.activity, told.activities, told.named, now)


def _blank(job: Job) -> bytes | None:
    entry = survey.inputs(job.inputs).entries.get(job.number)
    if entry is None:
        return None
    with tempfile.TemporaryDirectory(prefix="paperwork-blank-") as folder:
        path = Path(folder, "项目数据.xlsx")
        blank.write(path, blank.from_catalogue(entry), entry.span.start)
        return path.read_bytes()


def _labels(volume: Path) -> tuple[str, ...]:
    return tuple(raster.labels(volume))


def _draw(told: tuple[Path, str, int]) -> bytes | None:
    volume, label, width = told
    labels = raster.labels(volume)
    if label not in labels:
        return None
    [pixels] = raster.draw(volume, {labels.index(label): width})
    return media.png(pixels.width, pixels.height, pixels.data)
