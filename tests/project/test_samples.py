"""The sample projects of the repository are what the README says: marked, invented, and small."""

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook

from paperwork.project import input_folder
from tests import make

INPUTS = make.ROOT / "inputs"
SAMPLES = INPUTS / "示例"
NAME_COLUMNS = (
    "承接单位", "法定代表人", "项目负责人", "立卷人", "检查人", "单位地址", "开户银行", "负责人", "督导人", "被督导人",
    "经手人", "承接组织", "姓名或名称", "所属单位", "确认人",
)  # fmt: skip
"""Columns that hold people, organisations or addresses."""
INVENTED_PHONE = r"1380000\d{4}"
INVENTED_ID = r"510399\d{11}[\dX]"
"""The code of a district that does not exist, and a birthday like all others."""


def cells(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (sheet, header, text) of every filled cell; on the sheets of two columns the header is on the left."""
    for sheet in load_workbook(path, data_only=True).worksheets[1:]:
        header, *rows = sheet.iter_rows(values_only=True)
        for row in rows:
            keyed = header[0] == "项目"
            for name, value in [row[:2]] if keyed else zip(header, row, strict=True):
                if value is not None:
                    yield sheet.title, str(name), str(value)


def test_repository_holds_three_samples_and_nothing_else_of_staff() -> None:
    found = input_folder.scan_inputs(INPUTS)
    assert found.faults == []
    assert {number: [path.parent for path in paths] for number, paths in found.workbooks.items()} == {
        number: [SAMPLES / f"项目{number}"] for number in (1, 2, 3)
    }
    assert sorted(path.name for path in INPUTS.iterdir()) == ["示例", "项目发布目录.docx"]


def test_every_sample_workbook_says_that_it_is_one() -> None:
    workbooks = sorted(SAMPLES.rglob("*.xlsx"))
    assert len(workbooks) == 3
    assert set(workbooks) == set(input_folder.scan_inputs(INPUTS).samples)
    for path in workbooks:
        assert ("基本信息", "示例", "是") in cells(path)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.xlsx")), ids=lambda path: path.parent.name)
def test_people_organisations_and_numbers_of_the_samples_are_invented(path: Path) -> None:
    found = list(cells(path))
    names = [(header, text) for _, header, text in found if header in NAME_COLUMNS]
    assert len(names) >= 4
    assert [each for each in names if "示例" not in each[1]] == []
    everything = "\n".join(text for *_, text in found)
    numbers = re.findall(r"(?<![\dA-Z])1[3-9]\d{9}(?!\d)", everything)
    assert numbers and all(re.fullmatch(INVENTED_PHONE, number) for number in numbers)
    people = re.findall(r"(?<![\dA-Z])\d{17}[\dX](?![\dA-Z])", everything)
    assert all(re.fullmatch(INVENTED_ID, number) for number in people)
    assert {text for _, header, text in found if header == "银行账号"} <= {"6200000000000000001"}


def test_scans_of_the_samples_bear_a_mark_in_the_corner() -> None:
    """Look for ink in the top right corner of each page: the mark is part of the picture."""
    scans = sorted(SAMPLES.rglob("*.pdf"))
    assert len(scans) >= 7
    for path in scans:
        with pypdfium2.PdfDocument(path) as document:
            for number, page in enumerate(document, 1):
                image = page.render(scale=1).to_pil().convert("L")
                corner = image.crop((int(image.width * 0.8), 0, image.width, int(image.height * 0.1)))
                ink = sum(corner.histogram()[:150])
                assert ink > 100, f"{path.name}, page {number}: {ink}"


def test_samples_stay_under_20_mb() -> None:
    assert sum(path.stat().st_size for path in INPUTS.rglob("*")) < 20 * 2**20
