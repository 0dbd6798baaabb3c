"""Write and read manifest.json, the machine-readable description of an archive.

It lists the items, the 册, the verdicts, and the SHA-256 digest of every other file of the archive.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork import check, media
from paperwork.check import Checked
from paperwork.hand_over import MANIFEST, Facts
from paperwork.model import Project
from paperwork.plan import Entry, Plan, Printed


@dataclass(frozen=True)
class Archival:
    """Result of the PDF/A-2b check: the programs that checked, and their findings (none: it conforms)."""

    checkers: Sequence[str]
    findings: Sequence[str] = ()


def write(
    archive_folder: Path,
    checked: Checked,
    project: Project,
    page_plan: Plan,
    facts: Facts,
    archival: Archival,
    printed: Sequence[Printed],
) -> None:
    """Write manifest.json into the archive folder, with the digests of all files that lie there so far."""
    data: dict[str, Any] = {
        "project": project.basics.number,
        "name": project.name,
        "title": facts.title,
        **check.verdict(checked, page_plan),
        "date": project.made.isoformat(),
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
                "sheets": each.sheets,
                "first": each.first,
                "last": each.last,
                "first_item": each.first_item,
                "last_item": each.last_item,
                "folded": list(each.folded),
            }
            for each in printed
        ],
        "fonts": list(facts.stand_ins),
        "tools": dict(facts.tools),
        "digests": digests(archive_folder, archive_folder.rglob("*")),
    }
    (archive_folder / MANIFEST).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def of_templates(folder: Path) -> dict[str, str]:
    """Return the digests of the template files, by name."""
    return digests(folder, templates(folder))


def templates(folder: Path) -> list[Path]:
    """Return the template files in order: the Word templates and the TOML declarations."""
    return sorted([*folder.glob("*.toml"), *folder.glob("docx/*.docx")])


def books(manifest: Mapping[str, Any]) -> Iterator[Printed]:
    """Yield the 册 listed in a manifest."""
    for each in manifest["books"]:
        numbers = (each["sheets"], each["first"], each["last"], each["first_item"], each["last_item"])
        yield Printed(each["no"], each["file"], *numbers, folded=tuple(each["folded"]))


def _item(entry: Entry) -> dict[str, Any]:
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
        path.relative_to(folder).as_posix(): media.digest(path) for path in files if path.parent.name != check.MARKED
    }
