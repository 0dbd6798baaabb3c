"""Write CFF subsets of OpenType faces, and look for empty glyphs in TrueType ones.

LibreOffice embeds fonts in each document separately, and converts OpenType (CFF) faces to Type 1 with a running number
inside: a volume of ninety documents carries each face ninety times, and no two runs give the same bytes. A subset made
here from the face itself depends on nothing but its glyphs. This module alone imports fontTools.
"""

import io
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from paperwork.core import commands
from paperwork.core.faults import Unreadable

Bytes = bytes | bytearray


class Face:
    """A CID-keyed OpenType (CFF) face. Raises `Unreadable` when a file is something else."""

    def __init__(self, path: Path, number: int) -> None:
        from fontTools.ttLib import TTFont, TTLibError

        try:
            # Given a path, fontTools would keep the file open as long as the face is cached, so it gets the bytes.
            self._font = TTFont(io.BytesIO(path.read_bytes()), fontNumber=number, lazy=True)
            table = self._font["CFF "].cff
        except (TTLibError, KeyError, OSError):
            raise Unreadable(f"{path.name} 不是 CFF 轮廓的 OpenType 字体", _remedy()) from None
        self._top = table.topDictIndex[0]
        if not hasattr(self._top, "ROS"):
            raise Unreadable(f"{path.name} 不是按 CID 编号的字体", _remedy())
        self._glyphs: dict[int, tuple[bytes, int]] = {}
        self.units = int(self._font["head"].unitsPerEm)
        self.box = [int(edge) for edge in self._top.FontBBox]

    def advance(self, cid: int) -> int:
        """Return a glyph's advance width in thousandths of the font size."""
        width = self._font["hmtx"][_name(cid)][0]
        units: int = width * 1000
        return round(units / self.units)

    def has_glyph(self, cid: int) -> bool:
        """Return True if the face has a glyph of this CID."""
        return _name(cid) in self._top.CharStrings

    def subset(self, name: str, cids: Iterable[int]) -> bytes:
        """Return a CFF font with these glyphs and .notdef (Adobe Technical Note 5176)."""
        ordered = sorted({0, *cids})
        glyphs = [self._glyph(cid) for cid in ordered]
        used = sorted({dictionary for _, dictionary in glyphs})
        privates = [self._private(index) for index in used]
        # Charset format 0 leaves .notdef out; FDSelect format 0 has a byte for each glyph.
        charset = b"\0" + b"".join(struct.pack(">H", cid) for cid in ordered[1:])
        select = b"\0" + bytes(used.index(dictionary) for _, dictionary in glyphs)
        return _assembled(name, self.box, ordered[-1] + 1, charset, select, [code for code, _ in glyphs], privates)

    def _glyph(self, cid: int) -> tuple[bytes, int]:
        """Return a glyph's charstring without subroutine calls, and the index of its font dictionary."""
        if cid not in self._glyphs:
            from fontTools.cffLib.transforms import desubroutinizeCharString

            charstring, dictionary = self._top.CharStrings.getItemAndSelector(_name(cid))
            if len(charstring.globalSubrs or ()) or len(getattr(charstring.private, "Subrs", None) or ()):
                desubroutinizeCharString(charstring)
                charstring.compile()
            self._glyphs[cid] = bytes(charstring.bytecode), int(dictionary or 0)
        return self._glyphs[cid]

    def _private(self, index: int) -> bytes:
        """Return a private dictionary with the two widths that charstrings refer to, and without hints."""
        private = self._top.FDArray[index].Private
        # Operators 20 and 21: defaultWidthX and nominalWidthX.
        return _number(int(private.defaultWidthX)) + b"\x14" + _number(int(private.nominalWidthX)) + b"\x15"


def boxes_and_blanks(program: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """Return the glyphs of a TrueType font that are drawn as the box of .notdef, and those that are empty."""
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(program), lazy=True)
    offsets, outlines = list(font["loca"]), font.reader["glyf"]
    drawn = [outlines[start:end] for start, end in pairwise(offsets)]
    box = drawn[0] if drawn else b""
    boxes = (number for number, outline in enumerate(drawn) if number and outline == box and box)
    return frozenset(boxes), frozenset(number for number, outline in enumerate(drawn) if not outline)


