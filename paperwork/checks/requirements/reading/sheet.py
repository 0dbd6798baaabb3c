"""Rows of 要求解读.xlsx: what the program reads and what staff have typed, side by side, and how both are written.

Writing keeps everything that staff have typed: decisions, changes without 审定人, rows and columns of their own. Rows
that nobody has changed are brought up to date. Decisions whose text is gone stand below a line at the end.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from paperwork.checks.requirements.obligations import GENERAL, TARGET, UNKNOWN, Clause, Obligation, Part
from paperwork.checks.requirements.reading import decided
from paperwork.checks.requirements.readings import read_entry
from paperwork.core import commands, hashing
from paperwork.core.faults import NOWHERE, ExitCode, Fault, Level, Stop, Where
from paperwork.formats.spreadsheets import decision_sheet, reader, writer
from paperwork.formats.spreadsheets.decision_sheet import DecisionSheet
from paperwork.formats.spreadsheets.writer import ColumnSpec
from paperwork.project import blank_workbook, decisions
from paperwork.project.decisions import (
    ASKED,
    BASELINE,
    FACTS,
    FILE,
    LEFT_OVER,
    NOT_A_DEMAND,
    TITLE,
    Key,
    Row,
    shown,
    text_key,
)
from paperwork.project.funder import Funder, read_funder
from paperwork.project.input_folder import Inputs
from paperwork.project.model import CatalogueEntry, Decision

Cells = Mapping[str, object]
HEADERS = tuple(each.alias for each in Decision.fields().values())
"""The columns, in their order."""
IDENTITY = ("项目序号", "条款", "原文")
KIND, NOTE, WHO, DAY = "认作", "说明", "审定人", "审定日期"
WIDTHS = dict(zip(HEADERS, (9, 14, 44, 16, 8, 6, 10, 7, 12, 10, 16, 22, 9, 12), strict=True))
OFTEN = {1: "每月", 3: "每季度", 6: "每半年", 12: "每年"}
INTRO = (
    "填写说明",
    "1. 这张表是程序读目录读出来的：目录里的每一句话一行，一句话里有几项要求的有几行。“认作”是程序认出的要求。",
    "2. 读得不对的，在“认作”里另选一项，改好右边的各格，填上审定人和审定日期。"
    "填了审定人的以这张表为准，并印进要求对照表；没有填的不算数，只供查看。",
    "3. 橙黄色的行程序认不出来，请人看一看；绿色的是审定过的；灰字的程序认为不是要求。",
    "4. 不是要求的选“不是要求”；是要求、但这个项目用不着的选“不适用”，并在“说明”里写明理由。",
    "5. 点了名的材料选“其他材料”，按季、按月要交的选“按期交的材料”（写上多久一次），"
    "每次活动都要有的选“每次活动的材料”，"
    "都要写材料名称；要达到一个数的选“目标”，写上数量和单位；只有人能判断的选“请人确认”。",
    "6. 一句话里还有别的要求，在它下面加一行，项目序号、条款、原文照抄，选好认作。",
    "7. 审定跟着原文走：目录改了别的地方不受影响；同样的话在别的项目、别的年份也照这里读，“说明”里写着沿用哪个项目的。",
    "8. 可以在右边加自己的列。再运行一次 {read}，填过的都留着；目录改了以后对不上的行，留在最下面。",
)


class Status(StrEnum):
    """What becomes of a part; the values are shown to staff and stand in the JSON."""

    RECOGNISED = "认出"
    ASKED = "请人确认"
    NO_DEMAND = "不是要求"


@dataclass(frozen=True)
class Line:
    """A row of 要求解读: one reading of one part of a project's text, or a row that fits no part any more.

    `cells` has every column by header, those of staff's own included; `program` has what the program reads, empty for a
    row that staff have added or that is left over.
    """

    number: str
    clause: str
    text: str
    at: int
    """Which reading of the part it is, from 0. With the three fields above it identifies the row."""
    cells: Cells
    program: Cells
    is_decided: bool = False
    is_edited: bool = False
    """True if staff have changed the row without filling 审定人: it does not count yet."""
    taken_from: str = ""
    """The project whose decision on the same text was taken over; empty: decided here, or not at all."""
    reason: str = ""
    """Why the program thinks that the part demands nothing."""
    is_left_over: bool = False
    """True if no project has this text any more."""
    where: Where = NOWHERE
    """First cell of the row in the file; `NOWHERE` for a row that is not in it yet."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Return what identifies the row."""
        return self.number, self.clause, self.text, self.at

    @property
    def kind(self) -> str:
        """Return 认作 of the row as it stands."""
        return shown(self.cells.get(KIND))

    @property
    def status(self) -> Status:
        """Return what becomes of the part by this row, as far as it counts."""
        kind = self.kind if self.is_decided else shown(self.program.get(KIND))
        if kind in decided.TAKEN_AWAY:
            return Status.NO_DEMAND
        return Status.ASKED if kind == ASKED else Status.RECOGNISED


