"""Render the Jinja templates in `paperwork/app/web/html/`; all values are escaped."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from paperwork.archive.finished import Download
from paperwork.core import text, values

FOLDER = Path(__file__).parent
MOST_BYTES = 600 * 2**20
"""Largest request body: a few videos from a phone. The browser checks it too, before sending in vain."""


@dataclass(frozen=True)
class UploadAnswer:
    """Result of one uploaded file, as shown to staff."""

    words: str
    more: str
    is_done: bool
    number: int = 0
    """Project that the file belongs to; 0 for the catalogue."""
    token: str = ""
    """Token of a catalogue that waits for a confirmation."""


@cache
def _environment() -> Environment:
    """Return the Jinja environment; built once."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "html"),
        autoescape=True,
        # A misspelt field must raise an error, not render as nothing.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": text.format_decimal,
        "yuan": lambda amount: f"{amount:,.2f}",
        "wan": lambda amount: text.format_decimal(amount / 10_000),
        "day": values.chinese_date,
        "size": values.format_file_size,
        "key": key,
    }
    environment.globals["most_bytes"] = MOST_BYTES
    return environment


def render(name: str, **data: Any) -> str:
    """Render one template."""
    return _environment().get_template(name).render(**data)


def key(file: Download) -> str:
    """Return the file's key in URLs: for an item its number, because its title may contain a person's name."""
    return f"item-{file.number}" if file.number else file.name.rpartition("/")[2]
