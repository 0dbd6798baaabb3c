"""Office packages (.docx, .xlsx) without a clock: the same content gives the same bytes."""

import hashlib
import io
import sysconfig
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
PHOTOS = (".jpg", ".jpeg", ".png")


def digest(*modules: str) -> str:
    """Of who makes something: the source of modules, given by their files, and the libraries they may use."""
    sources = b"".join(Path(each).read_bytes() for each in modules)
    return hashlib.sha256(sources + "\n".join(libraries()).encode()).hexdigest()


def libraries() -> list[str]:
    """The installed libraries, with their versions."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def same_bytes(package: io.BytesIO, instead: Mapping[str, bytes] | None = None) -> bytes:
    """Write a package anew with fixed times. `instead` gives other bytes for some parts."""
    with zipfile.ZipFile(package) as source:
        names = [info.filename for info in source.infolist()]
        return packed((name, (instead or {}).get(name) or source.read(name)) for name in names)


def packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Write a package of these parts, in this order. Photos are stored as they are; they do not shrink twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(PHOTOS) else zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()
