"""Write the program's log to `outputs/.日志/`, for the maintainer: steps, times, counts, and unexpected exceptions.

The log holds nothing personal. Callers pass only counts, seconds, project numbers and words of the program. Of an
exception it has the type, the frames with their lines of code, and of the message only words that stand in the code
itself. The log never makes a command fail: what cannot be written is kept for the next try, or lost.
"""

import errno
import linecache
import logging
import os
import re
import sys
import warnings
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, strftime
from traceback import walk_tb
from types import CodeType
from typing import Any, NamedTuple, TypeVar

from paperwork.core.commands import PACKAGE, ROOT

FOLDER = ".日志"
"""Name of the log folder in the outputs folder."""
UNWRITABLE = Path(os.devnull) / FOLDER
"""A folder that cannot exist, so that writing there fails."""
MAX_BYTES, MAX_FILES = 512 * 1024, 200
"""Size at which a command goes on in a new file, and number of files that are kept: at most 100 MB in all."""
MAX_HELD = 1000
"""Number of records kept in memory while they cannot be written."""
MAX_FRAMES = 60
"""Number of frames of an exception that are written: an endless recursion has a thousand."""
LINE = "%(asctime)s.%(msecs)03d %(levelname)s %(process)d %(module_name)s [%(step)s] %(message)s"
TRACE = "paperwork_trace"
"""Attribute of an exception with its frames in another process, which pickling would lose."""
BUILT_CODE = re.compile(r"<[a-z ]+>", re.ASCII)
"""Names of code that lies in no file, such as <string> and <template>."""
E = TypeVar("E", bound=BaseException)

logger = logging.getLogger(__name__)
# Without a handler, `logging` would print warnings on standard error when no log has been started (as in tests).
logging.getLogger("paperwork").addHandler(logging.NullHandler())


class Destination(NamedTuple):
    """Where a process writes its log; passed to the worker processes, so that a command has one log."""

    folder: Path
    stem: str
    """Beginning of the file names: start of the command, process id, and four random digits."""


class Entry(NamedTuple):
    """An exception in the log: the number told to staff, and the file that holds it, below the outputs folder."""

    number: int
    file: str


# ---- start and stop


_handler: "LogHandler | None" = None
"""Handler of this process; None until a log is started."""
_step = "-"
"""Project number and step of the build that this process does."""


@contextmanager
def session(outputs: Path | None, words: str) -> Iterator[None]:
    """Keep a log while a command runs, with its beginning, exit code and time; `words` are the command's, without data.

    It is written only after `write_to`, or if an exception is recorded: a command that has no outputs folder leaves no
    log. `outputs` is where exceptions are written until `write_to` names another folder; with None, nowhere.
    """
    began = monotonic()
    _attach(_own_destination(outputs / FOLDER if outputs else UNWRITABLE), is_writing=False)
    logger.info("begin: %s", words)
    try:
        yield
    except SystemExit as end:
        logger.info("end: exit code %s, %.1f s", end.code if isinstance(end.code, int) else "-", monotonic() - began)
        raise
    finally:
        _detach()


def write_to(outputs: Path) -> None:
    """Write the running command's log below this outputs folder, once that exists; without a log do nothing."""
    if _handler:
        from importlib.metadata import version  # here, because `--help` needs no version

        _handler.folder, _handler.is_writing = outputs.absolute() / FOLDER, True
        logger.info("paperwork %s, Python %d.%d.%d", version("paperwork"), *sys.version_info[:3])


def destination() -> Destination | None:
    """Return where this process writes its log; None if it writes none."""
    return Destination(_handler.folder, _handler.stem) if _handler and _handler.is_writing else None


def join(shared: Destination | None) -> None:
    """Write to the log of the process that started this one; with None, write no log."""
    _hush_libraries()
    if shared:
        _attach(shared, is_writing=True)


def start_in(folder: Path | None) -> None:
    """Start a log of this process in a log folder, unless it has one there; for workers on other machines."""
    if folder and not (_handler and _handler.folder == folder):
        _attach(_own_destination(folder), is_writing=True)


def set_step(words: str) -> None:
    """Set the project number and step that stand in each record of this process from now on; empty: none."""
    global _step
    _step = words or "-"


def _own_destination(folder: Path) -> Destination:
    # The random digits keep apart the processes of two machines that share the folder.
    stem = f"{strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{os.urandom(2).hex()}"
    return Destination(folder.absolute(), stem)


