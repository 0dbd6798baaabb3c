"""Dates as staff write them: with the weekday, the part of the day and hours, and what is not one day."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import dates
from paperwork.core.faults import Unreadable

FRIDAY = dt.date(2022, 5, 6)
DAYS = (
    "2022年5月6日",
    "2022-05-06",
    "2022.5.6",
    "2022/5/6",
    "20220506",
    "2022年05月06日",
    "２０２２年５月６日",
    "2022 年 5 月 6 日",
)
WEEKDAYS = (
    "",
    "（星期五）",
    "(周五)",
    " 星期五",
    "周五",
    "（五）",
    " 礼拜五",
    "星期5",
    " Fri",
    " Friday",
    "【星期五】",
)
HOURS = (
    "",
    "上午",
    " 下午",
    "下午3时",
    " 14:30",
    "上午9:00-11:00",
    " 9：00—11：30",
    "晚上7点半",
    "9时30分",
    "上午九点",
    "全天",
    " 9:30:00",
    "T09:30:00",
    " 2:30 PM",
    "上午9时至11时",
    "，上午",
    "（下午）",
    " 08:00~17:30",
)


@pytest.mark.parametrize("weekday", WEEKDAYS[:-1])
@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("day", DAYS)
def test_date_with_weekday_and_hours_is_the_date(day: str, weekday: str, hours: str) -> None:
    if hours.startswith("T") and weekday:
        return
    glue = " " if hours[:1].isdigit() or hours[:1] == "九" else ""
    assert dates.as_date(f"{day}{weekday}{glue}{hours}") == FRIDAY


@pytest.mark.parametrize("weekday", ["（星期四）", " 周一", "(周日)", "星期天", "（六）", " Mon"])
@pytest.mark.parametrize("day", DAYS)
def test_weekday_of_another_day_is_a_fault(day: str, weekday: str) -> None:
    with pytest.raises(Unreadable) as fault:
        dates.as_date(f"{day}{weekday}上午")
    assert "2022年5月6日是星期五" in fault.value.wrong


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
def test_own_weekday_of_any_day_is_right(day: dt.date) -> None:
    names = "一二三四五六日"
    words = f"{day.year}年{day.month}月{day.day}日（星期{names[day.weekday()]}）下午"
    assert dates.as_date(words) == day
    with pytest.raises(Unreadable):
        dates.as_date(words.replace("星期" + names[day.weekday()], "星期" + names[day.weekday() - 1]))


@pytest.mark.parametrize("words", ["2022年5月6日-8日", "2022.5.6-5.8", "2022年5月6日至6月8日", "2022-05-06~2022-05-08"])
def test_range_of_days_is_not_one_day(words: str) -> None:
    with pytest.raises(Unreadable) as fault:
        dates.as_date(words)
    assert "不是一天" in fault.value.wrong
    assert dates.as_period(words).start == FRIDAY


@pytest.mark.parametrize(
    "words",
    [
        "5月6日",
        "2022年5月",
        "2022年5月6日前",
        "2022年5月6日约9时",
        "2022-5-129:30",
        "2022年5月6日（农历四月初六）",
        "五一节",
        "2022年5月6日和8日",
    ],
)
def test_what_is_not_understood_is_not_guessed(words: str) -> None:
    with pytest.raises(Unreadable):
        dates.as_date(words)


@pytest.mark.parametrize("words", ["2022年13月6日（星期五）", "2022-02-30 周三", "2022年4月31日上午"])
def test_day_that_does_not_exist_is_named(words: str) -> None:
    with pytest.raises(Unreadable) as fault:
        dates.as_date(words)
    assert "没有" in fault.value.wrong
