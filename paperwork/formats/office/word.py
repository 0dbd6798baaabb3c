"""Render Word templates with data, and find the fields that they use.

Every value passes through one function (`_final`): it is formatted by `values.format_value` and escaped, and a line
break becomes a new paragraph of the same format. Data are never evaluated as template code. This module alone imports
docxtpl and Jinja for Word files.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docx.enum.style import WD_STYLE_TYPE
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage, RichText
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes, pass_context
from jinja2 import Template as Compiled
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from paperwork.core import text, values
from paperwork.core.faults import Fault, Level, Where
from paperwork.formats import ooxml
from paperwork.formats.office import runs, word_text
from paperwork.formats.office.coverage import Coverage, installed_coverage
from paperwork.formats.office.template_marks import MAX_QUOTE, NOT_A_TAG, TAG, find_marks, texts_of
from paperwork.formats.office.typesetting import columns, marks, rows, titles
from paperwork.formats.office.typesetting.styles import Styles

LINK_STYLE = "卷内链接"
"""Character style of links, added to the document when it has none."""
DOCUMENT = "(document)"
"""Context key of the document being rendered; it is no valid Jinja name, so no template can use it."""
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
PARSED_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
"""Parts of a Word file whose fields `find_fields` finds."""
NOTES = ("footnotes+xml", "endnotes+xml")
"""Ends of the content types of the parts that docxtpl does not list."""
PROPERTIES = {
    "author": "作者",
    "comments": "备注",
    "identifier": "标识符",
    "language": "语言",
    "subject": "主题",
    "title": "标题",
}
"""Document properties that docxtpl fills, with their names in Word."""
IN_TAG = re.compile(r"\{%(?:(?!%\}).)*|\{\{(?:(?!\}\}).)*", re.DOTALL)
SPLIT_BRACES = re.compile(r"(?<=\{)(?:<[^>]*>)+(?=[{%#])|(?<=[%}#])(?:<[^>]*>)+(?=\})")
PERCENT, BRACE = "\ufdd0", "\ufdd1"
"""Noncharacters that stand for % and } inside a tag while docxtpl prepares it."""
BRACED_LINE = re.compile(r"(?<=[{}%])_(?=[{}%])")
"""A low line between braces, which docxtpl takes for its own escape of a tag."""


@dataclass(frozen=True)
class Picture:
    """An image file to be inserted into a document; `width` is in millimetres.

    `alternative` is the text for readers who cannot see it.
    """

    path: Path
    width: int
    alternative: str = ""


@dataclass(frozen=True)
class Link:
    """Text with a hyperlink to another file of the volume, or to an anchor in it."""

    text: str
    target: str
    anchor: str = ""


@dataclass(frozen=True)
class FieldUse:
    """A field that a template uses, as a dotted path through worksheets and loops, and its place in the template."""

    path: str
    where: Where


NUMBER_LIST = re.compile(r"(?<=[\d%％‰])、(?=\d)")
"""A comma in a list of numbers.

LibreOffice 7.4 breaks no line in 21%、35%、44%. A zero-width space lets it break there, and not inside a number.
"""


class _Image(InlineImage):  # type: ignore[misc]  # has no types
    """An image with an alternative text, which docxtpl does not know."""

    def __init__(self, document: DocxTemplate, path: str, alternative: str, width: Mm) -> None:
        super().__init__(document, path, width=width)
        self._alternative = alternative

    def _insert_image(self) -> str:
        """Return the XML of the image."""
        return str(super()._insert_image()).replace("<wp:docPr ", f'<wp:docPr descr="{escape(self._alternative)}" ', 1)


@pass_context
def _final(context: Context, value: object) -> object:
    """Convert a value to XML content; add pictures and links to the document being rendered."""
    match value:
        case Picture(path=path, width=width, alternative=words):
            return _Image(context[DOCUMENT], str(path), words, width=Mm(width))
        case Link(text=text, target=target, anchor=anchor):
            document = context[DOCUMENT]
            rich = RichText()
            address = quote(target) + (f"#{quote(anchor)}" if anchor else "")
            rich.add(values.format_value(text), style=_link_style(document), url_id=document.build_url_id(address))
            return rich
        case Markup() | StrictUndefined():
            return value
    # docxtpl turns \a into a new paragraph with the same properties, \t into a tab. It also turns {_{ into {{, so the
    # line below it is written as a character reference.
    words = escape(NUMBER_LIST.sub("、\u200b", values.format_value(value)).replace("\n", "\a"))
    return Markup(BRACED_LINE.sub("&#95;", words))


FILTERS = {
    "大写": lambda amount: values.amount_in_words(Decimal(amount)) if amount not in (None, "") else "",
    "八位": lambda day: format(day, "%Y%m%d") if isinstance(day, dt.date) else "",
    "短日期": lambda day: format(day, "%Y-%m-%d") if isinstance(day, dt.date) else "",
    "年月": lambda day: f"{day.year}年{day.month}月" if isinstance(day, dt.date) else "",
    "万元": lambda amount: text.format_decimal(Decimal(amount) / 10_000) if amount not in (None, "") else "",
}


class _Environment(SandboxedEnvironment):
    """Jinja's sandbox with `_final` and our filters, and a cache of compiled templates."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=_final)
        self.filters.update(FILTERS)
        self._compiled: dict[str, Compiled] = {}

    def from_string(self, source: Any, *args: Any, **kwargs: Any) -> Compiled:
        """Compile a template source, or return the cached result."""
        # Compiling takes half the time of rendering, and docxtpl compiles again for each document.
        if source not in self._compiled:
            self._compiled[source] = super().from_string(source, *args, **kwargs)
        return self._compiled[source]


