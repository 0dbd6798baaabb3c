"""Faces for characters that the official fonts lack: chosen, named in Word files, drawn by LibreOffice."""

from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pikepdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader

from paperwork.formats.office import coverage, fonts, libreoffice, runs
from paperwork.formats.office.coverage import Coverage
from paperwork.formats.pdf import shared_fonts
from tests import make

PRINTABLE = {
    "藏文": "བོད་ཡིག བཀྲ་ཤིས་བདེ་ལེགས", "维吾尔文": "ئۇيغۇرچە ئايگۈل", "哈萨克文": "قازاقشا",
    "蒙古文": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ", "满文": "ᠮᠠᠨᠵᡠ", "朝鲜文": "한국어", "傣仂文": "ᦟᦹᧉ", "傣哪文": "ᥖᥭᥰ",
    "兰纳文": "ᨠᩤ", "彝文": "ꆈꌠꁱꂷ", "傈僳文": "ꓡꓲ-ꓢꓴ", "苗文": "𖼀𖽑", "壮文": "Ƽƽ Ƨƨ", "女书": "𛅰𛅱",
    "西夏文": "𗼇𗟲", "八思巴文": "ꡏꡡꡃ", "泰文": "ภาษาไทย", "缅文": "မြန်မာ", "印地文": "हिन्दी",
    "希伯来文": "עברית", "阿拉伯文": "العربية", "希腊文": "Ἀθῆναι", "西里尔文": "Ӊӣ", "越南文": "Việt",
    "拼音": "ḿ ế ǹg", "音标": "ʃŋθ", "组合符": "e̊ q̃ x̄", "扩展A": "㛃㸆䶮", "扩展B": "𠅤𤧛𪚥", "扩展C": "𪜀𫝄",
    "扩展D": "𫠝", "扩展E": "𬬭𬭛", "扩展F": "𬱖", "扩展G": "𰻞𰻝", "扩展H": "𱍐", "新字": "鿿鿫",
    "兼容字": "塚\ufa11", "部首": "⻊⼥", "带圈": "㊣⑪⓪㈱", "单位": "㎡㏄℃", "罗马数字": "ⅰⅻ", "勾叉": "✓✔✗☑☒",
    "箭头": "➢➔⇨", "数学": "∰≧⟂", "几何": "◉◈◻", "音乐": "♪𝄞", "棋子": "♔", "表情": "😀🎈👍🏻",
    "一家": "👨\u200d👩\u200d👧", "爱心": "❤\ufe0f", "红包": "🧧🥰", "新表情": "🥮🧵🧨🫶", "超人": "🦸\u200d♀\ufe0f",
    "货币": "₮€", "盲文": "⠓",
    "异体": "葛\U000e0100",
}  # fmt: skip


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    """Return the coverage of the fonts of this machine."""
    return coverage.read_coverage(fonts.environment(tmp_path_factory.mktemp("fonts")))


def visible(words: str) -> list[str]:
    """Return the characters of a text that have a picture."""
    return [char for char in words if not coverage.needs_no_face(char)]


