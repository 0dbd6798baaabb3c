"""Detect that a new build would give the same archive again, so that the existing one can be kept.

The cache maps the fingerprint of everything that an archive depends on to a seal of the finished files. An archive is
unchanged if its fingerprint is cached and its files still match the seal.
"""

from pathlib import Path

from paperwork import check, installed, manifest, media, pack, sources, store, verapdf
from paperwork.check import Checked
from paperwork.store import Store

HOUSE = Path(__file__).parent
"""Folder of the package's modules."""


def program() -> dict[str, str]:
    """Return the digests of the program's own modules, by name."""
    # Not recursive, so that changes in web/, which makes no archives, do not rebuild them.
    return manifest.digests(HOUSE, HOUSE.glob("*.py"))


def fingerprint(checked: Checked, templates: Path, fonts_digest: str) -> str:
    """Return a digest of everything that an archive depends on.

    That is: data, templates, fonts (`fonts_digest`), programs, libraries, faults, answers and the day of the check.
    Raises `Stop` if two source files have names that some file systems take for the same.
    """
    sources_by_name = sources.found(checked, checked.project)
    parts = [
        "成品",
        *(f"{name} {media.digest(path)}" for name, path in sorted(sources_by_name.items())),
        *map(str, manifest.of_templates(templates).items()),
        *map(str, program().items()),
        *pack.libraries(),
        repr(checked.faults),
        repr(checked.answers),
        checked.as_of.isoformat(),
        installed.mark(),
        fonts_digest,
        str(verapdf.find()),
    ]
    return store.key(*parts)


def note(cache: Store, archive_key: str, folder: Path, work: Path) -> None:
    """Store the seal of a finished archive in the cache under its fingerprint."""
    seal_file = work / "seal"
    seal_file.write_text(_seal(folder), "utf-8")
    cache.keep(archive_key, seal_file)


def stands(cache: Store, archive_key: str, folder: Path, work: Path) -> bool:
    """Return True if the archive in `folder` was built with this fingerprint and its files have not changed since."""
    seal_file = work / "seal-before"
    return folder.is_dir() and cache.find(archive_key, seal_file) and seal_file.read_text("utf-8") == _seal(folder)


# Sizes and times, not contents: an unchanged archive need not be read to be recognised.
def _seal(folder: Path) -> str:
    """Return a digest of the names, sizes and modification times of all files.

    Of the workbooks with marked faults only the names count, since every check rewrites them.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != check.MARKED)
    stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    marked = [path.name for path in (folder / check.MARKED).glob("*")]
    return store.key(*(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats), *sorted(marked))
