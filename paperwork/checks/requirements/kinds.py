"""Read templates/要求.toml: the kinds of demands, the words that announce them, and the judge of each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from paperwork.core import commands
from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.formats.toml_files import read_toml
from paperwork.project.funder import NO_FUNDER, Funder

FILE = "要求.toml"
FUNDER_NAME = "{发布单位}"
"""Placeholder in 要求.toml: in a name the funder's first name, in a pattern all its names."""
GAP = r"[^，,。；;\n]{0,25}?"
"""Meaning of … in a pattern: up to 25 characters of one part of a sentence."""
TEXTS = ("name", "judge", "thing", "owner", "due")
LISTS = ("words", "unless", "unless_before", "when", "continues", "units")
JUDGE_NAMES = (
    "材料一次", "材料按期", "每次活动", "数目", "请人确认", "材料或确认", "是或否", "全职社工", "执行经验", "活动",
    "督导", "进展报送", "信息报送", "结项报告", "汇编成册", "项目费用", "按申报书和预算执行", "项目专账",
    "资金规范使用", "管理档案",
)  # fmt: skip
"""Names that `judge` may have: the keys of `judges.JUDGES`."""
FLAGS = ("periodic", "by_room", "is_paper")
PATTERNS = LISTS[:-1]
REQUIRED = ("name", "judge")


@dataclass(frozen=True)
class Kind:
    """A kind of demand. Its words are regular expressions, in which … matches up to 25 characters of a part.

    A part of a sentence is of this kind if one of `words` matches in it, none of `unless` does, and (if given) one of
    `when`, but none of `unless_before`, matches in the sentence up to the end of the part.
    """

    name: str
    judge: str
    """Name of the judge in `judges.JUDGES`."""
    words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_before: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    continues: tuple[str, ...] = ()
    """Patterns of the parts that may follow and belong to the same demand."""
    units: tuple[str, ...] = ()
    """Measure words of its number: 张 for photos."""
    thing: str = ""
    """Parameter of the judge: the record of an activity, the type of an attachment, a column of 基本信息."""
    owner: str = ""
    """Party that has to supply the evidence; empty: the contractor."""
    due: str = ""
    """开始 or 结束: when the evidence is due, if the clause gives no day; empty: at the end of the project."""
    general: str = ""
    """Words under which every project is asked for it, also where no clause does; empty: only where a clause does."""
    periodic: bool = False
    """True if words such as 每季度 say how often it is asked for."""
    by_room: bool = False
    """True if a department in the sentence says who has to do it."""
    is_paper: bool = False
    """True for papers asked for by their own name: the group `name` of a pattern is the name."""


@dataclass(frozen=True)
class NoDemand:
    """A pattern of parts that demand nothing, such as terms of payment, and the reason that staff read."""

    reason: str
    words: tuple[str, ...]
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kinds:
    """The content of 要求.toml for one funder, with compiled patterns."""

    kinds: tuple[Kind, ...]
    no_demands: tuple[NoDemand, ...]
    ask_in_list: tuple[str, ...]
    """Patterns of things that a person is asked about, even in a list in which other things were recognised."""
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict, compare=False)

    def search(self, written: tuple[str, ...], text: str, *span: int) -> bool:
        """Return True if one of several patterns of the table matches in a text."""
        return any(self.patterns[each].search(text, *span) for each in written)

    def matches(self, written: tuple[str, ...], text: str) -> Iterator[re.Match[str]]:
        """Yield the matches of several patterns of the table in a text."""
        for each in written:
            yield from self.patterns[each].finditer(text)

    def __getitem__(self, name: str) -> Kind:
        """Return a kind by its name."""
        return next(each for each in self.kinds if each.name == name)

    def find(self, name: str) -> Kind | None:
        """Return a kind by its name, or None."""
        return next((each for each in self.kinds if each.name == name), None)


