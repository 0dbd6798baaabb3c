"""Page plan of a volume: the first page number of each item.

The contents, the printed numbers, the outline, the links and the manifest all read this one plan. The cover, the
contents and 备考表 carry no number. Every page of the items does, from 1 (numbering by volume, as in GB/T 11822-2008
practice). So the plan does not depend on the length of the contents.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from paperwork.core.faults import NOWHERE, Where
from paperwork.project.model import Role
from paperwork.volume import citations


@dataclass(frozen=True)
class Item:
    """One 件: its number in the contents, its title and the PDFs that it consists of, in order."""

    number: int
    title: str
    section: str
    form: str
    responsible: str
    date: dt.date | None
    stem: str
    parts: tuple[Path, ...]
    pages: int
    place: Where = NOWHERE
    """The row that the item was made from."""
    proves: tuple[Role, ...] = ()
    """Roles of the form. Evidence is matched to items by role and place."""
    files: tuple[Path, ...] = ()
    """Input files that the item shows."""
    texts: tuple[str, ...] = ()
    """Words of each page before the outside document, as `citations` searches them."""
    divider_pages: int = 0
    """Pages before an outside document that is bound behind them; 0 if there is none."""
    reference: str = ""
    """文号 of an outside document."""
    secrecy: str = ""
    remark: str = ""


@dataclass(frozen=True)
class PlannedItem:
    """An item in the page plan; `start` is the number printed on its first page."""

    item: Item
    start: int

    @property
    def end(self) -> int:
        """Return the number printed on the item's last page."""
        return self.start + self.item.pages - 1

    def file_at(self, offset: int) -> tuple[str, str]:
        """Return file and anchor by which the drawn forms link to a page of the item; the first page has no anchor."""
        return f"{self.item.stem}.docx", f"page={offset + 1}" if offset else ""

    def page_showing(self, facts: Sequence[str]) -> "Citation":
        """Return the page of the item that shows the facts, or as many of the first ones as any page shows.

        An outside document proves something by itself: of it the first page is cited, never the divider before it.
        """
        for count in range(len(facts), 0, -1):
            for offset, text in enumerate(self.item.texts):
                if citations.shows(text, facts[:count]):
                    return Citation(self, offset, tuple(facts[:count]), count == len(facts))
        return Citation(self, self.item.divider_pages, (), not facts)


@dataclass(frozen=True)
class Citation:
    """A page of an item that is cited as evidence, and the facts that stand on it."""

    entry: PlannedItem
    offset: int
    shown: tuple[str, ...]
    is_proven: bool
    """False if the form does not print all facts that were looked for."""

    @property
    def page(self) -> int:
        """Return the number printed on the page."""
        return self.entry.start + self.offset


@dataclass(frozen=True)
class PagePlan:
    """The page plan: all items in order, each with its first page number."""

    entries: tuple[PlannedItem, ...]

    @property
    def pages(self) -> int:
        """Return the number of pages that carry a number."""
        return sum(entry.item.pages for entry in self.entries)

    def sections(self) -> list[tuple[str, list[PlannedItem]]]:
        """Return the entries grouped by section, in order."""
        return [(name, list(group)) for name, group in groupby(self.entries, lambda entry: entry.item.section)]

    def items_proving(self, role: Role | None, place: Where) -> list[PlannedItem]:
        """Return the items whose form has a role, made from a row (or, for `NOWHERE`, from the whole project)."""
        return [entry for entry in self.entries if role in entry.item.proves and entry.item.place == place]

    def pages_proving(self, role: Role | None, place: Where, facts: Sequence[str]) -> list[Citation]:
        """Return the page of each of these items that shows the facts."""
        return [entry.page_showing(facts) for entry in self.items_proving(role, place)]

    def page_text(self, entry: PlannedItem) -> str:
        """Return the page text for 卷内目录: the first page, and for the last item the first and last page."""
        if entry is self.entries[-1] and entry.end > entry.start:
            return f"{entry.start}-{entry.end}"
        return str(entry.start)


@dataclass(frozen=True)
class PrintedBook:
    """A 册 as written: sheets of paper, first and last page number, first and last item, numbers of its A3 pages."""

    number: int
    file: str
    paper_sheets: int
    first: int
    last: int
    first_item: int
    last_item: int
    a3_pages: tuple[int, ...] = ()


def plan_pages(items: Iterable[Item]) -> PagePlan:
    """Return the page plan of the items: each begins on the page after the one before it."""
    entries: list[PlannedItem] = []
    page = 1
    for item in items:
        entries.append(PlannedItem(item, page))
        page += item.pages
    return PagePlan(tuple(entries))


def stems(titles: Sequence[str]) -> list[str]:
    """Return a file name stem for each item: its number in the contents and the safe characters of its title.

    A stem holds at most 40 characters of the title.
    """
    names = []
    for number, title in enumerate(titles, 1):
        safe = "".join(char for char in title if char.isalnum() or char in "（）《》“”·-—、 ").strip()
        names.append(f"{number:03}-{safe[:40]}")
    return names
