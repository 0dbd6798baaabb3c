"""A project and the declared forms → filled Word documents, in the order of the volume.

Each form sees the project's data under their Chinese names; a form made for each row sees that row's columns on top.
"""

import datetime as dt
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from paperwork import attach, figures, media, pack, store, values, word
from paperwork.attach import Attached
from paperwork.context import ActivityFigures, AttachmentFigures, General, SupervisionFigures, known_fields
from paperwork.exhibits import Exhibits
from paperwork.faults import ExitCode, Fault, Level, Stop, Where
from paperwork.forms import Form, words
from paperwork.model import Activity, Attachment, Progress, Project, Supervision, sheets
from paperwork.plan import NOWHERE
from paperwork.record import Record
from paperwork.store import Store
from paperwork.values import Quarter
from paperwork.word import Picture, Template

MAKER = pack.digest(__file__, word.__file__, values.__file__, pack.__file__)
"""Which version of these modules looks templates through and fills them."""
SAMPLE_MARK = "示例数据（虚构），仅供演示"


@dataclass(frozen=True)
class Document:
    """A document still to be printed: what the contents will say of it, its Word file, outside PDFs behind it."""

    form: Form
    title: str
    responsible: str
    date: dt.date | None
    context: Mapping[str, Any]
    scans: tuple[Path, ...]
    place: Where
    notes: tuple[str, ...] = ()
    """What was done to the outside PDFs, and what a reader should know of them."""


class Filler:
    """Fills the forms of one project; working copies of photos and scans go to `work`; `env` is LibreOffice's.

    Copies that have been made before come from the store `kept`; new ones are made on `jobs` cores.
    """

    def __init__(
        self, project: Project, templates: Path, work: Path, env: Mapping[str, str], kept: Store, jobs: int
    ) -> None:
        self.project = project
        self.templates = templates
        self.work = work
        self.env = env
        self.kept = kept
        self.faults: list[Fault] = []
        self.scanned = 0
        self._templates: dict[str, Template | None] = {}
        self.exhibits = Exhibits(project, work, self.faults, kept, jobs)
        for folder in ("scans", "word"):
            (work / folder).mkdir(parents=True, exist_ok=True)
        self.base = self._base()

    # ---- which documents there are

    def documents(self, forms: Sequence[Form]) -> list[Document]:
        """List the documents in the volume's order; neighbouring forms for the same sheet take turns row by row."""
        made = []
        for (_, each), group in groupby(forms, lambda form: form.headline):
            together = list(group)
            if not each or together[0].by:
                made += [document for form in together for document in self._grouped(form)]
                continue
            for row in getattr(self.project, _field(each)):
                made += self._for_row([form for form in together if _wanted(form, row)], row)
        return made

    def _grouped(self, form: Form) -> Iterator[Document]:
        """Documents for the project, or for each distinct value of a column."""
        if not form.by:
            yield from self._document(form, self.base, ())
            return
        rows = self.base[form.each]
        for value in dict.fromkeys(row[form.by] for row in rows):
            own = [row for row in rows if row[form.by] == value]
            context = {**self.base, form.by: value, form.each: own, "人数": len(own)}
            yield from self._document(form, context, (), Where("", form.each, str(value)))

    def _for_row(self, forms: Sequence[Form], row: Record) -> Iterator[Document]:
        """The documents of one row; its photos, videos and scans are prepared once for all of them."""
        scans = {form.scan: self._scan(row, form.scan) for form in forms if form.scan}
        if not forms or None in scans.values():
            return
        attached = tuple(scan for scan in scans.values() if scan)
        context = {**self.base, **row.tags(), **self._extras(row, attached).tags()}
        for form in forms:
            yield from self._document(form, context, attached if form.scan else (), row.place)

    def _document(
        self, form: Form, context: Mapping[str, Any], attached: Sequence[Attached], place: Where = NOWHERE
    ) -> Iterator[Document]:
        needed = context.get(form.needs) if form.needs else True
        if isinstance(needed, Mapping):
            needed = any(value not in (None, "") for value in needed.values())
        if not needed:
            return
        responsible = context.get(form.responsible, form.responsible) or self.project.basics.contractor
        date = _last(context, form.date) if "." in form.date else context.get(form.date) if form.date else None
        title = words(form.title, context)
        scans, notes = tuple(each.pdf for each in attached), tuple(note for each in attached for note in each.notes)
        yield Document(form, title, str(responsible), date, context, scans, place, notes)

    # ---- what they see

    def _base(self) -> dict[str, Any]:
        project = self.project
        context: dict[str, Any] = {}
        for part in (project.closing, project.application, project.basics, project.catalogue):
            context |= part.tags()
        context |= {title: _rows(getattr(project, _field(title))) for title in sheets()}
        span = project.catalogue.span
        general = General(
            name=project.name,
            start=span.start,
            end=span.end,
            sample=SAMPLE_MARK if project.basics.sample else "",
            photos=self.exhibits.selection(),
        )
        return {**context, **figures.figures(project).tags(), **general.tags()}

    def _extras(self, row: Record, attached: Sequence[Attached]) -> Record:
        match row:
            case Activity():
                days = values.chinese_days(row.start, row.last_day)
                photos, videos = self.exhibits.brief_photos(row), self.exhibits.videos(row)
                return ActivityFigures(days=days, end=row.last_day, photos=photos, videos=videos)
            case Supervision():
                return SupervisionFigures(quarter=Quarter.of(row.date))
            case Progress():
                return figures.quarter_figures(self.project, row)
            case Attachment():
                notes = "；".join(note for each in attached for note in each.notes)
                return AttachmentFigures(pages=sum(each.pages for each in attached), notes=notes)
        return Record()

    def _scan(self, row: Record, header: str) -> Attached | None:
        """The outside document a row names, ready to bind; a fault at the row's cell when it cannot be opened.

        One that is not there is no fault here: it is missing, and a rule has said so.
        """
        name = str(row.tags()[header])
        path = self.project.file_of(name)
        if path is None:
            return None
        self.scanned += 1
        try:
            return attach.ready(path, self.work / "scans", f"{self.scanned:04}", self.env)
        except ValueError as reason:
            wrong, _, mend = str(reason).rpartition("，请")
            self.faults.append(Fault(Level.ERROR, row.where(header), wrong, f"请{mend}", name))
            return None

    # ---- from context to Word

    def check(self, forms: Sequence[Form], own: Iterable[str]) -> None:
        """Raise `Stop` with all faults of all templates: missing ones, unreadable tags, tags that name no field.

        `own` names the templates of the volume's own pages.
        """
        wanted = [*((form.template, form) for form in forms), *((name, None) for name in own)]
        checked = [(name, self.template(name), known_fields(self.base, form)) for name, form in wanted]
        told = [f"{name} {sorted(known)}" for name, _, known in checked]
        contents = [template.content if template else b"" for _, template, _ in checked]
        # Kept is only that they are sound: an empty file.
        key = store.key("模板", MAKER, *told, *contents)
        self.kept.obtain(key, self.work / "sound", partial(_look_through, checked))

    def template(self, name: str) -> Template | None:
        """A template by name, read once; None when it is missing."""
        if name not in self._templates:
            path = self.templates / f"{name}.docx"
            self._templates[name] = Template(path) if path.is_file() else None
        return self._templates[name]

    def write(self, name: str, context: Mapping[str, Any], out: Path) -> None:
        """Fill one template, or take what was made of it from the same values before.

        Raises `Stop` when it does not work out.
        """
        template = self.template(name)
        if template is None:
            return
        told = [f"{each} {_told(context[each])}" for each in sorted(template.shows(context))]
        key, filled = store.key("文", MAKER, template.content, str(self.project.made), *told), self.work / "filled"
        self.kept.obtain(key, filled, partial(_render, template, context, self.project.made))
        shutil.copyfile(filled, out)  # people will edit it; what is kept must stay as it is


