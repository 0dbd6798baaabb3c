"""Assemble an archive in a temporary folder from a checked project: fill, print, bind, package.

`assemble` is the whole pipeline; its steps are the ones that progress reports.
"""

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
    """Receiver of a build's progress."""

    def step(self, name: str, total: int = 0) -> None:
        """Begin a step with so many documents; 0: the step does not count any."""

    def advance(self) -> None:
        """Count one more document of the step as done."""


@dataclass(frozen=True)
class Desk:
    """Build context: the folders, fonts, cache and number of cores of one build."""

    templates: Path
    work: Path
    """Temporary folder, removed after the build."""
    env: Mapping[str, str]
    """Environment variables for LibreOffice, with the rules for font substitution."""
    looks: str
    """Digest of these rules and fonts."""
    kept: Store
    """Cache of converted and drawn files."""
    jobs: int
    """Number of cores that the build may use."""


def assemble(checked: Checked, build_context: Desk, progress: Progress) -> tuple[Path, Press]:
    """Assemble the archive in the context's work folder; return its folder, and the renderer with its counts.

    Raises `Stop`. If files beside the workbook cannot be opened, it holds all faults.
    """
    project, work, env = checked.project, build_context.work, build_context.env
    archive_folder = work / "made"
    progress.step("填写 Word 文档")
    binding = read_binding(build_context.templates / "binding.toml")
    filler = fill.Filler(project, build_context.templates / "docx", work, env, build_context.kept, build_context.jobs)
    documents = _documents(filler, checked, read_forms(build_context.templates / "forms.toml"))
    renderer = Press(filler, env, work / "pdf", build_context.jobs, build_context.looks, build_context.kept)
    page_plan = plan.lay_out(_items(documents, renderer, archive_folder / "word", progress))

    progress.step("编页、编目、对照要求")
    stand_ins = [f"{each.wanted}以{each.used}代" for each in fonts.stand_ins(env) if not each.genuine]
    remarks = _remarks(page_plan, checked, stand_ins)

    def context_of(book_plan: plan.Plan, book: int, books: int) -> dict[str, Any]:
        return front.context(checked, filler.base, book_plan, remarks, binding.code, (book, books), page_plan)

    context = context_of(page_plan, 1, 1)
    about = About(context["案卷题名"], project.basics.contractor, project.catalogue.name, project.made)
    own_pages = _own_pages(context, archive_folder / "word", bool(checked.gaps))
    with renderer.beside(list(own_pages.values())) as printing:
        resources = bind.Type(electronic.numbers(page_plan.pages, renderer, work / "numbers.pdf"), fonts.faces(env))
        paper = edition.Paper(binding, resources, about, project.basics, archive_folder, work / "paper")
        edition.measure(paper, renderer, {path for entry in page_plan.entries for path in entry.item.parts})
        # While LibreOffice converts the own pages in the background, this process does work that needs no LibreOffice.
        check.give_back(checked, checked.faults, archive_folder)
        own_pdfs = dict(zip(own_pages, printing.result(), strict=True))

    progress.step("装订成卷、排打印版")
    # The electronic edition is bound in a child process while this one lays out the paper edition.
    electronic_edition = Aside(
        partial(electronic.write, page_plan, own_pdfs, about, resources, archive_folder, work / "pieces")
    )
    try:
        if build_context.jobs == 1:
            # With one core for this project, the other cores build other projects. So the two editions follow each
            # other instead of running in parallel.
            electronic_edition.wait()
        books, misprints = edition.write(paper, renderer, page_plan, own_pdfs, context_of)
        proof.agree(misprints)
        archival, pdfs = electronic_edition.result()
    finally:
        # If the paper edition fails, the child would otherwise go on writing into a folder that is being removed.
        electronic_edition.end()

    progress.step("打成电子档案包")
    facts = _facts(context, page_plan, project, stand_ins, build_context.templates)
    # The package holds a copy of the manifest, so the manifest is written first and does not list the package.
    manifest.write(archive_folder, checked, project, page_plan, facts, archival, books)
    package.write(archive_folder, checked, project, page_plan, pdfs, facts)
    return archive_folder, renderer


def _own_pages(context: Mapping[str, Any], folder: Path, draft: bool) -> dict[str, Wanted]:
    """Return the print list of the volume's own pages; they state the other pages' numbers and so come after them."""
    return {name: (name, folder / f"{bind.OWN[name]}-{name}.docx", context) for name in bind.pages_of(draft)}


def _documents(filler: fill.Filler, checked: Checked, forms: Sequence[Form]) -> list[fill.Document]:
    """Return the documents to be made; raise `Stop` with all faults if files beside the workbook cannot be opened."""
    filler.check(forms, (*bind.OWN, *PAPER_OWN))
    documents = filler.documents(forms)
    if filler.faults:
        faults = rules.in_order([*checked.faults, *filler.faults])
        check.refuse_errors(checked, faults)
    return documents


def _items(
    documents: Sequence[fill.Document], renderer: Press, folder: Path, progress: Progress
) -> Iterator[plan.Item]:
    """Print the documents and yield an item for each; the outside PDFs of a document follow it in its item."""
    stems = plan.stems([document.title for document in documents])
    progress.step("转成 PDF", len(stems))
    print_list = [
        (document.form.template, folder / f"{stem}.docx", document.context)
        for document, stem in zip(documents, stems, strict=True)
    ]
    printed = renderer.pages(print_list, lambda _: progress.advance())
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


def _remarks(page_plan: plan.Plan, checked: Checked, stand_ins: Sequence[str]) -> list[str]:
    """Return the lines of 备考表 on the volume's state."""
    lines = [f"本卷由工作簿数据自动编制，共 {len(page_plan.entries)} 件 {page_plan.pages} 页，页号连续。"]
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
    context: Mapping[str, Any], page_plan: plan.Plan, project: Project, stand_ins: Sequence[str], templates: Path
) -> Facts:
    """Return the facts for the metadata files of the package."""
    return Facts(
        code=context["档号"],
        title=context["案卷题名"],
        fonds=context["全宗名称"],
        volume=bind.VOLUME,
        stand_ins=tuple(stand_ins),
        tools={"paperwork": version("paperwork"), "LibreOffice": installed.version()},
        templates=manifest.of_templates(templates),
        shown=origins.shown(project, page_plan),
    )
