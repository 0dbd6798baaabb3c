"""Write each request to the log: method, route, status and milliseconds; never a path as it was sent."""

import logging
from collections.abc import Sequence
from time import monotonic

from starlette.routing import Match, Route

from paperwork.app.web.guard import App, Message, Receive, Send

UNCHANGED = 204
"""Status of a page's regular question whether anything has changed, when nothing has; not logged."""
METHODS = ("GET", "HEAD", "POST")
"""Methods that are logged by name; a client may send any word as a method."""
logger = logging.getLogger(__name__)


class RequestLog:
    """ASGI middleware that writes each request to the log when its answer has ended."""

    def __init__(self, app: App, routes: Sequence[Route]) -> None:
        self.app, self.routes = app, routes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Forward a request and write it to the log."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = monotonic(), 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note_status)
        finally:
            if status != UNCHANGED:
                method = scope["method"] if scope["method"] in METHODS else "?"
                milliseconds = 1000 * (monotonic() - began)
                logger.info("%s %s %s, %d ms", method, self._route(scope), status or "no answer", milliseconds)

    def _route(self, scope: Message) -> str:
        """Return the route with the project number and names in place of the other values; `?` if there is none."""
        for route in self.routes:
            match, found = route.matches(scope)
            if match is not Match.NONE:
                number = found["path_params"].get("number", "")
                return route.path.replace("{number:project}", str(number))
        return "?"