def _attach(where: Destination, is_writing: bool) -> None:
    """Send the program's log records, and no library's, to a destination."""
    global _handler
    _detach()
    _hush_libraries()
    _handler = LogHandler(where, is_writing)
    package = logging.getLogger("paperwork")
    package.addHandler(_handler)
    package.setLevel(logging.INFO)
    package.propagate = False


def _hush_libraries() -> None:
    """Keep the English warnings of libraries off the terminal: staff can do nothing about them."""
    warnings.showwarning = _record_warning
    if not logging.getLogger().handlers:  # then `logging` would print a library's records on standard error
        logging.getLogger().addHandler(logging.NullHandler())


def _record_warning(
    message: object, category: type[Warning], filename: str, lineno: int, file: object = None, line: object = None
) -> None:
    """Write kind and place of a Python warning into the log; its text may quote a file."""
    logger.info("warning: %s, %s line %d", category.__name__, Path(filename).name, lineno)


def _detach() -> None:
    """End the log of this process."""
    global _handler
    package = logging.getLogger("paperwork")
    if _handler:
        package.removeHandler(_handler)
    _handler = None
    package.setLevel(logging.NOTSET)
    package.propagate = True


# ---- files


class LogHandler(logging.Handler):
    """Handler that appends each record to the current file by one `write`.

    Several processes append to the same file. The system moves to its end and writes in one step (O_APPEND), so records
    are neither mixed nor lost. A full file is not renamed, which other processes would not notice: each goes on in the
    file with the next number as soon as it sees the size.
    """

    def __init__(self, where: Destination, is_writing: bool) -> None:
        super().__init__()
        self.folder, self.stem = where
        self.is_writing = is_writing
        self.part = 1
        self._held: deque[bytes] = deque(maxlen=MAX_HELD)
        self._process = os.getpid()
        self._recorded: set[tuple[Path, int]] = set()
        self.setFormatter(_Formatter(LINE, "%Y-%m-%d %H:%M:%S"))

    @property
    def path(self) -> Path:
        """Return the path of the current file."""
        return self.folder / (f"{self.stem}.log" if self.part == 1 else f"{self.stem}-{self.part}.log")

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or hold it while there is no outputs folder or the disk is full."""
        with suppress(Exception):  # the standard handler would print the record and its arguments on standard error
            self._append(self.format(record))

    def record_error(self, number: int, trace: Sequence[str]) -> Entry | None:
        """Write an exception under its number, in each file only once whole; return None if it cannot be written."""
        self.acquire()
        try:
            is_known = (self.path, number) in self._recorded
            words = f"编号 {number}" + (" again" if is_known else "\n" + "\n".join(trace))
            record = logger.makeRecord(logger.name, logging.ERROR, __file__, 0, words, (), None)
            if not self._append(self.format(record), insist=True):
                return None
            self._recorded.add((self.path, number))
            return Entry(number, "/".join(self.path.parts[-3:]))
        finally:
            self.release()

    def _append(self, text: str, insist: bool = False) -> bool:
        """Write a record and those that are held; return False if that is not possible now.

        With `insist`, the outputs folder is created.
        """
        if self._process != os.getpid():  # forked: what was held then is written by the parent
            self._held.clear()
            self._process = os.getpid()
        lines = text.replace("\n", "\n  ") + "\n"
        self._held.append(lines.encode("utf-8", "replace"))
        if not insist and not (self.is_writing and self.folder.parent.is_dir()):
            return False
        try:
            self.folder.mkdir(parents=insist, exist_ok=True)
            self._write()
        except OSError:
            return False
        return True

    def _write(self) -> None:
        """Write what is held to the current file, or to the next one if that is full."""
        content = b"".join(self._held)
        while True:
            # Opened for each record: a file that was deleted is created again, a fork shares no
            # position, and no file descriptor is kept.
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            try:
                size = os.fstat(file).st_size
                if size < MAX_BYTES:
                    written = os.write(file, content)
                    break
            finally:
                os.close(file)
            self.part += 1
        self._held.clear()
        if written < len(content):  # the disk is full: the rest is written later
            self._held.append(content[written:])
        if not size:
            self._prune()

    def _prune(self) -> None:
        """Delete the oldest log files beyond the limit; a file that is being written to is never the oldest."""
        files = []
        for path in self.folder.glob("*.log"):
            with suppress(OSError):  # another process prunes too
                files.append((path.lstat().st_mtime_ns, path))
        for _, path in sorted(files)[:-MAX_FILES]:
            with suppress(OSError):
                path.unlink()


class _Formatter(logging.Formatter):
    """Formatter that adds the module and the step, and writes exceptions without data."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        record.module_name = record.name.removeprefix("paperwork.")
        record.step = _step
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name of the overridden method
        """Return the text of an exception given to `logger.exception`."""
        return "\n".join(trace_lines(ei[1])) if ei[1] else ""