def _look_through(checked: Sequence[tuple[str, Template | None, set[str]]], sound: Path) -> None:
    """Raise `Stop` with all faults of the templates (name, template, known fields); without any, touch `sound`."""
    faults: list[Fault] = []
    for name, template, known in checked:
        if template is None:
            where = Where(f"templates/docx/{name}.docx")
            faults.append(Fault(Level.ERROR, where, "没有这个模板", "请补上，或从 templates/forms.toml 里删去这一项"))
        else:
            faults += template.check(known)
    _refuse(dict.fromkeys(faults))
    sound.touch()


def _render(template: Template, context: Mapping[str, Any], made: dt.date, out: Path) -> None:
    fault = template.render(context, out, made)
    _refuse([fault] if fault else [])


def _refuse(faults: Collection[Fault]) -> None:
    if faults:
        raise Stop(ExitCode.FAULTY, "模板有错，没有生成档案", "请按上面的提示改正模板", faults=faults)


def _told(value: Any) -> str:
    """A value in words that differ where its look in a document differs."""
    match value:
        case Picture(path=path, width=width):
            return f"{media.digest(path)} {width}"
        case Mapping():
            return "{" + ",".join(f"{key}:{_told(inner)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_told, value)) + "]"
    return repr(value)


def _last(context: Mapping[str, Any], path: str) -> dt.date | None:
    """The latest date in a column of a sheet: 支出.日期."""
    sheet, column = path.split(".")
    return max((row[column] for row in context[sheet] if row.get(column)), default=None)


def _field(title: str) -> str:
    return next(name for name, each in Project.fields().items() if each.alias == title)


def _rows(value: Any) -> Any:
    return value.tags() if isinstance(value, Record) else [row.tags() for row in value]


def _wanted(form: Form, row: Record) -> bool:
    data = row.tags()
    return all(data.get(header) in allowed for header, allowed in form.only.items())
