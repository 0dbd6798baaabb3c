"""What the page shows, as HTML. Templates lie in `paperwork/web/html/`; everything in them is escaped."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from paperwork import charts, values
from paperwork.shelf import Download

HERE = Path(__file__).parent
MOST_BYTES = 600 * 2**20
"""Of one request: a few films of a telephone. The browser is told, lest it send more in vain."""


@dataclass(frozen=True)
class Answer:
    """What became of a dropped file."""

    words: str
    more: str
    done: bool
    number: int = 0
    """The project it belongs to; 0 for the catalogue."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "yuan": lambda amount: f"{amount:,.2f}",
        "wan": lambda amount: values.plain_number(amount / 10_000),
        "day": values.chinese_date,
        "size": values.file_size,
        "key": key,
    }
    # Drawn by us, out of numbers and escaped words.
    environment.globals |= {
        "most_bytes": MOST_BYTES,
        "progress": lambda *given: Markup(charts.progress(*given)),
        "money": lambda lines: Markup(charts.money([(line.subject, line.budget, line.spent) for line in lines])),
    }
    return environment


def render(name: str, **data: Any) -> str:
    """Fill one template."""
    return _environment().get_template(name).render(**data)


def key(file: Download) -> str:
    """By what an address names a file of the archive: an item by its number, for its title may hold a name."""
    return f"item-{file.number}" if file.number else file.name.rpartition("/")[2]
