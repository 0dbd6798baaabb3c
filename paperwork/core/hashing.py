"""Digests: of files, of the program, of the parts that a cache key is made from."""

import hashlib
import sysconfig
from functools import cache
from pathlib import Path

from paperwork.core.commands import PACKAGE


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def cache_key(*parts: str | bytes) -> str:
    """Return the SHA-256 cache key of these inputs and of the program, as hex digits; the order of inputs matters."""
    return _digest(program_digest(), *parts)


@cache
def program_digest() -> str:
    """Return a digest of the whole program: every file of every package, and the versions of all installed libraries.

    It does not depend on the folder that the program lies in.
    """
    # The whole program and not the modules that make a file: whatever a module imports can change what it makes.
    paths = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files = {path.relative_to(PACKAGE).as_posix(): path for path in paths if not path.name.startswith(".")}
    contents = (part for name, path in sorted(files.items()) for part in (name, path.read_bytes()))
    return _digest(*contents, *_installed_libraries())


def _installed_libraries() -> list[str]:
    """Return the installed libraries with their versions, sorted."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def _digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of a sequence of parts in hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        # A path may hold bytes that are no UTF-8, as lone surrogates (`filenames.readable`).
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        # The length prefix keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


# At import, before the other packages are loaded: a process that outlives an update keeps running the old code, and
# must not store what that code makes under the key of the new one.
program_digest()
