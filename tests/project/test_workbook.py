"""Reading a workbook into a project, with every fault at its cell."""

import datetime as dt
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from paperwork.checks import check
from paperwork.core.faults import Fault, Level, Stop
from paperwork.formats.office import installation
from paperwork.formats.spreadsheets import reader
from paperwork.project import input_folder, workbook
from paperwork.project.model import Project
from tests import make, odd

SEED = make.ROOT / "tests" / "data" / "项目发布目录.txt"


def faults_of(inputs: Path) -> list[Fault]:
    """Return all faults of project 1."""
    return workbook.read_project(input_folder.scan_inputs(inputs), 1)[1]


def read_valid(inputs: Path) -> Project:
    """Return project 1, which must be readable."""
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None, faults
    return project


def as_xlsx(folder: Path) -> None:
    """Write the catalogue as a workbook, with a title line above the header."""
    sheet, *_ = reader.read_sheets(make.CATALOGUE, "")
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["自贡市妇女联合会妇女儿童项目发布目录"])
    for row in sheet.rows:
        page.append([cell.value for cell in row])
    book.save(folder / "目录.xlsx")


def test_the_catalogue_is_the_same_in_word_excel_and_text(tmp_path: Path) -> None:
    kinds = {}
    for name in ("docx", "xlsx", "txt"):
        folder = tmp_path / name
        folder.mkdir()
        if name == "xlsx":
            as_xlsx(folder)
        else:
            shutil.copy(make.CATALOGUE if name == "docx" else SEED, folder)
        found = input_folder.scan_inputs(folder)
        assert not found.faults
        kinds[name] = [entry.template_values() for entry in found.entries.values()]
    assert kinds["docx"] == kinds["txt"] == kinds["xlsx"]
    assert [each["项目名称"] for each in kinds["docx"]] == [
        "《盐都“紫薇伙伴”项目》",
        "红梅花开•和美之家",
        "“国有法·家有爱”家庭教育辩论赛",
    ]


def test_every_character_of_the_seed_is_in_the_word_catalogue() -> None:
    sheet, loose = reader.read_sheets(make.CATALOGUE, "")
    table = [str(cell.value) for row in (loose.rows[0], *sheet.rows) for cell in row if cell.value]
    [seed] = reader.read_sheets(SEED, "")
    assert [text for text in table if text not in ("合计", "31")] == [
        str(cell.value) for row in seed.rows for cell in row if cell.value and cell.value not in ("合计", "31")
    ]
    assert {"合计", "31"} <= set(table)


def test_wrong_total_in_the_catalogue_is_reported(tmp_path: Path) -> None:
    (tmp_path / "目录.txt").write_text(SEED.read_text("utf-8").replace("\t31", "\t32"), "utf-8")
    found = input_folder.scan_inputs(tmp_path)
    assert [(fault.level, fault.found) for fault in found.faults] == [(Level.NOTICE, "32")]


