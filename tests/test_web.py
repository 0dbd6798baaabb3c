"""The page and whoever means it ill, or only clicks twice: plain refusals, nothing written outside, nobody disturbed.

The real command serves it. How it looks and what it does for staff is told in `test_browser`.
"""

import http.client
import io
import re
import shutil
import socket
import struct
import subprocess
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from paperwork import fleet, register, store, turn
from paperwork.web.making import TOO_LATE, Makings
from tests import make
from tests.browser import Desk, serve
from tests.conftest import bind, lend
from tests.printing import office
from tests.test_cli import COMMAND

CHILD = "小明"
FORMS = ("活动简报", "附件隔页")


class Answer:
    """What came back."""

    def __init__(self, got: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.content = got.status, got.headers, got.read()

    @property
    def words(self) -> str:
        """As text, without tags."""
        return re.sub(r"<[^>]+>", " ", self.content.decode("utf-8", "replace"))


def ask(desk: Desk, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Ask the page as its own browser would."""
    connection = http.client.HTTPConnection(desk.address.removeprefix("http://"), timeout=60)
    try:
        ours = {"Origin": desk.address} if method == "POST" else {}
        connection.request(method, path, body, {**ours, **headers})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def drop(desk: Desk, path: str, name: str, content: bytes, activity: str = "") -> Answer:
    """Send a file as a form does."""
    edge = "edge-of-a-part"
    field = f'--{edge}\r\nContent-Disposition: form-data; name="activity"\r\n\r\n{activity}\r\n'
    told = name.replace('"', "%22")
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{told}"\r\n\r\n'
    body = (field + head).encode() + content + f"\r\n--{edge}--\r\n".encode()
    return ask(desk, path, "POST", body, **{"Content-Type": f"multipart/form-data; boundary={edge}"})


def listing(*folders: Path) -> dict[str, int]:
    """All files and their sizes."""
    return {str(path): path.stat().st_size for each in folders for path in each.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A page over the good project and its archive."""
    folder = tmp_path_factory.mktemp("page")
    inputs = make.make(folder)
    templates = make.forms(folder, FORMS)
    bind(inputs, folder / "outputs", templates)
    (folder / "secret.txt").write_text("秘密", "utf-8")
    with serve(inputs, folder / "outputs", folder / "said.txt", templates) as running:
        yield running
        assert ask(running, "/").status == 200  # whatever was done to it
    assert not {path.name for path in folder.iterdir()} - {"inputs", "outputs", "templates", "secret.txt", "said.txt"}
    assert CHILD not in (folder / "said.txt").read_text("utf-8")


OUTSIDE = (
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


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_address_leads_outside(desk: Desk, path: str) -> None:
    answer = ask(desk, path)
    assert 400 <= answer.status < 500, answer.words
    assert re.search(r"[\u4e00-\u9fff]", answer.words)
    assert "秘密" not in answer.words and "Traceback" not in answer.words


def bomb() -> bytes:
    """A small .xlsx that would unpack to 5 GB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for number in range(5):
            package.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 2**20)
    # The directory says what is not so: each part a gigabyte.
    return out.getvalue().replace(struct.pack("<L", 2**20), struct.pack("<L", 2**30))


def picture_bomb() -> bytes:
    """A PNG of 60,000 by 60,000 pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


REFUSED = {
    "a program called a workbook": ("项目数据.xlsx", b"MZ\x90\x00" + bytes(2000), ""),
    "a page called a photo": ("照片.jpg", b"<!doctype html><script>alert(1)</script>", "HD-01"),
    "a workbook with macros": ("项目数据.xlsm", b"PK\x03\x04" + bytes(200), ""),
    "a script": ("x.js", b"alert(1)", ""),
    "a drawing that is a program": ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", ""),
    "a zip bomb": ("项目数据.xlsx", bomb(), ""),
    "a picture bomb": ("大.png", picture_bomb(), "HD-01"),
    "an activity that is a path": (f"{CHILD}.jpg", b"\xff\xd8\xff\xe0" + bytes(100), "../../.."),
    "an empty file": ("空.pdf", b"", ""),
    "a hidden file": (".xlsx", b"PK\x03\x04", ""),
    "a video that is none": ("片.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(300), "HD-01"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_is_not_what_it_says_is_refused(desk: Desk, case: str) -> None:
    name, content, activity = REFUSED[case]
    before = listing(desk.inputs, desk.outputs)
    answer = drop(desk, "/projects/1/files", name, content, activity)
    assert answer.status == 200, answer.words
    assert "没有收下" in answer.words or "没有选文件" in answer.words
    assert "请" in answer.words
    assert "Traceback" not in answer.words
    assert listing(desk.inputs, desk.outputs) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../出去.pdf",
        "..\\..\\出去.pdf",
        "/tmp/出去.pdf",
        "C:\\出去.pdf",
        "附件/../../../出去.pdf",
        "出去.pdf\x00.exe",
    ],
)
def test_a_name_that_is_a_path_is_only_a_name(desk: Desk, name: str) -> None:
    before = listing(desk.inputs)
    answer = drop(desk, "/projects/1/files", name, (desk.inputs / "项目1" / "附件" / "审计.pdf").read_bytes())
    assert answer.status in (200, 400)
    new = {Path(path) for path in listing(desk.inputs)} - {Path(path) for path in before}
    assert all(path.parent == desk.inputs / "项目1" / "附件" for path in new)
    assert not [path for path in desk.inputs.parent.iterdir() if "出去" in path.name]
    for path in new:
        path.unlink()


def test_what_is_written_into_a_page_is_never_taken_for_html(desk: Desk) -> None:
    answer = drop(desk, "/projects/1/files", "<img src=x onerror=alert(1)>.js", b"x")
    assert b"<img" not in answer.content
    assert b"&lt;img" in answer.content


def test_a_child_in_the_name_of_a_photo_is_in_no_address(desk: Desk) -> None:
    photo = next(desk.inputs.rglob("*.jpg")).read_bytes() + b"another"
    answer = drop(desk, "/projects/1/files", f"{CHILD}.jpg", photo, "HD-01")
    assert "已收下照片" in answer.words
    assert (desk.inputs / "项目1" / "照片" / "HD-01" / f"{CHILD}.jpg").is_file()
    page = ask(desk, "/projects/1").content.decode()
    assert not [address for address in re.findall(r'(?:href|src|action|hx-\w+)="([^"]*)"', page) if CHILD in address]


def test_a_link_that_leads_outside_is_not_served(tmp_path: Path) -> None:
    """Who may write into a shared folder could have any file served."""
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    bind(inputs, outputs, templates := make.forms(tmp_path, FORMS))
    secret, book = tmp_path / "secret.pdf", inputs / "项目1" / "项目数据.xlsx"
    secret.write_bytes((outputs / "1" / "项目档案.pdf").read_bytes())
    word = outputs / "1" / "word"
    shutil.copy(next(word.iterdir()), word / f"099-家访记录：{CHILD}.docx")
    for name in ("脊背与盒签.pdf", "项目档案.pdf"):
        (outputs / "1" / name).unlink()
        (outputs / "1" / name).symlink_to(secret)
    with serve(inputs, outputs, tmp_path / "said.txt", templates) as page:
        assert quote(CHILD) not in ask(page, "/projects/1").content.decode()
        for path in ("脊背与盒签.pdf", "项目档案.pdf"):
            assert ask(page, f"/projects/1/files/{quote(path)}").status == 404
        assert ask(page, "/projects/1/pictures/160/1").status == 404
        book.rename(tmp_path / book.name)
        book.symlink_to(tmp_path / book.name)
        assert ask(page, "/projects/1/workbook").status == 404


def test_one_file_that_cannot_be_kept_does_not_keep_the_others_from_being_told(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    with serve(inputs, tmp_path / "outputs", tmp_path / "said.txt") as page:
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


def test_a_form_with_too_many_parts_is_refused(desk: Desk) -> None:
    edge = "edge-of-a-part"
    part = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nx\r\n'
    body = (part * 200 + f"--{edge}--\r\n").encode()
    answer = ask(desk, "/projects/1/files", "POST", body, **{"Content-Type": f"multipart/form-data; boundary={edge}"})
    assert answer.status == 400
    assert "没有收下" in answer.words
    broken = ask(desk, "/projects/1/files", "POST", b"no form", **{"Content-Type": "multipart/form-data"})
    assert broken.status == 400


def test_another_page_cannot_have_anything_made(desk: Desk) -> None:
    for path in (*(f"/projects/1/{each}" for each in ("making", "making/stop", "printing", "files")), "/files"):
        assert ask(desk, path, "POST", b"", Origin="http://evil.example").status == 403
        assert ask(desk, path, "GET", Host="evil.example").status == 421


def test_two_builds_of_a_project_never_run_at_once(tmp_path: Path) -> None:
    """Somebody else has the turn: two clicks are one build, and it waits."""
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    lend(outputs)
    with serve(inputs, outputs, tmp_path / "said.txt", make.forms(tmp_path, FORMS)) as desk:
        with turn.of(outputs, "1", "项目1"):
            answers = [ask(desk, "/projects/1/making", "POST", b"", **{"HX-Request": "true"}) for _ in range(3)]
            assert all("取消" in answer.words for answer in answers)
            time.sleep(2)
            assert not [path for path in outputs.glob(".1-*") if path.is_dir()]
        most = 0
        while "取消" in (said := ask(desk, "/projects/1/making").words):
            most = max(most, len([path for path in outputs.glob(".1-*") if path.is_dir()]))
            time.sleep(0.05)
        assert most == 1
        assert "做好了" in said


def press(desk: Desk, number: int, what: str = "") -> str:
    """Press a button that makes an archive or calls it off; what is said then."""
    return ask(desk, f"/projects/{number}/making{what}", "POST", b"", **{"HX-Request": "true"}).words


def said(desk: Desk, number: int, words: str) -> str:
    """Wait until these words stand beside the buttons."""
    end = time.monotonic() + 60
    while words not in (now := ask(desk, f"/projects/{number}/making").words):
        assert time.monotonic() < end, now
        time.sleep(0.05)
    return now


def test_who_waits_is_told_for_whom_and_can_be_called_off(tmp_path: Path) -> None:
    inputs, outputs = make.many(tmp_path, 2), tmp_path / "outputs"
    with serve(inputs, outputs, tmp_path / "said.txt", make.forms(tmp_path, FORMS)) as desk, turn.of(outputs, "1", ""):
        press(desk, 1)
        assert "排队等候：正在生成项目1" in press(desk, 2)
        cards = {number: ask(desk, f"/projects/{number}/card").words for number in (1, 2)}
        assert "正在生成" in cards[1] and "排队等候" in cards[2]
        assert "已取消" in press(desk, 2, "/stop")
        assert "正在取消" in press(desk, 1, "/stop")
        said(desk, 1, "已取消")


def test_who_cancels_too_late_is_told_that_the_archive_is_there(tmp_path: Path) -> None:
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    lend(outputs)
    with serve(inputs, outputs, tmp_path / "said.txt", make.forms(tmp_path, FORMS)) as desk:
        with turn.of(outputs, "register", ""):  # it is made, and only waits to be entered
            press(desk, 1)
            while not (outputs / "1").is_dir():
                time.sleep(0.05)
            press(desk, 1, "/stop")
        assert "现有成品" in said(desk, 1, "做好")  # 做好了, or 取消晚了一步，档案已经做好
    assert (outputs / register.FILE).is_file()


def test_who_cancels_while_it_takes_its_place_is_told_so(tmp_path: Path) -> None:
    """Between the moment in which the archive stands there and the end of its making nothing can be undone."""
    job = fleet.Job(1, tmp_path / "inputs", tmp_path / "outputs", tmp_path / "templates", make.LATER)
    makings, broken_off = Makings(job), Future[fleet.Outcome]()
    broken_off.set_exception(SystemExit(1))
    makings._stopped.add(1)
    (tmp_path / "outputs" / "1").mkdir(parents=True)
    makings._end(job, 0, broken_off)
    assert makings._ended[1].wrong == TOO_LATE[0]
    makings.close()


def send(desk: Desk, **fields: str) -> Answer:
    """Press the button that prints."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(desk, "/projects/1/printing", "POST", urlencode(fields).encode(), **kind)


def test_who_presses_twice_has_it_printed_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with office() as service:
        monkeypatch.setenv("CUPS_SERVER", service.socket)
        service.add("Colour")
        service.add("Laser")
        with serve(desk.inputs, desk.outputs, tmp_path / "said.txt") as page:
            offered = ask(page, "/projects/1/printing").content.decode()
            assert re.findall(r"<option( selected)?>(\w+)", offered) == [(" selected", "Colour"), ("", "Laser")]
            assert "已经送去" not in offered
            answers = [send(page, ticket="0", printer="Laser") for _ in range(2)]
            assert [(each.status, each.headers["location"]) for each in answers] == [(303, "/projects/1/printing")] * 2
            assert re.findall(r"打印版.*\.pdf，任务 Laser-1\b", ask(page, "/projects/1/printing").words)
            assert send(page, ticket="1", printer="Laser").status == 303
            assert {job.content for job in service.jobs(2)} == {(desk.outputs / "1" / "打印版.pdf").read_bytes()}
            assert ask(page, "/projects/1/printing").words.count("任务 Laser-") == 2
            for fields in (
                {},
                {"ticket": "0"},
                {"ticket": "-2"},
                {"ticket": "²"},
                {"ticket": "9" * 5000},
                {"printer": "Laser"},
            ):
                send(page, **fields)
            assert ask(page, "/projects/1/printing").words.count("任务 Laser-") == 2
            gone = send(page, ticket="2", printer="-o raw")
            assert (gone.status, "没有叫“-o raw”的打印机" in gone.words) == (409, True)
        assert len(service.jobs(2)) == 2


def test_without_a_printer_the_page_says_how_to_print(desk: Desk) -> None:
    page = ask(desk, "/projects/1/printing")
    assert "没有找到打印机" in page.words and "实际大小" in page.words
    assert b"<button" not in page.content
    assert send(desk, ticket="0").status == 303
    assert "已经送去" not in ask(desk, "/projects/1/printing").words
    [book] = re.findall(r'href="([^"]+)"[^>]*>打印版\.pdf', page.content.decode())
    assert ask(desk, book).content == (desk.outputs / "1" / "打印版.pdf").read_bytes()


def test_what_is_not_made_yet_cannot_be_printed(tmp_path: Path) -> None:
    with serve(make.make(tmp_path), tmp_path / "outputs", tmp_path / "said.txt") as page:
        answer = ask(page, "/projects/1/printing")
        assert (answer.status, answer.headers["location"]) == (303, "/projects/1#making")
        answer = send(page, ticket="0")
        assert (answer.status, "还没有做好的档案" in answer.words) == (409, True)
        assert ask(page, "/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_on_an_address_that_others_reach_nobody_gets_in_without_the_token(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    command = (COMMAND, "serve", "--host", "0.0.0.0", "--port", "0", "--inputs", inputs, "--outputs", tmp_path / "out")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r":(\d+)/\?token=([\w-]{20,})", line)
            assert found, line
            there = Desk(f"http://127.0.0.1:{found[1]}", inputs, tmp_path / "out", tmp_path)
            for path in ("/", "/static/desk.css", "/projects/1", "/projects/1/workbook", "/?token=wrong"):
                answer = ask(there, path)
                assert answer.status == 401
                assert "紫薇" not in answer.words
            assert ask(there, "/projects/1/making", "POST", b"").status == 401
            cookie = ask(there, f"/?token={found[2]}").headers["set-cookie"]
            assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
            assert ask(there, "/", Cookie=cookie.split(";")[0]).status == 200
        finally:
            process.terminate()
            process.wait(30)
        assert process.stderr is not None
        assert found[2] not in process.stderr.read()


def test_the_page_ends_though_somebody_looks_on(tmp_path: Path) -> None:
    """Ctrl+C while an archive is made and its events are read: the page ends, and what was begun is put away."""
    inputs, outputs = make.make(tmp_path), tmp_path / "outputs"
    with serve(inputs, outputs, tmp_path / "said.txt", make.forms(tmp_path, FORMS)) as desk:
        ask(desk, "/projects/1/making", "POST", b"", **{"HX-Request": "true"})
        connection = http.client.HTTPConnection(desk.address.removeprefix("http://"), timeout=60)
        connection.request("GET", "/projects/1/making/events")
        assert b"progress" in connection.getresponse().readline()
        begun = time.monotonic()
    connection.close()
    assert time.monotonic() - begun < 25  # `serve` would wait 30 seconds and then kill it
    assert not [path for path in outputs.iterdir() if path.is_dir() and path.name != store.FOLDER]


def test_a_port_that_is_taken_is_told_plainly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(
            (COMMAND, "serve", "--port", str(port), "--inputs", tmp_path, "--outputs", tmp_path / "out"),
            capture_output=True, encoding="utf-8", timeout=60,
        )  # fmt: skip
    assert ran.returncode == 5
    assert f"127.0.0.1:{port} 用不了" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_a_catalogue_the_page_says_so_and_takes_one(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    with serve(inputs, tmp_path / "outputs", tmp_path / "said.txt") as desk:
        assert "没有找到项目发布目录" in ask(desk, "/").words
        answer = drop(desk, "/files", "项目发布目录.docx", make.CATALOGUE.read_bytes())
        assert "已收下目录" in answer.words, answer.words
        assert (inputs / "项目发布目录.docx").is_file()
        board = ask(desk, "/board").words
        assert "紫薇伙伴" in board
        assert "没有工作簿" in ask(desk, "/projects/2/card").words
