"""One project's way from the inputs folder to a bound volume, on one screen.

Everything is made in a work folder; `outputs/<number>/` is replaced only when all of it worked.
"""

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from paperwork import (
    bind,
    check,
    edition,
    fill,
    fonts,
    front,
    manifest,
    office,
    origins,
    package,
    pdf,
    pieces,
    plan,
    proof,
    rules,
    turn,
    values,
    verapdf,
)
from paperwork.check import Checked
from paperwork.context import PAPER_OWN
from paperwork.duplex import Printed
from paperwork.faults import ExitCode, Fault, Stop
from paperwork.forms import Form, read_binding, read_forms
from paperwork.hand_over import Facts
from paperwork.leaf import About
from paperwork.model import Project
from paperwork.press import Press
from paperwork.sharing import Fonts


class Progress(Protocol):
    """Whoever watches a build: told each step, and each document done of all."""

    def step(self, name: str, total: int = 0) -> None:
        """A step begins."""

    def advance(self) -> None:
        """One more document of the step is done."""


@dataclass(frozen=True)
class Archive:
    """What was made."""

    folder: Path
    title: str
    state: str
    items: int
    pages: int
    faults: tuple[Fault, ...]
    books: tuple[Printed, ...]
    """The 册 of the paper edition."""
    stand_ins: tuple[str, ...]
    """Which faces stood in for which."""
    archival: manifest.Archival


@turn.alone
def archive(
    number: int,
    inputs: Path,
    outputs: Path,
    templates: Path,
    progress: Progress,
    as_of: dt.date,
    final: bool = False,
    jobs: int = 2,
) -> Archive:
    """Make the archive of one project. Raises `Stop`; the archive that was there before then stays as it is."""
    progress.step("读取并校验表格")
    checked = check.check(number, inputs, outputs, as_of)
    project = checked.project
    _refuse_draft(checked, final)
    with _work_folder(outputs, number) as work:
        made = work / "made"
        progress.step("填写并打印 Word 文档")
        binding = read_binding(templates / "binding.toml")
        env = fonts.environment(work)
        filler = fill.Filler(project, templates / "docx", work, env)
        documents = _documents(filler, checked, read_forms(templates / "forms.toml"), outputs)
        type_ = bind.Type(fonts.file_of("宋体", env), fonts.faces(env))
        press = Press(filler, env, work / "pdf", jobs, type_)
        laid = plan.lay_out(_items(documents, press, made / "word", progress))

        progress.step("编页、编目、对照要求")
        stand_ins = [f"{each.wanted}以{each.used}代" for each in fonts.stand_ins(env) if not each.genuine]
        remarks = _remarks(laid, checked, stand_ins)

        def context_of(part: plan.Plan, book: int, books: int) -> dict[str, Any]:
            return front.context(checked, filler.base, part, remarks, binding.code, (book, books), laid)

        context = context_of(laid, 1, 1)
        sheets = _own_pages(press, context, made / "word", bool(checked.gaps))

        progress.step("装订成卷")
        about = About(context["案卷题名"], project.basics.contractor, project.catalogue.name, project.made)
        archival = _judged(made / bind.VOLUME, bind.issue(laid, sheets, about, type_, made))
        _prove(made / bind.VOLUME, laid)

        progress.step("排打印版")
        paper = edition.Paper(binding, about, project.basics, made, work / "paper")
        books, misprints = edition.write(paper, press, laid, sheets, context_of)
        _agree(misprints)

        progress.step("打成电子档案包")
        check.give_back(checked, checked.faults, made)
        facts = _facts(context, laid, project, stand_ins, templates)
        manifest.write(made, checked, project, laid, facts, archival, books)
        package.write(made, checked, project, laid, _pieces(made / bind.VOLUME, laid, type_.faces, work), facts)
        _move(made, outputs / str(number))
    folder, kept = outputs / str(number), (len(laid.entries), laid.pages)
    return Archive(folder, about.title, checked.state, *kept, checked.faults, tuple(books), tuple(stand_ins), archival)


