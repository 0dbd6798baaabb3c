"""Print on the terminal: progress of builds, events of a watch, faults, clauses and refusals."""

import shlex
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from time import monotonic, strftime
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from paperwork.app import work_folder
from paperwork.core.faults import Fault, Level, Stop, keep_errors

if TYPE_CHECKING:
    # Only types: loading the model and its libraries would double the start-up time of `paperwork --help`.
    from paperwork.build.batch import Outcome, Selection
    from paperwork.build.pool import ProjectProgress
    from paperwork.build.project import BuildResult
    from paperwork.checks.check import Checked
    from paperwork.checks.missing import Missing
    from paperwork.checks.requirements.reading.sheet import Summary
    from paperwork.desk.dossier import FileLine
    from paperwork.desk.printing import PrintOrder


COLOURS = {Level.ERROR: "red", Level.GAP: "yellow", Level.NOTICE: "cyan"}
VERDICT_MARKUP = {"已满足": "[green]已满足[/]", "未满足": "[yellow]未满足[/]", "待确认": "[magenta]待确认[/]"}

SUBSTITUTES_WARNING = "定稿里有代用字体；请在装有这些公文字体的电脑上重新生成，或把字体装到这台电脑上"
MAX_NAMED_PROJECTS = 3
"""Number of projects in progress named on the progress line."""
MAX_FINDINGS = 3
"""Number of PDF/A findings printed on the terminal."""


def console() -> Console:
    """Return a console for standard output; 120 columns wide for tables if it is no terminal."""
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)


class StatusLine:
    """Progress line: one line rewritten in place on a terminal, plain lines elsewhere; with seconds elapsed."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.begun = monotonic()
        self.open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def show(self, words: str) -> None:
        """Replace the text of the line."""
        line = f"[{monotonic() - self.begun:5.1f} 秒] {words}"
        # Carriage return, then clear to the end of line (ANSI EL), lest the tail of a longer text stay.
        print(f"\r\x1b[K{line}" if self.live else line, end="" if self.live else "\n", file=sys.stderr, flush=True)
        self.open = self.live

    def end(self) -> None:
        """Finish the line with a line break."""
        if self.open:
            print(file=sys.stderr)
        self.open = False


class BuildDisplay(StatusLine):
    """Progress of one build, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self.total = self.count = 0

    def step(self, name: str, total: int = 0) -> None:
        """Begin a step."""
        self.end()
        self.name, self.total, self.count = name, total, 0
        self._show()

    def advance(self) -> None:
        """Count one more document as done."""
        self.count += 1
        if self.live or self.count == self.total:
            self._show()

    def _show(self) -> None:
        self.show(f"{self.name} {self.count}/{self.total}" if self.total else self.name)


