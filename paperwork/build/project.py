"""Build the archive of one project from the inputs folder into the outputs folder.

Everything is made in a temporary folder. `outputs/<number>/` is replaced by rename only after every step has succeeded.
If nothing has changed since the last build, the archive is left as it is and `pipeline` is not even imported. The cache
maps the fingerprint of everything that an archive depends on to a seal of the finished files: an archive is unchanged
if its fingerprint is cached and its files still match the seal.
"""

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from paperwork.archive import finished, history, manifest, register, sources
from paperwork.archive.metadata import MANIFEST
from paperwork.build import frozen, step_log
from paperwork.build.progress import ProgressListener, Step
from paperwork.checks import check
from paperwork.checks.check import Checked
from paperwork.checks.missing import Missing
from paperwork.core import commands, hashing, lock
from paperwork.core.cache import CACHE_FOLDER, Cache
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Where, as_stop, keep_errors
from paperwork.core.values import ProjectNumber
from paperwork.formats.office import fonts, installation
from paperwork.formats.pdf import verapdf
from paperwork.formats.pdf.verapdf import PdfaResult
from paperwork.project import input_folder
from paperwork.volume.page_plan import PrintedBook

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildResult:
    """Result of a build: the archive, and how much of it was made anew."""

    folder: Path
    title: str
    state: str
    items: int
    pages: int
    faults: tuple[Fault, ...]
    missing: tuple[Missing, ...]
    """待补材料清单."""
    books: tuple[PrintedBook, ...]
    """The 册 of the paper edition."""
    stand_ins: tuple[str, ...]
    """Substitute fonts, as recorded in the manifest."""
    archival: PdfaResult
    printed: int
    """Word files that LibreOffice converted in this build."""
    reused: int
    """Word files whose PDF came from the cache, since they had not changed."""

    @property
    def is_unchanged(self) -> bool:
        """Return True if nothing had changed, so that the archive was left as it was."""
        return not self.printed + self.reused


def archive(
    number: int,
    inputs: Path,
    outputs: Path,
    templates: Path,
    progress: ProgressListener,
    as_of: dt.date,
    final: bool = False,
    jobs: int = 2,
    fresh: bool = False,
    replacing: bool = False,
) -> BuildResult:
    """Build the archive of one project and enter it in the register, whose notices join the faults of the result.

    With `fresh`, everything that is cached is ignored; with `replacing`, a complete archive may be replaced by a draft.
    Raises `Stop`; the existing archive is then left as it is.
    """
    try:
        made = build(number, inputs, outputs, templates, progress, as_of, final, jobs, fresh, replacing)
        return replace(made, faults=(*made.faults, *register_archives(outputs, [made], inputs, templates)))
    except SystemExit:
        # A cancel may arrive after the new archive was renamed into place. Then it must be registered all the same.
        register_archives(outputs, (), inputs, templates)
        raise


def register_archives(
    outputs: Path, made: Sequence[BuildResult] = (), inputs: Path | None = None, templates: Path | None = None
) -> tuple[Fault, ...]:
    """Bring the register up to date after builds and return its notices; nothing is written if all are unchanged.

    With the folders that the archives were made from, those that are out of date are marked. A register that cannot be
    written is a notice too: the archives are finished.
    """
    try:
        outdated: Collection[str] = ()
        if inputs:
            # What cannot be compared any more is no longer what the archive was made from.
            outdated = {each.folder.name for each in made}
            with suppress(Stop, OSError):
                outdated = finished.outdated(outputs, input_folder.scan_inputs(inputs, templates), templates)
        return tuple(register.update(outputs, not made or not all(each.is_unchanged for each in made), outdated))
    except (Stop, OSError) as error:
        stop = as_stop(error)
        return (Fault(Level.NOTICE, Where(register.FILE), f"没有登记：{stop.wrong}", stop.mend),)


@lock.exclusive
@step_log.logged
def build(
    number: int,
    inputs: Path,
    outputs: Path,
    templates: Path,
    progress: ProgressListener,
    as_of: dt.date,
    final: bool = False,
    jobs: int = 2,
    fresh: bool = False,
    replacing: bool = False,
) -> BuildResult:
    """Build the archive of one project without registering it; the options are those of `archive`.

    Raises `Stop`; the existing archive is then left as it is.
    """
    progress.step(Step.CHECK)
    with lock.work_folder(outputs, str(ProjectNumber(number))) as work:
        original = frozen.freeze(number, inputs, templates, work)
        with original.naming_originals():
            checked = check.examine(number, original.inputs, as_of, original.templates)
            history.settle_held(outputs, checked.inputs, number)
            made = _build_frozen(checked, original.templates, work, outputs, progress, final, jobs, fresh, replacing)
        return replace(made, faults=(*made.faults, *original.changes()))


