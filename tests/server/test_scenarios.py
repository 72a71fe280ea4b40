"""The published scenarios hold, seen by an MCP client."""

import pytest
from mcp import Client

from evals.scenarios import SCENARIOS, unmet
from training_router.server.app import build_app
from training_router.taxonomy.entries import Library


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario_holds(name: str, library: Library):
    text = SCENARIOS[name]["text"]
    async with Client(build_app(library)) as client:
        called = [
            await client.call_tool("route", {"question": text, "detail": "full"}),
            await client.call_tool("clarify", {"question": text}),
            await client.call_tool("check_pressure", {"question": text}),
        ]
    route, clarify, pressure = (result.structured_content or {} for result in called)
    assert unmet(SCENARIOS[name]["expect"], route, clarify, pressure) == []
