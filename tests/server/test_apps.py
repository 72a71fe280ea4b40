"""The page as an MCP App, as a client of either era sees it."""

import pytest
from mcp import Client
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.types import TextContent, TextResourceContents

from training_router.server.app import build_app
from training_router.server.apps import URI
from training_router.taxonomy.entries import Library

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])


@ERAS
async def test_route_alone_names_the_page_and_the_page_is_there(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        named = {tool.name: tool.meta for tool in (await client.list_tools()).tools}
        (document,) = (await client.read_resource(URI)).contents
    assert named == {"clarify": None, "route": {"ui": {"resourceUri": URI}}, "check_pressure": None}
    assert isinstance(document, TextResourceContents) and document.mime_type == APP_MIME_TYPE
    assert document.text.startswith("<!doctype html>") and library.causes[next(iter(library.causes))].title in document.text


async def test_the_server_says_that_it_has_an_app(library: Library):
    async with Client(build_app(library)) as client:
        assert EXTENSION_ID in (client.server_capabilities.extensions or {})


@ERAS
async def test_a_client_without_apps_reads_the_reply_as_before(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        result = await client.call_tool("route", {"question": "loss is nan"})
    (content,) = result.content
    assert isinstance(content, TextContent) and content.text.startswith('{"status":')
    assert result.structured_content and not (result.meta or {}).get("ui")
