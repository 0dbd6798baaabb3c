"""Font faces cut down to the glyphs that a volume shows.

LibreOffice gives each document fonts of its own, and turns OpenType (CFF) faces into Type 1 with a running number
inside: a volume of ninety documents carries each face ninety times, and no two runs give the same bytes. From the face
itself one small CFF font is written instead, which depends on nothing but its glyphs. Sole owner of fontTools here.
"""

import io
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

Bytes = bytes | bytearray


class Face:
    """A CID-keyed OpenType (CFF) face. Raises `ValueError` when a file is something else."""

    def __init__(self, path: Path, number: int) -> None:
        from fontTools.ttLib import TTFont, TTLibError

        try:
            # Read at once: the library would keep the file open as long as the face is known.
            self._font = TTFont(io.BytesIO(path.read_bytes()), fontNumber=number, lazy=True)
            table = self._font["CFF "].cff
        except (TTLibError, KeyError, OSError):
            raise ValueError(f"{path.name} is no OpenType face with CFF outlines") from None
        self._top = table.topDictIndex[0]
        if not hasattr(self._top, "ROS"):
            raise ValueError(f"{path.name} is not CID-keyed")
        self._glyphs: dict[int, tuple[bytes, int]] = {}
        self.units = int(self._font["head"].unitsPerEm)
        self.box = [int(edge) for edge in self._top.FontBBox]

    def advance(self, cid: int) -> int:
        """The width of a glyph in thousandths of the size."""
        width = self._font["hmtx"][_name(cid)][0]
        units: int = width * 1000
        return round(units / self.units)

    def has(self, cid: int) -> bool:
        """Whether the face has this glyph."""
        return _name(cid) in self._top.CharStrings

    def subset(self, name: str, cids: Iterable[int]) -> bytes:
        """A CFF font of these glyphs and .notdef (Adobe Technical Note 5176)."""
        wanted = sorted({0, *cids})
        glyphs = [self._glyph(cid) for cid in wanted]
        used = sorted({dictionary for _, dictionary in glyphs})
        privates = [self._private(at) for at in used]
        charset = b"\0" + b"".join(struct.pack(">H", cid) for cid in wanted[1:])
        select = b"\0" + bytes(used.index(dictionary) for _, dictionary in glyphs)
        return _assembled(name, self.box, wanted[-1] + 1, charset, select, [code for code, _ in glyphs], privates)

    def _glyph(self, cid: int) -> tuple[bytes, int]:
        """A glyph's program without subroutines, and the number of its private dictionary."""
        if cid not in self._glyphs:
            from fontTools.cffLib.transforms import desubroutinizeCharString

            program, dictionary = self._top.CharStrings.getItemAndSelector(_name(cid))
            if len(program.globalSubrs or ()) or len(getattr(program.private, "Subrs", None) or ()):
                desubroutinizeCharString(program)
                program.compile()
            self._glyphs[cid] = bytes(program.bytecode), int(dictionary or 0)
        return self._glyphs[cid]

    def _private(self, at: int) -> bytes:
        """The private dictionary: only the widths, which the glyphs' programs refer to, and no hints."""
        private = self._top.FDArray[at].Private
        return _number(int(private.defaultWidthX)) + b"\x14" + _number(int(private.nominalWidthX)) + b"\x15"


@lru_cache(maxsize=32)
def face(path: Path, number: int) -> Face | None:
    """The face in a file, opened once; None when it is not of the kind that can be cut down here."""
    try:
        return Face(path, number)
    except ValueError:
        return None


def _name(cid: int) -> str:
    return f"cid{cid:05}" if cid else ".notdef"


# ---- the CFF format: indexes, dictionaries, numbers


def _index(items: Sequence[Bytes]) -> bytes:
    if not items:
        return b"\0\0"
    offsets = [1]
    for item in items:
        offsets.append(offsets[-1] + len(item))
    size = (offsets[-1].bit_length() + 7) // 8
    table = b"".join(offset.to_bytes(size, "big") for offset in offsets)
    return struct.pack(">HB", len(items), size) + table + b"".join(items)


def _number(value: int) -> bytes:
    """An integer operand, always in five bytes: so the length of a dictionary does not depend on its offsets."""
    return b"\x1d" + struct.pack(">i", value)


def _short(value: int) -> bytes:
    """A number from 108 to 1131 in two bytes: some readers look for ROS within the first few."""
    return bytes([247 + (value - 108) // 256, (value - 108) % 256])


def _operator(name: tuple[int, ...], *values: int) -> bytes:
    return b"".join(map(_number, values)) + bytes(name)


FONT_BOX, CHARSET, CHAR_STRINGS, PRIVATE = (5,), (15,), (17,), (18,)
ROS, CID_COUNT, FONT_DICTS, DICT_SELECT = (12, 30), (12, 34), (12, 36), (12, 37)
FIRST_OWN_STRING = 391
"""Strings of the font's own are numbered after the standard ones."""


def _assembled(
    name: str,
    box: Sequence[int],
    count: int,
    charset: bytes,
    select: bytes,
    programs: Sequence[bytes],
    privates: Sequence[bytes],
) -> bytes:
    """Put the parts one behind the other, each dictionary naming where the parts begin."""

    def top(charset_at: int, select_at: int, programs_at: int, dicts_at: int) -> bytes:
        return (
            _short(FIRST_OWN_STRING)
            + _short(FIRST_OWN_STRING + 1)
            + b"\x8b"
            + bytes(ROS)
            + _operator(FONT_BOX, *box)
            + _operator(CID_COUNT, count)
            + _operator(CHARSET, charset_at)
            + _operator(DICT_SELECT, select_at)
            + _operator(CHAR_STRINGS, programs_at)
            + _operator(FONT_DICTS, dicts_at)
        )

    head = b"\x01\0\x04\x04" + _index([name.encode("ascii", "replace")])
    tail = _index([b"Adobe", b"Identity"]) + _index([])
    charset_at = len(head) + len(_index([top(0, 0, 0, 0)])) + len(tail)
    select_at = charset_at + len(charset)
    programs_at = select_at + len(select)
    drawn = _index(programs)
    privates_at = programs_at + len(drawn)
    places: list[bytes] = []
    at = privates_at
    for private in privates:
        places.append(_operator(PRIVATE, len(private), at))
        at += len(private)
    body: Any = [head, _index([top(charset_at, select_at, programs_at, at)]), tail, charset, select, drawn]
    return b"".join([*body, *privates, _index(places)])