@dataclass(frozen=True)
class Reading:
    """The rows of all projects of a folder, and the file that they are written to.

    `digest` is that of the file when it was read, empty if there is none yet.
    """

    path: Path
    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    """Words that 认作 may be."""
    names: Mapping[str, str]
    """Name of each project by its number."""
    faults: tuple[Fault, ...] = ()
    digest: str = ""
    made: dt.date = dt.date(2000, 1, 1)
    sources: tuple[Path, ...] = ()
    """Files that the rows were read from."""

    def with_cells(self, changes: Mapping[tuple[str, str, str, int], Cells]) -> "Reading":
        """Return the reading with some cells changed, by the key of their row (`Line.key`); nothing is written."""
        known = {line.key for line in self.lines}
        if lost := [key for key in changes if key not in known]:
            wrong = f"要求解读里没有这一行了：{lost[0][0]} {lost[0][1]}“{lost[0][2]}”"
            raise Stop(ExitCode.REFUSED, wrong, "目录或要求解读刚刚改过，请刷新以后再填")
        lines = (_changed(line, changes[line.key]) if line.key in changes else line for line in self.lines)
        return replace(self, lines=tuple(lines))

    def with_row(self, key: tuple[str, str, str, int], cells: Cells) -> "Reading":
        """Return the reading with one more row for the part of a row, by its key: a further demand of these words."""
        places = [at for at, line in enumerate(self.lines) if line.key[:3] == key[:3]]
        if not places:
            return self.with_cells({key: cells})
        last = self.lines[places[-1]]
        identity = {header: last.cells.get(header) for header in IDENTITY}
        row = _changed(replace(last, at=last.at + 1, cells=identity, program={}, where=NOWHERE), cells)
        return replace(self, lines=(*self.lines[: places[-1] + 1], row, *self.lines[places[-1] + 1 :]))


def faults_of_cells(cells: Cells, kinds: Sequence[str]) -> list[Fault]:
    """Return what would be wrong with a row of these cells (all columns, by header); the faults have no place."""
    decision, told = decisions.check_cells(cells)
    if decision.kind and decision.kind not in kinds:
        told.append(decided.unknown_kind(decision, kinds))
    return told


def _changed(line: Line, cells: Cells) -> Line:
    now = {**line.cells, **cells}
    is_decided = bool(shown(now.get(WHO)) and shown(now.get(KIND)))
    is_edited = not is_decided and _differs(now, line.program)
    return replace(line, cells=now, is_decided=is_decided, is_edited=is_edited, taken_from="")


# ---- what the program reads, as cells


def program_cells(part: Part) -> list[Cells]:
    """Return the readings of a part as cells of the sheet; a part that demands nothing has one row that says so."""
    if not part.readings:
        return [{KIND: NOT_A_DEMAND}]
    return [_cells(each) for each in part.readings]


def _cells(each: Obligation) -> Cells:
    is_named = each.kind not in (TARGET, UNKNOWN)
    found = {
        KIND: ASKED if each.kind == UNKNOWN else each.kind,
        "数量": _plain(each.number),
        "单位": each.unit,
        "多久一次": often(each.months),
        "几日内": each.days or None,
        "截止日": each.due,
        "部室": each.department,
        "材料名称": each.name if is_named else "",
        NOTE: each.note,
    }
    return {header: value for header, value in found.items() if value not in (None, "")}


def often(months: int) -> str:
    """Return a frequency in months as 多久一次."""
    return OFTEN.get(months, f"每{months}个月") if months else ""


def _plain(number: Decimal | None) -> object:
    return None if number is None else int(number) if number == int(number) else float(number)


