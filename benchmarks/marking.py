"""Our Word templates in the tag languages of others: `{d.name}` of Carbone, `{name}` of docxtemplater.

The template is rendered by docxtpl once, with a context whose values are the other language's tags. So conditions are
answered and photo rows laid out beforehand, which spares the others that work; the rows of tables and the paragraphs of
long texts are loops in their language. What our filler would have printed in a tag's place is its datum.
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
from paperwork import values
from paperwork.word import FILTERS, Picture

BREAK = "\a"
"""What docxtpl turns into a new paragraph like the one it stands in."""


@dataclass(frozen=True)
class Marker:
    """A value that prints a tag; in a loop, the values of all rows."""

    name: str
    value: Any
    loop: str = ""
    place: int = 0
    """In a loop, whether this is the row that is repeated or the one that shows that it is."""

    def __bool__(self) -> bool:
        assert not self.loop, "a condition inside a loop"
        return bool(self.value)

    def changed(self, name: str, change: Callable[[Any], Any]) -> "Marker":
        """What a filter makes of it."""
        value = [change(each) for each in self.value] if self.loop else change(self.value)
        return Marker(f"{self.name}|{name}", value, self.loop, self.place)


class Syntax(Protocol):
    """A tag language."""

    rows: int
    """So many rows stand in the template for a loop."""

    def tag(self, key: str, loop: str, place: int) -> str:
        """The tag for a value."""

    def paragraphs(self, key: str) -> str:
        """The tags for a paragraph that is repeated; `BREAK` begins a new one."""

    def picture(self, picture: Picture, key: str, document: DocxTemplate) -> tuple[object, str]:
        """What is put where a picture goes, and its datum."""

    def finish(self, document: DocxTemplate) -> None:
        """Put in what goes round the rows of a loop."""


class Carbone:
    """Carbone's tags. The open edition has no pictures: they are in the template already."""

    rows = 2

    def tag(self, key: str, loop: str, place: int) -> str:
        """`{d.key}`, or `{d.loop[i].key}` and `{d.loop[i+1].key}`."""
        return f"{{d.{loop}[i{'+1' * place}].{key}}}" if loop else f"{{d.{key}}}"

    def paragraphs(self, key: str) -> str:
        """Two paragraphs that show that they are repeated."""
        return self.tag("t", key, 0) + BREAK + self.tag("t", key, 1)

    def picture(self, picture: Picture, key: str, document: DocxTemplate) -> tuple[object, str]:
        """The picture itself."""
        return InlineImage(document, str(picture.path), width=Mm(picture.width)), ""

    def finish(self, document: DocxTemplate) -> None:
        """Pictures stand where ours do; docxtemplater's do by themselves."""
        naive.set_close(document)


class Docxtemplater:
    """The tags of docxtemplater and of its free image module."""

    rows = 1

    def tag(self, key: str, loop: str, place: int) -> str:
        """`{key}`; in a loop the row is marked, to be finished."""
        return f"{{{loop}:{key}}}" if loop else f"{{{key}}}"

    def paragraphs(self, key: str) -> str:
        """The paragraph as a loop."""
        return f"{{-w:p {key}}}{{t}}{{/{key}}}"

    def picture(self, picture: Picture, key: str, document: DocxTemplate) -> tuple[object, str]:
        """The tag of a picture; its datum is width and height in pixels of 1/96 inch, and the file."""
        width = picture.width / 25.4 * 96
        with Image.open(picture.path) as image:
            height = width * image.height / image.width
        return f"{{%{key}}}", f"{width:.3f}×{height:.3f}×{picture.path}"

    def finish(self, document: DocxTemplate) -> None:
        """The first tag of a row opens its loop, the last one closes it."""
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
class Sink:
    """The data of one document, gathered while its tags are printed."""

    syntax: Syntax
    document: DocxTemplate
    data: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    def print(self, value: object) -> object:
        """Print a marker as a tag, and keep its datum; anything else as it is."""
        if not isinstance(value, Marker):
            return value
        if value.loop:
            return Markup(self._in_row(value))
        if isinstance(value.value, Picture):
            key = self._key("f", value.name)
            shown, self.data[key] = self.syntax.picture(value.value, key, self.document)
            return shown if isinstance(shown, InlineImage) else Markup(shown)
        lines = values.printed(value.value).split("\n")
        if len(lines) > 1:
            key = self._key("p", value.name)
            self.data[key] = [{"t": line} for line in lines]
            return Markup(self.syntax.paragraphs(key))
        key = self._key("f", value.name)
        self.data[key] = lines[0]
        return Markup(self.syntax.tag(key, "", 0))

    def _in_row(self, marker: Marker) -> str:
        loop, key = self._key("r", marker.loop), self._key("f", marker.name)
        rows = self.data.setdefault(loop, [{} for _ in marker.value])
        for row, value in zip(rows, marker.value, strict=True):
            row[key] = values.printed(value)
            assert "\n" not in row[key], "a long text inside a loop"
        return self.syntax.tag(key, loop, marker.place)

    def _key(self, letter: str, name: str) -> str:
        return self._keys.setdefault(letter + name, f"{letter}{len(self._keys)}")


def mark(source: Path, context: Mapping[str, Any], syntax: Syntax, out: Path) -> dict[str, Any]:
    """Write a template in another language to `out`; the result is the data that fill it as ours would be."""
    document = DocxTemplate(source)
    sink = Sink(syntax, document)
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=sink.print)
    environment.filters.update({name: _on_markers(name, change) for name, change in FILTERS.items()})
    document.render(_marked(context, "", syntax.rows), environment)
    syntax.finish(document)
    document.save(out)
    return sink.data


def _on_markers(name: str, change: Callable[[Any], Any]) -> Callable[[Marker], Marker]:
    return lambda marker: marker.changed(name, change)


def _marked(value: Any, name: str, rows: int) -> Any:
    """The same data with markers for values; of a list, so many rows as a loop needs, of photos all."""
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
