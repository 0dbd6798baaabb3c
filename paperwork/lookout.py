"""Print the events of a watch on the terminal, one line each, with the time of day."""

from collections.abc import Sequence
from pathlib import Path
from time import strftime

from paperwork.check import MARKED
from paperwork.faults import Fault, Level, Stop, errors
from paperwork.fleet import Outcome
from paperwork.pool import Doing
from paperwork.screen import COLOURS, console, plain


class Lookout:
    """Terminal output of a watch of the inputs folder."""

    def __init__(self, inputs: Path, outputs: Path) -> None:
        self.inputs, self.outputs = inputs, outputs

    def begun(self, polling: bool) -> None:
        """Print that the watch has begun."""
        how = "，这里系统不通知改动，由程序自己隔几秒看一遍" if polling else ""
        _print_line(f"开始看守 {plain(self.inputs)}/{how}。按 Ctrl+C 结束")

    def seen(self, numbers: Sequence[int]) -> None:
        """Print which projects are being checked."""
        _print_line(f"有改动，正在核对：项目{'、'.join(map(str, numbers))}")

    def doing(self, doing: Sequence[Doing]) -> None:
        """Ignore progress: a watch prints results only."""

    def done(self, outcome: Outcome) -> None:
        """Print a project's state, and the folder of the marked copy if it has errors, or why the work failed."""
        _print_line(f"项目{outcome.number}　{self._words(outcome)}")

    def _words(self, outcome: Outcome) -> str:
        """Return the outcome in words."""
        counts = "，".join(f"{level} {sum(each.level is level for each in outcome.faults)} 项" for level in Level)
        if errors(outcome.faults):
            marked = plain(self.outputs / str(outcome.number) / MARKED)
            return f"[red]有误[/]：{counts}。出错的格子标在 {marked}/ 里的副本上，改好存回原处就会再核对"
        if outcome.code:
            return f"[red]没有完成[/]：{plain(outcome.wrong)}。{plain(outcome.mend)}"
        made = outcome.made
        volume = f"；档案{'没有变化' if made.same else '已做好'}，{made.pages} 页" if made else ""
        return f"{outcome.state}：{counts}{volume}"

    def noted(self, faults: Sequence[Fault]) -> None:
        """Print faults of files."""
        for each in faults:
            words = f"{plain(each.where)}：{plain(each.wrong)}。{plain(each.mend)}"
            _print_line(f"[{COLOURS[each.level]}]{each.level}[/]　{words}")

    def failed(self, stop: Stop) -> None:
        """Print that the folder could not be checked."""
        _print_line(f"[red]没有核对[/]　{plain(stop.wrong)}。{plain(stop.mend)}")
        self.noted(stop.faults)


def _print_line(words: str) -> None:
    """Print one line with the time of day."""
    console().print(f"{strftime('%H:%M:%S')}　{words}", soft_wrap=True)
