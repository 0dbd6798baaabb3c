"""Command line: parse arguments, print Chinese text, return an exit code; no other logic."""

import datetime as dt
import gc
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from typer.exceptions import TyperException

from paperwork.app import usage, work_folder
from paperwork.app.terminal import (
    BatchDisplay,
    BuildDisplay,
    console,
    escape_markup,
    show_address,
    show_archive,
    show_faults,
    show_files,
    show_order,
    show_outcomes,
    show_reading,
    show_refusal,
    show_table,
    show_upcoming,
    show_verdicts,
    show_work_folder,
)
from paperwork.core import commands, logs, processes
from paperwork.core.faults import ExitCode, Stop, Unreadable, as_stop
from paperwork.core.values import ProjectNumber

if TYPE_CHECKING:
    from paperwork.build.batch import Job
    from paperwork.build.project import BuildResult
    from paperwork.formats.office.fonts import FontMatch

NUMBER_HELP = "项目序号，见 paperwork list；往年的写上年份，如 2022-1"


def _parse_number(words: str) -> ProjectNumber:
    """Return a project number; raises `Stop`, since the library would explain an `Unreadable` in English."""
    try:
        return ProjectNumber.parse(words)
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, reason.wrong, reason.mend) from None


Number = Annotated[
    ProjectNumber, typer.Argument(metavar="序号", help=NUMBER_HELP, parser=_parse_number, show_default=False)
]
Numbers = Annotated[
    list[ProjectNumber] | None,
    typer.Argument(metavar="序号…", help=f"一个或几个{NUMBER_HELP}", parser=_parse_number, show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="目录里所有有工作簿的项目")]


def _folder_option(name: str, words: str, callback: Callable[[Path], Path] | None = None) -> Any:
    """Return the option for a folder whose default is looked for when the command runs, not when it is imported."""
    return typer.Option(
        f"--{name}",
        help=words,
        callback=callback,
        default_factory=partial(work_folder.default, name),
        show_default=f"工作文件夹里的 {name}",
    )


def _log_to(outputs: Path) -> Path:
    """Write the log of the command into its outputs folder."""
    logs.write_to(outputs)
    return outputs


Inputs = Annotated[Path, _folder_option("inputs", "放目录和工作簿的文件夹")]
Outputs = Annotated[Path, _folder_option("outputs", "成品放在这个文件夹", _log_to)]
Templates = Annotated[Path, _folder_option("templates", "模板文件夹")]
AsOf = Annotated[
    str,
    typer.Option("--as-of", help="核对到哪一天，如 2022-07-15；不写就是今天。没到期的不算缺，全部到期以后哪天都一样"),
]


def parse_day(words: str) -> dt.date:
    """Return the date of the check: the given one, or today; items due later are not missing."""
    from paperwork.core.dates import as_date, today

    try:
        return as_date(words) if words else today()
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"--as-of：{reason.wrong}", reason.mend) from None


def watch(
    archived: Annotated[bool, typer.Option("--archive", help="核对以后还生成档案")] = False,
    *,
    inputs: Inputs,
    outputs: Outputs,
    templates: Templates,
) -> None:
    """看守 inputs 文件夹：放进、改动了什么，就核对它所属的项目；按 Ctrl+C 结束。"""
    from paperwork.app.terminal import WatchOutput
    from paperwork.desk import watch

    shown = WatchOutput(inputs, outputs)
    watch.watch(inputs, outputs, templates, lambda: parse_day(""), archived, shown, Event())


def serve(
    inputs: Inputs,
    outputs: Outputs,
    templates: Templates,
    host: Annotated[str, typer.Option("--host", help="在哪个地址上开；别的电脑也要用时写本机的地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口；0 是任意一个空着的")] = 8765,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="生成档案时同时开几个 LibreOffice")] = os.cpu_count() or 2,
) -> None:
    """打开网页：拖放表格和照片，看还缺什么，生成、翻看、下载档案。"""
    from paperwork.app.web.routes import serve as serve_page
    from paperwork.build import batch

    folders = (inputs.absolute(), outputs.absolute(), templates.absolute())
    serve_page(batch.Job(0, *folders, parse_day(""), printers=jobs), host, port, show_address)


