"""Convert our Word templates to the tags of other programs: `{d.name}` of Carbone, `{name}` of docxtemplater.

docxtpl renders the template once, with a context whose values are tags of the other language. So conditions and rows of
photos are resolved beforehand, which saves the other programs that work. Rows of tables and paragraphs of long texts
become loops in their language. The data are the strings that our filler would have printed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from PIL import Image

from benchmarks import naive
from paperwork.core import values
from paperwork.formats.office.word import FILTERS, Picture

BREAK = "\a"
"""Character that docxtpl turns into a new paragraph with the same style."""


@dataclass(frozen=True)
class Marker:
    """Value that prints a tag; in a loop, the values of all rows."""

    name: str
    value: Any
    loop: str = ""
    place: int = 0
    """Index of the row in a loop: 0 for the row to repeat, 1 for Carbone's second row, which marks the loop."""

    def __bool__(self) -> bool:
        if not self.loop:
            return bool(self.value)
        answers = {bool(each) for each in self.value}
        assert len(answers) < 2, "a condition inside a loop that differs between rows"
        return True in answers

    def filtered(self, name: str, change: Callable[[Any], Any]) -> "Marker":
        """Return the marker after a filter."""
        value = [change(each) for each in self.value] if self.loop else change(self.value)
        return Marker(f"{self.name}|{name}", value, self.loop, self.place)


class Syntax(Protocol):
    """Tag language of a program."""

    rows: int
    """Number of template rows that a loop needs."""

    def tag(self, key: str, loop: str, place: int) -> str:
        """Return the tag for a value."""

    def paragraphs(self, key: str) -> str:
        """Return the tags for a repeated paragraph; `BREAK` begins a new one."""

    def picture(self, picture: Picture, key: str, document: DocxTemplate) -> tuple[object, str]:
        """Return what to insert for a picture, and its datum."""

    def finish(self, document: DocxTemplate) -> None:
        """Insert the tags around the rows of loops."""


class Carbone:
    """Carbone's tags. The open edition cannot insert pictures, so they are already in the template."""

    rows = 2

    def tag(self, key: str, loop: str, place: int) -> str:
        """Return `{d.key}`, or `{d.loop[i].key}` and `{d.loop[i+1].key}`."""
        return f"{{d.{loop}[i{'+1' * place}].{key}}}" if loop else f"{{d.{key}}}"

    def paragraphs(self, key: str) -> str:
        """Return two paragraphs; the second marks the first as repeated."""
        return self.tag("t", key, 0) + BREAK + self.tag("t", key, 1)

    def picture(self, picture: Picture, key: str, document: DocxTemplate) -> tuple[object, str]:
        """Return the picture itself."""
        return InlineImage(document, str(picture.path), width=Mm(picture.width)), ""

    def finish(self, document: DocxTemplate) -> None:
        """Remove the margins of pictures, so that they stand where ours do; docxtemplater sets none itself."""
        naive.remove_margins(document)


class Docxtemplater:
    """Tags of docxtemplater and its free image module."""

    rows = 1

    def tag(self, key: str, loop: str, place: int) -> str:
        """Return `{key}`; in a loop a preliminary tag, which `finish` completes."""
        return f"{{{loop}:{key}}}" if loop else f"{{{key}}}"

    def paragraphs(self, key: str) -> str:
        """Return the paragraph as a loop."""
        return f"{{-w:p {key}}}{{t}}{{/{key}}}"

    def picture(self, picture: Picture, key: str, document: DocxTemplate) -> tuple[object, str]:
        """Return the picture's tag; the datum is width and height in pixels of 1/96 inch, and the file."""
        width = picture.width / 25.4 * 96
        with Image.open(picture.path) as image:
            height = width * image.height / image.width
        return f"{{%{key}}}", f"{width:.3f}×{height:.3f}×{picture.path}"

    def finish(self, document: DocxTemplate) -> None:
        """Open each loop in the first tag of its row and close it in the last."""
        for row in document.docx.element.body.iter(qn("w:tr")):
            texts = [each for each in row.iter(qn("w:t")) if (each.text or "").startswith("{r")]
            if texts:
                loop = texts[0].text[1:].split(":")[0]
                for text in texts:
                    text.text = text.text.replace(f"{{{loop}:", "{")
                texts[0].text = f"{{#{loop}}}" + texts[0].text
                texts[-1].text += f"{{/{loop}}}"


SYNTAXES: dict[str, Syntax] = {"carbone": Carbone(), "docxtemplater": Docxtemplater()}


@dataclass
class TagWriter:
    """Printer of tags that collects the data of one document."""

    syntax: Syntax
    document: DocxTemplate
    data: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    def print(self, value: object) -> object:
        """Return a marker's tag and record its datum; return any other value as it is."""
        if not isinstance(value, Marker):
            return value
        if value.loop:
            return Markup(self._in_row(value))
        if isinstance(value.value, Picture):
            key = self._key("f", value.name)
            shown, self.data[key] = self.syntax.picture(value.value, key, self.document)
            return shown if isinstance(shown, InlineImage) else Markup(shown)
        lines = values.format_value(value.value).split("\n")
        if len(lines) > 1:
            key = self._key("p", value.name)
            self.data[key] = [{"t": line} for line in lines]
            return Markup(self.syntax.paragraphs(key))
        key = self._key("f", value.name)
        self.data[key] = lines[0]
        return Markup(self.syntax.tag(key, "", 0))

    def _in_row(self, marker: Marker) -> str:
        """Return the tag of a value in a loop and record its data, one for each row."""
        loop, key = self._key("r", marker.loop), self._key("f", marker.name)
        rows = self.data.setdefault(loop, [{} for _ in marker.value])
        for row, value in zip(rows, marker.value, strict=True):
            row[key] = values.format_value(value)
            assert "\n" not in row[key], "a long text inside a loop"
        return self.syntax.tag(key, loop, marker.place)

    def _key(self, letter: str, name: str) -> str:
        """Return a short unique key for a name."""
        return self._keys.setdefault(letter + name, f"{letter}{len(self._keys)}")


def mark(source: Path, context: Mapping[str, Any], syntax: Syntax, out: Path) -> dict[str, Any]:
    """Write a template in another language to `out`; return the data that fill it like ours."""
    document = DocxTemplate(source)
    writer = TagWriter(syntax, document)
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=writer.print)
    environment.filters.update({name: _on_markers(name, change) for name, change in FILTERS.items()})
    document.render(_marked(context, "", syntax.rows), environment)
    syntax.finish(document)
    document.save(out)
    return writer.data


def _on_markers(name: str, change: Callable[[Any], Any]) -> Callable[[Marker], Marker]:
    """Return a filter that works on markers."""
    return lambda marker: marker.filtered(name, change)


def _marked(value: Any, name: str, rows: int) -> Any:
    """Replace values by markers; lists get as many rows as a loop needs, lists of photos keep all."""
    match value:
        case Mapping():
            return {key: _marked(inner, f"{name}.{key}", rows) for key, inner in value.items()}
        case list() | tuple() if value and all(isinstance(row, Mapping) for row in value):
            if name.endswith("照片行"):
                return [_marked(row, f"{name}[{place}]", rows) for place, row in enumerate(value)]
            return [
                {key: Marker(key, [row[key] for row in value], name, place) for key in value[0]}
                for place in range(rows)
            ]
        case () | []:
            return []
    return Marker(name, value)
