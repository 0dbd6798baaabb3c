"""Watch a folder and report files that were added, changed or removed, once they have stopped changing.

Sole owner of watchfiles, whose events only say when to scan. Changes are found by comparing a scan of the folder with
the last known state. So a change on a network share that raises no event, and one made while the program was not
running, are found in the same way as any other.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from time import monotonic

import watchfiles

from paperwork.core.filenames import is_left_by_a_program, readable_path

QUIET_SECONDS = 2.0
"""Seconds that a file must stay unchanged before it is reported."""
QUIET_MULTIPLE = 3
"""Multiple of `QUIET` to wait for other files still being copied, so that a copied folder is one change."""
POLL_SECONDS = 2.0
"""Seconds between scans where the system sends no events."""
RESCAN_SECONDS = 10.0
"""Seconds between scans even where it does: changes by other machines on a share may raise no event."""
TICK_MS = 200
"""Milliseconds between checks whether a scan is due."""
DEBOUNCE_MS = 1000
"""Milliseconds after which to scan even while events keep coming."""

Stamp = tuple[int, int]
"""Size in bytes and modification time in nanoseconds."""


def scan(root: Path) -> dict[str, Stamp]:
    """Return the files below a folder by relative path; unreadable ones are left out."""
    found = {}
    for folder, folders, files in os.walk(root):
        # In-place assignment prunes the walk; a new list would not.
        folders[:] = [name for name in folders if not is_left_by_a_program(name)]
        for path in (Path(folder, name) for name in files if not is_left_by_a_program(name)):
            with suppress(OSError):
                stat = path.stat()
                found[readable_path(path.relative_to(root))] = stat.st_size, stat.st_mtime_ns
    return found


def has_change_events(folder: Path, wait: float = 1.0) -> bool:
    """Return True if the system reports events for a folder; tested with a temporary probe file."""
    probe = folder / f".看守-{os.getpid()}.tmp"
    events = watchfiles.watch(
        folder, watch_filter=None, rust_timeout=50, yield_on_timeout=True, ignore_permission_denied=True
    )
    try:
        with closing(events):
            next(events)  # the first result means that the watch is in place; an earlier probe would be missed
            probe.touch()
            end = monotonic() + wait
            while monotonic() < end:
                if any(Path(path).name == probe.name for _, path in next(events)):
                    return True
    except (OSError, RuntimeError):  # the folder is read-only, or the inotify limit is reached
        return False
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return False


class FolderWatcher:
    """Watched folder; its known state, and notes of the caller, are kept in the file `memory`."""

    def __init__(self, root: Path, memory: Path, quiet: float = QUIET_SECONDS, polling: bool | None = None) -> None:
        self.root = root
        self.state_file = memory
        self.quiet = quiet
        self.is_polling = not has_change_events(root) if polling is None else polling
        self.known, self.notes = _load_state(memory)
        self._unsettled: dict[str, tuple[Stamp | None, float]] = {}

    def changes(self, stop: Event) -> Iterator[set[str]]:
        """Yield sets of paths that were added, changed or removed, until `stop` is set; no change is yielded twice."""
        due = 0.0
        for has_event in self._ticks(stop):
            if has_event or monotonic() >= due:
                ready = self._ready()
                # Scan often while files are settling; no event tells that a file has stopped changing.
                due = monotonic() + (self.quiet / 2 if self._unsettled else RESCAN_SECONDS)
                if ready:
                    yield ready

    def save_state(self) -> None:
        """Save the state, once all reported changes are handled; unsaved changes are reported again after a restart."""
        state = {"files": self.known, "notes": self.notes}
        temporary = self.state_file.with_name(f"{self.state_file.name}.tmp")
        with suppress(OSError):  # a full disk must not end the watch; the changes are only reported again
            self.state_file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(state), "utf-8")
            # An atomic rename: a crash while writing must not leave half a state file.
            os.replace(temporary, self.state_file)

    def _ticks(self, stop: Event) -> Iterator[bool]:
        """Yield repeatedly; True if a scan is due because of an event or because the folder is polled."""
        if not self.is_polling:
            try:
                for events in watchfiles.watch(
                    self.root, watch_filter=None, debounce=DEBOUNCE_MS, stop_event=stop, rust_timeout=TICK_MS,
                    yield_on_timeout=True, ignore_permission_denied=True,
                ):  # fmt: skip
                    yield bool(events)
                return
            except (OSError, RuntimeError):  # more folders than the inotify limit allows; fall back to polling
                self.is_polling = True
        while not stop.wait(min(self.quiet, POLL_SECONDS) if self._unsettled else POLL_SECONDS):
            yield True

    def _ready(self) -> set[str]:
        """Return changed files that are stable, or nothing while others may still be arriving."""
        # The times before and after the scan, so that a slow one cannot make a file look older than it is: a file is
        # first seen at the latest after the scan, and still unchanged at least until the next one begins.
        begun, seen, ended = monotonic(), scan(self.root), monotonic()
        differs = {path: seen.get(path) for path in {*seen, *self.known} if seen.get(path) != self.known.get(path)}
        before, self._unsettled = self._unsettled, {}
        for path, stamp in differs.items():
            was, since = before.get(path, (None, ended))
            self._unsettled[path] = stamp, since if was == stamp else ended
        ages = {path: begun - since for path, (_, since) in self._unsettled.items()}
        ready = {path for path, age in ages.items() if age >= self.quiet}
        # Some files are still changing. Wait for them, but not without end: one that grows for hours must not hold back
        # the others.
        if len(ready) < len(ages) and max(ages.values()) < self.quiet * QUIET_MULTIPLE:
            return set()
        for path in ready:
            stamp, _ = self._unsettled.pop(path)
            # A removed file has no stamp and must leave the known state.
            self.known.pop(path, None)
            if stamp:
                self.known[path] = stamp
        return ready


def _load_state(memory: Path) -> tuple[dict[str, Stamp], dict[str, int]]:
    """Return the saved state and notes; empty if they cannot be read."""
    try:
        state = json.loads(memory.read_text("utf-8"))
        files = {path: (int(size), int(time)) for path, (size, time) in state["files"].items()}
        return files, {path: int(note) for path, note in state["notes"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, {}
