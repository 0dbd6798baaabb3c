"""The manifest.json of an archive as a typed model: written and read by the same class.

It lists the items, the 册, the verdicts, and the SHA-256 digest of every other file of the archive. A manifest may come
from outside, so reading raises nothing but `Unreadable` and `OSError`.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from paperwork.archive.metadata import MANIFEST, WORD_FOLDER, Facts
from paperwork.checks import check
from paperwork.checks.check import Checked
from paperwork.checks.requirements.verdicts import JudgedObligation, Verdict
from paperwork.core import hashing
from paperwork.core.faults import Fault, Level, Unreadable
from paperwork.core.values import MAX_CODE, MAX_PLAIN, ProjectNumber
from paperwork.formats.pdf.verapdf import PdfaResult
from paperwork.project import folders
from paperwork.project.catalogue import published
from paperwork.project.model import Project
from paperwork.volume.page_plan import PagePlan, PlannedItem, PrintedBook

VERSION = 2
"""Version of the schema: raised when a program that knows the one before can no longer read a manifest rightly.

Version 2 has the verdicts 待确认 (until then 人工确认) and 未核对.
"""
MAX_BYTES = 64 * 2**20
"""Largest manifest that is read, in bytes."""
DAMAGED, TOO_LARGE = "读不出来，文件损坏", "文件太大，没有读它"
NEWER = ("是更新的程序写的，这个程序读不了", "请先更新程序")
"""Problem and remedy for a manifest of a newer version."""

# Bounded, because Python refuses to print integers of more than 4300 digits.
Count = Annotated[int, Field(ge=0, le=10**15)]


def _as_project(raw: object) -> ProjectNumber:
    """Return the project number of a manifest: an int, or the text of a code."""
    if isinstance(raw, ProjectNumber):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < MAX_PLAIN:
        return ProjectNumber(raw)
    return ProjectNumber.parse(raw if isinstance(raw, str) and len(raw) <= MAX_CODE else "")


Number = Annotated[ProjectNumber, PlainValidator(_as_project), PlainSerializer(lambda number: number.stored)]


class _Part(BaseModel):
    """Part of a manifest. Field names are the JSON keys, in their order; unknown keys are ignored."""

    # strict: neither "37" nor true is a number of pages.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    def to_json_data(self) -> dict[str, Any]:
        """Return the part as JSON data."""
        return self.model_dump(mode="json")


class FaultEntry(_Part):
    """A fault of the check."""

    level: Level
    file: str
    sheet: str
    cell: str
    found: str
    wrong: str
    mend: str


class EvidenceEntry(_Part):
    """Evidence of an obligation; what is no item of the volume has no number and no page."""

    item: str
    role: str = ""
    """Role of the item's form, by which it was found; empty in archives that were made before roles."""
    no: Count | None
    page: Count | None


class NotDue(_Part):
    """Material that is not due yet."""

    what: str
    due: dt.date


class ObligationEntry(_Part):
    """A judged obligation of a clause."""

    kind: str
    words: str
    decided_by: str = ""
    """The person who has decided its reading; empty: the program, and in archives that were made before decisions."""
    verdict: Verdict
    evidence: tuple[EvidenceEntry, ...]
    missing: tuple[str, ...]
    later: tuple[NotDue, ...]


class ClauseEntry(_Part):
    """A judged clause of the catalogue."""

    no: Count
    source: str
    text: str
    verdict: Verdict
    obligations: tuple[ObligationEntry, ...]


class ItemEntry(_Part):
    """An item of the volume; sheet and cell name the row that it was made from, so that readers find it again."""

    no: Count
    title: str
    section: str
    form: str
    proves: tuple[str, ...] = ()
    """Roles of the form; empty in archives that were made before roles."""
    sheet: str | None = None
    """None in archives that were made before this was recorded; so is `cell`."""
    cell: str | None = None
    file: str
    date: dt.date | Literal[""]
    responsible: str
    start: Count
    pages: Count


