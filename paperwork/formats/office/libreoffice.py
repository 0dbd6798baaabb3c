"""Run LibreOffice: print Word files and foreign documents to PDF, and convert foreign spreadsheets to .xlsx.

This module alone starts `soffice`. It guards against traps that were measured: exit code 0 although no PDF was written,
a killed parent that leaves `soffice.bin` running, two processes on one profile, a dialog that waits forever.
"""

import logging
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic

from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.formats.office import installation

logger = logging.getLogger(__name__)
START_SECONDS = 60
SECONDS_PER_FILE = 20
"""The timeout of one run is `START_SECONDS`, and this much more for each file."""
# Photos are already sized for print. LibreOffice's own image reduction is by far its slowest step, so it is off.
EXPORT = (
    "pdf:writer_pdf_Export:{"
    '"ReduceImageResolution":{"type":"boolean","value":"false"},'
    '"Quality":{"type":"long","value":"90"},'
    '"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"false"}}'
)
IMPORT_FILTERS = {
    "doc": ("writer", "MS Word 97"),
    "docx": ("writer", "MS Word 2007 XML"),
    "odt": ("writer", "writer8"),
    "rtf": ("writer", "Rich Text Format"),
    "xls": ("calc", "MS Excel 97"),
    "xlsx": ("calc", "Calc MS Excel 2007 XML"),
    "ods": ("calc", "calc8"),
    "ppt": ("impress", "MS PowerPoint 97"),
    "pptx": ("impress", "Impress MS PowerPoint 2007 XML"),
    "odp": ("impress", "impress8"),
}
"""LibreOffice application and import filter for each extension of a foreign document.

The filter is always named: by itself LibreOffice falls back to plain text for a damaged file and prints gibberish.
"""
UNOPENED = ("文件打不开，可能损坏、有密码或是空的", "请用 WPS 打开后另存为 PDF，再放进来")
TO_DOCX = "docx:MS Word 2007 XML"
TO_XLSX = "xlsx:Calc MS Excel 2007 XML"
MALLOC_SETTINGS = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824"
    ":glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864"
}
"""Settings of glibc's malloc: allocate in large pieces and keep them, which halves the time of a start.

Figures are in docs/performance.md.
"""


def _malloc_settings() -> Mapping[str, str]:
    """Return the malloc settings, empty where the C library is not glibc."""
    try:
        return MALLOC_SETTINGS if os.confstr("CS_GNU_LIBC_VERSION") else {}
    except (ValueError, OSError):
        return {}


def convert_to_pdf(
    shares: Iterable[Sequence[Path]], out: Path, env: Mapping[str, str], done: Callable[[Path], None] = lambda _: None
) -> dict[Path, Path]:
    """Print Word files to PDF in `out`, and return the PDF of each file.

    Each share is printed by its own LibreOffice process with its own profile. The process starts as soon as `shares`
    yields the share, so the caller can write the next files meanwhile. A file without a complete PDF is tried once
    more, alone. `done` is called with each printed file, from another thread. Raises `Stop` when LibreOffice is missing
    or some documents cannot be printed; the message names all of them.
    """
    soffice = installation.require_program("无法把 Word 文件打印成 PDF")
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with (
        tempfile.TemporaryDirectory(prefix="paperwork-lo-") as profiles,
        ThreadPoolExecutor() as pool,
        RunningProcesses() as run,
    ):
        futures = []
        for share in shares:
            if share:
                profile = Path(profiles, str(len(files)))
                futures.append(pool.submit(_start, soffice, share, out, profile, env, done, started=run.add))
                files += share
        wait(futures)
        if files:
            installation.save_profile(Path(profiles, "0"))
        # LibreOffice reports success for a file that it failed to print, so only the PDFs decide.
        for path in [path for path in files if not _printed(path, out)]:
            _start(soffice, [path], out, Path(profiles, f"again-{path.stem}"), env, done)
    failed = [path for path in files if not _printed(path, out)]
    if failed:
        names = "、".join(path.name for path in failed)
        raise Stop(
            ExitCode.FAILED, f"LibreOffice 没能打印这些文件：{names}", "请用 Word 或 WPS 打开相应模板另存一次，再试"
        )
    return {path: out / f"{path.stem}.pdf" for path in files}


