"""Scan the inputs folder for the catalogue and the workbooks.

Files are recognised by their content, not by their names. The exception is CSV: it has no worksheet names, so the file
name says which worksheet a CSV holds.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from paperwork.core import filenames, text, values
from paperwork.core.faults import ExitCode, Fault, Level, Stop, Unreadable, Where
from paperwork.core.values import ProjectNumber
from paperwork.formats.spreadsheets import reader, xlsx
from paperwork.project import decisions, folders, headers, rows
from paperwork.project.catalogue import published
from paperwork.project.catalogue.published import Catalogue
from paperwork.project.decisions import Decisions
from paperwork.project.headers import Words
from paperwork.project.model import Basics, CatalogueEntry, sheets

BASICS = "基本信息"
PROGRAM_SHEETS = ("填写说明", "校验结果", "校验记录")
"""Worksheets that the program itself adds to workbooks."""
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".et", ".ods", ".csv")
OTHER_DOCUMENTS = (*xlsx.OLD_WORD_SUFFIXES, ".pdf", ".htm", ".html", ".mht", ".xml", ".ofd", ".jpg", ".jpeg", ".png")
"""Documents that may be the catalogue, but are not looked into."""
WORKBOOK_STEM = "项目数据"
"""File name, without extension, of a workbook that the program puts into a project's folder."""
MAX_REJECTED = 8
"""Most files that are named, each with the reason, if none is the catalogue."""
MAX_FOLDER_NAME = 60
"""Most characters of a project's name in a folder name: file systems allow 255 bytes, a Chinese character takes 3."""


class Claim(NamedTuple):
    """The project that a workbook states: number, year (0: none) and name; and its sample mark."""

    number: ProjectNumber
    sample: bool
    year: int = 0
    name: str = ""


