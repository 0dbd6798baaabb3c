"""Whether an archive that was made before would come out the same again: then it is left as it is."""

from pathlib import Path

from paperwork import check, installed, manifest, media, pack, sources, store, verapdf
from paperwork.check import Checked
from paperwork.store import Store

HOUSE = Path(__file__).parent


def program() -> dict[str, str]:
    """The digests of the program's own modules, by name."""
    return manifest.digests(HOUSE, HOUSE.glob("*.py"))


def fingerprint(checked: Checked, templates: Path, looks: str) -> str:
    """Of everything an archive depends on: data, templates, fonts (`looks`), programs, libraries, the day of the check.

    Raises `Stop` when two files cannot lie side by side in the package.
    """
    found = sources.found(checked, checked.project)
    told = [
        "成品",
        *(f"{name} {media.digest(path)}" for name, path in sorted(found.items())),
        *map(str, manifest.of_templates(templates).items()),
        *map(str, program().items()),
        *pack.libraries(),
        repr(checked.faults),
        repr(checked.answers),
        checked.as_of.isoformat(),
        installed.mark(),
        looks,
        str(verapdf.find()),
    ]
    return store.key(*told)


def note(kept: Store, made_from: str, folder: Path, work: Path) -> None:
    """Remember what a finished archive was made from."""
    seal = work / "seal"
    seal.write_text(_seal(folder), "utf-8")
    kept.keep(made_from, seal)


def stands(kept: Store, made_from: str, folder: Path, work: Path) -> bool:
    """Whether the archive in this folder was made from just that, and nobody has touched it since."""
    seal = work / "seal-before"
    return folder.is_dir() and kept.find(made_from, seal) and seal.read_text("utf-8") == _seal(folder)


def _seal(folder: Path) -> str:
    """Of names, sizes and times of all files: whoever changes one breaks it. Any check marks the workbook anew."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != check.MARKED)
    stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    marked = [path.name for path in (folder / check.MARKED).glob("*")]
    return store.key(*(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats), *sorted(marked))
