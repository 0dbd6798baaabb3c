"""Make the electronic edition 项目档案.pdf: bind it, read it back, check it for PDF/A, and split it into items.

The order is: cover, contents, 要求对照表, 待补材料清单 (drafts only), the numbered items, 备考表.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paperwork.core import hashing
from paperwork.documents.rendering import Renderer
from paperwork.formats.office import fonts
from paperwork.formats.pdf import imposition, merge, page_numbers, split, verapdf
from paperwork.formats.pdf.imposition import UNCHANGED, Matrix
from paperwork.formats.pdf.merge import Bookmark, Part
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.formats.pdf.render import PageInk
from paperwork.formats.pdf.split import Cut
from paperwork.formats.pdf.verapdf import PdfaResult
from paperwork.volume import frame, readback
from paperwork.volume.page_plan import PagePlan

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
class BindingResources:
    """Resources for binding: the PDF of the drawn page numbers, the font file of each face, the ink of the pages."""

    number_stamps: Path
    faces: Mapping[str, tuple[Path, int]]
    ink: dict[Path, list[PageInk]] = field(default_factory=dict)
    """Ink of each page by file; `paper_edition.measure` adds the files that both editions, or paper alone, show."""


def bind_volume(
    plan: PagePlan, own_pages: dict[str, Path], about: DocumentMetadata, fonts: BindingResources, out: Path
) -> list[str]:
    """Bind the volume into `out` and return the reasons why it is not PDF/A-2b, if any.

    `own_pages` maps the names of the volume's own pages (cover, contents, 备考表 …) to their PDFs.
    """
    front = [name for name in FRONT if name in own_pages]
    parts = [Part(own_pages[name], None, LABELS[name], name) for name in front]
    own_starts = {name: sum(merge.count_pages(part.path) for part in parts[:place]) for place, name in enumerate(front)}
    unnumbered = sum(merge.count_pages(part.path) for part in parts)
    for entry in plan.entries:
        first = entry.start
        for path in entry.item.parts:
            matrices = _clear_of_numbers(path, first, fonts.ink[path])
            parts.append(Part(path, first, matrices=matrices, title=entry.item.title))
            first += merge.count_pages(path)
    parts += [Part(own_pages[name], None, LABELS[name], name) for name in BACK]
    # Bookmarks count pages of the file from 0. `unnumbered` pages stand before the page with number 1.
    bookmarks = [Bookmark(name, own_starts[name]) for name in front]
    for section, entries in plan.sections():
        children = tuple(
            Bookmark(f"{entry.item.title}（第{entry.start}页）", unnumbered + entry.start - 1) for entry in entries
        )
        bookmarks.append(Bookmark(section, children[0].page, children))
    bookmarks.append(Bookmark(RECORD, unnumbered + plan.pages))
    # The drawn forms link to the items' Word files by name. `merge.merge_volume` turns these into links to pages.
    targets = {
        "#".join(filter(None, entry.file_at(offset))): unnumbered + entry.start - 1 + offset
        for entry in plan.entries
        for offset in range(entry.item.pages)
    }
    return merge.merge_volume(parts, bookmarks, targets, about, fonts.number_stamps, fonts.faces, out)


def _clear_of_numbers(path: Path, first: int, ink: Sequence[PageInk]) -> tuple[Matrix, ...]:
    """Return for each page of a file, numbered from `first`, the matrix that moves its ink off the page number."""
    return tuple(
        frame.fit(page, UNCHANGED, size, PageNumber(number))
        for number, (page, size) in enumerate(zip(ink, imposition.page_sizes(path), strict=True), first)
    )


NUMBERS_AT_ONCE = 200
"""Page numbers are drawn in multiples of this, so that the cached drawing still serves a volume that grows."""


def draw_page_numbers(pages: int, press: Renderer, out: Path) -> Path:
    """Draw the page numbers for both editions into `out`, or take them from the cache."""
    count = -(-pages // NUMBERS_AT_ONCE) * NUMBERS_AT_ONCE
    key = hashing.cache_key("页号", press.fonts_digest, str(count))
    press.cache.get_or_make(
        key, out, lambda path: page_numbers.draw_numbers(count, fonts.font_file("宋体", press.env), path)
    )
    return out


def write(
    page_plan: PagePlan,
    own_pages: dict[str, Path],
    about: DocumentMetadata,
    resources: BindingResources,
    archive_folder: Path,
    folder: Path,
    cited: Mapping[int, Sequence[str]],
) -> tuple[PdfaResult, dict[int, Path]]:
    """Write the volume into `archive_folder` and a PDF of each item into `folder`.

    待补材料清单 is also written as a PDF of its own beside the volume. `cited` holds the pages that 要求对照表 cites,
    each with the words that must stand on it.

    Return the result of the PDF/A check, and the PDF of each item by its number. Raises `Stop` when a page number of
    the finished file does not agree with the contents.
    """
    volume = archive_folder / VOLUME
    findings = bind_volume(page_plan, own_pages, about, resources, volume)
    # Read back before splitting: the items are cut out by page label, so the labels must be right.
    readback.require_agreement(
        list(readback.disagreements(volume, [(each.item.title, each.start) for each in page_plan.entries], cited))
    )
    folder.mkdir()
    outs = {entry.item.number: folder / f"{entry.item.number:03}.pdf" for entry in page_plan.entries}
    cuts = [
        Cut(entry.start, entry.item.pages, entry.item.title, outs[entry.item.number]) for entry in page_plan.entries
    ]
    if MISSING in own_pages:
        pages = merge.count_pages(own_pages[MISSING])
        label = f"{LABELS[MISSING]}-"
        cuts.append(Cut(1, pages, about.title, archive_folder / f"{MISSING}.pdf", label))
    split.split(volume, cuts, resources.faces)
    return check_pdfa(volume, findings), outs


def check_pdfa(volume: Path, findings: Sequence[str]) -> PdfaResult:
    """Return the PDF/A result: the findings of pikepdf, which wrote the volume, and those of veraPDF if installed."""
    reasons = verapdf.validate(volume)
    if reasons is None:
        return PdfaResult(("pikepdf",), tuple(findings))
    return PdfaResult(("pikepdf", verapdf.NAME), (*findings, *(f"{verapdf.NAME} {each}" for each in reasons)))
