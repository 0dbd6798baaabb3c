"""What every maker of documents is given, written once and not timed: `python -m benchmarks.jobs FOLDER ACTIVITIES`.

FOLDER takes the project's `inputs` and `templates` and the jobs of each maker. Each document becomes a template's name
and the data that our own forms see; photos are the files as they lie in `inputs`, as wide as we print them.
"""

import json
import os
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import marking, project
from benchmarks.naive import JOBS, Job
from paperwork import exhibits, fill, fonts, read, survey
from paperwork.forms import read_forms
from paperwork.model import Project
from paperwork.store import Store
from paperwork.word import Picture
from tests import make

ENVIRONMENT = "fonts.json"


def filler(folder: Path, number: int = 1) -> tuple[fill.Filler, list[fill.Document]]:
    """Our own filler over the project in `folder`, and its documents; photos are sized anew."""
    project, faults = read.read_project(survey.inputs(folder / "inputs"), number)
    if project is None:
        raise SystemExit(f"the project cannot be read: {faults[:1]}")
    kept, cores = Store(folder / "store", fresh=True), os.cpu_count() or 2
    made = fill.Filler(project, folder / "templates" / "docx", folder / "own", fonts.environment(folder), kept, cores)
    return made, made.documents(read_forms(folder / "templates" / "forms.toml"))


def jobs(folder: Path) -> list[Job]:
    """The documents, their photos as they lie in the project's folder."""
    made, documents = filler(folder)
    return [Job(each.form.template, _with_originals(each.context, made.project)) for each in documents]


def _with_originals(context: Mapping[str, Any], project: Project) -> Mapping[str, Any]:
    report = [path for _, path in exhibits.chosen_for_the_report(project)]
    brief = project.photos.get(context.get("活动编号", ""), ())
    taken = {"精选照片行": iter(report), "照片行": iter(brief)}
    return {name: _replaced(value, taken[name]) if name in taken else value for name, value in context.items()}


def _replaced(value: Any, originals: Iterator[Path]) -> Any:
    match value:
        case Picture():
            return replace(value, path=next(originals))
        case Mapping():
            return {key: _replaced(inner, originals) for key, inner in value.items()}
        case list() | tuple():
            return [_replaced(inner, originals) for inner in value]
    return value


def write(folder: Path) -> Sequence[Job]:
    """Write the jobs for each maker: contexts as they are, and marked templates with JSON beside them."""
    (folder / ENVIRONMENT).write_text(json.dumps(fonts.environment(folder)), "utf-8")
    made = jobs(folder)
    (folder / JOBS).write_bytes(pickle.dumps(made))
    for name, syntax in marking.SYNTAXES.items():
        target = folder / name
        target.mkdir()
        listed = []
        for number, job in enumerate(made, 1):
            source, marked = folder / "templates" / "docx" / f"{job.template}.docx", target / f"{number:03}.docx"
            data = marking.mark(source, job.context, syntax, marked)
            listed.append({"template": str(marked), "data": data})
        (target / "jobs.json").write_text(json.dumps(listed, ensure_ascii=False), "utf-8")
    return made


def main(folder: Path, activities: int) -> None:
    """Write the project and the jobs; say how many documents there are."""
    project.write(folder, activities=activities)
    make.forms(folder, project.FORMS)
    print(len(write(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
