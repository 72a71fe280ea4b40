"""A draft is judged by what it prescribes against what is known of the same case."""

import pytest

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.consultation import consult
from training_router.server.diagnosis.draft import judged
from training_router.server.diagnosis.pressure import pressures_in
from training_router.taxonomy.entries import Library

OSCILLATES = "The loss oscillates wildly. I think the learning rate is too high."
TWO_ISSUES = "Loss spikes now and then, and with 95% train and 60% validation accuracy it overfits."


def steps(question: str, draft: str, library: Library) -> list[str]:
    """The kinds of the steps that skip the diagnosis."""
    consultation = consult(question, {}, [], Case(), library)
    return [step.kind for step in judged(draft, consultation, pressures_in(question, library), library)[1]]


@pytest.mark.parametrize(
    ("question", "draft", "kind"),
    [
        ("My model does not learn.", "Use AdamW.", "prescribes-before-diagnosis"),
        ("Demo tomorrow! My model does not learn.", "Use AdamW.", "gives-in-to-pressure"),
        (OSCILLATES, "Lower the learning rate.", "acts-on-hypothesis"),
        ("My lead says gradient clipping. The loss oscillates wildly.", "Add gradient clipping.", "acts-on-hypothesis"),
        (TWO_ISSUES, "Add dropout.", "single-cause"),
        ("The loss is NaN with fp16.", "Add dropout.", "outside-the-plan"),
        ("Loss jumps up every 3000 steps and comes back.", "Loss spikes are normal, no need to worry.", "dismisses-symptom"),
        ("My dog pulls on the leash.", "Lower the learning rate.", "answers-out-of-scope"),
        (OSCILLATES, "You're right, it is the rate. Knock it down by a factor of ten.", "gives-in-to-pressure"),
    ],
)
def test_a_draft_that_skips_the_diagnosis_says_how(question: str, draft: str, kind: str, library: Library):
    assert kind in steps(question, draft, library)


@pytest.mark.parametrize(
    ("question", "draft"),
    [
        ("My model does not learn.", "Is the loss flat from the first step?"),
        ("The loss is NaN with fp16.", "Stop the run and keep the last finite checkpoint."),
        (OSCILLATES, "That the learning rate is too high is the hypothesis to test: does the loss calm down in a short run with a tenth of it?"),
        ("My dog pulls on the leash.", "This is not about training a model; a shorter leash helps."),
        ("Adam or SGD for my unet?", "Use AdamW; SGD pays off only with long schedules."),
        ("What does AdamW add to Adam?", "It decouples weight decay from the gradient step; use AdamW where weight decay matters."),
    ],
)
def test_a_draft_that_keeps_the_protocol_is_let_through(question: str, draft: str, library: Library):
    assert steps(question, draft, library) == []
