"""The protocol prompts: what a client offers its user to start with."""

from importlib.resources import files
from string import Template


def protocol_prompt(name: str, **fields: str) -> str:
    """The text of a protocol prompt with its fields filled in."""
    text = (files("training_router.prompts") / "protocol" / f"{name}.md").read_text(encoding="utf-8")
    return Template(text).substitute(fields)
