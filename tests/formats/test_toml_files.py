"""TOML files as Notepad and WPS save them, and what staff are told of a mistake."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperwork.core.faults import Stop, Unreadable
from paperwork.documents.declarations import read_binding, read_forms
from paperwork.formats.toml_files import read_toml
from paperwork.project.funder import read_funder
from tests import make
from tests.cases import CASES

FORMS, BINDING = (make.TEMPLATES / name for name in ("forms.toml", "binding.toml"))
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_declarations_are_read_in_every_encoding_of_windows(tmp_path: Path, encoding: str, ending: str) -> None:
    for source in (FORMS, BINDING):
        (tmp_path / source.name).write_bytes(source.read_text("utf-8").replace("\n", ending).encode(encoding))
    assert read_forms(tmp_path / "forms.toml") == read_forms(FORMS)
    assert read_binding(tmp_path / "binding.toml") == read_binding(BINDING)
    assert read_funder(tmp_path) == read_funder(make.TEMPLATES)


def test_byte_order_mark_of_utf_16_big_endian_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xfe\xff" + 'a = "甲"'.encode("utf-16-be"))
    assert read_toml(tmp_path / "a.toml") == {"a": "甲"}


def test_cases_saved_by_notepad_are_read() -> None:
    assert read_binding(CASES / "b16-bom" / "templates" / "binding.toml") == read_binding(BINDING)
    # This file is of the time before the funder was declared, and staff are told just that.
    with pytest.raises(Stop, match="没有 fonds_name 这一行"):
        read_funder(CASES / "b16-bom" / "templates")
    forms = read_forms(CASES / "b16-bom-forms" / "templates" / "forms.toml")
    assert [(form.template, form.each, form.date) for form in forms] == [
        ("活动方案", "活动", "开始日期"),
        ("活动简报", "活动", "结束日期"),
    ]


# What staff write, the line of the mistake, and a word of what they are told.
MISTAKES = {
    "中文引号": ("a = 1\nb = “甲”\n", 2, "中文的引号"),
    "全角等号": ('a＝"甲"', 1, "中文的“＝”"),
    "全角逗号": ("a = 1\n\nb = [1，2]", 3, "中文的“，”"),
    "全角方括号": ("［［form］］", 1, "中文的“［”"),
    "引号没有成对": ('a = "甲\nb = 1\n', 1, "引号没有成对"),
    "引号没有成对在末尾": ('a = 1\nb = "甲', 2, "引号没有成对"),
    "少等号": ('a "甲"', 1, "少了等号"),
    "方括号没有成对": ("[[form]\n", 1, "方括号没有成对"),
    "列表没有成对": ("a = [1, 2\n\n", 1, "方括号没有成对"),
    "写了两次": ("a = 1\na = 2\nb = 3\n", 2, "写了两次"),
    "没有值": ("a =\n", 1, "写法不对"),
    "反斜杠": (r'a = "C:\目录"', 1, "反斜杠"),
    "数字带单位": ("a = 20毫米", 1, "多写了东西"),
    "不是 TOML": ("PK\x03\x04", 1, "少了等号"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_in_chinese_with_its_line(tmp_path: Path, name: str) -> None:
    words, line, told = MISTAKES[name]
    (tmp_path / "a.toml").write_text(words, "utf-8", newline="")
    with pytest.raises(Unreadable) as refused:
        read_toml(tmp_path / "a.toml")
    assert refused.value.wrong.startswith(f"第 {line} 行") and told in refused.value.wrong
    assert refused.value.mend.count("请") == 1 and not refused.value.wrong.isascii()


GOOD_FORM = '[[form]]\ntemplate = "甲"\nsection = "一"\ntitle = "乙"\n'
WRONG_FORMS = {
    "": "没有一项表单",
    "# 空的\n": "没有一项表单",
    '[form]\ntemplate = "甲"\n': "没有一项表单",
    'form = "甲"\n': "没有一项表单",
    '[[form]]\ntemplate = "甲"\n': "第 1 项（甲）缺了：section、title",
    GOOD_FORM + '[[form]]\ntitle = "丙"\n': "第 2 项（没有 template）缺了",
    GOOD_FORM + 'schrift = "x"\n': "第 1 项（甲）有不认识的项：schrift",
    GOOD_FORM + "each = 5\n": "第 1 项（甲）each 写的是“5”",
    GOOD_FORM + 'only = "签到表"\n': "第 1 项（甲）only 写的是",
    GOOD_FORM + 'only = { "类型" = "签到表" }\n': "only 写的是“签到表”",
    GOOD_FORM + "only = 5\n": "第 1 项（甲）only 写的是",
}


@pytest.mark.parametrize("words", WRONG_FORMS)
def test_form_that_is_declared_wrongly_is_refused_in_chinese(tmp_path: Path, words: str) -> None:
    (tmp_path / "forms.toml").write_text(words, "utf-8")
    with pytest.raises(Stop) as stop:
        read_forms(tmp_path / "forms.toml")
    assert WRONG_FORMS[words] in stop.value.wrong
    assert stop.value.where == "forms.toml" and stop.value.mend.count("请") == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("box_mm = 30", "box_mm 写的是“30”"),
        ('box_mm = ["20"]', "box_mm 写的是"),
        ('spine_mm = ["10"]', "spine_mm 写的是"),
        ("spine_mm = [0]", "不大于零"),
        ("bare_scan_pages = 1.5", "bare_scan_pages 写的是“1.5”"),
        ('sheet_mm = "0.2"', "sheet_mm 写的是“0.2”"),
        ("sheets_per_book = 10.5", "sheets_per_book 写的是“10.5”"),
        ("sheets_per_book = true", "sheets_per_book 写的是“True”"),
        ("numbers = 5", "numbers 写的是“5”"),
        ("", "缺了"),
    ],
)
def test_setting_of_a_wrong_type_is_refused_in_chinese(tmp_path: Path, line: str, told: str) -> None:
    lines = BINDING.read_text("utf-8").splitlines()
    key = line.partition(" ")[0] or "label_height_mm"
    lines = [line if each.startswith(f"{key} ") else each for each in lines]
    (tmp_path / "binding.toml").write_text("\n".join(lines), "utf-8")
    with pytest.raises(Stop) as stop:
        read_binding(tmp_path / "binding.toml")
    assert told in stop.value.wrong and stop.value.mend.count("请") == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text("[]form=\"'“”甲\n #.,", max_size=30).map(str.encode))
def test_any_bytes_are_read_or_refused_in_chinese(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    try:
        read_toml(tmp_path / "a.toml")
    except Unreadable as reason:
        assert not reason.wrong.isascii() and reason.mend.count("请") == 1


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"没有 forms.toml 这个文件"):
        read_forms(tmp_path / "forms.toml")
