"""The wire under the page: how many connections it bears, for how long one may say nothing, and what is no HTTP."""

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

from paperwork.web import guard
from paperwork.web.guard import Message, Receive, Send
from paperwork.web.wire import Wire
from tests import make
from tests.browser import serve
from tests.test_cli import COMMAND
from tests.test_guard import Page, Served, refused, served

BEGUN = b"GET / HTTP/1.1\r\n"


class Narrow(Wire):
    """Bears five connections, and each of them for half a second."""

    MOST, PATIENCE = 5, 0.5


@dataclass
class Long(Page):
    """Tells something now and then, for longer than anybody is waited for."""

    pieces: int = 8

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """As a making tells of its steps."""
        if scope["type"] != "http" or scope["path"] != "/long":
            return await super().__call__(scope, receive, send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(self.pieces):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b"."})


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    """A page on a narrow wire."""
    with served(Long(), http=Narrow) as each:
        yield each


@contextmanager
def connected(port: int, words: bytes = b"") -> Iterator[socket.socket]:
    """Somebody who has said something and waits."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(words)
        yield wire


def ended(wire: socket.socket) -> float:
    """How long it takes until the other side ends it; what comes until then is passed over."""
    since = time.monotonic()
    with contextlib.suppress(ConnectionResetError):
        while wire.recv(65536):
            pass
    return time.monotonic() - since


def status(wire: socket.socket) -> int:
    """An answer, read to its end."""
    answer = http.client.HTTPResponse(wire)
    answer.begin()
    answer.read()
    return answer.status


def asked(page: Served, path: str = "/") -> bytes:
    """A whole question."""
    return f"GET {path} HTTP/1.1\r\nHost: {page.name}\r\n\r\n".encode()


# ---- for how long


@pytest.mark.parametrize("words", [b"", b"G", BEGUN, BEGUN + b"Host: x\r\n"])
def test_who_does_not_finish_a_question_is_not_waited_for(page: Served, words: bytes) -> None:
    with connected(page.port, words) as wire:
        assert 0.3 < ended(wire) < 3


def test_a_line_now_and_then_does_not_keep_a_connection(page: Served) -> None:
    with connected(page.port, BEGUN) as wire:
        since = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for _ in range(20):
                wire.sendall(b"X: y\r\n")
                time.sleep(0.1)
        ended(wire)
        assert time.monotonic() - since < 4
    assert page.ask()[0] == 200


def test_a_second_question_on_a_connection_is_bounded_too(page: Served) -> None:
    with connected(page.port, asked(page)) as wire:
        assert status(wire) == 200
        time.sleep(0.3)
        wire.sendall(asked(page))  # in time, and another half second begins
        assert status(wire) == 200
        wire.sendall(BEGUN)
        assert 0.3 < ended(wire) < 3


def test_a_body_that_nobody_asked_for_keeps_no_connection() -> None:
    """The page has answered without reading it; then it comes byte by byte."""

    async def hasty(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    with served(hasty, http=Narrow) as page:  # type: ignore[arg-type]
        own = f"Host: {page.name}\r\nOrigin: http://{page.name}\r\nContent-Length: 99999"
        with connected(page.port, f"POST / HTTP/1.1\r\n{own}\r\n\r\n".encode()) as wire:
            assert status(wire) == 200
            wire.sendall(b"x")
            assert ended(wire) < 0.9  # the wire's half second, not the second after an answer


def test_a_long_answer_and_a_slow_body_are_not_cut(page: Served) -> None:
    since = time.monotonic()
    assert page.ask("/long")[2] == "xxxxxxxx."
    assert time.monotonic() - since > 1.5
    head = f"POST / HTTP/1.1\r\nHost: {page.name}\r\nOrigin: http://{page.name}\r\nContent-Length: 8\r\n\r\n"
    assert page.say(head.encode(), *[b"x"] * 8, pause=0.2)[2] == "8"


# ---- how many


def test_one_too_many_is_turned_away_and_the_others_live_on(page: Served) -> None:
    with contextlib.ExitStack() as stack:
        first = [stack.enter_context(connected(page.port, asked(page, "/long"))) for _ in range(5)]
        assert all(b"200" in wire.recv(65536) for wire in first)
        with connected(page.port) as more:
            assert ended(more) < 0.3
        for wire in first:
            told = wire.recv(65536)
            while not told.endswith(b"0\r\n\r\n"):
                told += wire.recv(65536)
    time.sleep(0.1)
    assert page.ask()[0] == 200


@pytest.mark.parametrize(("files", "most"), [(256, 85), (20_000, 200), (resource.RLIM_INFINITY, 200)])
def test_there_are_always_files_left_for_the_next(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert Wire.most() == most


def few_files() -> None:
    """What a process may open on a narrow machine."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def test_three_hundred_who_say_nothing_do_not_shut_the_page(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    folders = ("--inputs", inputs, "--outputs", tmp_path / "outputs")
    said = tmp_path / "said.txt"
    with (
        said.open("w") as log,
        subprocess.Popen(
            (COMMAND, "serve", "--port", "0", *folders), stdout=subprocess.PIPE, stderr=log, preexec_fn=few_files
        ) as process,
        contextlib.ExitStack() as stack,
    ):
        assert process.stdout
        try:
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found
            port = int(found[1])
            wires = [stack.enter_context(connected(port)) for _ in range(300)]
            for wire in wires:
                with contextlib.suppress(ConnectionError):  # one too many
                    wire.sendall(BEGUN)
            since = time.monotonic()
            assert all(ended(wire) < 15 for wire in wires)
            assert time.monotonic() - since < 15
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.terminate()
    assert said.read_bytes()[:2000] == b""


