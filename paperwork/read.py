"""The catalogue and a project's workbook → a `Project`, and every fault found on the way.

What can be read is returned together with the faults, so that rules still run over the good rows.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from paperwork import grid, media
from paperwork.catalogue import CatalogueEntry
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.grid import Cell, Sheet
from paperwork.model import Basics, Project, sheets
from paperwork.record import Record

HEADER_SEARCH = 20
"""Title lines and blank lines above a header: how far down a header row is looked for."""
MEDIA_FOLDERS = ("照片", "视频", "附件")


@dataclass
class Inputs:
    """What lies in the inputs folder, told apart by what is in the files, not by their names."""

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


def survey(root: Path) -> Inputs:
    """Look through the inputs folder. Raises `Stop` when no catalogue is found or two are."""
    found = Inputs(root)
    catalogues: list[Path] = []
    for path in _candidates(root):
        try:
            if path.suffix.lower() == ".xlsx" and "基本信息" in grid.sheet_names(path):
                _claim(found, path)
            elif entries := _catalogue(path, found):
                catalogues.append(path)
                found.entries = entries
        except ValueError as reason:
            found.faults.append(
                Fault(Level.NOTICE, Where(found.name(path)), str(reason), "请用 Excel 或 WPS 重新保存后再放进来")
            )
    if len(catalogues) > 1:
        names = "、".join(found.name(path) for path in catalogues)
        raise Stop(ExitCode.FAULTY, f"找到{len(catalogues)}份项目发布目录：{names}", "请只留一份")
    if not catalogues:
        raise Stop(
            ExitCode.FAULTY,
            f"在 {root} 里没有找到项目发布目录",
            "请放入 .docx、.xlsx 或 .txt 的目录，表头须有：项目序号、项目名称、实施周期、项目金额（万元）、相关要求",
            faults=found.faults,
        )
    return found


def _candidates(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        raise Stop(ExitCode.FAULTY, f"没有 {root} 这个文件夹", "请新建它，并放入项目发布目录和工作簿")
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith((".", "~$")) for part in parts)
        if path.suffix.lower() in grid.SUFFIXES and not hidden and not set(parts[:-1]) & set(MEDIA_FOLDERS):
            yield path


def _claim(found: Inputs, path: Path) -> None:
    """Note whose workbook this is, and whether it is a sample."""
    for sheet in grid.read_sheets(path, found.name(path)):
        if sheet.name == "基本信息":
            raw = _keyed(sheet, Basics)
            number, sample = (raw[key].value if key in raw else None for key in ("项目序号", "示例"))
            try:
                found.workbooks.setdefault(int(str(number).strip().removesuffix(".0")), []).append(path)
            except ValueError:
                raise ValueError("基本信息表里没有项目序号，不知道是哪个项目的工作簿") from None
            if str(sample).strip() in ("是", "True"):
                found.samples.add(path)


def _catalogue(path: Path, found: Inputs) -> dict[int, CatalogueEntry]:
    """The published projects in a file; empty when it is no catalogue. The 合计 row must equal the sum."""
    name = found.name(path)
    for sheet in grid.read_sheets(path, name):
        columns = _header(sheet, CatalogueEntry)
        if columns is None or len(columns.known) < 6:
            continue
        faults: list[Fault] = []
        entries: dict[int, CatalogueEntry] = {}
        total: Cell | None = None
        for row in _rows(sheet, columns):
            if _plain(str(row[next(iter(row))].value)) == "合计":
                # A text export has no empty cells in this row: the amount is simply the last thing in it.
                total = next((cell for cell in reversed(row.values()) if cell.value), None)
                continue
            entry = _record(CatalogueEntry, row, faults)
            if isinstance(entry, CatalogueEntry):
                entries[entry.number] = entry
        found.faults += faults + list(_total(total, entries))
        return entries
    return {}


def _total(cell: Cell | None, entries: dict[int, CatalogueEntry]) -> Iterator[Fault]:
    if cell is None or cell.value is None:
        return
    total = sum(entry.amount for entry in entries.values()) / 10_000
    if str(cell.value).strip() != f"{total:f}".rstrip("0").rstrip("."):
        yield Fault(
            Level.NOTICE, cell.where, f"合计与各项目金额之和（{total} 万元）不符", "请核对目录", str(cell.value)
        )


def read_project(inputs: Inputs, number: int) -> tuple[Project | None, list[Fault]]:
    """Read one project: what could be read, and all faults. Raises `Stop` when there is nothing to read."""
    entry = inputs.entries.get(number)
    if entry is None:
        known = "、".join(map(str, sorted(inputs.entries)))
        raise Stop(ExitCode.FAULTY, f"项目发布目录里没有项目{number}", f"目录里有的序号：{known}")
    path = inputs.workbook(number)
    if path is None:
        raise Stop(
            ExitCode.FAULTY,
            f"没有找到项目{number}的工作簿",
            f"请运行 make new PROJECT={number} 生成空白工作簿，填好后再来",
            faults=inputs.faults,
        )
    name = inputs.name(path)
    faults = list(inputs.faults)
    data: dict[str, Any] = {}
    present = {sheet.name.strip(): sheet for sheet in grid.read_sheets(path, name)}
    for title, kind in sheets().items():
        sheet = present.get(title, Sheet(title, []))
        data[title] = _read_keyed(sheet, kind, faults) if kind.keyed else _read_table(sheet, kind, faults)
    if data["基本信息"] is None:
        return None, faults
    folder = path.parent
    data = {title: value for title, value in data.items() if value is not None}
    return Project(
        catalogue=entry,
        folder=folder,
        workbook=name,
        photos=_media(folder / "照片", media.PHOTOS),
        videos=_media(folder / "视频", media.VIDEOS),
        **data,
    ), faults


def _media(folder: Path, suffixes: Sequence[str]) -> dict[str, tuple[Path, ...]]:
    """The files of each activity's folder, in the order of their names."""
    if not folder.is_dir():
        return {}
    return {
        each.name: tuple(sorted(path for path in each.iterdir() if path.suffix.lower() in suffixes))
        for each in sorted(folder.iterdir())
        if each.is_dir()
    }


