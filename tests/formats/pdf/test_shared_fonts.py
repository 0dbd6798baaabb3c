"""Shared fonts of a volume: one subset per face, unchanged text and appearance, bytes independent of print order."""

import datetime as dt
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import ImageChops
from pypdf import PdfReader

from paperwork.formats.office import fonts, libreoffice
from paperwork.formats.pdf import merge, page_numbers, split
from paperwork.formats.pdf.merge import Part
from paperwork.formats.pdf.metadata import DocumentMetadata

ABOUT = DocumentMetadata("卷", "单位", "项目", dt.date(2022, 12, 30))
WORDS = {
    "甲": "自贡市妇女联合会项目档案，共 12 件 34 页。",
    "乙": "盐都“紫薇伙伴”项目：培训 15 课时；参访 1 次。",
    "丙": "生僻字：䶮、㛃、𠮷，照样印出。",
}


def write_document(path: Path, text: str) -> Path:
    """Write a Word file with one paragraph in each official font family."""
    document = Document()
    for family in ("方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"):
        run = document.add_paragraph().add_run(text)
        run.font.name = "Times New Roman"
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), family)
    document.save(str(path))
    return path


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[Path], dict[str, str]]:
    """Convert the same three files twice: in one LibreOffice run, and one by one in reverse order."""
    folder = tmp_path_factory.mktemp("printed")
    env = fonts.environment(folder)
    files = [write_document(folder / f"{name}.docx", text) for name, text in WORDS.items()]
    (folder / "alone").mkdir()
    first = libreoffice.convert_to_pdf([files], folder / "first", env)
    second = {path: libreoffice.convert_to_pdf([[path]], folder / "second", env)[path] for path in reversed(files)}
    return [first[path] for path in files], [second[path] for path in files], env


def bind_volume(files: list[Path], env: dict[str, str], out: Path) -> Path:
    """Merge PDF files into a volume."""
    parts = [Part(path, number) for number, path in enumerate(files, 1)]
    numbers = out.with_name("numbers.pdf")
    page_numbers.draw_numbers(10, fonts.font_file("宋体", env), numbers)
    assert merge.merge_volume(parts, [], {}, ABOUT, numbers, fonts.installed_faces(env), out) == []
    return out


def subset_tags(path: Path) -> dict[str, set[str]]:
    """Return the subset tags of each font in a PDF file."""
    found: dict[str, set[str]] = {}
    for page in PdfReader(path).pages:
        for font in page["/Resources"]["/Font"].values():
            tag, _, name = str(font.get_object()["/BaseFont"]).removeprefix("/").partition("+")
            found.setdefault(name, set()).add(tag)
    return found


def test_volume_embeds_each_face_once(printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path) -> None:
    found = subset_tags(bind_volume(printed[0], printed[2], tmp_path / "v.pdf"))
    for name in ("FandolSong-Bold", "FandolFang-Regular", "FandolKai-Regular", "FandolHei-Regular"):
        assert len(found[name]) == 1, name


def test_print_order_does_not_change_the_volume(
    printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path
) -> None:
    first, second, env = printed
    # LibreOffice numbers its font subsets in the order in which it creates them, so the single files differ.
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in second]
    volumes = [bind_volume(files, env, tmp_path / name) for files, name in ((first, "a.pdf"), (second, "b.pdf"))]
    assert volumes[0].read_bytes() == volumes[1].read_bytes()


def test_merging_fonts_keeps_text_and_appearance(
    printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path
) -> None:
    volume = pypdfium2.PdfDocument(bind_volume(printed[0], printed[2], tmp_path / "v.pdf"))
    for page, path in zip(volume, printed[0], strict=True):
        [before] = pypdfium2.PdfDocument(path)
        words = page.get_textpage().get_text_bounded()
        assert words.split()[:-1] == before.get_textpage().get_text_bounded().split()  # plus the page number
        images = [each.render(scale=2).to_pil().convert("L").crop((0, 0, 1190, 1400)) for each in (page, before)]
        # The subsets have no hinting: edges may be slightly lighter, but no stroke may move.
        darkest = ImageChops.difference(*images).getextrema()[1]
        assert isinstance(darkest, int)
        assert darkest < 128


def test_split_file_is_pdfa_with_its_own_font_subset(
    printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path
) -> None:
    volume = bind_volume(printed[0], printed[2], tmp_path / "v.pdf")
    out = tmp_path / "piece.pdf"
    split.split(volume, [split.Cut(2, 1, "乙", out)], fonts.installed_faces(printed[2]))
    assert split.pdfa_findings(out) == []
    assert out.stat().st_size < volume.stat().st_size
    [page] = pypdfium2.PdfDocument(out)
    assert "紫薇伙伴" in page.get_textpage().get_text_bounded()
    assert subset_tags(out)["FandolFang-Regular"] != subset_tags(volume)["FandolFang-Regular"]
