"""Content-addressed cache for generated files.

The key is a hash of every input, so an entry never becomes stale. The size is bounded. Several processes may use the
cache at the same time. Entries may be deleted at any time.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

CACHE_FOLDER = ".store"
"""Name of the cache folder. It lies in the outputs folder, because cached files hold the same personal data."""
MAX_BYTES = 2 * 2**30
"""Default size limit of the cache, in bytes."""


class Cache:
    """Cache folder with one file per key. With `fresh`, lookups always miss, but new files are still stored."""

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self.folder = folder
        self.fresh = fresh
        self.hits = self.misses = 0
        """Numbers of lookups, for the log; those in child processes are not counted."""

    def get(self, key: str, out: Path) -> bool:
        """Place the cached file at `out` and return True, or return False on a miss.

        `out` may be a hard link to the cache entry, so it must not be modified afterwards.
        """
        is_hit = not self.fresh and self._take(key, out)
        self.hits += is_hit
        self.misses += not is_hit
        return is_hit

    def _take(self, key: str, out: Path) -> bool:
        """Place the cached file at `out`; return False if there is none."""
        entry = self._path(key)
        try:
            os.utime(entry)  # `trim` evicts by modification time, so a hit must renew it
            _place(entry, out)
        except OSError:
            return False
        return True

    def put(self, key: str, made: Path) -> None:
        """Store a finished file, which must not be modified afterwards.

        Errors of the file system, such as a full disk, are ignored: the cache is only an optimisation.
        """
        entry = self._path(key)
        # A random name: two threads, or two machines that share the folder, may store the same key at once.
        temporary = entry.with_name(f".{key}.{token_hex(8)}")
        with suppress(OSError):
            entry.parent.mkdir(parents=True, exist_ok=True)
            try:
                _place(made, temporary)
                os.replace(temporary, entry)  # atomic: another process never sees a half-copied entry
            finally:
                # rename(2) does nothing if both names are links to one file, and a full disk leaves half a copy.
                temporary.unlink(missing_ok=True)

    def get_or_make(self, key: str, out: Path, make: Callable[[Path], object]) -> None:
        """Place the cached file at `out`; on a miss, call `make(out)` and store the result.

        `out` must not be modified afterwards. Raises what `make` raises; nothing is stored then.
        """
        if not self.get(key, out):
            out.unlink(missing_ok=True)  # it may be a hard link to another entry, which `make` would overwrite
            make(out)
            self.put(key, out)

    def prune(self, most: int = MAX_BYTES) -> None:
        """Evict the least recently used entries until at most `most` bytes remain."""
        with suppress(OSError):
            files = [(path.stat(), path) for path in self.folder.glob("*/*")]
            size = sum(stat.st_size for stat, _ in files)
            for stat, path in sorted(files, key=lambda each: (each[0].st_mtime_ns, each[1])):
                if size <= most:
                    return
                path.unlink(missing_ok=True)
                size -= stat.st_size

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key


def _place(source: Path, target: Path) -> None:
    """Hard-link `source` to `target`, or copy it where the file system has no hard links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