@dataclass
class Inputs:
    """Contents of the inputs folder: the published projects of all years, and the workbooks by project number.

    Keys are numbers as staff write them: plain ones in the newest year, with the year in older ones (`ProjectNumber`).
    """

    root: Path
    templates: Path | None = None
    """Folder of the tables that staff declare; None: those that come with the program."""
    catalogues: list[Path] = field(default_factory=list)
    """The catalogue files found. A valid folder has exactly one of each year."""
    years: dict[Path, int] = field(default_factory=dict)
    """Year of each catalogue: the one in which most of its projects begin."""
    entries: dict[int, CatalogueEntry] = field(default_factory=dict)
    workbooks: dict[int, list[Path]] = field(default_factory=dict)
    claims: dict[Path, Claim] = field(default_factory=dict)
    """Statement of each workbook."""
    samples: set[Path] = field(default_factory=set)
    decisions: list[Decisions] = field(default_factory=list)
    """Each worksheet 要求解读 that was found, with its rows."""
    faults: list[Fault] = field(default_factory=list)
    row_of_fault: dict[Fault, int] = field(default_factory=dict)
    """For each fault in a row of the catalogue, that row's project number (0 if the number cannot be read)."""
    unreadable: dict[Path, str] = field(default_factory=dict)
    """Files with a workbook's extension that could not be read, each with the problem."""
    rejected: dict[Path, str] = field(default_factory=dict)
    """Files that may be the catalogue and are not or could not be read, each with the reason."""

    def faults_of(self, number: int) -> list[Fault]:
        """Return the faults as they apply to one project.

        Faults in the catalogue rows of other projects become notices, so that they do not stop this project.
        """
        foreign = {fault for fault, row_number in self.row_of_fault.items() if row_number != number}
        # What is wrong with the whole catalogue of another year does not stop this project either.
        others = {self.name(path) for path, year in self.years.items() if year != self.year_of(number)}
        foreign |= {fault for fault in self.faults if fault.where.file in others}
        return [replace(fault, level=Level.NOTICE) if fault in foreign else fault for fault in self.faults]

    @property
    def decision_files(self) -> list[Path]:
        """Return the files 要求解读 in which staff have decided something: every project is read with them."""
        return list(dict.fromkeys(each.path for each in self.decisions if each.has_decisions))

    def decided_number(self, words: str) -> str:
        """Return a project number written in 要求解读 as the inputs know it: 2022-1 is 1 while 2022 is the newest."""
        try:
            return str(self.known(ProjectNumber.parse(words)))
        except Unreadable:
            return words

    @property
    def year(self) -> int:
        """Return the newest year of the catalogues; 0 without a catalogue."""
        return max(self.years.values(), default=0)

    def year_of(self, number: int) -> int:
        """Return the year of a project."""
        return ProjectNumber(number).year or self.year

    def number_in(self, year: int, plain: int) -> ProjectNumber:
        """Return a project's number, given its year and its number in the catalogue of that year."""
        return ProjectNumber(plain, 0 if year == self.year else year)

    def entries_of(self, year: int) -> dict[int, CatalogueEntry]:
        """Return the projects of one year, by their plain numbers."""
        return {ProjectNumber(each).plain: entry for each, entry in self.entries.items() if self.year_of(each) == year}

    def known(self, number: int) -> ProjectNumber:
        """Return the number by which a project is known here: 2022-1 is 1 while 2022 is the newest year.

        A number that no project has is looked for as the catalogue writes it.
        """
        found = self.number_in(self.year_of(number), ProjectNumber(number).plain)
        # A catalogue of projects that begin in 2025 may number them 2024-01.
        published = (each for each, entry in sorted(self.entries.items()) if entry.number == number)
        return found if found in self.entries else ProjectNumber(next(published, found))

    def same_years(self) -> list[Path]:
        """Return the catalogues of years that have several."""
        return [path for path in self.catalogues if list(self.years.values()).count(self.years[path]) > 1]

    def number_of(self, claim: Claim) -> ProjectNumber:
        """Return the number of the project that a workbook belongs to: the year decides, a name that agrees before it.

        With a year that no catalogue has, it is a number that no project has.
        """
        named = self.named_years(claim)
        # 年度 may be the year in which the archive was formed, which is the last one of the project or the next.
        formed = [
            year
            for year, entry in self._published(claim.number)
            if not entry.is_dated
            or 0 < entry.number.year == claim.year
            or entry.span.start.year <= claim.year <= entry.span.end.year + 1
        ]
        fitting = [year for year in named or [*self.years.values()] if year == claim.year] or named or formed
        year = fitting[0] if fitting else claim.year or self.year
        return self.number_in(year if self.years else self.year, claim.number)

    def named_years(self, claim: Claim) -> list[int]:
        """Return the years that have a project of a workbook's number and name, the newest first."""
        published = self._published(claim.number) if claim.name else ()
        return [year for year, entry in published if text.is_same_name(entry.name, claim.name)]

    def _published(self, plain: int) -> Iterator[tuple[int, CatalogueEntry]]:
        """Yield the projects of a number with their years, the newest first."""
        for year in sorted(set(self.years.values()), reverse=True):
            if entry := self.entries.get(self.number_in(year, plain)):
                yield year, entry

    def missing_workbook_hint(self) -> str:
        """Return a text naming the files that may be a project's missing workbook, or an empty string."""
        hints = [f"“{self.name(path)}”读不了（{reason}）" for path, reason in self.unreadable.items()]
        for other, paths in self.workbooks.items():
            if other not in self.entries:
                names = "、".join(self.name(path) for path in paths)
                hints.append(f"“{names}”的{self.unlisted(other)[0]}")
        for path in sorted(self.root.rglob("*")):
            if filenames.is_not_downloaded(path.name):
                hints.append(f"“{self.name(path)}”还在 iCloud 里，没有下载")
            elif path.is_symlink() and path.is_dir():
                hints.append(f"“{self.name(path)}”是指向文件夹的链接，请用文件夹本身换掉它")
        return f"请先看看这些是不是它：{'；'.join(hints)}。都不是的话，" if hints else ""

    def unlisted(self, number: int) -> tuple[str, str]:
        """Return problem and remedy for the workbooks of a number that no catalogue has."""
        if year := ProjectNumber(number).year:
            wrong = f"年度是 {year}，没有那一年的项目发布目录"
            return wrong, "请把那一年的目录也放进 inputs；年度填错了的话，请在“基本信息”表里改正"
        return f"项目序号是 {number}，目录里没有这个序号", "请在“基本信息”表里改正项目序号"

    def name(self, path: Path) -> str:
        """Return a file's name as faults show it: its path relative to the inputs folder."""
        return filenames.readable_path(path.relative_to(self.root))

    def new_folder(self, number: int) -> Path:
        """Return the path of the folder to create for a project that has none yet."""
        # Punctuation is removed: not all of it is allowed in file names on every system.
        code = len(str(number)) if ProjectNumber(number).is_code else 0
        name = re.sub(r"[^\w·•-]", "", self.entries[number].name)[: MAX_FOLDER_NAME - code]
        folder = self.root / f"项目{number}-{name}"
        taken = {path.parent for other, paths in self.workbooks.items() if other != number for path in paths}
        return folder if folder not in taken else self.root / f"项目{self.year_of(number)}-{number}-{name}"

    def workbook(self, number: int) -> Path | None:
        """Return the workbook of a project, or None. Real workbooks take precedence over samples.

        Raises `Stop` if several real workbooks (or, without a real one, several samples) state the same number.
        """
        found = self.workbooks.get(number, [])
        real = [path for path in found if path not in self.samples] or found
        if len(real) > 1:
            names = "、".join(self.name(path) for path in real)
            raise Stop(
                ExitCode.FAULTY, f"项目{number}有{len(real)}份工作簿：{names}", "请只留一份，把其余的移出 inputs 文件夹"
            )
        return real[0] if real else None


