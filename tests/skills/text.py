"""The parts of a SKILL.md: its sections, its table, its code."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ID = re.compile(r"`([a-z0-9]+(?:-[a-z0-9]+)*)`")
CAUSE = re.compile(r"`([a-z0-9-]+)`(?: \(([a-z0-9-]+)\))?$")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass
class Row:
    """One row of the decision table: the symptoms seen, the cause and who owns it, the remedies."""

    symptoms: list[str]
    cause: str
    owner: str
    remedies: list[str]


@dataclass
class SkillText:
    """A SKILL.md, read."""

    path: Path
    body: str
    sections: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def blocks(self) -> list[str]:
        """The Python blocks of the body."""
        return BLOCK.findall(self.body)

    def rows(self, specialist: str) -> list[Row]:
        """The decision table; a cause without a name in brackets is the specialist's own."""
        lines = [line for line in self.sections.get("Decisions", "").splitlines() if line.startswith("|")][2:]
        return [self._row(line, specialist) for line in lines]

    def _row(self, line: str, specialist: str) -> Row:
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        assert len(cells) == 4, f"{self.path}: a row of the table has {len(cells)} cells, not 4: {line}"
        cause = CAUSE.match(cells[1])
        assert cause, f"{self.path}: write one cause, and its owner in brackets if it is another: {cells[1]}"
        return Row(ID.findall(cells[0].partition(":")[0]), cause[1], cause[2] or specialist, ID.findall(cells[2]))


def skill_text(path: Path) -> SkillText:
    """The SKILL.md at a path."""
    body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
    code_free = re.sub(r"^```.*?^```$", "", body, flags=re.DOTALL | re.MULTILINE)
    parts = re.split(r"^## (.+)$", code_free, flags=re.MULTILINE)
    return SkillText(path, body, {title.strip(): text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)})
