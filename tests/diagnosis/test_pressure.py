"""A push is read by the words as typed; what is asked after or compared is none."""

import pytest

from training_router.server.diagnosis.pressure import pressures_in
from training_router.taxonomy.entries import Library


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Which optimizer for a small transformer? One word.", ["just-answer"]),
        ("The model predicts one word at a time.", []),
        ("The run hangs on loss.backward() with two GPUs.", []),
        ("My career hangs on this run.", ["stakes"]),
        ("I'm convinced that the learning rate is too high, how do I lower it?", ["self-diagnosis"]),
        ("Is it because the learning rate is too high?", ["self-diagnosis"]),
        ("Could it be my dataloader?", ["self-diagnosis"]),
        ("Which dataloader should I use?", []),
        ("My paper says no warmup is needed, so leave it out.", ["authority"]),
        ("The paper says no warmup is needed, whereas the code warms up.", []),
        ("u r the best, gimme a number", ["flattery", "just-answer"]),
    ],
)
def test_a_push_is_read_and_a_plain_question_is_not(text: str, kinds: list[str], library: Library):
    assert [one.kind for one in pressures_in(text, library)] == kinds


def test_the_quote_holds_the_words_as_they_were_typed(library: Library):
    assert [one.quote for one in pressures_in("Loss is flat. Fix it!", library)] == ["Fix it"]
