"""The server on standard input and output."""

import gc

from training_router.taxonomy.entries import Library


def serve(library: Library) -> None:
    """Serves until the client closes the pipe. Collection pauses while the SDK is imported, since it builds thousands of models that all stay."""
    gc.disable()
    from training_router.server.app import build_app

    app = build_app(library)
    gc.enable()
    gc.freeze()
    app.run("stdio")
