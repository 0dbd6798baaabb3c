"""A column that no form prints is told, also if its name is that of a printed column of another sheet."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from paperwork.checks import check
from tests import make


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        ({"T1": "天气", "T2": "晴", "T3": "雨"}, ["T2"]),
        ({"T1": "备注", "T3": "下雨改期"}, ["T3"]),
        ({"T1": "备注"}, []),
    ],
)
def test_column_of_an_activity_that_no_form_prints_is_told_once(
    tmp_path: Path, cells: dict[str, Any], places: list[str]
) -> None:
    assert told(tmp_path, "活动", cells) == places


def test_remarks_that_a_form_prints_are_not_told(tmp_path: Path) -> None:
    assert told(tmp_path, "名册", {"G2": "队长"}) == []


def test_key_that_no_form_prints_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, "基本信息", {"A30": "备注", "B30": "重要"}) == ["B30"]


def told(folder: Path, sheet: str, cells: dict[str, Any]) -> list[str]:
    """Return the cells of which a check says that no form prints them."""
    inputs = make.write_only(folder)
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    for place, value in cells.items():
        book[sheet][place] = value
    book.save(path)
    faults = check.examine(1, inputs, make.LATER, make.TEMPLATES).faults
    return [fault.where.cell for fault in faults if "没有一张表单印它" in fault.wrong]
