"""What the environment sets."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    overlays, skills: folders laid over the library and over the skills, later over earlier
    state_keys: the secrets that seal the state of forms; the first seals, all open
    log: which calls are told on standard error, `calls`, `questions` (with their text) or `off`
    """

    overlays: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    state_keys: tuple[str, ...] = ()
    log: str = "calls"


def settings() -> Settings:
    """The settings as the environment has them.

    TRAINING_ROUTER_LIBRARY and TRAINING_ROUTER_SKILLS: folders parted as in PATH
    TRAINING_ROUTER_STATE_KEY: keys parted by commas
    TRAINING_ROUTER_LOG: calls, questions or off
    """
    return Settings(
        overlays=_parts("TRAINING_ROUTER_LIBRARY", os.pathsep),
        skills=_parts("TRAINING_ROUTER_SKILLS", os.pathsep),
        state_keys=_parts("TRAINING_ROUTER_STATE_KEY", ","),
        log=os.environ.get("TRAINING_ROUTER_LOG", "").strip().lower() or "calls",
    )


def _parts(name: str, between: str) -> tuple[str, ...]:
    return tuple(part for one in os.environ.get(name, "").split(between) if (part := one.strip()))
