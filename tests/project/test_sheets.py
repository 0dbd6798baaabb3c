"""All sheets and all rows: near names, two sheets for one thing, a second table below the first, lines named 合计."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from paperwork.core.faults import Fault, Level
from paperwork.project import headers
from paperwork.project.model import Project
from tests import make
from tests.cases import lay
from tests.formats.spreadsheets.test_reader import BOOK, facts, read_all


def edited(folder: Path, change: Callable[[Workbook], object], **changes: Any) -> tuple[Project, list[Fault]]:
    """Read the good project with its workbook changed."""
    inputs = make.write_only(folder, **changes)
    book = load_workbook(inputs / BOOK)
    change(book)
    book.save(inputs / BOOK)
    return read_all(inputs)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the facts of the good project."""
    return facts(read_all(make.write_only(tmp_path_factory.mktemp("clean")))[0])


NEAR = {
    "3.活动": "活动",
    "督导（市妇联）": "督导",
    "支出明细": "支出",
    " 名册 ": "名册",
    "活动 (2)": "活动",
    "活动2": "活动",
    "2022年活动": "活动",
    "一、活动": "活动",
    "表3 活动": "活动",
    "附表3活动表": "活动",
    "督导记录": "督导",
    "督导记录表": "督导",
    "预算表": "预算",
    "经费预算": "预算",
    "花名册": "名册",
    "支出登记表": "支出",
    "５．支出": "支出",
    "活动\u200b": "活动",
    "\ufeff活动": "活动",
    "督导[区妇联]": "督导",
    "附件清单": "附件",
    "【新】督导": "督导",
    "1.基本信息": "基本信息",
    "基本信息（2022）": "基本信息",
    "结项报告": "结项",
    "06-进展": "进展",
    "信息报送一览表": "信息报送",
    "汇总": "",
    "通讯录": "",
    "Sheet1": "",
    "填写说明": "",
    "名单核对草稿": "",
    "小微": "小微项目",
}


@pytest.mark.parametrize("name", NEAR)
def test_sheet_is_known_by_a_near_name(name: str) -> None:
    assert headers.sheet_title(name, headers.read_words(None)) == NEAR[name]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("督导", "督导（市妇联）"),
        ("活动", "3.活动"),
        ("基本信息", "1.基本信息"),
        ("名册", "花名册"),
        ("支出", "支出 明细"),
        ("结项", "结项报告"),
    ],
)
def test_sheet_under_a_near_name_is_read_and_asked_about(
    title: str, name: str, clean: dict[str, Any], tmp_path: Path
) -> None:
    project, [fault] = edited(tmp_path, lambda book: setattr(book[title], "title", name))
    assert facts(project) == clean
    assert (fault.level, fault.where.sheet, fault.found) == (Level.NOTICE, name, name)
    assert f"“{title}”" in fault.mend


@pytest.mark.parametrize("name", ["活动 ", "活动表", "活动\u00a0", "活\u200b动"])
def test_sheet_with_blanks_in_its_name_is_not_mentioned(name: str, clean: dict[str, Any], tmp_path: Path) -> None:
    project, faults = edited(tmp_path, lambda book: setattr(book["活动"], "title", name))
    assert faults == []
    assert facts(project) == clean


def copy_sheet(book: Workbook, title: str, name: str) -> None:
    copy = book.copy_worksheet(book[title])
    copy.title = name


@pytest.mark.parametrize("name", ["活动 (2)", "活动表", "2.活动", "活动（备份）", "活动2022"])
def test_second_sheet_for_one_thing_is_an_error(name: str, clean: dict[str, Any], tmp_path: Path) -> None:
    project, faults = edited(tmp_path, lambda book: copy_sheet(book, "活动", name))
    assert facts(project) | {"unreadable_sheets": frozenset()} == clean
    assert project.unreadable_sheets == {"活动"}
    assert [(fault.level, fault.where.sheet) for fault in faults] == [(Level.ERROR, name)]