def scan_inputs(root: Path, templates: Path | None = None) -> Inputs:
    """Scan the inputs folder, read with the tables in `templates`.

    Raises `Stop` if there is no catalogue, or more than one of the same year.
    """
    found = scan_folder(root, templates)
    if same := found.same_years():
        names, year = "、".join(found.name(path) for path in same), found.years[same[0]]
        raise Stop(ExitCode.FAULTY, f"找到{len(same)}份项目发布目录，都是 {year} 年的：{names}", "每一年请只留一份")
    if not found.catalogues:
        raise Stop(ExitCode.FAULTY, *_why_no_catalogue(found), faults=found.faults)
    return found


def _why_no_catalogue(found: Inputs) -> tuple[str, str]:
    """Return problem and remedy: no catalogue was found, or none of its rows could be read."""
    if found.row_of_fault:
        files = "、".join(dict.fromkeys(fault.where.file for fault in found.row_of_fault))
        return f"目录“{files}”里的项目一个也没有读出来", "请按上面的提示改正目录"
    wrong = f"在 {found.root} 里没有找到项目发布目录"
    if found.rejected:
        looked = [f"“{found.name(path)}”{reason}" for path, reason in sorted(found.rejected.items())]
        more = f"；还有 {len(looked) - MAX_REJECTED} 个文件也不是" if len(looked) > MAX_REJECTED else ""
        wrong += f"。看过的文件：{'；'.join(looked[:MAX_REJECTED])}{more}"
    mend = (
        "请放入 Word、Excel、WPS、文本或 PDF 的目录，表头须有：项目名称、实施周期、项目金额、相关要求；"
        f"叫法不同的，可以加到 templates/{headers.FILE} 里"
    )
    others = [
        path
        for path in found.root.glob("*")
        if path.suffix.lower() in OTHER_DOCUMENTS and path.is_file() and path not in found.rejected
    ]
    if others:
        names = "、".join(map(found.name, sorted(others)[:3]))
        mend += f"；目录就是“{names}”的话，请在 Word 或 WPS 里另存为 .docx"
    return wrong, mend


def scan_folder(root: Path, templates: Path | None = None) -> Inputs:
    """Scan the inputs folder, with or without a catalogue. Raises `Stop` only if there is no such folder."""
    found = Inputs(root, templates)
    words = headers.read_words(templates)
    catalogues: dict[Path, Catalogue] = {}
    # Text documents of other types last: staff keep the .doc beside the .docx that they made of it.
    for path in sorted(tables(root), key=_rank):
        try:
            if _rank(path) == len(CONVERTED):
                _read_pdf(path, found, catalogues)
            elif is_workbook(path, words):
                found.claims[path] = read_claim(path, words)
            elif read := decisions.read_decisions(path, found.name(path), words):
                found.decisions += read
            elif decisions.is_called_so(path):
                found.faults.append(Fault(Level.ERROR, Where(found.name(path)), *decisions.NO_HEADER))
            elif not _is_csv_sheet(path):
                _read_catalogue(path, found, catalogues)
        except Unreadable as reason:
            _unread(found, path, reason.wrong, reason.mend)
        except OSError as error:  # for example a workbook that Excel has open: Windows locks it
            mend = "它在别的程序里打开着的话，请先关掉；再看看文件的权限"
            _unread(found, path, f"文件读不了（{error.strerror}）", mend)
    _add_catalogues(found, catalogues)
    _add_workbooks(found)
    _add_decisions(found)
    return found


CONVERTED = (xlsx.OLD_WORD_SUFFIXES, xlsx.PDF_SUFFIXES)
"""Suffixes of files that a catalogue is converted from or to, in the order in which they are read after all others."""


def _rank(path: Path) -> int:
    return next((at for at, suffixes in enumerate(CONVERTED, 1) if path.suffix.lower() in suffixes), 0)


