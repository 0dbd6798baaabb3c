"""The web server against hostile or careless requests: clear refusals, no writes outside, no effect on other users.

The tests run the real command. Appearance and use by staff are tested in `test_browser`.
"""

import http.client
import io
import os
import re
import shutil
import socket
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from paperwork.app.web.jobs import PERCENT_AT_STEP, TOO_LATE, JobQueue
from paperwork.archive import register
from paperwork.build import batch
from paperwork.build.pool import Pool
from paperwork.build.progress import Step
from paperwork.core import cache, filenames, lock, logs
from tests import make
from tests.app.test_cli import COMMAND
from tests.browser import ServerUnderTest, serve
from tests.conftest import bind, link_cache
from tests.printing import office
from tests.waiting import SECONDS, wait_until

CHILD = "小明"
FORMS = ("活动简报", "附件隔页")


class Answer:
    """Response, read to its end."""

    def __init__(self, got: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.content = got.status, got.headers, got.read()

    @property
    def words(self) -> str:
        """Return the body as text without tags."""
        return re.sub(r"<[^>]+>", " ", self.words_and_tags)

    @property
    def words_and_tags(self) -> str:
        """Return the body as text."""
        return self.content.decode("utf-8", "replace")


def ask(site: ServerUnderTest, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Send a request as a browser on our own page would."""
    connection = http.client.HTTPConnection(site.address.removeprefix("http://"), timeout=SECONDS)
    try:
        ours = {"Origin": site.address} if method == "POST" else {}
        connection.request(method, path, body, {**ours, **headers})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def drop(site: ServerUnderTest, path: str, name: str, content: bytes, activity: str = "") -> Answer:
    """Upload a file as the form does."""
    edge = "edge-of-a-part"
    field = f'--{edge}\r\nContent-Disposition: form-data; name="activity"\r\n\r\n{activity}\r\n'
    quoted = name.replace('"', "%22")
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
    body = (field + head).encode() + content + f"\r\n--{edge}--\r\n".encode()
    return ask(site, path, "POST", body, **{"Content-Type": f"multipart/form-data; boundary={edge}"})


def file_sizes(*folders: Path) -> dict[str, int]:
    """Return the size of every file in the folders by its path, but not of the log."""
    files = (path for each in folders for path in each.rglob("*") if path.is_file() and path.parent.name != logs.FOLDER)
    return {str(path): path.stat().st_size for path in files}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    """Serve the good project and its archive."""
    folder = tmp_path_factory.mktemp("page")
    inputs = make.make(folder)
    templates = make.forms(folder, FORMS)
    bind(inputs, folder / "outputs", templates)
    (folder / "secret.txt").write_text("秘密", "utf-8")
    with serve(inputs, folder / "outputs", folder / "log.txt", templates) as server:
        yield server
        assert ask(server, "/").status == 200  # it still answers after all tests
    assert not {path.name for path in folder.iterdir()} - {"inputs", "outputs", "templates", "secret.txt", "log.txt"}
    assert CHILD not in (folder / "log.txt").read_text("utf-8")


FORBIDDEN_URLS = (
    "/static/..%2fapp.py",
    "/static/../../cli.py",
    "/static/%2e%2e/%2e%2e/cli.py",
    "/static/guard.py",
    "/projects/1/files/..%2f..%2f..%2fsecret.txt",
    "/projects/1/files/%2e%2e%2f%2e%2e%2finputs",
    "/projects/1/files/%2fetc%2fpasswd",
    "/projects/1/files/..%5c..%5csecret.txt",
    "/projects/1/files/manifest.json",
    "/projects/1/files/" + quote("电子档案包"),
    "/projects/1/files/item-0",
    "/projects/1/files/item-99999",
    "/projects/1/files/item-1%00.docx",
    "/projects/1/pages/..%2f1",
    "/projects/1/pages/99999",
    "/projects/1/pictures/160/99999",
    "/projects/1/pictures/90000/1",
    "/projects/-1",
    "/projects/1e3",
    "/projects/99999999999999999999",
    "/projects/77",
    "/projects/77/marked",
    "/projects/77/workbook",
    "/projects/77/blank",
    "/projects/77/card",
    "/secret.txt",
    "//secret.txt",
    "/docs",
    "/openapi.json",
)


@pytest.mark.parametrize("path", FORBIDDEN_URLS)
def test_url_outside_the_project_is_refused(site: ServerUnderTest, path: str) -> None:
    answer = ask(site, path)
    assert 400 <= answer.status < 500, answer.words
    assert re.search(r"[\u4e00-\u9fff]", answer.words)
    assert "秘密" not in answer.words and "Traceback" not in answer.words


def zip_bomb() -> bytes:
    """Return a small .xlsx that claims to unpack to 5 GB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for number in range(5):
            package.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 2**20)
    # Forge the sizes in the zip headers: a gigabyte for each member.
    return out.getvalue().replace(struct.pack("<L", 2**20), struct.pack("<L", 2**30))


def picture_bomb() -> bytes:
    """Return a PNG of 60,000 by 60,000 pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


REFUSED = {
    "an executable named .xlsx": ("项目数据.xlsx", b"MZ\x90\x00" + bytes(2000), ""),
    "an HTML file named .jpg": ("照片.jpg", b"<!doctype html><script>alert(1)</script>", "HD-01"),
    "a workbook with macros": ("项目数据.xlsm", b"PK\x03\x04" + bytes(200), ""),
    "a script": ("x.js", b"alert(1)", ""),
    "an SVG with a script": ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", ""),
    "a zip bomb": ("项目数据.xlsx", zip_bomb(), ""),
    "a picture bomb": ("大.png", picture_bomb(), "HD-01"),
    "an activity that is a path": (f"{CHILD}.jpg", b"\xff\xd8\xff\xe0" + bytes(100), "../../.."),
    "an empty file": ("空.pdf", b"", ""),
    "a hidden file": (".xlsx", b"PK\x03\x04", ""),
    "an invalid video": ("片.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(300), "HD-01"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_unacceptable_upload_is_refused(site: ServerUnderTest, case: str) -> None:
    name, content, activity = REFUSED[case]
    before = file_sizes(site.inputs, site.outputs)
    answer = drop(site, "/projects/1/files", name, content, activity)
    assert answer.status == 200, answer.words
    assert "没有收下" in answer.words or "没有选文件" in answer.words
    assert answer.words.count("请") == 1
    assert "Traceback" not in answer.words
    assert file_sizes(site.inputs, site.outputs) == before


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("../../出去.pdf", False),
        ("..\\..\\出去.pdf", False),
        ("/tmp/出去.pdf", False),
        ("附件/../../../出去.pdf", False),
        ("出去.pdf\x00.exe", False),
        ("C:\\出去.pdf", True),  # as old browsers name a file: its folder is dropped
        ("出去.pdf", True),
    ],
)
def test_folders_in_an_upload_name_are_refused_or_ignored(site: ServerUnderTest, name: str, accepted: bool) -> None:
    before = file_sizes(site.inputs.parent)
    answer = drop(site, "/projects/1/files", name, (site.inputs / "项目1" / "附件" / "审计.pdf").read_bytes())
    new = [Path(path) for path in file_sizes(site.inputs.parent).keys() - before.keys()]
    assert ("已收下" in answer.words, "没有收下" in answer.words) == (accepted, not accepted), answer.words
    assert [path for path in new if path.suffix == ".pdf"] == [site.inputs / "项目1" / "附件" / "出去.pdf"] * accepted
    for path in new:
        path.unlink()


def test_upload_name_is_escaped_in_html(site: ServerUnderTest) -> None:
    answer = drop(site, "/projects/1/files", "<img src=x onerror=alert(1)>.js", b"x")
    assert b"<img" not in answer.content
    assert b"&lt;img" in answer.content


def test_photo_names_do_not_appear_in_urls(site: ServerUnderTest) -> None:
    photo = next(site.inputs.rglob("*.jpg")).read_bytes() + b"another"
    answer = drop(site, "/projects/1/files", f"{CHILD}.jpg", photo, "HD-01")
    assert "已收下照片" in answer.words
    assert (site.inputs / "项目1" / "照片" / "HD-01" / f"{CHILD}.jpg").is_file()
    page = ask(site, "/projects/1").content.decode()
    assert not [address for address in re.findall(r'(?:href|src|action|hx-\w+)="([^"]*)"', page) if CHILD in address]


def test_pages_show_what_becomes_of_each_file(site: ServerUnderTest) -> None:
    names = {
        "项目1/照片/HD-77/海.jpg": "没有这个编号的活动",
        f"项目1/照片/{os.fsdecode('合影'.encode('gbk'))}.jpg": "不知道是哪次活动的",
        os.fsdecode(b"\xff\xfe\x80.bin"): "不在哪个项目的文件夹里",
    }
    for name in names:
        (path := site.inputs / name).parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    try:
        wait_until(lambda: "HD-77" in ask(site, "/projects/1").words)  # the scan of the folders is up to a second old
        of_all, of_project = ask(site, "/inputs"), ask(site, "/projects/1")
        assert of_all.status == of_project.status == ask(site, "/").status == 200
        for name, reason in names.items():
            line = rf"{re.escape(filenames.readable_path(name))}：[^。]*{reason}"
            assert re.search(line, of_all.words), name
            assert bool(re.search(line, of_project.words)) == name.startswith("项目1"), name
        assert "项目1/项目数据.xlsx　用上：项目1的工作簿" in re.sub(r"\s*\n\s*| (?=　)", "", of_all.words)
    finally:
        for name in names:
            (site.inputs / name).unlink()
        (site.inputs / "项目1" / "照片" / "HD-77").rmdir()


def test_symlink_to_an_outside_file_is_not_served(tmp_path: Path) -> None:
    """Refuse symlinks; anyone with write access to a shared folder could otherwise have any file served."""
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    bind(inputs, outputs, templates := make.forms(tmp_path, FORMS))
    secret, book = tmp_path / "secret.pdf", inputs / "项目1" / "项目数据.xlsx"
    secret.write_bytes((outputs / "1" / "项目档案.pdf").read_bytes())
    word = outputs / "1" / "word"
    shutil.copy(next(word.iterdir()), word / f"099-家访记录：{CHILD}.docx")
    for name in ("脊背与盒签.pdf", "项目档案.pdf"):
        (outputs / "1" / name).unlink()
        (outputs / "1" / name).symlink_to(secret)
    with serve(inputs, outputs, tmp_path / "log.txt", templates) as page:
        assert quote(CHILD) not in ask(page, "/projects/1").content.decode()
        for path in ("脊背与盒签.pdf", "项目档案.pdf"):
            assert ask(page, f"/projects/1/files/{quote(path)}").status == 404
        assert ask(page, "/projects/1/pictures/160/1").status == 404
        book.rename(tmp_path / book.name)
        book.symlink_to(tmp_path / book.name)
        assert ask(page, "/projects/1/workbook").status == 404


def test_failure_of_one_upload_does_not_stop_the_others(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    with serve(inputs, tmp_path / "outputs", tmp_path / "log.txt") as page:
        shutil.rmtree(inputs / "项目1" / "附件")
        (inputs / "项目1" / "附件").write_text("a file, not a folder", "utf-8")
        pdf, photo = (
            make.scan(tmp_path / "a.pdf").read_bytes(),
            make.photo(tmp_path / "新.jpg", (9, 9, 99)).read_bytes(),
        )
        edge = "edge-of-a-part"
        parts = [b'Content-Disposition: form-data; name="activity"\r\n\r\nHD-01\r\n']
        for name, content in (("a.pdf", pdf), ("新.jpg", photo)):
            head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
        body = b"".join(f"--{edge}\r\n".encode() + part for part in parts) + f"--{edge}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        answer = ask(page, "/projects/1/files", "POST", body, **kind)
        assert (answer.status, answer.words.count("没有收下"), answer.words.count("已收下")) == (200, 1, 1)
        assert (inputs / "项目1" / "照片" / "HD-01" / "新.jpg").is_file()


def test_oversized_or_malformed_form_is_refused(site: ServerUnderTest) -> None:
    edge = "edge-of-a-part"
    part = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nx\r\n'
    body = (part * 200 + f"--{edge}--\r\n").encode()
    answer = ask(site, "/projects/1/files", "POST", body, **{"Content-Type": f"multipart/form-data; boundary={edge}"})
    assert answer.status == 400
    assert "没有收下" in answer.words
    broken = ask(site, "/projects/1/files", "POST", b"no form", **{"Content-Type": "multipart/form-data"})
    assert broken.status == 400


def test_cross_origin_requests_are_refused(site: ServerUnderTest) -> None:
    for path in (*(f"/projects/1/{each}" for each in ("making", "making/stop", "printing", "files")), "/files"):
        assert ask(site, path, "POST", b"", Origin="http://evil.example").status == 403
        assert ask(site, path, "GET", Host="evil.example").status == 421


def is_open_elsewhere(path: Path) -> bool:
    """Return True if another process has a file open."""
    for opened in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if opened.readlink() == path and opened.parts[2] != str(os.getpid()):
                return True
    return False


def test_builds_of_one_project_do_not_run_concurrently(tmp_path: Path) -> None:
    """Hold the lock here: repeated clicks start one build, and it waits for the lock."""
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    link_cache(outputs)
    with serve(inputs, outputs, tmp_path / "log.txt", make.forms(tmp_path, FORMS)) as site:
        with lock.hold(outputs, "1", "项目1"):
            answers = [ask(site, "/projects/1/making", "POST", b"", **{"HX-Request": "true"}) for _ in range(3)]
            assert all("取消" in answer.words for answer in answers)
            wait_until(lambda: is_open_elsewhere(outputs / ".1.lock"))  # the build waits for it
            assert not [path for path in outputs.glob(".1-*") if path.is_dir()]
        counts: list[int] = []

        def is_done() -> bool:
            counts.append(len([path for path in outputs.glob(".1-*") if path.is_dir()]))
            return "取消" not in ask(site, "/projects/1/making").words

        wait_until(is_done)
        assert max(counts) == 1
        assert "做好了" in ask(site, "/projects/1/making").words


def press_build_button(site: ServerUnderTest, number: int, action: str = "") -> str:
    """Press the button that starts or cancels a build; return the text of the answer."""
    return ask(site, f"/projects/{number}/making{action}", "POST", b"", **{"HX-Request": "true"}).words


def wait_for_text(site: ServerUnderTest, number: int, text: str) -> str:
    """Wait until a text appears beside the buttons; return all text there."""

    def words() -> str:
        now = ask(site, f"/projects/{number}/making").words
        return now if text in now else ""

    return wait_until(words)


def test_queued_build_names_the_running_one_and_can_be_cancelled(tmp_path: Path) -> None:
    inputs, outputs = make.many(tmp_path, 2), tmp_path / "outputs"
    with serve(inputs, outputs, tmp_path / "log.txt", make.forms(tmp_path, FORMS)) as site, lock.hold(outputs, "1", ""):
        press_build_button(site, 1)
        assert "排队等候：正在生成项目1" in press_build_button(site, 2)
        cards = {number: ask(site, f"/projects/{number}/card").words for number in (1, 2)}
        assert "正在生成" in cards[1] and "排队等候" in cards[2]
        assert "已取消" in press_build_button(site, 2, "/stop")
        assert "正在取消" in press_build_button(site, 1, "/stop")
        wait_for_text(site, 1, "已取消")


def test_late_cancel_leaves_the_finished_archive(tmp_path: Path) -> None:
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    link_cache(outputs)
    with serve(inputs, outputs, tmp_path / "log.txt", make.forms(tmp_path, FORMS)) as site:
        with lock.hold(outputs, "register", ""):  # the archive is finished; only its entry in the register waits
            press_build_button(site, 1)
            wait_until((outputs / "1").is_dir)
            press_build_button(site, 1, "/stop")
        assert "现有成品" in wait_for_text(site, 1, "做好")  # 做好了, or 取消晚了一步，档案已经做好
    assert (outputs / register.FILE).is_file()


def test_progress_rises_with_every_step() -> None:
    assert list(PERCENT_AT_STEP) == list(Step)
    assert sorted(PERCENT_AT_STEP.values()) == list(PERCENT_AT_STEP.values())


def test_cancel_of_a_build_already_in_place_reports_too_late(tmp_path: Path) -> None:
    """Cancel after the archive has been put in place and before the build ends, when nothing can be undone.

    The lock held here keeps the build from ending; the test puts a folder in the archive's place itself.
    """
    outputs = tmp_path / "outputs"
    job = batch.Job(1, make.make(tmp_path), outputs, make.forms(tmp_path, FORMS), make.LATER)
    builds = JobQueue(job, Pool.start(1))
    with lock.hold(outputs, "1", ""):
        builds.begin(1, make.LATER)
        assert outcome_of(builds, 1) is None
        (outputs / "1").mkdir()
        builds.cancel(1)
        builds.close()  # waits for the end of the build
    outcome = outcome_of(builds, 1)
    assert outcome and (outcome.wrong, outcome.mend) == TOO_LATE


def outcome_of(builds: JobQueue, number: int) -> batch.Outcome | None:
    """Return the outcome of a build that was started; None if it has not ended."""
    progress = builds.progress_of(number)
    assert progress
    return progress.outcome


def press_print_button(site: ServerUnderTest, **fields: str) -> Answer:
    """Press the print button."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(site, "/projects/1/printing", "POST", urlencode(fields).encode(), **kind)


def test_double_click_prints_once(site: ServerUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with office() as service:
        monkeypatch.setenv("CUPS_SERVER", service.socket)
        service.add("Colour")
        service.add("Laser")
        with serve(site.inputs, site.outputs, tmp_path / "log.txt") as page:
            offered = ask(page, "/projects/1/printing").content.decode()
            assert re.findall(r"<option( selected)?>(\w+)", offered) == [(" selected", "Colour"), ("", "Laser")]
            assert "已经送去" not in offered
            answers = [press_print_button(page, ticket="0", printer="Laser") for _ in range(2)]
            assert [(each.status, each.headers["location"]) for each in answers] == [(303, "/projects/1/printing")] * 2
            assert re.findall(r"打印版.*\.pdf，任务 Laser-1\b", ask(page, "/projects/1/printing").words)
            assert press_print_button(page, ticket="1", printer="Laser").status == 303
            assert {job.content for job in service.jobs(2)} == {(site.outputs / "1" / "打印版.pdf").read_bytes()}
            assert ask(page, "/projects/1/printing").words.count("任务 Laser-") == 2
            for fields in (
                {},
                {"ticket": "0"},
                {"ticket": "-2"},
                {"ticket": "²"},
                {"ticket": "9" * 5000},
                {"printer": "Laser"},
            ):
                press_print_button(page, **fields)
            assert ask(page, "/projects/1/printing").words.count("任务 Laser-") == 2
            unknown = press_print_button(page, ticket="2", printer="-o raw")
            assert (unknown.status, "没有叫“-o raw”的打印机" in unknown.words) == (409, True)
        assert len(service.jobs(2)) == 2


def test_printing_page_without_a_printer_explains_manual_printing(site: ServerUnderTest) -> None:
    page = ask(site, "/projects/1/printing")
    assert "没有找到打印机" in page.words and "实际大小" in page.words
    assert b"<button" not in page.content
    assert press_print_button(site, ticket="0").status == 303
    assert "已经送去" not in ask(site, "/projects/1/printing").words
    [book] = re.findall(r'href="([^"]+)"[^>]*>打印版\.pdf', page.content.decode())
    assert ask(site, book).content == (site.outputs / "1" / "打印版.pdf").read_bytes()


def test_project_without_an_archive_cannot_be_printed(tmp_path: Path) -> None:
    with serve(make.make(tmp_path), tmp_path / "outputs", tmp_path / "log.txt") as page:
        answer = ask(page, "/projects/1/printing")
        assert (answer.status, answer.headers["location"]) == (303, "/projects/1#making")
        answer = press_print_button(page, ticket="0")
        assert (answer.status, "还没有做好的档案" in answer.words) == (409, True)
        assert ask(page, "/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_public_address_requires_the_token(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    command = (COMMAND, "serve", "--host", "0.0.0.0", "--port", "0", "--inputs", inputs, "--outputs", tmp_path / "out")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r":(\d+)/\?token=([\w-]{20,})", line)
            assert found, line
            server = ServerUnderTest(f"http://127.0.0.1:{found[1]}", inputs, tmp_path / "out", tmp_path)
            for path in ("/", "/static/desk.css", "/projects/1", "/projects/1/workbook", "/?token=wrong"):
                answer = ask(server, path)
                assert answer.status == 401
                assert "紫薇" not in answer.words
            assert ask(server, "/projects/1/making", "POST", b"").status == 401
            cookie = ask(server, f"/?token={found[2]}").headers["set-cookie"]
            assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
            assert ask(server, "/", Cookie=cookie.split(";")[0]).status == 200
        finally:
            process.terminate()
            process.wait(30)
        assert process.stderr is not None
        assert found[2] not in process.stderr.read()


def test_server_stops_while_a_client_reads_events(tmp_path: Path) -> None:
    """Stop the server during a build whose events are being read: it ends, and the unfinished build is removed."""
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    with serve(inputs, outputs, tmp_path / "log.txt", make.forms(tmp_path, FORMS)) as site:
        ask(site, "/projects/1/making", "POST", b"", **{"HX-Request": "true"})
        connection = http.client.HTTPConnection(site.address.removeprefix("http://"), timeout=SECONDS)
        connection.request("GET", "/projects/1/making/events")
        assert b"progress" in connection.getresponse().readline()
    # `serve` raises if the server has not ended within its time limit.
    connection.close()
    assert not [
        path for path in outputs.iterdir() if path.is_dir() and path.name not in (cache.CACHE_FOLDER, logs.FOLDER)
    ]


def test_port_in_use_exits_with_5(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(
            (COMMAND, "serve", "--port", str(port), "--inputs", tmp_path, "--outputs", tmp_path / "out"),
            capture_output=True, encoding="utf-8", timeout=SECONDS,
        )  # fmt: skip
    assert ran.returncode == 5
    assert f"127.0.0.1:{port} 用不了" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_page_without_a_catalogue_accepts_one(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    with serve(inputs, tmp_path / "outputs", tmp_path / "log.txt") as site:
        assert "没有找到项目发布目录" in ask(site, "/").words
        answer = drop(site, "/files", "项目发布目录.docx", make.CATALOGUE.read_bytes())
        assert "已收下目录" in answer.words, answer.words
        assert (inputs / "项目发布目录.docx").is_file()
        board = ask(site, "/board").words
        assert "紫薇伙伴" in board
        assert "没有工作簿" in ask(site, "/projects/2/card").words
