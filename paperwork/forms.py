"""What staff declare beside the Word templates: `Form` (forms.toml) and `Binding`, the rules of binding.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from paperwork.faults import ExitCode, Stop
from paperwork.values import printed


@dataclass(frozen=True)
class Form:
    """One kind of document. Chinese words in it are names of sheets and columns."""

    template: str
    section: str
    title: str
    each: str = ""
    """One document for each row of this sheet; empty: one for the project."""
    by: str = ""
    """One document for each distinct value of this column of `each`, holding all its rows."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Only rows whose column has one of these values."""
    needs: str = ""
    """Made only when this sheet or field holds something."""
    scan: str = ""
    """The column that names the outside document bound behind the Word page."""
    responsible: str = "承接单位"
    """责任者: the field it is taken from, else the words themselves."""
    date: str = ""
    """The field that holds the document's date."""

    @property
    def headline(self) -> tuple[str, str]:
        """Neighbouring forms with the same headline are bound row by row: plan, brief, video; plan, brief, video …"""
        return (self.section, self.each if not self.by else self.template)


def read_forms(path: Path) -> list[Form]:
    """Read the declaration. Raises `Stop` when it cannot be read or names something unknown."""
    known = {each.name for each in fields(Form)}
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("form", [])
        for entry in entries:
            if strange := set(entry) - known:
                raise ValueError(f"{entry.get('template', '')} 有不认识的项：{'、'.join(sorted(strange))}")
            entry["only"] = {key: tuple(allowed) for key, allowed in entry.get("only", {}).items()}
        return [Form(**entry) for entry in entries]
    except (OSError, ValueError, TypeError) as error:
        raise Stop(
            ExitCode.FAULTY, f"表单清单读不了：{error}", "请对照 docs/architecture.md 检查写法", path.name
        ) from None


NUMBERS = ("卷", "件")


@dataclass(frozen=True)
class Binding:
    """How volumes are bound, numbered and labelled. Lengths in millimetres; what each means stands in binding.toml."""

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
    """Read the rules of binding. Raises `Stop` when they cannot be read or something is missing or unknown."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
        binding = Binding(**{**said, "box_mm": tuple(sorted(said.get("box_mm", ())))})
        if binding.numbers not in NUMBERS:
            raise ValueError(f"numbers 写的是“{binding.numbers}”，只能写“卷”或“件”")
        if min(binding.sheets_per_book, binding.sheet_mm, *(binding.box_mm or (0,))) <= 0:
            raise ValueError("sheets_per_book、sheet_mm、box_mm 都要大于零")
        return binding
    except (OSError, ValueError, TypeError) as error:
        raise Stop(
            ExitCode.FAULTY, f"装订的规矩读不了：{error}", "请对照说明改正，或恢复原来的文件", path.name
        ) from None


def words(pattern: str, context: Mapping[str, object]) -> str:
    """Put data into a title: {活动名称} is replaced by that field, line breaks by blanks."""
    filled = re.sub(r"\{(\w+)\}", lambda name: printed(context.get(name[1])), pattern)
    return re.sub(r"\s+", " ", filled).strip()
