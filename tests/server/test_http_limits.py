"""What is too much, too slow or cut off over HTTP is refused or borne, and the server goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from http_site import COMMAND, HEADERS, Site, body_of, site

from training_router.server import limits
from training_router.server.telemetry import Journal


@pytest.mark.parametrize("size", [10_000_000, limits.MAX_BODY + 1])
def test_a_body_that_is_too_large_is_refused_with_the_limit(size: int, running: Site):
    status, _, text = running.asked("POST", "/mcp", b" " * size, HEADERS)
    assert status == 413 and str(limits.MAX_BODY) in json.loads(text)["error"]["message"]
    assert running.routes()


def test_a_body_beyond_all_measure_is_refused_before_it_is_sent(running: Site):
    with socket.create_connection(("127.0.0.1", running.port), 20) as line:
        line.sendall(b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n{")
        assert b" 413 " in line.recv(4096)
    assert running.routes()


def test_the_longest_question_that_the_tools_take_passes(running: Site):
    status, _, text = running.called("check_pressure", question="損" * 64_000, draft="🔥" * 32_000)
    assert status == 200 and not json.loads(text)["result"].get("isError")


@pytest.fixture(scope="module")
def impatient() -> Iterator[Site]:
    """A server that waits a second where the real one waits longer."""
    program = "import sys; from training_router.server import limits; limits.HEADERS_WITHIN = limits.BODY_WITHIN = 1; from training_router.server.cli import main; sys.exit(main())"
    with site(command=(sys.executable, "-c", program)) as started:
        yield started


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"POST /mcp HT",
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\n",
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{",
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
        b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\nPOST /mcp HTTP/1.1\r\nho",
    ],
)
def test_half_a_request_is_not_waited_for_and_holds_nobody_up(half: bytes, impatient: Site):
    with socket.create_connection(("127.0.0.1", impatient.port), 20) as line:
        line.sendall(half)
        assert impatient.routes()
        answer = b""
        while more := line.recv(4096):
            answer += more
    assert b" 408 " in answer
    assert impatient.routes()


def test_a_client_that_sends_and_hangs_up_harms_nobody(impatient: Site):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", impatient.port), 20) as line:
            line.sendall(b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
    assert impatient.routes() and b"Traceback" not in impatient.log.read_bytes()


def test_headers_without_end_are_refused(running: Site):
    with socket.create_connection(("127.0.0.1", running.port), 20) as line:
        line.sendall(b"POST /mcp HTTP/1.1\r\nx: " + b"a" * 200_000)
        assert b" 400 " in line.recv(4096)
    assert running.routes()


def test_what_is_in_flight_is_answered_before_the_end():
    with site() as at, closing(at.connection()) as connection:
        body = body_of("route", question="loss is nan")
        connection.putrequest("POST", "/mcp")
        for name, value in {**HEADERS, "mcp-name": "route", "content-length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body[:20])
        at.routes()  # so that the other request has begun
        at.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            at.process.wait(0.5)
        with pytest.raises(ConnectionError):
            at.routes()
        connection.send(body[20:])
        answer = connection.getresponse()
        assert answer.status == 200 and b'"status":"route"' in answer.read()
        assert at.process.wait(10) == 0
        assert at.lines()[-1]["event"] == "stopped"


def test_a_full_disk_for_the_lines_is_borne():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen([*COMMAND, "serve", "--http", "--port", str(port)], stderr=full)
    try:
        at = Site(port, process, Path(os.devnull))
        for _ in range(200):
            with suppress(ConnectionError):
                if at.asked("GET", "/health")[0] == 200:
                    break
            time.sleep(0.1)
        assert at.called("route", {"host": "evil.example.com"}, question="x")[0] == 421 and at.routes()
    finally:
        process.terminate()
    assert process.wait(30) == 0


async def test_more_requests_than_are_taken_at_once_are_told_to_come_again():
    entered, leave, statuses = anyio.Event(), anyio.Event(), list[int]()

    async def slow(_scope: Any, _receive: Any, send: Any) -> None:
        entered.set()
        await leave.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    gate = limits.InFlight(slow, Journal("off"), most=1)
    scope = {"type": "http", "path": "/mcp", "method": "POST", "headers": []}
    async with anyio.create_task_group() as group:
        group.start_soon(gate, scope, receive, send)
        await entered.wait()
        await gate(scope, receive, send)
        assert gate.full and statuses == [503]
        leave.set()
    assert not gate.full and statuses == [503, 200]
