"""Read the text of Word files as a reader sees it after "accept all changes".

The XML of a part is first rewritten step by step: tracked changes are accepted (`accept_changes`), hidden text, field
instructions and automatic numbers become what is shown (`_show`). What is left is plain text: `text_of` is the only
function that reads it. An element that this module does not know is read through, so that no text in it is lost.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from paperwork.core.faults import Unreadable
from paperwork.formats import detect, ooxml
from paperwork.formats.detect import FileType
from paperwork.formats.office.word_numbers import Numbering, map_symbol

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
STRICT = (
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", W[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)
"""Namespaces of a "Strict Open XML" file, each with the usual one."""
MAX_PART = 100 * 2**20
"""Most bytes of XML in one part."""


def _w(names: str) -> frozenset[str]:
    """Return the qualified tags of local names of WordprocessingML."""
    return frozenset(W + name for name in names.split())


PARAGRAPH, TABLE, ROW, CELL, RUN, TEXT = (W + name for name in ("p", "tbl", "tr", "tc", "r", "t"))
TEXTS = {TEXT, *(f"{{{uri.decode()}}}t" for _, uri in STRICT[1:])}
"""Elements that hold visible text: of runs, formulas and drawings."""
CHARACTERS = {
    W + "tab": "\t", W + "ptab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-",
}  # fmt: skip
"""Elements that stand for a character. A soft hyphen shows only at a line end and stands for none."""
BOX = W + "txbxContent"
CHOICE, FALLBACK, ALTERNATES = MC + "Choice", MC + "Fallback", MC + "AlternateContent"
UNSEEN = _w("pPr rPr rt rubyPr instrText delInstrText delText fldData sdtPr sdtEndPr tblPr tblGrid trPr tcPr")
"""Elements whose text is no text of the document; `rt` is the pronunciation above a word."""
WRAPPERS = _w("sdt sdtContent customXml smartTag ins moveTo") | {CHOICE, ALTERNATES}
"""Elements round paragraphs, rows and cells that a reader does not see."""
OTHER_FILES = _w("altChunk subDoc")
EMBEDDED = _w("drawing pict object") | OTHER_FILES
REMOVED = _w("del moveFrom")
UNWRAPPED = _w("ins moveTo")
CHANGE_MARKS = _w(
    "rPrChange pPrChange sectPrChange tblPrChange tblPrExChange tcPrChange trPrChange tblGridChange numberingChange "
    "cellIns cellDel cellMerge moveFromRangeStart moveFromRangeEnd moveToRangeStart moveToRangeEnd "
    "customXmlInsRangeStart customXmlInsRangeEnd customXmlDelRangeStart customXmlDelRangeEnd "
    "customXmlMoveFromRangeStart customXmlMoveFromRangeEnd customXmlMoveToRangeStart customXmlMoveToRangeEnd"
)
"""Elements that record a change and hold no text of their own."""
CHANGES = REMOVED | UNWRAPPED | CHANGE_MARKS
OFF = ("0", "false", "off")
PART_NAMES = {".main+xml": "正文", "header+xml": "页眉", "footer+xml": "页脚", "footnotes+xml": "脚注",
              "endnotes+xml": "尾注"}  # fmt: skip
"""The parts of a Word file with text that is printed, by the end of their content type, in the words of staff."""


FIELD_MARKS = _w("fldSimple fldChar instrText")
COMPUTED_FIELDS = ("DATE", "TIME", "FILENAME")
"""Fields that LibreOffice computes when it prints: today's date, the name of our working copy."""
CHANGED_PARTS = re.compile(r"content\.xml|word/(?!glossary/)\w+\.xml")
CHANGED = re.compile(rb"<text:changed-region|<w:(?:ins|del|moveFrom|moveTo|cellIns|cellDel|cellMerge|\w+Change)[ />]")
DOC_CHANGES = (b"\x00\x08\x01", b"\x01\x08\x01")
"""Properties of deleted and inserted text in a .doc: sprmCFRMarkDel and sprmCFRMark with the value 1 ([MS-DOC] 2.6.1).

The same bytes occur elsewhere in such a file, so they only say that it is worth a closer look.
"""


NOTES = ("脚注", "尾注")


