"""What a call adds to a case, and what is decided on it."""

import pytest

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.consultation import consult
from training_router.taxonomy.entries import Library

TRIED = "tried lower-the-learning-rate"


@pytest.mark.parametrize(
    ("happened", "helped"),
    [("it helped", True), ("three epochs in. That solved it.", True), ("still oscillates", False), ("did nothing", False), ("it helped at first, then failed again", False)],
)
def test_the_outcome_of_what_was_tried_is_read_from_all_that_happened(happened: str, helped: bool, library: Library):
    consultation = consult("The loss oscillates.", {}, [f"{TRIED}: {happened}"], Case(), library)
    assert consultation.case.tried == {"lower-the-learning-rate": helped} and not consultation.unread


@pytest.mark.parametrize("observation", [TRIED, f"{TRIED}: it is running"])
def test_what_was_tried_without_an_outcome_is_unread_and_counts_nothing(observation: str, library: Library):
    consultation = consult("The loss oscillates.", {}, [observation], Case(), library)
    assert consultation.case.tried == {} and consultation.unread == [observation]


@pytest.mark.parametrize("question", ["The loss went NaN with fp16.", "Which optimizer should I use for a CNN classifier?"])
def test_a_plan_that_is_done_to_the_end_asks_what_is_observed_now(question: str, library: Library):
    case, plan = Case(), consult(question, {}, [], Case(), library).decision.plan
    assert plan
    for _ in library.specialists:
        consultation = consult(question, {}, [f"done {step.specialist}: nothing found" for step in plan], case, library)
        plan = consultation.decision.plan
        assert (consultation.decision.status == "ask") >= (not plan)
    assert not plan
