"""Draw QR codes, which lead from a printed page to a file.

The only module that uses segno. The same text gives the same picture, byte for byte.
"""

from pathlib import Path

QUIET = 4
"""Width of the white border in modules, as ISO/IEC 18004 requires."""
DOTS = 10
"""Pixels per module: sharp at any size that fits a page."""


def write(text: str, out: Path) -> None:
    """Write the QR code of a text as PNG: UTF-8, correction level M (15 %), quiet zone included."""
    import segno

    # By default segno raises the correction level if there is room; then the modules of two codes differ in size.
    code = segno.make(text, error="m", boost_error=False, micro=False, mode="byte", encoding="utf-8")
    code.save(str(out), kind="png", scale=DOTS, border=QUIET)
