"""Pages of foreign PDFs set upright on fresh sheets, as a reader sees them; told what of them no archive would take.

Owner of pikepdf beside `pdf`, which binds. A page is drawn onto a new page of a new file: scripts, actions, embedded
files, forms and odd boxes stay behind in the old one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import pdfa

from paperwork.paper import POINT, Picture, Size, place

MAX_BYTES = 200 * 2**20
MAX_PAGES = 2000
MAX_STREAM = 2**29
"""A stream that unpacks to more than this is a bomb."""
BROKEN = "PDF 不完整，有的页面已经损坏，请重新扫描或导出"
REFERENCE = re.compile(rb"\b(\d+) (\d+) R\b")
INVISIBLE, HIDDEN, NO_VIEW = 1, 2, 32
WITHOUT_LOOK = {"/Link", "/Popup", "/Widget"}
"""Annotations that show nothing by themselves; of widgets the fields' values are asked instead."""


@dataclass(frozen=True)
class Laid:
    """What was found in a PDF: how large a reader sees its pages (points), which of them only drawing can show."""

    sizes: tuple[Size, ...]
    signed: bool = False
    restricted: bool = False
    repaired: bool = False
    embedded: int = 0
    scripts: bool = False
    layered: bool = False
    undrawn: tuple[int, ...] = ()
    """Pages with fields or annotations that bring no picture of themselves."""
    unshown: tuple[int, ...] = ()
    """Pages with text annotations that nobody can draw."""


def lay(path: Path, out: Path) -> Laid:
    """Copy a PDF onto fresh sheets: rotation undone, never enlarged, landscape and A3 kept, annotations drawn in.

    Raises `ValueError` with the plain reason and remedy.
    """
    try:
        with _open(path) as source, pikepdf.new() as target:
            boxes = [_box(page) for page in source.pages]
            found = _found(source, boxes)
            _refuse_lost(source, found.repaired)
            if "/NeedAppearances" in source.Root.get("/AcroForm", {}):
                del source.Root.AcroForm["/NeedAppearances"]  # with it qpdf drops the fields' pictures
            source.flatten_annotations("all")
            for page, box in zip(source.pages, boxes, strict=True):
                _lay_page(target, page, box)
            target.save(out, deterministic_id=True)
            return found
    except (pikepdf.PdfError, OSError, TypeError, AttributeError, KeyError, RuntimeError):
        raise ValueError(BROKEN) from None  # pikepdf tells a wrong type of object by Python's own exceptions


def _open(path: Path) -> pikepdf.Pdf:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"PDF 超过 {MAX_BYTES // 2**20} MB，请压缩或分成几份")
    pikepdf.settings.set_qpdf_limits(flate_max_memory=MAX_STREAM, run_length_max_memory=MAX_STREAM)
    try:
        opened = pikepdf.open(path)
        count = len(opened.pages)
    except pikepdf.PasswordError:
        raise ValueError("PDF 有打开密码，请去掉密码后另存，再放进来") from None
    except pikepdf.PdfError:
        raise ValueError("PDF 打不开，文件损坏或不是真正的 PDF，请重新扫描或导出") from None
    if not 1 <= count <= MAX_PAGES:
        raise ValueError(f"PDF 没有页面，或超过 {MAX_PAGES} 页，请分成几份")
    return opened


# ---- what is in it


def _found(source: pikepdf.Pdf, boxes: Iterable[pikepdf.Rectangle]) -> Laid:
    root: Any = source.Root
    if "/Collection" in root:
        raise ValueError("这是 PDF 包（里面装着别的文件），请把里面的文件逐个另存，再分别登记")
    if root.get("/NeedsRendering", False):
        raise ValueError("这是只有 Acrobat 能显示的动态表单（XFA），请用它打开后打印成 PDF，再放进来")
    fields: Any = root.get("/AcroForm", {})
    asked = bool(fields.get("/NeedAppearances", False))
    names: Any = root.get("/Names", {})
    off: Any = root.get("/OCProperties", {}).get("/D", {})
    pages = list(enumerate(source.pages))
    return Laid(
        sizes=tuple(_seen(page, box) for (_, page), box in zip(pages, boxes, strict=True)),
        signed=any(_is_signature(field) for field in _fields(fields.get("/Fields", []), 0)),
        restricted=source.is_encrypted,
        repaired=bool(source.get_warnings()),
        embedded=len(source.attachments),
        scripts="/JavaScript" in names or "/AA" in root or _is_action(root.get("/OpenAction")),
        layered=len(off.get("/OFF", [])) > 0 or off.get("/BaseState", "/ON") == "/OFF",
        undrawn=tuple(number for number, page in pages if any(_is_undrawn(note, asked) for note in _notes(page))),
        unshown=tuple(number for number, page in pages if any(_is_unshown(note) for note in _notes(page))),
    )


