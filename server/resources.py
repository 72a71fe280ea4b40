"""The library as MCP resources, with completion of its ids."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.server.mcpserver.resources.base import Resource
from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from training_router.server.catalogue import SCHEME, SHELVES, entry_page, ids, shelf_page
from training_router.taxonomy.entries import Library
from training_router.taxonomy.errors import did_you_mean

MARKDOWN = "text/markdown"
COMPLETIONS_AT_MOST = 100  # the protocol's own limit


class Shelf(Resource):
    """The list of one kind of entry, written when it is read."""

    shelf: str
    library: Any

    async def read(self) -> str:
        """The list as Markdown."""
        return shelf_page(self.shelf, self.library)


def add_resources(app: MCPServer[Any], library: Library) -> None:
    """Adds a list and a page template for each shelf of the library, and the completion of ids."""
    for shelf in SHELVES:
        title = f"{shelf.capitalize()} of the library"
        app.add_resource(Shelf(uri=f"{SCHEME}://{shelf}", name=shelf, title=title, mime_type=MARKDOWN, shelf=shelf, library=library))
        app.resource(f"{SCHEME}://{shelf}/{{id}}", name=f"{shelf}-page", title=f"One of the {shelf}", mime_type=MARKDOWN)(_pages(shelf, library))

    @app.completion()
    async def complete(ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, context: CompletionContext | None) -> Completion | None:
        shelf = ref.uri.removeprefix(f"{SCHEME}://").removesuffix("/{id}") if isinstance(ref, ResourceTemplateReference) else ""
        return _completion(argument.value, shelf, library) if shelf in SHELVES and argument.name == "id" else None


def _pages(shelf: str, library: Library) -> Any:
    async def page(id: str) -> str:
        if id not in ids(shelf, library):
            raise ResourceNotFoundError(f"no '{id[:60]}' among the {shelf}; {did_you_mean(id, ids(shelf, library))}")
        return entry_page(shelf, id, library)

    return page


def _completion(typed: str, shelf: str, library: Library) -> Completion:
    """The ids that begin with what was typed, then those that hold it."""
    names = sorted(ids(shelf, library))
    matching = [name for name in names if name.startswith(typed)] + [name for name in names if typed in name and not name.startswith(typed)]
    return Completion(values=matching[:COMPLETIONS_AT_MOST], total=len(matching), has_more=len(matching) > COMPLETIONS_AT_MOST)
