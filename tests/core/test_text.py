"""What nobody can see changes nothing: characters without a look, look-alikes, blanks, line ends, encodings."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import dates, text, values

INVISIBLE = [
    *map(chr, (0xAD, 0x61C, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB, 0xE0001)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x2070)),
]
BLANKS = ["\u00a0", "\u3000", "\u2000", "\u2007", "\u2009", "\u202f", "\u205f", "\u1680", "\u3164", "\t", " "]
PARSERS = {
    "as_phone": ("13800000001", values.as_phone),
    "as_citizen_id": ("510399199001010016", values.as_citizen_id),
    "as_credit_code": ("52510300MJY000001A", values.as_credit_code),
    "as_money": ("5,000.00", values.as_money),
    "as_count": ("22人", values.as_count),
    "as_number": ("1.5", values.as_number),
    "as_date": ("2022-05-06", dates.as_date),
    "as_period": ("2022年4月-12月", dates.as_period),
    "as_quarter": ("2022年第二季度", dates.as_quarter),
    "as_yes_no": ("是", values.as_yes_no),
    "as_choice": ("社会组织", values.as_choice),
    "as_code": ("HD-01", values.as_code),
    "as_words": ("示例社区", values.as_words),
}


@pytest.mark.parametrize("name", PARSERS)
@given(st.data())
def test_invisible_characters_change_no_value(name: str, data: st.DataObject) -> None:
    good, parse = PARSERS[name]
    place = data.draw(st.integers(0, len(good)))
    mark = "".join(data.draw(st.lists(st.sampled_from(INVISIBLE), min_size=1, max_size=3)))
    assert parse(good[:place] + mark + good[place:]) == parse(good)


@pytest.mark.parametrize("around", ["\u061c", "\u180e"])
@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_joiner_between_invisible_characters_is_removed_too(around: str, joiner: str) -> None:
    """Both lie among the letters of scripts whose joiners are kept."""
    assert text.as_text(f"{around}{joiner}{around}示例") == "示例"


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_at_the_ends_change_no_value(name: str, blank: str) -> None:
    good, parse = PARSERS[name]
    assert parse(f"{blank}{good}{blank}{blank}") == parse(good)


@pytest.mark.parametrize("name", sorted(PARSERS.keys() - {"as_code", "as_words", "as_choice"}))
@given(st.data())
def test_blanks_inside_change_no_number(name: str, data: st.DataObject) -> None:
    good, parse = PARSERS[name]
    place = data.draw(st.integers(0, len(good)))
    assert parse(good[:place] + data.draw(st.sampled_from(BLANKS)) + good[place:]) == parse(good)


LOOK_ALIKE = [
    ("⼥童", "女童"),
    ("⻓江", "长江"),
    ("⺠政局", "民政局"),
    ("⾦额", "金额"),
    ("⻛险", "风险"),
    ("豈", "豈"),
    ("ｅ\u0301", "ｅ\u0301"),
    ("cafe\u0301", "café"),
    ("ガ", "ガ"),
    ("ガ", "ガ"),
]


@pytest.mark.parametrize(("written", "meant"), LOOK_ALIKE)
def test_look_alikes_are_the_characters_they_look_like(written: str, meant: str) -> None:
    assert text.as_text(written) == unicodedata.normalize("NFC", meant)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("ＨＤ-０１", "HD-01"),
        ("HD－01", "HD-01"),
        ("HD–01", "HD-01"),
        ("HD‑01", "HD-01"),
        ("HD−01", "HD-01"),
        ("\ufeffHD-01\u200b", "HD-01"),
        ("HD\u00a001", "HD 01"),
        ("HD\u3000\u300001", "HD 01"),
        ("HD\n01", "HD 01"),
        ("评估\ufe00.pdf", "评估.pdf"),
        ("评\u200b估.pdf", "评估.pdf"),
        ("⼥.pdf", "女.pdf"),
        ("é.pdf", "é.pdf"),
        ("hd-01", "hd-01"),
        ("（一）", "（一）"),
    ],
)
def test_codes_have_one_form(written: str, code: str) -> None:
    assert text.as_name(written) == code
    assert text.as_name(code) == code


KEPT = [
    "👨\u200d👩\u200d👧",
    "☀\ufe0f",
    "1\ufe0f\u20e3",
    "葛\U000e0100城",
    "क्\u200dष",
    "می\u200cخواهم",
    "🏴\U000e0067\U000e0062\U000e007f",
    "㊗\ufe0f",
    "’“”…—",
    "第一段。\n第二段。",
    "a b",
    "1. 签到\n (1) 甲",
]


@pytest.mark.parametrize("words", KEPT)
def test_what_can_be_seen_stays(words: str) -> None:
    assert text.as_text(words) == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "_x000D_\n", "_x000D_", "_x000B_"]
)
def test_every_line_end_ends_a_line(end: str) -> None:
    assert text.as_text(f"甲段{end}乙段") == "甲段\n乙段"
    assert text.as_line(f"上半场{end}下半场") == "上半场 下半场"


@pytest.mark.parametrize(
    "indent", ["\u3000\u3000", "\u3000", "  ", "    ", "\t", "\u00a0\u00a0", "\u2003\u2003", " \u3000"]
)
def test_indent_of_a_paragraph_is_the_templates(indent: str) -> None:
    assert text.as_text(f"{indent}甲段\n{indent}乙段\n\n{indent}丙段{indent}") == "甲段\n乙段\n\n丙段"


@given(st.text())
def test_text_in_its_plain_form_stays_as_it_is(words: str) -> None:
    once = text.as_name(words)
    assert text.as_name(once) in (once, once.removeprefix("'").strip())


@pytest.mark.parametrize("mark", ["", *INVISIBLE, *BLANKS, "\u200b \u3000"])
@pytest.mark.parametrize("words", ["", "-", "——", "／"])
def test_cell_without_anything_to_see_is_blank(mark: str, words: str) -> None:
    assert text.is_blank(f"{mark}{words}{mark}")


@pytest.mark.parametrize("words", ["'", "_x000D_", "\x0b", "\u2028\n", "\x00", " ' "])
def test_cell_of_which_nothing_is_left_is_blank(words: str) -> None:
    assert text.as_text(words) == ""
    assert text.is_blank(words)


TABLE = "项目序号,牵头部室\r\n1,组联部\r\n2,一丁万\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk", "gb2312", "gb18030"]
)
def test_text_is_decoded_in_every_usual_encoding(encoding: str) -> None:
    assert text.decode(TABLE.encode(encoding)) == TABLE
    assert text.decode("\ufeff".encode("utf-16-be") + TABLE.encode("utf-16-be")) == TABLE


@pytest.mark.parametrize("content", [b"\xff\xff\xff", "甲".encode() + b"\xff\xfe", b"\x80abc\xff"])
def test_text_in_no_encoding_is_not_guessed(content: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        text.decode(content)


@pytest.mark.parametrize(
    ("name", "choices", "found"),
    [
        ("HD-01 第1次培训", ("HD-01", "HD-02"), "HD-01"),
        ("hd-01培训", ("HD-01", "HD-02"), "HD-01"),
        ("HD-010", ("HD-01", "HD-02"), ""),
        ("HD-01", ("HD-01",), "HD-01"),
        ("评估 - 副本", ("评估",), "评估"),
        ("评估(1)", ("评估", "审计"), "评估"),
        ("评估报告", ("评估", "评估报"), ""),
        ("照片", ("", "HD-01"), ""),
        ("a.b（1）", ("a.b",), "a.b"),
        ("axb", ("a.b",), ""),
    ],
)
def test_name_with_words_after_it_is_found(name: str, choices: tuple[str, ...], found: str) -> None:
    assert text.find_named(name, choices) == found


@pytest.mark.parametrize(
    ("words", "width", "count"),
    [
        ("", 5, 1),
        ("一二三四五", 5, 1),
        ("一二三四五六", 5, 2),
        ("一二三四五。六", 5, 2),
        ("一二三四（五六七）", 5, 2),
        ("一\n二", 5, 2),
        ("abcd efgh", 4, 2),
        ("a" * 30, 5, 3),
        ("2022年", 2.9, 2),
    ],
)
def test_lines_of_a_text_are_counted_as_they_are_printed(words: str, width: float, count: int) -> None:
    assert text.count_lines(words, width) == count