def print_(
    number: Number,
    dry: Annotated[bool, typer.Option("--dry", help="只说会送去什么，不打印")] = False,
    name: Annotated[str, typer.Option("--printer", help="打印机的名字；不写就用默认的")] = "",
    *,
    outputs: Outputs,
) -> None:
    """打印做好的打印版：双面、沿长边翻转、A4；没有打印机就说出文件在哪里。"""
    from paperwork.desk import printing

    order = printing.make_order(number, outputs, name)
    show_order(order, dry)
    for job in () if dry else order.jobs:
        if not order.printer:
            printing.open_file(job.path)
        else:
            console().print(f"已送去打印：{job.path.name}，任务 {printing.send(job)}", soft_wrap=True)


OPTION, NUMBER = re.compile(r"--[a-z-]+"), re.compile(r"(\d{4}-)?\d+")
INTERRUPTED, WRONG_WORDS = 130, 2
"""Exit codes of the command-line library: after Ctrl+C, and for words that a command does not take."""

app = typer.Typer(
    help="把项目表格变成装订成册、编好页码、可以归档的卷宗。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    """Print the program's version and end, if `--version` is given."""
    if wanted:
        from importlib.metadata import version

        console().print(f"paperwork {version('paperwork')}")
        raise typer.Exit


@app.callback()
def _global_options(
    version: Annotated[
        bool, typer.Option("--version", help="显示程序的版本", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Declare the options that come before a command; their callbacks do the work."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="新的工作文件夹，没有就建", show_default=False)],
) -> None:
    """建一个工作文件夹：放目录和工作簿的 inputs、放成品的 outputs、可以改的模板 templates 和一份说明。"""
    work_folder.create(folder.absolute())
    show_work_folder(folder.absolute())


@app.command()
def archive(
    numbers: Numbers = None,
    everything: All = False,
    *,
    inputs: Inputs,
    outputs: Outputs,
    templates: Templates,
    as_of: AsOf = "",
    final: Annotated[bool, typer.Option("--final", help="出定稿：有缺件就不出")] = False,
    force: Annotated[bool, typer.Option("--force", help="全部重做：以前印过的、没有变化的也不沿用")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="待补稿也换掉齐备的档案；用 restore 可以放回来")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="同时开几个 LibreOffice；做几个项目时，同时做几个")
    ] = os.cpu_count() or 2,
    cluster: Annotated[
        str, typer.Option("--cluster", help="交给 Dask 调度程序，如 tcp://10.0.0.5:8786，见 docs/scaling.md")
    ] = "",
) -> None:
    """生成项目档案：填表、打印、编页、装订成册。"""
    from paperwork.archive import register
    from paperwork.build import batch, project

    day, single = parse_day(as_of), _single_number(numbers, everything, inputs, templates)
    if replace and not single:
        raise Stop(ExitCode.FAULTY, "--replace 一次只能换一个项目的档案", "请写一个序号")
    if single and not cluster:

        def make(replacing: bool) -> "BuildResult":
            with BuildDisplay() as display:
                folders = (inputs, outputs, templates)
                return project.archive(single, *folders, display, day, final, jobs, force, replacing)

        made = _confirmed(make, replace)
        show_faults(made.faults)
        show_upcoming(made.missing)
        show_archive(single, made, final)
        return
    chosen = batch.select_projects(inputs, templates, numbers or ())
    job = batch.Job(0, inputs.absolute(), outputs.absolute(), templates.absolute(), day, final, force, replace)
    with BatchDisplay(len(chosen.numbers)) as board:
        result = batch.run_all(batch.build, job, chosen.numbers, jobs, board, cluster)
    show_outcomes(result.outcomes, chosen, final)
    show_faults(result.faults)
    if any(outcome.archive for outcome in result.outcomes):
        console().print(f"成品在 {outputs}/，登记在 {outputs / register.FILE}", soft_wrap=True)
    raise typer.Exit(batch.code(result.outcomes))


def _confirmed(make: "Callable[[bool], BuildResult]", replace: bool) -> "BuildResult":
    """Make an archive; if a better one would go, ask on a terminal and make it then."""
    try:
        return make(replace)
    except Stop as stop:
        if stop.code is not ExitCode.UNCONFIRMED or not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise
        console().print(f"[yellow]请看[/]　{escape_markup(stop.wrong)}", soft_wrap=True)
        if not typer.confirm("还是要换吗？换下的档案会留着，可以放回来"):
            raise
    return make(True)


def _single_number(
    numbers: list[ProjectNumber] | None, everything: bool, inputs: Path, templates: Path
) -> ProjectNumber | None:
    """Return the project's number if exactly one is named, else None.

    Raises `Stop` if neither numbers nor --all are given, or both.
    """
    if bool(numbers) == everything:
        wrong = "序号和 --all 只写一样" if everything else "没有写项目序号"
        raise Stop(ExitCode.FAULTY, wrong, "写一个或几个序号，如 1 3；目录里的全部项目写 --all")
    one = set(numbers or ())
    return _known(one.pop(), inputs, templates) if len(one) == 1 else None


def _known(number: ProjectNumber, inputs: Path, templates: Path) -> ProjectNumber:
    """Return the number by which the inputs know a project: without its year, if that is the newest."""
    from paperwork.project import input_folder

    return input_folder.scan_inputs(inputs, templates).known(number) if number.year else number


@app.command(name="check")
def check_projects(
    numbers: Numbers = None,
    everything: All = False,
    *,
    inputs: Inputs,
    outputs: Outputs,
    templates: Templates,
    as_of: AsOf = "",
    as_json: Annotated[bool, typer.Option("--json", help="只输出 JSON，给程序用；几个项目是一个列表")] = False,
) -> None:
    """只校验：核对表格、逐条对照相关要求，不生成档案；标出问题的工作簿副本放在 outputs/序号/校验/。"""
    from paperwork.build import batch

    day, single = parse_day(as_of), _single_number(numbers, everything, inputs, templates)
    if single:
        _check_one(batch.Job(single, inputs, outputs, templates, day), as_json)
        return
    chosen = batch.select_projects(inputs, templates, numbers or ())
    job = batch.Job(0, inputs.absolute(), outputs.absolute(), templates.absolute(), day, mark=not as_json)
    with BatchDisplay(len(chosen.numbers)) as board:
        outcomes = batch.run_all(batch.check, job, chosen.numbers, os.cpu_count() or 2, board).outcomes
    if as_json:
        print(json.dumps([batch.to_json(outcome) for outcome in outcomes], ensure_ascii=False, indent=1))
    else:
        show_outcomes(outcomes, chosen)
    raise typer.Exit(batch.code(outcomes))


def _check_one(job: "Job", as_json: bool) -> None:
    """Check one project and print all its faults and clauses, or JSON."""
    from paperwork.archive import history, manifest
    from paperwork.checks import check
    from paperwork.project import input_folder

    if as_json:
        checked = check.examine(job.number, job.inputs, job.as_of, job.templates)
        print(json.dumps(manifest.make_verdicts(checked).to_json_data(), ensure_ascii=False, indent=1))
        check.raise_on_errors(checked, ())
        return
    history.settle(job.outputs, input_folder.scan_inputs(job.inputs, job.templates))
    checked = check.check(job.number, job.inputs, job.outputs, job.as_of, job.templates)
    show_faults(checked.faults)
    show_upcoming(checked.missing)
    show_verdicts(checked)
    notices, waiting = len(checked.faults) - len(checked.gaps), f"，未到期 {checked.later} 项" if checked.later else ""
    words = f"没有错误，缺件 {len(checked.gaps)} 项{waiting}，提醒 {notices} 项，状态：{checked.state}"
    console().print(f"项目{job.number}　{escape_markup(checked.project.name)}：{words}", soft_wrap=True)


@app.command()
def read(
    numbers: Numbers = None,
    as_json: Annotated[bool, typer.Option("--json", help="只输出 JSON，给程序用；只要目录，不写文件")] = False,
    *,
    inputs: Inputs,
    templates: Templates,
) -> None:
    """读目录里的每一句话，把认出的要求写进 inputs 里的 要求解读.xlsx，供核对和审定；再运行一次，填过的都留着。"""
    from paperwork.checks.requirements.reading import as_json as reading_json
    from paperwork.checks.requirements.reading import sheet
    from paperwork.core.faults import keep_errors
    from paperwork.project import input_folder

    if as_json and not (empty := input_folder.scan_folder(inputs, templates)).entries:
        print(json.dumps(reading_json.to_json(empty), ensure_ascii=False, indent=1))
        raise typer.Exit(ExitCode.FAULTY)
    found = input_folder.scan_inputs(inputs, templates)
    chosen = [found.known(number) for number in numbers or ()]
    if unknown := [number for number in chosen if number not in found.entries]:
        known = "、".join(map(str, sorted(found.entries)))
        raise Stop(ExitCode.FAULTY, f"项目发布目录里没有项目{unknown[0]}", f"目录里有的序号：{known}")
    if as_json:
        print(json.dumps(reading_json.to_json(found, chosen), ensure_ascii=False, indent=1))
        for fault in found.faults:
            print(fault, file=sys.stderr)
        return
    reading = sheet.read_sheet(found)
    path = sheet.write_sheet(reading)
    told = tuple(dict.fromkeys((*found.faults, *reading.faults)))
    show_faults(told)
    show_reading(sheet.summaries(reading), path, {str(number) for number in chosen})
    if keep_errors(told):
        raise typer.Exit(ExitCode.FAULTY)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="文件夹", help="成品文件夹或电子档案包", show_default=False)],
) -> None:
    """核对成品或电子档案包：有没有改动、缺少、多出、改名的文件，页号和 PDF/A 对不对。"""
    from paperwork.archive import verify

    found = verify.verify(path)
    if not found.faults:
        console().print(f"没有改动，全部相符：{found.files} 个文件")
        return
    rows = [
        (escape_markup(fault.where), escape_markup(fault.wrong), escape_markup(fault.mend)) for fault in found.faults
    ]
    show_table(("文件", "问题", "怎么办"), rows)
    console().print(f"核对了 {found.files} 个文件，有 {len(found.faults)} 处不符")
    raise typer.Exit(ExitCode.FAULTY)


