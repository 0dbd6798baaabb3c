"""Unusual and hostile attachments: a generator for each kind, and the expected result of its conversion.

A page has a red 20 mm square at the visual top left and the word “searchable” in an embedded font. They tell a test
whether the converted page is upright, at its original scale and still text.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
from docx import Document
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from paperwork.formats.office import installation, libreoffice

MM = 72 / 25.4
MARK_MM = 20
UP, LAND, A3_UP, A3_LAND = (210, 297), (297, 210), (297, 420), (420, 297)
FONT = "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"
Size = tuple[float, float]


@dataclass(frozen=True)
class Odd:
    """A kind of attachment: its generator and the expected result."""

    make: Callable[[Path], object]
    sheets: Sequence[tuple[int, int]] = (UP,)
    """Size of each converted page in millimetres; empty if the file must be refused."""
    mark: float | None = MARK_MM
    """Width of the red square after conversion in millimetres; None if there is no square."""
    text: bool = True
    """True if its text must stay searchable."""
    note: str = ""
    """Text that the note, or the reason of the refusal, must contain; empty if there must be no note."""
    suffix: str = ".pdf"
    signed: bool = False
    blue: bool = False
    """True if something blue must be visible: a stamp or a field value. Hidden content is also drawn in blue."""


def page(
    path: Path, size: Size = UP, corner: str = "tl", pages: int = 1, embedded: bool = True, foot: str = ""
) -> Path:
    """Write a PDF with the mark in a corner (t or b, l or r) of the unrotated page; sizes in millimetres.

    `foot` stands where browsers print page numbers.
    """
    made = FPDF(unit="mm")
    made.set_auto_page_break(False)
    if embedded:
        made.add_font("own", fname=FONT)
    for _ in range(pages):
        made.add_page(format=size)
        made.set_fill_color(255, 0, 0)
        left = 0 if corner[1] == "l" else size[0] - MARK_MM
        made.rect(left, 0 if corner[0] == "t" else size[1] - MARK_MM, MARK_MM, MARK_MM, style="F")
        made.set_font("own" if embedded else "helvetica", size=min(20, size[0] / 4))
        made.text(size[0] / 5, size[1] / 2, "searchable")
        made.set_font_size(8)
        made.text(size[0] - 12, size[1] - 3.5, foot)
    made.output(str(path))
    return path


def changed(path: Path, change: Callable[[pikepdf.Pdf], object], **saved: Any) -> None:
    """Change a PDF in place."""
    with pikepdf.open(path, allow_overwriting_input=True) as opened:
        change(opened)
        opened.save(path, **saved)


def on_page(change: Callable[[Any], object], **base: Any) -> Callable[[Path], None]:
    """Return a generator of a page with a change made to its page dictionary."""
    return lambda path: changed(page(path, **base), lambda pdf: change(pdf.pages[0].obj))


def on_file(change: Callable[[pikepdf.Pdf], object], **base: Any) -> Callable[[Path], None]:
    """Return a generator of a page with a change made to the PDF."""
    return lambda path: changed(page(path, **base), change)


def setting(**entries: Any) -> Callable[[Any], object]:
    """Return a change that sets entries of a dictionary."""

    def change(thing: Any) -> None:
        for name, value in entries.items():
            thing[f"/{name}"] = Array(value) if isinstance(value, list) else value

    return change


def _box(left: float, bottom: float, width: float, height: float) -> list[float]:
    return [edge * MM for edge in (left, bottom, left + width, bottom + height)]


def _shifted(path: Path) -> None:
    """Write a page whose MediaBox starts at (-300, 500) points."""

    def shift(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.MediaBox = Array([-300, 500, -300 + 210 * MM, 500 + 297 * MM])
        pdf.pages[0].contents_add(b"q 1 0 0 1 -300 500 cm", prepend=True)
        pdf.pages[0].contents_add(b"Q")

    changed(page(path), shift)


# ---- forms, annotations, scripts


def _annotated(subtype: str, appearance: bool, **more: Any) -> Callable[[pikepdf.Pdf], None]:
    """Return a change that adds an annotation, with or without an appearance stream (blue)."""

    def change(pdf: pikepdf.Pdf) -> None:
        rect = _box(80, 200, 40, 20)
        annotation = Dictionary(Type=Name.Annot, Subtype=Name("/" + subtype), Rect=Array(rect), F=4, **more)
        if appearance:
            blue = pdf.make_stream(b"0 0 1 rg 0 0 50 50 re f", BBox=[0, 0, 50, 50], Subtype=Name.Form)
            annotation.AP = Dictionary(N=blue)
        if subtype == "Highlight":
            annotation.QuadPoints = Array([rect[0], rect[3], rect[2], rect[3], rect[0], rect[1], rect[2], rect[1]])
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])

    return change


def _form(value: str, appearance: bool, redraw: bool, xfa: bool = False) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        _annotated(
            "Widget", appearance, FT=Name.Tx, T=String("name"), V=String(value), DA=String("/Helv 24 Tf 0 0 1 rg")
        )(pdf)
        helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        form = Dictionary(Fields=pdf.pages[0].obj.Annots, DR=Dictionary(Font=Dictionary(Helv=helvetica)))
        if redraw:
            form.NeedAppearances = True
        if xfa:
            form.XFA = pdf.make_stream(b"<xdp:xdp/>")
        pdf.Root.AcroForm = form

    return change


def _signed(pdf: pikepdf.Pdf) -> None:
    """Add a signature field whose value has a ByteRange, as PDF readers detect a signature."""
    value = Dictionary(
        Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"),
        ByteRange=Array([0, 10, 20, 10]), Contents=String(b"\x30\x03\x02\x01\x00" + b"\0" * 64),
    )  # fmt: skip
    _annotated("Widget", True, FT=Name.Sig, T=String("signature"), V=pdf.make_indirect(value))(pdf)
    pdf.Root.AcroForm = Dictionary(Fields=pdf.pages[0].obj.Annots, SigFlags=3)


def _scripts(pdf: pikepdf.Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('1')"))
    pdf.Root.OpenAction = script
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
    pdf.pages[0].obj.AA = Dictionary(O=script)


def _embeds(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["表.txt"] = b"inside"


def _portfolio(pdf: pikepdf.Pdf) -> None:
    _embeds(pdf)
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


def _dynamic(pdf: pikepdf.Pdf) -> None:
    _form("", False, False, xfa=True)(pdf)
    pdf.Root.NeedsRendering = True


def _hidden_layer(pdf: pikepdf.Pdf) -> None:
    """Add a blue square on a layer that is switched off."""
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("隐藏")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), Order=Array([layer])))
    pdf.pages[0].obj.Resources.Properties = Dictionary(L=layer)
    pdf.pages[0].contents_add(b"/OC /L BDC 0 0 1 rg 200 500 100 100 re f EMC")


# ---- colours and fonts that PDF/A does not allow


def _cmyk(pdf: pikepdf.Pdf) -> None:
    _with_image(pdf, Image.new("CMYK", (100, 100), (255, 0, 0, 0)))


def _with_image(pdf: pikepdf.Pdf, image: Image.Image) -> None:
    colours = {"CMYK": Name.DeviceCMYK, "RGB": Name.DeviceRGB}[image.mode]
    stream = pdf.make_stream(
        zlib.compress(image.tobytes()), Type=Name.XObject, Subtype=Name.Image, Width=image.width, Height=image.height,
        ColorSpace=colours, BitsPerComponent=8, Filter=Name.FlateDecode, Interpolate=True,
    )  # fmt: skip
    pdf.pages[0].obj.Resources.XObject = Dictionary(Im=stream)
    pdf.pages[0].contents_add(b"q 100 0 0 100 200 500 cm /Im Do Q")


def _transparent(pdf: pikepdf.Pdf) -> None:
    """Add a half-transparent square in a CMYK blending group."""
    pdf.pages[0].obj.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceCMYK)
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(G=Dictionary(ca=0.5, BM=Name.Multiply))
    pdf.pages[0].contents_add(b"/G gs 0 0 1 rg 200 500 100 100 re f")


def _chinese(pdf: pikepdf.Pdf) -> None:
    """Add Chinese text in a font that is not embedded (Adobe's standard STSong-Light)."""
    inner = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/STSong-Light"), DW=1000,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=2),
        FontDescriptor=Dictionary(
            Type=Name.FontDescriptor, FontName=Name("/STSong-Light"), Flags=6, FontBBox=Array([-25, -254, 1000, 880]),
            ItalicAngle=0, Ascent=880, Descent=-120, CapHeight=880, StemV=93,
        ),
    )  # fmt: skip
    pdf.pages[0].obj.Resources.Font["/C1"] = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/STSong-Light"), Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([pdf.make_indirect(inner)]),
    )  # fmt: skip
    words = "评估报告".encode("utf-16-be").hex().encode()
    pdf.pages[0].contents_add(b"BT 0 0 1 rg /C1 60 Tf 200 600 Td <" + words + b"> Tj ET")


