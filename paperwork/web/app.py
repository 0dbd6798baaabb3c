"""Routes and error pages of the web desk. It has no logic of its own: it calls what the command line calls."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paperwork.faults import ExitCode, Stop, as_stop
from paperwork.fleet import Job
from paperwork.web import files, html, place, views, wire
from paperwork.web.guard import App, Guard
from paperwork.web.making import Makings
from paperwork.web.site import Site

Endpoint = Callable[[Request], Awaitable[Response]]
PROJECT = "/projects/{number:int}"

OPEN: dict[str, Endpoint] = {
    "/": views.board,
    "/board": views.cards,
    "/static/{name}": files.static,
    "/favicon.ico": files.icon,
}
OF_A_PROJECT: dict[str, Endpoint] = {
    "": views.project,
    "/part": views.part,
    "/card": views.card,
    "/files/{key}": files.taken,
    "/marked": files.marked,
    "/workbook": files.workbook,
    "/blank": files.blank_workbook,
    "/making": views.making,
    "/making/events": views.events,
    "/printing": views.printing,
    "/pages/{label}": views.leaf,
    "/pictures/{width:int}/{label}": files.picture,
}
DONE_TO_A_PROJECT: dict[str, Endpoint] = {
    "/files": files.drop,
    "/making": views.begin,
    "/making/stop": views.stop,
    "/printing": views.send,
}


def _routes() -> Iterator[Route]:
    """Yield all routes; those below a project check first that it is published."""
    for path, endpoint in OPEN.items():
        yield Route(path, endpoint)
    yield Route("/files", files.drop, methods=["POST"])
    for path, endpoint in OF_A_PROJECT.items():
        yield Route(PROJECT + path, _require_published(endpoint))
    for path, endpoint in DONE_TO_A_PROJECT.items():
        yield Route(PROJECT + path, _require_published(endpoint), methods=["POST"])


def _require_published(endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that projects missing from the catalogue get 404."""

    async def checked(request: Request) -> Response:
        board = await request.app.state.site.board()
        if files.number_of(request) not in {card.number for card in board.cards}:
            raise HTTPException(404, "项目发布目录里没有这个项目，请从项目一览进去")
        return await endpoint(request)

    return checked


def application(job: Job, names: frozenset[str], token: str = "") -> App:
    """Return the ASGI application behind its guard; `names` are the accepted values of the Host header."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.site = Site(job, Makings(job))
        app.state.site.wake()
        try:
            yield
        finally:
            app.state.site.close()

    handlers = {HTTPException: _http_error, Stop: _failure, Exception: _failure}
    app = Starlette(routes=list(_routes()), lifespan=lifespan, exception_handlers=handlers)  # type: ignore[arg-type]
    return Guard(app, names=names, token=token, most=html.MOST_BYTES)


def _http_error(request: Request, error: HTTPException) -> Response:
    """Return the page for an HTTP error such as 404 or 405."""
    messages = {404: ("没有这一页", "请从项目一览进去"), 405: ("这个地址不能这样用", "请从页面上的按钮进去")}
    wrong, mend = messages.get(error.status_code, ("没有收下", "请再试一次"))
    # Starlette's own details are English; only ours, which are Chinese, are shown.
    if not error.detail.isascii():
        wrong, mend = error.detail, ""
    return _page(request, "没有找到这一页" if error.status_code == 404 else "没有完成", wrong, mend, error.status_code)


def _failure(request: Request, error: Exception) -> Response:
    """Return the page for an exception: 500 for a failed program, 409 for bad input."""
    stop = as_stop(error)
    status = 500 if stop.code == ExitCode.FAILED else 409
    return _page(request, "没有完成", stop.wrong, stop.mend, status)


def _page(request: Request, heading: str, wrong: str, mend: str, status: int) -> Response:
    """Render the error page."""
    number = request.path_params.get("number", 0)
    page = html.render("error.html", heading=heading, wrong=wrong, mend=mend, number=number)
    return HTMLResponse(page, status)


def serve(job: Job, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the desk until Ctrl+C; `tell` receives its address. Raises `Stop` if it cannot listen there.

    On an address that other machines can reach, the address contains an access token, and requests without it are
    refused.
    """
    with place.listen(host, port) as listening:
        address, port = listening.getsockname()[:2]
        names = place.names(host, address)
        # Only this machine can reach a loopback address, so it needs no token.
        token = "" if place.is_loopback(address) else secrets.token_urlsafe(18)
        app = application(job, place.hosts(names, port), token)
        tell(f"http://{names[0]}:{port}/" + (f"?token={token}" if token else ""))
        wire.run(app, listening)
