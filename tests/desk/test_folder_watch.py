"""The folder watcher: real files in real folders, in threads and in processes that are killed."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest

from paperwork.desk import folder_watch
from tests import make
from tests.disks import full_disk
from tests.waiting import SECONDS, wait_until

QUIET = 0.3
ATTEMPTS = 50
"""Attempts at a test that the machine was too busy for, because the test itself was held up for too long."""


class Collector:
    """A thread that reads a folder watcher, as the watch command does, and collects the changes."""

    def __init__(self, watcher: folder_watch.FolderWatcher) -> None:
        self.groups: list[set[str]] = []
        self.contents: dict[str, bytes] = {}
        """Contents of the files when their changes were reported."""
        self.initial: set[str] = set()
        """Changes made before watching began."""
        self.watcher = watcher
        self.stop = Event()
        self.thread = Thread(target=self._collect)
        self.thread.start()

    def _collect(self) -> None:
        for changed in self.watcher.changes(self.stop):
            files = {path: self.watcher.root / path for path in changed}
            self.contents |= {path: file.read_bytes() for path, file in files.items() if file.exists()}
            self.groups.append(changed)
            self.watcher.save_state()

    def count(self, path: str) -> int:
        """Return how often a file was reported."""
        return sum(path in group for group in self.groups)


@contextmanager
def watched(folder: Path, polling: bool | None = False) -> Iterator[Collector]:
    """Watch the subfolder in/. The file 0 in it is reported before the block begins, so the watch is in place."""
    root = folder / "in"
    root.mkdir(exist_ok=True)
    (root / "0").write_text(str(time.monotonic_ns()))
    collector = Collector(folder_watch.FolderWatcher(root, folder / "out" / "state.json", QUIET, polling))
    try:
        wait_until(lambda: collector.count("0"))
        [collector.initial] = collector.groups
        collector.groups.clear()
        yield collector
    finally:
        collector.stop.set()
        collector.thread.join(SECONDS)
        assert not collector.thread.is_alive()


@pytest.fixture(params=[False, True], ids=["events", "polling"])
def collector(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Watch a folder by system events, and by polling. With events, the periodic scan is too rare to find anything."""
    monkeypatch.setattr(folder_watch, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(folder_watch, "RESCAN_SECONDS", 3600.0)
    with watched(tmp_path, request.param) as collector:
        yield collector


# ---- which changes are reported, and when


def grow(collector: Collector, video: str, book: str) -> tuple[float, int]:
    """Append to a file until another is reported; return its longest time at rest, and how often it was reported."""
    longest, last = 0.0, time.monotonic()
    with (collector.watcher.root / video).open("wb", buffering=0) as stream:
        while not collector.count(book):
            before = time.monotonic()
            stream.write(b"more ")
            longest, last = max(longest, time.monotonic() - last), before
            time.sleep(QUIET / 10)
        reported = collector.count(video)
        return max(longest, time.monotonic() - last), reported


def test_growing_file_is_reported_once_when_complete_and_does_not_delay_others(collector: Collector) -> None:
    root = collector.watcher.root
    for attempt in range(ATTEMPTS):
        video, book = f"录像{attempt}.mp4", f"表{attempt}.xlsx"
        (root / book).write_bytes(b"a workbook")
        longest, early = grow(collector, video, book)
        if longest < QUIET:  # a file at rest for longer rightly counts as complete
            break
    else:
        pytest.fail("the machine is too busy")
    assert not early
    wait_until(partial(collector.count, video))
    assert (collector.contents[book], collector.contents[video]) == (b"a workbook", (root / video).read_bytes())
    assert (collector.count(video), collector.count(book)) == (1, 1)


def copy_slowly(source: Path, target: Path) -> tuple[float, float]:
    """Copy a folder with a pause after each file; return the longest time between two files, and the whole time."""
    times = [time.monotonic()]

    def copy(file: str, copied: str) -> None:
        shutil.copyfile(file, copied)
        times.append(time.monotonic())
        time.sleep(QUIET / 2)

    shutil.copytree(source, target, copy_function=copy)
    return max(after - before for before, after in pairwise(times)), times[-1] - times[0]


def test_copied_folder_is_one_change(collector: Collector, tmp_path: Path) -> None:
    names = ("表.xlsx", "照片/HD-01/01.jpg", "照片/HD-01/02.jpg", "附件/评估.pdf")
    for path in (tmp_path / "a" / name for name in names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for attempt in range(ATTEMPTS):
        longest, total = copy_slowly(tmp_path / "a", collector.watcher.root / f"项目{attempt}")
        if longest < QUIET and QUIET < total < QUIET * folder_watch.QUIET_MULTIPLE:
            break
    else:
        pytest.fail("the machine is too busy")
    copied = {f"项目{attempt}/{name}" for name in names}
    wait_until(lambda: all(map(collector.count, copied)))
    assert [group for group in collector.groups if group & copied] == [copied]


def test_temporary_and_lock_files_are_ignored(collector: Collector) -> None:
    root = collector.watcher.root
    (root / ".git").mkdir()
    for name in ("~$表.xlsx", ".~lock.表.xlsx#", "表.tmp", "片.mp4.part", "片.CRDOWNLOAD", "Thumbs.db", ".git/HEAD"):
        (root / name).write_text("x")
    (root / "后来.xlsx").write_text("x")
    wait_until(lambda: collector.groups)
    assert collector.groups == [{"后来.xlsx"}]


def test_changed_deleted_and_renamed_files_are_reported(collector: Collector) -> None:
    root = collector.watcher.root
    (root / "甲").write_text("1")
    wait_until(lambda: collector.count("甲") == 1)
    (root / "甲").write_text("12")
    wait_until(lambda: collector.count("甲") == 2)
    (root / "甲").rename(root / "乙")
    wait_until(lambda: collector.count("乙"))
    (root / "乙").unlink()
    wait_until(lambda: collector.count("乙") == 2)
    (root / "丙").write_text("1")
    wait_until(lambda: collector.count("丙"))
    assert collector.groups == [{"甲"}, {"甲"}, {"甲", "乙"}, {"乙"}, {"丙"}]


def test_watched_folder_may_disappear_and_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a network share that is disconnected for a while."""
    monkeypatch.setattr(folder_watch, "RESCAN_SECONDS", 0.2)
    with watched(tmp_path) as collector:
        collector.watcher.root.rename(tmp_path / "away")
        wait_until(lambda: collector.groups)
        (tmp_path / "away").rename(collector.watcher.root)
        wait_until(lambda: len(collector.groups) == 2)
        (collector.watcher.root / "新").write_text("x")
        wait_until(lambda: collector.count("新"))
    assert collector.groups == [{"0"}, {"0"}, {"新"}]


# ---- system events or polling


def test_system_events_are_used_if_available(tmp_path: Path) -> None:
    assert folder_watch.has_change_events(tmp_path, SECONDS)
    assert not list(tmp_path.iterdir())
    with watched(tmp_path, polling=None) as collector:
        assert not collector.watcher.is_polling


def test_probe_without_an_event_means_polling(tmp_path: Path) -> None:
    """Set the timeout to 0, because every file system of this machine does send events."""
    assert not folder_watch.has_change_events(tmp_path, 0)
    assert not list(tmp_path.iterdir())


def test_read_only_folder_means_polling() -> None:
    """Use a folder of the kernel, in which not even root may write."""
    folder = Path("/proc/self/fdinfo")
    assert not folder_watch.has_change_events(folder, SECONDS)


WITHOUT_DESCRIPTORS = """
import os, resource, sys
from pathlib import Path
from threading import Event
from paperwork.desk import folder_watch
root = Path(sys.argv[1])
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 1, most))
watcher = folder_watch.FolderWatcher(root, root.parent / "state.json", 0.1, None if sys.argv[2] == "probe" else False)
polling = watcher.is_polling
for changed in watcher.changes(Event()):
    print(polling, watcher.is_polling, changed)
    break
