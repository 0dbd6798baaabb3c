"""The preview shows every template with made-up data, and names what is wrong with one."""

import shutil
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

from paperwork.core.cache import Cache
from paperwork.core.faults import Stop
from paperwork.documents import example, preview
from paperwork.project.model import Project
from tests import make
from tests.app.test_cli import run_command


def test_preview_shows_every_template_once(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    code, said = run_command("forms", "--preview", "--templates", make.TEMPLATES, "--outputs", outputs)
    assert (code, preview.FILE in said) == (0, True)
    reader = PdfReader(outputs / preview.FILE)
    titles = [str(entry.title) for entry in reader.outline if not isinstance(entry, list)]
    assert titles[:2] == ["项目申报书", "项目预算表"]
    assert sorted(titles) == sorted(path.stem for path in (make.TEMPLATES / "docx").glob("*.docx"))
    texts = ["".join(page.extract_text().split()) for page in reader.pages]
    assert all("示例" in text for text in texts)
    assert any("评审组" in text for text in texts)
    assert any("项目收支决算表" in text for text in texts)


def test_preview_refuses_a_template_with_a_fault_and_names_it(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(make.TEMPLATES, templates)
    broken = Document(str(templates / "docx" / "督导记录表.docx"))
    broken.add_paragraph("{{ 督导内客 }}")
    broken.save(str(templates / "docx" / "督导记录表.docx"))
    with pytest.raises(Stop) as stop:
        preview.write_preview(templates, tmp_path, tmp_path, Cache(tmp_path / "cache"))
    assert ["督导内客" in fault.wrong for fault in stop.value.faults] == [True]
    assert not (tmp_path / preview.FILE).exists()


def test_made_up_project_has_every_sheet_and_column_filled_and_is_marked(tmp_path: Path) -> None:
    project = example.make_project(tmp_path, make.TEMPLATES, make.FUNDER)
    assert project == example.make_project(tmp_path, make.TEMPLATES, make.FUNDER)
    assert project.basics.sample
    for title in Project.sheets():
        found = project.sheet(title)
        rows = [found] if not isinstance(found, tuple) else found
        assert rows, title
        columns = {header for row in rows for header, value in row.template_values().items() if value not in ("", None)}
        assert not set(rows[0].template_values()) - columns - {"结束日期", "多久一次"}, title
