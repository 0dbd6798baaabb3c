"""确认: a row that names an obligation decides its verdict, whatever the judge found; one that fits nothing is told."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from paperwork.checks import check
from paperwork.checks.requirements.verdicts import JudgedObligation, Verdict
from tests import make

DAY = dt.date(2022, 12, 21)


def row(clause: int, matter: str, verdict: str = "满足") -> dict[str, Any]:
    return {"条款": clause, "事项": matter, "结论": verdict, "确认人": "丁试验", "日期": DAY}


def examined(folder: Path, *rows: dict[str, Any], **changes: Any) -> check.Checked:
    """Check the good project with further rows of 确认."""
    inputs = make.make(folder, 确认=[{}, {}, *rows], **changes)
    return check.examine(1, inputs, make.LATER, make.TEMPLATES)


def judged(checked: check.Checked) -> dict[str, JudgedObligation]:
    return {each.obligation.matter: each for answer in checked.answers for each in answer.judged}


def unused(checked: check.Checked) -> list[str]:
    return [str(fault) for fault in checked.faults if "对不上，没有用上" in fault.wrong]


NAMING = ["督导", "督导记录已另存", "市妇联组联部每季度对项目进行督导", "组联部每季度对项目进行督导"]


@pytest.mark.parametrize("matter", NAMING)
def test_a_row_that_names_a_matter_satisfies_it_over_what_is_missing(tmp_path: Path, matter: str) -> None:
    checked = examined(tmp_path, row(2, matter), 督导=None)
    supervision = judged(checked)["督导"]
    assert (supervision.verdict, supervision.lacks) == (Verdict.CONFIRMED, ())
    assert [each.words for each in supervision.evidence] == ["丁试验于2022年12月21日确认满足"]
    assert not unused(checked) and not any("督导" in each.wrong for each in checked.missing)


def test_a_row_that_finds_a_proven_matter_lacking_makes_it_unmet(tmp_path: Path) -> None:
    found = judged(examined(tmp_path, row(4, "第三方绩效评估报告", "不满足")))
    assert found["第三方绩效评估报告"].verdict == Verdict.UNMET
    assert [lack.where.cell for lack in found["第三方绩效评估报告"].lacks] == ["C4"]
    assert found["专项资金审计报告"].verdict == Verdict.MET


def test_the_last_row_on_a_matter_counts(tmp_path: Path) -> None:
    rows = row(2, "督导", "不满足"), row(2, "督导")
    assert judged(examined(tmp_path, *rows, 督导=None))["督导"].verdict == Verdict.CONFIRMED


@pytest.mark.parametrize("matter", ["已核实", "小视频和照片", "每次活动", "报告"])
def test_a_row_that_names_nothing_overrules_nothing_and_is_told(tmp_path: Path, matter: str) -> None:
    plain, with_row = examined(tmp_path / "a"), examined(tmp_path / "b", row(4, matter, "不满足"))
    assert {name: each.verdict for name, each in judged(with_row).items()} == {
        name: each.verdict for name, each in judged(plain).items()
    }
    [told] = unused(with_row)
    assert "确认!B4" in told and "“第三方绩效评估报告”" in told


def test_the_number_of_a_clause_is_enough_for_its_only_question(tmp_path: Path) -> None:
    checked = examined(tmp_path, row(3, "开过会了", "不满足"))
    assert judged(checked)["活动创新、主题突出"].verdict == Verdict.UNMET
    assert not unused(checked)
