"""Shapes in which bodies publish their projects: each is read, or the one thing that is unclear is asked."""

import csv
import io
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from paperwork.core.faults import Level, Stop
from paperwork.project import headers, input_folder
from paperwork.project.catalogue import published
from paperwork.project.catalogue.published import Catalogue
from tests import make
from tests.word_files import HEADERS, cell, paragraph, project, row, table, write_word

Grid = Sequence[Sequence[object]]
PERIOD = "2023年4月-12月"
DUTY, PHOTO, LEDGER = "1.每次活动要有签到表。", "2.每次活动要有照片3张。", "3.建立项目专账，专款专用。"


@dataclass(frozen=True)
class Shape:
    """A catalogue as sheets of cells, and what is read of it: name, department, yuan, requirements of each."""

    sheets: dict[str, Grid]
    wanted: list[tuple[str, str, int, str]]
    merged: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """A word of each notice that is not about the name of a column."""
    asked: str = ""
    """A word of the error."""
    numbers: list[int] = field(default_factory=list)


A, B = ("甲项目", "权益部", 50_000, DUTY), ("乙项目", "家儿部", 60_000, PHOTO)
FULL = ["序号", "责任科室", "项目名称", "绩效目标", "服务内容", "受益人群", "服务期限", "资助额度（万元）", "服务要求"]
ROW_A = [1, "权益部", "甲项目", "讲座6场", "讲座", "妇女", PERIOD, 5, DUTY]
ROW_B = [2, "家儿部", "乙项目", "沙龙4场", "沙龙", "儿童", PERIOD, 6, PHOTO]


def without(values: Sequence[object], *places: int) -> list[object]:
    return [value for at, value in enumerate(values) if at not in places]


def pairs(values: Sequence[object], names: Sequence[object] = FULL) -> list[list[object]]:
    return [[name, value] for name, value in zip(names, values, strict=True)]


