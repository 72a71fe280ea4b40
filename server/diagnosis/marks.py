"""What the words around a place say about it: denied, past, supposed, believed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from training_router.server.diagnosis.text import Text
from training_router.taxonomy.entries import Library
from training_router.taxonomy.phrases import found

NEGATION_REACH = 3  # plain words between a negation and what it denies


BULLET = re.compile(r"(?:^|\n)\s*[-*•–]\s+$")


@dataclass
class Marks:
    """What the words around a place say about it, read sentence by sentence and only where asked."""

    text: Text
    library: Library
    _read: dict[int, list[tuple[str, str, int, int]]] = field(default_factory=dict[int, list[tuple[str, str, int, int]]])

    def in_sentence(self, sentence: int) -> list[tuple[str, str, int, int]]:
        """The marks of one sentence as (name, scope, first typed word, typed word after)."""
        marks = self._read.get(sentence)
        if marks is None:
            start = self.text.bounds[sentence - 1] if sentence else 0
            end = self.text.bounds[sentence] if sentence < len(self.text.bounds) else len(self.text.typed)
            names, words = self.library.mark_names, self.text.typed[start:end]
            marks = self._read[sentence] = [(*names[owner], start + first, start + after) for owner, first, after, _ in found(self.library.marks, words)]
            if sentence in self._headings:
                marks += [mark for mark in self.in_sentence(self._headings[sentence]) if mark[1] == "sentence"]
        return marks

    def of_heading(self, sentence: int) -> set[str]:
        """The names of the marks of the line over a list, where the sentence is one of its items."""
        return {name for name, *_ in self.in_sentence(self._headings[sentence])} if sentence in self._headings else set()

    @cached_property
    def _headings(self) -> dict[int, int]:
        """The items of lists, each with the sentence that ends in a colon above them."""
        text, found_so_far = self.text, dict[int, int]()
        for sentence, start in enumerate(text.bounds[:-1], 1):
            if not 0 < start < text.bounds[sentence]:
                continue
            between = text.source[text.spans[start - 1][1] : text.spans[start][0]]
            if len(between) > 2 and BULLET.search(between):
                above = found_so_far.get(sentence - 1, sentence - 1 if between.lstrip().startswith(":") else -1)
                if above >= 0:
                    found_so_far[sentence] = above
        return found_so_far

    def in_text(self) -> set[str]:
        """The names of all marks of the text."""
        return {name for sentence in range(len(self.text.bounds)) for name, *_ in self.in_sentence(sentence)}

    def over(self, first: int, after: int) -> set[str]:
        """The names of the marks whose scope covers the typed words first..after."""
        clause = self.text.clauses[first]
        last_clause = self.text.clauses[after - 1]
        names: set[str] = set()
        for name, scope, start, end in self.in_sentence(self.text.sentences[first]):
            if first <= start and end <= after:
                continue  # it is part of the words themselves
            if scope == "sentence" or (
                (scope == "clause" and self.text.clauses[end - 1] == clause and start < after)
                or (scope == "before" and start >= after - 1 and self.text.clauses[start] == last_clause)
            ):
                names.add(name)
        return names

    def deny(self, first: int, after: int, taken: Mapping[int, int]) -> bool:
        """Whether a negation around the plain words first..after denies them; `taken` says how far a negation inside a cue reaches."""
        start, end = self.text.origin[first], self.text.origin[after - 1] + 1
        marks = self.in_sentence(self.text.sentences[start])
        clause = self.text.clauses[start]
        pseudo = [(one, two) for name, _, one, two in marks if name == "not-a-negation"]
        for name, _, one, two in marks:
            if name == "denied-after" and one >= end - 1 and self.text.clauses[one] == self.text.clauses[end - 1] and one - end < NEGATION_REACH:
                return True
            if (
                name == "negation"
                and self.text.clauses[one] == clause
                and two <= start
                and sum(origin >= two for origin in self.text.origin[max(0, first - 9) : first]) < NEGATION_REACH
                and taken.get(one, end) >= end
                and not any(low <= one < high for low, high in pseudo)
            ):
                return True
        return False
