"""Measure single steps: filling and printing the timed project, binding and checking large ones, starting."""

import json
import sys
from collections.abc import Sequence
from statistics import median

from benchmarks import clock
from benchmarks.clock import Contender, Run
from benchmarks.pipelines import RAW, SIZED, Bench
from benchmarks.tables import Table, times

WAYS = {"each": "one LibreOffice for each document", "once": "one LibreOffice for all", "ours": "paperwork"}


def filling(bench: Bench, count: int) -> Table:
    """Compare our filler with a fresh docxtpl for each document."""
    result = clock.run(clock.python("benchmarks.fill_only", bench.folder, count))
    ours, whole, fresh = (median(column) for column in zip(*json.loads(result.output), strict=True))
    rows = [
        ("docxtpl, fresh for each document, photos as they are", f"{fresh:.1f}", "1"),
        ("paperwork, photos sized already", f"{ours:.1f}", times(ours / fresh)),
        ("paperwork, with reading the workbook and sizing the photos", f"{whole:.1f}", times(whole / fresh)),
    ]
    return Table("Filling alone", ("", "documents a second", "times docxtpl"), rows, f"Medians of {count} rounds.")


def printing(bench: Bench, count: int) -> Sequence[Table]:
    """Compare three ways of printing the same Word files, with resized and with original photos."""
    made = []
    for documents, what in ((SIZED, "photos sized for print"), (RAW, "photos as they are")):
        runs = clock.run_rounds({name: _printer(bench, way, documents) for way, name in WAYS.items()}, count)
        base = clock.median_seconds(runs[WAYS["each"]])
        rows = [
            (
                name,
                f"{clock.median_seconds(each):.2f}",
                times(base / clock.median_seconds(each)),
                str(clock.median_memory(each)),
            )
            for name, each in runs.items()
        ]
        title = f"Printing alone: {bench.documents} Word files, {what}"
        heads = ("", "seconds", "times as fast", "MiB")
        made.append(Table(title, heads, rows, f"Medians of {count} rounds; all ways print the same files."))
    return made


def _printer(bench: Bench, way: str, documents: str) -> Contender:
    """Return a contender that prints; its time is that reported by the script, without the start of Python."""

    def run(_: int) -> Run:
        result = clock.run(clock.python("benchmarks.print_only", way, bench.folder, documents), bench.env)
        return Run(float(result.output), result.memory)

    return run


def binding(sizes: tuple[int, ...], count: int) -> Table:
    """Measure binding with numbering and PDF/A, reading back, and the paper edition."""
    result = clock.run(clock.python("benchmarks.bind", "--json", *sizes * count))
    measured = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    rows = []
    for pages in sizes:
        runs = [each for each in measured if each["pages"] == pages]
        medians = [f"{median(each[name] for each in runs) * 1000 / pages:.1f}" for name in ("bound", "proved", "paper")]
        rows.append((f"{pages}", *medians, f"{median(each['memory'] for each in runs):.0f}"))
    heads = ("pages", "bound, stamped, PDF/A", "read back", "paper edition", "MiB")
    return Table("Binding: seconds for a thousand pages", heads, rows, f"Medians of {count} rounds.")


def checking(sizes: tuple[int, ...], count: int) -> Table:
    """Measure the check of a workbook: a fifth of the rows are activities, the others payments."""
    checks = {f"{size:,}": _checker(size) for size in sizes}
    runs = clock.run_rounds(checks, count)
    rows = []
    for name, each in runs.items():
        parts = [json.loads(run.output.splitlines()[-1]) for run in each]
        medians = [f"{median(part[key] for part in parts):.2f}" for key in ("read", "rules", "clauses", "whole")]
        rows.append((name, *medians, str(clock.median_memory(each))))
    heads = ("rows", "reading", "rules", "clauses", "whole check, marked copy", "MiB")
    return Table("Checking a workbook, seconds", heads, rows, f"Medians of {count} rounds.")


def _checker(size: int) -> Contender:
    """Return a contender that checks a workbook of so many rows."""
    command = clock.python("benchmarks.check", "--json", size // 5, size - size // 5)
    return lambda _: clock.run(command)


def starting(count: int) -> Table:
    """Compare `paperwork --help` with the smallest typer program and with Python alone."""
    smallest = "the smallest typer program, --help"
    programs = {
        "python, nothing done": [sys.executable, "-c", "pass"],
        smallest: [sys.executable, "-c", "from benchmarks.hello import app; app()", "--help"],
        "paperwork --help": clock.paperwork("--help"),
    }
    runs = clock.run_rounds({name: _starter(command) for name, command in programs.items()}, count)
    base = clock.median_seconds(runs[smallest])
    rows = [
        (
            name,
            f"{clock.median_seconds(each) * 1000:.0f}",
            times(clock.median_seconds(each) / base),
            str(clock.median_memory(each)),
        )
        for name, each in runs.items()
    ]
    return Table("Start", ("", "milliseconds", "times typer's", "MiB"), rows, f"Medians of {count} starts.")


def _starter(command: list[str]) -> Contender:
    """Return a contender that runs a command."""
    return lambda _: clock.run(command)