class BatchDisplay(StatusLine):
    """Progress of many projects, and of the documents of those in progress."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total, self.count = total, 0
        self.on_progress(())

    def on_progress(self, doing: "Sequence[ProjectProgress]") -> None:
        """Refresh the line; called at regular intervals."""
        if self.live:
            named = [
                f"项目{each.number}" + (f"（{each.printed}/{each.total} 件）" if each.total else "")
                for each in doing[:MAX_NAMED_PROJECTS]
            ]
            more = f" 等 {len(doing)} 个" if len(doing) > MAX_NAMED_PROJECTS else ""
            self.show(f"完成 {self.count}/{self.total}" + ("，正在做：" + "、".join(named) + more if named else ""))

    def on_done(self, outcome: "Outcome") -> None:
        """Count one more project as done."""
        self.count += 1
        if not self.live:
            how = f"没有做成：{outcome.wrong}" if outcome.code else "完成"
            self.show(f"{self.count}/{self.total} 项目{outcome.number} {how}")


def show_faults(faults: Iterable[Fault]) -> None:
    """Print faults as a table grouped by worksheet: level, cell, what is wrong, how to fix it."""
    listed = list(faults)
    if not listed:
        return
    table = Table(show_lines=False, expand=False)
    for header in ("级别", "位置", "问题", "怎么改"):
        table.add_column(header, overflow="fold", no_wrap=header == "级别")
    for (file, sheet), group in groupby(listed, lambda fault: (fault.where.file, fault.where.sheet)):
        table.add_section()
        table.add_row("", f"[bold]{escape_markup(sheet or file)}[/]", f"[dim]{escape_markup(file if sheet else '')}[/]")
        for fault in group:
            found = f"（现为“{fault.found[:40]}”）" if fault.found else ""
            level = f"[{COLOURS[fault.level]}]{fault.level}[/]"
            place = f"{sheet}!{fault.where.cell}" if sheet and fault.where.cell else sheet or fault.where.cell
            table.add_row(level, escape_markup(place), escape_markup(fault.wrong + found), escape_markup(fault.mend))
    console().print(table)


def escape_markup(words: object) -> str:
    """Escape text from staff, so that rich does not read brackets as markup."""
    return escape(str(words))


def show_archive(number: int, made: "BuildResult", final: bool = False) -> None:
    """Print what was built, where, and what is missing; for a final volume also warn about substitute fonts."""
    out = console()
    out.print(f"\n[bold]项目{number}　{escape_markup(made.title)}[/]", soft_wrap=True)
    how = "没有变化，上次做好的成品原样保留" if made.is_unchanged else "已装订成册"
    out.print(f"　　{how}：{made.items} 件，{made.pages} 页，状态：{made.state}")
    if made.reused:
        out.print(f"　　新做 Word 文件 {made.printed} 份，没有变化的 {made.reused} 份沿用以前做好的")
    if made.missing:
        later = sum(not each.is_overdue for each in made.missing)
        waiting = f"，其中 {later} 项还没有到期" if later else ""
        out.print(f"　　还缺 {len(made.missing)} 项{waiting}，见上表和待补材料清单；封面已注明“待补稿”")
    else:
        out.print("　　材料齐备，没有缺件")
    _tell_archival(out, made)
    if made.stand_ins:
        out.print(f"　　代用字体：{'，'.join(made.stand_ins)}", soft_wrap=True)
    if made.stand_ins and final:
        out.print(f"　　[yellow]提醒[/]　{SUBSTITUTES_WARNING}", soft_wrap=True)
    books = "打印版.pdf" if len(made.books) == 1 else f"打印版-第1册.pdf 等 {len(made.books)} 册"
    out.print(f"　　成品在 {made.folder}/", soft_wrap=True)
    out.print(f"　　　项目档案.pdf　电子版整卷　　{books}　双面打印用，先看 打印说明.pdf", soft_wrap=True)
    out.print("　　　脊背与盒签.pdf　　word/　每件的 Word 文档　　校验/　标出问题的工作簿副本", soft_wrap=True)
    out.print("　　　电子档案包/　交给档案室", soft_wrap=True)


def _tell_archival(out: Console, made: "BuildResult") -> None:
    """Print if the volume is PDF/A, its findings if not, and the checkers used."""
    findings, who = made.archival.findings, "、".join(made.archival.checkers)
    if not findings:
        out.print(f"　　整卷是 PDF/A-2b（{who} 核对）", soft_wrap=True)
        return
    out.print(
        f"　　[red]整卷不是 PDF/A-2b[/]（{who} 核对），共 {len(findings)} 处，全部记在 manifest.json：", soft_wrap=True
    )
    for finding in findings[:MAX_FINDINGS]:
        out.print(f"　　　{escape_markup(finding)}", soft_wrap=True)


def show_order(order: "PrintOrder", dry: bool) -> None:
    """Print the print jobs and their printer (with `dry` the commands too), or the paths if there is no printer."""
    out = console()
    to = f"送到打印机 {escape_markup(order.printer)}" if order.printer else "没有找到打印机，请自己打开来打印"
    how = "双面、沿长边翻转、A4、实际大小"
    out.print(f"项目{order.number}　打印版 {len(order.jobs)} 册，{order.paper_count} 张纸，{to}：{how}", soft_wrap=True)
    for job in order.jobs:
        name = job.path.name if order.printer else job.path
        out.print(f"　　{escape_markup(name)}　{job.book.paper_sheets} 张", soft_wrap=True)
        if dry and job.command:
            out.print(f"　　　{escape_markup(shlex.join(job.command))}", soft_wrap=True)
    for notice in order.notices():
        out.print(f"　　[yellow]提醒[/]　{notice}", soft_wrap=True)
    if dry:
        out.print("只是看看，什么也没有送去打印", soft_wrap=True)


def show_work_folder(folder: Path) -> None:
    """Print what a new folder of work contains, and what to do next."""
    out = console()
    out.print(f"已建好工作文件夹：{escape_markup(folder)}", soft_wrap=True)
    for name, purpose in work_folder.FOLDERS.items():
        out.print(f"　　{name + '/':<12}{purpose}", soft_wrap=True)
    out.print(f"　　{work_folder.NOTE}    各放什么、用哪些命令、怎样开始", soft_wrap=True)
    out.print("接下来：把项目发布目录放进 inputs，再运行", soft_wrap=True)
    out.print(f"　　cd {escape_markup(shlex.quote(str(folder)))}", soft_wrap=True)
    out.print("　　paperwork list", soft_wrap=True)


def show_address(address: str) -> None:
    """Print the page's address; flushed at once, because the command does not return."""
    print(f"请在浏览器打开：{address}", flush=True)
    print("按 Ctrl+C 关掉", flush=True)