# ---- from cells to records


@dataclass(frozen=True)
class Header:
    """Where a table's columns are: the row, the known headers and the others, by position."""

    row: int
    known: dict[int, str]
    others: dict[int, str]


def _plain(header: str) -> str:
    """A header without blanks, line breaks, asterisks and full-width forms."""
    return "".join(unicodedata.normalize("NFKC", header).replace("*", "").split())


def _header(sheet: Sheet, kind: type[Record]) -> Header | None:
    """Find the header: the row among the first ones that names the most columns of the class."""
    aliases = {_plain(each.alias): each.alias for each in kind.fields().values()}
    best: Header | None = None
    for number, row in enumerate(sheet.rows[:HEADER_SEARCH]):
        texts = {place: str(cell.value).strip() for place, cell in enumerate(row) if cell.value is not None}
        known = {place: aliases[_plain(words)] for place, words in texts.items() if _plain(words) in aliases}
        if known and len(known) > (len(best.known) if best else 0):
            best = Header(number, known, {place: words for place, words in texts.items() if place not in known})
    return best


def _rows(sheet: Sheet, header: Header) -> Iterator[dict[str, Cell]]:
    """Each row below the header that holds anything, as cells by column name."""
    for row in sheet.rows[header.row + 1 :]:
        names = {**header.others, **header.known}
        cells = {names[place]: cell for place, cell in enumerate(row) if place in names}
        if any(cell.value not in (None, "") or cell.problem for cell in cells.values()):
            yield cells


def _keyed(sheet: Sheet, kind: type[Record]) -> dict[str, Cell]:
    """A key–value sheet as cells by key: 项目 in the first column, 内容 in the second."""
    aliases = {_plain(each.alias): each.alias for each in kind.fields().values()}
    cells: dict[str, Cell] = {}
    for row in grid.walk(sheet):
        key = str(row[0].value or "").strip()
        if key and len(row) > 1 and (_plain(key), _plain(str(row[1].value))) != ("项目", "内容"):
            cells.setdefault(aliases.get(_plain(key), key), row[1])
    return cells


def _read_keyed(sheet: Sheet, kind: type[Record], faults: list[Fault]) -> Record | None:
    return _record(kind, _keyed(sheet, kind), faults, Where(sheet=sheet.name))


def _read_table(sheet: Sheet, kind: type[Record], faults: list[Fault]) -> tuple[Record, ...]:
    header = _header(sheet, kind)
    if header is None:
        if any(grid.walk(sheet)):
            place = sheet.rows[0][0].where
            faults.append(Fault(Level.ERROR, place, "找不到表头，这张表没有读", "请对照空白工作簿补上表头行"))
        return ()
    for alias in _required(kind):
        if alias not in header.known.values():
            place = sheet.rows[header.row][0].where
            faults.append(Fault(Level.ERROR, place, f"缺少“{alias}”这一列", "请在表头行加上它"))
    read = (_record(kind, row, faults) for row in _rows(sheet, header))
    return tuple(record for record in read if record is not None)


def _required(kind: type[Record]) -> list[str]:
    return [each.alias for each in kind.fields().values() if each.is_required()]


def _record(
    kind: type[Record], cells: dict[str, Cell], faults: list[Fault], around: Where | None = None
) -> Record | None:
    """Make a record of a row. A bad value is a fault; where it may be empty the row lives on without it."""
    around = around or next(iter(cells.values())).where
    raw = {name: cell.value for name, cell in cells.items() if cell.value not in (None, "") and not cell.problem}
    raw = {name: value for name, value in raw.items() if not isinstance(value, str) or value.strip()}
    bad = [Fault(Level.ERROR, cell.where, cell.problem) for cell in cells.values() if cell.problem]
    try:
        record = kind.model_validate(raw)
    except ValidationError as error:
        wrong = {str(each["loc"][0]): each for each in error.errors()}
        told = {name for name, cell in cells.items() if cell.problem}
        bad += [_fault(name, each, cells, around) for name, each in wrong.items() if name not in told]
        if set(wrong) & set(_required(kind)):
            faults += bad
            return None
        record = kind.model_validate({name: value for name, value in raw.items() if name not in wrong})
    faults += bad
    record.stand_at({name: cell.where for name, cell in cells.items()})
    return record


def _fault(name: str, error: Any, cells: dict[str, Cell], around: Where) -> Fault:
    cell = cells.get(name)
    where = cell.where if cell else around
    if error["type"] == "missing":
        return Fault(Level.ERROR, where, f"“{name}”没有填", "这一项必填")
    if error["type"] == "literal_error":
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", "、").replace(", ", "、")
        return Fault(Level.ERROR, where, f"“{name}”不在可选的范围里", f"请从这些里选：{choices}", str(error["input"]))
    # The readers of `values` say what is wrong and, after 请, what to do.
    wrong, asks, mend = str(error["ctx"]["error"]).partition("，请")
    found = str(cell.value) if cell else ""
    return Fault(Level.ERROR, where, f"“{name}”：{wrong}", f"请{mend}" if asks else "请改正这一格", found)
