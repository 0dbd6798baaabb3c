"""打印版 on its way to the printer: through CUPS, two-sided, A4, at its real size.

Sole owner of `lp`. Without a printer its files are named, and opened where there is a desktop.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from paperwork import check, manifest
from paperwork.context import PRINTING
from paperwork.faults import ExitCode, Stop
from paperwork.hand_over import MANIFEST
from paperwork.plan import Printed

OPTIONS = ("sides=two-sided-long-edge", "media=A4", "print-scaling=none")
"""What 打印说明 asks for, in the words of CUPS."""
LOOK_SECONDS, SEND_SECONDS, OPEN_SECONDS = 20, 120, 5


@dataclass(frozen=True)
class Sheaf:
    """A 册, its file, and the command that prints it; there is none without a printer."""

    book: Printed
    path: Path
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """All 册 of a project in order, and the printer they go to, one of `printers`; empty when there is none."""

    number: int
    draft: bool
    printer: str
    printers: tuple[str, ...]
    sheaves: tuple[Sheaf, ...]

    @property
    def sheets(self) -> int:
        """How much paper it takes."""
        return sum(sheaf.book.sheets for sheaf in self.sheaves)

    def notices(self) -> Iterator[str]:
        """What to know before it is printed."""
        if self.draft:
            yield "这是待补稿，还有缺件或没到期的要求，封面已注明"
        if folded := "、".join(str(page) for sheaf in self.sheaves for page in sheaf.book.folded):
            yield f"第 {folded} 页是 A3 折页，在 A4 纸上印不全，请改用 A3 纸单面补印，见 {PRINTING}.pdf"


def order(number: int, outputs: Path, wanted: str = "", choosable: bool = False) -> Order:
    """What there is to print, on the printer that is wanted, else on the usual one.

    Who can choose among those that are there (`choosable`) is offered the first when none is the usual one. Raises
    `Stop`: no archive, a 册 that is gone, a printer that nobody knows, several of which none is the usual one.
    """
    folder = (outputs / str(number)).absolute()
    again = f"请运行：make archive PROJECT={number}"
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8"))
        books, draft = list(manifest.books(told)), told["state"] == check.DRAFT
    except FileNotFoundError:
        raise Stop(ExitCode.FAULTY, f"项目{number}还没有做好的档案", again) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Stop(ExitCode.FAULTY, f"读不出 {folder / MANIFEST}", again) from None
    there = {path.name: path for path in folder.glob("打印版*.pdf")}
    if gone := [each.file for each in books if each.file not in there]:
        raise Stop(ExitCode.FAULTY, f"{folder} 里没有 {'、'.join(gone)}", again)
    printers = _printers()
    printer = _chosen(printers, wanted, choosable)
    sheaves = (Sheaf(each, there[each.file], _command(printer, number, each, there[each.file])) for each in books)
    return Order(number, draft, printer, printers, tuple(sheaves))


def _command(printer: str, number: int, book: Printed, path: Path) -> tuple[str, ...]:
    options = (word for option in OPTIONS for word in ("-o", option))
    title = f"项目{number} 打印版 第{book.number}册"  # lies open in the queue: nobody's name
    return ("lp", "-d", printer, *options, "-t", title, str(path)) if printer else ()


def _printers() -> tuple[str, ...]:
    """The names of the printers that are there."""
    if not (shutil.which("lp") and shutil.which("lpstat")):
        return ()
    return tuple(_run(("lpstat", "-e"), LOOK_SECONDS).stdout.split())


def _chosen(names: Sequence[str], wanted: str, choosable: bool) -> str:
    """The printer that is wanted, else the usual one, else the only one; empty when there is none at all."""
    if not names:
        return ""
    usual = _run(("lpstat", "-d"), LOOK_SECONDS).stdout.rpartition(": ")[2].strip()
    chosen = wanted or (usual if usual in names or (len(names) > 1 and not choosable) else names[0])
    if chosen in names:
        return chosen
    wrong = f"没有叫“{wanted}”的打印机" if wanted else "有几台打印机，没有默认的"
    raise Stop(ExitCode.FAULTY, wrong, f"请用 --printer（make print 用 PRINTER=）写明一台：{'、'.join(names)}")


def send(sheaf: Sheaf) -> str:
    """Print a 册; the name of its job in the queue. Raises `Stop` when the printing service does not take it."""
    ran = _run(sheaf.command, SEND_SECONDS)
    if ran.returncode:
        wrong = f"{sheaf.path.name} 没有送去打印：{' '.join(ran.stderr.split())}"
        raise Stop(ExitCode.FAILED, wrong, f"请看看打印机；文件在 {sheaf.path}，也可以自己打开来打印")
    job = re.search(r"request id is (\S+)", ran.stdout)
    return job[1] if job else ""


def _run(command: tuple[str, ...], seconds: float) -> "subprocess.CompletedProcess[str]":
    """Ask the printing service. Raises `Stop` when it does not answer in time."""
    try:
        return subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace",
            timeout=seconds, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        wrong, mend = f"打印服务 {seconds} 秒没有答复", "请看看打印机和 CUPS 是否开着，再来一次"
        raise Stop(ExitCode.FAILED, wrong, mend) from None


def show(path: Path) -> bool:
    """Open a file where there is a desktop; whether there is one."""
    program = shutil.which("xdg-open")
    if not program or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    null = subprocess.DEVNULL
    process = subprocess.Popen((program, path), stdin=null, stdout=null, stderr=null, start_new_session=True)
    # Some viewers only return when they are closed: they stay open.
    with suppress(subprocess.TimeoutExpired):
        process.wait(OPEN_SECONDS)
    return True
