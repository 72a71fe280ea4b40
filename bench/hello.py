"""The smallest server on the same SDK: one tool that does nothing. Every figure of the router stands beside its figures."""

from mcp.server.mcpserver import MCPServer

app = MCPServer("hello")


@app.tool()
async def hello(question: str) -> str:
    """Greets."""
    return "hello"


if __name__ == "__main__":
    app.run("stdio")
