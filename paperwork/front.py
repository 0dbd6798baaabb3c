"""The volume's own pages from the page plan: cover, contents, 备考表."""

from collections.abc import Mapping, Sequence
from typing import Any

from paperwork.context import ContentsLine, VolumeFigures
from paperwork.model import Basics, Project
from paperwork.plan import Plan
from paperwork.word import Link

FONDS = "自贡市妇女联合会"
TERMS = {"永久": "Y", "30年": "D30", "10年": "D10"}
"""Codes of the terms of retention (DA/T 13-2022)."""


def context(
    project: Project, base: Mapping[str, Any], laid: Plan, remarks: Sequence[str], state: str
) -> dict[str, Any]:
    """What cover, contents and 备考表 are filled with."""
    dates = sorted(entry.item.date for entry in laid.entries if entry.item.date)
    own = VolumeFigures(
        title=f"{project.name.strip('《》')}档案",
        fonds=FONDS,
        compiler=project.basics.contractor,
        span=f"{dates[0]:%Y.%m}—{dates[-1]:%Y.%m}" if dates else "",
        secrecy="",
        code=archive_code(project.basics),
        items=len(laid.entries),
        pages=laid.pages,
        state=state,
        contents=tuple(_line(laid, place) for place in range(len(laid.entries))),
        remarks="\n".join(remarks),
    )
    return {**base, **own.tags()}


def _line(laid: Plan, place: int) -> ContentsLine:
    entry = laid.entries[place]
    return ContentsLine(
        number=entry.item.number,
        reference="",
        responsible=entry.item.responsible,
        title=Link(entry.item.title, f"{entry.item.stem}.docx"),
        date=f"{entry.item.date:%Y%m%d}" if entry.item.date else "",
        pages=laid.page_text(entry),
        remark="",
    )


def archive_code(basics: Basics) -> str:
    """档号 in the way of DA/T 13-2022, 全宗号-门类·年度·保管期限·机构-案卷号; empty until there is a 全宗号."""
    if not basics.fonds:
        return ""
    parts = [basics.category, str(basics.year or ""), TERMS.get(basics.retention or "", ""), basics.bureau]
    return f"{basics.fonds}-{'·'.join(part for part in parts if part)}-{basics.number:04}"
