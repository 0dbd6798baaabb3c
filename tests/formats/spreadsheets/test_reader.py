"""Spreadsheets as people and other programs make them: formats, spellings, headers. Every guess is reported."""

import csv
import datetime as dt
import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from paperwork.core.faults import Fault, Level, Stop, Where
from paperwork.formats.office import installation
from paperwork.formats.spreadsheets import cells, reader
from paperwork.project import headers, input_folder, workbook
from paperwork.project.model import Activity, Project
from tests import make, odd
from tests.waiting import SECONDS

BOOK = Path("项目1") / "项目数据.xlsx"
ENCRYPTED_ODS = (
    '<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.spreadsheet"/><m:encryption-data/>'
)


def read_all(inputs: Path) -> tuple[Project, list[Fault]]:
    """Return project 1, which must be readable, and the reported faults."""
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None, faults
    return project, faults


def facts(project: Project) -> dict[str, Any]:
    """Return a project's data without the places it was read from."""
    data = project.template_values()
    return {title: value for title, value in data.items() if title not in ("folder", "workbook", "photos", "videos")}


def edit(inputs: Path, change: Callable[[Workbook], object]) -> Path:
    """Change the workbook with openpyxl; return its path."""
    path = inputs / BOOK
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def convert(path: Path, suffix: str) -> Path:
    """Replace a workbook by LibreOffice's conversion to another format; return its path."""
    profile = path.parent / ".profile"
    subprocess.run(
        [str(installation.find_program()), f"-env:UserInstallation={profile.as_uri()}", "--headless",
         "--convert-to", suffix, "--outdir", str(path.parent), str(path)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    shutil.rmtree(profile)
    path.unlink()
    return path.with_suffix(f".{suffix}")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the facts of the good project, read from a workbook as the program writes it."""
    project, faults = read_all(make.make(tmp_path_factory.mktemp("clean")))
    assert faults == []
    return facts(project)


# ---- other file formats


@pytest.mark.parametrize("suffix", ["xls", "et", "ods"])
def test_other_formats_give_the_same_facts_and_cell_references(
    suffix: str, tmp_path: Path, clean: dict[str, Any]
) -> None:
    """Treat .et of WPS as .xls; both are BIFF in an OLE container."""
    inputs = make.make(tmp_path)
    path = convert(inputs / BOOK, "xls" if suffix == "et" else suffix)
    path.rename(path.with_suffix(f".{suffix}"))
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean
    assert str(project.activities[1].where("地点")) == f"项目1/项目数据.{suffix} · 活动!G3"


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("gb18030", ","), ("utf-8", "\t")])
def test_workbook_saved_as_one_csv_file_per_sheet(
    encoding: str, delimiter: str, tmp_path: Path, clean: dict[str, Any]
) -> None:
    inputs = make.make(tmp_path)
    path = inputs / BOOK
    for sheet in load_workbook(path):
        with (path.parent / f"项目数据-{sheet.title}.csv").open("w", encoding=encoding, newline="") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            for row in sheet.iter_rows(values_only=True):
                writer.writerow([value.date() if isinstance(value, dt.datetime) else value for value in row])
    path.unlink()
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean
    assert project.roster[0].id_number == "510399199001010016"
    assert str(project.activities[1].where("地点")) == "项目1/项目数据-活动.csv · 活动!G3"


def test_file_type_is_detected_from_content(tmp_path: Path, clean: dict[str, Any]) -> None:
    inputs = make.make(tmp_path)
    path = convert(inputs / BOOK, "ods")
    path.rename(inputs / "项目1" / "另存.xlsx")
    assert facts(read_all(inputs)[0]) == clean


def test_catalogue_in_other_formats(tmp_path: Path) -> None:
    sheet, *_ = reader.read_sheets(make.CATALOGUE, "")
    book = Workbook()
    for row in [[cell.value for cell in row] for row in sheet.rows]:
        book.active.append(row)
    wanted = input_folder.scan_inputs(make.CATALOGUE.parent).entries
    for suffix in ("xls", "ods", "csv"):
        folder = tmp_path / suffix
        folder.mkdir()
        book.save(folder / "目录.xlsx")
        if suffix == "csv":
            (folder / "目录.xlsx").unlink()
            with (folder / "目录.csv").open("w", encoding="gb18030", newline="") as stream:
                csv.writer(stream).writerows([[cell.value for cell in row] for row in sheet.rows])
        else:
            convert(folder / "目录.xlsx", suffix)
        found = input_folder.scan_inputs(folder)
        assert found.faults == []
        assert [each.template_values() for each in found.entries.values()] == [
            each.template_values() for each in wanted.values()
        ]


def test_encrypted_workbook_is_reported(tmp_path: Path) -> None:
    """Build the files by hand: OLE with an EncryptedPackage stream, OLE with an encrypted BIFF stream, and ODS."""
    inputs = make.make(tmp_path)
    odd.ole(inputs / "锁一.xlsx", {"EncryptionInfo": b"", "EncryptedPackage": b""})
    biff = bytes.fromhex("0908100000060500").ljust(20, b"\0") + bytes.fromhex("2f000600")
    odd.ole(inputs / "锁二.xls", {"Workbook": biff})
    with zipfile.ZipFile(inputs / "锁三.ods", "w") as package:
        package.writestr("content.xml", "?")
        package.writestr("META-INF/manifest.xml", ENCRYPTED_ODS)
    faults = read_all(inputs)[1]
    assert [fault.where.file for fault in faults] == ["锁一.xlsx", "锁三.ods", "锁二.xls"]
    assert all("密码" in fault.wrong and "密码" in fault.mend for fault in faults)


# ---- contents of sheets


def test_dates_in_the_1904_date_system(tmp_path: Path, clean: dict[str, Any]) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    inputs = make.make(tmp_path)
    edit(inputs, lambda book: setattr(book, "epoch", CALENDAR_MAC_1904))
    with zipfile.ZipFile(inputs / BOOK) as package:
        assert b'date1904="1"' in package.read("xl/workbook.xml")
    assert facts(read_all(inputs)[0]) == clean


def test_hidden_sheets_and_rows_are_read_and_reported(tmp_path: Path, clean: dict[str, Any]) -> None:
    def hide(book: Workbook) -> None:
        book["督导"].sheet_state = "hidden"
        book["进展"].row_dimensions[3].hidden = True

    inputs = make.make(tmp_path)
    edit(inputs, hide)
    project, faults = read_all(inputs)
    assert facts(project) == clean
    assert [(fault.level, fault.where.sheet) for fault in faults] == [(Level.NOTICE, "督导"), (Level.NOTICE, "进展")]
    assert "第 3 行" in faults[1].wrong


def test_merged_cell_applies_to_every_row_it_spans(tmp_path: Path) -> None:
    def merge(book: Workbook) -> None:
        book["活动"]["G3"] = None
        book["活动"].merge_cells("G2:G3")

    inputs = make.make(tmp_path)
    edit(inputs, merge)
    project, faults = read_all(inputs)
    assert faults == []
    assert [each.location for each in project.activities] == ["示例社区", "示例社区"]


def test_header_merged_over_two_rows_is_not_data(tmp_path: Path, clean: dict[str, Any]) -> None:
    def merge(book: Workbook) -> None:
        sheet = book["督导"]
        sheet.insert_rows(2)
        for column in range(1, sheet.max_column + 1):
            sheet.merge_cells(start_row=1, end_row=2, start_column=column, end_column=column)

    inputs = make.make(tmp_path)
    edit(inputs, merge)
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean


def test_wrong_sheet_dimension_is_ignored(tmp_path: Path, clean: dict[str, Any]) -> None:
    inputs = make.make(tmp_path)
    path = edit(inputs, lambda book: book["活动"].cell(900_000, 150).__setattr__("style", "Normal"))
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                start = data.index(b"<dimension")
                data = data[:start] + b'<dimension ref="A1"/>' + data[data.index(b"/>", start) + 2 :]
            target.writestr(name, data)
    path.write_bytes(out.getvalue())
    assert facts(read_all(inputs)[0]) == clean


# ---- headers


def rename_headers(sheet: str, **names: str) -> Callable[[Workbook], None]:
    """Return a change that renames headers of a sheet."""

    def change(book: Workbook) -> None:
        for cell in book[sheet][1]:
            cell.value = names.get(str(cell.value), cell.value)

    return change


@pytest.mark.parametrize(
    ("sheet", "names", "notices"),
    [
        ("活动", {"活动编号": " 活动 编号*", "参与人数": "参与人数（人）", "地点": "地\n点"}, []),
        ("活动", {"开始日期": "日期", "参与人数": "人数"}, ["“日期”按“开始日期”", "“人数”按“参与人数”"]),
        ("名册", {"联系电话": "电话", "姓名或名称": "姓名"}, ["“姓名”按“姓名或名称”", "“电话”按“联系电话”"]),
        ("活动", {"简报标题": "简报的标题"}, ["“简报的标题”按“简报标题”"]),
        ("支出", {"支出": "支出（元）", "日期": "日　期"}, []),
    ],
)
def test_synonymous_headers_are_accepted_and_reported(
    sheet: str, names: dict[str, str], notices: list[str], tmp_path: Path, clean: dict[str, Any]
) -> None:
    inputs = make.make(tmp_path)
    edit(inputs, rename_headers(sheet, **names))
    project, faults = read_all(inputs)
    assert facts(project) == clean
    assert len(faults) == len(notices)
    for fault, notice in zip(faults, notices, strict=True):
        assert fault.level is Level.NOTICE
        assert notice in fault.wrong
        assert fault.where.cell.endswith("1")


def test_two_columns_for_one_field_are_a_fault(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 名册=[{"电话": "13800000003"}])
    [fault] = read_all(inputs)[1]
    assert (fault.level, str(fault.where)) == (Level.ERROR, "项目1/项目数据.xlsx · 名册!H1")
    assert "“联系电话”和“电话”两列" in fault.wrong


def test_columns_in_another_order(tmp_path: Path, clean: dict[str, Any]) -> None:
    def shuffle(book: Workbook) -> None:
        sheet = book["活动"]
        rows = [list(row)[::-1] for row in sheet.iter_rows(values_only=True, max_row=3)]
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                sheet.cell(line, column).value = value

    inputs = make.make(tmp_path)
    edit(inputs, shuffle)
    assert facts(read_all(inputs)[0]) == clean


def test_amounts_in_another_unit(tmp_path: Path, clean: dict[str, Any]) -> None:
    def in_ten_thousands(book: Workbook) -> None:
        sheet = book["预算"]
        sheet["F1"] = "金额（万元）"
        sheet["F2"], sheet["F3"], sheet["F4"] = 7, "1万元", "20000元"

    inputs = make.make(tmp_path)
    edit(inputs, in_ten_thousands)
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean


def test_total_row_is_checked_but_not_a_record(tmp_path: Path, clean: dict[str, Any]) -> None:
    for written, count in ((100_000, 0), (99_999, 1)):
        folder = tmp_path / str(written)
        folder.mkdir()
        inputs = make.make(folder)

        def total(book: Workbook, amount: int = written) -> None:
            book["预算"]["A5"], book["预算"]["F5"] = "合 计", amount

        edit(inputs, total)
        project, faults = read_all(inputs)
        assert facts(project) == clean
        assert [fault.where.cell for fault in faults] == ["F5"] * count


def test_missing_column_is_reported_once(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    edit(inputs, rename_headers("督导", 督导人="某某"))
    faults = read_all(inputs)[1]
    assert [fault.wrong for fault in faults] == ["缺少“督导人”这一列"]


def test_unknown_sheet_is_reported_with_a_suggestion(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    edit(inputs, lambda book: setattr(book["活动"], "title", "活动记录"))
    faults = read_all(inputs)[1]
    assert [(fault.where.sheet, "“活动”" in fault.mend) for fault in faults] == [("活动记录", True)]


# ---- messy input


def spelled_date(day: dt.date) -> st.SearchStrategy[object]:
    """Return a strategy for the ways to write a date."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    y, m, d = day.year, day.month, day.day
    texts = [
        f"{y}-{m:02}-{d:02}", f"{y}.{m}.{d}", f"{y}/{m}/{d}", f"{y}年{m}月{d}日", f"{y}{m:02}{d:02}", f" {y}-{m}-{d} ",
        f"{y}年{m:02}月{d:02}日".translate(wide), f"{y}-{m:02}-{d:02} 00:00:00", f"{y}．{m}．{d}",
    ]  # fmt: skip
    number = (day - dt.date(1899, 12, 30)).days
    return st.sampled_from([day, dt.datetime(y, m, d), number, int(texts[4]), *texts])


def spelled_money(amount: Decimal) -> st.SearchStrategy[object]:
    """Return a strategy for the ways to write an amount."""
    wide = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
    plain = f"{amount:.2f}"
    texts = [
        plain, f"{amount:,.2f}", f"￥{plain}", f"¥ {amount:,.2f}", f"{plain}元", f"{amount:,.2f}".translate(wide),
        f"{amount / 10_000:f}万元", f"{amount / 10_000:f}万", f"人民币{plain}元", f"  {plain}\n",
    ]  # fmt: skip
    return st.sampled_from([float(amount), *texts])


def spelled_count(count: int, measures: str = "人名") -> st.SearchStrategy[object]:
    """Return a strategy for the ways to write a count."""
    return st.sampled_from(
        [
            count,
            float(count),
            str(count),
            f"{count}{measures[0]}",
            f" {count} {measures[-1]}",
            "".join(chr(ord(c) + 0xFEE0) for c in str(count)),
        ]
    )


SPELLED: dict[str, Callable[[Any], st.SearchStrategy[object]]] = {
    **dict.fromkeys(("开始日期", "督导日期", "报送日期", "日期", "申报日期", "结项日期", "立卷日期"), spelled_date),
    **dict.fromkeys(("单价", "金额", "收入", "支出"), lambda amount: spelled_money(Decimal(amount))),
    **dict.fromkeys(("参与人数", "全职社工人数"), spelled_count),
    "示例": lambda yes: st.sampled_from([yes, True, " 是", "Y", "√"]),
    "期次": lambda text: st.sampled_from([text, text.replace("第", ""), text.replace("第二", "2"), f" {text}"]),
    "联系电话": lambda text: st.sampled_from(
        [text, int(text), f"{text[:3]} {text[3:7]} {text[7:]}", f"+86 {text}", f"{text[:3]}-{text[3:7]}-{text[7:]}"]
    ),
    "地点": lambda text: st.sampled_from([text, f" {text} ", f"{text}\n"]),
    "目标值": lambda number: spelled_count(number, "支课"),
}  # fmt: skip


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_messy_spellings_give_the_same_facts(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, clean: dict[str, Any]
) -> None:
    inputs = make.write_only(tmp_path_factory.mktemp("messy"))
    path = inputs / BOOK
    book = load_workbook(path)
    for sheet in book.worksheets[1:]:
        keyed = sheet["A1"].value == "项目"
        for row in sheet.iter_rows(min_row=2, max_row=7 if not keyed else sheet.max_row):
            for cell in row[1:2] if keyed else row:
                header = row[0].value if keyed else sheet.cell(1, cell.column or 1).value
                if cell.value is not None and header in SPELLED:
                    value = cell.value.date() if isinstance(cell.value, dt.datetime) else cell.value
                    spelling: Any = data.draw(SPELLED[header](value), label=f"{sheet.title}!{cell.coordinate}")
                    cell.value = spelling
                    cell.number_format = "General" if isinstance(cell.value, int) else cell.number_format
        if not keyed and data.draw(st.booleans(), label=f"a title above {sheet.title}"):
            sheet.insert_rows(1, 2)
            sheet["A1"] = f"{sheet.title}登记表"
    book.save(path)
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean


# ---- other contents of real files


def rewrite(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change the members of a zip file whose names start with `part`."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data) if name.startswith(part) else data)
    path.write_bytes(out.getvalue())


def test_formula_with_an_empty_text_result_is_empty(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    path = edit(inputs, lambda book: book["支出"].__setitem__("G2", '=IF(E9="","","")'))
    old = b'<f>IF(E9="","","")</f>'
    for ending in (b"<v></v>", b"<v/>", b""):

        def cached(xml: bytes, end: bytes = ending) -> bytes:
            at = xml.find(old)
            if at < 0:
                return xml
            start, stop = xml.rfind(b"<c ", 0, at), xml.index(b"</c>", at)
            head = xml[start : xml.index(b">", start)].replace(b' t="str"', b"")
            return xml[:start] + head + b' t="str">' + old + end + xml[stop:]

        rewrite(path, "xl/worksheets/sheet", cached)
        project, faults = read_all(inputs)
        assert faults == []
        assert project.ledger[0].handler == ""


def test_formulas_without_cached_results(tmp_path: Path) -> None:
    """Evaluate an empty text as empty, and apply a merged formula to every row that it spans."""

    def write(book: Workbook) -> None:
        book["支出"]["G2"] = '=IF(E9="","","")'
        book["活动"]["G2"], book["活动"]["G3"] = '="示例"&"社区"', None
        book["活动"].merge_cells("G2:G3")

    inputs = make.write_only(tmp_path)
    edit(inputs, write)
    project, faults = read_all(inputs)
    assert faults == []
    assert [each.location for each in project.activities] == ["示例社区", "示例社区"]


def test_error_in_a_merged_cell_is_one_fault(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)

    def merge(book: Workbook) -> None:
        book["活动"].merge_cells("G2:G3")
        book["活动"]["G2"] = "#REF!"

    edit(inputs, merge)
    project, faults = read_all(inputs)
    assert {fault.where.cell for fault in faults} == {"G2"}
    assert [each.code for each in project.readable_rows(Activity, "活动编号")] == ["HD-01", "HD-02"]


def test_eight_digits_in_a_date_cell_are_a_date(tmp_path: Path, clean: dict[str, Any]) -> None:
    def type_it(book: Workbook) -> None:
        assert book["活动"]["E2"].number_format == "yyyy-mm-dd"
        book["活动"]["E2"].value = 20220506
        book["活动"]["E2"].number_format = "yyyy-mm-dd"

    inputs = make.make(tmp_path)
    edit(inputs, type_it)
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean


def test_day_numbers_in_the_1904_date_system(tmp_path: Path) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    def change(book: Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904
        cell = book["活动"]["E2"]
        cell.value = (dt.date(2022, 5, 6) - dt.date(1904, 1, 1)).days
        cell.number_format = "General"

    inputs = make.write_only(tmp_path)
    edit(inputs, change)
    project, faults = read_all(inputs)
    assert faults == []
    assert project.activities[0].start == dt.date(2022, 5, 6)


def test_percent_format_is_read_as_percent(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["绩效目标"]
        sheet["B2"], sheet["C2"], sheet["D2"] = "满意度95%", 0.95, "%"
        sheet["C2"].number_format = "0%"

    inputs = make.write_only(tmp_path)
    edit(inputs, change)
    assert read_all(inputs)[0].goals[0].target == 95


def test_words_for_none_are_read_as_empty_fields(tmp_path: Path) -> None:
    inputs = make.write_only(
        tmp_path,
        名册=[{"联系电话": "无", "证件号码": "52510300MJY000001A"}],
        支出=[{"票据张数": "无"}],
        活动=[{"结束日期": "暂无"}],
    )
    project, faults = read_all(inputs)
    assert faults == []
    assert (project.roster[0].phone, project.roster[0].id_number) == (None, "52510300MJY000001A")


@pytest.mark.parametrize("name", ["坏的.docx", "坏的.xlsx", "坏的.ods"])
def test_damaged_package_is_read_or_refused_in_chinese(name: str, tmp_path: Path) -> None:
    """Damage a file at one place after another: it is read as if undamaged, or refused, but never misread."""
    inputs = make.write_only(tmp_path)
    source = make.CATALOGUE if name.endswith("docx") else inputs / BOOK
    valid = [] if name.endswith("ods") else texts(source)
    refused = 0
    for place in range(0, 100, 7):
        content = bytearray(source.read_bytes())
        start = len(content) * place // 100
        content[start : start + 40] = bytes(40)
        if name.endswith("ods"):
            content = bytearray(bytes(content).replace(b"xl/workbook.xml", b"content.xml0000")[: len(content) // 2])
        (inputs / name).write_bytes(bytes(content))
        try:
            assert texts(inputs / name) == valid
        except ValueError as reason:
            refused += 1
            assert re.search(r"[\u4e00-\u9fff]", str(reason))
        try:
            faults = input_folder.scan_inputs(inputs).faults
        except Stop as stop:  # a second catalogue
            faults = [*stop.faults, Fault(Level.ERROR, Where(name), stop.wrong, stop.mend)]
        for fault in faults:
            assert name in fault.where.file
            assert re.search(r"[\u4e00-\u9fff]", fault.wrong) and re.search(r"[\u4e00-\u9fff]", fault.mend)
    assert refused >= 3


def texts(path: Path) -> list[list[list[object]]]:
    """Return the values of all cells of a file."""
    return [[[cell.value for cell in row] for row in sheet.rows] for sheet in reader.read_tables(path, path.name)]


def test_csv_with_a_title_line_a_long_cell_and_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("支出登记表, 2022\n日期;凭证号;摘要\n2022-05-01;记\x071;" + "长" * 200_000 + "\n", "utf-8")
    [sheet] = reader.read_tables(path, "a.csv")
    assert [cell.value for cell in sheet.rows[2]][:2] == ["2022-05-01", "记1"]


# ---- oversized merged ranges

SHEETS = "xl/worksheets/sheet"


def insert_after_cells(path: Path, elements: bytes, part: str = SHEETS + "7") -> Path:
    """Insert XML after the cells of the sheet 活动, or of another sheet."""
    rewrite(path, part, lambda xml: xml.replace(b"</sheetData>", b"</sheetData>" + elements))
    return path


def relocate_sheet(path: Path) -> Path:
    """Store the sheet 活动 under an unusual part name, with an oversized merged range."""
    old, new = b"worksheets/sheet7.xml", b"elsewhere/blatt.dat"
    insert_after_cells(path, UNUSUAL_SYNTAX)
    for part in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        rewrite(path, part, lambda xml: xml.replace(old, new))
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name.replace(old.decode(), new.decode()), source.read(name))
    path.write_bytes(out.getvalue())
    return path


def many_ranges(first: int) -> bytes:
    """Return merged ranges from a row on, each of them small relative to the sheet."""
    lines = range(first, 1_000_000, 60)
    return b"<mergeCells>%s</mergeCells>" % b"".join(b'<mergeCell ref="A%d:XFD%d"/>' % (n, n + 50) for n in lines)


MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
UNUSUAL_SYNTAX = b"<mergeCells\n count = '1' ><mergeCell  x='\"' ref = 'A2000:XFD1048576'></mergeCell></mergeCells >"
THREE_COLUMNS = b'<mergeCells count="1"><mergeCell ref="A2000:C1048576"/></mergeCells>'
LIMITED_READ = """
import datetime as dt, io, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from openpyxl import load_workbook
from paperwork.formats.spreadsheets import fault_marks, reader
from paperwork.formats.spreadsheets.cells import filled_rows
path = Path(sys.argv[1])
try:
    [sheet] = (sheet for sheet in reader.read_tables(path, "") if sheet.name == "活动")
    print(len(list(filled_rows(sheet))))
except ValueError as reason:
    print(reason)
    sys.exit()
copy = fault_marks.make_marked_copy(path.read_bytes(), (), (), dt.datetime(2022, 1, 1), ())
Path(sys.argv[2]).write_bytes(copy)
"""


def read_with_limits(path: Path, copy: Path) -> str:
    """Read and mark a workbook in a process with little memory and processor time; return its output."""
    command = [sys.executable, "-c", LIMITED_READ, str(path), str(copy)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout.strip()


@pytest.mark.parametrize(
    "elements",
    [
        THREE_COLUMNS,
        many_ranges(2000),
        b'<x:mergeCells xmlns:x="%s"><x:mergeCell ref="A9:XFD10000"/></x:mergeCells >' % MAIN,
    ],
    ids=["three columns", "many", "another prefix"],
)
def test_merged_ranges_of_empty_cells_are_dropped(elements: bytes, tmp_path: Path) -> None:
    path = insert_after_cells(make.write_only(tmp_path) / BOOK, elements)
    assert read_with_limits(path, tmp_path / "copy.xlsx") == "3"
    again = load_workbook(tmp_path / "copy.xlsx")["活动"]
    assert again.merged_cells.ranges == set()
    assert again["A2"].value == "HD-01"


def test_merged_ranges_hide_the_cells_they_cover(tmp_path: Path) -> None:
    """Treat covered cells as empty, as the program that merged them does."""
    path = insert_after_cells(make.write_only(tmp_path) / BOOK, many_ranges(1))
    assert read_with_limits(path, tmp_path / "copy.xlsx") == "1"
    [sheet] = (sheet for sheet in reader.read_tables(path, "") if sheet.name == "活动")
    assert [[cell.value for cell in row] for row in sheet.rows] == [["活动编号"]]
    again = load_workbook(tmp_path / "copy.xlsx")["活动"]
    assert len(again.merged_cells.ranges) == 1


@pytest.mark.parametrize("write_range", [lambda path: insert_after_cells(path, UNUSUAL_SYNTAX), relocate_sheet])
def test_oversized_merged_range_is_found_in_unusual_xml(write_range: Callable[[Path], Path], tmp_path: Path) -> None:
    assert "合并单元格大得不合情理" in read_with_limits(
        write_range(make.write_only(tmp_path) / BOOK), tmp_path / "copy.xlsx"
    )


def test_claim_refuses_too_many_merged_ranges(tmp_path: Path) -> None:
    path = make.write_only(tmp_path) / BOOK
    insert_after_cells(path, b"<mergeCells>%s</mergeCells>" % (b'<mergeCell ref="B2:B2"/>' * 100_001), SHEETS + "2")
    with pytest.raises(ValueError, match="合并单元格大得不合情理"):
        input_folder.read_claim(path, headers.read_words(None))


WHOLE_TABLE, ONE_CELL = b'<mergeCell ref="A1:T20000"/>', b'<mergeCell ref="B2:B2"/>'


@pytest.mark.parametrize("areas", [WHOLE_TABLE * 9, ONE_CELL * 100_001], ids=["overlapping", "too many"])
def test_too_many_or_overlapping_merged_ranges_are_refused(areas: bytes, tmp_path: Path) -> None:
    def write(book: Workbook) -> None:
        book["活动"]["T20000"] = "远"

    inputs = make.write_only(tmp_path)
    path = insert_after_cells(edit(inputs, write), b"<mergeCells>%s</mergeCells>" % areas)
    assert "合并单元格大得不合情理" in read_with_limits(path, tmp_path / "copy.xlsx")


@pytest.mark.parametrize(
    "elements",
    [
        b'<mergeCells><mergeCell ref="A1"/></mergeCells><mergeCells><mergeCell ref="A2:XFD10000"/></mergeCells>',
        b"<mergeCells><!-- </mergeCells> --><mergeCell ref='A2:XFD10000'/></mergeCells>",
        b"<mergeC<mergeCells/>ells><mergeCell ref='A2:XFD10000'/></mergeC<mergeCells/>ells>",
        b"<mergeCells><mergeCell/></mergeCells>",
        b'<mergeCells><mergeCell ref="A0:B2"/></mergeCells>',
        b'<mergeCells><mergeCell ref="B2:A1"/></mergeCells>',
        b'<mergeCells><mergeCell ref="A1:ZZZ9"/></mergeCells>',
        b'<mergeCells><mergeCell ref="A1:&#66;9"/></mergeCells>',
    ],
)
def test_malformed_merged_ranges_are_refused(elements: bytes, tmp_path: Path) -> None:
    path = insert_after_cells(make.write_only(tmp_path) / BOOK, elements)
    with pytest.raises(ValueError, match=cells.BROKEN[0]):
        reader.read_tables(path, "")


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.decode().encode("utf-16"),
        lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE worksheet [<!ENTITY m "">]><worksheet', 1),
    ],
    ids=["utf-16", "entities"],
)
def test_sheet_xml_in_utf16_or_with_entities_is_refused(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = make.write_only(tmp_path) / BOOK
    rewrite(path, "xl/worksheets/sheet7", change)
    with pytest.raises(ValueError, match=cells.BROKEN[0]):
        reader.read_tables(path, "")


@pytest.mark.parametrize(
    ("link", "output"),
    [
        (b'<hyperlink ref="A2000:XFD1048576" location="A1"/>', "超链接大得不合情理"),
        (b"<hyperlink location=\" ref='A1' /> \" ref = 'A2000:XFD1048576' />", "超链接大得不合情理"),
        (b'<hyperlink ref="T1&#58;XFD1048576" location="A1"/>', cells.BROKEN[0]),
        (b'<hyperlink ref="T1:U2" location="A1"/>', "3"),
    ],
)
def test_hyperlink_over_too_many_cells_is_refused(link: bytes, output: str, tmp_path: Path) -> None:
    """Protect openpyxl, which creates an object for each cell of a hyperlink."""
    path = insert_after_cells(make.write_only(tmp_path) / BOOK, b"<hyperlinks>%s</hyperlinks>" % link)
    assert output in read_with_limits(path, tmp_path / "copy.xlsx")


def test_hyperlink_over_a_few_cells_is_accepted(tmp_path: Path) -> None:
    link = b'<hyperlinks><hyperlink ref="T1:U2" location="A1"/></hyperlinks>'
    path = insert_after_cells(make.write_only(tmp_path) / BOOK, link)
    assert read_with_limits(path, tmp_path / "copy.xlsx") == "3"
