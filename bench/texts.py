"""The texts that are routed: labelled questions, a long one, and texts made to be slow to read."""

import random
import string
from collections.abc import Callable
from pathlib import Path

import yaml

from training_router.taxonomy.entries import Library
from training_router.taxonomy.phrases import ENDS, GAP, NUMBER, Branches

LONG = 64_000
EVALS = Path(__file__).parent.parent / "tests" / "evals"
REPEATED = ("not ", "1 ", "loss nan ", "loss not nan ", "i think the learning rate ", "if ", "loss, ", "95% ", "a\n\n")


def labelled() -> list[str]:
    """The labelled questions of both sets."""
    return [item["text"] for name in ("questions-dev", "questions-own") for item in yaml.safe_load((EVALS / f"{name}.yaml").read_text(encoding="utf-8"))]


def of_sixty_words(questions: list[str]) -> list[str]:
    """The questions of 50 to 70 words."""
    return [question for question in questions if 50 <= len(question.split()) <= 70]


def long(questions: list[str]) -> str:
    """64,000 characters of questions, one after the other."""
    return "\n\n".join(questions)[:LONG]


def hostile(library: Library) -> dict[str, Callable[[], str]]:
    """Makers of hostile texts by name; those of random words are made anew each time, so that nothing is remembered."""
    chance = random.Random(7)
    words = sorted(word for word in library.cues.words if word.isalnum())
    firsts = sorted(word for word in library.cues.root if word.isalnum())

    def of_words(words: list[str], between: str = " ") -> Callable[[], str]:
        return lambda: between.join(chance.choices(words, k=LONG // 3))[:LONG]

    def unknown() -> str:
        return " ".join("".join(chance.choices(string.ascii_lowercase, k=7)) for _ in range(LONG // 8))

    def repeated(piece: str) -> Callable[[], str]:
        return lambda: (piece * LONG)[:LONG]

    random_texts = {
        "words of the cues": of_words(words),
        "first words of the cues": of_words(firsts),
        "words of the cues and numbers": of_words([*words, *["7", "0.3", "95%"] * (len(words) // 6)]),
        "words of the cues, a line each": of_words(words, "\n"),
        "marks and words of the cues": of_words([*words, *list(library.marks.root) * 20]),
        "unknown words": unknown,
        "whole cues": of_words(_phrases(library)),
        "whole cues, a sentence each": of_words(_phrases(library), ". "),
    }
    return random_texts | {f"only {piece!r}": repeated(piece) for piece in REPEATED}


def _phrases(library: Library) -> list[str]:
    """One whole cue for each end that the table of cues has."""
    phrases: list[str] = []
    seen: set[int] = set()
    trie = library.cues
    waiting: list[tuple[Branches, str]] = [(trie.root, "")]
    while waiting:
        node, phrase = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            phrases += [phrase] if ENDS in node else []
            waiting += [
                (child if isinstance(child, dict) else trie.below(node, word), f"{phrase} {'7' if word == NUMBER else '' if word == GAP else word}")
                for word, child in list(node.items())
                if word != ENDS
            ]
    return phrases
