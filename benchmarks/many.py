"""Many small projects made at once: `python -m benchmarks.many FOLDER PROJECTS` writes them and their catalogue.

Each has two activities with one photo each: one application, two briefs, four records of supervision, one report.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import clock
from benchmarks.clock import Run
from benchmarks.tables import Table, times

COMMAND = "paperwork archive --all"


def write(folder: Path, projects: int) -> None:
    """Write the workbooks, their photos, a catalogue that knows them all, and the forms that are filled."""
    from openpyxl import Workbook

    from benchmarks import project
    from paperwork import grid
    from tests import make

    [sheet] = grid.read_sheets(make.CATALOGUE, "")
    head, first = ([cell.value for cell in row] for row in sheet.rows[:2])
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(head)
    number_of = head.index("项目序号")
    for number in range(1, projects + 1):
        page.append([number if place == number_of else value for place, value in enumerate(first)])
        written = project.write(folder / "one", number, activities=2, photos=1)
        shutil.copytree(written, folder / "inputs", ignore=lambda *_: [make.CATALOGUE.name], dirs_exist_ok=True)
        shutil.rmtree(folder / "one")
    book.save(folder / "inputs" / "项目发布目录.xlsx")
    make.forms(folder, project.FORMS)


def measure(folder: Path, projects: int, count: int) -> Table:
    """One worker against as many as there are cores."""
    clock.run(clock.python("benchmarks.many", folder, projects))
    cores = os.cpu_count() or 2
    runs = clock.rounds({f"{jobs}": _run(folder, jobs, projects) for jobs in (1, cores)}, count)
    base = clock.seconds(runs["1"])
    rows = [
        (
            name,
            f"{clock.seconds(each):.1f}",
            f"{projects * 60 / median(run.seconds for run in each):.0f}",
            times(base / clock.seconds(each)),
            str(clock.memory(each)),
        )
        for name, each in runs.items()
    ]
    heads = ("workers", "seconds", "projects a minute", "times as fast", "MiB")
    note = f"Medians of {count} rounds, each into an empty folder. Memory is that of the largest process."
    return Table(f"`{COMMAND}` over {projects} small projects", heads, rows, note)


def _run(folder: Path, jobs: int, projects: int) -> Callable[[int], Run]:
    words = ("--inputs", folder / "inputs", "--templates", folder / "templates", "--outputs", folder / "outputs")

    def run(_: int) -> Run:
        shutil.rmtree(folder / "outputs", ignore_errors=True)
        taken = clock.run(clock.paperwork(*COMMAND.split()[1:], *words, "--jobs", jobs))
        made = len(list((folder / "outputs").glob("[0-9]*/manifest.json")))
        assert made == projects, f"{made} projects of {projects} were made"
        return taken

    return run


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
