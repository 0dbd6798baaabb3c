"""Workbooks that Excel and WPS open without a word: openpyxl refuses some of them, so they were said to be damaged."""

import datetime as dt
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.formats.spreadsheets import fault_marks, reader
from paperwork.project import input_folder, workbook
from tests import make
from tests.cases import CASES as CASES_FOLDER
from tests.cases import lay
from tests.formats.spreadsheets.test_reader import BOOK, facts, read_all

Parts = dict[str, bytes]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the inputs folder of the good project, without photos and attachments."""
    return make.write_only(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def clean(good: Path) -> dict[str, Any]:
    """Return the facts of the good project."""
    project, faults = read_all(good)
    assert faults == []
    return facts(project)


def put(part: str, words: bytes) -> Callable[[Parts], None]:
    """Return a change that writes a part."""
    return lambda parts: parts.update({part: words})


def drop(pattern: str) -> Callable[[Parts], None]:
    """Return a change that deletes parts, but not the references to them."""

    def change(parts: Parts) -> None:
        for name in [name for name in parts if re.search(pattern, name)]:
            del parts[name]

    return change


def swap(pattern: str, old: bytes, new: bytes) -> Callable[[Parts], None]:
    """Return a change of a text in parts; the text must be in one of them."""

    def change(parts: Parts) -> None:
        names = [name for name in parts if re.search(pattern, name) and re.search(old, parts[name])]
        assert names
        for name in names:
            parts[name] = re.sub(old, new, parts[name])

    return change


def rename(write: Callable[[str], str]) -> Callable[[Parts], None]:
    """Return a change of the names of all parts."""

    def change(parts: Parts) -> None:
        renamed = {write(name): content for name, content in parts.items()}
        parts.clear()
        parts.update(renamed)

    return change


def add_pictures(parts: Parts) -> None:
    """Add 40 MB of pictures."""
    parts.update({f"xl/media/image{number}.png": PNG * 500 for number in range(40)})


def unpack_strings(parts: Parts) -> None:
    """Write all texts as inline strings with readings (ruby) and runs of different looks."""
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        parts[name] = re.sub(
            rb"<is><t>([^<]*)</t></is>",
            rb"<is><r><rPr><b/></rPr><t></t></r><r><t>\1</t></r>"
            rb'<rPh sb="0" eb="1"><t>pinyin</t></rPh><phoneticPr fontId="1"/></is>',
            parts[name],
        )


def number_nothing(parts: Parts) -> None:
    """Leave out the addresses of rows and cells, as some exporters do; a cell's place is its position."""
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        parts[name] = re.sub(rb'(<row) r="\d+"', rb"\1", parts[name])


def write_dates_as_text(parts: Parts) -> None:
    """Write dates in ISO 8601, as Excel does in strict workbooks."""
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        parts[name] = re.sub(
            rb'<c (r="\w+" s="\d+") t="n"><v>(44\d{3})</v>',
            lambda found: b'<c %b t="d"><v>%b</v>' % (found[1], _iso(int(found[2]))),
            parts[name],
        )
    assert any(b't="d"' in content for content in parts.values())


def _iso(serial: int) -> bytes:
    return (dt.datetime(1899, 12, 30) + dt.timedelta(days=serial)).isoformat().encode()


