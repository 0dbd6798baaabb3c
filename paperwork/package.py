"""电子档案包/: the volume, its items and what they were made from, in the order of the hand-over rules, in a BagIt bag.

Files are copied, never linked: whoever turned a photo in `inputs/` or mended a Word file afterwards would change the
archive with it.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from paperwork import bag, hand_over, pieces, places
from paperwork.check import Checked
from paperwork.faults import ExitCode, Stop
from paperwork.hand_over import (
    CATALOGUE,
    EXPLANATION,
    ITEMS,
    MANIFEST,
    OTHER,
    PACKAGE,
    PAGES,
    RECORDS,
    REPORT,
    VERSIONS,
    Facts,
    Filed,
)
from paperwork.model import Project
from paperwork.places import SOURCES
from paperwork.plan import Plan
from paperwork.record import Record

BESIDE = ("照片", "视频", "附件")
NO_DATA = (".", "~$", "Thumbs.db", "desktop.ini")
"""How names begin that programs leave lying about."""


def write(
    made: Path, checked: Checked, project: Project, laid: Plan, item_pdfs: Mapping[int, Path], facts: Facts
) -> None:
    """Write `made`/电子档案包/ from what lies in `made`. Raises `Stop` when two files cannot lie side by side."""
    originals = sources(checked, project)
    payload = made / PACKAGE / bag.PAYLOAD
    records = _records(made, laid, item_pdfs, facts)
    copies = {**records, **originals, f"{OTHER}/{MANIFEST}": made / "manifest.json"}
    for name, path in copies.items():
        _copy(path, payload / name)
    filed = list(_filed(payload, laid, facts))
    (payload / CATALOGUE).write_bytes(hand_over.catalogue(filed, checked, project, laid, facts))
    (payload / OTHER / REPORT).write_bytes(hand_over.report(checked))
    (payload / OTHER / PAGES).write_bytes(hand_over.pages(laid, _shown(originals, facts)))
    (payload / OTHER / VERSIONS).write_bytes(hand_over.versions(facts))
    sizes = {name: _size(payload / name) for name in (RECORDS, SOURCES, OTHER)}
    (payload / EXPLANATION).write_bytes(hand_over.explanation(sizes, checked, project, laid, facts))
    bag.seal(made / PACKAGE, _info(project, facts))


def _info(project: Project, facts: Facts) -> dict[str, str]:
    """What bag-info.txt says. Of persons only the name of who answers for the project."""
    return {
        "Source-Organization": project.basics.contractor,
        "Contact-Name": project.basics.manager,
        "External-Description": facts.title,
        "External-Identifier": facts.code or f"项目{project.basics.number}",
        "Bagging-Date": project.made.isoformat(),
        "Bag-Software-Agent": f"paperwork {facts.tools.get('paperwork', '')}",
    }


def _records(made: Path, laid: Plan, item_pdfs: Mapping[int, Path], facts: Facts) -> dict[str, Path]:
    """The files of 电子档案/: the volume, and each item for reading and for editing."""
    records = {f"{RECORDS}/{facts.volume}": made / facts.volume}
    for entry in laid.entries:
        stem = _stem(entry.item.stem)
        records[f"{stem}.pdf"] = item_pdfs[entry.item.number]
        records[f"{stem}.docx"] = made / "word" / f"{entry.item.stem}.docx"
    return records


def _stem(stem: str) -> str:
    return f"{RECORDS}/{ITEMS}/{bag.portable(stem)}"


def _filed(payload: Path, laid: Plan, facts: Facts) -> Iterator[Filed]:
    names = [(None, f"{RECORDS}/{facts.volume}"), *((entry, f"{_stem(entry.item.stem)}.pdf") for entry in laid.entries)]
    for entry, name in names:
        path = payload / name
        yield Filed(
            entry=entry,
            name=name.removeprefix(f"{RECORDS}/"),
            size=path.stat().st_size,
            digest=bag.digest(path)[0],
            is_archival=pieces.claim(path)[0],
            editable=f"{ITEMS}/{Path(name).stem}.docx" if entry else "",
        )


# ---- 原始数据/


def sources(checked: Checked, project: Project) -> dict[str, Path]:
    """The files the project was read from, by their names in the package. Raises `Stop` when two names are one."""
    placed: dict[str, Path] = {}
    taken: dict[str, Path] = {}
    for path in _read_files(checked, project):
        name = places.place(path, project)
        first = taken.setdefault(bag.folded(name), path)
        if first != path:
            both = f"“{checked.inputs.name(first)}”和“{checked.inputs.name(path)}”"
            raise Stop(ExitCode.FAULTY, f"{both}在有的电脑上是同一个名字，不能放进一个档案包", "请给其中一个改名")
        placed[name] = path
    return placed


def _read_files(checked: Checked, project: Project) -> list[Path]:
    """Workbook and catalogue, then what lies beside the workbook: each once, in the order of their names."""
    root = checked.inputs.root
    rows = [value for name in project.fields() for value in _rows(getattr(project, name))]
    tables = {checked.workbook, *(root / row.place.file for row in rows if row.place.file)}
    files = sorted(path for path in tables if path.is_file())
    media = [kind.get(each.code, ()) for kind in (project.photos, project.videos) for each in project.activities]
    beside = {path for paths in media for path in paths}
    beside |= {path for row in project.attachments if (path := project.file_of(row.file))}
    if not _is_shared(checked, project):
        beside |= {path for name in BESIDE for path in (project.folder / name).rglob("*") if _is_data(path, project)}
    return files + sorted(path for path in beside if path.is_file())


def _is_data(path: Path, project: Project) -> bool:
    return not any(part.startswith(NO_DATA) for part in path.relative_to(project.folder).parts)


def _rows(value: object) -> list[Record]:
    found = value if isinstance(value, tuple) else (value,)
    return [row for row in found if isinstance(row, Record)]


def _is_shared(checked: Checked, project: Project) -> bool:
    """Whether another project's workbook lies in the same folder: then only what this one names is its own."""
    others = (paths for number, paths in checked.inputs.workbooks.items() if number != checked.number)
    return any(path.parent == project.folder for paths in others for path in paths)


def _shown(sources: Mapping[str, Path], facts: Facts) -> dict[str, list[int]]:
    """The items that show each file; of workbook and catalogue every item tells, so they are left out."""
    return {
        f"{bag.PAYLOAD}/{name}": [number for number, paths in facts.shown.items() if path in paths]
        for name, path in sources.items()
        if name.count("/") > 1
    }


def _copy(path: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, out)


def _size(folder: Path) -> tuple[int, int]:
    """Files and bytes below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)