def _billion_laughs(pdf: pikepdf.Pdf) -> None:
    """Nest forms that each draw ten others, eight levels deep: a hundred million rectangles (“billion laughs”)."""
    form = pdf.make_stream(b"0 0 1 1 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 200])
    for _ in range(8):
        inside = Dictionary(XObject=Dictionary(X=form))
        form = pdf.make_stream(
            b"/X Do " * 10, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 200], Resources=inside
        )
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=form)
    pdf.pages[0].contents_add(b"0 1 0 0 k /X Do")


# ---- damage


def _broken_table(path: Path) -> None:
    content = page(path, pages=3).read_bytes()
    path.write_bytes(content.replace(b"startxref\n", b"startxref\n9", 1).replace(b"\nxref\n", b"\nxxxx\n", 1))


def _truncated(path: Path) -> None:
    content = page(path, pages=30).read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def _page_gone(path: Path) -> None:
    """Write a truncated file whose page tree still lists all three pages."""
    changed(page(path, pages=3), lambda pdf: None, linearize=False, compress_streams=False)
    content = path.read_bytes()
    last = content.rindex(b"/Type /Page\n") if b"/Type /Page\n" in content else content.rindex(b"/Page ")
    path.write_bytes(content[: content.rindex(b" obj", 0, last) - 4])


