"""Run jobs in parallel worker processes on this machine, one per core.

Each worker has an executor of its own, so that a crash (out of memory, killed) fails only that worker's job; in a
shared `ProcessPoolExecutor` it would break all pending jobs. Workers publish their progress in shared memory without a
lock, so a killed worker cannot block the reader.
"""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import suppress
from ctypes import Structure, c_longlong, c_ubyte
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

from paperwork.build.progress import Step
from paperwork.core import logs, processes
from paperwork.core.faults import Stop, Unreadable, as_stop
from paperwork.core.values import CODE_BYTES, ProjectNumber

J = TypeVar("J")
T = TypeVar("T")
logger = logging.getLogger(__name__)
SPAWN = multiprocessing.get_context("spawn")
"""Start method: a fresh process. Forking would copy locks that threads of the coordinator hold at that moment."""
CANCEL_SIGNAL = signal.SIGUSR1
"""Signal that cancels a job. SIGINT would not do: a terminal sends it on Ctrl+C, to every job."""
NUMBER_BYTES = CODE_BYTES + 2
"""Bytes of a project number: a code and its year."""
TRIES = 3
"""Number of times that a job is tried if its process dies."""


class ProjectProgress(NamedTuple):
    """Progress of a worker: project number (0: idle), printed documents, their total, and the step of the build."""

    number: int
    printed: int = 0
    total: int = 0
    step: Step | None = None


class SharedProgress(Structure):
    """Memory layout of a progress slot: `ProjectProgress`, the worker's process id, and two serial numbers of jobs.

    `step` is the place of the step in `Step`, from 1 (0: none). `process` is 0 until the worker has started. `job` is
    the job that the process runs now (0: none), `cancelled_job` the last one that the pool has cancelled.
    """

    _fields_ = (
        ("number", c_ubyte * NUMBER_BYTES),
        ("printed", c_longlong),
        ("total", c_longlong),
        ("step", c_longlong),
        ("process", c_longlong),
        ("job", c_longlong),
        ("cancelled_job", c_longlong),
    )

    def read(self) -> ProjectProgress:
        """Return the progress in the slot."""
        number = ProjectNumber(int.from_bytes(bytes(self.number), "big"))
        return ProjectProgress(number, self.printed, self.total, (None, *Step)[self.step])

    def write(self, doing: ProjectProgress) -> None:
        """Overwrite the progress in the slot."""
        self.number[:] = doing.number.to_bytes(NUMBER_BYTES, "big")
        self.printed, self.total = doing[1:3]
        self.step = (None, *Step).index(doing.step)


class ProgressSlot:
    """Writer of the progress of one project's build; implements `progress.ProgressListener`."""

    def __init__(self, number: int) -> None:
        self.progress = ProjectProgress(number)

    def step(self, name: Step, total: int = 0) -> None:
        """Begin a step; without a `total`, the document counts of the step before are kept."""
        counted = (0, total) if total else self.progress[1:3]
        self.progress = ProjectProgress(self.progress.number, *counted, name)
        self._write()

    def advance(self) -> None:
        """Count one more document as done."""
        self.progress = self.progress._replace(printed=self.progress.printed + 1)
        self._write()

    def clear(self) -> None:
        """Mark the worker as idle."""
        self.progress = ProjectProgress(0)
        self._write()

    def _write(self) -> None:
        if _own_slot is not None:
            _own_slot.write(self.progress)


_own_slot: SharedProgress | None = None
"""Progress slot of this process; None outside a worker."""


@dataclass
class Worker:
    """A worker: one executor with one process, which is replaced when it dies."""

    slot: SharedProgress
    process: ProcessPoolExecutor

    @classmethod
    def start(cls) -> "Worker":
        """Start a worker; its process starts with the first job."""
        slot: SharedProgress = SPAWN.RawValue(SharedProgress)
        return cls(slot, _start_executor(slot))

    def kill(self) -> None:
        """Kill the process at once with SIGKILL."""
        # Process id 0 means not started yet. `os.kill(0, …)` would signal this whole process group.
        if self.slot.process:
            with suppress(ProcessLookupError):
                os.kill(self.slot.process, signal.SIGKILL)

    def cancel(self, serial: int) -> None:
        """Cancel a job that this worker runs or is about to run."""
        # Set before `job` is read: a process that is about to begin the job sees it in `_run_job`.
        self.slot.cancelled_job = serial
        if self.slot.job == serial:
            with suppress(ProcessLookupError):
                os.kill(self.slot.process, CANCEL_SIGNAL)

    def run(self, work: Callable[[J], T], job: J, serial: int, seconds: float | None) -> T:
        """Run a job in the process and return its result; kill the process after the timeout in `seconds`.

        Raises `BrokenExecutor` if the process dies; its replacement is ready by then.
        """
        try:
            future = self.process.submit(_run_job, work, job, serial)
            # Repeatedly: a process that has not started when the time is over cannot be killed yet, and would then run
            # the job without any timeout.
            while not wait([future], seconds).done:
                self.kill()
            return future.result()
        except BrokenExecutor:
            logger.info("worker process %d ended before its job", self.slot.process)
            self.process.shutdown()
            self.slot.write(ProjectProgress(0))  # the dead process could not mark itself as idle
            self.process = _start_executor(self.slot)
            raise


def _start_executor(slot: SharedProgress) -> ProcessPoolExecutor:
    """Start an executor of one process, which publishes its progress in `slot`."""
    slot.process = slot.job = 0
    return ProcessPoolExecutor(1, SPAWN, _start_worker, (slot, logs.destination()))


