"""What lies in the inputs folder, told apart by what is in the files, not by their names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from paperwork import grid, headers, rows, tables, values
from paperwork.catalogue import CatalogueEntry
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.grid import Cell
from paperwork.model import sheets

BASICS = "基本信息"
CATALOGUE = "项目发布目录"
MEDIA_FOLDERS = ("照片", "视频", "附件")
FEWEST_COLUMNS = 6
"""A table that names this many of the catalogue's ten columns is the catalogue."""


@dataclass
class Inputs:
    """The published projects, and the workbooks by project number."""

    root: Path
    entries: dict[int, CatalogueEntry] = field(default_factory=dict)
    workbooks: dict[int, list[Path]] = field(default_factory=dict)
    samples: set[Path] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def name(self, path: Path) -> str:
        """A file's name as faults tell it: relative to the inputs folder."""
        return path.relative_to(self.root).as_posix()

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
    found = Inputs(root)
    catalogues: list[Path] = []
    for path in _candidates(root):
        try:
            if is_workbook(path):
                _claim(found, path)
            elif not _is_page(path) and (entries := _catalogue(path, found)):
                catalogues.append(path)
                found.entries = entries
        except ValueError as reason:
            wrong, asks, mend = str(reason).partition("。请")
            mend = f"请{mend}" if asks else "请用 Excel 或 WPS 重新保存后再放进来"
            found.faults.append(Fault(Level.NOTICE, Where(found.name(path)), wrong, mend))
    if len(catalogues) > 1:
        names = "、".join(found.name(path) for path in catalogues)
        raise Stop(ExitCode.FAULTY, f"找到{len(catalogues)}份项目发布目录：{names}", "请只留一份")
    if not catalogues:
        raise Stop(
            ExitCode.FAULTY,
            f"在 {root} 里没有找到项目发布目录",
            "请放入 Word、Excel、WPS 表格或文本的目录，表头须有：项目序号、项目名称、实施周期、项目金额、相关要求",
            faults=found.faults,
        )
    return found


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
    return BASICS in [title.strip() for title in tables.titles(path)]


def _is_page(path: Path) -> bool:
    """Whether a CSV is another sheet of a workbook that was saved as one CSV for each sheet."""
    title = next((title for title in sheets() if path.stem.endswith(title)), "")
    first = path.with_name(path.stem.removesuffix(title) + BASICS + path.suffix)
    return path.suffix.lower() == ".csv" and bool(title) and first.is_file()


def _claim(found: Inputs, path: Path) -> None:
    """Note whose workbook this is, and whether it is a sample."""
    if path.suffix.lower() == ".csv":
        [page] = tables.read(path, found.name(path))
        pairs: list[tuple[object, object]] = [(row[0].value, row[1].value) for row in page.rows if len(row) > 1]
    else:
        pairs = tables.glance(path, BASICS)
    said = {headers.plain(key): value for key, value in reversed(pairs) if key is not None}
    number = next((said[name] for name in ("项目序号", "序号", "项目编号") if name in said), None)
    try:
        found.workbooks.setdefault(values.as_count(number), []).append(path)
    except ValueError:
        raise ValueError("基本信息表里没有项目序号，不知道是哪个项目的工作簿。请在“基本信息”表里填上项目序号") from None
    if str(said.get("示例")).strip() in ("是", "True"):
        found.samples.add(path)


def _catalogue(path: Path, found: Inputs) -> dict[int, CatalogueEntry]:
    """The published projects in a file; empty when it is no catalogue. The 合计 row must equal the sum."""
    for sheet in tables.read(path, found.name(path)):
        header = headers.find(sheet, CatalogueEntry, CATALOGUE)
        if header is None or header.known < FEWEST_COLUMNS:
            continue
        faults = list(header.faults)
        entries: dict[int, CatalogueEntry] = {}
        total: Cell | None = None
        for row in rows.below(sheet, header):
            if rows.is_total(row):
                # A text export has no empty cells in this row: the amount is simply the last thing in it.
                total = next((cell for cell in reversed(row.values()) if cell.value), None)
                continue
            entry = rows.record(CatalogueEntry, row, faults)
            if isinstance(entry, CatalogueEntry):
                if entry.number in entries:
                    faults.append(
                        Fault(Level.ERROR, entry.where("项目序号"), f"项目序号 {entry.number} 重复了", "请改正")
                    )
                entries.setdefault(entry.number, entry)
        found.faults += faults + list(_total(total, entries))
        return entries
    return {}


def _total(cell: Cell | None, entries: dict[int, CatalogueEntry]) -> Iterator[Fault]:
    if cell is None or cell.value is None:
        return
    total = values.plain_number(sum(entry.amount for entry in entries.values()) / Decimal(10_000))
    if str(cell.value).strip().removesuffix("万元") != total:
        wrong = f"合计与各项目金额之和（{total} 万元）不符"
        yield Fault(Level.NOTICE, cell.where, wrong, "请核对目录", str(cell.value))
