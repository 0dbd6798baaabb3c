"""Make sure that an interrupt (Ctrl+C, 取消) is not lost.

The exception of a signal handler may be raised in code that Python does not let exceptions leave: a fork hook, a
finalizer (`__del__`). Python then prints a traceback, discards the exception, and the program continues.
"""

import signal
import sys
from collections.abc import Callable

MOMENT = 0.05
"""Seconds until a lost interrupt is raised again."""


def insist(stop: Callable[..., object]) -> None:
    """Call `stop`, a signal handler that raises SystemExit or KeyboardInterrupt, again if its exception was lost.

    Takes over SIGALRM and `sys.unraisablehook`.
    """

    def lost(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type and issubclass(unraisable.exc_type, SystemExit | KeyboardInterrupt):
            # By a timer, because an exception raised in this hook would be discarded as well.
            signal.setitimer(signal.ITIMER_REAL, MOMENT)
        else:
            sys.__unraisablehook__(unraisable)

    signal.signal(signal.SIGALRM, stop)
    sys.unraisablehook = lost