SHAPES = {
    "别的叫法": Shape({"目录": [FULL, ROW_A, ROW_B]}, [A, B]),
    "没有部室": Shape({"目录": [without(FULL, 1), without(ROW_A, 1)]}, [(A[0], "", *A[2:])]),
    "没有序号": Shape(
        {"目录": [without(FULL, 0), without(ROW_A, 0), without(ROW_B, 0)]}, [A, B], told=("编了号",), numbers=[1, 2]
    ),
    "序号写成汉字": Shape({"目录": [FULL, ["一", *ROW_A[1:]], ["（二）", *ROW_B[1:]]]}, [A, B], numbers=[1, 2]),
    "类别在前合并": Shape(
        {"目录": [["类别", *FULL], ["权益类", *ROW_A], [None, *ROW_B]]}, [A, B], merged=("A2:A3",), told=("类别",)
    ),
    "部室写成一行": Shape(
        {"目录": [without(FULL, 1), ["一、权益部"], without(ROW_A, 1), ["二、家儿部"], without(ROW_B, 1)]}, [A, B]
    ),
    "一部门一表": Shape(
        {"权益部": [without(FULL, 1), without(ROW_A, 1)], "家儿部": [without(FULL, 1), [1, *without(ROW_B, 0, 1)]]},
        [A, B],
        told=("重新编了号",),
        numbers=[1, 2],
    ),
    "只有几栏": Shape(
        {"目录": [["序号", "项目名称", "履约要点", "预算金额（元）", "服务期限"], [1, "甲项目", DUTY, 50000, PERIOD]]},
        [("甲项目", "", 50_000, "")],
        told=("“项目目标”", "“项目内容”"),
        asked="履约要点",
    ),
    "内容和要求是一栏": Shape(
        {"目录": [["序号", "项目名称", "内容及要求", "预算金额（元）", "期限"], [1, "甲项目", DUTY, 50000, PERIOD]]},
        [("甲项目", "", 50_000, DUTY)],
        told=("“项目目标”", "“项目内容”"),
    ),
    "名称周期金额要求": Shape(
        {"目录": [["项目名称", "执行周期", "采购金额（元）", "考核要求"], ["甲项目", PERIOD, 50000, DUTY]]},
        [("甲项目", "", 50_000, DUTY)],
        told=("编了号", "“项目目标”", "“项目内容”"),
    ),
    "两行表头": Shape(
        {"目录": [
            ["项目序号", "牵头科室", "项目基本情况", None, "项目金额（万元）", None, "相关要求"],
            [None, None, "项目名称", "实施周期", "财政资金", "自筹资金", None],
            [1, "权益部", "甲项目", PERIOD, 4, 1, DUTY],
        ]},
        [A],
        merged=("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"),
        told=("“项目目标”", "“项目内容”"),
    ),
    "两行表头没有合并": Shape(
        {"目录": [
            ["序号", "牵头科室", "项目名称", "目标", "内容", "实施周期", "项目金额（万元）", None, "相关要求"],
            [None, None, None, None, None, None, "财政", "自筹", None],
            [1, "权益部", "甲项目", "讲座6场", "讲座", PERIOD, 5, 0, DUTY],
        ]},
        [A],
        told=("“自筹”",),
    ),
    "要求分成几栏": Shape(
        {"目录": [[*FULL[:-1], "实施要求", "成果要求", "经费要求"], [*ROW_A, PHOTO, LEDGER]]},
        [(*A[:3], f"{DUTY}\n{PHOTO}\n{LEDGER}")],
        told=("接在了一起",),
    ),
    "要求合并在一个表头下": Shape(
        {"目录": [[*FULL, None], [*ROW_A, PHOTO]]}, [(*A[:3], f"{DUTY}\n{PHOTO}")], merged=("I1:J1",)
    ),
    "要求合并给几个项目": Shape(
        {"目录": [FULL, ROW_A, [*ROW_B[:-1], None]]}, [A, (*B[:3], DUTY)], merged=("I2:I3",)
    ),
    "起止分两栏": Shape(
        {"目录": [
            ["序号", "责任科室", "项目名称", "项目目标", "服务内容", "开始时间", "结束时间", "金额（万元）", "要求"],
            [1, "权益部", "甲项目", "讲座6场", "讲座", "2023年4月1日", "2023年12月31日", 5, DUTY],
        ]},
        [A],
    ),
    "一项目一表": Shape({"目录": [*pairs(ROW_A), [], *pairs(ROW_B)]}, [A, B]),
    "一行两对": Shape(
        {"目录": [
            ["项目名称", "甲项目", "牵头部室", "权益部"],
            ["实施周期", PERIOD, "项目预算（元）", 50000],
            ["项目目标", "讲座6场", None, None],
            ["项目要求", DUTY, None, None],
            [None, PHOTO, None, None],
            ["联系人", "张三", "服务对象", "妇女"],
        ]},
        [(*A[:3], f"{DUTY}\n{PHOTO}")],
        merged=("A4:A5", "B3:D3", "B4:D4", "B5:D5"),
        told=("编了号", "联系人"),
        numbers=[1],
    ),
    "一个项目一栏": Shape(
        {"目录": [[name, a, b] for name, a, b in zip(FULL, ROW_A, ROW_B, strict=True)]}, [A, B], numbers=[1, 2]
    ),
    "总表加分表": Shape(
        {"总表": [FULL[:3] + FULL[5:8], ROW_A[:3] + ROW_A[5:8]], "甲": pairs(ROW_A[2:], FULL[2:])}, [A], numbers=[1]
    ),
    "多一列不认识的": Shape(
        {"目录": [[*FULL, "履约要点", "联系人", "备注"], [*ROW_A, LEDGER, "张三", ""], [*ROW_B, LEDGER, "李四", "无"]]},
        [A, B],
        told=("履约要点", "联系人"),
    ),
    "要求在不认识的列": Shape(
        {"目录": [[*FULL[:-1], "履约要点", "联系人"], [*ROW_A, "张三"]]},
        [(*A[:3], "")],
        told=("联系人",),
        asked="履约要点",
    ),
    "确实没有要求": Shape(
        {"目录": [[*FULL[:-1], "履约要点", "相关要求"], [*ROW_A, None]]}, [(*A[:3], "")], told=("履约要点",)
    ),
    "承接条件": Shape(
        {"目录": [[*FULL, "承接方要求"], [*ROW_A, "须具有3年以上服务经验"], [*ROW_B, "社会组织"]]},
        [A, B],
        told=("没有当作要求",),
    ),
    "合计不对": Shape({"目录": [FULL, ROW_A, ROW_B, ["合计", *[None] * 6, 12]]}, [A, B], told=("合计",)),
    "合计是一句话": Shape({"目录": [FULL, ROW_A, ROW_B, ["合计：12万元"]]}, [A, B], told=("合计",)),
    "合计对": Shape({"目录": [FULL, ROW_A, ROW_B, ["合计：11万元"]]}, [A, B]),
    "分表的合计": Shape({"甲": pairs(ROW_A), "乙": pairs(ROW_B), "合计": [["合计", 12]]}, [A, B], told=("合计",)),
    "一行有错也比合计": Shape(
        {"目录": [FULL, ROW_A, [*ROW_B[:6], "明年某时", 6, PHOTO], ["合计", *[None] * 6, 12]]},
        [A],
        told=("合计",),
        asked="实施周期",
    ),
}  # fmt: skip


