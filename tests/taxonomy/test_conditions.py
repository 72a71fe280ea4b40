"""Conditions over figures hold, fail or stay open."""

import pytest

from training_router.taxonomy.conditions import ConditionError, figures_in, parsed, worked_out


@pytest.mark.parametrize(
    ("text", "figures", "expected"),
    [
        ("train_accuracy - validation_accuracy >= 0.10", {"train-accuracy": 0.95, "validation-accuracy": 0.6}, True),
        ("train_accuracy - validation_accuracy >= 0.10", {"train-accuracy": 0.95, "validation-accuracy": 0.9}, False),
        ("train_accuracy - validation_accuracy >= 0.10", {"train-accuracy": 0.95}, None),
        ("loss / ln(num_classes) > 0.9 and num_classes > 1", {"loss": 2.3, "num-classes": 10}, True),
        ("loss / (num_classes - 10) > 1", {"loss": 2.3, "num-classes": 10}, None),
        ("ln(loss) > 0", {"loss": -1}, None),
    ],
)
def test_a_condition_is_true_false_or_open(text: str, figures: dict[str, float], expected: bool | None):
    assert worked_out(parsed(text, is_condition=True), figures) is expected


ODD = [
    "loss >",
    "__import__('os')",
    "loss.real > 1",
    "1 < loss < 2",
    "loss > 'a'",
    "loss or steps",
    "[loss]",
    "loss + 1",
    "loss > 1 and 3",
    "(loss > 1) + 2 > 1",
    "loss \0",
    f"loss > {10**350}",
]


@pytest.mark.parametrize("text", ODD, ids=[text[:30] for text in ODD])
def test_a_condition_outside_the_grammar_is_refused(text: str):
    with pytest.raises(ConditionError):
        parsed(text, is_condition=True)


@pytest.mark.parametrize("text", ["loss > 1", "loss > 1 and steps > 2", "ln(loss > 1)"])
def test_a_formula_that_compares_is_refused(text: str):
    with pytest.raises(ConditionError):
        parsed(text, is_condition=False)


def test_a_condition_names_its_figures():
    assert figures_in(parsed("train_loss * 2 < validation_loss", is_condition=True)) == {"train-loss", "validation-loss"}
