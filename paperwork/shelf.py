"""The archive that lies in outputs/N: what its manifest tells, what can be taken from it, whether it is out of date."""

import datetime as dt
import filecmp
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork import bag, bind, check, labels, manifest, pdf, sources
from paperwork.check import Checked
from paperwork.context import PRINTING
from paperwork.faults import Stop, Where
from paperwork.hand_over import MANIFEST, OTHER, PACKAGE, VERSIONS
from paperwork.places import SOURCES
from paperwork.plan import NOWHERE, Printed

WORD = "word"
WORDS = {
    bind.VOLUME: "电子版整卷",
    f"{PRINTING}.pdf": "打印以前先看",
    labels.LABELS: "打印后贴在册脊和档案盒上",
    f"{bind.MISSING}.pdf": "还缺什么、由谁补、怎么补",
}
"""What the files of an archive are, besides the 册 and the Word files."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What a manifest raises that is none of ours."""


@dataclass(frozen=True)
class Download:
    """A file of the archive: name relative to outputs/N, what it is, bytes; `number` is the item's, 0: no item.

    An item's title may hold a name: addresses use the number or the place in the list.
    """

    name: str
    words: str
    size: int
    number: int = 0


@dataclass(frozen=True)
class Archive:
    """The archive that lies in outputs/N."""

    title: str
    state: str
    as_of: dt.date
    """The day it was judged by."""
    items: int
    pages: int
    """Numbered ones."""
    before: int
    """Pages of 项目档案.pdf before the one that bears the number 1: page n is the (before + n)th."""
    sheets: int
    """All pages of 项目档案.pdf; 0 when it cannot be opened."""
    pdfa: bool
    old: bool
    """Whether it was made from other files than those that lie in inputs/ now."""
    books: tuple[Printed, ...]
    files: tuple[Download, ...]


@dataclass(frozen=True)
class Kept:
    """An item of the archive: its title, its number and the number printed on its first page."""

    title: str
    number: int
    page: int


class Shelf:
    """What lies in outputs/N; empty where there is no archive, or none of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told: Mapping[str, Any] = {}
        self._items: Mapping[tuple[str, str, str], list[Kept]] = {}
        with suppress(*UNREADABLE):
            told = json.loads((folder / MANIFEST).read_text("utf-8"))
            items = _by_row(told["items"])
            if str(told["project"]) == folder.name:
                self._told, self._items = told, items

    def made_from(self, form: str, place: Where = NOWHERE) -> list[Kept]:
        """The items that a form made from a row (or, without a place, from the whole project), as `plan` finds them."""
        return self._items.get((form, place.sheet, place.cell), [])

    def page(self, form: str, place: Where = NOWHERE) -> int | None:
        """The number on the first page of what a form made from a row."""
        return next((kept.page for kept in self.made_from(form, place)), None)

    def archive(self, checked: Checked | None, templates: Path | None) -> Archive | None:
        """All that there is to say of it, compared with the project as it is now and with the templates."""
        told = self._told
        if not told:
            return None
        try:
            sheets, before = _shape(self.folder / bind.VOLUME)
            books = tuple(manifest.books(told))
            return Archive(
                title=str(told["title"]),
                state=str(told["state"]),
                as_of=dt.date.fromisoformat(told["as_of"]),
                items=len(told["items"]),
                pages=int(told["pages"]),
                before=before,
                sheets=sheets,
                pdfa=bool(told["pdfa"]["passed"]),
                old=self._is_old(checked, templates),
                books=books,
                files=tuple(self._files(books)),
            )
        except UNREADABLE:
            return None

    def _files(self, books: tuple[Printed, ...]) -> Iterator[Download]:
        """What lies there: names are found in the folder, never taken from the manifest."""
        printed = {
            book.file: f"打印版{f'第{book.number}册' if len(books) > 1 else ''}，{book.sheets} 张纸" for book in books
        }
        words = {bind.VOLUME: WORDS[bind.VOLUME], **printed, **WORDS}
        lying = {path.name: path for path in self.folder.glob("*.pdf")}
        for name in (name for name in words if name in lying):
            yield Download(name, words[name], lying[name].stat().st_size)
        items = {str(item["file"]): item for item in self._told["items"]}
        for path in sorted(self.folder.glob(f"{WORD}/*.docx")):
            name, own = f"{WORD}/{path.name}", path.stem.partition("-")[2]
            item = items.get(name) or ({"title": own, "no": 0} if own in bind.OWN else None)
            if item is None:  # what somebody laid there may be called after anybody
                continue
            yield Download(name, str(item["title"]), path.stat().st_size, int(item["no"]))

    # ---- whether it is out of date

    def _is_old(self, checked: Checked | None, templates: Path | None) -> bool:
        if checked is None or (templates and self._has_other_templates(templates)):
            return True
        try:
            found = sources.found(checked, checked.project)
        except Stop:
            return True
        made, package = (self.folder / MANIFEST).stat().st_mtime_ns, self.folder / PACKAGE / bag.PAYLOAD
        if not package.is_dir():  # it was handed over already
            return any(path.stat().st_mtime_ns > made for path in found.values())
        copies = {
            f"{path.relative_to(package).as_posix()}" for path in (package / SOURCES).rglob("*") if path.is_file()
        }
        return found.keys() != copies or any(_differs(path, package / name) for name, path in found.items())

    def _has_other_templates(self, templates: Path) -> bool:
        versions = self.folder / PACKAGE / bag.PAYLOAD / OTHER / VERSIONS
        if not versions.is_file():
            return False
        then = re.findall(r"^[0-9a-f]{64}  \S.*$", versions.read_text("utf-8"), re.MULTILINE)
        return set(then) != {f"{digest}  {name}" for name, digest in manifest.of_templates(templates).items()}


def _by_row(items: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], list[Kept]]:
    """The items by form, sheet and cell; those of an older manifest, which does not tell the row, by none."""
    found: dict[tuple[str, str, str], list[Kept]] = {}
    for item in items:
        key = str(item["form"]), str(item.get("sheet")), str(item.get("cell"))
        found.setdefault(key, []).append(Kept(str(item["title"]), int(item["no"]), int(item["start"])))
    return found


def _differs(path: Path, copy: Path) -> bool:
    """Whether a file is no longer what was copied from it; read only when it was written to since."""
    now, then = path.stat(), copy.stat()
    if now.st_size != then.st_size:
        return True
    return now.st_mtime_ns > then.st_mtime_ns and not filecmp.cmp(path, copy, shallow=False)


def _shape(volume: Path) -> tuple[int, int]:
    try:
        return pdf.shape(volume)
    except ValueError:
        return 0, 0


def marked(outputs: Path, number: int) -> Path | None:
    """The workbook given back with its faults marked, the last one written."""
    found = [path for path in (outputs / str(number) / check.MARKED).glob("*.xlsx") if not path.name.startswith("~$")]
    return max(found, key=lambda path: path.stat().st_mtime_ns, default=None)
