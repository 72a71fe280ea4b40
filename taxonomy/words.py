"""Words in their plain form, the same for cues and for questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

VOWELS = frozenset("aeiouy")
KEPT_DOUBLE = frozenset("lsz")


def stem(word: str) -> str:
    """The word without plural, -ed, -ing, -ly, final e and British spelling."""
    if len(word) < 4 or not word.isalpha():
        return word
    word = _without_ending(word)
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return _american(word)


def _without_ending(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) > 2 and not word.endswith("eed") and VOWELS & set(rest):
            return _undoubled(rest)
    if word.endswith("sse"):
        return word[:-1]
    return word


def _undoubled(rest: str) -> str:
    return rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in KEPT_DOUBLE else rest


def _american(word: str) -> str:
    if len(word) > 5:
        for british, american in (("isation", "ization"), ("iser", "izer"), ("our", "or"), ("is", "iz")):
            if word.endswith(british):
                return word[: -len(british)] + american
    return word


@dataclass(slots=True)
class Wording:
    """How words are brought to their plain form: fillers, abbreviations, synonyms."""

    fillers: frozenset[str]
    rewrite: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, str]
    memo: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def plain(self, word: str) -> tuple[str, ...]:
        """The plain words that a lower-case word stands for: none for a filler, several for an abbreviation."""
        found = self.memo.get(word)
        if found is None:
            found = tuple(self._plain(word))
            if len(word) <= LONGEST_KEPT:
                if len(self.memo) > MEMO_LIMIT:
                    self.memo.clear()
                self.memo[word] = found
        return found

    def _plain(self, word: str) -> Iterable[str]:
        for part in self.rewrite.get(word, (word,)):
            if part not in self.fillers:
                root = stem(part)
                yield self.synonyms.get(part) or self.synonyms.get(root) or root


MEMO_LIMIT, LONGEST_KEPT = 50_000, 40  # so that no text, however it is made, fills the memory


def wording(fillers: Iterable[str], rewrite: Mapping[str, str], synonyms: Mapping[str, Iterable[str]]) -> Wording:
    """The wording that the lexicon describes."""
    folded = {stem(word): stem(name) for name, words in synonyms.items() for word in words}
    folded |= {word: stem(name) for name, words in synonyms.items() for word in words}
    return Wording(frozenset(fillers), {short: tuple(long.split()) for short, long in rewrite.items()}, folded)