@dataclass(frozen=True)
class Part:
    """A part of a Word file: its name in the package, its name in Word (正文, 页眉 …), its XML."""

    name: str
    title: str
    root: Any


@dataclass(frozen=True)
class WordTable:
    """A table: the text of each cell by row and column, and its merged ranges (top, left, bottom, right, from 0).

    A merged text stands in the first column of its range, in every row of it. `inside` is the index of the table that
    contains this one, or None.
    """

    rows: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    inside: int | None = None


@dataclass(frozen=True)
class WordText:
    """What a reader sees of a Word file, and what was done to see it."""

    tables: tuple[WordTable, ...]
    paragraphs: tuple[tuple[str, str], ...]
    """The texts outside of tables that are not empty, each with its place, such as 第3段 or 脚注."""
    changed: bool = False
    """True if the file has tracked changes, which were accepted."""
    hidden: tuple[str, ...] = ()
    """Texts formatted as hidden, which were left out."""
    comments: int = 0
    embedded: int = 0
    """Pictures, objects and other files in the tables, whose text is not read."""


def read_word(content: bytes) -> WordText:
    """Return the text of a Word file. Exceptions of many types are raised for a file that is damaged."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        kinds = _content_types(package)
        styles, numbering = (_parse(package, kinds, end) for end in ("styles+xml", "numbering+xml"))
        comments = _parse(package, kinds, "comments+xml")
        parts = list(_parts(package, kinds))
    [body] = [part.root for part in parts if part.title == "正文"]
    others = [part for part in parts if part.root is not body]
    changed = [accept_changes(part.root) for part in parts]
    numbers = Numbering(numbering, styles)
    hidden = [text for part in parts for text in _show(part.root, numbers if part.root is body else None, styles)]
    tables = list(body.iter(TABLE))
    places = {id(table): at for at, table in enumerate(tables)}
    owners = [next((places[id(outer)] for outer in table.iterancestors(TABLE)), None) for table in tables]
    loose = [(f"第{at}段", text_of(each)) for at, each in enumerate(_blocks(body.find(W + "body"), {PARAGRAPH}), 1)]
    for part in others:
        notes = [note for note in part.root if W + "type" not in note.attrib] if part.title in NOTES else [part.root]
        loose += [(part.title, text_of(each)) for each in notes]
    return WordText(
        tuple(_read_table(table, inside) for table, inside in zip(tables, owners, strict=True)),
        tuple((place, text) for place, text in loose if text),
        any(changed),
        tuple(hidden),
        0 if comments is None else len(comments),
        len(list(_embedded(body))),
    )


def _embedded(body: Any) -> Iterator[Any]:
    """Yield what stands in the tables and is no text, once for each: pictures, drawings, objects, other files."""
    for element in body.iter(*EMBEDDED):
        outer = {each.tag for each in element.iterancestors()}
        is_once = FALLBACK not in outer and not outer & EMBEDDED
        if is_once and (TABLE in outer or element.tag in OTHER_FILES) and element.find(f".//{BOX}") is None:
            yield element


def read_parts(content: bytes) -> list[Part]:
    """Return the parts of a Word file that are printed, as they stand in the file."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return list(_parts(package, _content_types(package)))


def accept_all(content: bytes) -> bytes | None:
    """Return a Word file with every tracked change accepted, or None if it has none."""
    parts = read_parts(content)
    changed = [accept_changes(part.root) for part in parts]
    return _replace_parts(content, parts) if any(changed) else None


def settle(content: bytes) -> tuple[bytes, bool, bool] | None:
    """Return a Word file that prints the same on any day: changes accepted, fields of the day and the file frozen.

    The two flags say whether there were changes and such fields; None is returned if there were neither.
    """
    parts = read_parts(content)
    changed = [accept_changes(part.root) for part in parts]
    frozen = [_freeze_fields(part.root) for part in parts]
    return (_replace_parts(content, parts), any(changed), any(frozen)) if any(changed + frozen) else None


def _replace_parts(content: bytes, parts: list[Part]) -> bytes:
    from docx.opc.oxml import serialize_part_xml

    return ooxml.normalise(io.BytesIO(content), {part.name: serialize_part_xml(part.root) for part in parts})


