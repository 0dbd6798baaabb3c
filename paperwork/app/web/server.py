"""Run uvicorn with limits on connections and request headers, and without its log output.

Uvicorn has no connection limit and no timeout for receiving request headers. Enough idle clients exhaust the file
descriptors. Then no connection is accepted, and asyncio logs accept errors in a loop. Its `limit_concurrency` answers
503 to a request that has arrived whole, so connections that send nothing are not limited; `timeout_keep_alive` begins
only after the first response. Usually a proxy such as nginx sets these limits; staff run this program alone.
"""

import asyncio
import logging
import resource
import socket

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from paperwork.app.web.guard import BROKEN, App, with_security_headers

BACKLOG = 64
"""Connections that asyncio accepts in one batch, before any can be refused: each uses a file descriptor."""
SHUTDOWN_SECONDS = 2
"""Seconds that a running response gets when the server shuts down."""
SILENCED_LOGGERS = ("asyncio", "python_multipart")
"""Loggers that would print what clients send (parts of malformed bodies), or failed accepts."""


class BoundedProtocol(H11Protocol):
    """HTTP connection with a limit on their number and a timeout for receiving the request head.

    The timer does not run while a response is being sent, so neither a long response nor a slow body is cut off here;
    the guard limits bodies.
    """

    MAX_CONNECTIONS = 200
    HEAD_SECONDS = 10.0
    _timer: asyncio.TimerHandle | None = None

    @classmethod
    def max_connections(cls) -> int:
        """Return the connection limit: at most a third of the file descriptors, the rest is for reading files."""
        return _within(cls.MAX_CONNECTIONS, 3)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Handle a new connection; close it if there are too many."""
        # uvicorn adds the connection to the set first, so the count includes this one.
        super().connection_made(transport)
        if len(self.connections) > self.max_connections():
            transport.close()
        self._update_timer()

    def data_received(self, data: bytes) -> None:
        """Handle received bytes: part of a request, a whole one, or data after its end."""
        super().data_received(data)
        self._update_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle a closed connection."""
        super().connection_lost(exc)
        self._update_timer()

    def _update_timer(self) -> None:
        """Limit the time to the end of a request head, from the connection or a later request's first byte."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.transport.is_closing():
            if self._timer:
                self._timer.cancel()
            self._timer = None
        # A running timer is not restarted: a client that sends one byte now and then would otherwise never time out.
        elif not self._timer:
            self._timer = self.loop.call_later(self.HEAD_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP with the guard's page; a response that has begun is left incomplete."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            headers, page = BROKEN.render()
            lines = (b"%s: %s" % header for header in with_security_headers(headers))
            self.transport.write(b"\r\n".join((b"HTTP/1.1 400 Bad Request", *lines, b"", page)))
        self.transport.close()


def _within(most: int, part: int) -> int:
    """Return `most`, limited to 1/`part` of the file descriptors that this process may open."""
    # A connection is a file descriptor; with a low ulimit 200 of them would leave none for reading files.
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most if files == resource.RLIM_INFINITY else min(most, files // part)


def run(app: App, listening: socket.socket) -> None:
    """Serve an application until Ctrl+C."""
    # No access log and no error log: URLs and tracebacks may contain names of people. The shutdown timeout ends event
    # streams, which last as long as a build.
    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", access_log=False, log_level="critical", server_header=False,
        timeout_keep_alive=15, timeout_graceful_shutdown=SHUTDOWN_SECONDS, backlog=_within(BACKLOG, 16),
    )  # fmt: skip
    for name in SILENCED_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    uvicorn.Server(config).run(sockets=[listening])
