"""Text into pressures: the wording that pushes an answerer to skip the diagnosis."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from training_router.server.diagnosis.findings import Reader
from training_router.taxonomy.entries import ASKED, Library
from training_router.taxonomy.phrases import EDGE, NUMBER, found


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
    for name, first, after in sorted((*_in_plain_words(reader), *typed_hits(reader, "pressure")), key=lambda hit: (hit[1], hit[1] - hit[2], hit[0])):
        if name not in pressures and _marks(reader, first, after).isdisjoint(library.pressures[name].unless):
            pressures[name] = PressureRead(name, reader.text.quote_typed(first, after), library.pressures[name].counter)
    return list(pressures.values())


def places_of_pressure(reader: Reader) -> set[int]:
    """The typed words at which the wording of a pressure begins, denied or not."""
    return {first for _, first, _ in typed_hits(reader, "pressure")} | {reader.text.origin[first] for _, first, _, _ in reader.hits["pressure"]}


def _marks(reader: Reader, first: int, after: int) -> set[str]:
    """The marks over the typed words first..after, and ASKED where they stand in the clause that ends with the question mark."""
    text = reader.text
    sentence = text.sentences[first]
    asked = sentence in text.asked and text.clauses[after - 1] == text.clauses[text.bounds[sentence] - 1]
    return reader.marks.over(first, after) | ({ASKED} if asked else set())


def _in_plain_words(reader: Reader) -> Iterator[tuple[str, int, int]]:
    """The pressures by their cues, as (name, first typed word, typed word after)."""
    for name, first, after, negated in reader.hits["pressure"]:
        if not negated and not reader.is_denied(first, after):
            yield name, reader.text.origin[first], reader.text.origin[after - 1] + 1


def typed_hits(reader: Reader, kind: str) -> Iterator[tuple[str, int, int]]:
    """The cues of a kind over the words as typed, sentence by sentence, once without and once with the edges of clauses."""
    library, text = reader.library, reader.text
    for start, end in pairwise((0, *text.bounds)):
        bare = list(range(start, end))
        for places in (bare, list(_with_edges(text.clauses, start, end))):
            words = [EDGE if place < 0 else NUMBER if text.typed[place][0].isdigit() else text.typed[place] for place in places]
            for owner, first, after, negated in found(library.typed_cues, words):
                inside = [place for place in places[first:after] if place >= 0]
                about, name = library.owners[owner]
                if about == kind and inside and not negated:
                    yield name, inside[0], inside[-1] + 1


def _with_edges(clauses: list[int], start: int, end: int) -> Iterator[int]:
    """The places of a sentence, and -1 wherever a clause begins or ends."""
    for place in range(start, end):
        if place == start or clauses[place] != clauses[place - 1]:
            yield -1
        yield place
    yield -1
