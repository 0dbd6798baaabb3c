"""Write Office packages (.docx, .xlsx) reproducibly: the same content gives the same bytes."""

import hashlib
import io
import sysconfig
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP entry can hold
PHOTOS = (".jpg", ".jpeg", ".png")


def digest(*modules: str) -> str:
    """Return a digest of the code that makes a file: these source files and the versions of all installed libraries."""
    sources = b"".join(Path(module).read_bytes() for module in modules)
    return hashlib.sha256(sources + "\n".join(libraries()).encode()).hexdigest()


def libraries() -> list[str]:
    """Return the installed libraries with their versions, sorted."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def same_bytes(package: io.BytesIO, instead: Mapping[str, bytes] | None = None) -> bytes:
    """Rewrite a package with fixed timestamps; `instead` maps part names to new content."""
    with zipfile.ZipFile(package) as source:
        names = [info.filename for info in source.infolist()]
        return packed((name, (instead or {}).get(name) or source.read(name)) for name in names)


def packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP package of these parts, in this order; photos are stored uncompressed, since they are compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(PHOTOS) else zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()
