"""Describe a volume in the words of an archivist: its title, its secrecy, the day it was closed, its state.

A statement on 卷内备考表 stands above the names of persons, so it says only what was counted or judged from the data.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from paperwork.checks.check import DRAFT, Checked
from paperwork.core import values
from paperwork.project.model import Project
from paperwork.volume.page_plan import PagePlan

SECRECY = ("绝密", "机密", "秘密", "内部")
"""Words in 密级, the highest first (保守国家秘密法); 公开 and the like are none."""
CHINESE_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def title(project: Project, pattern: str, year: int) -> str:
    """Return 案卷题名; `year` is that of the catalogue, used while the workbook has no 年度.

    What the project's name says already, year or funder, is not said twice.
    """
    name, funder = project.name.strip("《》"), project.funder
    year = project.basics.year or year or (project.catalogue.span.start.year if project.catalogue.is_dated else 0)
    if not year or str(year) in name or str(year).translate(CHINESE_DIGITS) in name:
        pattern = re.sub(r"\{年度\}(?:年度|年)?", "", pattern)
    fonds_name = "" if any(each in name for each in (funder.fonds_name, *funder.names)) else funder.fonds_name
    return pattern.replace("{全宗名称}", fonds_name).replace("{年度}", str(year)).replace("{项目名称}", name)


def secrecy(plan: PagePlan) -> str:
    """Return the highest 密级 of the items as it is typed there, or an empty string."""
    typed = [entry.item.secrecy for entry in plan.entries]
    return next((words for level in SECRECY for words in typed if level in words), "")


def count_shown(kept: Mapping[str, Sequence[Path]], plan: PagePlan) -> tuple[int, int]:
    """Return how many of the photos or videos the items show, and how many of these another item shows before."""
    wanted = {path for paths in kept.values() for path in paths}
    shown = [path for entry in plan.entries for path in entry.item.files if path in wanted]
    return len(shown), len(shown) - len(set(shown))


def dated_day(checked: Checked) -> str:
    """Return 立卷日期 as 备考表 shows it; empty for a draft, and if a paper of the volume is of a later day.

    A draft is not closed yet, and nobody can have closed a volume before its last paper was written.
    """
    day, newest = checked.project.basics.compiled, checked.project.newest_paper
    is_closed = day and checked.state != DRAFT and not (newest and newest[0] > day)
    return values.chinese_date(day) if day and is_closed else ""


def remarks(checked: Checked, book_plan: PagePlan, book: tuple[int, int], whole: PagePlan) -> Iterator[str]:
    """Yield the lines of 本卷情况说明 for one 册 (its number and the count of all), the last ones on the whole."""
    number, books = book
    if book_plan.entries and books > 1:
        first, last = book_plan.entries[0], book_plan.entries[-1]
        items = f"第 {first.item.number} 件至第 {last.item.number} 件"
        yield f"本册收入{items}，页号 {first.start} 至 {last.end}，连续编号。"
    elif book_plan.entries:
        yield f"本卷页号 1 至 {whole.pages}，连续编号。"
    photos, reprinted = count_shown(checked.project.photos, whole)
    again = f"其中 {reprinted} 张是重复印入的" if reprinted else ""
    if books > 1:
        videos, _ = count_shown(checked.project.videos, whole)
        counted = f"照片 {photos} 张{f'（{again}）' if again else ''}，登记视频 {videos} 个"
        yield f"全卷共 {books} 册、{len(whole.entries)} 件、{whole.pages} 页，{counted}。"
    elif again:
        yield f"照片 {photos} 张，{again}。"
    listed = "" if number == 1 else "第 1 册的"
    if checked.missing:
        later = f"，其中 {checked.later} 项到{values.chinese_date(checked.as_of)}还没有到期" if checked.later else ""
        yield f"本卷是待补稿，还没有立卷：待补材料 {len(checked.missing)} 项{later}，见{listed}待补材料清单。"
    else:
        yield f"项目发布目录要求的材料齐全，逐条核对的情况见{listed}要求对照表。"
