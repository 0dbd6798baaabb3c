"""Fill the declared forms with a project's data: Word documents in the order of the volume.

A form sees the project's data under Chinese names. A form with one document per row sees that row's columns on top.
Faults are return values in this package: a file that cannot be opened gives a fault beside what could be made.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count, groupby
from pathlib import Path
from typing import Any

from paperwork.core import hashing, values
from paperwork.core.cache import Cache
from paperwork.core.dates import Quarter
from paperwork.core.faults import NOWHERE, ExitCode, Fault, Level, Stop, Unreadable, Where
from paperwork.documents import exhibits
from paperwork.documents.declarations import Form, fill_title
from paperwork.documents.exhibits import Exhibit, Exhibits
from paperwork.documents.fields import (
    PHOTO_PAGES,
    PHOTOS,
    REPORT_PHOTOS,
    SOLE_PHOTOS,
    VIDEOS,
    ActivityFields,
    AttachmentFields,
    GeneralFields,
    PhotoRow,
    SupervisionFields,
    known_fields,
)
from paperwork.formats import attachments
from paperwork.formats.attachments import ConvertedAttachment
from paperwork.formats.office import fonts
from paperwork.formats.office.coverage import Coverage, read_coverage
from paperwork.formats.office.word import Picture, Template
from paperwork.project import figures
from paperwork.project.model import Activity, Attachment, Progress, Project, Supervision, sheets
from paperwork.project.record import Record

SAMPLE_MARK = "示例数据（虚构），仅供演示"


@dataclass(frozen=True)
class Document:
    """A document to be printed: its entry in the contents, its form and data, and the outside PDFs bound behind it."""

    form: Form
    title: str
    responsible: str
    date: dt.date | None
    context: Mapping[str, Any]
    scans: tuple[Path, ...]
    place: Where
    notes: tuple[str, ...] = ()
    """Changes made to the outside PDFs, and anything else a reader should know of them."""
    files: tuple[Path, ...] = ()
    """Input files that the document shows: photos, videos, the outside document behind it."""
    reference: str = ""
    """文号 of an outside document."""
    secrecy: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Filler:
    """The forms of one project and the data that fills them; `prepare` makes the data.

    Working copies of photos and scans go to `work`; `env` is the environment for LibreOffice.
    """

    project: Project
    templates: Path
    work: Path
    env: Mapping[str, str]
    cache: Cache
    exhibits: Exhibits
    report_photos: Exhibit[PhotoRow]
    """Photos of the closing report."""
    base_context: Mapping[str, Any]
    """Data that every form of the project sees."""
    _scan_numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _templates: dict[str, Template | None] = field(default_factory=dict)

    @cached_property
    def coverage(self) -> Coverage:
        """Return the characters that the installed fonts have."""
        return read_coverage(self.env)

    @cached_property
    def _fonts_digest(self) -> str:
        """Return the digest of the installed fonts."""
        return fonts.digest(self.env)

    # ---- list of documents

    def documents(self, forms: Sequence[Form]) -> tuple[list[Document], list[Fault]]:
        """Return the documents in the volume's order, and the faults of the files that they show.

        Forms of one group alternate row by row (see `Form.group_key`); after each row come those beside it.
        """
        made: list[Document | Fault] = [*self.report_photos.faults]
        groups = [list(group) for _, group in groupby(forms, lambda form: form.group_key)]
        bound: set[tuple[int, Where]] = set()  # forms and rows whose documents are bound beside those of another row
        for index, members in enumerate(groups):
            each = members[0].each
            if not each or members[0].by:
                made += [document for form in members for document in self._grouped(form)]
                continue
            followers = _followers(groups, index)
            for row in self.project.sheet(each):
                own = [form for form in members if _wanted(form, row) and (id(form), row.place) not in bound]
                made += self._for_row(own, row)
                for form, other in self._rows_beside(followers, row):
                    bound.add((id(form), other.place))
                    made += self._for_row([form], other)
        # Each fault once: a photo may be wanted in a brief and in the closing report.
        faults = dict.fromkeys(each for each in made if isinstance(each, Fault))
        return [each for each in made if isinstance(each, Document)], list(faults)

    def _rows_beside(self, followers: Sequence[Form], row: Record) -> Iterator[tuple[Form, Record]]:
        """Yield the rows that belong to a row, each with the form that makes its document."""
        for form in followers:
            own = row.template_values().get(form.beside)
            for other in self.project.sheet(form.each) if own else ():
                if _wanted(form, other) and other.template_values().get(form.beside) == own:
                    yield form, other

    def _grouped(self, form: Form) -> Iterator[Document]:
        """Yield the documents of a form for the project, or for each distinct value of a column."""
        shown = {REPORT_PHOTOS: self.report_photos}
        if not form.by:
            yield from self._document(form, self.base_context, shown)
            return
        rows = self.base_context[form.each]
        for value in dict.fromkeys(row[form.by] for row in rows):
            own = [row for row in rows if row[form.by] == value]
            context = {**self.base_context, form.by: value, form.each: own, "人数": len(own)}
            yield from self._document(form, context, shown, place=Where("", form.each, str(value)))

    def _for_row(self, forms: Sequence[Form], row: Record) -> Iterator[Document | Fault]:
        """Yield the documents of one row; its photos, videos and scans are prepared once for all of them."""
        scans = {form.scan: self._scan(row, form.scan) for form in forms if form.scan}
        yield from (fault for scan in scans.values() for fault in scan.faults)
        # A row whose outside document is missing or unreadable gives no document at all: an error or a gap reports it.
        if not forms or not all(scan.shown for scan in scans.values()):
            return
        shown: dict[str, Exhibit[Any]] = {REPORT_PHOTOS: self.report_photos}
        if isinstance(row, Activity):
            pages, none = self.exhibits.page_photos(row), Exhibit[PhotoRow]()
            shown |= {PHOTOS: self.exhibits.brief_photos(row), VIDEOS: self.exhibits.videos(row)}
            shown |= {PHOTO_PAGES: pages if row.brief else none, SOLE_PHOTOS: none if row.brief else pages}
        yield from (fault for each in shown.values() for fault in each.faults)
        extras = self._extras(row, shown, [each for scan in scans.values() for each in scan.shown])
        context = {**self.base_context, **row.template_values(), **extras.template_values()}
        for form in forms:
            yield from self._document(form, context, shown, tuple(scans.values()) if form.scan else (), row.place)

    def _document(
        self,
        form: Form,
        context: Mapping[str, Any],
        shown: Mapping[str, Exhibit[Any]],
        scans: Sequence[Exhibit[ConvertedAttachment]] = (),
        place: Where = NOWHERE,
    ) -> Iterator[Document]:
        """Yield the document of a form, unless what the form needs is empty.

        `shown` maps fields to the photos or videos that a template shows if it uses the field.
        """
        needed = context.get(form.needs) if form.needs else True
        if isinstance(needed, Mapping):  # a key–value worksheet is empty if all its cells are
            needed = any(value not in (None, "") for value in needed.values())
        if not needed:
            return
        stated = context.get(form.responsible, form.responsible) or self.project.basics.contractor
        date = _last(context, form.date) if "." in form.date else _first(context, form.date)
        template = self.template(form.template)
        used = [shown[name] for name in template.fields_used(shown)] if template else []
        attached = [each for scan in scans for each in scan.shown]
        yield Document(
            form=form,
            title=fill_title(form.title, context),
            responsible=self._in_full(str(stated)),
            date=date,
            context=context,
            scans=tuple(each.pdf for each in attached),
            place=place,
            notes=tuple(note for each in attached for note in each.notes),
            files=tuple(path for each in (*used, *scans) for path in each.files),
            reference=_words(context, form.reference),
            secrecy=_words(context, form.secrecy),
            remark=_words(context, form.remark),
        )

    def _in_full(self, responsible: str) -> str:
        """Return 责任者 with the funder's name in front if it is a department of the catalogue or of a supervision."""
        departments = {self.project.catalogue.department, *(each.department for each in self.project.supervisions)}
        return self.project.funder.in_full(responsible) if responsible in departments else responsible

    # ---- data for the forms

    def _extras(
        self, row: Record, shown: Mapping[str, Exhibit[Any]], attached: Sequence[ConvertedAttachment]
    ) -> Record:
        """Return the additional data for the forms of a row; empty for worksheets without any."""
        match row:
            case Activity():
                return self._activity_fields(row, shown)
            case Supervision():
                return SupervisionFields(quarter=Quarter.containing(row.date))
            case Progress():
                return figures.compute_quarter_figures(self.project, row)
            case Attachment():
                notes = "；".join(note for each in attached for note in each.notes)
                return AttachmentFields(pages=sum(each.pages for each in attached), notes=notes)
        return Record()

    def _activity_fields(self, row: Activity, shown: Mapping[str, Exhibit[Any]]) -> ActivityFields:
        """Return the additional data for the forms of an activity."""
        project, goals = self.project, self.project.goals
        bound = len(project.bound_photos(row.code))
        shared = exhibits.Captions.of(project, row).shared
        start, _, end = row.brief.rpartition("\n")
        return ActivityFields(
            days=values.chinese_date_range(row.start, row.last_day),
            end=row.last_day,
            photos=shown[PHOTOS].shown,
            videos=shown[VIDEOS].shown,
            photo_pages=shown[PHOTO_PAGES].shown,
            sole_photos=shown[SOLE_PHOTOS].shown,
            brief_start=start,
            brief_end=end,
            photos_in_brief=len(shown[PHOTOS].files),
            bound_photos=bound,
            other_photos=len(project.photos.get(row.code, ())) - bound,
            shared_caption="；".join(f"{word}：{text}" for word, text in shared.items()),
            unit=next((each.unit for each in goals if each.counted == "活动数量" and each.scope == row.kind), ""),
            reported_to=row.brief_up or f"{project.funder.fonds_name}{project.catalogue.department}",
        )

    def _scan(self, row: Record, header: str) -> Exhibit[ConvertedAttachment]:
        """Return the outside document that a row names, ready to bind.

        A document that cannot be opened is a fault at the row's cell. One that does not exist is no fault here: a rule
        or a clause reports it.
        """
        name = str(row.template_values()[header])
        path = self.project.attachment_path(name)
        if path is None:
            return Exhibit()
        try:
            name_of_copy = f"{next(self._scan_numbers):04}"
            scan = attachments.convert_attachment(path, self.work / "scans", name_of_copy, self.env)
            return Exhibit((scan,), (path,))
        except Unreadable as reason:
            return Exhibit(faults=(Fault(Level.ERROR, row.where(header), reason.wrong, reason.mend, name),))

    # ---- Word files

    def check_templates(self, forms: Sequence[Form], own: Iterable[str]) -> None:
        """Raise `Stop` with all faults of all templates: missing ones, unreadable tags, tags that name no field.

        `own` names the templates of the volume's own pages.
        """
        wanted = [*((form.template, form) for form in forms), *((name, None) for name in own)]
        checked = [(name, self.template(name), known_fields(self.base_context, form)) for name, form in wanted]
        inputs = [f"{name} {sorted(known)}" for name, _, known in checked]
        contents = [template.content if template else b"" for _, template, _ in checked]
        # The cached file is empty: its existence says that these templates have no faults.
        key = hashing.cache_key("模板", *inputs, *contents)
        self.cache.get_or_make(key, self.work / "sound", partial(_check_templates, checked))

    def template(self, name: str) -> Template | None:
        """Return a template by name, or None if it is missing; each is read once."""
        if name not in self._templates:
            path = self.templates / f"{name}.docx"
            self._templates[name] = Template(path) if path.is_file() else None
        return self._templates[name]

    def fill_template(self, name: str, context: Mapping[str, Any], out: Path) -> None:
        """Fill one template into `out`, or take the result from the cache. Raises `Stop` if the template has errors."""
        template = self.template(name)
        if template is None:
            return
        # Only fields that the template shows are in the key: a change to other data does not refill the document.
        shown = [f"{each} {_key_text(context[each])}" for each in sorted(template.fields_used(context))]
        # The file names the faces of rare characters, so it depends on the fonts.
        key = hashing.cache_key("文", template.content, str(self.project.archive_date), self._fonts_digest, *shown)
        filled = self.work / "filled"
        render = partial(_render, template, context, self.project.archive_date, lambda: self.coverage)
        self.cache.get_or_make(key, filled, render)
        # A copy: the cached file may be a hard link, and staff edit the Word files.
        shutil.copyfile(filled, out)


