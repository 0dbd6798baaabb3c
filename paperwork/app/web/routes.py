"""Routes and error pages of the web desk. It has no logic of its own: it calls what the command line calls."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paperwork.app.web import addresses, files, readings, server, templates, views
from paperwork.app.web.guard import App, Guard
from paperwork.app.web.request_log import RequestLog
from paperwork.app.web.state import PageState
from paperwork.build.batch import Job
from paperwork.core.faults import ExitCode, Stop, Unreadable, as_stop
from paperwork.core.values import MAX_CODE, ProjectNumber

Endpoint = Callable[[Request], Awaitable[Response]]
PROJECT = "/projects/{number:project}"


class NumberConvertor(Convertor[ProjectNumber]):
    """Project number in an address: `1` or a code of the newest year, `2022-1` of an older one."""

    # No escaped slash gets here: the address is unquoted before it is matched.
    regex = rf"[^/]{{1,{MAX_CODE + len('2022-')}}}"

    def convert(self, value: str) -> ProjectNumber:
        """Return the number; 0, which no project has, for other words."""
        try:
            return ProjectNumber.parse(value)
        except Unreadable:
            return ProjectNumber(0)

    def to_string(self, value: ProjectNumber) -> str:
        """Return the number as it stands in an address."""
        return str(value)


register_url_convertor("project", NumberConvertor())

PAGES: dict[str, Endpoint] = {
    "/": views.board,
    "/board": views.cards,
    "/inputs": views.inputs,
    "/static/{name}": files.static,
    "/favicon.ico": files.icon,
}
PROJECT_PAGES: dict[str, Endpoint] = {
    "": views.project,
    "/part": views.project_part,
    "/card": views.card,
    "/files/{key}": files.archive_file,
    "/marked": files.marked,
    "/workbook": files.workbook,
    "/blank": files.blank_workbook,
    "/making": views.build,
    "/making/events": views.events,
    "/printing": views.printing,
    "/readings": readings.show,
    "/pages/{label}": views.volume_page,
    "/pictures/{width:int}/{label}": files.picture,
}
PROJECT_ACTIONS: dict[str, Endpoint] = {
    "/files": files.accept_uploads,
    "/making": views.begin_build,
    "/making/stop": views.cancel_build,
    "/restore": views.restore,
    "/printing": views.send_to_printer,
    "/readings": readings.change,
}


def _routes() -> Iterator[Route]:
    """Yield all routes; those below a project check first that it is published."""
    for path, endpoint in PAGES.items():
        yield Route(path, endpoint)
    yield Route("/files", files.accept_uploads, methods=["POST"])
    yield Route("/files/confirm", files.confirm_upload, methods=["POST"])
    for path, endpoint in PROJECT_PAGES.items():
        yield Route(PROJECT + path, _require_published(endpoint))
    for path, endpoint in PROJECT_ACTIONS.items():
        yield Route(PROJECT + path, _require_published(endpoint), methods=["POST"])


def _require_published(endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that projects missing from the catalogue get 404."""

    async def checked(request: Request) -> Response:
        board = await request.app.state.site.board()
        if files.number_of(request) not in {card.number for card in board.cards}:
            raise HTTPException(404, "项目发布目录里没有这个项目，请从项目一览进去")
        return await endpoint(request)

    return checked


def application(job: Job, hosts: Sequence[str], port: int, token: str = "") -> App:
    """Return the ASGI application behind its guard; `hosts` are the names of this server."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.site = PageState.start(job)
        app.state.site.warm_up()
        try:
            yield
        finally:
            app.state.site.close()

    handlers = {HTTPException: _http_error, Stop: _failure, Exception: _failure}
    routes = list(_routes())
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)  # type: ignore[arg-type]
    # Outside of the guard, so that refused requests are logged too.
    return RequestLog(Guard(app, hosts=hosts, port=port, token=token, most=templates.MOST_BYTES), routes)


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
    page = templates.render("error.html", heading=heading, wrong=wrong, mend=mend, number=number)
    return HTMLResponse(page, status)


def serve(job: Job, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the desk until Ctrl+C; `tell` receives its address. Raises `Stop` if it cannot listen there.

    On an address that other machines can reach, the address contains an access token, and requests without it are
    refused.
    """
    with addresses.listen(host, port) as listening:
        address, port = listening.getsockname()[:2]
        names = addresses.host_names(host, address)
        # Only this machine can reach a loopback address, so it needs no token.
        token = "" if addresses.is_loopback(address) else secrets.token_urlsafe(18)
        app = application(job, names, port, token)
        tell(f"http://{names[0]}:{port}/" + (f"?token={token}" if token else ""))
        server.run(app, listening)
