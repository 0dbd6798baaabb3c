"""Look up the properties of paragraphs and runs: their own, those of their styles, the defaults of the document."""

from collections.abc import Iterator
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAX_DEPTH = 20
"""Styles that a style may be based on, one on the other; a damaged file may go in circles."""
TWIPS = 20
"""Twentieths of a point, the unit of lengths in Word files."""


class Styles:
    """The styles of one document; `root` is the root element of its styles part, None if it has none."""

    def __init__(self, root: Any) -> None:
        self._by_id: dict[str, Any] = {}
        self._default: Any = None
        self._document: list[Any] = []
        for style in () if root is None else root.iterchildren(f"{W}style"):
            self._by_id[style.get(f"{W}styleId")] = style
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true"):
                self._default = style
        if root is not None:
            self._document = list(root.iterfind(f"{W}docDefaults/*/*"))

    def of_paragraph(self, paragraph: Any, name: str) -> Any:
        """Return the element of a paragraph property (jc, ind …) that holds for a paragraph, or None."""
        return _first(self._paragraph_sources(paragraph), "pPr", name)

    def of_run(self, run: Any, paragraph: Any, name: str, attribute: str = "val") -> str:
        """Return the value of a run property (sz, rFonts …) that holds for a run, empty if none does."""
        sources = [run, *self._chain(run.find(f"{W}rPr/{W}rStyle")), *self._paragraph_sources(paragraph)[1:]]
        for properties in _all(sources, "rPr"):
            found = properties.find(f"{W}{name}")
            if found is not None and found.get(f"{W}{attribute}") is not None:
                return str(found.get(f"{W}{attribute}"))
        return ""

    def _paragraph_sources(self, paragraph: Any) -> list[Any]:
        """Return a paragraph, its styles and the document's defaults, in the order in which they hold."""
        named = paragraph.find(f"{W}pPr/{W}pStyle")
        chain = list(self._chain(named)) if named is not None else []
        if not chain and self._default is not None:
            chain = [self._default]
        return [paragraph, *chain, *self._document]

    def _chain(self, named: Any) -> Iterator[Any]:
        """Yield the style that an element names, then the styles that it is based on."""
        for _ in range(MAX_DEPTH):
            style = None if named is None else self._by_id.get(named.get(f"{W}val"))
            if style is None:
                return
            yield style
            named = style.find(f"{W}basedOn")


def _all(sources: list[Any], kind: str) -> Iterator[Any]:
    """Yield the property elements (pPr, rPr) of elements; a default is one itself."""
    for source in sources:
        properties = source if source.tag == f"{W}{kind}" else source.find(f"{W}{kind}")
        if properties is not None:
            yield properties


def _first(sources: list[Any], kind: str, name: str) -> Any:
    """Return the first element of a property, or None."""
    return next((found for each in _all(sources, kind) if (found := each.find(f"{W}{name}")) is not None), None)


def number(element: Any, *names: str) -> float:
    """Return the first of the attributes of an element that is a number, 0 if there is none."""
    for name in names:
        text = "" if element is None else str(element.get(f"{W}{name}", ""))
        if text.lstrip("-").replace(".", "", 1).isdigit():
            return float(text)
    return 0.0
