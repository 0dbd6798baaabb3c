"""Measure filling alone, in documents a second: `python -m benchmarks.fill_only FOLDER ROUNDS`; FOLDER holds the jobs.

Our filler and a fresh docxtpl for each document alternate in one process. Ours first resizes the photos for print; the
rates with and without that are printed. The files remain in FOLDER/sized (ours) and FOLDER/as-they-are.
"""

import json
import pickle
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import naive
from benchmarks.jobs import make_filler
from benchmarks.naive import JOBS, Job
from benchmarks.pipelines import RAW, SIZED


def fill_with_paperwork(folder: Path) -> tuple[float, float]:
    """Return our documents a second, without and with resizing the photos."""
    (folder / SIZED).mkdir(exist_ok=True)
    start = perf_counter()
    own, documents = make_filler(folder)
    sized = perf_counter()
    for number, document in enumerate(documents, 1):
        own.write(document.form.template, document.context, folder / SIZED / f"{number:03}.docx")
    end = perf_counter()
    return len(documents) / (end - sized), len(documents) / (end - start)


def fill_with_docxtpl(folder: Path) -> float:
    """Return the documents a second with a fresh docxtpl for each."""
    (folder / RAW).mkdir(exist_ok=True)
    jobs: list[Job] = pickle.loads((folder / JOBS).read_bytes())
    start = perf_counter()
    for number, job in enumerate(jobs, 1):
        naive.fill(job, folder / "templates" / "docx", folder / RAW / f"{number:03}.docx")
    return len(jobs) / (perf_counter() - start)


def main(folder: Path, rounds: int) -> None:
    """Print the rates of all rounds."""
    pairs = [(*fill_with_paperwork(folder), fill_with_docxtpl(folder)) for _ in range(rounds)]
    print(json.dumps(pairs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