def prepare(project: Project, templates: Path, work: Path, env: Mapping[str, str], cache: Cache, jobs: int) -> Filler:
    """Prepare the data of a project's forms, with copies of its photos, on `jobs` cores."""
    (work / "scans").mkdir(parents=True, exist_ok=True)
    own_exhibits = exhibits.prepare(project, work, cache, jobs)
    report_photos = own_exhibits.report_photos()
    context = _base_context(project, report_photos.shown)
    return Filler(project, templates, work, env, cache, own_exhibits, report_photos, context)


def _base_context(project: Project, report_photos: Sequence[PhotoRow]) -> dict[str, Any]:
    """Return the data that every form of the project sees."""
    context: dict[str, Any] = {}
    # Later parts win over earlier ones of the same name: the catalogue over the workbook.
    for part in (project.closing, project.application, project.basics, project.catalogue):
        context |= part.template_values()
    context |= {title: _rows(project.sheet(title)) for title in sheets()}
    span = project.catalogue.span
    general = GeneralFields(
        name=project.name,
        start=span.start,
        end=span.end,
        sample=SAMPLE_MARK if project.basics.sample else "",
        fonds=project.funder.fonds_name,
        last_activity=max((each.last_day for each in project.activities), default=project.archive_date),
        photos=tuple(report_photos),
        attached=tuple(each for each in project.attachments if project.attachment_path(each.file)),
    )
    return {**context, **figures.compute_figures(project).template_values(), **general.template_values()}