def _read_catalogue(path: Path, found: Inputs, catalogues: dict[Path, Catalogue]) -> None:
    """Read a file that may be the catalogue, and add what it is to `found` and `catalogues`."""
    catalogue = published.read_catalogue(path, found.name(path), found.templates)
    years = {each.year for each in catalogues.values()}
    if _rank(path) and catalogue.entries and catalogue.year in years:
        return
    found.faults += catalogue.faults
    if catalogue.entries:
        catalogues[path] = catalogue
        return
    found.row_of_fault |= catalogue.row_of_fault
    found.faults += _unknown_csv(path, found)
    found.rejected[path] = catalogue.reason or "认得出是目录，可是一个项目也没有读出来"


def _read_pdf(path: Path, found: Inputs, catalogues: dict[Path, Catalogue]) -> None:
    """Read a PDF that may be the catalogue: none in a project's folder, and only a named one beside a catalogue."""
    homes = {claimed.parent for claimed in found.claims} - {found.root}
    is_named = xlsx.CATALOGUE_WORD in filenames.readable(path.name)
    if not homes.intersection(path.parents) and (is_named or not catalogues):
        _read_catalogue(path, found, catalogues)


def _add_catalogues(found: Inputs, catalogues: Mapping[Path, Catalogue]) -> None:
    """Add the catalogues to the inputs, each under its year."""
    found.catalogues = [*catalogues]
    found.years = {path: catalogue.year for path, catalogue in catalogues.items()}
    for path, catalogue in catalogues.items():
        year = found.years[path]
        found.entries |= {found.number_in(year, number): entry for number, entry in catalogue.entries.items()}
        for fault, number in catalogue.row_of_fault.items():
            found.row_of_fault[fault] = found.number_in(year, number) if number else 0


def _add_workbooks(found: Inputs) -> None:
    """Add the workbooks to the inputs, under the numbers of their projects."""
    for path, claim in found.claims.items():
        years = found.named_years(claim)
        if len(years) > 1 and claim.year not in years:
            wrong = f"没有填年度，{'、'.join(map(str, years))} 年的目录里都有这个项目，当作 {years[0]} 年的"
            found.faults.append(Fault(Level.NOTICE, Where(found.name(path), BASICS), wrong, "请填上年度"))
        found.workbooks.setdefault(found.number_of(claim), []).append(path)
        if claim.sample:
            found.samples.add(path)


def _add_decisions(found: Inputs) -> None:
    """Add the faults of 要求解读 to those of the inputs, each under the project of its row."""
    told = [(fault, each.row_of_fault.get(fault)) for each in found.decisions for fault in each.faults]
    for fault, written in [*told, *decisions.contradictions(found.decisions)]:
        found.faults.append(fault)
        if written is not None:
            known = found.decided_number(written)
            found.row_of_fault[fault] = next((number for number in found.entries if str(number) == known), 0)


def _unread(found: Inputs, path: Path, wrong: str, mend: str) -> None:
    """Record a file that could not be read, and note it as unread if it may be a workbook.

    It is a notice; of a file called 要求解读 an error, since its decisions would be missing.
    """
    level = Level.ERROR if decisions.is_called_so(path) else Level.NOTICE
    found.faults.append(Fault(level, Where(found.name(path)), wrong, mend))
    found.rejected[path] = wrong
    if path.suffix.lower() in (*WORKBOOK_SUFFIXES, *xlsx.UNREAD_SUFFIXES):
        found.unreadable[path] = wrong


def tables(root: Path) -> Iterator[Path]:
    """Yield the table files below the folder in sorted order. Raises `Stop` if there is no such folder."""
    if not root.is_dir():
        raise Stop(ExitCode.FAULTY, f"没有 {root} 这个文件夹", "请新建它，并放入项目发布目录和工作簿")
    # Sorted, because the order of a directory listing differs between file systems.
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        is_table = may_be_read(path, root) and path.is_file() and not folders.leads_out(path, root)
        beside = {filenames.spelling_key(part) for part in parts[:-1]}.intersection(folders.INPUT_FOLDERS)
        if is_table and folders.belongs_to_staff(path, root) and not beside:
            yield path


def may_be_read(path: Path, root: Path) -> bool:
    """Return True if a file is looked into for tables, by its name and its place below the inputs folder."""
    return xlsx.may_hold_tables(path) or (path.parent == root and path.suffix.lower() in xlsx.PDF_SUFFIXES)


