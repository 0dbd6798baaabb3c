"""How fast it is, and beside what: `make bench`, or `.venv/bin/python -m benchmarks.bench [--quick] [--only NAME …]`.

Prints a table for each thing measured; a whole run also puts them into docs/performance.md.
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
    """How much is measured, and how often."""

    rounds: int = 5
    few: int = 3
    """Rounds of what takes minutes."""
    starts: int = 21
    activities: int = 20
    pages: tuple[int, ...] = (100, 500, 2000)
    rows: tuple[int, ...] = (1000, 10_000)
    projects: int = 40


QUICK = Sizes(rounds=1, few=1, starts=3, activities=3, pages=(100,), rows=(1000,), projects=3)


class Measurements:
    """All tables by name, in the order in which they are made; the timed project is written when first asked for."""

    def __init__(self, folder: Path, sizes: Sizes, with_rivals: bool) -> None:
        self.folder = folder
        self.sizes = sizes
        self.with_rivals = with_rivals

    @cached_property
    def bench(self) -> pipelines.Bench:
        """The timed project."""
        folder = self.folder / "timed"
        folder.mkdir()
        return pipelines.prepare(folder, self.sizes.activities)

    def named(self) -> dict[str, Callable[[], Sequence[Table]]]:
        """What may be measured."""
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


def made(wanted: Sequence[str], measurements: Measurements) -> Iterator[tuple[str, Sequence[Table]]]:
    """Make the tables, and print each as soon as it is there; what fails is told and left out."""
    for name, measure in measurements.named().items():
        if name not in wanted:
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            found = measure()
        except SystemExit as failed:  # what took half an hour shall not be lost by what comes after it
            print(f"\n{name} failed: {failed}", flush=True)
            continue
        for table in found:
            print(table.plain(), flush=True)
        yield name, found


def arguments() -> argparse.Namespace:
    """What was asked for."""
    names = list(Measurements(Path(), Sizes(), True).named())
    parser = argparse.ArgumentParser(prog="benchmarks.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small project, one round: whether it works")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison (5)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="only these tables; nothing is written")
    parser.add_argument("--no-rivals", action="store_true", help="without Carbone and docxtemplater")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write the page when everything was measured."""
    asked = arguments()
    sizes = QUICK if asked.quick else Sizes()
    if asked.rounds:
        sizes = replace(sizes, rounds=asked.rounds, few=min(asked.rounds, sizes.few))
    with tempfile.TemporaryDirectory(prefix="paperwork-bench-") as folder:
        measurements = Measurements(Path(folder), sizes, not asked.no_rivals)
        found = dict(made(asked.only, measurements))
    facts = machine.facts(" ".join(["python -m benchmarks.bench", *sys.argv[1:]]) if sys.argv[1:] else "make bench")
    print(f"\n{facts}")
    if len(found) == len(measurements.named()) and not asked.quick and not asked.no_rivals:
        tables.write(PAGE, "\n\n".join([facts, *(table.markdown() for group in found.values() for table in group)]))
        print(f"\n{PAGE.relative_to(ROOT)}")
    if len(found) < len(asked.only):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
