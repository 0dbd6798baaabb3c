"""PDF pages: counted, merged, numbered, labelled, bookmarked, linked; written as PDF/A-2b.

Nothing here adds offsets: page numbers come from the page plan.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pikepdf

from paperwork import leaf, sharing
from paperwork.leaf import About, Mark
from paperwork.sharing import Fonts

MAX_BYTES = 200 * 2**20
MAX_PAGES = 2000


@dataclass(frozen=True)
class Part:
    """A PDF in the volume: `first` is the number of its first page, None for pages without; `label` names those."""

    path: Path
    first: int | None
    label: str = ""


@dataclass(frozen=True)
class Bookmark:
    """A line of the outline; `page` counts the volume's pages from 0."""

    title: str
    page: int
    children: tuple["Bookmark", ...] = ()


def _open(path: Path) -> pikepdf.Pdf:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"PDF 超过 {MAX_BYTES // 2**20} MB")
    try:
        opened = pikepdf.open(path)
    except pikepdf.PasswordError:
        raise ValueError("PDF 有打开密码，请换成没有密码的") from None
    except pikepdf.PdfError:
        raise ValueError("PDF 打不开，文件损坏或不是真正的 PDF，请重新扫描或导出") from None
    if not 1 <= len(opened.pages) <= MAX_PAGES:
        raise ValueError(f"PDF 没有页面，或超过 {MAX_PAGES} 页")
    return opened


def pages(path: Path) -> int:
    """Count pages. Raises `ValueError` with the Chinese reason when the file cannot be opened."""
    try:
        with _open(path) as opened:
            return len(opened.pages)
    except OSError:
        raise ValueError("PDF 读不了，请检查文件") from None


def shape(path: Path) -> tuple[int, int]:
    """All pages of a volume, and how many of them stand before the one that bears the number 1.

    Raises `ValueError` with the Chinese reason when the file cannot be opened.
    """
    try:
        with _open(path) as opened:
            nums: Any = opened.Root.PageLabels.Nums if "/PageLabels" in opened.Root else []
            pairs = [(int(nums[place]), nums[place + 1]) for place in range(0, len(nums), 2)]
            return len(opened.pages), next((first for first, entry in pairs if "/P" not in entry), 0)
    except OSError:
        raise ValueError("PDF 读不了，请检查文件") from None


def bind(
    parts: Sequence[Part],
    bookmarks: Sequence[Bookmark],
    targets: Mapping[str, int],
    about: About,
    numbers: Path,
    fonts: Fonts,
    out: Path,
) -> list[str]:
    """Merge the parts and write the volume as PDF/A-2b (ISO 19005-2); what keeps it from being one, in words.

    `targets` maps the file names that links in the parts lead to, to pages of the volume counted from 0; `numbers`
    are the page numbers, drawn, `fonts` says where the faces lie that documents are printed in.
    """
    with pikepdf.new() as volume:
        marks: list[Mark | None] = []
        labels = pikepdf.Dictionary(Nums=pikepdf.Array())
        for part in parts:
            with pikepdf.open(part.path) as source:
                _label(labels, len(marks), part)
                count = len(source.pages)
                marks += [None if part.first is None else Mark(part.first + offset) for offset in range(count)]
                volume.add_pages_from(source)
        sharing.share(volume, fonts)
        leaf.number(volume, marks, numbers)
        _lead(volume, targets)
        volume.Root.PageLabels = volume.make_indirect(labels)
        with volume.open_outline() as outline:
            outline.root.clear()
            outline.root.extend(_outline_item(bookmark) for bookmark in bookmarks)
        volume.Root.PageMode = pikepdf.Name.UseOutlines
        leaf.describe(volume, about)
        volume.remove_unreferenced_resources()
        return archival(volume, out)


def archival(volume: pikepdf.Pdf, out: Path) -> list[str]:
    """Write a finished PDF as PDF/A-2b; where it is none, as it is, and say why.

    PDF/A is made last: merging and stamping would end it.
    """
    from pikepdf import pdfa

    for page in volume.pages:
        if "/Tabs" in page.obj:  # LibreOffice writes a text where a name is asked for
            del page.obj.Tabs
    pdfa.prepare(volume, "2b")
    leaf.undated(volume)
    options: dict[str, Any] = {"deterministic_id": True, "object_stream_mode": pikepdf.ObjectStreamMode.generate}
    try:
        pdfa.save(volume, out, "2b", repair=False, **options)
    except pdfa.PdfaError as error:
        volume.save(out, **options)
        return [str(finding) for finding in error.report.findings]
    return []


def _label(labels: pikepdf.Dictionary, page: int, part: Part) -> None:
    """A page's label is the number printed on it; pages without a number are labelled by name."""
    entry = pikepdf.Dictionary(S=pikepdf.Name.D, St=part.first or 1)
    if part.first is None:
        entry.P = pikepdf.String(part.label + "-")
    nums: Any = labels.Nums
    nums.append(page)
    nums.append(entry)


def _lead(volume: pikepdf.Pdf, targets: Mapping[str, int]) -> None:
    """Turn links to the items' files into links to their pages; the reader's zoom is kept."""
    for page in volume.pages:
        for note in page.obj.get("/Annots", []):
            action = note.get("/A", None)
            if action is None or "/URI" not in action:
                continue
            name = unquote(str(action.URI)).rsplit("/", 1)[-1]
            if name in targets:
                del note["/A"]
                note.Dest = _destination(volume, targets[name])
                note.Border = pikepdf.Array([0, 0, 0])


def _destination(volume: pikepdf.Pdf, page: int) -> pikepdf.Array:
    top = float(volume.pages[page].mediabox[3])
    return pikepdf.Array([volume.pages[page].obj, pikepdf.Name.XYZ, 0, top, 0])


def _outline_item(bookmark: Bookmark) -> pikepdf.OutlineItem:
    # A zoom of 0 keeps the reader's own.
    item = pikepdf.OutlineItem(bookmark.title, bookmark.page, "XYZ", left=0, top=2000, zoom=0)
    item.children.extend(_outline_item(child) for child in bookmark.children)
    return item


def finish(drawn: bytes, about: About, out: Path) -> None:
    """Write a PDF drawn in true size, to be printed without scaling, without the moment of drawing."""
    with pikepdf.open(io.BytesIO(drawn)) as opened:
        leaf.forget_the_moment(opened)
        if "/OpenAction" in opened.Root:
            del opened.Root.OpenAction
        leaf.describe(opened, about)
        opened.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True, PrintScaling=pikepdf.Name("/None"))
        opened.save(out, deterministic_id=True)
