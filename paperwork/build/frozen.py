"""Freeze what an archive is made from: copies of the inputs and of the templates that nobody changes during the build.

Making an archive takes from seconds to minutes, and staff go on working meanwhile. Everything is read from the copies,
so the check, the volume and the package are of one moment: the one at which no file had changed since it was copied.
The copies keep the paths that the files have below inputs/, so every fault names the staff's own file. They lie in the
build's temporary folder, and the package takes them over instead of copying them once more.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISLNK
from time import sleep, time_ns

from paperwork.archive import manifest
from paperwork.checks import account
from paperwork.core import filenames
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.project import folders, input_folder

PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0)
"""Seconds before each round of copying; after the last one, a file that changes all the time is refused."""
CHUNK_BYTES = 2**26
"""Bytes copied by one system call, so that an interrupt need not wait for a whole film."""
TICK_NS = 20_000_000
"""Time stamps of files advance in ticks of up to 10 ms: a second change within one tick would not be seen."""

Stamp = tuple[int, ...]
"""Inode, size, time of the content and time of the last change of a file, and of the link to it: the kernel sets the
last time, no program can."""


@dataclass
class Frozen:
    """Frozen copies of one project's inputs and of the templates, with the places and stamps of the originals."""

    home: Path | None
    """Folder of the project's workbook; None if it has none."""
    originals: tuple[Path, Path]
    """The staff's folders of inputs and templates."""
    inputs: Path
    templates: Path
    stamps: dict[Path, Stamp | None] = field(default_factory=dict)
    """Stamp of each original at the moment of the archive."""

    def list_originals(self) -> dict[Path, Path]:
        """Return the place of the copy of each table and template, and of what lies beside the workbook or on top."""
        inputs, templates = self.originals
        loose = (path for path in inputs.iterdir() if not path.is_dir() or path.is_symlink())
        own = account.walk(self.home) if self.home and self.home != inputs else _input_folders(inputs)
        staffs = (path for path in (*loose, *own) if folders.belongs_to_staff(path, inputs))
        listed = sorted({*input_folder.tables(inputs), *staffs})
        declared = [path for path in manifest.templates(templates) if folders.belongs_to_staff(path, templates)]
        placed = {path: self.inputs / path.relative_to(inputs) for path in listed}
        return placed | {path: self.templates / path.relative_to(templates) for path in declared}

    def changed(self) -> list[Path]:
        """Return the originals that have been added, changed or removed since."""
        listed: Iterable[Path] = ()
        with suppress(OSError, Stop):  # the folders themselves may be gone, with the disk that they were on
            listed = self.list_originals()
        paths = dict.fromkeys([*self.stamps, *listed])
        return [path for path in paths if path not in self.stamps or self.stamps[path] != _stamp(path)]

    def changes(self) -> Iterator[Fault]:
        """Yield a notice if originals have changed since, so that the archive is out of date already."""
        if changed := self.changed():
            wrong = f"生成的时候又改过（共 {len(changed)} 处），这份档案里是改以前的，已经旧了"
            yield Fault(Level.NOTICE, Where(self.name(changed[0])), wrong, "请再生成一次")

    def name(self, path: Path) -> str:
        """Return a file's name as faults show it."""
        root = next((each for each in self.originals if path.is_relative_to(each)), path.parent)
        return filenames.readable_path(path.relative_to(root))

    @contextmanager
    def naming_originals(self) -> Iterator[None]:
        """Let a file error that names a copy name the staff's own file."""
        try:
            yield
        except OSError as error:
            copy = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else Path()
            for original, copies in zip(self.originals, (self.inputs, self.templates), strict=True):
                if copy.is_relative_to(copies):
                    error.filename = str(original / copy.relative_to(copies))
            raise


def freeze(number: int, inputs: Path, templates: Path, work: Path) -> Frozen:
    """Copy what the project's archive is made from into the folder `work`.

    Raises `Stop` if there is no catalogue, or if a file keeps changing.
    """
    frozen = Frozen(None, (inputs, templates), work / "inputs", work / "templates")
    for folder in (frozen.inputs, frozen.templates):
        folder.mkdir()
    for pause in PAUSES:
        sleep(pause)
        workbook = input_folder.scan_inputs(inputs, templates).workbook(number)
        frozen.home = workbook.parent if workbook else None
        listed = frozen.list_originals()
        for path in frozen.stamps.keys() - listed.keys():
            frozen.stamps.pop(path)
        for path, copy in listed.items():
            _refresh(frozen, path, copy)
        # Only now, after the last copy: a moment at which no file had changed since it was copied.
        changed = frozen.changed()
        if not changed:
            _remove_others(frozen, set(listed.values()))
            return frozen
    raise Stop(ExitCode.REFUSED, f"“{frozen.name(changed[0])}”一直在变，没有生成档案", "请等它存完、拷完再来")


