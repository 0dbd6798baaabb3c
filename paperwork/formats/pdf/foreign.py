"""Convert foreign PDFs into upright, safe pages on A4 or A3, and find the pages that would break PDF/A-2b.

Each page is drawn, as a viewer shows it, onto a new page of a new file. Scripts, actions, embedded files, forms and odd
boxes therefore stay behind in the original.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork.core import filenames
from paperwork.core.faults import Unreadable
from paperwork.formats import detect
from paperwork.formats.paper import POINT, Picture, Size, place_page

BROKEN = ("PDF 不完整，有的页面已经损坏", "请重新扫描或导出")
"""Problem and remedy of a PDF that lost something."""
REFERENCE = re.compile(rb"\b(\d+) (\d+) R\b")
"""A reference to an indirect object: object number and generation."""
INVISIBLE, HIDDEN, NO_VIEW = 1, 2, 32
"""Annotation flags (ISO 32000-1, 12.5.3) that hide an annotation on the screen."""
NO_APPEARANCE_NEEDED = {"/Link", "/Popup", "/Widget"}
"""Annotation types that need no appearance stream; for widgets the field's value decides instead."""


@dataclass(frozen=True)
class ForeignPdf:
    """The findings about a foreign PDF that was converted; pages are counted from 0."""

    sizes: tuple[Size, ...]
    """Size of each page as a viewer shows it: crop box after rotation, in points."""
    signed: bool = False
    """True when a field holds a digital signature."""
    restricted: bool = False
    """True when the file is encrypted (with an owner password only, or it could not be opened)."""
    repaired: bool = False
    """True when qpdf had to repair the file's structure."""
    embedded_files: int = 0
    """Number of embedded files."""
    has_scripts: bool = False
    """True when the file holds scripts or automatic actions."""
    has_hidden_layers: bool = False
    """True when some layers (optional content) are hidden by default."""
    pages_to_render: tuple[int, ...] = ()
    """Pages with fields or annotations without an appearance stream, which only a renderer can draw."""
    undrawable_pages: tuple[int, ...] = ()
    """Pages with text annotations without an appearance stream, which the renderer cannot draw either."""


def convert_pages(path: Path, out: Path) -> ForeignPdf:
    """Copy a PDF onto new A4 or A3 pages: upright, never enlarged, landscape kept, annotations drawn into the page.

    Return the findings about the original. Raises `Unreadable` with problem and remedy in plain Chinese.
    """
    try:
        with open_pdf(path) as source, pikepdf.new() as target:
            boxes = [_box(page) for page in source.pages]
            laid = _inspected(source, boxes)
            _refuse_lost(source, laid.repaired)
            if "/NeedAppearances" in source.Root.get("/AcroForm", {}):
                del source.Root.AcroForm["/NeedAppearances"]  # with it qpdf drops the fields' appearance streams
            source.flatten_annotations("all")
            for page, box in zip(source.pages, boxes, strict=True):
                _lay_page(target, page, box)
            target.save(out, deterministic_id=True)
            return laid
    # pikepdf reports an object of the wrong type by Python's own exceptions.
    except (pikepdf.PdfError, OSError, TypeError, AttributeError, KeyError, RuntimeError):
        raise Unreadable(*BROKEN) from None


def check_pdf(path: Path) -> None:
    """Check that a PDF opens and has lost nothing, without converting it. Raises `Unreadable` if not."""
    try:
        with open_pdf(path) as source:
            _refuse_lost(source, _inspected(source, [_box(page) for page in source.pages]).repaired)
    except (pikepdf.PdfError, OSError, TypeError, AttributeError, KeyError, RuntimeError):
        raise Unreadable(*BROKEN) from None


