"""The real server on its pipes, in both protocol eras: every line that it writes is JSON-RPC, whatever is sent."""

import json
import os
import subprocess
from typing import Any

import pytest
from http_site import COMMAND, META

CALLS = (
    {"name": "route", "arguments": {"question": "loss is nan after 300 steps"}},
    {"name": "clarify", "arguments": {"question": "\x00\x1b[31m\u2028損失 {\"jsonrpc\": \"2.0\"}\n\n"}},
    {"name": "check_pressure", "arguments": {"question": "demo tomorrow, loss is nan", "draft": "Use lr=1e-4."}},
    {"name": "route", "arguments": {"quesion": "x"}},
    {"name": "no-such-tool", "arguments": {}},
    {"name": "route", "arguments": {"question": "x " * 32_000}},
)  # fmt: skip


def requests(era: str) -> list[dict[str, Any]]:
    """The messages of a whole session; a notification has no id."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    opening = [("server/discover", {})] if era == "modern" else [("initialize", hello), ("notifications/initialized", {})]
    meta = {"_meta": META} if era == "modern" else {}
    asked = [*opening, ("tools/list", {}), *(("tools/call", call) for call in CALLS)]
    numbers = [{} if method.startswith("notifications/") else {"id": number} for number, (method, _) in enumerate(asked)]
    return [{"jsonrpc": "2.0", **number, "method": method, "params": {**params, **meta}} for number, (method, params) in zip(numbers, asked, strict=True)]


def started() -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)


def answered(server: subprocess.Popen[bytes], *lines: bytes, number: int | None) -> dict[str, Any]:
    """Sends lines and reads up to the answer of that number; every line read on the way is JSON-RPC."""
    assert server.stdin and server.stdout
    server.stdin.write(b"".join(line + b"\n" for line in lines))
    server.stdin.flush()
    answer: dict[str, Any] = {}
    while number is not None and answer.get("id") != number:
        answer = json.loads(server.stdout.readline())
        assert answer["jsonrpc"] == "2.0"
    return answer


def ended(server: subprocess.Popen[bytes]) -> None:
    """Closes the pipe: the server ends by itself, writes nothing odd and complains about nothing."""
    rest, complaints = server.communicate(timeout=20)
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert server.returncode == 0 and b"Traceback" not in complaints


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_every_line_of_the_server_is_json_rpc(era: str):
    server = started()
    answers = [answered(server, json.dumps(request).encode(), number=request.get("id")) for request in requests(era)]
    ended(server)
    replies = [answer["result"] for answer in answers[-len(CALLS) :]]
    assert [bool(reply.get("isError")) for reply in replies] == [False, False, False, True, True, False]
    assert replies[0]["structuredContent"]["status"] == "route"


def test_a_line_that_is_no_json_does_not_end_the_server():
    question = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {**CALLS[0], "_meta": META}}
    server = started()
    answer = answered(server, b"loss is nan", b'{"jsonrpc": ', b"[]", b"", b"\xff\xfe", json.dumps(question).encode(), number=7)
    ended(server)
    assert answer["result"]["structuredContent"]["status"] == "route"