class _Document(DocxTemplate):  # type: ignore[misc]  # has no types
    """A document being rendered; `patched` caches the prepared XML for all documents of one template."""

    def __init__(self, content: io.BytesIO, patched: dict[str, str]) -> None:
        super().__init__(content)
        self._patched = patched

    def patch_xml(self, source: str) -> str:
        """Return the XML with its tags cleaned up for Jinja: Word splits a tag over several runs."""
        if source not in self._patched:
            # docxtpl finds the end of {%p … %} by the next % or }, so `参与人数 % 2` would end it.
            masked = IN_TAG.sub(_mask, SPLIT_BRACES.sub("", source))
            self._patched[source] = super().patch_xml(masked).replace(PERCENT, "%").replace(BRACE, "}")
        return self._patched[source]

    def render_footnotes(self, context: Mapping[str, object], jinja_env: Any = None) -> None:
        """Render footnotes and endnotes once each."""
        # docxtpl renders footnotes once for each section: data would be taken for template code the second time.
        for part in self.note_parts():
            xml = self.patch_xml(part.blob.decode("utf-8"))
            part._blob = self.render_xml_part(xml, part, context, jinja_env).encode("utf-8")

    def note_parts(self) -> list[Any]:
        """Return the parts with footnotes and endnotes."""
        return [part for part in self.docx.part.package.iter_parts() if part.content_type.endswith(NOTES)]

    def sources(self) -> dict[str, str]:
        """Return the prepared XML of each part that is rendered, by its name in Word."""
        self.init_docx()
        found = {"正文": [self.get_xml()], "页眉": [], "页脚": [], "脚注或尾注": [], "文件属性": []}
        for title, uri in (("页眉", self.HEADER_URI), ("页脚", self.FOOTER_URI)):
            found[title] = [self.get_part_xml(part) for _, part in self.get_headers_footers(uri)]
        found["脚注或尾注"] = [part.blob.decode("utf-8") for part in self.note_parts()]
        found["文件属性"] = list(self.properties().values())
        # docxtpl begins a line at each paragraph, so the line of an error names the paragraph.
        return {
            f"{title}{number if number > 1 else ''}": re.sub(r"<w:p([ >])", r"\n<w:p\1", self.patch_xml(xml))
            for title, sources in found.items()
            for number, xml in enumerate(sources, 1)
        }

    def properties(self) -> dict[str, str]:
        """Return the document properties that are rendered, by their places."""
        own = self.docx.core_properties
        return {f"文件属性（{title}）": str(getattr(own, name)) for name, title in PROPERTIES.items()}


def _mask(tag: re.Match[str]) -> str:
    """Replace the percent signs and braces inside a tag."""
    return tag[0][:2] + tag[0][2:].replace("%", PERCENT).replace("}", BRACE)