def open_pdf(path: Path) -> pikepdf.Pdf:
    """Open a PDF within the limits on size, pages and streams. Raises `Unreadable` if that is impossible."""
    if path.stat().st_size > detect.MAX_BYTES:
        raise Unreadable(f"PDF 超过 {detect.MAX_BYTES // 2**20} MB", "请压缩或分成几份")
    most = detect.MAX_STREAM
    pikepdf.settings.set_qpdf_limits(flate_max_memory=most, run_length_max_memory=most)
    try:
        # pikepdf cannot open a file whose name is no UTF-8.
        opened = pikepdf.open(io.BytesIO(path.read_bytes()) if filenames.UNDECODED.search(str(path)) else path)
        count = len(opened.pages)
    except pikepdf.PasswordError:
        raise Unreadable("PDF 有打开密码", "请去掉密码后另存，再放进来") from None
    except pikepdf.PdfError:
        raise Unreadable("PDF 打不开，文件损坏或不是真正的 PDF", "请重新扫描或导出") from None
    if not 1 <= count <= detect.MAX_PAGES:
        raise Unreadable(f"PDF 没有页面，或超过 {detect.MAX_PAGES} 页", "请分成几份")
    return opened


# ---- findings


def _inspected(source: pikepdf.Pdf, boxes: Iterable[pikepdf.Rectangle]) -> ForeignPdf:
    """Return the findings about a PDF. Raises `Unreadable` for a portfolio and for a dynamic XFA form."""
    root: Any = source.Root
    if "/Collection" in root:
        raise Unreadable("这是 PDF 包（里面装着别的文件）", "请把里面的文件逐个另存，再分别登记")
    if root.get("/NeedsRendering", False):
        raise Unreadable("这是只有 Acrobat 能显示的动态表单（XFA）", "请用它打开后打印成 PDF，再放进来")
    form: Any = root.get("/AcroForm", {})
    needs_appearances = bool(form.get("/NeedAppearances", False))
    names: Any = root.get("/Names", {})
    layers: Any = root.get("/OCProperties", {}).get("/D", {})
    pages = list(enumerate(source.pages))
    return ForeignPdf(
        sizes=tuple(_seen(page, box) for (_, page), box in zip(pages, boxes, strict=True)),
        signed=any(_is_signature(field) for field in _fields(form.get("/Fields", []), 0)),
        restricted=source.is_encrypted,
        repaired=bool(source.get_warnings()),
        embedded_files=len(source.attachments),
        has_scripts="/JavaScript" in names or "/AA" in root or _is_action(root.get("/OpenAction")),
        has_hidden_layers=len(layers.get("/OFF", [])) > 0 or layers.get("/BaseState", "/ON") == "/OFF",
        pages_to_render=tuple(
            number
            for number, page in pages
            if any(_is_undrawn(annotation, needs_appearances) for annotation in _annotations(page))
        ),
        undrawable_pages=tuple(
            number for number, page in pages if any(_is_unshown(annotation) for annotation in _annotations(page))
        ),
    )


def _is_action(opening: Any) -> bool:
    """Return True if a file's open action does more than go to a page."""
    return isinstance(opening, pikepdf.Dictionary) and opening.get("/S") != "/GoTo"


def _fields(kids: Any, depth: int) -> Iterator[Any]:
    """Yield every field of a form, down to 20 levels."""
    for kid in kids if depth < 20 else ():  # a broken file may list a field among its own descendants
        if not isinstance(kid, pikepdf.Dictionary):
            continue
        yield kid
        yield from _fields(kid.get("/Kids", []), depth + 1)


def _is_signature(field: Any) -> bool:
    """Return True if a field is a signature field that has been signed."""
    return _inherited(field, "/FT") == "/Sig" and isinstance(_inherited(field, "/V"), pikepdf.Dictionary)


def _inherited(field: Any, key: str) -> Any:
    """Return a field's entry, inherited from its ancestors (up to 20 levels), or None."""
    for _ in range(20):
        if key in field:
            return field[key]
        if "/Parent" not in field:
            return None
        field = field.Parent
    return None


