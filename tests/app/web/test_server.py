"""The HTTP server under the page: connection limit, request timeout, and malformed HTTP."""

import asyncio
import contextlib
import http.client
import io
import re
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from paperwork.app.web import guard
from paperwork.app.web.guard import Message, Receive, Send
from paperwork.app.web.server import BoundedProtocol
from tests import make
from tests.app.test_cli import COMMAND
from tests.app.web.test_guard import KEEP_ALIVE, Page, Served, refused, served
from tests.browser import serve
from tests.waiting import SECONDS, wait_until

REQUEST_LINE = b"GET / HTTP/1.1\r\n"


class ShortTimeout(BoundedProtocol):
    """Connection with a timeout of half a second."""

    HEAD_SECONDS = 0.5


class FewConnections(BoundedProtocol):
    """Connection of which only five may be open; their timeout is too long to close one during the test."""

    MAX_CONNECTIONS, HEAD_SECONDS = 5, float(KEEP_ALIVE)


@dataclass
class SlowAnswer(Page):
    """Application whose answer takes longer than the timeout."""

    pieces: int = 8

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Stream a body in pieces, as the progress of a build is streamed."""
        if scope["type"] != "http" or scope["path"] != "/long":
            return await super().__call__(scope, receive, send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(self.pieces):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b"."})


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    """Serve the slow application with a short timeout."""
    with served(SlowAnswer(), http=ShortTimeout) as each:
        yield each


@contextmanager
def connected(port: int, data: bytes = b"") -> Iterator[socket.socket]:
    """Open a connection, send these bytes, and keep it open."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as sock:
        sock.sendall(data)
        yield sock


def wait_until_closed(sock: socket.socket) -> None:
    """Wait until the server closes the connection; ignore what it sends. Fails before uvicorn closes an idle one."""
    sock.settimeout(KEEP_ALIVE / 2)
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(65536):
            pass


def answers(page: Served) -> bool:
    """Return True if the server answers, False if it closes the connection as one too many."""
    try:
        return page.ask()[0] == 200
    except (http.client.HTTPException, ConnectionError):
        return False


def read_status(sock: socket.socket) -> int:
    """Read an answer to its end; return its status."""
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    answer.read()
    return answer.status


def request_bytes(page: Served, path: str = "/") -> bytes:
    """Return the bytes of a complete request."""
    return f"GET {path} HTTP/1.1\r\nHost: {page.name}\r\n\r\n".encode()


# ---- timeout


@pytest.mark.parametrize("data", [b"", b"G", REQUEST_LINE, REQUEST_LINE + b"Host: x\r\n"])
def test_incomplete_request_times_out(page: Served, data: bytes) -> None:
    since = time.monotonic()
    with connected(page.port, data) as sock:
        wait_until_closed(sock)
        assert time.monotonic() - since > 0.4


def test_slow_headers_do_not_extend_the_timeout(page: Served) -> None:
    """Send a header again and again until the server closes the connection."""
    with connected(page.port, REQUEST_LINE) as sock:
        sock.settimeout(0.05)  # the pause between two headers
        end = time.monotonic() + SECONDS
        with contextlib.suppress(ConnectionError):
            while True:
                assert time.monotonic() < end, "the timeout was extended"
                with contextlib.suppress(TimeoutError):
                    assert sock.recv(65536) == b""
                    break
                sock.sendall(b"X: y\r\n")
    assert page.ask()[0] == 200


def test_each_request_on_a_connection_has_its_own_timeout(page: Served) -> None:
    since = time.monotonic()
    with connected(page.port) as sock:
        while time.monotonic() - since < 3 * ShortTimeout.HEAD_SECONDS:
            sock.sendall(request_bytes(page))
            assert read_status(sock) == 200
        since = time.monotonic()
        sock.sendall(REQUEST_LINE)
        wait_until_closed(sock)
        assert time.monotonic() - since > 0.4


