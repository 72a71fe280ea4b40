"""How much the HTTP server takes at once, and how long it waits for it: each limit answers with what to do instead."""

import json
import time
from asyncio import TimerHandle, Transport
from collections.abc import Mapping
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from training_router.server.telemetry import Journal

PATH = "/mcp"
MAX_BODY = 2 * 1024 * 1024  # the longest arguments that are taken, every character escaped, and some more
DISCARDED = 32 * 1024 * 1024  # read and thrown away, so that a client that sends before it reads still gets its answer
IN_FLIGHT = 256
CONNECTIONS = 1000
HEADERS_WITHIN = 10
BODY_WITHIN = 20
KEPT_ALIVE = 75  # longer than proxies keep an idle connection, so that none is closed under a request
LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"


class InFlight:
    """At most so many requests at once, 503 beyond; every refusal of the path is told to the journal."""

    def __init__(self, app: ASGIApp, journal: Journal, most: int = IN_FLIGHT) -> None:
        self.app, self.journal, self.most = app, journal, most
        self.running = 0

    @property
    def full(self) -> bool:
        """Whether the next request is refused."""
        return self.running >= self.most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            return await self.app(scope, receive, send)
        start = time.perf_counter()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                self.journal.tell("warning", "refused", http=message["status"], milliseconds=round((time.perf_counter() - start) * 1000, 2))
            await send(message)

        if self.full:
            return await _refusal(503, f"{self.most} requests are being answered; try again in a second", {"retry-after": "1"})(scope, receive, told)
        self.running += 1
        try:
            await self.app(scope, receive, told)
        finally:
            self.running -= 1


class WholeBody:
    """Hands on POST requests whose body is whole, small enough and in time; nothing is kept open between requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            return await _refusal(405, "this server keeps no sessions and no streams; send each request by POST", {"allow": "POST"})(scope, receive, send)
        body, size, gone = bytearray(), _declared(scope), False
        too_much = size > DISCARDED
        with anyio.move_on_after(BODY_WITHIN) as waiting:
            size = size if too_much else 0
            more = not too_much
            while more:
                message = await receive()
                gone = message["type"] != "http.request"
                size += len(message.get("body", b""))
                body += message.get("body", b"") if size <= MAX_BODY else b""
                more = message.get("more_body", False) and not gone and size <= DISCARDED
        if gone:
            return None
        if waiting.cancelled_caught:
            return await _refusal(408, f"the request did not arrive within {BODY_WITHIN} seconds", {"connection": "close"})(scope, receive, send)
        if size > MAX_BODY:
            return await _refusal(413, f"the request has more than {MAX_BODY} bytes; send the words and the part of the log around the trouble", {})(scope, receive, send)
        await self.app(scope, _replayed(bytes(body), receive), send)


def _declared(scope: Scope) -> int:
    """The length that the headers name; 0 where they name none."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _refusal(status: int, why: str, headers: Mapping[str, str]) -> Response:
    """A JSON-RPC error without an id, since the request was not read."""
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": why}}
    return Response(json.dumps(error), status, dict(headers), "application/json")


class PromptHeaders(H11Protocol):
    """A connection whose headers have to be whole in time, so that half a request holds nothing for long."""

    clock: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Starts the clock of the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Stops the clock once the headers are whole."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Starts the clock anew where the next request has begun already."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._stop()
        elif self.clock is None:
            self.clock = self.loop.call_later(HEADERS_WITHIN, self._late)

    def _stop(self) -> None:
        if self.clock is not None:
            self.clock.cancel()
            self.clock = None

    def _late(self) -> None:
        if not self.transport.is_closing():
            why = f"the headers did not arrive within {HEADERS_WITHIN} seconds".encode()
            self.transport.write(LATE % (len(why), why))
            self.transport.close()
