"""Guard in front of the page: checks each request's host, token, origin, size and speed.

A refused request gets a short Chinese page, and its connection is closed. Every response, also an error's, carries
headers that forbid the browser to load anything from other sites.

Host names are checked by Starlette's `TrustedHostMiddleware`. It ignores the port and answers in English, so the port
is checked here and its answer is replaced. The rest is written here because Starlette and uvicorn have no limit on the
size or the speed of a body, no check of Origin, no token in a cookie and no security headers. Packages for CSRF put a
secret into every form instead of comparing Origin; packages for sessions keep users, and here there is one token.
"""

import asyncio
import hmac
import html
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.middleware.trustedhost import TrustedHostMiddleware

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

COOKIE, TOKEN_PARAMETER = "paperwork", "token"
MAX_URL_BYTES = 2000
"""Longest path, and longest query string, in bytes."""
SAFE, KNOWN = ("GET", "HEAD"), ("GET", "HEAD", "POST")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    # Not no-referrer: under it browsers send “Origin: null” with a form, and each form without JavaScript is refused.
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
}
DEFAULT_HEADERS = {b"cache-control": b"no-store"}
"""Headers added unless the response sets them itself."""
PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{wrong}</title><h1>{wrong}</h1><p>{mend}</p></html>'
)


@dataclass(frozen=True)
class Refusal:
    """Reason to refuse a request, and the remedy."""

    status: int
    wrong: str
    mend: str
    headers: Headers = field(default_factory=list)

    def render(self) -> tuple[Headers, bytes]:
        """Return headers and body of the page; the connection is closed after it."""
        page = PAGE.format(wrong=html.escape(self.wrong), mend=html.escape(self.mend)).encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(page))]
        return [*headers, (b"connection", b"close"), *self.headers], page


BROKEN = Refusal(400, "送来的不是网页请求，看不懂", "请用浏览器打开启动时屏幕上给出的网址（以 http:// 开头）")
WRONG_HOST = Refusal(421, "这个网址不是本程序的", "请用启动时屏幕上给出的网址打开")
LONG = Refusal(414, "网址太长", "请从项目一览重新进去")
BAD_PATH = Refusal(404, "没有这一页", "请从项目一览进去")
METHOD = Refusal(405, "不支持这种请求", "请从页面上的按钮进去", [(b"allow", ", ".join(KNOWN).encode())])
LOCKED = Refusal(
    401,
    "要凭口令打开",
    "请用启动时屏幕上给出的完整网址（带 token 的那一行）打开；刚用它打开过的，请在地址栏里再按一次回车",
)
WRONG_ORIGIN = Refusal(403, "请求不是从本程序的页面来的，没有照办", "请打开本程序的页面，从那里操作")
UNEXPECTED_BODY = Refusal(400, "这样的请求不该带内容", "请从页面上的按钮进去")
LARGE = Refusal(413, "送来的文件太大，没有收下", "请分几次放，或先压缩")
SLOW = Refusal(408, "送得太慢，没有收下", "请检查网络，再放一次；大的文件可以直接复制到 inputs 文件夹")
RANGE_NOT_SATISFIABLE = Refusal(416, "文件没有这么长", "请从页面上重新打开它")
NAME_AND_PORT = re.compile(r"(.*?)(?::(\d{1,5}))?")
"""Host name, an IPv6 address in brackets, and port."""
DEFAULT_HTTP_PORT = 80
"""Port that browsers omit from Host and Origin."""
RANGE = re.compile(rb"bytes=(\d{1,15})-(\d{1,15})?")
"""Only form of a Range header that browsers send."""