def show_outcomes(outcomes: "Sequence[Outcome]", chosen: "Selection", final: bool = False) -> None:
    """Print each project's faults, one table of all projects, and then failures and PDF/A findings."""
    for outcome in outcomes:
        if outcome.faults:
            console().print(f"\n[bold]{_heading(outcome, chosen)}[/]", soft_wrap=True)
            show_faults(outcome.faults)
    console().print()
    table = Table(title="各项目情况", title_justify="left")
    for header in ("项目", "名称", "状态", "件数", "页数", "缺件", "用时"):
        table.add_column(header, overflow="fold", justify="left" if header in ("名称", "状态") else "right")
    for outcome in outcomes:
        table.add_row(str(outcome.number), escape_markup(chosen.names.get(outcome.number, "")), *_columns(outcome))
    out = console()
    out.print(table)
    failed = [outcome for outcome in outcomes if outcome.code]
    out.print(f"做成 {len(outcomes) - len(failed)} 个" + (f"，没有做成 {len(failed)} 个：" if failed else ""))
    for outcome in failed:
        out.print(
            f"　　项目{outcome.number}　[red]{escape_markup(outcome.wrong)}[/]。{escape_markup(outcome.mend)}",
            soft_wrap=True,
        )
    for outcome in outcomes:
        if outcome.archive and outcome.archive.archival.findings:
            out.print(f"[bold]{_heading(outcome, chosen)}[/]", soft_wrap=True)
            _tell_archival(out, outcome.archive)
    if final and any(outcome.archive and outcome.archive.stand_ins for outcome in outcomes):
        out.print(f"[yellow]提醒[/]　{SUBSTITUTES_WARNING}", soft_wrap=True)
    if chosen.without:
        numbers = "、".join(map(str, chosen.without))
        out.print(f"目录里还有 {len(chosen.without)} 个项目没有工作簿：{numbers}", soft_wrap=True)


def _heading(outcome: "Outcome", chosen: "Selection") -> str:
    """Return number and name of a project."""
    return f"项目{outcome.number}　{escape_markup(chosen.names.get(outcome.number, ''))}"


def _columns(outcome: "Outcome") -> tuple[str, ...]:
    """Return state, items, pages, gaps and time of a project; dashes for missing values."""
    made, seconds = outcome.archive, f"{outcome.seconds:.1f} 秒"
    if outcome.code:
        return "[red]没有做成[/]", "—", "—", "—", seconds
    gaps = sum(fault.level is Level.GAP for fault in outcome.faults)
    return outcome.state, *((str(made.items), str(made.pages)) if made else ("—", "—")), str(gaps), seconds


def show_upcoming(missing: "Sequence[Missing]") -> None:
    """Print what is missing but not due yet; what is overdue stands among the faults."""
    rows = [
        (f"{each.due:%Y-%m-%d}", *map(escape_markup, (each.wrong, each.owner, each.mend)))
        for each in missing
        if not each.is_overdue
    ]
    if rows:
        show_table(("应有日期", "还缺（没有到期）", "由谁补", "怎么补"), rows)


def show_verdicts(checked: "Checked") -> None:
    """Print the verdict on each clause."""
    from paperwork.checks.requirements.reading import decided

    table = Table(title=f"要求对照（核对日期 {checked.as_of:%Y-%m-%d}）", title_justify="left")
    for header in ("条款", "结论", "要求事项"):
        table.add_column(header, overflow="fold", no_wrap=header != "要求事项")
    for answer in checked.answers:
        matters = []
        for verdict, group in groupby(sorted(answer.judged, key=lambda each: each.verdict), lambda each: each.verdict):
            named = (decided.with_decider(each.obligation.matter, each.obligation.decided_by) for each in group)
            matters.append(f"{verdict}：{'、'.join(named)}")
        for gone in answer.needless:
            why = f"（{gone.reason}）" if gone.reason else ""
            matters.append(f"{gone.verdict}：{decided.with_decider(gone.text, gone.who)}{why}")
        if answer.unchecked:
            matters.append(f"另有 {len(answer.unchecked)} 处叙述未核对")
        verdict = answer.shown_verdict
        table.add_row(answer.name, VERDICT_MARKUP.get(verdict, verdict), escape_markup("；".join(matters)))
    console().print(table)


