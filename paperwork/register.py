"""归档登记: one line for each project's archive, from what their manifests say."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperwork import book, turn
from paperwork.faults import Fault, Level, Where

FILE = "归档登记.xlsx"
TITLE = "项目档案归档登记表"
COLUMNS = (
    ("序号", 7), ("档号", 26), ("题名", 46), ("册数", 7), ("件数", 7), ("页数", 8), ("状态", 10),
    ("整卷文件的 SHA-256", 38), ("日期", 13),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """An archive as its manifest tells of it."""

    number: int
    code: str
    title: str
    books: int
    items: int
    pages: int
    state: str
    digest: str
    date: dt.date


def update(outputs: Path, changed: bool) -> list[Fault]:
    """Write the register anew when an archive has `changed`, or when there is no register."""
    return write(outputs) if changed or not (outputs / FILE).exists() else []


def write(outputs: Path) -> list[Fault]:
    """Write `outputs`/归档登记.xlsx anew; notices about archives whose manifest cannot be read."""
    with turn.of(outputs, "register", "归档登记表"):
        faults: list[Fault] = []
        entries = sorted(_entries(outputs, faults), key=lambda entry: entry.number)
        if entries:
            book.write(outputs / FILE, _content(entries))
    return faults


def _content(entries: list[Entry]) -> bytes:
    rows = [
        (each.number, each.code, each.title, each.books, each.items, each.pages, each.state, each.digest, each.date)
        for each in entries
    ]
    sums = (
        sum(each.books for each in entries),
        sum(each.items for each in entries),
        sum(each.pages for each in entries),
    )
    total = ("合计", "", f"{len(entries)} 个项目", *sums, "", "", "")
    page = book.Listing(TITLE, COLUMNS, rows, total, ("档号", "题名", "整卷文件的 SHA-256"))
    # No clock: as of the last archive that it lists.
    return book.listing(page, dt.datetime.combine(max(each.date for each in entries), dt.time()))


def _entries(outputs: Path, faults: list[Fault]) -> Iterator[Entry]:
    """Each archive that stands under its own number; a copy that somebody put beside it does not."""
    for path in outputs.glob("*/manifest.json"):
        name = path.parent.name
        if not name.isdecimal():
            continue
        try:
            yield _entry(name, path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            wrong = "读不出是什么档案，没有登记"
            mend = f"请重新生成项目{name}的档案，或把这个文件夹移到别处"
            faults.append(Fault(Level.NOTICE, Where(f"{name}/{path.name}"), wrong, mend))


def _entry(name: str, path: Path) -> Entry:
    """Raises `ValueError` and its like when the manifest is none of ours."""
    from paperwork.bind import VOLUME  # loads the library that binds: not while nothing is to be written

    told = json.loads(path.read_text("utf-8"))
    if str(told["project"]) != name:
        raise ValueError(name)
    return Entry(
        number=int(name),
        code=str(told["code"]),
        title=str(told.get("title") or told["name"]),
        books=len(told["books"]),
        items=len(told["items"]),
        pages=int(told["pages"]),
        state=str(told["state"]),
        digest=str(told["digests"][VOLUME]),
        date=dt.date.fromisoformat(told["date"]),
    )
