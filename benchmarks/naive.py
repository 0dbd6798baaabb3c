"""Run the obvious pipeline: `python -m benchmarks.naive FOLDER OUT.pdf`; FOLDER holds the jobs and gets the files.

A fresh docxtpl for each document, original photos, one LibreOffice for each document with default settings and the
user's single profile, and pypdf to concatenate. No page numbers, no contents, no checks.
"""

import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import Environment
from markupsafe import Markup, escape

from benchmarks.append import append
from paperwork.core import values
from paperwork.formats.office.word import FILTERS, Picture

JOBS = "jobs.pickle"


@dataclass(frozen=True)
class Job:
    """Document to make: name and data of its template."""

    template: str
    context: Mapping[str, Any]


def finalize(value: object) -> object:
    """Print a value as our own filler does."""
    return value if isinstance(value, Markup | InlineImage) else escape(values.format_value(value).replace("\n", "\a"))


def fill(job: Job, templates: Path, out: Path) -> Path:
    """Fill one template, loaded anew."""
    document = DocxTemplate(templates / f"{job.template}.docx")
    environment = Environment(autoescape=True, finalize=finalize)
    environment.filters.update(FILTERS)
    document.render(_with_images(job.context, document), environment)
    remove_margins(document)
    document.save(out)
    return out


def remove_margins(document: DocxTemplate) -> None:
    """Remove the 3 mm that LibreOffice puts around pictures by default, so that the pages look like ours."""
    for picture in document.docx.element.body.iter(qn("wp:inline")):
        for side in "TBLR":
            picture.set(f"dist{side}", "0")


def _with_images(value: Any, document: DocxTemplate) -> Any:
    """Replace pictures in a value by docxtpl images."""
    match value:
        case Picture(path=path, width=width):
            return InlineImage(document, str(path), width=Mm(width))
        case dict():
            return {key: _with_images(inner, document) for key, inner in value.items()}
        case list() | tuple():
            return [_with_images(inner, document) for inner in value]
    return value


def print_each(files: Sequence[Path], out: Path, profile: Path) -> list[Path]:
    """Convert each file in a LibreOffice of its own."""
    for path in files:
        convert([path], out, profile)
    return [out / f"{path.stem}.pdf" for path in files]


def convert(files: Sequence[Path], out: Path, profile: Path) -> None:
    """Start LibreOffice for some files and wait for it."""
    command = ["soffice", "--headless", f"-env:UserInstallation={profile.as_uri()}", "--convert-to", "pdf"]
    quiet = subprocess.DEVNULL
    subprocess.run([*command, "--outdir", out, *files], check=True, stdout=quiet, stderr=quiet)


def main(folder: Path, out: Path) -> None:
    """Fill, print and concatenate."""
    jobs: list[Job] = pickle.loads((folder / JOBS).read_bytes())
    made = folder / "naive"
    made.mkdir(exist_ok=True)
    names = [made / f"{number:03}.docx" for number in range(1, len(jobs) + 1)]
    files = [fill(job, folder / "templates" / "docx", name) for job, name in zip(jobs, names, strict=True)]
    append(print_each(files, made, folder / "profile"), out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