class Guard:
    """ASGI middleware that refuses unwanted requests.

    `hosts` are the accepted host names. With a `token`, requests must present it. `most` is the largest request body in
    bytes. A client that sends fewer than `slowest` bytes a second is cut off after `timeout` seconds.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: Collection[str],
        port: int,
        token: str = "",
        most: int,
        slowest: int = 16_384,
        timeout: float = 10,
    ) -> None:
        self.app, self.token = app, token.encode()
        self.hosts, self.port = [host.lower() for host in hosts], port
        self.most, self.slowest, self.timeout = most, slowest, timeout

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse a request or forward it to the application."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            # 1008: policy violation. The page uses no WebSockets.
            await send({"type": "websocket.close", "code": 1008})
        else:
            answer = _Response(send)
            # A foreign name that resolves to this machine is refused (DNS rebinding). `TrustedHostMiddleware` sends
            # messages of its own only then; `www_redirect` would redirect to a name that nothing resolves.
            trusted = TrustedHostMiddleware(partial(self._admit, answer), self.hosts, www_redirect=False)
            await trusted(scope, receive, lambda _: answer.refuse(WRONG_HOST))

    async def _admit(self, answer: "_Response", scope: Message, receive: Receive, _: Send) -> None:
        """Refuse or forward a request to one of our host names."""
        refusal = self._refusal(scope, dict(_merged(scope["headers"])))
        if refusal:
            await answer.refuse(refusal)
        else:
            await self._forward(scope, receive, answer)

    async def _forward(self, scope: Message, receive: Receive, answer: "_Response") -> None:
        """Run the application with a bounded request body."""
        body = _RequestBody(receive, answer, self)
        try:
            await self.app({**scope, "headers": _without_bad_range(scope["headers"])}, body.receive, answer.send)
        except Exception:
            if not answer.refused:  # the application was told that the client disconnected, and may raise for it
                raise

    def _refusal(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """Return the first reason to refuse a request."""
        if _name_and_port(headers[b"host"].decode("latin-1"))[1] != self.port:
            return WRONG_HOST
        if len(scope["raw_path"]) > MAX_URL_BYTES or len(scope["query_string"]) > MAX_URL_BYTES:
            return LONG
        if _is_suspicious(scope["path"]):
            return BAD_PATH
        if scope["method"] not in KNOWN:
            return METHOD
        return (
            self._check_token(scope, headers)
            or self._check_origin(scope, headers)
            or self._check_length(scope, headers)
        )

    def _check_token(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """Require the access token; a token in the query string is exchanged for a cookie by a redirect."""
        if not self.token or self._is_token(_token_cookie(headers.get(b"cookie", b""))):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["method"] != "GET" or not any(
            self._is_token(value.encode()) for key, value in query if key == TOKEN_PARAMETER
        ):
            return LOCKED
        rest = urlencode([(key, value) for key, value in query if key != TOKEN_PARAMETER])
        # One slash: a browser takes “//host” as the address of another machine.
        target = b"/" + scope["raw_path"].lstrip(b"/") + (b"?" + rest.encode() if rest else b"")
        cookie = b"%s=%s; HttpOnly; SameSite=Strict; Path=/" % (COOKIE.encode(), self.token)
        return Refusal(303, "请稍候", "正在打开", [(b"location", target), (b"set-cookie", cookie)])

    def _is_token(self, value: bytes) -> bool:
        """Compare with the token in constant time."""
        # A plain comparison would leak the length of the matching prefix by its duration.
        return hmac.compare_digest(value, self.token)

    def _check_origin(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """Require that a request that changes anything comes from a page of this site (CSRF)."""
        if scope["method"] in SAFE:
            return None
        scheme, _, place = headers.get(b"origin", b"").decode("latin-1").lower().partition("://")
        name, port = _name_and_port(place)
        # Browsers send Origin with every POST. Sec-Fetch-Site is checked where it is sent; older browsers do not send
        # it.
        is_ours = scheme in ("http", "https") and name in self.hosts and port == self.port
        return None if is_ours and headers.get(b"sec-fetch-site", b"same-origin") == b"same-origin" else WRONG_ORIGIN

    def _check_length(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """Refuse a body by its declared length, before reading it."""
        length = headers.get(b"content-length", b"0")
        # int() accepts signs, blanks and underscores, so check the digits first.
        size = int(length) if length.isdigit() else self.most + 1
        if scope["method"] in SAFE:
            return UNEXPECTED_BODY if size or b"transfer-encoding" in headers else None
        return LARGE if size > self.most else None


class _Response:
    """Response channel that adds our headers, and sends nothing more after a refusal."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = self.refused = False

    async def send(self, message: Message) -> None:
        """Send a message of the application."""
        if self.refused:
            return
        if message["type"] == "http.response.start":
            if message["status"] == RANGE_NOT_SATISFIABLE.status:  # Starlette answers 416 with an empty body
                given = [header for header in message["headers"] if header[0] == b"content-range"]
                return await self.refuse(replace(RANGE_NOT_SATISFIABLE, headers=given))
            await self._begin(message["status"], message.get("headers", []))
        else:
            await self._send(message)

    async def _begin(self, status: int, headers: Headers) -> None:
        """Send status and headers."""
        self.begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": with_security_headers(headers)})

    async def refuse(self, refusal: Refusal) -> None:
        """Send the refusal and close the connection; a response that has begun is left incomplete."""
        # After the first bytes the status cannot be changed any more; the server closes the incomplete response.
        if not self.begun:
            headers, page = refusal.render()
            await self._begin(refusal.status, headers)
            await self._send({"type": "http.response.body", "body": page})
        self.refused = True


