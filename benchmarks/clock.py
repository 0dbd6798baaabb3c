"""Run commands and measure seconds, and the memory of the largest process that a command started.

A small process (`python -m benchmarks.clock`) stands between the command and us and adopts its orphans: a LibreOffice
that outlives its parent is measured, and killed.
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
"""prctl option: orphaned descendants become children of this process instead of init."""
PATIENCE = 5.0


@dataclass(frozen=True)
class Run:
    """Measurements and output of a command."""

    seconds: float
    memory: int
    """Peak memory of the largest process, in MiB."""
    output: str = ""


Contender = Callable[[int], Run]
"""Function that does its work for the given round."""


def python(module: str, *words: object) -> list[str]:
    """Return a command that runs one of our modules."""
    return [sys.executable, "-m", module, *map(str, words)]


def paperwork(*words: object) -> list[str]:
    """Return the command that the console script runs."""
    return [sys.executable, "-c", "import sys; from paperwork.app.cli import main; sys.exit(main())", *map(str, words)]


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Run:
    """Run a command once; raises `SystemExit` with its output if it fails."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        ran = subprocess.run(
            [*python("benchmarks.clock"), *command], cwd=ROOT, env={**os.environ, **(env or {})}, check=False,
            stdin=subprocess.DEVNULL, stdout=out, stderr=err,
        )  # fmt: skip
        out.seek(0)
        err.seek(0)
        output, errors = out.read(), err.read()
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {ran.returncode}\n{output[-2000:]}\n{errors[-2000:]}")
    output, _, measured = output.rstrip("\n").rpartition("\n")
    taken, largest = json.loads(measured)
    return Run(taken, largest, output)


def run_rounds(contenders: Mapping[str, Contender], count: int) -> dict[str, list[Run]]:
    """Run all contenders in turn in each round, so that a slow phase of the machine affects all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(count):
        for name, contender in contenders.items():
            runs[name].append(contender(number))
            if runs[name][-1].seconds > 1:
                print(f"  {number + 1}/{count}  {runs[name][-1].seconds:7.2f} s  {name}", file=sys.stderr, flush=True)
    return runs


def median_seconds(runs: Sequence[Run]) -> float:
    """Return the median time."""
    return median(each.seconds for each in runs)


def median_memory(runs: Sequence[Run]) -> int:
    """Return the median of the largest processes, in MiB."""
    return round(median(each.memory for each in runs))


def main(command: list[str]) -> int:
    """Run the command, wait for all its descendants, and print a last line: [seconds, MiB]."""
    # LibreOffice may outlive its launcher; as a subreaper this process can still wait for it.
    ctypes.CDLL(None).prctl(TAKES_ORPHANS, 1, 0, 0, 0)
    start = perf_counter()
    first = os.posix_spawnp(command[0], command, os.environ)
    code, largest, taken = 0, 0, 0.0
    while True:
        try:
            # wait4 gives the usage of each child by itself; getrusage(RUSAGE_CHILDREN) would mix all of them. After the
            # command has ended, poll for the orphans.
            process, status, usage = os.wait4(-1, 0 if not taken else os.WNOHANG)
        except ChildProcessError:
            break
        largest = max(largest, usage.ru_maxrss if process else 0)
        if process == first:
            taken, code = perf_counter() - start, os.waitstatus_to_exitcode(status)
        elif not process:
            if perf_counter() - start - taken > PATIENCE:
                _kill_children()
            sleep(0.01)
    print(f"\n{json.dumps([taken, largest // 1024])}")
    return code


def _kill_children() -> None:
    """Kill the processes whose parent is this one."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The program name in /proc/PID/stat may contain “)” and spaces, so split after the last “)”; field 2 is the
            # parent.
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                os.kill(int(path.parent.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
