"""项目档案.pdf: the volume bound, judged, read back, and taken apart again into its items."""

from collections.abc import Sequence
from pathlib import Path

from paperwork import bind, fonts, leaf, pdf, pieces, proof, store, verapdf
from paperwork.bind import Type
from paperwork.leaf import About
from paperwork.manifest import Archival
from paperwork.pieces import Cut
from paperwork.plan import Plan
from paperwork.press import Press

NUMBERS_AT_ONCE = 200
"""Some more numbers are drawn than needed, so that they serve a volume that grows."""


def numbers(pages: int, press: Press, out: Path) -> Path:
    """The page numbers, drawn once for both editions."""
    count = -(-pages // NUMBERS_AT_ONCE) * NUMBERS_AT_ONCE
    key = store.key("页号", leaf.MAKER, press.looks, str(count))
    press.kept.obtain(key, out, lambda path: leaf.stamps(count, fonts.file_of("宋体", press.env), path))
    return out


def write(
    laid: Plan, sheets: dict[str, Path], about: About, type_: Type, made: Path, folder: Path
) -> tuple[Archival, dict[int, Path]]:
    """Write the volume into `made` and its items, by their numbers, into `folder`; 待补材料清单 also beside the volume.

    Returns whether the volume is PDF/A, and the items. Raises `Stop` when a page is not where the contents say.
    """
    volume = made / bind.VOLUME
    findings = bind.volume(laid, sheets, about, type_, volume)
    proof.agree(list(proof.disagreements(volume, [(each.item.title, each.start) for each in laid.entries])))
    folder.mkdir()
    outs = {entry.item.number: folder / f"{entry.item.number:03}.pdf" for entry in laid.entries}
    cuts = [Cut(entry.start, entry.item.pages, entry.item.title, outs[entry.item.number]) for entry in laid.entries]
    if bind.MISSING in sheets:
        pages = pdf.pages(sheets[bind.MISSING])
        label = f"{bind.LABELS[bind.MISSING]}-"
        cuts.append(Cut(1, pages, about.title, made / f"{bind.MISSING}.pdf", label))
    pieces.extract(volume, cuts, type_.faces)
    return judged(volume, findings), outs


def judged(volume: Path, findings: Sequence[str]) -> Archival:
    """Ask veraPDF, where there is one, whether it finds more than who wrote the volume (`findings`)."""
    reasons = verapdf.judge(volume)
    if reasons is None:
        return Archival(("pikepdf",), tuple(findings))
    return Archival(("pikepdf", verapdf.NAME), (*findings, *(f"{verapdf.NAME} {each}" for each in reasons)))
