"""Run a function in a forked child process, on another core, with a timeout and a memory limit.

Forking avoids sending the input to the child. The child dies with its parent (PR_SET_PDEATHSIG); otherwise it would
keep the parent's pipe open and the pool would never see the parent's death. `terminate` sends SIGTERM first, so that
the child can stop its own LibreOffice.

The second half makes sure that an interrupt (Ctrl+C, 取消) is not lost. The exception of a signal handler may be raised
in code that Python does not let exceptions leave: a fork hook, a finalizer (`__del__`). Python then prints a traceback,
discards the exception, and the program continues.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from paperwork.core import logs
from paperwork.core.faults import Stop, Unreadable, as_stop

if TYPE_CHECKING:
    # Only types: every command loads this module for its interrupts, and few start a child.
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>; Python has no constant for it
GRACE_SECONDS = 1.0
"""Seconds between SIGTERM and SIGKILL, for the child to clean up."""
T = TypeVar("T")


class ChildProcess(Generic[T]):
    """A child process that computes one value: `start` starts it, `result` waits for it."""

    def __init__(self, receiver: "Connection", child: "ForkProcess") -> None:
        self._receiver, self._child = receiver, child

    @classmethod
    def start(cls, make: Callable[[], T], memory: int = 0) -> "ChildProcess[T]":
        """Start a child that calls `make`; `memory` limits its address space, in bytes (0: no limit)."""
        import multiprocessing

        fork = multiprocessing.get_context("fork")
        receiver, sender = fork.Pipe(duplex=False)
        child = fork.Process(target=_report, args=(make, sender, memory, os.getpid()), daemon=True)
        child.start()
        sender.close()  # with this copy open, the parent would never see EOF when the child dies
        return cls(receiver, child)

    def wait(self) -> None:
        """Block until the child has sent its result or died."""
        self._receiver.poll(None)

    def result(self, seconds: float | None = None) -> T:
        """Return the value that the child computed, waiting at most `seconds`; the child has ended afterwards.

        Raises the `Unreadable`, `Stop` or `OSError` of the function, and its other exceptions as a `Stop`. Raises
        `TimeoutError` after the timeout, and `MemoryError` when the child ran out of memory or died without a result.
        """
        try:
            if not self._receiver.poll(seconds):
                raise TimeoutError
            made, raised = self._receiver.recv()
        except EOFError:
            raise MemoryError from None
        finally:
            self.terminate()
        if raised:
            raise raised
        value: T = made
        return value

    def terminate(self) -> None:
        """Terminate the child: SIGTERM, then SIGKILL after a grace period."""
        self._child.terminate()
        self._child.join(GRACE_SECONDS)
        self._child.kill()
        self._child.join()
        self._receiver.close()


def _report(make: Callable[[], Any], sender: "Connection", memory: int, parent: int) -> None:
    """Run in the child: send the value or the exception to the parent.

    Nothing is sent on MemoryError, RecursionError or OverflowError; the parent reads EOF as `MemoryError`.
    """
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # sys.exit unwinds the stack, so that `finally` blocks stop a running LibreOffice.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.getppid() != parent:  # the parent died before prctl, so no signal will come
        return
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        sender.send((make(), None))
    except (Unreadable, Stop) as reason:
        sender.send((None, reason))
    except (MemoryError, RecursionError, OverflowError):
        return
    except OSError as reason:  # rebuilt, because a library's subclass may not unpickle
        sender.send((None, logs.keep_trace(OSError(reason.errno, reason.strerror, reason.filename), reason)))
    except Exception as mistake:  # a bug; converted here, because the traceback is lost in pickling
        sender.send((None, as_stop(mistake)))


RETRY_SECONDS = 0.05
"""Seconds until a lost interrupt is raised again."""


def retry_lost_interrupts(stop: Callable[..., object]) -> None:
    """Call `stop`, a signal handler that raises SystemExit or KeyboardInterrupt, again if its exception was lost.

    Takes over SIGALRM and `sys.unraisablehook`.
    """

    def lost(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type and issubclass(unraisable.exc_type, SystemExit | KeyboardInterrupt):
            # By a timer, because an exception raised in this hook would be discarded as well.
            signal.setitimer(signal.ITIMER_REAL, RETRY_SECONDS)
        else:
            sys.__unraisablehook__(unraisable)

    signal.signal(signal.SIGALRM, stop)
    sys.unraisablehook = lost
