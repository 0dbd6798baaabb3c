"""Jobs for the processes of a pool that make nothing; a module of its own, since every process loads it."""

import os
import signal
import time

from paperwork import fleet, pool


def dies(job: fleet.Job) -> fleet.Outcome:
    """Project 1 is the death of every process, and leaves a work folder behind."""
    if job.number == 1:
        (job.outputs / f".1-{os.getpid()}").mkdir(parents=True)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.3)
    return fleet.Outcome(job.number, f"{job.printers}")


def counts(job: fleet.Job) -> fleet.Outcome:
    """Notes the first of three documents, and waits to be seen."""
    slate = pool.Slate(job.number)
    slate.step("转成 PDF", 3)
    slate.advance()
    time.sleep(1)
    return fleet.Outcome(job.number)


def slips(job: fleet.Job) -> fleet.Outcome:
    """A mistake of ours, on the way of one project."""
    return fleet._told(job, lambda: {}["乙试验"])
