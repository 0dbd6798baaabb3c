"""The reading of the clauses in a real browser: seen, changed, confirmed, and its effect on the project's verdict."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect

from tests import make
from tests.app.web.test_views import ask
from tests.browser import (
    DESKTOP,
    PHONE,
    SECONDS,
    ServerUnderTest,
    accessibility_violations,
    chromium,
    section,
    serve,
)

PROJECT = "/projects/1"
READINGS = f"{PROJECT}/readings"
FILE = "要求解读.xlsx"
WORDS = "且建立有妇女组织"
WHO = "王某某"
REASON = "本项目不建妇女组织"
SENT = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(SECONDS * 1000)
    with chromium() as running:
        yield running


@contextmanager
def served(folder: Path) -> Iterator[ServerUnderTest]:
    """Serve the good project; the name of a person may stand in no address and in no log."""
    with serve(
        make.write_only(folder, 基本信息={"建立妇女组织": "否"}), folder / "outputs", folder / "said.txt"
    ) as running:
        yield running
        assert all(address.startswith(running.address + "/") for address in running.browser_log.addresses)
        assert not [address for address in running.browser_log.addresses if WHO in address]
    logs = [*(folder / "outputs").rglob("*.log"), running.log]
    assert not [path for path in logs if WHO in path.read_text("utf-8")]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerUnderTest]:
    """Serve a project that a test may change freely."""
    with served(tmp_path) as running:
        yield running


def part(page: Page, words: str) -> Locator:
    """Return the part of the reading that has these words."""
    return page.locator(".parts > li").filter(has_text=words)


def open_form(page: Page, words: str) -> None:
    """Open the form of a part."""
    part(page, words).get_by_role("link", name="改").click()


def written(server: ServerUnderTest, words: str) -> list[dict[str, object]]:
    """Return the rows of the workbook for a part of project 1, by header."""
    rows = load_workbook(server.inputs / FILE)["要求解读"].iter_rows(values_only=True)
    headers = [str(each) for each in next(rows)]
    named: list[dict[str, object]] = [dict(zip(headers, row, strict=True)) for row in rows]
    return [row for row in named if words in str(row["原文"]) and row["项目序号"] == 1]


def test_a_reading_is_found_changed_and_counts_at_once(browser: Browser, server: ServerUnderTest) -> None:
    with server.opened(browser, PROJECT) as page:
        clauses = section(page, "要求逐条核对")
        expect(clauses.get_by_text(REASON)).to_have_count(0)
        expect(clauses.locator("li").filter(has_text=WORDS).first).to_contain_text("未满足")
        count = re.search(r"(\d+) 处没有人看过", clauses.inner_text())
        assert count
        clauses.get_by_role("link", name=re.compile("看程序怎么读")).click()
        expect(page.get_by_role("heading", name=f"没有人看过的 {count[1]} 处")).to_be_visible()
        expect(part(page, WORDS)).to_contain_text("没有人看过")
        open_form(page, WORDS)
        page.get_by_label("认作").select_option("不适用")
        page.get_by_label("说明").fill(REASON)
        page.get_by_label("审定人").fill(WHO)
        page.get_by_label("审定日期").fill("2024-03-01")
        page.get_by_role("button", name="存下审定").click()
        expect(part(page, WORDS)).to_contain_text(f"由{WHO}审定，2024年3月1日")
        expect(part(page, WORDS)).to_contain_text(re.compile(f"已审定.*不适用（{REASON}）", re.DOTALL))
        expect(page.get_by_role("heading", name=f"没有人看过的 {int(count[1]) - 1} 处")).to_be_visible()
        [row] = written(server, WORDS)
        assert (row["认作"], row["说明"], row["审定人"]) == ("不适用", REASON, WHO)
        page.get_by_role("link", name="看核对结果").click()
        line = section(page, "要求逐条核对").locator("li").filter(has_text=WORDS)
        expect(line).to_have_count(1)
        expect(line).to_contain_text(re.compile(f"不适用.*{REASON}.*由{WHO}"))


def test_faults_stand_beside_their_fields_and_what_was_typed_stays(browser: Browser, server: ServerUnderTest) -> None:
    with server.opened(browser, READINGS) as page:
        open_form(page, WORDS)
        page.get_by_label("认作").select_option("不适用")
        page.get_by_label("数量").fill("三十多")
        page.get_by_label("截止日").fill("2024-02-30")
        page.get_by_role("button", name="存下审定").click()
        expect(page.get_by_role("alert")).to_contain_text("有 4 处要改")
        for name, words in (
            ("数量", "数字"),
            ("截止日", "2月没有30日"),
            ("说明", "为什么不适用"),
            ("审定人", "您的名字"),
        ):
            expect(page.get_by_label(name)).to_have_attribute("aria-invalid", "true")
            expect(page.get_by_label(name)).to_have_accessible_description(re.compile(words))
        expect(page.get_by_label("数量")).to_have_value("三十多")
        expect(page.get_by_label("认作")).to_have_value("不适用")
        expect(page.get_by_label("数量")).to_be_in_viewport()
        assert not (server.inputs / FILE).exists()
        page.get_by_label("数量").fill("")
        page.get_by_label("截止日").fill("")
        page.get_by_label("说明").fill(REASON)
        page.get_by_label("审定人").fill(WHO)
        page.get_by_label("审定人").press("Enter")
        expect(part(page, WORDS)).to_contain_text("已审定")
        # The browser keeps the name for this tab; the server has no cookie of it.
        open_form(page, "专账")
        expect(page.get_by_label("审定人")).to_have_value(WHO)
        assert not page.context.cookies()


def test_rows_are_added_and_removed_without_scripts(browser: Browser, server: ServerUnderTest) -> None:
    with server.opened(browser, READINGS, java_script_enabled=False) as page:
        open_form(page, WORDS)
        page.get_by_label("说明").fill("两样")
        page.get_by_role("button", name="加一项").click()
        page.get_by_role("button", name="加一项").click()
        expect(page.get_by_role("group")).to_have_count(3)
        page.get_by_role("button", name="去掉第 3 项").click()
        expect(page.get_by_label("说明").first).to_have_value("两样")
        second = page.get_by_role("group", name="第 2 项")
        second.get_by_label("认作").select_option("其他材料")
        second.get_by_label("材料名称").fill("妇女组织批复")
        page.get_by_label("审定人").fill(WHO)
        page.get_by_role("button", name="存下审定").click()
        expect(part(page, WORDS)).to_contain_text("材料：妇女组织批复")
        assert [row["认作"] for row in written(server, WORDS)] == ["妇女组织", "其他材料"]
        page.get_by_role("link", name="看核对结果").click()
        expect(section(page, "要求逐条核对")).to_contain_text("妇女组织批复")


def test_a_clause_and_then_the_rest_are_confirmed_with_one_question_each(
    browser: Browser, server: ServerUnderTest
) -> None:
    with server.opened(browser, READINGS) as page:
        clause = section(page, "相关要求第4条")
        clause.get_by_role("link", name="这一条都看过了，没有问题").click()
        page.get_by_label("审定人").fill(WHO)
        clause.get_by_role("button", name="都看过了，没有问题").click()
        expect(clause.locator(".parts > .没有人看过, .parts > .请人看一看")).to_have_count(0)
        expect(section(page, "相关要求第1条")).to_contain_text("没有人看过")
        page.get_by_role("link", name="剩下的都看过了，没有问题").click()
        expect(page.get_by_label("审定人")).to_have_value(WHO)
        page.get_by_role("button", name="都看过了，没有问题").click()
        expect(page.get_by_role("heading", name="没有人看过的 0 处")).to_be_visible()
        page.goto(server.address + PROJECT)
        expect(section(page, "要求逐条核对")).to_contain_text("每一处都有人审定过")
        page.goto(f"{server.address}/projects/2")  # it has no workbook
        page.get_by_role("link", name=re.compile("看程序怎么读")).click()
        expect(page.locator(".parts > li").first).to_be_visible()


def fields(page: str, words: str) -> dict[str, str]:
    """Return the hidden fields of the open form on a page."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)) | {"0.认作": words}