def _is_action(opening: Any) -> bool:
    """Whether opening a file does more than to show a page."""
    return isinstance(opening, pikepdf.Dictionary) and opening.get("/S") != "/GoTo"


def _fields(kids: Any, depth: int) -> Iterator[Any]:
    """Every field of a form; a tree that bites its tail ends somewhere."""
    for kid in kids if depth < 20 else ():
        if not isinstance(kid, pikepdf.Dictionary):
            continue
        yield kid
        yield from _fields(kid.get("/Kids", []), depth + 1)


def _is_signature(field: Any) -> bool:
    return _inherited(field, "/FT") == "/Sig" and isinstance(_inherited(field, "/V"), pikepdf.Dictionary)


def _inherited(field: Any, key: str) -> Any:
    for _ in range(20):
        if key in field:
            return field[key]
        if "/Parent" not in field:
            return None
        field = field.Parent
    return None


def _notes(page: pikepdf.Page) -> list[Any]:
    """The annotations a reader sees."""
    unseen = INVISIBLE | HIDDEN | NO_VIEW
    notes: Any = page.obj.get("/Annots", [])
    return [
        note
        for note in notes
        if isinstance(note, pikepdf.Dictionary) and "/Subtype" in note and not int(note.get("/F", 0)) & unseen
    ]


def _is_undrawn(note: Any, asked: bool) -> bool:
    """Whether it shows something only a reader's program draws; `asked`: the file asks for all fields to be drawn."""
    has_look = "/N" in note.get("/AP", {})
    if note.Subtype != "/Widget":
        return not has_look and note.Subtype not in WITHOUT_LOOK
    has_value = _inherited(note, "/FT") in ("/Tx", "/Ch") and str(_inherited(note, "/V") or "") != ""
    return has_value and (asked or not has_look)


def _is_unshown(note: Any) -> bool:
    return note.Subtype == "/FreeText" and "/N" not in note.get("/AP", {})


def _refuse_lost(source: pikepdf.Pdf, repaired: bool) -> None:
    """Raise when a repaired file has lost pages, or anything that stands on them."""
    if not repaired:
        return
    root: Any = source.Root
    there = [each for each in source.objects if isinstance(each, pikepdf.Stream | pikepdf.Dictionary | pikepdf.Array)]
    known = {each.objgen for each in source.objects}
    is_whole = int(root.Pages.get("/Count", 0)) == len(source.pages)
    if not is_whole or not all(_is_whole(each, known) for each in there):
        raise ValueError(BROKEN)


def _is_whole(thing: Any, known: set[tuple[int, int]]) -> bool:
    """Whether all that an object names is there, and a stream in full."""
    is_stream = isinstance(thing, pikepdf.Stream)
    words = (thing.stream_dict if is_stream else thing).unparse(resolved=True)
    if any((int(found[1]), int(found[2])) not in known for found in REFERENCE.finditer(words)):
        return False
    if is_stream and b"/DCTDecode" in words:
        return b"\xff\xd9" in bytes(thing.read_raw_bytes()[-64:])
    if is_stream and b"/FlateDecode" in words:
        thing.read_bytes(pikepdf.StreamDecodeLevel.generalized)
    return True


# ---- pages as a reader sees them


