"""Two peers to beat, in plain Python: the commonest label, and the label of the nearest example by TF-IDF and cosine."""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
WORD = re.compile(r"\w\w+")


class Nearest:
    """Texts as TF-IDF vectors of length one."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(WORD.findall(text.lower())) for text in texts]
        texts_with = Counter(word for count in counts for word in count)
        self.rarity = {word: math.log((1 + len(texts)) / (1 + number)) + 1 for word, number in texts_with.items()}
        self.vectors = [self._vector(count) for count in counts]

    def place(self, text: str, left_out: Collection[int] = ()) -> int:
        """The place of the text most alike, the first where several are."""
        wanted = self._vector(Counter(WORD.findall(text.lower())))
        likeness = [-1.0 if place in left_out else sum(weight * vector.get(word, 0.0) for word, weight in wanted.items()) for place, vector in enumerate(self.vectors)]
        return max(range(len(likeness)), key=likeness.__getitem__)

    def _vector(self, count: Counter[str]) -> dict[str, float]:
        weights = {word: number * self.rarity[word] for word, number in count.items() if word in self.rarity}
        length = math.hypot(*weights.values()) or 1.0
        return {word: weight / length for word, weight in weights.items()}


def nearest_of(items: Sequence[Item], examples: Sequence[Item], text: Callable[[Item], str]) -> list[Item]:
    """For each item the example most alike, never the item itself nor one from the same source."""
    nearest = Nearest([text(example) for example in examples])
    return [examples[nearest.place(text(item), [place for place, example in enumerate(examples) if _same(item, example)])] for item in items]


def _same(item: Item, example: Item) -> bool:
    return item["id"] == example["id"] or ("source" in item and item["source"] == example.get("source"))


def commonest(examples: Sequence[Item], label: Callable[[Item], Any]) -> Item:
    """An example with the commonest label."""
    (most, _), *_ = Counter(map(label, examples)).most_common(1)
    return next(example for example in examples if label(example) == most)
