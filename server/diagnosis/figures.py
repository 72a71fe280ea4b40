"""Numbers with their meaning: which figure each number of a text is, and what follows from several."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from training_router.server.diagnosis.text import Number, Text
from training_router.taxonomy.conditions import Tree, figures_in, worked_out
from training_router.taxonomy.entries import Figure, Library

MEANINGLESS = "meaningless"  # a number of a name or of code, which no other figure may take


@dataclass(frozen=True, slots=True)
class FigureRead:
    """A figure as read: its value in the figure's own unit, and the plain words that gave it."""

    figure: str
    value: float
    first: int
    after: int


def figures_read(text: Text, hits: Iterable[tuple[str, int, int]], library: Library) -> list[FigureRead]:
    """The figures of a text in order; the longest pattern over a number decides what it is."""
    best: dict[int, FigureRead] = {}
    for figure_id, first, after in hits:
        place = next(place for place in range(first, after) if place in text.numbers)
        if text.typed[text.origin[place] + 1 : text.origin[place] + 2] and text.typed[text.origin[place] + 1] in library.differences:
            continue
        value = _value(text.numbers[place], library.figures[figure_id])
        known = best.get(place)
        if value is not None and (known is None or after - first > known.after - known.first):
            best[place] = FigureRead(figure_id, value, first, after)
    return [best[place] for place in sorted(best) if library.figures[best[place].figure].unit != MEANINGLESS]


def _value(number: Number, figure: Figure) -> float | None:
    """The number in the figure's unit, or None where it cannot be this figure."""
    value = number.value
    if figure.unit == "fraction":
        if number.unit not in ("fraction", ""):
            return None
        if not number.unit and 1 < value <= 100:
            value /= 100
    elif (number.unit and number.unit != figure.unit and figure.unit != MEANINGLESS) or (figure.unit == "bytes" and not number.unit):
        return None
    return round(value, 12) if figure.low <= value <= figure.high else None


def with_derived(figures: Mapping[str, float], library: Library) -> dict[str, float]:
    """The figures and those that can be worked out from them."""
    known = dict(figures)
    if figures:
        for name, formula in library.derived.items():
            value = worked_out(formula, known) if name not in known else None
            if value is not None:
                known[name] = value
    return known


def conditions_over(figures: Mapping[str, float], library: Library) -> Iterator[tuple[str, bool]]:
    """The symptoms that the figures decide, each with whether it holds."""
    for symptom, tree, needed in _conditions_by_need(library) if figures else ():
        holds = worked_out(tree, figures) if needed <= figures.keys() else None
        if holds is not None:
            yield symptom, holds


@lru_cache(maxsize=8)
def _conditions_by_need(library: Library) -> tuple[tuple[str, Tree, frozenset[str]], ...]:
    """The symptoms that are conditions, each with the figures without which it says nothing."""
    return tuple((symptom, tree, frozenset(figures_in(tree))) for symptom, tree in library.conditions.items())
