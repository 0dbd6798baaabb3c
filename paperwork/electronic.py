"""Make the electronic edition 项目档案.pdf: bind it, read it back, check it for PDF/A, and split it into items."""

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
"""Page numbers are drawn in multiples of this, so that the cached drawing still serves a volume that grows."""


def numbers(pages: int, press: Press, out: Path) -> Path:
    """Draw the page numbers for both editions into `out`, or take them from the cache."""
    count = -(-pages // NUMBERS_AT_ONCE) * NUMBERS_AT_ONCE
    key = store.key("页号", leaf.MAKER, press.looks, str(count))
    press.kept.obtain(key, out, lambda path: leaf.stamps(count, fonts.file_of("宋体", press.env), path))
    return out


def write(
    page_plan: Plan, own_pages: dict[str, Path], about: About, resources: Type, archive_folder: Path, folder: Path
) -> tuple[Archival, dict[int, Path]]:
    """Write the volume into `archive_folder` and a PDF of each item into `folder`.

    待补材料清单 is also written as a PDF of its own beside the volume.

    Return the result of the PDF/A check, and the PDF of each item by its number. Raises `Stop` when a page number of
    the finished file does not agree with the contents.
    """
    volume = archive_folder / bind.VOLUME
    findings = bind.volume(page_plan, own_pages, about, resources, volume)
    # Read back before splitting: the items are cut out by page label, so the labels must be right.
    proof.agree(list(proof.disagreements(volume, [(each.item.title, each.start) for each in page_plan.entries])))
    folder.mkdir()
    outs = {entry.item.number: folder / f"{entry.item.number:03}.pdf" for entry in page_plan.entries}
    cuts = [
        Cut(entry.start, entry.item.pages, entry.item.title, outs[entry.item.number]) for entry in page_plan.entries
    ]
    if bind.MISSING in own_pages:
        pages = pdf.pages(own_pages[bind.MISSING])
        label = f"{bind.LABELS[bind.MISSING]}-"
        cuts.append(Cut(1, pages, about.title, archive_folder / f"{bind.MISSING}.pdf", label))
    pieces.extract(volume, cuts, resources.faces)
    return judged(volume, findings), outs


def judged(volume: Path, findings: Sequence[str]) -> Archival:
    """Return the PDF/A result: the findings of pikepdf, which wrote the volume, and those of veraPDF if installed."""
    reasons = verapdf.judge(volume)
    if reasons is None:
        return Archival(("pikepdf",), tuple(findings))
    return Archival(("pikepdf", verapdf.NAME), (*findings, *(f"{verapdf.NAME} {each}" for each in reasons)))
