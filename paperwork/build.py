"""One project's way from the inputs folder to its archive in the outputs folder.

Everything is made in a work folder; `outputs/<number>/` is replaced only when all of it worked. What makes it
(`assembly`) is loaded only when there is something to make.
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
    # Only for the name: what makes an archive is loaded only when there is something to make.
    from paperwork.assembly import Progress


@dataclass(frozen=True)
class Archive:
    """What was made."""

    folder: Path
    title: str
    state: str
    items: int
    pages: int
    faults: tuple[Fault, ...]
    books: tuple[Printed, ...]
    """The 册 of the paper edition."""
    stand_ins: tuple[str, ...]
    """Which faces stood in for which."""
    archival: manifest.Archival
    printed: int
    """Word files that LibreOffice printed for it."""
    reused: int
    """Word files that had been printed before and had not changed."""

    @property
    def same(self) -> bool:
        """Whether nothing had changed, so that the archive was left as it was."""
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
    """Make the archive of one project; with `fresh` nothing of what was made before is used again.

    Raises `Stop`; the archive that was there before then stays as it is.
    """
    progress.step("读取并校验表格")
    checked = check.examine(number, inputs, as_of)
    if errors(checked.faults):
        _give_back(checked, checked.faults, outputs)
    _refuse_draft(checked, final)
    folder, kept = outputs / str(number), Store(outputs / store.FOLDER, fresh)
    with _work_folder(outputs, number) as work:
        env = fonts.environment(work)
        looks = fonts.digest(env)
        made_from = unchanged.fingerprint(checked, templates, looks)
        if unchanged.stands(kept, made_from, folder, work):
            return _archive(checked, folder)
        from paperwork import assembly

        try:
            made, press = assembly.assemble(checked, assembly.Desk(templates, work, env, looks, kept, jobs), progress)
        except Stop as stop:
            if errors(stop.faults):
                _give_back(checked, stop.faults, outputs)
            raise
        _move(made, folder)
        unchanged.note(kept, made_from, folder, work)
    kept.trim()
    return _archive(checked, folder, press.printed, press.reused)


def _archive(checked: Checked, folder: Path, printed: int = 0, reused: int = 0) -> Archive:
    """What lies there, as its manifest tells it."""
    told = json.loads((folder / MANIFEST).read_text("utf-8"))
    return Archive(
        folder=folder,
        title=told["title"],
        state=checked.state,
        items=len(told["items"]),
        pages=told["pages"],
        faults=checked.faults,
        books=tuple(manifest.books(told)),
        stand_ins=tuple(told["fonts"]),
        archival=Archival(tuple(told["pdfa"]["checkers"]), tuple(told["pdfa"]["findings"])),
        printed=printed,
        reused=reused,
    )


def _give_back(checked: Checked, faults: Sequence[Fault], outputs: Path) -> None:
    """Give the workbook back marked, and raise `Stop` with all the faults."""
    check.give_back(checked, faults, outputs / str(checked.number))
    check.refuse_errors(checked, faults)


def _refuse_draft(checked: Checked, final: bool) -> None:
    """Raise `Stop` where a final volume is wanted while anything is missing or not due yet."""
    if final and checked.state == check.DRAFT:
        waiting = f"，{checked.later} 项要求还没有到期" if checked.later else ""
        wrong, mend = f"还缺 {len(checked.gaps)} 项材料{waiting}，不能出定稿", "请补齐上面所列的缺件"
        raise Stop(ExitCode.REFUSED, wrong, mend, faults=checked.faults)


@contextmanager
def _work_folder(outputs: Path, number: int) -> Iterator[Path]:
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{number}-", dir=outputs) as work:
        yield Path(work)


def _move(made: Path, target: Path) -> None:
    """Put the finished archive in its place; the old one is kept until the new one stands there."""
    old = made.parent / turn.OLD
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(made, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