def _box(page: pikepdf.Page) -> pikepdf.Rectangle:
    """What a reader sees of a page: its crop box, as far as there is paper; the boxes for printers are taken away."""
    media = _corners(page.obj.get("/MediaBox", [0, 0, 210 * POINT, 297 * POINT]))
    crop = _corners(page.obj.get("/CropBox", page.obj.get("/MediaBox", media)))
    both = (max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3]))
    seen = both if both[2] - both[0] >= 1 and both[3] - both[1] >= 1 else media
    for name in ("/TrimBox", "/ArtBox", "/BleedBox"):
        if name in page.obj:
            del page.obj[name]  # as_form_xobject would cut at the trim box
    page.obj.MediaBox = page.obj.CropBox = pikepdf.Array(seen)
    return pikepdf.Rectangle(*seen)


def _corners(box: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in box)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _seen(page: pikepdf.Page, box: pikepdf.Rectangle) -> Size:
    unit = float(page.obj.get("/UserUnit", 1))
    width, height = float(box.width) * unit, float(box.height) * unit
    if not (1 <= width < 1e6 and 1 <= height < 1e6):
        raise ValueError(BROKEN)
    return (height, width) if int(page.obj.get("/Rotate", 0)) % 180 == 90 else (width, height)


def _lay_page(target: pikepdf.Pdf, page: pikepdf.Page, box: pikepdf.Rectangle) -> None:
    where = place(_seen(page, box))
    target.add_blank_page(page_size=where.sheet)
    fresh: Any = target.pages[-1]
    drawing = target.copy_foreign(page.as_form_xobject())
    fresh.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Sheet=drawing))
    room = pikepdf.Rectangle(where.left, where.bottom, where.left + where.width, where.bottom + where.height)
    fresh.contents_add(fresh.calc_form_xobject_placement(drawing, pikepdf.Name.Sheet, room))


# ---- pictures


def picture_pages(pictures: Iterable[Picture], out: Path) -> int:
    """Write a PDF with a page for each picture; how many there are."""
    with pikepdf.new() as target:
        for picture in pictures:
            _draw(target, picture)
        target.save(out, deterministic_id=True)
        return len(target.pages)


def exchange(path: Path, pictures: Mapping[int, Picture], out: Path) -> None:
    """Copy a laid PDF with some pages (counted from 0) replaced by pictures of them."""
    with pikepdf.open(path) as source, pikepdf.new() as target:
        for number, page in enumerate(source.pages):
            if number in pictures:
                _draw(target, pictures[number])
            else:
                target.pages.append(page)
        target.save(out, deterministic_id=True)


def _draw(target: pikepdf.Pdf, picture: Picture) -> None:
    where = picture.placed
    image = pikepdf.Stream(
        target, b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=picture.pixels[0],
        Height=picture.pixels[1], ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
    )  # fmt: skip
    image.write(picture.data, filter=pikepdf.Name.DCTDecode if picture.is_jpeg else pikepdf.Name.FlateDecode)
    target.add_blank_page(page_size=where.sheet)
    fresh: Any = target.pages[-1]
    fresh.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Sheet=image))
    fresh.contents_add(
        f"q {where.width:.4f} 0 0 {where.height:.4f} {where.left:.4f} {where.bottom:.4f} cm /Sheet Do Q".encode()
    )


def plain_copy(path: Path, out: Path) -> None:
    """Copy a PDF repaired and without encryption, for a program that repairs less well."""
    with _open(path) as source:
        for page in source.pages:
            _box(page)
        source.save(out)


# ---- what an archive would take


def unfit(path: Path) -> tuple[int, ...]:
    """The pages (counted from 0) that would keep a volume from being PDF/A-2b."""
    with pikepdf.open(path) as laid:
        return tuple(_unfit(laid, 0, len(laid.pages)))


def _unfit(laid: pikepdf.Pdf, first: int, last: int) -> Iterator[int]:
    """Halve what does not pass until the pages are found: mostly all of it passes at once."""
    if _passes(laid, first, last):
        return
    if last - first == 1:
        yield first
        return
    middle = (first + last) // 2
    yield from _unfit(laid, first, middle)
    yield from _unfit(laid, middle, last)


def _passes(laid: pikepdf.Pdf, first: int, last: int) -> bool:
    with pikepdf.new() as part:
        part.pages.extend(laid.pages[first:last])
        try:
            pdfa.prepare(part, "2b")
            return pdfa.check(part, "2b").passed
        except (pikepdf.PdfError, ValueError):
            return False
