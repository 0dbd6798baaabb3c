"""Catalogues of several years in one folder: the year that a workbook belongs to, and names that must agree."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from paperwork.checks import check
from paperwork.core.dates import Period
from paperwork.core.faults import ExitCode, Level, Stop
from paperwork.core.text import is_same_name
from paperwork.core.values import ProjectNumber
from paperwork.formats.spreadsheets import writer
from paperwork.project import blank_workbook, input_folder
from paperwork.project.catalogue import published
from paperwork.project.input_folder import Claim, Inputs
from tests import make

HEADERS = (
    "项目序号", "牵头部室", "项目名称", "项目目标", "项目内容", "服务对象", "项目承接主体", "实施周期",
    "项目金额（万元）", "相关要求",
)  # fmt: skip


def catalogue(path: Path, year: int, names: dict[int, str], amount: int = 10, clauses: str = "") -> Path:
    """Write the catalogue of a year."""
    rows = [
        [number, "组联部", name, "", "培训", "妇女", "社会组织", f"{year}年4月—12月", amount, clauses]
        for number, name in names.items()
    ]
    writer.write_atomically(path, writer.build_plain_workbook([("目录", [HEADERS, *rows])]))
    return path


def workbook(path: Path, **basics: Any) -> Path:
    """Write the good workbook with some basic facts changed, and nothing that rests on the clauses of its catalogue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blank_workbook.write_workbook(path, make.changed(基本信息=basics, 确认=None), dt.date(2022, 3, 1))
    return path


def inputs_of(names: dict[int, dict[int, str]]) -> Inputs:
    """Return inputs with the projects' names by year and number."""
    found = Inputs(Path("inputs"))
    found.years = {Path(f"{year}.docx"): year for year in names}
    for year, projects in names.items():
        for number, name in projects.items():
            span = Period(dt.date(year, 4, 1), dt.date(year, 12, 31))
            entry: Any = type(
                "Entry", (), {"number": ProjectNumber(number), "name": name, "span": span, "is_dated": True}
            )
            found.entries[found.number_in(year, number)] = entry
    return found


SAME = {2022: {1: "甲"}, 2023: {1: "甲"}}
OTHER = {2022: {1: "甲", 2: "乙"}, 2023: {1: "丙", 3: "乙"}}
BELONGS = [
    (OTHER, 1, 2022, "甲", "2022-1"),
    (OTHER, 1, 0, "甲", "2022-1"),
    (OTHER, 1, 2022, "", "2022-1"),
    (OTHER, 1, 2023, "丙", "1"),
    (OTHER, 1, 0, "丙", "1"),
    (OTHER, 1, 2023, "", "1"),
    (OTHER, 1, 0, "", "1"),
    (OTHER, 1, 2023, "“甲”", "2022-1"),  # the name decides: the year is a slip
    (OTHER, 1, 2022, "丁", "2022-1"),  # and its name is an error there
    (OTHER, 1, 0, "丁", "1"),
    (OTHER, 1, 2021, "丁", "2021-1"),  # a year without a catalogue
    (OTHER, 2, 2022, "乙", "2022-2"),
    (OTHER, 2, 0, "乙", "2022-2"),
    (OTHER, 3, 2023, "乙", "3"),
    (OTHER, 9, 0, "", "9"),
    (SAME, 1, 2022, "甲", "2022-1"),
    (SAME, 1, 2023, "甲", "1"),
    (SAME, 1, 0, "甲", "1"),
    (SAME, 1, 2024, "甲", "1"),  # formed in the year after
    ({2023: {1: "丙"}}, 1, 2022, "甲", "2022-1"),  # last year's workbook, this year's catalogue
    ({2023: {1: "丙"}}, 1, 2022, "", "2022-1"),
    ({2023: {1: "甲"}}, 1, 2022, "甲", "1"),  # the name agrees, and there is no other year
    ({2022: {1: "甲"}}, 1, 2023, "", "1"),  # 年度 of an archive that is formed in the year after
    ({2022: {1: "甲"}}, 1, 2023, "丁", "1"),
    ({2022: {1: "甲"}}, 1, 2026, "丁", "2026-1"),
]


