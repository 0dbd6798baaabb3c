"""The obvious pipeline: `python -m benchmarks.naive FOLDER OUT.pdf` (FOLDER holds the jobs and takes the files).

A fresh docxtpl for each document, photos as they are, one LibreOffice for each document with default settings, one
profile as on anybody's desk, and pypdf to append the lot. No page numbers, contents, checks.
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
from paperwork import values
from paperwork.word import FILTERS, Picture

JOBS = "jobs.pickle"


@dataclass(frozen=True)
class Job:
    """One document: the template's name and what it is filled with."""

    template: str
    context: Mapping[str, Any]


def final(value: object) -> object:
    """Print a value as our own filler does."""
    return value if isinstance(value, Markup | InlineImage) else escape(values.printed(value).replace("\n", "\a"))


def fill(job: Job, templates: Path, out: Path) -> Path:
    """Fill one template, read anew."""
    document = DocxTemplate(templates / f"{job.template}.docx")
    environment = Environment(autoescape=True, finalize=final)
    environment.filters.update(FILTERS)
    document.render(_bound(job.context, document), environment)
    set_close(document)
    document.save(out)
    return out


def set_close(document: DocxTemplate) -> None:
    """Pictures without the 3 mm that LibreOffice puts round them when nothing is said: then pages look like ours."""
    for picture in document.docx.element.body.iter(qn("wp:inline")):
        for side in "TBLR":
            picture.set(f"dist{side}", "0")


def _bound(value: Any, document: DocxTemplate) -> Any:
    match value:
        case Picture(path=path, width=width):
            return InlineImage(document, str(path), width=Mm(width))
        case dict():
            return {key: _bound(inner, document) for key, inner in value.items()}
        case list() | tuple():
            return [_bound(inner, document) for inner in value]
    return value


def print_each(files: Sequence[Path], out: Path, profile: Path) -> list[Path]:
    """One LibreOffice for each file."""
    for path in files:
        convert([path], out, profile)
    return [out / f"{path.stem}.pdf" for path in files]


def convert(files: Sequence[Path], out: Path, profile: Path) -> None:
    """Start LibreOffice over some files and wait for it."""
    command = ["soffice", "--headless", f"-env:UserInstallation={profile.as_uri()}", "--convert-to", "pdf"]
    quiet = subprocess.DEVNULL
    subprocess.run([*command, "--outdir", out, *files], check=True, stdout=quiet, stderr=quiet)


def main(folder: Path, out: Path) -> None:
    """Fill, print, append."""
    jobs: list[Job] = pickle.loads((folder / JOBS).read_bytes())
    made = folder / "naive"
    made.mkdir(exist_ok=True)
    names = [made / f"{number:03}.docx" for number in range(1, len(jobs) + 1)]
    files = [fill(job, folder / "templates" / "docx", name) for job, name in zip(jobs, names, strict=True)]
    append(print_each(files, made, folder / "profile"), out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
