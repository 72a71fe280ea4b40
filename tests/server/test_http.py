"""The server over HTTP, a process of its own each time: the replies of stdio in both protocol eras, and a clear answer to every fault."""

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
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitRequestParams, ElicitResult

from training_router.server import limits
from training_router.server.telemetry import Journal

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("route", {"question": "loss is nan after 300 steps, fp16"}),
    ("route", {"question": "my model does not learn", "detail": "full"}),
    ("clarify", {"question": "val acc stuck at 10%"}),
    ("check_pressure", {"question": "demo tomorrow, loss is nan", "draft": "Use lr=1e-4."}),
    ("route", {"question": ""}),
)
KEY = "k" * 32


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with site("--allowed-host", "router.example.com", "--allowed-origin", "https://app.example.com") as started:
        yield started


async def replies(server: Any, era: str) -> list[tuple[bool, Any, Any]]:
    async with Client(server, mode=era) as client:
        results = [await client.call_tool(tool, arguments) for tool, arguments in CALLS]
    return [(result.is_error, result.structured_content, result.content) for result in results]


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_the_replies_are_those_of_stdio(era: str, running: Site):
    stdio = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "serve"])
    assert await replies(running.url, era) == await replies(stdio, era)


async def test_processes_answer_alike_whichever_is_asked():
    with site(TRAINING_ROUTER_STATE_KEY=KEY) as one, site(TRAINING_ROUTER_STATE_KEY=KEY) as other:
        for tool, arguments in CALLS * 2:
            answers = [at.called(tool, **arguments) for at in (one, other, one)]
            assert len({text for _, _, text in answers}) == 1


def form_round(at: Site, **state: Any) -> dict[str, Any]:
    """The result of asking for a form, or of sending it in."""
    capable = json.loads(body_of("clarify", question="my model does not learn", ask_user=True))
    capable["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {"elicitation": {"form": {}}}
    capable["params"] |= state
    _, _, text = at.asked("POST", "/mcp", json.dumps(capable).encode(), HEADERS | {"mcp-name": "clarify"})
    return json.loads(text)


def test_a_form_that_one_process_asks_is_taken_by_another_with_the_same_key_only():
    with site(TRAINING_ROUTER_STATE_KEY=f"{KEY},{'o' * 32}") as one, site(TRAINING_ROUTER_STATE_KEY=f"{'o' * 32},{KEY}") as same, site() as stranger:
        asked = form_round(one)["result"]
        assert asked["resultType"] == "input_required"
        answered = {"inputResponses": {name: {"action": "decline"} for name in asked["inputRequests"]}, "requestState": asked["requestState"]}
        assert form_round(same, **answered)["result"]["structuredContent"]["questions"]
        assert form_round(stranger, **answered)["error"]["message"] == "Invalid or expired requestState"


async def test_a_legacy_client_gets_the_questions_as_data_since_no_session_is_kept(running: Site):
    async def never(context: Any, params: ElicitRequestParams) -> ElicitResult:
        raise AssertionError("a form was sent")

    async with Client(running.url, mode="legacy", elicitation_callback=never) as client:
        result = await client.call_tool("clarify", {"question": "my model does not learn", "ask_user": True})
    assert result.structured_content and result.structured_content["questions"]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"host": "evil.example.com"}, 421, "Host"),
        ({"host": "router.example.com"}, 200, "structuredContent"),
        ({"host": "router.example.com:8443"}, 200, "structuredContent"),
        ({"origin": "https://evil.example.com"}, 403, "Origin"),
        ({"origin": "https://app.example.com"}, 200, "structuredContent"),
        ({"mcp-protocol-version": "2026-07-27"}, 400, "does not match"),
        ({"mcp-protocol-version": ""}, 200, "structuredContent"),
        ({"mcp-method": "tools/list"}, 400, "mcp-method"),
        ({"mcp-name": "clarify"}, 400, "mcp-name"),
        ({"content-type": "text/plain"}, 400, "Content-Type"),
        ({"accept": "text/html"}, 406, ""),
    ],
)
def test_a_wrong_header_is_named(headers: dict[str, str], status: int, words: str, running: Site):
    answer = running.called("route", headers, question="loss is nan")
    assert answer[0] == status and words.lower() in answer[2].lower()
    assert running.routes()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"loss is nan"', b"[" * 100_000, b"\xff\xfe", b'{"jsonrpc": "2.0", "id": 1}'])
def test_a_body_that_is_no_request_is_refused(body: bytes, running: Site):
    for era in ("2026-07-28", "2025-11-25"):
        status, _, text = running.asked("POST", "/mcp", body, HEADERS | {"mcp-protocol-version": era})
        assert status == 400 and json.loads(text)["error"]["code"] < 0
    assert running.routes()


