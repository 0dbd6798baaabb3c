"""Commands run and timed: seconds, and the memory of the largest process among all that a command started.

Each command has a small process of its own between it and us (`python -m benchmarks.clock`), which takes in whatever
the command leaves behind: a LibreOffice that outlives its parent is counted, and ended.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

ROOT = Path(__file__).resolve().parent.parent
TAKES_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
PATIENCE = 5.0


@dataclass(frozen=True)
class Run:
    """What a command took, and what it said."""

    seconds: float
    memory: int
    """Of the largest process, in MiB."""
    said: str = ""


Contender = Callable[[int], Run]
"""Does its work in the given round."""


def python(module: str, *words: object) -> list[str]:
    """A command that runs one of our modules."""
    return [sys.executable, "-m", module, *map(str, words)]


def paperwork(*words: object) -> list[str]:
    """The real command, as its console script calls it."""
    return [sys.executable, "-c", "import sys; from paperwork.cli import main; sys.exit(main())", *map(str, words)]


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Run:
    """Run a command once. Raises `SystemExit` with what it said when it fails."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as told:
        ran = subprocess.run(
            [*python("benchmarks.clock"), *command], cwd=ROOT, env={**os.environ, **(env or {})}, check=False,
            stdin=subprocess.DEVNULL, stdout=said, stderr=told,
        )  # fmt: skip
        said.seek(0)
        told.seek(0)
        output, errors = said.read(), told.read()
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {ran.returncode}\n{output[-2000:]}\n{errors[-2000:]}")
    output, _, measured = output.rstrip("\n").rpartition("\n")
    taken, largest = json.loads(measured)
    return Run(taken, largest, output)


def rounds(contenders: Mapping[str, Contender], count: int) -> dict[str, list[Run]]:
    """Round after round of all contenders, so that whatever slows the machine for a while slows all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(count):
        for name, contender in contenders.items():
            runs[name].append(contender(number))
            if runs[name][-1].seconds > 1:
                print(f"  {number + 1}/{count}  {runs[name][-1].seconds:7.2f} s  {name}", file=sys.stderr, flush=True)
    return runs


def seconds(runs: Sequence[Run]) -> float:
    """The median of the seconds."""
    return median(each.seconds for each in runs)


def memory(runs: Sequence[Run]) -> int:
    """The median of the largest processes."""
    return round(median(each.memory for each in runs))


def main(command: list[str]) -> int:
    """Run the command, wait for all that comes of it, add a last line: [seconds, MiB]."""
    ctypes.CDLL(None).prctl(TAKES_ORPHANS, 1, 0, 0, 0)
    begun = perf_counter()
    first = os.posix_spawnp(command[0], command, os.environ)
    code, largest, taken = 0, 0, 0.0
    while True:
        try:
            process, status, usage = os.wait4(-1, 0 if not taken else os.WNOHANG)
        except ChildProcessError:
            break
        largest = max(largest, usage.ru_maxrss if process else 0)
        if process == first:
            taken, code = perf_counter() - begun, os.waitstatus_to_exitcode(status)
        elif not process:
            if perf_counter() - begun - taken > PATIENCE:
                _end_children()
            sleep(0.01)
    print(f"\n{json.dumps([taken, largest // 1024])}")
    return code


def _end_children() -> None:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                os.kill(int(path.parent.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
