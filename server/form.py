"""The questions of a consultation as a form that the client puts to the person."""

from typing import Annotated, Any

from mcp.server.mcpserver import Elicit
from mcp.server.mcpserver.context import Context
from mcp.types.version import is_version_at_least
from pydantic import BaseModel, WithJsonSchema, create_model

from training_router.server.diagnosis.consultation import Consultation
from training_router.server.diagnosis.questions import possible_options
from training_router.taxonomy.entries import Library

UNKNOWN = {"const": "unknown", "title": "I don't know"}
FORMS_WITHOUT_BACK_CHANNEL = "2026-07-28"


def can_ask(context: Context[Any, Any]) -> bool:
    """Whether the client can put a form to the person; an older protocol also needs a way back in the middle of a call."""
    able = context.client_capabilities.elicitation if context.client_capabilities else None
    if able is None or (able.form is None and able.url is not None):
        return False
    modern = context.protocol_version is not None and is_version_at_least(context.protocol_version, FORMS_WITHOUT_BACK_CHANNEL)
    return modern or context.session.can_send_request


def form_of(consultation: Consultation, library: Library) -> Elicit[BaseModel] | None:
    """A form with a choice for each open question, none of them required; nothing where nothing is open."""
    if not consultation.decision.questions:
        return None
    # whatever comes back is taken, as answers are: the SDK would refuse a wrong type in words that help nobody
    fields: dict[str, Any] = {name: (Annotated[Any, WithJsonSchema(_choice(name, consultation, library))], None) for name in consultation.decision.questions}
    return Elicit(library.form, create_model("Questions", **fields))


def _choice(name: str, consultation: Consultation, library: Library) -> dict[str, Any]:
    options = possible_options(library.questions[name], consultation.settled)
    return {"type": "string", "title": library.questions[name].ask, "oneOf": [{"const": option.id, "title": option.text or option.id} for option in options] + [UNKNOWN]}


def answers_in(form: BaseModel) -> dict[str, Any]:
    """The answers of a form by question id, those that were given."""
    return {name: answer for name, answer in form.model_dump().items() if answer not in (None, "")}
