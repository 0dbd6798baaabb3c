"""A checked project → a finished archive in a work folder: filled, printed, bound, packed, on one screen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from paperwork import (
    bind,
    check,
    edition,
    electronic,
    fill,
    fonts,
    front,
    installed,
    manifest,
    origins,
    package,
    pdf,
    plan,
    proof,
    rules,
    values,
)
from paperwork.aside import Aside
from paperwork.check import Checked
from paperwork.context import PAPER_OWN
from paperwork.forms import Form, read_binding, read_forms
from paperwork.hand_over import Facts
from paperwork.leaf import About
from paperwork.model import Project
from paperwork.press import Press, Wanted
from paperwork.store import Store


class Progress(Protocol):
    """Whoever watches a build: told each step, and each document done of all."""

    def step(self, name: str, total: int = 0) -> None:
        """A step begins."""

    def advance(self) -> None:
        """One more document of the step is done."""


@dataclass(frozen=True)
class Desk:
    """Where and with what an archive is assembled."""

    templates: Path
    work: Path
    """A folder that is thrown away afterwards."""
    env: Mapping[str, str]
    """LibreOffice's environment, with the rules of which face prints which name."""
    looks: str
    """The digest of these rules and faces."""
    kept: Store
    jobs: int


def assemble(checked: Checked, desk: Desk, progress: Progress) -> tuple[Path, Press]:
    """Make the archive in the desk's work folder; where it is, and the press that counted what was printed.

    Raises `Stop`, with all faults when files beside the workbook cannot be opened.
    """
    project, work, env = checked.project, desk.work, desk.env
    made = work / "made"
    progress.step("填写 Word 文档")
    binding = read_binding(desk.templates / "binding.toml")
    filler = fill.Filler(project, desk.templates / "docx", work, env, desk.kept, desk.jobs)
    documents = _documents(filler, checked, read_forms(desk.templates / "forms.toml"))
    press = Press(filler, env, work / "pdf", desk.jobs, desk.looks, desk.kept)
    laid = plan.lay_out(_items(documents, press, made / "word", progress))

    progress.step("编页、编目、对照要求")
    stand_ins = [f"{each.wanted}以{each.used}代" for each in fonts.stand_ins(env) if not each.genuine]
    remarks = _remarks(laid, checked, stand_ins)

    def context_of(part: plan.Plan, book: int, books: int) -> dict[str, Any]:
        return front.context(checked, filler.base, part, remarks, binding.code, (book, books), laid)

    context = context_of(laid, 1, 1)
    about = About(context["案卷题名"], project.basics.contractor, project.catalogue.name, project.made)
    own = _own_pages(context, made / "word", bool(checked.gaps))
    with press.beside(list(own.values())) as printing:
        type_ = bind.Type(electronic.numbers(laid.pages, press, work / "numbers.pdf"), fonts.faces(env))
        paper = edition.Paper(binding, type_, about, project.basics, made, work / "paper")
        edition.measure(paper, press, {path for entry in laid.entries for path in entry.item.parts})
        check.give_back(checked, checked.faults, made)
        sheets = dict(zip(own, printing.result(), strict=True))

    progress.step("装订成卷、排打印版")
    volume = Aside(partial(electronic.write, laid, sheets, about, type_, made, work / "pieces"))
    try:
        if desk.jobs == 1:
            # One core for this project: others are being made on the other cores.
            volume.wait()
        books, misprints = edition.write(paper, press, laid, sheets, context_of)
        proof.agree(misprints)
        archival, pdfs = volume.result()
    finally:
        volume.end()

    progress.step("打成电子档案包")
    facts = _facts(context, laid, project, stand_ins, desk.templates)
    manifest.write(made, checked, project, laid, facts, archival, books)
    package.write(made, checked, project, laid, pdfs, facts)
    return made, press


def _own_pages(context: Mapping[str, Any], folder: Path, draft: bool) -> dict[str, Wanted]:
    """The volume's own pages, which tell where the others stand, to be printed."""
    return {name: (name, folder / f"{bind.OWN[name]}-{name}.docx", context) for name in bind.pages_of(draft)}


def _documents(filler: fill.Filler, checked: Checked, forms: Sequence[Form]) -> list[fill.Document]:
    """The documents to be made; files that cannot be opened join the other faults, and go back marked."""
    filler.check(forms, (*bind.OWN, *PAPER_OWN))
    documents = filler.documents(forms)
    if filler.faults:
        faults = rules.in_order([*checked.faults, *filler.faults])
        check.refuse_errors(checked, faults)
    return documents


def _items(documents: Sequence[fill.Document], press: Press, folder: Path, progress: Progress) -> Iterator[plan.Item]:
    """Print the documents; each with the outside PDFs behind it is an item."""
    stems = plan.stems([document.title for document in documents])
    progress.step("转成 PDF", len(stems))
    wanted = [
        (document.form.template, folder / f"{stem}.docx", document.context)
        for document, stem in zip(documents, stems, strict=True)
    ]
    printed = press.pages(wanted, lambda _: progress.advance())
    for number, (document, stem, page) in enumerate(zip(documents, stems, printed, strict=True), 1):
        parts = (page, *document.scans)
        yield plan.Item(
            number=number,
            title=document.title,
            section=document.form.section,
            form=document.form.template,
            responsible=document.responsible,
            date=document.date,
            stem=stem,
            parts=parts,
            pages=sum(pdf.pages(part) for part in parts),
            place=document.place,
        )


def _remarks(laid: plan.Plan, checked: Checked, stand_ins: Sequence[str]) -> list[str]:
    """What 备考表 says of the volume's state."""
    lines = [f"本卷由工作簿数据自动编制，共 {len(laid.entries)} 件 {laid.pages} 页，页号连续。"]
    if checked.gaps:
        lines.append(f"待补材料 {len(checked.gaps)} 项，见待补材料清单。")
    if checked.later:
        lines.append(f"核对到{values.chinese_date(checked.as_of)}，还有 {checked.later} 项要求没有到期，见要求对照表。")
    if checked.state == check.COMPLETE:
        lines.append("材料齐备，无缺损；逐条核对情况见要求对照表。")
    if stand_ins:
        lines.append("打印所用字体：" + "，".join(stand_ins) + "。")
    return lines


def _facts(
    context: Mapping[str, Any], laid: plan.Plan, project: Project, stand_ins: Sequence[str], templates: Path
) -> Facts:
    return Facts(
        code=context["档号"],
        title=context["案卷题名"],
        fonds=context["全宗名称"],
        volume=bind.VOLUME,
        stand_ins=tuple(stand_ins),
        tools={"paperwork": version("paperwork"), "LibreOffice": installed.version()},
        templates=manifest.of_templates(templates),
        shown=origins.shown(project, laid),
    )
