"""Tags of printed, merged and split PDFs, read with pypdf and judged by veraPDF's rules of PDF/UA."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image
from pypdf import PdfReader

from paperwork.formats.media import photos
from paperwork.formats.office import fonts, libreoffice
from paperwork.formats.office.word import Link, Template
from paperwork.formats.office.word import Picture as WordPicture
from paperwork.formats.pdf import foreign, merge, page_numbers, split, verapdf
from paperwork.formats.pdf.merge import Part
from paperwork.formats.pdf.split import Cut
from tests.formats.office.test_typesetting import MADE, add_list
from tests.formats.pdf.test_merge import ABOUT, FONT

CAPTION = "“爱在身边”活动现场（2022年5月15日）"
UNCLAIMED = "5"
"""Clause of ISO 14289-1 that a file must say it follows it, which ours do not."""


def write_form(folder: Path, name: str) -> Path:
    """Write a filled form with a heading, a list, a picture and a link."""
    Image.new("RGB", (60, 40), "red").save(folder / "photo.png")
    made = Document()
    made.add_paragraph("标题", style="Heading 1")
    made.add_paragraph("{{ 图 }}")
    made.add_paragraph("{{r 链接 }}")
    border = OxmlElement("w:pBdr")
    border.append(OxmlElement("w:bottom"))
    border[0].set(qn("w:val"), "single")
    border[0].set(qn("w:sz"), "8")
    made.add_paragraph("下面有线")._p.get_or_add_pPr().append(border)
    add_list(made, 60, "字")
    made.save(str(folder / "模板.docx"))
    context = {"图": WordPicture(folder / "photo.png", 60, CAPTION), "链接": Link("第一页", "甲.docx")}
    assert Template(folder / "模板.docx").render(context, folder / f"{name}.docx", MADE) is None
    return folder / f"{name}.docx"


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Bind two forms and a scan, and cut the second form with the scan out again; return both files."""
    folder = tmp_path_factory.mktemp("tags")
    files = [write_form(folder, name) for name in ("甲", "乙")]
    env = fonts.environment(folder)
    printed = libreoffice.convert_to_pdf([files], folder, env)
    for number in range(2):
        Image.new("RGB", (600, 800), "white").save(folder / f"scan{number}.png")
    scans = (page for number in range(2) for page in photos.read_pages(folder / f"scan{number}.png", 1))
    foreign.write_picture_pages(scans, folder / "scan.pdf")
    page_numbers.draw_numbers(9, FONT, folder / "numbers.pdf")
    pages = [merge.count_pages(printed[path]) for path in files]
    assert pages[0] > 1
    parts = [Part(printed[files[0]], 1, title="甲件"), Part(printed[files[1]], 1 + pages[0], title="乙件")]
    parts.append(Part(folder / "scan.pdf", 1 + sum(pages), title="乙件"))
    faces = fonts.installed_faces(env)
    out, cut = folder / "volume.pdf", folder / "cut.pdf"
    assert not merge.merge_volume(parts, [], {"甲.docx": 0}, ABOUT, folder / "numbers.pdf", faces, out)
    split.split(out, [Cut(1 + pages[0], pages[1] + 2, "乙件", cut)], faces)
    return out, cut


def walk(tag: Any) -> Iterator[Any]:
    """Yield a tag and all tags in it."""
    tag = tag.get_object()
    if not isinstance(tag, dict):
        return
    if "/S" in tag:
        yield tag
    kids = tag.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        if not isinstance(kid, int):
            yield from walk(kid)


def root_of(path: Path) -> Any:
    """Return the catalogue of a file."""
    return PdfReader(path).trailer["/Root"]


def test_tags_survive_merging_and_splitting(volume: tuple[Path, Path]) -> None:
    for path, forms in zip(volume, (2, 1), strict=True):
        root = root_of(path)
        tags = list(walk(root["/StructTreeRoot"]["/K"][0]))
        roles = Counter(tag["/S"] for tag in tags)
        assert (roles["/H1"], roles["/Table"], roles["/TR"]) == (forms, forms, forms * 61)
        assert roles["/Link"] >= forms
        assert [tag.get("/Alt") for tag in tags if tag["/S"] == "/Figure"] == [
            *([CAPTION] * forms), "乙件，第 1 页", "乙件，第 2 页"
        ]  # fmt: skip
        titles = [tag["/T"] for tag in tags if tag["/S"] == "/Part"]
        assert titles == [*(["甲件"] * (forms - 1)), "乙件", "乙件，第 1 页", "乙件，第 2 页"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == "zh-CN"
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]


def test_each_page_finds_its_own_tags(volume: tuple[Path, Path]) -> None:
    for path in volume:
        reader = PdfReader(path)
        nums = reader.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]
        entries = dict(zip(nums[::2], nums[1::2], strict=True))
        for page in reader.pages:
            tags = [tag.get_object() for tag in entries[page["/StructParents"]].get_object()]
            assert tags
            assert {tag["/Pg"].get_object()["/StructParents"] for tag in tags if "/Pg" in tag} == {
                page["/StructParents"]
            }
        assert len(entries) == len(set(entries))


def test_volume_breaks_no_rule_of_pdfua_but_the_claim(volume: tuple[Path, Path], vera: None) -> None:
    command = verapdf.find()
    assert command
    options = ("-f", "ua1", "--format", "json", "--maxfailuresdisplayed", "1", str(volume[0]))
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    [job] = json.loads(done.stdout)["report"]["jobs"]
    [result] = job["validationResult"]
    rules = result["details"]["ruleSummaries"]
    assert [(rule["clause"], rule["description"]) for rule in rules if rule["clause"] != UNCLAIMED] == []
