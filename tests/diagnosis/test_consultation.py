"""What a call adds to a case, and what is decided on it."""

import pytest

from training_router.server.diagnosis.case import Case, CaseError, _checksum, answered, read_case, written
from training_router.server.diagnosis.consultation import consult
from training_router.server.diagnosis.findings import PRESENT, RESEMBLED
from training_router.server.diagnosis.questions import worths
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


def carried(case: Case, library: Library) -> Case:
    """The case after it was written out and read again."""
    again, dropped = read_case(written(case), library)
    assert not dropped
    return again


@pytest.mark.parametrize("order", [1, -1])
def test_the_newer_of_two_answers_still_wins_when_the_case_is_read_again(order: int, library: Library):
    """An option that makes a symptom present, and another question's that makes it absent, in either order."""
    present = [(question.id, option.id, symptom) for question in library.questions.values() for option in question.options for symptom in option.present]
    absent = {symptom: (question.id, option.id) for question in library.questions.values() for option in question.options for symptom in option.absent}
    met = [((name, option), absent[symptom], symptom) for name, option, symptom in present if symptom in absent and absent[symptom][0] != name]
    assert met
    for one, other, symptom in met:
        case = Case()
        for answer in (one, other)[::order]:
            answered(case, *answer, library)
        assert case.findings[symptom][0] == ("absent" if order == 1 else "present")
        assert carried(case, library).findings == case.findings


def test_an_answer_given_anew_withdraws_what_only_the_one_before_settled(library: Library):
    first = consult("The loss is NaN.", {"which-precision": "bf16"}, [], Case(), library).case
    assert first.findings["uses-bf16"] == ("present", "answered")
    for anew in ("unknown", "declined", "something quite different"):
        case = consult("", {"which-precision": anew}, [], carried(first, library), library).case
        assert "uses-bf16" not in case.findings and case.findings["loss-is-nan"] == first.findings["loss-is-nan"]


def test_an_answer_given_anew_leaves_what_was_observed(library: Library):
    case = consult("The loss is NaN.", {"which-precision": "bf16"}, ["uses-bf16: autocast in train.py"], Case(), library).case
    assert consult("", {"which-precision": "unknown"}, [], case, library).case.findings["uses-bf16"] == ("present", "observed")


@pytest.mark.parametrize("answer", ["read", "blue"])
def test_an_answer_that_says_nothing_is_unread(answer: str, library: Library):
    consultation = consult("The loss is NaN.", {"which-precision": answer}, [], Case(), library)
    assert consultation.unread == [f"which-precision: {answer}"] and consultation.case.answers == {"which-precision": "unknown"}


@pytest.mark.parametrize(("answer", "kept"), [("Unknown", "unknown"), ("DECLINED", "declined"), ("", "unknown"), ("BF16", "bf16")])
def test_an_answer_is_taken_in_small_and_in_capital_letters(answer: str, kept: str, library: Library):
    consultation = consult("The loss is NaN.", {"which-precision": answer}, [], Case(), library)
    assert not consultation.unread and consultation.case.answers == {"which-precision": kept}


@pytest.mark.parametrize(("question", "symptom"), [("I use a small batch size of 16.", "batch-is-small"), ("We train on a small dataset of 8000 images.", "small-dataset")])
def test_a_figure_on_the_other_side_of_a_threshold_takes_no_report_back(question: str, symptom: str, library: Library):
    consultation = consult(question, {}, [], Case(), library)
    assert consultation.settled.unmet and symptom in consultation.settled.present


@pytest.mark.parametrize("token", ["batch_size=1.2.3", "batch_size=.", "loss=--1"])
def test_a_case_with_a_number_that_is_none_is_refused(token: str, library: Library):
    body = f"tr1 {token}"
    with pytest.raises(CaseError, match="damaged at word 2"):
        read_case(f"{body} #{_checksum(body)}", library)


@pytest.mark.parametrize("token", ["batch_size=1e999", "accuracy=50.0", "batch_size=-4.0"])
def test_a_figure_that_this_library_would_not_read_is_dropped_from_a_case(token: str, library: Library):
    body = f"tr1 loss-is-nan+r {token}"
    case, dropped = read_case(f"{body} #{_checksum(body)}", library)
    assert dropped == [token] and not case.figures


FOREIGN = "我的损失在五个周期后变成了非数字请帮忙"


def test_a_translation_is_asked_for_until_it_is_there(library: Library):
    first = consult(FOREIGN, {}, ["uses-fp16: train.py"], Case(), library)
    assert first.case.foreign
    assert not consult("My loss became NaN after 5 epochs.", {}, [], carried(first.case, library), library).case.foreign


@pytest.mark.parametrize("said", [{"what-is-wrong": "declined"}, {"what-is-wrong": "not-learning"}])
def test_what_is_added_to_a_consultation_under_way_does_not_put_it_out_of_scope(said: dict[str, str], library: Library):
    first = consult("Help with training my model", said, [], Case(), library)
    assert consult("I can not say more than that, sorry", {}, [], carried(first.case, library), library).decision.status != "out_of_scope"


@pytest.mark.parametrize(
    ("answers", "observations"), [({"which-precision": "bf16"}, []), ({}, ["done gradient-management: no effect"]), ({}, ["tried lower-the-learning-rate: no effect"])]
)
def test_what_is_answered_tried_or_done_is_about_training(answers: dict[str, str], observations: list[str], library: Library):
    assert consult("My dog pulls on the leash", answers, observations, Case(), library).decision.status != "out_of_scope"


