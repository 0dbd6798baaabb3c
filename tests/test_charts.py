"""Charts: well-formed, inside their box, with the figures in words."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paperwork import charts

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.decimals(-(10**12), 10**12, places=2)
WORDS = st.text(max_size=80)


def drawn(chart: str) -> ET.Element:
    """The chart read back; everything in it lies in the box, and nothing in it needs a style attribute."""
    root = ET.fromstring(chart)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for each in root.iter():
        assert "style" not in each.attrib
        if each.tag == f"{SVG}rect":
            x, y, w, h = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
            assert x >= 0 and y >= 0 and w >= 0 and x + w <= width and y + h <= height
        if each.tag == f"{SVG}text":
            assert 0 < float(each.attrib["y"]) < height
    assert root.attrib["role"] == "img"
    return root


def said(root: ET.Element, kind: str) -> str:
    """The words of one class, their lines joined."""
    return "".join(each.text or "" for each in root.iter(f"{SVG}text") if each.attrib["class"].split()[0] == kind)


def bars(root: ET.Element) -> list[tuple[str, float]]:
    """The bars with their widths."""
    return [(each.attrib["class"], float(each.attrib["width"])) for each in root.iter(f"{SVG}rect")]


def test_a_goal_half_reached() -> None:
    root = drawn(charts.progress("培训", Decimal("7.5"), Decimal(15), "课时"))
    assert bars(root) == [("track", 340), ("bar", 170)]
    assert said(root, "label") == "培训"
    assert said(root, "figures") == "完成 7.5课时，目标 15课时"
    assert root[0].tag == f"{SVG}title" and root[0].text == "培训：完成 7.5课时，目标 15课时"


def test_a_goal_more_than_reached_fills_the_bar_and_says_so() -> None:
    root = drawn(charts.progress("培训", Decimal(20), Decimal(15), "课时"))
    assert bars(root)[1] == ("bar met", 340)
    assert said(root, "figures").endswith("已达成")


def test_money_is_drawn_on_one_scale_and_what_is_over_is_marked() -> None:
    rows = [("项目活动费", Decimal(70000), Decimal("75000.50")), ("审计费", Decimal(37500), Decimal(0))]
    root = drawn(charts.money(rows))
    assert [kind for kind, _ in bars(root)] == ["budget", "spent over", "budget", "spent"]
    assert [round(width) for _, width in bars(root)] == [317, 340, 170, 0]
    told = "预算 70,000.00 元，支出 75,000.50 元，超出 5,000.50 元"
    assert told in (root[0].text or "")
    lines = [(each.attrib["class"], each.text) for each in root.iter(f"{SVG}text")]
    assert lines[:3] == [
        ("label", "项目活动费"),
        ("figures", "预算 70,000.00 元，支出 75,000.50 元"),
        ("figures over", "超出 5,000.50 元"),
    ]


def test_no_figure_is_cut_in_two() -> None:
    root = drawn(charts.money([("活动", Decimal("123456789012.34"), Decimal("123456789012.34"))]))
    lines = [each.text for each in root.iter(f"{SVG}text")]
    assert lines == ["活动", "预算 123,456,789,012.34 元，支出", "123,456,789,012.34 元"]


def test_nothing_to_draw_is_said() -> None:
    assert drawn(charts.money([]))[0].text == "还没有预算和支出"


def test_long_words_take_more_lines_and_none_is_wider_than_the_drawing() -> None:
    label = "培育幸福使者平台新伙伴社会组织" * 6
    root = drawn(charts.progress(label, Decimal(1), Decimal(2), "支"))
    lines = [each.text or "" for each in root.iter(f"{SVG}text") if each.attrib["class"] == "label"]
    assert "".join(lines) == label
    assert max(map(len, lines)) * charts.SIZE <= charts.WIDTH
    one = drawn(charts.progress("9" * 300, Decimal(1), Decimal(2), "支"))
    assert said(one, "label") == "9" * 300 and len(bars(one)) == 2


@given(WORDS, NUMBERS, NUMBERS, WORDS)
def test_whatever_the_goal_its_chart_is_well_formed(label: str, achieved: Decimal, target: Decimal, unit: str) -> None:
    root = drawn(charts.progress(label, achieved, target, unit))
    assert ("bar met" in dict(bars(root))) == (achieved >= target)


@given(st.lists(st.tuples(WORDS, NUMBERS, NUMBERS), max_size=5))
def test_whatever_was_spent_its_chart_is_well_formed(rows: list[charts.Row]) -> None:
    root = drawn(charts.money(rows))
    assert [kind.endswith("over") for kind, _ in bars(root)[1::2]] == [spent > budget for _, budget, spent in rows]
    # Every figure is said, whatever breaks its line.
    words = re.sub(r"\s", "", "".join(each.text or "" for each in root.iter(f"{SVG}text")))
    assert all(f"{amount:,.2f}元" in words for _, *amounts in rows for amount in amounts)
