"""The MCP server: the three tools, each a few lines over the consultation."""

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Annotated, Any

from mcp.server import CacheHint
from mcp.server.mcpserver import AcceptedElicitation, Elicit, ElicitationResult, MCPServer, Resolve
from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from training_router.prompts.skills import Skill
from training_router.server.apps import APP, apps_of
from training_router.server.arguments import NOTHING, Refused, checked_names, consultation_of, is_full, is_true
from training_router.server.diagnosis.consultation import Consultation
from training_router.server.form import answers_in, can_ask, form_of
from training_router.server.knowledge import skills_of
from training_router.server.prompts import add_prompts
from training_router.server.reply import clarified, pressure_checked, routed
from training_router.server.resources import add_resources
from training_router.server.shapes import Checked, Clarified, Routed
from training_router.server.skills import HOUR_MS, Skills
from training_router.taxonomy.entries import Library

INSTRUCTIONS = """\
Call route before answering any question about training a neural network: loss stuck, NaN, spikes, overfitting, bad accuracy, slow \
training, out of memory, DDP hangs, which optimizer or learning rate. Leave other topics and small talk alone.

1. route(question=the person's words verbatim, logs included). What code, config or logs show goes into `observations`.
2. status ask: settle what `find_out` can settle from the files, call again with `case` and `observations`; put the rest to the person, at most \
three questions, then call again with `case` and `answers`. No value is named before status is route.
3. status route: follow `next`; work through `plan` in order; after a step send `done <specialist>` with the case.
4. Before sending an answer that prescribes something: check_pressure(case, question, draft).

An urgent or expert question takes the same path: one call, and fewer words for the person. A single word misread in `read` is corrected by an \
observation such as `not symptom-id: log is finite`."""

DESCRIPTIONS = {
    "clarify": "For a vague report that training a neural network goes wrong (loss, NaN, accuracy, overfitting, slow training): what was understood, and at most "
    "three questions worth asking, each with why and with how to settle it from code or logs. Not for other topics. route decides the same and adds the plan.",
    "route": "Call before answering any question on training a neural network: loss stuck, NaN, spikes, overfitting, slow training, out of memory, DDP hang, "
    "which optimizer, learning rate or loss. Not for other topics. Returns status (ask, route, out_of_scope), the specialists in order with why and what ends each "
    "step, open questions, hypotheses to test, and a case to send with the next call.",
    "check_pressure": "Call before sending an answer about training a neural network (loss, NaN, overfitting, slow training), and when the person pushes: urgent, just the number, "
    "the boss or a paper says so. Not for other topics. Says what pushes, what meets it, and whether the draft skips the diagnosis, with what to write instead.",
}

STATIC = ("tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read", "server/discover")  # nothing of these changes while a server runs

Question = Annotated[
    Any, Field(description="The person's own words, verbatim, with pasted logs; another language together with an English translation. Optional where a case is given.")
]
Answers = Annotated[Any, Field(description='Question id -> option id, "unknown", "declined" or free text.')]
Observations = Annotated[
    Any,
    Field(
        description='List of what was seen in code, config or logs: free text, or "symptom-id: quote", "not symptom-id: why" (figures and '
        'hypotheses too), "tried remedy-id: result", "done specialist: result".'
    ),
]
CaseText = Annotated[Any, Field(description="The `case` of an earlier reply, copied whole.")]
Detail = Annotated[Any, Field(description='"brief" (default) or "full".')]
AskUser = Annotated[Any, Field(description="true: put the questions to the person as a form where the client can; otherwise they come back as data.")]
Draft = Annotated[Any, Field(description="The answer about to be sent.")]

NO_FORM = "the form came back accepted but without its fields; send the call again without `ask_user`, and put the questions to the person yourself."


class StrictTool(Tool):
    """A tool that names an unknown argument instead of dropping it, and says what to send where a form came back as none."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        try:
            checked_names(arguments, self.parameters["properties"])
        except Refused as error:
            raise ToolError(str(error)) from None
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            if not str(error).startswith(f"Error executing tool {self.name}: Resolver "):
                raise
            raise ToolError(NO_FORM) from None


def build_app(library: Library, skills: Mapping[str, Skill] | None = None, **options: Any) -> MCPServer[Any]:
    """The server over a library and the skills that it routes to, by default those that come along; the options are those of the SDK's server."""
    skills = skills_of() if skills is None else skills
    app: MCPServer[Any] = MCPServer(
        "training-router",
        title="Training Router",
        instructions=INSTRUCTIONS,
        version=version("training-router"),
        tools=[
            _tool(_clarify(library), "Clarify a training problem"),
            _tool(_route(library, skills), "Route a training question", APP),
            _tool(_check_pressure(library), "Check pressure and draft"),
        ],
        extensions=[Skills(skills), apps_of(library)],
        subscriptions=False,
        log_level="WARNING",
        cache_hints=dict.fromkeys(STATIC, CacheHint(ttl_ms=HOUR_MS, scope="public")),
        **options,
    )
    add_prompts(app)
    add_resources(app, library)
    return app


