"""Append PDFs with pypdf: `python -m benchmarks.append OUT.pdf FILE.pdf …`; the fastest of the simple ways we tried."""

import sys
from collections.abc import Iterable
from pathlib import Path

from pypdf import PdfWriter


def append(files: Iterable[str | Path], out: str | Path) -> None:
    """Make one PDF of many."""
    whole = PdfWriter()
    for path in files:
        whole.append(path)
    whole.write(out)


if __name__ == "__main__":
    append(sys.argv[2:], sys.argv[1])