def show_reading(summaries: "Sequence[Summary]", path: Path, chosen: Collection[str]) -> None:
    """Print the counts of each project's reading (of the chosen ones, or all) and where the rows were written."""
    rows = [
        (each.number, escape_markup(each.name), *map(str, (each.parts, each.recognised, each.asked, each.no_demand)),
         f"{each.decided}{f'（沿用 {each.taken_over}）' if each.taken_over else ''}")
        for each in summaries
        if not chosen or each.number in chosen
    ]  # fmt: skip
    show_table(("序号", "项目名称", "句", "认出", "请人确认", "不是要求", "审定"), rows)
    console().print(f"已写好：{escape_markup(path)}", soft_wrap=True)
    console().print("请用 WPS 或 Excel 打开核对，第一张表是填写说明；审定一行就填上审定人，再来核对")


def show_refusal(wrong: str, mend: str, code: int) -> int:
    """Print on standard error that the command failed, with the remedy; return the exit code."""
    words = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 120)
    words.print(f"[bold red]没有完成[/]　{escape_markup(wrong)}", soft_wrap=True)
    if mend:
        words.print(f"　　　　　{escape_markup(mend)}", soft_wrap=True)
    return int(code)


def show_table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a plain table; cells may contain markup."""
    table = Table()
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def show_files(files: "Sequence[FileLine]") -> None:
    """Print what becomes of each file, one line each, so that a path can be copied and searched for."""
    out = console()
    for file in files:
        mend = f"。{file.mend}" if file.mend else ""
        out.print(escape_markup(f"{file.fate}　{file.path}　{file.why}{mend}"), soft_wrap=True)
    fates = Counter(file.fate for file in files)
    counts = "，".join(f"{fate} {count} 个" for fate, count in fates.items())
    out.print(f"共 {len(files)} 个文件" + (f"：{counts}" if counts else ""), soft_wrap=True)


class WatchOutput:
    """Terminal output of a watch of the inputs folder."""

    def __init__(self, inputs: Path, outputs: Path) -> None:
        self.inputs, self.outputs = inputs, outputs

    def on_begin(self, polling: bool) -> None:
        """Print that the watch has begun."""
        how = "，这里系统不通知改动，由程序自己隔几秒看一遍" if polling else ""
        _print_line(f"开始看守 {escape_markup(self.inputs)}/{how}。按 Ctrl+C 结束")

    def on_change(self, numbers: Sequence[int]) -> None:
        """Print which projects are being checked."""
        _print_line(f"有改动，正在核对：项目{'、'.join(map(str, numbers))}")

    def on_progress(self, doing: "Sequence[ProjectProgress]") -> None:
        """Ignore progress: a watch prints results only."""

    def on_done(self, outcome: "Outcome") -> None:
        """Print a project's state, and the folder of the marked copy if it has errors, or why the work failed."""
        _print_line(f"项目{outcome.number}　{self._words(outcome)}")

    def _words(self, outcome: "Outcome") -> str:
        """Return the outcome in words."""
        counts = "，".join(f"{level} {sum(each.level is level for each in outcome.faults)} 项" for level in Level)
        if keep_errors(outcome.faults):
            # Imported here so that `paperwork --help` does not load the model and its libraries.
            from paperwork.checks.check import MARKED_FOLDER

            marked = escape_markup(self.outputs / str(outcome.number) / MARKED_FOLDER)
            return f"[red]有误[/]：{counts}。出错的格子标在 {marked}/ 里的副本上，改好存回原处就会再核对"
        if outcome.code:
            return f"[red]没有完成[/]：{escape_markup(outcome.wrong)}。{escape_markup(outcome.mend)}"
        made = outcome.archive
        volume = f"；档案{'没有变化' if made.is_unchanged else '已做好'}，{made.pages} 页" if made else ""
        return f"{outcome.state}：{counts}{volume}"

    def on_faults(self, faults: Sequence[Fault]) -> None:
        """Print faults of files."""
        for each in faults:
            words = f"{escape_markup(each.where)}：{escape_markup(each.wrong)}。{escape_markup(each.mend)}"
            _print_line(f"[{COLOURS[each.level]}]{each.level}[/]　{words}")

    def on_error(self, stop: Stop) -> None:
        """Print that the folder could not be checked."""
        _print_line(f"[red]没有核对[/]　{escape_markup(stop.wrong)}。{escape_markup(stop.mend)}")
        self.on_faults(stop.faults)


def _print_line(words: str) -> None:
    """Print one line with the time of day."""
    console().print(f"{strftime('%H:%M:%S')}　{words}", soft_wrap=True)
