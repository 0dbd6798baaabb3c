"""Measure speed: `make bench`, or `.venv/bin/python -m benchmarks.bench [--quick] [--only NAME …]`.

Prints a table for each measurement, next to other programs. A complete run also writes them into docs/performance.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks import machine, many, pipelines, steps, tables
from benchmarks.clock import ROOT
from benchmarks.tables import Table

PAGE = ROOT / "docs" / "performance.md"


@dataclass(frozen=True)
class Sizes:
    """Amount of data and number of rounds of each measurement."""

    rounds: int = 5
    few: int = 3
    """Rounds for measurements that take minutes."""
    starts: int = 21
    activities: int = 20
    pages: tuple[int, ...] = (100, 500, 2000)
    rows: tuple[int, ...] = (1000, 10_000)
    projects: int = 40


QUICK = Sizes(rounds=1, few=1, starts=3, activities=3, pages=(100,), rows=(1000,), projects=3)


class Measurements:
    """All measurements by name, in order; the timed project is written at its first use."""

    def __init__(self, folder: Path, sizes: Sizes, with_rivals: bool) -> None:
        self.folder = folder
        self.sizes = sizes
        self.with_rivals = with_rivals

    @cached_property
    def bench(self) -> pipelines.Bench:
        """Return the timed project."""
        folder = self.folder / "timed"
        folder.mkdir()
        return pipelines.prepare(folder, self.sizes.activities)

    def by_name(self) -> dict[str, Callable[[], Sequence[Table]]]:
        """Return the measurements by name."""
        sizes = self.sizes
        return {
            "pipelines": lambda: [pipelines.measure(self.bench, sizes.rounds, self.with_rivals)],
            "steps": lambda: [
                steps.filling(self.bench, sizes.rounds),
                *steps.printing(self.bench, sizes.few),
            ],
            "binding": lambda: [steps.binding(sizes.pages, sizes.few)],
            "checking": lambda: [steps.checking(sizes.rows, sizes.few)],
            "starting": lambda: [steps.starting(sizes.starts)],
            "many": lambda: [many.measure(self.folder / "many", sizes.projects, 1)],
        }


def run_measurements(wanted: Sequence[str], measurements: Measurements) -> Iterator[tuple[str, Sequence[Table]]]:
    """Run the wanted measurements and print each table at once; a failed one is reported and left out."""
    for name, measure in measurements.by_name().items():
        if name not in wanted:
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            found = measure()
        except SystemExit as failed:  # a failure must not lose the results of half an hour before it
            print(f"\n{name} failed: {failed}", flush=True)
            continue
        for table in found:
            print(table.plain(), flush=True)
        yield name, found


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    names = list(Measurements(Path(), Sizes(), True).by_name())
    parser = argparse.ArgumentParser(prog="benchmarks.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small project, one round: whether it works")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison (5)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="only these tables; nothing is written")
    parser.add_argument("--no-rivals", action="store_true", help="without Carbone and docxtemplater")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write the page if everything was measured."""
    options = parse_arguments()
    sizes = QUICK if options.quick else Sizes()
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds, few=min(options.rounds, sizes.few))
    with tempfile.TemporaryDirectory(prefix="paperwork-bench-") as folder:
        measurements = Measurements(Path(folder), sizes, not options.no_rivals)
        found = dict(run_measurements(options.only, measurements))
    facts = machine.facts(" ".join(["python -m benchmarks.bench", *sys.argv[1:]]) if sys.argv[1:] else "make bench")
    print(f"\n{facts}")
    if len(found) == len(measurements.by_name()) and not options.quick and not options.no_rivals:
        tables.write(PAGE, "\n\n".join([facts, *(table.markdown() for group in found.values() for table in group)]))
        print(f"\n{PAGE.relative_to(ROOT)}")
    if len(found) < len(options.only):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
