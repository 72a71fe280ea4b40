"""The smallest server on the same SDK: one tool that does nothing. Every figure of the router stands beside its figures."""

import sys

from mcp.server.mcpserver import MCPServer

app = MCPServer("hello", log_level="WARNING")


@app.tool()
async def hello(question: str) -> str:
    """Greets."""
    return "hello"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--http"]:
        app.run("streamable-http", port=int(sys.argv[3]), json_response=True, stateless_http=True)
    else:
        app.run("stdio")
