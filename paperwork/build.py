"""One project's way from the inputs folder to a bound volume, on one screen.

Everything is made in a work folder; `outputs/<number>/` is replaced only when all of it worked.
"""

import datetime as dt
import json
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
    fill,
    fonts,
    front,
    media,
    office,
    origins,
    package,
    pdf,
    pieces,
    plan,
    proof,
    rules,
    values,
    verapdf,
)
from paperwork.check import Checked
from paperwork.faults import ExitCode, Fault, Stop
from paperwork.forms import Form, read_binding, read_forms
from paperwork.hand_over import Facts
from paperwork.model import Project
from paperwork.pdf import About
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
    archival: "Archival"
    """What was found when the volume was checked for PDF/A-2b."""


@dataclass(frozen=True)
class Archival:
    """Who checked whether the volume is PDF/A-2b, and what keeps it from being one."""

    checkers: tuple[str, ...]
    findings: tuple[str, ...] = ()


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
    assert project is not None
    _refuse_draft(checked, final)
    with _work_folder(outputs, number) as work:
        made = work / "made"
        (made / "word").mkdir(parents=True)

        progress.step("填写 Word 文档")
        rules_of_binding = read_binding(templates / "binding.toml")
        filler = fill.Filler(project, templates / "docx", work)
        documents = _documents(filler, checked, read_forms(templates / "forms.toml"), outputs)
        stems = plan.stems([document.title for document in documents])
        files = [made / "word" / f"{stem}.docx" for stem in stems]
        for document, path in zip(documents, files, strict=True):
            filler.write(document.form.template, document.context, path)

        env = fonts.environment(work)
        progress.step("打印成 PDF", len(files))
        printed = office.print_files(files, work / "pdf", env, jobs, lambda _: progress.advance())

        progress.step("编页、编目、对照要求")
        laid = plan.lay_out(_items(documents, files, printed))
        stand_ins = [f"{each.wanted}以{each.used}代" for each in fonts.stand_ins(env) if not each.genuine]
        context = front.context(checked, filler.base, laid, _remarks(laid, checked, stand_ins), rules_of_binding.code)
        own = {name: made / "word" / f"{bind.OWN[name]}-{name}.docx" for name in bind.pages_of(bool(checked.gaps))}
        for name, path in own.items():
            filler.write(name, context, path)
        printed = office.print_files(list(own.values()), work / "pdf", env, 1)

        progress.step("装订成卷")
        about = About(context["案卷题名"], project.basics.contractor, project.catalogue.name, project.made)
        sheets = {name: printed[path] for name, path in own.items()}
        type_ = bind.Type(fonts.file_of("宋体", env), fonts.faces(env))
        findings = bind.issue(laid, sheets, about, type_, made)

        progress.step("核对页号和 PDF/A")
        archival = _prove(made / bind.VOLUME, laid, findings)
        check.give_back(checked, checked.faults, made)
        facts = _facts(context, laid, project, stand_ins, templates)
        _write_manifest(made, checked, project, laid, facts, archival)
        progress.step("打成电子档案包")
        item_pdfs = _pieces(made / bind.VOLUME, laid, type_.faces, work / "pieces")
        package.write(made, checked, project, laid, item_pdfs, facts)
        _move(made, outputs / str(number))
    return Archive(
        outputs / str(number), about.title, checked.state, len(laid.entries), laid.pages, checked.faults, archival
    )


def _refuse_draft(checked: Checked, final: bool) -> None:
    """Raise `Stop` where a final volume is wanted while anything is missing or not due yet."""
    if final and checked.state == check.DRAFT:
        waiting = f"，{checked.later} 项要求还没有到期" if checked.later else ""
        wrong, mend = f"还缺 {len(checked.gaps)} 项材料{waiting}，不能出定稿", "请补齐上面所列的缺件"
        raise Stop(ExitCode.REFUSED, wrong, mend, faults=checked.faults)


