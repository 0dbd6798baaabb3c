"""Merge PDFs into the volume, with page numbers, page labels, outline and links, and write it as PDF/A-2b.

Page numbers come from the page plan; nothing here computes one by adding offsets of its own.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pikepdf

from paperwork.core.faults import Unreadable
from paperwork.formats.pdf import imposition, metadata, page_numbers, shared_fonts
from paperwork.formats.pdf.foreign import open_pdf
from paperwork.formats.pdf.imposition import UNCHANGED, Matrix
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.formats.pdf.page_numbers import PageNumber
from paperwork.formats.pdf.shared_fonts import FontFiles
from paperwork.formats.pdf.structure.tags import TagTree


@dataclass(frozen=True)
class Part:
    """A PDF that goes into the volume.

    `first` is the number printed on its first page, None for pages without a number; `label` is the page label's prefix
    for those. `title` names it for those who cannot see it. `matrices` transform the content of its pages, so that it
    is clear of the numbers; if empty, none is.
    """

    path: Path
    first: int | None
    label: str = ""
    title: str = ""
    matrices: tuple[Matrix, ...] = ()


@dataclass(frozen=True)
class Bookmark:
    """An outline entry; `page` is the page of the volume it leads to, counted from 0."""

    title: str
    page: int
    children: tuple["Bookmark", ...] = ()


def count_pages(path: Path) -> int:
    """Return the number of pages. Raises `Unreadable` when the file cannot be opened."""
    try:
        with open_pdf(path) as opened:
            return len(opened.pages)
    except OSError:
        raise Unreadable("PDF 读不了", "请检查文件") from None


def page_layout(path: Path) -> tuple[int, int]:
    """Return the number of a volume's pages, and how many of them come before the page numbered 1.

    Raises `Unreadable` when the file cannot be opened.
    """
    try:
        with open_pdf(path) as opened:
            # Nums alternates first page and label dictionary; labels of unnumbered pages have a prefix (/P).
            nums: Any = opened.Root.PageLabels.Nums if "/PageLabels" in opened.Root else []
            pairs = [(int(nums[index]), nums[index + 1]) for index in range(0, len(nums), 2)]
            return len(opened.pages), next((first for first, entry in pairs if "/P" not in entry), 0)
    except OSError:
        raise Unreadable("PDF 读不了", "请检查文件") from None


def join(parts: Sequence[tuple[str, Path]], out: Path) -> None:
    """Write the PDFs one after the other into one file, with an outline entry of its title for each."""
    with pikepdf.new() as joined:
        bookmarks = []
        for title, path in parts:
            bookmarks.append(Bookmark(title, len(joined.pages)))
            with pikepdf.open(path) as part:
                joined.pages.extend(part.pages)
        with joined.open_outline() as outline:
            outline.root.extend(_outline_item(each) for each in bookmarks)
        draft = out.with_name(f".{out.name}")
        joined.save(draft)
    draft.replace(out)


def merge_volume(
    parts: Sequence[Part],
    bookmarks: Sequence[Bookmark],
    targets: Mapping[str, int],
    about: DocumentMetadata,
    numbers: Path,
    fonts: FontFiles,
    out: Path,
) -> list[str]:
    """Merge the parts and write the volume as PDF/A-2b (ISO 19005-2); return the findings that prevent PDF/A.

    `targets` maps the file names in the parts' links to pages of the volume counted from 0; `numbers` is the file of
    page numbers that `page_numbers.draw_numbers` drew; `fonts` maps the faces used in the parts to their font files.
    """
    with pikepdf.new() as volume:
        marks: list[PageNumber | None] = []
        matrices: list[Matrix] = []
        labels = pikepdf.Dictionary(Nums=pikepdf.Array())
        tree = TagTree(volume)
        for part in parts:
            with pikepdf.open(part.path) as source:
                _label(labels, len(marks), part)
                count = len(source.pages)
                marks += [None if part.first is None else PageNumber(part.first + offset) for offset in range(count)]
                matrices += part.matrices or [UNCHANGED] * count
                volume.add_pages_from(source)
                tree.add_file(source, volume.pages[-count:], part.title or part.label)
        tree.finish()
        # Before stamping: `share` changes only pages that are exactly as LibreOffice wrote them.
        shared_fonts.merge_fonts(volume, fonts)
        for page, matrix in zip(volume.pages, matrices, strict=True):
            if matrix != UNCHANGED:
                _move(page, matrix)
        page_numbers.stamp_numbers(volume, marks, numbers)
        _resolve_links(volume, targets)
        volume.Root.PageLabels = volume.make_indirect(labels)
        with volume.open_outline() as outline:
            outline.root.clear()
            outline.root.extend(_outline_item(bookmark) for bookmark in bookmarks)
        volume.Root.PageMode = pikepdf.Name.UseOutlines
        metadata.write_metadata(volume, about)
        volume.remove_unreferenced_resources()
        return save_as_pdfa(volume, out)


def save_as_pdfa(volume: pikepdf.Pdf, out: Path) -> list[str]:
    """Write a finished PDF as PDF/A-2b, or unchanged when that is impossible; return the findings that prevent it.

    It must be the last step: merging or stamping afterwards would make the file nonconforming again.
    """
    from pikepdf import pdfa

    for page in volume.pages:
        if "/Tabs" in page.obj:  # LibreOffice writes a string where ISO 32000-1, 7.7.3.3 wants a name
            page.obj.Tabs = pikepdf.Name.S  # the order of the tags
    pdfa.prepare(volume, "2b")
    metadata.reset_metadata_date(volume)  # `prepare` has written the current time into xmp:MetadataDate
    options: dict[str, Any] = {"deterministic_id": True, "object_stream_mode": pikepdf.ObjectStreamMode.generate}
    try:
        pdfa.save(volume, out, "2b", repair=False, **options)
    except pdfa.PdfaError as error:
        volume.save(out, **options)
        return [str(finding) for finding in error.report.findings]
    return []


def _label(labels: pikepdf.Dictionary, page: int, part: Part) -> None:
    """Add a part's page labels from a page on: the printed numbers, or prefix and count for pages without a number."""
    entry = pikepdf.Dictionary(S=pikepdf.Name.D, St=part.first or 1)
    if part.first is None:
        entry.P = pikepdf.String(part.label + "-")
    nums: Any = labels.Nums
    nums.append(page)
    nums.append(entry)


