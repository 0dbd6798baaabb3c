"""Freeze what an archive is made from: copies of the inputs and of the templates that nobody changes during the build.

Making an archive takes from seconds to minutes, and staff go on working meanwhile. Everything is read from the copies,
so the check, the volume and the package are of one moment: the one at which no file had changed since it was copied.
The copies keep the paths that the files have below inputs/, so every fault names the staff's own file. They lie in the
build's temporary folder, and the package takes them over instead of copying them once more.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR
from time import sleep, time_ns

from paperwork.archive import manifest
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.core.filenames import is_left_by_a_program
from paperwork.project import folders, input_folder

PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0)
"""Seconds before each round of copying; after the last one, a file that changes all the time is refused."""
CHUNK_BYTES = 2**26
"""Bytes copied by one system call, so that an interrupt need not wait for a whole film."""
TICK_NS = 20_000_000
"""Time stamps of files advance in ticks of up to 10 ms: a second change within one tick would not be seen."""

Stamp = tuple[int, int, int, int]
"""Inode, size, time of the content and time of the last change: the kernel sets the last one, no program can."""


@dataclass
class Frozen:
    """Frozen copies of one project's inputs and of the templates, with the places and stamps of the originals."""

    home: Path | None
    """Folder of the project's workbook; None if it has none."""
    originals: tuple[Path, Path]
    """The staff's folders of inputs and templates."""
    inputs: Path
    templates: Path
    outside: Path
    """Folder for copies of what links in the inputs lead to, outside of where they lie."""
    stamps: dict[Path, Stamp | None] = field(default_factory=dict)
    """Stamp of each original at the moment of the archive."""

    def list_originals(self) -> dict[Path, Path]:
        """Return the place of the copy of each table, each template, and all that lies beside the workbook."""
        inputs, templates = self.originals
        listed = [*input_folder.tables(inputs), *(_beside(self.home) if self.home else ())]
        declared = [path for path in manifest.templates(templates) if folders.belongs_to_staff(path, templates)]
        placed = {path: self.inputs / path.relative_to(inputs) for path in listed}
        return placed | {path: self.templates / path.relative_to(templates) for path in declared}

    def changed(self) -> list[Path]:
        """Return the originals that have been added, changed or removed since."""
        paths = dict.fromkeys([*self.stamps, *self.list_originals()])
        return [path for path in paths if path not in self.stamps or self.stamps[path] != _stamp(path)]

    def changes(self) -> Iterator[Fault]:
        """Yield a notice if originals have changed since, so that the archive is out of date already."""
        if changed := self.changed():
            wrong = f"生成的时候又改过（共 {len(changed)} 处），这份档案里是改以前的，已经旧了"
            yield Fault(Level.NOTICE, Where(self.name(changed[0])), wrong, "请再生成一次")

    def name(self, path: Path) -> str:
        """Return a file's name as faults show it."""
        root = next((each for each in self.originals if path.is_relative_to(each)), path.parent)
        return path.relative_to(root).as_posix()

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
    places = work / "inputs", work / "templates", work / "outside"
    frozen = Frozen(None, (inputs, templates), *places)
    for place in places:
        place.mkdir()
    for pause in PAUSES:
        sleep(pause)
        workbook = input_folder.scan_inputs(inputs).workbook(number)
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


def _beside(home: Path) -> Iterator[Path]:
    """Yield the folders and files of 照片, 视频 and 附件 beside a workbook, also those in folders that are links."""
    for name in folders.INPUT_FOLDERS:
        # Links are followed, because the reader follows them; `seen` ends a link that leads back.
        seen: set[Path] = set()
        for folder, subfolders, files in os.walk(home / name, followlinks=True):
            yield Path(folder)
            own = sorted(each for each in subfolders if not is_left_by_a_program(each))
            subfolders[:] = [each for each in own if _is_new(Path(folder, each), seen)]
            yield from (Path(folder, each) for each in sorted(files) if not is_left_by_a_program(each))


def _is_new(folder: Path, seen: set[Path]) -> bool:
    """Return True if a folder has not been seen yet, and remember it."""
    place, count = folder.resolve(), len(seen)
    seen.add(place)
    return len(seen) > count


def _stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file or folder; None if there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    # What is added to a folder is listed itself; the folder's times change with the lock files of open documents too.
    is_folder = S_ISDIR(stat.st_mode)
    return (stat.st_ino, 0, 0, 0) if is_folder else (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


def _refresh(frozen: Frozen, path: Path, copy: Path) -> None:
    """Copy an original unless the copy is still right, and record its stamp."""
    stamp = _stamp(path)
    if path in frozen.stamps and frozen.stamps[path] == stamp:
        return
    # A file changed a moment ago may change again within the same tick of the clock: then no stamp, and once more.
    is_fresh = stamp is not None and abs(time_ns() - stamp[3]) < TICK_NS
    _copy(frozen, path, copy)
    frozen.stamps[path] = (0, 0, 0, 0) if is_fresh else stamp


def _copy(frozen: Frozen, path: Path, copy: Path) -> None:
    """Copy a file or make the folder; what cannot be read becomes a link, so that the reader reports it as ever."""
    if path.is_dir():
        copy.mkdir(parents=True, exist_ok=True)
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    if not path.is_file():  # a link that leads nowhere; a pipe, which would be read without end
        copy.symlink_to(path.absolute())
        return
    try:
        if _leads_out(path):
            # Still a link that leads out, but to a copy.
            target = frozen.outside / f"{len(list(frozen.outside.iterdir()))}{path.suffix}"
            _copy_content(path, target)
            copy.symlink_to(target)
        else:
            _copy_content(path, copy)
    except (PermissionError, FileNotFoundError):
        copy.unlink(missing_ok=True)
        copy.symlink_to(path.absolute())


def _leads_out(path: Path) -> bool:
    """Return True if a file in one of the three folders lies outside of that folder, after resolving links."""
    root = next((each for each in path.parents if each.name in folders.INPUT_FOLDERS), None)
    return root is not None and not path.resolve().is_relative_to(root.resolve())


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
        for path in [each for each in folder.rglob("*") if not each.is_dir() and each not in kept]:
            path.unlink()
