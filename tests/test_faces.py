"""A face cut down to a few glyphs: every outline and width as in the face itself."""

import io
from pathlib import Path

import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from paperwork import faces, fonts
from tests import make

FANG = fonts.OWN / "fonts" / "FandolFang-Regular.otf"
NOTO = next(path for path in Path("/usr/share/fonts").rglob("NotoSerifCJK-Regular.ttc"))


def outline(drawable: object) -> list[object]:
    """What a glyph draws."""
    pen = RecordingPen()
    drawable.draw(pen)
    return list(pen.value)


def drawn(program: bytes) -> dict[str, list[object]]:
    """Every glyph of a CFF font, by name."""
    found = CFFFontSet()
    found.decompile(io.BytesIO(program), None)
    [top] = found.topDictIndex
    return {name: outline(top.CharStrings[name]) for name in top.charset}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 9000), min_size=1, max_size=40))
def test_the_glyphs_are_those_of_the_face(cids: set[int]) -> None:
    face = faces.face(FANG, 0)
    assert face
    wanted = {cid for cid in cids if face.has(cid)}
    whole = TTFont(FANG).getGlyphSet()
    found = drawn(face.subset("FandolFang-Regular", wanted))
    assert set(found) == {".notdef", *(f"cid{cid:05}" for cid in wanted)}
    for cid in sorted(wanted)[:5]:
        assert found[f"cid{cid:05}"] == outline(whole[f"cid{cid:05}"])


def test_glyphs_from_several_dictionaries_with_subroutines_come_out_whole() -> None:
    """Noto's face has eighteen private dictionaries and keeps most strokes in subroutines."""
    face = faces.face(NOTO, 2)
    assert face
    wanted = [1, 34, 700, 1500, 12000, 30000, 47000, 60000]
    found = drawn(face.subset("Noto", wanted))
    whole = TTFont(NOTO, fontNumber=2).getGlyphSet()
    for cid in wanted:
        assert found[f"cid{cid:05}"] == outline(whole[f"cid{cid:05}"]), cid
        assert face.advance(cid) == whole[f"cid{cid:05}"].width


def test_the_order_in_which_glyphs_are_asked_for_does_not_matter() -> None:
    face = faces.face(FANG, 0)
    assert face
    assert face.subset("F", [5, 900, 77]) == face.subset("F", [900, 77, 5])


@pytest.mark.parametrize("path", [make.CATALOGUE, next(Path("/usr/share/fonts").rglob("LiberationSerif-Bold.ttf"))])
def test_what_is_no_such_face_is_left_alone(path: Path) -> None:
    assert faces.face(path, 0) is None
