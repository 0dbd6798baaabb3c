"""SVG charts: well-formed, inside their view box, with every figure as text."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paperwork.app.web import charts

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.decimals(-(10**12), 10**12, places=2)
WORDS = st.text(max_size=80)


def parse(chart: str) -> ET.Element:
    """Parse a chart; check that every element lies in the view box and none has a style attribute."""
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


def text_of(root: ET.Element, kind: str) -> str:
    """Return the text of one class with its lines joined."""
    return "".join(each.text or "" for each in root.iter(f"{SVG}text") if each.attrib["class"].split()[0] == kind)


def bars(root: ET.Element) -> list[tuple[str, float]]:
    """Return the class and width of each bar."""
    return [(each.attrib["class"], float(each.attrib["width"])) for each in root.iter(f"{SVG}rect")]


def test_half_reached_goal_fills_half_the_bar() -> None:
    root = parse(charts.draw_progress("培训", Decimal("7.5"), Decimal(15), "课时"))
    assert bars(root) == [("track", 340), ("bar", 170)]
    assert text_of(root, "label") == "培训"
    assert text_of(root, "figures") == "完成 7.5课时，目标 15课时"
    assert root[0].tag == f"{SVG}title" and root[0].text == "培训：完成 7.5课时，目标 15课时"


def test_exceeded_goal_fills_the_bar_and_says_so() -> None:
    root = parse(charts.draw_progress("培训", Decimal(20), Decimal(15), "课时"))
    assert bars(root)[1] == ("bar met", 340)
    assert text_of(root, "figures").endswith("已达成")


def test_budget_and_spending_share_one_scale_and_overspending_is_marked() -> None:
    rows = [("项目活动费", Decimal(70000), Decimal("75000.50")), ("审计费", Decimal(37500), Decimal(0))]
    root = parse(charts.draw_money(rows))
    assert [kind for kind, _ in bars(root)] == ["budget", "spent over", "budget", "spent"]
    assert [round(width) for _, width in bars(root)] == [317, 340, 170, 0]
    expected = "预算 70,000.00 元，支出 75,000.50 元，超出 5,000.50 元"
    assert expected in (root[0].text or "")
    lines = [(each.attrib["class"], each.text) for each in root.iter(f"{SVG}text")]
    assert lines[:3] == [
        ("label", "项目活动费"),
        ("figures", "预算 70,000.00 元，支出 75,000.50 元"),
        ("figures over", "超出 5,000.50 元"),
    ]


def test_line_breaks_do_not_split_a_number() -> None:
    root = parse(charts.draw_money([("活动", Decimal("123456789012.34"), Decimal("123456789012.34"))]))
    lines = [each.text for each in root.iter(f"{SVG}text")]
    assert lines == ["活动", "预算 123,456,789,012.34 元，支出", "123,456,789,012.34 元"]


def test_empty_chart_says_that_there_is_no_data() -> None:
    assert parse(charts.draw_money([]))[0].text == "还没有预算和支出"


def test_long_labels_wrap_within_the_chart_width() -> None:
    label = "培育幸福使者平台新伙伴社会组织" * 6
    root = parse(charts.draw_progress(label, Decimal(1), Decimal(2), "支"))
    lines = [each.text or "" for each in root.iter(f"{SVG}text") if each.attrib["class"] == "label"]
    assert "".join(lines) == label
    assert max(map(len, lines)) * charts.SIZE <= charts.WIDTH
    one = parse(charts.draw_progress("9" * 300, Decimal(1), Decimal(2), "支"))
    assert text_of(one, "label") == "9" * 300 and len(bars(one)) == 2


@given(WORDS, NUMBERS, NUMBERS, WORDS)
def test_progress_chart_is_well_formed_for_any_values(
    label: str, achieved: Decimal, target: Decimal, unit: str
) -> None:
    root = parse(charts.draw_progress(label, achieved, target, unit))
    assert ("bar met" in dict(bars(root))) == (achieved >= target)


@given(st.lists(st.tuples(WORDS, NUMBERS, NUMBERS), max_size=5))
def test_money_chart_is_well_formed_for_any_values(rows: list[charts.Row]) -> None:
    root = parse(charts.draw_money(rows))
    assert [kind.endswith("over") for kind, _ in bars(root)[1::2]] == [spent > budget for _, budget, spent in rows]
    # White space is removed because a line may break anywhere.
    words = re.sub(r"\s", "", "".join(each.text or "" for each in root.iter(f"{SVG}text")))
    assert all(f"{amount:,.2f}元" in words for _, *amounts in rows for amount in amounts)
