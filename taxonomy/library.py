"""The library, opened: from the compiled file, or compiled from its sources."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training_router.taxonomy import entries
from training_router.taxonomy.entries import Convention, Library, Step
from training_router.taxonomy.phrases import Trie
from training_router.taxonomy.resemblance import Resemblance
from training_router.taxonomy.words import wording

HOME = Path(__file__).resolve().parent
COMPILED = Path(__file__).parent / "library.json"


def opened(overlays: Sequence[Path] = ()) -> Library:
    """The library with its overlays; raises LibraryError if anything in it is wrong, and then loads nothing."""
    return library_from(_compiled_with(overlays) if overlays else _stored() or _stored_anew())


def _compiled_with(overlays: Sequence[Path]) -> dict[str, Any]:
    from training_router.taxonomy.compiler import compiled  # pydantic and YAML are needed for sources only

    return compiled([HOME, *overlays])


def _stored() -> dict[str, Any] | None:
    """The compiled data, unless it is missing or a checkout has newer sources."""
    if not COMPILED.exists():
        return None
    data = json.loads(COMPILED.read_bytes())
    return data if data.get("sources") in (None, _state_of_sources()) else None


def _stored_anew() -> dict[str, Any]:
    """The compiled data of a checkout, kept beside the sources for the next start."""
    data = _compiled_with(()) | {"sources": _state_of_sources()}
    unfinished = COMPILED.with_suffix(f".{os.getpid()}.tmp")
    try:
        unfinished.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
        unfinished.replace(COMPILED)
    except OSError:  # a checkout that may not be written to is compiled at every start
        unfinished.unlink(missing_ok=True)
    return data


def _state_of_sources() -> str:
    """A short name for the present state of the source files, from their names, sizes and times."""
    state = hashlib.sha256()
    for folder, _, files in sorted(os.walk(HOME)):
        for name in sorted(files):
            if name.endswith((".yaml", ".py")):
                stat = os.stat(os.path.join(folder, name))
                state.update(f"{folder}/{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return state.hexdigest()[:16]


def library_from(data: Mapping[str, Any]) -> Library:
    """The library that compiled data describes."""
    return Library(
        digest=data["digest"],
        phases={name: entries.Phase(name, phase["title"], _step(phase["gate"]) if phase["gate"] else None) for name, phase in data["phases"].items()},
        specialists={name: entries.Specialist(name, pack, **about) for pack, members in data["packs"]["packs"].items() for name, about in members.items()},
        borders=tuple(entries.Border(**border) for border in data["packs"]["borders"]),
        symptoms={name: entries.Symptom(name, one["title"], one["kind"] or "fault", one["phase"], tuple(one["is_a"])) for name, one in data["symptoms"].items()},
        conditions=data["conditions"],
        figures={name: entries.Figure(name, one["title"], one["unit"], *one["range"]) for name, one in data["figures"].items()},
        derived=data["derived"],
        causes={name: entries.Cause(id=name, **one) for name, one in data["causes"].items()},
        questions={name: _question(name, one) for name, one in data["questions"].items()},
        remedies={name: entries.Remedy(name, one["title"], one["specialist"], tuple(one["treats"]), one["reversible"] == "yes") for name, one in data["remedies"].items()},
        conventions={name: _convention(name, folder, one) for folder in ("first_stops", "workflows") for name, one in data[folder].items()},
        pressures={name: entries.Pressure(name, one["title"], one["counter"], tuple(one["unless"])) for name, one in data["pressures"].items()},
        weights=data["weights"],
        unowned=data["protocol"]["unowned"],
        opening_questions=tuple(data["protocol"]["opening_questions"]),
        form=data["protocol"]["form"],
        next=data["protocol"]["next"],
        instead=data["protocol"]["instead"],
        references=data["references"],
        words=wording(**data["wording"]),
        breaks=frozenset(data["breaks"]),
        starts=frozenset(data["starts"]),
        differences=frozenset(data["differences"]),
        owners=tuple((kind, name) for kind, name in data["owners"]),
        cues=Trie(data["cues"]),
        known_words=frozenset(data["known_words"]),
        typed_cues=Trie(data["typed_cues"]),
        marks=Trie(data["marks"]),
        mark_names=tuple((name, scope) for name, scope in data["mark_names"]),
        slips=data["slips"],
        resemblance=Resemblance(data["resemblance"]),
    )


def _question(name: str, one: Mapping[str, Any]) -> entries.Question:
    options = tuple(entries.Option(option, said["text"], tuple(said["words"]), tuple(said["present"]), tuple(said["absent"])) for option, said in one["options"].items())
    return entries.Question(name, one["ask"], one["why"], one["effort"], one["find_out"] or "", options)


def _step(one: Mapping[str, Any]) -> Step:
    return Step(one["specialist"], one["when"] or "", one["because"] or "", one["after"] or "")


def _convention(name: str, folder: str, one: Mapping[str, Any]) -> Convention:
    if folder == "workflows":
        steps = tuple(map(_step, one["steps"]))
    else:
        steps = (Step(one["specialist"], "", one["because"] or "", ""), *map(_step, one["then"]))
    return Convention(
        id=name, kind="workflow" if folder == "workflows" else "first stop", phase=one["phase"],
        when=tuple(one["when"]), any=tuple(one["any"]), unless=tuple(one["unless"]),
        steps=steps, asks=tuple(one["asks"]), hold=one.get("hold") or "", because=one["because"] or "", before=tuple(one["before"]),
    )  # fmt: skip
