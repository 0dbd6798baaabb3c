"""Local worker processes: cancelling jobs, cleanup and timeouts."""

import signal
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from paperwork.build.pool import Pool, ProgressSlot

JOB = 7


def clean_up_slowly(folder: Path) -> None:
    """Run until cancelled, then take a second to clean up."""
    ProgressSlot(JOB)
    (folder / "begun").touch()
    try:
        time.sleep(60)
    finally:
        time.sleep(1)
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
    time.sleep(60)


def test_cancel_survives_an_unraisable_context(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Cancel in a destructor; Python discards exceptions raised there and in fork hooks."""
    with Pool(1) as pool, pytest.raises(SystemExit):
        pool.submit(lose_cancel, tmp_path).result(30)
    assert (tmp_path / "went on").exists()
    assert capfd.readouterr().err == ""


def test_timed_out_job_is_killed_and_the_next_job_runs(tmp_path: Path) -> None:
    with Pool(1, seconds=1) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(time.sleep, 60).result(30)
        assert pool.submit(abs, -7).result(30) == 7


def test_second_cancel_does_not_interrupt_cleanup(tmp_path: Path) -> None:
    """Cancel twice, as on Ctrl+C: the terminal signals every process, and the parent signals its workers too."""
    with Pool(1) as pool:
        cancelled = pool.submit(clean_up_slowly, tmp_path)
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        pool.cancel(JOB)
        time.sleep(0.2)
        pool.cancel(JOB)
        with pytest.raises(SystemExit):
            cancelled.result(30)
        assert (tmp_path / "tidy").exists()
        (tmp_path / "begun").unlink()
        (tmp_path / "tidy").unlink()

        again = pool.submit(clean_up_slowly, tmp_path)  # in the same process, which accepts a cancel again
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        pool.cancel(JOB)
        with pytest.raises(SystemExit):
            again.result(30)
        assert (tmp_path / "tidy").exists()