# ---- exceptions


def record_error(error: BaseException) -> Entry | None:
    """Write an exception to the log and return its number; None if there is no log or it cannot be written.

    The number is computed from type and frames, so the same defect has the same number each time and everywhere.
    """
    if not _handler:
        return None
    try:
        trace = trace_lines(error)
        return _handler.record_error(100_000 + zlib.crc32("\n".join(trace).encode()) % 900_000, trace)
    # The error itself is reported in any case; one more, in the log, must not take its place.
    except Exception:
        return None


def keep_trace(error: E, raised: BaseException | None = None) -> E:
    """Store the traceback of an exception (or of `raised`, which it stands for) in it, since pickling loses it.

    Called in worker and child processes. The parent writes these frames if the exception turns out to be unexpected.
    """
    with suppress(Exception):  # a class without __dict__, or an exception that cannot be described
        setattr(error, TRACE, trace_lines(raised or error))
    return error


def trace_lines(error: BaseException) -> list[str]:
    """Return the traceback of an exception and of those that led to it, without anything that may quote data."""
    lines: list[str] = []
    for each in _chain(error):
        if lines:
            lines.append("During the handling of this exception, or because of it:")
        if kept := getattr(each, TRACE, None):
            lines += ["In another process:", *kept, "In this process:"]
        frames = list(walk_tb(each.__traceback__))
        lines.append("Traceback (most recent call last):")
        lines += _frame_lines((frame.f_code, number) for frame, number in frames)
        code = frames[-1][0].f_code if frames else None
        lines.append(f"{_type_name(each)}{_harmless_words(each, code)}")
        for part in each.exceptions if isinstance(each, BaseExceptionGroup) else ():
            lines += [f"| {line}" for line in trace_lines(part)]
    return lines


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception and those that led to it, also suppressed ones (`from None`); the oldest first."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and not any(current is each for each in chain):
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain[::-1]


def _frame_lines(frames: Iterable[tuple[CodeType, int]]) -> Iterator[str]:
    """Yield two lines for each frame: file, line number and function; then the line of code."""
    listed = list(frames)
    left_out = len(listed) - MAX_FRAMES
    if left_out > 0:
        yield f"  … {left_out} frames left out …"
    for code, number in listed[-MAX_FRAMES:]:
        name = _shown_file(code.co_filename)
        yield f'  File "{name}", line {number}, in {code.co_name}'
        # Only of files of the program and its libraries: a template in a document may hold anything.
        if "/" in name and (line := linecache.getline(code.co_filename, number).strip()):
            yield f"    {line}"


def _shown_file(name: str) -> str:
    """Return the path of a module below the folder that it is imported from; the folders above may name a person."""
    path = Path(name)
    roots = [ROOT, *(Path(each) for each in sys.path if each)]
    above = [root for root in roots if path.is_relative_to(root)]
    if above and (path.suffix == ".py" or path.is_relative_to(PACKAGE)):
        shown = path.relative_to(max(above, key=lambda root: len(root.parts))).as_posix()
        return shown if "/" in shown else f"./{shown}"
    return name if BUILT_CODE.fullmatch(name) else "…"


def _type_name(error: BaseException) -> str:
    """Return the name of an exception's class, with its module unless it is built in."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _harmless_words(error: BaseException, code: CodeType | None) -> str:
    """Return the part of an exception's message that is free of data: `: words`, or nothing.

    Of an error of the system that is its number and text, never the file name. Of others it is a name or a text that
    stands literally in the code that raised it, such as the column in `row["地点"]`.
    """
    if isinstance(error, OSError):
        number = error.errno
        return f": {errno.errorcode.get(number, number)}, {os.strerror(number)}" if number is not None else ""
    names = {*code.co_names, *code.co_varnames, *code.co_consts} if code else set()
    if isinstance(error, AttributeError | NameError | ImportError):
        owner = f" of {type(error.obj).__qualname__}" if isinstance(error, AttributeError) else ""
        return f": {error.name!r}{owner}" if error.name in names else ""
    is_literal = error.args and all(isinstance(each, str) and each in names for each in error.args)
    return f": {', '.join(map(repr, error.args))}" if is_literal else ""
