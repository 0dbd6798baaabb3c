"""Keep the archives of all years and the last one of each state: rename, list, restore; ask before a better one goes.

`outputs/1` is project 1 of the newest year; the archive of an older year is at `outputs/2022-1`. An archive that is
replaced moves to `outputs/.以前/1/齐备` or `…/待补稿`. All moves are renames under the project's lock, so they cost
nothing, and a kill at any point loses no archive.
"""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

from paperwork.archive import manifest, register
from paperwork.archive.metadata import MANIFEST
from paperwork.checks import check
from paperwork.checks.check import Checked
from paperwork.core import commands, lock, text
from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.core.lock import EARLIER
from paperwork.core.values import ProjectNumber
from paperwork.project.catalogue import published
from paperwork.project.input_folder import Inputs

OTHER = "其他"
"""State of what is no archive that this program can read, as the name of its folder in `EARLIER`."""
MAX_NAMED = 60
"""Most characters of a project's name in the name of a folder."""


@dataclass(frozen=True)
class Kept:
    """An archive in a folder, by its manifest."""

    folder: Path
    project: ProjectNumber
    year: int
    """0 in archives that were made before this was recorded."""
    name: str
    state: str
    title: str
    pages: int
    date: dt.date
    as_of: dt.date


def read_kept(folder: Path) -> Kept | None:
    """Return the archive in a folder; None if there is none or its manifest cannot be read."""
    with suppress(OSError):
        stat = (folder / MANIFEST).stat()
        return _read_manifest(folder, (stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return None


@lru_cache(maxsize=1024)  # the page asks for all of them every few seconds
def _read_manifest(folder: Path, stamp: tuple[int, int, int]) -> Kept | None:
    """Read the manifest in a folder; `stamp` changes with it."""
    try:
        read = manifest.read(folder / MANIFEST, "")
    except (OSError, Unreadable):
        return None
    state = read.state if read.state in (check.COMPLETE, check.DRAFT) else OTHER
    title = read.title or read.name
    return Kept(folder, read.project, read.year, read.name, state, title, read.pages, read.date, read.as_of)


def state_of(folder: Path) -> str:
    """Return the state of the archive in a folder; empty if it holds no files but the marked workbook of a check."""
    kept = read_kept(folder)
    if kept:
        return kept.state
    return OTHER if folder.is_dir() and any(each.name != check.MARKED_FOLDER for each in folder.iterdir()) else ""


# ---- years


def settle(outputs: Path, found: Inputs) -> None:
    """Rename the archives of years that are no longer the newest, or are again; one being built is left for later."""
    for number in sorted({each.project for each, _ in _misplaced(outputs, found)}):
        with suppress(Stop), lock.hold_project(outputs, number):
            settle_held(outputs, found, number)
        with suppress(Stop, OSError):  # written by the next build, then
            register.write(outputs)


def settle_held(outputs: Path, found: Inputs, number: int) -> None:
    """Rename the archives of one number as `settle` does; its lock is held already."""
    plain = ProjectNumber(number).plain
    moves = [(kept, name) for kept, name in _misplaced(outputs, found) if kept.project == plain]
    # Those that give up the plain number go first: it may be taken by the next.
    for kept, name in sorted(moves, key=lambda move: move[0].folder.name != str(plain)):
        target, slot = outputs / name, outputs / EARLIER / name / kept.folder.name
        if not _is_earlier(kept.folder, outputs):
            with lock.work_folder(outputs, name) as work:
                lock.replace_archive(kept.folder, target, work, state_of(target))
        elif not slot.exists():
            slot.parent.mkdir(parents=True, exist_ok=True)
            os.replace(kept.folder, slot)


def _is_earlier(folder: Path, outputs: Path) -> bool:
    """Return True for the folder of an earlier archive."""
    return folder.relative_to(outputs).parts[0] == EARLIER


def _misplaced(outputs: Path, found: Inputs) -> Iterator[tuple[Kept, str]]:
    """Yield the archives that lie under another name than that of their project, each with the right name."""
    for path in (
        sorted([*outputs.glob(f"{EARLIER}/*/*/{MANIFEST}"), *outputs.glob(f"*/{MANIFEST}")]) if found.year else ()
    ):
        folder = path.parent
        name = folder.parent.name if _is_earlier(folder, outputs) else folder.name
        kept = read_kept(folder)
        with suppress(Unreadable):
            # Folders with other names, and copies under another number, are the staff's.
            if kept and ProjectNumber.parse(name).plain == kept.project:
                right = str(found.number_in(_year_of(kept, found), kept.project))
                if right != name:
                    yield kept, right


def _year_of(kept: Kept, found: Inputs) -> int:
    """Return an archive's year; of an older program's, that of the catalogue with its name, or of its date."""
    if kept.year:
        return kept.year
    for year in sorted(found.years.values(), reverse=True):
        entry = found.entries.get(found.number_in(year, kept.project))
        if entry and text.is_same_name(entry.name, kept.name):
            return year
    return kept.date.year


# ---- before an archive is replaced


def refuse_unconfirmed(checked: Checked, folder: Path) -> None:
    """Raise `Stop` if the archive in `folder` is better than the one to be made, or was made of another publication."""
    questions = [*_draft_question(checked, folder), *_publication_questions(checked, folder)]
    if questions:
        mend = (
            f"请核对；确实要换，请运行 {commands.replacing(checked.number)}"
            f"（现在的档案会移到 {EARLIER} 里，可以用 {commands.command('restore', checked.number)} 放回来）"
        )
        raise Stop(ExitCode.UNCONFIRMED, "；".join(questions), mend, faults=checked.faults)


def _draft_question(checked: Checked, folder: Path) -> Iterator[str]:
    """Yield a question if a draft would take the place of a complete archive."""
    if state_of(folder) == check.COMPLETE and checked.state == check.DRAFT:
        waiting = f"，其中 {checked.later} 项还没有到期" if checked.later else ""
        lacks = f"现在还缺 {len(checked.missing)} 项材料{waiting}，只能做成待补稿"
        yield f"项目{checked.number}做好的档案是齐备的，{lacks}，没有换掉它"


def _publication_questions(checked: Checked, folder: Path) -> Iterator[str]:
    """Yield a question if the project's row of the catalogue has changed since the archive was made."""
    with suppress(OSError, Unreadable):
        before, now = manifest.read(folder / MANIFEST, "").published, published.row_text(checked.project.catalogue)
        changes = list(published.row_changes(before, now)) if before else []
        if changes:
            yield f"档案做好以后，目录里的项目{checked.number}改过：{'，'.join(changes)}"
    kept = read_kept(folder)
    if kept and not text.is_same_name(kept.name, checked.project.catalogue.name):
        yield f"现在的档案是另一个项目“{kept.name}”的"


def set_aside(checked: Checked, outputs: Path) -> None:
    """Rename the archive of another project that had this number in the same year, so that it is not replaced."""
    folder = outputs / str(checked.number)
    kept = read_kept(folder)
    if kept and not text.is_same_name(kept.name, checked.project.catalogue.name):
        year = kept.year or kept.date.year
        code = len(str(kept.project)) if kept.project.is_code else 0
        name = f"{year}-{kept.project}-{text.bare(kept.name)[: MAX_NAMED - code]}"
        free = (outputs / each for each in chain([name], (f"{name}-{again}" for again in count(2))))
        os.replace(folder, next(path for path in free if not path.exists()))


# ---- earlier archives


def earlier(outputs: Path, number: int) -> list[Kept]:
    """Return the earlier archives of a project: the last one of each state, the complete one first."""
    folders = sorted((outputs / EARLIER / str(ProjectNumber(number))).glob(f"*/{MANIFEST}"))
    found = [kept for path in folders if (kept := read_kept(path.parent))]
    return sorted(found, key=lambda kept: (kept.state != check.COMPLETE, kept.folder.name))


def words(outputs: Path, number: int, is_outdated: bool = False) -> str:
    """Return the states of a project's archive and of its earlier ones in words; empty if there are none."""
    now, before = read_kept(outputs / str(ProjectNumber(number))), earlier(outputs, number)
    kept = f"以前的：{'、'.join(each.state for each in before)}" if before else ""
    return "；".join(part for part in (f"{now.state}{register.OUTDATED * is_outdated}" if now else "", kept) if part)


def unlisted(outputs: Path, found: Inputs) -> list[Kept]:
    """Return the archives of projects that no catalogue has any more: those of a year whose catalogue is gone."""
    folders = (path.parent for path in sorted(outputs.glob(f"*/{MANIFEST}")))
    names = {str(ProjectNumber(number)) for number in found.entries}
    return [kept for folder in folders if folder.name not in names and (kept := read_kept(folder))]


def known(outputs: Path, number: int) -> ProjectNumber:
    """Return the number under which a project's archive lies: 2022-1 is 1 while `outputs/1` is of that year."""
    whole = ProjectNumber(number)
    plain = read_kept(outputs / str(whole.plain))
    return ProjectNumber(whole.plain) if whole.year and plain and plain.year == whole.year else whole


def restore(outputs: Path, number: int, state: str = "") -> Kept:
    """Put an earlier archive back in place: that of a state, or the complete one, or the only one.

    The archive that is in place becomes an earlier one. Raises `Stop` if there is none.
    """
    number = known(outputs, number)
    with lock.hold_project(outputs, number):
        found = [kept for kept in earlier(outputs, number) if state in ("", kept.state)]
        if not found:
            wrong = f"项目{number}没有以前{f'状态是“{state}”' if state else ''}的档案"
            raise Stop(ExitCode.FAULTY, wrong, f"请运行 {commands.command('list')} 看看有哪些")
        with lock.work_folder(outputs, str(number)) as work:
            target = outputs / str(number)
            lock.replace_archive(found[0].folder, target, work, state_of(target))
    register.write(outputs)
    return found[0]
