"""manifest.json: what was made, for machines."""

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
    """Who judged whether the volume is PDF/A-2b, and what keeps it from being one."""

    checkers: Sequence[str]
    findings: Sequence[str] = ()


def write(
    made: Path,
    checked: Checked,
    project: Project,
    laid: Plan,
    facts: Facts,
    archival: Archival,
    printed: Sequence[Printed],
) -> None:
    """Write `made`/manifest.json; the digests are those of everything else that lies in `made`."""
    data: dict[str, Any] = {
        "project": project.basics.number,
        "name": project.name,
        "title": facts.title,
        **check.verdict(checked, laid),
        "date": project.made.isoformat(),
        "code": facts.code,
        "pages": laid.pages,
        "items": [_item(entry) for entry in laid.entries],
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
        "digests": digests(made, made.rglob("*")),
    }
    (made / MANIFEST).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def of_templates(folder: Path) -> dict[str, str]:
    """The digests of the forms and their declarations, by name."""
    return digests(folder, templates(folder))


def templates(folder: Path) -> list[Path]:
    """The files of the forms and their declarations, in order."""
    return sorted([*folder.glob("*.toml"), *folder.glob("docx/*.docx")])


def books(told: Mapping[str, Any]) -> Iterator[Printed]:
    """The 册 that a manifest tells of."""
    for each in told["books"]:
        numbers = (each["sheets"], each["first"], each["last"], each["first_item"], each["last_item"])
        yield Printed(each["no"], each["file"], *numbers, folded=tuple(each["folded"]))


def _item(entry: Entry) -> dict[str, Any]:
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
    """SHA-256 by name; left out are the marked workbook, which every check makes anew, and what open editors leave."""
    files = sorted(path for path in paths if path.is_file() and not path.name.startswith((".", "~$")))
    return {
        path.relative_to(folder).as_posix(): media.digest(path) for path in files if path.parent.name != check.MARKED
    }
