"""Whether many projects keep all cores busy: `.venv/bin/python -m benchmarks.fleet [projects] [processes]`.

The same small projects, made by one process, by several, and by a Dask scheduler with as many workers on this machine;
the bytes must be the same. Prints seconds, and how many times faster than one.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paperwork import fleet
from paperwork.screen import Board
from tests import make

DASK = Path(sys.executable).parent / "dask"


@contextmanager
def scheduler(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler with so many workers."""
    about = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(make.ROOT), "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    with (folder / "dask.log").open("w") as log:

        def begin(*words: str) -> "subprocess.Popen[bytes]":
            return subprocess.Popen([DASK, *words, "--no-dashboard"], env=environment, stdout=log, stderr=log)

        processes = [begin("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(about))]
        while not (about.exists() and about.read_text("utf-8")):
            time.sleep(0.1)
        address: str = json.loads(about.read_text("utf-8"))["address"]
        processes.append(begin("worker", address, "--nworkers", str(workers), "--nthreads", "1"))
        time.sleep(5)
        try:
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def seconds(job: fleet.Job, count: int, size: int, address: str = "") -> float:
    """How long so many projects take."""
    begun = time.perf_counter()
    with Board(count) as board:
        outcomes = fleet.carry_out(fleet.archive, job, range(1, count + 1), size, board, address)
    assert not fleet.code(outcomes), [outcome.wrong for outcome in outcomes]
    return time.perf_counter() - begun


def content(outputs: Path) -> dict[str, bytes]:
    """All that was made."""
    return {str(path.relative_to(outputs)): path.read_bytes() for path in outputs.rglob("*") if path.is_file()}


def main() -> None:
    """One process, several, a cluster."""
    count, size = (int(word) for word in (*sys.argv[1:], *("40", str(os.cpu_count() or 2))[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs, templates = make.many(folder, count), make.forms(folder, ("附件隔页",))
        one, several, there = (
            fleet.Job(0, inputs, folder / outputs, templates, make.LATER) for outputs in ("one", "several", "there")
        )
        alone = seconds(one, count, 1)
        print(f"{count} 个项目　1 个进程 {alone:.1f} 秒，每个项目 {alone / count:.2f} 秒")
        together = seconds(several, count, size)
        print(f"{size} 个进程 {together:.1f} 秒，{alone / together:.2f} 倍")
        with scheduler(folder, size) as address:
            across = seconds(there, count, size, address)
        print(f"Dask，{size} 个工作进程 {across:.1f} 秒，{alone / across:.2f} 倍")
        same = content(one.outputs) == content(several.outputs) == content(there.outputs)
        print("字节相同" if same else "字节不同")


if __name__ == "__main__":
    main()
