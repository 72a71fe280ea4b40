"""The tools as an MCP client sees them, in both protocol eras."""

import json
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from training_router.server.app import DESCRIPTIONS, INSTRUCTIONS, build_app
from training_router.taxonomy.entries import Library

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
OOM = "I'm training with DDP on 4 GPUs but getting CUDA OOM errors. Should I lower the batch size?"


async def called(library: Library, era: str, tool: str, **arguments: Any):
    async with Client(build_app(library), mode=era) as client:
        return await client.call_tool(tool, arguments)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@ERAS
async def test_the_tools_say_when_to_call_them_and_stay_small(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == set(DESCRIPTIONS)
    assert sum(len(tool.name) + len(tool.description or "") + len(json.dumps(tool.input_schema)) for tool in tools) <= 4800
    assert len(INSTRUCTIONS) < 2000
    for tool in tools:
        assert tool.annotations and tool.annotations.read_only_hint and tool.annotations.idempotent_hint
        assert "NaN" in (tool.description or "")[:200]


@ERAS
async def test_route_names_the_specialists_in_order(era: str, library: Library):
    result = await called(library, era, "route", question=OOM)
    reply = result.structured_content
    assert reply and reply["status"] == "route"
    assert [step["specialist"] for step in reply["plan"]][:2] == ["distributed-training-strategies", "tensor-operations-and-memory"]
    assert json.loads(text_of(result)) == reply


@ERAS
async def test_the_tools_decide_alike(era: str, library: Library):
    replies = [(await called(library, era, tool, question=OOM)).structured_content for tool in DESCRIPTIONS]
    assert len({(reply["status"], reply["case"]) for reply in replies if reply}) == 1


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        ({"question": ""}, "Pass the person's own words"),
        ({}, "Pass the person's own words"),
        ({"case": " \n"}, "Pass the person's own words"),
        ({"quesion": "x"}, "did you mean 'question'?"),
        ({"question": "x" * 64_001}, "the limit is 64000"),
        ({"question": "x", "answers": {"no-such": "a"}}, "unknown question 'no-such'"),
        ({"question": "x", "answers": "fp16"}, "must map question ids"),
        ({"question": "x", "detail": "all"}, "send 'brief' or 'full'"),
        ({"question": {"a": 1}}, "as one string"),
        ({"case": "tr1 loss-is-nan+r #0000"}, "checksum"),
        ({"case": "tr1 loss-is* #0000"}, "word 2"),
        ({"question": "x", "observations": ["done no-specialist-here: ok"]}, "no-specialist-here"),
    ],
)
@ERAS
async def test_what_cannot_be_used_is_refused_with_the_mend(era: str, arguments: dict[str, Any], mend: str, library: Library):
    result = await called(library, era, "route", **arguments)
    assert result.is_error and mend in text_of(result)


@pytest.mark.parametrize("arguments", [{"observations": "uses ddp"}, {"observations": '["uses ddp"]'}, {"answers": "{}"}, {"detail": "FULL"}, {"question": 42}])
async def test_harmless_variants_of_arguments_are_taken(arguments: dict[str, Any], library: Library):
    result = await called(library, "auto", "route", **({"question": OOM} | arguments))
    assert not result.is_error


async def test_the_server_goes_on_after_a_refusal(library: Library):
    async with Client(build_app(library)) as client:
        assert (await client.call_tool("route", {"question": ""})).is_error
        assert not (await client.call_tool("route", {"question": OOM})).is_error


async def test_a_plan_moves_on_when_a_specialist_is_done(library: Library):
    async with Client(build_app(library)) as client:
        first = (await client.call_tool("route", {"question": OOM})).structured_content
        assert first
        done = first["plan"][0]["specialist"]
        then = (await client.call_tool("route", {"case": first["case"], "observations": [f"done {done}: fits on one card"]})).structured_content
    assert then and done not in [step["specialist"] for step in then["plan"]]