def write(path: Path, sheets: dict[str, Grid], merged: Sequence[str] = ()) -> Path:
    """Write sheets as a workbook; the merged ranges are those of each sheet."""
    book = Workbook()
    for at, (title, rows) in enumerate(sheets.items()):
        sheet: Any = book.active if not at else book.create_sheet()
        sheet.title = title
        for cells in rows:
            sheet.append(list(cells))
        for area in merged:
            sheet.merge_cells(area)
    book.save(path)
    return path


def read(path: Path, templates: Path | None = None) -> Catalogue:
    return published.read_catalogue(path, path.name, templates)


@pytest.mark.parametrize("name", SHAPES)
def test_shape_is_read(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    found = read(write(tmp_path / "目录.xlsx", shape.sheets, shape.merged))
    entries = found.entries.values()
    assert [(each.name, each.department, int(each.amount), each.requirements) for each in entries] == shape.wanted
    errors = [fault for fault in found.faults if fault.level is Level.ERROR]
    assert [shape.asked in fault.wrong for fault in errors] == ([True] if shape.asked else [])
    notices = [fault.wrong for fault in found.faults if fault.level is Level.NOTICE]
    others = [wrong for wrong in notices if not re.match("表头“[^”]*”按", wrong)]
    assert len(others) == len(shape.told), others
    assert all(any(word in wrong for wrong in others) for word in shape.told), others
    if shape.numbers:
        assert list(found.entries) == shape.numbers


@pytest.mark.parametrize(("encoding", "suffix"), [("gb18030", "csv"), ("utf-8-sig", "csv"), ("utf-16", "csv")])
def test_text_export_in_another_encoding_is_read(tmp_path: Path, encoding: str, suffix: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([FULL, ROW_A, ROW_B])
    (path := tmp_path / f"目录.{suffix}").write_bytes(text.getvalue().encode(encoding))
    assert [entry.requirements for entry in read(path).entries.values()] == [DUTY, PHOTO]


def test_column_of_clauses_is_asked_about_with_file_header_and_first_words(tmp_path: Path) -> None:
    shape = SHAPES["要求在不认识的列"]
    write(tmp_path / "目录.xlsx", shape.sheets)
    [fault] = [each for each in input_folder.scan_inputs(tmp_path).faults_of(1) if each.level is Level.ERROR]
    assert (fault.where.file, fault.where.cell, fault.found) == ("目录.xlsx", "I2", DUTY)
    assert "“履约要点”" in fault.wrong and "表头.toml" in fault.mend and "空的“相关要求”" in fault.mend


# ---- words that staff add


def words_with(folder: Path, old: str, new: str) -> Path:
    """Write 表头.toml with one text replaced; return its folder."""
    words = (make.TEMPLATES / headers.FILE).read_text("utf-8")
    assert old in words
    (folder / headers.FILE).write_text(words.replace(old, new), "utf-8")
    return folder


def test_word_that_staff_add_names_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "目录.xlsx", SHAPES["要求在不认识的列"].sheets)
    templates = words_with(tmp_path, '"相关要求" = "要求 ', '"相关要求" = "履约要点 要求 ')
    assert read(path, templates).entries[1].requirements == DUTY
    assert input_folder.scan_inputs(tmp_path, templates).entries[1].requirements == DUTY


def test_word_that_staff_add_names_a_worksheet(tmp_path: Path) -> None:
    templates = words_with(tmp_path, '"活动" = "活动记录', '"活动" = "现场 活动记录')
    assert headers.sheet_title("现场登记表", headers.read_words(templates)) == "活动"


def test_folder_of_work_without_the_file_has_the_words_shipped(tmp_path: Path) -> None:
    assert headers.read_words(tmp_path) is headers.read_words(None)


MISTAKES = {
    '"相关要求" = "要求 ': ('"相关的要求" = "要求 ', "[项目发布目录] 里的“相关的要求”不是这张表的栏目"),
    '"项目序号" = "序号 编号': ('"项目序号" = "牵头部门 编号', "“牵头部门”既是“项目序号”又是“牵头部室”"),
    '"编号" = "目标编号"': ('"编号" = 3', "[绩效目标] 里的“编号”写得不对"),
    '["绩效目标"]': ('["绩效"]', "“绩效”不是一张表"),
    '"活动" = "活动记录': ('"活动们" = "活动记录', "[表名] 里的“活动们”不是一张表"),
    '"指标" = "绩效指标 目标"': ('"指标" = "绩效指标 目标', "引号没有成对"),
}


@pytest.mark.parametrize("old", MISTAKES)
def test_mistake_in_the_words_names_file_entry_and_remedy(tmp_path: Path, old: str) -> None:
    new, wrong = MISTAKES[old]
    with pytest.raises(Stop) as stop:
        headers.read_words(words_with(tmp_path, old, new))
    assert wrong in stop.value.wrong
    assert stop.value.where == headers.FILE and stop.value.mend.count("请") == 1


# ---- messages


def test_each_file_that_is_not_the_catalogue_is_named_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path / "名单.xlsx", {"表": [["序号", "项目名称", "承接单位"], [1, "甲", "某中心"]]})
    write(tmp_path / "通讯录.xlsx", {"表": [["姓名", "电话"], ["甲", "1"]]})
    (tmp_path / "公告.docx").write_bytes(b"no")
    with pytest.raises(Stop) as stop:
        input_folder.scan_inputs(tmp_path)
    assert "“名单.xlsx”表头里认出了" in stop.value.wrong and "没有找到“实施周期”" in stop.value.wrong
    assert "“通讯录.xlsx”里面没有表头像目录的表格" in stop.value.wrong
    assert "“公告.docx”文件损坏" in stop.value.wrong


