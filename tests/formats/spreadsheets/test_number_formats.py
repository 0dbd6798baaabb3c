"""What Excel shows for a stored number. LibreOffice gives a second opinion on each format that both know."""

import csv
import datetime as dt
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from paperwork.formats.office import installation
from paperwork.formats.spreadsheets import number_formats, reader

CSV_AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
DAY = dt.datetime(2022, 5, 6, 14, 30, 5)
NUMBERS: tuple[tuple[float | int, str, str], ...] = (
    (1, '"HD-"00', "HD-01"),
    (112, '"HD-"00', "HD-112"),
    (7, "000", "007"),
    (12, '0"人"', "12人"),
    (5, "第0期", "第5期"),
    (2, '"记-"000"号"', "记-002号"),
    (2022003, '0000"-"000', "2022-003"),
    (8131234567, "0000-0000000", "0813-1234567"),
    (13800000001, "000 0000 0000", "138 0000 0001"),
    (13800000001, "000-0000-0000", "138-0000-0001"),
    (0.95, "0.0%", "95.0%"),
    (0.955, "0%", "96%"),
    (95, '0"%"', "95%"),
    (1234.5, '#,##0.00"元"', "1,234.50元"),
    (1234567, "#,##0", "1,234,567"),
    (12, "#,##0", "12"),
    (0, "#,##0", "0"),
    (0, "#", ""),
    (0.5, "#.##", ".5"),
    (12.5, '0.00"万"', "12.50万"),
    (125000, r'0\.0,"万"', "12.5万"),
    (1500000, '0.0,,"百万"', "1.5百万"),
    (3, '[>=1]0"项";[<1]0.0"成"', "3项"),
    (0.5, '[>=1]0"项";[<1]0.0"成"', "0.5成"),
    (5, '[=1]"是";[=0]"否";"不详"', "不详"),
    (1, '[=1]"是";[=0]"否";"不详"', "是"),
    (0, '[=1]"是";[=0]"否";"不详"', "否"),
    (1, '"是";;"否"', "是"),
    (0, '"是";;"否"', "否"),
    (-5, "#,##0.00_);(#,##0.00)", "(5.00)"),
    (5, "#,##0.00_);(#,##0.00)", "5.00"),
    (-3, "0;[Red]-0", "-3"),
    (-3, "0.0", "-3.0"),
    (0, "0;-0;;@", ""),
    (5, ";;;", ""),
    (0, '0;-0;"无"', "无"),
    (-0.001, "0.00", "0.00"),
    (2, "[Red]0", "2"),
    (1.5, "# ?/?", "1 1/2"),
    (0.25, "?/?", "1/4"),
    (2, "# ?/?", "2"),
    (0.333, "# ??/??", "1/3"),
    (0.75, "?/8", "6/8"),
    (12345, "0.00E+00", "1.23E+04"),
    (0.00012, "0.0E+00", "1.2E-04"),
    (12345, "##0.0E+0", "12.3E+3"),
    (123, "[DBNum1][$-804]General", "一百二十三"),
    (123, "[DBNum2][$-804]General", "壹佰贰拾叁"),
    (12, '"第"[DBNum1]0"期"', "第十二期"),
    (45.5, "[$¥-804]#,##0.00", "¥45.50"),
    (45.5, '"¥"#,##0.00', "¥45.50"),
    (5, 'General"场"', "5场"),
    (5, 'G/通用格式"场"', "5场"),
    (1234.5, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', "¥1,234.50"),
    (7, "@", "7"),
    (3.14159, "0.00##", "3.1416"),
    (1.005, "0.00", "1.01"),
    (2.5, "0", "3"),
    (1e10, "0", "10000000000"),
    (5, '"共"0"场（次）"', "共5场（次）"),
    (510300, "0", "510300"),
)
DATES: tuple[tuple[str, str], ...] = (
    ("yyyy-mm-dd", "2022-05-06"),
    ("yyyy/m/d", "2022/5/6"),
    ('yyyy"年"m"月"d"日"', "2022年5月6日"),
    ('yyyy"年"m"月"', "2022年5月"),
    ('m"月"d"日"', "5月6日"),
    ("[$-804]aaaa", "星期五"),
    ("yyyy-mm-dd aaaa", "2022-05-06 星期五"),
    ("aaa", "五"),
    ("yy.m.d", "22.5.6"),
    ("yyyy.mm.dd", "2022.05.06"),
    ("yyyy-mm-dd hh:mm", "2022-05-06 14:30"),
    ("h:mm:ss", "14:30:05"),
    ("mm:ss", "30:05"),
    ("h:mm AM/PM", "2:30 PM"),
    ('上午/下午h"时"mm"分"', "下午2时30分"),
    ("[$-409]mmmm d, yyyy", "May 6, 2022"),
    ("[$-409]d-mmm-yy", "6-May-22"),
    ('[DBNum1][$-804]yyyy"年"m"月"d"日"', "二〇二二年五月六日"),
    ("yyyy/m/d;@", "2022/5/6"),
    ('"第"q"季度"', ""),
    ("[$-F800]dddd, mmmm dd, yyyy", "2022年5月6日"),
    ("dddd", "星期五"),
    ('e"年"', "2022年"),
    ('yyyy"年第"mm"期"', "2022年第05期"),
    ("d", "6"),
    ("[hh]:mm", "14:30"),
)
UNLIKE_LIBREOFFICE = {
    "[DBNum1][$-804]General",
    "[DBNum2][$-804]General",
    '"第"[DBNum1]0"期"',
    'G/通用格式"场"',
    "[$-F800]dddd, mmmm dd, yyyy",
    "dddd",
    '上午/下午h"时"mm"分"',
    'e"年"',
    "aaa",
    '[DBNum1][$-804]yyyy"年"m"月"d"日"',
    "[hh]:mm",
    "yyyy-mm-dd aaaa",
    "[$-804]aaaa",
    '"第"q"季度"',
}
"""Formats of Chinese Excel, which LibreOffice shows by the language of the computer."""


@pytest.mark.parametrize(("number", "code", "shown"), NUMBERS)
def test_number_is_shown_as_in_excel(number: float, code: str, shown: str) -> None:
    assert number_formats.render(number, code) == shown


@pytest.mark.parametrize(("code", "shown"), DATES)
def test_date_is_shown_as_in_excel(code: str, shown: str) -> None:
    assert (number_formats.render(DAY, code) or "") == shown
    assert number_formats.is_date(code) == bool(shown)


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        ("甲", "@", "甲"),
        ("甲", '"编号："@', "编号：甲"),
        ("甲", "0", "甲"),
        ("甲", ";;;", ""),
        ("甲", '0;0;0;@"号"', "甲号"),
    ],
)
def test_text_is_shown_under_its_section(words: str, code: str, shown: str) -> None:
    assert number_formats.render(words, code) == shown


