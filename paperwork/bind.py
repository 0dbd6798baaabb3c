"""Items in order → one volume: cover, contents, 要求对照表, items with their numbers, 备考表; bookmarks and links."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paperwork import pdf
from paperwork.leaf import About
from paperwork.pdf import Bookmark, Part
from paperwork.plan import Plan

VOLUME = "项目档案.pdf"
COVER, CONTENTS, ANSWERS, MISSING, RECORD = "案卷封面", "卷内目录", "要求对照表", "待补材料清单", "卷内备考表"
FRONT, BACK = (COVER, CONTENTS, ANSWERS, MISSING), (RECORD,)
OWN = {COVER: "000", CONTENTS: "000", ANSWERS: "000", MISSING: "000", RECORD: "999"}
"""The volume's own pages, which bear no number, and where their Word files stand among the others."""
LABELS = {COVER: "封面", CONTENTS: "目录", ANSWERS: "对照表", MISSING: "待补清单", RECORD: "备考表"}


def pages_of(draft: bool) -> list[str]:
    """The volume's own pages; only a draft has a list of what is missing."""
    return [name for name in OWN if draft or name != MISSING]


@dataclass(frozen=True)
class Type:
    """What pages are set in: the page numbers, drawn (`leaf.stamps`), and where each face's file lies."""

    numbers: Path
    faces: Mapping[str, tuple[Path, int]]


def volume(plan: Plan, sheets: dict[str, Path], about: About, fonts: Type, out: Path) -> list[str]:
    """Bind the volume; `sheets` maps the volume's own pages (cover, contents, 备考表) to their PDFs."""
    front = [name for name in FRONT if name in sheets]
    parts = [Part(sheets[name], None, LABELS[name]) for name in front]
    before = {name: sum(pdf.pages(part.path) for part in parts[:place]) for place, name in enumerate(front)}
    body = sum(pdf.pages(part.path) for part in parts)
    for entry in plan.entries:
        first = entry.start
        for path in entry.item.parts:
            parts.append(Part(path, first))
            first += pdf.pages(path)
    parts += [Part(sheets[name], None, LABELS[name]) for name in BACK]
    bookmarks = [Bookmark(name, before[name]) for name in front]
    for section, entries in plan.sections():
        children = tuple(
            Bookmark(f"{entry.item.title}（第{entry.start}页）", body + entry.start - 1) for entry in entries
        )
        bookmarks.append(Bookmark(section, children[0].page, children))
    bookmarks.append(Bookmark(RECORD, body + plan.pages))
    targets = {f"{entry.item.stem}.docx": body + entry.start - 1 for entry in plan.entries}
    return pdf.bind(parts, bookmarks, targets, about, fonts.numbers, fonts.faces, out)