def _own_pages(press: Press, context: Mapping[str, Any], folder: Path, draft: bool) -> dict[str, Path]:
    """Print the volume's own pages, which tell where the others stand."""
    own = {name: folder / f"{bind.OWN[name]}-{name}.docx" for name in bind.pages_of(draft)}
    printed = press.pages([(name, path, context) for name, path in own.items()])
    return dict(zip(own, printed, strict=True))


def _refuse_draft(checked: Checked, final: bool) -> None:
    """Raise `Stop` where a final volume is wanted while anything is missing or not due yet."""
    if final and checked.state == check.DRAFT:
        waiting = f"，{checked.later} 项要求还没有到期" if checked.later else ""
        wrong, mend = f"还缺 {len(checked.gaps)} 项材料{waiting}，不能出定稿", "请补齐上面所列的缺件"
        raise Stop(ExitCode.REFUSED, wrong, mend, faults=checked.faults)


def _documents(filler: fill.Filler, checked: Checked, forms: Sequence[Form], outputs: Path) -> list[fill.Document]:
    """The documents to be made; files that cannot be opened join the other faults, and go back marked."""
    filler.check(forms, (*bind.OWN, *PAPER_OWN))
    documents = filler.documents(forms)
    if filler.faults:
        faults = rules.in_order([*checked.faults, *filler.faults])
        check.give_back(checked, faults, outputs / str(checked.number))
        check.refuse_errors(checked, faults)
    return documents


def _judged(volume: Path, findings: Sequence[str]) -> manifest.Archival:
    """Ask veraPDF, where there is one, whether it finds more than who wrote the volume (`findings`)."""
    reasons = verapdf.judge(volume)
    if reasons is None:
        return manifest.Archival(("pikepdf",), tuple(findings))
    return manifest.Archival(("pikepdf", verapdf.NAME), (*findings, *(f"{verapdf.NAME} {each}" for each in reasons)))


def _prove(volume: Path, laid: plan.Plan) -> None:
    """Read the volume back. Raises `Stop` when a page is not where the contents say."""
    _agree(list(proof.disagreements(volume, [(each.item.title, each.start) for each in laid.entries])))


def _agree(wrong: Sequence[str]) -> None:
    if wrong:
        told = "；".join(wrong[:5])
        raise Stop(ExitCode.FAILED, f"装订后核对页号，发现不一致：{told}", "请把这段话告诉开发者")


@contextmanager
def _work_folder(outputs: Path, number: int) -> Iterator[Path]:
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{number}-", dir=outputs) as work:
        yield Path(work)


def _items(documents: Sequence[fill.Document], press: Press, folder: Path, progress: Progress) -> Iterator[plan.Item]:
    """Print the documents; each with the outside PDFs behind it is an item."""
    stems = plan.stems([document.title for document in documents])
    progress.step("打印成 PDF", len(stems))
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
        tools={"paperwork": version("paperwork"), "LibreOffice": office.version()},
        templates=manifest.digests(templates, [*templates.glob("*.toml"), *templates.glob("docx/*.docx")]),
        shown=origins.shown(project, laid),
    )


def _pieces(volume: Path, laid: plan.Plan, faces: Fonts, work: Path) -> dict[int, Path]:
    """Each item as a PDF of its own, by its number: the volume's own pages."""
    folder = work / "pieces"
    folder.mkdir()
    outs = {entry.item.number: folder / f"{entry.item.number:03}.pdf" for entry in laid.entries}
    spans = [(entry.start, entry.end) for entry in laid.entries]
    pieces.extract(volume, spans, [entry.item.title for entry in laid.entries], list(outs.values()), faces)
    return outs


def _move(made: Path, target: Path) -> None:
    """Put the finished archive in its place; the old one is kept until the new one stands there."""
    old = made.parent / turn.OLD
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(made, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