def _check_templates(checked: Sequence[tuple[str, Template | None, set[str]]], sound: Path) -> None:
    """Raise `Stop` with all faults of the templates (name, template, known fields); touch `sound` if there are none."""
    faults: list[Fault] = []
    for name, template, known in checked:
        if template is None:
            where = Where(f"templates/docx/{name}.docx")
            faults.append(Fault(Level.ERROR, where, "没有这个模板", "请补上，或从 templates/forms.toml 里删去这一项"))
        else:
            faults += template.check(known)
    _refuse(dict.fromkeys(faults))
    sound.touch()


def _render(
    template: Template, context: Mapping[str, Any], made: dt.date, coverage: Callable[[], Coverage], out: Path
) -> None:
    """Render a template into `out`. Raises `Stop` if it has a fault, so that nothing is cached."""
    fault = template.render(context, out, made, coverage)
    _refuse([fault] if fault else [])


def _refuse(faults: Collection[Fault]) -> None:
    """Raise `Stop` if there are any faults."""
    if faults:
        raise Stop(ExitCode.FAULTY, "模板有错，没有生成档案", "请按上面的提示改正模板", faults=faults)


def _key_text(value: Any) -> str:
    """Return a text for the cache key that differs whenever the value would look different in a document."""
    match value:
        case Picture(path=path, width=width, alternative=words):
            # By content: working copies lie at other paths in the next build.
            return f"{hashing.sha256_of(path)} {width} {words}"
        case Mapping():
            return "{" + ",".join(f"{key}:{_key_text(inner)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_key_text, value)) + "]"
    return repr(value)


