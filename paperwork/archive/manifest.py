"""Write and read manifest.json, the machine-readable description of an archive.

It lists the items, the 册, the verdicts, and the SHA-256 digest of every other file of the archive.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from paperwork.archive.metadata import MANIFEST, Facts
from paperwork.checks import check
from paperwork.checks.check import Checked
from paperwork.checks.requirements.verdicts import JudgedObligation
from paperwork.core import hashing
from paperwork.core.faults import Fault
from paperwork.formats.pdf.verapdf import PdfaResult
from paperwork.project.model import Project
from paperwork.volume.page_plan import PagePlan, PlannedItem, PrintedBook

# ---- JSON data


def verdict_data(checked: Checked, laid: PagePlan | None = None) -> dict[str, Any]:
    """Return state, faults and clauses as JSON data, as in the manifest. Page numbers need a volume's page plan."""
    return {
        "state": checked.state,
        "as_of": checked.as_of.isoformat(),
        "faults": [fault_data(fault) for fault in checked.faults],
        "clauses": [
            {
                "no": answer.clause.number,
                "source": answer.clause.source,
                "text": answer.clause.text,
                "verdict": str(answer.verdict),
                "obligations": [_obligation(judged, laid or PagePlan(())) for judged in answer.judged],
            }
            for answer in checked.answers
        ],
    }


def _obligation(judged: JudgedObligation, laid: PagePlan) -> dict[str, Any]:
    """Return a judged obligation as JSON data; evidence that is no item of the plan has no number and no page."""
    evidence: list[dict[str, Any]] = []
    for each in judged.evidence:
        entries = laid.items_from(each.form, each.place)
        evidence += [{"item": entry.item.title, "no": entry.item.number, "page": entry.start} for entry in entries]
        if not entries:
            evidence.append({"item": each.words or each.form, "no": None, "page": None})
    return {
        "kind": judged.obligation.kind,
        "words": judged.obligation.words,
        "verdict": str(judged.verdict),
        "evidence": evidence,
        "missing": [lack.wrong for lack in judged.lacks],
        "later": [{"what": lack.wrong, "due": lack.due.isoformat()} for lack in judged.later],
    }


def fault_data(fault: Fault) -> dict[str, str]:
    """Return a fault as JSON data."""
    where = fault.where
    return {
        "level": str(fault.level),
        "file": where.file,
        "sheet": where.sheet,
        "cell": where.cell,
        "found": fault.found,
        "wrong": fault.wrong,
        "mend": fault.mend,
    }


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
    data: dict[str, Any] = {
        "project": project.basics.number,
        "name": project.name,
        "title": facts.title,
        **verdict_data(checked, page_plan),
        "date": project.archive_date.isoformat(),
        "code": facts.code,
        "pages": page_plan.pages,
        "items": [_item(entry) for entry in page_plan.entries],
        "pdfa": {
            "flavour": "2b",
            "passed": not archival.findings,
            "findings": list(archival.findings),
            "checkers": list(archival.checkers),
        },
        "books": [
            {
                "no": each.number,
                "file": each.file,
                "sheets": each.paper_sheets,
                "first": each.first,
                "last": each.last,
                "first_item": each.first_item,
                "last_item": each.last_item,
                "folded": list(each.a3_pages),
            }
            for each in printed
        ],
        "fonts": list(facts.stand_ins),
        "tools": dict(facts.tools),
        "digests": digests(archive_folder, archive_folder.rglob("*")),
    }
    (archive_folder / MANIFEST).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def template_digests(folder: Path) -> dict[str, str]:
    """Return the digests of the template files, by name."""
    return digests(folder, templates(folder))


def templates(folder: Path) -> list[Path]:
    """Return the template files in order: the Word templates and the TOML declarations."""
    return sorted([*folder.glob("*.toml"), *folder.glob("docx/*.docx")])


def books(manifest: Mapping[str, Any]) -> Iterator[PrintedBook]:
    """Yield the 册 listed in a manifest."""
    for each in manifest["books"]:
        numbers = (each["sheets"], each["first"], each["last"], each["first_item"], each["last_item"])
        yield PrintedBook(each["no"], each["file"], *numbers, a3_pages=tuple(each["folded"]))


def _item(entry: PlannedItem) -> dict[str, Any]:
    """Return the description of an item; sheet and cell name the row it was made from, so readers find it again."""
    return {
        "no": entry.item.number,
        "title": entry.item.title,
        "section": entry.item.section,
        "form": entry.item.form,
        "sheet": entry.item.place.sheet,
        "cell": entry.item.place.cell,
        "file": f"word/{entry.item.stem}.docx",
        "date": entry.item.date.isoformat() if entry.item.date else "",
        "responsible": entry.item.responsible,
        "start": entry.start,
        "pages": entry.item.pages,
    }


def digests(folder: Path, paths: Any) -> dict[str, str]:
    """Return the SHA-256 digests of files by their path relative to `folder`.

    Excluded are hidden files, the lock files of open editors (~$…), and the marked workbook, which each check rewrites.
    """
    files = sorted(path for path in paths if path.is_file() and not path.name.startswith((".", "~$")))
    return {
        path.relative_to(folder).as_posix(): hashing.sha256_of(path)
        for path in files
        if path.parent.name != check.MARKED_FOLDER
    }