def _freeze_fields(root: Any) -> bool:
    """Replace the fields that LibreOffice would compute anew by the results that are stored; True if there were any."""
    open_fields: list[tuple[list[Any], list[str]]] = []
    found = False
    for element in list(root.iter(*FIELD_MARKS)):
        if element.tag == W + "fldSimple":
            if _field_name(element.get(W + "instr", "")) in COMPUTED_FIELDS:
                _unwrap(element)
                found = True
            continue
        if element.get(W + "fldCharType") == "begin":
            open_fields.append(([], []))
        if open_fields:
            open_fields[-1][0].append(element)
            open_fields[-1][1].append(element.text or "")
        if element.get(W + "fldCharType") == "end" and open_fields:
            marks, words = open_fields.pop()
            if _field_name("".join(words)) in COMPUTED_FIELDS:
                found = True
                for mark in marks:
                    _remove(mark)
    return found


def _field_name(instruction: str) -> str:
    return (instruction.split() or [""])[0].upper()


def may_have_changes(path: Path) -> bool:
    """Return True if a .doc may have tracked changes; for other text documents, if they have some."""
    kind = detect.detect(path).type
    return any(mark in path.read_bytes() for mark in DOC_CHANGES) if kind is FileType.DOC else has_changes(path)


def has_changes(path: Path) -> bool:
    """Return True if a .docx or .odt has tracked changes; False for any other file, also one that is damaged."""
    return _has_changes(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _has_changes(path: Path, _modified: int) -> bool:
    # Searched, not parsed: every check asks this of every attachment.
    if detect.detect(path).type not in (FileType.DOCX, FileType.ODT):
        return False
    try:
        with zipfile.ZipFile(path) as package:
            names = [name for name in package.namelist() if CHANGED_PARTS.fullmatch(name)]
            return any(CHANGED.search(_read(package, name)) for name in names)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, Unreadable):
        return False


# ---- the package


def _content_types(package: zipfile.ZipFile) -> Mapping[str, str]:
    """Return the content type of each part by its name in the package, main document first."""
    types = _parse_xml(_read(package, "[Content_Types].xml"))
    names = set(package.namelist())
    kinds = {str(each.get("PartName", "")).lstrip("/"): str(each.get("ContentType")) for each in types}
    found = {name: kind for name, kind in kinds.items() if name in names}
    if not any(kind.endswith(".main+xml") for kind in found.values()):
        found["word/document.xml"] = ".main+xml"
    return dict(sorted(found.items(), key=lambda each: (not each[1].endswith(".main+xml"), each[0])))


def _parts(package: zipfile.ZipFile, kinds: Mapping[str, str]) -> Iterator[Part]:
    for name, kind in kinds.items():
        title = next((title for end, title in PART_NAMES.items() if kind.endswith(end)), "")
        if title:
            yield Part(name, title, _parse_xml(_read(package, name)))


def _parse(package: zipfile.ZipFile, kinds: Mapping[str, str], end: str) -> Any:
    """Return the XML of the part whose content type ends so, or None."""
    name = next((name for name, kind in kinds.items() if kind.endswith(f".{end}")), None)
    return None if name is None else _parse_xml(_read(package, name))


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    if package.getinfo(name).file_size > MAX_PART:
        raise Unreadable("Word 文件解开后大得不合情理，没有打开它", "请删去多余的内容，另存后再放")
    return package.read(name)


def _parse_xml(xml: bytes) -> Any:
    from docx.oxml import parse_xml  # here, because most commands read no Word file and the import takes 0.1 s

    for strict, usual in STRICT:
        xml = xml.replace(strict, usual)
    return parse_xml(xml)


# ---- tracked changes


def find_changes(root: Any) -> list[Any]:
    """Return the elements that record tracked changes."""
    return [each for each in root.iter() if each.tag in CHANGES]


