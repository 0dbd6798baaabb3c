"""One font for each face in a whole volume, instead of one for each face in each document.

A page's words stay where they are; only the codes in them change, from those of the document's own little font to the
glyph numbers (CID) of the face. What is not exactly as LibreOffice writes it is left alone.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf

from paperwork import faces
from paperwork.faces import Face

Fonts = Mapping[str, tuple[Path, int]]
"""Where the face of each PostScript name lies: file and number in the file."""
ENCODED = re.compile(rb"^dup (\d+) /cid(\d+) put$", re.MULTILINE)
UNICODE = re.compile(r"<([0-9A-Fa-f]{2})> <((?:[0-9A-Fa-f]{4})+)>")
SPOKEN = re.compile(rb"(?P<begin>\bBT\b)|/(?P<font>F\d+) [\d.]+ Tf|(?<!<)<(?P<codes>[0-9A-F]+)>(?!>)")


@dataclass
class Shared:
    """A face as the volume uses it: its glyphs, and what each stands for in Unicode (UTF-16, hexadecimal)."""

    name: str
    face: Face
    font: Any
    glyphs: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Small:
    """A document's own font: the glyph and the Unicode text behind each of its codes."""

    shared: Shared
    codes: Mapping[int, tuple[int, str]]


def share(volume: pikepdf.Pdf, fonts: Fonts) -> None:
    """Replace the documents' Type 1 fonts by one CFF font for each face."""
    known: dict[str, Shared] = {}
    small: dict[tuple[int, int], Small | None] = {}
    done: dict[tuple[int, int], Any] = {}
    for page in volume.pages:
        own = _own_fonts(volume, page, fonts, known, small)
        if own and (content := _respoken(_content(page), own)) is not None:
            page.obj.Contents = volume.make_stream(content)
            _dress(page, own, done)
    for each in known.values():
        _finish(volume, each.font, each.name, each.face, each.glyphs)


def _content(page: pikepdf.Page) -> bytes:
    contents: Any = page.obj.get("/Contents")
    parts = contents if isinstance(contents, pikepdf.Array) else [contents] if contents is not None else []
    return b"\n".join(part.read_bytes() for part in parts)


def _own_fonts(
    volume: pikepdf.Pdf,
    page: pikepdf.Page,
    fonts: Fonts,
    known: dict[str, Shared],
    small: dict[tuple[int, int], Small | None],
) -> dict[str, Small]:
    """The page's fonts that can be replaced, by their name on the page."""
    found = {}
    resources: Any = page.obj.get("/Resources", {})
    for name, font in sorted(dict(resources.get("/Font", {})).items()):
        if font.objgen not in small:
            small[font.objgen] = _small(volume, font, fonts, known)
        own = small[font.objgen]
        if own:
            found[name.removeprefix("/")] = own
    return found


def _small(volume: pikepdf.Pdf, font: Any, fonts: Fonts, known: dict[str, Shared]) -> Small | None:
    """What a document's own font stands for; None when it cannot be told for certain."""
    name = _known(str(font.get("/BaseFont", "")).rpartition("+")[2], fonts)
    program = font.get("/FontDescriptor", {}).get("/FontFile")
    if font.get("/Subtype") != "/Type1" or program is None or "/ToUnicode" not in font or not name:
        return None
    face = faces.face(*fonts[name])
    clear = program.read_bytes()[: int(program.Length1)]
    glyphs = {int(code): int(cid) for code, cid in ENCODED.findall(clear)}
    texts = {int(code, 16): text for code, text in UNICODE.findall(font.ToUnicode.read_bytes().decode("latin1"))}
    if face is None or not glyphs or not all(face.has(cid) for cid in glyphs.values()):
        return None
    if name not in known:
        known[name] = Shared(name, face, volume.make_indirect(pikepdf.Dictionary()))
    return Small(known[name], {code: (cid, texts.get(code, "")) for code, cid in glyphs.items()})


def _known(name: str, fonts: Fonts) -> str:
    """The face that a name means. Of a large face LibreOffice names a part: NotoSerifCJKjp-Regular-VKana."""
    while name and name not in fonts:
        name = name.rpartition("-")[0]
    return name


def _respoken(content: bytes, own: Mapping[str, Small]) -> bytes | None:
    """The page's words in the codes of the shared fonts; None when a word's font cannot be told for certain."""
    font: str | None = None
    used: list[tuple[Shared, int, str]] = []
    is_certain = True

    def turned(found: re.Match[bytes]) -> bytes:
        nonlocal font, is_certain
        if found["begin"]:
            font = None
        elif found["font"]:
            font = found["font"].decode()
        elif font is None:
            is_certain = False
        elif font in own:
            small = own[font]
            pairs = [small.codes.get(code) for code in bytes.fromhex(found["codes"].decode())]
            if None in pairs:
                is_certain = False
            else:
                used.extend((small.shared, *pair) for pair in pairs if pair)
                return b"<" + b"".join(b"%04X" % pair[0] for pair in pairs if pair) + b">"
        return found[0]

    words = SPOKEN.sub(turned, content)
    for shared, cid, text in used if is_certain else ():
        shared.glyphs.setdefault(cid, text)
    return words if is_certain else None


