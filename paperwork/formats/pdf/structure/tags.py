"""Keep the tags of merged PDFs (ISO 32000-1, 14.7 and 14.8): LibreOffice writes them, `add_pages_from` drops them.

Each merged file becomes one Part under the volume's Document. The numbers by which pages and links find their tags
(StructParents) are given anew. A page without tags, such as a scan, becomes a Figure whose alternative text names it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

TREE = "/StructTreeRoot"
END = b"\nEMC\n"
PAINTING = re.compile(rb"\s[SsfFBb]\*?\s")
"""The operators that draw a path."""
MAX_DEPTH = 50
"""Levels that are searched upwards from a tag; a damaged file may go in circles."""


class TagTree:
    """The tags of one PDF that is being put together; `finish` writes them into it."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._numbers: list[Any] = []
        """The tags of each page and link, by their new numbers."""
        self._parts: list[Any] = []
        self._roles: Any = Dictionary()
        self._document: Any = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document))

    def add_file(self, source: pikepdf.Pdf, pages: Sequence[pikepdf.Page], title: str) -> None:
        """Add the tags of a file whose `pages` have been added, as one part with a title.

        The tags of pages that were not added are left out, if they are in parts of their own.
        """
        tree: Any = source.Root.get(TREE)
        entries = {} if tree is None else dict(_entries(tree.get("/ParentTree")))
        tops = [top for page in pages for top in _tops(page, entries)]
        wanted = {top.objgen: top for top in tops}
        if wanted:
            for top in wanted.values():
                if "/P" in top:
                    del top.P  # the way up would lead to the tags of all other pages
                self._add_part(self._pdf.copy_foreign(top), title)
            # LibreOffice maps standard roles to themselves, which ISO 14289-1 forbids as a circle.
            roles = {role: name for role, name in tree.get("/RoleMap", Dictionary()).items() if role != str(name)}
            self._roles.update(Dictionary(roles))
        for number, page in enumerate(pages, 1):
            own: Any = page.obj
            if own.get("/StructParents") in entries:
                self._renumber(source, own, "/StructParents", entries)
                for annotation in own.get("/Annots", []):
                    self._renumber(source, annotation, "/StructParent", entries)
                _mark_borders(self._pdf, own)
            elif page.get("/Contents") is not None:
                self._add_figure(page, f"{title}，第 {number} 页" if len(pages) > 1 else title)

    def _add_part(self, top: Any, title: str) -> None:
        """Add the top tag of a file as a part; one that has a title already keeps it."""
        top.S, top.P = Name.Part, self._document
        if "/T" not in top:
            top.T = String(title)
        self._parts.append(top)

    def _renumber(self, source: pikepdf.Pdf, owner: Any, key: str, entries: dict[int, Any]) -> None:
        """Give a page or a link the next number, under which its tags are found."""
        old = owner.get(key)
        if old is None:
            return
        del owner[key]
        if int(old) in entries:
            entry = entries[int(old)]
            owner[key] = len(self._numbers)
            self._numbers.append(self._pdf.copy_foreign(entry if entry.is_indirect else source.make_indirect(entry)))

    def _add_figure(self, page: pikepdf.Page, words: str) -> None:
        """Tag all that a page shows as one picture with an alternative text."""
        part = self._pdf.make_indirect(Dictionary(Type=Name.StructElem))
        self._add_part(part, words)
        figure = self._pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Figure, P=part, Pg=page.obj, K=0, Alt=String(words))
        )
        part.K = Array([figure])
        page.contents_add(b"/Figure <</MCID 0>> BDC\n", prepend=True)
        page.contents_add(b"\nEMC")
        page.obj.StructParents = len(self._numbers)
        self._numbers.append(self._pdf.make_indirect(Array([figure])))

    def finish(self) -> None:
        """Write the tags into the catalogue of the PDF."""
        if not self._parts:
            return
        nums = Array([each for number, entry in enumerate(self._numbers) for each in (number, entry)])
        tree: Any = self._pdf.make_indirect(
            Dictionary(
                Type=Name.StructTreeRoot,
                K=Array([self._document]),
                ParentTree=self._pdf.make_indirect(Dictionary(Nums=nums)),
                ParentTreeNextKey=len(self._numbers),
                RoleMap=self._roles,
            )
        )
        self._document.P, self._document.K = tree, Array(self._parts)
        self._pdf.Root[TREE] = tree
        self._pdf.Root.MarkInfo = Dictionary(Marked=True)


def _entries(node: Any, depth: int = 0) -> Iterator[tuple[int, Any]]:
    """Yield the numbers and values of a number tree (ISO 32000-1, 7.9.7)."""
    if node is None or depth > MAX_DEPTH:
        return
    nums: Any = node.get("/Nums", [])
    yield from ((int(nums[at]), nums[at + 1]) for at in range(0, len(nums) - 1, 2))
    for kid in node.get("/Kids", []):
        yield from _entries(kid, depth + 1)


def _mark_borders(pdf: pikepdf.Pdf, page: Any) -> None:
    """Mark what LibreOffice draws after all marked content, borders of paragraphs, as an artifact."""
    content: Any = page.get("/Contents")
    if not isinstance(content, pikepdf.Stream):
        return
    drawn = content.read_bytes()
    end = drawn.rfind(END) + len(END)
    if end >= len(END) and PAINTING.search(drawn, end):
        page.Contents = pdf.make_stream(drawn[:end] + b"/Artifact BMC\n" + drawn[end:] + END)


def _tops(page: pikepdf.Page, entries: dict[int, Any]) -> Iterator[Any]:
    """Yield the tag of the file or part that a page belongs to."""
    number = page.obj.get("/StructParents")
    tags = entries.get(int(number)) if number is not None else None
    tag: Any = next((each for each in tags or () if isinstance(each, Dictionary)), None)
    for _ in range(MAX_DEPTH):
        if tag is None:
            return
        if tag.get("/S") in (Name.Document, Name.Part):
            yield tag
            return
        tag = tag.get("/P")