def accept_changes(root: Any) -> bool:
    """Accept every tracked change below an element; return True if there was any.

    Deletions go with their rows, cells and paragraph marks: a paragraph without its mark joins the next one.
    """
    changes = find_changes(root)
    if not changes:
        return False
    # What deletes something larger than itself is looked up before the marks are removed.
    joined = [mark.getparent().getparent().getparent() for mark in changes if _is_mark_of(mark, "p", "pPr", "rPr")]
    for mark in changes:
        if (mark.tag in REMOVED and _is_mark_of(mark, "tr", "trPr")) or mark.tag == W + "cellDel":
            _remove(mark.getparent().getparent())
    for each in changes:
        if each.tag in UNWRAPPED:
            _unwrap(each)
        else:
            _remove(each)
    for row in [row for row in root.iter(ROW) if not list(_blocks(row, {CELL}))]:
        _remove(row)
    for table in [table for table in root.iter(TABLE) if not list(_blocks(table, {ROW}))]:
        _remove(table)
    for paragraph in reversed(joined):  # from the last, so that no content is moved more than once
        _join_with_next(paragraph)
    return True


def _is_mark_of(mark: Any, owner: str, *path: str) -> bool:
    """Return True if an element is the mark that deletes its `owner`, whose properties lie on `path`."""
    at = mark.getparent()
    for name in reversed(path):
        if mark.tag not in REMOVED or at is None or at.tag != W + name:
            return False
        at = at.getparent()
    return at is not None and at.tag == W + owner


def _remove(element: Any) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def _unwrap(element: Any) -> None:
    """Put an element's children in its place."""
    for child in list(element):
        element.addprevious(child)
    _remove(element)


def _join_with_next(paragraph: Any) -> None:
    """Move the content of a paragraph whose mark was deleted to the front of the next paragraph."""
    if paragraph.getparent() is None:
        return
    content = [child for child in paragraph if child.tag != W + "pPr"]
    following = _next_block(paragraph)
    if following is not None and following.tag == PARAGRAPH:
        start = 0 if _properties(following) is None else 1
        for child in reversed(content):
            following.insert(start, child)
        _remove(paragraph)
    elif following is not None and not content:  # the last paragraph of a cell must stay
        _remove(paragraph)


def _properties(paragraph: Any) -> Any:
    """Return the properties of a paragraph, which are its first child, or None."""
    # `find` would search all runs of a paragraph without properties.
    first = next(iter(paragraph), None)
    return first if first is not None and first.tag == W + "pPr" else None


def _next_block(element: Any) -> Any:
    """Return the paragraph or table that follows in the same cell or text, or None."""
    for sibling in element.itersiblings():
        inside = [sibling] if sibling.tag in (PARAGRAPH, TABLE) else _blocks_in_wrapper(sibling)
        if (first := next(iter(inside), None)) is not None:
            return first
    parent = element.getparent()
    return _next_block(parent) if parent.tag in WRAPPERS else None


def _blocks_in_wrapper(element: Any) -> Iterator[Any]:
    return _blocks(element, {PARAGRAPH, TABLE}) if element.tag in WRAPPERS else iter(())


# ---- what is shown


def _show(root: Any, numbers: Numbering | None, styles: Any) -> list[str]:
    """Replace numbering and fields by what they show and remove hidden text; return the hidden texts."""
    hidden = list(_remove_hidden(root, styles))
    for paragraph in list(root.iter(PARAGRAPH)):
        _show_fields(paragraph)
    if numbers is not None:
        for paragraph in list(root.iter(PARAGRAPH)):
            label = numbers.label(paragraph)
            # Word numbers an empty line of a list as well; only in a cell of its own does the number say something.
            neighbours = islice(_blocks(paragraph.getparent(), {PARAGRAPH}), 2)
            if label and (text_of(paragraph) or len(list(neighbours)) == 1):
                _put_text(paragraph, 0 if _properties(paragraph) is None else 1, label)
    return hidden


def _put_text(parent: Any, at: int, words: str) -> None:
    run = parent.makeelement(RUN)
    run.append(run.makeelement(TEXT))
    run[0].text = words
    parent.insert(at, run)


def _is_on(properties: Any, name: str) -> bool | None:
    """Return the value of a switch in properties such as `rPr`, or None if it is not there."""
    found = None if properties is None else properties.find(W + name)
    return None if found is None else found.get(W + "val") not in OFF


