"""`Form`: one entry of templates/forms.toml, the volume's table of contents."""

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


def words(pattern: str, context: Mapping[str, object]) -> str:
    """Put data into a title: {活动名称} is replaced by that field, line breaks by blanks."""
    filled = re.sub(r"\{(\w+)\}", lambda name: printed(context.get(name[1])), pattern)
    return re.sub(r"\s+", " ", filled).strip()
