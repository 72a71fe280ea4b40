"""The consulting room: question text -> findings -> differential -> questions | plan. Pure: no MCP, no files, no clock."""
