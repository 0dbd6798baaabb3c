"""Write 电子档案包/: the volume, its items and their source files in a BagIt bag, in the layout of the hand-over rules.

No file is a hard link to one that stays: editing a photo in inputs/ or a Word file later would also change the archive.
Only the frozen copies of a build, which it removes at its end, are linked.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from paperwork.archive import metadata, sources
from paperwork.archive.metadata import (
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
    WORD_FOLDER,
    Facts,
    ListedFile,
)
from paperwork.checks.check import Checked
from paperwork.core import filenames
from paperwork.formats import bagit
from paperwork.formats.pdf import split
from paperwork.project.folders import SOURCES
from paperwork.project.model import Project
from paperwork.volume.page_plan import PagePlan


def write(
    archive_folder: Path,
    checked: Checked,
    project: Project,
    page_plan: PagePlan,
    item_pdfs: Mapping[int, Path],
    facts: Facts,
) -> None:
    """Write 电子档案包/ into the archive folder, from the files that lie there.

    Raises `Stop` if two source files have names that some file systems take for the same.
    """
    originals = sources.source_files(checked, project)
    payload = archive_folder / PACKAGE / bagit.PAYLOAD
    records = _record_files(archive_folder, page_plan, item_pdfs, facts)
    for name, path in {**records, f"{OTHER}/{MANIFEST}": archive_folder / MANIFEST}.items():
        _copy(path, payload / name)
    for name, path in originals.items():
        _copy(path, payload / name, is_ours=path.is_relative_to(archive_folder.parent) and not path.is_symlink())
    # 文件目录.XML states size and digest of the copies, so they must be in place before it is written.
    listed_files = list(_listed_files(payload, page_plan, facts))
    (payload / CATALOGUE).write_bytes(metadata.file_list_xml(listed_files, checked, project, page_plan, facts))
    (payload / OTHER / REPORT).write_bytes(metadata.report(checked))
    (payload / OTHER / PAGES).write_bytes(metadata.pages(page_plan, _items_showing(originals, facts)))
    (payload / OTHER / VERSIONS).write_bytes(metadata.versions(facts))
    sizes = {name: _size(payload / name) for name in (RECORDS, SOURCES, OTHER)}
    (payload / EXPLANATION).write_bytes(metadata.explanation(sizes, checked, project, page_plan, facts))
    # Last: the bag's manifests hold the digests of all files written above.
    bagit.write_bag(archive_folder / PACKAGE, _bag_info(project, facts))


def _bag_info(project: Project, facts: Facts) -> dict[str, str]:
    """Return the entries of bag-info.txt; the only personal datum is the name of the project's manager."""
    return {
        "Source-Organization": project.basics.contractor,
        "Contact-Name": project.basics.manager,
        "External-Description": facts.title,
        "External-Identifier": facts.code or f"项目{project.basics.number.plain}",
        "Bagging-Date": project.archive_date.isoformat(),
        "Bag-Software-Agent": f"paperwork {facts.tools.get('paperwork', '')}",
    }


def _record_files(
    archive_folder: Path, page_plan: PagePlan, item_pdfs: Mapping[int, Path], facts: Facts
) -> dict[str, Path]:
    """Return the files of 电子档案/ by name: the volume, and the PDF and the Word file of each item."""
    records = {f"{RECORDS}/{facts.volume}": archive_folder / facts.volume}
    for entry in page_plan.entries:
        stem = _item_path(entry.item.stem)
        records[f"{stem}.pdf"] = item_pdfs[entry.item.number]
        records[f"{stem}.docx"] = archive_folder / WORD_FOLDER / f"{entry.item.stem}.docx"
    return records


def _item_path(stem: str) -> str:
    return f"{RECORDS}/{ITEMS}/{filenames.portable(stem)}"


def _listed_files(payload: Path, page_plan: PagePlan, facts: Facts) -> Iterator[ListedFile]:
    """Yield the PDFs of 电子档案/ as listed in 文件目录.XML: the volume, then its items."""
    names = [
        (None, f"{RECORDS}/{facts.volume}"),
        *((entry, f"{_item_path(entry.item.stem)}.pdf") for entry in page_plan.entries),
    ]
    for entry, name in names:
        path = payload / name
        yield ListedFile(
            entry=entry,
            name=name.removeprefix(f"{RECORDS}/"),
            size=path.stat().st_size,
            digest=bagit.digest(path)[0],
            is_archival=split.pdfa_claim(path)[0],
            editable=f"{ITEMS}/{Path(name).stem}.docx" if entry else "",
        )


def _items_showing(originals: Mapping[str, Path], facts: Facts) -> dict[str, list[int]]:
    """Return the numbers of the items that show each source file.

    The workbook and the catalogue are left out, since every item depends on them. They lie directly in 原始数据/.
    """
    return {
        f"{bagit.PAYLOAD}/{name}": [number for number, paths in facts.files_by_item.items() if path in paths]
        for name, path in originals.items()
        if name.count("/") > 1
    }


def _copy(path: Path, out: Path, is_ours: bool = False) -> None:
    """Copy a file, or link it if it lies in the build's own temporary folder: a film need not be written twice."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if is_ours:
        os.link(path, out)
    else:
        shutil.copyfile(path, out)


def _size(folder: Path) -> tuple[int, int]:
    """Return the number of files below a folder and their bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)
