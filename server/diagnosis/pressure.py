"""Text into pressures: the wording that pushes an answerer to skip the diagnosis."""

from dataclasses import dataclass

from training_router.server.diagnosis.findings import Reader
from training_router.taxonomy.entries import Library


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
    for name, first, after, negated in sorted(reader.hits["pressure"], key=lambda hit: (hit[1], hit[1] - hit[2])):
        if name not in pressures and not negated and not reader.is_denied(first, after):
            pressures[name] = PressureRead(name, reader.text.quote(first, after), library.pressures[name].counter)
    return list(pressures.values())
