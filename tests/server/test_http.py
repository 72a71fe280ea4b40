"""The server over HTTP, a process of its own each time: the replies of stdio in both protocol eras, and a clear answer to every fault."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from http_site import COMMAND, HEADERS, Site, body_of, site
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitRequestParams, ElicitResult

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("route", {"question": "loss is nan after 300 steps, fp16"}),
    ("route", {"question": "my model does not learn", "detail": "full"}),
    ("clarify", {"question": "val acc stuck at 10%"}),
    ("check_pressure", {"question": "demo tomorrow, loss is nan", "draft": "Use lr=1e-4."}),
    ("route", {"question": ""}),
)
KEY = "k" * 32


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
