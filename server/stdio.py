"""The server on standard input and output."""

import gc
from collections.abc import Callable, Mapping

from training_router.prompts.skills import Skill
from training_router.server.settings import Settings
from training_router.taxonomy.entries import Library

GARBAGE = 20_000  # objects between two collections; an answer leaves next to no cycles, and the usual 700 would be looked through every few answers


def serve(open_library: Callable[[], Library], find_skills: Callable[[], Mapping[str, Skill]], settings: Settings) -> None:
    """Serves until the client closes the pipe. Collection pauses while the library and the SDK are loaded, since nearly all of that stays."""
    gc.disable()
    library, skills = open_library(), find_skills()
    from training_router.server.app import DESCRIPTIONS, build_app
    from training_router.server.telemetry import Journal, Telemetry

    app = build_app(library, skills, middleware=[Telemetry(Journal(settings.log).adopt(), DESCRIPTIONS)])
    gc.enable()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    app.run("stdio")
