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


@pytest.mark.parametrize("observation", [TRIED, f"{TRIED}: the run has another hour to go"])
def test_what_was_tried_without_an_outcome_is_unread_and_counts_nothing(observation: str, library: Library):
    consultation = consult("The loss oscillates.", {}, [observation], Case(), library)
    assert consultation.case.tried == {} and consultation.unread == [observation]