def test_unread_body_does_not_keep_a_connection_open() -> None:
    """Answer without reading the body, which then arrives byte by byte."""

    async def answer_at_once(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    with served(answer_at_once, http=ShortTimeout) as page:  # type: ignore[arg-type]
        headers = f"Host: {page.name}\r\nOrigin: http://{page.name}\r\nContent-Length: 99999"
        with connected(page.port, f"POST / HTTP/1.1\r\n{headers}\r\n\r\n".encode()) as sock:
            assert read_status(sock) == 200
            sock.sendall(b"x")
            wait_until_closed(sock)


def test_long_answer_and_slow_body_are_not_cut_off(page: Served) -> None:
    since = time.monotonic()
    assert page.ask("/long")[2] == "xxxxxxxx."
    assert time.monotonic() - since > 1.5
    head = f"POST / HTTP/1.1\r\nHost: {page.name}\r\nOrigin: http://{page.name}\r\nContent-Length: 8\r\n\r\n"
    assert page.say(head.encode(), *[b"x"] * 8, pause=0.2)[2] == "8"


# ---- connection limit


def test_connection_over_the_limit_is_closed_and_the_others_continue() -> None:
    with served(SlowAnswer(), http=FewConnections) as page:
        with contextlib.ExitStack() as stack:
            first = [stack.enter_context(connected(page.port, request_bytes(page, "/long"))) for _ in range(5)]
            assert all(b"200" in sock.recv(65536) for sock in first)
            with connected(page.port) as more:
                wait_until_closed(more)
            for sock in first:
                received = sock.recv(65536)
                while not received.endswith(b"0\r\n\r\n"):
                    received += sock.recv(65536)
        wait_until(lambda: answers(page))


@pytest.mark.parametrize(("files", "most"), [(256, 85), (20_000, 200), (resource.RLIM_INFINITY, 200)])
def test_connection_limit_leaves_file_descriptors_free(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert BoundedProtocol.max_connections() == most


def limit_open_files() -> None:
    """Limit the process to 256 open files."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def test_idle_connections_do_not_exhaust_file_descriptors(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    folders = ("--inputs", inputs, "--outputs", tmp_path / "outputs")
    log_file = tmp_path / "log.txt"
    with (
        log_file.open("w") as log,
        subprocess.Popen(
            (COMMAND, "serve", "--port", "0", *folders), stdout=subprocess.PIPE, stderr=log, preexec_fn=limit_open_files
        ) as process,
        contextlib.ExitStack() as stack,
    ):
        assert process.stdout
        try:
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found
            port = int(found[1])
            sockets = [stack.enter_context(connected(port)) for _ in range(300)]
            for sock in sockets:
                with contextlib.suppress(ConnectionError):  # over the limit
                    sock.sendall(REQUEST_LINE)
            for sock in sockets:
                wait_until_closed(sock)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.terminate()
    assert log_file.read_bytes()[:2000] == b""


# ---- malformed HTTP


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\0\1\0\1\xfc\3\3",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost a\r\n\r\n",
        "GET /项目 HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    ],
)
def test_malformed_http_is_answered_400_in_chinese(page: Served, data: bytes) -> None:
    assert refused(page.say(data), guard.BROKEN)
    assert page.ask()[0] == 200


def test_malformed_data_on_an_open_connection_is_refused(page: Served) -> None:
    """Send malformed data after an answered request, in a body that the server reads, and during an answer."""
    with connected(page.port, request_bytes(page)) as sock:
        assert read_status(sock) == 200
        sock.sendall(b"\0\r\n\r\n")
        assert read_status(sock) == 400
    head = f"POST / HTTP/1.1\r\nHost: {page.name}\r\nOrigin: http://{page.name}\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert refused(page.say(head.encode(), b"zz\r\n"), guard.BROKEN)
    with connected(page.port, head.replace("POST /", "POST /long").encode()) as sock:
        assert b"200" in sock.recv(65536)
        sock.sendall(b"zz\r\n")
        wait_until_closed(sock)
    assert page.ask()[0] == 200


def test_malformed_uploads_are_not_logged(tmp_path: Path) -> None:
    """Send bodies that contain a name and cannot be parsed."""
    inputs, log = make.make(tmp_path), tmp_path / "log.txt"
    with serve(inputs, tmp_path / "outputs", log) as site:
        port = int(site.address.rpartition(":")[2])
        for body in (
            b"--edge\r\nContent-Disposition: form-data; name=\xe5\xb0\x8f\r\nbroken \0: header\r\n\r\nx\r\n--edge--",
            b"no edge at all \xe5\xb0\x8f\xe6\x98\x8e",
            b"--edgeX\r\n\r\n",
            b"--edge--\r\nmore after the end",
        ):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
            headers = {"Content-Type": "multipart/form-data; boundary=edge", "Origin": site.address}
            connection.request(
                "POST", "/projects/1/files", io.BytesIO(body), {**headers, "Content-Length": str(len(body))}
            )
            connection.getresponse().read()
            connection.close()
        with connected(port, b"\x16\x03\x01\x02") as sock:
            wait_until_closed(sock)
        assert log.read_text("utf-8") == ""
