"""Read the declarations that staff keep beside the Word templates: forms.toml (`Form`), binding.toml (`Binding`)."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.core.values import format_value
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
    responsible: str = "承接单位"
    """责任者: the name of the field it is taken from, or the words themselves if there is no such field."""
    date: str = ""
    """The field that holds the document's date."""
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
    known = {each.name for each in fields(Form)}
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("form", [])
        for entry in entries:
            if unknown := set(entry) - known:
                raise Unreadable(
                    f"{entry.get('template', '')} 有不认识的项：{'、'.join(sorted(unknown))}", "请改正或删去"
                )
            entry["only"] = {key: tuple(allowed) for key, allowed in entry.get("only", {}).items()}
            entry["proves"] = tuple(_read_roles(entry.get("proves", [])))
        return [Form(**entry) for entry in entries]
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"表单清单读不了：{reason.wrong}", reason.mend, path.name) from None
    # `Form(**entry)` raises TypeError for a missing key; TOMLDecodeError is a ValueError.
    except (OSError, ValueError, TypeError) as error:
        raise Stop(ExitCode.FAULTY, f"表单清单读不了：{error}", "请对照文件开头的说明检查写法", path.name) from None


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


def read_binding(path: Path) -> Binding:
    """Read binding.toml. Raises `Stop` if it cannot be read or something in it is missing, unknown or out of range."""
    try:
        declared = tomllib.loads(path.read_text("utf-8"))
        settings = {key: value for key, value in declared.items() if key not in funder.EXAMPLES}
        binding = Binding(**{**settings, "box_mm": tuple(sorted(settings.get("box_mm", ())))})
        if binding.numbers not in NUMBERS:
            raise Unreadable(f"numbers 写的是“{binding.numbers}”", "请改成“卷”或“件”")
        if min(binding.sheets_per_book, binding.sheet_mm, *(binding.box_mm or (0,))) <= 0:
            raise Unreadable("sheets_per_book、sheet_mm、box_mm 里有不大于零的数", "请都改成大于零的数")
        return binding
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"装订的规矩读不了：{reason.wrong}", reason.mend, path.name) from None
    except (OSError, ValueError, TypeError) as error:
        raise Stop(
            ExitCode.FAULTY, f"装订的规矩读不了：{error}", "请对照说明改正，或恢复原来的文件", path.name
        ) from None


def fill_title(pattern: str, context: Mapping[str, object]) -> str:
    """Fill a title pattern: {活动名称} is replaced by that field, line breaks by blanks."""
    filled = re.sub(r"\{(\w+)\}", lambda name: format_value(context.get(name[1])), pattern)
    return re.sub(r"\s+", " ", filled).strip()
