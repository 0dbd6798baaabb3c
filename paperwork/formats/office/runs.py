"""Runs of filled Word files: name the face of rare characters, read what they show."""

import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from paperwork.formats.office import coverage
from paperwork.formats.office.coverage import Coverage

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
CODE_DOT = re.compile("((?<=[0-9A-Za-z])·)")
"""A dot between the parts of a code such as 档号. Chinese faces print it as wide as a character, Latin ones do not."""
LATIN = "Times New Roman"
FONT_KINDS = ("ascii", "hAnsi", "eastAsia", "cs")
"""The font attributes of a run: Word chooses one by the script of each character."""


def name_faces(roots: Sequence[Any], read: Callable[[], Coverage]) -> None:
    """Split the runs of a document so that each character that not every font has stands in a run with its face.

    So does a dot in a code: it has the same width on all forms, whatever their faces.

    `roots` are the XML elements of the document's parts. `read` returns the coverage of the fonts; it is only called if
    there are such characters.
    """
    for run in [run for root in roots for run in root.iter(f"{W}r") if CODE_DOT.search("".join(_texts(run)))]:
        split(run, lambda text: _dots(text.text or ""))
    runs = (run for root in roots for run in root.iter(f"{W}r"))
    rare = [run for run in runs if not coverage.is_common("".join(_texts(run)))]
    if not rare:
        return
    covered = read()
    for run in rare:
        split(run, lambda text: covered.pieces(text.text or ""))
    for root in roots:
        _size_complex_scripts(root)


def _texts(run: Any) -> list[str]:
    """Return the texts of a run."""
    return [text.text or "" for text in run.iterchildren(f"{W}t")]


def _dots(words: str) -> Iterator[tuple[str, str]]:
    """Yield a text in pieces: the dots in codes with the Latin family, the text between them without a family."""
    for place, piece in enumerate(CODE_DOT.split(words)):
        if piece:
            yield piece, LATIN if place % 2 else ""


def split(run: Any, pieces: Callable[[Any], Iterator[tuple[str, str]]]) -> None:
    """Replace a run by one run for each piece of its text; all else in it keeps its place and its format.

    `pieces` yields the pieces of a text element, each with the family that prints it, empty for that of the run.
    """
    properties = run.find(f"{W}rPr")
    content = [child for child in run if child is not properties]
    for child in content:
        if child.tag != f"{W}t":
            run.addprevious(_run(run, properties, child))
            continue
        for words, family in pieces(child):
            text = deepcopy(child)
            text.text, text.tail = words, None
            text.set(SPACE, "preserve")
            run.addprevious(_run(run, properties, text, family))
    run.getparent().remove(run)


def _run(old: Any, properties: Any, content: Any, family: str = "") -> Any:
    """Return a run with the properties of an old one; with `family`, its text is printed in that family."""
    run = old.makeelement(old.tag, dict(old.attrib), nsmap=old.nsmap)
    if properties is not None:
        run.append(deepcopy(properties))
    if family:
        _set_family(run, family)
    run.append(content)
    return run


def _set_family(run: Any, family: str) -> None:
    """Set the family of a run for all scripts."""
    properties = run.find(f"{W}rPr")
    if properties is None:
        properties = run.makeelement(f"{W}rPr")
        run.insert(0, properties)
    for old in properties.findall(f"{W}rFonts"):
        properties.remove(old)
    names = properties.makeelement(f"{W}rFonts", {f"{W}{kind}": family for kind in FONT_KINDS})
    # The schema wants the character style first, then the fonts.
    properties.insert(1 if properties.find(f"{W}rStyle") is not None else 0, names)


def _size_complex_scripts(root: Any) -> None:
    """Give text in Arabic, Tibetan and other complex scripts the size of the text around it."""
    # Word keeps a size of its own for these scripts (szCs), which templates made for Chinese leave at 10 pt.
    for size in list(root.iter(f"{W}sz")):
        if (parent := size.getparent()).find(f"{W}szCs") is None:
            size.addnext(parent.makeelement(f"{W}szCs", dict(size.attrib)))


RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
UNSEEN = {f"{W}del", f"{W}moveFrom", f"{W}fldSimple", f"{W}instrText", f"{W}pPr", f"{W}tblPr", f"{W}rPr", FALLBACK}
"""Elements whose text is not printed, or not as it stands: deletions, results of fields, the copy of a text box."""
BLANKS = {f"{W}tab", f"{W}br", f"{W}cr", f"{W}ptab"}
"""Elements that separate words."""


