"""The good project changed by one thing that real files hold. Each folder of tests/data/cases is one such change."""

import shutil
from pathlib import Path
from typing import NamedTuple

from tests.make import ROOT, make

CASES = Path(__file__).resolve().parent / "data" / "cases"


class Case(NamedTuple):
    """The folders of a laid-out case."""

    inputs: Path
    templates: Path


def lay(folder: Path, name: str) -> Case:
    """Write the good project, a photo and a film for each activity and all, with the files of a case over it.

    A file of the case takes the place of one with the same name but another extension.
    """
    inputs, templates = make(folder), folder / "templates"
    shutil.copytree(ROOT / "templates", templates)
    for path in sorted((CASES / name).rglob("*")):
        if path.is_file():
            inside = path.relative_to(CASES / name)
            target = folder / inside if inside.parts[0] == "templates" else inputs / inside
            for same in target.parent.glob(f"{target.stem}.*"):
                same.unlink()
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return Case(inputs, templates)
