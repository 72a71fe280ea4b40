"""What the entries name: every name is known, none is given twice, and no symptom is a kind of itself."""

from collections.abc import Iterable, Iterator
from typing import Any

from training_router.taxonomy.entries import ASKED
from training_router.taxonomy.errors import Problem, did_you_mean
from training_router.taxonomy.sources import Source, Sources

Path = tuple[str | int, ...]

# Which kind of entry each key names, by folder.
LINKS: dict[str, dict[str, str]] = {
    "symptoms": {"phase": "phases", "is_a": "symptoms"},
    "causes": {"specialist": "specialists", "evidence": "symptoms", "absent": "symptoms", "before": "causes"},
    "questions": {"options.*.present": "symptoms", "options.*.absent": "symptoms"},
    "remedies": {"specialist": "specialists", "treats": "causes"},
    "first_stops": {
        "phase": "phases", "when": "symptoms", "any": "symptoms", "unless": "symptoms", "specialist": "specialists",
        "then.*.specialist": "specialists", "then.*.after": "specialists", "asks": "questions", "before": "conventions",
    },
    "workflows": {
        "phase": "phases", "when": "symptoms", "any": "symptoms", "unless": "symptoms",
        "steps.*.specialist": "specialists", "steps.*.after": "specialists", "asks": "questions", "before": "conventions",
    },
    "pressures": {"unless": "marks"},
}  # fmt: skip


def faults_of_links(sources: Sources) -> Iterator[Problem]:
    """Everything that is wrong with the names in a library."""
    yield from _unknown_names(sources)
    yield from _given_twice(sources)
    yield from _circles(sources)


def unknown(source: Source, path: Path, name: str, kind: str, known: Iterable[str]) -> Problem:
    """The problem of a name that no entry of its kind has."""
    return Problem(source.file, source.line(*path), f"unknown {kind} '{name}'", did_you_mean(name, known))


def _unknown_names(sources: Sources) -> Iterator[Problem]:
    packs, protocol, phases = (sources.files[name] for name in ("packs", "protocol", "phases"))
    known = {folder: set(entries) for folder, entries in sources.entries.items()}
    known |= {"conventions": known["first_stops"] | known["workflows"], "phases": set(phases.data), "packs": set(packs.data["packs"]), "steps": set(protocol.data["instead"])}
    known["marks"] = {ASKED, *sources.files["lexicon"].data["marks"]}
    known["specialists"] = {name for pack in packs.data["packs"].values() for name in pack}
    places = [(source, key, kind) for folder, links in LINKS.items() for source in sources.entries[folder].values() for key, kind in links.items()]
    places += [(packs, "borders.*.first", "packs"), (packs, "borders.*.then", "packs"), (protocol, "unowned", "specialists"), (protocol, "opening_questions", "questions")]
    places += [(protocol, "draft_cues", "steps")]
    places += [(phases, f"{phase}.gate.specialist", "specialists") for phase, data in phases.data.items() if data["gate"]]
    for source, key, kind in places:
        for path, name in _named(source.data, key.split("."), ()):
            if name not in known[kind]:
                yield unknown(source, path, name, {"phases": "phase", "causes": "cause"}.get(kind, kind.removesuffix("s")), known[kind])


def _given_twice(sources: Sources) -> Iterator[Problem]:
    for name in sources.entries["first_stops"].keys() & sources.entries["workflows"].keys():
        source = sources.entries["workflows"][name]
        yield Problem(source.file, 1, f"'{name}' is a first stop too", "give one of them another name")
    packs, owners = sources.files["packs"], dict[str, str]()
    for pack, members in packs.data["packs"].items():
        for name in members:
            if owners.setdefault(name, pack) != pack:
                yield Problem(packs.file, packs.line("packs", pack, name), f"specialist '{name}' stands in '{owners[name]}' too", "give one of them another name")


def _circles(sources: Sources) -> Iterator[Problem]:
    """The symptoms that are, over others or at once, a kind of themselves."""
    parents = {name: source.data["is_a"] for name, source in sources.entries["symptoms"].items()}
    for name, source in sources.entries["symptoms"].items():
        above, waiting = set[str](), list(parents[name])
        while waiting:
            parent = waiting.pop()
            if parent not in above:
                above.add(parent)
                waiting += parents.get(parent, ())
        if name in above:
            yield Problem(source.file, source.line("is_a"), f"'{name}' is a kind of itself", "let is_a name more general symptoms only")


def _named(data: Any, keys: list[str], path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each name that stands under the keys (`*` means every one), with its place."""
    if not keys:
        if isinstance(data, str):
            yield path, data
        elif data is not None:
            for key, name in _parts(data):
                yield (*path, key), key if isinstance(data, dict) else name
    elif keys[0] == "*":
        for key, part in _parts(data):
            yield from _named(part, keys[1:], (*path, key))
    else:
        yield from _named(data[keys[0]], keys[1:], (*path, keys[0]))


def _parts(data: Any) -> Iterable[tuple[Any, Any]]:
    """The parts of a mapping or list, each with its key or place."""
    return data.items() if isinstance(data, dict) else enumerate(data)