def read_kinds(templates: Path | None = None, funder: Funder = NO_FUNDER) -> Kinds:
    """Return the kinds of demands declared in the templates folder, with the funder's names put in.

    A folder without 要求.toml (made before there was one) has the kinds that come with the program. Raises `Stop` if
    the file cannot be read or an entry is wrong.
    """
    path = (templates or commands.shipped_templates()) / FILE
    if not path.exists():
        path = commands.shipped_templates() / FILE
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size, funder)
    except OSError as error:
        raise Stop(ExitCode.FAULTY, f"读不了：{error.strerror}", "请看看文件的权限", FILE) from None


@lru_cache(maxsize=8)
def _read(path: Path, _: int, __: int, funder: Funder) -> Kinds:
    """Read the file; its time and size are part of the key, so that a changed file is read anew."""
    try:
        content = read_toml(path)
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"读不了：{reason.wrong}", reason.mend, FILE) from None
    fragments = content.get("fragment", {})
    kinds = tuple(_kind(entry, funder) for entry in content.get("kind", ()))
    no_demands = tuple(
        NoDemand(str(entry.get("reason", "")), *(_texts(entry, key, "no_demand") for key in ("words", "unless")))
        for entry in content.get("no_demand", ())
    )
    in_list = _texts(content, "ask_in_list", "ask_in_list")
    patterns: dict[str, re.Pattern[str]] = {}
    written = (
        *((each.name, text) for each in kinds for key in PATTERNS for text in getattr(each, key)),
        *(("ask_in_list", text) for text in in_list),
        *((each.reason, text) for each in no_demands for text in (*each.words, *each.unless)),
    )
    for owner, text in written:
        patterns[text] = _compile(text, fragments, funder, owner)
    return Kinds(kinds, no_demands, in_list, patterns)


def _kind(entry: Mapping[str, Any], funder: Funder) -> Kind:
    """Return an entry of the table as a kind. Raises `Stop` if it is wrong."""
    name = str(entry.get("name", ""))
    known = {*TEXTS, *LISTS, *FLAGS, "general"}
    if unknown := [key for key in entry if key not in known]:
        _refuse(name, f"不认识 {unknown[0]}", f"请改成 {'、'.join(sorted(known))} 里的一个")
    for key in REQUIRED:
        if not entry.get(key):
            _refuse(name, f"没有 {key}", f'请加上一行：{key} = "……"')
    if entry["judge"] not in JUDGE_NAMES:
        _refuse(name, f"的 judge 写着“{entry['judge']}”，没有这一种", f"请改成 {'、'.join(JUDGE_NAMES)} 里的一个")
    texts = {key: str(entry[key]).replace(FUNDER_NAME, funder.name) for key in (*TEXTS, "general") if key in entry}
    lists = {key: _texts(entry, key, name) for key in LISTS if key in entry}
    flags = {key: entry[key] is True for key in FLAGS if key in entry}
    return Kind(**texts, **lists, **flags)  # type: ignore[arg-type]


def _texts(entry: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        _refuse(name, f"{key} 写得不对", f'请改成这样的一行：{key} = ["……", "……"]')
    return tuple(value)


def _compile(text: str, fragments: Mapping[str, str], funder: Funder, owner: str) -> re.Pattern[str]:
    whole = text
    for _ in range(3):  # a fragment may hold others
        for name, fragment in fragments.items():
            whole = whole.replace(f"{{{name}}}", f"(?:{fragment})")
    whole = whole.replace(FUNDER_NAME, f"(?:{funder.pattern})").replace("…", GAP)
    try:
        return re.compile(whole)
    except re.error as error:
        _refuse(owner, f"“{text}”写法不对（{error.msg}）", "请对照文件开头的说明改正")


def _refuse(name: str, wrong: str, mend: str) -> NoReturn:
    raise Stop(ExitCode.FAULTY, f"“{name or '没有名字的一项'}”{wrong}", mend, FILE)
