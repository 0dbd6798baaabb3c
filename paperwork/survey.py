"""What lies in the inputs folder, told apart by what is in the files, not by their names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from paperwork import alike, grid, headers, rows, tables, totals, values
from paperwork.catalogue import CatalogueEntry
from paperwork.cells import Cell
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.headers import Header
from paperwork.model import Basics, sheets

BASICS = "基本信息"
CATALOGUE = "项目发布目录"
OURS = ("填写说明", "校验结果", "校验记录")
"""Sheets that the program itself puts into workbooks."""
AMOUNT = "项目金额（万元）"
BOOKS = (".xlsx", ".xls", ".et", ".ods", ".csv")
BOOK = "项目数据"
"""What the program calls a workbook that it puts into its place."""
MEDIA_FOLDERS = ("照片", "视频", "附件")
LONGEST = 60
"""Characters of a project's name in the name of its folder: a file system counts 255 bytes."""
FEWEST_COLUMNS = 6
"""A table that names this many of the catalogue's ten columns is the catalogue."""


class Claim(NamedTuple):
    """Which project a workbook says it is of, and whether it is a sample."""

    number: int
    sample: bool


@dataclass
class Inputs:
    """The published projects, and the workbooks by project number."""

    root: Path
    catalogues: list[Path] = field(default_factory=list)
    """The files that are the catalogue: one, if all is well."""
    entries: dict[int, CatalogueEntry] = field(default_factory=dict)
    workbooks: dict[int, list[Path]] = field(default_factory=dict)
    samples: set[Path] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    of_rows: dict[Fault, int] = field(default_factory=dict)
    """Which of the faults stand in the catalogue's row of which project."""
    unread: dict[Path, str] = field(default_factory=dict)
    """Files that look like workbooks and could not be read, each with the reason."""

    def faults_of(self, number: int) -> list[Fault]:
        """The faults as a project is concerned: what is wrong with another one's row does not stop it."""
        strange = {fault for fault, of in self.of_rows.items() if of != number}
        return [replace(fault, level=Level.NOTICE) if fault in strange else fault for fault in self.faults]

    def hint(self) -> str:
        """Which files may be the workbook that a project lacks; empty when there is none."""
        hints = [f"“{self.name(path)}”读不了（{reason}）" for path, reason in self.unread.items()]
        for other, paths in self.workbooks.items():
            if other not in self.entries:
                names = "、".join(self.name(path) for path in paths)
                hints.append(f"“{names}”的项目序号是 {other}，目录里没有这个序号")
        return f"请先看看这些是不是它：{'；'.join(hints)}。都不是的话，" if hints else ""

    def name(self, path: Path) -> str:
        """A file's name as faults tell it: relative to the inputs folder."""
        return path.relative_to(self.root).as_posix()

    def home(self, number: int) -> Path:
        """The folder of a project that has none yet."""
        name = re.sub(r"[^\w·•-]", "", self.entries[number].name)[:LONGEST]
        return self.root / f"项目{number}-{name}"

    def workbook(self, number: int) -> Path | None:
        """The workbook of a project. A real one takes the place of a sample. Raises `Stop` when two claim it."""
        found = self.workbooks.get(number, [])
        real = [path for path in found if path not in self.samples] or found
        if len(real) > 1:
            names = "、".join(self.name(path) for path in real)
            raise Stop(
                ExitCode.FAULTY, f"项目{number}有{len(real)}份工作簿：{names}", "请只留一份，把其余的移出 inputs 文件夹"
            )
        return real[0] if real else None


def inputs(root: Path) -> Inputs:
    """Look through the inputs folder. Raises `Stop` when no catalogue is found or two are."""
    found = look(root)
    if len(found.catalogues) > 1:
        names = "、".join(found.name(path) for path in found.catalogues)
        raise Stop(ExitCode.FAULTY, f"找到{len(found.catalogues)}份项目发布目录：{names}", "请只留一份")
    if not found.catalogues:
        raise Stop(
            ExitCode.FAULTY,
            f"在 {root} 里没有找到项目发布目录",
            "请放入 Word、Excel、WPS 表格或文本的目录，表头须有：项目序号、项目名称、实施周期、项目金额、相关要求",
            faults=found.faults,
        )
    return found


def look(root: Path) -> Inputs:
    """What lies in the inputs folder, with or without a catalogue. Raises `Stop` only when there is no such folder."""
    found = Inputs(root)
    for path in _candidates(root):
        try:
            if is_workbook(path):
                _note(found, path)
            elif not _is_page(path):
                if entries := _catalogue(path, found):
                    found.catalogues.append(path)
                    found.entries = entries
                else:
                    found.faults += _stray(path, found)
        except ValueError as reason:
            wrong, asks, mend = str(reason).partition("。请")
            _unread(found, path, wrong, f"请{mend}" if asks else "请用 Excel 或 WPS 重新保存后再放进来")
        except OSError as error:
            mend = "它在别的程序里打开着的话，请先关掉；再看看文件的权限"
            _unread(found, path, f"文件读不了（{error.strerror}）", mend)
    return found


def _unread(found: Inputs, path: Path, wrong: str, mend: str) -> None:
    found.faults.append(Fault(Level.NOTICE, Where(found.name(path)), wrong, mend))
    if path.suffix.lower() in BOOKS:
        found.unread[path] = wrong


