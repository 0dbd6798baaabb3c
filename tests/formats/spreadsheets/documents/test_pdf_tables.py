"""Catalogues that are published as PDF: tables with lines and text are read, everything else is refused in words."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf
import pytest

from paperwork.core.faults import Stop, Unreadable
from paperwork.formats.spreadsheets import reader
from paperwork.formats.spreadsheets.documents import pdf_tables
from paperwork.project import input_folder
from paperwork.project.catalogue import published
from tests import make

CATALOGUES = make.ROOT / "tests" / "data" / "catalogues"
GOLD = json.loads((CATALOGUES / "gold.json").read_text("utf-8"))
PRINTED = {
    "c01": "rows that a page breaks",
    "c08": "a cell merged over the projects",
    "c23": "a table for each project",
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return catalogues as LibreOffice prints them, by name."""
    out = tmp_path_factory.mktemp("printed")
    for name in PRINTED:
        shutil.copy(CATALOGUES / name / "目录.docx", out / f"{name}.docx")
    profile = f"-env:UserInstallation=file://{out}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(out)]
    files = [str(out / f"{name}.docx") for name in PRINTED]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=120)
    return {name: out / f"{name}.pdf" for name in PRINTED}


@pytest.mark.parametrize("name", PRINTED)
def test_printed_catalogue_reads_as_its_original(printed: Mapping[str, Path], name: str) -> None:
    read = published.read_catalogue(printed[name], "目录.pdf")
    keys = ("dept", "name", "goals_text", "content_text", "text")
    assert [
        (entry.department, entry.name, entry.goals, entry.content, entry.requirements)
        for entry in read.entries.values()
    ] == [tuple(each[key].strip() for key in keys) for each in GOLD[name]["projects"]]
    assert not [fault for fault in read.faults if not fault.wrong.startswith("表头")]


def save_pages(path: Path, count: int, lock: pikepdf.Encryption | None = None) -> Path:
    pdf = pikepdf.new()
    for _ in range(count):
        pdf.add_blank_page()
    pdf.save(path, encryption=lock)
    return path


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "scan": (make.scan, "里面是图片，读不出文字"),
    "blank": (lambda path: save_pages(path, 1), "里面是图片，读不出文字"),
    "too long": (lambda path: save_pages(path, 61), "PDF 有 61 页，最多读 60 页"),
    "locked": (lambda path: save_pages(path, 1, pikepdf.Encryption("a", "b")), "PDF 有打开密码，读不了"),
    "damaged": (lambda path: path.write_bytes(b"%PDF-1.4\n%%EOF"), "PDF 打不开，文件可能损坏"),
    "cut": (lambda path: path.write_bytes(save_pages(path, 3).read_bytes()[:200]), "PDF 打不开，文件可能损坏"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_pdf_without_readable_tables_is_refused(tmp_path: Path, name: str) -> None:
    write, words = REFUSED[name]
    write(path := tmp_path / "目录.pdf")
    with pytest.raises(Unreadable) as refused:
        reader.read_tables(path, path.name)
    assert refused.value.wrong == words
    with pytest.raises(Stop, match="没有找到项目发布目录") as stopped:
        input_folder.scan_inputs(tmp_path)
    assert f"“目录.pdf”{words}" in stopped.value.wrong


def test_pdf_that_takes_too_long_is_refused(
    printed: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_tables, "MAX_SECONDS", 0.001)
    shutil.copy(printed["c08"], tmp_path / "目录.pdf")
    with pytest.raises(Unreadable, match="PDF 太复杂"):
        reader.read_tables(tmp_path / "目录.pdf", "目录.pdf")


def test_pdf_of_any_name_is_the_catalogue_where_there_is_no_other(printed: Mapping[str, Path], tmp_path: Path) -> None:
    shutil.copy(printed["c08"], tmp_path / "公告.pdf")
    assert len(input_folder.scan_inputs(tmp_path).entries) == 3


def test_pdf_beside_the_catalogue_of_its_year_is_left(printed: Mapping[str, Path], tmp_path: Path) -> None:
    shutil.copy(printed["c08"], tmp_path / "目录.pdf")
    shutil.copy(CATALOGUES / "c08" / "目录.docx", tmp_path)
    assert [path.name for path in input_folder.scan_inputs(tmp_path).catalogues] == ["目录.docx"]


def test_pdf_in_the_folder_of_a_project_is_not_looked_at(printed: Mapping[str, Path], tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    shutil.copy(make.CATALOGUE, inputs)
    before = input_folder.scan_inputs(inputs)
    for folder in ("项目1", "项目1/附件"):
        (inputs / folder).mkdir(exist_ok=True)
        shutil.copy(printed["c08"], inputs / folder / "卷内目录.pdf")
    found = input_folder.scan_inputs(inputs)
    assert (found.catalogues, found.faults, found.rejected) == (before.catalogues, before.faults, before.rejected)
