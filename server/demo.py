"""One worked consultation with the real server over stdio, as an agent would hold it."""

import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from training_router.server.terminal import shown

QUESTION = "Urgent, demo tomorrow! My loss went to NaN after 5 epochs. I think it's the optimizer, just tell me which one to use."
OBSERVATIONS = ["torch.autocast with float16 in train.py:52, no GradScaler"]
BAD = "Switch to AdamW with lr=1e-4 and the NaN will go away."
GOOD = "Stop the run and keep the last finite checkpoint. mixed-precision-and-optimization looks at it first: does the loss stay finite with autocast off?"


def consultation_shown(overlays: Sequence[str]) -> Iterator[str]:
    """The consultation as lines to print."""
    replies = anyio.run(_held, tuple(overlays))
    yield from textwrap.wrap(f"A person asks: {QUESTION}", 88)
    for title, reply in replies:
        yield f"\n=== {title}"
        yield shown(reply)


async def _held(overlays: tuple[str, ...]) -> list[tuple[str, dict[str, Any]]]:
    libraries = [part for folder in overlays for part in ("--library", folder)]
    server = StdioServerParameters(command=sys.executable, args=["-m", "training_router.server", "serve", *libraries], env={"TRAINING_ROUTER_LOG": "off"})
    replies: list[tuple[str, dict[str, Any]]] = []
    async with Client(server) as client:

        async def called(title: str, tool: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            assert result.structured_content is not None
            replies.append((title, result.structured_content))
            return result.structured_content

        asked = await called("The agent calls route with the person's words", "route", question=QUESTION)
        await called("It looks into the code and sends what it saw", "route", case=asked["case"], observations=OBSERVATIONS)
        await called("It is about to give in: the draft is caught", "check_pressure", question=QUESTION, case=asked["case"], draft=BAD)
        await called("A draft that keeps the protocol passes", "check_pressure", question=QUESTION, case=asked["case"], draft=GOOD)
    return replies
