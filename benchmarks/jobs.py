"""Write the input of every contender, once and not timed: `python -m benchmarks.jobs FOLDER ACTIVITIES`.

FOLDER receives the project's `inputs` and `templates`, and jobs for each contender. A job is a template's name and the
data that our own forms see. Photos are the original files in `inputs`, at the width at which we print them.
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
from paperwork.core.cache import Cache
from paperwork.documents import exhibits, fill
from paperwork.documents.declarations import read_forms
from paperwork.formats.office import fonts
from paperwork.formats.office.word import Picture
from paperwork.project import input_folder, workbook
from paperwork.project.model import Project
from tests import make

ENVIRONMENT = "fonts.json"


def make_filler(folder: Path, number: int = 1) -> tuple[fill.Filler, list[fill.Document]]:
    """Return our own filler for the project in `folder`, and its documents; photos are resized anew."""
    project, faults = workbook.read_project(input_folder.scan_inputs(folder / "inputs"), number)
    if project is None:
        raise SystemExit(f"the project cannot be read: {faults[:1]}")
    cache, cores = Cache(folder / "store", fresh=True), os.cpu_count() or 2
    made = fill.prepare(project, folder / "templates" / "docx", folder / "own", fonts.environment(folder), cache, cores)
    return made, made.documents(read_forms(folder / "templates" / "forms.toml"))[0]


def jobs(folder: Path) -> list[Job]:
    """Return the documents of the project, with the original photos."""
    made, documents = make_filler(folder)
    return [Job(each.form.template, _with_originals(each.context, made.project)) for each in documents]


def _with_originals(context: Mapping[str, Any], project: Project) -> Mapping[str, Any]:
    """Replace the resized photos in a form's data by the original files."""
    report = [path for _, path in exhibits.select_report_photos(project)]
    brief = project.photos.get(context.get("活动编号", ""), ())
    originals = {"精选照片行": iter(report), "照片行": iter(brief)}
    return {name: _replaced(value, originals[name]) if name in originals else value for name, value in context.items()}


def _replaced(value: Any, originals: Iterator[Path]) -> Any:
    """Replace each picture in a value by the next original, in order."""
    match value:
        case Picture():
            return replace(value, path=next(originals))
        case Mapping():
            return {key: _replaced(inner, originals) for key, inner in value.items()}
        case list() | tuple():
            return [_replaced(inner, originals) for inner in value]
    return value


def write(folder: Path) -> Sequence[Job]:
    """Write the jobs for each contender: pickled contexts, and templates in other languages with JSON data."""
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
    """Write the project and the jobs; print the number of documents."""
    project.write(folder, activities=activities)
    make.forms(folder, project.FORMS)
    print(len(write(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
