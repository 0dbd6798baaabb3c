"""Compare pipelines from a workbook to one PDF: ours, the obvious one, Carbone, docxtemplater.

All must give the same pages.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clock
from benchmarks.clock import Contender, Run
from benchmarks.tables import Table, times

RIVALS = Path(__file__).parent / "rivals"
OFFICES = os.cpu_count() or 2
SIZED, RAW = "sized", "as-they-are"
"""Folders of filled Word files: with photos resized for print, and with the original files of a phone."""
COLD, SAME = "paperwork, nothing made before", "paperwork, only what the others do"
NAIVE = "docxtpl, a LibreOffice for each document, pypdf"
CHANGES = {
    "paperwork, some words of one brief changed": ("简报正文", "第{}次改动，活动如期举行，参加者反映良好。"),
    "paperwork, the place of one activity changed": ("地点", "第{}社区"),
}


@dataclass(frozen=True)
class Bench:
    """Folder of the timed project, and its number of documents."""

    folder: Path
    documents: int
    env: Mapping[str, str]
    """Environment with the fonts that all programs use, so that pages can be compared, and the temporary folder."""

    @property
    def outputs(self) -> Path:
        """Return the folder of our own archive."""
        return self.folder / "outputs"


def prepare(folder: Path, activities: int) -> Bench:
    """Write the project and the jobs of all programs."""
    written = clock.run(clock.python("benchmarks.jobs", folder, activities))
    scratch = folder / "tmp"
    scratch.mkdir()
    env = {**json.loads((folder / "fonts.json").read_text("utf-8")), "TMPDIR": str(scratch)}
    return Bench(folder, int(written.output.split()[-1]), env)


def measure(bench: Bench, count: int, with_rivals: bool) -> Table:
    """Time all pipelines, check that they give the same pages, and return the table."""
    agreement = Agreement(bench)
    ours: dict[str, Contender] = {COLD: lambda _: _cold(bench), "paperwork, nothing changed": lambda _: _ours(bench)}
    for name, (header, words) in CHANGES.items():
        ours[name] = _after_change(bench, header, words)
    others = {SAME: _script(bench, "same_work"), NAIVE: _script(bench, "naive")}
    if with_rivals:
        others |= _rivals(bench)
    others_checked = {name: agreement.checked(contender) for name, contender in others.items()}
    # Our cold run comes first: it makes the archive of the unchanged project, with which the others are compared.
    runs = clock.run_rounds({COLD: ours.pop(COLD), **others_checked, **ours}, count)
    base = clock.median_seconds(runs[NAIVE])
    rows = [
        (
            name,
            f"{clock.median_seconds(each):.2f}",
            times(base / clock.median_seconds(each)),
            str(clock.median_memory(each)),
        )
        for name, each in runs.items()
    ]
    title = f"From the workbook to one PDF: {bench.documents} documents, {agreement.pages} pages"
    note = f"Medians of {count} rounds, each a new process. Memory is that of the largest process."
    return Table(title, ("", "seconds", "times as fast as docxtpl", "MiB"), rows, note)


class Agreement:
    """Check that no program is fast by printing nothing: its first PDF is compared with our archive."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pages = 0

    def checked(self, contender: Contender) -> Contender:
        """Return a contender whose first PDF is compared afterwards, outside of the measured time."""

        def run(number: int) -> Run:
            out = self.bench.folder / "other.pdf"
            out.unlink(missing_ok=True)
            taken = contender(number)
            if number == 0:
                output = clock.run(clock.python("benchmarks.agree", self.bench.outputs / "1", out)).output
                self.pages = int(output.split()[-1])
            return taken

        return run


def _ours(bench: Bench) -> Run:
    """Run our archive command."""
    folder = bench.folder
    words = ("--inputs", folder / "inputs", "--templates", folder / "templates", "--outputs", bench.outputs)
    return clock.run(clock.paperwork("archive", 1, *words), {"TMPDIR": bench.env["TMPDIR"]})


def _cold(bench: Bench) -> Run:
    """Run it on the original workbook, without any output of an earlier round."""
    workbook = bench.folder / "inputs" / "项目1" / "项目数据.xlsx"
    kept = bench.folder / "original.xlsx"
    if not kept.exists():
        shutil.copy(workbook, kept)
    shutil.copy(kept, workbook)
    shutil.rmtree(bench.outputs, ignore_errors=True)
    return _ours(bench)


def _after_change(bench: Bench, header: str, words: str) -> Contender:
    """Return a contender that changes one cell before each run."""

    def run(number: int) -> Run:
        workbook = bench.folder / "inputs" / "项目1" / "项目数据.xlsx"
        clock.run(clock.python("benchmarks.change", workbook, "活动", header, 2, words.format(number + 1)))
        return _ours(bench)

    return run


def _script(bench: Bench, name: str) -> Contender:
    """Return a contender that runs one of our scripts."""
    command = clock.python(f"benchmarks.{name}", bench.folder, bench.folder / "other.pdf")
    return lambda _: clock.run(command, bench.env)


def _rivals(bench: Bench) -> dict[str, Contender]:
    """Return the competing programs."""
    if not (RIVALS / "node_modules").is_dir():
        raise SystemExit("Carbone and docxtemplater are not there: tools/setup.sh bench, or --no-rivals")
    program = Path(shutil.which("soffice") or "soffice").resolve().parent
    # Carbone searches PATH for soffice.bin, and runs the first Python on it, which must have the UNO module.
    env = {**bench.env, "PATH": f"{program}:/usr/bin:{os.environ['PATH']}", "PYTHON": sys.executable}

    def node(script: str, *words: object) -> list[str]:
        jobs = bench.folder / script / "jobs.json"
        return ["node", *map(str, (RIVALS / f"{script}.mjs", jobs, bench.folder / "other.pdf", OFFICES, *words))]

    def warm(_: int) -> Run:
        ran = clock.run(node("carbone", "warm"), env)
        return Run(float(ran.output.split()[-1]), ran.memory)

    return {
        "Carbone, pypdf": lambda _: clock.run(node("carbone"), env),
        "Carbone, its LibreOffices warm already, pypdf": warm,
        "docxtemplater, libreoffice-convert, pypdf": lambda _: clock.run(node("docxtemplater"), env),
    }
