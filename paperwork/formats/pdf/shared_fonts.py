"""Merge the fonts of a volume's documents, so that each face is embedded once in the volume.

LibreOffice embeds a Type 1 subset of each face in each document. The text-showing operators are rewritten from the
codes of these subsets to CIDs of one shared CFF font; positions do not change. Pages that do not match LibreOffice's
output exactly are not modified.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf

from paperwork.formats.pdf import cff
from paperwork.formats.pdf.cff import Face

FontFiles = Mapping[str, tuple[Path, int]]
"""Font file and index of the face in it, by the face's PostScript name."""
ENCODED = re.compile(rb"^dup (\d+) /cid(\d+) put$", re.MULTILINE)
"""An entry of a Type 1 font's encoding: code and CID."""
UNICODE = re.compile(r"<([0-9A-Fa-f]{2})> <((?:[0-9A-Fa-f]{4})+)>")
"""An entry of a ToUnicode CMap: one-byte code and UTF-16 text."""
TEXT_OPERATORS = re.compile(rb"(?P<begin>\bBT\b)|/(?P<font>F\d+) [\d.]+ Tf|(?<!<)<(?P<codes>[0-9A-F]+)>(?!>)")
"""The parts of a content stream that select a font or show text: BT, Tf, and a hexadecimal string (no dictionary)."""


@dataclass
class SharedFont:
    """A face embedded once in the volume; `glyphs` maps the CIDs in use to their text (UTF-16, hexadecimal)."""

    name: str
    face: Face
    font: Any
    glyphs: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EmbeddedFont:
    """A Type 1 subset in one document; `codes` maps its codes to CID and text (UTF-16, hexadecimal)."""

    shared: SharedFont
    codes: Mapping[int, tuple[int, str]]


def merge_fonts(volume: pikepdf.Pdf, fonts: FontFiles) -> None:
    """Replace the documents' Type 1 subsets by one CFF font for each face."""
    shared_fonts: dict[str, SharedFont] = {}
    subsets: dict[tuple[int, int], EmbeddedFont | None] = {}
    new_resources: dict[tuple[int, int], Any] = {}
    for page in volume.pages:
        own = _replaceable_fonts(volume, page, fonts, shared_fonts, subsets)
        if own and (content := _rewritten(_content(page), own)) is not None:
            page.obj.Contents = volume.make_stream(content)
            _set_fonts(page, own, new_resources)
    # Only now is it known which glyphs the volume uses.
    for each in shared_fonts.values():
        _write_font(volume, each.font, each.name, each.face, each.glyphs)


def _content(page: pikepdf.Page) -> bytes:
    """Return a page's content, its streams joined."""
    contents: Any = page.obj.get("/Contents")
    parts = contents if isinstance(contents, pikepdf.Array) else [contents] if contents is not None else []
    return b"\n".join(part.read_bytes() for part in parts)


def _replaceable_fonts(
    volume: pikepdf.Pdf,
    page: pikepdf.Page,
    fonts: FontFiles,
    shared_fonts: dict[str, SharedFont],
    subsets: dict[tuple[int, int], EmbeddedFont | None],
) -> dict[str, EmbeddedFont]:
    """Return the page's fonts that can be replaced, by their resource names."""
    replaceable = {}
    for name, font in sorted(_fonts(page).items()):
        if font.objgen not in subsets:
            subsets[font.objgen] = _subset(volume, font, fonts, shared_fonts)
        own = subsets[font.objgen]
        if own:
            replaceable[name.removeprefix("/")] = own
    return replaceable