def _differs(cells: Cells, other: Cells) -> bool:
    """Return True if two rows say something different about a part."""
    return any(_compared(header, cells.get(header)) != _compared(header, other.get(header)) for header in FACTS)


def _compared(header: str, value: object) -> str:
    """Return a cell as it is compared: dates of any kind alike, numbers without a trailing .0."""
    return shown(value.date() if isinstance(value, dt.datetime) else value)


# ---- the rows of all projects


def read_sheet(inputs: Inputs) -> Reading:
    """Return the rows of 要求解读 for all projects of the inputs, with what staff have typed. Writes nothing."""
    funder = read_funder(inputs.templates)
    known = decided.kinds(funder, inputs.templates)
    files = list(dict.fromkeys(each.path for each in inputs.decisions))
    path = _target(inputs, files)
    book = _Rows(inputs, known)
    lines: list[Line] = []
    texts: list[str] = []
    for number, entry in sorted(inputs.entries.items()):
        for clause, part in _parts(entry, funder, inputs):
            texts.append(part.text)
            lines += book.lines(str(number), decided.clause_name(clause), part)
    left = [*book.left_over()]
    own = dict.fromkeys(header for each in inputs.decisions for header in each.columns if header not in HEADERS)
    found = [fault for each in inputs.decisions for fault in each.faults]
    found += [fault for fault, _ in decisions.contradictions(inputs.decisions)]
    found += [decided.unknown_kind(row.decision, known) for row in book.decided if row.decision.kind not in known]
    texts = list(dict.fromkeys(texts))  # of two equal texts neither is the most similar one
    found += [decided.no_longer_there(row.decision, texts) for row in book.unused() if row.is_decided]
    first = min((entry.span.start for entry in inputs.entries_of(inputs.year).values()), default=dt.date(2000, 1, 1))
    return Reading(
        path=path,
        lines=(*lines, *left),
        columns=(*HEADERS, *own),
        kinds=known,
        names={str(number): entry.name for number, entry in inputs.entries.items()},
        faults=tuple(dict.fromkeys([*found, *_moved(inputs, files, path)])),
        digest=hashing.sha256_of(path) if path.is_file() else "",
        made=first,
        sources=tuple(each.path for each in inputs.decisions),
    )


def _moved(inputs: Inputs, files: Sequence[Path], path: Path) -> Iterator[Fault]:
    """Yield a notice for a file of another format: its rows go into an .xlsx file, and it is of no use any more."""
    for each in files:
        if each != path and len(files) == 1:
            wrong = f"里面的行搬进 {path.name} 了"
            yield Fault(Level.NOTICE, Where(inputs.name(each)), wrong, "以后请填那一份，这一份请移走")


def _target(inputs: Inputs, files: Sequence[Path]) -> Path:
    """Return the path to write: the file that is there, else 要求解读.xlsx beside the newest catalogue."""
    if len(files) == 1 and files[0].suffix.lower() == ".xlsx":
        return files[0]
    newest = max(inputs.catalogues, key=lambda path: inputs.years[path], default=inputs.root / FILE)
    return (files[0] if files else newest).parent / FILE


def _parts(entry: CatalogueEntry, funder: Funder, inputs: Inputs) -> Iterator[tuple[Clause, Part]]:
    """Yield the parts of a project's texts; a part that its clause repeats word by word comes once."""
    for clause in read_entry(entry, funder, inputs.templates):
        if clause.source != GENERAL:
            seen: set[str] = set()
            for part in clause.parts:
                key = text_key(part.text)
                if key not in seen:
                    seen.add(key)
                    yield clause, part