@pytest.mark.parametrize(
    "code", ["0;0;0;0;0", "x0", "[DBNum4]0", "[ENG][$-409]q", "yyyy0", '"第"q"季度"', "bbbb", "[>x]0"]
)
def test_format_that_is_not_understood_is_not_guessed(code: str) -> None:
    assert not number_formats.is_understood(code)
    assert number_formats.render(1, code) is None


@given(st.text("0#?.,%;@/\\\"'[]<>=ymdhsaeEGenral-+()_*!人元第 ", max_size=20), st.floats(-1e9, 1e9))
@settings(deadline=None)
def test_any_format_is_shown_or_not_understood(code: str, number: float) -> None:
    shown = number_formats.render(number, code)
    assert shown is None or isinstance(shown, str)
    number_formats.percent(number, code)
    number_formats.unit(number, code)
    number_formats.render(DAY, code)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_two_decimals_show_the_stored_amount(amount: Decimal) -> None:
    shown = number_formats.render(float(amount), "#,##0.00")
    assert shown is not None
    assert Decimal(shown.replace(",", "")) == amount


def test_libreoffice_shows_the_same(tmp_path: Path) -> None:
    if not (soffice := installation.find_program()):
        pytest.skip("LibreOffice is not installed")
    book: Any = Workbook()
    rows: list[tuple[Any, str]] = [(number, code) for number, code, _ in NUMBERS if code not in UNLIKE_LIBREOFFICE]
    rows += [(DAY, code) for code, _ in DATES if code not in UNLIKE_LIBREOFFICE]
    for line, (value, code) in enumerate(rows, 1):
        book.active.cell(line, 1, value).number_format = code
    book.save(tmp_path / "a.xlsx")
    subprocess.run(
        [str(soffice), f"-env:UserInstallation={(tmp_path / 'p').as_uri()}", "--headless", "--convert-to",
         CSV_AS_SHOWN, "--outdir", str(tmp_path), str(tmp_path / "a.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    theirs = [row[0].strip() if row else "" for row in csv.reader((tmp_path / "a.csv").read_text("utf-8").splitlines())]
    [sheet] = reader.read_tables(tmp_path / "a.xlsx", "a.xlsx")
    ours = [row[0].shown if row[0].shown is not None else str(row[0].value) for row in sheet.rows]
    different = [
        (code, mine, other) for (_, code), mine, other in zip(rows, ours, theirs, strict=True) if mine != other
    ]
    assert different == []
