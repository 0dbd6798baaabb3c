"""The in-tray: real files in real folders, in threads and processes that are really killed."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from paperwork import tray
from tests import make

QUIET = 0.3
SECONDS = 20
"""How long to wait for what must come."""


def until(true: Callable[[], object]) -> None:
    """Wait until it is so; fail when it never is."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


class Taken:
    """A tray that is emptied by a thread, as the watch does, and what came of it."""

    def __init__(self, basket: tray.Tray) -> None:
        self.groups: list[set[str]] = []
        self.whole: dict[str, bytes] = {}
        """What stood in a file when it was taken."""
        self.first: set[str] = set()
        """What had changed before it was watched."""
        self.basket = basket
        self.stop = Event()
        self.thread = Thread(target=self._empty)
        self.thread.start()

    def _empty(self) -> None:
        for changed in self.basket.changes(self.stop):
            files = {path: self.basket.root / path for path in changed}
            self.whole |= {path: file.read_bytes() for path, file in files.items() if file.exists()}
            self.groups.append(changed)
            self.basket.settle()

    def times(self, path: str) -> int:
        """How often a file was taken."""
        return sum(path in group for group in self.groups)


@contextmanager
def watched(folder: Path, polling: bool | None = False) -> Iterator[Taken]:
    """The folder in/ below this one, watched; it is so from the first file on, 0, which is taken."""
    root = folder / "in"
    root.mkdir(exist_ok=True)
    (root / "0").write_text(str(time.monotonic_ns()))
    taken = Taken(tray.Tray(root, folder / "out" / "state.json", QUIET, polling))
    try:
        until(lambda: taken.times("0"))
        [taken.first] = taken.groups
        taken.groups.clear()
        yield taken
    finally:
        taken.stop.set()
        taken.thread.join(SECONDS)
        assert not taken.thread.is_alive()


@pytest.fixture(params=[False, True], ids=["told", "polling"])
def taken(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Taken]:
    """A watched folder: the system tells of changes, or none is told of. What is only looked for takes long."""
    monkeypatch.setattr(tray, "POLL", 0.2)
    monkeypatch.setattr(tray, "LOOK", 3600.0)
    with watched(tmp_path, request.param) as taken:
        yield taken


# ---- what is taken, and when


def test_a_file_written_in_pieces_is_taken_once_and_whole_and_holds_no_other_up(taken: Taken) -> None:
    root = taken.basket.root
    with (root / "录像.mp4").open("wb", buffering=0) as film:
        film.write(b"begun ")
        (root / "表.xlsx").write_bytes(b"a workbook")
        while not taken.times("表.xlsx"):  # the film is growing all the time meanwhile
            film.write(b"more ")
            time.sleep(QUIET / 4)
        assert not taken.times("录像.mp4")
        film.write(b"done")
    written = (root / "录像.mp4").read_bytes()
    until(lambda: taken.times("录像.mp4"))
    assert taken.whole == {**taken.whole, "表.xlsx": b"a workbook", "录像.mp4": written}
    assert (taken.times("录像.mp4"), taken.times("表.xlsx")) == (1, 1)


