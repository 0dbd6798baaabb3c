"""The finished volume taken apart: each item a PDF of its own; and what a PDF claims to be, judged.

Beside `pdf`, which makes the volume, the only one to use pikepdf: this is about files that are finished.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from paperwork import sharing
from paperwork.sharing import Fonts

ARCHIVAL = "2b"
KEPT = ("dc:creator", "dc:language", "xmp:CreateDate", "xmp:ModifyDate", "pdf:Producer")
"""What an item's file says as the volume does."""


@dataclass(frozen=True)
class Cut:
    """Pages to be cut out of a volume: from that with a number on, so many; `label` stands before the number."""

    first: int
    pages: int
    title: str
    out: Path
    label: str = ""


def extract(volume: Path, cuts: Sequence[Cut], fonts: Fonts) -> None:
    """Cut parts out of the finished volume, each with its page labels.

    The pages are the volume's own, so a piece is PDF/A when the volume is; it says so, and is not validated again.
    Of the fonts (`fonts` says where their faces lie) a piece carries only the glyphs that it shows.
    """
    from pikepdf import pdfa

    with pikepdf.open(volume) as source:
        archival, whole = _claims(source), source.open_metadata()
        said = {key: whole[key] for key in KEPT if key in whole}
        places = {page.label: place for place, page in enumerate(source.pages)}
        for cut in cuts:
            with pikepdf.new() as piece:
                start = places[f"{cut.label}{cut.first}"]
                piece.add_pages_from(source, range(start, start + cut.pages), outlines="ignore")
                numbers: Any = pikepdf.Dictionary(S=pikepdf.Name.D, St=cut.first)
                if cut.label:
                    numbers.P = pikepdf.String(cut.label)
                sharing.narrow(piece, fonts)
                piece.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array([0, numbers]))
                piece.Root.Lang = pikepdf.String("zh-CN")
                _say(piece, {**said, "dc:title": cut.title})
                if archival:
                    pdfa.prepare(piece, ARCHIVAL)
                    # The library puts the present time there.
                    _say(piece, {"xmp:MetadataDate": said.get("xmp:ModifyDate", "")})
                piece.save(cut.out, **pdfa.resolve_save_kwargs(ARCHIVAL, deterministic_id=True))


def _say(piece: pikepdf.Pdf, said: Mapping[str, Any]) -> None:
    with piece.open_metadata(set_pikepdf_as_editor=False) as meta:
        for key, value in said.items():
            meta[key] = value


def _claims(opened: pikepdf.Pdf) -> bool:
    return str(opened.open_metadata().pdfa_status).lower() == ARCHIVAL


def claim(path: Path) -> tuple[bool, int]:
    """Whether a file says of itself that it is PDF/A-2b, and its number of pages. Raises `ValueError` for no PDF."""
    try:
        with pikepdf.open(path) as opened:
            return _claims(opened), len(opened.pages)
    except pikepdf.PdfError:
        raise ValueError("PDF 打不开，文件损坏或不是真正的 PDF") from None


def archival_faults(path: Path) -> list[str]:
    """Why a file is no PDF/A-2b, in the words of the checker; empty when it is one."""
    from pikepdf import pdfa

    if not claim(path)[0]:
        return ["文件没有声明自己是 PDF/A-2b"]
    return list(dict.fromkeys(each.message for each in pdfa.validate_written(path, ARCHIVAL).findings))
