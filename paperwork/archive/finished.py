"""Read the finished archive in outputs/N back: its manifest, its downloads, and if it is out of date."""

import datetime as dt
import filecmp
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from paperwork.archive import manifest, sources
from paperwork.archive.manifest import ItemEntry, Manifest
from paperwork.archive.metadata import MANIFEST, OTHER, PACKAGE, VERSIONS, WORD_FOLDER
from paperwork.checks import check
from paperwork.checks.check import Checked
from paperwork.core.faults import NOWHERE, Stop, Unreadable, Where
from paperwork.core.filenames import is_left_by_a_program
from paperwork.core.values import ProjectNumber
from paperwork.documents.fields import PRINTING
from paperwork.formats import bagit
from paperwork.formats.pdf import merge
from paperwork.project.folders import SOURCES
from paperwork.project.input_folder import Inputs
from paperwork.project.model import Role
from paperwork.volume import binder, labels
from paperwork.volume.page_plan import PrintedBook

WORDS = {
    binder.VOLUME: "电子版整卷",
    f"{PRINTING}.pdf": "打印以前先看",
    labels.LABELS: "打印后贴在册脊和档案盒上",
    f"{binder.MISSING}.pdf": "还缺什么、由谁补、怎么补",
}
"""Description of each file of an archive, except the 册 and the Word files."""


@dataclass(frozen=True)
class Download:
    """A file of the archive for download: name relative to outputs/N, description, bytes, item number (0: no item).

    An item's title may contain a person's name. Therefore URLs use the number or the index in the list, not the title.
    """

    name: str
    words: str
    size: int
    number: int = 0


@dataclass(frozen=True)
class ArchiveSummary:
    """Summary of the archive in outputs/N."""

    title: str
    state: str
    as_of: dt.date
    """The reference date of the check."""
    items: int
    pages: int
    """Pages that carry a number."""
    unnumbered_front_pages: int
    """Pages of 项目档案.pdf before the one with the number 1; number n is on page before + n, counted from 1."""
    file_pages: int
    """All pages of 项目档案.pdf; 0 if it cannot be opened."""
    pdfa: bool
    is_outdated: bool
    """True if the files in inputs/ or the templates have changed since the archive was made."""
    books: tuple[PrintedBook, ...]
    files: tuple[Download, ...]


@dataclass(frozen=True)
class ArchivedItem:
    """An item of the archive: its title, its item number, and the page number printed on its first page."""

    title: str
    number: int
    page: int


class ArchiveReader:
    """Reader of outputs/N; empty if there is no archive or its manifest cannot be read."""

    def __init__(self, folder: Path, read: Manifest | None = None) -> None:
        self.folder = folder
        self._manifest = read
        self._items = _items_by_row(read.items) if read else {}
        self._cited = _pages_by_requirement(read) if read else {}

    @classmethod
    def open(cls, folder: Path) -> "ArchiveReader":
        """Read the manifest of an archive."""
        with suppress(OSError, Unreadable):
            read = manifest.read(folder / MANIFEST, "")
            # A folder that staff have copied to another number holds the manifest of another project.
            if folder.name in (str(read.project), f"{read.year}-{read.project}"):
                return cls(folder, read)
        return cls(folder)

    def items_proving(self, role: Role | None, place: Where = NOWHERE) -> list[ArchivedItem]:
        """Return the items whose form has a role, made from a row, as `PagePlan.items_proving` does."""
        return self._items.get((role or "", place.sheet, place.cell), [])

    def pages_citing(self, kind: str, words: str, number: int) -> list[int]:
        """Return the pages of an item that 要求对照表 of the archive cites for a requirement."""
        return self._cited.get((kind, words, number), [])

    def first_page_of(self, role: Role | None, place: Where = NOWHERE) -> int | None:
        """Return the page number on which the first of these items begins; None if there is none."""
        return next((kept.page for kept in self.items_proving(role, place)), None)

    def archive(self, checked: Checked | None, templates: Path | None) -> ArchiveSummary | None:
        """Return a summary of the archive, or None if there is none or it cannot be read.

        `checked` is the project as it is now (None: unreadable, so the archive counts as out of date). Without
        `templates`, changed templates are not detected.
        """
        made = self._manifest
        if made is None:
            return None
        pages_in_file, pages_before = _page_counts(self.folder / binder.VOLUME)
        # Files may vanish or be damaged while they are looked at.
        with suppress(OSError, ValueError):
            return ArchiveSummary(
                title=made.title or made.name,
                state=made.state,
                as_of=made.as_of,
                items=len(made.items),
                pages=made.pages,
                unnumbered_front_pages=pages_before,
                file_pages=pages_in_file,
                pdfa=made.pdfa.passed,
                is_outdated=self._is_old(checked, templates),
                books=made.printed_books,
                files=tuple(self._files(made)),
            )
        return None

    def _files(self, made: Manifest) -> Iterator[Download]:
        """Yield the downloads; file names come from a listing of the folder, never from the manifest."""
        books = made.printed_books
        printed = {
            book.file: f"打印版{f'第{book.number}册' if len(books) > 1 else ''}，{book.paper_sheets} 张纸"
            for book in books
        }
        words = {binder.VOLUME: WORDS[binder.VOLUME], **printed, **WORDS}
        pdf_files = {path.name: path for path in self.folder.glob("*.pdf")}
        for name in (name for name in words if name in pdf_files):
            yield Download(name, words[name], pdf_files[name].stat().st_size)
        items = {item.file: (item.title, item.no) for item in made.items}
        for path in sorted(self.folder.glob(f"{WORD_FOLDER}/*.docx")):
            name, own_name = f"{WORD_FOLDER}/{path.name}", path.stem.partition("-")[2]
            item = items.get(name) or ((own_name, 0) if own_name in binder.OWN else None)
            # Skip files that staff have added: their names may contain the names of persons.
            if item:
                yield Download(name, item[0], path.stat().st_size, item[1])

    def _is_old(self, checked: Checked | None, templates: Path | None) -> bool:
        """Return True if the source files or templates differ from those that the archive was made from."""
        if checked is None or (templates and _has_other_templates(self.folder, _template_lines(templates))):
            return True
        try:
            current = sources.source_files(checked, checked.project)
        except Stop:
            return True
        return _differs(self.folder, sources.Originals(current, frozenset(current)))


