"""The specialists as Agent Skills over MCP (SEP-2640), and as plain resources for clients without the extension."""

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcp.server.extension import Extension, MethodBinding, ResourceBinding
from mcp.server.mcpserver.resources.base import Resource
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CacheableResult, PaginatedRequestParams, PaginatedResult, RequestParams
from mcp.types import Resource as ListedResource
from pydantic import BaseModel

from training_router.prompts.skills import Skill
from training_router.taxonomy.errors import did_you_mean

HOUR_MS = 3_600_000
FOLDER = "inode/directory"


class SkillFile(Resource):
    """A file of a skill, served byte for byte: a changed line end would break its digest."""

    path: Path

    async def read(self) -> str | bytes:
        """The file as text where it is text, else as bytes."""
        data = self.path.read_bytes()
        return data.decode("utf-8") if self.mime_type.startswith("text/") else data


class FileOut(BaseModel):
    """A file with the digest of its bytes."""

    uri: str
    digest: str
    size: int


class SkillOut(BaseModel):
    """A skill: where it is, its whole head, all its files."""

    uri: str
    frontmatter: dict[str, Any]
    resources: list[FileOut]


class SkillsListed(PaginatedResult, CacheableResult):
    """The answer to skills/list."""

    skills: list[SkillOut]


class SkillFound(CacheableResult):
    """The answer to skills/get."""

    skill: SkillOut


class FolderRead(PaginatedResult, CacheableResult):
    """The answer to resources/directory/read."""

    resources: list[ListedResource]


class SkillWanted(RequestParams):
    """The parameters of skills/get."""

    uri: str


class FolderWanted(PaginatedRequestParams):
    """The parameters of resources/directory/read."""

    uri: str


class Skills(Extension):
    """The extension that serves skills by name."""

    identifier = "io.modelcontextprotocol/skills"

    def __init__(self, skills: Mapping[str, Skill]) -> None:
        self.skills = skills
        self.by_uri = {skill.uri: skill for skill in skills.values()}

    def settings(self) -> dict[str, Any]:
        """What the server says of the extension."""
        return {"directoryRead": True}

    def resources(self) -> Sequence[ResourceBinding]:
        """Every file of every skill."""
        return [ResourceBinding(_file(skill, path)) for skill in self.skills.values() for path in skill.paths()]

    def methods(self) -> Sequence[MethodBinding]:
        """The methods of the extension."""
        return [
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", SkillWanted, self._get),
            MethodBinding("resources/directory/read", FolderWanted, self._folder),
        ]

    async def _list(self, context: Any, params: PaginatedRequestParams) -> SkillsListed:
        return SkillsListed(skills=[_described(skill) for skill in self.skills.values()], ttl_ms=HOUR_MS, cache_scope="public")

    async def _get(self, context: Any, params: SkillWanted) -> SkillFound:
        if params.uri not in self.by_uri:
            raise MCPError(INVALID_PARAMS, f"no skill is served at {params.uri[:100]}; {did_you_mean(params.uri, self.by_uri)}")
        return SkillFound(skill=_described(self.by_uri[params.uri]), ttl_ms=HOUR_MS, cache_scope="public")

    async def _folder(self, context: Any, params: FolderWanted) -> FolderRead:
        children = {uri: child for skill in self.skills.values() if f"{params.uri}/".startswith(f"{skill.root}/") for uri, child in _children(skill, params.uri)}
        if not children:
            raise MCPError(INVALID_PARAMS, f"{params.uri[:100]} is no folder of a skill; {did_you_mean(params.uri, [skill.root for skill in self.skills.values()])}")
        return FolderRead(resources=list(children.values()), ttl_ms=HOUR_MS, cache_scope="public")


def _file(skill: Skill, path: str) -> SkillFile:
    is_skill = path == "SKILL.md"
    return SkillFile(
        uri=f"{skill.root}/{path}",
        name=skill.name if is_skill else f"{skill.name}/{path}",
        description=skill.description if is_skill else None,
        mime_type=_mime_type(path),
        path=skill.folder / path,
    )


def _mime_type(path: str) -> str:
    if path.endswith(".md"):
        return "text/markdown"
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def _described(skill: Skill) -> SkillOut:
    files = {f"{skill.root}/{path}": (skill.folder / path).read_bytes() for path in skill.paths()}
    listed = [FileOut(uri=uri, digest=f"sha256:{hashlib.sha256(data).hexdigest()}", size=len(data)) for uri, data in files.items()]
    return SkillOut(uri=skill.uri, frontmatter=skill.frontmatter(), resources=listed)


def _children(skill: Skill, folder: str) -> list[tuple[str, ListedResource]]:
    """What lies directly in a folder of a skill, files and folders."""
    children: list[tuple[str, ListedResource]] = []
    for path in skill.paths():
        uri = f"{skill.root}/{path}"
        if not uri.startswith(f"{folder}/"):
            continue
        name, _, below = uri.removeprefix(f"{folder}/").partition("/")
        child = f"{folder}/{name}"
        size = None if below else (skill.folder / path).stat().st_size
        children.append((child, ListedResource(uri=child, name=name, mime_type=FOLDER if below else _mime_type(path), size=size)))
    return children
