"""Rows and paragraphs between pages: no page has a single row of a list, none is half empty for a text that is kept."""

from typing import Any

from lxml import etree

from paperwork.formats.office.typesetting.styles import W

KEPT = 3
"""Rows at the end of a list that stay on one page."""
MAX_CHARACTERS = 300
"""A row with more text may take a good part of a page, so the rows are not kept together."""

LONGEST_KEPT = 196
"""Most characters of a paragraph that is kept with the next one: seven lines of 28, a third of a page."""


def let_rows_grow(root: Any) -> None:
    """Make the fixed height of rows with text a least height: what does not fit would be cut off."""
    for height in root.iter(f"{W}trHeight"):
        row = next(height.iterancestors(f"{W}tr"))
        if height.get(f"{W}hRule") == "exact" and any(row.itertext(f"{W}t")):
            height.set(f"{W}hRule", "atLeast")


def loosen_paragraphs(root: Any) -> None:
    """Let texts be split between pages: only the last paragraph of a text, if it is short, is kept with what follows.

    The paragraphs of one value have the format of the template's paragraph. If all were kept with the next one, a long
    text would begin on a new page and leave the one before half empty. LibreOffice does not even split a paragraph that
    is kept with the next one.
    """
    for kept in list(root.iter(f"{W}keepNext")):
        properties = kept.getparent()
        paragraph = properties.getparent()
        if paragraph.tag != f"{W}p":  # the format of a style
            continue
        following = paragraph.getnext()
        same = following.find(f"{W}pPr") if following is not None else None
        is_followed = same is not None and _canonical(same) == _canonical(properties)
        if is_followed or sum(map(len, paragraph.itertext(f"{W}t"))) > LONGEST_KEPT:
            properties.remove(kept)


def _canonical(element: Any) -> bytes:
    """Return the XML of an element in a form that can be compared."""
    return bytes(etree.tostring(element, method="c14n"))


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
