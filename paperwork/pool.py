"""Processes that do jobs side by side on this machine: one for each core.

Each sits at a desk of its own, so that one that dies (no memory left, killed) takes nobody else's work with it.
What it is doing it notes on a slate that the coordinator reads: memory they share, which no death can lock.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import suppress
from ctypes import Structure, c_char, c_longlong
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple, TypeVar

from paperwork import interrupt

J = TypeVar("J")
T = TypeVar("T")
SPAWN = multiprocessing.get_context("spawn")
"""A fresh process: the coordinator's threads must not be copied."""
TRIES = 3
"""So many processes may die of one job."""


class Doing(NamedTuple):
    """What a process is doing: a project, how many of its documents are printed, and the step of the build."""

    number: int
    printed: int = 0
    total: int = 0
    step: str = ""


class Shared(Structure):
    """A slate as memory: `Doing`, the process that writes it, and the project that it shall not begin."""

    _fields_ = (
        ("number", c_longlong),
        ("printed", c_longlong),
        ("total", c_longlong),
        ("step", c_char * 96),
        ("process", c_longlong),
        ("dropped", c_longlong),
    )

    def read(self) -> Doing:
        """What stands there. A word that is just being written may be cut short."""
        return Doing(self.number, self.printed, self.total, self.step.decode("utf-8", "ignore"))

    def write(self, doing: Doing) -> None:
        """Write over it."""
        self.number, self.printed, self.total = doing[:3]
        self.step = doing.step.encode()[:95]


class Slate:
    """Where a process writes what it is doing; it watches the build of one project."""

    def __init__(self, number: int) -> None:
        self.doing = Doing(number)
        self._write()
        if _shared is not None and _shared.dropped == number:
            sys.exit(1)

    def step(self, name: str, total: int = 0) -> None:
        """A step begins; the documents that one has counted stay counted."""
        counted = (0, total) if total else self.doing[1:3]
        self.doing = Doing(self.doing.number, *counted, name)
        self._write()

    def advance(self) -> None:
        """One more document is done."""
        self.doing = self.doing._replace(printed=self.doing.printed + 1)
        self._write()

    def wipe(self) -> None:
        """Nothing is being done."""
        self.doing = Doing(0)
        self._write()

    def _write(self) -> None:
        if _shared is not None:
            _shared.write(self.doing)


_shared: Shared | None = None
"""This process's slate; none where nobody reads it."""


class Desk:
    """A place for one process, which is replaced when it dies."""

    def __init__(self) -> None:
        self.slate: Shared = SPAWN.RawValue(Shared)
        self.process = self._seat()

    def _seat(self) -> ProcessPoolExecutor:
        self.slate.process = 0
        return ProcessPoolExecutor(1, SPAWN, _sit, (self.slate,))

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        if self.slate.process:  # 0: nobody sits there yet
            with suppress(ProcessLookupError):
                os.kill(self.slate.process, signal.SIGKILL)

    def do(self, work: Callable[[J], T], job: J, seconds: float | None) -> T:
        """Have it done. Raises `BrokenExecutor` when the process dies of it; the next one sits there already.

        Who takes longer than so many seconds is killed.
        """
        self.slate.dropped = 0
        try:
            future = self.process.submit(_carry_out, work, job)
            if not wait([future], seconds).done:
                self.kill()
            return future.result()
        except BrokenExecutor:
            self.process.shutdown()
            self.slate.write(Doing(0))
            self.process = self._seat()
            raise


class Pool:
    """So many desks; each job goes to the first that is free. As a context: nothing is left running behind it."""

    tries = TRIES
    lost = (f"处理这个项目的进程 {TRIES} 次中途被系统结束", "多半是内存不够：请关掉别的程序，单独再做这个项目")

    def __init__(self, size: int, seconds: float | None = None) -> None:
        """So many processes; a job may take so many seconds."""
        self.seconds = seconds
        self.desks = [Desk() for _ in range(size)]
        self._free: SimpleQueue[Desk] = SimpleQueue()
        for desk in self.desks:
            self._free.put(desk)
        self._threads = ThreadPoolExecutor(size)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        """Let everybody finish, or tidy up, what he has begun, and begin nothing more."""
        self._threads.shutdown(cancel_futures=True)
        for desk in self.desks:
            desk.process.shutdown()

    def kill(self) -> None:
        """End every process, whatever it is doing."""
        for desk in self.desks:
            desk.kill()

    def submit(self, work: Callable[[J], T], job: J) -> Future[T]:
        """Hand in a job."""
        return self._threads.submit(self._do, work, job)

    def _do(self, work: Callable[[J], T], job: J) -> T:
        desk = self._free.get()
        try:
            return desk.do(work, job, self.seconds)
        finally:
            self._free.put(desk)

    def doing(self) -> list[Doing]:
        """What is being done just now."""
        seen = [desk.slate.read() for desk in self.desks]
        return [each for each in seen if each.number]

    def stop(self, number: int) -> None:
        """Have whoever does this project's job drop it and tidy up; `SystemExit` comes of the job."""
        for desk in self.desks:
            desk.slate.dropped = number  # seen by who is about to begin it
            if desk.slate.number == number:
                with suppress(ProcessLookupError):
                    os.kill(desk.slate.process, signal.SIGINT)


def _sit(slate: Shared) -> None:
    """Begin a process: it ends quietly with Ctrl+C, tidying up, and at once when the coordinator is gone."""
    global _shared
    _shared = slate
    slate.process = os.getpid()
    interrupt.insist(lambda *_: sys.exit(1))
    _listen()
    Thread(target=_end_with_parent, daemon=True).start()


def _listen() -> None:
    """Be ready to drop what is done: once, for the tidying up must not be broken off too."""

    def drop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(1)

    signal.signal(signal.SIGINT, drop)


def _carry_out(work: Callable[[J], T], job: J) -> T:
    _listen()
    return work(job)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
