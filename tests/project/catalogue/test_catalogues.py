"""Catalogues as other bodies publish them, each read as a careful reader reads it (gold.json)."""

import json
from typing import Any

import pytest

from paperwork.core.faults import Level, Unreadable
from paperwork.project.catalogue import published
from paperwork.project.catalogue.published import Catalogue
from paperwork.project.model import CatalogueEntry
from tests import make

FOLDER = make.ROOT / "tests" / "data" / "catalogues"
GOLD: dict[str, Any] = json.loads((FOLDER / "gold.json").read_text("utf-8"))
PROJECTS = [(name, at) for name, gold in GOLD.items() for at in range(len(gold["projects"]))]


def read(name: str) -> Catalogue:
    """Read a catalogue by the name of its folder."""
    [path] = (FOLDER / name).glob("目录.[a-z]*[a-z]")
    return published.read_catalogue(path, path.name)


def entry_of(name: str, at: int) -> CatalogueEntry:
    """Return a project by its place in its catalogue."""
    wanted = GOLD[name]["projects"][at]["no"]
    [entry] = [entry for entry in read(name).entries.values() if str(entry.number) == str(wanted)]
    return entry


@pytest.mark.parametrize(("name", "at"), PROJECTS)
def test_project_of_another_funder_is_read(name: str, at: int) -> None:
    wanted, entry = GOLD[name]["projects"][at], entry_of(name, at)
    texts = (entry.department, entry.name, entry.goals, entry.content, entry.requirements)
    keys = ("dept", "name", "goals_text", "content_text", "text")
    assert [text.strip() for text in texts] == [wanted[key].strip() for key in keys]
    assert int(entry.amount) == wanted["yuan"]
    assert entry.is_dated == bool(wanted["start"])
    if entry.is_dated:
        assert [day.isoformat() for day in (entry.span.start, entry.span.end)] == [wanted["start"], wanted["end"]]


@pytest.mark.parametrize("name", GOLD)
def test_catalogue_of_another_funder_has_no_error(name: str) -> None:
    assert [fault for fault in read(name).faults if fault.level is Level.ERROR] == []


CLAUSES = "1.每次活动要有签到表、照片。\n2.项目结束提交结项报告。\n3.建立项目专账。"
MICRO: dict[str, list[tuple[str, str, str]]] = {
    "m1-工作要求": [("1", "权益部", CLAUSES)],
    "m2-服务指标": [("1", "权益部", CLAUSES)],
    "m3-两张表": [("1", "权益部", CLAUSES), ("2", "家儿部", "1.每次活动要有简报。")],
    "m4-跨页断表": [("1", "权益部", CLAUSES), ("2", "家儿部", "1.每次活动要有简报。")],
    "m5-一部门一表": [("1", "权益部", CLAUSES), ("2", "家儿部", "1.每次活动要有简报。")],
    "m6-修订": [
        (
            "1",
            "权益部",
            "1.每次活动要有签到表、照片。并须在3日内报送活动信息。\n2.项目结束提交结项报告。\n3.建立项目专账。",
        )
    ],
    "m7-内容控件": [("1", "权益部", CLAUSES)],
    "m8-格内表": [("1", "权益部", CLAUSES + "\n材料\t份数\n财务决算表\t2份")],
    "m9-编号": [("FL-01", "权益部", CLAUSES)],
    "m10-无部室": [("1", "", CLAUSES)],
    "m13-自动编号": [("1", "权益部", "1. 每次活动要有签到表、照片。\n照片不少于5张。\n2. 项目结束提交结项报告。")],
}


@pytest.mark.parametrize("name", MICRO)
def test_catalogue_with_one_trouble_is_read(name: str) -> None:
    entries = read(f"micro/{name}").entries.values()
    assert [(str(each.number), each.department, each.requirements) for each in entries] == MICRO[name]
    goals = {1: "1.开展讲座6场；2.服务妇女200人次。", 2: "1.开展沙龙4场。"}
    assert [each.goals for each in entries] == [*goals.values()][: len(entries)]
    assert [int(each.amount) for each in entries] == [50_000, 60_000][: len(entries)]


@pytest.mark.parametrize(("name", "words"), [("m11-pdf", "PDF 打不开"), ("m12-doc", "文件损坏")])
def test_damaged_catalogue_is_refused_in_plain_words(name: str, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(f"micro/{name}")
    assert words in refused.value.wrong


def test_every_catalogue_is_read_or_refused() -> None:
    """Every folder of the data is the subject of a test above."""
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"micro"}
    micro = {path.name for path in (FOLDER / "micro").iterdir()}
    assert (folders, micro) == ({*GOLD}, {*MICRO, "m11-pdf", "m12-doc"})
