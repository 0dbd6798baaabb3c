"""Filling alone, documents a second: `python -m benchmarks.fill_only FOLDER ROUNDS`; FOLDER holds the jobs.

Round after round, ours and a fresh docxtpl for each document take turns in one process. Ours first sizes the photos for
print; with and without that is told. The files stay: FOLDER/sized (ours) and FOLDER/as-they-are.
"""

import json
import pickle
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import naive
from benchmarks.jobs import filler
from benchmarks.naive import JOBS, Job
from benchmarks.pipelines import RAW, SIZED


def ours(folder: Path) -> tuple[float, float]:
    """Documents a second from contexts with sized photos, and with the sizing."""
    (folder / SIZED).mkdir(exist_ok=True)
    begun = perf_counter()
    made, documents = filler(folder)
    sized = perf_counter()
    for number, document in enumerate(documents, 1):
        made.write(document.form.template, document.context, folder / SIZED / f"{number:03}.docx")
    end = perf_counter()
    return len(documents) / (end - sized), len(documents) / (end - begun)


def fresh(folder: Path) -> float:
    """Documents a second with a fresh docxtpl for each."""
    (folder / RAW).mkdir(exist_ok=True)
    jobs: list[Job] = pickle.loads((folder / JOBS).read_bytes())
    begun = perf_counter()
    for number, job in enumerate(jobs, 1):
        naive.fill(job, folder / "templates" / "docx", folder / RAW / f"{number:03}.docx")
    return len(jobs) / (perf_counter() - begun)


def main(folder: Path, rounds: int) -> None:
    """Print the rates of all rounds."""
    pairs = [(*ours(folder), fresh(folder)) for _ in range(rounds)]
    print(json.dumps(pairs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
