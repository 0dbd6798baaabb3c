"""Who may ask, what may be asked, how much may be sent and how slowly: everything before the page sees a request.

Plain ASGI. Whatever is refused gets a sentence of Chinese and the end of the connection. Every answer, whoever gives
it, carries the headers that tell the browser to fetch nothing from elsewhere.
"""

import asyncio
import hmac
import html
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlencode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

COOKIE, ASKED = "paperwork", "token"
LONGEST = 2000
"""Bytes of an address, and of what is asked there."""
SAFE, KNOWN = ("GET", "HEAD"), ("GET", "HEAD", "POST")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
}
UNLESS = {b"cache-control": b"no-store"}
"""Unless the page says something else."""
PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{wrong}</title><h1>{wrong}</h1><p>{mend}</p></html>'
)


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in, and what to do."""

    status: int
    wrong: str
    mend: str
    headers: Headers = field(default_factory=list)

    def told(self) -> tuple[Headers, bytes]:
        """The headers and the page that say so, and that the connection ends."""
        page = PAGE.format(wrong=html.escape(self.wrong), mend=html.escape(self.mend)).encode()
        told = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(page))]
        return [*told, (b"connection", b"close"), *self.headers], page


BROKEN = Refusal(400, "送来的不是网页请求，看不懂", "请用浏览器打开启动时屏幕上给出的网址（以 http:// 开头）")
STRANGE = Refusal(421, "这个网址不是本程序的", "请用启动时屏幕上给出的网址打开")
LONG = Refusal(414, "网址太长", "请从项目一览重新进去")
ODD = Refusal(404, "没有这一页", "请从项目一览进去")
METHOD = Refusal(405, "不支持这种请求", "请从页面上的按钮进去", [(b"allow", ", ".join(KNOWN).encode())])
LOCKED = Refusal(
    401,
    "要凭口令打开",
    "请用启动时屏幕上给出的完整网址（带 token 的那一行）打开；刚用它打开过的，请在地址栏里再按一次回车",
)
FOREIGN = Refusal(403, "请求不是从本程序的页面来的，没有照办", "请打开本程序的页面，从那里操作")
NEEDLESS = Refusal(400, "这样的请求不该带内容", "请从页面上的按钮进去")
LARGE = Refusal(413, "送来的文件太大，没有收下", "请分几次放，或先压缩")
SLOW = Refusal(408, "送得太慢，没有收下", "请检查网络，再放一次；大的文件可以直接复制到 inputs 文件夹")
BEYOND = Refusal(416, "文件没有这么长", "请从页面上重新打开它")
PIECE = re.compile(rb"bytes=(\d{1,15})-(\d{1,15})?")
"""The one way in which browsers ask for a piece of a file."""


class Guard:
    """Stands before an ASGI application.

    `names` are the hosts (name:port) that it answers to; with a `token` only who knows it is let in. `most` bytes may
    be sent in one request; whoever sends fewer than `slowest` bytes a second is borne with for `patience` seconds.
    """

    def __init__(
        self,
        app: App,
        *,
        names: Collection[str],
        token: str = "",
        most: int,
        slowest: int = 16_384,
        patience: float = 10,
    ) -> None:
        self.app, self.token = app, token.encode()
        self.names = {name.lower() for name in names}
        self.most, self.slowest, self.patience = most, slowest, patience

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            answer = _Answer(send)
            refusal = self._refused(scope, dict(_single(scope["headers"])))
            if refusal:
                await answer.refuse(refusal)
            else:
                await self._let_in(scope, receive, answer)

    async def _let_in(self, scope: Message, receive: Receive, answer: "_Answer") -> None:
        body = _Body(receive, answer, self)
        try:
            await self.app({**scope, "headers": _understood(scope["headers"])}, body.receive, answer.send)
        except Exception:
            if not answer.refused:  # the page was told that nobody is there any more
                raise

    def _refused(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """The first reason not to let a request in."""
        if headers.get(b"host", b"").decode("latin-1").lower() not in self.names:
            return STRANGE
        if len(scope["raw_path"]) > LONGEST or len(scope["query_string"]) > LONGEST:
            return LONG
        if _is_odd(scope["path"]):
            return ODD
        if scope["method"] not in KNOWN:
            return METHOD
        return self._locked(scope, headers) or self._foreign(scope, headers) or self._heavy(scope, headers)

    def _locked(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """Let in who knows the token; who names it in the address is sent on with a cookie instead."""
        if not self.token or self._knows(_cookie(headers.get(b"cookie", b""))):
            return None
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["method"] != "GET" or not any(self._knows(said.encode()) for key, said in asked if key == ASKED):
            return LOCKED
        rest = urlencode([(key, said) for key, said in asked if key != ASKED])
        # One slash: two would lead to another machine.
        place = b"/" + scope["raw_path"].lstrip(b"/") + (b"?" + rest.encode() if rest else b"")
        cookie = b"%s=%s; HttpOnly; SameSite=Strict; Path=/" % (COOKIE.encode(), self.token)
        return Refusal(303, "请稍候", "正在打开", [(b"location", place), (b"set-cookie", cookie)])

    def _knows(self, said: bytes) -> bool:
        return hmac.compare_digest(said, self.token)

    def _foreign(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """What changes anything must come from a page of ours."""
        if scope["method"] in SAFE:
            return None
        scheme, _, name = headers.get(b"origin", b"").decode("latin-1").lower().partition("://")
        is_ours = scheme in ("http", "https") and name in self.names
        return None if is_ours and headers.get(b"sec-fetch-site", b"same-origin") == b"same-origin" else FOREIGN

    def _heavy(self, scope: Message, headers: dict[bytes, bytes]) -> Refusal | None:
        """What says beforehand that it is too much is not read."""
        length = headers.get(b"content-length", b"0")
        size = int(length) if length.isdigit() else self.most + 1
        if scope["method"] in SAFE:
            return NEEDLESS if size or b"transfer-encoding" in headers else None
        return LARGE if size > self.most else None


class _Answer:
    """The way back to the browser: each answer gets our headers, and after a refusal nothing more is said."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = self.refused = False

    async def send(self, message: Message) -> None:
        """What the page says."""
        if self.refused:
            return
        if message["type"] == "http.response.start":
            if message["status"] == BEYOND.status:  # said without a word
                given = [header for header in message["headers"] if header[0] == b"content-range"]
                return await self.refuse(replace(BEYOND, headers=given))
            await self._begin(message["status"], message.get("headers", []))
        else:
            await self._send(message)

    async def _begin(self, status: int, headers: Headers) -> None:
        self.begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": with_ours(headers)})

    async def refuse(self, refusal: Refusal) -> None:
        """Say why not, and end the connection. Where an answer has begun it just stays unfinished."""
        if not self.begun:
            headers, page = refusal.told()
            await self._begin(refusal.status, headers)
            await self._send({"type": "http.response.body", "body": page})
        self.refused = True


