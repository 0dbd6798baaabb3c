"""Of our own work only what the others do: `python -m benchmarks.same_work FOLDER OUT.pdf`.

The workbook read, photos sized, forms filled, printed and appended; nothing is taken from the store.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.append import append
from benchmarks.jobs import filler
from paperwork import fonts, office


def main(folder: Path, out: Path) -> None:
    """Fill in as many shares as there are cores, each printed while the next one is filled; append."""
    made, documents = filler(folder)
    work, cores = folder / "same", os.cpu_count() or 2
    work.mkdir()
    names = [work / f"{number:03}.docx" for number in range(1, len(documents) + 1)]

    def shares() -> Iterator[list[Path]]:
        for start in range(cores):
            for name, document in list(zip(names, documents, strict=True))[start::cores]:
                made.write(document.form.template, document.context, name)
            yield names[start::cores]

    printed = office.print_files(shares(), work, fonts.environment(folder))
    append([printed[name] for name in names], out)
    shutil.rmtree(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