def _parts(package: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of every part of a Word package (ISO/IEC 29500-2)."""
    # python-docx's own writer would deflate everything, photos as well, only for us to inflate and deflate it again.
    parts = sorted(package.iter_parts(), key=lambda part: str(part.partname))
    kinds = "".join(f'<Override PartName="{part.partname}" ContentType="{part.content_type}"/>' for part in parts)
    yield "[Content_Types].xml", CONTENT_TYPES.format(kinds).encode()
    yield "_rels/.rels", package.rels.xml
    for part in parts:
        yield part.partname.membername, part.blob
        if part.rels:
            yield part.partname.rels_uri.membername, part.rels.xml


class Template:
    """A Word template written by staff, read once and rendered many times."""

    def __init__(self, path: Path, content: bytes = b"") -> None:
        self.path = path
        self.content = content or path.read_bytes()
        self._environment = _Environment()
        self._patched: dict[str, str] = {}

    def render(
        self,
        context: Mapping[str, object],
        out: Path,
        made: dt.date,
        coverage: Callable[[], Coverage] = installed_coverage,
    ) -> Fault | None:
        """Render the template to `out`, or return the fault that prevents it.

        `made` is the date for the document's properties. `coverage` is called if there are characters that not every
        font has.
        """
        document = _Document(io.BytesIO(self.content), self._patched)
        try:
            document.render({**context, DOCUMENT: document}, self._environment)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            return self._fault(str(error))
        for picture in document.docx.element.body.iter(qn("wp:inline")):
            for side in "TBLR":  # LibreOffice takes absent distances for 3.2 mm, and the picture is off centre then
                picture.set(f"dist{side}", "0")
        roots = [part.element for part in document.docx.part.package.iter_parts() if isinstance(part, XmlPart)]
        _typeset(document, roots)
        runs.name_faces(roots, coverage)
        # The date comes from the data, never from the clock: the same data must give the same bytes.
        midnight = dt.datetime.combine(made, dt.time())
        properties = document.docx.core_properties
        properties.created = properties.modified = midnight
        properties.last_printed = midnight
        out.write_bytes(ooxml.write_zip(_parts(document.docx.part.package)))
        return None

    def check(self, known: set[str]) -> Iterator[Fault]:
        """Yield the faults of the template: what would print wrongly, broken tags, and fields that are not in `known`.

        Tracked changes are a fault; the rest is checked as if they were accepted.
        """
        try:
            accepted = Template(self.path, word_text.accept_all(self.content) or self.content)
            document, parts = accepted._open(), word_text.read_parts(self.content)
        except Exception:  # a damaged file makes the libraries raise exceptions of many types
            where = Where(f"模板 {self.path.name}")
            yield Fault(Level.ERROR, where, "不是能打开的 Word 文件", "请用 Word 或 WPS 重新保存为 .docx")
            return
        found = list(find_marks(self.content, parts, document.properties()))
        sources = document.sources()
        for mark in found:
            yield Fault(Level.ERROR, Where(f"模板 {self.path.name}", "", mark.place), mark.wrong, mark.mend)
        broken = [fault for title, source in sources.items() for fault in self._check_syntax(title, source)]
        # What is nearly a tag is often half of a broken one, and its place is the better one.
        yield from () if any(mark.wrong == NOT_A_TAG for mark in found) else broken
        if broken:
            return
        for use in accepted.find_fields():
            if use.path not in known:
                yield Fault(
                    Level.ERROR,
                    use.where,
                    f"模板里的字段“{use.path}”在表格中找不到",
                    _suggest(use.path, known),
                    found=use.path,
                )

    def _check_syntax(self, title: str, source: str) -> Iterator[Fault]:
        """Yield a fault if a part of the template cannot be parsed."""
        try:
            list(_paths(self._environment.parse(source), {}))
        except TemplateSyntaxError as error:
            line = source.splitlines()[error.lineno - 1 : error.lineno]
            words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", "".join(line))).strip()
            yield self._fault(str(error), f"{title}“{words[:MAX_QUOTE]}”" if words else title)

    def find_fields(self) -> list[FieldUse]:
        """List every field used in text, headers, footers and notes; a loop's fields belong to its worksheet."""
        places = list(self._tags())
        return [FieldUse(path, self._place(path.rsplit(".", 1)[-1], places)) for path in self._fields]

    def _open(self) -> _Document:
        document = _Document(io.BytesIO(self.content), self._patched)
        document.init_docx()
        return document

    @cached_property
    def _fields(self) -> list[str]:
        """Return the dotted path of each field the template uses, once each."""
        sources = self._open().sources().values()
        return list(dict.fromkeys(path for each in sources for path in _paths(self._environment.parse(each), {})))

    def fields_used(self, context: Mapping[str, object]) -> list[str]:
        """Return the names in a context on whose values the rendered document depends."""
        used = {path.partition(".")[0] for path in self._fields}
        # The text of other parts is only searched for the name: to report a name too many is safe, to miss one is not.
        return [name for name in context if name in used or name in self._other_text]

    @cached_property
    def _other_text(self) -> str:
        """Return the text, where it may hold a tag, of parts that `uses` does not parse: footnotes, properties."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as package:
            names = [name for name in package.namelist() if name.endswith(".xml") and not PARSED_PARTS.match(name)]
            texts = [re.sub(r"<[^>]*>", "", package.read(name).decode("utf-8", "replace")) for name in names]
        return "".join(text for text in texts if "{" in text)

    def _tags(self) -> Iterator[tuple[str, str]]:
        """Yield every tag with its place, worded for staff."""
        for part in word_text.read_parts(self.content):
            for number, line in enumerate(texts_of(part), 1):
                for tag in TAG.findall(line):
                    yield tag, f"{part.title}第{number}段 {tag}"

    def _place(self, name: str, places: list[tuple[str, str]]) -> Where:
        """Return the place of the first tag that holds a name as a whole word."""
        found = next((place for tag, place in places if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", tag)), "")
        return Where(f"模板 {self.path.name}", "", found)

    def _fault(self, reason: str, place: str = "") -> Fault:
        """Turn an error message of Jinja or Python into a fault for staff; `place` is used if the text names none."""
        # Jinja's exceptions carry the name of the field only in their text, in quotation marks.
        quoted = re.search(r"'([^']+)'(?: is undefined)?$", reason)
        name = quoted[1] if quoted else ""
        where = self._place(name, list(self._tags())) if name else Where(f"模板 {self.path.name}")
        where = where if where.cell else replace(where, cell=place)
        if "undefined" in reason or "no attribute" in reason:
            return Fault(Level.ERROR, where, f"模板里的字段“{name}”没有内容可填", "请核对字段名", found=name)
        if unclosed := re.search(r"innermost block that needs to be closed is '(\w+)'", reason):
            wrong = f"模板里有一处 {{% {unclosed[1]} … %}} 没有结束"
            return Fault(Level.ERROR, replace(where, cell=""), wrong, f"请在它后面加上 {{% end{unclosed[1]} %}}")
        return Fault(
            Level.ERROR,
            where,
            "模板里有一处标记写错了，无法识别",
            f"请检查花括号是否成对、是否用了全角标点（技术信息：{reason}）",
        )


def _typeset(document: DocxTemplate, roots: Sequence[Any]) -> None:
    """Set the filled text as Chinese documents are set; `roots` are the XML elements of the document's parts."""
    for root in roots:
        columns.fit_columns(root)
        rows.let_rows_grow(root)
        rows.loosen_paragraphs(root)
    body = document.docx.element.body
    root = document.docx.styles.element
    styles = Styles(root)
    titles.break_titles(body, styles)
    marks.set_faces(body, styles)
    marks.hang_no_marks(body, root)
    rows.keep_rows(body)


def _suggest(path: str, known: set[str]) -> str:
    """Return the remedy for an unknown field, with the most similar known one if there is any."""
    nearest = text.find_most_similar(path, sorted(known), 60)
    hint = f"是不是想写“{nearest.rsplit('.', 1)[-1]}”？" if nearest else ""
    return hint + "请改正模板，或在工作簿相应的表里加上这一列"


def _paths(node: nodes.Node, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the dotted paths of the data that a syntax tree reads.

    `names` maps each loop variable to the path of its list. Raises `TemplateSyntaxError` for `set`.
    """
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        yield from _paths(node.iter, names)
        inner = {**names, node.target.name: _path(node.iter, names) or "?", "loop": ""}
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            yield from _paths(child, inner)
        return
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
        raise TemplateSyntaxError("模板里不能用 set 赋值", node.lineno)  # its value could not be traced to a field
    path = _path(node, names)
    if path is not None:
        if path:
            yield path
        return
    for child in node.iter_child_nodes():
        yield from _paths(child, names)


def _path(node: nodes.Node, names: Mapping[str, str]) -> str | None:
    """Return the path that a name, attribute or item refers to: "" for Jinja's `loop`, None for any other node."""
    match node:
        case nodes.Name(name=name):
            return names.get(name, name)
        case nodes.Getattr(node=inner, attr=attr):
            owner = _path(inner, names)
            return owner if not owner else f"{owner}.{attr}"
        case nodes.Getitem(node=inner, arg=nodes.Const(value=str(key))):
            owner = _path(inner, names)
            return owner if not owner else f"{owner}.{key}"
        case nodes.Getitem(node=inner):
            return _path(inner, names)
    return None


def _link_style(document: DocxTemplate) -> str:
    """Return the id of the link style, a character style that looks like the text around it; add it if missing."""
    # LibreOffice exports no link without a character style. The id is cached at the document, because a search through
    # the styles for each link would take most of the time of rendering.
    if not hasattr(document, "link_style"):
        styles = document.get_docx().styles
        if LINK_STYLE not in styles:
            styles.add_style(LINK_STYLE, WD_STYLE_TYPE.CHARACTER)
        document.link_style = str(styles[LINK_STYLE].style_id)
    return str(document.link_style)
