"""Commands that serve the web desk, watch the inputs folder, and print."""

import os
from threading import Event
from typing import Annotated

import typer

from paperwork.arguments import ROOT, Inputs, Number, Outputs, Templates, day_of
from paperwork.screen import console, show_order, tell_address


def watch(
    archived: Annotated[bool, typer.Option("--archive", help="核对以后还生成档案")] = False,
    inputs: Inputs = ROOT / "inputs",
    outputs: Outputs = ROOT / "outputs",
    templates: Templates = ROOT / "templates",
) -> None:
    """看守 inputs 文件夹：放进、改动了什么，就核对它所属的项目；按 Ctrl+C 结束。"""
    from paperwork import watch
    from paperwork.lookout import Lookout

    shown = Lookout(inputs, outputs)
    watch.watch(inputs, outputs, templates, lambda: day_of(""), archived, shown, Event())


def serve(
    inputs: Inputs = ROOT / "inputs",
    outputs: Outputs = ROOT / "outputs",
    templates: Templates = ROOT / "templates",
    host: Annotated[str, typer.Option("--host", help="在哪个地址上开；别的电脑也要用时写本机的地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口；0 是任意一个空着的")] = 8765,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="生成档案时同时开几个 LibreOffice")] = os.cpu_count() or 2,
) -> None:
    """打开网页：拖放表格和照片，看还缺什么，生成、翻看、下载档案。"""
    from paperwork import fleet
    from paperwork.web.app import serve as serve_page

    folders = (inputs.absolute(), outputs.absolute(), templates.absolute())
    serve_page(fleet.Job(0, *folders, day_of(""), printers=jobs), host, port, tell_address)


def print_(
    number: Number,
    dry: Annotated[bool, typer.Option("--dry", help="只说会送去什么，不打印")] = False,
    name: Annotated[str, typer.Option("--printer", help="打印机的名字；不写就用默认的")] = "",
    outputs: Outputs = ROOT / "outputs",
) -> None:
    """打印做好的打印版：双面、沿长边翻转、A4；没有打印机就说出文件在哪里。"""
    from paperwork import printer

    order = printer.order(number, outputs, name)
    show_order(order, dry)
    for sheaf in () if dry else order.sheaves:
        if not order.printer:
            printer.show(sheaf.path)
        else:
            console().print(f"已送去打印：{sheaf.path.name}，任务 {printer.send(sheaf)}", soft_wrap=True)