def _input_folders(home: Path) -> Iterator[Path]:
    """Yield the files in 照片, 视频 and 附件 of a project whose workbook lies in the inputs folder itself."""
    for name in folders.INPUT_FOLDERS:
        for folder in folders.input_folders(home, name):
            yield from account.walk(folder)


def _stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file, or of a link and what it leads to; None if there is none."""
    try:
        stats = [path.lstat()]
        if S_ISLNK(stats[0].st_mode) and path.exists():
            stats.append(path.stat())
    except OSError:
        return None
    return tuple(part for each in stats for part in (each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns))


def _refresh(frozen: Frozen, path: Path, copy: Path) -> None:
    """Copy an original unless the copy is still right, and record its stamp."""
    stamp = _stamp(path)
    if path in frozen.stamps and frozen.stamps[path] == stamp:
        return
    # A file changed a moment ago may change again within the same tick of the clock: then no stamp, and once more.
    is_fresh = stamp is not None and abs(time_ns() - max(stamp[3::4])) < TICK_NS
    _copy(frozen, path, copy)
    frozen.stamps[path] = () if is_fresh else stamp


def _copy(frozen: Frozen, path: Path, copy: Path) -> None:
    """Copy a file, in such a way that the reader of the copies finds and reports the same as that of the originals."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    if path.is_symlink() and (not folders.is_file(path) or folders.leads_out(path, frozen.home or frozen.originals[0])):
        _copy_link(frozen, path, copy)
    elif not folders.is_file(path):
        copy.symlink_to(path.absolute())  # a pipe, which would be read without end; a folder that cannot be read
    elif not _is_read(frozen, path):
        # Nothing reads it, only its name and size are told: a hole takes no time and no space.
        copy.touch()
        os.truncate(copy, path.stat().st_size)
    else:
        try:
            _copy_content(path, copy)
        except PermissionError:
            copy.unlink(missing_ok=True)
            copy.touch(mode=0)
        except FileNotFoundError:  # gone meanwhile: the next round does not list it
            copy.unlink(missing_ok=True)


def _copy_link(frozen: Frozen, path: Path, copy: Path) -> None:
    """Copy a link that the reader does not follow."""
    root, target = frozen.originals[0].resolve(), Path(os.path.realpath(path))
    copy.symlink_to(frozen.inputs.absolute() / target.relative_to(root) if target.is_relative_to(root) else target)


def _is_read(frozen: Frozen, path: Path) -> bool:
    """Return True if the reader looks into a file: a table, a template, what lies in 照片, 视频 or 附件."""
    inside = path.relative_to(frozen.home).parts[:-1] if frozen.home and path.is_relative_to(frozen.home) else ()
    is_beside = bool(inside) and any(folders.is_called(Path(inside[0]), name) for name in folders.INPUT_FOLDERS)
    return is_beside or input_folder.may_be_read(path, frozen.originals[0]) or path.is_relative_to(frozen.originals[1])


def _copy_content(path: Path, copy: Path) -> None:
    """Copy the content of a file: by reflink where the file system can, which takes no time and no space."""
    with path.open("rb") as source, copy.open("xb") as target:
        try:
            while os.copy_file_range(source.fileno(), target.fileno(), CHUNK_BYTES):
                pass
        except OSError:  # the kernel cannot copy between these two file systems; a full disk fails again below
            source.seek(0)
            target.seek(0)
            target.truncate()
            shutil.copyfileobj(source, target, CHUNK_BYTES)


def _remove_others(frozen: Frozen, kept: set[Path]) -> None:
    """Remove the copies of files that have vanished while others were copied."""
    for folder in (frozen.inputs, frozen.templates):
        for path in [each for each in account.walk(folder) if each not in kept]:
            path.unlink()
