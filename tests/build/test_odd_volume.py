"""A volume with every unusual kind of attachment: no page lost, each numbered, PDF/A-2b, clear of the spine."""

import datetime as dt
import json

import pytest

from paperwork.build.project import BuildResult
from paperwork.documents.declarations import read_binding
from paperwork.formats.paper import POINT
from paperwork.formats.pdf import imposition, render
from paperwork.project import blank_workbook
from paperwork.volume.frame import AIR_MM
from tests import make, odd
from tests.conftest import bind

KINDS = [name for name in odd.TAKEN if name not in odd.OFFICE and len(odd.ALL[name].sheets) < 20]
BINDING = read_binding(make.ROOT / "templates" / "binding.toml")


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build the archive of the good project with an attachment of every kind."""
    folder = tmp_path_factory.mktemp("volume")
    inputs = make.make(folder)
    rows = []
    for number, name in enumerate(KINDS):
        path = inputs / "项目1" / "附件" / f"{number:02}{odd.ALL[name].suffix}"
        odd.ALL[name].make(path)
        rows.append({"类型": "其他", "题名": name, "文件": path.name, "责任者": "某某"})
    data = {**make.GOOD, "附件": [*make.GOOD["附件"], *rows]}
    blank_workbook.write_workbook(inputs / "项目1" / "项目数据.xlsx", data, dt.date(2022, 3, 1))
    return bind(inputs, folder / "out", make.forms(folder, ("附件隔页",)))


def test_at_least_40_kinds_of_attachment_are_covered() -> None:
    assert len(KINDS) >= 40


def test_attachments_have_all_pages_and_consecutive_numbers(volume: BuildResult) -> None:
    """Check the page counts only; the build itself reads the printed numbers back in both editions."""
    items = json.loads((volume.folder / "manifest.json").read_text("utf-8"))["items"]
    pages = {item["title"]: item["pages"] for item in items}
    assert {name: pages[name] for name in KINDS} == {name: 1 + len(odd.ALL[name].sheets) for name in KINDS}
    starts = [(item["start"], item["pages"]) for item in items]
    assert [start for start, _ in starts[1:]] == [start + count for start, count in starts[:-1]]


def test_volume_has_no_pdf_a_findings(volume: BuildResult) -> None:
    assert volume.archival.findings == ()


def test_large_pages_keep_their_size(volume: BuildResult) -> None:
    large = sum(max(sheet) > 297 for name in KINDS for sheet in odd.ALL[name].sheets)
    assert large >= 3
    assert sum(max(size) > 1000 for size in imposition.page_sizes(volume.folder / "项目档案.pdf")) == large
    assert sum(len(book.a3_pages) for book in volume.books) == large


def test_content_is_clear_of_the_binding_and_the_unprintable_edge(volume: BuildResult) -> None:
    for book in volume.books:
        path = volume.folder / book.file
        for index, (box, size) in enumerate(zip(render.ink_boxes(path), imposition.page_sizes(path), strict=True)):
            if box:
                spine = box[0] if index % 2 == 0 else size[0] - box[2]
                assert spine >= (BINDING.binding_margin_mm - 1) * POINT, (book.file, index)
                assert min(box[1], size[1] - box[3]) >= (AIR_MM - 1) * POINT, (book.file, index)