def _candidates(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        raise Stop(ExitCode.FAULTY, f"没有 {root} 这个文件夹", "请新建它，并放入项目发布目录和工作簿")
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith((".", "~$")) for part in parts)
        is_table = path.suffix.lower() in grid.SUFFIXES and path.is_file()
        if is_table and not hidden and not set(parts[:-1]) & set(MEDIA_FOLDERS):
            yield path


def is_workbook(path: Path) -> bool:
    """Whether a file is a project's workbook: it has the sheet 基本信息, or is that sheet as a CSV."""
    if path.suffix.lower() == ".csv":
        return path.stem.endswith(BASICS)
    return bool(_basics(path))


def is_catalogue(path: Path) -> bool:
    """Whether a file is the catalogue. Raises `ValueError` when it cannot be read."""
    return bool(_catalogue(path, Inputs(path.parent)))


def _basics(path: Path) -> str:
    """What a workbook calls its sheet 基本信息: 基本信息表 will do; none when it has no such sheet."""
    titles = {headers.plain(title).removesuffix("表"): title for title in reversed(tables.titles(path))}
    return titles.get(BASICS, "")


def _is_page(path: Path) -> bool:
    """Whether a CSV is another sheet of a workbook that was saved as one CSV for each sheet."""
    title = next((title for title in sheets() if path.stem.endswith(title)), "")
    first = path.with_name(path.stem.removesuffix(title) + BASICS + path.suffix)
    return path.suffix.lower() == ".csv" and bool(title) and first.is_file()


def _stray(path: Path, found: Inputs) -> Iterator[Fault]:
    """A CSV beside the sheets of a workbook that is called like none of them."""
    for first in path.parent.glob(f"*{BASICS}{path.suffix}") if path.suffix.lower() == ".csv" else ():
        start = first.stem.removesuffix(BASICS)
        if path.stem.startswith(start) and path.stem.removeprefix(start) not in OURS:
            near = alike.nearest(path.stem.removeprefix(start), sheets(), 50)
            guess = f"是不是“{near}”表？是的话请改名为“{start}{near}.csv”" if near else "用不着它就不必理会"
            yield Fault(Level.NOTICE, Where(found.name(path)), "程序不认识这个文件，没有读它", guess)
            return


def claim(path: Path) -> Claim:
    """Whose workbook a file is. Raises `ValueError` when it cannot be read or does not say."""
    is_csv = path.suffix.lower() == ".csv"
    page = tables.read(path, path.name)[0] if is_csv else tables.glance(path, _basics(path))
    pairs = rows.pairs(page, Basics, BASICS)
    said = {headers.plain(key.value): cell.value for key, cell in reversed(pairs)}
    number = next((said[name] for name in ("项目序号", "序号", "项目编号") if name in said), None)
    try:
        return Claim(values.as_count(number), values.text(said.get("示例")) in values.YES)
    except ValueError:
        raise ValueError("基本信息表里没有项目序号，不知道是哪个项目的工作簿。请在“基本信息”表里填上项目序号") from None


def _note(found: Inputs, path: Path) -> None:
    """Note whose workbook this is, and whether it is a sample."""
    number, sample = claim(path)
    found.workbooks.setdefault(number, []).append(path)
    if sample:
        found.samples.add(path)


def _catalogue(path: Path, found: Inputs) -> dict[int, CatalogueEntry]:
    """The published projects in a file; empty when it is no catalogue. The 合计 row must equal the sum."""
    for sheet in tables.read(path, found.name(path)):
        header = headers.find(sheet, CatalogueEntry, CATALOGUE)
        if header is None or len(header.known) < FEWEST_COLUMNS:
            continue
        found.faults += header.faults
        entries: dict[int, CatalogueEntry] = {}
        total: Cell | None = None
        for row in rows.below(sheet, header):
            if totals.of(row):
                # A text export has no empty cells in this row: the amount is simply the last thing in it.
                total = next((cell for cell in reversed(row.values()) if cell.value), None)
            else:
                _publish(row, entries, found)
        # A row that could not be read may be what a sum has more than the others.
        found.faults += _total(total, header, entries) if not found.of_rows else ()
        return entries
    return {}


def _publish(row: dict[str, Cell], entries: dict[int, CatalogueEntry], found: Inputs) -> None:
    """Add a row of the catalogue; a spoilt one is no project, and concerns nobody but the project it would be."""
    faults: list[Fault] = []
    entry = rows.record(CatalogueEntry, row, faults)
    assert isinstance(entry, CatalogueEntry)
    number = 0 if "项目序号" in entry.broken else entry.number
    if number in entries:
        faults.append(Fault(Level.ERROR, entry.where("项目序号"), f"项目序号 {number} 重复了", "请改正"))
    elif not entry.spoilt:
        entries[number] = entry
    found.faults += faults
    found.of_rows.update(dict.fromkeys(faults, number))


def _total(cell: Cell | None, header: Header, entries: dict[int, CatalogueEntry]) -> Iterator[Fault]:
    if cell is None or not entries:
        return
    total = sum((entry.amount for entry in entries.values()), Decimal(0))
    try:
        right = values.as_ten_thousands(rows.scaled(cell, AMOUNT, header.units.get(AMOUNT, "")).value) == total
    except ValueError:
        right = False
    if not right:
        wrong = f"合计与各项目金额之和（{values.plain_number(total / 10_000)} 万元）不符"
        yield Fault(Level.NOTICE, cell.where, wrong, "请核对目录", str(cell.value))
