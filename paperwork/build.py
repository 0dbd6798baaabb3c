"""Build the archive of one project from the inputs folder into the outputs folder.

Everything is made in a temporary folder. `outputs/<number>/` is replaced by rename only after every step has succeeded.
If nothing has changed since the last build, the archive is left as it is and `assembly` is not even imported.
"""

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from paperwork import check, fonts, manifest, store, turn, unchanged
from paperwork.check import Checked
from paperwork.faults import ExitCode, Fault, Stop, errors
from paperwork.hand_over import MANIFEST
from paperwork.manifest import Archival
from paperwork.plan import Printed
from paperwork.store import Store

if TYPE_CHECKING:
    # For annotations only. `assembly` loads the libraries that print and bind, and is imported when they are needed.
    from paperwork.assembly import Progress


@dataclass(frozen=True)
class Archive:
    """Result of a build: the archive, and how much of it was made anew."""

    folder: Path
    title: str
    state: str
    items: int
    pages: int
    faults: tuple[Fault, ...]
    books: tuple[Printed, ...]
    """The 册 of the paper edition."""
    stand_ins: tuple[str, ...]
    """Substitute fonts, as recorded in the manifest."""
    archival: manifest.Archival
    printed: int
    """Word files that LibreOffice converted in this build."""
    reused: int
    """Word files whose PDF came from the cache, since they had not changed."""

    @property
    def same(self) -> bool:
        """Return True if nothing had changed, so that the archive was left as it was."""
        return not self.printed + self.reused


@turn.alone
def archive(
    number: int,
    inputs: Path,
    outputs: Path,
    templates: Path,
    progress: "Progress",
    as_of: dt.date,
    final: bool = False,
    jobs: int = 2,
    fresh: bool = False,
) -> Archive:
    """Build the archive of one project; with `fresh`, ignore everything that is cached.

    Raises `Stop`; the existing archive is then left as it is.
    """
    progress.step("读取并校验表格")
    checked = check.examine(number, inputs, as_of)
    if errors(checked.faults):
        _refuse_with_marked_copy(checked, checked.faults, outputs)
    _refuse_draft(checked, final)
    folder, cache = outputs / str(number), Store(outputs / store.FOLDER, fresh)
    with _work_folder(outputs, number) as work:
        env = fonts.environment(work)
        fonts_digest = fonts.digest(env)
        fingerprint = unchanged.fingerprint(checked, templates, fonts_digest)
        if unchanged.stands(cache, fingerprint, folder, work):
            return _read_archive(checked, folder)
        # Importing the libraries that print and bind takes time that an unchanged archive does not need.
        from paperwork import assembly

        try:
            assembled, renderer = assembly.assemble(
                checked, assembly.Desk(templates, work, env, fonts_digest, cache, jobs), progress
            )
        except Stop as stop:
            if errors(stop.faults):
                _refuse_with_marked_copy(checked, stop.faults, outputs)
            raise
        _replace_archive(assembled, folder)
        # Only after the move has succeeded: the seal vouches for the files in outputs/.
        unchanged.note(cache, fingerprint, folder, work)
    cache.trim()
    return _read_archive(checked, folder, renderer.printed, renderer.reused)


def _read_archive(checked: Checked, folder: Path, printed: int = 0, reused: int = 0) -> Archive:
    """Return the result of a build, read from the manifest of the archive in `folder`."""
    manifest_data = json.loads((folder / MANIFEST).read_text("utf-8"))
    return Archive(
        folder=folder,
        title=manifest_data["title"],
        state=checked.state,
        items=len(manifest_data["items"]),
        pages=manifest_data["pages"],
        faults=checked.faults,
        books=tuple(manifest.books(manifest_data)),
        stand_ins=tuple(manifest_data["fonts"]),
        archival=Archival(tuple(manifest_data["pdfa"]["checkers"]), tuple(manifest_data["pdfa"]["findings"])),
        printed=printed,
        reused=reused,
    )


def _refuse_with_marked_copy(checked: Checked, faults: Sequence[Fault], outputs: Path) -> None:
    """Write a copy of the workbook with the faults marked into the outputs folder, and raise `Stop` with the faults."""
    check.give_back(checked, faults, outputs / str(checked.number))
    check.refuse_errors(checked, faults)


def _refuse_draft(checked: Checked, final: bool) -> None:
    """Raise `Stop` if a final volume is requested while material is missing or not due yet."""
    if final and checked.state == check.DRAFT:
        waiting = f"，{checked.later} 项要求还没有到期" if checked.later else ""
        wrong, mend = f"还缺 {len(checked.gaps)} 项材料{waiting}，不能出定稿", "请补齐上面所列的缺件"
        raise Stop(ExitCode.REFUSED, wrong, mend, faults=checked.faults)


@contextmanager
def _work_folder(outputs: Path, number: int) -> Iterator[Path]:
    """Provide a temporary folder for one build, removed at the end.

    It lies in `outputs`, so that the archive can be renamed into place: a rename works only within one file system.
    Its name begins as `turn` expects, which removes the folders of killed builds.
    """
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{number}-", dir=outputs) as work:
        yield Path(work)


def _replace_archive(assembled: Path, target: Path) -> None:
    """Rename the finished archive into place; the old one is kept until the new one is there."""
    # A rename cannot replace a folder that is not empty, so the old archive is renamed first. If the process is killed
    # between the two renames, `turn` puts the old one back.
    old = assembled.parent / turn.OLD
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(assembled, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
