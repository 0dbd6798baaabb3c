"""Tests of project numbers: plain ones, codes of other funders, and those of older years."""

import datetime as dt
import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import filenames, values
from paperwork.core.faults import Unreadable
from paperwork.core.values import CODE_MARKS, MAX_CODE, MAX_PLAIN, ProjectNumber

CODES = [
    "FL2024-01", "XM-003", "A01", "2024FL03", "ZG〔2024〕5号", "SC（2024）001", "JX／2024／03", "1.1", "A", "22-1",
    "川妇〔2024〕5号", "123456789012345", "第3包",
]  # fmt: skip

letters = st.text("0123456789ABCXYZ甲号县〇" + CODE_MARKS, min_size=1, max_size=MAX_CODE)


def is_number(words: str) -> bool:
    """Return True if words are a project number."""
    try:
        ProjectNumber.parse(words)
    except Unreadable:
        return False
    return True


codes = letters.filter(is_number)
numbers = codes.map(ProjectNumber.parse) | st.integers(1, MAX_PLAIN - 1).map(ProjectNumber)
years = st.just(0) | st.integers(1900, 2099)


@pytest.mark.parametrize("code", CODES)
def test_codes_of_other_funders_are_kept_as_they_are_written(code: str) -> None:
    assert (str(ProjectNumber.parse(code)), ProjectNumber.parse(code).is_code) == (code, True)


@pytest.mark.parametrize(
    ("written", "code"),
    [("fl2024-01", "FL2024-01"), ("ＦＬ２０２４－０１", "FL2024-01"), ("FL2024—01", "FL2024-01"),
     (" FL 2024-01 ", "FL2024-01"), ("ZG[2024]5号", "ZG［2024］5号"), ("JX/2024/03", "JX／2024／03"), ("№ A3", "NOA3")],
)  # fmt: skip
def test_case_width_and_blanks_of_a_code_do_not_count(written: str, code: str) -> None:
    assert str(ProjectNumber.parse(written)) == code


@given(numbers, years)
def test_number_survives_text_json_and_pickle(plain: ProjectNumber, year: int) -> None:
    number = ProjectNumber(plain.plain, year or plain.year)
    again = [
        ProjectNumber.parse(str(number)),
        ProjectNumber(json.loads(json.dumps(number))),
        pickle.loads(pickle.dumps(number)),
        ProjectNumber(int(number)),
    ]
    assert {(str(each), each, hash(each)) for each in again} == {(str(number), number, hash(number))}


@given(codes, st.integers(0, 2**1200))
def test_no_integer_but_its_own_is_that_of_a_code(code: str, other: int) -> None:
    # Progress is read without a lock: the integer of a half-written number must not raise.
    assert str(ProjectNumber(other % values.YEAR_STEP)) != code or other % values.YEAR_STEP == ProjectNumber.parse(code)


@given(letters)
def test_code_is_safe_as_the_name_of_a_file_and_in_an_address(words: str) -> None:
    if is_number(words):
        code = str(ProjectNumber.parse(words))
        assert filenames.is_safe(code) and filenames.portable(code) == code
        assert Path(code).name == code and not code.startswith("-")


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_is_refused(words: str) -> None:
    assert not is_number(words) or filenames.is_safe(str(ProjectNumber.parse(words)))


def test_numbers_of_a_catalogue_sort_as_people_sort_them() -> None:
    wanted = ["3", "A2", "A02", "A10", "B1", "FL2024-9", "FL2024-10", "XM-003", "XM-004", "2022-1", "2023-A1"]
    assert [str(each) for each in sorted(map(ProjectNumber.parse, reversed(wanted)))] == wanted


@pytest.mark.parametrize(
    ("words", "reason"),
    [("..", "不是项目序号"), ("A/../1", "不能有“..”"), ("COM1", "Windows"), ("lpt3", "Windows"), ("A%2F1", "不能有“%”"),
     ("1,2", "不能有“,”"), ("权益部", "没有数字"), ("2024-0", "不是项目序号"), ("A1" * 21, "超过 40 个字"),
     ("-A1", "不是项目序号"), ("2024-2023-1", "不是项目序号")],
)  # fmt: skip
def test_what_is_no_safe_code_is_refused_with_the_reason(words: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        ProjectNumber.parse(words)
    assert reason in refused.value.wrong and "请" in refused.value.mend


@pytest.mark.parametrize(
    ("cell", "number"),
    [(1, "1"), (1.0, "1"), ("一", "1"), ("十二", "12"), ("（三）", "3"), ("1.", "1"), ("项目1", "1"), ("第二项", "2"),
     ("No.3", "3"), ("2024-01", "2024-1"), ("2024-FL-03", "2024-FL-03"), ("FL2024-01", "FL2024-01"), (" 02 ", "2")],
)  # fmt: skip
def test_cell_holds_a_number_an_ordinal_or_a_code(cell: object, number: str) -> None:
    assert str(values.as_project_number(cell)) == number


@pytest.mark.parametrize(
    ("cell", "reason"),
    [(dt.datetime(2024, 1, 1), "改成日期"), (1.5, "整数"), (-1, "不是项目序号"), (0, "不是项目序号"),
     (5.1e17, "科学计数法"), ("六人", "不是项目序号"), ("权益部", "没有数字")],
)  # fmt: skip
def test_cell_that_is_no_number_is_refused(cell: object, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        values.as_project_number(cell)


@pytest.mark.parametrize(
    ("cell", "is_one"),
    [(1, True), ("FL2024-01", True), ("一", True), ("川妇〔2024〕5号", True), ("2024年项目", False), ("共2项", False),
     ("一、权益类项目", False), ("权益部", False)],
)  # fmt: skip
def test_number_is_told_from_a_title(cell: object, is_one: bool) -> None:
    assert values.looks_like_project_number(cell) == is_one
