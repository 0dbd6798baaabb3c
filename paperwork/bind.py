"""Items in order → one volume: cover, contents, items with their numbers, 备考表; bookmarks, labels and links."""

from pathlib import Path

from paperwork import pdf
from paperwork.pdf import About, Bookmark, Part
from paperwork.plan import Plan

COVER, CONTENTS, RECORD = "案卷封面", "卷内目录", "卷内备考表"
FRONT, BACK = (COVER, CONTENTS), (RECORD,)
LABELS = {COVER: "封面", CONTENTS: "目录", RECORD: "备考表"}


def volume(plan: Plan, sheets: dict[str, Path], about: About, font: tuple[Path, int], out: Path) -> None:
    """Bind the volume; `sheets` maps the volume's own pages (cover, contents, 备考表) to their PDFs."""
    parts = [Part(sheets[name], None, LABELS[name]) for name in FRONT]
    before = {name: sum(pdf.pages(part.path) for part in parts[:place]) for place, name in enumerate(FRONT)}
    body = sum(pdf.pages(part.path) for part in parts)
    for entry in plan.entries:
        first = entry.start
        for path in entry.item.parts:
            parts.append(Part(path, first))
            first += pdf.pages(path)
    parts += [Part(sheets[name], None, LABELS[name]) for name in BACK]
    bookmarks = [Bookmark(name, before[name]) for name in FRONT]
    for section, entries in plan.sections():
        children = tuple(
            Bookmark(f"{entry.item.title}（第{entry.start}页）", body + entry.start - 1) for entry in entries
        )
        bookmarks.append(Bookmark(section, children[0].page, children))
    bookmarks.append(Bookmark(RECORD, body + plan.pages))
    targets = {f"{entry.item.stem}.docx": body + entry.start - 1 for entry in plan.entries}
    pdf.bind(parts, bookmarks, targets, about, font, out)
