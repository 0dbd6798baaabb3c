"""Say in Chinese what is wrong with the words of a command: the command-line library knows only English."""

import re
from collections.abc import Callable
from typing import Any

from typer.exceptions import TyperException

RANGES = {"greater than or equal to": "不能小于", "less than or equal to": "不能大于"}
"""Words in which the library names the limit of a number."""


def explain(error: TyperException) -> tuple[str, str]:
    """Return what is wrong with a command's words, and how to find out what is right."""
    # The library's own classes are not public, so they are told apart by name; others are explained as a whole.
    explained = EXPLANATIONS.get(type(error).__name__, _words)(error)
    context = getattr(error, "ctx", None)
    return explained, f"可以写什么，见：{context.command_path if context else 'paperwork'} --help"


def _unknown_option(error: Any) -> str:
    near = f"，是不是 {'、'.join(sorted(error.possibilities))}" if error.possibilities else ""
    return f"没有 {error.option_name} 这个选项{near}"


def _option_value(error: Any) -> str:
    needed = "后面要写一个值" if "require" in error.message else "后面不能写值"
    return f"{error.option_name} {needed}"


def _missing(error: Any) -> str:
    return f"没有写{_name(error.param)}"


def _bad_value(error: Any) -> str:
    name = _name(error.param)
    for words, limit in RANGES.items():
        if found := re.search(rf"{words} (-?\d+)", error.message):
            return f"{name}{limit} {found[1]}"
    return f"{name}要写整数" if "integer" in error.message else f"{name}写得不对"


def _words(error: Any) -> str:
    """Explain an unknown command, or words for which a command has no place."""
    message = str(getattr(error, "message", ""))
    if found := re.fullmatch(r"No such command '(.*)'\..*", message, re.DOTALL):
        return f"没有 {found[1]} 这个命令"
    if found := re.search(r"unexpected extra argument\S* \((.*)\)", message):
        return f"多写了：{found[1]}"
    return "命令的写法不对"


def _name(param: Any) -> str:
    """Return an option's name as it is typed, or the Chinese name of an argument in quotation marks."""
    if param is None:
        return "有一个值"
    names = [name for name in param.opts if name.startswith("-")]
    return f"{names[0]} " if names else f"“{(param.metavar or param.name).strip('…')}”"


EXPLANATIONS: dict[str, Callable[[Any], str]] = {
    "NoSuchOption": _unknown_option,
    "BadOptionUsage": _option_value,
    "MissingParameter": _missing,
    "BadParameter": _bad_value,
}
