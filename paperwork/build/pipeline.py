"""Assemble an archive in a temporary folder from a checked project: fill, print, bind, package.

`assemble` is the whole pipeline; its steps are the ones that progress reports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from paperwork.archive import manifest, package
from paperwork.archive.metadata import WORD_FOLDER, Facts
from paperwork.build.progress import ProgressListener, Step
from paperwork.checks import check
from paperwork.checks.check import Checked
from paperwork.checks.rules import registry
from paperwork.core.cache import Cache
from paperwork.core.faults import Fault
from paperwork.core.processes import ChildProcess
from paperwork.documents import fill
from paperwork.documents.declarations import Binding, Form, read_binding, read_forms
from paperwork.documents.fields import PAPER_EDITION_PAGES
from paperwork.documents.rendering import Renderer, RenderJob
from paperwork.formats.office import fonts, installation
from paperwork.formats.pdf import merge
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.volume import binder, citations, own_pages, page_plan, paper_edition, readback

T = TypeVar("T")


@dataclass(frozen=True)
class BuildContext:
    """Build context: the folders, fonts, cache and number of cores of one build."""

    templates: Path
    work: Path
    """Temporary folder, removed after the build."""
    env: Mapping[str, str]
    """Environment variables for LibreOffice, with the rules for font substitution."""
    fonts_digest: str
    """Digest of these rules and fonts."""
    cache: Cache
    """Cache of converted and drawn files."""
    jobs: int
    """Number of cores that the build may use."""


def assemble(checked: Checked, build: BuildContext, progress: ProgressListener) -> tuple[Path, Renderer, list[Fault]]:
    """Assemble the archive in the context's work folder; return its folder, the renderer with its counts, and notices.

    Raises `Stop`. If files beside the workbook cannot be opened, it holds all faults.
    """
    project, work, env = checked.project, build.work, build.env
    archive_folder = work / "made"
    progress.step(Step.FILL)
    binding = read_binding(build.templates / "binding.toml")
    filler = fill.prepare(project, build.templates / "docx", work, env, build.cache, build.jobs)
    documents = _documents(filler, checked, read_forms(build.templates / "forms.toml"))
    renderer = Renderer(filler, env, work / "pdf", build.jobs, build.fonts_digest, build.cache)
    plan = page_plan.plan_pages(_items(documents, renderer, archive_folder / WORD_FOLDER, binding, progress))
    renderer.read_back()

    progress.step(Step.PLAN)
    stand_ins = [f"{each.wanted}以{each.used}代" for each in fonts.substitutes(env) if not each.is_genuine]

    def context_of(book_plan: page_plan.PagePlan, book: int, books: Sequence[page_plan.PagePlan]) -> dict[str, Any]:
        return own_pages.page_context(checked, filler.base_context, book_plan, binding, (book, len(books)), plan, books)

    context = context_of(plan, 1, [plan])
    about = DocumentMetadata(
        context["案卷题名"], project.basics.contractor, project.catalogue.name, project.archive_date
    )
    own_jobs = _own_pages(context, archive_folder / WORD_FOLDER, bool(checked.missing))
    with renderer.in_background(list(own_jobs.values())) as printing:
        resources = binder.BindingResources(
            binder.draw_page_numbers(plan.pages, renderer, work / "numbers.pdf"), fonts.installed_faces(env)
        )
        paper = paper_edition.PaperEdition(binding, resources, about, project.basics, archive_folder, work / "paper")
        paper_edition.measure(paper, renderer, {path for entry in plan.entries for path in entry.item.parts})
        # While LibreOffice converts the own pages in the background, this process does work that needs no LibreOffice.
        check.write_marked_copy(checked, checked.faults, archive_folder)
        own_pdfs = dict(zip(own_jobs, printing.result(), strict=True))
    renderer.read_back()

    progress.step(Step.BIND)
    # The electronic edition is bound in a child process while this one lays out the paper edition.
    cited = own_pages.cited_pages(checked, plan)
    write_electronic = partial(binder.write, plan, own_pdfs, about, resources, archive_folder, work / "pieces", cited)
    with _in_child_process(write_electronic) as electronic_edition:
        if build.jobs == 1:
            # With one core for this project, the other cores build other projects. So the two editions follow each
            # other instead of running in parallel.
            electronic_edition.wait()
        books, misprints = paper_edition.write(paper, renderer, plan, own_pdfs, context_of)
        readback.require_agreement(misprints)
        renderer.read_back()
        archival, pdfs = electronic_edition.result()

    progress.step(Step.PACK)
    facts = _facts(context, plan, stand_ins, build.templates)
    # The package holds a copy of the manifest, so the manifest is written first and does not list the package.
    manifest.write(archive_folder, checked, project, plan, facts, archival, books)
    package.write(archive_folder, checked, project, plan, pdfs, facts)
    return archive_folder, renderer, list(own_pages.unproven(checked, plan))


@contextmanager
def _in_child_process(work: Callable[[], T]) -> Iterator[ChildProcess[T]]:
    """Start a child process; terminate it if the block fails, or it would write into a folder that is being removed."""
    child = ChildProcess.start(work)
    try:
        yield child
    finally:
        child.terminate()


def _own_pages(context: Mapping[str, Any], folder: Path, draft: bool) -> dict[str, RenderJob]:
    """Return the print list of the volume's own pages; they state the other pages' numbers and so come after them."""
    return {name: (name, folder / f"{binder.OWN[name]}-{name}.docx", context) for name in binder.pages_of(draft)}


def _documents(filler: fill.Filler, checked: Checked, forms: Sequence[Form]) -> list[fill.Document]:
    """Return the documents to be made; raise `Stop` with all faults if files beside the workbook cannot be opened."""
    filler.check_templates(forms, (*binder.OWN, *PAPER_EDITION_PAGES))
    documents, faults = filler.documents(forms)
    if faults:
        check.raise_on_errors(checked, registry.sort_faults([*checked.faults, *faults]))
    return documents


def _items(
    documents: Sequence[fill.Document], renderer: Renderer, folder: Path, binding: Binding, progress: ProgressListener
) -> Iterator[page_plan.Item]:
    """Print the documents and yield an item for each; the outside PDFs of a document follow it in its item."""
    stems = page_plan.stems([document.title for document in documents])
    progress.step(Step.PRINT, len(stems))
    print_list = [
        (document.form.template, folder / f"{stem}.docx", document.context)
        for document, stem in zip(documents, stems, strict=True)
    ]
    printed = renderer.render(print_list, lambda _: progress.advance())
    for number, (document, stem, page) in enumerate(zip(documents, stems, printed, strict=True), 1):
        parts = document.scans if _is_bare(document, binding) else (page, *document.scans)
        yield page_plan.Item(
            number=number,
            title=document.title,
            section=document.form.section,
            form=document.form.template,
            proves=document.form.proves,
            responsible=document.responsible,
            date=document.date,
            stem=stem,
            parts=parts,
            pages=sum(merge.count_pages(part) for part in parts),
            texts=tuple(map(citations.page_words, renderer.page_texts(page))) if document.form.proves else (),
            divider_pages=merge.count_pages(page) if document.scans else 0,
            place=document.place,
            files=document.files,
            reference=document.reference,
            secrecy=document.secrecy,
            remark=document.remark,
        )


def _is_bare(document: fill.Document, binding: Binding) -> bool:
    """Return True if an outside document is bound without its divider: it is short and there is no note on it."""
    pages = sum(merge.count_pages(scan) for scan in document.scans)
    return 0 < pages <= binding.bare_scan_pages and not document.notes


def _facts(
    context: Mapping[str, Any],
    plan: page_plan.PagePlan,
    stand_ins: Sequence[str],
    templates: Path,
) -> Facts:
    """Return the facts for the metadata files of the package."""
    return Facts(
        code=context["档号"],
        title=context["案卷题名"],
        fonds=context["全宗名称"],
        secrecy=context["密级"],
        volume=binder.VOLUME,
        stand_ins=tuple(stand_ins),
        tools={"paperwork": version("paperwork"), "LibreOffice": installation.version()},
        templates=manifest.template_digests(templates),
        files_by_item={entry.item.number: entry.item.files for entry in plan.entries},
    )