def test_good_project_is_read_without_faults_and_with_its_cells(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    assert faults_of(inputs) == []
    project = read_valid(inputs)
    assert project.activities[1].location == "示例社区"
    assert str(project.activities[1].where("地点")) == "项目1/项目数据.xlsx · 活动!G3"
    assert str(project.basics.where("承接单位")) == "项目1/项目数据.xlsx · 基本信息!B5"
    assert [path.name for path in project.photos["HD-01"]] == ["01 现场.jpg", "02 现场.jpg"]


def test_all_faults_are_reported_at_once_each_with_its_cell(tmp_path: Path) -> None:
    inputs = make.make(
        tmp_path,
        基本信息={"联系电话": "1380000", "申报日期": "2022-13-01"},
        活动=[{"地点": ""}, {"参与人数": "二十"}],
        预算=[{"金额": "八万"}],
        名册=[{"证件号码": "510399199001010010"}],
        督导=[{"督导日期": "2022-02-30"}],
    )
    found = {(fault.where.sheet, fault.where.cell) for fault in faults_of(inputs)}
    assert found == {
        ("基本信息", "B13"),
        ("基本信息", "B4"),
        ("活动", "G2"),
        ("活动", "H3"),
        ("预算", "F2"),
        ("名册", "F2"),
        ("督导", "B2"),
    }
    assert all(fault.mend for fault in faults_of(inputs))


def test_valid_rows_are_kept_beside_invalid_ones(tmp_path: Path) -> None:
    project = read_valid(make.make(tmp_path, 活动=[{"地点": ""}]))
    assert [activity.code for activity in project.activities] == ["HD-02"]


def test_unknown_column_is_kept_and_available_to_templates(tmp_path: Path) -> None:
    project = read_valid(make.make(tmp_path, 活动=[{"天气": "晴"}]))
    assert project.activities[0].template_values()["天气"] == "晴"


def test_a_workbook_saved_again_by_libreoffice_reads_the_same(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = inputs / "项目1" / "项目数据.xlsx"
    before = read_valid(inputs)
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [str(installation.find_program()), f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    shutil.move(tmp_path / "项目数据.xlsx", path)
    assert read_valid(inputs) == before
    assert faults_of(inputs) == []


def test_title_line_above_the_header_is_skipped(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["活动"].insert_rows(1, 2)
    book["活动"]["A1"] = "活动记录表"
    book.save(path)
    assert str(read_valid(inputs).activities[0].where("地点")).endswith("活动!G4")


def test_formula_without_a_cached_result_is_calculated(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["预算"]["F2"] = "=C2*D2"
    book["预算"]["F3"] = "=1/0"
    book.save(path)
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    assert project is not None
    assert [line.amount for line in project.budget] == [70000, 20000]
    assert [(fault.where.cell, "错误值" in fault.wrong) for fault in faults] == [("F3", True)]


def test_two_workbooks_for_one_project_are_an_error_naming_both(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    shutil.copy(inputs / "项目1" / "项目数据.xlsx", inputs / "又一份.xlsx")
    with pytest.raises(Stop) as stop:
        faults_of(inputs)
    assert "又一份.xlsx" in stop.value.wrong
    assert "项目1/项目数据.xlsx" in stop.value.wrong


def test_real_workbook_takes_precedence_over_a_sample(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    real = inputs / "真的.xlsx"
    shutil.copy(inputs / "项目1" / "项目数据.xlsx", real)
    book = load_workbook(real)
    for row in book["基本信息"].iter_rows(min_row=2):
        if row[0].value == "示例":
            row[1].value = "否"
    book.save(real)
    assert input_folder.scan_inputs(inputs).workbook(1) == real


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_unreadable_workbook_is_reported_and_blocks_no_other_project(tmp_path: Path, content: bytes) -> None:
    inputs = make.make(tmp_path)
    (inputs / "坏的.xlsx").write_bytes(content)
    faults = faults_of(inputs)
    assert [fault.where.file for fault in faults] == ["坏的.xlsx"]


@contextmanager
def without_root() -> Iterator[None]:
    """Run as the user nobody if the tests run as root, because root may read every file."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_workbook_without_read_permission_blocks_no_other_project() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        inputs = make.make(Path(folder))
        input_folder.scan_inputs(inputs)  # import what is needed while this user can still read it
        locked = inputs / "锁住.xlsx"
        locked.write_bytes((inputs / "项目1" / "项目数据.xlsx").read_bytes())
        locked.chmod(0)
        with without_root():
            found = input_folder.scan_inputs(inputs)
    assert found.workbooks.keys() == {1}
    [fault] = found.faults
    assert (fault.where.file, fault.wrong) == ("锁住.xlsx", "文件读不了（Permission denied）")
    assert "关掉" in fault.mend


def test_missing_inputs_give_plain_errors(tmp_path: Path) -> None:
    for folder, words in ((tmp_path, "没有找到项目发布目录"), (tmp_path / "没有", "没有")):
        with pytest.raises(Stop, match=words):
            input_folder.scan_inputs(folder)
    inputs = make.make(tmp_path)
    with pytest.raises(Stop, match="没有项目9"):
        workbook.read_project(input_folder.scan_inputs(inputs), 9)
    with pytest.raises(Stop, match="没有找到项目2的工作簿"):
        workbook.read_project(input_folder.scan_inputs(inputs), 2)


def test_date_of_the_project_comes_from_the_data(tmp_path: Path) -> None:
    made = read_valid(make.make(tmp_path))
    assert made.archive_date == dt.date(2022, 12, 30)
    assert made.newest_paper and str(made.newest_paper[1]).endswith("进展!B4")
    # Without a date of its own it bears that of its newest paper, not the one of the application.
    bare = {
        "basics": made.basics.model_copy(update={"compiled": None}),
        "closing": made.closing.model_copy(update={"closed": None}),
    }
    assert made.model_copy(update=bare).archive_date == dt.date(2022, 12, 28)


def test_invalid_required_cells_do_not_prevent_the_other_checks(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 基本信息={"统一社会信用代码": "1", "联系电话": "2"}, 督导=[{"督导编号": "DD-2"}])
    checked = check.examine(1, inputs, make.LATER)
    assert [f"{fault.where.sheet}!{fault.where.cell}" for fault in checked.faults if fault.level is Level.ERROR] == [
        "基本信息!B7",
        "基本信息!B13",
        "督导!A3",
    ]
    with pytest.raises(Stop):
        check.raise_on_errors(checked, checked.faults)


def test_file_name_longer_than_the_system_allows_is_not_found(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    (inputs / "项目1" / "附件").mkdir()
    assert read_valid(inputs).attachment_path("长" * 300 + ".pdf") is None


def catalogue_with(folder: Path, change: Callable[[Worksheet], object]) -> Path:
    """Write inputs whose catalogue is a workbook, and change that."""
    inputs = make.write_only(folder)
    (inputs / "项目发布目录.docx").unlink()
    as_xlsx(inputs)
    book = load_workbook(inputs / "目录.xlsx")
    change(book.worksheets[0])
    book.save(inputs / "目录.xlsx")
    return inputs


def test_fault_in_a_catalogue_row_blocks_only_its_project(tmp_path: Path) -> None:
    inputs = catalogue_with(tmp_path, lambda page: page.__setitem__("H4", "明年"))
    assert [(fault.level, fault.where.cell) for fault in faults_of(inputs)] == [(Level.NOTICE, "H4")]
    with pytest.raises(Stop, match="项目2：它那一行有错") as stop:
        workbook.read_project(input_folder.scan_inputs(inputs), 2)
    assert [fault.level for fault in stop.value.faults] == [Level.ERROR]


@pytest.mark.parametrize(("header", "factor"), [("项目金额（元）", 10_000), ("项目金额", 1), ("项目金额（万元）", 1)])
def test_catalogue_total_is_checked_in_any_unit(header: str, factor: int, tmp_path: Path) -> None:
    def change(page: Worksheet) -> None:
        column: int = next(cell.column or 1 for cell in page[2] if str(cell.value).startswith("项目金额"))
        page.cell(2, column).value = header
        amounts = [10.1 * factor, 10.2 * factor, 10.7 * factor]
        for line, amount in enumerate(amounts, 3):
            page.cell(line, column).value = amount
        page.cell(6, 1).value, page.cell(6, column).value = "合计", sum(amounts)
        for place in range(2, column):
            page.cell(6, place).value = None

    inputs = catalogue_with(tmp_path, change)
    found = input_folder.scan_inputs(inputs)
    assert found.faults == []
    assert [entry.amount for entry in found.entries.values()] == [101_000, 102_000, 107_000]


@pytest.mark.parametrize(
    ("title", "number", "words"),
    [("基本信息表", "第1号", ""), ("基本信息", 11, "项目序号是 11"), ("基本情况", 1, "make new")],
)
def test_workbook_with_an_odd_title_or_number_is_read_or_explained(
    title: str, number: object, words: str, tmp_path: Path
) -> None:
    inputs = make.write_only(tmp_path, 基本信息={"项目序号": number})
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["基本信息"].title = title
    book.save(path)
    if not words:
        assert read_valid(inputs).basics.number == 1
        return
    with pytest.raises(Stop, match="没有找到项目1的工作簿") as stop:
        faults_of(inputs)
    assert words in stop.value.mend


def test_unreadable_file_is_suggested_as_the_missing_workbook(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    odd.ole(inputs / "项目1" / "项目数据.xlsx", {"EncryptionInfo": b"", "EncryptedPackage": b""})
    with pytest.raises(Stop) as stop:
        faults_of(inputs)
    assert "项目1/项目数据.xlsx" in stop.value.mend
    assert "密码" in stop.value.mend


@pytest.mark.parametrize("suffix", [".xlsb", ".numbers", ".fods"])
def test_workbook_that_is_not_read_is_suggested_as_the_missing_one(tmp_path: Path, suffix: str) -> None:
    inputs = make.write_only(tmp_path)
    book = inputs / "项目1" / "项目数据.xlsx"
    book.rename(book.with_suffix(suffix))
    with pytest.raises(Stop) as stop:
        faults_of(inputs)
    assert f"项目数据{suffix}" in stop.value.mend