@app.command()
def new(number: Number, inputs: Inputs, templates: Templates) -> None:
    """为一个项目写一份空白工作簿，目录里已有的内容先填好。"""
    from paperwork.project import blank_workbook, folders, input_folder
    from paperwork.project.funder import read_funder

    choices = read_funder(templates).choices
    found = input_folder.scan_inputs(inputs, templates)
    number = found.known(number)
    if number not in found.entries:
        known = "、".join(map(str, sorted(found.entries)))
        raise Stop(ExitCode.FAULTY, f"项目发布目录里没有项目{number}", f"目录里有的序号：{known}")
    entry = found.entries[number]
    real = [path for path in found.workbooks.get(number, []) if path not in found.samples]
    if real:
        names = "、".join(map(found.name, real))
        raise Stop(ExitCode.FAULTY, f"项目{number}已有工作簿：{names}", "请直接填写它；要重新开始，请先把它移到别处")
    folder = found.new_folder(number)
    for name in folders.INPUT_FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    path = folder / f"{input_folder.WORKBOOK_STEM}.xlsx"
    if path.exists():
        raise Stop(ExitCode.FAULTY, f"{path} 已经存在，没有覆盖它", "请先把它移到别处")
    blank_workbook.write_workbook(path, blank_workbook.rows_from_catalogue(entry), entry.span.start, choices)
    console().print(f"已写好空白工作簿：{path}", soft_wrap=True)
    console().print("请用 WPS 或 Excel 打开填写，第一张表是填写说明；照片、视频、附件放在旁边的文件夹里")
    if number in found.workbooks:
        console().print("提醒：同序号的示例工作簿从现在起不再使用")