def _dress(page: pikepdf.Page, own: Mapping[str, Small], done: dict[tuple[int, int], Any]) -> None:
    """Give a page the shared fonts under the names of its own. Pages of one document share their resources."""
    sheet: Any = page.obj
    old = sheet.Resources
    key = old.objgen if old.is_indirect else (0, id(page))
    if key not in done or key == (0, id(page)):
        resources = pikepdf.Dictionary(old)
        resources.Font = pikepdf.Dictionary(old.Font)
        for name, small in own.items():
            resources.Font["/" + name] = small.shared.font
        done[key] = resources
    sheet.Resources = pikepdf.Dictionary(done[key])


def _finish(volume: pikepdf.Pdf, font: Any, name: str, face: Face, glyphs: Mapping[int, str]) -> None:
    """Write a shared font (ISO 32000-1, 9.7): Type 0 over a CID font, codes are glyph numbers."""
    program = face.subset(name, glyphs)
    tag = "".join(chr(65 + byte % 26) for byte in hashlib.sha256(program).digest()[:6])
    base = pikepdf.Name(f"/{tag}+{name}")
    file = volume.make_stream(program)
    file.Subtype = pikepdf.Name.CIDFontType0C
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor, FontName=base, Flags=4, FontBBox=pikepdf.Array(face.box), ItalicAngle=0,
        Ascent=face.box[3], Descent=face.box[1], CapHeight=face.box[3], StemV=80, FontFile3=file,
    )  # fmt: skip
    widths = pikepdf.Array()
    for cid in sorted(glyphs):
        if face.advance(cid) != 1000:
            widths.append(cid)
            widths.append(pikepdf.Array([face.advance(cid)]))
    inner = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.CIDFontType0, BaseFont=base, DW=1000, W=widths,
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=volume.make_indirect(descriptor),
    )  # fmt: skip
    font.Type, font.Subtype, font.BaseFont = pikepdf.Name.Font, pikepdf.Name.Type0, base
    font.Encoding = pikepdf.Name("/Identity-H")
    font.DescendantFonts = pikepdf.Array([volume.make_indirect(inner)])
    font.ToUnicode = volume.make_stream(_to_unicode(glyphs))


def _to_unicode(glyphs: Mapping[int, str]) -> bytes:
    """What each glyph number stands for, so that text can be searched and copied (ISO 32000-1, 9.10.3)."""
    lines = [f"<{cid:04X}> <{text.upper()}>" for cid, text in sorted(glyphs.items()) if text]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]  # a block may hold 100
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        + "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
        + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


def narrow(item: pikepdf.Pdf, fonts: Fonts) -> None:
    """Cut the shared fonts of some pages taken out of a volume down to what these pages show."""
    used: dict[tuple[int, int], set[int]] = defaultdict(set)
    objects: dict[tuple[int, int], Any] = {}
    for page in item.pages:
        resources: Any = page.obj.get("/Resources", {})
        names = {name.removeprefix("/"): font for name, font in dict(resources.get("/Font", {})).items()}
        for font, codes in _spoken(_content(page), names):
            used[font.objgen].update(codes)
            objects[font.objgen] = font
    for key, glyphs in sorted(used.items()):
        font = objects[key]
        name = str(font.BaseFont).rpartition("+")[2]
        face = faces.face(*fonts[name]) if name in fonts else None
        if face and font.get("/Subtype") == "/Type0" and all(map(face.has, glyphs)):
            texts = dict(_bfchars(font.ToUnicode.read_bytes()))
            _finish(item, font, name, face, {code: texts.get(code, "") for code in glyphs})


def _spoken(content: bytes, names: Mapping[str, Any]) -> Iterator[tuple[Any, list[int]]]:
    """The shared fonts that a page speaks in, with the glyph numbers."""
    font = None
    for found in SPOKEN.finditer(content):
        if found["font"]:
            font = names.get(found["font"].decode())
        elif found["codes"] and font is not None and font.get("/Subtype") == "/Type0":
            codes = found["codes"]
            yield font, [int(codes[at : at + 4], 16) for at in range(0, len(codes), 4)]


def _bfchars(cmap: bytes) -> Iterator[tuple[int, str]]:
    return ((int(code, 16), text.decode()) for code, text in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", cmap))