"""


@pytest.mark.parametrize(("stage", "polling"), [("probe", True), ("watch", False)])
def test_watcher_polls_when_file_descriptors_run_out(tmp_path: Path, stage: str, polling: bool) -> None:
    """Run out of file descriptors during the probe, or only when watching begins."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "表").write_text("x")
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_DESCRIPTORS, tmp_path / "in", stage],
        env={**os.environ, "PYTHONPATH": str(make.ROOT)}, capture_output=True, text=True,
            timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == (f"{polling} True {{'表'}}\n", "")


@pytest.mark.parametrize("polling", [False, True], ids=["events", "polling"])
def test_changes_without_events_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, polling: bool) -> None:
    """Write through a hard link outside the folder: as with another machine's change on a share, no event is sent."""
    monkeypatch.setattr(folder_watch, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(folder_watch, "RESCAN_SECONDS", 0.5)
    with watched(tmp_path, polling) as collector:
        os.link(collector.watcher.root / "0", tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_text("changed by its other name")
        wait_until(lambda: collector.count("0"))
        assert collector.contents["0"] == b"changed by its other name"


# ---- saved state


def test_restart_reports_only_changes_made_meanwhile(tmp_path: Path) -> None:
    root = tmp_path / "in"
    with watched(tmp_path) as collector:
        for name in ("同", "改", "删"):
            (root / name).write_text("x")
        wait_until(lambda: collector.count("同"))
        collector.watcher.notes = {"同": 7}
        (root / "最后").write_text("x")
        wait_until(lambda: collector.count("最后"))
    (root / "改").write_text("xy")
    (root / "删").unlink()
    (root / "新").write_text("x")
    with watched(tmp_path) as collector:
        assert collector.initial == {"0", "改", "删", "新"}
    again = Collector(folder_watch.FolderWatcher(root, tmp_path / "out" / "state.json", QUIET, polling=False))
    again.stop.set()
    again.thread.join(SECONDS)
    assert collector.watcher.notes == again.watcher.notes == {"同": 7}
    assert set(again.watcher.known) == {"0", "同", "改", "新", "最后"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["state.json"]


KILLED_BY_A_CHANGE = """
import os, signal, sys
from pathlib import Path
from threading import Event
from paperwork.desk import folder_watch
root = Path(sys.argv[1])
for changed in folder_watch.FolderWatcher(root, root.parent / "state.json", 0.1).changes(Event()):
    print(sorted(changed), flush=True)
    if "死" in changed:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_change_is_reported_again_if_its_handler_was_killed(tmp_path: Path) -> None:
    """Save a change only after it has been handled."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "死").write_text("x")
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", KILLED_BY_A_CHANGE, tmp_path / "in"],
            env={**os.environ, "PYTHONPATH": str(make.ROOT)}, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout) == (-9, "['死']\n")
    assert not [path for path in tmp_path.rglob("*") if path.name != "死" and path.is_file()]


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", "null", '{"files": {"0": 1}, "notes": {}}', '{"files": {}, "notes": 3}', '{"files": {}}', "\udcff"],
)
def test_damaged_state_file_is_ignored(tmp_path: Path, damaged: str) -> None:
    state_file = tmp_path / "state.json"
    state_file.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    watcher = folder_watch.FolderWatcher(tmp_path, state_file, QUIET, polling=True)
    assert (watcher.known, watcher.notes) == ({}, {})
    watcher.known["表.xlsx"] = 3, 4
    watcher.save_state()
    assert json.loads(state_file.read_text("utf-8")) == {"files": {"表.xlsx": [3, 4]}, "notes": {}}
    assert folder_watch.FolderWatcher(tmp_path, state_file, QUIET, polling=True).known == {"表.xlsx": (3, 4)}


def test_full_disk_does_not_end_the_watch_and_loses_no_change(tmp_path: Path) -> None:
    with full_disk(tmp_path / "out") as fill:
        with watched(tmp_path) as collector:
            (collector.watcher.root / "甲").write_text("x")
            wait_until(lambda: collector.count("甲"))
        assert not (tmp_path / "out" / "state.json").exists()
        with watched(tmp_path) as collector:
            assert collector.initial == {"0", "甲"}  # nothing was saved, so everything is reported again
            fill.unlink()
            (collector.watcher.root / "乙").write_text("x")
            wait_until(lambda: collector.count("乙"))
        with watched(tmp_path) as collector:
            assert collector.initial == {"0"}  # which `watched` writes anew


def test_state_file_in_a_read_only_place_is_tolerated(tmp_path: Path) -> None:
    """Use a folder of the kernel, in which not even root may write."""
    (tmp_path / "甲").write_text("x")
    watcher = folder_watch.FolderWatcher(tmp_path, Path("/proc/self/nowhere/state.json"), QUIET, polling=True)
    assert next(watcher.changes(Event())) == {"甲"}
    watcher.save_state()
    assert set(watcher.known) == {"甲"}
    assert not Path("/proc/self/nowhere").exists()