SHEET, STYLES, MAIN = r"^xl/worksheets/sheet\d+\.xml$", r"^xl/styles\.xml$", r"^xl/workbook\.xml$"
ODD: dict[str, Callable[[Parts], None]] = {
    "an empty fill": swap(STYLES, b"</fills>", b"<fill/></fills>"),
    "a colour with #": swap(STYLES, b'rgb="00FFE08A"', b'rgb="#FF0000"'),
    "a colour by name": swap(STYLES, b'rgb="00FFE08A"', b'rgb="red"'),
    "a border of an unknown style": swap(STYLES, b"<left/>", b'<left style="wavy"/>'),
    "a font without a name": swap(STYLES, b'<name val="[^"]*"/>', b""),
    "a font of an odd size": swap(STYLES, b'<sz val="16"/>', b'<sz val="big"/>'),
    "an unknown alignment": swap(STYLES, b'vertical="top"', b'vertical="middle"'),
    "an unknown pattern": swap(STYLES, b'patternType="gray125"', b'patternType="stripes"'),
    "a named style without a style": swap(STYLES, b'<cellStyle name="Normal" xfId="0"', b'<cellStyle xfId="99"'),
    "a table style of a later Excel": swap(STYLES, b"</styleSheet>", b"<tableStyles count='x'/></styleSheet>"),
    "a theme that is no XML": put("xl/theme/theme1.xml", b"<a:theme"),
    "no theme": drop("theme"),
    "a date in docProps that is none": put("docProps/core.xml", b"<cp:coreProperties><dcterms:created>2022-13-45"),
    "no docProps": drop("^docProps/"),
    "no list of content types": put("[Content_Types].xml", b"<Types/>"),
    "an unknown content type": swap(r"Content_Types", b"spreadsheetml.sheet.main", b"spreadsheetml.unheard.main"),
    "comments that are no XML": swap("^xl/comments", b"^.*$", b"<comments><"),
    "no comments": drop("^xl/comments"),
    "drawings that are no XML": swap("^xl/drawings", b"(?s)^.*$", b"<xml"),
    "no drawings": drop("^xl/drawings"),
    "a name for nothing": swap(MAIN, b"</definedNames>", b'<definedName name="a b">#REF!</definedName></definedNames>'),
    "a name of a sheet that is none": swap(MAIN, b'localSheetId="\\d+"', b'localSheetId="99"'),
    "an empty extension list": swap(MAIN, b"</workbook>", b"<extLst><ext/></extLst></workbook>"),
    "a view of a sheet that is none": swap(MAIN, b'firstSheet="0"', b'firstSheet="x"'),
    "a check of cells that is none": swap(SHEET, b'type="list"', b'type="colour"'),
    "a format for cells that is none": swap(
        SHEET, b"</sheetData>", b'</sheetData><conditionalFormatting sqref="A1:"><cfRule/></conditionalFormatting>'
    ),
    "an unknown prefix": swap(SHEET, b"</worksheet>", b"<extLst><ext><q:w/></ext></extLst></worksheet>"),
    "margins that are none": swap(SHEET, b"<pageMargins [^>]*>", b'<pageMargins left="wide"/>'),
    "a size that is too small": swap(SHEET, b'<dimension ref="[^"]*"/>', b'<dimension ref="A1"/>'),
    "no size": swap(SHEET, b'<dimension ref="[^"]*"/>', b""),
    "a protected sheet": swap(SHEET, b"</sheetData>", b'</sheetData><sheetProtection password="CAFE" sheet="1"/>'),
    "paths from the root": swap(r"\.rels$", b'Target="(?:/xl/)?(worksheets|styles)', rb'Target="/xl/\1'),
    "paths with backslashes": swap("workbook.xml.rels", b'Target="/xl/worksheets/', rb'Target="worksheets\\'),
    "paths with dots": swap("workbook.xml.rels", b'Target="/xl/worksheets/', b'Target="../xl/./worksheets/'),
    "parts in capitals": rename(lambda name: name if name.startswith("[") else name.upper()),
    "parts with backslashes": rename(lambda name: name.replace("/", "\\")),
    "parts from the root": rename(lambda name: name if name.startswith("[") else f"/{name}"),
    "40 MB of pictures": add_pictures,
    "texts with readings": unpack_strings,
    "rows without a number": number_nothing,
    "dates in ISO 8601": write_dates_as_text,
    "a link to a file that is gone": swap(
        "workbook.xml.rels", b"</Relationships>",
        b'<Relationship Id="x9" Type="http://a/b/externalLink" Target="externalLinks/1.xml"/></Relationships>',
    ),
    "formatted blanks far away": swap(
        SHEET, b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="3"/></row></sheetData>'
    ),
    "blank texts far away": swap(
        SHEET, b"</sheetData>",
        '<row r="25000"><c r="IV25000" t="inlineStr"><is><t> \u3000\u200b</t></is></c></row></sheetData>'.encode(),
    ),
}  # fmt: skip


