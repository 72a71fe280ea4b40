"""The protocol prompts as MCP prompts."""

from typing import Annotated, Any

from mcp.server.context import CallNext, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS
from pydantic import Field

from training_router.prompts.protocol import protocol_prompt
from training_router.taxonomy.errors import did_you_mean

Question = Annotated[str, Field(description="The person's own words, logs included")]
Draft = Annotated[str, Field(description="The answer about to be sent")]


def add_prompts(app: MCPServer[Any]) -> None:
    """Adds the protocol prompts, and a clear error for a name that is none of them or an argument that is missing, unknown or none."""

    @app.prompt("training-question", title="Ask about training", description="Diagnose a training problem before anything is prescribed.")
    async def training_question(question: Question) -> str:
        return protocol_prompt("training-question", question=question)

    @app.prompt("triage-emergency", title="A run is in trouble now", description="The holding action first, then the shortest way to the cause.")
    async def triage_emergency(question: Question) -> str:
        return protocol_prompt("triage-emergency", question=question)

    @app.prompt("review-draft", title="Review a drafted answer", description="Check an answer about training before it is sent.")
    async def review_draft(question: Question, draft: Draft) -> str:
        return protocol_prompt("review-draft", question=question, draft=draft)

    async def named_or_refused(ctx: ServerRequestContext[Any], call_next: CallNext) -> Any:
        if ctx.method == "prompts/get":
            await _check_request(app, dict(ctx.params or {}))
        return await call_next(ctx)

    app.middleware.append(named_or_refused)


async def _check_request(app: MCPServer[Any], params: dict[str, Any]) -> None:
    """Raises an invalid-params error for an unknown prompt or a missing argument, which the SDK would report as an internal error."""
    name, known = str(params.get("name")), {prompt.name: prompt for prompt in await app.list_prompts()}
    if name not in known:
        raise MCPError(INVALID_PARAMS, f"no prompt '{name[:60]}'; {did_you_mean(name, known)}")
    arguments, sent = known[name].arguments or [], params.get("arguments") or {}
    if not isinstance(sent, dict):
        raise MCPError(INVALID_PARAMS, f"the arguments of prompt '{name}' must map names to text")
    unknown = [one for one in sent if one not in {argument.name for argument in arguments}]
    if unknown:
        raise MCPError(INVALID_PARAMS, f"prompt '{name}' has no argument '{unknown[0][:40]}'; {did_you_mean(unknown[0], [one.name for one in arguments])}")
    missing = [one.name for one in arguments if one.required and not sent.get(one.name)]
    if missing:
        raise MCPError(INVALID_PARAMS, f"prompt '{name}' needs {' and '.join(missing)}")