@app.command()
def signin(number: Number, inputs: Inputs, outputs: Outputs, templates: Templates) -> None:
    """按活动表写出签到表，一次活动一张，打印出来带去签字；放在 outputs/签到表/，Word 和 PDF 各一份。"""
    import tempfile

    from paperwork.documents import signin
    from paperwork.project import input_folder, workbook
    from paperwork.project.funder import read_funder

    found = input_folder.scan_inputs(inputs, templates)
    project, faults = workbook.read_project(found, found.known(number), read_funder(templates))
    # Beside the outputs, so that the finished files can be renamed into place.
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".签到表-", dir=outputs) as work:
        made = signin.write_signin(project, templates, outputs, Path(work))
    show_faults([fault for fault in faults if fault.where.sheet == "活动"])
    for each in made.short:
        words = f"活动 {each.code} 的人数多，只印了 {signin.MAX_ROWS} 行，不够的请复印空白页"
        console().print(escape_markup(words), soft_wrap=True)
    console().print(f"签到表 {made.sheets} 张，已写好：{made.pdf}", soft_wrap=True)
    console().print(f"要改的话改 Word：{made.word}；签好以后扫描，放进“附件”文件夹，在“附件”表里登记", soft_wrap=True)


@app.command()
def restore(
    number: Number,
    state: Annotated[str, typer.Option("--state", help="放回哪一份：齐备 或 待补稿；不写就先找齐备的")] = "",
    *,
    outputs: Outputs,
) -> None:
    """把换下来的档案放回来；现在的那一份移到 outputs/.以前/，也可以再放回来。"""
    from paperwork.archive import history

    kept = history.restore(outputs, number, state)
    words = f"{kept.title}，{kept.pages} 页，{kept.state}，核对日期 {kept.as_of:%Y-%m-%d}"
    console().print(f"已放回项目{number}以前的档案：{escape_markup(words)}", soft_wrap=True)


