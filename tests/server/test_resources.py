"""The library to browse and the prompts to start with, as an MCP client sees them."""

import re
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, PromptReference, Request, RequestParams, ResourceTemplateReference, Result, TextResourceContents
from pydantic import ConfigDict

from training_router.server.app import build_app
from training_router.server.catalogue import SHELVES, ids
from training_router.taxonomy.entries import Library

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
LINK = re.compile(r"\]\(taxonomy://([a-z]+)/([a-z0-9-]+)\)")
TEMPLATE = "taxonomy://{shelf}/{{id}}"


class AnyParams(RequestParams):
    model_config = ConfigDict(extra="allow")


class AnyRequest(Request[AnyParams, str]):
    pass


async def page(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents) and content.mime_type == "text/markdown"
    return content.text


@ERAS
async def test_every_shelf_lists_its_entries(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        listed = {str(one.uri) for one in (await client.list_resources()).resources}
        templates = {one.uri_template for one in (await client.list_resource_templates()).resource_templates}
        for shelf in SHELVES:
            assert f"taxonomy://{shelf}" in listed and TEMPLATE.format(shelf=shelf) in templates
            assert {name for _, name in LINK.findall(await page(client, f"taxonomy://{shelf}"))} == set(ids(shelf, library))


@pytest.mark.parametrize("shelf", SHELVES)
async def test_every_page_can_be_read_and_its_links_lead_somewhere(shelf: str, library: Library):
    async with Client(build_app(library), cache=None) as client:
        for name in ids(shelf, library):
            text = await page(client, f"taxonomy://{shelf}/{name}")
            assert text.startswith("# ") and len(text.splitlines()) > 2
            assert all(target in ids(where, library) for where, target in LINK.findall(text))


async def test_a_page_names_its_sources(library: Library):
    kind, name = next((kind, name) for kind in SHELVES for name in library.references.get(kind, {}))
    async with Client(build_app(library)) as client:
        assert library.references[kind][name][0] in await page(client, f"taxonomy://{kind}/{name}")


@ERAS
async def test_ids_are_completed_with_those_that_begin_alike_first(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        found = (await client.complete(ResourceTemplateReference(uri=TEMPLATE.format(shelf="symptoms")), {"name": "id", "value": "loss-"})).completion
        nothing = (await client.complete(PromptReference(name="review-draft"), {"name": "draft", "value": "loss"})).completion
    assert found.values[0].startswith("loss-") and all("loss-" in name for name in found.values) and len(found.values) <= 100
    assert nothing.values == []


@ERAS
@pytest.mark.parametrize("uri", ["taxonomy://symptoms/loss-is-nann", "taxonomy://nothing", "file:///etc/passwd"])
async def test_an_unknown_resource_is_an_error_of_the_request(era: str, uri: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await client.read_resource(uri)
    assert refused.value.error.code == INVALID_PARAMS
    assert "nann" not in uri or "did you mean 'loss-is-nan'?" in refused.value.error.message


@ERAS
@pytest.mark.parametrize("name", ["training-question", "triage-emergency", "review-draft"])
async def test_a_prompt_carries_the_words_it_was_given(era: str, name: str, library: Library):
    words = {"question": "loss is $nan ${HOME} at step 3"} | ({"draft": "Lower the rate."} if name == "review-draft" else {})
    async with Client(build_app(library), mode=era) as client:
        (message,) = (await client.get_prompt(name, words)).messages
    assert all(text in str(message.content) for text in words.values()) and "check_pressure" in str(message.content)


@ERAS
@pytest.mark.parametrize(
    ("name", "arguments", "mend"),
    [
        ("training-questions", {}, "did you mean 'training-question'?"),
        ("review-draft", {"question": "x"}, "needs draft"),
        ("training-question", None, "needs question"),
        ("training-question", {"questoin": "x"}, "did you mean 'question'?"),
    ],
)
async def test_a_wrong_prompt_is_refused_with_what_to_send(era: str, name: str, arguments: dict[str, Any] | None, mend: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await client.get_prompt(name, arguments)
    assert refused.value.error.code == INVALID_PARAMS and mend in refused.value.error.message


@ERAS
@pytest.mark.parametrize("arguments", [5, "question", ["question"], {"question": 5}])
async def test_arguments_of_a_prompt_that_are_no_map_of_text_are_an_error_of_the_request(era: str, arguments: Any, library: Library):
    async with Client(build_app(library), mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await client.session.send_request(AnyRequest(method="prompts/get", params=AnyParams.model_validate({"name": "training-question", "arguments": arguments})), Result)
    assert refused.value.error.code == INVALID_PARAMS