def _first(context: Mapping[str, Any], names: str) -> dt.date | None:
    """Return the first date that is given of the columns, written as 方案日期、开始日期, or None."""
    return next((context[name] for name in names.split("、") if context.get(name)), None)


def _words(context: Mapping[str, Any], header: str) -> str:
    """Return what a column says, on one line; empty without a column."""
    return " ".join(values.format_value(context.get(header)).split()) if header else ""


def _last(context: Mapping[str, Any], path: str) -> dt.date | None:
    """Return the latest date in a column of a worksheet, given as 支出.日期, or None."""
    sheet, column = path.split(".")
    return max((row[column] for row in context[sheet] if row.get(column)), default=None)


def _rows(value: Any) -> Any:
    """Return the template data of a worksheet: of one record, or of a list of rows."""
    return value.template_values() if isinstance(value, Record) else [row.template_values() for row in value]


def _followers(groups: Sequence[Sequence[Form]], index: int) -> list[Form]:
    """Return the forms of later groups whose documents are bound beside those of a group."""
    return [
        form
        for later in range(index + 1, len(groups))
        for form in groups[later]
        # The nearest group with the column wins.
        if _leads(groups[index], form) and not any(_leads(group, form) for group in groups[index + 1 : later])
    ]


def _leads(group: Sequence[Form], form: Form) -> bool:
    """Return True if a form's documents can be bound beside those of a group: its worksheet has the column `beside`."""
    first = group[0]
    if not form.beside or first.section != form.section or first.by or first.each in ("", form.each):
        return False
    headers = (each.alias for each in sheets()[first.each].fields().values())
    return form.beside in (values.template_name(header) for header in headers if header)


def _wanted(form: Form, row: Record) -> bool:
    """Return True if a form makes a document of a row: its columns have the values in `only`."""
    data = row.template_values()
    return all(data.get(header) in allowed for header, allowed in form.only.items())