class _RequestBody:
    """Request body with limits on its size and on the time to receive it."""

    def __init__(self, receive: Receive, answer: _Response, guard: Guard) -> None:
        self._receive, self._answer, self._guard = receive, answer, guard
        self._size = 0
        self._left = guard.timeout
        self._more = True

    async def receive(self) -> Message:
        """Return the next chunk; beyond a limit, refuse the request and report a disconnect."""
        if not self._more:
            return await self._receive()
        begun = monotonic()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            return await self._end(SLOW)
        received = len(message.get("body", b""))
        self._size += received
        # A bucket of seconds: waiting drains it, received bytes refill it. Time spent in the application does not
        # count.
        self._left = min(self._left - (monotonic() - begun) + received / self._guard.slowest, self._guard.timeout)
        self._more = message.get("more_body", False)
        if self._size > self._guard.most:
            return await self._end(LARGE)
        return message

    async def _end(self, refusal: Refusal) -> Message:
        """Refuse the request and return the message that the client has disconnected."""
        self._more = False
        await self._answer.refuse(refusal)
        return {"type": "http.disconnect"}


def _name_and_port(place: str) -> tuple[str, int]:
    """Split a host with an optional port; what cannot be split is returned as the name."""
    found = NAME_AND_PORT.fullmatch(place)
    return (found[1], int(found[2] or DEFAULT_HTTP_PORT)) if found else (place, DEFAULT_HTTP_PORT)


def _merged(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """Yield each header once; repeated ones are joined into a value that matches nothing (but cookies may repeat)."""
    for name in {name for name, _ in headers}:
        values = [value for each, value in headers if each == name]
        yield name, values[0] if len(values) == 1 or name == b"cookie" else b"; ".join(values)


def _without_bad_range(headers: Headers) -> Headers:
    """Remove a Range header that is malformed or repeated, so that the whole file is sent."""
    ranges = [value for name, value in headers if name == b"range"]
    piece = RANGE.fullmatch(ranges[0]) if len(ranges) == 1 else None
    if piece and int(piece[1]) <= int(piece[2] or piece[1]):
        return headers
    return [header for header in headers if header[0] != b"range"]


def _is_suspicious(path: str) -> bool:
    """Return True if a path contains control characters, backslashes or dot segments."""
    has_control = any(ord(char) < 32 or ord(char) == 127 for char in path)
    return (
        not path.startswith("/") or "\\" in path or has_control or any(part in ("..", ".") for part in path.split("/"))
    )


def _token_cookie(header: bytes) -> bytes:
    """Return the value of our cookie; empty if it is missing."""
    pairs = (each.strip().partition(b"=") for each in header.split(b";"))
    return next((value for name, _, value in pairs if name == COOKIE.encode()), b"")


def with_security_headers(headers: Headers) -> Headers:
    """Return response headers with the security headers added."""
    theirs = {name.lower() for name, _ in headers}
    kept = [(name, value) for name, value in headers if name.lower() not in SECURITY_HEADERS]
    return [
        *kept,
        *SECURITY_HEADERS.items(),
        *((name, value) for name, value in DEFAULT_HEADERS.items() if name not in theirs),
    ]