def _locked(user: str) -> Callable[[Path], None]:
    key = pikepdf.Encryption(user=user, owner="owner", allow=pikepdf.Permissions(print_highres=False))
    return lambda path: changed(page(path), lambda pdf: None, encryption=key)


def _many_scans(path: Path) -> None:
    """Write a PDF of 300 pages with a different image on each."""
    with pikepdf.new() as pdf:
        for number in range(300):
            pdf.add_blank_page(page_size=(595, 842))
            grey = Image.new("RGB", (620, 877), (200, 200, number % 200))
            ImageDraw.Draw(grey).rectangle((0, 0, 59, 59), fill=(255, 0, 0))
            image = pdf.make_stream(
                zlib.compress(grey.tobytes(), 1), Type=Name.XObject, Subtype=Name.Image, Width=620, Height=877,
                ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.FlateDecode,
            )  # fmt: skip
            pdf.pages[-1].obj.Resources = Dictionary(XObject=Dictionary(Im=image))
            pdf.pages[-1].contents_add(b"q 595 0 0 842 0 0 cm /Im Do Q")
        pdf.save(path)


# ---- pictures


def drawing(mode: str = "RGB", size: tuple[int, int] = (827, 1170)) -> Image.Image:
    """Draw an A4 page at 100 dpi with the mark at its top left."""
    image = Image.new("RGB", size, (235, 235, 235))
    ImageDraw.Draw(image).rectangle((0, 0, 78, 78), fill=(255, 0, 0))
    return image.convert(mode)


def picture(mode: str = "RGB", size: tuple[int, int] = (827, 1170), **saved: Any) -> Callable[[Path], None]:
    """Return a generator of that drawing as an image file."""
    return lambda path: drawing(mode, size).save(path, dpi=(100, 100), **saved)


def _camera(path: Path) -> None:
    """Write a photo with an EXIF rotation and a GPS location."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (29.0, 20.0, 30.0)
    drawing().rotate(90, expand=True).save(path, "JPEG", dpi=(100, 100), exif=exif)


def _transparent_png(path: Path) -> None:
    image = drawing("RGBA")
    image.paste((0, 0, 0, 0), (200, 200, 827, 1170))
    image.save(path, dpi=(100, 100))


def _sixteen_bits(path: Path) -> None:
    grey = Image.new("I;16", (400, 300), 40000)
    grey.save(path)


def _heic(path: Path) -> None:
    import pillow_heif

    exif = Image.Exif()
    exif[0x0112] = 6
    pillow_heif.from_pillow(drawing().rotate(90, expand=True)).save(path, exif=exif.tobytes())


def _pages_of_tiff(path: Path) -> None:
    first, *others = [drawing(), drawing(size=(1170, 827)), drawing("L")]
    first.save(path, save_all=True, append_images=others, dpi=(100, 100), compression="tiff_deflate")


def _animated(path: Path) -> None:
    drawing("P").save(path, save_all=True, append_images=[Image.new("P", (827, 1170))])


def _bomb(path: Path) -> None:
    Image.new("1", (20000, 20000)).save(path)


def _half_a_photo(path: Path) -> None:
    drawing().save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:5000])


# ---- Office


def _docx(path: Path) -> None:
    document = Document()
    document.add_paragraph("searchable 评估报告")
    document.save(str(path))


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B2"] = "searchable 经费", 12
    book.save(path)


def _older(make: Callable[[Path], None], ending: str, export: str) -> Callable[[Path], None]:
    """Return a generator of the pre-2007 Office format, converted by LibreOffice."""

    def older(path: Path) -> None:
        folder = path.with_suffix("")
        folder.mkdir()
        soffice, newer = installation.find_program(), folder / f"odd.{ending}x"
        assert soffice
        make(newer)
        libreoffice._start(soffice, [newer], folder, folder / "profile", {}, lambda _: None, f"{ending}:{export}")
        (folder / f"odd.{ending}").replace(path)

    return older


def _zip_bomb(path: Path) -> None:
    """Write a zip file that declares an unpacked size of 2 GB."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("word/media/x.bin", "")
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(content)


