"""CFF subsets: every outline and width equals that of the full font."""

import io
from pathlib import Path
from typing import Protocol

import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from paperwork.formats.office import fonts
from paperwork.formats.pdf import cff
from tests import make

FANG = fonts.OWN / "fonts" / "FandolFang-Regular.otf"
NOTO = next(path for path in Path("/usr/share/fonts").rglob("NotoSerifCJK-Regular.ttc"))


class Drawable(Protocol):
    """A glyph of fontTools."""

    def draw(self, pen: RecordingPen) -> None:
        """Draw the glyph with a pen."""


def outline(drawable: Drawable) -> list[object]:
    """Return the drawing commands of a glyph."""
    pen = RecordingPen()
    drawable.draw(pen)
    return list(pen.value)


def outlines(program: bytes) -> dict[str, list[object]]:
    """Return the outline of each glyph of a CFF font, by name."""
    found = CFFFontSet()
    found.decompile(io.BytesIO(program), None)
    [top] = found.topDictIndex
    return {name: outline(top.CharStrings[name]) for name in top.charset}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 9000), min_size=1, max_size=40))
def test_subset_glyphs_equal_those_of_the_full_font(cids: set[int]) -> None:
    face = cff.open_face(FANG, 0)
    assert face
    wanted = {cid for cid in cids if face.has_glyph(cid)}
    whole = TTFont(FANG).getGlyphSet()
    found = outlines(face.subset("FandolFang-Regular", wanted))
    assert set(found) == {".notdef", *(f"cid{cid:05}" for cid in wanted)}
    for cid in sorted(wanted)[:5]:
        assert found[f"cid{cid:05}"] == outline(whole[f"cid{cid:05}"])


def test_glyphs_from_several_private_dicts_with_subroutines_are_complete() -> None:
    """Subset Noto Serif CJK, which has 18 private dictionaries and keeps most strokes in subroutines."""
    face = cff.open_face(NOTO, 2)
    assert face
    wanted = [1, 34, 700, 1500, 12000, 30000, 47000, 60000]
    found = outlines(face.subset("Noto", wanted))
    whole = TTFont(NOTO, fontNumber=2).getGlyphSet()
    for cid in wanted:
        assert found[f"cid{cid:05}"] == outline(whole[f"cid{cid:05}"]), cid
        assert face.advance(cid) == whole[f"cid{cid:05}"].width


def test_subset_does_not_depend_on_glyph_order() -> None:
    face = cff.open_face(FANG, 0)
    assert face
    assert face.subset("F", [5, 900, 77]) == face.subset("F", [900, 77, 5])


@pytest.mark.parametrize("path", [make.CATALOGUE, next(Path("/usr/share/fonts").rglob("LiberationSerif-Bold.ttf"))])
def test_other_files_give_no_face(path: Path) -> None:
    assert cff.open_face(path, 0) is None
