"""Local worker processes: cancelling jobs, cleanup and timeouts."""

import signal
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from paperwork.build.pool import Pool, ProgressSlot
from tests.waiting import SECONDS, wait_until

JOB = 7


def clean_up_slowly(folder: Path) -> None:
    """Run until cancelled, then clean up until the file `end` appears."""
    ProgressSlot(JOB)
    (folder / "begun").touch()
    try:
        time.sleep(SECONDS)
    finally:
        (folder / "cleaning").touch()
        wait_until((folder / "end").exists)
        (folder / "tidy").touch()


class SignalInDestructor:
    """An object whose destructor receives the cancel signal, where Python discards exceptions."""

    def __del__(self) -> None:
        """Send the cancel signal to this process."""
        signal.raise_signal(signal.SIGINT)


def lose_cancel(folder: Path) -> None:
    """Receive a cancel whose exception is discarded, and continue."""
    ProgressSlot(JOB)
    SignalInDestructor()
    (folder / "went on").touch()
    time.sleep(SECONDS)


def test_cancel_survives_an_unraisable_context(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Cancel in a destructor; Python discards exceptions raised there and in fork hooks."""
    with Pool(1) as pool, pytest.raises(SystemExit):
        pool.submit(lose_cancel, tmp_path).result(SECONDS / 2)  # sooner than the job ends by itself
    assert (tmp_path / "went on").exists()
    assert capfd.readouterr().err == ""


def test_timed_out_job_is_killed_and_the_next_job_runs() -> None:
    with Pool(1, seconds=1) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(time.sleep, SECONDS).result(SECONDS / 2)
        pool.seconds = SECONDS  # includes the start of the new process, which may take long on a busy machine
        assert pool.submit(abs, -7).result(SECONDS) == 7


def test_job_is_killed_although_its_timeout_ended_before_its_process_started() -> None:
    with Pool(1, seconds=0.001) as pool, pytest.raises(BrokenExecutor):
        pool.submit(time.sleep, SECONDS).result(SECONDS / 2)


def test_second_cancel_does_not_interrupt_cleanup(tmp_path: Path) -> None:
    """Cancel twice, as on Ctrl+C: the terminal signals every process, and the parent signals its workers too."""
    with Pool(1) as pool:
        cancelled = pool.submit(clean_up_slowly, tmp_path)
        wait_until((tmp_path / "begun").exists)
        pool.cancel(JOB)
        wait_until((tmp_path / "cleaning").exists)
        pool.cancel(JOB)
        (tmp_path / "end").touch()
        with pytest.raises(SystemExit):
            cancelled.result(SECONDS / 2)
        assert (tmp_path / "tidy").exists()
        for name in ("begun", "cleaning", "tidy"):
            (tmp_path / name).unlink()

        again = pool.submit(clean_up_slowly, tmp_path)  # in the same process, which accepts a cancel again
        wait_until((tmp_path / "begun").exists)
        pool.cancel(JOB)
        with pytest.raises(SystemExit):
            again.result(SECONDS / 2)
        assert (tmp_path / "tidy").exists()
