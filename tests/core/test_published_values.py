"""Tests of periods and amounts as other funders publish them; the tables hold the cells of tests/data/catalogues."""

import copy
import datetime as dt
import json
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import dates, values
from paperwork.core.dates import Period, Term
from paperwork.core.faults import Unreadable
from paperwork.core.values import PublishedMoney
from tests import make

GOLD = json.loads((make.ROOT / "tests" / "data" / "catalogues" / "gold.json").read_text("utf-8"))
# Catalogue, then period and amount of each project as its cells have them (amounts with the unit of the column).
CELLS: dict[str, list[tuple[str, object]]] = {
    "c01": [("2023年3月—11月", 8), ("2023年6月-9月", "5.6")],
    "c02": [("2024年4月-2024年10月", "150000元"), ("2024年3月1日至2024年12月31日", "88,000元"),
     ("2024年9月-11月", "60000元")],
    "c04": [("2023年4月-2024年3月", "5"), ("2023年4月-2024年3月", "3"), ("2023年4月-2024年3月", "6")],
    "c05": [("2023年7月至2024年6月", "18"), ("2023年7月至2023年12月", "7.5")],
    "c07": [("2024年1月-12月", "20"), ("2024年1月-12月", "24")],
    "c08": [("2023年3月-12月", "6"), ("2023年3月-12月", "7"), ("2023年3月-12月", "5")],
    "c10": [("2023年8月-2024年7月", "30"), ("2023年9月-12月", "4.3")],
    "c11": [("自签订协议之日起12个月", "12"), ("2023年1月1日-2023年12月31日", "6")],
    "c13": [("2024年1月1日-2024年12月31日", 58)],
    "c14": [("2024年3月-11月", "15"), ("2024年4月-12月", "12")],
    "c15": [("2023年9月-2024年8月", "40")],
    "c17": [("2022年4月-2022年12月", "8"), ("2022年6月-10月", "5")],
    "c19": [("2023年9月-2024年6月", 27)],
    "c21": [("2022年3月-12月", "2"), ("2022年1月-8月", "1.5")],
    "c23": [("2023年5月-10月", "4"), ("2023年6月-9月", "6")],
    "c25": [("2022年4月-12月", "1")],
    "c26": [("2023年4月-10月", "7"), ("2023年5月-9月", "9")],
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_periods_and_amounts_of_the_catalogues_are_those_that_a_careful_reader_finds(name: str) -> None:
    for (period, amount), wanted in zip(CELLS[name], GOLD[name]["projects"], strict=True):
        found = dates.as_term(period)
        days = (found.start.isoformat(), found.end.isoformat()) if isinstance(found, Period) else (None, None)
        assert (*days, values.as_ten_thousands(amount)) == (wanted["start"], wanted["end"], wanted["yuan"])


# ---- periods


def period(words: str) -> Period:
    """Return the period written as 2023-03-01/2023-11-30."""
    start, end = map(dt.date.fromisoformat, words.split("/"))
    return Period(start, end)


@pytest.mark.parametrize(
    ("written", "days"),
    [("自2023年3月1日起至2023年11月30日止", "2023-03-01/2023-11-30"), ("2023年4月至次年2月", "2023-04-01/2024-02-29"),
     ("2023年度", "2023-01-01/2023-12-31"), ("2023年全年", "2023-01-01/2023-12-31"),
     ("2023年上半年", "2023-01-01/2023-06-30"),
     ("2023年下半年", "2023-07-01/2023-12-31"), ("2023年第二季度", "2023-04-01/2023-06-30"),
     ("2023年二季度至四季度", "2023-04-01/2023-12-31"), ("2023.3-2023.11", "2023-03-01/2023-11-30"),
     ("2023年3月起，为期8个月", "2023-03-01/2023-10-31"), ("8个月（2023年3月开始）", "2023-03-01/2023-10-31"),
     ("2023年3月15日起一年", "2023-03-15/2024-03-14"), ("2023年1月31日起1个月", "2023-01-31/2023-02-28"),
     ("2023-2024学年", "2023-09-01/2024-08-31"), ("一年（2023年4月—2024年3月）", "2023-04-01/2024-03-31"),
     ("二〇二三年三月至十一月", "2023-03-01/2023-11-30"), ("2023年3月至2023年11月15日", "2023-03-01/2023-11-15"),
     ("2023年3月1日至11月", "2023-03-01/2023-11-30"), ("2023.3.1-11.30", "2023-03-01/2023-11-30"),
     ("20230301-20231130", "2023-03-01/2023-11-30"), ("2023年下半年至2024年上半年", "2023-07-01/2024-06-30"),
     ("2023-2024年", "2023-01-01/2024-12-31"), ("2023年4月（签订协议）至2024年3月", "2023-04-01/2024-03-31"),
     ("2023年3月—11月，其中2023年9月中期评估", "2023-03-01/2023-11-30")],
)  # fmt: skip
def test_period_of_any_wording(written: str, days: str) -> None:
    assert dates.as_period(written) == period(days)


@pytest.mark.parametrize(
    ("written", "term", "signed", "days"),
    [("自签订协议之日起12个月", Term(12), "2023-05-08", "2023-05-08/2024-05-07"),
     ("签约之日起一年", Term(12), "2024-02-29", "2024-02-29/2025-02-28"),
     ("合同签订后6个月内", Term(6), "2023-08-31", "2023-08-31/2024-02-28"),
     ("自协议签订之日起180天", Term(0, 180), "2023-01-01", "2023-01-01/2023-06-29"),
     ("项目周期一年半", Term(18), "2023-01-01", "2023-01-01/2024-06-30"),
     ("即日起至2023年12月", Term(end=dt.date(2023, 12, 31)), "2023-05-08", "2023-05-08/2023-12-31"),
     ("2022年3月底前完成", Term(end=dt.date(2022, 3, 31)), "2022-01-05", "2022-01-05/2022-03-31")],
)  # fmt: skip
def test_term_counts_from_the_day_of_signing(written: str, term: Term, signed: str, days: str) -> None:
    assert dates.as_term(written) == term
    found = term.beginning(dt.date.fromisoformat(signed))
    # 31 August plus six months: 29 February 2024 has no day 30.
    assert abs((found.end - period(days).end).days) <= 1 and found.start == period(days).start


@pytest.mark.parametrize(
    ("written", "reason"),
    [("待定", "看不懂"), ("2023年3月起", "什么时候为止"), ("3月-11月", "没有写年份"), ("2022年4月-13月", "没有13月"),
     ("2023年9月-3月", "早于开始"), ("2022-4-12", "看不懂"), ("2023年3月启动，2023年11月结束", "从哪天到哪天")],
)  # fmt: skip
def test_unclear_period_is_refused_in_plain_words(written: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        dates.as_term(written)
    assert reason in refused.value.wrong and "请" in refused.value.mend


MONTHS = st.tuples(st.integers(2000, 2098), st.integers(1, 12), st.integers(0, 23))
MONTH_FORMS = ("{0}年{1}月", "{0}.{1}", "{0}.{1:02}", "{0}/{1}", "{0}-{1:02}", "{0}年{1}月份", "{0} 年 {1} 月")
JOINTS = ("-", "—", "–", "～", "~", "至", "到", "——", " - ", "起至", "－")


@given(
    MONTHS,
    st.sampled_from(MONTH_FORMS),
    st.sampled_from(JOINTS),
    st.sampled_from(("{}", "自{}止", "共若干月（{}）", "{}，按合同")),
)
def test_any_written_form_of_two_months_reads_as_these_two_months(
    months: tuple[int, int, int], form: str, joint: str, around: str
) -> None:
    year, month, length = months
    last_year, last = divmod(year * 12 + month - 1 + length, 12)
    following = dt.date(last_year + (last == 11), (last + 1) % 12 + 1, 1)
    written = around.format(form.format(year, month) + joint + form.format(last_year, last + 1))
    assert dates.as_period(written) == Period(dt.date(year, month, 1), following - dt.timedelta(1))


@given(st.text("0123456789年月日至到-—.季度上下半次起止前后一二三十个", max_size=20))
def test_any_text_is_a_period_or_is_refused(words: str) -> None:
    try:
        found = dates.as_term(words)
    except Unreadable:
        return
    assert isinstance(found, Term) or found.start <= found.end


# ---- amounts


@pytest.mark.parametrize(
    ("written", "yuan", "flags"),
    [("十万元", 100_000, ""), ("拾万元整", 100_000, ""), ("陆万伍仟元整", 65_000, ""), ("8.5万", 85_000, ""),
     ("人民币8万元整", 80_000, ""), ("8万元（含税）", 80_000, ""), ("总额15万元（其中市级5万元）", 150_000, ""),
     ("总额15万元，其中自筹5万元", 150_000, ""), ("3万元×2=6万元", 60_000, ""), ("3万元/个×2个=6万元", 60_000, ""),
     ("每站2万元，共10站，总计20万元", 200_000, ""), ("每年10万元，两年共20万元", 200_000, ""),
     ("6万5千元", 65_000, ""),
     ("6万5000元", 65_000, ""), ("88,000（含税）元", 88_000, ""), ("20万元/年", 200_000, "年"),
     ("每年20万元", 200_000, "年"),
     ("不超过10万元", 100_000, "上"), ("10万元以内", 100_000, "上"), ("最高不超过5万元", 50_000, "上"),
     ("约8万元", 80_000, "约"),
     ("约8", 80_000, "约"), ("8万元左右", 80_000, "约")],
)  # fmt: skip
def test_amount_of_any_wording(written: str, yuan: int, flags: str) -> None:
    found = values.as_ten_thousands(written)
    marks = dict(zip("年上约", ("is_yearly", "is_ceiling", "is_rough"), strict=True))
    assert (found, "".join(mark for mark, name in marks.items() if getattr(found, name, False))) == (yuan, flags)


@pytest.mark.parametrize(
    ("written", "reason"),
    [("5-8万元", "范围"), ("5万元至8万元", "范围"), ("5~8", "范围"), ("8万余元", "没有写定"),
     ("8万元以上", "没有写定"),
     ("不足10万元", "没有写定"), ("625元/人", "单价"), ("3万元×2=7万元", "两边不相等"),
     ("财政资金27万元，自筹3万元", "看不懂"),
     ("1万2", "几个金额"), ("待定", "看不懂"), ("1,50", "看不懂")],
)  # fmt: skip
def test_unclear_amount_is_refused_in_plain_words(written: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        values.as_ten_thousands(written)
    assert reason in refused.value.wrong and "请" in refused.value.mend


@pytest.mark.parametrize("written", ["约8万元", "不超过10万元", "5-8", "20万元/年", "十万", "8万元（其中2万元）"])
def test_amount_in_a_workbook_stays_exact(written: str) -> None:
    with pytest.raises(Unreadable):
        values.as_money(written)


def test_chinese_numerals_are_an_amount_in_a_workbook_too() -> None:
    assert (values.as_money("十万元"), values.as_money("人民币陆万伍仟元整")) == (Decimal(100_000), Decimal(65_000))


def test_flags_of_an_amount_pass_between_processes() -> None:
    amount = values.as_ten_thousands("不超过10万元")
    for again in (pickle.loads(pickle.dumps(amount)), copy.deepcopy(amount), copy.copy(amount)):
        assert isinstance(again, PublishedMoney) and (again, again.is_ceiling) == (amount, True)


@given(st.text("0123456789.,万元亿百千十壹不超过约以内/年×=()共总额其中-至", max_size=16))
def test_any_text_is_an_amount_or_is_refused(words: str) -> None:
    try:
        values.as_ten_thousands(words)
    except Unreadable:
        return
