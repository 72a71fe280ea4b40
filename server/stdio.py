"""The server on standard input and output."""

import gc
from collections.abc import Callable

from training_router.taxonomy.entries import Library


def serve(opened: Callable[[], Library]) -> None:
    """Serves until the client closes the pipe. Collection pauses while the library and the SDK are loaded, since nearly all of that stays."""
    gc.disable()
    library = opened()
    from training_router.server.app import build_app

    app = build_app(library)
    gc.enable()
    gc.freeze()
    app.run("stdio")