@pytest.mark.parametrize(("names", "number", "year", "name", "wanted"), BELONGS)
def test_workbook_belongs_to_the_project_of_its_year(
    names: dict[int, dict[int, str]], number: int, year: int, name: str, wanted: str
) -> None:
    assert str(inputs_of(names).number_of(Claim(ProjectNumber(number), False, year, name))) == wanted


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("《盐都“紫薇伙伴”项目》", "盐都紫薇伙伴项目", True),
        ("红梅花开•和美之家", "红梅花开·和美之家", True),
        ("红梅花开 和美之家", "红梅花开\n和美之家", True),
        ("ＡＢ计划", "ab计划", True),
        ("“国有法·家有爱”家庭教育辩论赛", '"国有法・家有爱"家庭教育辩论赛', True),
        ("紫薇伙伴（二期）", "紫薇伙伴二期", True),
        ("紫薇伙伴二期", "紫薇伙伴一期", False),
        ("紫薇伙伴", "紫薇伙伴项目", False),
        ("2022紫薇伙伴", "2023紫薇伙伴", False),
        ("——", "……", False),
    ],
)
def test_names_that_differ_only_in_punctuation_are_the_same(one: str, other: str, same: bool) -> None:
    assert is_same_name(one, other) == same


@pytest.mark.parametrize(
    ("name", "level"),
    [("别的项目", Level.ERROR), ("盐都紫薇伙伴", Level.ERROR), ("盐都紫薇伙伴项目", Level.NOTICE), ("", None)],
)
def test_another_name_is_an_error(tmp_path: Path, name: str, level: Level | None) -> None:
    inputs = make.write_only(tmp_path, 基本信息={"项目名称": name})
    faults = check.examine(1, inputs, make.LATER).faults
    assert [fault.level for fault in faults if fault.wrong == "项目名称与目录不一致"] == ([level] if level else [])


@pytest.fixture
def two_years(tmp_path: Path) -> Path:
    """Write catalogues of 2022 and 2023, and a workbook for number 1 of each."""
    inputs = tmp_path / "inputs"
    workbook(inputs / "去年" / "项目数据.xlsx")
    catalogue(inputs / "2022年目录.xlsx", 2022, {1: "《盐都“紫薇伙伴”项目》", 2: "旧二"})
    catalogue(inputs / "2023年目录.xlsx", 2023, {1: "新项目", 4: "新四"})
    workbook(inputs / "今年" / "项目数据.xlsx", 项目名称="新项目", 年度=2023)
    return inputs


def test_projects_of_all_years_are_found(two_years: Path) -> None:
    found = input_folder.scan_inputs(two_years)
    assert [str(number) for number in sorted(found.entries)] == ["1", "4", "2022-1", "2022-2"]
    assert {str(number): [path.parent.name for path in paths] for number, paths in found.workbooks.items()} == {
        "1": ["今年"], "2022-1": ["去年"],
    }  # fmt: skip
    assert found.known(ProjectNumber(1, 2023)) == 1
    assert [check.examine(number, two_years, make.LATER).project.name for number in (1, ProjectNumber(1, 2022))] == [
        "新项目", "《盐都“紫薇伙伴”项目》",
    ]  # fmt: skip


def test_workbook_that_may_be_of_two_years_is_told(two_years: Path) -> None:
    catalogue(two_years / "2023年目录.xlsx", 2023, {1: "《盐都“紫薇伙伴”项目》"})
    workbook(two_years / "去年" / "项目数据.xlsx", 年度=None)
    (two_years / "今年" / "项目数据.xlsx").unlink()
    found = input_folder.scan_inputs(two_years)
    assert [str(number) for number in found.workbooks] == ["1"]
    [fault] = found.faults
    assert fault.wrong == "没有填年度，2023、2022 年的目录里都有这个项目，当作 2023 年的"