# ---- out of date


def outdated(outputs: Path, found: Inputs, templates: Path | None) -> frozenset[str]:
    """Return the names of the archives that are out of date, without reading a workbook."""
    lines, names = _template_lines(templates) if templates else None, set()
    for number in found.entries:
        name = str(ProjectNumber(number))
        folder = outputs / name
        if (folder / MANIFEST).is_file():
            # What cannot be compared is no longer what the archive was made from.
            is_old = True
            with suppress(OSError, Stop):
                is_old = _differs(folder, sources.list_originals(found, number))
                is_old |= lines is not None and _has_other_templates(folder, lines)
            names |= {name} if is_old else set()
    return frozenset(names)


def _differs(folder: Path, now: sources.Originals) -> bool:
    """Return True if the source files differ from their copies in the package."""
    made_ns, package = (folder / MANIFEST).stat().st_mtime_ns, folder / PACKAGE / bagit.PAYLOAD
    # The package has been handed over. Without its copies, only modification times can be compared.
    if not package.is_dir():
        return any(path.stat().st_mtime_ns > made_ns for path in now.listed.values())
    copies = {path.relative_to(package).as_posix() for path in (package / SOURCES).rglob("*") if path.is_file()}
    if now.certain - copies or copies - now.listed.keys():
        return True
    return any(_has_changed(now.listed[name], package / name) for name in copies)


def _template_lines(templates: Path) -> set[str]:
    """Return the digests of the templates as 版本与字体.txt lists them."""
    return {f"{digest}  {name}" for name, digest in manifest.template_digests(templates).items()}


def _has_other_templates(folder: Path, lines: set[str]) -> bool:
    """Return True if the template digests recorded in 版本与字体.txt differ from these."""
    versions = folder / PACKAGE / bagit.PAYLOAD / OTHER / VERSIONS
    if not versions.is_file():
        return False
    return set(re.findall(r"^[0-9a-f]{64}  \S.*$", versions.read_text("utf-8"), re.MULTILINE)) != lines


def _items_by_row(items: Iterable[ItemEntry]) -> dict[tuple[str, str, str], list[ArchivedItem]]:
    """Return the items by role, sheet and cell; older manifests have none of these.

    An item has several roles if its form proves several things.
    """
    found: dict[tuple[str, str, str], list[ArchivedItem]] = {}
    for item in items:
        if item.sheet is not None and item.cell is not None:
            archived = ArchivedItem(item.title, item.no, item.start)
            for role in item.proves:
                found.setdefault((role, item.sheet, item.cell), []).append(archived)
    return found


def _pages_by_requirement(made: Manifest) -> dict[tuple[str, str, int], list[int]]:
    """Return the cited pages by the requirement's kind and words and the number of the item."""
    found: dict[tuple[str, str, int], list[int]] = {}
    for duty in (duty for clause in made.clauses for duty in clause.obligations):
        for each in duty.evidence:
            if each.no is not None and each.page is not None:
                pages = found.setdefault((duty.kind, duty.words, each.no), [])
                pages += [each.page] if each.page not in pages else []
    return found


def _has_changed(path: Path, copy: Path) -> bool:
    """Return True if a file differs from the copy made of it; compare bytes only if it was changed after the copy.

    The kernel's time of the last change counts as well: unpacking or copying may give a new file an old time.
    """
    current, copied = path.stat(), copy.stat()
    if current.st_size != copied.st_size:
        return True
    if max(current.st_mtime_ns, current.st_ctime_ns) < copied.st_mtime_ns:
        return False
    filecmp.clear_cache()  # it knows files by size and time of the content only
    return not filecmp.cmp(path, copy, shallow=False)


def _page_counts(volume: Path) -> tuple[int, int]:
    """Return the page count of a volume and the pages before number 1; zeros if it cannot be opened."""
    try:
        return merge.page_layout(volume)
    except Unreadable:
        return 0, 0


def find_marked_workbook(outputs: Path, number: int) -> Path | None:
    """Return the newest copy of the workbook with marked faults, or None."""
    copies = (outputs / str(number) / check.MARKED_FOLDER).glob("*.xlsx")
    found = [path for path in copies if not is_left_by_a_program(path.name)]
    return max(found, key=lambda path: path.stat().st_mtime_ns, default=None)
