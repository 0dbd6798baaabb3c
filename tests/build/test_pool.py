"""Local worker processes: cancelling jobs, cleanup and timeouts."""

import os
import signal
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from paperwork.build.pool import CANCEL_SIGNAL, Pool
from tests.waiting import SECONDS, wait_until


def clean_up_slowly(folder: Path) -> None:
    """Run until cancelled, then clean up until the file `end` appears."""
    try:
        (folder / "begun").touch()
        time.sleep(SECONDS)
    finally:
        (folder / "cleaning").touch()
        wait_until((folder / "end").exists)
        (folder / "tidy").touch()


def receive_late_cancel(value: int) -> int:
    """Receive the signal of a cancel, and return."""
    signal.raise_signal(CANCEL_SIGNAL)
    return value


class SignalInDestructor:
    """An object whose destructor receives the cancel signal, where Python discards exceptions."""

    def __del__(self) -> None:
        """Send the cancel signal to this process."""
        signal.raise_signal(signal.SIGINT)


def lose_cancel(folder: Path) -> None:
    """Receive a cancel whose exception is discarded, and continue."""
    SignalInDestructor()
    (folder / "went on").touch()
    time.sleep(SECONDS)


def test_cancel_survives_an_unraisable_context(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Cancel in a destructor; Python discards exceptions raised there and in fork hooks."""
    with Pool.start(1) as pool, pytest.raises(SystemExit):
        pool.submit(lose_cancel, tmp_path).result(SECONDS / 2)  # sooner than the job ends by itself
    assert (tmp_path / "went on").exists()
    assert capfd.readouterr().err == ""


def test_timed_out_job_is_killed_and_the_next_job_runs() -> None:
    with Pool.start(1, seconds=1) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(time.sleep, SECONDS).result(SECONDS / 2)
        pool.seconds = SECONDS  # includes the start of the new process, which may take long on a busy machine
        assert pool.submit(abs, -7).result(SECONDS) == 7


def test_job_is_killed_although_its_timeout_ended_before_its_process_started() -> None:
    with Pool.start(1, seconds=0.001) as pool, pytest.raises(BrokenExecutor):
        pool.submit(time.sleep, SECONDS).result(SECONDS / 2)


def test_second_cancel_does_not_interrupt_cleanup(tmp_path: Path) -> None:
    """Cancel twice, as on Ctrl+C: the terminal signals every process, and the parent signals its workers too."""
    with Pool.start(1) as pool:
        cancelled = pool.submit(clean_up_slowly, tmp_path)
        wait_until((tmp_path / "begun").exists)
        pool.cancel(cancelled)
        wait_until((tmp_path / "cleaning").exists)
        pool.cancel(cancelled)
        (tmp_path / "end").touch()
        with pytest.raises(SystemExit):
            cancelled.result(SECONDS / 2)
        assert (tmp_path / "tidy").exists()
        for name in ("begun", "cleaning", "tidy"):
            (tmp_path / name).unlink()

        again = pool.submit(clean_up_slowly, tmp_path)  # in the same process, which accepts a cancel again
        wait_until((tmp_path / "begun").exists)
        pool.cancel(again)
        with pytest.raises(SystemExit):
            again.result(SECONDS / 2)
        assert (tmp_path / "tidy").exists()


def test_cancel_that_arrives_before_the_worker_gets_the_job_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancel after the future has started and before the worker process has heard of the job."""
    with Pool.start(1) as pool:
        [worker] = pool.workers
        run, submitted = worker.run, Event()

        def cancel_and_run(*job: Any) -> None:
            submitted.wait(SECONDS)
            pool.cancel(future)
            run(*job)

        with monkeypatch.context() as patch:
            patch.setattr(worker, "run", cancel_and_run)
            future = pool.submit(clean_up_slowly, tmp_path)
            submitted.set()
            with pytest.raises(SystemExit):
                future.result(SECONDS / 2)
        assert not (tmp_path / "begun").exists()
        assert pool.submit(abs, -7).result(SECONDS / 2) == 7


@pytest.mark.parametrize("number", [CANCEL_SIGNAL, signal.SIGINT])
def test_signal_that_arrives_after_the_job_does_not_end_the_worker(number: signal.Signals) -> None:
    with Pool.start(1) as pool:
        pool.submit(abs, -7).result(SECONDS / 2)
        process = pool.workers[0].slot.process
        os.kill(process, number)
        assert pool.submit(abs, -7).result(SECONDS / 2) == 7
        assert pool.workers[0].slot.process == process


def test_late_cancel_does_not_end_the_next_job() -> None:
    """Receive the signal of a cancelled job in the next job of the process."""
    with Pool.start(1) as pool:
        pool.submit(abs, -7).result(SECONDS / 2)
        [worker] = pool.workers
        worker.slot.cancelled_job = 1
        assert pool.submit(receive_late_cancel, 7).result(SECONDS / 2) == 7