def is_workbook(path: Path, words: Words) -> bool:
    """Return True if a file is a project's workbook: it has the worksheet 基本信息, or is that worksheet as a CSV."""
    if path.suffix.lower() == ".csv":
        return filenames.readable(path.stem).endswith(BASICS)
    return bool(_basics(path, words))


def _basics(path: Path, words: Words) -> str:
    """Return a workbook's own name for its worksheet 基本信息 (1.基本信息表 counts too), or an empty string if none."""
    names = reader.read_sheet_names(path)
    exact = (name for name in names if headers.normalise(name).removesuffix("表") == BASICS)
    return next(exact, "") or next((name for name in names if headers.sheet_title(name, words) == BASICS), "")


def csv_sheets(first: Path) -> dict[str, Path]:
    """Return the worksheets of a workbook that was saved as one CSV per worksheet, by title; `first` is 基本信息."""
    start, suffix = filenames.readable(first.stem).removesuffix(BASICS), first.suffix
    beside = {filenames.readable(path.name): path for path in sorted(first.parent.iterdir()) if path.is_file()}
    named = {title: beside.get(f"{start}{title}{suffix}") for title in sheets()}
    return {title: path for title, path in named.items() if path}


def _firsts(path: Path) -> Iterator[Path]:
    """Yield the CSVs beside a CSV that are the worksheet 基本信息 of a workbook."""
    if path.suffix.lower() == ".csv":
        beside = (each for each in sorted(path.parent.iterdir()) if each.suffix == path.suffix)
        yield from (each for each in beside if filenames.readable(each.stem).endswith(BASICS))


def _is_csv_sheet(path: Path) -> bool:
    """Return True if a CSV is a further worksheet of a workbook that was saved as one CSV per worksheet."""
    return any(path in csv_sheets(first).values() for first in _firsts(path))


def _unknown_csv(path: Path, found: Inputs) -> Iterator[Fault]:
    """Yield a notice for a CSV beside a workbook's CSVs whose name is that of no worksheet."""
    stem = filenames.readable(path.stem)
    for first in _firsts(path):
        start = filenames.readable(first.stem).removesuffix(BASICS)
        if stem.startswith(start) and stem.removeprefix(start) not in PROGRAM_SHEETS:
            title = stem.removeprefix(start)
            near = headers.sheet_title(title, headers.read_words(found.templates)) or text.find_most_similar(
                title, sheets(), 50
            )
            guess = f"是不是“{near}”表？是的话请改名为“{start}{near}.csv”" if near else "用不着它就不必理会"
            yield Fault(Level.NOTICE, Where(found.name(path)), "程序不认识这个文件，没有读它", guess)
            return


def files_of(workbook: Path) -> Iterator[Path]:
    """Yield the file of a workbook; if it was saved as one CSV per worksheet, those that may be its worksheets too."""
    yield workbook
    if workbook.suffix.lower() == ".csv":
        start = workbook.stem.removesuffix(BASICS)
        yield from sorted(path for path in workbook.parent.glob(f"*{workbook.suffix}") if path.name.startswith(start))


def read_claim(path: Path, words: Words) -> Claim:
    """Read a workbook's project number and sample mark.

    Raises `Unreadable` if the file cannot be read or states no project number.
    """
    is_csv = path.suffix.lower() == ".csv"
    # `glance` reads 基本信息 only: the other worksheets are not needed to identify the project.
    basics = reader.read_tables(path, path.name)[0] if is_csv else reader.read_first_columns(path, _basics(path, words))
    pairs = rows.key_value_pairs(basics, Basics, BASICS, words)
    cells = {headers.normalise(key.value): cell for key, cell in reversed(pairs)}  # the first of equal keys wins
    answers = {name: cell.value for name, cell in cells.items()}
    number_cells = (cells[name] for name in ("项目序号", "序号", "项目编号") if name in cells)
    number = next((rows.content(cell, values.as_project_number) for cell in number_cells), None)
    year = 0
    with suppress(Unreadable):  # a fault of the cell, which the check reports
        year = values.as_count(answers.get("年度") or 0)
    is_sample, name = text.as_text(answers.get("示例")) in values.YES, text.as_text(answers.get("项目名称") or "")
    if text.is_blank(number):
        wrong = "基本信息表里没有项目序号，不知道是哪个项目的工作簿"
        raise Unreadable(wrong, "请在“基本信息”表里填上项目序号")
    try:
        stated = values.as_project_number(number)
    except Unreadable as reason:
        raise Unreadable(f"基本信息表里的项目序号：{reason.wrong}", reason.mend) from None
    return Claim(stated.plain, is_sample, year or stated.year, name)
