"""One font for each face in the whole volume: same words, same look, and the same bytes in whatever order printed."""

import datetime as dt
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import ImageChops
from pypdf import PdfReader

from paperwork import fonts, leaf, office, pdf, pieces
from paperwork.leaf import About
from paperwork.pdf import Part

ABOUT = About("卷", "单位", "项目", dt.date(2022, 12, 30))
WORDS = {
    "甲": "自贡市妇女联合会项目档案，共 12 件 34 页。",
    "乙": "盐都“紫薇伙伴”项目：培训 15 课时；参访 1 次。",
    "丙": "生僻字：䶮、㛃、𠮷，照样印出。",
}


def written(path: Path, text: str) -> Path:
    """A Word file whose paragraphs are set in the official faces."""
    document = Document()
    for family in ("方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"):
        run = document.add_paragraph().add_run(text)
        run.font.name = "Times New Roman"
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), family)
    document.save(str(path))
    return path


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[Path], dict[str, str]]:
    """The same three files printed twice: in one start, and in the opposite order."""
    folder = tmp_path_factory.mktemp("printed")
    env = fonts.environment(folder)
    files = [written(folder / f"{name}.docx", text) for name, text in WORDS.items()]
    (folder / "alone").mkdir()
    once = office.print_files([files], folder / "once", env)
    again = {path: office.print_files([[path]], folder / "again", env)[path] for path in reversed(files)}
    return [once[path] for path in files], [again[path] for path in files], env


def bound(sheets: list[Path], env: dict[str, str], out: Path) -> Path:
    """The sheets as a volume."""
    parts = [Part(path, number) for number, path in enumerate(sheets, 1)]
    numbers = out.with_name("numbers.pdf")
    leaf.stamps(10, fonts.file_of("宋体", env), numbers)
    assert pdf.bind(parts, [], {}, ABOUT, numbers, fonts.faces(env), out) == []
    return out


def faces_of(path: Path) -> dict[str, set[str]]:
    """The subsets of each face in a file."""
    found: dict[str, set[str]] = {}
    for page in PdfReader(path).pages:
        for font in page["/Resources"]["/Font"].values():
            tag, _, name = str(font.get_object()["/BaseFont"]).removeprefix("/").partition("+")
            found.setdefault(name, set()).add(tag)
    return found


def test_each_face_is_there_once(printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path) -> None:
    found = faces_of(bound(printed[0], printed[2], tmp_path / "v.pdf"))
    for name in ("FandolSong-Bold", "FandolFang-Regular", "FandolKai-Regular", "FandolHei-Regular"):
        assert len(found[name]) == 1, name


def test_the_order_of_printing_leaves_no_trace(
    printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path
) -> None:
    once, again, env = printed
    assert [path.read_bytes() for path in once] != [path.read_bytes() for path in again]  # LibreOffice counts its fonts
    volumes = [bound(sheets, env, tmp_path / name) for sheets, name in ((once, "a.pdf"), (again, "b.pdf"))]
    assert volumes[0].read_bytes() == volumes[1].read_bytes()


def test_words_and_look_are_as_printed(printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path) -> None:
    volume = pypdfium2.PdfDocument(bound(printed[0], printed[2], tmp_path / "v.pdf"))
    for page, path in zip(volume, printed[0], strict=True):
        [before] = pypdfium2.PdfDocument(path)
        words = page.get_textpage().get_text_bounded()
        assert words.split()[:-1] == before.get_textpage().get_text_bounded().split()  # and the number of the page
        look = [each.render(scale=2).to_pil().convert("L").crop((0, 0, 1190, 1400)) for each in (page, before)]
        # Hints are left out: edges may be a shade lighter, no stroke may be elsewhere.
        darkest = ImageChops.difference(*look).getextrema()[1]
        assert isinstance(darkest, int)
        assert darkest < 128


def test_a_piece_carries_only_what_it_shows_and_is_archival(
    printed: tuple[list[Path], list[Path], dict[str, str]], tmp_path: Path
) -> None:
    volume = bound(printed[0], printed[2], tmp_path / "v.pdf")
    out = tmp_path / "piece.pdf"
    pieces.extract(volume, [pieces.Cut(2, 1, "乙", out)], fonts.faces(printed[2]))
    assert pieces.archival_faults(out) == []
    assert out.stat().st_size < volume.stat().st_size
    [page] = pypdfium2.PdfDocument(out)
    assert "紫薇伙伴" in page.get_textpage().get_text_bounded()
    assert faces_of(out)["FandolFang-Regular"] != faces_of(volume)["FandolFang-Regular"]
