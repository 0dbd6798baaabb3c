"""The web page end to end in a real browser: upload, read the faults, correct them, build, view and download."""

import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from pypdf import PdfReader

from paperwork.app.web import files, templates
from paperwork.core.values import Money
from paperwork.desk.dossier import Dossier, GoalLine, MoneyLine
from paperwork.formats.spreadsheets import fault_marks
from paperwork.project import blank_workbook
from tests import make
from tests.browser import (
    DESKTOP,
    PHONE,
    SECONDS,
    ServerUnderTest,
    accessibility_violations,
    chromium,
    download,
    drop,
    fetch_link,
    manifest,
    section,
    serve,
)
from tests.conftest import bind, link_cache

PROJECT = "/projects/1"
NAME = "《盐都“紫薇伙伴”项目》"
BAD = {"活动": [{"地点": ""}, {"参与人数": "二十"}]}
CHILD = "小明"
"""A child's name in the file name of a photo; it must not appear in any URL or log."""
BUTTON = "生成档案"
FORMS = ("项目申报书", "活动方案", "活动简报", "视频登记页", "附件隔页")
"""The forms that are filled; fewer than in real use, to save time."""
MOST_TABS = 40
SUBJECTS = {row["科目"] for row in make.GOOD["预算"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(SECONDS * 1000)
    with chromium() as running:
        yield running


@contextmanager
def serve_good_project(folder: Path) -> Iterator[ServerUnderTest]:
    """Serve the good project; afterwards, check that no other host was contacted and the console stayed empty."""
    inputs, outputs = make.make(folder), folder / "outputs"
    link_cache(outputs)
    with serve(inputs, outputs, folder / "said.txt", make.forms(folder, FORMS)) as running:
        yield running
        assert running.browser_log.requests
        ours = (running.address + "/", "blob:")
        assert not [address for address in running.browser_log.addresses if not address.startswith(ours)]
        assert not running.browser_log.messages
        assert not [address for address in running.browser_log.addresses if CHILD in address]
    assert CHILD not in running.log.read_text("utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerUnderTest]:
    """Serve a project that a test may change freely."""
    with serve_good_project(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    """Serve a project shared by tests that change little."""
    with serve_good_project(tmp_path_factory.mktemp("common")) as running:
        yield running


def workbook(path: Path, **changes: object) -> Path:
    """Write the project's workbook for an upload."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blank_workbook.write_workbook(path, make.changed(**changes), dt.date(2022, 3, 1))
    return path


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 digest of each file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ---- upload


def test_faulty_upload_lists_its_cells_and_a_corrected_upload_clears_them(
    browser: Browser, server: ServerUnderTest, tmp_path: Path
) -> None:
    broken = workbook(tmp_path / "broken" / "项目数据.xlsx", **BAD)
    with server.opened(browser) as page:
        article = page.get_by_role("article", name=NAME)
        expect(article.locator(".state")).to_have_text("齐备")
        page.get_by_label("选择文件").set_input_files(broken)
        expect(page.locator("#answer")).to_contain_text("错误 2 处")
        expect(article.locator(".state")).to_have_text("有误")
        article.get_by_role("link", name=NAME).click()
        expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
        faults = section(page, "表格里的问题")
        for cell, found in (("活动!G2", ""), ("活动!H3", "二十")):
            row = faults.get_by_role("row").filter(has=page.get_by_role("cell", name=cell.split("!")[1], exact=True))
            expect(row).to_contain_text("错误")
            expect(row).to_contain_text(found)
        expect(page.get_by_role("button", name=BUTTON)).to_be_disabled()
        marked = load_workbook(io.BytesIO(download(page, page.get_by_role("link", name="下载标出问题的工作簿"))))
        assert marked["活动"]["G2"].comment is not None
        assert fault_marks.RESULTS_SHEET in marked.sheetnames
        drop(page, section(page, "放入文件").locator("form"), workbook(tmp_path / "mended" / "项目数据.xlsx"))
        expect(page.locator("#answer")).to_contain_text("错误 0 处")
        expect(faults.get_by_role("cell", name="G2", exact=True)).to_have_count(0)
        expect(page.get_by_role("button", name=BUTTON)).to_be_enabled()
        page.goto(server.address)
        expect(page.get_by_role("article", name=NAME).locator(".state")).to_have_text("齐备")
    old_files = list((server.inputs / ".旧文件").rglob("*.xlsx"))
    assert broken.read_bytes() in [path.read_bytes() for path in old_files]


def test_upload_that_is_not_a_spreadsheet_is_refused(
    browser: Browser, shared_server: ServerUnderTest, tmp_path: Path
) -> None:
    false = tmp_path / "项目数据.xlsx"
    false.write_bytes(b"MZ\x90\x00 not a workbook")
    before = digests(shared_server.inputs)
    with shared_server.opened(browser, PROJECT) as page:
        section(page, "放入文件").get_by_label("选择文件").set_input_files(false)
        expect(page.locator("#answer")).to_contain_text("没有收下")
    assert digests(shared_server.inputs) == before


def test_photo_dropped_on_an_activity_is_saved_and_counted(
    browser: Browser, shared_server: ServerUnderTest, tmp_path: Path
) -> None:
    photo = make.photo(tmp_path / f"03 {CHILD}和妈妈.jpg", (20, 90, 160))
    with shared_server.opened(browser, PROJECT) as page:
        activity = page.get_by_role("article", name="第2次培训")
        expect(activity).to_contain_text(re.compile(r"照片 2"))
        expect(activity.get_by_label("放照片、视频：第2次培训")).to_have_count(1)
        drop(page, activity.locator("form"), photo)
        expect(page.locator("#answer")).to_contain_text("已收下照片")
        expect(page.locator("#answer p").first).to_be_in_viewport()  # though the activity is far down the page
        page.get_by_role("button", name="关闭").click()
        expect(page.locator("#answer")).to_be_empty()
        expect(activity).to_contain_text(re.compile(r"照片 3"))
    assert (shared_server.inputs / "项目1" / "照片" / "HD-02" / photo.name).read_bytes() == photo.read_bytes()


def test_file_dropped_outside_a_form_does_not_leave_the_page(
    browser: Browser, shared_server: ServerUnderTest, tmp_path: Path
) -> None:
    before = digests(shared_server.inputs)
    with shared_server.opened(browser, PROJECT) as page:
        drop(page, page.get_by_role("heading", level=1), make.photo(tmp_path / "01.jpg"))
        expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
        expect(page.locator("#answer")).to_be_empty()
    assert digests(shared_server.inputs) == before


def test_project_without_a_workbook_offers_a_blank_one(browser: Browser, shared_server: ServerUnderTest) -> None:
    with shared_server.opened(browser, "/projects/2") as page:
        expect(page.locator(".state").first).to_have_text("没有工作簿")
        blank_one = download(page, page.get_by_role("link", name="下载空白工作簿").first)
        sheet = load_workbook(io.BytesIO(blank_one))["基本信息"]
        assert 2 in [cell.value for row in sheet.iter_rows() for cell in row]


# ---- build


def wait_until_built(page: Page) -> list[float]:
    """Wait until the archive is built; return the values that the progress bar showed."""
    values: list[float] = []
    end = monotonic() + SECONDS
    while not page.get_by_text("做好了：").count():
        assert monotonic() < end, page.locator("#build").inner_text()
        value = page.evaluate("document.querySelector('[role=progressbar], progress')?.value ?? null")
        if value is not None and value not in values[-1:]:
            values.append(value)
        page.wait_for_timeout(50)
    return values


def test_archive_is_built_by_keyboard_viewed_and_downloaded(browser: Browser, server: ServerUnderTest) -> None:
    with server.opened(browser, PROJECT) as page:
        expect(page.get_by_role("button", name=BUTTON)).to_be_enabled()
        for _ in range(MOST_TABS):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('button') && document.activeElement.innerText") == BUTTON:
                break
        else:
            pytest.fail("the button is not reached")
        page.keyboard.press("Enter")
        expect(page.locator("#build-status")).to_have_text("开始生成")
        values = wait_until_built(page)
        expect(page.locator("#build-status")).to_have_text("做好了")
        assert page.evaluate("document.activeElement.id") == "build"  # a screen reader keeps its place
        assert len(values) >= 2
        assert values == sorted(values)
        assert "eventsource" in [request.resource_type for request in server.browser_log.requests]
        # Every finished file can be downloaded.
        build = section(page, BUTTON)
        for words in ("项目档案", "打印版", "打印说明"):
            link = build.get_by_role("link", name=re.compile(f"^{words}")).first
            assert PdfReader(io.BytesIO(fetch_link(page, link))).pages
        printed = build.get_by_role("link", name=re.compile("^打印版")).first
        assert fetch_link(page, printed) == (server.outputs / "1" / manifest(server)["books"][0]["file"]).read_bytes()
        build.get_by_role("link", name="打印……").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("打印：")
        page.go_back()
        build.get_by_text("单份 Word 文件").click()
        single = build.locator("details").get_by_role("link")
        files = {path.read_bytes() for path in (server.outputs / "1" / "word").glob("*.docx")}
        expect(single).to_have_count(len(files))
        assert download(page, single.last) in files
        # A clause links to the page that proves it.
        proof = section(page, "要求逐条核对").get_by_role("link", name=re.compile(r"第\d+页")).first
        match = re.fullmatch(r"(.+)（第(\d+)页）", proof.inner_text())
        assert match
        [item] = [item for item in manifest(server)["items"] if item["title"] == match[1]]
        assert 0 <= int(match[2]) - item["start"] < item["pages"]
        proof.click()
        expect_page(page, match[2])
        page.get_by_role("link", name="下一页").click()
        expect_page(page, str(int(match[2]) + 1))
        page.get_by_role("link", name="上一页").click()
        expect_page(page, match[2])
        volume = page.get_by_role("link", name="打开整卷")
        assert fetch_link(page, volume) == (server.outputs / "1" / "项目档案.pdf").read_bytes()


def expect_page(page: Page, number: str) -> None:
    """Expect a rendered page of the volume on the screen."""
    picture = page.get_by_role("img", name=f"第{number}页", exact=True)
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("each => each.naturalWidth") > 0


@pytest.mark.parametrize("percent", [0, 10], ids=["at once", "in the middle"])
def test_cancelled_build_leaves_the_old_archive_unchanged(
    browser: Browser, server: ServerUnderTest, tmp_path: Path, percent: int
) -> None:
    bind(server.inputs, server.outputs, tmp_path / "templates")
    before = digests(server.outputs / "1")
    # The contractor stands in most documents, so that the build takes long enough to be cancelled in the middle.
    basics = {"承接单位": f"自贡市第{percent}社会工作服务中心"}
    changed = workbook(tmp_path / "changed" / "项目数据.xlsx", 申报内容={"项目背景": "另一段。"}, 基本信息=basics)
    (server.inputs / "项目1" / "项目数据.xlsx").write_bytes(changed.read_bytes())
    with server.opened(browser, PROJECT) as page:
        page.get_by_role("button", name="重新生成").click()
        page.wait_for_function("least => document.querySelector('progress')?.value >= least", arg=percent)
        page.get_by_role("button", name="取消").click()
        expect(section(page, BUTTON)).to_contain_text("已取消")
        expect(page.get_by_role("button", name="重新生成")).to_be_enabled()
        assert digests(server.outputs / "1") == before
        if percent:
            page.get_by_role("button", name="重新生成").click()
            wait_until_built(page)
            assert digests(server.outputs / "1") != before
    assert not [path for path in server.outputs.glob(".1-*") if path.is_dir()]


# ---- accessibility


@pytest.fixture(scope="module")
def faulty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    """Serve a project with faults and an archive built before them."""
    folder = tmp_path_factory.mktemp("furnished")
    inputs, outputs = make.make(folder), folder / "outputs"
    templates = make.forms(folder, FORMS)
    bind(inputs, outputs, templates)
    workbook(inputs / "项目1" / "项目数据.xlsx", **BAD)
    with serve(inputs, outputs, folder / "said.txt", templates) as running:
        yield running


@pytest.mark.parametrize("path", ["/", PROJECT, f"{PROJECT}/pages/3", f"{PROJECT}/printing", "/projects/2", "/nothing"])
def test_pages_have_no_serious_accessibility_violations(
    browser: Browser, faulty_server: ServerUnderTest, path: str
) -> None:
    """Check desktop and phone size; on a phone, nothing may need horizontal scrolling.

    The page's Content-Security-Policy would block the styles of axe-core, so it is bypassed here.
    """
    with faulty_server.opened(browser, path, DESKTOP, bypass_csp=True) as page:
        page.wait_for_load_state("networkidle")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert not accessibility_violations(page)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert not accessibility_violations(page)


def test_every_file_field_and_bar_has_an_accessible_name(browser: Browser, faulty_server: ServerUnderTest) -> None:
    with faulty_server.opened(browser, PROJECT) as page:
        fields = page.locator("input[type=file]")
        assert fields.count() >= 3
        names = [fields.nth(place).evaluate("each => each.labels[0].textContent") for place in range(fields.count())]
        assert len(set(names)) == len(names)
        figures = section(page, "目标与经费")
        expect(figures.get_by_role("meter")).to_have_count(len(make.GOOD["绩效目标"]) + 2 * len(SUBJECTS))
        for goal in make.GOOD["绩效目标"]:
            name = f"{goal['指标']} 完成"
            expect(figures.get_by_role("meter", name=name)).to_have_count(1)
        for subject in SUBJECTS:
            group = figures.get_by_role("figure", name=subject)
            for name in ("预算", "支出"):
                expect(group.get_by_role("meter", name=re.compile(rf"^{name} [\d,.]+ 元$"))).to_have_count(1)


def colours(bar: Locator, share: float) -> set[tuple[int, ...]]:
    """Return the colours of a bar's column at a share of its width, without border and rounded corners."""
    with Image.open(io.BytesIO(bar.screenshot())) as image:
        column = round(share * image.width)
        return {tuple(image.convert("RGB").getpixel((column, row))) for row in range(3, image.height - 3)}  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_bars_are_drawn_to_scale_and_nothing_is_cut_off(browser: Browser, size: tuple[int, int]) -> None:
    """Show long names and large amounts, which wrap; bars of amounts stay equally long."""
    goals = (GoalLine("", "培育社会组织" * 20 + "9" * 200, Decimal(1), Decimal(2), "支", False),)
    budget, spent = Money(Decimal("61728394506.17")), Money(Decimal("123456789012.34"))
    lines = (MoneyLine("活动" * 40, budget, spent), MoneyLine("其他"))
    part = templates.render("part.html", shown=Dossier(1, goals=goals, money=lines), stamp="", labels=())
    style = (files.STATIC / "desk.css").read_text("utf-8")
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_content(f'<meta name="viewport" content="width=device-width"><style>{style}</style><main>{part}</main>')
    bars = page.get_by_role("meter")
    for bar, share in zip(bars.all(), (0.5, 0.5, 1), strict=False):
        [inside] = colours(bar, share - 0.1)
        assert share == 1 or {inside}.isdisjoint(colours(bar, share + 0.1))
    widths = {bar.evaluate("each => each.getBoundingClientRect().width") for bar in bars.all()[1:]}
    assert len(widths) == 1 and min(widths) > 100
    amount = page.get_by_text("123,456,789,012.34 元").first
    assert amount.evaluate("each => each.getClientRects().length") == 1
    cut = "[...document.querySelectorAll('.figures *')].filter((each) => each.scrollWidth > each.clientWidth + 1)"
    assert not page.evaluate(f"{cut}.map((each) => each.outerHTML)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.close()
