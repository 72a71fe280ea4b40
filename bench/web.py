"""Servers over HTTP and a client of bare sockets, so that little of a client's own time is measured."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from bench.wire import META

ROUTER_HTTP = ("-m", "training_router.server", "serve", "--http", "--port")
HELLO_HTTP = ("-m", "bench.hello", "--http", "--port")
MODERN, LEGACY = "2026-07-28", "2025-11-25"


class Broken(Exception):
    """No whole answer came back."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Site:
    """A running HTTP server; leaving the block stops it."""

    def __init__(self, module: Sequence[str], port: int = 0, **environment: str) -> None:
        self.port = port or free_port()
        self.module, self.environment = module, environment
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, *self.module, str(self.port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | self.environment)
        wait_for(self.port, process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(30)

    def killed_and_restarted(self) -> None:
        """Ends the process with kill -9, and starts another one on the same port."""
        self.process.kill()
        self.process.wait()
        self.process = self._started()

    def restarted(self) -> int:
        """Stops the process as a supervisor does, and starts another one on the same port; the exit status of the first."""
        self.process.terminate()
        status = self.process.wait(30)
        self.process = self._started()
        return status

    def memory(self) -> float:
        """The resident memory in MiB."""
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(self.process.pid)])) / 1024


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Returns once the port takes connections; raises RuntimeError where the process ends before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{process.args} does not listen on port {port}")


def request(tool: str, arguments: dict[str, Any], era: str = MODERN) -> bytes:
    """A whole HTTP request that calls a tool."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    names = ""
    if era == MODERN:
        params["_meta"] = META
        names = f"mcp-method: tools/call\r\nmcp-name: {tool}\r\n"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = f"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:80\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: {era}\r\n"
    return f"{head}{names}content-length: {len(body)}\r\n\r\n".encode() + body


class Line:
    """One connection that is kept open, and opened anew after a fault."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def answer(self, sent: bytes) -> tuple[int, bytes]:
        """The status and body of the answer; raises Broken where there is none."""
        try:
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.streams
            writer.write(sent)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            body = await reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0]))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.close()
            raise Broken(repr(error)) from None
        if "connection: close" in head:
            self.close()
        return int(head.split(" ", 2)[1]), body

    def close(self) -> None:
        """Closes the connection; the next question opens another."""
        if self.streams:
            self.streams[1].close()
        self.streams = None


def reply_in(body: bytes) -> Any:
    """The structured reply of an answered tool call; raises Broken where it holds none."""
    try:
        return json.loads(body)["result"]["structuredContent"]
    except (ValueError, KeyError):
        raise Broken(body[:200].decode(errors="replace")) from None
