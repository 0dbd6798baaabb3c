"""Word templates: rendered with data, and asked which fields they use and where.

Sole owner of docxtpl and Jinja. Values reach the page through one gate (`_final`): escaped, printed as `values.printed`
says, a line break turned into a new paragraph of the same format. Data are never evaluated as template code.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docx import Document as open_docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage, RichText
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes, pass_context
from jinja2 import Template as Compiled
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from paperwork import alike, pack, values
from paperwork.faults import Fault, Level, Where

LINK_STYLE = "卷内链接"
DOCUMENT = "(document)"
"""Under this name, which no template can write, a template being filled finds the document it becomes."""
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
LOOKED_INTO = re.compile(r"word/(document|header\d*|footer\d*)\.xml")
TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """An image file to be placed in a document, `width` in millimetres."""

    path: Path
    width: int


@dataclass(frozen=True)
class Link:
    """Text that leads to another file of the volume."""

    text: str
    target: str


@dataclass(frozen=True)
class Use:
    """One field that a template uses, as a dotted path through sheets and loops, and the place where it stands."""

    path: str
    where: Where


@pass_context
def _final(context: Context, value: object) -> object:
    """Turn a value into what is put into the document's XML; pictures and links become part of that document."""
    match value:
        case Picture(path=path, width=width):
            return InlineImage(context[DOCUMENT], str(path), width=Mm(width))
        case Link(text=text, target=target):
            document = context[DOCUMENT]
            rich = RichText()
            rich.add(values.printed(text), style=_link_style(document), url_id=document.build_url_id(quote(target)))
            return rich
        case Markup() | StrictUndefined():
            return value
    # docxtpl turns \a into a new paragraph with the same properties, \t into a tab.
    return escape(values.printed(value).replace("\n", "\a"))


FILTERS = {
    "大写": lambda amount: values.capitals(Decimal(amount)) if amount not in (None, "") else "",
    "八位": lambda day: format(day, "%Y%m%d") if isinstance(day, dt.date) else "",
    "短日期": lambda day: format(day, "%Y-%m-%d") if isinstance(day, dt.date) else "",
    "年月": lambda day: f"{day.year}年{day.month}月" if isinstance(day, dt.date) else "",
    "万元": lambda amount: values.plain_number(Decimal(amount) / 10_000) if amount not in (None, "") else "",
}


class _Environment(SandboxedEnvironment):
    """Jinja's sandbox with our gate and filters; a source is compiled once, for compiling is half of filling."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=_final)
        self.filters.update(FILTERS)
        self._compiled: dict[str, Compiled] = {}

    def from_string(self, source: Any, *args: Any, **kwargs: Any) -> Compiled:
        """The compiled source: the one from before when it has been asked for before."""
        if source not in self._compiled:
            self._compiled[source] = super().from_string(source, *args, **kwargs)
        return self._compiled[source]


class _Document(DocxTemplate):  # type: ignore[misc]  # has no types
    """A template being filled. What is made of the tags' XML is made once a template: `patched` remembers it."""

    def __init__(self, content: io.BytesIO, patched: dict[str, str]) -> None:
        super().__init__(content)
        self._patched = patched

    def patch_xml(self, source: str) -> str:
        """The XML with its tags as Jinja reads them."""
        if source not in self._patched:
            self._patched[source] = super().patch_xml(source)
        return self._patched[source]


def _parts(package: Any) -> Iterator[tuple[str, bytes]]:
    """Name and content of all that a Word file consists of (ISO/IEC 29500-2).

    Its own writer would deflate everything, photos too, only to have it inflated and deflated again.
    """
    parts = sorted(package.iter_parts(), key=lambda part: str(part.partname))
    kinds = "".join(f'<Override PartName="{part.partname}" ContentType="{part.content_type}"/>' for part in parts)
    yield "[Content_Types].xml", CONTENT_TYPES.format(kinds).encode()
    yield "_rels/.rels", package.rels.xml
    for part in parts:
        yield part.partname.membername, part.blob
        if part.rels:
            yield part.partname.rels_uri.membername, part.rels.xml


