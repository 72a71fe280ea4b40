"""Text into pressures: the wording that pushes an answerer to skip the diagnosis."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from training_router.server.diagnosis.findings import Reader
from training_router.taxonomy.entries import Library
from training_router.taxonomy.phrases import NUMBER, found


@dataclass(frozen=True, slots=True)
class PressureRead:
    """A pressure as read, with its words and what answers it."""

    kind: str
    quote: str
    counter: str


def pressures_in(question: str, library: Library) -> list[PressureRead]:
    """The pressures of a text, each once, in the order in which they appear."""
    reader = Reader(question, library)
    pressures: dict[str, PressureRead] = {}
    for name, first, after in sorted((*_in_plain_words(reader), *_as_typed(reader)), key=lambda hit: (hit[1], hit[1] - hit[2], hit[0])):
        if name not in pressures:
            pressures[name] = PressureRead(name, reader.text.quote_typed(first, after), library.pressures[name].counter)
    return list(pressures.values())


def places_of_pressure(reader: Reader) -> set[int]:
    """The typed words at which the wording of a pressure begins, denied or not."""
    return {first for _, first, _ in _as_typed(reader)} | {reader.text.origin[first] for _, first, _, _ in reader.hits["pressure"]}


def _in_plain_words(reader: Reader) -> Iterator[tuple[str, int, int]]:
    """The pressures by their cues, as (name, first typed word, typed word after)."""
    for name, first, after, negated in reader.hits["pressure"]:
        if not negated and not reader.is_denied(first, after):
            yield name, reader.text.origin[first], reader.text.origin[after - 1] + 1


def _as_typed(reader: Reader) -> Iterator[tuple[str, int, int]]:
    """The pressures by the words that the plain form drops, sentence by sentence."""
    library, text = reader.library, reader.text
    for start, end in pairwise((0, *text.bounds)):
        words = [NUMBER if word[0].isdigit() else word for word in text.typed[start:end]]
        for owner, first, after, negated in found(library.typed_cues, words):
            if not negated:
                yield library.owners[owner][1], start + first, start + after
