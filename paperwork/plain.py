"""Text and numbers in one plain form, whatever a cell holds: the ground that all readers of values stand on."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NOTHING = {"-", "—", "——", "－", "/", "\\", "／"}
"""What people put into a cell that has nothing to say."""
NONE = {"无", "暂无", "没有"}
"""The same in words: nothing where a date or a number is asked, an answer where text is."""


def text(raw: object) -> str:
    """Any cell as text: NFC, one kind of line end, no control characters, no blanks at the ends."""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return plain_number(Decimal(repr(raw)))
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    if isinstance(raw, dt.date):
        return raw.isoformat()
    plain = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    plain = UNPRINTABLE.sub("", plain).strip()
    # The apostrophe that people type before a number to keep it text; one that opens a quotation has a fellow.
    return plain[1:] if plain.startswith("'") and plain.count("'") == 1 else plain


def halfwidth(raw: object) -> str:
    """Text with full-width digits, letters and punctuation made half-width, all blanks removed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text(raw)))


def plain_number(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def is_nothing(raw: object) -> bool:
    """Whether a cell holds nothing: empty, blanks, a dash."""
    return raw is None or str(raw).strip() in NOTHING | {""}


def is_zero(raw: object) -> bool:
    """Whether a cell holds nothing, or a zero that a formula has left in an empty row."""
    return is_nothing(raw) or raw is False or re.fullmatch(r"[¥￥]?0+(\.0+)?%?", halfwidth(raw)) is not None
