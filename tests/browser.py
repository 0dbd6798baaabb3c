"""The page as people meet it: the real command serves it, Debian's Chromium shows it, all that it asks for is noted."""

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
from tests.test_cli import COMMAND

AXE = make.ROOT / "tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
DESK, PHONE = (1366, 768), (390, 844)
SECONDS = 120
GRAVE = ("serious", "critical")


@dataclass
class Seen:
    """What a browser asked for, and what it complained of."""

    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """From now on."""
        context.on("request", lambda request: self.requests.append(request))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    @property
    def addresses(self) -> list[str]:
        """What was asked for, as people read it."""
        return [unquote(request.url) for request in self.requests]


@dataclass
class Desk:
    """A running page over its own folders."""

    address: str
    inputs: Path
    outputs: Path
    said: Path
    """What the server printed."""
    seen: Seen = field(default_factory=Seen)

    @contextmanager
    def opened(self, browser: Browser, path: str = "", size: tuple[int, int] = DESK, **given: Any) -> Iterator[Page]:
        """A page in a window of its own."""
        window = {"width": size[0], "height": size[1]}
        with browser.new_context(viewport=window, locale="zh-CN", accept_downloads=True, **given) as context:  # type: ignore[arg-type]
            context.set_default_timeout(SECONDS * 1000)
            self.seen.watch(context)
            page = context.new_page()
            page.goto(self.address + path)
            yield page


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's own browser. Root can have no sandbox."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "run tools/setup.sh test"
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0) as browser,
    ):
        yield browser


@contextmanager
def serve(inputs: Path, outputs: Path, said: Path, templates: Path = make.ROOT / "templates") -> Iterator[Desk]:
    """Run `paperwork serve` as staff do, until Ctrl+C."""
    folders = ("--inputs", inputs, "--outputs", outputs, "--templates", templates)
    with (
        said.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            (COMMAND, "serve", "--port", "0", *folders), stdout=subprocess.PIPE, stderr=log, encoding="utf-8"
        ) as process,
    ):
        assert process.stdout is not None
        try:
            found = None
            while not found:
                line = process.stdout.readline()
                assert line, said.read_text("utf-8")
                found = re.search(r"http://127\.0\.0\.1:\d+", line)
            yield Desk(found[0], inputs, outputs, said)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            finally:
                process.kill()
    assert "Traceback" not in said.read_text("utf-8")


def section(page: Page, name: str) -> Locator:
    """A part of the page by its heading."""
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def drop(page: Page, form: Locator, path: Path) -> None:
    """Drop a file onto a form, as from the file manager."""
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


def taken(page: Page, link: Locator) -> bytes:
    """What lands among the downloads when a link is followed."""
    with page.expect_download() as download:
        link.click()
    return download.value.path().read_bytes()


def fetched(page: Page, link: Locator) -> bytes:
    """What lies behind a link, as the page itself gets it."""
    told: str = page.evaluate(
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
    return base64.b64decode(told)


def hindrances(page: Page) -> list[str]:
    """What axe-core finds that would seriously keep people from using a page."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def manifest(desk: Desk) -> dict[str, Any]:
    """What project 1's archive says of itself."""
    told: dict[str, Any] = json.loads((desk.outputs / "1" / "manifest.json").read_text("utf-8"))
    return told
