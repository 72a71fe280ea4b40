"""A server process spoken to in raw JSON lines, so that no client's own time is measured."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from types import TracebackType
from typing import Any, Self

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
ROUTER = ("-m", "training_router.server", "serve")
HELLO = ("-m", "bench.hello")


class Wire:
    """A running server; leaving the block ends it."""

    def __init__(self, module: Sequence[str]) -> None:
        self.process = subprocess.Popen([sys.executable, *module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ)
        self.numbers = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.communicate()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one request; raises RuntimeError where the server refuses or is gone."""
        assert self.process.stdin and self.process.stdout
        request = {"jsonrpc": "2.0", "id": next(self.numbers), "method": method, "params": {**params, "_meta": META}}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or b"{}")
        if "result" not in answer or answer["result"].get("isError"):
            raise RuntimeError(f"{method} was answered with {answer}")
        return answer["result"]

    def call(self, tool: str, **arguments: str) -> dict[str, Any]:
        """The result of one tool call; raises RuntimeError likewise."""
        return self.ask("tools/call", name=tool, arguments=arguments)

    def memory(self) -> float:
        """The resident memory in MiB."""
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(self.process.pid)])) / 1024
