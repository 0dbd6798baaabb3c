"""Bind the items into one volume with outline and links.

The order is: cover, contents, 要求对照表, 待补材料清单 (drafts only), the numbered items, 备考表.
"""

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
"""The volume's own pages, which carry no number. The value sorts their Word files before or after the items' files."""
LABELS = {COVER: "封面", CONTENTS: "目录", ANSWERS: "对照表", MISSING: "待补清单", RECORD: "备考表"}
"""Page label prefix of each of the volume's own pages."""


def pages_of(draft: bool) -> list[str]:
    """Return the names of the volume's own pages; only a draft has 待补材料清单."""
    return [name for name in OWN if draft or name != MISSING]


@dataclass(frozen=True)
class Type:
    """Resources for binding: the PDF of drawn page numbers (`leaf.stamps`), and the font file of each face."""

    numbers: Path
    faces: Mapping[str, tuple[Path, int]]


def volume(plan: Plan, own_pages: dict[str, Path], about: About, fonts: Type, out: Path) -> list[str]:
    """Bind the volume into `out` and return the reasons why it is not PDF/A-2b, if any.

    `own_pages` maps the names of the volume's own pages (cover, contents, 备考表 …) to their PDFs.
    """
    front = [name for name in FRONT if name in own_pages]
    parts = [Part(own_pages[name], None, LABELS[name]) for name in front]
    own_starts = {name: sum(pdf.pages(part.path) for part in parts[:place]) for place, name in enumerate(front)}
    unnumbered = sum(pdf.pages(part.path) for part in parts)
    for entry in plan.entries:
        first = entry.start
        for path in entry.item.parts:
            parts.append(Part(path, first))
            first += pdf.pages(path)
    parts += [Part(own_pages[name], None, LABELS[name]) for name in BACK]
    # Bookmarks count pages of the file from 0. `unnumbered` pages stand before the page with number 1.
    bookmarks = [Bookmark(name, own_starts[name]) for name in front]
    for section, entries in plan.sections():
        children = tuple(
            Bookmark(f"{entry.item.title}（第{entry.start}页）", unnumbered + entry.start - 1) for entry in entries
        )
        bookmarks.append(Bookmark(section, children[0].page, children))
    bookmarks.append(Bookmark(RECORD, unnumbered + plan.pages))
    # The drawn forms link to the items' Word files by name. `pdf.bind` turns these into links to pages.
    targets = {f"{entry.item.stem}.docx": unnumbered + entry.start - 1 for entry in plan.entries}
    return pdf.bind(parts, bookmarks, targets, about, fonts.numbers, fonts.faces, out)
