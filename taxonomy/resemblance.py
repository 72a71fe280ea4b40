"""Which symptom a text resembles where none is said outright: by its words and pairs of words, each weighed by how few symptoms are described with it."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

Words = Sequence[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The symptom that comes closest: how close (the cosine, 0 to 1), on how much evidence, and which of the sentences speaks most for it."""

    symptom: str
    closeness: float
    evidence: float
    sentence: int


class Resemblance:
    """The descriptions of the symptoms, packed as text since most questions never need them: a line for each word or pair, then its weight in each symptom."""

    def __init__(self, packed: str) -> None:
        self.packed = packed

    @cached_property
    def _opened(self) -> tuple[list[str], dict[str, tuple[float, list[tuple[int, float]]]]]:
        names, *lines = self.packed.split("\n")
        grams: dict[str, tuple[float, list[tuple[int, float]]]] = {}
        for line in lines:
            gram, rarity, *weights = line.split(" ")
            grams[gram] = float(rarity), [(int(number), float(weight)) for number, weight in zip(weights[::2], weights[1::2], strict=True)]
        return names.split(" "), grams

    def nearest(self, sentences: Sequence[Words]) -> Likeness | None:
        """The symptom whose description comes closest to the sentences; None where no word is shared."""
        names, grams = self._opened
        counts = Counter(gram for words in sentences for gram in _grams(words) if gram in grams)
        said = {gram: _damped(count) * grams[gram][0] for gram, count in counts.items()}
        scores: dict[int, float] = {}
        for gram, weight in said.items():
            for number, described in grams[gram][1]:
                scores[number] = scores.get(number, 0.0) + weight * described
        if not scores:
            return None
        best = min(scores, key=lambda number: (-scores[number], number))
        own = {gram: weight * dict(grams[gram][1]).get(best, 0.0) for gram, weight in said.items()}
        telling = max(range(len(sentences)), key=lambda place: (sum(own.get(gram, 0.0) for gram in set(_grams(sentences[place]))), -place))
        return Likeness(names[best], scores[best] / math.hypot(*said.values()), sum(said.values()), telling)


def described(descriptions: Mapping[str, Iterable[Words]]) -> str:
    """The descriptions of symptoms, packed."""
    counts = {name: Counter(gram for words in texts for gram in _grams(words)) for name, texts in descriptions.items()}
    spread = Counter(gram for grams in counts.values() for gram in grams)
    rarity = {gram: math.log1p(len(counts) / number) for gram, number in spread.items()}
    postings: dict[str, list[str]] = {gram: [] for gram in sorted(spread)}
    for number, grams in enumerate(counts.values()):
        weights = {gram: _damped(count) * rarity[gram] for gram, count in grams.items()}
        length = math.hypot(*weights.values()) or 1.0
        for gram, weight in weights.items():
            postings[gram].append(f"{number} {weight / length:.3g}")
    return "\n".join([" ".join(counts), *(f"{gram} {rarity[gram]:.4g} {' '.join(weights)}" for gram, weights in postings.items())])


def _grams(words: Words) -> Iterator[str]:
    yield from words
    yield from (f"{first}_{second}" for first, second in pairwise(words))


def _damped(count: int) -> float:
    return 1 + math.log(count)
