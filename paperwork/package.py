"""电子档案包/: the volume, its items and what they were made from, in the order of the hand-over rules, in a BagIt bag.

Files are copied, never linked: whoever turned a photo in `inputs/` or mended a Word file afterwards would change the
archive with it.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from paperwork import bag, hand_over, pieces, sources
from paperwork.check import Checked
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


def write(
    made: Path, checked: Checked, project: Project, laid: Plan, item_pdfs: Mapping[int, Path], facts: Facts
) -> None:
    """Write `made`/电子档案包/ from what lies in `made`. Raises `Stop` when two files cannot lie side by side."""
    originals = sources.found(checked, project)
    payload = made / PACKAGE / bag.PAYLOAD
    records = _records(made, laid, item_pdfs, facts)
    copies = {**records, **originals, f"{OTHER}/{MANIFEST}": made / MANIFEST}
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


def _shown(originals: Mapping[str, Path], facts: Facts) -> dict[str, list[int]]:
    """The items that show each file; of workbook and catalogue every item tells, so they are left out."""
    return {
        f"{bag.PAYLOAD}/{name}": [number for number, paths in facts.shown.items() if path in paths]
        for name, path in originals.items()
        if name.count("/") > 1
    }


def _copy(path: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, out)


def _size(folder: Path) -> tuple[int, int]:
    """Files and bytes below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)
