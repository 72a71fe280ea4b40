"""What the environment sets."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process: folders laid over the library and over the skills, later over earlier."""

    overlays: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


def settings() -> Settings:
    """The settings as the environment has them: TRAINING_ROUTER_LIBRARY and TRAINING_ROUTER_SKILLS, folders parted as in PATH."""
    return Settings(_folders("TRAINING_ROUTER_LIBRARY"), _folders("TRAINING_ROUTER_SKILLS"))


def _folders(name: str) -> tuple[str, ...]:
    return tuple(folder for folder in os.environ.get(name, "").split(os.pathsep) if folder)
