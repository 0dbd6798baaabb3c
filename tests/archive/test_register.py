"""The register of archives: one row for each manifest."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from paperwork.archive import manifest, register
from paperwork.volume.binder import VOLUME

HEADERS = ["序号", "档号", "题名", "册数", "件数", "页数", "状态", "整卷文件的 SHA-256", "日期"]


ITEM = {
    "no": 1, "title": "申报书", "section": "申报", "form": "项目申报书", "sheet": "", "cell": "",
    "file": "word/001-申报书.docx", "date": "", "responsible": "试验中心", "start": 1, "pages": 8,
}  # fmt: skip
BOOK = {
    "no": 1, "file": "打印版.pdf", "sheets": 20, "first": 1, "last": 40, "first_item": 1, "last_item": 5, "folded": [],
}  # fmt: skip


def write_manifest(outputs: Path, number: int, **changes: Any) -> None:
    """Write a manifest like that of an archive."""
    data = {
        "version": 1,
        "project": number,
        "name": "试验",
        "title": f"“试验{number}号”项目档案",
        "state": "齐备",
        "as_of": "2026-01-01",
        "faults": [],
        "clauses": [],
        "date": f"2022-12-{number:02}",
        "code": f"X013-ZY·2022-{number:04}",
        "pages": 40 + number,
        "items": [ITEM] * 5,
        "pdfa": {"flavour": "2b", "passed": True, "findings": [], "checkers": []},
        "books": [BOOK] * 2,
        "fonts": [],
        "tools": {},
        "digests": {VOLUME: f"{number:064x}"},
        **changes,
    }
    (outputs / str(number)).mkdir(parents=True)
    (outputs / str(number) / "manifest.json").write_text(json.dumps(data), "utf-8")


def table_rows(outputs: Path) -> list[list[object]]:
    """Return the rows of the register, beginning with its header."""
    sheet = load_workbook(outputs / register.FILE).active
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]


def test_register_has_one_row_per_archive_and_totals(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write_manifest(tmp_path, number)
    assert register.write(tmp_path) == []
    header, *rows, total = table_rows(tmp_path)
    assert header == HEADERS
    assert [row[0] for row in rows] == [1, 2, 10]
    assert rows[1] == [
        2, "X013-ZY·2022-0002", "“试验2号”项目档案", 2, 5, 42, "齐备", f"{2:064x}", dt.datetime(2022, 12, 2),
    ]  # fmt: skip
    assert total == ["合计", None, "3 个项目", 6, 15, 133, None, None, None]


def test_register_is_set_up_for_printing(tmp_path: Path) -> None:
    write_manifest(tmp_path, 1, title="=很长的题名" * 20)
    register.write(tmp_path)
    sheet = load_workbook(tmp_path / register.FILE).active
    assert (sheet["A1"].value, sheet["C3"].data_type) == ("项目档案归档登记表", "s")
    paper = sheet.page_setup
    assert (paper.orientation, paper.paperSize, paper.fitToWidth) == ("landscape", 9, 1)
    assert sheet.print_title_rows == "$2:$2"
    assert sheet.row_dimensions[3].height > 4 * 15


def test_the_same_archives_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_manifest(folder, 3)
        register.write(folder)
    assert (tmp_path / "a" / register.FILE).read_bytes() == (tmp_path / "b" / register.FILE).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [".register.lock", "3", register.FILE]


@pytest.mark.parametrize("wrong", [{"project": 4}, {"pages": None}, {"digests": {}}, {"date": "昨天"}])
def test_unreadable_manifest_is_reported_and_left_out(tmp_path: Path, wrong: dict[str, object]) -> None:
    write_manifest(tmp_path, 1)
    write_manifest(tmp_path, 3, **wrong)
    [fault] = register.write(tmp_path)
    assert (str(fault.where), fault.level) == ("3/manifest.json", "提醒")
    assert fault.wrong.endswith("，没有登记") and "重新生成项目3的档案" in fault.mend
    assert [row[0] for row in table_rows(tmp_path)[1:-1]] == [1]


def test_copied_archive_folder_is_not_registered(tmp_path: Path) -> None:
    write_manifest(tmp_path, 1)
    (tmp_path / "1").rename(tmp_path / "1 - 副本")
    write_manifest(tmp_path, 1)
    assert register.write(tmp_path) == []
    assert [row[0] for row in table_rows(tmp_path)[1:-1]] == [1]


def test_register_is_written_only_if_missing_or_an_archive_changed(tmp_path: Path) -> None:
    write_manifest(tmp_path, 1)
    register.update(tmp_path, changed=False)
    write_manifest(tmp_path, 2)
    register.update(tmp_path, changed=False)
    assert [row[0] for row in table_rows(tmp_path)[1:-1]] == [1]
    register.update(tmp_path, changed=True)
    assert [row[0] for row in table_rows(tmp_path)[1:-1]] == [1, 2]


def test_register_is_not_written_without_archives(tmp_path: Path) -> None:
    assert register.write(tmp_path) == []
    assert not (tmp_path / register.FILE).exists()


def test_manifest_of_a_newer_program_is_not_registered(tmp_path: Path) -> None:
    write_manifest(tmp_path, 1)
    write_manifest(tmp_path, 3, version=manifest.VERSION + 1, pages="另一种写法")
    [fault] = register.write(tmp_path)
    assert (fault.wrong, fault.mend) == ("是更新的程序写的，这个程序读不了，没有登记", "请先更新程序")
    assert [row[0] for row in table_rows(tmp_path)[1:-1]] == [1]
