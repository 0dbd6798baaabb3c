"""Font substitution for the official typefaces by Fontconfig and LibreOffice."""

import re
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader

from paperwork.core.faults import ExitCode, Stop
from paperwork.formats.office import fonts, libreoffice

RARE = "𬭛㛃䶮"


def test_every_official_family_has_an_installed_chinese_font(tmp_path: Path) -> None:
    for each in fonts.substitutes(fonts.environment(tmp_path)):
        assert each.file.is_file()
        assert "DejaVu" not in each.used
    used = {each.wanted: each.used for each in fonts.substitutes(fonts.environment(tmp_path))}
    assert len({used["仿宋_GB2312"], used["楷体_GB2312"], used["黑体"], used["宋体"]}) == 4


def test_rare_characters_print_in_every_family_without_screen_fonts(tmp_path: Path) -> None:
    document = Document()
    for family in ("方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "没有这种字体"):
        run = document.add_paragraph().add_run(f"汉字“引号”……2022 abc {RARE}")
        run.font.name = "Times New Roman"
        run._element.rPr.rFonts.set(qn("w:eastAsia"), family)
    path = tmp_path / "字体.docx"
    document.save(str(path))
    printed = libreoffice.convert_to_pdf([[path]], tmp_path, fonts.environment(tmp_path))
    [page] = PdfReader(printed[path]).pages
    assert page.extract_text().count(RARE) == 6
    names = [str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()]
    assert not [name for name in names if re.search("DejaVu|OpenSymbol|Carlito|Sans(?!CJK)", name)]


def test_relative_folder_gives_the_same_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve the folder: Fontconfig looks for a relative file under /etc/fonts and falls back to system fonts."""
    monkeypatch.chdir(tmp_path)
    assert fonts.substitutes(fonts.environment(Path())) == fonts.substitutes(fonts.environment(tmp_path))
    assert Path(fonts.environment(Path())["FONTCONFIG_FILE"]).is_absolute()


def test_title_font_is_bold(tmp_path: Path) -> None:
    found = {each.wanted: each for each in fonts.substitutes(fonts.environment(tmp_path))}
    # The genuine font is bold by design; only a substitute has to be chosen by its weight.
    assert found["方正小标宋简体"].is_genuine or "Bold" in found["方正小标宋简体"].file.name
    assert "Bold" not in found["宋体"].file.name


def test_missing_fontconfig_gives_the_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = fonts.environment(tmp_path) | {"PATH": str(tmp_path)}
    with pytest.raises(Stop) as stop:
        fonts.substitutes(env)
    assert stop.value.code is ExitCode.MISSING
    assert "apt-get install" in stop.value.mend