def test_two_near_names_for_one_sheet_are_an_error(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        copy_sheet(book, "督导", "督导（区妇联）")
        book["督导"].title = "督导（市妇联）"

    _, faults = edited(tmp_path, change)
    assert sorted((fault.level.name, fault.where.sheet) for fault in faults) == [
        ("ERROR", "督导（区妇联）"),
        ("NOTICE", "督导（市妇联）"),
    ]


def test_empty_sheet_beside_the_filled_one_does_not_matter(tmp_path: Path, clean: dict[str, Any]) -> None:
    def change(book: Workbook) -> None:
        copy_sheet(book, "活动", "活动（2022）")
        book["活动"].delete_rows(2, 50)

    project, faults = edited(tmp_path, change)
    assert facts(project) == clean
    assert [(fault.level, fault.where.sheet) for fault in faults] == [(Level.NOTICE, "活动（2022）")]


@pytest.mark.parametrize(("name", "near"), [("Sheet1", "活动"), ("三月活动安排草稿", "活动"), ("通讯录", "")])
def test_unknown_sheet_is_offered_the_known_one(name: str, near: str, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        if name == "通讯录":
            book.create_sheet(name).append(["张三", "电话"])
        else:
            copy_sheet(book, "活动", name)

    _, [fault] = edited(tmp_path, change)
    assert (fault.level, fault.where.sheet, fault.found) == (Level.NOTICE, name, name)
    assert (f"“{near}”" in fault.mend) == bool(near)


def test_case_of_sheet_names_is_read_as_the_good_project(tmp_path: Path, clean: dict[str, Any]) -> None:
    project, faults = read_all(lay(tmp_path, "a25-sheet-names").inputs)
    assert facts(project) == clean
    assert [fault.where.sheet for fault in faults] == ["3.活动", "督导（市妇联）", "支出明细"]


# ---- rows


@pytest.mark.parametrize("gap", [1, 5, 200])
def test_rows_below_a_gap_are_read(gap: int, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        for column, value in enumerate(("培育组织", "远处的组织"), 1):
            book["名册"].cell(6 + gap, column, value)

    project, faults = edited(tmp_path, change)
    assert faults == []
    assert project.roster[-1].name == "远处的组织"


@pytest.mark.parametrize(
    "head", [("姓名或名称", "类别", "所属单位", "联系电话"), ("活动编号", "活动名称", "日期", "地点")]
)
def test_second_table_below_the_first_is_an_error(head: tuple[str, ...], tmp_path: Path) -> None:
    title = "名册" if head[0] == "姓名或名称" else "活动"

    def change(book: Workbook) -> None:
        for column, word in enumerate(head, 1):
            book[title].cell(10, column, word)
            book[title].cell(11, column, "某")

    project, faults = edited(tmp_path, change)
    assert [(fault.level, fault.where.cell) for fault in faults] == [(Level.ERROR, "A10")]
    assert "像是另一张表" in faults[0].wrong
    assert title in project.unreadable_sheets


def test_repeated_header_is_no_second_table(tmp_path: Path, clean: dict[str, Any]) -> None:
    def change(book: Workbook) -> None:
        sheet = book["名册"]
        sheet.insert_rows(4)
        for column in range(1, 8):
            sheet.cell(4, column, sheet.cell(1, column).value)

    project, faults = edited(tmp_path, change)
    assert faults == []
    assert facts(project) == clean


LINE: dict[str, Any] = {"科目": "项目活动费", "单价": 100, "数量": 50, "单位": "份", "金额": 5000}
ROWS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({**LINE, "内容": "餐费合计"}, True),
    ({**LINE, "内容": "餐费小计"}, True),
    ({**LINE, "内容": "小计"}, True),
    ({**LINE, "内容": "合计"}, True),
    ({**LINE, "内容": "餐费合计（含税）"}, True),
    ({**LINE, "内容": "场地总计", "单价": None}, True),
    ({**LINE, "内容": "餐费合计", "单价": None, "数量": None, "单位": None}, True),
    ({"科目": "合计", "金额": 100000}, False),
    ({"科目": "总计", "金额": 100000}, False),
    ({"内容": "合计", "金额": 100000}, False),
    ({"科目": "项目活动费小计", "金额": 100000}, False),
    ({"科目": "合计", "数量": 10, "金额": 100000}, False),
    ({"科目": "合计", "单价": "/", "数量": "/", "单位": "-", "金额": 100000}, False),
    ({"科目": "合 计", "内容": "", "金额": 100000}, False),
    ({"科目": "项目活动费", "内容": "小计", "金额": 100000}, False),
    ({"科目": "项目活动费", "内容": "活动费小计", "金额": 100000}, False),
    ({"科目": "合计（元）", "金额": 100000}, False),
)


@pytest.mark.parametrize(("row", "is_line"), ROWS)
def test_line_named_as_a_total_is_a_line(row: dict[str, Any], is_line: bool, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["预算"]
        names = [cell.value for cell in sheet[1]]
        for column, name in enumerate(names, 1):
            sheet.cell(5, column, row.get(str(name)))

    project, faults = edited(tmp_path, change)
    assert [str(fault) for fault in faults] == []
    assert len(project.budget) == (4 if is_line else 3)


def test_incomplete_row_named_as_a_total_is_a_fault_and_not_left_out(tmp_path: Path) -> None:
    _, faults = read_all(make.write_only(tmp_path, 活动=[{}, {"活动名称": "成果小计", "地点": ""}]))
    assert [(fault.where.cell, fault.wrong) for fault in faults] == [("G3", "“地点”没有填")]


@pytest.mark.parametrize("words", ["合计", "小计", "本月合计", "总计"])
def test_wrong_total_is_still_told(words: str, tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["预算"]["A5"], book["预算"]["F5"] = words, 1

    project, faults = edited(tmp_path, change)
    assert len(project.budget) == 3
    assert ["合计与上面各行之和" in fault.wrong for fault in faults] == [True]


def test_case_of_a_line_named_as_a_total(tmp_path: Path) -> None:
    project, faults = read_all(lay(tmp_path, "l04-subtotal-content").inputs)
    assert faults == []
    assert (project.budget[0].content, project.budget[0].amount) == ("餐费合计", 70000)


# ---- what nobody can see


def test_case_of_invisible_characters_is_read_as_the_good_project(tmp_path: Path, clean: dict[str, Any]) -> None:
    inputs = lay(tmp_path, "a16-invisible").inputs
    project, faults = read_all(inputs)
    assert faults == []
    assert facts(project) == clean
    assert [len(project.photos[each.code]) for each in project.activities] == [2, 2]


def test_case_of_date_words_is_read_as_the_good_project(tmp_path: Path, clean: dict[str, Any]) -> None:
    project, faults = read_all(lay(tmp_path, "a22-date-words").inputs)
    assert faults == []
    assert facts(project) == clean


def test_case_of_indented_paragraphs(tmp_path: Path) -> None:
    activity = read_all(lay(tmp_path, "c09-indent").inputs)[0].activities[0]
    assert activity.purpose == "目的一。\n目的二。"
    assert activity.brief == "第一段写在这里。\n第二段写在这里。\n\n第三段写在这里。"


def test_case_of_line_ends(tmp_path: Path) -> None:
    activity = read_all(lay(tmp_path, "c10-line-ends").inputs)[0].activities[0]
    assert activity.name == "上半场 下半场"
    assert activity.brief == "甲段\n乙段\n丙段\n丁段…戊段"


MARKS = ("\u200b", "\u200e", "\u202a", "\ufeff", "\u00a0", "\u3000", "\u2060", "\u00ad")


@pytest.mark.parametrize("mark", MARKS)
def test_marks_in_headers_keys_and_texts_change_nothing(mark: str, clean: dict[str, Any], tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value:
                        cell.value = f"{mark}{cell.value}{mark}"
            sheet.title = f"{mark}{sheet.title}" if mark not in "\u200e\u202a" else sheet.title

    project, faults = edited(tmp_path, change)
    assert [str(fault) for fault in faults] == []
    assert facts(project) == clean


@pytest.mark.parametrize(
    ("sheet", "disk"),
    [
        ("HD-01", "HD-01\u200b"),
        ("ＨＤ－０１", "HD-01"),
        ("HD-01", "ＨＤ-０１"),
        ("培训é", "培训e\u0301"),
        ("⼥培训", "女培训"),
        ("HD‑01", "HD-01"),
    ],
)
def test_code_in_the_sheet_and_folder_on_disk_are_compared_in_one_form(sheet: str, disk: str, tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path, 活动=[{"活动编号": sheet}])
    make.photo(inputs / "项目1" / "照片" / disk / "01.jpg")
    (inputs / "项目1" / "视频" / disk).mkdir(parents=True)
    project, _ = read_all(inputs)
    assert [path.name for path in project.photos[project.activities[0].code]] == ["01.jpg"]
    assert set(project.videos) == {project.activities[0].code}


@pytest.mark.parametrize(
    ("sheet", "disk"),
    [
        ("评估é.pdf", "评估e\u0301.pdf"),
        ("评\u200b估.pdf", "评估.pdf"),
        ("评估.pdf", "评估\ufeff.pdf"),
        ("⼥.pdf", "女.pdf"),
        ("评估Ａ.pdf", "评估Ａ.pdf"),
        ("评估A.pdf", "评估Ａ.pdf"),
        (" 评估.pdf\u3000", "评估.pdf"),
        ("终稿/评估e\u0301.pdf", "终稿/评估é.pdf"),
        ("评估\u00a01.pdf", "评估 1.pdf"),
    ],
)
def test_attachment_in_the_sheet_and_file_on_disk_are_compared_in_one_form(
    sheet: str, disk: str, tmp_path: Path
) -> None:
    inputs = make.write_only(tmp_path, 附件=[{"文件": sheet}])
    make.scan(inputs / "项目1" / "附件" / disk)
    project, _ = read_all(inputs)
    path = project.attachment_path(project.attachments[0].file)
    assert path is not None and path.relative_to(inputs / "项目1" / "附件").as_posix() == disk


def test_period_of_days_in_a_date_cell_asks_for_one_day(tmp_path: Path) -> None:
    _, faults = read_all(make.write_only(tmp_path, 活动=[{"开始日期": "2022年5月6日-8日"}]))
    assert [(fault.where.cell, "不是一天" in fault.wrong) for fault in faults] == [("E2", True)]


def test_wrong_weekday_is_told_with_its_cell(tmp_path: Path) -> None:
    _, [fault] = read_all(make.write_only(tmp_path, 活动=[{"开始日期": "2022年5月6日（星期四）"}]))
    assert (fault.where.cell, fault.level) == ("E2", Level.ERROR)
    assert dt.date(2022, 5, 6).weekday() == 4 and "是星期五" in fault.wrong
