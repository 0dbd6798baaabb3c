"""Characters of Word's symbol fonts, read as what they show."""

import unicodedata

import pytest

from paperwork.core import text

BULLETS = {
    "\uf06c": "●", "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf06e": "■", "\uf075": "◆",
    "\uf076": "❖", "\uf06f": "□", "\uf0a8": "◻", "\uf0fe": "☑", "\uf0fb": "✗", "\uf0fd": "☒", "\uf0e0": "→",
    "\uf0e8": "➔", "\uf0ab": "★", "\uf071": "❑", "\uf072": "❒", "\uf046": "☞", "\uf04a": "☺", "\uf081": "①",
    "\uf08c": "❶", "\uf09f": "•", "\uf0f0": "⇨",
}  # fmt: skip


@pytest.mark.parametrize(("code", "char"), BULLETS.items())
def test_bullet_is_read_as_its_character(code: str, char: str) -> None:
    assert text.as_text(f"一、{code}第一项") == f"一、{char}第一项"
    assert text.replace_symbols(code * 2) == char * 2


@pytest.mark.parametrize("code", ["\ue000", "\ue863", "\uf0ff", "\uf021", "\uf01f", "\uf100", "\U000f0001"])
def test_unknown_private_character_stays(code: str) -> None:
    assert text.as_text(f"甲{code}") == f"甲{code}"


@pytest.mark.parametrize(
    ("code", "font", "char"),
    [
        (0xF06C, "Wingdings", "●"),
        (0x6C, "Wingdings", "●"),
        (0xF06C, " wingdings ", "●"),
        (0xF06C, "Symbol", "λ"),
        (0xF0B7, "Symbol", "•"),
        (0xF0B3, "Symbol", "≥"),
        (0xF041, "Symbol", "Α"),
        (0xF0B7, "Wingdings", "\uf0b7"),
        (0xF061, "Webdings", "\uf061"),
        (0xF06C, "", "●"),
    ],
)
def test_font_of_a_symbol_decides_what_it_shows(code: int, font: str, char: str) -> None:
    assert text.symbol_character(code, font) == char


def test_tables_of_symbols_hold_public_characters() -> None:
    for font in ("wingdings", "symbol", ""):
        for char in text.SYMBOL_FONTS[font].values():
            assert len(char) == 1
            assert unicodedata.category(char) not in ("Co", "Cn")