def _annotations(page: pikepdf.Page) -> list[Any]:
    """Return the annotations of a page that a viewer shows."""
    unseen = INVISIBLE | HIDDEN | NO_VIEW
    annotations: Any = page.obj.get("/Annots", [])
    return [
        annotation
        for annotation in annotations
        if isinstance(annotation, pikepdf.Dictionary)
        and "/Subtype" in annotation
        and not int(annotation.get("/F", 0)) & unseen
    ]


def _is_undrawn(annotation: Any, needs_appearances: bool) -> bool:
    """Return True if an annotation shows something that only a viewer draws, for want of an appearance stream.

    `needs_appearances` is the form's NeedAppearances: viewers must then draw every field anew.
    """
    has_appearance = "/N" in annotation.get("/AP", {})
    if annotation.Subtype != "/Widget":
        return not has_appearance and annotation.Subtype not in NO_APPEARANCE_NEEDED
    has_value = _inherited(annotation, "/FT") in ("/Tx", "/Ch") and str(_inherited(annotation, "/V") or "") != ""
    return has_value and (needs_appearances or not has_appearance)


def _is_unshown(annotation: Any) -> bool:
    """Return True for a text annotation without an appearance stream, which PDFium does not draw."""
    return annotation.Subtype == "/FreeText" and "/N" not in annotation.get("/AP", {})


def _refuse_lost(source: pikepdf.Pdf, repaired: bool) -> None:
    """Raise `Unreadable` when a repaired file has lost pages or something on them."""
    # qpdf rebuilds a damaged file from the objects that it finds, and only warns about the rest.
    if not repaired:
        return
    root: Any = source.Root
    present = [each for each in source.objects if isinstance(each, pikepdf.Stream | pikepdf.Dictionary | pikepdf.Array)]
    known = {each.objgen for each in source.objects}
    has_all_pages = int(root.Pages.get("/Count", 0)) == len(source.pages)
    if not has_all_pages or not all(_is_complete(each, known) for each in present):
        raise Unreadable(*BROKEN)


def _is_complete(thing: Any, known: set[tuple[int, int]]) -> bool:
    """Return True if all objects that an object refers to exist, and the data of a stream can be read to its end."""
    is_stream = isinstance(thing, pikepdf.Stream)
    text = (thing.stream_dict if is_stream else thing).unparse(resolved=True)
    if any((int(match[1]), int(match[2])) not in known for match in REFERENCE.finditer(text)):
        return False
    if is_stream and b"/DCTDecode" in text:
        return b"\xff\xd9" in bytes(thing.read_raw_bytes()[-64:])  # JPEG's end-of-image marker
    if is_stream and b"/FlateDecode" in text:
        thing.read_bytes(pikepdf.StreamDecodeLevel.generalized)  # raises PdfError when the data are damaged
    return True


# ---- pages as a viewer shows them


def _box(page: pikepdf.Page) -> pikepdf.Rectangle:
    """Return what a viewer shows of a page, the crop box within the media box, and make it the page's only box."""
    media = _corners(page.obj.get("/MediaBox", [0, 0, 210 * POINT, 297 * POINT]))
    crop = _corners(page.obj.get("/CropBox", page.obj.get("/MediaBox", media)))
    both = (max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3]))
    visible = both if both[2] - both[0] >= 1 and both[3] - both[1] >= 1 else media
    for name in ("/TrimBox", "/ArtBox", "/BleedBox"):
        if name in page.obj:
            del page.obj[name]  # as_form_xobject would crop to the trim box, which is meant for print shops
    page.obj.MediaBox = page.obj.CropBox = pikepdf.Array(visible)
    return pikepdf.Rectangle(*visible)


def _corners(box: Any) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a box, whose corners may come in any order (ISO 32000-1, 7.9.5)."""
    left, bottom, right, top = (float(edge) for edge in box)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _seen(page: pikepdf.Page, box: pikepdf.Rectangle) -> Size:
    """Return a page's width and height as a viewer shows it, with UserUnit and rotation applied."""
    unit = float(page.obj.get("/UserUnit", 1))
    width, height = float(box.width) * unit, float(box.height) * unit
    if not (1 <= width < 1e6 and 1 <= height < 1e6):
        raise Unreadable(*BROKEN)
    return (height, width) if int(page.obj.get("/Rotate", 0)) % 180 == 90 else (width, height)