class _Rows:
    """The rows of the files by what they are about; each is used where its text is found."""

    def __init__(self, inputs: Inputs, known: Sequence[str]) -> None:
        self.groups: dict[Key, list[Row]] = {}
        self.baseline: dict[Key, tuple[Mapping[str, str], ...]] = {}
        for read in inputs.decisions:
            for (number, clause, words), group in read.groups().items():
                self.groups.setdefault((inputs.decided_number(number), clause, words), group)
            for (number, clause, words), rows in read.baseline.items():
                self.baseline.setdefault((inputs.decided_number(number), clause, words), rows)
        self.decided = [row for group in self.groups.values() for row in group if row.is_decided]
        self.in_project: dict[tuple[str, str], Key] = {(key[0], key[2]): key for key in self.groups}
        numbered = (row.decision.model_copy(update={"number": key[0]}) for key, group in self.groups.items()
                    for row in group)  # fmt: skip
        self.index = decided.index(numbered, known)
        self.used: set[Key] = set()
        self.own_use: set[Key] = set()
        self.has_own = {(str(number), text_key(words)) for number, words in _all_parts(inputs)}

    def lines(self, number: str, clause: str, part: Part) -> Iterator[Line]:
        """Yield the rows of a part."""
        words = text_key(part.text)
        key = (number, text_key(clause), words)
        source, taken_from = key, ""
        program = program_cells(part)
        if self._is_untouched(key, program):
            found = self.index.find(number, clause, part.text)
            other = decisions.key_of(found.rows[0]) if found.rows else None
            if key not in self.groups:
                source = self.in_project.get((number, words)) or other or key
            elif other and other[0] != number:
                source = other
            # The other project has no such text itself (any more): the decision moves instead of being copied.
            stays = (source[0], words) in self.has_own
            taken_from = source[0] if source[0] != number and stays else ""
        self.used |= {key, key if taken_from else source}
        group, before = self.groups.get(source, []), self.baseline.get(source, ())
        for at in range(max(len(group), len(program))):
            row = group[at] if at < len(group) else None
            own = program[at] if at < len(program) else {}
            old = before[at] if at < len(before) else None
            line = _line(Line(number, clause, part.text, at, own, own, reason=part.reason), row, old, taken_from)
            if line is not None:
                yield line

    def _is_untouched(self, key: Key, program: Sequence[Cells]) -> bool:
        """Return True if staff have typed nothing into the rows of a part: a decision of another project counts."""
        before = self.baseline.get(key) or program
        return not any(
            shown(row.typed.get(WHO)) or _has_own(row) or at >= len(before) or _differs(row.typed, before[at])
            for at, row in enumerate(self.groups.get(key, ()))
        )

    def unused(self) -> Iterator[Row]:
        """Yield the rows that belong to no part."""
        yield from (row for key, group in self.groups.items() if key not in self.used for row in group)

    def left_over(self) -> Iterator[Line]:
        """Yield the rows that belong to no part and hold something that staff have typed."""
        for key, group in self.groups.items():
            before = self.baseline.get(key, ())
            for at, row in enumerate(group if key not in self.used else ()):
                old = before[at] if at < len(before) else None
                typed = {header: row.typed.get(header) for header in row.typed}
                if row.is_decided or old is None or _differs(typed, old) or _has_own(row):
                    each = row.decision
                    yield Line(
                        each.number or "", each.clause or "", each.text or "", at, typed, {}, row.is_decided,
                        not row.is_decided, is_left_over=True, where=each.place,
                    )  # fmt: skip


def _all_parts(inputs: Inputs) -> Iterator[tuple[int, str]]:
    funder = read_funder(inputs.templates)
    for number, entry in inputs.entries.items():
        yield from ((number, part.text) for _, part in _parts(entry, funder, inputs))


def _line(new: Line, row: Row | None, old: Mapping[str, str] | None, taken_from: str) -> Line | None:
    """Return the row of a reading: as staff have typed it, or else as the program reads it.

    `old` is the row as the program wrote it last. None for a row of the program that has no reading any more.
    """
    identity = {"项目序号": _number_cell(new.number), "条款": new.clause, "原文": new.text}
    if row is None:
        return replace(new, cells={**new.program, **identity})
    typed = {header: value for header, value in row.typed.items() if header not in IDENTITY}
    where = row.decision.place
    if row.is_decided:
        if taken_from and not shown(typed.get(NOTE)):
            typed[NOTE] = f"沿用项目{taken_from}的审定"
        line = replace(new, cells={**typed, **identity}, is_decided=True, taken_from=taken_from, where=where)
        return line
    if taken_from:
        return replace(new, cells={**new.program, **identity}) if new.program else None
    if _differs(typed, old if old is not None else new.program) or shown(typed.get(WHO)):
        return replace(new, cells={**typed, **identity}, is_edited=True, where=where)
    if not new.program and not _has_own(row):
        return None
    kept = {header: value for header, value in typed.items() if header not in FACTS}
    return replace(new, cells={**kept, **new.program, **identity}, where=where)