STRANGE = ("", "do=save", "do=erase", "do=save&target=x&0.认作=目标", "do=drop-99&target=x", "do=add", "do=confirm")
"""Forms that no page sends."""


def test_a_form_that_no_page_sends_and_a_workbook_that_is_open_elsewhere_change_nothing(
    server: ServerUnderTest,
) -> None:
    for body in STRANGE:
        answer = ask(server, READINGS, "POST", body.encode(), **SENT)
        assert answer.status < 500 and answer.status != 303, body
    page = ask(server, READINGS).words_and_tags
    keys = re.findall(r"edit=([0-9a-f]{12})#", page)
    form = fields(ask(server, f"{READINGS}?edit={keys[0]}").words_and_tags, "不是要求") | {"审定人": WHO, "do": "save"}
    (server.inputs / f"~${FILE}").write_bytes(b"")
    (server.inputs / f".~lock.{FILE}#").write_bytes(b"")
    answer = ask(server, READINGS, "POST", urlencode(form).encode(), **SENT)
    assert answer.status == 409 and "打开着" in answer.words and WHO in answer.words_and_tags
    assert not (server.inputs / FILE).exists()
    (server.inputs / f"~${FILE}").unlink()
    (server.inputs / f".~lock.{FILE}#").unlink()
    foreign = ask(server, READINGS, "POST", urlencode(form).encode(), **SENT, Origin="http://example.org")
    assert foreign.status == 403 and not (server.inputs / FILE).exists()
    # Of equal forms sent at the same time one is written, the others are refused.
    answers: list[int] = []
    send = lambda: answers.append(ask(server, READINGS, "POST", urlencode(form).encode(), **SENT).status)  # noqa: E731
    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409, 409]


CUT_OFF = """[...document.querySelectorAll("main *")].filter((each) => each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display != "inline" && !each.matches(".visually-hidden, select"))
    .map((each) => each.outerHTML.slice(0, 200))"""


def test_the_reading_is_accessible_and_nothing_is_cut_off(browser: Browser, server: ServerUnderTest) -> None:
    with server.opened(browser, READINGS, DESKTOP, bypass_csp=True) as page:
        for state in ("read", "confirm", "faulty"):
            if state == "confirm":
                page.goto(f"{server.address}{READINGS}?confirm=0")
            elif state == "faulty":
                open_form(page, WORDS)
                page.get_by_role("button", name="加一项").click()
                page.get_by_role("button", name="存下审定").click()
                expect(page.get_by_role("alert")).to_be_visible()
            for width, height in (DESKTOP, PHONE):
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert not page.evaluate(CUT_OFF)
                assert not accessibility_violations(page)