@dataclass(frozen=True)
class ShownText:
    """The text that a filled Word file shows: its paragraphs, and those texts that stand on each page anew."""

    paragraphs: Sequence[str]
    repeated: Sequence[str]
    """Headers and footers by paragraph, and the heads of tables, each head as one text."""


def read_text(path: Path) -> ShownText:
    """Return the text that a filled Word file shows: body, tables, text boxes, header and footer."""
    with zipfile.ZipFile(path) as package:
        body = _parsed(package.read("word/document.xml"))
        headers = [_parsed(package.read(f"word/{name}")) for name in _headers(package, body)]
        hidden = _hidden_styles(package)
    edges = [words for part in headers for words in _paragraphs(part, hidden) if words.strip()]
    heads = [above.getparent().getparent() for above in body.iter(f"{W}tblHeader")]
    repeated = [*edges, *("".join(_paragraphs(row, hidden)) for row in heads)]
    return ShownText([*(words for words in _paragraphs(body, hidden) if words.strip()), *edges], repeated)


def _parsed(content: bytes) -> Any:
    """Return the root of an XML part; entities and the network are off."""
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _headers(package: zipfile.ZipFile, body: Any) -> list[str]:
    """Return the names of the header and footer that stand on the first page, if they stand on all pages alike."""
    section = next(body.iter(f"{W}sectPr"), None)
    if section is None or section.find(f"{W}titlePg") is not None or b"evenAndOddHeaders" in _settings(package):
        return []
    ids = [each.get(RELATION) for each in section if each.get(f"{W}type") == "default" and each.get(RELATION)]
    relations = _parsed(package.read("word/_rels/document.xml.rels"))
    return [each.get("Target") for each in relations if each.get("Id") in ids]


def _settings(package: zipfile.ZipFile) -> bytes:
    """Return the document's settings, empty if it has none."""
    return package.read("word/settings.xml") if "word/settings.xml" in package.namelist() else b""


def _paragraphs(root: Any, hidden: Collection[str]) -> Iterator[str]:
    """Yield the visible text of each paragraph; a text box ends the paragraph around it."""
    # Number of complex fields (PAGE …) that have begun and not ended: LibreOffice computes their results anew.
    depth = 0
    words: list[str] = []
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if node.tag == f"{W}p":
            yield "".join(words)
            words = []
        elif event == "end":
            continue
        elif node.tag == f"{W}fldChar":
            depth += {"begin": 1, "end": -1}.get(node.get(f"{W}fldCharType"), 0)
        elif not depth and not _is_unseen(node, hidden):
            words.append(_shown(node))


def _is_unseen(node: Any, hidden: Collection[str]) -> bool:
    """Return True if a piece of text is hidden, or stands in an element that is not printed as it stands.

    `hidden` are the styles of hidden text.
    """
    if node.tag not in SHOWN:
        return True
    properties = node.getparent().find(f"{W}rPr")
    for each in properties if properties is not None else ():
        if each.tag == f"{W}vanish" or (each.tag == f"{W}rStyle" and each.get(f"{W}val") in hidden):
            return True
        if each.tag == f"{W}rFonts" and str(each.get(f"{W}ascii")).lower().startswith(SYMBOL_FONTS):
            return True
    paragraph = next(node.iterancestors(f"{W}p")).find(f"{W}pPr/{W}pStyle")
    if paragraph is not None and paragraph.get(f"{W}val") in hidden:
        return True
    return any(above.tag in UNSEEN for above in node.iterancestors())


def _hidden_styles(package: zipfile.ZipFile) -> set[str]:
    """Return the ids of the styles that hide their text."""
    if "word/styles.xml" not in package.namelist():
        return set()
    styles = _parsed(package.read("word/styles.xml")).iterchildren(f"{W}style")
    return {style.get(f"{W}styleId") for style in styles if style.find(f"{W}rPr/{W}vanish") is not None}


SYMBOL_FONTS = ("wingdings", "webdings", "symbol")
"""Fonts in which a letter is the picture of something else."""


SHOWN = {f"{W}t", f"{W}noBreakHyphen", *BLANKS}
"""Elements that show text. Symbols (w:sym) are left out: their codes mean what their font says."""


def _shown(node: Any) -> str:
    """Return the text that an element of a run shows."""
    if node.tag == f"{W}t":
        return node.text or ""
    return "-" if node.tag == f"{W}noBreakHyphen" else " "
