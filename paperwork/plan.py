"""The page plan: which item begins on which page. Contents, numbers, bookmarks, links and manifest all read it.

Cover, contents and 备考表 carry no number; every page of the items does, from 1 (numbering by volume, as in
GB/T 11822-2008 practice). So the plan does not depend on how long the contents turn out to be.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from paperwork.faults import Where

NOWHERE = Where()


@dataclass(frozen=True)
class Item:
    """One 件: its place in the contents, its title and the PDFs it consists of, in order."""

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
    """The row it was made from: how evidence finds it."""


@dataclass(frozen=True)
class Entry:
    """An item at its place; `start` is the number printed on its first page."""

    item: Item
    start: int

    @property
    def end(self) -> int:
        """The number printed on its last page."""
        return self.start + self.item.pages - 1


@dataclass(frozen=True)
class Plan:
    """All items in order."""

    entries: tuple[Entry, ...]

    @property
    def pages(self) -> int:
        """How many pages carry a number."""
        return sum(entry.item.pages for entry in self.entries)

    def sections(self) -> list[tuple[str, list[Entry]]]:
        """The entries by section, in order."""
        return [(name, list(group)) for name, group in groupby(self.entries, lambda entry: entry.item.section)]

    def made_from(self, form: str, place: Where) -> list[Entry]:
        """The items that a form made from a row (or, without a place, from the whole project)."""
        return [entry for entry in self.entries if (entry.item.form, entry.item.place) == (form, place)]

    def page_text(self, entry: Entry) -> str:
        """What 卷内目录 says: the first page; for the last item first and last."""
        if entry is self.entries[-1] and entry.end > entry.start:
            return f"{entry.start}-{entry.end}"
        return str(entry.start)


@dataclass(frozen=True)
class Printed:
    """A 册 as it was written: sheets of paper, first and last page number, first and last item, A3 pages."""

    number: int
    file: str
    sheets: int
    first: int
    last: int
    first_item: int
    last_item: int
    folded: tuple[int, ...] = ()


def lay_out(items: Iterable[Item]) -> Plan:
    """Give every item its first page."""
    entries: list[Entry] = []
    page = 1
    for item in items:
        entries.append(Entry(item, page))
        page += item.pages
    return Plan(tuple(entries))


def stems(titles: Sequence[str]) -> list[str]:
    """File names for items: numbered as in the contents, without characters that file systems refuse."""
    names = []
    for number, title in enumerate(titles, 1):
        safe = "".join(char for char in title if char.isalnum() or char in "（）《》“”·-—、 ").strip()
        names.append(f"{number:03}-{safe[:40]}")
    return names