def _lay_page(target: pikepdf.Pdf, page: pikepdf.Page, box: pikepdf.Rectangle) -> None:
    """Append a new page that shows a foreign page as a form XObject."""
    placed = place_page(_seen(page, box))
    target.add_blank_page(page_size=placed.paper_size)
    new_page: Any = target.pages[-1]
    form = target.copy_foreign(page.as_form_xobject())
    new_page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Sheet=form))
    area = pikepdf.Rectangle(placed.left, placed.bottom, placed.left + placed.width, placed.bottom + placed.height)
    new_page.contents_add(new_page.calc_form_xobject_placement(form, pikepdf.Name.Sheet, area))


# ---- pictures


def write_picture_pages(pictures: Iterable[Picture], out: Path) -> int:
    """Write a PDF with one page for each picture, and return the number of pages."""
    with pikepdf.new() as target:
        for picture in pictures:
            _draw(target, picture)
        target.save(out, deterministic_id=True)
        return len(target.pages)


def replace_pages(path: Path, pictures: Mapping[int, Picture], out: Path) -> None:
    """Copy a converted PDF with some pages (counted from 0) replaced by pictures."""
    with pikepdf.open(path) as source, pikepdf.new() as target:
        for number, page in enumerate(source.pages):
            if number in pictures:
                _draw(target, pictures[number])
            else:
                target.pages.append(page)
        target.save(out, deterministic_id=True)


def _draw(target: pikepdf.Pdf, picture: Picture) -> None:
    """Append a page that shows a picture."""
    placed = picture.placed
    image = pikepdf.Stream(
        target, b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=picture.pixels[0],
        Height=picture.pixels[1], ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
    )  # fmt: skip
    image.write(picture.data, filter=pikepdf.Name.DCTDecode if picture.is_jpeg else pikepdf.Name.FlateDecode)
    target.add_blank_page(page_size=placed.paper_size)
    new_page: Any = target.pages[-1]
    new_page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Sheet=image))
    new_page.contents_add(
        f"q {placed.width:.4f} 0 0 {placed.height:.4f} {placed.left:.4f} {placed.bottom:.4f} cm /Sheet Do Q".encode()
    )


def write_repaired_copy(path: Path, out: Path) -> None:
    """Write a repaired copy without encryption, with crop boxes applied, for PDFium, which repairs less than qpdf."""
    with open_pdf(path) as source:
        for page in source.pages:
            _box(page)
        source.save(out)


# ---- PDF/A


def nonconforming_pages(path: Path) -> tuple[int, ...]:
    """Return the pages (counted from 0) that would keep a volume from being PDF/A-2b.

    The result is also empty when each page passes alone and only all of them together do not.
    """
    with pikepdf.open(path) as converted:
        return tuple(_unfit(converted, 0, len(converted.pages)))


def _unfit(converted: pikepdf.Pdf, first: int, last: int) -> Iterator[int]:
    """Yield the pages in `first`…`last` (exclusive) that fail, by bisection: mostly the first check passes them all."""
    if _passes(converted, first, last):
        return
    if last - first == 1:
        yield first
        return
    middle = (first + last) // 2
    yield from _unfit(converted, first, middle)
    yield from _unfit(converted, middle, last)


def _passes(converted: pikepdf.Pdf, first: int, last: int) -> bool:
    """Return True if a file of these pages can be made PDF/A-2b."""
    from pikepdf import pdfa

    with pikepdf.new() as part:
        part.pages.extend(converted.pages[first:last])
        try:
            pdfa.prepare(part, "2b")
            return pdfa.check(part, "2b").passed
        except (pikepdf.PdfError, ValueError):
            return False
