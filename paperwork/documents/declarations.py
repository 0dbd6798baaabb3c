"""Read the declarations that staff keep beside the Word templates: forms.toml (`Form`), binding.toml (`Binding`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.core.values import format_value
from paperwork.formats.toml_files import read_toml
from paperwork.project import funder
from paperwork.project.model import Role


@dataclass(frozen=True)
class Form:
    """One kind of document. Chinese words in its fields are names of worksheets and columns."""

    template: str
    section: str
    title: str
    each: str = ""
    """The worksheet that gives one document for each of its rows; empty: one document for the project."""
    by: str = ""
    """The column of `each` that gives one document for each distinct value, with all rows of that value."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Allowed values by column; other rows give no document."""
    needs: str = ""
    """The worksheet or field that must not be empty; otherwise there is no document."""
    scan: str = ""
    """The column that names the outside document bound behind the Word page."""
    beside: str = ""
    """The column that names a row of an earlier form of the section; the document is bound after that row's."""
    responsible: str = "承接单位"
    """责任者: the name of the field it is taken from, or the words themselves if there is no such field."""
    date: str = ""
    """The field that holds the document's date."""
    reference: str = ""
    """The column with the 文号 for 卷内目录."""
    secrecy: str = ""
    """The column with the 密级; the cover bears the highest one of the volume."""
    remark: str = ""
    """The column with the 备注 for 卷内目录."""
    proves: tuple[Role, ...] = ()
    """Roles of the form: what its documents prove. The clauses are matched to pages by them, never by `template`."""

    @property
    def group_key(self) -> tuple[str, str]:
        """Return the key by which neighbouring forms are grouped.

        The documents of a group are bound row by row: plan, brief, video; plan, brief, video …
        """
        return (self.section, self.each if not self.by else self.template)


def read_forms(path: Path) -> list[Form]:
    """Read forms.toml. Raises `Stop` if it cannot be read or names something unknown."""
    try:
        entries = read_toml(path).get("form")
        if not entries or not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise Unreadable("里面没有一项表单", "请恢复原来的文件，或照开头的说明写上：每一项以一行 [[form]] 开始")
        for number, entry in enumerate(entries, 1):
            _check_keys(Form, entry, f"第 {number} 项（{entry.get('template', '没有 template')}）")
            entry["only"] = {column: tuple(_texts("only", each)) for column, each in entry.get("only", {}).items()}
            entry["proves"] = tuple(_read_roles(entry.get("proves", [])))
        return [Form(**entry) for entry in entries]
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"表单清单读不了：{reason.wrong}", reason.mend, path.name) from None


KINDS: Mapping[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "请写成加引号的文字"),
    int: ((int,), "请写成整数，不加引号"),
    float: ((int, float), "请写成数字，不加引号"),
    tuple[int, ...]: ((list,), "请写成 [20, 30] 的样子"),
    Mapping[str, tuple[str, ...]]: ((dict,), '请写成 { 类型 = ["甲", "乙"] } 的样子'),
}
"""For each type of a declared key the types of TOML that are allowed, and what staff should write."""


def _check_keys(kind: Any, entry: Mapping[str, Any], place: str = "") -> None:
    """Raise `Unreadable` if a declaration has an unknown key, lacks a key, or has a value of a wrong type."""
    known = {each.name: each for each in fields(kind)}
    if unknown := set(entry) - known.keys():
        raise Unreadable(f"{place}有不认识的项：{'、'.join(sorted(unknown))}", "请改正或删去")
    needed = {name for name, each in known.items() if each.default is MISSING and each.default_factory is MISSING}
    if missing := needed - set(entry):
        raise Unreadable(f"{place}缺了：{'、'.join(sorted(missing))}", "请对照文件开头的说明补上")
    for name, value in entry.items():
        allowed, mend = KINDS.get(known[name].type, ((object,), ""))
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise Unreadable(f"{place}{name} 写的是“{value}”", mend)


def _texts(name: str, value: Any) -> list[str]:
    """Return a list of texts. Raises `Unreadable` for anything else."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unreadable(f"{name} 写的是“{value}”", '请写成 { 类型 = ["甲", "乙"] } 的样子')
    return value


def _read_roles(words: Any) -> Iterator[Role]:
    """Yield the roles that `proves` of a form names. Raises `Unreadable` for anything but a list of known roles."""
    for word in words if isinstance(words, list) else [words]:
        if word not in [*Role] or not isinstance(words, list):
            mend = f'请写成 ["{Role.BRIEF}"] 的样子，可以写几样：{"、".join(Role)}'
            raise Unreadable(f"proves 写的是“{word}”", mend)
        yield Role(word)


NUMBERS = ("卷", "件")
"""Corner of the page number in the paper edition: outer bottom corner (卷) or outer top corner (件)."""


@dataclass(frozen=True)
class Binding:
    """Rules for binding, numbering and labelling volumes. Lengths are in millimetres; binding.toml explains each.

    The funder's names in the same file are read by `project.funder`, since the checks need them as well.
    """

    code: str
    numbers: str
    number_side_mm: float
    number_edge_mm: float
    binding_margin_mm: float
    sheets_per_book: int
    sheet_mm: float
    box_mm: tuple[int, ...]
    label_height_mm: int
    spine_mm: tuple[int, ...] = (10, 15, 20)
    bare_scan_pages: int = 0
    title: str = "{全宗名称}{年度}年度{项目名称}档案"
    """案卷题名. A part whose field is empty, or that 项目名称 already says, is left out."""


def read_binding(path: Path) -> Binding:
    """Read binding.toml. Raises `Stop` if it cannot be read or something in it is missing, unknown or out of range."""
    try:
        settings = {key: value for key, value in read_toml(path).items() if key not in funder.KEYS}
        _check_keys(Binding, {"box_mm": [], **settings})
        widths = {name: settings[name] for name in ("box_mm", "spine_mm") if name in settings}
        for name, sizes in widths.items():
            if not all(isinstance(each, int) for each in sizes):
                raise Unreadable(f"{name} 写的是“{sizes}”", "请写成 [20, 30] 的样子")
        settings |= {name: tuple(sorted(sizes)) for name, sizes in widths.items()}
        binding = Binding(**settings)
        if binding.numbers not in NUMBERS:
            raise Unreadable(f"numbers 写的是“{binding.numbers}”", "请改成“卷”或“件”")
        if min(binding.sheets_per_book, binding.sheet_mm, *(binding.box_mm or (0,)), *binding.spine_mm) <= 0:
            raise Unreadable("sheets_per_book、sheet_mm、box_mm、spine_mm 里有不大于零的数", "请都改成大于零的数")
        return binding
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"装订的规矩读不了：{reason.wrong}", reason.mend, path.name) from None


def fill_title(pattern: str, context: Mapping[str, object]) -> str:
    """Fill a title pattern: {活动名称} is replaced by that field, line breaks by blanks."""
    filled = re.sub(r"\{(\w+)\}", lambda name: format_value(context.get(name[1])), pattern)
    return re.sub(r"\s+", " ", filled).strip()
