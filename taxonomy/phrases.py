"""Cues: phrases with alternatives, optional words, short gaps and numbers, spelled out into plain word sequences."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from training_router.taxonomy.words import Wording

GAP = ".."
NUMBER = "#"
EDGE = "^"  # in a cue over the words as typed: where a clause begins or ends
ZERO, ZERO_WORD = "#0", "zero"  # a number that is nought is met by # and by the word
ENDS = "."
LIMIT = 1500

Sequence = tuple[str, ...]
Trie = dict[str, Any]

PIECE = re.compile(r"\(|\)|\[|\]|\||\.\.|#|\^|<[a-z-]+>|[a-z0-9']+|\s+|[-_./]+|(?P<odd>.)")


class PhraseError(ValueError):
    """A cue that cannot be read: says what is wrong and what to write instead."""


def spelled_out(cue: str, words: Wording, macros: Mapping[str, str]) -> list[Sequence]:
    """Every plain word sequence that a cue meets; raises PhraseError."""
    pieces = list(_pieces(cue))
    sequences = list(dict.fromkeys(_alternatives(pieces, words, macros, 0)))
    if pieces:
        raise PhraseError(f"a bracket too many near {''.join(pieces[:3])!r} in cue {cue!r}")
    if len(sequences) > LIMIT:
        raise PhraseError(f"cue {cue!r} stands for {len(sequences)} phrases; split it or drop alternatives (limit {LIMIT})")
    # An alternative that is a filler word leaves a gap hanging: that phrase would mean less than was written.
    whole = [sequence for sequence in sequences if sequence and GAP not in (sequence[0], sequence[-1])]
    if not whole:
        raise PhraseError(f"cue {cue!r} holds only filler words or hanging gaps; add a word that carries the meaning")
    return whole


def _pieces(cue: str) -> Iterator[str]:
    for match in PIECE.finditer(cue.lower()):
        if match["odd"]:
            raise PhraseError(f"{match['odd']!r} cannot stand in cue {cue!r}; write words, (a|b), [a], .., # or <macro>")
        if match[0].strip(" \t-_./") or match[0] == GAP:
            yield match[0]


def _alternatives(pieces: list[str], words: Wording, macros: Mapping[str, str], depth: int) -> list[Sequence]:
    """The sequences up to the closing bracket or the end; consumes the pieces it reads."""
    if depth > 6:
        raise PhraseError("brackets or macros nest more than six deep; write it flatter")
    branches = _sequence(pieces, words, macros, depth)
    while pieces and pieces[0] == "|":
        pieces.pop(0)
        branches += _sequence(pieces, words, macros, depth)
    return branches


def _sequence(pieces: list[str], words: Wording, macros: Mapping[str, str], depth: int) -> list[Sequence]:
    parts: list[list[Sequence]] = []
    size = 1
    while pieces and pieces[0] not in ("|", ")", "]"):
        parts.append(_part(pieces, words, macros, depth))
        size *= len(parts[-1])
        if size > 50 * LIMIT:
            raise PhraseError(f"a cue stands for more than {50 * LIMIT} phrases; split it")
    return [tuple(word for part in choice for word in part) for choice in product(*parts)]


def _part(pieces: list[str], words: Wording, macros: Mapping[str, str], depth: int) -> list[Sequence]:
    piece = pieces.pop(0)
    if piece in "([":
        inner = _alternatives(pieces, words, macros, depth + 1)
        if not pieces or pieces.pop(0) != {"(": ")", "[": "]"}[piece]:
            raise PhraseError(f"a {piece!r} is not closed")
        said = [branch for branch in inner if branch]  # an alternative of filler words says nothing
        return [*said, ()] if piece == "[" or not said else said
    if piece in (GAP, NUMBER, EDGE):
        return [(piece,)]
    if piece.startswith("<"):
        name = piece[1:-1]
        if name not in macros:
            raise PhraseError(f"unknown macro {piece}; the lexicon has {', '.join(f'<{known}>' for known in sorted(macros))}")
        return _alternatives(list(_pieces(macros[name])), words, macros, depth + 1)
    return [words.plain(piece)]


def add_to(trie: Trie, sequence: Iterable[str], owner: int) -> None:
    """Puts one word sequence of an owner into the trie."""
    node = trie
    for word in sequence:
        node = node.setdefault(word, {})
    ends = node.setdefault(ENDS, [])
    if owner not in ends:
        ends.append(owner)


def packed(trie: Trie) -> list[dict[str, Any]]:
    """The trie as a table of nodes, equal branches kept once; a child is named by its place, the root comes last."""
    places: dict[tuple[Any, ...], int] = {}
    table: list[dict[str, Any]] = []

    def place_of(node: Trie) -> int:
        packed_node: dict[str, Any] = {word: sorted(child) if word == ENDS else place_of(child) for word, child in sorted(node.items())}
        key = tuple((word, tuple(child) if word == ENDS else child) for word, child in packed_node.items())
        if key not in places:
            places[key] = len(table)
            table.append(packed_node)
        return places[key]

    place_of(trie)
    return table


def unpacked(table: list[dict[str, Any]]) -> Trie:
    """The trie of a table of nodes, which are linked where they are and used up; equal branches are the same object."""
    for node in table:
        for word, child in node.items():
            if word != ENDS:
                node[word] = table[child]
    return table[-1]


class PackedTrie:
    """A trie kept as text until it is needed: few questions need it, and as text it takes a tenth of the room."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def trie(self) -> Trie:
        """The trie itself."""
        return unpacked(json.loads(self.text))


BREAK = ""
GAP_WORDS = 3
NEGATIONS = frozenset(("not", "no", "without"))


def vocabulary(trie: Trie) -> frozenset[str]:
    """Every plain word that stands in a cue."""
    words: set[str] = set()
    seen: set[int] = set()
    nodes = [trie]
    while nodes:
        node = nodes.pop()
        if id(node) not in seen:
            seen.add(id(node))
            words.update(node)
            nodes += [child for word, child in node.items() if word != ENDS]
    return frozenset(words - {ENDS, GAP} | {ZERO})


def found(trie: Trie, words: Sequence | list[str], known: frozenset[str] | None = None) -> list[tuple[int, int, int, bool]]:
    """Every cue in the words as (owner, first word, word after the last, a negation stands inside), in linear time.

    A break ends every cue under way; up to three words pass inside a gap; between any two words may stand a negation, and
    words that no cue knows (not in `known`; without it every word counts).
    """
    hits: list[tuple[int, int, int, bool]] = []
    active: list[tuple[Trie, int, int, bool]] = []
    for place, word in enumerate(words):
        if word == BREAK:
            active = []
            continue
        if not (active or word in trie or word == ZERO) or (known is not None and word not in known):
            continue
        denies = word in NEGATIONS
        waiting = [(node, start, gap - 1 if gap else 0, negated or denies) for node, start, gap, negated in active if gap or (denies and not negated)]
        for key in (word,) if word != ZERO else (NUMBER, ZERO_WORD):
            arrived = [(child, start, negated) for node, start, _, negated in active if (child := node.get(key)) is not None]
            if key in trie:
                arrived.append((trie[key], place, False))
            for node, start, negated in arrived:
                waiting.append((node, start, 0, negated))
                if ENDS in node:
                    hits.extend([(owner, start, place + 1, negated) for owner in node[ENDS]])
                if GAP in node:
                    waiting.append((node[GAP], start, GAP_WORDS, negated))
        active = waiting
    return hits
