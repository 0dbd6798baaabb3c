"""Keep the first and the last rows of a list together, so that no page has a single row of it."""

from typing import Any

from paperwork.formats.office.typesetting.styles import W

KEPT = 3
"""Rows at the end of a list that stay on one page."""
MAX_CHARACTERS = 300
"""A row with more text may take a good part of a page, so the rows are not kept together."""


def keep_rows(body: Any) -> None:
    """Keep the first two rows and the last `KEPT` rows together of each table that repeats its head on each page."""
    for table in body.iter(f"{W}tbl"):
        rows = table.findall(f"{W}tr")
        heads = sum(row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows)
        last = rows[max(heads, len(rows) - KEPT) :] if heads else []
        if len(rows) - heads <= KEPT or any(map(_is_tall, last)):
            continue
        first = [] if any(map(_is_tall, rows[heads : heads + 2])) else [rows[heads]]
        for row in (*first, *last[:-1]):
            # LibreOffice looks at the first paragraph of the first cell, Word at all paragraphs of the row.
            for paragraph in row.iter(f"{W}p"):
                _keep_with_next(paragraph)


def _is_tall(row: Any) -> bool:
    """Return True if a row has pictures, tables or much text."""
    if any(row.find(f".//{W}{name}") is not None for name in ("drawing", "pict", "tbl")):
        return True
    return len("".join(row.itertext(f"{W}t"))) > MAX_CHARACTERS


def _keep_with_next(paragraph: Any) -> None:
    """Set a paragraph to stay on the page of the next one."""
    properties = paragraph.find(f"{W}pPr")
    if properties is None:
        properties = paragraph.makeelement(f"{W}pPr")
        paragraph.insert(0, properties)
    if properties.find(f"{W}keepNext") is None:
        # The schema wants it after the style.
        at = 1 if properties.find(f"{W}pStyle") is not None else 0
        properties.insert(at, properties.makeelement(f"{W}keepNext"))