class _Body:
    """What a browser sends: counted, and not waited for without end."""

    def __init__(self, receive: Receive, answer: _Answer, guard: Guard) -> None:
        self._receive, self._answer, self._guard = receive, answer, guard
        self._size = 0
        self._left = guard.patience
        self._more = True

    async def receive(self) -> Message:
        """The next piece for the page; when there is too much or too little of it, nobody is there any more."""
        if not self._more:
            return await self._receive()
        begun = monotonic()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            return await self._end(SLOW)
        came = len(message.get("body", b""))
        self._size += came
        # Waiting costs patience, what comes brings it back; the time that the page takes does not count.
        self._left = min(self._left - (monotonic() - begun) + came / self._guard.slowest, self._guard.patience)
        self._more = message.get("more_body", False)
        if self._size > self._guard.most:
            return await self._end(LARGE)
        return message

    async def _end(self, refusal: Refusal) -> Message:
        self._more = False
        await self._answer.refuse(refusal)
        return {"type": "http.disconnect"}


def _single(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """Each header once; one that is there twice counts as something that nobody would say."""
    for name in {name for name, _ in headers}:
        said = [value for each, value in headers if each == name]
        yield name, said[0] if len(said) == 1 or name == b"cookie" else b"; ".join(said)


def _understood(headers: Headers) -> Headers:
    """What is asked without a wish for a piece that makes no sense: then the whole file is given."""
    wishes = [value for name, value in headers if name == b"range"]
    piece = PIECE.fullmatch(wishes[0]) if len(wishes) == 1 else None
    if piece and int(piece[1]) <= int(piece[2] or piece[1]):
        return headers
    return [header for header in headers if header[0] != b"range"]


def _is_odd(path: str) -> bool:
    """Whether an address tries to be something else than a place on the page."""
    steers = any(ord(char) < 32 or ord(char) == 127 for char in path)
    return not path.startswith("/") or "\\" in path or steers or any(part in ("..", ".") for part in path.split("/"))


def _cookie(said: bytes) -> bytes:
    pairs = (each.strip().partition(b"=") for each in said.split(b";"))
    return next((value for name, _, value in pairs if name == COOKIE.encode()), b"")


def with_ours(headers: Headers) -> Headers:
    """An answer's headers with those that each answer has."""
    theirs = {name.lower() for name, _ in headers}
    kept = [(name, value) for name, value in headers if name.lower() not in ALWAYS]
    return [*kept, *ALWAYS.items(), *((name, value) for name, value in UNLESS.items() if name not in theirs)]
