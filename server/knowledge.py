"""The library with its overlays and the skills with a team's own, opened once."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from training_router.prompts.skills import Skill, skills
from training_router.taxonomy.entries import Library
from training_router.taxonomy.library import opened


@lru_cache(maxsize=4)
def library(overlays: tuple[Path, ...] = ()) -> Library:
    """The library that the server answers from; raises LibraryError where an overlay is broken."""
    return opened(overlays)


def library_of(overlays: Sequence[str | Path]) -> Library:
    """The library with the overlay folders named; raises FileNotFoundError for a folder that is not there."""
    folders = tuple(Path(folder).expanduser().resolve() for folder in overlays)
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"library folder {folder} does not exist; name a folder laid out like taxonomy/")
    return library(folders)


@lru_cache(maxsize=4)
def skills_of(folders: tuple[str, ...] = ()) -> Mapping[str, Skill]:
    """The skills that come along, with those of the folders named laid over them; raises SkillError."""
    return skills(Path(folder).expanduser().resolve() for folder in folders)
