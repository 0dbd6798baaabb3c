"""Write Office packages (.docx, .xlsx) reproducibly: the same content gives the same bytes."""

import io
import zipfile
from collections.abc import Iterable, Mapping

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP entry can hold
PHOTOS = (".jpg", ".jpeg", ".png")


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
