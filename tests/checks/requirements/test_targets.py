"""Countable targets of the published catalogue, and contradictions within an entry."""

import pytest

from paperwork.checks.requirements import readings, targets
from paperwork.checks.requirements.obligations import TARGET, Obligation
from paperwork.project import input_folder
from paperwork.project.model import CatalogueEntry, Goal
from tests import make

ENTRIES = input_folder.scan_inputs(make.CATALOGUE.parent).entries


def entry(goals: str, content: str = "") -> CatalogueEntry:
    """Return a catalogue entry with these goals and this content."""
    row = {"项目序号": 9, "牵头部室": "发展部", "项目名称": "某某", "项目目标": goals, "项目内容": content}
    return CatalogueEntry.model_validate({**row, "实施周期": "2023年1月-6月", "项目金额（万元）": 5})


def read(project: CatalogueEntry) -> list[tuple[str, Obligation]]:
    """Return the targets of a project, each with its column."""
    clauses = readings.read_entry(project)
    return [(clause.source, each) for clause in clauses for each in clause.obligations if each.kind == TARGET]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, {"5支", "15课时", "1次", "5个", "4场", "10场", "1场", "20人", "47名"}),
        (2, {"1支"}),
        (3, {"12支", "6场", "42名"}),
    ],
)
def test_targets_of_the_published_catalogue(number: int, expected: set[str]) -> None:
    assert {f"{each.number}{each.unit}" for _, each in read(ENTRIES[number])} == expected


def test_published_catalogue_has_exactly_one_contradiction() -> None:
    assert [list(targets.find_contradictions(ENTRIES[number])) for number in ENTRIES] == [
        [("项目内容", "项目目标是“开展市内妇儿社会工作专题15课时”，项目内容写的是6课时＋6课时")],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("goals", "expected"),
    [
        ("开展妇女讲座八场，服务妇女300人次", ["8场", "300人次"]),
        ("孵化3家社会组织；培训骨干40人", ["3家", "40人"]),
        ("历时3个月，覆盖4个年龄段、五个层次，每季度一次，第3期", []),
        ("在一个区县试点，打造一站式服务，2022年4月-12月，每个项目5000-10000元", []),
        ("形成案例集1套、论文两篇", ["1套", "2篇"]),
    ],
)
def test_targets_of_an_unknown_catalogue(goals: str, expected: list[str]) -> None:
    assert [f"{each.number}{each.unit}" for _, each in read(entry(goals))] == expected


def test_target_in_both_goals_and_content_is_counted_once() -> None:
    stated = read(entry("开展亲子阅读6场", "亲子阅读6场，亲子运动会2场"))
    assert [f"{source}{each.number}{each.unit}" for source, each in stated] == ["项目目标6场", "项目内容2场"]


def test_different_numbers_for_one_target_are_a_contradiction() -> None:
    found = list(targets.find_contradictions(entry("开展亲子阅读6场", "城区亲子阅读2场，乡村亲子阅读3场")))
    assert len(found) == 1
    assert "2场＋3场" in found[0][1]
    assert not list(targets.find_contradictions(entry("开展亲子阅读5场", "城区亲子阅读2场，乡村亲子阅读3场")))


def test_target_is_matched_to_its_performance_goal() -> None:
    def goal(code: str, indicator: str, target: int, unit: str) -> Goal:
        row = {"编号": code, "指标": indicator, "目标值": target, "单位": unit, "统计方式": "人工填写"}
        return Goal.model_validate(row)

    goals = [goal("A", "举办比赛6场", 6, "场"), goal("B", "培训辩手42人", 42, "人"), goal("C", "宣传6次", 6, "次")]
    found = [targets.best_goal(each, goals) for _, each in read(ENTRIES[3])]
    assert [each.code if each else None for each in found] == [None, None, "A", "A", "B"]