def test_list_of_chosen_bodies_is_not_the_catalogue(tmp_path: Path) -> None:
    names = ["序号", "项目名称", "承接单位", "金额（万元）", "开始时间", "结束时间", "服务对象"]
    path = write(tmp_path / "名单.xlsx", {"表": [names, [1, "甲", "某中心", 5, "2023年4月", "2023年5月", "妇女"]]})
    assert not published.is_catalogue(path)


@pytest.mark.parametrize(
    "names",
    [
        ["序号", "项目", "内容", "金额"],
        ["序号", "名称", "内容", "时间", "金额"],
        ["活动名称", "时间", "对象", "内容", "经费"],
    ],
)
def test_budget_is_not_the_catalogue(tmp_path: Path, names: list[str]) -> None:
    path = write(tmp_path / "预算.xlsx", {"表": [names, [1, "讲座费", "专家课酬", "5月", 5000][: len(names)]]})
    assert published.read_catalogue(path, path.name) == Catalogue()


def test_proposal_is_not_the_catalogue(tmp_path: Path) -> None:
    names = ["项目名称", "申报单位", "实施周期", "项目预算", "服务对象", "项目目标", "项目内容"]
    body = table(*[row(name, value) for name, value in zip(names, "甲某周五人目内", strict=True)])
    assert not published.is_catalogue(write_word(tmp_path / "申报书.docx", body))


# ---- Word


def test_department_with_no_column_is_in_the_line_above_its_projects(tmp_path: Path) -> None:
    head = row(*map(str, without(HEADERS, 1)))
    lines = [row(cell(each, '<w:gridSpan w:val="9"/>')) for each in ("（一）组织联络部", "（二）权益部")]
    rows = [row(*map(str, without(project(number), 1))) for number in (1, 2)]
    path = write_word(tmp_path / "目录.docx", table(head, lines[0], rows[0], lines[1], rows[1]))
    assert [each.department for each in read(path).entries.values()] == ["组织联络部", "权益部"]


def test_pairs_that_a_page_break_cuts_are_one_project(tmp_path: Path) -> None:
    cells = [*zip(HEADERS, project(1), strict=True)]
    cells = [cells[-1], *cells[:-1]]
    body = table(*[row(*pair) for pair in cells[:7]]) + paragraph("") + table(*[row(*pair) for pair in cells[7:]])
    found = read(write_word(tmp_path / "目录.docx", body))
    assert [each.requirements for each in found.entries.values()] == ["1.建立项目专账。"]
    assert found.faults == ()


def test_total_in_a_line_below_the_tables_is_compared(tmp_path: Path) -> None:
    body = table(row(*HEADERS), row(*project(1))) + paragraph("项目资金合计：6万元。")
    [fault] = read(write_word(tmp_path / "目录.docx", body)).faults
    assert "合计" in fault.wrong and fault.where.cell == "第1段"


# ---- hostile files


def nested(depth: int) -> str:
    inner = "1.建立专账。"
    for _ in range(depth):
        inner = table(row(cell(inner))) + paragraph("")
    return inner


def test_large_and_deep_files_are_read_in_time(tmp_path: Path) -> None:
    begin = time.monotonic()
    many = write(tmp_path / "a.xlsx", {"目录": [FULL, *([at, *ROW_A[1:]] for at in range(1, 3001))]}, ())
    assert len(read(many).entries) == 3000
    small = "".join(table(row(*HEADERS), row(*project(at))) for at in range(1, 301))
    assert len(read(write_word(tmp_path / "b.docx", small)).entries) == 300
    other = "".join(table(row("甲", "乙"), row("1", "2")) for _ in range(300))
    assert not read(write_word(tmp_path / "c.docx", other)).entries
    deep = table(row(*HEADERS), row(*project(1)[:-1], cell(nested(40))))
    assert "建立专账" in read(write_word(tmp_path / "d.docx", deep)).entries[1].requirements
    assert time.monotonic() - begin < 90
