"""Normalise the text and numbers of cells; the parsers in `dates` and `values` build on this."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NOTHING = {"-", "—", "——", "－", "/", "\\", "／"}
"""Dashes and slashes that staff write into a cell with no value."""
NONE = {"无", "暂无", "没有"}
"""Words for "none": no value in a column of dates or numbers, but a valid answer in a column of text."""


def text(raw: object) -> str:
    """Return a cell's value as text: NFC, Unix line ends, no control characters, no blanks at the ends."""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return plain_number(Decimal(repr(raw)))
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    if isinstance(raw, dt.date):
        return raw.isoformat()
    # Excel writes a carriage return inside a cell as the literal text _x000D_.
    cleaned = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    cleaned = UNPRINTABLE.sub("", cleaned).strip()
    # Staff type an apostrophe before a number to keep it as text. An apostrophe that opens a quotation occurs twice.
    return cleaned[1:] if cleaned.startswith("'") and cleaned.count("'") == 1 else cleaned


def halfwidth(raw: object) -> str:
    """Return a cell's text with full-width digits, letters and punctuation made half-width and all blanks removed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text(raw)))


def plain_number(number: Decimal) -> str:
    """Return a decimal as text, without an exponent and without trailing zeros."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def is_nothing(raw: object) -> bool:
    """Return True if a cell has no value: empty, blanks or a dash."""
    return raw is None or str(raw).strip() in NOTHING | {""}


def is_zero(raw: object) -> bool:
    """Return True if a cell has no value, or a zero that a formula left in an empty row."""
    return is_nothing(raw) or raw is False or re.fullmatch(r"[¥￥]?0+(\.0+)?%?", halfwidth(raw)) is not None
