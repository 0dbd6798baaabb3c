"""Run jobs on the workers of a Dask scheduler, which share the same folders.

Sole owner of distributed, which is optional. Before the first job, each worker is checked for the same folders, program
version, templates, fonts and LibreOffice, since a difference would give other pages or none. A worker that joins later
is checked before its first job.
"""

import logging
import multiprocessing
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from paperwork.archive import manifest
from paperwork.core import commands, hashing, logs
from paperwork.core.faults import ExitCode, Stop
from paperwork.formats.office import fonts, installation

J = TypeVar("J")
T = TypeVar("T")
SECONDS = 10
"""Timeout for the scheduler's answer, in seconds."""
RESTART = "请在那台机器上换成同样的，再用 {} 重新启动"


def program() -> str:
    """Return the version and the digest of the program and its libraries that run in this process."""
    return f"{version('paperwork')} {hashing.program_digest()}"


@lru_cache(maxsize=1)
def _printing_environment() -> dict[str, str]:
    """Return the LibreOffice version and the fonts of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        env = fonts.environment(Path(folder))
        faces = [(face.wanted, face.used) for face in fonts.substitutes(env)]
        lacking = fonts.missing_spares(env)
    return {"LibreOffice": installation.version(), "字体": str([*faces, *lacking])}


def environment(templates: Path) -> dict[str, str]:
    """Return everything that must be equal on all machines to give the same pages, by its Chinese name."""
    return {
        "paperwork 程序": program(),
        "模板": str(manifest.template_digests(templates)),
        **_printing_environment(),
    }


@dataclass(frozen=True)
class Requirements:
    """Requirements on a worker: paths that it must see, and the environment that it must have."""

    paths: Sequence[Path]
    templates: Path
    environment: Mapping[str, str]
    log: Path | None = None
    """Log folder in the outputs folder; None if the coordinator writes no log."""


def incompatibility(needed: Requirements, dask_worker: Any = None) -> str:
    """Return the reason why this worker cannot run the jobs, with the remedy; empty if it can."""
    import distributed

    worker = dask_worker or distributed.get_worker()
    if multiprocessing.current_process().daemon or worker.state.nthreads != 1:
        # Attachments are read in child processes, which a daemonic process may not start. PDFium is not thread-safe.
        return f"工作进程不是用 {commands.command('worker')} 启动的，请用它重新启动"
    unseen = "、".join(str(place) for place in needed.paths if not place.exists())
    if unseen:
        return f"那里没有 {unseen}，请把同一个共享文件夹挂在同样的路径上"
    own_environment = environment(needed.templates)
    different = "、".join(
        name for name, expected in needed.environment.items() if own_environment.get(name) != expected
    )
    return f"{different}与这里的不一样，{RESTART.format(commands.command('worker'))}" if different else ""


def _run_checked(needed: Requirements, work: Callable[[J], T], job: J) -> T:
    """Run a job on a worker; raise `Stop` if the worker does not meet the requirements."""
    if reason := incompatibility(needed):
        raise Stop(ExitCode.FAILED, f"一台工作机不能用：{reason}")
    logs.start_in(needed.log)
    return work(job)


@dataclass
class Cluster:
    """Executor of Dask workers; it cannot report progress within a job."""

    executor: Any
    needed: Requirements
    tries: int = 1
    """One: the scheduler itself moves the job of a dead worker to another worker, several times."""
    loss_fault: tuple[str, str] = (
        "做这个项目的工作进程一再中途被系统结束，或与调度程序失去了联系",
        "请看调度程序和工作机是否还开着；只有这一个做不成的话，多半是内存不够，请单独再做",
    )

    def submit(self, work: Callable[[J], T], job: J) -> Future[T]:
        """Submit a job."""
        future: Future[T] = self.executor.submit(_run_checked, self.needed, work, job)
        return future

    def progress(self) -> list[Any]:
        """Return an empty list, since the progress of the workers is not known."""
        return []


@contextmanager
def connect(address: str, inputs: Path, outputs: Path, templates: Path) -> Iterator[Cluster]:
    """Connect to the Dask scheduler at `address` and provide its workers as an executor.

    Raises `Stop` if the scheduler cannot be reached or a worker does not meet the requirements.
    """
    client = _connect(address)
    outputs.mkdir(parents=True, exist_ok=True)
    try:
        # A worker sees this new file only if its folder is really the shared one, not another with the same path.
        with tempfile.NamedTemporaryFile(prefix=".cluster-", dir=outputs) as marker:
            paths, log = (inputs, templates, outputs, Path(marker.name)), logs.destination()
            needed = Requirements(paths, templates, environment(templates), log.folder if log else None)
            _check_workers(client, address, needed)
            # `pure=False`: else Dask would answer a job with the same arguments by an earlier result.
            yield Cluster(client.get_executor(pure=False), needed)
    finally:
        client.close()


def _connect(address: str) -> Any:
    """Return a client connected to the scheduler; raise `Stop` if Dask is not installed or does not answer."""
    try:
        import distributed
    except ImportError:
        line = "tools/setup.sh cluster" if commands.has_makefile() else "pip install distributed"
        raise Stop(ExitCode.MISSING, "没有装 Dask，用不了 --cluster", f"请运行 {line}") from None
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # staff get the Chinese message of `Stop` instead
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return distributed.Client(address, timeout=SECONDS, set_as_default=False)
    # Many kinds of network errors arrive here; the remedy for staff is the same.
    except Exception:
        wrong = f"连不上调度程序 {address}"
        mend = f"请看它是不是用 {commands.command('scheduler')} 启动了、地址对不对（如 tcp://10.0.0.5:8786）、防火墙有没有放行"
        raise Stop(ExitCode.FAILED, wrong, mend) from None


def _check_workers(client: Any, address: str, needed: Requirements) -> None:
    """Check the scheduler and all workers; raise `Stop` naming those that do not meet the requirements."""
    try:
        is_same_program = client.run_on_scheduler(program) == program()
    # Without `paperwork` installed there, unpickling the function fails on the scheduler.
    except Exception:
        is_same_program = False
    if not is_same_program:
        wrong = f"调度程序 {address} 那里没有同一版本的 paperwork"
        raise Stop(ExitCode.FAILED, wrong, RESTART.format(commands.command("scheduler")))
    try:
        client.wait_for_workers(1, SECONDS)
    except TimeoutError:
        mend = f"请在每台工作机上运行 {commands.command('worker', address)}"
        raise Stop(ExitCode.FAILED, f"调度程序 {address} 还没有工作机", mend) from None
    answers = client.run(incompatibility, needed, on_error="return")
    missing = f"那里没有同一版本的 paperwork，{RESTART.format(commands.command('worker'))}"
    reasons_by_worker = {worker: answer if isinstance(answer, str) else missing for worker, answer in answers.items()}
    reasons = [f"{worker}：{reason}" for worker, reason in reasons_by_worker.items() if reason]
    if reasons:
        raise Stop(ExitCode.FAILED, f"{len(reasons)} 个工作进程不能用", "；".join(reasons))
