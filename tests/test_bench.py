"""The benchmarks give everybody the same documents; seen in small, without LibreOffice and Node."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from benchmarks import clock, jobs, naive, project, tables
from tests import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The jobs of a project of one activity."""
    made = tmp_path_factory.mktemp("bench")
    project.write(made, activities=1, photos=3)
    make.forms(made, project.FORMS)
    assert len(jobs.write(made)) == 7
    return made


def words(path: Path) -> list[str]:
    """The texts of a Word file, one for each run."""
    return [each.text for each in Document(str(path)).element.body.iter(qn("w:t")) if each.text]


def listed(folder: Path, maker: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / maker / "jobs.json").read_text("utf-8"))
    return found


def test_tags_become_the_tags_of_others_and_keep_what_we_would_print(folder: Path) -> None:
    for maker, name, row in (("carbone", "{d.%s}", "{d.%s[i].%s}"), ("docxtemplater", "{%s}", "{#%s}{%s}")):
        brief = listed(folder, maker)[1]
        title = next(key for key, value in brief["data"].items() if value == "第1次培训顺利举行")
        assert name % title in words(Path(brief["template"]))
        report = listed(folder, maker)[-1]
        loop, held = next((k, v) for k, v in report["data"].items() if k[0] == "r" and "HD-01" in v[0].values())
        code = next(key for key, value in held[0].items() if value == "HD-01")
        assert row % (loop, code) in words(Path(report["template"]))
        assert not any("{{" in text or "{%p " in text for text in words(Path(report["template"])))


def test_everybody_has_the_photos_as_they_are(folder: Path, tmp_path: Path) -> None:
    photos = sorted((folder / "inputs").rglob("*.jpg"))
    told = [value.split("×")[2] for value in listed(folder, "docxtemplater")[1]["data"].values() if "×" in value]
    assert told == list(map(str, photos))
    plain = naive.fill(jobs.jobs(folder)[1], folder / "templates" / "docx", tmp_path / "brief.docx")
    for path in (plain, Path(listed(folder, "carbone")[1]["template"])):
        parts = [part.blob for part in Document(str(path)).part.package.iter_parts() if "image" in part.content_type]
        assert sorted(parts) == sorted(photo.read_bytes() for photo in photos)


def test_whatever_a_command_leaves_behind_is_counted_and_its_failure_told() -> None:
    hungry = f"{sys.executable} -c 'held = bytearray(200 << 20)' & exit 0"
    assert clock.run(["sh", "-c", hungry]).memory > 200
    with pytest.raises(SystemExit, match="no good"):
        clock.run(["sh", "-c", "echo no good; exit 3"])


def test_results_go_between_the_marks_again_and_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n", "utf-8")
    for _ in range(2):
        tables.write(page, tables.Table("Speed", ("", "seconds"), [("ours", "1.0")]).markdown())
    assert page.read_text("utf-8").split("\n\n") == [
        f"before\n{tables.BEGIN}",
        "### Speed",
        "|  | seconds |\n| --- | --: |\n| ours | 1.0 |",
        f"{tables.END}\nafter\n",
    ]
