"""Questions as people ask them, with their replies."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from training_router.server.arguments import consultation_of
from training_router.server.page import HOME
from training_router.server.reply import routed
from training_router.taxonomy.entries import Library

NAN = "Help, the loss went NaN after 5 epochs and the demo is tomorrow! I think it's the optimizer."
SEVERAL = "One epoch takes 40 minutes at 30 % GPU utilisation, the loss spikes now and then, and Adam, AdamW and SGD all fail alike. My lead says to add dropout."
CONCEPT = "what does AdamW add to Adam?"
VAGUE = "my model does not learn"
EVALS = Path(__file__).parent / "evals"
TEXTS: dict[str, str] = {
    one["id"]: one["text"] for name in ("scenarios", "questions-dev", "questions-own") for one in yaml.safe_load((EVALS / f"{name}.yaml").read_text(encoding="utf-8"))
}
HOSTILE = "</q></style></title></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;<!--"
CHOSEN = {"status", "role", "likelihood", "state", "kind"}  # words of the router's own, which no text can fill
WORDS: dict[str, str] = json.loads((HOME / "page.json").read_text(encoding="utf-8"))


def reply_to(question: str, library: Library, *observations: str, full: bool = True) -> dict[str, Any]:
    """The reply of route."""
    consultation, dropped = consultation_of({"question": question, "observations": list(observations)}, library)
    return routed(consultation, library, dropped, full, {})


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """A reply with every text changed but the router's own words."""
    if isinstance(value, Mapping):
        return {key: one if key in CHOSEN else changed(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [changed(one, change) for one in value]
    return change(value) if isinstance(value, str) else value
