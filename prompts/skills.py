"""The skills: which there are, their files, and what their heads say."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

HEAD = re.compile(r"---\nname: (?P<name>[a-z0-9-]+)\ndescription: (?P<description>[^\n]+)\n(?P<rest>.*?)---\n", re.DOTALL)


class SkillError(ValueError):
    """A folder of skills that cannot be served: says which file, why, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Skill:
    """One Agent Skill: its name, its one-line description, and its folder."""

    name: str
    description: str
    folder: Path

    @property
    def uri(self) -> str:
        """Where its SKILL.md is served."""
        return f"{self.root}/SKILL.md"

    @property
    def root(self) -> str:
        """Where its folder is served."""
        return f"skill://{self.name}"

    def frontmatter(self) -> dict[str, Any]:
        """The whole head of SKILL.md as data; raises SkillError where it is no YAML."""
        import yaml  # only a listing needs the whole head, so a start does without

        path = self.folder / "SKILL.md"
        try:
            return yaml.safe_load(path.read_text(encoding="utf-8").split("---\n", 2)[1])
        except yaml.YAMLError as error:
            raise SkillError(f"{path}: the head is no YAML ({getattr(error, 'problem', error)}); quote a description that holds ': '") from None

    def paths(self) -> Iterator[str]:
        """Every file of the skill, as its path below the folder."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield path.relative_to(self.folder).as_posix()


def skills(own: Iterable[Path] = ()) -> dict[str, Skill]:
    """Every skill by name, those of a team's own folders over the ones that come along; raises SkillError."""
    ours = _in(Path(str(files("training_router.prompts"))))
    theirs = [skill for folder in own for skill in _in(folder)]
    for skill in theirs:
        skill.frontmatter()  # a head that cannot be read is refused now, and not when a client lists the skills
    return {skill.name: skill for skill in (*ours, *theirs)}


def _in(folder: Path) -> Iterator[Skill]:
    if not folder.is_dir():
        raise SkillError(f"skills folder {folder} does not exist; name a folder that holds <skill>/SKILL.md")
    for path in sorted(folder.rglob("SKILL.md")):
        head = HEAD.match(path.read_text(encoding="utf-8"))
        if head is None:
            raise SkillError(f"{path}: begin with '---', then 'name: <folder name>' and 'description: <one line>' as the first two lines, then '---'")
        if head["name"] != path.parent.name:
            raise SkillError(f"{path}: the name is '{head['name']}'; write the name of its folder, '{path.parent.name}'")
        yield Skill(head["name"], head["description"].strip("\"'"), path.parent)