@lru_cache(maxsize=32)
def open_face(path: Path, number: int) -> Face | None:
    """Open a face of a font file, cached; return None when it is not CID-keyed CFF and cannot be subset here."""
    try:
        return Face(path, number)
    except Unreadable:
        return None


def _name(cid: int) -> str:
    """Return fontTools' name for the glyph of a CID."""
    return f"cid{cid:05}" if cid else ".notdef"


# ---- the CFF format: indexes, dictionaries, numbers


def _index(items: Sequence[Bytes]) -> bytes:
    """Encode an INDEX: count, offset size, offsets counted from 1, data (Technical Note 5176, 5)."""
    if not items:
        return b"\0\0"
    offsets = [1]
    for item in items:
        offsets.append(offsets[-1] + len(item))
    size = (offsets[-1].bit_length() + 7) // 8
    table = b"".join(offset.to_bytes(size, "big") for offset in offsets)
    return struct.pack(">HB", len(items), size) + table + b"".join(items)


def _number(value: int) -> bytes:
    """Encode an integer operand, always in five bytes so that a dictionary's length does not depend on its offsets."""
    return b"\x1d" + struct.pack(">i", value)


def _short(value: int) -> bytes:
    """Encode an integer from 108 to 1131 in two bytes."""
    return bytes([247 + (value - 108) // 256, (value - 108) % 256])


def _operator(name: tuple[int, ...], *values: int) -> bytes:
    """Encode operands and their operator."""
    return b"".join(map(_number, values)) + bytes(name)


FONT_BOX, CHARSET, CHAR_STRINGS, PRIVATE = (5,), (15,), (17,), (18,)
ROS, CID_COUNT, FONT_DICTS, DICT_SELECT = (12, 30), (12, 34), (12, 36), (12, 37)
FIRST_OWN_STRING = 391
"""SID of the font's first own string; the standard strings come before it."""


def _assembled(
    name: str,
    box: Sequence[int],
    count: int,
    charset: bytes,
    select: bytes,
    charstrings: Sequence[bytes],
    privates: Sequence[bytes],
) -> bytes:
    """Return a CFF font of its parts; `count` is the highest CID plus one.

    The top dictionary comes first and holds the offsets of the parts behind it. Its length is measured with zeros in
    their place: every offset takes five bytes.
    """

    def top(charset_at: int, select_at: int, charstrings_at: int, dicts_at: int) -> bytes:
        """Return the top dictionary with the offsets of the parts."""
        return (
            # Some readers look for ROS only within the first few bytes, so its operands are written short.
            _short(FIRST_OWN_STRING)
            + _short(FIRST_OWN_STRING + 1)
            + b"\x8b"
            + bytes(ROS)
            + _operator(FONT_BOX, *box)
            + _operator(CID_COUNT, count)
            + _operator(CHARSET, charset_at)
            + _operator(DICT_SELECT, select_at)
            + _operator(CHAR_STRINGS, charstrings_at)
            + _operator(FONT_DICTS, dicts_at)
        )

    head = b"\x01\0\x04\x04" + _index([name.encode("ascii", "replace")])
    tail = _index([b"Adobe", b"Identity"]) + _index([])
    charset_at = len(head) + len(_index([top(0, 0, 0, 0)])) + len(tail)
    select_at = charset_at + len(charset)
    charstrings_at = select_at + len(select)
    glyphs_index = _index(charstrings)
    privates_at = charstrings_at + len(glyphs_index)
    font_dicts: list[bytes] = []
    at = privates_at
    for private in privates:
        font_dicts.append(_operator(PRIVATE, len(private), at))
        at += len(private)
    body: Any = [head, _index([top(charset_at, select_at, charstrings_at, at)]), tail, charset, select, glyphs_index]
    return b"".join([*body, *privates, _index(font_dicts)])


def _remedy() -> str:
    """Return the remedy for a face that cannot be used."""
    return f"请重新安装字体：{commands.install(f'{commands.FONTS} {commands.FANDOL}')}"
