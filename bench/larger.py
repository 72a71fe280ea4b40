"""A library ten times as large: every entry copied nine times under another name, its cues going on with another word."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from training_router.taxonomy.library import HOME
from training_router.taxonomy.schema import FOLDERS
from training_router.taxonomy.yaml_file import read

COPIES = 9
CUES = ("cues", "names", "patterns", "words")
CONDITIONS = ("when", "derived")
NAME = re.compile(r"[a-z]+(?:_[a-z]+)*")


def written_to(folder: Path) -> None:
    """Writes the copies as an overlay."""
    entries = {(kind, path.stem): read(path, path.name)[0] for kind in FOLDERS for path in sorted((HOME / kind).glob("*.yaml"))}
    ids = {name for kind, name in entries if kind not in ("figures", "pressures")}
    figures = {name.replace("-", "_") for kind, name in entries if kind == "figures"}
    for number in range(COPIES):
        copy = _Copy(number, ids, figures)
        for (kind, name), entry in entries.items():
            path = folder / kind / f"{name}-{number}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.dump(copy.of(entry), Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")


class _Copy:
    def __init__(self, number: int, ids: set[str], figures: set[str]) -> None:
        self.number, self.ids, self.figures = number, ids, figures

    def of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """An entry, or a part of one, that names the copies instead of the originals."""
        return {self._named(key): self._value(key, value) for key, value in part.items()}

    def _value(self, key: str, value: Any) -> Any:
        if key in CUES:
            return [f"{cue} {'..' if self.number % 2 else ''} copy{self.number}" for cue in value]
        if key in CONDITIONS and isinstance(value, str):
            return NAME.sub(lambda match: f"{match[0]}_{self.number}" if match[0] in self.figures else match[0], value)
        if isinstance(value, dict):
            return self.of(value)
        if isinstance(value, list):
            return [self.of(one) if isinstance(one, dict) else self._named(one) for one in value]
        return self._named(value)

    def _named(self, name: Any) -> Any:
        return f"{name}-{self.number}" if isinstance(name, str) and name in self.ids else name
