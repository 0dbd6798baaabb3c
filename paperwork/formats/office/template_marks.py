"""Find in a Word template what would print wrongly: tracked changes, fields that change, and text that is nearly a tag.

A place names the part of the file, the paragraph and its text, because that is what staff can search for in Word.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

from paperwork.formats.office import word_text
from paperwork.formats.office.word_text import CELL, CHOICE, FALLBACK, PARAGRAPH, Part, W

TAG = re.compile(r"\{\{(?!\{)(?:(?!\{\{|\}\}).)*\}\}|\{%(?:(?!\{%|%\}).)*%\}|\{#.*?#\}", re.DOTALL)
"""A Jinja tag or comment."""
NOT_A_TAG = "这里有一处像标记又不是标记，程序不会填"
NEARLY_A_TAG = re.compile(r"[{}]|«[^«»]{1,30}»|<<[^<>]{1,30}>>|\[\[[^\[\]]{1,30}\]\]|\(\([^()]{1,30}\)\)|【【|《《")
"""What staff write for a tag, after full-width forms are made half-width: no form of ours has braces in its text."""
CHANGING_FIELDS = {
    **dict.fromkeys(("DATE", "TIME"), "打印那天的日期或时间"),
    **dict.fromkeys(("CREATEDATE", "SAVEDATE", "PRINTDATE", "EDITTIME", "REVNUM"), "文件保存或打印的时间、次数"),
    **dict.fromkeys(("FILENAME", "FILESIZE", "TEMPLATE"), "文件的名称或大小"),
    **dict.fromkeys(("USERNAME", "USERINITIALS", "USERADDRESS", "LASTSAVEDBY"), "这台电脑上用户的名字"),
    **dict.fromkeys(("INCLUDETEXT", "INCLUDEPICTURE", "LINK", "DDE", "DDEAUTO", "DATABASE", "RD"), "别的文件里的内容"),
    **dict.fromkeys(("ASK", "FILLIN"), "打开时输入的内容"),
}
"""Fields whose result depends on the day, the computer or another file, each with what it would print."""
TABLE_FORMULA = re.compile(r"=.*(?:ABOVE|BELOW|LEFT|RIGHT|\b[A-Z]{1,2}\d+\b)", re.IGNORECASE | re.DOTALL)
"""A formula over cells of the template's table, whose result is a stored one."""
MERGE_FIELDS = ("MERGEFIELD", "MERGEREC", "MERGESEQ", "ADDRESSBLOCK", "GREETINGLINE", "NEXT", "NEXTIF", "SKIPIF")
DATE_PARTS = frozenset(f"{W}{part}{form}" for part in ("day", "month", "year") for form in ("Short", "Long"))
"""Elements of old Word files that show a part of today's date."""
MAX_PLACES = 10
"""Tracked changes that are reported one by one in each part of a template."""
MAX_QUOTE = 40
"""Most characters of a paragraph that a place quotes."""
DRAWN_TEXT = re.compile(rb"<a:t(?: [^>]*)?>([^<]*[{}][^<]*)</a:t>")


class Mark(NamedTuple):
    """A finding in a template: its place, the problem, the remedy."""

    place: str
    wrong: str
    mend: str


def find_marks(content: bytes, parts: list[Part], properties: Mapping[str, str]) -> Iterator[Mark]:
    """Yield what is wrong in a template; the changes in its parts are accepted on the way.

    `properties` are its document properties that are filled like text, by their Chinese names.
    """
    for part in parts:
        # The copy of a drawing for older versions of Word would be reported a second time.
        for old in list(part.root.iter(FALLBACK)):
            if old.getparent().find(CHOICE) is not None:
                old.getparent().remove(old)
        yield from islice(dict.fromkeys(_find_changes(part)), MAX_PLACES)
        word_text.accept_changes(part.root)
    for part in parts:
        yield from dict.fromkeys(_find_fields(part))
        yield from dict.fromkeys(_near_tags(part.title, texts_of(part)))
    hidden = "".join(word_text.read_word(content).hidden)
    if "{{" in hidden:
        wrong, mend = "隐藏的文字里有标记，填了也印不出来", "请选中它，在“字体”里去掉“隐藏”；不要的请删去"
        yield Mark(_quoted("隐藏的文字", hidden), wrong, mend)
    yield from (mark for name, text in properties.items() for mark in _near_tags(name, [text]))
    with zipfile.ZipFile(BytesIO(content)) as package:
        drawings = [name for name in package.namelist() if re.match(r"word/(charts|diagrams)/.*\.xml", name)]
        for words in (words for name in drawings for words in DRAWN_TEXT.findall(package.read(name))):
            mend = "请把标记移到正文、表格或文本框里"
            yield Mark(_quoted("图表", words.decode("utf-8", "replace")), "图表里的标记程序不会填", mend)