def _subset(
    volume: pikepdf.Pdf, font: Any, fonts: FontFiles, shared_fonts: dict[str, SharedFont]
) -> EmbeddedFont | None:
    """Read the codes of an embedded font; return None when it is not a Type 1 subset of a known CID-keyed face."""
    name = _face_name(str(font.get("/BaseFont", "")).rpartition("+")[2], fonts)
    program = font.get("/FontDescriptor", {}).get("/FontFile")
    if font.get("/Subtype") != "/Type1" or program is None or "/ToUnicode" not in font or not name:
        return None
    face = cff.open_face(*fonts[name])
    # Length1 is the length of the clear-text part, which holds the encoding; the rest is encrypted.
    clear_text = program.read_bytes()[: int(program.Length1)]
    glyphs = {int(code): int(cid) for code, cid in ENCODED.findall(clear_text)}
    texts = {int(code, 16): text for code, text in UNICODE.findall(font.ToUnicode.read_bytes().decode("latin1"))}
    if face is None or not glyphs or not all(face.has_glyph(cid) for cid in glyphs.values()):
        return None
    if name not in shared_fonts:
        shared_fonts[name] = SharedFont(name, face, volume.make_indirect(pikepdf.Dictionary()))
    return EmbeddedFont(shared_fonts[name], {code: (cid, texts.get(code, "")) for code, cid in glyphs.items()})


def _face_name(name: str, fonts: FontFiles) -> str:
    """Return the PostScript name of the face that a font's name refers to, empty when it is unknown."""
    # Of a large CID-keyed face LibreOffice writes the name of a part: NotoSerifCJKjp-Regular-VKana.
    while name and name not in fonts:
        name = name.rpartition("-")[0]
    return name


def _rewritten(content: bytes, own: Mapping[str, EmbeddedFont]) -> bytes | None:
    """Return a content stream with its text in CIDs of the shared fonts; None when a string's font is uncertain.

    The glyphs in use are added to the shared fonts.
    """
    font: str | None = None
    used: list[tuple[SharedFont, int, str]] = []
    is_certain = True

    def replaced(match: re.Match[bytes]) -> bytes:
        """Return the replacement for a match of `SPOKEN`; note the current font and the glyphs in use."""
        nonlocal font, is_certain
        if match["begin"]:
            font = None  # LibreOffice selects the font anew in each text object
        elif match["font"]:
            font = match["font"].decode()
        elif font is None:
            is_certain = False
        elif font in own:
            subset = own[font]
            pairs = [subset.codes.get(code) for code in bytes.fromhex(match["codes"].decode())]
            if None in pairs:
                is_certain = False
            else:
                used.extend((subset.shared, *pair) for pair in pairs if pair)
                return b"<" + b"".join(b"%04X" % pair[0] for pair in pairs if pair) + b">"
        return match[0]

    new_content = TEXT_OPERATORS.sub(replaced, content)
    for shared, cid, text in used if is_certain else ():
        shared.glyphs.setdefault(cid, text)
    return new_content if is_certain else None


def _set_fonts(page: pikepdf.Page, own: Mapping[str, EmbeddedFont], new_resources: dict[tuple[int, int], Any]) -> None:
    """Put the shared fonts into a page's resources, under the names of the fonts that they replace."""
    raw: Any = page.obj
    old = raw.Resources
    # The pages of one document share one resource dictionary, which is rebuilt once.
    key = old.objgen if old.is_indirect else (0, id(page))
    if key not in new_resources or key == (0, id(page)):
        resources = pikepdf.Dictionary(old)
        resources.Font = pikepdf.Dictionary(old.Font)
        for name, subset in own.items():
            resources.Font["/" + name] = subset.shared.font
        new_resources[key] = resources
    raw.Resources = pikepdf.Dictionary(new_resources[key])


def _write_font(volume: pikepdf.Pdf, font: Any, name: str, face: Face, glyphs: Mapping[int, str]) -> None:
    """Fill in a shared font (ISO 32000-1, 9.7): Type 0 over a CID font, whose codes are CIDs (Identity-H)."""
    program = face.subset(name, glyphs)
    # The subset tag (six letters) comes from the glyphs: the same glyphs give the same bytes.
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
    cid_font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.CIDFontType0, BaseFont=base, DW=1000, W=widths,
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=volume.make_indirect(descriptor),
    )  # fmt: skip
    font.Type, font.Subtype, font.BaseFont = pikepdf.Name.Font, pikepdf.Name.Type0, base
    font.Encoding = pikepdf.Name("/Identity-H")
    font.DescendantFonts = pikepdf.Array([volume.make_indirect(cid_font)])
    font.ToUnicode = volume.make_stream(_to_unicode(glyphs))


