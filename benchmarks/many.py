"""Build many small projects at once: `python -m benchmarks.many FOLDER PROJECTS` writes them and their catalogue.

Each has two activities with one photo each: one application, two briefs, four supervision records, one report.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import clock
from benchmarks.clock import Run
from benchmarks.tables import Table, times

COMMAND = "paperwork archive --all"
DASK = Path(sys.executable).parent / "dask"


def write(folder: Path, projects: int) -> None:
    """Write the workbooks, their photos, a catalogue that lists them all, and the forms to fill."""
    from openpyxl import Workbook

    from benchmarks import project
    from paperwork.formats.spreadsheets import reader
    from tests import make

    [sheet] = reader.read_sheets(make.CATALOGUE, "")
    head, first = ([cell.value for cell in row] for row in sheet.rows[:2])
    catalogue = Workbook()
    sheet_out = catalogue.active
    assert sheet_out is not None
    sheet_out.append(head)
    number_of = head.index("项目序号")
    for number in range(1, projects + 1):
        sheet_out.append([number if place == number_of else value for place, value in enumerate(first)])
        written = project.write(folder / "one", number, activities=2, photos=1)
        shutil.copytree(written, folder / "inputs", ignore=lambda *_: [make.CATALOGUE.name], dirs_exist_ok=True)
        shutil.rmtree(folder / "one")
    catalogue.save(folder / "inputs" / "项目发布目录.xlsx")
    make.forms(folder, project.FORMS)


def measure(folder: Path, projects: int, count: int) -> Table:
    """Compare one worker with one per core, here and on a Dask scheduler.

    All must produce the same bytes.
    """
    clock.run(clock.python("benchmarks.many", folder, projects))
    cores = os.cpu_count() or 2
    first: dict[str, str] = {}
    with scheduler(folder, cores) as address:
        ways = {"1": ("--jobs", 1), f"{cores}": ("--jobs", cores), f"{cores}, Dask": ("--cluster", address)}
        runs = clock.run_rounds({name: _run(folder, words, projects, first) for name, words in ways.items()}, count)
    base = clock.median_seconds(runs["1"])
    rows = [
        (
            name,
            f"{clock.median_seconds(each):.1f}",
            f"{projects * 60 / median(run.seconds for run in each):.0f}",
            times(base / clock.median_seconds(each)),
            str(clock.median_memory(each)),
        )
        for name, each in runs.items()
    ]
    heads = ("workers", "seconds", "projects a minute", "times as fast", "MiB")
    note = (
        f"Medians of {count} rounds, each into an empty folder; the same bytes each time. Memory is that of the largest"
        " process, without Dask's workers, which run already."
    )
    return Table(f"`{COMMAND}` over {projects} small projects", heads, rows, note)


@contextmanager
def scheduler(folder: Path, workers: int) -> Iterator[str]:
    """Start a Dask scheduler with so many workers and return its address."""
    address_file = folder / "scheduler.json"
    # The same settings as in `make worker`.
    settings = {"DASK_DISTRIBUTED__WORKER__DAEMON": "False", "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
    environment = {**os.environ, **settings, "PYTHONPATH": str(clock.ROOT)}
    with (folder / "dask.log").open("w") as log:

        def start(*words: str) -> "subprocess.Popen[bytes]":
            return subprocess.Popen([DASK, *words, "--no-dashboard"], env=environment, stdout=log, stderr=log)

        processes = [start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(address_file))]
        try:
            while not (address_file.exists() and address_file.read_text("utf-8")):
                assert processes[0].poll() is None, (folder / "dask.log").read_text("utf-8")
                time.sleep(0.1)
            address: str = json.loads(address_file.read_text("utf-8"))["address"]
            processes.append(start("worker", address, "--nworkers", str(workers), "--nthreads", "1"))
            # The worker's processes need a moment to register; the first round would otherwise run with fewer.
            time.sleep(5)
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def _run(folder: Path, how: Sequence[object], projects: int, first: dict[str, str]) -> Callable[[int], Run]:
    """Return a contender that builds all projects into an empty folder."""
    outputs = folder / "outputs"
    words = ("--inputs", folder / "inputs", "--templates", folder / "templates", "--outputs", outputs)

    def run(_: int) -> Run:
        shutil.rmtree(outputs, ignore_errors=True)
        taken = clock.run(clock.paperwork(*COMMAND.split()[1:], *words, *how))
        numbers = [path.parent.name for path in outputs.glob("[0-9]*/manifest.json")]
        assert len(numbers) == projects, f"{len(numbers)} projects of {projects} were made"
        made = {name: digest for number in numbers for name, digest in _digests(outputs, number)}
        # The first way sets the reference; the others must produce the same bytes.
        first.update({} if first else made)
        assert made == first, sorted(name for name in made if made[name] != first.get(name))[:5]
        return taken

    return run


def _digests(outputs: Path, number: str) -> Iterator[tuple[str, str]]:
    """Yield path and digest of each file of a project's archive."""
    from paperwork.core import hashing

    for path in (outputs / number).rglob("*"):
        if path.is_file():
            yield path.relative_to(outputs).as_posix(), hashing.sha256_of(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
