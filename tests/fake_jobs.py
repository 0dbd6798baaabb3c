"""Fake jobs for pool workers. They have a module of their own because each worker imports it."""

import os
import signal
import time

from paperwork.build import batch, pool
from paperwork.build.progress import Step


def crash_on_project_1(job: batch.Job) -> batch.Outcome:
    """Kill the worker on project 1, leaving a work folder behind; succeed on every other project."""
    if job.number == 1:
        (job.outputs / f".1-{os.getpid()}").mkdir(parents=True)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.3)
    return batch.Outcome(job.number, f"{job.printers}")


def report_progress(job: batch.Job) -> batch.Outcome:
    """Report the first of three documents, then run long enough for the progress to be read."""
    progress = pool.ProgressSlot(job.number)
    progress.step(Step.PRINT, 3)
    progress.advance()
    time.sleep(1)
    return batch.Outcome(job.number)
