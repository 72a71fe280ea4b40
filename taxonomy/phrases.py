"""Cues: phrases with alternatives, optional words, short gaps and numbers, spelled out into plain word sequences."""

import re
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
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
Branches = dict[str, Any]  # word -> what follows it; ENDS -> the owners of the cue that ends there

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


def add_to(trie: Branches, sequence: Iterable[str], owner: int) -> None:
    """Puts one word sequence of an owner into the trie."""
    node = trie
    for word in sequence:
        node = node.setdefault(word, {})
    ends = node.setdefault(ENDS, [])
    if owner not in ends:
        ends.append(owner)


def packed(trie: Branches) -> dict[str, Any]:
    """The trie as a table of nodes, equal ones kept once, the root last: the words; for each node where its branches begin, and for each
    branch its word and its node, as 32-bit numbers in base 64; the owners of the nodes that end a cue."""
    places: dict[tuple[Any, ...], int] = {}
    words: dict[str, int] = {}
    owners: dict[str, list[int]] = {}
    starts, branches = array("I", [0]), array("I")

    def place_of(node: Branches) -> int:
        ends = sorted(node.get(ENDS, ()))
        children = [(words.setdefault(word, len(words)), place_of(child)) for word, child in sorted(node.items()) if word != ENDS]
        key = (tuple(ends), *children)
        if key not in places:
            places[key] = len(places)
            branches.extend(number for child in children for number in child)
            starts.append(len(branches))
            if ends:
                owners[str(places[key])] = ends
        return places[key]

    place_of(trie)
    return {"words": list(words), "owners": owners, "starts": _written(starts), "branches": _written(branches)}


class Trie:
    """Cues word by word; `root` is the first node. A node is opened when it is first met, since most questions meet few of them."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.words: list[str] = table["words"]
        self.owners: dict[str, list[int]] = table["owners"]
        self.starts, self.branches = _numbers(table["starts"]), _numbers(table["branches"])
        self.opened: list[Branches | None] = [None] * (len(self.starts) - 1)
        self.root = self._open(len(self.opened) - 1)

    def below(self, node: Branches, word: str) -> Branches:
        """The node behind a branch, which from then on holds the node itself in place of its number."""
        place = node[word]
        child = node[word] = self.opened[place] or self._open(place)
        return child

    def _open(self, place: int) -> Branches:
        words, branches = self.words, self.branches
        node: Branches = {words[branches[number]]: branches[number + 1] for number in range(self.starts[place], self.starts[place + 1], 2)}
        if ends := self.owners.get(str(place)):
            node[ENDS] = ends
        self.opened[place] = node
        return node


def _written(numbers: "array[int]") -> str:
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()


def _numbers(written: str) -> "array[int]":
    numbers = array("I", b64decode(written))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


BREAK = ""
GAP_WORDS = 3
NEGATIONS = frozenset(("not", "no", "without"))


def vocabulary(trie: Branches) -> frozenset[str]:
    """Every plain word that stands in a cue."""
    return frozenset(_words_below(trie) - {ENDS, GAP} | {ZERO})


def _words_below(node: Branches) -> set[str]:
    return set(node).union(*(_words_below(child) for word, child in node.items() if word != ENDS))


def found(trie: Trie, words: Sequence | list[str], known: frozenset[str] | None = None) -> list[tuple[int, int, int, bool]]:
    """Every cue in the words as (owner, first word, word after the last, a negation stands inside), in linear time.

    A break ends every cue under way; up to three words pass inside a gap; between any two words may stand a negation, and
    words that no cue knows (not in `known`; without it every word counts).
    """
    hits: list[tuple[int, int, int, bool]] = []
    active: list[tuple[Branches, int, int, bool]] = []
    root, below = trie.root, trie.below
    for place, word in enumerate(words):
        if word == BREAK:
            active = []
            continue
        if not (active or word in root or word == ZERO) or (known is not None and word not in known):
            continue
        denies = word in NEGATIONS
        waiting = [(node, start, gap - 1 if gap else 0, negated or denies) for node, start, gap, negated in active if gap or (denies and not negated)]
        for key in (word,) if word != ZERO else (NUMBER, ZERO_WORD):
            arrived = [(child if type(child) is dict else below(node, key), start, negated) for node, start, _, negated in active if (child := node.get(key)) is not None]
            if key in root:
                arrived.append((below(root, key) if type(root[key]) is int else root[key], place, False))
            for node, start, negated in arrived:
                waiting.append((node, start, 0, negated))
                if ENDS in node:
                    hits.extend([(owner, start, place + 1, negated) for owner in node[ENDS]])
                if GAP in node:
                    waiting.append((below(node, GAP) if type(node[GAP]) is int else node[GAP], start, GAP_WORDS, negated))
        active = waiting
    return hits
