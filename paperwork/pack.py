"""Office packages (.docx, .xlsx) without a clock: the same content gives the same bytes."""

import io
import zipfile
from collections.abc import Mapping

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
PHOTOS = (".jpg", ".jpeg", ".png")


def same_bytes(package: io.BytesIO, instead: Mapping[str, bytes] | None = None) -> bytes:
    """Write a package anew with fixed times. `instead` gives other bytes for some parts.

    Photos are stored as they are; they do not shrink twice.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            entry = zipfile.ZipInfo(info.filename, ZIP_TIME)
            is_photo = info.filename.endswith(PHOTOS)
            entry.compress_type = zipfile.ZIP_STORED if is_photo else zipfile.ZIP_DEFLATED
            target.writestr(entry, (instead or {}).get(info.filename) or source.read(info.filename))
    return out.getvalue()