def _move(page: pikepdf.Page, matrix: Matrix) -> None:
    """Scale and move a page's content and the areas of its links."""
    imposition.move_content(page, matrix)
    scale, _, _, _, across, up = matrix
    for annotation in page.obj.get("/Annots", []):
        edges = [float(edge) * scale for edge in annotation.Rect]
        annotation.Rect = pikepdf.Array(
            round(edge + shift, 4) for edge, shift in zip(edges, (across, up) * 2, strict=True)
        )


def _resolve_links(volume: pikepdf.Pdf, targets: Mapping[str, int]) -> None:
    """Turn links to the items' files into links to their pages in the volume."""
    for page in volume.pages:
        for annotation in page.obj.get("/Annots", []):
            action = annotation.get("/A", None)
            if action is None or "/URI" not in action:
                continue
            # The link may be relative or an absolute file URL, so only the file name is compared.
            name = unquote(str(action.URI)).rsplit("/", 1)[-1]
            if name in targets:
                del annotation["/A"]
                annotation.Dest = _destination(volume, targets[name])
                annotation.Contents = pikepdf.String(f"转到 {name.removesuffix('.docx')}")
                annotation.Border = pikepdf.Array([0, 0, 0])


def _destination(volume: pikepdf.Pdf, page: int) -> pikepdf.Array:
    """Return a destination at the top of a page; zoom 0 keeps the viewer's zoom."""
    top = float(volume.pages[page].mediabox[3])
    return pikepdf.Array([volume.pages[page].obj, pikepdf.Name.XYZ, 0, top, 0])


def _outline_item(bookmark: Bookmark) -> pikepdf.OutlineItem:
    """Return the outline item of a bookmark and its children."""
    # Zoom 0 keeps the viewer's zoom; 2000 points is above the top of any A3 page.
    item = pikepdf.OutlineItem(bookmark.title, bookmark.page, "XYZ", left=0, top=2000, zoom=0)
    item.children.extend(_outline_item(child) for child in bookmark.children)
    return item


def finish_drawn_pdf(drawn: bytes, about: DocumentMetadata, out: Path) -> None:
    """Write a PDF that was drawn in true size, without the time of drawing, and set to print without scaling."""
    with pikepdf.open(io.BytesIO(drawn)) as opened:
        metadata.remove_creation_time(opened)
        if "/OpenAction" in opened.Root:
            del opened.Root.OpenAction
        metadata.write_metadata(opened, about)
        # After `describe`, which sets viewer preferences of its own.
        opened.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True, PrintScaling=pikepdf.Name("/None"))
        opened.save(out, deterministic_id=True)