def rewrite(path: Path, change: Callable[[Parts], None], compression: int = zipfile.ZIP_DEFLATED) -> None:
    """Change the parts of a package."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", compression) as target:
        for name, content in parts.items():
            entry = zipfile.ZipInfo("x")
            entry.filename, entry.compress_type = name, compression  # the constructor would mend backslashes
            target.writestr(entry, content)


@pytest.mark.parametrize("name", ODD)
def test_sound_workbook_is_read_whole(name: str, good: Path, clean: dict[str, Any], tmp_path: Path) -> None:
    inputs = Path(shutil.copytree(good, tmp_path / "inputs"))
    rewrite(inputs / BOOK, ODD[name], zipfile.ZIP_STORED if "MB" in name else zipfile.ZIP_DEFLATED)
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean


@pytest.mark.parametrize(
    "case", ["a03-strict", "a04-style-fill", "a12-far-blank", "a13-xlsm", "a13b-xltx", "a15-utf16-txt"]
)
def test_case_is_read_as_the_good_project(case: str, clean: dict[str, Any], tmp_path: Path) -> None:
    inputs = lay(tmp_path, case).inputs
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean
    assert project.workbook.startswith("项目1/项目数据.xl")


@pytest.mark.parametrize("suffix", [".xlsm", ".xltx", ".xltm"])
def test_catalogue_is_read_from_a_workbook_with_macros_or_a_template(suffix: str, tmp_path: Path) -> None:
    inputs = make.many(tmp_path, 2)
    path = inputs / "项目发布目录.xlsx"
    kind = {".xlsm": b"sheet.macroEnabled", ".xltx": b"template", ".xltm": b"template.macroEnabled"}[suffix]
    rewrite(
        path,
        swap("Content_Types", b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", b"x." + kind + b".main"),
    )
    path.rename(path.with_suffix(suffix))
    assert sorted(input_folder.scan_inputs(inputs).entries) == [1, 2]


@pytest.mark.parametrize("name", ["an empty fill", "strict OOXML"])
def test_faults_are_marked_in_a_workbook_that_openpyxl_refuses(name: str, good: Path, tmp_path: Path) -> None:
    if name == "strict OOXML":
        path = CASES_FOLDER / "a03-strict" / BOOK
        with pytest.warns(UserWarning):
            assert load_workbook(path).worksheets == []
    else:
        rewrite(path := Path(shutil.copy(good / BOOK, tmp_path)), ODD[name])
        with pytest.raises(TypeError):
            load_workbook(path)
    fault = Fault(Level.ERROR, Where("a.xlsx", "活动", "B2"), "错了", "请改正")
    copy = fault_marks.make_marked_copy(path.read_bytes(), [fault], (), dt.datetime(2022, 1, 1), ["a.xlsx"])
    cell = load_workbook(io.BytesIO(copy))["活动"]["B2"]
    assert cell.value == "第1次培训"
    assert "错了" in cell.comment.text


DAMAGED: dict[str, Callable[[Parts], None]] = {
    "half a sheet": swap("^xl/worksheets/sheet7.xml$", b"(?s)^(.{1000}).*$", rb"\1"),
    "a sheet that is gone": drop("^xl/worksheets/sheet7.xml$"),
    "half the styles": swap(STYLES, b"(?s)^(.{900}).*$", rb"\1"),
    "no workbook": drop(MAIN),
    "a sheet with entities": swap(SHEET, b"^", b'<!DOCTYPE a [<!ENTITY b "c">]>'),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_workbook_is_refused_and_not_read_in_part(name: str, good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(good / BOOK, tmp_path))
    rewrite(path, DAMAGED[name])
    with pytest.raises(Unreadable) as refusal:
        reader.read_tables(path, path.name)
    assert "请" in refusal.value.mend


def at(faults: list[Fault]) -> Iterator[tuple[str, str, str]]:
    """Yield level, cell and problem of each fault."""
    return ((str(each.level), each.where.cell, each.wrong) for each in faults)


def test_header_far_to_the_right_is_refused_with_its_cell_and_the_limit(tmp_path: Path) -> None:
    _, faults = workbook.read_project(input_folder.scan_inputs(lay(tmp_path, "a32-wide").inputs), 1)
    [(level, cell, wrong)] = at(faults)
    assert (level, cell) == ("错误", "HA1")
    assert "前 200 列" in wrong


@pytest.mark.parametrize("row", [2, 19, 21, 40, 300])
def test_header_below_a_long_introduction_is_found(row: int, tmp_path: Path, clean: dict[str, Any]) -> None:
    inputs = make.write_only(tmp_path)
    book = load_workbook(inputs / BOOK)
    book["活动"].insert_rows(1, row - 1)
    book["活动"]["A1"] = "活动登记，由项目负责人填写"
    book.save(inputs / BOOK)
    project, faults = read_all(inputs)
    assert [str(fault) for fault in faults] == []
    assert facts(project) == clean
    assert project.activities[0].where("地点").cell == f"G{row + 1}"


def test_hidden_columns_are_read_and_reported(tmp_path: Path, clean: dict[str, Any]) -> None:
    inputs = make.write_only(tmp_path)
    book = load_workbook(inputs / BOOK)
    book["活动"].column_dimensions["G"].hidden = True
    book["名册"].column_dimensions.group("E", "F", hidden=True)
    book["名册"].column_dimensions["G"].hidden = True
    book.save(inputs / BOOK)
    project, faults = read_all(inputs)
    assert facts(project) == clean
    assert [(str(fault.where), fault.wrong) for fault in faults] == [
        ("项目1/项目数据.xlsx · 活动", "G 列是隐藏的"),
        ("项目1/项目数据.xlsx · 名册", "E、F、G 列是隐藏的"),
    ]


HEADER = "项目序号\t牵头部室\t项目名称\t项目内容\t实施周期\t项目金额（万元）\t相关要求\r\n"
ROW = '1\t组联部\t“试验”项目\t培训\t2022年4月-12月\t10\t"1.甲；\n2.乙。"\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"])
@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_catalogue_saved_by_excel_as_text_is_read(encoding: str, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"目录{suffix}").write_bytes((HEADER + ROW).encode(encoding))
    found = input_folder.scan_inputs(tmp_path)
    assert found.entries[1].requirements == "1.甲；\n2.乙。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_text_export_of_the_catalogue_is_read_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    export = (make.ROOT / "tests" / "data" / "项目发布目录.txt").read_text("utf-8")
    (tmp_path / "目录.txt").write_bytes(export.encode(encoding))
    found = input_folder.scan_inputs(tmp_path)
    (tmp_path / "目录.txt").write_text(export, "utf-8")
    assert found.entries == input_folder.scan_inputs(tmp_path).entries


def test_text_in_no_encoding_is_refused_and_not_garbled(tmp_path: Path) -> None:
    (tmp_path / "目录.csv").write_bytes((HEADER + ROW).encode() + b"\xff\xfe\xfd")
    with pytest.raises(Unreadable) as refusal:
        reader.read_tables(tmp_path / "目录.csv", "目录.csv")
    assert "编码" in refusal.value.wrong