def _has_own(row: Row) -> bool:
    """Return True if staff have filled a column of their own in a row."""
    return any(shown(value) for header, value in row.typed.items() if header not in HEADERS)


def _number_cell(number: str) -> object:
    return int(number) if number.isdecimal() else number


# ---- writing


def write_sheet(reading: Reading) -> Path:
    """Write the rows into the file and return its path.

    Raises `Stop` if the file was changed since it was read, is open elsewhere or cannot be written, or if there are
    several such files.
    """
    path = reading.path
    if len(reading.sources) > 1:
        wrong = f"有 {len(reading.sources)} 张要求解读：{'、'.join(each.name for each in reading.sources)}"
        raise Stop(ExitCode.REFUSED, wrong, "请把要用的行并到一张里，移走其余的")
    if path.is_file() and hashing.sha256_of(path) != reading.digest:
        raise Stop(ExitCode.REFUSED, f"{path.name} 刚刚被改过，没有写", "请再来一次")
    for lock in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        if lock.exists():
            wrong = f"{path.name} 在别的程序里打开着，没有写"
            raise Stop(ExitCode.REFUSED, wrong, f"请先存好、关掉它再来；确实没有打开的话，请删去旁边的 {lock.name}")
    content = build(reading, path.read_bytes() if path.is_file() else None)
    try:
        if not path.is_file() or path.read_bytes() != content:
            writer.write_atomically(path, content)
    except OSError as error:  # Windows locks a file that Excel has open
        wrong = f"{path.name} 写不进去（{error.strerror}）"
        raise Stop(ExitCode.REFUSED, wrong, "它在 Excel 或 WPS 里打开着的话，请先关掉；再看看文件夹的权限") from None
    return path


def build(reading: Reading, before: bytes | None) -> bytes:
    """Return the workbook of the rows; sheets of staff's own are kept from the file as it was (`before`)."""
    page = _page(reading)
    names = reader.read_sheet_names(reading.path) if before else []
    moment = dt.datetime.combine(reading.made, dt.time())
    return decision_sheet.build(page, moment, before if decision_sheet.foreign_sheets(names, page) else None)


def _page(reading: Reading) -> DecisionSheet:
    *intro, last = INTRO
    specs = {each.header: each for each in blank_workbook.columns(Decision, {KIND: reading.kinds})}
    current = [line for line in reading.lines if not line.is_left_over]
    baseline = [[_compared(header, {**line.cells, **line.program}.get(header) if header in FACTS + IDENTITY else None)
                 for header in HEADERS] for line in _with_program(current)]  # fmt: skip
    return DecisionSheet(
        title=TITLE,
        intro=[*intro, last.format(read=commands.command("read"))],
        columns=[specs.get(header, ColumnSpec(header)) for header in reading.columns],
        widths=WIDTHS,
        rows=[line.cells for line in current],
        hints=[line.reason for line in current],
        decider=WHO,
        chosen=KIND,
        choices=reading.kinds,
        asked=ASKED,
        quiet=NOT_A_DEMAND,
        line=f"{LEFT_OVER}，请重新审定；用不着的请删去",
        left_over=[line.cells for line in reading.lines if line.is_left_over],
        baseline_title=BASELINE,
        baseline=[list(HEADERS), *baseline],
    )


def _with_program(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the rows that the program reads, with nothing of what staff have typed in the columns of a reading."""
    for line in lines:
        if line.program:
            yield replace(line, cells={header: line.cells.get(header) for header in IDENTITY})


@dataclass(frozen=True)
class Summary:
    """Counts of one project's rows; a part with several readings counts once for each."""

    number: str
    name: str
    parts: int
    recognised: int
    asked: int
    no_demand: int
    decided: int
    taken_over: int


def summaries(reading: Reading) -> list[Summary]:
    """Return the counts of each project, in order."""
    found = []
    for number, name in reading.names.items():
        own = [line for line in reading.lines if line.number == number and not line.is_left_over]
        counts = {status: sum(line.status is status for line in own) for status in Status}
        parts = len({line.key[:3] for line in own})
        taken = sum(bool(line.taken_from) for line in own)
        found.append(Summary(number, name, parts, counts[Status.RECOGNISED], counts[Status.ASKED],
                             counts[Status.NO_DEMAND], sum(line.is_decided for line in own), taken))  # fmt: skip
    return found