def test_an_unknown_protocol_version_is_answered_with_the_known_ones(running: Site):
    body = body_of("route", question="x").replace(b"2026-07-28", b"2099-01-01")
    status, _, text = running.asked("POST", "/mcp", body, HEADERS | {"mcp-protocol-version": "2099-01-01", "mcp-name": "route"})
    assert status == 400 and "2026-07-28" in json.loads(text)["error"]["data"]["supported"]
    assert running.routes()


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_nothing_but_post_is_taken(method: str, running: Site):
    status, headers, text = running.asked(method, "/mcp", headers=HEADERS)
    assert status == 405 and headers["allow"] == "POST" and "POST" in json.loads(text)["error"]["message"]


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


def test_a_browser_of_an_allowed_origin_may_ask_beforehand(running: Site):
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type, mcp-protocol-version, mcp-method, mcp-name, authorization"}
    status, headers, _ = running.asked("OPTIONS", "/mcp", headers=asked | {"origin": "https://app.example.com"})
    assert status == 200 and headers["access-control-allow-origin"] == "https://app.example.com"
    assert running.asked("OPTIONS", "/mcp", headers=asked | {"origin": "https://evil.example.com"})[0] == 400


def test_health_and_readiness_are_told(running: Site):
    assert running.asked("GET", "/health", headers={"host": "10.0.0.7:8000"})[0] == 200
    status, _, text = running.asked("GET", "/ready")
    assert status == 200 and json.loads(text)["ready"] is True


def test_a_call_without_the_right_token_is_refused_and_no_token_is_told(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("first-token-of-the-file\nsecond-token\n", encoding="utf-8")
    file.chmod(0o644)
    with site("--token-file", str(file)) as at:
        for authorization in ("", "Bearer", "Bearer wrong-token", "Bearer first-token-of-the-file second-token", "Bearer \u00e9", "Basic second-token"):
            status, headers, text = at.called("route", {"authorization": authorization}, question="x")
            assert status == 401 and headers["www-authenticate"].startswith("Bearer") and "invalid_token" in text
        assert at.routes(authorization="Bearer first-token-of-the-file") and at.routes(authorization="bearer second-token")
        assert at.asked("GET", "/health")[0] == 200 and at.asked("GET", "/ready")[0] == 200
        told = at.log.read_text(encoding="utf-8")
    assert "token-of" not in told and "second-token" not in told and "wrong-token" not in told
    assert "readable by everyone" in told


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
    assert b" 408 " in answer or b" 200 " in answer
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


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--http", "--host", "0.0.0.0"], "--allowed-host router.example.com"),
        (["--http", "--host", "::"], "--allowed-host router.example.com"),
        (["--http", "--allowed-host", "https://a.example.com"], "is no host"),
        (["--http", "--allowed-host", "*"], "is no host"),
        (["--http", "--allowed-origin", "a.example.com"], "is no origin"),
        (["--http", "--port", "70000"], "up to 65535"),
        (["--http", "--token-file", "/nowhere/token"], "No such file"),
        (["--http", "--token-file", os.devnull], "is empty"),
        (["--http", "--host", "192.0.2.1", "--allowed-host", "a"], "cannot be had"),
        (["--port", "8000"], "goes with --http"),
        (["--token-file", "x"], "goes with --http"),
    ],
)
def test_a_start_that_cannot_be_says_why(flags: list[str], words: str):
    ended = subprocess.run([*COMMAND, "serve", *flags], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2 and not ended.stdout
    assert words in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(("name", "value", "words"), [("TRAINING_ROUTER_STATE_KEY", "short", "at least 32"), ("TRAINING_ROUTER_LOG", "loud", "calls, questions, off")])
def test_a_setting_that_cannot_be_says_why(name: str, value: str, words: str):
    ended = subprocess.run([*COMMAND, "serve", "--http", "--port", "0"], capture_output=True, text=True, timeout=60, env=os.environ | {name: value})
    assert ended.returncode == 2 and words in ended.stderr and "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_named_and_its_owner_goes_on(running: Site):
    ended = subprocess.run([*COMMAND, "serve", "--http", "--port", str(running.port)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2 and f"port {running.port} cannot be had: Address already in use" in ended.stderr
    assert running.routes()


def test_a_full_disk_for_the_lines_is_borne():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen([*COMMAND, "serve", "--http", "--port", str(port)], stderr=full)
    at = Site(port, process, Path(os.devnull))
    for _ in range(200):
        with suppress(ConnectionError):
            if at.asked("GET", "/health")[0] == 200:
                break
        time.sleep(0.1)
    assert at.called("route", {"host": "evil.example.com"}, question="x")[0] == 421 and at.routes()
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