def to_xlsx(content: bytes, suffix: str) -> bytes:
    """Convert a spreadsheet of another format to .xlsx with every formula recalculated.

    An .xlsx whose formulas have no stored results is converted in the same way. Raises `Unreadable` when LibreOffice
    cannot read the file, `Stop` when LibreOffice is missing.
    """
    soffice = installation.require_program("读不了 .xls、.et、.ods 表格和没有算出的公式")
    made = _convert_content(soffice, content, suffix, TO_XLSX)
    if made is None:
        wrong, mend = "LibreOffice 打不开这份表格，文件可能损坏或有密码", "请用 Excel 或 WPS 重新保存后再放进来"
        raise Unreadable(wrong, mend)
    return made


def to_docx(content: bytes, suffix: str) -> bytes:
    """Convert a text document of another format to .docx. Raises as `to_xlsx` does."""
    soffice = installation.require_program("读不了 .doc、.wps、.odt、.rtf 文件")
    made = _convert_content(soffice, content, suffix, TO_DOCX, IMPORT_FILTERS[suffix][1])
    if made is None:
        wrong = "LibreOffice 打不开这份文件，文件可能损坏或有密码"
        raise Unreadable(wrong, "请用 Word 或 WPS 另存为 .docx 再放进来")
    return made


def _convert_content(soffice: Path, content: bytes, suffix: str, target: str, import_filter: str = "") -> bytes | None:
    """Return a file's content in another format, or None if LibreOffice cannot read it."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, f"file.{suffix}"), Path(folder, "out")
        source.write_bytes(content)
        _start(soffice, [source], out, Path(folder, "profile"), {}, lambda _: None, target, import_filter)
        made = out / f"file.{target.partition(':')[0]}"
        return made.read_bytes() if made.is_file() else None


def convert_foreign_to_docx(path: Path, out: Path, env: Mapping[str, str]) -> Path:
    """Convert a foreign text document to .docx in `out`, and return it. Raises as `convert_foreign_to_pdf` does."""
    return _convert_foreign(path, out, env, TO_DOCX)


def convert_foreign_to_xlsx(path: Path, out: Path, env: Mapping[str, str]) -> Path:
    """Convert a foreign .xls or .ods to .xlsx in `out`, and return it. Raises as `convert_foreign_to_pdf` does."""
    return _convert_foreign(path, out, env, TO_XLSX)


def _convert_foreign(path: Path, out: Path, env: Mapping[str, str], target: str) -> Path:
    """Convert a foreign file, whose extension must match its content, with an export filter; return the new file."""
    soffice = installation.require_program("打印不了 Word、Excel 附件")
    with tempfile.TemporaryDirectory(prefix="paperwork-lo-") as profile:
        _start(soffice, [path], out, Path(profile), env, lambda _: None, target, IMPORT_FILTERS[path.suffix[1:]][1])
    made = out / f"{path.stem}.{target.partition(':')[0]}"
    if not made.is_file():
        raise Unreadable(*UNOPENED)
    return made


def convert_foreign_to_pdf(path: Path, out: Path, env: Mapping[str, str]) -> Path:
    """Print a foreign document to PDF in `out`, and return the PDF. Its extension must match its content.

    Raises `Unreadable` when LibreOffice cannot open it, `Stop` when LibreOffice is missing.
    """
    soffice = installation.require_program("打印不了 Word、Excel 附件")
    application, import_filter = IMPORT_FILTERS[path.suffix[1:]]
    export = EXPORT.replace("writer", application)
    # The profile is not kept for later runs: a foreign document may have left traces in it.
    with tempfile.TemporaryDirectory(prefix="paperwork-lo-") as profile:
        _start(soffice, [path], out, Path(profile), env, lambda _: None, export, import_filter)
    if not _printed(path, out):
        raise Unreadable(*UNOPENED)
    return out / f"{path.stem}.pdf"


def _printed(path: Path, out: Path) -> bool:
    """Return True if a file's PDF exists and is complete, which LibreOffice's exit code does not tell."""
    pdf = out / f"{path.stem}.pdf"
    if not pdf.exists():
        return False
    with pdf.open("rb") as stream:
        stream.seek(max(0, pdf.stat().st_size - 64))
        return b"%%EOF" in stream.read()


def _start(
    soffice: Path,
    files: Sequence[Path],
    out: Path,
    profile: Path,
    env: Mapping[str, str],
    done: Callable[[Path], None],
    export: str = EXPORT,
    import_filter: str = "",
    started: Callable[["subprocess.Popen[str]"], None] = lambda _: None,
) -> None:
    """Run one LibreOffice process over some files; kill it with all its children when it is done or out of time.

    `started` is called with the process. It is no error when files stay unprinted: the caller looks for the PDFs.
    """
    # A profile for each run: two processes must not share one.
    installation.prepare_profile(profile)
    command = [
        str(soffice), "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={profile.as_uri()}",
        "--convert-to", export, "--outdir", str(out),
        *([f"--infilter={import_filter}"] if import_filter else []), *map(str, files),
    ]  # fmt: skip
    began = monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **_malloc_settings(), **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    reader = Thread(target=_report_printed, args=(process, files, out, done), daemon=True)
    try:
        started(process)
        reader.start()
        # The end of its output is seen at once, while Popen.wait() with a timeout only polls. So the thread is joined.
        reader.join(START_SECONDS + SECONDS_PER_FILE * len(files))
        how = ", timed out" if reader.is_alive() else ""
        # Only the number of files: their names are titles of documents.
        logger.info("LibreOffice: %d files, %.1f s%s", len(files), monotonic() - began, how)
    finally:
        _kill(process)
        process.wait()
    reader.join(5)


def _kill(process: "subprocess.Popen[str]") -> None:
    """Kill a LibreOffice process and its children."""
    # The whole process group: killing `soffice` alone would leave soffice.bin, its grandchild, running.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class RunningProcesses:
    """The LibreOffice processes of one `print_files` call, all killed when it is interrupted (Ctrl+C, 取消).

    Left running they would go on printing, and would create the output folder again after its deletion.
    """

    def __init__(self) -> None:
        self._interrupted = False
        self._processes: list[subprocess.Popen[str]] = []

    def add(self, process: "subprocess.Popen[str]") -> None:
        """Register a started process; kill it at once when the call has been interrupted already."""
        # Append before the check: `__exit__` runs in another thread, and one of the two must see the process.
        self._processes.append(process)
        if self._interrupted:
            _kill(process)

    def __enter__(self) -> "RunningProcesses":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._interrupted = True
            for process in self._processes:
                if process.returncode is None:  # not reaped yet, so the kernel has not reused its process id
                    _kill(process)


def _report_printed(
    process: "subprocess.Popen[str]", files: Sequence[Path], out: Path, done: Callable[[Path], None]
) -> None:
    """Read LibreOffice's output until it ends; call `done` for each file that has its PDF."""
    # LibreOffice prints "convert A -> B" when it begins a file, so the file before that one is finished.
    begun: list[Path] = []
    by_name = {path.name: path for path in files}
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            name = Path(line.removeprefix("convert ").split(" -> ")[0]).name
            if line.startswith("convert ") and name in by_name:
                if begun and _printed(begun[-1], out):
                    done(begun[-1])
                begun.append(by_name[name])
    if begun and _printed(begun[-1], out):
        done(begun[-1])
