"""Print quotation marks, dashes and ellipses in Chinese text in the Chinese face, and lose no mark at a line's end.

“ ” ‘ ’ … — are in Latin faces as well. After a Latin letter or a digit (A级“爱”, 5……) LibreOffice takes them from the
Latin face, where they are half as wide as their partners. Word does so for each of them that has no hint.
"""

import re
from typing import Any

from paperwork.formats.office import runs
from paperwork.formats.office.typesetting.styles import Styles, W

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
PIECES = re.compile(r"((?:[“”‘…—]|(?<![A-Za-z])’|’(?![A-Za-z]))+)")
"""The marks; ’ between Latin letters is an apostrophe and stays Latin."""


def set_faces(body: Any, styles: Styles) -> None:
    """Name the Chinese face for the marks after Latin letters, in each paragraph that has Chinese text."""
    for paragraph in list(body.iter(f"{W}p")):
        texts = [text for text in paragraph.iter(f"{W}t") if text.getparent().tag == f"{W}r"]
        words = "".join(text.text or "" for text in texts)
        if PIECES.search(words) and CHINESE.search(words):
            _set_in_paragraph(paragraph, texts, styles)


def _set_in_paragraph(paragraph: Any, texts: list[Any], styles: Styles) -> None:
    """Name the face for the marks of one paragraph; its runs are split where the face changes."""
    pieces: dict[Any, list[tuple[str, str]]] = {}
    is_latin = False
    for text in texts:
        family = styles.of_run(text.getparent(), paragraph, "rFonts", "eastAsia")
        pieces[text] = []
        for words in filter(None, PIECES.split(text.text or "")):
            is_mark = PIECES.fullmatch(words) is not None
            pieces[text].append((words, family if is_mark and is_latin else ""))
            letters = "" if is_mark else [char for char in words if char.isalnum()]
            is_latin = letters[-1].isascii() if letters else is_latin
    for run in dict.fromkeys(text.getparent() for text in texts):
        if any(family for text in run.iterchildren(f"{W}t") for _, family in pieces[text]):
            runs.split(run, lambda text: iter(pieces[text]))


def hang_no_marks(body: Any, styles: Any) -> None:
    """Let no mark hang over the end of a line; `styles` is the root of the styles part.

    LibreOffice 7.4 does not draw some of the marks that hang over a justified line: 4 marks in 60 paragraphs.
    """
    for root in (body, styles):
        for own in list(root.iter(f"{W}overflowPunct")):
            own.getparent().remove(own)
    defaults = _child(_child(_child(styles, "docDefaults"), "pPrDefault"), "pPr")
    # LibreOffice 7.4 reads the value the wrong way round: 1 turns hanging off. For Word it is the default.
    defaults.insert(0, defaults.makeelement(f"{W}overflowPunct", {f"{W}val": "1"}))


def _child(parent: Any, name: str) -> Any:
    """Return a child element, added at the end if there is none, or at the beginning for the document's defaults."""
    child = parent.find(f"{W}{name}")
    if child is None:
        child = parent.makeelement(f"{W}{name}")
        parent.insert(0 if name == "docDefaults" else len(parent), child)
    return child
