"""Print 打印版 through CUPS: two-sided, A4, actual size.

Sole owner of `lp`. Without a printer the caller shows the files, and opens them where there is a desktop.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from paperwork.archive import history, manifest
from paperwork.archive.metadata import MANIFEST
from paperwork.checks import check
from paperwork.core import commands
from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.documents.fields import PRINTING
from paperwork.volume.page_plan import PrintedBook

OPTIONS = ("sides=two-sided-long-edge", "media=A4", "print-scaling=none")
"""Settings that 打印说明 asks for, as CUPS options."""
QUERY_SECONDS, SEND_SECONDS, OPEN_SECONDS = 20, 120, 5


@dataclass(frozen=True)
class PrintJob:
    """One 册, its PDF, and the command that prints it; the command is empty without a printer."""

    book: PrintedBook
    path: Path
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrintOrder:
    """All 册 of a project in order, and the chosen printer, one of `printers`; empty if there is none."""

    number: int
    draft: bool
    printer: str
    printers: tuple[str, ...]
    jobs: tuple[PrintJob, ...]

    @property
    def paper_count(self) -> int:
        """Return the number of sheets of paper."""
        return sum(job.book.paper_sheets for job in self.jobs)

    def notices(self) -> Iterator[str]:
        """Yield warnings to show before printing."""
        if self.draft:
            yield "这是待补稿，还有缺件或没到期的要求，封面已注明"
        if folded := "、".join(str(page) for job in self.jobs for page in job.book.a3_pages):
            yield f"第 {folded} 页是 A3 折页，在 A4 纸上印不全，请改用 A3 纸单面补印，见 {PRINTING}.pdf"


def make_order(number: int, outputs: Path, wanted: str = "", choosable: bool = False) -> PrintOrder:
    """Return what to print, on the printer `wanted` or else the default one.

    With `choosable`, the first printer is taken if there is no default, because the user can change it. Raises `Stop`
    if there is no archive, a 册 is missing, the printer is unknown, or there are several and no default.
    """
    number = history.known(outputs, number)
    folder = (outputs / str(number)).absolute()
    again = f"请运行：{commands.command('archive', number)}"
    try:
        read = manifest.read(folder / MANIFEST, again)
    except FileNotFoundError:
        raise Stop(ExitCode.FAULTY, f"项目{number}还没有做好的档案", again) from None
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"{folder / MANIFEST} {reason.wrong}", reason.mend) from None
    books = read.printed_books
    # Only files found in the folder are printed: a name in the manifest could point elsewhere.
    present = {path.name: path for path in folder.glob("打印版*.pdf")}
    missing = [each.file for each in books if each.file not in present]
    if missing or not books:
        raise Stop(ExitCode.FAULTY, f"{folder} 里没有 {'、'.join(missing) or '打印版'}", again)
    printers = _list_printers()
    printer = _choose_printer(printers, wanted, choosable)
    sheaves = (
        PrintJob(each, present[each.file], _command(printer, number, each, present[each.file])) for each in books
    )
    return PrintOrder(number, read.state == check.DRAFT, printer, printers, tuple(sheaves))


def _command(printer: str, number: int, book: PrintedBook, path: Path) -> tuple[str, ...]:
    """Return the `lp` command for one 册; empty without a printer."""
    options = (word for option in OPTIONS for word in ("-o", option))
    title = f"项目{number} 打印版 第{book.number}册"  # everyone can read the queue, so no personal names
    return ("lp", "-d", printer, *options, "-t", title, str(path)) if printer else ()


def _list_printers() -> tuple[str, ...]:
    """Return the names of all print queues; empty if CUPS is not installed."""
    if not (shutil.which("lp") and shutil.which("lpstat")):
        return ()
    return tuple(_run(("lpstat", "-e"), QUERY_SECONDS).stdout.split())


def _choose_printer(names: Sequence[str], wanted: str, choosable: bool) -> str:
    """Return the wanted printer, else the default, else the only one; empty if there is none."""
    if not names:
        return ""
    # The output is “system default destination: NAME”, or a sentence without a name; the latter is not in `names`.
    default = _run(("lpstat", "-d"), QUERY_SECONDS).stdout.rpartition(": ")[2].strip()
    chosen = wanted or (default if default in names or (len(names) > 1 and not choosable) else names[0])
    if chosen in names:
        return chosen
    wrong = f"没有叫“{wanted}”的打印机" if wanted else "有几台打印机，没有默认的"
    made = "（make print 用 PRINTER=）" if commands.has_makefile() else ""
    raise Stop(ExitCode.FAULTY, wrong, f"请用 --printer{made}写明一台：{'、'.join(names)}")


def send(job: PrintJob) -> str:
    """Print one 册 and return its CUPS job name; raises `Stop` if the print service rejects it."""
    result = _run(job.command, SEND_SECONDS)
    if result.returncode:
        wrong = f"{job.path.name} 没有送去打印：{' '.join(result.stderr.split())}"
        raise Stop(ExitCode.FAILED, wrong, f"请看看打印机；文件在 {job.path}，也可以自己打开来打印")
    request = re.search(r"request id is (\S+)", result.stdout)
    return request[1] if request else ""


def _run(command: tuple[str, ...], seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run a CUPS command; raises `Stop` if it does not answer in time."""
    try:
        # LC_ALL=C.UTF-8: the output is parsed, and CUPS translates it to the user's language.
        return subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace",
            timeout=seconds, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        wrong, mend = f"打印服务 {seconds} 秒没有答复", "请看看打印机和 CUPS 是否开着，再来一次"
        raise Stop(ExitCode.FAILED, wrong, mend) from None


def open_file(path: Path) -> bool:
    """Open a file in the desktop's viewer; return False if there is no desktop."""
    program = shutil.which("xdg-open")
    if not program or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    null = subprocess.DEVNULL
    # A session of its own: Ctrl+C in the terminal must not close the viewer.
    process = subprocess.Popen((program, path), stdin=null, stdout=null, stderr=null, start_new_session=True)
    # Some viewers only return when they are closed: they stay open.
    with suppress(subprocess.TimeoutExpired):
        process.wait(OPEN_SECONDS)
    return True