# ---- what is no HTTP


@pytest.mark.parametrize(
    "words",
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
def test_what_is_no_question_is_refused_in_plain_words(page: Served, words: bytes) -> None:
    assert refused(page.say(words), guard.BROKEN)
    assert page.ask()[0] == 200


def test_what_is_broken_later_is_refused_as_well(page: Served) -> None:
    """After a question that was answered; in a body that the page waits for; while an answer is being given."""
    with connected(page.port, asked(page)) as wire:
        assert status(wire) == 200
        wire.sendall(b"\0\r\n\r\n")
        assert status(wire) == 400
    head = f"POST / HTTP/1.1\r\nHost: {page.name}\r\nOrigin: http://{page.name}\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert refused(page.say(head.encode(), b"zz\r\n"), guard.BROKEN)
    with connected(page.port, head.replace("POST /", "POST /long").encode()) as wire:
        assert b"200" in wire.recv(65536)
        wire.sendall(b"zz\r\n")
        assert ended(wire) < 3
    assert page.ask()[0] == 200


def test_nothing_of_what_is_sent_is_written_down(tmp_path: Path) -> None:
    """Bodies that no parser understands, with a name in them."""
    inputs, said = make.make(tmp_path), tmp_path / "said.txt"
    with serve(inputs, tmp_path / "outputs", said) as desk:
        port = int(desk.address.rpartition(":")[2])
        for body in (
            b"--edge\r\nContent-Disposition: form-data; name=\xe5\xb0\x8f\r\nbroken \0: header\r\n\r\nx\r\n--edge--",
            b"no edge at all \xe5\xb0\x8f\xe6\x98\x8e",
            b"--edgeX\r\n\r\n",
            b"--edge--\r\nmore after the end",
        ):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            kind = {"Content-Type": "multipart/form-data; boundary=edge", "Origin": desk.address}
            connection.request(
                "POST", "/projects/1/files", io.BytesIO(body), {**kind, "Content-Length": str(len(body))}
            )
            connection.getresponse().read()
            connection.close()
        with connected(port, b"\x16\x03\x01\x02") as wire:
            ended(wire)
        assert said.read_text("utf-8") == ""