def _hidden_styles(styles: Any) -> frozenset[str]:
    """Return the ids of the styles that hide their text, themselves or through the style they are based on."""
    switches: dict[str, tuple[bool | None, str]] = {}
    for style in () if styles is None else styles.iter(W + "style"):
        base = style.find(W + "basedOn")
        of_base = "" if base is None else base.get(W + "val")
        switches[style.get(W + "styleId")] = (_is_on(style.find(W + "rPr"), "vanish"), of_base)
    found = set()
    for name in switches:
        at, seen = name, set()
        while at in switches and at not in seen:
            seen.add(at)
            is_on, at = switches[at][0], switches[at][1] if switches[at][0] is None else ""
            found |= {name} if is_on else set()
    return frozenset(found)


def _remove_hidden(root: Any, styles: Any) -> Iterator[str]:
    """Remove hidden runs and rows, and yield their texts."""
    hiding = _hidden_styles(styles)

    def is_hidden(run: Any) -> bool:
        properties = run.find(W + "rPr")
        if (own := _is_on(properties, "vanish")) is not None:
            return own
        paragraph = next(run.iterancestors(PARAGRAPH), None)
        above = None if paragraph is None else _properties(paragraph)
        named = (
            above is not None and above.find(W + "pStyle"),
            properties is not None and properties.find(W + "rStyle"),
        )
        return any(style is not None and style is not False and style.get(W + "val") in hiding for style in named)

    rows = [row for row in root.iter(ROW) if _is_on(row.find(W + "trPr"), "hidden")]
    runs = [run for run in root.iter(RUN) if is_hidden(run)]
    for element in (*rows, *runs):
        words = text_of(element)
        _remove(element)
        if words:
            yield words


def _show_fields(paragraph: Any) -> None:
    """Remove the instructions of a paragraph's fields, with the results of fields inside them.

    A field of which this paragraph holds only one end is left alone: a table of contents begins in one paragraph and
    ends in another, and its lines are text.
    """
    open_fields: list[list[Any]] = []  # of each: where it begins, its first mark, whether its result has begun
    elements = list(paragraph.iter())
    for at, element in enumerate(elements):
        if element.tag != W + "fldChar":
            continue
        kind = element.get(W + "fldCharType")
        if kind == "begin":
            open_fields.append([at, element, False])
        elif open_fields and not open_fields[-1][2]:
            begin, mark, _ = open_fields[-1]
            inside = elements[begin:at]
            words = "".join(each.text or "" for each in inside if each.tag == W + "instrText")
            for each in inside:
                if each.tag in TEXTS or each.tag in CHARACTERS or each.tag == W + "sym":
                    _remove(each)
            if kind == "end" and (shown := _field_without_result(mark, words)):
                mark.addnext(mark.makeelement(TEXT))
                mark.getnext().text = shown
            open_fields[-1][2] = True
        if kind == "end" and open_fields:
            open_fields.pop()


CIRCLED = re.compile(r"\\o\s*\\ac\((.)\s*[,，;]\s*(\w+)\s*\)", re.IGNORECASE)
PRONOUNCED = re.compile(r"\\o\s*(?:\\a[lcrd])?\s*\(\\s\\up\s*[\d.]+\([^()]*\)\s*[,，;]\s*([^()]+)\)", re.IGNORECASE)
SYMBOL_FIELD = re.compile(r"SYMBOL\s+(0x[0-9a-f]+|\d+)(?:.*\\f\s*\"?([^\"\\]+))?", re.IGNORECASE)


def _field_without_result(mark: Any, words: str) -> str:
    """Return what a field shows that Word draws from its instruction: ① and 拼音 of 中文版式, symbols, form fields."""
    if found := CIRCLED.search(words):
        number = int(found[2]) if found[2].isdecimal() else 0
        return chr(ord("①") + number - 1) if found[1] in "○〇" and 1 <= number <= 20 else found[2]
    if found := PRONOUNCED.search(words):
        return found[1]
    if found := SYMBOL_FIELD.match(words.strip()):
        return map_symbol((found[2] or "").strip(), int(found[1], 0))
    entries = [each.get(W + "val") for each in mark.iter(W + "listEntry")]
    chosen = next((int(each.get(W + "val")) for each in mark.iter(W + "result")), 0)
    if entries:
        return str(entries[min(chosen, len(entries) - 1)])
    for box in mark.iter(W + "checkBox"):
        ticked = _is_on(box, "checked")
        return "☑" if (_is_on(box, "default") if ticked is None else ticked) else "☐"
    return ""


