"""What the environment sets."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process: overlay folders of the library, later over earlier."""

    overlays: tuple[str, ...] = ()


def settings() -> Settings:
    """The settings as the environment has them: TRAINING_ROUTER_LIBRARY, folders parted as in PATH."""
    folders = os.environ.get("TRAINING_ROUTER_LIBRARY", "")
    return Settings(tuple(folder for folder in folders.split(os.pathsep) if folder))
