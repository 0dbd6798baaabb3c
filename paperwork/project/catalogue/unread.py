"""Report what of a file is read as no project: columns, rows, paragraphs and tables that may hold a requirement."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from paperwork.core import text
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats.spreadsheets import cells as grid
from paperwork.formats.spreadsheets.cells import Cell, Sheet
from paperwork.formats.spreadsheets.documents.word_tables import LOOSE
from paperwork.project import headers, rows
from paperwork.project.catalogue.columns import REQUIREMENTS, Columns

NUMBERED = re.compile(
    r"\s*(?:[（(]?\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:[)）、．]|\.(?!\d))|第[一二三四五六七八九十\d]{1,3}[条款项]"
    r"|[①-⒛*※★▲•]|(?:备注|附注|注|说明)\d*[:：])"
)
OBLIGATION = re.compile(r"须|应[当该按于在提报]|不得|要求|提供|报送|提交|务必|禁止|另行|补充")
DUTY = re.compile(r"须|应[当该具有]|不得|具有|具备|不少于|以上")
"""Words of a condition, in the column that says which bodies may carry out a project."""
TITLE = re.compile(r"(?:目录|一览表|清单)$")
MIN_NUMBERED, MIN_OBLIGATION, MIN_LONG = 12, 8, 40
"""Lengths from which a text outside of the table is reported: with a number, with a word of obligation, any other."""
MAX_QUOTE = 40
"""Most characters of a text that a fault quotes."""
NOT_READ = "没有当作目录读"
MEND_LEFT = "是项目的要求的话，请写进目录表格里那个项目的“相关要求”"
CONTRACTOR = "项目承接主体"


def note_others(header: Columns, row: Sequence[Cell], is_own: bool, others: dict[str, list[Cell]]) -> None:
    """Add the filled cells of a row under headers that are no column of the catalogue."""
    for at, name in header.names.items():
        if name not in header.known:
            held = others.setdefault(name, [])
            if at < len(row) and is_filled(row[at]) and (is_own or not held or held[-1].value != row[at].value):
                held.append(row[at])


def is_filled(cell: Cell) -> bool:
    """Return True if a cell holds more than a dash or 无."""
    return cell.is_filled and not text.is_blank(cell.value) and text.as_text(cell.value) not in text.NONE_WORDS


def report_others(others: Mapping[str, Sequence[Cell]], known: Iterable[str]) -> Iterator[Fault]:
    """Yield a notice for each column that is none of the catalogue's.

    If no column is 相关要求, the one with the most text is an error: staff must say which column holds the clauses.
    """
    likely = "" if REQUIREMENTS in known else _likely_requirements(others)
    for name, cells in others.items():
        duties = [cell for cell in cells if may_be_requirement(re.sub(r"\s", "", str(cell.value)))]
        if name == likely:
            wrong = f"没有“{REQUIREMENTS}”这一列，“{name}”这一列像是它：各项目的要求要从这一列读，现在没有读"
            mend = (
                f"是的话，请把表头改成“{REQUIREMENTS}”，或把“{name}”加到 templates/{headers.FILE} 里“{REQUIREMENTS}”"
                "那一行；"
                f"目录里真的没有要求的话，请加一列空的“{REQUIREMENTS}”"
            )
            yield Fault(Level.ERROR, duties[0].where, wrong, mend, quote(duties[0]))
        elif duties:
            wrong = f"“{name}”不是目录的栏目，里面有字的 {len(cells)} 格（像是要求的 {len(duties)} 格）{NOT_READ}"
            yield Fault(Level.NOTICE, duties[0].where, wrong, MEND_LEFT, quote(duties[0]))
        elif cells:
            wrong = f"“{name}”不是目录的栏目，里面有字的 {len(cells)} 格{NOT_READ}"
            yield Fault(Level.NOTICE, cells[0].where, wrong, f"{MEND_LEFT}；不是的话不必理会", quote(cells[0]))


def _likely_requirements(others: Mapping[str, Sequence[Cell]]) -> str:
    """Return the column with the most text that may be requirements, or ''."""
    sizes = {
        name: sum(len(str(cell.value)) for cell in cells)
        for name, cells in others.items()
        if any(may_be_requirement(re.sub(r"\s", "", str(cell.value))) for cell in cells)
    }
    return max(sizes, key=lambda name: sizes[name], default="")


def report_contractors(header: Columns, data: Sequence[Sequence[Cell]]) -> Iterator[Fault]:
    """Yield a notice if a column such as 承接方要求, read as 项目承接主体, seems to hold requirements."""
    places = (at for at, name in header.names.items() if name == CONTRACTOR and header.words.get(at) != CONTRACTOR)
    for at in places:
        cells = [row[at] for row in data if at < len(row) and isinstance(row[at].value, str)]
        duties = [cell for cell in cells if DUTY.search(str(cell.value))]
        if duties:
            wrong = f"“{header.words[at]}”按“{CONTRACTOR}”读，里面像是要求的 {len(duties)} 格没有当作要求"
            yield Fault(Level.NOTICE, duties[0].where, wrong, MEND_LEFT, quote(duties[0]))


def report_left(sheet: Sheet, name: str) -> Iterator[Fault]:
    """Yield the notices for a sheet that is no part of the catalogue: a table, or the text outside of tables."""
    filled = [cell for row in sheet.rows for cell in row if cell.is_filled]
    if sheet.name == LOOSE:
        yield from (fault for cell in filled for fault in report_row([cell]))
    elif len(filled) == 1 and TITLE.search(str(filled[0].value).strip()):  # a title in a frame
        return
    elif filled and not all(rows.is_footer(row) for row in grid.filled_rows(sheet)):
        wrong = f"这张表{NOT_READ}"
        mend = "是目录的话，请把表头写成和第一张表一样；不是的话不必理会"
        yield Fault(Level.NOTICE, Where(name, sheet.name), wrong, mend, quote(filled[0]))


def report_row(cells: Sequence[Cell]) -> Iterator[Fault]:
    """Yield a notice for a row or paragraph that is no project but may hold a requirement."""
    words = "".join(re.sub(r"\s", "", str(cell.value)) for cell in cells)
    if not words or TITLE.search(words):
        return
    if may_be_requirement(words) or cells[0].where.cell in ("脚注", "尾注"):
        wrong = f"这段话在目录的表格{'以外' if not cells[0].where.sheet else '里'}不属于哪个项目，{NOT_READ}"
        yield Fault(Level.NOTICE, cells[0].where, wrong, MEND_LEFT, quote(cells[0]))


def may_be_requirement(words: str) -> bool:
    """Return True if a text without blanks is long enough for a requirement."""
    return bool(
        (NUMBERED.match(words) and len(words) >= MIN_NUMBERED)
        or (OBLIGATION.search(words) and len(words) >= MIN_OBLIGATION)
        or len(words) >= MIN_LONG
    )


def quote(cell: Cell) -> str:
    """Return the first words of a cell."""
    words = re.sub(r"\s+", " ", str(cell.value)).strip()
    return words if len(words) <= MAX_QUOTE else f"{words[:MAX_QUOTE]}…"
