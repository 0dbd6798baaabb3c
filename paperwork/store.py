"""What is slow to make and depends on nothing but what it is made from: made once, kept by the digest of that.

Bounded in size; several processes may use it at the same time. Nothing in it is needed: it may be deleted at any time.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = ".store"
"""Where it lies in the outputs folder: what was printed of people's data stays with the rest of it."""
MOST_BYTES = 2 * 2**30


def key(*parts: str | bytes) -> str:
    """The name of what is made from these parts, in this order."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


class Store:
    """Files by key. With `fresh` nothing is found, so that all is made anew and then kept."""

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self.folder = folder
        self.fresh = fresh

    def find(self, key: str, out: Path) -> bool:
        """Put what is kept under this key at `out`; whether there is any. `out` must not be written to afterwards."""
        kept = self._path(key)
        if self.fresh:
            return False
        try:
            os.utime(kept)  # the one used longest ago goes first
            _place(kept, out)
        except OSError:
            return False
        return True

    def keep(self, key: str, made: Path) -> None:
        """Keep a finished file, which must not be written to afterwards. A full disk is no reason to fail."""
        kept = self._path(key)
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            rough = kept.with_name(f".{key}.{os.getpid()}")
            _place(made, rough)
            os.replace(rough, kept)

    def obtain(self, key: str, out: Path, make: Callable[[Path], object]) -> None:
        """Put what is kept under this key at `out`; where there is none, `make` it there and keep it.

        `out` must not be written to afterwards. Raises what `make` raises; nothing is kept then.
        """
        if not self.find(key, out):
            out.unlink(missing_ok=True)  # it may be another name of something that is kept
            make(out)
            self.keep(key, out)

    def trim(self, most: int = MOST_BYTES) -> None:
        """Throw out what was used longest ago until the rest is small enough."""
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
    """Lay a file there under another name: as a link where the disk knows links, else as a copy."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