@dataclass
class _Task:
    """A submitted job: its serial number, which no other job has, and the worker that runs it."""

    serial: int
    worker: Worker | None = None
    is_cancelled: bool = False


class Pool:
    """Executor of local worker processes; a job goes to the first free worker. `start` makes one, `close` ends it.

    As a context manager it waits for running jobs at exit and leaves no process behind.
    """

    tries = TRIES
    loss_fault = (f"处理这个项目的进程 {TRIES} 次中途被系统结束", "多半是内存不够：请关掉别的程序，单独再做这个项目")

    def __init__(self, workers: Sequence[Worker], threads: ThreadPoolExecutor, seconds: float | None) -> None:
        """Take one thread for each worker; a job that takes longer than `seconds` is killed (None: no timeout)."""
        self.workers = workers
        self.seconds = seconds
        self._threads = threads
        self._free: SimpleQueue[Worker] = SimpleQueue()
        for worker in workers:
            self._free.put(worker)
        self._serials = count(1)
        self._tasks: dict[Future[Any], _Task] = {}
        self._lock = Lock()
        """Held while a task is given to a worker or cancelled, so that a cancel always meets one of the two."""

    @classmethod
    def start(cls, size: int, seconds: float | None = None) -> "Pool":
        """Start `size` workers."""
        return cls([Worker.start() for _ in range(size)], ThreadPoolExecutor(size), seconds)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for the running jobs to finish or clean up, and cancel those that have not begun."""
        self._threads.shutdown(cancel_futures=True)
        for worker in self.workers:
            worker.process.shutdown()

    def kill(self) -> None:
        """Kill all worker processes at once with SIGKILL."""
        for worker in self.workers:
            worker.kill()

    def submit(self, work: Callable[[J], T], job: J) -> Future[T]:
        """Submit a job."""
        task = _Task(next(self._serials))
        future = self._threads.submit(self._do, task, work, job)
        self._tasks[future] = task
        future.add_done_callback(self._tasks.pop)
        return future

    def _do(self, task: _Task, work: Callable[[J], T], job: J) -> T:
        """Run a job on the first free worker; runs in a thread of the coordinator, one for each worker."""
        worker = self._free.get()
        try:
            with self._lock:
                if task.is_cancelled:
                    sys.exit(1)
                task.worker = worker
            return worker.run(work, job, task.serial, self.seconds)
        finally:
            self._free.put(worker)

    def progress(self) -> list[ProjectProgress]:
        """Return the progress of the busy workers."""
        all_progress = [worker.slot.read() for worker in self.workers]
        return [each for each in all_progress if each.number]

    def cancel(self, future: Future[Any]) -> None:
        """Cancel a submitted job. If it has begun, it cleans up, and its future raises `SystemExit`."""
        task = self._tasks.get(future)
        if future.cancel() or task is None:
            return
        with self._lock:
            task.is_cancelled = True
            if task.worker:
                task.worker.cancel(task.serial)


def _start_worker(slot: SharedProgress, log: logs.Destination | None) -> None:
    """Initialise a worker process; it writes to the log of the coordinator.

    Between jobs it ignores Ctrl+C and late cancels. If the coordinator dies, it exits at once.
    """
    global _own_slot
    _own_slot = slot
    logs.join(log)
    _ignore_signals()
    slot.process = os.getpid()
    Thread(target=_end_with_parent, daemon=True).start()


def _ignore_signals() -> None:
    """Ignore Ctrl+C and cancels."""
    for number in (signal.SIGINT, CANCEL_SIGNAL):
        signal.signal(number, signal.SIG_IGN)


def _handle_signals(slot: SharedProgress, serial: int) -> None:
    """Install the signal handlers that end one job; they do nothing after it."""

    def end(*_: object) -> None:
        # Only once: a second signal must not interrupt the cleanup. A terminal sends Ctrl+C to every process of the
        # group, and `Pool.cancel` may send another signal.
        _ignore_signals()
        if slot.job == serial:
            sys.exit(1)

    def end_if_cancelled(*_: object) -> None:
        # The signal may have been meant for the job before this one, which has ended meanwhile.
        if slot.cancelled_job == serial:
            end()

    signal.setitimer(signal.ITIMER_REAL, 0)  # a lost interrupt of the job before
    # Python discards an exception raised in a destructor or a fork hook, and a cancel with it; this raises it again.
    processes.retry_lost_interrupts(end)
    signal.signal(signal.SIGINT, end)
    signal.signal(CANCEL_SIGNAL, end_if_cancelled)


def _run_job(work: Callable[[J], T], job: J, serial: int) -> T:
    """Run a job in the worker process; raises its `Stop`, `Unreadable` and `OSError`, others as a `Stop`."""
    slot = _own_slot
    assert slot is not None
    _handle_signals(slot, serial)
    slot.job = serial
    try:
        # Publish first, then check. `Worker.cancel` sets `cancelled_job` first and then looks at `job`, so in any order
        # of events at least one of the two notices the cancel.
        if slot.cancelled_job == serial:
            sys.exit(1)
        return work(job)
    except (Stop, Unreadable):
        raise
    except OSError as reason:
        logs.keep_trace(reason)
        raise
    except Exception as mistake:  # a bug; converted here, because the traceback is lost in pickling
        stop = as_stop(mistake)
        raise stop from None
    finally:
        slot.job = 0


def _end_with_parent() -> None:
    """Exit the worker process when its parent has died."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # `sys.exit` would only end this thread
