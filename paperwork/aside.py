"""Work done beside, in a process of its own: on another core, and ended when its time or memory is up.

The process is forked, so that what it works on need not be sent to it. It is killed with whoever began it: nobody else
would end it, and it holds what tells a coordinator (`pool`) that its maker is dead. Who still wants it to end asks
first, so that it can end what it has begun itself (LibreOffice).
"""

import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from paperwork.faults import Stop, as_stop

FORK = multiprocessing.get_context("fork")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
PATIENCE = 1.0
"""Seconds that it has to tidy up."""
T = TypeVar("T")


class Aside(Generic[T]):
    """Something being made beside; `result` waits for it."""

    def __init__(self, make: Callable[[], T], memory: int = 0) -> None:
        """Begin; `memory` is the most it may take, in bytes."""
        self._here, there = FORK.Pipe(duplex=False)
        self._child = FORK.Process(target=_report, args=(make, there, memory, os.getpid()), daemon=True)
        self._child.start()
        there.close()

    def wait(self) -> None:
        """Do nothing until it is made."""
        self._here.poll(None)

    def result(self, seconds: float | None = None) -> T:
        """What was made. Raises `ValueError` or `Stop` as the maker did.

        Raises `TimeoutError` when its time was up, `MemoryError` when it ended without a word.
        """
        try:
            if not self._here.poll(seconds):
                raise TimeoutError
            made, raised = self._here.recv()
        except EOFError:
            raise MemoryError from None
        finally:
            self.end()
        if raised:
            raise raised
        value: T = made
        return value

    def end(self) -> None:
        """Have it stop, whatever it is doing."""
        self._child.terminate()
        self._child.join(PATIENCE)
        self._child.kill()
        self._child.join()
        self._here.close()


def _report(make: Callable[[], Any], to: Connection, memory: int, maker: int) -> None:
    """Tell what came of it: what was made, or why not. Who runs out of memory ends without a word."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.getppid() != maker:  # killed before that
        return
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        to.send((make(), None))
    except (ValueError, Stop) as reason:
        to.send((None, reason))
    except (MemoryError, RecursionError, OverflowError):
        return
    except OSError as reason:
        to.send((None, OSError(reason.errno, reason.strerror, reason.filename)))
    except Exception as mistake:  # of ours: told here, where its place is known
        to.send((None, as_stop(mistake)))
