"""One project's way from the inputs folder to a bound volume, on one screen.

Everything is made in a work folder; `outputs/<number>/` is replaced only when all of it worked.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from paperwork import (
    bind,
    fill,
    fonts,
    front,
    media,
    office,
    pdf,
    plan,
    proof,
    read,
    rules,
    survey,
)
from paperwork.faults import ExitCode, Fault, Level, Stop, errors
from paperwork.forms import read_forms
from paperwork.model import Project
from paperwork.pdf import About

VOLUME = "项目档案.pdf"
COMPLETE, DRAFT = "齐备", "待补稿"


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


def check(number: int, inputs: Path) -> tuple[Project, list[Fault]]:
    """Read a project and apply the rules. Raises `Stop` with all faults when a datum cannot be used."""
    project, faults = read.read_project(survey.inputs(inputs), number)
    if project is not None:
        faults += rules.check(project)
    faults.sort(key=rules.order)
    if project is None or errors(faults):
        count = len(errors(faults))
        raise Stop(ExitCode.FAULTY, f"表格里有 {count} 处错误", "请按上面的提示改正工作簿，保存后再来", faults=faults)
    return project, faults


def archive(
    number: int, inputs: Path, outputs: Path, templates: Path, progress: Progress, final: bool = False, jobs: int = 2
) -> Archive:
    """Make the archive of one project. Raises `Stop`; the archive that was there before then stays as it is."""
    progress.step("读取并校验表格")
    project, faults = check(number, inputs)
    gaps = [fault for fault in faults if fault.level is Level.GAP]
    state = DRAFT if gaps else COMPLETE
    if final and gaps:
        raise Stop(ExitCode.REFUSED, f"还缺 {len(gaps)} 项材料，不能出定稿", "请补齐上面所列的缺件", faults=faults)
    with _work_folder(outputs, number) as work:
        made = work / "made"
        (made / "word").mkdir(parents=True)

        progress.step("填写 Word 文档")
        filler = fill.Filler(project, templates / "docx", work)
        forms = read_forms(templates / "forms.toml")
        filler.check(forms, list(_OWN))
        documents = filler.documents(forms)
        if filler.faults:
            raise Stop(ExitCode.FAULTY, "有文件打不开", "请按上面的提示更换", faults=[*faults, *filler.faults])
        stems = plan.stems([document.title for document in documents])
        files = [made / "word" / f"{stem}.docx" for stem in stems]
        for document, path in zip(documents, files, strict=True):
            filler.write(document.form.template, document.context, path)

        env = fonts.environment(work)
        progress.step("打印成 PDF", len(files))
        printed = office.print_files(files, work / "pdf", env, jobs, lambda _: progress.advance())

        progress.step("编页、编目")
        laid = plan.lay_out(_items(documents, files, printed))
        stand_ins = [f"{each.wanted}以{each.used}代" for each in fonts.stand_ins(env) if not each.genuine]
        remarks = _remarks(laid, gaps, stand_ins)
        context = front.context(project, filler.base, laid, remarks, DRAFT if gaps else "")
        own = {name: made / "word" / f"{place}-{name}.docx" for name, place in _OWN.items()}
        for name, path in own.items():
            filler.write(name, context, path)
        printed = office.print_files(list(own.values()), work / "pdf", env, 1)

        progress.step("装订成卷")
        about = About(context["案卷题名"], project.basics.contractor, project.catalogue.name, project.made)
        number_font = fonts.file_of("宋体", env)
        bind.volume(laid, {name: printed[path] for name, path in own.items()}, about, number_font, made / VOLUME)

        progress.step("核对页号")
        wrong = list(proof.disagreements(made / VOLUME, [(each.item.title, each.start) for each in laid.entries]))
        if wrong:
            raise Stop(ExitCode.FAILED, "装订后核对页号，发现不一致：" + "；".join(wrong[:5]), "请把这段话告诉开发者")
        _write_manifest(made, project, laid, faults, stand_ins)
        _move(made, outputs / str(number))
    return Archive(outputs / str(number), about.title, state, len(laid.entries), laid.pages, tuple(faults))


_OWN = {bind.COVER: "000", bind.CONTENTS: "000", bind.RECORD: "999"}


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
        )


def _remarks(laid: plan.Plan, gaps: Sequence[Fault], stand_ins: Sequence[str]) -> list[str]:
    """What 备考表 says of the volume's state."""
    lines = [f"本卷由工作簿数据自动编制，共 {len(laid.entries)} 件 {laid.pages} 页，页号连续。"]
    if gaps:
        lines.append(f"待补材料 {len(gaps)} 项：" + "；".join(gap.wrong for gap in gaps) + "。")
    else:
        lines.append("材料齐备，无缺损。")
    if stand_ins:
        lines.append("打印所用字体：" + "，".join(stand_ins) + "。")
    return lines


def _write_manifest(
    made: Path, project: Project, laid: plan.Plan, faults: Sequence[Fault], stand_ins: Sequence[str]
) -> None:
    data: dict[str, Any] = {
        "project": project.basics.number,
        "name": project.name,
        **verdict(faults),
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
        "fonts": list(stand_ins),
        "tools": {"paperwork": version("paperwork"), "LibreOffice": office.version()},
        "digests": {
            path.relative_to(made).as_posix(): media.digest(path) for path in sorted(made.rglob("*")) if path.is_file()
        },
    }
    (made / "manifest.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def verdict(faults: Sequence[Fault]) -> dict[str, Any]:
    """State and faults for machines, as in the manifest."""
    gaps = any(fault.level is Level.GAP for fault in faults)
    return {"state": DRAFT if gaps else COMPLETE, "faults": [told(fault) for fault in faults]}


def told(fault: Fault) -> dict[str, str]:
    """A fault for machines."""
    where = fault.where
    return {
        "level": str(fault.level),
        "file": where.file,
        "sheet": where.sheet,
        "cell": where.cell,
        "found": fault.found,
        "wrong": fault.wrong,
        "mend": fault.mend,
    }


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
