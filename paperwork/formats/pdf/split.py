"""Split the finished volume into a PDF for each item, and validate the PDF/A claim of a file.

This module is about finished files; `merge` makes the volume.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork.core.faults import Unreadable
from paperwork.formats.pdf import shared_fonts
from paperwork.formats.pdf.shared_fonts import FontFiles
from paperwork.formats.pdf.structure.tags import TagTree

ARCHIVAL = "2b"
"""PDF/A part and conformance level of all our files (ISO 19005-2, level B)."""
KEPT_METADATA = ("dc:creator", "dc:language", "xmp:CreateDate", "xmp:ModifyDate", "pdf:Producer")
"""Metadata that an item's file takes over from the volume."""


@dataclass(frozen=True)
class Cut:
    """A run of `pages` pages to extract from a volume, beginning at page number `first`.

    `label` is the prefix of their page labels, empty for pages with a printed number.
    """

    first: int
    pages: int
    title: str
    out: Path
    label: str = ""


def split(volume: Path, cuts: Sequence[Cut], fonts: FontFiles) -> None:
    """Write each cut of the finished volume to a PDF of its own, with its page labels.

    A piece claims PDF/A when the volume does, and is not validated again, because its pages are those of the volume.
    Its fonts are subset to the glyphs that it shows; `fonts` maps faces to font files.
    """
    from pikepdf import pdfa

    with pikepdf.open(volume) as source:
        is_archival, metadata = _claims(source), source.open_metadata()
        kept = {key: metadata[key] for key in KEPT_METADATA if key in metadata}
        indexes = {page.label: index for index, page in enumerate(source.pages)}
        for cut in cuts:
            with pikepdf.new() as piece:
                start = indexes[f"{cut.label}{cut.first}"]
                piece.add_pages_from(source, range(start, start + cut.pages), outlines="ignore")
                numbers: Any = pikepdf.Dictionary(S=pikepdf.Name.D, St=cut.first)
                if cut.label:
                    numbers.P = pikepdf.String(cut.label)
                tree = TagTree(piece)
                tree.add_file(source, list(piece.pages), cut.title)
                tree.finish()
                shared_fonts.subset_fonts(piece, fonts)
                piece.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array([0, numbers]))
                piece.Root.Lang = pikepdf.String("zh-CN")
                piece.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
                _set_metadata(piece, {**kept, "dc:title": cut.title})
                if is_archival:
                    pdfa.prepare(piece, ARCHIVAL)
                    # `prepare` writes the current time there, which would make each build's bytes differ.
                    _set_metadata(piece, {"xmp:MetadataDate": kept.get("xmp:ModifyDate", "")})
                piece.save(cut.out, **pdfa.resolve_save_kwargs(ARCHIVAL, deterministic_id=True))


def _set_metadata(piece: pikepdf.Pdf, entries: Mapping[str, Any]) -> None:
    """Write entries into a file's XMP metadata."""
    with piece.open_metadata(set_pikepdf_as_editor=False) as meta:
        for key, value in entries.items():
            meta[key] = value


def _claims(opened: pikepdf.Pdf) -> bool:
    """Return True if a file's metadata claim PDF/A-2b; the claim is not checked."""
    return str(opened.open_metadata().pdfa_status).lower() == ARCHIVAL


def pdfa_claim(path: Path) -> tuple[bool, int]:
    """Return a file's claim to be PDF/A-2b (True or False) and its page count. Raises `Unreadable` for no PDF."""
    try:
        with pikepdf.open(path) as opened:
            return _claims(opened), len(opened.pages)
    except pikepdf.PdfError:
        raise Unreadable("PDF 打不开，文件损坏或不是真正的 PDF", "请重新生成档案") from None


def pdfa_findings(path: Path) -> list[str]:
    """Return the reasons why a file is not PDF/A-2b, each once, in the validator's words; empty when it conforms."""
    from pikepdf import pdfa

    if not pdfa_claim(path)[0]:
        return ["文件没有声明自己是 PDF/A-2b"]
    return list(dict.fromkeys(each.message for each in pdfa.validate_written(path, ARCHIVAL).findings))
