"""Cells → records: each row of a table, or a key–value sheet, validated cell by cell.

A bad value is a fault; where it may be empty the row lives on without it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from paperwork import grid, headers, values
from paperwork.faults import Fault, Level, Where
from paperwork.grid import Cell, Sheet
from paperwork.headers import Header
from paperwork.record import Record

TOTALS = ("合计", "小计", "总计", "共计", "累计")
DASHES = {"-", "—", "——", "－", "/", "\\", "／"}
"""What people put into a cell that has nothing to say."""


def read_keyed(sheet: Sheet, kind: type[Record], title: str, faults: list[Fault]) -> Record | None:
    """Read a key–value sheet: 项目 in the first column, 内容 in the second."""
    return record(kind, keyed(sheet, kind, title, faults), faults, Where(sheet=sheet.name))


def keyed(sheet: Sheet, kind: type[Record], title: str, faults: list[Fault]) -> dict[str, Cell]:
    """A key–value sheet as cells by key."""
    pairs = [(row[0], row[1]) for row in grid.walk(sheet) if len(row) > 1 and row[0].value not in (None, "")]
    pairs = [pair for pair in pairs if tuple(headers.plain(cell.value) for cell in pair) != ("项目", "内容")]
    meant, said = headers.match([key for key, _ in pairs], kind, title)
    faults += said
    cells: dict[str, Cell] = {}
    for (key, cell), name in zip(pairs, meant, strict=True):
        cells.setdefault(name or str(key.value).strip(), cell)
    return cells


def read_table(sheet: Sheet, kind: type[Record], title: str, faults: list[Fault]) -> tuple[Record, ...]:
    """Read every row of a table. A 合计 row is no record, but it must be the sum."""
    header = headers.find(sheet, kind, title)
    if header is None:
        if any(grid.walk(sheet)):
            where = Where(sheet.rows[0][0].where.file, sheet.name)
            wanted = "、".join(required(kind))
            faults.append(Fault(Level.ERROR, where, "找不到表头", f"请在数据上面写一行表头，至少要有：{wanted}"))
        return ()
    faults += header.faults
    missing = [alias for alias in required(kind) if alias not in header.names.values()]
    place = sheet.rows[header.row][min(header.names)].where
    faults += [Fault(Level.ERROR, place, f"缺少“{alias}”这一列", "请在表头行加上它") for alias in missing]
    records: list[Record] = []
    unread: list[Fault] = []
    for cells in below(sheet, header):
        if is_total(cells):
            faults += _totals(cells, records)
            continue
        # A column that is not there at all is told once, not in every row.
        found: list[Fault] = []
        made = record(kind, cells, found)
        unread += [fault for fault in found if not any(f"“{alias}”没有填" == fault.wrong for alias in missing)]
        if made is not None:
            records.append(made)
    faults += unread
    return tuple(records)


def below(sheet: Sheet, header: Header) -> Iterator[dict[str, Cell]]:
    """Each row below the header that holds anything, as cells by column name."""
    for row in sheet.rows[header.row + 1 :]:
        cells = {header.names[at]: cell for at, cell in enumerate(row) if at in header.names}
        if any(cell.value not in (None, "") or cell.problem for cell in cells.values()):
            yield {name: _scaled(cell, name, header.units.get(name, "")) for name, cell in cells.items()}


def is_total(cells: dict[str, Cell]) -> bool:
    """Whether a row sums up those above it."""
    first = [headers.plain(cell.value) for cell in cells.values() if cell.value not in (None, "")][:2]
    return any(word in TOTALS for word in first)


def _totals(cells: dict[str, Cell], records: list[Record]) -> Iterator[Fault]:
    for name, cell in cells.items():
        amounts = [each.tags().get(values.tag_name(name)) for each in records]
        if cell.value is not None and any(isinstance(amount, values.Money) for amount in amounts):
            total = sum((amount for amount in amounts if isinstance(amount, Decimal)), Decimal(0))
            try:
                written = values.as_money(cell.value)
            except ValueError:
                continue
            if written != total:
                wrong = f"合计与上面各行之和（{values.printed(values.Money(total))}）不符"
                yield Fault(Level.NOTICE, cell.where, wrong, "请核对，或删去合计行（程序自己会加）", str(cell.value))


def _scaled(cell: Cell, name: str, unit: str) -> Cell:
    """An amount under a header in another unit than the column's own; a cell that says its unit is believed."""
    asked = "万元" if "万元" in name else "元"
    words = values.halfwidth(cell.value) if cell.value is not None else ""
    if not unit or unit == asked or not words or "万" in words or "元" in words:
        return cell
    return Cell(words + unit, cell.where, cell.problem)


def required(kind: type[Record]) -> list[str]:
    """The columns that must be filled in."""
    return [each.alias for each in kind.fields().values() if each.is_required()]


def record(
    kind: type[Record], cells: dict[str, Cell], faults: list[Fault], around: Where | None = None
) -> Record | None:
    """Make a record of a row; None when a required cell is empty or bad. `around` is where an empty row would be."""
    around = around or next(iter(cells.values())).where
    raw = {name: cell.value for name, cell in cells.items() if not _empty(cell)}
    bad = [Fault(Level.ERROR, cell.where, cell.problem) for cell in cells.values() if cell.problem]
    try:
        made = kind.model_validate(raw)
    except ValidationError as error:
        wrong = {str(each["loc"][0]): each for each in error.errors()}
        told = {name for name, cell in cells.items() if cell.problem}
        bad += [_fault(name, each, cells, around) for name, each in wrong.items() if name not in told]
        if set(wrong) & set(required(kind)):
            faults += bad
            return None
        made = kind.model_validate({name: value for name, value in raw.items() if name not in wrong})
    faults += bad
    made.stand_at({name: cell.where for name, cell in cells.items()})
    return made


def _empty(cell: Cell) -> bool:
    return bool(cell.problem) or cell.value is None or str(cell.value).strip() in DASHES | {""}


def _fault(name: str, error: Any, cells: dict[str, Cell], around: Where) -> Fault:
    cell = cells.get(name)
    where = cell.where if cell else around
    if error["type"] == "missing":
        return Fault(Level.ERROR, where, f"“{name}”没有填", "这一项必填，请补上")
    if error["type"] == "literal_error":
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", "、").replace(", ", "、")
        return Fault(Level.ERROR, where, f"“{name}”不在可选的范围里", f"请从这些里选：{choices}", str(error["input"]))
    # The readers of `values` say what is wrong and, after 请, what to do.
    wrong, asks, mend = str(error["ctx"]["error"]).partition("，请")
    found = str(cell.value) if cell else ""
    return Fault(Level.ERROR, where, f"“{name}”：{wrong}", f"请{mend}" if asks else "请改正这一格", found)