class PdfaEntry(_Part):
    """Result of the PDF/A validation of the volume."""

    flavour: str = ""
    passed: bool = False
    findings: tuple[str, ...] = ()
    checkers: tuple[str, ...] = ()


class BookEntry(_Part):
    """A 册 of the paper edition: sheets of paper, first and last page and item, and the pages printed on A3."""

    no: Count
    file: str
    sheets: Count
    first: Count
    last: Count
    first_item: Count
    last_item: Count
    folded: tuple[Count, ...]

    def printed(self) -> PrintedBook:
        """Return the 册 as the paper edition describes it."""
        numbers = (self.sheets, self.first, self.last, self.first_item, self.last_item)
        return PrintedBook(self.no, self.file, *numbers, a3_pages=self.folded)


class _Identity(_Part):
    """Beginning of a manifest."""

    version: Annotated[int, Field(ge=1, le=VERSION)] = 1
    project: Number
    year: Count = 0
    """Year of the catalogue; 0 in archives that were made before this was recorded."""
    name: str
    title: str = ""


class Verdicts(_Part):
    """State, faults and clauses of a checked project: part of a manifest, and the output of `check --json`."""

    state: str
    as_of: dt.date
    faults: tuple[FaultEntry, ...]
    clauses: tuple[ClauseEntry, ...]


# Pydantic orders the fields from the last base to the first: identity, verdicts, then those below.
class Manifest(Verdicts, _Identity):
    """The manifest of an archive. Fields with a default are missing in archives of older programs."""

    date: dt.date
    code: str = ""
    pages: Count
    items: tuple[ItemEntry, ...]
    pdfa: PdfaEntry = PdfaEntry()
    books: tuple[BookEntry, ...] = ()
    fonts: tuple[str, ...]
    tools: dict[str, str]
    published: dict[str, str] = {}
    """The project's row of the catalogue, by header."""
    digests: dict[str, str]

    @property
    def printed_books(self) -> tuple[PrintedBook, ...]:
        """Return the 册 of the paper edition."""
        return tuple(each.printed() for each in self.books)

    @property
    def pdfa_result(self) -> PdfaResult:
        """Return the result of the PDF/A validation."""
        return PdfaResult(self.pdfa.checkers, self.pdfa.findings)


# ---- reading


class _Version(_Part):
    """The version of a manifest, readable whatever else has changed; a manifest without one is of version 1."""

    version: int = 1


def read(path: Path, mend: str) -> Manifest:
    """Read a manifest.json; `mend` is the remedy for a damaged one, which depends on where it lies.

    Raises `OSError`, or `Unreadable` if it is damaged, too large or of a newer version.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable(TOO_LARGE, mend)
    content = path.read_bytes()
    try:
        if _Version.model_validate_json(content).version > VERSION:
            raise Unreadable(*NEWER)
        return Manifest.model_validate_json(content)
    except ValidationError:  # its message quotes values of the file
        raise Unreadable(DAMAGED, mend) from None


# ---- writing


def make_verdicts(checked: Checked, laid: PagePlan | None = None) -> Verdicts:
    """Return state, faults and clauses of a checked project. Page numbers need a volume's page plan."""
    clauses = (
        ClauseEntry(
            no=answer.clause.number,
            source=answer.clause.source,
            text=answer.clause.text,
            verdict=answer.verdict,
            obligations=tuple(_obligation(judged, laid or PagePlan(())) for judged in answer.judged),
        )
        for answer in checked.answers
    )
    faults = tuple(map(fault_entry, checked.faults))
    return Verdicts(state=checked.state, as_of=checked.as_of, faults=faults, clauses=tuple(clauses))


def _obligation(judged: JudgedObligation, laid: PagePlan) -> ObligationEntry:
    """Return a judged obligation with the items of the plan that prove it."""
    return ObligationEntry(
        kind=judged.obligation.kind,
        words=judged.obligation.words,
        decided_by=judged.obligation.decided_by,
        verdict=judged.verdict,
        evidence=tuple(_evidence(judged, laid)),
        missing=tuple(lack.wrong for lack in judged.lacks),
        later=tuple(NotDue(what=lack.wrong, due=lack.due) for lack in judged.later),
    )


