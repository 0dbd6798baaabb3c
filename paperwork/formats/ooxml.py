"""Write Office packages (.docx, .xlsx) reproducibly: the same content gives the same bytes."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP entry can hold
PHOTOS = (".jpg", ".jpeg", ".png")


class UndatedZip(zipfile.ZipFile):
    """A ZIP file whose entries all bear `ZIP_TIME`.

    Python's own class takes the clock's time, which no ZIP entry can hold before 1980 or after 2107, and so fails on a
    machine whose clock is wrong.
    """

    def writestr(self, zinfo_or_arcname: Any, data: Any, *options: Any, **named: Any) -> None:
        """Write an entry; a name alone gets the fixed time and the compression of the file."""
        if not isinstance(zinfo_or_arcname, zipfile.ZipInfo):
            zinfo_or_arcname = zipfile.ZipInfo(zinfo_or_arcname, ZIP_TIME)
            zinfo_or_arcname.compress_type = self.compression
        super().writestr(zinfo_or_arcname, data, *options, **named)

    def write(self, filename: Any, arcname: Any = None, *options: Any, **named: Any) -> None:
        """Write a file as an entry, without the file's own time."""
        self.writestr(str(arcname or filename), Path(filename).read_bytes(), *options, **named)


def normalise(package: io.BytesIO, instead: Mapping[str, bytes] | None = None) -> bytes:
    """Rewrite a package with fixed timestamps; `instead` maps part names to new content."""
    with zipfile.ZipFile(package) as source:
        names = [info.filename for info in source.infolist()]
        return write_zip((name, (instead or {}).get(name) or source.read(name)) for name in names)


def write_zip(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP package of these parts, in this order; photos are stored uncompressed, since they are compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(PHOTOS) else zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()