@app.command(name="list")
def list_projects(
    inputs: Inputs,
    outputs: Outputs,
    templates: Templates,
    files: Annotated[
        bool, typer.Option("--files", help="列出 inputs 里每个文件的去处：用在哪里，没有用上的为什么")
    ] = False,
) -> None:
    """列出目录里的项目、各自的工作簿和档案，往年的和以前的也在内；加 --files 列出每个文件的去处。"""
    if files:
        from paperwork.desk import dossier

        show_files(dossier.read_files(inputs, templates))
        return
    from paperwork.archive import finished, history, register
    from paperwork.core.text import format_decimal
    from paperwork.project import input_folder

    found = input_folder.scan_inputs(inputs, templates)
    history.settle(outputs, found)
    outdated = finished.outdated(outputs, found, templates)
    register.refresh(outputs, outdated)
    rows = []
    for number, entry in sorted(found.entries.items()):
        try:
            path = found.workbook(number)
            place = f"{found.name(path)}{'（示例）' * (path in found.samples)}" if path else "还没有"
        except Stop as several:  # the other projects are listed all the same
            place = f"{several.wrong}，{several.mend}"
        amount = format_decimal(entry.amount / 10_000)
        archives = history.words(outputs, number, str(number) in outdated)
        rows.append(
            (str(number), entry.department, escape_markup(entry.name), entry.period, amount, escape_markup(place),
             archives)
        )  # fmt: skip
    show_table(("序号", "牵头部室", "项目名称", "实施周期", "金额（万元）", "工作簿", "档案"), rows)
    for kept in history.unlisted(outputs, found):
        words = f"{kept.folder.name}　{kept.title}，{kept.state}"
        console().print(f"另有档案，目录里没有这个项目：{escape_markup(words)}", soft_wrap=True)
    show_faults(found.faults)


@app.command()
def rules() -> None:
    """列出全部校验规则和能认出的要求。"""
    from paperwork.checks.requirements.judges import requirement_texts
    from paperwork.checks.rules.registry import RULES

    out = console()
    out.print("[bold]数据要对得上[/]（错误、提醒）")
    for number, rule in enumerate(RULES, 1):
        out.print(f"{number:2}. {(rule.__doc__ or '').strip()}", soft_wrap=True)
    out.print("[bold]要求要有凭据[/]（缺件：相关要求、项目目标写了什么就核对什么）")
    for number, sentence in enumerate(requirement_texts(), 1):
        out.print(f"{number:2}. {sentence}", soft_wrap=True)


@app.command()
def forms(
    templates: Templates,
    outputs: Annotated[Path, _folder_option("outputs", "预览放在这个文件夹")],
    preview: Annotated[bool, typer.Option("--preview", help="把每个模板填上编造的数据印出来，看改得对不对")] = False,
) -> None:
    """列出全部表单，按装订的先后；加 --preview 印一份表单预览。"""
    from paperwork.documents.declarations import read_forms

    if preview:
        _preview_forms(templates, outputs)
        return
    declared = read_forms(templates / "forms.toml")
    rows = [(form.section, form.template, form.each or "（整个项目一份）", form.title) for form in declared]
    show_table(("部分", "模板", "每行一份的表", "题名"), rows)


def _preview_forms(templates: Path, outputs: Path) -> None:
    """Print each template with made-up data into one PDF, and say where it is."""
    import tempfile

    from paperwork.core.cache import CACHE_FOLDER, Cache
    from paperwork.documents.preview import write_preview

    _log_to(outputs)
    with tempfile.TemporaryDirectory() as work:
        made = write_preview(templates, outputs, Path(work), Cache(outputs / CACHE_FOLDER))
    console().print(f"{len(made.templates)} 个模板印在 {escape_markup(str(made.path))}，数据是编造的", soft_wrap=True)


