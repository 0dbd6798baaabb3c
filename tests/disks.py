"""A file system of its own that is full."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")


@contextmanager
def full_disk(folder: Path, size: str = "256k") -> Iterator[Path]:
    """Mount a small file system at a folder and fill it; yield the file that fills it, whose removal makes room.

    Skips the test where mounting is not allowed, as in an unprivileged container.
    """
    folder.mkdir()
    mount = (*AS_ROOT, "mount", "-t", "tmpfs", "-o", f"size={size},uid={os.geteuid()}", "tmpfs", str(folder))
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        fill = folder / "fill"
        with fill.open("wb", buffering=0) as stream, pytest.raises(OSError) as full:
            while True:
                stream.write(bytes(4096))
        assert full.value.errno == errno.ENOSPC
        yield fill
    finally:
        subprocess.run((*AS_ROOT, "umount", "--lazy", str(folder)), check=True)
