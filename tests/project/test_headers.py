"""Headers as people type them (units, merged levels, repeats, typos), and rows that are not records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from paperwork.checks import check
from paperwork.core.faults import Fault, Level
from paperwork.project import input_folder, workbook
from paperwork.project.model import Project
from tests import make

BOOK = Path("项目1") / "项目数据.xlsx"


def read_with(folder: Path, change: Callable[[Workbook], object], **changes: Any) -> tuple[Project, list[Fault]]:
    """Read project 1 after changing its workbook with openpyxl."""
    inputs = make.write_only(folder, **changes)
    book = load_workbook(inputs / BOOK)
    change(book)
    book.save(inputs / BOOK)
    return workbook.read_project(input_folder.scan_inputs(inputs), 1)


def test_header_repeated_on_each_page_hides_no_rows(tmp_path: Path) -> None:
    def repeat(book: Workbook) -> None:
        sheet = book["名册"]
        sheet.insert_rows(4)
        for column, cell in enumerate(sheet[1], 1):
            sheet.cell(4, column).value = cell.value

    project, faults = read_with(tmp_path, repeat)
    assert faults == []
    assert len(project.roster) == 5


@pytest.mark.parametrize(
    "header",
    [
        "收入(单位：万元)",
        "收入（人民币万元）",
        "收入(万)",
        "收入［万元］",
        "收入万元",
        "收入/万元",
        "收入（万元）",
        "收入 （ 万元 ）",
    ],
)
def test_unit_in_a_header_is_recognised_in_every_notation(header: str, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["支出"]
        sheet["E1"], sheet["E2"] = header, 10

    project, faults = read_with(tmp_path, change)
    assert faults == []
    assert project.ledger[0].income == 100_000
    assert project.ledger[1].expense == 65_000


@pytest.mark.parametrize("place", ["A1", "I1"])
def test_unit_in_the_title_applies_to_every_column(place: str, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["支出"]
        sheet["E2"], sheet["F3"] = 10, 6.5
        sheet.insert_rows(1)
        sheet["A1"] = "10万元项目支出登记表"
        sheet[place] = "支出登记表（单位：万元）" if place == "A1" else "单位：万元"

    project, faults = read_with(tmp_path, change)
    assert faults == []
    assert [project.ledger[0].income, project.ledger[1].expense] == [100_000, 65_000]


def test_amount_in_the_title_is_not_a_unit(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["支出"].insert_rows(1)
        book["支出"]["A1"] = "10万元项目支出登记表"

    assert read_with(tmp_path, change)[0].ledger[0].income == 100_000


def test_unit_in_a_merged_header_applies_only_to_its_columns(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["支出"]
        sheet["E2"], sheet["F3"] = 10, 6.5
        sheet.insert_rows(1)
        for column, cell in enumerate(sheet[2], 1):
            if column not in (5, 6):
                sheet.cell(1, column).value = cell.value
                sheet.merge_cells(start_row=1, end_row=2, start_column=column, end_column=column)
        sheet["E1"] = "金额（万元）"
        sheet.merge_cells("E1:F1")

    project, faults = read_with(tmp_path, change)
    assert faults == []
    assert [project.ledger[0].income, project.ledger[1].expense] == [100_000, 65_000]
    assert str(project.ledger[0].where("收入")).endswith("E3")


def test_rows_with_only_a_row_number_and_zeros_are_empty(tmp_path: Path) -> None:
    def number(book: Workbook) -> None:
        sheet = book["预算"]
        sheet["H1"] = "序号"
        for line in range(2, 31):
            sheet.cell(line, 8).value = line - 1
            sheet.cell(line, 6).value = sheet.cell(line, 6).value or 0

    project, faults = read_with(tmp_path, number)
    assert faults == []
    assert len(project.budget) == 3


def test_subtotals_cover_only_the_rows_since_the_previous_subtotal(tmp_path: Path) -> None:
    def add(book: Workbook) -> None:
        sheet = book["预算"]
        sheet.insert_rows(3)
        sheet["A3"], sheet["F3"] = "小计", 70000
        sheet["A6"], sheet["F6"] = "小计", 30000
        sheet["A7"], sheet["F7"] = "合计", 100000
        sheet["A8"] = "制表人：甲试验　审核：乙试验"
        sheet["A9"] = "注：金额以元为单位"

    project, faults = read_with(tmp_path, add)
    assert [(fault.where.cell, fault.found) for fault in faults] == [("A9", "注：金额以元为单位")]
    assert len(project.budget) == 3


@pytest.mark.parametrize("words", ["注：第3次培训取消", "备注1、另有两次", "说明:", "附注．甲", "填表说明：按月填"])
@pytest.mark.parametrize("sheet", ["预算", "活动", "督导", "支出", "名册", "附件"])
def test_remark_below_a_table_is_told(tmp_path: Path, sheet: str, words: str) -> None:
    def add(book: Workbook) -> None:
        book[sheet].cell(book[sheet].max_row + 2, 2).value = words

    _, faults = read_with(tmp_path, add)
    assert [(fault.level, fault.where.sheet, fault.found) for fault in faults] == [(Level.NOTICE, sheet, words)]


def test_totals_and_carried_balances_are_recognised_in_any_column(tmp_path: Path) -> None:
    def add(book: Workbook) -> None:
        sheet = book["支出"]
        sheet.insert_rows(2)
        sheet["A2"], sheet["C2"], sheet["E2"] = "2022-04-01", "期初余额", 5
        for line, words in ((5, "本月合计"), (6, "本年累计"), (7, "结转下年")):
            sheet.cell(line, 1).value = "2022-05-31"
            sheet.cell(line, 3).value = words
            sheet.cell(line, 5).value = 100_000

    project, faults = read_with(tmp_path, add)
    assert faults == []
    assert len(project.ledger) == 2


def test_total_below_an_unreadable_row_is_not_checked(tmp_path: Path) -> None:
    def add(book: Workbook) -> None:
        sheet = book["预算"]
        sheet["F2"] = "七万"
        sheet["A5"], sheet["F5"] = "合计", 100_000

    assert [fault.where.cell for fault in read_with(tmp_path, add)[1]] == ["F2"]


@pytest.mark.parametrize("title", ["活动主题", "话题"])
def test_synonym_beside_the_exact_header_remains_a_separate_column(title: str, tmp_path: Path) -> None:
    for first in (True, False):
        folder = tmp_path / str(first)
        folder.mkdir()

        def add(book: Workbook, at_the_front: bool = first) -> None:
            sheet = book["活动"]
            column = 1 if at_the_front else sheet.max_column + 1
            if at_the_front:
                sheet.insert_cols(1)
            sheet.cell(1, column).value, sheet.cell(2, column).value = title, "关爱"

        project, faults = read_with(folder, add)
        assert [fault.level for fault in faults] == ([Level.NOTICE] if title == "活动主题" else [])
        assert project.activities[0].name == "第1次培训"
        assert project.activities[0].template_values()[title] == "关爱"


@pytest.mark.parametrize(("column", "slip"), [("参与人数", "参予人数"), ("活动目的", "活动目地")])
def test_header_with_one_wrong_character_is_read_and_reported_once(column: str, slip: str, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        for cell in book["活动"][1]:
            cell.value = slip if cell.value == column else cell.value

    project, faults = read_with(tmp_path, change)
    assert [(fault.level, fault.wrong) for fault in faults] == [(Level.NOTICE, f"表头“{slip}”按“{column}”读")]
    assert project.activities[0].template_values()[column]


def test_missing_column_fault_suggests_the_similar_header(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        for cell in book["督导"][1]:
            cell.value = "督导老师" if cell.value == "督导部室" else "督导员" if cell.value == "督导人" else cell.value

    faults = read_with(tmp_path, change)[1]
    assert "“督导员”是不是“督导人”？" in next(fault.mend for fault in faults if "督导人" in fault.wrong)


def test_data_without_a_header_is_reported(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["督导"]["Z3"] = "补充"

    [fault] = read_with(tmp_path, change)[1]
    assert (fault.level, fault.where.cell, fault.wrong) == (Level.NOTICE, "Z3", "Z列没有表头，没有读")


def test_header_merged_over_two_columns_applies_to_both(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["活动"]
        sheet.insert_cols(8)
        sheet["H2"], sheet["G2"] = sheet["G2"].value, None
        sheet.merge_cells("G1:H1")

    project, faults = read_with(tmp_path, change)
    assert faults == []
    assert [each.location for each in project.activities] == ["示例社区", "示例社区"]
    assert project.activities[0].where("地点").cell == "H2"


@pytest.mark.parametrize("shape", ["merged", "twice", "headless"])
def test_keys_and_values_are_read_from_other_columns(shape: str, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        old = book["基本信息"]
        pairs = [row for row in old.iter_rows(min_row=2, max_col=2, values_only=True) if row[0]]
        place = book.index(old)
        del book["基本信息"]
        sheet = book.create_sheet("基本信息表", place)
        if shape == "merged":
            for line, (key, value) in enumerate([("项目", "内容"), *pairs], 1):
                sheet.cell(line, 1).value, sheet.cell(line, 3).value = key, value
                sheet.merge_cells(start_row=line, end_row=line, start_column=1, end_column=2)
            return
        sheet.append(["项目", "内容", "项目", "内容"] if shape == "twice" else ["基本情况"])
        for one, other in zip(pairs[::2], [*pairs[1::2], (None, None)], strict=False):
            sheet.append([*one, *other])

    project, faults = read_with(tmp_path, change)
    assert faults == []
    assert (project.basics.number, project.basics.manager, project.basics.inspector) == (1, "乙试验", "丙试验")
    assert project.basics.sample


def test_cell_right_of_the_value_is_a_remark(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["基本信息"]["C1"], book["基本信息"]["C4"], book["基本信息"]["B4"] = "说明", "可以不填", None

    project, faults = read_with(tmp_path, change)
    assert faults == []
    assert project.basics.applied is None


def test_missing_key_is_reported_with_its_sheet_and_a_cell(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["基本信息"].delete_rows(6)

    [fault] = read_with(tmp_path, change)[1]
    assert str(fault.where).startswith("项目1/项目数据.xlsx · 基本信息!A")
    assert "“单位类型”" in fault.wrong


# ---- all faults are reported together, without false ones


def test_fifteen_faults_on_eight_sheets_are_reported_by_cell_and_no_others(tmp_path: Path) -> None:
    inputs = make.make(
        tmp_path,
        基本信息={"统一社会信用代码": "52510300MJY000001B"},
        绩效目标=[{"目标值": "许多"}, {"统计方式": "数一数"}],
        预算=[{"单价": 60000, "科目": "活动费"}, {"金额": "八千"}],
        活动=[{"地点": "", "活动编号": "HD-02"}, {"参与人数": "二十"}],
        督导=[{"督导日期": "2022-13-01"}, {"督导编号": "DD-3"}],
        进展=[{"报送日期": "月底"}],
        支出=[{}, {"支出": "六万五", "活动编号": "HD-09"}],
        名册=[{"证件号码": "510399199001010010"}],
    )
    faults = [fault for fault in check.examine(1, inputs, make.LATER).faults if fault.where.sheet != "表格1"]
    assert sorted(f"{fault.where.sheet}!{fault.where.cell}" for fault in faults) == sorted(
        [
            *(
                "基本信息!B7",
                "绩效目标!C2",
                "绩效目标!E3",
                "预算!A2",
                "预算!F2",
                "预算!F3",
                "活动!G2",
                "活动!A3",
                "活动!H3",
            ),
            *("督导!B2", "督导!A4", "进展!B2", "支出!F3", "支出!H3", "名册!F2"),
        ]
    )
    assert {fault.level for fault in faults} == {Level.ERROR}
    assert all(fault.mend for fault in faults)


@pytest.mark.parametrize(
    "changes",
    [
        {"活动": [{"参与人数": "二十"}, {"地点": ""}]},
        {"预算": [{"金额": "七万"}]},
        {"支出": [{"收入": "十万"}]},
        {"进展": [{"完成工作": ""}]},
        {"督导": [{"督导人": ""}]},
        {"附件": [{"题名": ""}]},
        {"基本信息": {"统一社会信用代码": "1", "联系电话": "2", "单位类型": "公司", "幸福使者平台成员": "也许"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_bad_cell_causes_no_further_faults(changes: dict[str, Any], tmp_path: Path) -> None:
    faults = check.examine(1, make.make(tmp_path, **changes), make.LATER, make.TEMPLATES).faults
    [title] = changes
    rows = [changes[title]] if isinstance(changes[title], dict) else changes[title]
    assert len([fault for fault in faults if fault.where.sheet != "表格1"]) == sum(map(len, rows)), faults


def test_row_that_begins_with_a_remark_and_has_the_cells_of_a_row_is_read(tmp_path: Path) -> None:
    def add(book: Workbook) -> None:
        for column, value in enumerate(("说明：HD-03", "第3次培训", "培训", "1", "2022-07-06"), 1):
            book["活动"].cell(4, column, value)

    _, faults = read_with(tmp_path, add)
    assert {fault.where.cell for fault in faults} == {"G4", "H4", "J4"}
