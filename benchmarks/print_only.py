"""Printing alone: `python -m benchmarks.print_only WAY FOLDER DOCUMENTS`; prints the seconds.

WAY is `ours`, `each` (one LibreOffice for each document) or `once` (one for all), the last two with default settings.
DOCUMENTS is the folder below FOLDER with the Word files.
"""

import os
import shutil
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import naive
from paperwork import fonts, office


def main(way: str, folder: Path, documents: str) -> None:
    """Print all files of a folder."""
    files, out = sorted((folder / documents).glob("*.docx")), folder / "printed"
    out.mkdir()
    jobs = os.cpu_count() or 2
    begun = perf_counter()
    if way == "ours":
        shares = [files[start::jobs] for start in range(jobs)]
        office.print_files(shares, out, fonts.environment(folder))
    elif way == "each":
        naive.print_each(files, out, folder / "profile")
    else:
        naive.convert(files, out, folder / "profile")
    taken = perf_counter() - begun
    assert len(list(out.glob("*.pdf"))) == len(files)
    shutil.rmtree(out)
    print(taken)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
