"""A router over HTTP in a process of its own, and bare requests to it."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
COMMAND = (sys.executable, "-m", "training_router.server")
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call"}


@dataclass
class Site:
    """A running server: its port, its process and what it wrote on standard error."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def asked(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        """The status, headers and text of an answer."""
        connection = self.connection()
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def called(self, tool: str, headers: Mapping[str, str] | None = None, **arguments: Any) -> tuple[int, dict[str, str], str]:
        """The answer to a tool call; a header given as an empty text is left out."""
        sent = {name: value for name, value in {**HEADERS, "mcp-name": tool, **(headers or {})}.items() if value}
        return self.asked("POST", "/mcp", body_of(tool, **arguments), sent)

    def routes(self, **headers: str) -> bool:
        status, _, text = self.called("route", headers, question="loss is nan")
        return status == 200 and json.loads(text)["result"]["structuredContent"]["status"] == "route"


def body_of(tool: str, **arguments: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": META}}).encode()


@contextmanager
def site(*flags: str, command: tuple[str, ...] = COMMAND, **environment: str) -> Generator[Site]:
    """A server on a free port of its own, ended with the block."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "stderr"
        with log.open("wb") as stderr:
            process = subprocess.Popen([*command, "serve", "--http", "--port", "0", *flags], stderr=stderr, env=os.environ | environment)
        try:
            yield Site(_port(process, log), process, log)
        finally:
            process.terminate()
            process.wait(30)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"listening"' in line:
                return int(json.loads(line)["url"].rpartition(":")[2].removesuffix("/mcp"))
        time.sleep(0.02)
    raise AssertionError(log.read_text(encoding="utf-8"))
