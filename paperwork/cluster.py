"""The machines of a Dask scheduler: the same jobs, handed to workers that see the same folders.

Sole owner of distributed, which is optional. Before anything begins, every worker says whether it is fit: whatever
differs there would give other pages, or none. One that joins later says so before its first job.
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

from paperwork import fonts, installed, manifest, store, unchanged
from paperwork.faults import ExitCode, Stop

J = TypeVar("J")
T = TypeVar("T")
SECONDS = 10
"""How long a scheduler may take to answer."""
RESTART = "请在那台机器上换成同样的，再用 make {} 重新启动"


def _one(digests: Mapping[str, str]) -> str:
    """One digest for many files, by name and content."""
    return store.key(*map(str, digests.items()))


SOURCE = f"{version('paperwork')} {_one(unchanged.program())}"
"""The program as it was when this process began: an update takes effect only in a new one."""


def source() -> str:
    """The program that runs here."""
    return SOURCE


@lru_cache(maxsize=1)
def _printers() -> dict[str, str]:
    """What prints here: LibreOffice and the faces."""
    with tempfile.TemporaryDirectory() as folder:
        faces = fonts.stand_ins(fonts.environment(Path(folder)))
    return {"LibreOffice": installed.version(), "字体": str([(face.wanted, face.used) for face in faces])}


def house(templates: Path) -> dict[str, str]:
    """What must be the same everywhere for the same pages to come out."""
    return {"paperwork 程序": SOURCE, "模板": _one(manifest.of_templates(templates)), **_printers()}


@dataclass(frozen=True)
class Needed:
    """What a worker must have: places that it sees, and the same house."""

    places: Sequence[Path]
    templates: Path
    house: Mapping[str, str]


def unfit(needed: Needed, dask_worker: Any = None) -> str:
    """Why this worker cannot do the jobs, and what to do about it; nothing when it can."""
    import distributed

    worker = dask_worker or distributed.get_worker()
    if multiprocessing.current_process().daemon or worker.state.nthreads != 1:
        # Attachments need processes of their own, which a daemon may not have; PDFium bears no threads.
        return "工作进程不是用 make worker 启动的，请用它重新启动"
    unseen = "、".join(str(place) for place in needed.places if not place.exists())
    if unseen:
        return f"那里没有 {unseen}，请把同一个共享文件夹挂在同样的路径上"
    mine = house(needed.templates)
    other = "、".join(name for name, its in needed.house.items() if mine.get(name) != its)
    return f"{other}与这里的不一样，{RESTART.format('worker')}" if other else ""


def _if_fit(needed: Needed, work: Callable[[J], T], job: J) -> T:
    """What runs on a worker."""
    if reason := unfit(needed):
        raise Stop(ExitCode.FAILED, f"一台工作机不能用：{reason}")
    return work(job)


@dataclass
class Machines:
    """The workers behind a scheduler. What they are doing just now nobody tells."""

    executor: Any
    needed: Needed
    tries: int = 1
    """The scheduler itself gives a dead worker's job to another one, several times."""
    lost: tuple[str, str] = (
        "做这个项目的工作进程一再中途被系统结束，或与调度程序失去了联系",
        "请看调度程序和工作机是否还开着；只有这一个做不成的话，多半是内存不够，请单独再做",
    )

    def submit(self, work: Callable[[J], T], job: J) -> Future[T]:
        """Hand in a job."""
        future: Future[T] = self.executor.submit(_if_fit, self.needed, work, job)
        return future

    def doing(self) -> list[Any]:
        """Not known."""
        return []


@contextmanager
def machines(address: str, inputs: Path, outputs: Path, templates: Path) -> Iterator[Machines]:
    """Reach the workers of the scheduler at `address`. Raises `Stop` when they cannot be reached or are not fit."""
    client = _client(address)
    outputs.mkdir(parents=True, exist_ok=True)
    try:
        # A file made just now tells a shared folder from another one of the same name.
        with tempfile.NamedTemporaryFile(prefix=".cluster-", dir=outputs) as mark:
            needed = Needed((inputs, templates, outputs, Path(mark.name)), templates, house(templates))
            _inspect(client, address, needed)
            yield Machines(client.get_executor(pure=False), needed)
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        import distributed
    except ImportError:
        raise Stop(ExitCode.MISSING, "没有装 Dask，用不了 --cluster", "请运行 tools/setup.sh cluster") from None
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is told in Chinese
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except Exception:  # whatever the network says, it means the same to staff
        wrong = f"连不上调度程序 {address}"
        mend = "请看它是不是用 make scheduler 启动了、地址对不对（如 tcp://10.0.0.5:8786）、防火墙有没有放行"
        raise Stop(ExitCode.FAILED, wrong, mend) from None


def _inspect(client: Any, address: str, needed: Needed) -> None:
    """Ask scheduler and workers whether they are fit. Raises `Stop` that names those that are not."""
    try:
        same = client.run_on_scheduler(source) == SOURCE
    except Exception:  # it has none at all
        same = False
    if not same:
        wrong = f"调度程序 {address} 那里没有同一版本的 paperwork"
        raise Stop(ExitCode.FAILED, wrong, RESTART.format("scheduler"))
    try:
        client.wait_for_workers(1, SECONDS)
    except TimeoutError:
        mend = f"请在每台工作机上运行 make worker SCHEDULER={address}"
        raise Stop(ExitCode.FAILED, f"调度程序 {address} 还没有工作机", mend) from None
    answers = client.run(unfit, needed, on_error="return")
    strange = f"那里没有同一版本的 paperwork，{RESTART.format('worker')}"
    told = {where: said if isinstance(said, str) else strange for where, said in answers.items()}
    reasons = [f"{where}：{reason}" for where, reason in told.items() if reason]
    if reasons:
        raise Stop(ExitCode.FAILED, f"{len(reasons)} 个工作进程不能用", "；".join(reasons))
