"""Paragraphs of a cell in the filled Word file: one for each line, indented by the style only."""

from pathlib import Path

import pytest
from docx import Document

from paperwork.core.cache import Cache
from paperwork.documents import fill
from paperwork.documents.declarations import read_forms
from paperwork.project import input_folder, workbook
from tests import make
from tests.cases import lay

FORMS = read_forms(make.TEMPLATES / "forms.toml")
LINES = {
    "c09-indent": ["第一段写在这里。", "第二段写在这里。", "", "第三段写在这里。"],
    "c10-line-ends": ["甲段", "乙段", "丙段", "丁段…戊段"],
}


@pytest.mark.parametrize("case", LINES)
def test_paragraphs_are_separate_and_indented_once(case: str, tmp_path: Path) -> None:
    project, _ = workbook.read_project(input_folder.scan_inputs(lay(tmp_path, case).inputs), 1)
    filler = fill.prepare(project, make.TEMPLATES / "docx", tmp_path / "work", {}, Cache(tmp_path / "store"), 1)
    brief = next(each for each in filler.documents(FORMS)[0] if each.form.template == "活动简报")
    filler.fill_template("活动简报", brief.context, tmp_path / "brief.docx")
    paragraphs = Document(str(tmp_path / "brief.docx")).paragraphs
    words = [each.text for each in paragraphs]
    start = words.index(LINES[case][0])
    assert words[start : start + len(LINES[case])] == LINES[case]
    for each in paragraphs[start : start + len(LINES[case])]:
        assert each.style is not None and each.style.name == "正文仿宋"
        assert each.paragraph_format.first_line_indent is None