@pytest.mark.parametrize("words", PRINTABLE.values(), ids=PRINTABLE)
def test_each_character_gets_a_face_that_has_it(words: str, covered: Coverage) -> None:
    assert coverage.find_unprintable(words, covered) == []
    pieces = list(covered.pieces(words))
    assert "".join(piece for piece, _ in pieces) == words
    for piece, family in pieces:
        for char in visible(piece):
            assert char in covered.spares[family] if family else covered.is_plain(char)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a PDF with a line for each text, in each official family, printed by LibreOffice."""
    folder = tmp_path_factory.mktemp("print")
    env = fonts.environment(folder)
    document = Document(str(make.TEMPLATES / "docx" / "活动简报.docx"))
    for name, words in PRINTABLE.items():
        for family in ("仿宋_GB2312", "黑体"):
            run = document.add_paragraph().add_run(f"{name}：{words}。")
            run.font.name = "Times New Roman"
            run._element.get_or_add_rPr().rFonts.set(qn("w:eastAsia"), family)
    runs.name_faces([document.element.body, document.styles.element], lambda: coverage.read_coverage(env))
    path = folder / "各种文字.docx"
    document.save(str(path))
    return libreoffice.convert_to_pdf([[path]], folder, env)[path]


def test_every_text_is_drawn_and_can_be_read(printed: Path) -> None:
    assert shared_fonts.undrawn_texts(printed) == []
    read = normalize("NFKC", "".join(page.extract_text() for page in PdfReader(printed).pages))
    for words in PRINTABLE.values():
        assert all(read.count(char) >= 2 for char in visible(normalize("NFKC", words))), words


def embedded(path: Path) -> Iterator[str]:
    """Yield the name of each font in a PDF."""
    with pikepdf.open(path) as document:
        for page in document.pages:
            yield from (str(font.BaseFont) for font in dict(page.resources.get("/Font", {})).values())


def test_no_screen_font_stands_in(printed: Path) -> None:
    assert not [name for name in embedded(printed) if "DejaVu" in name or "OpenSymbol" in name]


@pytest.mark.parametrize("char", ["\ue000", "\ue863", "\uf0ff", "\U000f0001", "\U0010fffd", "\ue5e5"])
def test_private_character_is_never_printed(char: str, covered: Coverage) -> None:
    assert coverage.find_unprintable(f"甲{char}乙", covered) == [char]
    assert f"U+{ord(char):04X}" in coverage.explain([char]).wrong
    assert list(covered.pieces(f"甲{char}")) == [(f"甲{char}", "")]


def test_old_code_of_a_character_names_the_character() -> None:
    assert coverage.explain(["\ue863"]).mend == "请重新输入这个字：U+E863 多半是“䶮”"
    assert coverage.explain(["\ue81a"]).mend == "请重新输入这个字：U+E81A 多半是“㑳”"
    assert "多半" not in coverage.explain(["\ue000"]).mend


def test_character_without_a_face_is_named_with_its_code_point() -> None:
    none = Coverage({}, {})
    assert none.is_printable("𰻞")  # without fontconfig nothing is known to be missing
    few = Coverage({"宋体": fonts.Charset((0x20,), (0x7E,))}, {})
    assert coverage.find_unprintable("中🎈🎈", few) == ["🎈"]
    assert coverage.explain(["🎈"]).wrong == "有 “🎈”（U+1F388），没有字体能印出来"


def test_common_text_is_left_as_it_is(covered: Coverage) -> None:
    words = "第1次“培训”——20人（含儿童）：★①Ⅲα、2022 abc"
    assert list(covered.pieces(words)) == [(words, "")]


def test_format_and_neighbours_of_a_rare_character_stay(tmp_path: Path) -> None:
    document = Document()
    run = document.add_paragraph().add_run("甲\t乙𰻞丙")
    run.bold = True
    run.add_break()
    runs.name_faces([document.element.body], coverage.installed_coverage)
    [paragraph] = document.paragraphs
    assert paragraph.text == "甲\t乙𰻞丙\n"
    assert all(each.bold for each in paragraph.runs)
    named = {each.text: each.font.name for each in paragraph.runs if each.text}
    assert named["𰻞"] == "Noto Serif CJK SC"
    assert [name for words, name in named.items() if words != "𰻞"] == [None] * (len(named) - 1)


def test_setup_packages_are_found_by_a_family_of_theirs(tmp_path: Path) -> None:
    assert fonts.missing_spares(fonts.environment(tmp_path)) == []


def test_colour_and_bitmap_fonts_are_refused(tmp_path: Path) -> None:
    config = Path(fonts.environment(tmp_path)["FONTCONFIG_FILE"]).read_text("utf-8")
    assert '<patelt name="color"><bool>true' in config
    assert '<patelt name="scalable"><bool>false' in config