def _documents(filler: fill.Filler, checked: Checked, forms: Sequence[Form], outputs: Path) -> list[fill.Document]:
    """The documents to be made; files that cannot be opened join the other faults, and go back marked."""
    filler.check(forms, bind.OWN)
    documents = filler.documents(forms)
    if filler.faults:
        faults = rules.in_order([*checked.faults, *filler.faults])
        check.give_back(checked, faults, outputs / str(checked.number))
        check.refuse_errors(checked, faults)
    return documents


def _prove(volume: Path, laid: plan.Plan, findings: Sequence[str]) -> Archival:
    """Read the volume back, and ask veraPDF, where there is one, whether it finds more than who wrote it (`findings`).

    Raises `Stop` when a page is not where the contents say.
    """
    wrong = list(proof.disagreements(volume, [(each.item.title, each.start) for each in laid.entries]))
    if wrong:
        told = "；".join(wrong[:5])
        raise Stop(ExitCode.FAILED, f"装订后核对页号，发现不一致：{told}", "请把这段话告诉开发者")
    reasons = verapdf.judge(volume)
    if reasons is None:
        return Archival(("pikepdf",), tuple(findings))
    return Archival(("pikepdf", verapdf.NAME), (*findings, *(f"{verapdf.NAME} {reason}" for reason in reasons)))


@contextmanager
def _work_folder(outputs: Path, number: int) -> Iterator[Path]:
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{number}-", dir=outputs) as work:
        yield Path(work)


def _items(documents: Sequence[fill.Document], files: Sequence[Path], printed: dict[Path, Path]) -> Iterator[plan.Item]:
    for number, (document, path) in enumerate(zip(documents, files, strict=True), 1):
        parts = (printed[path], *document.scans)
        yield plan.Item(
            number=number,
            title=document.title,
            section=document.form.section,
            form=document.form.template,
            responsible=document.responsible,
            date=document.date,
            stem=path.stem,
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
        templates=_digests(templates, "*.toml", "docx/*.docx"),
        shown=origins.shown(project, laid),
    )


def _pieces(volume: Path, laid: plan.Plan, faces: Fonts, folder: Path) -> dict[int, Path]:
    """Each item as a PDF of its own, by its number: the volume's own pages."""
    folder.mkdir()
    outs = {entry.item.number: folder / f"{entry.item.number:03}.pdf" for entry in laid.entries}
    spans = [(entry.start, entry.end) for entry in laid.entries]
    pieces.extract(volume, spans, [entry.item.title for entry in laid.entries], list(outs.values()), faces)
    return outs


def _digests(folder: Path, *patterns: str) -> dict[str, str]:
    """Digests by name, but for what an open editor leaves beside a file."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if not path.name.startswith((".", "~$"))}
    return {path.relative_to(folder).as_posix(): media.digest(path) for path in sorted(found)}


def _write_manifest(
    made: Path, checked: Checked, project: Project, laid: plan.Plan, facts: Facts, archival: Archival
) -> None:
    data: dict[str, Any] = {
        "project": project.basics.number,
        "name": project.name,
        **check.verdict(checked, laid),
        "date": project.made.isoformat(),
        "pages": laid.pages,
        "items": [
            {
                "no": entry.item.number,
                "title": entry.item.title,
                "section": entry.item.section,
                "form": entry.item.form,
                "file": f"word/{entry.item.stem}.docx",
                "date": entry.item.date.isoformat() if entry.item.date else "",
                "responsible": entry.item.responsible,
                "start": entry.start,
                "pages": entry.item.pages,
            }
            for entry in laid.entries
        ],
        "pdfa": {
            "flavour": "2b",
            "passed": not archival.findings,
            "findings": list(archival.findings),
            "checkers": list(archival.checkers),
        },
        "fonts": list(facts.stand_ins),
        "tools": dict(facts.tools),
        "digests": {
            path.relative_to(made).as_posix(): media.digest(path)
            for path in sorted(made.rglob("*"))
            if path.is_file() and path.parent.name != check.MARKED  # made anew by every check
        },
    }
    (made / "manifest.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _move(made: Path, target: Path) -> None:
    """Put the finished archive in its place; the old one is kept until the new one stands there."""
    old = made.parent / "old"
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(made, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
