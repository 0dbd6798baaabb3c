"""QR codes: from a sheet of paper back to a file.

Sole owner of segno. The same text gives the same picture, byte for byte.
"""

from pathlib import Path

QUIET = 4
"""Modules of white on each side, as ISO/IEC 18004 asks."""
DOTS = 10
"""Pixels of a module: sharp at any size that fits a page."""


def write(text: str, out: Path) -> None:
    """Write the QR code of a text as PNG: UTF-8, correction level M (15 %), quiet zone included."""
    import segno

    # Without `boost_error` the level would rise where there is room, and the modules of two films differ in size.
    code = segno.make(text, error="m", boost_error=False, micro=False, mode="byte", encoding="utf-8")
    code.save(str(out), kind="png", scale=DOTS, border=QUIET)
