"""The skills as an MCP client gets them: by the extension, and as plain resources."""

import base64
import hashlib
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, BlobResourceContents, PaginatedRequestParams, Request, Result

from training_router.prompts.skills import SkillError, skills
from training_router.server.app import build_app
from training_router.server.cli import USAGE, main
from training_router.server.skills import FolderRead, FolderWanted, SkillFound, SkillsListed, SkillWanted
from training_router.taxonomy.entries import Library

ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
GRADIENTS = "My gradient norm explodes after 200 steps, it goes from 0.5 to 3000."


class List(Request[PaginatedRequestParams, Literal["skills/list"]]):
    method: Literal["skills/list"] = "skills/list"
    params: PaginatedRequestParams = PaginatedRequestParams()


class Get(Request[SkillWanted, Literal["skills/get"]]):
    method: Literal["skills/get"] = "skills/get"
    params: SkillWanted


class Folder(Request[FolderWanted, Literal["resources/directory/read"]]):
    method: Literal["resources/directory/read"] = "resources/directory/read"
    params: FolderWanted


async def sent(client: Client, request: Any, answer: type[Result]) -> Any:
    return await client.session.send_request(request, answer)


@ERAS
async def test_every_step_of_a_plan_leads_to_a_skill_that_is_served(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        reply = (await client.call_tool("route", {"question": GRADIENTS})).structured_content
        assert reply and reply["plan"][0]["specialist"] == "gradient-management"
        read = (await client.read_resource(reply["plan"][0]["uri"])).contents[0]
    assert "# Gradient management" in str(read)


@ERAS
async def test_every_file_is_served_byte_for_byte_with_its_digest(era: str, library: Library):
    async with Client(build_app(library), mode=era, cache=None) as client:
        listed: SkillsListed = await sent(client, List(), SkillsListed)
        assert {skill.frontmatter["name"] for skill in listed.skills} == set(skills())
        for skill in listed.skills:
            assert skill.uri in {file.uri for file in skill.resources}
            for file in skill.resources:
                (content,) = (await client.read_resource(file.uri)).contents
                data = base64.b64decode(content.blob) if isinstance(content, BlobResourceContents) else content.text.encode()
                assert (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") == (file.size, file.digest)


@ERAS
async def test_a_skill_and_its_folder_can_be_asked_for_by_address(era: str, library: Library):
    async with Client(build_app(library), mode=era) as client:
        found: SkillFound = await sent(client, Get(params=SkillWanted(uri="skill://gradient-management/SKILL.md")), SkillFound)
        folder: FolderRead = await sent(client, Folder(params=FolderWanted(uri="skill://gradient-management")), FolderRead)
    assert found.skill.frontmatter["name"] == "gradient-management"
    assert {child.uri: child.mime_type for child in folder.resources} == {
        "skill://gradient-management/SKILL.md": "text/markdown",
        "skill://gradient-management/scripts": "inode/directory",
    }


@ERAS
@pytest.mark.parametrize("request_", [Get(params=SkillWanted(uri="skill://gradient-managment/SKILL.md")), Folder(params=FolderWanted(uri="skill://gradient-management/SKILL.md"))])
async def test_an_address_that_leads_nowhere_is_an_error_of_the_request(era: str, request_: Any, library: Library):
    async with Client(build_app(library), mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await sent(client, request_, Result)
    assert refused.value.error.code == INVALID_PARAMS and "skill://gradient-management" in refused.value.error.message


def test_a_team_lays_its_own_skill_over_ours(tmp_path: Path, library: Library):
    (tmp_path / "gradient-management").mkdir()
    (tmp_path / "gradient-management" / "SKILL.md").write_text("---\nname: gradient-management\ndescription: Ours.\n---\n# Ours\n", encoding="utf-8")
    laid = skills([tmp_path])
    assert laid["gradient-management"].description == "Ours." and set(laid) == set(skills())


@pytest.mark.parametrize(
    ("head", "mend"),
    [
        ("# No head\n", "begin with '---'"),
        ("---\nname: mine\ndescription: Use when: now.\n---\n", "quote a description"),
        ("---\nname: other\ndescription: X.\n---\n", "write the name of its folder, 'mine'"),
    ],
)
def test_a_broken_skill_is_refused_with_its_mend(tmp_path: Path, head: str, mend: str):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "SKILL.md").write_text(head, encoding="utf-8")
    with pytest.raises(SkillError, match=mend):
        skills([tmp_path])


def test_a_skills_folder_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]):
    assert main(["route", "--skills", "/nowhere", "loss is nan"]) == USAGE
    assert "skills folder /nowhere does not exist" in capsys.readouterr().err