def _clarify(library: Library) -> Callable[..., Any]:
    async def form(
        question: Question, answers: Answers, observations: Observations, case: CaseText, ask_user: AskUser, context: Context[Any, Any]
    ) -> Elicit[BaseModel] | BaseModel | None:
        """The form of a call that wants one and can have it; what is wrong with its arguments is for the tool to say."""
        arguments = {"question": question, "answers": answers, "observations": observations, "case": case}
        try:
            return form_of(_consulted(arguments, library)[0], library) if is_true(ask_user, "ask_user") and can_ask(context) else None
        except Refused:
            return None

    async def clarify(
        filled: Annotated[ElicitationResult[Any], Resolve(form)],
        question: Question = None,
        answers: Answers = None,
        observations: Observations = None,
        case: CaseText = None,
        detail: Detail = None,
        ask_user: AskUser = None,
    ) -> Annotated[CallToolResult, Clarified]:
        arguments = {"question": question, "answers": answers, "observations": observations, "case": case}
        chosen = answers_in(filled.data) if isinstance(filled, AcceptedElicitation) and filled.data else {}

        def reply() -> dict[str, Any]:
            is_true(ask_user, "ask_user")
            return clarified(*_consulted(arguments, library, chosen), is_full(detail))

        return _result(reply)

    return clarify


def _route(library: Library, skills: Mapping[str, Skill]) -> Callable[..., Any]:
    async def route(
        question: Question = None, answers: Answers = None, observations: Observations = None, case: CaseText = None, detail: Detail = None
    ) -> Annotated[CallToolResult, Routed]:
        arguments = {"question": question, "answers": answers, "observations": observations, "case": case}
        return _result(lambda: routed(*_consulted(arguments, library), is_full(detail), skills))

    return route


def _check_pressure(library: Library) -> Callable[..., Any]:
    async def check_pressure(
        question: Question = None, draft: Draft = None, answers: Answers = None, observations: Observations = None, case: CaseText = None
    ) -> Annotated[CallToolResult, Checked]:
        arguments = {"question": question, "answers": answers, "observations": observations, "case": case}
        return _result(lambda: pressure_checked(arguments, draft, library))

    return check_pressure


def _tool(function: Any, title: str, meta: dict[str, Any] | None = None) -> Tool:
    hints = ToolAnnotations(title=title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    tool = StrictTool.from_function(function, title=title, description=DESCRIPTIONS[function.__name__], annotations=hints, meta=meta)
    tool.parameters = _plain_schema(tool.parameters)
    # The output schema is published; the tests hold the replies to it, so that no call has to.
    tool.fn_metadata = tool.fn_metadata.model_copy(update={"output_model": None})
    return tool


def _plain_schema(parameters: dict[str, Any]) -> dict[str, Any]:
    """The input schema with the types that are meant; the tool itself takes their neighbours too."""
    types: dict[str, dict[str, Any]] = {
        "answers": {"type": "object", "additionalProperties": {"type": "string"}},
        "observations": {"type": "array", "items": {"type": "string"}},
        "detail": {"type": "string", "enum": ["brief", "full"]},
        "ask_user": {"type": "boolean"},
    }
    properties = {name: types.get(name, {"type": "string"}) | {"description": one["description"]} for name, one in parameters["properties"].items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _consulted(arguments: dict[str, Any], library: Library, chosen: Mapping[str, Any] = NOTHING) -> tuple[Consultation, Library, list[str]]:
    consultation, dropped = consultation_of(arguments, library, chosen)
    return consultation, library, dropped


def _result(reply: Callable[[], dict[str, Any]]) -> CallToolResult:
    try:
        structured = reply()
    except Refused as error:
        raise ToolError(str(error)) from None
    text = json.dumps(structured, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structured)