def _half_a_document(path: Path) -> None:
    _docx(path)
    path.write_bytes(path.read_bytes()[:9000])


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("报告.txt", "报告")


OLE_END, OLE_FREE, OLE_TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def _ole_entry(
    name: str, kind: int, right: int = OLE_FREE, child: int = OLE_FREE, start: int = 0, size: int = 0
) -> bytes:
    """Return a directory entry of an OLE file."""
    encoded = name.encode("utf-16-le")
    head = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded) + 2, kind, 1, OLE_FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def ole(path: Path, streams: Mapping[str, bytes], embedded: Mapping[str, bytes] | None = None) -> Path:
    """Write an OLE file ([MS-CFB]) with these streams in its root, and others in the storage ObjectPool."""
    inner, outer = list((embedded or {}).items()), list(streams.items())
    contents = [content.ljust(-(-max(len(content), 4096) // 512) * 512, b"\0") for _, content in (*outer, *inner)]
    entry_count = 2 + len(contents)
    directory_sectors = -(-entry_count // 4)
    table = [*range(1, directory_sectors), OLE_END]
    starts = []
    for content in contents:
        starts.append(len(table))
        last = len(table) + len(content) // 512 - 1
        table += [*range(len(table) + 1, last + 1), OLE_END]
    entries = [_ole_entry("Root Entry", 5, child=1), _ole_entry("ObjectPool", 1, right=2, child=2 + len(outer))]
    for place, (name, _) in enumerate((*outer, *inner)):
        is_last = place in (len(outer) - 1, len(contents) - 1)
        right = OLE_FREE if is_last else place + 3
        entries.append(_ole_entry(name, 2, right, start=starts[place], size=len(contents[place])))
    if not inner:
        entries[1] = _ole_entry("ObjectPool", 1, right=2)
    directory = b"".join(entries).ljust(512 * directory_sectors, b"\0")
    tables = next(n for n in range(1, 10_000) if len(table) + n + -(-max(0, n - 109) // 127) <= 128 * n)
    lists = -(-max(0, tables - 109) // 127)
    numbers = list(range(len(table), len(table) + tables))
    first_list = len(table) + tables
    table += [OLE_TABLE] * tables + [OLE_TABLE - 1] * lists
    table += [OLE_FREE] * (128 * tables - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6xII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables)
    header += struct.pack("<7I", 0, 0, 4096, OLE_END, 0, first_list if lists else OLE_END, lists)
    header += struct.pack("<109I", *(numbers + [OLE_FREE] * 109)[:109])
    rest, more = numbers[109:], b""
    for place in range(lists):
        chunk = rest[127 * place : 127 * (place + 1)]
        following = first_list + place + 1 if place + 1 < lists else OLE_END
        more += struct.pack("<128I", *chunk, *[OLE_FREE] * (127 - len(chunk)), following)
    path.write_bytes(header + directory + b"".join(contents) + struct.pack(f"<{len(table)}I", *table) + more)
    return path


def writing(content: bytes) -> Callable[[Path], object]:
    """Return a generator of a file with these bytes."""
    return lambda path: path.write_bytes(content)


SHRUNK = MARK_MM * 170 / 210
"""Width of the mark on an image of an A4 page, which is scaled down to leave room for the margins."""
RASTERISED, REFUSED = "已转成图像", ()
PDFS = {
    "竖A4": Odd(page),
    "浏览器打印": Odd(lambda path: page(path, foot="1/2")),
    "右转90": Odd(on_page(setting(Rotate=90), corner="bl"), [LAND]),
    "倒180": Odd(on_page(setting(Rotate=180), corner="br")),
    "左转90": Odd(on_page(setting(Rotate=270), corner="tr"), [LAND]),
    "负的旋转": Odd(on_page(setting(Rotate=-90), corner="tr"), [LAND]),
    "页框不在原点": Odd(_shifted),
    "页框写反": Odd(on_page(setting(MediaBox=[210 * MM, 297 * MM, 0, 0]))),
    "裁切框小": Odd(on_page(setting(CropBox=_box(0, 97, 200, 200)))),
    "裁切框超出": Odd(on_page(setting(CropBox=_box(-50, -50, 500, 500)))),
    "裁切框在外": Odd(on_page(setting(CropBox=_box(900, 900, 100, 100)))),
    "印刷裁切框": Odd(on_page(setting(TrimBox=_box(50, 50, 100, 100)))),
    "裁切又旋转": Odd(on_page(setting(CropBox=_box(0, 0, 150, 200), Rotate=90), corner="bl"), [LAND]),
    "用户单位": Odd(on_page(setting(UserUnit=2), size=(105, 148.5)), mark=2 * MARK_MM),
    "A3竖": Odd(lambda path: page(path, A3_UP), [A3_UP], note="第1页是 A3"),
    "A3横": Odd(lambda path: page(path, A3_LAND), [A3_LAND], note="第1页是 A3"),
    "A4横": Odd(lambda path: page(path, LAND), [LAND]),
    "A5收据": Odd(lambda path: page(path, (148, 210))),
    "A5横": Odd(lambda path: page(path, (210, 148)), [LAND]),
    "信纸": Odd(lambda path: page(path, (215.9, 279.4)), mark=MARK_MM * 210 / 215.9),
    "很小": Odd(lambda path: page(path, (40, 40))),
    "长条": Odd(lambda path: page(path, (80, 900)), mark=MARK_MM * 297 / 900),
    "A0图": Odd(lambda path: page(path, (841, 1189)), [A3_UP], mark=MARK_MM * 297 / 841, note="第1页是 A3"),
    "印刷色图": Odd(on_file(_cmyk), text=False, note="第1页的字体没有嵌入（或颜色是印刷色），" + RASTERISED),
    "印刷色透明": Odd(on_file(_transparent), text=False, note=RASTERISED, blue=True),
    "西文未嵌入": Odd(lambda path: page(path, embedded=False), text=False, note=RASTERISED),
    "中文未嵌入": Odd(on_file(_chinese), text=False, note=RASTERISED, blue=True),
    "表单": Odd(on_file(_form("张三", True, False)), blue=True),
    "填了没有画面的表单": Odd(
        on_file(_form("张三", False, False)), text=False, note="第1页的表单或批注没有自带画面", blue=True
    ),
    "要求重画的表单": Odd(on_file(_form("张三", True, True)), text=False, note="表单", blue=True),
    "空表单": Odd(on_file(_form("", False, True))),
    "图章": Odd(on_file(_annotated("Stamp", True)), blue=True),
    "文字批注": Odd(on_file(_annotated("FreeText", True, Contents=String("同意"))), blue=True),
    "没有画面的文字批注": Odd(
        on_file(_annotated("FreeText", False, Contents=String("同意"))), text=False, note="第1页有画不出来的文字批注"
    ),
    "没有画面的高亮": Odd(
        on_file(_annotated("Highlight", False, C=Array([0, 0, 1]))), text=False, note="批注", blue=True
    ),
    "脚本": Odd(on_file(_scripts), note="脚本和自动动作已去掉"),
    "夹带文件": Odd(on_file(_embeds), note="夹带 1 个附件"),
    "PDF包": Odd(on_file(_portfolio), REFUSED, note="逐个另存"),
    "静态XFA": Odd(on_file(_form("张三", True, False, xfa=True)), blue=True),
    "动态XFA": Odd(on_file(_dynamic), REFUSED, note="打印成 PDF"),
    "隐藏图层": Odd(on_file(_hidden_layer), text=False, note="隐藏的图层"),
    "权限口令": Odd(_locked(""), note="限制"),
    "打开密码": Odd(_locked("user"), REFUSED, note="请去掉密码"),
    "数字签名": Odd(on_file(_signed), signed=True, note="有数字签名，卷内是打印件，原件见电子档案包", blue=True),
    "交叉引用坏": Odd(_broken_table, [UP] * 3, note="已修复，页面齐全"),
    "前面有杂物": Odd(lambda path: path.write_bytes(b"\r\n\r\n" + page(path).read_bytes()), note=""),
    "截断": Odd(_truncated, REFUSED, note="请重新扫描或导出"),
    "丢了一页": Odd(_page_gone, REFUSED, note="请重新扫描或导出"),
    "三百页扫描": Odd(_many_scans, [UP] * 300, text=False),
}
PICTURES = {
    "相机": Odd(_camera, mark=SHRUNK, text=False, suffix=".jpg"),
    "透明PNG": Odd(_transparent_png, mark=SHRUNK, text=False, suffix=".png"),
    "十六位PNG": Odd(_sixteen_bits, [LAND], mark=None, text=False, suffix=".png"),
    "调色板GIF": Odd(picture("P"), mark=SHRUNK, text=False, suffix=".gif"),
    "动图": Odd(_animated, mark=SHRUNK, text=False, suffix=".gif", note="第一个画面"),
    "HEIC": Odd(_heic, mark=SHRUNK, text=False, suffix=".heic"),
    "多页TIFF": Odd(_pages_of_tiff, [UP, LAND, UP], mark=SHRUNK, text=False, suffix=".tif"),
    "印刷色TIFF": Odd(picture("CMYK"), mark=SHRUNK, text=False, suffix=".tif"),
    "印刷色JPEG": Odd(picture("CMYK"), mark=SHRUNK, text=False, suffix=".jpg"),
    "黑白TIFF": Odd(picture("1", compression="group4"), mark=None, text=False, suffix=".tif"),
    "BMP": Odd(picture(), mark=SHRUNK, text=False, suffix=".bmp"),
    "WebP": Odd(picture(), mark=SHRUNK, text=False, suffix=".webp"),
    "小图": Odd(picture(size=(400, 400)), text=False, suffix=".png"),
    "名字是PDF的图片": Odd(picture(format="PNG"), mark=SHRUNK, text=False, suffix=".pdf"),
    "图片炸弹": Odd(_bomb, REFUSED, note="像素", suffix=".png"),
    "半张照片": Odd(_half_a_photo, REFUSED, note="请重新扫描", suffix=".jpg"),
}
OFFICE = {
    "新文档": Odd(_docx, mark=None, note="Word", suffix=".docx"),
    "旧文档": Odd(_older(_docx, "doc", "MS Word 97"), mark=None, note="Word", suffix=".doc"),
    "新表格": Odd(_xlsx, mark=None, note="Excel", suffix=".xlsx"),
    "旧表格": Odd(_older(_xlsx, "xls", "MS Excel 97"), mark=None, note="Excel", suffix=".xls"),
}
OTHERS = {
    "空文件": Odd(writing(b""), REFUSED, note="空的"),
    "网页": Odd(writing("<!DOCTYPE html><p>报告".encode()), REFUSED, note="另存为 PDF"),
    "文件夹": Odd(lambda path: path.mkdir(), REFUSED, note="分别登记"),
    "压缩包": Odd(_zip, REFUSED, note="解开", suffix=".zip"),
    "压缩炸弹": Odd(_zip_bomb, REFUSED, note="太大", suffix=".docx"),
    "坏的压缩文件": Odd(writing(b"PK\x03\x04" + bytes(50)), REFUSED, note="另存", suffix=".docx"),
    "加密的文档": Odd(
        lambda path: ole(path, {"EncryptedPackage": b"", "EncryptionInfo": b""}), REFUSED, note="去掉密码"
    ),
    "坏的旧文档": Odd(
        writing(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")),
        REFUSED,
        note="另存",
        suffix="",
    ),
    "半个新文档": Odd(_half_a_document, REFUSED, note="另存", suffix=".docx"),
    "认不出": Odd(writing(bytes(range(1, 200))), REFUSED, note="认不出"),
}
ALL = {**PDFS, **PICTURES, **OFFICE, **OTHERS}
TAKEN = [name for name, odd in ALL.items() if odd.sheets]
REFUSED_NAMES = [name for name, odd in ALL.items() if not odd.sheets]


endless = on_file(_billion_laughs)
"""Write a PDF whose page cannot be rendered in any reasonable time."""


def write(name: str, folder: Path) -> Path:
    """Write one of these attachments into a folder."""
    path = folder / f"{name}{ALL[name].suffix}"
    ALL[name].make(path)
    return path


def objects(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield every dictionary and stream of a PDF."""
    for each in pdf.objects:
        if isinstance(each, pikepdf.Stream | pikepdf.Dictionary):
            yield each
