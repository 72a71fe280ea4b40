"""The page as an MCP App: a host that shows apps draws the reply of `route` with it, any other client sees no difference."""

from typing import Any

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver.resources.base import Resource

from training_router.taxonomy.entries import Library

URI = "ui://training-router/explain"
APP: dict[str, Any] = {"ui": {"resourceUri": URI}}


class Page(Resource):
    """The app's document, written when a host reads it."""

    library: Any

    async def read(self) -> str:
        """The document with the library's titles in it."""
        from training_router.server.page import app, titles_of  # no start of the server waits for it

        return app(titles_of(self.library))


def apps_of(library: Library) -> Apps:
    """The extension with the one page; it asks for no permission and for nothing from outside."""
    apps = Apps()
    apps.add_resource(Page(uri=URI, name="explain", title="The route as a page", mime_type=APP_MIME_TYPE, meta={"ui": {"prefersBorder": False}}, library=library))
    return apps
