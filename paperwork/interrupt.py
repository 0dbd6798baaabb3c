"""Being told to stop (Ctrl+C, 取消), for certain.

What a signal raises may be raised where Python lets nothing out: in a hook at a fork, at the end of an object. There it
is told on the terminal with a traceback, and gone, and the work goes on.
"""

import signal
import sys
from collections.abc import Callable

MOMENT = 0.05
"""Seconds after which it is raised again."""


def insist(stop: Callable[..., object]) -> None:
    """Have `stop`, a handler that raises SystemExit or KeyboardInterrupt, called again when that was lost."""

    def lost(told: "sys.UnraisableHookArgs") -> None:
        if told.exc_type and issubclass(told.exc_type, SystemExit | KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, MOMENT)
        else:
            sys.__unraisablehook__(told)

    signal.signal(signal.SIGALRM, stop)
    sys.unraisablehook = lost
