"""The questions as a form that the client puts to the person, and every way without one."""

from typing import Any

import pytest
from mcp import Client
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from training_router.server.app import build_app
from training_router.server.arguments import LONGEST
from training_router.taxonomy.entries import Library

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
VAGUE = "My loss went NaN after 5 epochs."


async def clarified(library: Library, era: str, answer: ElicitResult | None, **arguments: Any) -> tuple[dict[str, Any], list[ElicitRequestParams]]:
    shown: list[ElicitRequestParams] = []

    async def person(context: Any, params: ElicitRequestParams) -> ElicitResult:
        shown.append(params)
        assert answer
        return answer

    async with Client(build_app(library), mode=era, elicitation_callback=person if answer else None) as client:
        result = await client.call_tool("clarify", {"question": VAGUE} | arguments)
    assert result.structured_content and not result.is_error
    return result.structured_content, shown


@ERAS
async def test_an_answered_form_counts_as_answers(era: str, library: Library):
    plain, _ = await clarified(library, era, None)
    question = plain["questions"][0]
    chosen = {question["id"]: question["options"][0]["id"]}
    asked, shown = await clarified(library, era, ElicitResult(action="accept", content=chosen), ask_user=True)
    answered, _ = await clarified(library, era, None, answers=chosen)
    assert asked == answered != plain
    (form,) = shown
    assert isinstance(form, ElicitRequestFormParams)
    properties = form.requested_schema["properties"]
    assert list(properties) == [one["id"] for one in plain["questions"]] and not form.requested_schema.get("required")
    assert [one["const"] for one in properties[question["id"]]["oneOf"]] == [one["id"] for one in question["options"]] + ["unknown"]


@ERAS
@pytest.mark.parametrize("answer", [ElicitResult(action="decline"), ElicitResult(action="cancel"), ElicitResult(action="accept", content={}), None])
async def test_without_answers_the_questions_come_back_as_data(era: str, answer: ElicitResult | None, library: Library):
    plain, _ = await clarified(library, era, None)
    asked, _ = await clarified(library, era, answer, ask_user=True)
    assert asked == plain and plain["questions"]


@ERAS
@pytest.mark.parametrize("arguments", [{}, {"ask_user": "false"}, {"ask_user": True, "question": "CUDA out of memory in the first step, batch size 64"}])
async def test_nobody_is_asked_unless_it_is_wanted_and_something_is_open(era: str, arguments: dict[str, Any], library: Library):
    _, shown = await clarified(library, era, ElicitResult(action="cancel"), **arguments)
    reply, _ = await clarified(library, era, None, **arguments)
    assert bool(shown) == (bool(reply.get("questions")) and arguments.get("ask_user") is True)


@ERAS
async def test_a_choice_that_the_form_did_not_offer_is_read_as_the_persons_words(era: str, library: Library):
    plain, _ = await clarified(library, era, None)
    name = plain["questions"][0]["id"]
    asked, _ = await clarified(library, era, ElicitResult(action="accept", content={name: "no idea, honestly"}), ask_user=True)
    assert f"{name}=unknown" in asked["case"] and asked["unread"]


@ERAS
@pytest.mark.parametrize("answer", [7, True, 0.5, ["none"]])
async def test_an_answer_of_another_type_counts_as_it_does_in_answers(era: str, answer: Any, library: Library):
    plain, _ = await clarified(library, era, None)
    chosen = {plain["questions"][0]["id"]: answer}
    asked, _ = await clarified(library, era, ElicitResult(action="accept", content=chosen), ask_user=True)
    assert asked == (await clarified(library, era, None, answers=chosen))[0]


@ERAS
@pytest.mark.parametrize(("content", "mend"), [("x" * (LONGEST + 1), f"the limit is {LONGEST}"), (["a", "b"], "as one string"), (None, "without `ask_user`")])
async def test_a_spoilt_form_is_refused_with_what_to_send(era: str, content: Any, mend: str, library: Library):
    async def person(context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        return ElicitResult(action="accept", content=None if content is None else dict.fromkeys(params.requested_schema["properties"], content))

    async with Client(build_app(library), mode=era, elicitation_callback=person) as client:
        result = await client.call_tool("clarify", {"question": VAGUE, "ask_user": True})
    assert result.is_error and mend in str(result.content[0])


@ERAS
async def test_a_wrong_flag_is_refused_with_what_to_send(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        result = await client.call_tool("clarify", {"question": VAGUE, "ask_user": "maybe"})
    assert result.is_error and "`ask_user` is 'maybe'; send true or false." in str(result.content[0])