def _evidence(judged: JudgedObligation, laid: PagePlan) -> Iterator[EvidenceEntry]:
    """Yield the evidence of an obligation: the items of the plan, or its words if there are none."""
    for each in judged.evidence:
        cited, role = laid.pages_proving(each.role, each.place, each.facts), each.role or ""
        for one in cited:
            item = one.entry.item
            yield EvidenceEntry(item=item.title, role=role, no=item.number, page=one.page)
        if not cited:
            yield EvidenceEntry(item=each.words or role, role=role, no=None, page=None)


def fault_entry(fault: Fault) -> FaultEntry:
    """Return a fault as an entry."""
    return FaultEntry(**vars(fault.where), level=fault.level, found=fault.found, wrong=fault.wrong, mend=fault.mend)


def write(
    archive_folder: Path,
    checked: Checked,
    project: Project,
    page_plan: PagePlan,
    facts: Facts,
    archival: PdfaResult,
    printed: Sequence[PrintedBook],
) -> None:
    """Write manifest.json into the archive folder, with the digests of all files that lie there so far."""
    manifest = Manifest(
        **dict(make_verdicts(checked, page_plan)),
        version=VERSION,
        project=project.basics.number.plain,
        year=checked.inputs.year_of(checked.number),
        name=project.name,
        title=facts.title,
        date=project.archive_date,
        code=facts.code,
        pages=page_plan.pages,
        items=tuple(map(_item, page_plan.entries)),
        pdfa=PdfaEntry(
            flavour="2b",
            passed=not archival.findings,
            findings=tuple(archival.findings),
            checkers=tuple(archival.checkers),
        ),
        books=tuple(map(_book, printed)),
        fonts=facts.stand_ins,
        tools=dict(facts.tools),
        published=published.row_text(project.catalogue),
        digests=digests(archive_folder, archive_folder.rglob("*")),
    )
    text = json.dumps(manifest.to_json_data(), ensure_ascii=False, indent=1)
    (archive_folder / MANIFEST).write_text(text + "\n", "utf-8")


def _item(entry: PlannedItem) -> ItemEntry:
    """Return the entry of an item."""
    return ItemEntry(
        no=entry.item.number,
        title=entry.item.title,
        section=entry.item.section,
        form=entry.item.form,
        proves=tuple(map(str, entry.item.proves)),
        sheet=entry.item.place.sheet,
        cell=entry.item.place.cell,
        file=f"{WORD_FOLDER}/{entry.item.stem}.docx",
        date=entry.item.date or "",
        responsible=entry.item.responsible,
        start=entry.start,
        pages=entry.item.pages,
    )


def _book(book: PrintedBook) -> BookEntry:
    """Return the entry of a 册."""
    return BookEntry(
        no=book.number,
        file=book.file,
        sheets=book.paper_sheets,
        first=book.first,
        last=book.last,
        first_item=book.first_item,
        last_item=book.last_item,
        folded=book.a3_pages,
    )


def template_digests(folder: Path) -> dict[str, str]:
    """Return the digests of the template files, by name."""
    return digests(folder, templates(folder))


def templates(folder: Path) -> list[Path]:
    """Return the template files in order: the Word templates and the TOML declarations."""
    return sorted([*folder.glob("*.toml"), *folder.glob("docx/*.docx")])


def digests(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 digests of files by their path relative to `folder`.

    Excluded are files left by programs, and the marked workbook, which each check rewrites.
    """
    files = sorted(path for path in paths if path.is_file() and folders.belongs_to_staff(path, folder))
    return {
        path.relative_to(folder).as_posix(): hashing.sha256_of(path)
        for path in files
        if path.parent.name != check.MARKED_FOLDER
    }
