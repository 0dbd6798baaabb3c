"""Write 电子档案包/: the volume, its items and their source files in a BagIt bag, in the layout of the hand-over rules.

Files are copied, never hard-linked. With a link, editing a photo in inputs/ or a Word file later would also change the
archive.
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
    archive_folder: Path,
    checked: Checked,
    project: Project,
    page_plan: Plan,
    item_pdfs: Mapping[int, Path],
    facts: Facts,
) -> None:
    """Write 电子档案包/ into the archive folder, from the files that lie there.

    Raises `Stop` if two source files have names that some file systems take for the same.
    """
    originals = sources.found(checked, project)
    payload = archive_folder / PACKAGE / bag.PAYLOAD
    records = _record_files(archive_folder, page_plan, item_pdfs, facts)
    copies = {**records, **originals, f"{OTHER}/{MANIFEST}": archive_folder / MANIFEST}
    for name, path in copies.items():
        _copy(path, payload / name)
    # 文件目录.XML states size and digest of the copies, so they must be in place before it is written.
    listed_files = list(_listed_files(payload, page_plan, facts))
    (payload / CATALOGUE).write_bytes(hand_over.catalogue(listed_files, checked, project, page_plan, facts))
    (payload / OTHER / REPORT).write_bytes(hand_over.report(checked))
    (payload / OTHER / PAGES).write_bytes(hand_over.pages(page_plan, _items_showing(originals, facts)))
    (payload / OTHER / VERSIONS).write_bytes(hand_over.versions(facts))
    sizes = {name: _size(payload / name) for name in (RECORDS, SOURCES, OTHER)}
    (payload / EXPLANATION).write_bytes(hand_over.explanation(sizes, checked, project, page_plan, facts))
    # Last: the bag's manifests hold the digests of all files written above.
    bag.seal(archive_folder / PACKAGE, _bag_info(project, facts))


def _bag_info(project: Project, facts: Facts) -> dict[str, str]:
    """Return the entries of bag-info.txt; the only personal datum is the name of the project's manager."""
    return {
        "Source-Organization": project.basics.contractor,
        "Contact-Name": project.basics.manager,
        "External-Description": facts.title,
        "External-Identifier": facts.code or f"项目{project.basics.number}",
        "Bagging-Date": project.made.isoformat(),
        "Bag-Software-Agent": f"paperwork {facts.tools.get('paperwork', '')}",
    }


def _record_files(
    archive_folder: Path, page_plan: Plan, item_pdfs: Mapping[int, Path], facts: Facts
) -> dict[str, Path]:
    """Return the files of 电子档案/ by name: the volume, and the PDF and the Word file of each item."""
    records = {f"{RECORDS}/{facts.volume}": archive_folder / facts.volume}
    for entry in page_plan.entries:
        stem = _item_path(entry.item.stem)
        records[f"{stem}.pdf"] = item_pdfs[entry.item.number]
        records[f"{stem}.docx"] = archive_folder / "word" / f"{entry.item.stem}.docx"
    return records


def _item_path(stem: str) -> str:
    return f"{RECORDS}/{ITEMS}/{bag.portable(stem)}"


def _listed_files(payload: Path, page_plan: Plan, facts: Facts) -> Iterator[Filed]:
    """Yield the PDFs of 电子档案/ as listed in 文件目录.XML: the volume, then its items."""
    names = [
        (None, f"{RECORDS}/{facts.volume}"),
        *((entry, f"{_item_path(entry.item.stem)}.pdf") for entry in page_plan.entries),
    ]
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


def _items_showing(originals: Mapping[str, Path], facts: Facts) -> dict[str, list[int]]:
    """Return the numbers of the items that show each source file.

    The workbook and the catalogue are left out, since every item depends on them. They lie directly in 原始数据/.
    """
    return {
        f"{bag.PAYLOAD}/{name}": [number for number, paths in facts.shown.items() if path in paths]
        for name, path in originals.items()
        if name.count("/") > 1
    }


def _copy(path: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, out)


def _size(folder: Path) -> tuple[int, int]:
    """Return the number of files below a folder and their bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)
