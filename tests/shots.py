"""Screenshots of the web page for the README, from the first sample: `.venv/bin/python -m tests.shots docs/img`."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests import make
from tests.browser import PHONE, SECONDS, chromium, section, serve
from tests.printing import office

PROJECT = "/projects/1"
BUTTON = "生成档案"
AT_PERCENT = 30


def main(shots: Path) -> None:
    """Take all screenshots and write them to a folder."""
    expect.set_options(SECONDS * 1000)
    with tempfile.TemporaryDirectory() as name, office() as printers:
        printers.add("LaserJet")
        os.environ["CUPS_SERVER"] = printers.socket
        folder = Path(name)
        inputs = shutil.copytree(make.ROOT / "inputs", folder / "inputs")
        [good] = inputs.glob("示例/项目1/*.xlsx")
        broken, corrected = folder / "broken" / good.name, folder / "corrected" / good.name
        _write_faulty_copy(good, broken)
        corrected.parent.mkdir()
        shutil.copy(good, corrected)
        with chromium() as browser, serve(inputs, folder / "outputs", folder / "said.txt") as server:
            with server.opened(browser) as page:
                _upload(page, broken)
                _screenshot(page, shots, "board")
                page.goto(server.address + PROJECT)
                _screenshot(page, shots, "faults", "表格里的问题")
                _upload(page, corrected)
                page.get_by_role("button", name=BUTTON).click()
                page.wait_for_function("least => document.querySelector('progress')?.value > least", arg=AT_PERCENT)
                _screenshot(page, shots, "making", BUTTON)
                expect(page.get_by_text("做好了：")).to_be_visible()
                _screenshot(page, shots, "made", BUTTON)
                page.get_by_role("link", name="打印……").click()
                _screenshot(page, shots, "print")
                page.goto(server.address + PROJECT)
                _screenshot(page, shots, "clauses", "要求逐条核对")
                page.get_by_role("link", name="看程序怎么读").click()
                _screenshot(page, shots, "reading", "相关要求第4条")
                page.get_by_role("link", name="改").first.click()
                _screenshot(page, shots, "reading-form")
                page.goto(server.address + PROJECT)
                _screenshot(page, shots, "timeline", "时间线")
                _screenshot(page, shots, "figures", "目标与经费")
                _screenshot(page, shots, "pages", "整卷各页")
                page.goto(f"{server.address}{PROJECT}/pages/1")
                _screenshot(page, shots, "page")
            with server.opened(browser, PROJECT, PHONE) as page:
                _screenshot(page, shots, "phone")


def _write_faulty_copy(good: Path, broken: Path) -> None:
    """Write a copy of a workbook with three wrong cells."""
    book = load_workbook(good)
    sheet = book["活动"]
    places = {cell.value: cell.column or 0 for cell in sheet[1]}
    for row, header, value in ((2, "地点", None), (3, "参与人数", "三十多"), (4, "开始日期", "2022-06-31")):
        sheet.cell(row, places[header]).value = value
    broken.parent.mkdir()
    book.save(broken)


def _upload(page: Page, workbook: Path) -> None:
    """Upload a workbook and wait for the answer."""
    page.get_by_label("选择文件").first.set_input_files(workbook)
    expect(page.locator("#answer")).to_contain_text("核对过了")


def _screenshot(page: Page, shots: Path, name: str, heading: str = "") -> None:
    page.wait_for_load_state("networkidle")
    if heading:
        section(page, heading).evaluate("each => each.scrollIntoView()")
        page.wait_for_timeout(500)  # images load lazily, when they scroll into view
    page.screenshot(path=shots / f"desk-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