# ---- text


def text_of(element: Any) -> str:
    """Return the text of a paragraph, a cell or a whole part; the paragraphs of text boxes follow their paragraph."""
    if element.tag == PARAGRAPH:
        boxes: list[Any] = []
        own = "".join(_pieces(element, boxes))
        texts = [own, *map(text_of, boxes)]
        return "\n".join(text for text in texts if text) if boxes else own
    if element.tag == TABLE:
        return "\n".join(map(text_of, _blocks(element, {ROW})))
    if element.tag == ROW:
        return "\t".join(map(text_of, _blocks(element, {CELL})))
    if element.tag == RUN:
        return "".join(_pieces(element, []))
    return "\n".join(map(text_of, _blocks(element, {PARAGRAPH, TABLE}))).strip()


def own_text_of(paragraph: Any) -> str:
    """Return the text of a paragraph without the text boxes in it."""
    return "".join(_pieces(paragraph, []))


def _pieces(element: Any, boxes: list[Any]) -> Iterator[str]:
    """Yield the text of an element piece by piece; its text boxes are appended to `boxes`."""
    for child in element:
        if child.tag in TEXTS:
            yield child.text or ""
        elif child.tag in CHARACTERS:
            yield CHARACTERS[child.tag]
        elif child.tag == W + "sym":
            yield map_symbol(child.get(W + "font", ""), int(child.get(W + "char", "20"), 16))
        elif child.tag == BOX:
            boxes.append(child)
        elif child.tag == ALTERNATES:
            # The same drawing twice: for this Word, and for older ones.
            yield from _pieces(_alternative(child), boxes)
        elif child.tag not in UNSEEN:
            yield from _pieces(child, boxes)


def _alternative(element: Any) -> Any:
    """Return the first of the alternatives, the one that a current Word shows."""
    return next(iter([*element.iter(CHOICE), *element.iter(FALLBACK)]), ())


def _blocks(element: Any, tags: Collection[str]) -> Iterator[Any]:
    """Yield the children with one of the tags, through content controls and other wrappers."""
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag == ALTERNATES:
            yield from _blocks(_alternative(child), tags)
        elif child.tag in WRAPPERS:
            yield from _blocks(child, tags)


def _number(properties: Any, name: str, otherwise: int) -> int:
    """Return the number in a property of a row or cell."""
    found = None if properties is None else properties.find(W + name)
    words = "" if found is None else str(found.get(W + "val"))
    return min(int(words), 200) if words.isdecimal() else otherwise


def _is_continued(properties: Any, name: str) -> bool:
    """Return True if a cell continues the merged cell above (`vMerge`) or to the left (`hMerge`)."""
    found = None if properties is None else properties.find(W + name)
    return found is not None and found.get(W + "val", "continue") == "continue"


def _read_table(table: Any, inside: int | None) -> WordTable:
    rows: list[list[str]] = []
    ranges: dict[tuple[int, int], list[int]] = {}  # (top, left) → [bottom, right]
    above: dict[int, tuple[int, int]] = {}  # the range of each cell of the row above, by its first column
    for number, row in enumerate(_blocks(table, {ROW})):
        texts = [""] * _number(row.find(W + "trPr"), "gridBefore", 0)
        here: dict[int, tuple[int, int]] = {}
        for cell in _blocks(row, {CELL}):
            properties, column = cell.find(W + "tcPr"), len(texts)
            width = max(1, _number(properties, "gridSpan", 1))
            if _is_continued(properties, "hMerge") and here:
                ranges[here[max(here)]][1] = column + width - 1
                texts += [""] * width
                continue
            if _is_continued(properties, "vMerge") and column in above:
                here[column] = above[column]
                ranges[above[column]][0] = number
            else:
                here[column] = (number, column)
                ranges[here[column]] = [number, column + width - 1]
            top = here[column][0]
            texts += [text_of(cell) if top == number else rows[top][column], *[""] * (width - 1)]
        rows.append(texts)
        above = here
    merged = [(*start, *end) for start, end in ranges.items() if list(start) != end]
    return WordTable(tuple(map(tuple, rows)), tuple((a, b, c, d) for a, b, c, d in merged), inside)
