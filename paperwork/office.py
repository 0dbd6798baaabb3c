"""LibreOffice: many Word files in, PDFs out; a foreign spreadsheet in, .xlsx out.

Sole owner of the `soffice` process. Measured traps it guards against: exit code 0 though no PDF was written; a killed
parent that leaves `soffice.bin` alive; two processes on one profile; a dialog that waits for ever.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from threading import Thread

from paperwork import installed
from paperwork.faults import ExitCode, Stop

START_SECONDS = 60
SECONDS_PER_FILE = 20
# Photos come sized for print, so LibreOffice's own reduction, by far its slowest step, is off.
EXPORT = (
    "pdf:writer_pdf_Export:{"
    '"ReduceImageResolution":{"type":"boolean","value":"false"},'
    '"Quality":{"type":"long","value":"90"},'
    '"ExportBookmarks":{"type":"boolean","value":"false"}}'
)
FILTERS = {
    "doc": ("writer", "MS Word 97"),
    "docx": ("writer", "MS Word 2007 XML"),
    "odt": ("writer", "writer8"),
    "xls": ("calc", "MS Excel 97"),
    "xlsx": ("calc", "Calc MS Excel 2007 XML"),
    "ods": ("calc", "calc8"),
    "ppt": ("impress", "MS PowerPoint 97"),
    "pptx": ("impress", "Impress MS PowerPoint 2007 XML"),
    "odp": ("impress", "impress8"),
}
"""By the ending of a document from outside: LibreOffice's program that prints it, and its reader.

Left to itself, LibreOffice takes a damaged file for plain text, and prints pages of gibberish.
"""
TO_XLSX = "xlsx:Calc MS Excel 2007 XML"
PATIENT = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824"
    ":glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864"
}
"""Memory is asked for in large pieces and kept: a start takes half the time (docs/performance.md)."""


def _memory() -> Mapping[str, str]:
    """The settings of memory where they apply: only with GNU's C library."""
    try:
        return PATIENT if os.confstr("CS_GNU_LIBC_VERSION") else {}
    except (ValueError, OSError):
        return {}


def print_files(
    shares: Iterable[Sequence[Path]], out: Path, env: Mapping[str, str], done: Callable[[Path], None] = lambda _: None
) -> dict[Path, Path]:
    """Print Word files to PDF in `out`; the result maps each file to its PDF.

    Each share is printed by a start of its own with a profile of its own, beginning as soon as the share is there: who
    writes the files goes on writing the next share meanwhile. What came out wrong is tried once more, alone; `done` is
    told of each finished file. Raises `Stop`: LibreOffice missing, or documents it cannot print (all of them named).
    """
    soffice = installed.needed("无法把 Word 文件打印成 PDF")
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="paperwork-lo-") as profiles, ThreadPoolExecutor() as pool, Running() as we:
        starts = []
        for share in shares:
            if share:
                profile = Path(profiles, str(len(files)))
                starts.append(pool.submit(_start, soffice, share, out, profile, env, done, begun=we.add))
                files += share
        wait(starts)
        if files:
            installed.keep_warm(Path(profiles, "0"))
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
    """A spreadsheet in another format (or with formulas nobody calculated) as .xlsx, every formula calculated.

    Raises `ValueError` when LibreOffice cannot read it, `Stop` when LibreOffice is missing.
    """
    soffice = installed.needed("读不了 .xls、.et、.ods 表格和没有算出的公式")
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, f"book.{suffix}"), Path(folder, "out")
        source.write_bytes(content)
        _start(soffice, [source], out, Path(folder, "profile"), {}, lambda _: None, TO_XLSX)
        try:
            return (out / "book.xlsx").read_bytes()
        except OSError:
            raise ValueError("LibreOffice 打不开这份表格，文件可能损坏或有密码") from None


def print_foreign(path: Path, out: Path, env: Mapping[str, str]) -> Path:
    """Print a document from outside to PDF in `out`; its ending must be that of its kind.

    Raises `ValueError` when LibreOffice cannot open it, `Stop` when LibreOffice is missing.
    """
    soffice = installed.needed("打印不了 Word、Excel 附件")
    program_name, reader = FILTERS[path.suffix[1:]]
    export = EXPORT.replace("writer", program_name)
    with tempfile.TemporaryDirectory(prefix="paperwork-lo-") as profile:
        _start(soffice, [path], out, Path(profile), env, lambda _: None, export, reader)
    if not _printed(path, out):
        raise ValueError("文件打不开，可能损坏、有密码或是空的，请用 WPS 打开后另存为 PDF，再放进来")
    return out / f"{path.stem}.pdf"


def _printed(path: Path, out: Path) -> bool:
    """Whether a finished PDF is there: the exit code does not tell, the file's last line does."""
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
    reader_name: str = "",
    begun: Callable[["subprocess.Popen[str]"], None] = lambda _: None,
) -> None:
    """Run one LibreOffice over some files; killed with all its children when its time is up."""
    installed.furnish(profile)
    command = [
        str(soffice), "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={profile.as_uri()}",
        "--convert-to", export, "--outdir", str(out),
        *([f"--infilter={reader_name}"] if reader_name else []), *map(str, files),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, **_memory(), **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    reader = Thread(target=_tell, args=(process, files, out, done), daemon=True)
    try:
        begun(process)
        reader.start()
        # It is done when it has nothing more to tell; waiting for the process itself looks up only now and then.
        reader.join(START_SECONDS + SECONDS_PER_FILE * len(files))
    finally:
        _kill(process)
        process.wait()
    reader.join(5)


def _kill(process: "subprocess.Popen[str]") -> None:
    """End a LibreOffice. Killing the process alone would leave soffice.bin, its grandchild, running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Running:
    """The starts of one printing, in threads: whoever breaks it off (Ctrl+C, 取消) ends them all.

    Left alone they would go on, and make the folder anew that has just been thrown away.
    """

    def __init__(self) -> None:
        self._over = False
        self._begun: list[subprocess.Popen[str]] = []

    def add(self, process: "subprocess.Popen[str]") -> None:
        """One more has begun."""
        self._begun.append(process)
        if self._over:
            _kill(process)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._over = True
            for process in self._begun:
                if process.returncode is None:  # not waited for yet: the number is still its own
                    _kill(process)


def _tell(process: "subprocess.Popen[str]", files: Sequence[Path], out: Path, done: Callable[[Path], None]) -> None:
    """LibreOffice names each file as it begins it; so the one before is done, if its PDF is there."""
    begun: list[Path] = []
    by_name = {path.name: path for path in files}
    assert process.stdout is not None
    with process.stdout as told:
        for line in told:
            name = Path(line.removeprefix("convert ").split(" -> ")[0]).name
            if line.startswith("convert ") and name in by_name:
                if begun and _printed(begun[-1], out):
                    done(begun[-1])
                begun.append(by_name[name])
    if begun and _printed(begun[-1], out):
        done(begun[-1])
