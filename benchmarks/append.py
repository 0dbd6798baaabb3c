"""Append PDFs with pypdf: `python -m benchmarks.append OUT.pdf FILE.pdf …`; the fastest simple way we tried."""

import sys
from collections.abc import Iterable
from pathlib import Path

from pypdf import PdfWriter


def append(files: Iterable[str | Path], out: str | Path) -> None:
    """Concatenate PDFs into one."""
    writer = PdfWriter()
    for path in files:
        writer.append(path)
    writer.write(out)


if __name__ == "__main__":
    append(sys.argv[2:], sys.argv[1])