def texts_of(part: Part) -> list[str]:
    """Return the text of each paragraph of a part, without the text boxes in it, which are paragraphs themselves."""
    # WordArt, such as a watermark, keeps its text in an attribute.
    drawn = [element.get("string", "") for element in part.root.iter("{urn:schemas-microsoft-com:vml}textpath")]
    return [word_text.own_text_of(paragraph) for paragraph in _paragraphs(part)] + drawn


def _paragraphs(part: Part) -> Iterator[Any]:
    """Yield the paragraphs of a part in order, without those of the lines that separate notes from the text."""
    notes = [note for note in part.root if f"{W}type" not in note.attrib] if "注" in part.title else [part.root]
    return (paragraph for note in notes for paragraph in note.iter(PARAGRAPH))


def _quoted(place: str, words: str) -> str:
    short = re.sub(r"\s+", " ", words).strip()
    return f"{place}“{short if len(short) <= MAX_QUOTE else short[:MAX_QUOTE] + '…'}”" if short else place


def _place(part: Part, element: Any) -> str:
    """Return the place of an element: the paragraph in which it is, or the first one below it."""
    paragraph = next(element.iterancestors(PARAGRAPH), None)
    if paragraph is None:
        owner = next((each for each in element.iterancestors() if each.find(f".//{PARAGRAPH}") is not None), None)
        paragraph = None if owner is None else owner.find(f".//{PARAGRAPH}")
    if paragraph is None:
        return part.title
    number = next((at for at, each in enumerate(_paragraphs(part), 1) if each is paragraph), 1)
    inside = "（表格里）" if next(paragraph.iterancestors(CELL), None) is not None else ""
    deleted = "".join(each.text or "" for each in paragraph.iter(f"{W}delText"))
    return _quoted(f"{part.title}第{number}段{inside}", word_text.own_text_of(paragraph) or deleted)


def _find_changes(part: Part) -> Iterator[Mark]:
    mend = "请在 Word 或 WPS 里“审阅”→接受或拒绝所有修订，再保存"
    for change in word_text.find_changes(part.root):
        yield Mark(_place(part, change), "模板里有没接受的修订", mend)


def _find_fields(part: Part) -> Iterator[Mark]:
    """Yield the fields of a part whose result is no datum of the project."""
    for element, instruction in _instructions(part.root):
        words = instruction.strip().lstrip("\\").split()
        name = words[0].upper() if words else ""
        if name in CHANGING_FIELDS:
            wrong = f"模板里有一个会自己变的域（{name}），印出来的是{CHANGING_FIELDS[name]}"
            yield Mark(_place(part, element), wrong, "请删去这个域，换成 {{ 字段名 }} 或固定的文字")
        elif TABLE_FORMULA.match(instruction.strip()):
            wrong = f"模板里有一个公式域（{instruction.strip()}），程序不会重算，印出来的是模板里存的数"
            yield Mark(_place(part, element), wrong, "请删去这个域，换成 {{ 字段名 }}")
        elif name in MERGE_FIELDS:
            field = words[1].strip('"') if name == "MERGEFIELD" and len(words) > 1 else "字段名"
            wrong = f"模板里有邮件合并的域（{name}），程序不会填"
            yield Mark(_place(part, element), wrong, f"请删去这个域，改成 {{{{ {field} }}}}")


def _instructions(root: Any) -> Iterator[tuple[Any, str]]:
    """Yield the fields of a part, each with its instruction; fields may stand inside the instruction of another."""
    open_fields: list[tuple[Any, list[str]]] = []
    for element in root.iter():
        if element.tag == f"{W}fldSimple":
            yield element, str(element.get(f"{W}instr", ""))
        elif element.tag in DATE_PARTS:
            yield element, "DATE"
        elif element.tag == f"{W}fldChar" and element.get(f"{W}fldCharType") == "begin":
            open_fields.append((element, []))
        elif element.tag == f"{W}fldChar" and element.get(f"{W}fldCharType") == "end" and open_fields:
            begin, words = open_fields.pop()
            yield begin, "".join(words)
        elif element.tag == f"{W}instrText" and open_fields:
            open_fields[-1][1].append(element.text or "")
    yield from ((begin, "".join(words)) for begin, words in open_fields)


def _near_tags(title: str, texts: list[str]) -> Iterator[Mark]:
    """Yield the paragraphs that hold something like a tag which is none, and would be printed as it stands."""
    # A comment may go over several paragraphs; only its line ends are kept, which number the paragraphs.
    rest = TAG.sub(lambda found: "\0" * found[0].count("\0"), "\0".join(texts))
    for number, (left, whole) in enumerate(zip(rest.split("\0"), texts or [""], strict=True), 1):
        plain = "".join(unicodedata.normalize("NFKC", char) for char in left)
        if NEARLY_A_TAG.search(plain):
            mend = "请写成 {{ 字段名 }} 或 {% … %}：半角、成对的花括号，中间不隔空格，不跨段落；不是标记的请删去花括号"
            yield Mark(_quoted(f"{title}第{number}段", whole), NOT_A_TAG, mend)
