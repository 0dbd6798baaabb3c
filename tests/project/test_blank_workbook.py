"""The blank workbook: prefilled from the catalogue, with hints and formats for staff."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook

from paperwork.formats.office import fonts, libreoffice
from paperwork.project import blank_workbook, input_folder, workbook
from paperwork.project.model import sheets
from tests import make


@pytest.fixture(scope="module")
def inputs() -> input_folder.Inputs:
    """Return the inputs folder of the repository with its catalogue."""
    return input_folder.scan_inputs(make.ROOT / "inputs")


def test_catalogue_goals_become_rows(inputs: input_folder.Inputs) -> None:
    goals = blank_workbook.rows_from_catalogue(inputs.entries[1])["绩效目标"]
    assert [(goal["目标值"], goal["单位"]) for goal in goals] == [
        (Decimal(5), "支"),
        (Decimal(15), "课时"),
        (Decimal(1), "次"),
        (Decimal(5), "个"),
        (Decimal(4), "场"),
        (Decimal(10), "场"),
        # stated in 项目内容 only
        (Decimal(1), "场"),
        (Decimal(20), "人"),
        (Decimal(47), "名"),
    ]
    unnumbered = blank_workbook.rows_from_catalogue(inputs.entries[3])["绩效目标"]
    assert [(goal["目标值"], goal["单位"]) for goal in unnumbered] == [(12, "支"), (6, "场"), (42, "名")]


def test_period_amount_and_department_are_prefilled(inputs: input_folder.Inputs) -> None:
    known = blank_workbook.rows_from_catalogue(inputs.entries[2])["基本信息"]
    assert (known["实施周期"], known["项目金额（万元）"], known["牵头部室"]) == ("2022年4月—11月", 10, "权宣部")


def test_blank_workbook_has_headers_hints_and_formats(tmp_path: Path, inputs: input_folder.Inputs) -> None:
    path = tmp_path / "空白.xlsx"
    blank_workbook.write_workbook(path, blank_workbook.rows_from_catalogue(inputs.entries[2]), dt.date(2022, 4, 1))
    book = load_workbook(path)
    assert book.sheetnames == ["填写说明", *sheets()]
    for title, kind in sheets().items():
        sheet = book[title]
        headers = [cell.value for cell in (sheet["A"][1:] if kind.keyed else sheet[1])]
        assert [each.alias for each in kind.fields().values()] == headers[: len(kind.fields())]
        assert sheet.freeze_panes == ("B2" if kind.keyed else "A2")
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    budget = book["预算"]
    assert budget["A1"].comment.text.startswith("必填")
    assert budget["A1"].fill.fgColor.rgb != budget["C1"].fill.fgColor.rgb
    assert budget["F2"].number_format == "#,##0.00"
    assert book["活动"]["E2"].number_format == "yyyy-mm-dd"
    lists = [rule.formula1 for rule in budget.data_validations.dataValidation if rule.type == "list"]
    assert lists == ['"项目活动费,项目管理费,审计费,其他"']


def test_columns_that_may_be_ignored_are_grey_and_fold(tmp_path: Path) -> None:
    path = tmp_path / "空白.xlsx"
    blank_workbook.write_workbook(path, {}, dt.date(2022, 4, 1))
    book = load_workbook(path)
    extra, usual, needed = ("FFE08A", "DCE6F1", "EDEDED")[::-1]
    activities = {cell.value: cell for cell in book["活动"][1]}
    assert [name for name, cell in activities.items() if cell.fill.fgColor.rgb == f"00{extra}"][:2] == [
        "方案日期",
        "主题",
    ]
    for name, colour, hint in (
        ("简报印数", extra, "选填；共印几份"),
        ("简报期号", usual, None),
        ("简报正文", needed, "必填"),
    ):
        cell = activities[name]
        assert cell.fill.fgColor.rgb == f"00{colour}", name
        assert (cell.comment.text if cell.comment else "").startswith(hint or ""), name
        assert book["活动"].column_dimensions[cell.column_letter].outlineLevel == int(colour == extra), name
    items = {cell.value: cell for cell in book["申报内容"]["A"]}
    assert items["直接受益人数"].fill.fgColor.rgb == f"00{extra}"
    assert book["申报内容"].row_dimensions[items["直接受益人数"].row].outlineLevel == 1
    assert items["团队介绍"].fill.fgColor.rgb == f"00{usual}"


def test_instructions_print_whole_on_a4(tmp_path: Path) -> None:
    """Print 填写说明: a single column wider than the paper would be cut, not scaled."""
    blank_workbook.write_workbook(tmp_path / "空白.xlsx", {}, dt.date(2022, 4, 1))
    written = load_workbook(tmp_path / "空白.xlsx")
    for sheet in written.worksheets[1:]:
        del written[sheet.title]
    written.save(tmp_path / "说明.xlsx")
    printed = libreoffice.convert_foreign_to_pdf(tmp_path / "说明.xlsx", tmp_path, fonts.environment(tmp_path))
    with pypdfium2.PdfDocument(printed) as document:
        [page] = document
        boxes = [each.get_bounds() for each in page.get_objects()]
        assert max(box[2] for box in boxes) <= page.get_size()[0] - 1
        words = "".join(page.get_textpage().get_text_bounded().split())
    assert all("".join(str(row[0]).split()) in words for row in written.worksheets[0].values)


def test_written_workbook_reads_back_without_faults(tmp_path: Path) -> None:
    project, faults = workbook.read_project(input_folder.scan_inputs(make.make(tmp_path)), 1)
    assert project is not None
    assert faults == []
    assert len(project.activities) == len(make.GOOD["活动"])
    assert project.basics.account == ""


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    project, faults = workbook.read_project(
        input_folder.scan_inputs(make.make(tmp_path, 活动=[{"活动名称": "=1+1"}])), 1
    )
    assert faults == []
    assert project is not None
    assert project.activities[0].name == "=1+1"
