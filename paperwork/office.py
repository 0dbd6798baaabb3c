"""LibreOffice: many Word files in, PDFs out; a foreign spreadsheet in, .xlsx out.

Sole owner of the `soffice` process. Measured traps it guards against: exit code 0 though no PDF was written; a killed
parent that leaves `soffice.bin` alive; two processes on one profile; a dialog that waits for ever.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread

from paperwork.faults import ExitCode, Stop

INSTALL = "请安装：apt-get install -y --no-install-recommends libreoffice-writer-nogui libreoffice-calc-nogui"
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
# No macros, no links fetched, no recovery dialogs: documents come from many hands. Path, property, value.
SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
    ("Setup/Office", "ooSetupInstCompleted", "true"),
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),  # 0: formulas are always calculated anew
    ("Office.Calc/Formula/Load", "ODFRecalcMode", "0"),
)
PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n'
    + "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>\n"
        for path, name, value in SETTINGS
    )
    + "</oor:items>\n"
)


PATIENT = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824"
    ":glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864"
}
"""Memory is asked for in large pieces and kept: a start takes half the time (docs/performance.md)."""
WARM = Path(sys.prefix) / "share" / "paperwork" / "office"
"""Where a profile is kept that LibreOffice has settled into, to be copied: an empty one takes longer."""


def _memory() -> Mapping[str, str]:
    """The settings of memory where they apply: only with GNU's C library."""
    try:
        return PATIENT if os.confstr("CS_GNU_LIBC_VERSION") else {}
    except (ValueError, OSError):
        return {}


def program() -> Path | None:
    """Where LibreOffice is, if it is installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return Path(found) if found else None


def mark() -> str:
    """Which LibreOffice it is: one built on another day may print otherwise. Nothing when it is missing."""
    path = program()
    if not path:
        return ""
    real = path.resolve()
    binary = next((each for each in (real.with_name("soffice.bin"), real) if each.exists()), real).stat()
    return f"{binary.st_size:x}-{int(binary.st_mtime):x}"


def version() -> str:
    """LibreOffice's version, or nothing when it is missing. Asked for once: asking takes a start."""
    path, note = program(), WARM / f"version-{mark()}"
    if not path:
        return ""
    with suppress(OSError):
        return note.read_text("utf-8")
    ran = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=START_SECONDS, check=False)
    told = " ".join(ran.stdout.split()[:2])
    if told:
        with suppress(OSError):
            WARM.mkdir(parents=True, exist_ok=True)
            _put(note, lambda path: path.write_text(told, "utf-8"))
    return told


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """Write under another name first, for others may be looking; who comes second is content."""
    rough = path.with_name(f".{path.name}.{os.getpid()}")
    write(rough)
    try:
        os.replace(rough, path)
    except OSError:  # a folder that another process has put there meanwhile
        shutil.rmtree(rough, ignore_errors=True)


def _furnish(profile: Path) -> None:
    """Make a profile: a copy of the warm one where there is one, and our settings in it."""
    with suppress(OSError):
        shutil.copytree(_warm(), profile, dirs_exist_ok=True)
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE, "utf-8")


def _warm() -> Path:
    settings = hashlib.sha256(PROFILE.encode()).hexdigest()[:12]
    return WARM / f"profile-{mark()}-{settings}"


def _keep_warm(profile: Path) -> None:
    """Keep a profile that LibreOffice has settled into over documents of ours, with nothing in it of what they said."""
    if _warm().exists():
        return
    with suppress(OSError):
        WARM.mkdir(parents=True, exist_ok=True)
        left = shutil.ignore_patterns("registrymodifications.xcu", "*.log", "backup", "temp", "*.lock", ".~lock*")
        _put(_warm(), lambda rough: shutil.copytree(profile, rough, ignore=left))


def print_files(
    shares: Iterable[Sequence[Path]], out: Path, env: Mapping[str, str], done: Callable[[Path], None] = lambda _: None
) -> dict[Path, Path]:
    """Print Word files to PDF in `out`; the result maps each file to its PDF.

    Each share is printed by a start of its own with a profile of its own, beginning as soon as the share is there: who
    writes the files goes on writing the next share meanwhile. What came out wrong is tried once more, alone; `done` is
    told of each finished file. Raises `Stop`: LibreOffice missing, or documents it cannot print (all of them named).
    """
    soffice = program()
    if not soffice:
        raise Stop(
            ExitCode.MISSING,
            "没有找到 LibreOffice，无法把 Word 文件打印成 PDF",
            INSTALL,
        )
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="paperwork-lo-") as profiles:
        with ThreadPoolExecutor() as pool:
            for share in shares:
                if share:
                    pool.submit(_start, soffice, share, out, Path(profiles, str(len(files))), env, done)
                    files += share
        if files:
            _keep_warm(Path(profiles, "0"))
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
    soffice = program()
    if not soffice:
        raise Stop(ExitCode.MISSING, "没有找到 LibreOffice，读不了 .xls、.et、.ods 表格和没有算出的公式", INSTALL)
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
    soffice = program()
    if not soffice:
        raise Stop(ExitCode.MISSING, "没有找到 LibreOffice，打印不了 Word、Excel 附件", INSTALL)
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
) -> None:
    """Run one LibreOffice over some files; killed with all its children when its time is up."""
    _furnish(profile)
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
    reader.start()
    try:
        # It is done when it has nothing more to tell; waiting for the process itself looks up only now and then.
        reader.join(START_SECONDS + SECONDS_PER_FILE * len(files))
    finally:
        # Killing the process alone would leave soffice.bin, its grandchild, running.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    reader.join(5)


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
