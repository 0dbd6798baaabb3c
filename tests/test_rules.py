"""Each rule is broken by one project, and only that rule speaks."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperwork import read, rules, survey
from paperwork.faults import Level
from tests import make


def drop(*parts: str) -> Callable[[Path], None]:
    """Delete something beside the workbook."""
    return lambda inputs: shutil.rmtree(inputs.joinpath("项目1", *parts))


def nothing(_: Path) -> None:
    """Leave the files as they are."""


CASES: dict[str, tuple[dict[str, Any], Callable[[Path], None], str]] = {
    "names_agree": ({"基本信息": {"项目名称": "别的"}}, nothing, "名称与目录不一致"),
    "codes_are_unique": ({"督导": [{"督导编号": "DD-2"}]}, nothing, "督导编号重复"),
    "application_is_written": ({"申报内容": {"创新点": ""}}, nothing, "创新点"),
    "every_activity_has_photos": ({}, drop("照片", "HD-02"), "HD-02 有 0 张照片"),
    "every_activity_has_a_video": ({}, drop("视频", "HD-01"), "HD-01 没有小视频"),
    "supervision_in_every_quarter": ({"督导": [{"督导日期": dt.date(2022, 9, 1)}]}, nothing, "2022年第二季度"),
    "progress_in_every_quarter": ({"进展": [{}, {"期次": "2022年第二季度"}]}, nothing, "2022年第三季度"),
    "outside_reports_are_attached": ({"附件": [{"类型": "其他"}]}, nothing, "缺第三方绩效评估报告"),
    "closing_report_is_written": ({"结项": {"主要成效": ""}}, nothing, "主要成效"),
    "goals_are_met": ({"绩效目标": [{"目标值": 15}]}, nothing, "完成 2课时，目标是 15课时"),
    "there_are_activities": ({"活动": None}, nothing, "还没有活动记录"),
    "news_is_reported": ({"信息报送": None}, nothing, "没有信息报送记录"),
    "there_is_a_ledger": ({"支出": None}, nothing, "没有项目专账"),
}


@pytest.mark.parametrize("name", [rule.__name__ for rule in rules.RULES])
def test_a_rule_speaks_when_it_is_broken_and_only_then(name: str, tmp_path: Path) -> None:
    changes, spoil, words = CASES[name]
    rule = next(rule for rule in rules.RULES if rule.__name__ == name)
    inputs = make.make(tmp_path, **changes)
    spoil(inputs)
    project, _ = read.read_project(survey.inputs(inputs), 1)
    assert project is not None
    said = list(rule(project))
    assert any(words in fault.wrong for fault in said)
    assert all(fault.mend and fault.where.file for fault in said)


def test_the_good_project_breaks_no_rule(tmp_path: Path) -> None:
    project, faults = read.read_project(survey.inputs(make.make(tmp_path)), 1)
    assert project is not None
    assert faults + rules.check(project) == []


def test_every_rule_has_a_chinese_sentence() -> None:
    for rule in rules.RULES:
        assert (rule.__doc__ or "").strip().endswith("。")


def test_errors_come_first_then_the_sheets_in_order(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 结项={"主要成效": ""}, 督导=[{"督导编号": "DD-2"}], 申报内容={"创新点": ""})
    project, _ = read.read_project(survey.inputs(inputs), 1)
    assert project is not None
    found = sorted(rules.check(project), key=rules.order)
    assert [fault.level for fault in found] == [Level.ERROR, Level.GAP, Level.GAP]
    assert [fault.where.sheet for fault in found] == ["督导", "申报内容", "结项"]
