"""Digests: of files, of the parts that a cache key is made from, of the program and its libraries."""

import hashlib
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_digest(*modules: str) -> str:
    """Return a digest of the code that makes a file: these source files and the versions of all installed libraries."""
    sources = b"".join(Path(module).read_bytes() for module in modules)
    return hashlib.sha256(sources + "\n".join(installed_libraries()).encode()).hexdigest()


def installed_libraries() -> list[str]:
    """Return the installed libraries with their versions, sorted."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def cache_key(*parts: str | bytes) -> str:
    """Return the SHA-256 cache key of these inputs, as hex digits; their order matters."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        # The length prefix keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
