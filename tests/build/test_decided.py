"""An archive made with 要求解读.xlsx: what staff have decided is printed, packed, and makes the archive out of date."""

from pathlib import Path

from pypdf import PdfReader

from paperwork.archive import finished
from paperwork.project import decisions, input_folder
from tests import make
from tests.checks.requirements.reading.test_sheet import WANG, fill, read
from tests.conftest import bind


def test_decisions_are_printed_and_packed_and_make_an_archive_out_of_date(tmp_path: Path) -> None:
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    templates = make.forms(tmp_path, ["督导记录表", "事项核实确认表"])
    bind(inputs, outputs, templates)
    path = read(inputs)
    assert not finished.outdated(outputs, input_folder.scan_inputs(inputs, templates), templates)
    fill(path, "每季度对项目进行督导", {"多久一次": "每半年", **WANG})
    fill(path, "汇编相关资料成册备查", {"认作": "不适用", "说明": "今年不汇编", **WANG})
    assert finished.outdated(outputs, input_folder.scan_inputs(inputs, templates), templates) == {"1"}
    made = bind(inputs, outputs, templates)
    pages = "".join(page.extract_text() for page in PdfReader(made.folder / "项目档案.pdf").pages)
    printed = "".join(pages.split())
    assert "督导（由王某某，2024年3月1日审定）" in printed
    assert "不适用" in printed and "今年不汇编" in printed
    assert list(made.folder.glob(f"电子档案包/**/{decisions.FILE}"))
    assert not finished.outdated(outputs, input_folder.scan_inputs(inputs, templates), templates)
    assert bind(inputs, outputs, templates).is_unchanged
