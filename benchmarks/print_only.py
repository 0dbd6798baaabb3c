"""Measure printing alone: `python -m benchmarks.print_only WAY FOLDER DOCUMENTS`; prints the seconds.

WAY is `ours`, `each` (one LibreOffice for each document) or `once` (one for all), the last two with default settings.
DOCUMENTS is the folder below FOLDER with the Word files.
"""

import os
import shutil
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import naive
from paperwork.formats.office import fonts, libreoffice


def main(way: str, folder: Path, documents: str) -> None:
    """Convert all files of a folder and print the seconds."""
    files, out = sorted((folder / documents).glob("*.docx")), folder / "printed"
    out.mkdir()
    jobs = os.cpu_count() or 2
    start_time = perf_counter()
    if way == "ours":
        shares = [files[start::jobs] for start in range(jobs)]
        libreoffice.convert_to_pdf(shares, out, fonts.environment(folder))
    elif way == "each":
        naive.print_each(files, out, folder / "profile")
    else:
        naive.convert(files, out, folder / "profile")
    seconds = perf_counter() - start_time
    assert len(list(out.glob("*.pdf"))) == len(files)
    shutil.rmtree(out)
    print(seconds)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
