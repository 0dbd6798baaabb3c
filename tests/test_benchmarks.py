"""Benchmark inputs: each tool gets the same documents. Runs a small case without LibreOffice and Node."""

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
    """Write the benchmark jobs of a project with one activity."""
    made = tmp_path_factory.mktemp("bench")
    project.write(made, activities=1, photos=3)
    make.forms(made, project.FORMS)
    assert len(jobs.write(made)) == 7
    return made


def words(path: Path) -> list[str]:
    """Return the texts of a Word file, one for each run."""
    return [each.text for each in Document(str(path)).element.body.iter(qn("w:t")) if each.text]


def read_jobs(folder: Path, maker: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / maker / "jobs.json").read_text("utf-8"))
    return found


def test_template_tags_are_translated_for_the_other_tools(folder: Path) -> None:
    for maker, name, row in (("carbone", "{d.%s}", "{d.%s[i].%s}"), ("docxtemplater", "{%s}", "{#%s}{%s}")):
        brief = read_jobs(folder, maker)[1]
        title = next(key for key, value in brief["data"].items() if value == "第1次培训顺利举行")
        assert name % title in words(Path(brief["template"]))
        report = read_jobs(folder, maker)[-1]
        loop, held = next((k, v) for k, v in report["data"].items() if k[0] == "r" and "HD-01" in v[0].values())
        code = next(key for key, value in held[0].items() if value == "HD-01")
        assert row % (loop, code) in words(Path(report["template"]))
        assert not any("{{" in text or "{%p " in text for text in words(Path(report["template"])))


def test_every_tool_gets_the_original_photos(folder: Path, tmp_path: Path) -> None:
    photos = sorted((folder / "inputs").rglob("*.jpg"))
    paths = [value.split("×")[2] for value in read_jobs(folder, "docxtemplater")[1]["data"].values() if "×" in value]
    assert paths == list(map(str, photos))
    plain = naive.fill(jobs.jobs(folder)[1], folder / "templates" / "docx", tmp_path / "brief.docx")
    for path in (plain, Path(read_jobs(folder, "carbone")[1]["template"])):
        parts = [part.blob for part in Document(str(path)).part.package.iter_parts() if "image" in part.content_type]
        assert sorted(parts) == sorted(photo.read_bytes() for photo in photos)


def test_clock_counts_background_processes_and_reports_failures() -> None:
    hungry = f"{sys.executable} -c 'held = bytearray(200 << 20)' & exit 0"
    assert clock.run(["sh", "-c", hungry]).memory > 200
    with pytest.raises(SystemExit, match="no good"):
        clock.run(["sh", "-c", "echo no good; exit 3"])


def test_results_replace_the_text_between_the_markers(tmp_path: Path) -> None:
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
