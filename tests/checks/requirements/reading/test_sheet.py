"""要求解读.xlsx as staff use it: read, decided in the sheet, checked, read again, next year."""

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest
from typer.testing import CliRunner

from paperwork.app import cli
from paperwork.checks import account, check
from paperwork.checks.requirements.reading import sheet
from paperwork.checks.requirements.verdicts import Verdict
from paperwork.core.faults import ExitCode, Level, Stop
from paperwork.project import decisions, input_folder
from tests import make
from tests.project.test_years import catalogue, workbook

TEMPLATES = make.TEMPLATES
DAY = dt.date(2024, 3, 1)
WANG = {"审定人": "王某某", "审定日期": DAY}


def run(*words: str | Path) -> tuple[int, str, str]:
    """Run a command in this process; return exit code, output and errors."""
    ran = CliRunner().invoke(cli.app, list(map(str, words)))
    if isinstance(ran.exception, Stop):
        return ran.exception.code, ran.output, ran.exception.wrong
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


def read(inputs: Path) -> Path:
    """Run `paperwork read` and return the file that it wrote."""
    run("read", "--inputs", inputs, "--templates", TEMPLATES)
    return inputs / decisions.FILE


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the sheet by header, as openpyxl reads them."""
    header, *rows = openpyxl.load_workbook(path)[decisions.TITLE].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def fill(path: Path, text: str, cells: Mapping[str, object], number: int = 1, at: int = 0) -> str:
    """Fill cells of a row as staff do, found by a piece of its 原文; return the address of its 认作."""
    book = openpyxl.load_workbook(path)
    table = book[decisions.TITLE]
    places = {str(cell.value): number for number, cell in enumerate(table[1], 1)}
    found = [row[0].row for row in table.iter_rows(min_row=2) if row[0].value == number and text in str(row[2].value)]
    for header, value in cells.items():
        if header not in places:
            places[header] = len(places) + 1
            table.cell(1, places[header], header)
        table.cell(found[at], places[header]).value = cast(Any, value)
    book.save(path)
    return f"D{found[at]}"


def judged(inputs: Path, number: int = 1) -> dict[str, Verdict]:
    """Return the verdict of each matter of a project."""
    checked = check.examine(number, inputs, make.LATER, TEMPLATES)
    return {each.obligation.matter: each.verdict for answer in checked.answers for each in answer.judged}


def wrongs(inputs: Path, level: Level) -> list[str]:
    checked = check.examine(1, inputs, make.LATER, TEMPLATES)
    return [str(fault) for fault in checked.faults if fault.level is level and decisions.TITLE in fault.where.file]


def clauses(inputs: Path, number: int = 1) -> dict[str, Any]:
    code, words, _ = run("read", str(number), "--json", "--inputs", inputs, "--templates", TEMPLATES)
    [project] = json.loads(words)["projects"]
    assert code == 0 and isinstance(project, dict)
    return project


def parts(inputs: Path, number: int = 1) -> dict[str, dict[str, Any]]:
    return {part["text"]: part for clause in clauses(inputs, number)["clauses"] for part in clause["parts"]}


# ---- the file


def test_the_sheet_has_a_row_for_each_reading_of_all_projects(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    code, words, _ = run("read", "--inputs", inputs, "--templates", TEMPLATES)
    path = inputs / decisions.FILE
    assert (code, str(path) in words.replace("\n", "")) == (0, True)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["填写说明", decisions.TITLE]
    table = book[decisions.TITLE]
    assert [cell.value for cell in table[1]] == list(sheet.HEADERS)
    assert {row["项目序号"] for row in rows_of(path)} == {1, 2, 3}
    assert (table.freeze_panes, table.page_setup.orientation) == ("A2", "landscape")
    assert [rule.type for rule in table.data_validations.dataValidation if "D2" in str(rule.sqref)] == ["list"]
    assert all(book[name].sheet_state == "hidden" for name in book.sheetnames[2:])
    kinds = [cell.value for cell in book["可选"]["A"]]
    assert {"目标", "按期交的材料", "每次活动的材料", "请人确认", "不是要求", "不适用", "督导"} <= set(kinds)


def test_reading_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    before = read(inputs).read_bytes()
    assert read(inputs).read_bytes() == before


def test_the_sheet_alone_changes_nothing(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    before = check.examine(1, inputs, make.LATER, TEMPLATES)
    path = read(inputs)
    after = check.examine(1, inputs, make.LATER, TEMPLATES)
    assert (after.answers, after.faults) == (before.answers, before.faults)
    assert not after.inputs.decision_files
    entries = dict(account.account(inputs))
    assert entries[path.name].why == decisions.TITLE


def test_a_file_open_in_excel_is_not_written(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    path = read(inputs)
    path.with_name(f"~${path.name}").touch()
    code, _, wrong = run("read", "--inputs", inputs, "--templates", TEMPLATES)
    assert (code, "打开着" in wrong) == (ExitCode.REFUSED, True)


def test_a_reading_that_is_older_than_the_file_is_not_written(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    path = read(inputs)
    reading = sheet.read_sheet(input_folder.scan_inputs(inputs, TEMPLATES))
    fill(path, "每季度对项目进行督导", WANG)
    with pytest.raises(Stop) as stop:
        sheet.write_sheet(reading)
    assert stop.value.code == ExitCode.REFUSED


def test_two_files_are_both_read_but_not_written(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    path = read(inputs)
    other = inputs / "另一份.xlsx"
    shutil.copy(path, other)
    here = fill(path, "每季度对项目进行督导", {**WANG, "认作": "不是要求"})
    there = fill(other, "每季度对项目进行督导", {**WANG, "认作": "请人确认"})
    [told] = wrongs_of_inputs(inputs)
    assert here in told and there in told and decisions.FILE in told and other.name in told
    code, _, wrong = run("read", "--inputs", inputs, "--templates", TEMPLATES)
    assert (code, "有 2 张要求解读" in wrong) == (ExitCode.REFUSED, True)


def wrongs_of_inputs(inputs: Path) -> list[str]:
    return [str(fault) for fault in input_folder.scan_inputs(inputs, TEMPLATES).faults if fault.level is Level.ERROR]


def test_a_csv_of_staff_counts_and_moves_into_a_workbook(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    words = "项目序号,条款,原文,认作,说明,审定人\n1,相关要求第2条,建立项目督导机制，,x,,\n"
    row = "1,相关要求第2条,建立项目督导机制，市妇联组联部每季度对项目进行督导,不适用,今年不督导,王某某\n"
    (inputs / "解读.csv").write_bytes((words.replace("，,x", ",不是要求") + row).encode("gb18030"))
    assert "督导" not in judged(inputs)
    code, said, _ = run("read", "--inputs", inputs, "--templates", TEMPLATES)
    assert (code, "搬进" in said) == (0, True)
    decided, *_ = [each for each in rows_of(inputs / decisions.FILE) if each["审定人"]]
    assert (decided["认作"], decided["说明"]) == ("不适用", "今年不督导")


# ---- decisions


def test_a_decision_changes_the_verdict_and_survives_reading_again(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 督导=None)
    assert judged(inputs)["督导"] == Verdict.UNMET
    path = read(inputs)
    fill(path, "每季度对项目进行督导", {"认作": "请人确认", **WANG})
    before = judged(inputs)
    words = "建立项目督导机制，市妇联组联部每季度对项目进行督导"
    assert ("督导" in before, before[words]) == (False, Verdict.PERSON)
    read(inputs)
    assert judged(inputs) == before
    read(inputs)
    assert parts(inputs)[words]["readings"][0]["decided_by"] == "王某某，2024年3月1日"


def test_facts_of_a_row_win_and_empty_cells_keep_the_programs(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    fill(read(inputs), "每季度对项目进行督导", {"多久一次": "每月", "部室": None, **WANG})
    [reading] = parts(inputs)["建立项目督导机制，市妇联组联部每季度对项目进行督导"]["readings"]
    assert (reading["kind"], reading["months"], reading["department"]) == ("督导", 1, "组联部")
    assert judged(inputs)["督导"] == Verdict.UNMET


def test_not_applicable_needs_a_reason_and_does_not_count_as_missing(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 督导=None)
    path = read(inputs)
    cell = fill(path, "每季度对项目进行督导", {"认作": "不适用", **WANG})
    [told] = wrongs(inputs, Level.ERROR)
    assert f"{decisions.TITLE}!L{cell[1:]}" in told
    fill(path, "每季度对项目进行督导", {"说明": "一次性活动"})
    assert not wrongs(inputs, Level.ERROR)
    assert "督导" not in judged(inputs)
    part = parts(inputs)["建立项目督导机制，市妇联组联部每季度对项目进行督导"]
    assert (part["status"], part["reason"]) == ("不是要求", "不适用：一次性活动")


def test_a_reason_is_shown_whole(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 督导=None)
    reason = "一次性活动；已请示市妇联；不适用：见批复"
    fill(read(inputs), "每季度对项目进行督导", {"认作": "不适用", "说明": reason, **WANG})
    answers = check.examine(1, inputs, make.LATER, TEMPLATES).answers
    [gone] = [each for answer in answers if answer.clause.number == 2 for each in answer.needless]
    assert (gone.verdict, gone.reason) == ("不适用", reason)


def test_a_further_row_adds_a_reading(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    found = input_folder.scan_inputs(inputs, TEMPLATES)
    reading = sheet.read_sheet(found)
    [line] = [each for each in reading.lines if each.number == "1" and "每季度对项目进行督导" in each.text]
    more = {"认作": "按期交的材料", "材料名称": "财务报表", "多久一次": "每季度", **WANG}
    sheet.write_sheet(reading.with_row(line.key, more))
    verdicts = judged(inputs)
    assert (verdicts["督导"], verdicts["财务报表"]) == (Verdict.MET, Verdict.UNMET)
    read(inputs)
    assert judged(inputs) == verdicts


FAULTY = [
    ({"认作": "没有这一种"}, "D", "不在可选的范围里"),
    ({"认作": None}, "M", "没有填认作"),
    ({"数量": "三个"}, "E", "这里要填数字"),
    ({"多久一次": "常常"}, "G", "看不懂多久一次"),
    ({"认作": "其他材料", "材料名称": None}, "K", "没有填“材料名称”"),
    ({"认作": "目标", "数量": None}, "E", "没有填“数量”"),
]


@pytest.mark.parametrize(("cells", "column", "wrong"), FAULTY, ids=[case[2] for case in FAULTY])
def test_what_is_wrong_with_a_decision_is_told_at_its_cell(
    tmp_path: Path, cells: dict[str, object], column: str, wrong: str
) -> None:
    inputs = make.make(tmp_path)
    cell = fill(read(inputs), "每季度对项目进行督导", {**WANG, **cells})
    [told] = wrongs(inputs, Level.ERROR)
    assert f"!{column}{cell[1:]}" in told and wrong in told


ROWS: list[dict[str, Any]] = [
    {"条款": "相关要求第2条", "认作": "督导", "审定人": "王某某"},
    {"项目序号": 1, "原文": "建立项目督导机制", "认作": "督导", "审定人": "王某某"},
    {"项目序号": 77, "条款": "相关要求第1条", "原文": "没有这个项目", "认作": "督导", "审定人": "王某某"},
    {"项目序号": 1, "条款": "合计", "原文": "合计", "认作": "督导", "审定人": "王某某"},
    {"项目序号": "备注：问过老李"},
    {"项目序号": 1, "条款": "相关要求第2条", "原文": "别的话", "认作": "=A1", "数量": "#REF!"},
]


def test_rows_that_staff_add_are_kept_whatever_they_hold(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = read(inputs)
    book = openpyxl.load_workbook(path)
    table = book[decisions.TITLE]
    for row in ROWS:
        table.append([row.get(header) for header in sheet.HEADERS])
    table["Q3"] = "没有表头的一列"
    book.save(path)
    assert wrongs(inputs, Level.ERROR)
    for _ in range(2):
        read(inputs)
        rest = [[str(value) for value in each.values() if value is not None] for each in rows_of(path)]
        for row in ROWS[:5]:
            assert [str(value) for header in sheet.HEADERS if (value := row.get(header)) is not None] in rest, row
        assert "没有表头的一列" in {each.get("列Q") for each in rows_of(path)}


def test_a_change_without_decider_is_told_and_kept(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = read(inputs)
    cell = fill(path, "每季度对项目进行督导", {"认作": "不是要求", "我的备忘": "问老李"})
    [told] = wrongs(inputs, Level.NOTICE)
    assert cell in told and "没有填审定人" in told
    assert judged(inputs)["督导"] == Verdict.MET
    read(inputs)
    [row] = [each for each in rows_of(path) if "每季度对项目进行督导" in each["原文"] and each["项目序号"] == 1]
    assert (row["认作"], row["我的备忘"]) == ("不是要求", "问老李")


def test_a_sheet_of_staffs_own_survives(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    path = read(inputs)
    book = openpyxl.load_workbook(path)
    book.create_sheet("会议记录")["A1"] = "三月一日议定"
    book.save(path)
    assert openpyxl.load_workbook(read(inputs))["会议记录"]["A1"].value == "三月一日议定"


def test_a_spoilt_header_is_an_error(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    path = read(inputs)
    book = openpyxl.load_workbook(path)
    book[decisions.TITLE]["D1"] = "我看是"
    book.save(path)
    [told] = wrongs(inputs, Level.ERROR)
    assert "找不到它的表头" in told


# ---- other projects, other years, other words

CLAUSES = "1.承接方应提交自评报告。\n2.项目由市妇联组联部每季度对项目进行督导。"


def test_the_same_words_in_next_years_catalogue_take_the_decision_over(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    catalogue(inputs / "2022.xlsx", 2022, {1: "甲"}, clauses=CLAUSES)
    path = read(inputs)
    fill(path, "每季度对项目进行督导", {"认作": "不适用", "说明": "一次性", **WANG})
    catalogue(inputs / "2023.xlsx", 2023, {1: "丙", 2: "乙"}, clauses=CLAUSES.replace("2.", "3.", 1))
    for number in ("1", "2", "2022-1"):
        _, words, _ = run("read", number, "--json", "--inputs", inputs, "--templates", TEMPLATES)
        [project] = json.loads(words)["projects"]
        found = {part["text"]: part for clause in project["clauses"] for part in clause["parts"]}
        [part] = [each for text, each in found.items() if "督导" in text]
        assert (part["reason"], part["decided_by"]) == ("不适用：一次性", "王某某，2024年3月1日"), number
    read(inputs)
    decided = [each for each in rows_of(path) if each["审定人"]]
    assert [str(each["项目序号"]) for each in decided] == ["1", "2", "2022-1"]


def test_a_changed_sentence_is_told_and_the_decision_is_kept(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    catalogue(inputs / "目录.xlsx", 2022, {1: "盐都“紫薇伙伴”项目"}, clauses=CLAUSES)
    workbook(inputs / "项目1" / "项目数据.xlsx")
    path = read(inputs)
    fill(path, "每季度对项目进行督导", {"认作": "不适用", "说明": "一次性", **WANG})
    catalogue(inputs / "目录.xlsx", 2022, {1: "盐都“紫薇伙伴”项目"}, clauses=CLAUSES.replace("每季度", "每个月"))
    [told] = wrongs(inputs, Level.NOTICE)
    assert "每季度对项目进行督导" in told and "每个月对项目进行督导" in told and "请重新审定" in told
    for _ in range(2):
        read(inputs)
        *_, line, last = rows_of(path)
        assert str(line["项目序号"]).startswith(decisions.LEFT_OVER)
        assert ("每季度" in last["原文"], last["审定人"], last["认作"]) == (True, "王某某", "不适用")
    catalogue(inputs / "目录.xlsx", 2022, {1: "盐都“紫薇伙伴”项目"}, clauses=CLAUSES)
    read(inputs)
    [row] = [each for each in rows_of(path) if each["审定人"]]
    assert row["条款"] == "相关要求第2条" and not any(
        str(each["项目序号"]).startswith(decisions.LEFT_OVER) for each in rows_of(path)
    )


# ---- JSON


def test_json_gives_each_part_with_its_place_in_the_column(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    shutil.copy(make.CATALOGUE, inputs)
    for number in (1, 2, 3):
        project = clauses(inputs, number)
        for clause in project["clauses"]:
            for part in clause["parts"]:
                assert project["texts"][clause["source"]][part["start"] : part["end"]] == part["text"]
                assert bool(part["readings"]) != bool(part["reason"])
    assert clauses(inputs)["period"] == {"text": "2022年4月-12月", "start": "2022-04-01", "end": "2022-12-31"}
