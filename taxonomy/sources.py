"""The files of a library: read, laid over one another, and judged entry by entry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from training_router.taxonomy import schema
from training_router.taxonomy.errors import Problem, did_you_mean
from training_router.taxonomy.yaml_file import Places, read

FILES: dict[str, Any] = {
    "phases": dict[schema.Id, schema.Phase],
    "packs": schema.Packs,
    "lexicon": schema.Lexicon,
    "scope": schema.Scope,
    "weights": dict[schema.Id, dict[schema.Id, float]],
    "protocol": schema.Protocol,
}
FIXED = (("protocol", "next"), ("lexicon", "marks"))


@dataclass(slots=True)
class Source:
    """One entry as written: where it stands and what it says."""

    file: str
    data: Any
    places: Places

    def line(self, *path: str | int) -> int:
        """The line of a key or item, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, 1)


@dataclass(slots=True)
class Sources:
    """Every entry by folder and id, the single files, and what is wrong so far."""

    entries: dict[str, dict[str, Source]] = field(default_factory=lambda: {folder: {} for folder in schema.FOLDERS})
    files: dict[str, Source] = field(default_factory=dict[str, Source])
    problems: list[Problem] = field(default_factory=list[Problem])


def gathered(folders: Iterable[Path]) -> Sources:
    """The sources of a library and its overlays, later folders over earlier ones."""
    sources = Sources()
    for number, folder in enumerate(folders):
        for path in yaml_files(folder):
            name = path.relative_to(folder).as_posix()
            _add(sources, path, name if number == 0 else f"{folder.as_posix()}/{name}", path.relative_to(folder).parts)
    for name in FILES.keys() - sources.files.keys():
        sources.problems.append(Problem(f"{name}.yaml", 1, "is missing", "a library needs it; see README.md"))
    if not sources.problems:
        sources.problems += _faults_of_form(sources)
    return sources


def yaml_files(folder: Path) -> Iterator[Path]:
    """Every YAML file of a library folder, in a fixed order; hidden folders hold none."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".yaml", ".yml") and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _add(sources: Sources, path: Path, name: str, parts: tuple[str, ...]) -> None:
    data, places, problems = read(path, name)
    sources.problems += problems
    source = Source(name, data, places)
    if len(parts) == 1 and path.stem in FILES:
        known = sources.files.get(path.stem)
        if known:
            sources.problems += _keys_that_nobody_looks_up(source, known.data, data, (path.stem,))
        sources.files[path.stem] = Source(name, _merged(known.data, data), places) if known else source
    elif len(parts) == 2 and parts[0] in schema.FOLDERS and path.suffix == ".yaml":
        sources.entries[parts[0]][path.stem] = source
    else:
        sources.problems.append(
            Problem(name, 1, "is no file of a library", f"write <folder>/<id>.yaml with a folder of {', '.join(schema.FOLDERS)}, or one of {', '.join(FILES)}.yaml")
        )


def _keys_that_nobody_looks_up(source: Source, below: Any, above: Any, path: tuple[str, ...]) -> Iterator[Problem]:
    """The keys that an overlay adds where only those of the library mean anything."""
    if isinstance(below, dict) and isinstance(above, dict):
        for key, value in above.items():
            if key in below:
                yield from _keys_that_nobody_looks_up(source, below[key], value, (*path, key))
            elif path[0] == "weights" or path in FIXED:
                yield Problem(source.file, source.line(*path[1:], key), f"unknown key '{key}'", did_you_mean(key, below))


def _merged(below: Any, above: Any) -> Any:
    """The overlay over what lies below: mappings join, lists grow, other things are replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: _merged(below[key], value) if key in below else value for key, value in above.items()}
    if isinstance(below, list) and isinstance(above, list):
        return below + [item for item in above if item not in below]
    return above


def _faults_of_form(sources: Sources) -> Iterator[Problem]:
    for folder, entries in sources.entries.items():
        adapter = TypeAdapter(schema.FOLDERS[folder])
        for name, source in entries.items():
            yield from _judged(source, adapter)
            if not schema.ID.fullmatch(name):
                yield Problem(source.file, 1, f"'{name}' is no id", "name the file in lower case with hyphens")
    for name, source in sources.files.items():
        yield from _judged(source, TypeAdapter(FILES[name]))


def _judged(source: Source, adapter: TypeAdapter[Any]) -> Iterator[Problem]:
    """The faults of one entry; where there are none its data is replaced by its complete form."""
    try:
        source.data = adapter.dump_python(adapter.validate_python(source.data, strict=True), mode="json")
    except ValidationError as error:
        for fault in error.errors():
            yield _fault(source, fault)


def _fault(source: Source, fault: Any) -> Problem:
    path = tuple(part for part in fault["loc"])
    where = ".".join(map(str, path)) or "the entry"
    line = source.line(*path)
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(source, path)
        return Problem(source.file, line, f"unknown key '{path[-1]}'", did_you_mean(str(path[-1]), known) if known else "see README.md for the keys")
    if fault["type"] == "missing":
        return Problem(source.file, line, f"key '{path[-1]}' is missing", "add it; README.md shows what it holds")
    return Problem(source.file, line, f"{where}: {fault['msg'].removeprefix('Value error, ')}", f"it holds {str(fault['input'])[:60]!r}")


def _keys_beside(source: Source, path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand where an unknown one was written."""
    if len(path) != 1:
        return []
    folder = source.file.split("/")[-2] if "/" in source.file else ""
    return list(schema.FOLDERS[folder].model_fields) if folder in schema.FOLDERS else []
