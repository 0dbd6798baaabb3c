"""Another funder: its names come from binding.toml, on paper, in the package, in the clauses and in messages."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from paperwork.app import cli
from paperwork.build import batch
from paperwork.checks import check
from paperwork.core.faults import Fault, Stop
from paperwork.desk import dossier
from tests import make
from tests.checks.rules.test_registry import edit_catalogue
from tests.conftest import bind

OTHER = "某市慈善总会"
TURNS = (
    ('"自贡市妇女联合会"', f'"{OTHER}"'),
    ('["市妇联", "妇联"]', '["市慈善总会", "慈善会"]'),
    ("区县妇联", "区县慈善会"),
)


def templates_of(folder: Path, text: str | None = None) -> Path:
    """Copy the templates, with a few forms and another funder (or another binding.toml)."""
    templates = make.forms(folder, ["项目申报书", "督导记录表", "事项核实确认表", "附件隔页"])
    binding = templates / "binding.toml"
    declared = binding.read_text("utf-8")
    for old, new in TURNS:
        assert old in declared
        declared = declared.replace(old, new)
    binding.write_text(declared if text is None else text, "utf-8")
    return templates


def inputs_of(folder: Path, **changes: Any) -> Path:
    """Write the good project, published by the other funder."""
    inputs = make.make(folder, **changes)
    edit_catalogue("市妇联", "市慈善总会")(inputs)
    edit_catalogue("该项目费用10万元", "活动以慈善会的名义开展；该项目费用10万元")(inputs)
    return inputs


def docx_text(path: Path) -> str:
    """Return the text of a Word file's tables and paragraphs."""
    document = Document(str(path))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*cells, *(paragraph.text for paragraph in document.paragraphs)])


def test_archive_bears_the_names_of_another_funder(tmp_path: Path) -> None:
    papers = [{"文号": "某评〔2022〕15号", "密级": "秘密", "备注": "复印件"}, {"密级": "机密★5年"}]
    made = bind(inputs_of(tmp_path, 附件=papers), tmp_path / "outputs", templates_of(tmp_path))
    [cover] = made.folder.glob("word/*-案卷封面.docx")
    assert OTHER in docx_text(cover) and "妇女联合会" not in docx_text(cover)
    assert "密级\n机密★5年" in docx_text(cover), "the highest of what is inside"
    [contents] = made.folder.glob("word/*-卷内目录.docx")
    rows = {
        cells[3].text: [cell.text for cell in cells]
        for cells in (row.cells for row in Document(str(contents)).tables[0].rows)
    }
    assert rows["绩效评估报告"][1] == "某评〔2022〕15号" and rows["绩效评估报告"][-1] == "秘密；复印件"
    assert rows["专项审计报告"][-1] == "机密★5年"
    assert rows["《盐都“紫薇伙伴”项目》2022年第二季度督导记录表"][2] == f"{OTHER}组联部"
    catalogue = ET.parse(made.folder / "电子档案包" / "data" / "文件目录.XML")
    assert {each.text for each in catalogue.iter("全宗名称")} == {OTHER}
    assert [each.text for each in catalogue.iter("密级") if each.text] == ["机密★5年"] * 4 + ["秘密"] * 2
    assert [each.text for each in catalogue.iter("文件编号") if each.text] == ["某评〔2022〕15号"]
    labels = "".join(page.extract_text() for page in PdfReader(made.folder / "脊背与盒签.pdf").pages)
    assert OTHER in labels.replace("\0", "").replace("\n", "")
    data = json.loads((made.folder / "manifest.json").read_text("utf-8"))
    kinds = [duty["kind"] for clause in data["clauses"] for duty in clause["obligations"]]
    assert "以市慈善总会名义" in kinds and "督导" in kinds
    assert not [each["mend"] for each in data["faults"] if "妇联" in each["mend"]]


def run(*words: str | Path) -> None:
    """Run a command in this process, whatever its exit code."""
    with pytest.raises(SystemExit):
        raise SystemExit(cli.run(lambda: cli.app([*map(str, words)])))


def words_of(faults: tuple[Fault, ...]) -> set[str]:
    """Return the remedies that name a body to ask."""
    return {fault.mend for fault in faults if "请与" in fault.mend}


def test_every_way_to_check_names_the_funder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs, outputs, templates = inputs_of(tmp_path), tmp_path / "outputs", templates_of(tmp_path)
    expected = {"目录前后不一致，请与市慈善总会核实，按核实的执行"}
    assert words_of(check.examine(1, inputs, make.LATER, templates).faults) == expected
    assert words_of(batch.check(batch.Job(1, inputs, outputs, templates, make.LATER)).faults) == expected
    seen = dossier.read_dossier(inputs, outputs, 1, make.LATER, templates)
    assert words_of(tuple(fault for group in seen.faults for fault in group.faults)) == expected
    for words in (["1"], ["1", "--json"], ["--all"], ["--all", "--json"]):
        places = ("--inputs", inputs, "--outputs", outputs, "--templates", templates)
        run("check", *words, *places, "--as-of", "2026-01-01")
        shown = capsys.readouterr().out
        assert ("请与市慈善总会核实" in shown.replace("\n", "") or words == ["--all"]) and "市妇联" not in shown


def test_department_of_the_declared_funder_is_read(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    edit_catalogue("市妇联组联部每季度", "慈善总会发展部每季度")(inputs)
    text = (make.TEMPLATES / "binding.toml").read_text("utf-8").replace('["市妇联", "妇联"]', '["慈善总会"]')
    faults = check.examine(1, inputs, make.LATER, templates_of(tmp_path, text)).faults
    assert [fault for fault in faults if "写的是发展部，牵头部室是组联部" in fault.wrong]


def test_choices_of_the_contractor_are_those_declared(tmp_path: Path) -> None:
    inputs, templates = make.write_only(tmp_path, 基本信息={"单位类型": "区县妇联"}), templates_of(tmp_path)
    [fault] = [each for each in check.examine(1, inputs, make.LATER, templates).faults if each.where.cell == "B6"]
    assert (fault.wrong, fault.found) == ("“单位类型”不在可选的范围里", "区县妇联")
    assert fault.mend == "请从这些里选：社会组织、区县慈善会、其他"
    run("new", "2", "--inputs", inputs, "--templates", templates)
    [path] = inputs.glob("项目2-*/*.xlsx")
    rules = load_workbook(path)["基本信息"].data_validations.dataValidation
    assert '"社会组织,区县慈善会,其他"' in [rule.formula1 for rule in rules]


def test_binding_of_an_older_version_is_refused_with_the_line_to_add(tmp_path: Path) -> None:
    lines = (make.TEMPLATES / "binding.toml").read_text("utf-8").splitlines()
    old = "\n".join(line for line in lines if not line.startswith(("fonds_name", "funder_names", "contractor_kinds")))
    templates = templates_of(tmp_path, old)
    with pytest.raises(Stop) as stop:
        bind(make.write_only(tmp_path), tmp_path / "outputs", templates)
    assert (stop.value.where, stop.value.wrong) == ("binding.toml", "没有 fonds_name 这一行")
    assert "fonds_name = " in stop.value.mend