def test_an_answer_that_says_nothing_leaves_another_field_alone(library: Library):
    assert consult("My dog pulls on the leash", {"which-precision": "unknown"}, [], Case(), library).decision.status == "out_of_scope"


UNSAID = (
    "Two cards in the box, and an epoch lasts just as long as on one of them. "
    "I doubled the batch when I put in the second card and wrapped the model; the bar moves at the pace it always had."
)


def test_a_text_that_says_nothing_outright_is_taken_for_what_it_resembles(library: Library):
    told = consult(UNSAID, {}, [], Case(), library)
    assert RESEMBLED in {kind for _, kind in told.case.findings.values()}
    assert (told.decision.status, told.decision.plan[0].phase) == ("route", "speed")


@pytest.mark.parametrize("vague", ["my model is not good, why?", "my network is odd lately"])
def test_a_text_that_says_too_little_resembles_nothing(vague: str, library: Library):
    assert consult(vague, {}, [], Case(), library).decision.status == "ask"


def test_likeness_yields_to_whatever_is_said_outright(library: Library):
    case = Case()
    case.learn("samples-are-noise", PRESENT, RESEMBLED)
    assert "samples-are-noise" in case.settled(library).present
    seen = consult("", {}, ["loss-is-nan: in the log"], case, library)
    assert "samples-are-noise" not in seen.settled.present and seen.decision.plan[0].phase == "stability"


def test_likeness_can_be_taken_out_by_an_observation(library: Library):
    case = Case()
    case.learn("samples-are-noise", PRESENT, RESEMBLED)
    assert consult("", {}, ["not samples-are-noise: they are sharp"], case, library).decision.status == "ask"


def test_a_figure_that_was_misread_can_be_taken_back(library: Library):
    case = consult("The loss stays flat at 2.3 with weight decay 2.", {}, [], Case(), library).case
    assert {"loss", "weight-decay"} <= case.figures.keys()
    taken_back = consult("", {}, ["not weight_decay: the name of a variable", "not loss: of another run"], case, library)
    assert not taken_back.case.figures and not taken_back.unread


@pytest.mark.parametrize("question", ["", "My lead thinks it is the optimizer. The loss stays flat."])
def test_a_belief_that_nobody_holds_can_be_taken_back(question: str, library: Library):
    consultation = consult("My lead thinks it is the optimizer. The loss stays flat.", {}, [], Case(), library)
    assert list(consultation.hypotheses) == ["optimizer-unsuited"]
    taken_back = consult(question, {}, ["not optimizer-unsuited: a joke"], consultation.case, library)
    assert not taken_back.hypotheses and not taken_back.case.hypotheses


@pytest.mark.parametrize("passing", ["model.compile(loss='mse', optimizer=opt)", "We log uncertainty weighting to the console."])
def test_a_cause_that_is_named_in_passing_is_believed_by_nobody(passing: str, library: Library):
    assert not consult(f"The loss stays flat. {passing}", {}, [], Case(), library).hypotheses


def test_to_deny_something_puts_no_other_field_in_scope(library: Library):
    assert consult("How do I join two tables in SQL?", {}, ["not is-gan: a table"], Case(), library).decision.status == "out_of_scope"


@pytest.mark.parametrize(
    "code", ["model.add(LSTM(128, input_shape=(train_X.shape[1], 1)))", "--data ../sets --batch_size=2 --lr=0.00001 --queries=204", "ETA: 8:07 - loss: 6.4472 - acc: 0.6000"]
)
def test_code_and_logs_resemble_nothing(code: str, library: Library):
    assert not any(finding.kind == RESEMBLED for finding in consult(code, {}, [], Case(), library).findings)


@pytest.mark.parametrize("bullet", ["- ", "* ", "• "])
def test_a_list_under_what_was_tried_is_what_was_tried(bullet: str, library: Library):
    tried = f"The loss stays flat. Tried without success:\n\n{bullet}dropout 0.5\n{bullet}lower the learning rate\n\nThe model uses Adam."
    consultation = consult(tried, {}, [], Case(), library)
    assert consultation.case.tried == {"add-dropout": False, "lower-the-learning-rate": False}
    assert "uses-dropout" not in consultation.settled.present and "uses-adam" in consultation.settled.present


def test_a_list_under_another_heading_is_the_setup(library: Library):
    consultation = consult("The loss stays flat. My setup:\n\n- dropout 0.5\n- batch size 64", {}, [], Case(), library)
    assert "uses-dropout" in consultation.settled.present and not consultation.case.tried


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("model.add(Dense(64)), true)) model.add(LSTM(num_units=128, dropout=0.2))", False),
        ("Which optimizer is right, Adam(lr=1e-3) or SGD(lr=0.1, momentum=0.9)?", True),
    ],
)
def test_code_asks_for_nothing_unless_it_stands_in_a_question(text: str, asks: bool, library: Library):
    requests = [finding for finding in consult(text, {}, [], Case(), library).findings if library.symptoms[finding.symptom].kind == "request"]
    assert bool(requests) == asks


def test_a_cause_whose_share_is_too_small_for_a_number_is_weighed_all_the_same(library: Library):
    consultation = consult("The model does not learn.", {}, [], Case(), library)
    issue = consultation.decision.issues[0]
    issue.candidates[1:] = [candidate._replace(share=0.0) for candidate in issue.candidates[1:]]
    ranked = worths(issue, consultation.case, consultation.settled, library)
    assert all(worth.value >= 0 for worth in ranked)
