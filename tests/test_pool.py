"""Processes that do jobs: told to drop one, once and again."""

import signal
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from paperwork.pool import Pool, Slate

JOB = 7


def tidy_up(folder: Path) -> None:
    """Work until it is dropped, and take a while to tidy up."""
    Slate(JOB)
    (folder / "begun").touch()
    try:
        time.sleep(60)
    finally:
        time.sleep(1)
        (folder / "tidy").touch()


class Swallowing:
    """Is told to drop its job where nothing that is raised gets out."""

    def __del__(self) -> None:
        """Told at the end of the object."""
        signal.raise_signal(signal.SIGINT)


def swallow(folder: Path) -> None:
    """Lose what tells it to drop the job, and go on."""
    Slate(JOB)
    Swallowing()
    (folder / "went on").touch()
    time.sleep(60)


def test_what_tells_to_drop_a_job_is_not_lost(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Python throws away what is raised in a hook at a fork or at the end of an object."""
    with Pool(1) as pool, pytest.raises(SystemExit):
        pool.submit(swallow, tmp_path).result(30)
    assert (tmp_path / "went on").exists()
    assert capfd.readouterr().err == ""


def test_who_is_never_done_is_killed_and_the_next_one_works(tmp_path: Path) -> None:
    with Pool(1, seconds=1) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(time.sleep, 60).result(30)
        assert pool.submit(abs, -7).result(30) == 7


def test_who_is_told_twice_to_drop_a_job_tidies_up_all_the_same(tmp_path: Path) -> None:
    """A terminal tells every process of Ctrl+C, and so does who began them."""
    with Pool(1) as pool:
        dropped = pool.submit(tidy_up, tmp_path)
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        pool.stop(JOB)
        time.sleep(0.2)
        pool.stop(JOB)
        with pytest.raises(SystemExit):
            dropped.result(30)
        assert (tmp_path / "tidy").exists()
        (tmp_path / "begun").unlink()
        (tmp_path / "tidy").unlink()

        again = pool.submit(tidy_up, tmp_path)  # by the same process, which can be told again
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        pool.stop(JOB)
        with pytest.raises(SystemExit):
            again.result(30)
        assert (tmp_path / "tidy").exists()
