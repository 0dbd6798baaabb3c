"""Shared command-line arguments: folders, project numbers, date of the check."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from paperwork.faults import ExitCode, Stop

ROOT = Path(__file__).resolve().parent.parent
Number = Annotated[int, typer.Argument(metavar="序号", help="项目序号，见 paperwork list", show_default=False)]
Numbers = Annotated[list[int] | None, typer.Argument(metavar="序号…", help="一个或几个项目序号", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="目录里所有有工作簿的项目")]
Inputs = Annotated[Path, typer.Option("--inputs", help="放目录和工作簿的文件夹")]
Outputs = Annotated[Path, typer.Option("--outputs", help="成品放在这个文件夹")]
Templates = Annotated[Path, typer.Option("--templates", help="模板文件夹")]
AsOf = Annotated[
    str,
    typer.Option("--as-of", help="核对到哪一天，如 2022-07-15；不写就是今天。没到期的不算缺，全部到期以后哪天都一样"),
]


def day_of(words: str) -> dt.date:
    """Return the date of the check: the given one, or today; items due later are not missing."""
    from paperwork.dates import as_date, today

    try:
        return as_date(words) if words else today()
    except ValueError as reason:
        raise Stop(ExitCode.FAULTY, f"--as-of：{reason}", "日期写成 2022-07-15 的样子") from None
