"""Parsing and formatting of dates, amounts, periods and numbers as people write them."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import dates, values
from paperwork.core.dates import Period, Quarter
from paperwork.core.values import Money, PersonalIdentifier

DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31))


@given(DAYS)
def test_every_spelling_of_a_date_is_the_same_day(day: dt.date) -> None:
    spellings = [
        day,
        dt.datetime.combine(day, dt.time(8)),
        day.isoformat(),
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f" {day.year} 年 {day.month} 月 {day.day} 日 ",
    ]
    assert {dates.as_date(spelling) for spelling in spellings} == {day}


@pytest.mark.parametrize(
    ("written", "reason"),
    [("2022-13-01", "没有13月"), ("2022-02-30", "没有30日"), ("昨天", "看不懂"), ("02/03/22", "看不懂")],
)
def test_invalid_date_is_rejected_with_a_reason(written: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dates.as_date(written)


@given(st.decimals(Decimal("0"), Decimal("99999999"), places=2))
def test_every_spelling_of_an_amount_is_the_same_amount(amount: Decimal) -> None:
    plain = f"{amount:.2f}"
    wide = plain.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    spellings = [plain, f"{amount:,.2f}", f"￥{plain}", f"¥{plain}", f"{plain}元", wide, float(amount)]
    assert {values.as_money(spelling) for spelling in spellings} == {amount}


def test_amounts_in_ten_thousand_yuan() -> None:
    assert values.as_money("1万元") == Money(10_000)
    assert values.as_ten_thousands("10") == Money(100_000)


@pytest.mark.parametrize("written", ["五千", "1,23", "12.345", "1e5", "nan", "9" * 20, ""])
def test_invalid_amount_is_rejected(written: str) -> None:
    with pytest.raises(ValueError, match="金额"):
        values.as_money(written)


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2022年4月-12月", Period(dt.date(2022, 4, 1), dt.date(2022, 12, 31))),
        ("2022年4月—11月", Period(dt.date(2022, 4, 1), dt.date(2022, 11, 30))),
        ("9个月（2022年5月-2022年12月）", Period(dt.date(2022, 5, 1), dt.date(2022, 12, 31))),
        ("2022年11月至2023年2月", Period(dt.date(2022, 11, 1), dt.date(2023, 2, 28))),
    ],
)
def test_period_formats_of_the_published_catalogue(written: str, period: Period) -> None:
    assert dates.as_period(written) == period


def test_quarters_of_a_period() -> None:
    quarters = dates.as_period("2022年4月-2023年1月").quarters()
    assert [str(quarter) for quarter in quarters] == [
        "2022年第二季度",
        "2022年第三季度",
        "2022年第四季度",
        "2023年第一季度",
    ]


@pytest.mark.parametrize("written", ["2022年第二季度", "2022年2季度", "2022Q2", "2022年第２季度"])
def test_spellings_of_a_quarter(written: str) -> None:
    assert dates.as_quarter(written) == Quarter(2022, 2)


@given(st.text("0123456789", min_size=6, max_size=6), DAYS, st.integers(0, 999))
def test_citizen_id_has_exactly_one_valid_check_character(area: str, born: dt.date, order: int) -> None:
    valid = []
    for last in "0123456789X":
        try:
            valid.append(values.as_citizen_id(f"{area}{born:%Y%m%d}{order:03}{last}"))
        except ValueError:
            continue
    assert len(valid) == 1


def test_example_numbers_of_the_standards_are_valid() -> None:
    assert values.as_citizen_id("11010519491231002x") == "11010519491231002X"  # the example of GB 11643-1999
    assert values.as_credit_code("91350100M000100Y43") == "91350100M000100Y43"  # the example of GB 32100-2015


def test_citizen_id_in_scientific_notation_is_rejected_with_a_remedy() -> None:
    for written in ("5.10E+17", 5.10399199001e17):
        with pytest.raises(ValueError, match=r"科学计数法.*文本"):
            values.as_citizen_id(written)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("100000", "人民币壹拾万元整"),
        ("1409.50", "人民币壹仟肆佰零玖元伍角"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("10", "人民币壹拾元整"),
    ],
)
def test_capital_amounts_follow_the_rules_of_the_central_bank(amount: str, words: str) -> None:
    assert values.amount_in_words(Decimal(amount)) == words


def test_printed_form_of_each_type() -> None:
    assert values.format_value(None) == ""
    assert values.format_value(True) == "是"
    assert values.format_value(dt.date(2022, 5, 1)) == "2022年5月1日"
    assert values.format_value(Money("1234")) == "1,234.00"
    assert values.format_value(Decimal("6.0")) == "6"
    assert values.format_value(PersonalIdentifier("13800000001")) == "138******01"
    assert values.format_value(PersonalIdentifier("510399199001010016")) == "510*************16"


def test_percentage_below_100_is_not_rounded_up_to_100() -> None:
    assert values.format_percent(Decimal("99986.5"), Decimal(100000)) == "99.9%"
    assert values.format_percent(100, 100) == "100%"
    assert values.format_percent(1, 0) == "—"


def test_tag_name_of_a_header_with_brackets() -> None:
    assert values.template_name("项目金额（万元）") == "项目金额"
    assert values.template_name("机构（问题）") == "机构问题"


@pytest.mark.parametrize(
    "written", ["2022-5-12 9:30", "2022年5月12日9:30", "2022/5/12 上午 9:30:00", "2022-05-12T09:30:00"]
)
def test_time_of_day_does_not_change_the_date(written: str) -> None:
    assert dates.as_date(written) == dt.date(2022, 5, 12)


def test_period_with_exact_days() -> None:
    for written in ("2022年4月1日至2022年12月31日", "2022.4.1-12.31", "自2022-04-01至2022-12-31止"):
        assert dates.as_period(written) == Period(dt.date(2022, 4, 1), dt.date(2022, 12, 31))


def test_common_spellings_of_numbers_and_choices() -> None:
    assert values.as_number("95%") == 95
    assert values.as_count("第1号") == values.as_count("'1") == 1
    assert values.as_phone("（0813）8123456") == "0813-8123456"
    assert values.as_choice("社会组织（民办非企业）") == "社会组织"
    assert values.as_id_number("52510300MJY000001A") == "52510300MJY000001A"
    with pytest.raises(ValueError, match="请写阿拉伯数字，如 20"):
        values.as_count("二十人")
    with pytest.raises(ValueError, match="身份证号的校验位"):
        values.as_id_number("510399199001010010")
