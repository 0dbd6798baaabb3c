"""Recognise the rows of a table that are not records: totals, which are checked, and footers (remarks, signatures)."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from paperwork import headers, values
from paperwork.cells import Cell
from paperwork.faults import Fault, Level
from paperwork.record import Record
from paperwork.values import Money

SUM = re.compile(r"[\u4e00-\u9fff]{0,4}(?:合计|小计|总计|共计|累计)(?:[(（].*)?")
# These words make a total in any cell of a row; ledgers write them in the column 摘要.
ANYWHERE = re.compile(
    r"(?:本[日月季年页期]|当月|全年|上[月年页])?(?:合计|小计|总计|共计|累计)|[期年月]初余额|[期年月]末余额"
    r"|(?:上[年月期页]|本[年月期])?结转(?:下[年月期页])?|承前页?|过次页"
)
PART = re.compile(r"小计|(?:本[日月季页期]|当月)合计")
"""Subtotals: each sums up the rows since the previous subtotal."""
CARRIED = re.compile(r"余额|结转|承前|过次|上[月年页]")
"""Balances and carried-forward amounts, which are not sums of the rows above and are not checked."""
FOOTER = re.compile(
    r"(?:备?注|附注|说明|填[表报]说明)\d*[:.、]|(?:制[表单]|填[表报]|审核|复核|审批|经办|负责|主管|签[字名])人?(?:员|签[字名])?:"
    r"|(?:会计|出纳|领导|单位负责人|项目负责人|盖章|填表日期|制表日期|填报单位):|以下空白"
)


def of(cells: Mapping[str, Cell]) -> str:
    """Return the word that marks a row as a total, or an empty text."""
    words = [headers.plain(cell.value) for cell in cells.values() if cell.value not in (None, "")]
    first = next((word for word in words[:2] if SUM.fullmatch(word)), "")
    return first or next((word for word in words if ANYWHERE.fullmatch(word)), "")


def is_footer(row: Sequence[Cell]) -> bool:
    """Return True if a row begins with a remark or a signature line."""
    first = next((cell.value for cell in row if cell.value not in (None, "")), None)
    words = re.sub(r"\s", "", unicodedata.normalize("NFKC", str(first)))
    return isinstance(first, str) and FOOTER.match(words) is not None


class Sums:
    """The rows read so far, for checking totals: all, those since the last subtotal, and those since the last total."""

    def __init__(self) -> None:
        self.all: list[Record] = []
        self.part: list[Record] = []
        self.since: list[Record] = []

    def add(self, row: Record) -> None:
        """Add a row."""
        for rows in (self.all, self.part, self.since):
            rows.append(row)

    def compared(self, word: str, cells: Mapping[str, Cell]) -> Iterator[Fault]:
        """Yield a fault for each amount in a total row that is not the sum of its rows."""
        ranges = [self.part] if PART.search(word) else [self.all, self.since]
        for name, cell in cells.items():
            if not CARRIED.search(word):
                yield from _check_total(name, cell, ranges)
        self.since = []
        if PART.search(word):
            self.part = []


def _check_total(name: str, cell: Cell, ranges: Sequence[Sequence[Record]]) -> Iterator[Fault]:
    """Yield a fault if the amount in a cell equals none of the sums.

    Yields nothing if a value of the rows could not be read, because it may be the difference.
    """
    sums = []
    for rows in ranges:
        amounts = [row.tags().get(values.tag_name(name)) for row in rows]
        if any(row.broken for row in rows) or not any(isinstance(amount, Money) for amount in amounts):
            return
        sums.append(sum((amount for amount in amounts if isinstance(amount, Decimal)), Decimal(0)))
    try:
        written = values.as_money(cell.value)
    except ValueError:
        return
    if written not in sums:
        wrong = f"合计与上面各行之和（{values.printed(Money(sums[0]))}）不符"
        yield Fault(Level.NOTICE, cell.where, wrong, "请核对，或删去合计行（程序自己会加）", str(cell.value))
