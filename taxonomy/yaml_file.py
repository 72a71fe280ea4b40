"""YAML read strictly: words stay words, repeated keys are refused, every place is known."""

import re
from pathlib import Path
from typing import Any

import yaml

from training_router.taxonomy.errors import Problem

Places = dict[tuple[str | int, ...], int]

LOOKS_LIKE_A_NUMBER = re.compile(r"[-+]?\d[\d_]*e[-+]?\d+$|[-+]?\d*\.\d+e\d+$")
COMMENT = re.compile(r"[ \t]+#")
KEPT_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
DEEPEST = 12  # levels of keys and items; no entry has half as many


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Words(_SafeLoader):
    """A loader in which yes, no, on, null and dates stay words."""


_Words.yaml_implicit_resolvers = {
    first: kept for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items() if (kept := [(tag, pattern) for tag, pattern in resolvers if tag in KEPT_TAGS])
}


def read(path: Path, name: str) -> tuple[Any, Places, list[Problem]]:
    """The data of a YAML file, the line of every key and item, and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = _Words(text)
        node = loader.get_single_node()
    except UnicodeDecodeError as error:
        return None, {}, [Problem(name, 1, f"is not UTF-8 ({error.reason})", "save it as UTF-8")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        return None, {}, [Problem(name, line, f"is not YAML: {getattr(error, 'problem', None) or error}", "quote texts that hold ': ', '#' or a bracket")]
    if node is None:
        return None, {}, [Problem(name, 1, "is empty", "write the keys that README.md names for this kind of entry")]
    reader = _Reader(name, loader, text.splitlines())
    return reader.value(node, ()), reader.places, reader.problems


class _Reader:
    def __init__(self, name: str, loader: Any, lines: list[str]) -> None:
        self.name, self.loader, self.lines = name, loader, lines
        self.places: Places = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        """The data of a node; its place and what is wrong with it are kept."""
        line = self.places.setdefault(path, node.start_mark.line + 1)
        if len(path) > DEEPEST:
            self.problems.append(Problem(self.name, line, "nests too deep, or holds itself", "write the keys that README.md names for this kind of entry"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:str" and not node.style and LOOKS_LIKE_A_NUMBER.match(node.value):  # type: ignore[attr-defined]
            self.problems.append(Problem(self.name, line, f"{node.value} is text in YAML, not a number", "write the mantissa with a point and the exponent with a sign, as 1.0e-3"))
        self._refuse_a_comment_behind(node)
        if ":" in node.value and node.tag == KEPT_TAGS[0]:
            return str(node.value)
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.problems.append(Problem(self.name, line, f"{node.tag} cannot be read from {node.value[:40]!r}", "drop the tag, or quote the text"))
            return None

    def _refuse_a_comment_behind(self, node: yaml.Node) -> None:
        """A cue holds # for a number; unquoted, it would cut the cue short and nobody would see it."""
        end = node.end_mark
        if node.style or end.line >= len(self.lines):  # type: ignore[attr-defined]
            return
        if COMMENT.match(self.lines[end.line], end.column):
            self.problems.append(
                Problem(self.name, end.line + 1, "what follows # is a comment in YAML and would be lost", "quote the text, or write the comment on a line of its own")
            )

    def _mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in found:
                self.problems.append(Problem(self.name, line, f"key '{key}' is written twice", "keep one of them"))
            self.places[(*path, key)] = line
            found[key] = self.value(value_node, (*path, key))
        return found