@app.command()
def doctor() -> None:
    """查看程序和字体是否齐全，缺了有什么后果。"""
    import tempfile

    from paperwork.formats.office import fonts, installation
    from paperwork.formats.pdf import verapdf

    version = installation.version()
    rows = [("LibreOffice", "有" if version else "[red]没有[/]", version or "没有它，不能把 Word 打印成 PDF")]
    is_missing, packages = not version, "" if version else commands.OFFICE
    with tempfile.TemporaryDirectory() as folder:
        try:
            for each in fonts.substitutes(fonts.environment(Path(folder))):
                row, lacking = _font_row(each)
                rows.append(row)
                is_missing |= not each.is_usable
                packages += f" {lacking}"
            lacking = " ".join(fonts.missing_spares(fonts.environment(Path(folder))))
            rows.append(_spares_row(lacking))
            packages += f" {lacking}"
        except Stop as stop:
            is_missing = True
            rows.append(("fontconfig", "[red]没有[/]", stop.wrong))
            packages += f" {commands.FONTS}"
    has, note = ("有", "有了它") if verapdf.find() else ("没有", "可选；装上以后")
    rows.append((verapdf.NAME, has, f"{note}，整卷是不是 PDF/A 由它再核对一遍"))
    show_table(("名称", "有没有", "说明"), rows)
    # One line below the table, whole, so that it can be copied.
    if names := " ".join(dict.fromkeys(packages.split())):
        console().print(f"缺的这样装：{commands.install(names)}", soft_wrap=True)
    if is_missing:
        raise typer.Exit(ExitCode.MISSING)


def _font_row(match: "FontMatch") -> tuple[tuple[str, str, str], str]:
    """Return the row of an official font, and the Debian packages that would give a better one."""
    if match.is_genuine:
        return (match.wanted, "有", "原字体"), ""
    if not match.is_usable:
        return (match.wanted, "[red]没有[/]", f"没有可以代替它的中文字体，只好用 {match.used}"), commands.FONTS
    note = f"以 {match.used} 代替；装上原字体后自动改用"
    if match.is_last_resort:
        return (match.wanted, "[yellow]代[/]", f"{note}。这样不合公文要求"), f"{commands.FONTS} {commands.FANDOL}"
    return (match.wanted, "[yellow]代[/]", note), ""


def _spares_row(lacking: str) -> tuple[str, str, str]:
    """Return the row of the spare fonts, given the Debian packages that are missing."""
    name = "其他文字、表情和生僻字"
    if lacking:
        return name, "[yellow]缺[/]", f"缺 {lacking}；表里有这些字时，会指出是哪一格"
    return name, "有", "藏文、蒙古文、傣文等各种文字，表情符号，扩展区的生僻字"


for command in (watch, serve):
    app.command()(command)
app.command(name="print")(print_)


def main() -> None:
    """Run a command; the only place that turns `Stop` into text and an exit code."""
    # A task scheduler may start a command with closed streams, which Python then leaves out: words go nowhere.
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a character shows a question mark
            stream.reconfigure(errors="replace")
    # Python discards a KeyboardInterrupt raised in a finalizer or a fork hook; this raises it again.
    processes.retry_lost_interrupts(signal.default_int_handler)
    gc.set_threshold(
        100_000, 50, 50
    )  # a build creates millions of small objects and frees few, so frequent collections only cost time
    with logs.session(_default_outputs(), _loggable_words(sys.argv[1:])):
        raise SystemExit(run(lambda: app(standalone_mode=False)))


def _nowhere() -> TextIO:
    """Return a stream that discards what is written."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _default_outputs() -> Path | None:
    """Return where a command without `--outputs` logs an internal error; None outside of a folder of work."""
    try:
        return work_folder.default("outputs")
    except (Stop, OSError):
        return None


def _loggable_words(words: list[str]) -> str:
    """Return command, project numbers and names of options; no path or other text, which may name a person."""
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    options = (word for word in words[1:] if NUMBER.fullmatch(word) or OPTION.fullmatch(word))
    return " ".join([*(word for word in words[:1] if word in commands), *options])


def run(command: Callable[[], object]) -> int:
    """Run a command and print what went wrong, never a traceback; return the exit code."""
    try:
        code = command()
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its text is the help, which is printed already
            return WRONG_WORDS
        return show_refusal(*usage.explain(error), WRONG_WORDS)
    except Exception as error:
        stop = as_stop(error)
        show_faults(stop.faults)
        return show_refusal(f"{stop.where}：{stop.wrong}" if stop.where else stop.wrong, stop.mend, stop.code)
    if code == INTERRUPTED:
        return show_refusal("已中断", "没做完的项目，原来的成品没有改动；可以随时重来", ExitCode.FAILED)
    return code if isinstance(code, int) else ExitCode.DONE
