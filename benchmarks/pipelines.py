"""From a project's workbook to one PDF: ours, the obvious way, Carbone, docxtemplater; all show the same pages."""

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
"""Folders of filled Word files: with photos sized for print, and with the files from a telephone."""
COLD, SAME = "paperwork, nothing made before", "paperwork, only what the others do"
NAIVE = "docxtpl, a LibreOffice for each document, pypdf"
CHANGES = {
    "paperwork, some words of one brief changed": ("简报正文", "第{}次改动，活动如期举行，参加者反映良好。"),
    "paperwork, the place of one activity changed": ("地点", "第{}社区"),
}


@dataclass(frozen=True)
class Bench:
    """Where the timed project lies, and how many documents it has."""

    folder: Path
    documents: int
    env: Mapping[str, str]
    """The fonts with which all print, so that their pages can be compared; and where temporary files go."""

    @property
    def outputs(self) -> Path:
        """Where our own archive is made."""
        return self.folder / "outputs"


def prepare(folder: Path, activities: int) -> Bench:
    """Write the project and everybody's jobs."""
    written = clock.run(clock.python("benchmarks.jobs", folder, activities))
    scratch = folder / "tmp"
    scratch.mkdir()
    env = {**json.loads((folder / "fonts.json").read_text("utf-8")), "TMPDIR": str(scratch)}
    return Bench(folder, int(written.said.split()[-1]), env)


def measure(bench: Bench, count: int, with_rivals: bool) -> Table:
    """Time all, see that they made the same pages, and put them in a table."""
    first = Agreement(bench)
    ours: dict[str, Contender] = {COLD: lambda _: _cold(bench), "paperwork, nothing changed": lambda _: _ours(bench)}
    for name, (header, words) in CHANGES.items():
        ours[name] = _changed(bench, header, words)
    others = {SAME: _script(bench, "same_work"), NAIVE: _script(bench, "naive")}
    if with_rivals:
        others |= _rivals(bench)
    checked = {name: first.then(contender) for name, contender in others.items()}
    # The others' pages are compared with our archive of the unchanged project.
    runs = clock.rounds({COLD: ours.pop(COLD), **checked, **ours}, count)
    base = clock.seconds(runs[NAIVE])
    rows = [
        (name, f"{clock.seconds(each):.2f}", times(base / clock.seconds(each)), str(clock.memory(each)))
        for name, each in runs.items()
    ]
    title = f"From the workbook to one PDF: {bench.documents} documents, {first.pages} pages"
    note = f"Medians of {count} rounds, each a new process. Memory is that of the largest process."
    return Table(title, ("", "seconds", "times as fast as docxtpl", "MiB"), rows, note)


class Agreement:
    """Sees to it that nobody is fast by printing nothing: each maker's first file is compared with our archive."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pages = 0

    def then(self, contender: Contender) -> Contender:
        """The same contender, its first file compared afterwards, which is not timed."""

        def run(number: int) -> Run:
            out = self.bench.folder / "other.pdf"
            out.unlink(missing_ok=True)
            taken = contender(number)
            if number == 0:
                said = clock.run(clock.python("benchmarks.agree", self.bench.outputs / "1", out)).said
                self.pages = int(said.split()[-1])
            return taken

        return run


def _ours(bench: Bench) -> Run:
    folder = bench.folder
    words = ("--inputs", folder / "inputs", "--templates", folder / "templates", "--outputs", bench.outputs)
    return clock.run(clock.paperwork("archive", 1, *words), {"TMPDIR": bench.env["TMPDIR"]})


def _cold(bench: Bench) -> Run:
    """The original workbook, and no output of any earlier round."""
    workbook = bench.folder / "inputs" / "项目1" / "项目数据.xlsx"
    kept = bench.folder / "original.xlsx"
    if not kept.exists():
        shutil.copy(workbook, kept)
    shutil.copy(kept, workbook)
    shutil.rmtree(bench.outputs, ignore_errors=True)
    return _ours(bench)


def _changed(bench: Bench, header: str, words: str) -> Contender:
    def run(number: int) -> Run:
        workbook = bench.folder / "inputs" / "项目1" / "项目数据.xlsx"
        clock.run(clock.python("benchmarks.change", workbook, "活动", header, 2, words.format(number + 1)))
        return _ours(bench)

    return run


def _script(bench: Bench, name: str) -> Contender:
    command = clock.python(f"benchmarks.{name}", bench.folder, bench.folder / "other.pdf")
    return lambda _: clock.run(command, bench.env)


def _rivals(bench: Bench) -> dict[str, Contender]:
    if not (RIVALS / "node_modules").is_dir():
        raise SystemExit("Carbone and docxtemplater are not there: tools/setup.sh bench, or --no-rivals")
    program = Path(shutil.which("soffice") or "soffice").resolve().parent
    # Carbone looks for soffice.bin along the path, and takes the first Python, which must know UNO.
    env = {**bench.env, "PATH": f"{program}:/usr/bin:{os.environ['PATH']}", "PYTHON": sys.executable}

    def node(script: str, *words: object) -> list[str]:
        jobs = bench.folder / script / "jobs.json"
        return ["node", *map(str, (RIVALS / f"{script}.mjs", jobs, bench.folder / "other.pdf", OFFICES, *words))]

    def warm(_: int) -> Run:
        ran = clock.run(node("carbone", "warm"), env)
        return Run(float(ran.said.split()[-1]), ran.memory)

    return {
        "Carbone, pypdf": lambda _: clock.run(node("carbone"), env),
        "Carbone, its LibreOffices warm already, pypdf": warm,
        "docxtemplater, libreoffice-convert, pypdf": lambda _: clock.run(node("docxtemplater"), env),
    }