def _to_unicode(glyphs: Mapping[int, str]) -> bytes:
    """Return the ToUnicode CMap, by which text can be searched and copied (ISO 32000-1, 9.10.3)."""
    lines = [f"<{cid:04X}> <{text.upper()}>" for cid, text in sorted(glyphs.items()) if text]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]  # a block holds at most 100
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        + "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
        + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


NOT_DEFINED = re.compile(rb"^dup (\d+) /\.notdef put$", re.MULTILINE)
"""A code of a Type 1 subset that is drawn as a box."""


def undrawn_texts(path: Path) -> list[str]:
    """Return the texts that a document printed by LibreOffice shows as a box, or not at all, for want of a glyph.

    LibreOffice writes the text of a missing glyph all the same, so reading the text back does not find it.
    """
    texts: list[str] = []
    with pikepdf.open(path) as document:
        fonts = {font.objgen: font for page in document.pages for font in _fonts(page).values()}
        for font in fonts.values():
            cmap = font.ToUnicode.read_bytes().decode("latin1") if "/ToUnicode" in font else ""
            named = {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in UNICODE.findall(cmap)}
            texts += [named.get(code, "") for code in _undrawn_codes(font, named)]
    return texts


def _fonts(page: pikepdf.Page) -> dict[str, Any]:
    """Return the fonts of a page by their resource names."""
    resources: Any = page.obj.get("/Resources", {})
    return dict(resources.get("/Font", {}))


def _undrawn_codes(font: Any, named: Mapping[int, str]) -> list[int]:
    """Return the codes of an embedded subset that have no picture although their text (`named`) has one."""
    descriptor = font.get("/FontDescriptor", {})
    if "/FontFile" in descriptor:
        program = descriptor.FontFile
        clear_text = program.read_bytes()[: int(program.Length1)]
        return [int(code) for code in NOT_DEFINED.findall(clear_text) if int(code)]
    if "/FontFile2" not in descriptor:
        return []
    # LibreOffice numbers the glyphs of a TrueType subset by their codes; .notdef is 0.
    boxes, blanks = cff.boxes_and_blanks(descriptor.FontFile2.read_bytes())
    visible = (code for code in blanks if unicodedata.category(named.get(code, " ")[0])[0] in "LNPS")
    return sorted({*boxes, *visible})


def subset_fonts(item: pikepdf.Pdf, fonts: FontFiles) -> None:
    """Subset the shared fonts of pages taken out of a volume to the glyphs that these pages show."""
    used: dict[tuple[int, int], set[int]] = defaultdict(set)
    objects: dict[tuple[int, int], Any] = {}
    for page in item.pages:
        names = {name.removeprefix("/"): font for name, font in _fonts(page).items()}
        for font, cids in _shown_glyphs(_content(page), names):
            used[font.objgen].update(cids)
            objects[font.objgen] = font
    for key, glyphs in sorted(used.items()):
        font = objects[key]
        name = str(font.BaseFont).rpartition("+")[2]
        face = cff.open_face(*fonts[name]) if name in fonts else None
        if face and font.get("/Subtype") == "/Type0" and all(map(face.has_glyph, glyphs)):
            texts = dict(_bfchars(font.ToUnicode.read_bytes()))
            _write_font(item, font, name, face, {cid: texts.get(cid, "") for cid in glyphs})


def _shown_glyphs(content: bytes, names: Mapping[str, Any]) -> Iterator[tuple[Any, list[int]]]:
    """Yield the shared font and the CIDs of each string in a content stream; `names` maps resource names to fonts."""
    font = None
    for match in TEXT_OPERATORS.finditer(content):
        if match["font"]:
            font = names.get(match["font"].decode())
        elif match["codes"] and font is not None and font.get("/Subtype") == "/Type0":
            codes = match["codes"]
            yield font, [int(codes[at : at + 4], 16) for at in range(0, len(codes), 4)]


def _bfchars(cmap: bytes) -> Iterator[tuple[int, str]]:
    """Yield CID and text of each entry in a CMap that `_to_unicode` wrote."""
    return ((int(code, 16), text.decode()) for code, text in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", cmap))
