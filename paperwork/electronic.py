"""项目档案.pdf: the volume bound, judged, read back, and taken apart again into its items."""

from collections.abc import Sequence
from pathlib import Path

from paperwork import bind, fonts, leaf, pieces, proof, store, verapdf
from paperwork.bind import Type
from paperwork.leaf import About
from paperwork.manifest import Archival
from paperwork.plan import Plan
from paperwork.press import Press
from paperwork.sharing import Fonts

NUMBERS_AT_ONCE = 200
"""Some more numbers are drawn than needed, so that they serve a volume that grows."""


def numbers(pages: int, press: Press, out: Path) -> Path:
    """The page numbers, drawn once for both editions."""
    count = -(-pages // NUMBERS_AT_ONCE) * NUMBERS_AT_ONCE
    key = store.key("页号", leaf.MAKER, press.looks, str(count))
    if not press.kept.find(key, out):
        leaf.stamps(count, fonts.file_of("宋体", press.env), out)
        press.kept.keep(key, out)
    return out


def write(
    laid: Plan, sheets: dict[str, Path], about: About, type_: Type, made: Path, folder: Path
) -> tuple[Archival, dict[int, Path]]:
    """Write the volume into `made` and its items, by their numbers, into `folder`.

    Returns whether the volume is PDF/A, and the items. Raises `Stop` when a page is not where the contents say.
    """
    findings = bind.issue(laid, sheets, about, type_, made)
    volume = made / bind.VOLUME
    proof.agree(list(proof.disagreements(volume, [(each.item.title, each.start) for each in laid.entries])))
    return _judged(volume, findings), _items(volume, laid, type_.faces, folder)


def _judged(volume: Path, findings: Sequence[str]) -> Archival:
    """Ask veraPDF, where there is one, whether it finds more than who wrote the volume (`findings`)."""
    reasons = verapdf.judge(volume)
    if reasons is None:
        return Archival(("pikepdf",), tuple(findings))
    return Archival(("pikepdf", verapdf.NAME), (*findings, *(f"{verapdf.NAME} {each}" for each in reasons)))


def _items(volume: Path, laid: Plan, faces: Fonts, folder: Path) -> dict[int, Path]:
    """Each item as a PDF of its own, by its number: the volume's own pages."""
    folder.mkdir()
    outs = {entry.item.number: folder / f"{entry.item.number:03}.pdf" for entry in laid.entries}
    spans = [(entry.start, entry.end) for entry in laid.entries]
    pieces.extract(volume, spans, [entry.item.title for entry in laid.entries], list(outs.values()), faces)
    return outs