def test_a_folder_dropped_as_a_whole_is_one_change(taken: Taken, tmp_path: Path) -> None:
    names = ("表.xlsx", "照片/HD-01/01.jpg", "照片/HD-01/02.jpg", "附件/评估.pdf")
    for path in (tmp_path / "a" / name for name in names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    shutil.copytree(tmp_path / "a", taken.basket.root / "项目1", copy_function=slow_copy)
    until(lambda: taken.groups)
    assert taken.groups == [{f"项目1/{name}" for name in names}]


def slow_copy(source: str, target: str) -> None:
    """Copy a file; the next one comes a while later."""
    shutil.copyfile(source, target)
    time.sleep(QUIET / 2)


def test_what_programs_leave_beside_a_file_is_ignored(taken: Taken) -> None:
    root = taken.basket.root
    (root / ".git").mkdir()
    for name in ("~$表.xlsx", ".~lock.表.xlsx#", "表.tmp", "片.mp4.part", "片.CRDOWNLOAD", "Thumbs.db", ".git/HEAD"):
        (root / name).write_text("x")
    (root / "后来.xlsx").write_text("x")
    until(lambda: taken.groups)
    assert taken.groups == [{"后来.xlsx"}]


def test_changed_deleted_and_renamed_files_are_changes_too(taken: Taken) -> None:
    root = taken.basket.root
    (root / "甲").write_text("1")
    until(lambda: taken.times("甲") == 1)
    (root / "甲").write_text("12")
    until(lambda: taken.times("甲") == 2)
    (root / "甲").rename(root / "乙")
    until(lambda: taken.times("乙"))
    (root / "乙").unlink()
    until(lambda: taken.times("乙") == 2)
    (root / "丙").write_text("1")
    until(lambda: taken.times("丙"))
    assert taken.groups == [{"甲"}, {"甲"}, {"甲", "乙"}, {"乙"}, {"丙"}]


def test_the_folder_itself_may_go_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a share does that is cut off for a while."""
    monkeypatch.setattr(tray, "LOOK", 0.2)
    with watched(tmp_path) as taken:
        taken.basket.root.rename(tmp_path / "away")
        until(lambda: taken.groups)
        (tmp_path / "away").rename(taken.basket.root)
        until(lambda: len(taken.groups) == 2)
        (taken.basket.root / "新").write_text("x")
        until(lambda: taken.times("新"))
    assert taken.groups == [{"0"}, {"0"}, {"新"}]


# ---- told, or looking for itself


def test_where_the_system_tells_of_changes_it_is_believed(tmp_path: Path) -> None:
    assert tray.notices(tmp_path, SECONDS)
    assert not list(tmp_path.iterdir())
    with watched(tmp_path, polling=None) as taken:
        assert not taken.basket.polling


def test_a_probe_that_goes_unnoticed_means_polling(tmp_path: Path) -> None:
    """Nobody waits for the answer here: no file system of this machine is silent."""
    assert not tray.notices(tmp_path, 0)
    assert not list(tmp_path.iterdir())


def test_a_folder_in_which_no_probe_can_be_laid_means_polling() -> None:
    """One of the kernel's own, in which not even root may write."""
    folder = Path("/proc/self/fdinfo")
    assert not tray.notices(folder, SECONDS)


NO_MORE = """
import os, resource, sys
from pathlib import Path
from threading import Event
from paperwork import tray
root = Path(sys.argv[1])
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 1, most))
basket = tray.Tray(root, root.parent / "state.json", 0.1, None if sys.argv[2] == "probe" else False)
was = basket.polling
for changed in basket.changes(Event()):
    print(was, basket.polling, changed)
    break
"""


@pytest.mark.parametrize(("how", "was"), [("probe", True), ("told", False)])
def test_when_the_system_can_watch_no_more_the_program_looks_for_itself(tmp_path: Path, how: str, was: bool) -> None:
    """A process that may open nothing more to watch with: found by the probe, or only when the watch begins."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "表").write_text("x")
    ran = subprocess.run(
        [sys.executable, "-c", NO_MORE, tmp_path / "in", how],
        env={**os.environ, "PYTHONPATH": str(make.ROOT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == (f"{was} True {{'表'}}\n", "")


@pytest.mark.parametrize("polling", [False, True], ids=["told", "polling"])
def test_what_another_machine_changes_is_found_though_nobody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, polling: bool
) -> None:
    """On a share only one's own changes are told of. So it is with a file that has another name elsewhere."""
    monkeypatch.setattr(tray, "POLL", 0.2)
    monkeypatch.setattr(tray, "LOOK", 0.5)
    with watched(tmp_path, polling) as taken:
        os.link(taken.basket.root / "0", tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_text("changed by its other name")
        until(lambda: taken.times("0"))
        assert taken.whole["0"] == b"changed by its other name"


# ---- what is remembered


def test_only_what_happened_meanwhile_is_told_after_a_restart(tmp_path: Path) -> None:
    root = tmp_path / "in"
    with watched(tmp_path) as taken:
        for name in ("同", "改", "删"):
            (root / name).write_text("x")
        until(lambda: taken.times("同"))
        taken.basket.notes = {"同": 7}
        (root / "最后").write_text("x")
        until(lambda: taken.times("最后"))
    (root / "改").write_text("xy")
    (root / "删").unlink()
    (root / "新").write_text("x")
    with watched(tmp_path) as taken:
        assert taken.first == {"0", "改", "删", "新"}
    again = Taken(tray.Tray(root, tmp_path / "out" / "state.json", QUIET, polling=False))
    again.stop.set()
    again.thread.join(SECONDS)
    assert taken.basket.notes == again.basket.notes == {"同": 7}
    assert set(again.basket.known) == {"0", "同", "改", "新", "最后"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["state.json"]


DIES = """
import os, signal, sys
from pathlib import Path
from threading import Event
from paperwork import tray
root = Path(sys.argv[1])
for changed in tray.Tray(root, root.parent / "state.json", 0.1).changes(Event()):
    print(sorted(changed), flush=True)
    if "死" in changed:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_who_dies_of_a_change_is_told_of_it_again(tmp_path: Path) -> None:
    """It is remembered only after it has been dealt with."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "死").write_text("x")
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", DIES, tmp_path / "in"],
            env={**os.environ, "PYTHONPATH": str(make.ROOT)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout) == (-9, "['死']\n")
    assert not [path for path in tmp_path.rglob("*") if path.name != "死" and path.is_file()]


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", "null", '{"files": {"0": 1}, "notes": {}}', '{"files": {}, "notes": 3}', '{"files": {}}', "\udcff"],
)
def test_a_damaged_memory_counts_as_none(tmp_path: Path, damaged: str) -> None:
    memory = tmp_path / "state.json"
    memory.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    basket = tray.Tray(tmp_path, memory, QUIET, polling=True)
    assert (basket.known, basket.notes) == ({}, {})
    basket.known["表.xlsx"] = 3, 4
    basket.settle()
    assert json.loads(memory.read_text("utf-8")) == {"files": {"表.xlsx": [3, 4]}, "notes": {}}
    assert tray.Tray(tmp_path, memory, QUIET, polling=True).known == {"表.xlsx": (3, 4)}


def test_a_full_disk_ends_no_watch(tmp_path: Path) -> None:
    basket = tray.Tray(tmp_path, Path("/proc/self/nowhere/state.json"), QUIET, polling=True)
    basket.settle()
