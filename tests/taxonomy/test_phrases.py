"""Cues are spelled out and found as README.md of the library says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_router.taxonomy.phrases import Branches, PhraseError, Trie, add_to, found, packed, spelled_out
from training_router.taxonomy.words import stem, wording

WORDS = wording(["the", "is", "went", "of"], {"val": "validation", "lr": "learning rate"}, {"decrease": ["down", "fall"]})
MACROS = {"loss": "[train] (loss|cost)"}


def places(cue: str, text: str) -> list[tuple[int, int, bool]]:
    cues: Branches = {}
    for sequence in spelled_out(cue, WORDS, MACROS):
        add_to(cues, sequence, 0)
    plain = [word for typed in text.split() for word in (WORDS.plain(typed) if typed not in ("#", ",") else ("" if typed == "," else "#",))]
    return [(first, after, negated) for _, first, after, negated in found(Trie(packed(cues)), plain, frozenset(plain))]


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("loss nan", "the loss went nan"),
        ("loss not decrease", "loss is not falling"),
        ("<loss> nan", "training cost nan"),
        ("validation (loss|error)", "val errors"),
        ("gradient [norm] explode", "gradients exploding"),
        ("loss .. nan", "loss of my big net nan"),
        ("learning rate #", "lr #"),
        ("optimisation", "optimization"),
    ],
)
def test_a_cue_meets_other_ways_of_typing_it(cue: str, text: str):
    assert places(cue, text)


@pytest.mark.parametrize(("cue", "text"), [("loss nan", "loss , nan"), ("loss .. nan", "loss one two three four nan"), ("loss nan", "nan loss")])
def test_a_cue_ends_at_a_comma_and_after_three_words_in_a_gap(cue: str, text: str):
    assert not places(cue, text)


def test_a_negation_between_the_words_is_seen():
    assert places("loss nan", "loss not nan") == [(0, 3, True)]


@pytest.mark.parametrize("cue", ["loss (nan", "loss nan)", "the of", "<unknown> nan", "loss * nan", ".. nan", "[a|b|c|d] " * 12])
def test_a_cue_that_cannot_be_read_is_refused_with_a_reason(cue: str):
    with pytest.raises(PhraseError, match=r"\w"):
        spelled_out(cue, WORDS, MACROS)


@given(st.text(max_size=40))
def test_any_text_as_a_cue_is_read_or_refused(cue: str):
    try:
        assert all(spelled_out(cue, WORDS, MACROS))
    except PhraseError as error:
        assert str(error)


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_a_stem_is_never_empty(word: str):
    assert stem(word)


def test_only_words_of_an_ordinary_length_are_remembered():
    for word in ("learningrate", "x" * 1000):
        assert WORDS.plain(word) == WORDS.plain(word)
    assert "learningrate" in WORDS.memo and "x" * 1000 not in WORDS.memo
