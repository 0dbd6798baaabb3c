"""Do only the part of our work that other programs do: `python -m benchmarks.same_work FOLDER OUT.pdf`.

Read the workbook, resize the photos, fill the forms, print and concatenate; nothing comes from the cache.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.append import append
from benchmarks.jobs import make_filler
from paperwork.formats.office import fonts, libreoffice


def main(folder: Path, out: Path) -> None:
    """Fill as many batches as there are cores, each printed while the next is filled; concatenate."""
    own_filler, documents = make_filler(folder)
    work, cores = folder / "same", os.cpu_count() or 2
    work.mkdir()
    names = [work / f"{number:03}.docx" for number in range(1, len(documents) + 1)]

    def batches() -> Iterator[list[Path]]:
        """Fill one batch after the other and yield its files."""
        for start in range(cores):
            for name, document in list(zip(names, documents, strict=True))[start::cores]:
                own_filler.write(document.form.template, document.context, name)
            yield names[start::cores]

    printed = libreoffice.convert_to_pdf(batches(), work, fonts.environment(folder))
    append([printed[name] for name in names], out)
    shutil.rmtree(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
