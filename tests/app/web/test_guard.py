"""The request guard in front of a real server, tested over real sockets: every hostile request is refused."""

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse

from paperwork.app.web import guard
from paperwork.app.web.guard import Guard, Message, Receive, Send
from paperwork.app.web.server import BoundedProtocol
from tests.waiting import SECONDS, wait_until

TOKEN = "k9-Wahr_heit"
MAX_BODY = 200_000
KEEP_ALIVE = 60
"""Seconds until uvicorn closes an idle connection; so long that another limit must have closed it before."""
HOSTS = ("127.0.0.1", "LocalHost", "[::1]")


@dataclass
class Page:
    """An ASGI application that answers with the size of the body and records its requests."""

    pause: float = 0
    """Seconds it spends on each piece of a body."""
    asked: list[str] = field(default_factory=list)
    got: int = 0
    ends: list[str] = field(default_factory=list)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Read the whole body, then answer; a disconnect raises an error, as in Starlette."""
        if scope["type"] != "http":
            return
        self.asked.append(f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}")
        body, more = b"", True
        while more:
            message = await receive()
            self.ends.append(message["type"])
            if message["type"] == "http.disconnect":
                await send({"type": "http.response.start", "status": 500, "headers": []})
                raise RuntimeError("nobody is there any more")
            body += message.get("body", b"")
            self.got = len(body)
            await asyncio.sleep(self.pause)
            more = message.get("more_body", False)
        headers = [(b"content-type", b"text/plain"), (b"Content-Security-Policy", b"default-src *")]
        if scope["path"] == "/kept":
            headers.append((b"cache-control", b"max-age=9"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"%d" % len(body)})


@dataclass
class Served:
    """A running server with a guarded application."""

    page: Page
    port: int

    @property
    def name(self) -> str:
        """Return the allowed Host header."""
        return f"127.0.0.1:{self.port}"

    def say(self, words: bytes, *more: bytes, pause: float = 0) -> tuple[int, dict[str, str], str]:
        """Send raw bytes over a socket in pieces, and return the status, headers and body of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as wire:
            try:
                for piece in (words, *more):
                    wire.sendall(piece)
                    time.sleep(pause)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server refused before the end; its answer can still be read
            answer = http.client.HTTPResponse(wire, method="HEAD" if words.startswith(b"HEAD") else "GET")
            answer.begin()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def ask(
        self, target: str = "/", method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Send a request as a browser on our own page would. `headers` override; an empty value removes a header."""
        own = {"Host": self.name} | ({} if method == "GET" else {"Origin": f"http://{self.name}"})
        own |= {"Content-Length": str(len(body))} if body else {}
        own |= headers or {}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in own.items() if value), "", ""]
        return self.say("\r\n".join(lines).encode() + body)


@contextmanager
def served(page: Page | None = None, http: type[BoundedProtocol] = BoundedProtocol, **options: Any) -> Iterator[Served]:
    """Run a server with a guarded application on a free port."""
    page = page or Page()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = Guard(page, **{"hosts": HOSTS, "port": port, "most": MAX_BODY, **options})
        config = uvicorn.Config(app, http=http, log_config=None, access_log=False, timeout_keep_alive=KEEP_ALIVE)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield Served(page, port)
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def open_page() -> Iterator[Served]:
    """Serve an application without a token."""
    with served() as each:
        yield each


@pytest.fixture(scope="module")
def locked_page() -> Iterator[Served]:
    """Serve an application that requires a token."""
    with served(token=TOKEN) as each:
        yield each


def refused(answer: tuple[int, dict[str, str], str], refusal: guard.Refusal) -> bool:
    """Return whether an answer is this refusal: a page in Chinese that closes the connection."""
    status, headers, page = answer
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["connection"] == "close"
    assert all(headers[name.decode()] == value.decode() for name, value in guard.SECURITY_HEADERS.items())
    assert 'lang="zh-CN"' in page and "style" not in page and "Traceback" not in page
    return status == refusal.status and refusal.wrong in page and refusal.mend in page


def test_responses_have_security_headers(open_page: Served) -> None:
    status, headers, body = open_page.ask("/projects/1?x=1")
    assert (status, body) == (200, "0")
    assert open_page.page.asked[-1] == "GET /projects/1?x=1"
    assert headers["content-security-policy"] == guard.POLICY
    assert "default-src 'none'" in guard.POLICY and "unsafe" not in guard.POLICY
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert (headers["referrer-policy"], headers["cache-control"]) == ("same-origin", "no-store")
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert open_page.ask("/kept")[1]["cache-control"] == "max-age=9"
    assert open_page.ask(method="HEAD")[2] == ""
    assert open_page.ask(method="POST", body=b"abc")[2] == "3"


@pytest.mark.parametrize(
    "name",
    [
        "evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:", "localhost", "[::1]", "[::1]:1",
        "www.localhost", "::1", "127.0.0.1:80:80", "127.0.0.1:99999999", "a b", "*",
    ],
)  # fmt: skip
def test_foreign_host_header_is_refused(open_page: Served, name: str) -> None:
    """Refuse a foreign host name that resolves to this machine (DNS rebinding)."""
    before = len(open_page.page.asked)
    assert refused(open_page.ask(headers={"Host": name}), guard.WRONG_HOST)
    assert open_page.say(b"GET / HTTP/1.0\r\n\r\n")[0] == guard.WRONG_HOST.status
    assert len(open_page.page.asked) == before


@pytest.mark.parametrize("name", ["evil.example", "www.localhost", "[::2]", "::1", "*", "a b"])
def test_foreign_host_name_with_our_port_is_refused(open_page: Served, name: str) -> None:
    assert refused(open_page.ask(headers={"Host": f"{name}:{open_page.port}"}), guard.WRONG_HOST)


def test_host_header_is_case_insensitive(open_page: Served) -> None:
    assert open_page.ask(headers={"Host": f"LOCALHOST:{open_page.port}"})[0] == 200


def test_ipv6_address_is_accepted_as_host_and_origin(open_page: Served) -> None:
    name = f"[::1]:{open_page.port}"
    assert open_page.ask(headers={"Host": name})[0] == 200
    assert open_page.ask("/", "POST", b"x", {"Host": name, "Origin": f"http://{name}"})[0] == 200


def status_of(app: Any, host: str, method: str = "GET") -> tuple[int, bytes]:
    """Call an ASGI application in process; return status and body of its answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()), (b"origin", f"http://{host}".encode())]
    scope = {"type": "http", "method": method, "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize("name", HOSTS)
def test_port_80_may_be_omitted(name: str) -> None:
    """Call the guard directly, because only root may listen on port 80."""
    app = Guard(Page(), hosts=HOSTS, port=80, most=MAX_BODY)
    for method in ("GET", "POST"):
        assert [status_of(app, host, method)[0] for host in (name, f"{name}:80")] == [200, 200]
    assert status_of(app, f"{name}:8765")[0] == guard.WRONG_HOST.status


def test_trusted_host_middleware_ignores_the_port_and_answers_in_english() -> None:
    """Show why the guard checks the port and replaces the answer; if this fails, that code may go."""
    app = TrustedHostMiddleware(Page(), list(HOSTS))
    assert status_of(app, "127.0.0.1:1")[0] == 200
    assert status_of(app, "evil.example") == (400, b"Invalid host header")


@pytest.mark.parametrize(
    "target",
    [
        "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2fetc%2fpasswd", "/static/..%5c..%5cx", "/a%00.pdf", "/.",
        "/a%0d%0ab", "/projects/1/files/%2E%2E", "http://evil.example/", "*", "/a%7f",
    ],
)  # fmt: skip
def test_malformed_or_escaping_path_is_refused(open_page: Served, target: str) -> None:
    before = len(open_page.page.asked)
    assert refused(open_page.ask(target), guard.BAD_PATH)
    assert len(open_page.page.asked) == before


def test_path_is_percent_decoded_only_once(open_page: Served) -> None:
    assert open_page.ask("/%252e%252e/x")[0] == 200
    assert open_page.page.asked[-1] == "GET /%2e%2e/x?"


@pytest.mark.parametrize("target", ["/" + "a" * 2000, "/?" + "a" * 2001])
def test_long_url_is_refused(open_page: Served, target: str) -> None:
    assert refused(open_page.ask(target), guard.LONG)
    assert open_page.ask(target[:-1])[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(open_page: Served, method: str) -> None:
    answer = open_page.ask(method=method)
    assert refused(answer, guard.METHOD)
    assert answer[1]["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ""}, {"Origin": "null"}, {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1.evil.example"}, {"Origin": "file://127.0.0.1"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
    ],
)  # fmt: skip
def test_cross_origin_post_is_refused(open_page: Served, headers: dict[str, str]) -> None:
    before = len(open_page.page.asked)
    assert refused(open_page.ask(method="POST", body=b"x", headers=headers), guard.WRONG_ORIGIN)
    assert len(open_page.page.asked) == before


def test_duplicate_origin_header_is_refused(open_page: Served) -> None:
    own = f"http://{open_page.name}"
    words = f"POST / HTTP/1.1\r\nHost: {open_page.name}\r\nOrigin: {own}\r\nOrigin: {own}\r\nContent-Length: 1\r\n\r\nx"
    assert refused(open_page.say(words.encode()), guard.WRONG_ORIGIN)


def test_same_origin_post_is_accepted(open_page: Served) -> None:
    origin = f"https://localhost:{open_page.port}"
    assert (
        open_page.ask(method="POST", body=b"x", headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"})[0] == 200
    )


# ---- the token


@pytest.mark.parametrize(
    "cookie", ["", "paperwork=", "paperwork=wrong", f"other={TOKEN}", f"paperwork={TOKEN}x", "\xff"]
)
@pytest.mark.parametrize("target", ["/", "/static/page.css", "/?token=", "/?token=wrong", f"/?tokens={TOKEN}"])
def test_request_without_the_token_is_refused(locked_page: Served, cookie: str, target: str) -> None:
    assert refused(locked_page.ask(target, headers={"Cookie": cookie}), guard.LOCKED)
    assert refused(locked_page.ask(target, "POST", b"x", headers={"Cookie": cookie}), guard.LOCKED)
    assert not [each for each in locked_page.page.asked if "static" in each]


def test_token_in_the_query_string_becomes_a_cookie(locked_page: Served) -> None:
    before = len(locked_page.page.asked)
    status, headers, _ = locked_page.ask(f"/projects/1?part=2&token={TOKEN}")
    assert (status, headers["location"]) == (303, "/projects/1?part=2")
    cookie, *how = headers["set-cookie"].split("; ")
    assert sorted(how) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert locked_page.ask(headers["location"], headers={"Cookie": f"a=b; {cookie}"})[0] == 200
    assert locked_page.ask("/", "POST", b"x", headers={"Cookie": cookie})[2] == "1"
    assert locked_page.page.asked[before:] == ["GET /projects/1?part=2", "POST /?"]


def test_token_redirect_stays_on_this_host(locked_page: Served) -> None:
    _, headers, _ = locked_page.ask(f"//evil.example/a?token={TOKEN}")
    assert headers["location"] == "/evil.example/a"


# ---- limits of size and speed


def test_large_content_length_is_refused_before_the_body_is_sent(open_page: Served) -> None:
    before = len(open_page.page.asked)
    for size in (2**30, MAX_BODY + 1):  # after ten seconds without a body the answer would be SLOW
        assert refused(open_page.ask(method="POST", headers={"Content-Length": str(size)}), guard.LARGE)
    assert len(open_page.page.asked) == before
    assert open_page.ask(method="POST", body=bytes(MAX_BODY))[2] == str(MAX_BODY)


def request_head(page: Served, how: str) -> bytes:
    """Return the head of a POST request whose body follows."""
    return f"POST / HTTP/1.1\r\nHost: {page.name}\r\nOrigin: http://{page.name}\r\n{how}\r\n\r\n".encode()


def test_chunked_body_is_limited_by_its_actual_size(open_page: Served) -> None:
    head = request_head(open_page, "Transfer-Encoding: chunked")
    piece = b"2710\r\n" + bytes(10_000) + b"\r\n"
    assert refused(open_page.say(head, *[piece] * 200), guard.LARGE)
    assert open_page.page.got <= MAX_BODY
    wait_until(lambda: open_page.page.ends[-1] == "http.disconnect")
    assert open_page.say(head, *[piece] * 20, b"0\r\n\r\n")[2] == str(MAX_BODY)


@pytest.mark.parametrize("sent", [b"", bytes(100_000)], ids=["at once", "after most of the body"])
def test_stalled_upload_is_refused(sent: bytes) -> None:
    with served(timeout=1, slowest=20_000) as page:
        since = time.monotonic()
        assert refused(page.say(request_head(page, "Content-Length: 150000"), sent), guard.SLOW)
        assert time.monotonic() - since > 0.9


def test_upload_of_a_byte_at_a_time_is_refused() -> None:
    """Send a byte again and again until the server closes the connection: no byte may extend the time."""
    with served(timeout=1, slowest=20_000) as page, socket.create_connection(("127.0.0.1", page.port)) as wire:
        wire.sendall(request_head(page, "Content-Length: 150000"))
        wire.settimeout(0.1)  # the pause between two bytes
        answer, end = b"", time.monotonic() + SECONDS
        while b"408" not in answer:
            assert time.monotonic() < end, "the server goes on waiting"
            with contextlib.suppress(TimeoutError):
                answer += wire.recv(65536)
                continue
            wire.sendall(b"x")
        assert answer.startswith(b"HTTP/1.1 408")


def test_long_upload_that_is_fast_enough_is_accepted() -> None:
    """Take longer than `timeout` as a whole, but send faster than `slowest` with time to spare."""
    with served(timeout=2, slowest=20_000) as page:
        head, since = request_head(page, "Content-Length: 195000"), time.monotonic()
        assert page.say(head, *[bytes(15_000)] * 13, pause=0.2)[2] == "195000"
        assert time.monotonic() - since > 2


def test_processing_time_does_not_count_as_upload_time() -> None:
    with served(Page(pause=2.5), timeout=2, slowest=1_000_000) as page:
        head = request_head(page, f"Content-Length: {MAX_BODY}")
        # In two pieces, so that the application spends more than the limit between them.
        assert page.say(head, *[bytes(MAX_BODY // 2)] * 2, pause=0.1)[2] == str(MAX_BODY)
        assert page.page.ends.count("http.request") >= 2


@pytest.mark.parametrize("headers", [{"Content-Length": "5"}, {"Transfer-Encoding": "chunked"}])
def test_get_with_a_body_is_refused(open_page: Served, headers: dict[str, str]) -> None:
    assert refused(open_page.ask(headers=headers), guard.UNEXPECTED_BODY)


def test_disconnect_during_a_request_does_no_harm(open_page: Served) -> None:
    with socket.create_connection(("127.0.0.1", open_page.port)) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\n")
    assert open_page.ask()[0] == 200
    before = len(open_page.page.ends)
    with socket.create_connection(("127.0.0.1", open_page.port)) as wire:
        wire.sendall(request_head(open_page, "Content-Length: 5") + b"x")
        wait_until(lambda: len(open_page.page.ends) > before)
    wait_until(lambda: open_page.page.ends[-1] == "http.disconnect")
    assert open_page.ask()[0] == 200


def test_websocket_is_closed(open_page: Served) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    asyncio.run(Guard(open_page.page, hosts=(), port=1, most=1)({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


# ---- byte ranges


@pytest.fixture(scope="module")
def file_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a file of ten bytes."""
    path = tmp_path_factory.mktemp("filed") / "a.txt"
    path.write_bytes(b"0123456789")
    with served(FileResponse(path)) as each:  # type: ignore[arg-type]
        yield each


@pytest.mark.parametrize(("asked", "given"), [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=0-99", "0123456789")])
def test_byte_range_is_served(file_server: Served, asked: str, given: str) -> None:
    status, _, body = file_server.ask(headers={"Range": asked, "Connection": "close"})
    assert (status, body) == (206, given)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=abc", "bytes=5-1", "bytes=-3", "bytes=-", "bytes=", "lines=1-2", "bytes=0-1,3-4", "bytes=1-2-3", "x",
        "bytes=" + "9" * 16 + "-", "bytes=0-" + "9" * 5000, "bytes=٣-", "bytes=1-2\r\nRange: bytes=3-4",
    ],
)  # fmt: skip
def test_unsupported_range_returns_the_whole_file(file_server: Served, asked: str) -> None:
    """Ignore a Range header that cannot be parsed, as RFC 9110 says."""
    words = f"GET / HTTP/1.1\r\nHost: {file_server.name}\r\nConnection: close\r\nRange: {asked}\r\n\r\n"
    assert file_server.say(words.encode())[::2] == (200, "0123456789")


def test_range_beyond_the_end_is_answered_416(file_server: Served) -> None:
    answer = file_server.ask(headers={"Range": "bytes=99999999999-"})
    assert refused(answer, guard.RANGE_NOT_SATISFIABLE)
    assert answer[1]["content-range"] == "bytes */10"
    status, headers, body = file_server.ask(method="HEAD", headers={"Range": "bytes=10-"})
    assert (status, headers["connection"], body) == (416, "close", "")