def _build_frozen(
    checked: Checked,
    templates: Path,
    work: Path,
    outputs: Path,
    progress: ProgressListener,
    final: bool,
    jobs: int,
    fresh: bool,
    replacing: bool,
) -> BuildResult:
    """Build the archive of a project that was read from frozen copies, which nobody changes."""
    if keep_errors(checked.faults):
        _refuse_with_marked_copy(checked, checked.faults, outputs)
    _refuse_draft(checked, final)
    folder, cache = outputs / str(checked.number), Cache(outputs / CACHE_FOLDER, fresh)
    env = fonts.environment(work)
    fonts_digest = fonts.digest(env)
    key = fingerprint(checked, templates, fonts_digest)
    if is_unchanged(cache, key, folder, work):
        return _read_archive(checked, folder)
    if not replacing:
        history.refuse_unconfirmed(checked, folder)
    # Importing the libraries that print and bind takes time that an unchanged archive does not need.
    from paperwork.build import pipeline

    try:
        assembled, renderer, notices = pipeline.assemble(
            checked, pipeline.BuildContext(templates, work, env, fonts_digest, cache, jobs), progress
        )
    except Stop as stop:
        # Its own words are kept: faults of templates are not mended in the workbook.
        if keep_errors(stop.faults):
            check.write_marked_copy(checked, stop.faults, outputs / str(checked.number))
        raise
    history.set_aside(checked, outputs)
    lock.replace_archive(assembled, folder, work, history.state_of(folder))
    # Only after the move has succeeded: the seal vouches for the files in outputs/.
    record_build(cache, key, folder, work)
    cache.prune()
    logger.info("cache: %d hits, %d misses", cache.hits, cache.misses)
    made = _read_archive(checked, folder, renderer.printed, renderer.reused)
    return replace(made, faults=(*made.faults, *notices))


def _read_archive(checked: Checked, folder: Path, printed: int = 0, reused: int = 0) -> BuildResult:
    """Return the result of a build, read from the manifest of the archive in `folder`."""
    made = manifest.read(folder / MANIFEST, f"请运行：{commands.command('archive', checked.number)}")
    logger.info("%d items, %d pages; Word files: %d printed, %d reused", len(made.items), made.pages, printed, reused)
    return BuildResult(
        folder=folder,
        title=made.title,
        state=checked.state,
        items=len(made.items),
        pages=made.pages,
        faults=checked.faults,
        missing=checked.missing,
        books=made.printed_books,
        stand_ins=made.fonts,
        archival=made.pdfa_result,
        printed=printed,
        reused=reused,
    )


def _refuse_with_marked_copy(checked: Checked, faults: Sequence[Fault], outputs: Path) -> None:
    """Write a copy of the workbook with the faults marked into the outputs folder, and raise `Stop` with the faults."""
    check.write_marked_copy(checked, faults, outputs / str(checked.number))
    check.raise_on_errors(checked, faults)


def _refuse_draft(checked: Checked, final: bool) -> None:
    """Raise `Stop` if a final volume is requested while material is missing or not due yet."""
    if final and checked.state == check.DRAFT:
        waiting = f"，其中 {checked.later} 项还没有到期" if checked.later else ""
        wrong, mend = f"还缺 {len(checked.missing)} 项材料{waiting}，不能出定稿", "请补齐上面所列的缺件"
        raise Stop(ExitCode.REFUSED, wrong, mend, faults=checked.faults)


def fingerprint(checked: Checked, templates: Path, fonts_digest: str) -> str:
    """Return a digest of everything that an archive depends on.

    That is: data, templates, fonts (`fonts_digest`), programs, faults, answers and the day of the check; this program
    and its libraries are part of every cache key.
    Raises `Stop` if two source files have names that some file systems take for the same.
    """
    sources_by_name = sources.source_files(checked, checked.project)
    parts = [
        "成品",
        *(f"{name} {hashing.sha256_of(path)}" for name, path in sorted(sources_by_name.items())),
        *map(str, manifest.template_digests(templates).items()),
        repr(checked.faults),
        repr(checked.answers),
        checked.as_of.isoformat(),
        installation.build_id(),
        fonts_digest,
        str(verapdf.find()),
    ]
    return hashing.cache_key(*parts)


def record_build(cache: Cache, archive_key: str, folder: Path, work: Path) -> None:
    """Store the seal of a finished archive in the cache under its fingerprint."""
    seal_file = work / "seal"
    seal_file.write_text(_seal(folder), "utf-8")
    cache.put(archive_key, seal_file)


def is_unchanged(cache: Cache, archive_key: str, folder: Path, work: Path) -> bool:
    """Return True if the archive in `folder` was built with this fingerprint and its files have not changed since."""
    seal_file = work / "seal-before"
    return folder.is_dir() and cache.get(archive_key, seal_file) and seal_file.read_text("utf-8") == _seal(folder)


# Sizes and times, not contents: an unchanged archive need not be read to be recognised.
def _seal(folder: Path) -> str:
    """Return a digest of the names, sizes and modification times of all files.

    Of the workbooks with marked faults only the names count, since every check rewrites them.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != check.MARKED_FOLDER)
    stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    marked = [path.name for path in (folder / check.MARKED_FOLDER).glob("*")]
    return hashing.cache_key(*(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats), *sorted(marked))
