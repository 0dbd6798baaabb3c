"""The mark of a handed-out workbook: it changes nothing else, and survives what other programs do."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.packaging.custom import StringProperty

from paperwork.formats.spreadsheets import origin
from tests import make

VERSION, OTHER = "0123456789abcdef" * 4, "f" * 64


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of the good project's workbook."""
    return (make.write_only(tmp_path_factory.mktemp("book")) / "项目1" / "项目数据.xlsx").read_bytes()


def parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of a package."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def properties(content: bytes) -> dict[str, str]:
    """Return the custom properties of a workbook as openpyxl reads them."""
    book: Any = load_workbook(io.BytesIO(content))
    return {each.name: each.value for each in book.custom_doc_props.props}


def test_mark_is_read_back_and_only_three_parts_change(workbook: bytes) -> None:
    marked = origin.write_mark(workbook, VERSION)
    assert (origin.read_mark(workbook), origin.read_mark(marked)) == ("", VERSION)
    before, after = parts(workbook), parts(marked)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {origin.PART, origin.TYPES, origin.RELATIONS}
    assert properties(marked) == {origin.PROPERTY: VERSION}


def test_newer_mark_takes_the_place_of_the_older(workbook: bytes) -> None:
    twice = origin.write_mark(origin.write_mark(workbook, OTHER), VERSION)
    assert origin.read_mark(twice) == VERSION
    assert parts(twice)[origin.PART].count(b"<property ") == 1
    assert origin.write_mark(workbook, VERSION) == origin.write_mark(workbook, VERSION)


def test_properties_of_staff_are_kept(workbook: bytes) -> None:
    book: Any = load_workbook(io.BytesIO(workbook))
    book.custom_doc_props.append(StringProperty(name="密级", value="内部"))
    saved = io.BytesIO()
    book.save(saved)
    marked = origin.write_mark(saved.getvalue(), VERSION)
    assert origin.read_mark(marked) == VERSION
    assert properties(marked) == {"密级": "内部", origin.PROPERTY: VERSION}


def test_mark_survives_saving_with_openpyxl_and_libreoffice(workbook: bytes, tmp_path: Path) -> None:
    book = load_workbook(io.BytesIO(origin.write_mark(workbook, VERSION)))
    book["活动"]["G2"] = "别处"
    path = tmp_path / "改过.xlsx"
    book.save(path)
    assert origin.read_mark(path.read_bytes()) == VERSION
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(tmp_path / "out"), str(path)], check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert origin.read_mark((tmp_path / "out" / path.name).read_bytes()) == VERSION


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_mark_survives_saving_in_another_format(workbook: bytes, tmp_path: Path, suffix: str) -> None:
    (path := tmp_path / "给出.xlsx").write_bytes(origin.write_mark(workbook, VERSION))
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", suffix,
         "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    saved = path.with_suffix(f".{suffix}").read_bytes()
    assert (origin.read_mark(saved), origin.write_mark(saved, OTHER)) == (VERSION, saved)


def test_mark_of_two_bytes_a_character_is_read() -> None:
    words = f"{origin.PROPERTY}\0 A{VERSION}\0".encode("utf-16-le")
    assert origin.read_mark(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + words) == VERSION


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a,b\n1,2\n", "项目".encode("gbk")])
def test_what_is_no_package_is_left_alone(content: bytes) -> None:
    assert origin.write_mark(content, VERSION) == content
    assert origin.read_mark(content) == ""
