"""The in-tray: what arrives in a folder, changes in it or leaves it, told when it has been quiet for a while.

Sole owner of watchfiles, which only says when to look. What has changed is seen by looking: the folder as it lies there
beside what was known of it. So a change on a network share that nobody is told of, and one made while nobody watched,
are found in the same way as any other.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from time import monotonic

import watchfiles

QUIET = 2.0
"""A file that has been the same for so many seconds is taken."""
PATIENCE = 3
"""So many times as long it waits for others that come with it: a folder dropped as a whole is one change."""
POLL = 2.0
"""How often to look, in seconds, where the system tells of nothing."""
LOOK = 10.0
"""How often to look all the same where it does: of what other machines do on a share nobody is told."""
TICK = 200
"""Milliseconds between two moments at which it may be time to look."""
LONGEST = 1000
"""Milliseconds after which to look though more is being told all the time."""
BEGINNINGS, ENDINGS = (".", "~$"), (".tmp", ".part", ".crdownload")
"""Names of what programs leave beside a file while it is open or not yet whole."""
NAMES = ("thumbs.db", "desktop.ini")

Stamp = tuple[int, int]
"""Size and time of a file, in bytes and nanoseconds."""


def ignored(name: str) -> bool:
    """Whether a name in a folder is none of a file that staff put there."""
    small = name.lower()
    return small.startswith(BEGINNINGS) or small.endswith(ENDINGS) or small in NAMES


def look(root: Path) -> dict[str, Stamp]:
    """The files below a folder as they lie there, by their path in it. What cannot be looked at is not there."""
    seen = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not ignored(name)]
        for path in (Path(folder, name) for name in files if not ignored(name)):
            with suppress(OSError):
                stat = path.stat()
                seen[path.relative_to(root).as_posix()] = stat.st_size, stat.st_mtime_ns
    return seen


def notices(folder: Path, wait: float = 1.0) -> bool:
    """Whether the system tells of what happens in a folder: a file laid there for a moment says so."""
    probe = folder / f".看守-{os.getpid()}.tmp"
    told = watchfiles.watch(
        folder, watch_filter=None, rust_timeout=50, yield_on_timeout=True, ignore_permission_denied=True
    )
    try:
        with closing(told):
            next(told)  # from now on it watches
            probe.touch()
            end = monotonic() + wait
            while monotonic() < end:
                if any(Path(path).name == probe.name for _, path in next(told)):
                    return True
    except (OSError, RuntimeError):  # nothing may be written there, or nothing more may be watched
        return False
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return False


class Tray:
    """A folder that is watched, and what is remembered of it in the file `memory`, beside notes of its owner's."""

    def __init__(self, root: Path, memory: Path, quiet: float = QUIET, polling: bool | None = None) -> None:
        self.root = root
        self.memory = memory
        self.quiet = quiet
        self.polling = not notices(root) if polling is None else polling
        self.known, self.notes = _recall(memory)
        self._moving: dict[str, tuple[Stamp | None, float]] = {}

    def changes(self, stop: Event) -> Iterator[set[str]]:
        """Yield the paths of files that came, changed or went, until told to stop. None comes twice."""
        due = 0.0
        for told in self._ticks(stop):
            if told or monotonic() >= due:
                ready = self._ready()
                due = monotonic() + (self.quiet / 2 if self._moving else LOOK)
                if ready:
                    yield ready

    def settle(self) -> None:
        """Remember that all that was told has been dealt with. Otherwise it is told again after the next start."""
        told = {"files": self.known, "notes": self.notes}
        rough = self.memory.with_name(f"{self.memory.name}.tmp")
        with suppress(OSError):  # a full disk is no reason to fail: it is only looked at once more
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            rough.write_text(json.dumps(told), "utf-8")
            os.replace(rough, self.memory)

    def _ticks(self, stop: Event) -> Iterator[bool]:
        """Come round again and again; whether it is certainly time to look."""
        if not self.polling:
            try:
                for told in watchfiles.watch(
                    self.root, watch_filter=None, debounce=LONGEST, stop_event=stop, rust_timeout=TICK,
                    yield_on_timeout=True, ignore_permission_denied=True,
                ):  # fmt: skip
                    yield bool(told)
                return
            except (OSError, RuntimeError):  # there are more folders than may be watched
                self.polling = True
        while not stop.wait(min(self.quiet, POLL) if self._moving else POLL):
            yield True

    def _ready(self) -> set[str]:
        """What differs from what is known and has been quiet; with a little patience for what is not yet."""
        seen, now = look(self.root), monotonic()
        differs = {path: seen.get(path) for path in {*seen, *self.known} if seen.get(path) != self.known.get(path)}
        before, self._moving = self._moving, {}
        for path, stamp in differs.items():
            was, since = before.get(path, (None, now))
            self._moving[path] = stamp, since if was == stamp else now
        ages = {path: now - since for path, (_, since) in self._moving.items()}
        ready = {path for path, age in ages.items() if age >= self.quiet}
        if len(ready) < len(ages) and max(ages.values()) < self.quiet * PATIENCE:
            return set()
        for path in ready:
            stamp, _ = self._moving.pop(path)
            self.known.pop(path, None)
            if stamp:
                self.known[path] = stamp
        return ready


def _recall(memory: Path) -> tuple[dict[str, Stamp], dict[str, int]]:
    """What was written down; nothing when it cannot be read."""
    try:
        told = json.loads(memory.read_text("utf-8"))
        files = {path: (int(size), int(time)) for path, (size, time) in told["files"].items()}
        return files, {path: int(note) for path, note in told["notes"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, {}
