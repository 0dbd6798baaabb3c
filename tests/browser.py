"""Browser test helpers: serve the page with the real command, open it in Debian's Chromium, record every request."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, sync_playwright

from tests import make
from tests.app.test_cli import COMMAND

AXE = make.ROOT / "tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1366, 768), (390, 844)
SECONDS = 120
SEVERE = ("serious", "critical")


@dataclass
class BrowserLog:
    """Every request of a browser, and its console errors, warnings and uncaught exceptions."""

    requests: list[Request] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def record(self, context: BrowserContext) -> None:
        """Record what happens in a browser context from now on."""
        context.on("request", lambda request: self.requests.append(request))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.messages.append(str(error.error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.messages.append(message.text)

    @property
    def addresses(self) -> list[str]:
        """Return the requested URLs, percent-decoded."""
        return [unquote(request.url) for request in self.requests]


@dataclass
class ServerUnderTest:
    """A running server with folders of its own."""

    address: str
    inputs: Path
    outputs: Path
    log: Path
    """Standard error of the server."""
    browser_log: BrowserLog = field(default_factory=BrowserLog)

    @contextmanager
    def opened(self, browser: Browser, path: str = "", size: tuple[int, int] = DESKTOP, **given: Any) -> Iterator[Page]:
        """Open a page in a browser context of its own."""
        window = {"width": size[0], "height": size[1]}
        with browser.new_context(viewport=window, locale="zh-CN", accept_downloads=True, **given) as context:  # type: ignore[arg-type]
            context.set_default_timeout(SECONDS * 1000)
            self.browser_log.record(context)
            page = context.new_page()
            page.goto(self.address + path)
            yield page


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium. Its sandbox does not start as root."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "run tools/setup.sh test"
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0) as browser,
    ):
        yield browser


@contextmanager
def serve(
    inputs: Path, outputs: Path, log: Path, templates: Path = make.ROOT / "templates"
) -> Iterator[ServerUnderTest]:
    """Run `paperwork serve` as staff do and end it with SIGINT, which must leave no traceback."""
    folders = ("--inputs", inputs, "--outputs", outputs, "--templates", templates)
    with (
        log.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            (COMMAND, "serve", "--port", "0", *folders), stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8"
        ) as process,
    ):
        assert process.stdout is not None
        try:
            found = None
            while not found:
                line = process.stdout.readline()
                assert line, log.read_text("utf-8")
                found = re.search(r"http://127\.0\.0\.1:\d+", line)
            yield ServerUnderTest(found[0], inputs, outputs, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(SECONDS)
            finally:
                process.kill()
    assert "Traceback" not in log.read_text("utf-8")


def section(page: Page, name: str) -> Locator:
    """Return the section of the page with this heading."""
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def drop(page: Page, form: Locator, path: Path) -> None:
    """Drag a file onto a form, as from the file manager."""
    content, name = base64.b64encode(path.read_bytes()).decode(), path.name
    form.evaluate(
        """(form, [name, content]) => {
            const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], name));
            for (const kind of ["dragenter", "dragover", "drop"])
                form.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files }));
        }""",
        [name, content],
    )


def download(page: Page, link: Locator) -> bytes:
    """Click a link and return the downloaded file."""
    with page.expect_download() as info:
        link.click()
    return info.value.path().read_bytes()


def fetch_link(page: Page, link: Locator) -> bytes:
    """Fetch the target of a link from within the page, with its cookies."""
    encoded: str = page.evaluate(
        """async (address) => {
            const answer = await fetch(address);
            if (!answer.ok) throw new Error(`${answer.status} ${address}`);
            const bytes = new Uint8Array(await answer.arrayBuffer());
            let text = "";
            for (let at = 0; at < bytes.length; at += 32768)
                text += String.fromCharCode(...bytes.subarray(at, at + 32768));
            return btoa(text);
        }""",
        link.get_attribute("href"),
    )
    return base64.b64decode(encoded)


def accessibility_violations(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core on a page."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in SEVERE
        for node in each["nodes"]
    ]


def manifest(server: ServerUnderTest) -> dict[str, Any]:
    """Return the manifest of project 1's archive."""
    data: dict[str, Any] = json.loads((server.outputs / "1" / "manifest.json").read_text("utf-8"))
    return data