def test_last_years_workbook_does_not_become_this_years(two_years: Path) -> None:
    (two_years / "2022年目录.xlsx").unlink()
    (two_years / "今年" / "项目数据.xlsx").unlink()
    with pytest.raises(Stop) as stop:
        check.examine(1, two_years, make.LATER)
    assert stop.value.wrong == "没有找到项目1的工作簿"
    assert "“去年/项目数据.xlsx”的年度是 2022，没有那一年的项目发布目录" in stop.value.mend


def test_two_catalogues_of_one_year_are_an_error_that_names_both(two_years: Path) -> None:
    catalogue(two_years / "又一份.xlsx", 2022, {1: "甲"})
    with pytest.raises(Stop) as stop:
        input_folder.scan_inputs(two_years)
    assert stop.value.code is ExitCode.FAULTY
    assert stop.value.wrong == "找到2份项目发布目录，都是 2022 年的：2022年目录.xlsx、又一份.xlsx"


def test_fault_in_the_catalogue_of_another_year_does_not_stop_a_project(two_years: Path) -> None:
    catalogue(two_years / "2022年目录.xlsx", 2022, {1: "《盐都“紫薇伙伴”项目》", 2: ""})
    found = input_folder.scan_inputs(two_years)
    assert {fault.level for fault in found.faults_of(1)} == {Level.NOTICE}
    assert {fault.level for fault in found.faults_of(ProjectNumber(1, 2022))} == {Level.NOTICE}


def test_new_folder_does_not_take_that_of_another_year(two_years: Path) -> None:
    workbook(two_years / "项目1-盐都紫薇伙伴项目" / "项目数据.xlsx")
    (two_years / "去年" / "项目数据.xlsx").unlink()
    catalogue(two_years / "2023年目录.xlsx", 2023, {1: "盐都紫薇伙伴项目"})
    (two_years / "今年" / "项目数据.xlsx").unlink()
    assert input_folder.scan_inputs(two_years).new_folder(1).name == "项目2023-1-盐都紫薇伙伴项目"


def test_year_of_a_catalogue_is_that_of_most_of_its_projects(tmp_path: Path) -> None:
    path = catalogue(tmp_path / "目录.xlsx", 2022, {1: "甲", 2: "乙", 3: "丙"})
    assert published.read_catalogue(path, path.name).year == 2022


CHANGES = [
    ({1: "甲"}, {1: "甲"}, 10, "", []),
    ({1: "甲"}, {1: "“甲”"}, 10, "", []),
    ({1: "甲"}, {1: "甲", 2: "乙"}, 10, "", ["新增项目2“乙”"]),
    ({1: "甲", 2: "乙"}, {1: "甲"}, 10, "", ["去掉了项目2“乙”"]),
    ({1: "甲"}, {1: "丙"}, 10, "", ["项目1：项目名称由“甲”改为“丙”"]),
    ({1: "甲"}, {1: "甲"}, 12, "", ["项目1：项目金额由“100,000.00”改为“120,000.00”"]),
    ({1: "甲"}, {1: "甲"}, 10, "1.提交审计报告", ["项目1：相关要求由“”改为“1.提交审计报告”"]),
    ({1: "甲"}, {1: "甲"}, 10, "1." + "提交审计报告" * 20, ["项目1：相关要求的文字不同了"]),
    ({1: "甲"}, {2: "甲"}, 10, "", ["去掉了项目1“甲”", "新增项目2“甲”"]),
]


@pytest.mark.parametrize(("before", "now", "amount", "clauses", "told"), CHANGES)
def test_changes_of_a_catalogue_are_told(
    tmp_path: Path, before: dict[int, str], now: dict[int, str], amount: int, clauses: str, told: list[str]
) -> None:
    old = published.read_catalogue(catalogue(tmp_path / "a.xlsx", 2022, before), "a")
    new = published.read_catalogue(catalogue(tmp_path / "b.xlsx", 2022, now, amount, clauses), "b")
    assert list(published.changes(old.entries, new.entries)) == told
