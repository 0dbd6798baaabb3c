"""A preview of the templates: each is filled with made-up data and printed, so that staff see what a change does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork.core.cache import Cache
from paperwork.documents import example, fill
from paperwork.documents.declarations import Form, read_forms
from paperwork.documents.fields import (
    REPORT_PHOTOS,
    ROW_FIELDS,
    GeneralFields,
    PrintFields,
    SectionFields,
    SigninFields,
    VerdictFields,
    VolumeFields,
)
from paperwork.documents.fill import Filler
from paperwork.documents.rendering import Renderer, RenderJob
from paperwork.formats.office import fonts
from paperwork.formats.pdf import merge
from paperwork.project import figures
from paperwork.project.funder import read_funder
from paperwork.project.model import Progress

FILE = "表单预览.pdf"


@dataclass(frozen=True)
class Preview:
    """The preview: its file, and the templates that it shows."""

    path: Path
    templates: tuple[str, ...]


def write_preview(templates: Path, outputs: Path, work: Path, cache: Cache) -> Preview:
    """Print every template with made-up data into one PDF in the outputs folder.

    `work` is a temporary folder. Raises `Stop` if a template has a fault, or LibreOffice fails.
    """
    forms = read_forms(templates / "forms.toml")
    env = fonts.environment(work)
    project = example.make_project(work, templates, read_funder(templates))
    filler = fill.prepare(project, templates / "docx", work, env, cache, 1)
    own = _own_templates(templates, forms)
    filler.check_templates(forms, own)
    jobs = [*_form_jobs(filler, forms, work), *_own_jobs(filler, own, work)]
    printed = Renderer(filler, env, work / "pdf", 1, fonts.digest(env), cache).render(jobs)
    path = outputs / FILE
    outputs.mkdir(parents=True, exist_ok=True)
    merge.join([(name, pdf) for (name, _, _), pdf in zip(jobs, printed, strict=True)], path)
    return Preview(path, tuple(name for name, _, _ in jobs))


def _own_templates(templates: Path, forms: Sequence[Form]) -> list[str]:
    """Return the templates that no form declares: the volume's own pages."""
    declared = {form.template for form in forms}
    names = sorted(path.stem for path in (templates / "docx").glob("*.docx") if not path.name.startswith("~$"))
    return [name for name in names if name not in declared]


def _form_jobs(filler: Filler, forms: Sequence[Form], work: Path) -> Iterator[RenderJob]:
    """Yield the document of each declared template, of its first declaration."""
    general = example.make_record(GeneralFields, 1, work).template_values()
    base = {**filler.base_context, REPORT_PHOTOS: general[REPORT_PHOTOS], "附件清单": filler.base_context["附件"]}
    shown: dict[str, Form] = {}
    for form in forms:
        shown.setdefault(form.template, form)
    for form in shown.values():
        yield form.template, work / f"{form.template}.docx", {**base, **_row_context(filler, form, work)}


def _row_context(filler: Filler, form: Form, work: Path) -> Mapping[str, Any]:
    """Return the additional data of a form that has a document for each row, or for each value of a column."""
    if not form.each:
        return {}
    rows = filler.project.sheet(form.each)
    if form.by:
        return {form.by: filler.base_context[form.each][0][form.by], "人数": len(rows)}
    row = rows[0]
    if isinstance(row, Progress):
        extras = figures.compute_quarter_figures(filler.project, row).template_values()
    else:
        kind = ROW_FIELDS.get(form.each)
        extras = example.make_record(kind, 1, work).template_values() if kind else {}
    allowed = {header: choices[0] for header, choices in form.only.items()}
    return {**row.template_values(), **allowed, **extras}


def _own_jobs(filler: Filler, names: Sequence[str], work: Path) -> Iterator[RenderJob]:
    """Yield the documents of the volume's own pages."""
    kinds = (VolumeFields, VerdictFields, SectionFields, PrintFields, SigninFields)
    own = {key: each for kind in kinds for key, each in example.make_record(kind, 1, work).template_values().items()}
    for name in names:
        yield name, work / f"{name}.docx", {**filler.base_context, **own}
