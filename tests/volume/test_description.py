"""How a volume is described: its title, its secrecy, the day on which it was closed, and the remarks on its state."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from paperwork.checks import check
from paperwork.checks.check import DRAFT, Checked
from paperwork.volume import description
from paperwork.volume.page_plan import PagePlan, plan_pages
from tests import make
from tests.volume.test_duplex import item

PATTERN = "{全宗名称}{年度}年度{项目名称}档案"


def examined(folder: Path, **changes: object) -> Checked:
    """Check the good project with some cells changed."""
    return check.examine(1, make.make(folder, **changes), make.LATER, make.TEMPLATES)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Check the good project once."""
    return examined(tmp_path_factory.mktemp("good"))


@pytest.mark.parametrize(
    ("name", "pattern", "title"),
    [
        ("《盐都“紫薇伙伴”项目》", PATTERN, "自贡市妇女联合会2022年度盐都“紫薇伙伴”项目档案"),
        ("2022年紫薇项目", PATTERN, "自贡市妇女联合会2022年紫薇项目档案"),
        ("二〇二二年紫薇项目", PATTERN, "自贡市妇女联合会二〇二二年紫薇项目档案"),
        ("市妇联紫薇项目", PATTERN, "2022年度市妇联紫薇项目档案"),
        ("紫薇项目", "{项目名称}（{年度}年）", "紫薇项目（2022年）"),
    ],
)
def test_title_has_the_year_and_the_funder_once(good: Checked, name: str, pattern: str, title: str) -> None:
    basics = good.project.basics.model_copy(update={"name": name})
    assert description.title(good.project.model_copy(update={"basics": basics}), pattern, 2019) == title


def test_title_takes_the_year_of_the_catalogue_if_the_workbook_has_none(good: Checked) -> None:
    basics = good.project.basics.model_copy(update={"year": None})
    made = good.project.model_copy(update={"basics": basics})
    assert "2019年度" in description.title(made, PATTERN, 2019)
    assert "2022年度" in description.title(made, PATTERN, 0), "the year in which the project begins"


@pytest.mark.parametrize(
    ("typed", "highest"),
    [(["", "秘密", "机密★5年", "内部"], "机密★5年"), (["内部", ""], "内部"), (["公开", ""], ""), ([], "")],
)
def test_secrecy_of_a_volume_is_the_highest_of_its_items(typed: list[str], highest: str) -> None:
    items = [replace(item(number), secrecy=words) for number, words in enumerate(typed, 1)]
    assert description.secrecy(plan_pages(items)) == highest


def test_volume_is_dated_if_it_is_complete_and_closed_after_its_last_paper(tmp_path: Path, good: Checked) -> None:
    assert description.dated_day(good) == "2022年12月30日"
    late = examined(tmp_path, 附件=[{"日期": dt.date(2023, 2, 6)}])
    assert description.dated_day(late) == ""
    assert late.as_of == dt.date(2023, 2, 6), "the tables cite this paper, so they are of no earlier day"
    assert late.project.archive_date == dt.date(2023, 2, 6)
    assert [each.where.cell for each in late.faults if "早于卷内最晚的材料（“附件”表 E2" in each.wrong] == ["B25"]


def test_draft_bears_no_day_of_closing(tmp_path: Path) -> None:
    draft = examined(tmp_path, 督导=None)
    assert (draft.state, description.dated_day(draft)) == (DRAFT, "")
    [numbers, state] = description.remarks(draft, plan_pages([item(1, 3)]), (1, 1), plan_pages([item(1, 3)]))
    assert numbers == "本卷页号 1 至 3，连续编号。"
    assert "还没有立卷" in state and "待补材料 3 项" in state


def test_remarks_of_a_book_speak_of_it_and_then_of_the_whole(good: Checked) -> None:
    [first, second] = sorted(good.project.photos["HD-01"])
    items = [
        replace(item(1, 4), files=(first, second)),
        item(2, 2),
        replace(item(3, 5), files=(first, *good.project.videos["HD-01"])),
    ]
    whole = plan_pages(items)
    book = PagePlan(whole.entries[1:])
    assert description.count_shown(good.project.photos, book) == (1, 0)
    assert description.count_shown(good.project.videos, book) == (1, 0)
    assert list(description.remarks(good, book, (2, 2), whole)) == [
        "本册收入第 2 件至第 3 件，页号 5 至 11，连续编号。",
        "全卷共 2 册、3 件、11 页，照片 3 张（其中 1 张是重复印入的），登记视频 1 个。",
        "项目发布目录要求的材料齐全，逐条核对的情况见第 1 册的要求对照表。",
    ]
