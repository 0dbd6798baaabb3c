"""The wire under the page: uvicorn, with bounds that it lacks, and without a word of its own to anybody.

Uvicorn bears any number of connections and waits without end for a question that has begun. Who opens enough of them
takes all files that the process may open; then nobody is let in, and asyncio writes of it without end.
"""

import asyncio
import logging
import resource
import socket

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from paperwork.web.guard import BROKEN, App, with_ours

BACKLOG = 64
"""Connections that asyncio takes at once, before any of them can be turned away: each is an open file already."""
LEAVE = 2
"""Seconds that an answer may still take when the page is ended."""
SILENT = ("asyncio", "python_multipart")
"""Who would write to the terminal what strangers send (parts of broken bodies), or that there are too many of them."""


class Wire(H11Protocol):
    """A connection: turned away when there are too many, ended when a question is not finished in time.

    Time is counted only while nothing is being answered: neither a long answer nor a slow body is cut here, the guard
    bounds bodies.
    """

    MOST = 200
    PATIENCE = 10.0
    _waiting: asyncio.TimerHandle | None = None

    @classmethod
    def most(cls) -> int:
        """Connections that are borne; two thirds of what may be opened stay for the files that the page reads."""
        return _within(cls.MOST, 3)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody comes."""
        super().connection_made(transport)
        if len(self.connections) > self.most():
            transport.close()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Something is said: the beginning of a question, all of it, or what nobody waits for any more."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        super().connection_lost(exc)
        self._watch()

    def _watch(self) -> None:
        """Count the time from the first byte of a question to its whole head; more bytes do not lengthen it."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.transport.is_closing():
            if self._waiting:
                self._waiting.cancel()
            self._waiting = None
        elif not self._waiting:
            self._waiting = self.loop.call_later(self.PATIENCE, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Say that this is no question, as the guard says it; where an answer has begun it just stays unfinished."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            headers, page = BROKEN.told()
            lines = (b"%s: %s" % header for header in with_ours(headers))
            self.transport.write(b"\r\n".join((b"HTTP/1.1 400 Bad Request", *lines, b"", page)))
        self.transport.close()


def _within(most: int, part: int) -> int:
    """As many, but no more than that part of the files that the process may open."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most if files == resource.RLIM_INFINITY else min(most, files // part)


def run(app: App, listening: socket.socket) -> None:
    """Serve an application until Ctrl+C."""
    # Neither requests nor mistakes are written down: both may name people. Who looks on while an archive is made does
    # not keep the page from ending.
    config = uvicorn.Config(
        app, http=Wire, ws="none", access_log=False, log_level="critical", server_header=False, timeout_keep_alive=15,
        timeout_graceful_shutdown=LEAVE, backlog=_within(BACKLOG, 16),
    )  # fmt: skip
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    uvicorn.Server(config).run(sockets=[listening])
