"""Write the steps of a build to the log, with the seconds of each."""

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from paperwork.build.progress import ProgressListener, Step
from paperwork.core import logs

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


class StepLog:
    """Progress listener that writes each step to the log when it ends, and passes everything on to another listener."""

    def __init__(self, number: int, listener: ProgressListener) -> None:
        self._number, self._listener = number, listener
        self._began = self._step_began = monotonic()
        self._name: Step | None = None
        self._documents = 0

    def step(self, name: Step, total: int = 0) -> None:
        """Begin a step."""
        self._end_step("done")
        self._name, self._step_began, self._documents = name, monotonic(), 0
        logs.set_step(f"{self._number} {name}")
        self._listener.step(name, total)

    def advance(self) -> None:
        """Count one more document as done."""
        self._documents += 1
        self._listener.advance()

    def end(self, error: BaseException | None = None) -> None:
        """Write the last step and the whole time; `error` ended the build."""
        self._end_step(f"ended by {type(error).__name__}" if error else "done")
        logger.info("build %s, %.2f s", "not done" if error else "done", monotonic() - self._began)
        logs.set_step("")

    def _end_step(self, how: str) -> None:
        """Write the time of the current step."""
        if self._name:
            documents = f", {self._documents} documents" if self._documents else ""
            logger.info("%s, %.2f s%s", how, monotonic() - self._step_began, documents)


def logged(
    build: Callable[Concatenate[int, Path, Path, Path, ProgressListener, P], T],
) -> Callable[Concatenate[int, Path, Path, Path, ProgressListener, P], T]:
    """Decorate a build function (number, inputs, outputs, templates, progress, …) so that its steps are logged."""

    @wraps(build)
    def run(
        number: int, inputs: Path, outputs: Path, templates: Path, progress: ProgressListener, /,
        *args: P.args, **options: P.kwargs,
    ) -> T:  # fmt: skip
        steps = StepLog(number, progress)
        try:
            made = build(number, inputs, outputs, templates, steps, *args, **options)
        except BaseException as error:  # also SystemExit, by which a build is cancelled
            steps.end(error)
            raise
        steps.end()
        return made

    return run