class Template:
    """A Word template of staff's; read once, rendered many times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        self._environment = _Environment()
        self._patched: dict[str, str] = {}

    def render(self, context: Mapping[str, object], out: Path, made: dt.date) -> Fault | None:
        """Fill the template and write `out`; `made` is the date put into the document's properties."""
        document = _Document(io.BytesIO(self.content), self._patched)
        try:
            document.render({**context, DOCUMENT: document}, self._environment)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            return self._fault(str(error))
        for picture in document.docx.element.body.iter(qn("wp:inline")):
            for side in "TBLR":  # absent distances mean 3.2 mm to LibreOffice, and a picture out of the middle
                picture.set(f"dist{side}", "0")
        stamp = dt.datetime.combine(made, dt.time())
        properties = document.docx.core_properties
        properties.created = properties.modified = stamp
        properties.last_printed = stamp
        out.write_bytes(pack.packed(_parts(document.docx.part.package)))
        return None

    def check(self, known: set[str]) -> Iterator[Fault]:
        """Yield a fault for each tag that cannot be read or that names no field in `known`."""
        try:
            used = self.uses()
        except (zipfile.BadZipFile, KeyError, ValueError):
            where = Where(f"模板 {self.path.name}")
            yield Fault(Level.ERROR, where, "不是能打开的 Word 文件", "请用 Word 或 WPS 重新保存为 .docx")
            return
        except TemplateSyntaxError as error:
            yield self._fault(str(error))
            return
        for use in used:
            if use.path not in known:
                yield Fault(
                    Level.ERROR,
                    use.where,
                    f"模板里的字段“{use.path}”在表格中找不到",
                    _suggest(use.path, known),
                    found=use.path,
                )

    def uses(self) -> list[Use]:
        """List every field the template uses: body, tables, headers, footers; loops are followed to their sheet."""
        places = list(self._tags())
        return [Use(path, self._place(path.rsplit(".", 1)[-1], places)) for path in self._fields]

    @cached_property
    def _fields(self) -> list[str]:
        document = DocxTemplate(io.BytesIO(self.content))
        document.init_docx()
        sources = [document.patch_xml(document.get_xml())]
        for uri in (document.HEADER_URI, document.FOOTER_URI):
            sources += [
                document.patch_xml(document.get_part_xml(part)) for _, part in document.get_headers_footers(uri)
            ]
        return list(dict.fromkeys(path for each in sources for path in _paths(self._environment.parse(each), {})))

    def shows(self, context: Mapping[str, object]) -> list[str]:
        """The names in a context whose values a filled document depends on."""
        named = {path.partition(".")[0] for path in self._fields}
        return [name for name in context if name in named or name in self._elsewhere]

    @cached_property
    def _elsewhere(self) -> str:
        """What is written in parts that `uses` does not look into: footnotes, properties. A tag may stand there."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as package:
            names = [name for name in package.namelist() if name.endswith(".xml") and not LOOKED_INTO.match(name)]
            texts = [re.sub(r"<[^>]*>", "", package.read(name).decode("utf-8", "replace")) for name in names]
        return "".join(text for text in texts if "{" in text)

    def _tags(self) -> Iterator[tuple[str, str]]:
        """Yield every tag with its place, in words that staff can follow."""
        document = open_docx(io.BytesIO(self.content))
        parts = [("正文", document.element.body)]
        for number, section in enumerate(document.sections, 1):
            parts += [(f"第{number}节页眉", section.header._element), (f"第{number}节页脚", section.footer._element)]
        for name, part in parts:
            for number, paragraph in enumerate(part.iter(f"{{{part.nsmap['w']}}}p"), 1):
                line = "".join(node.text or "" for node in paragraph.iter(f"{{{part.nsmap['w']}}}t"))
                for tag in TAG.findall(line):
                    yield tag, f"{name}第{number}段 {tag}"

    def _place(self, name: str, places: list[tuple[str, str]]) -> Where:
        found = next((place for tag, place in places if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", tag)), "")
        return Where(f"模板 {self.path.name}", "", found)

    def _fault(self, reason: str) -> Fault:
        quoted = re.search(r"'([^']+)'(?: is undefined)?$", reason)
        name = quoted[1] if quoted else ""
        where = self._place(name, list(self._tags())) if name else Where(f"模板 {self.path.name}")
        if "undefined" in reason or "no attribute" in reason:
            return Fault(Level.ERROR, where, f"模板里的字段“{name}”没有内容可填", "请核对字段名", found=name)
        return Fault(
            Level.ERROR,
            where,
            "模板里有一处标记写错了，无法识别",
            f"请检查花括号是否成对、是否用了全角标点（技术信息：{reason}）",
        )


def _suggest(path: str, known: set[str]) -> str:
    near = alike.nearest(path, sorted(known), 60)
    hint = f"是不是想写“{near.rsplit('.', 1)[-1]}”？" if near else ""
    return hint + "请改正模板，或在工作簿相应的表里加上这一列"


def _paths(node: nodes.Node, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the dotted paths of the data that a syntax tree reads; `names` maps loop variables to their list."""
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        yield from _paths(node.iter, names)
        inner = {**names, node.target.name: _path(node.iter, names) or "?", "loop": ""}
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            yield from _paths(child, inner)
        return
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
        raise TemplateSyntaxError("模板里不能用 set 赋值", node.lineno)
    path = _path(node, names)
    if path is not None:
        if path:
            yield path
        return
    for child in node.iter_child_nodes():
        yield from _paths(child, names)


def _path(node: nodes.Node, names: Mapping[str, str]) -> str | None:
    """The path that a name, attribute or item stands for; "" for the loop's own counter, None for anything else."""
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
    """A character style for links that looks like the text around it; LibreOffice exports no link without a style.

    Noted at the document: looking through the styles for each link would take most of the time of filling.
    """
    if not hasattr(document, "link_style"):
        styles = document.get_docx().styles
        if LINK_STYLE not in styles:
            styles.add_style(LINK_STYLE, WD_STYLE_TYPE.CHARACTER)
        document.link_style = str(styles[LINK_STYLE].style_id)
    return str(document.link_style)
