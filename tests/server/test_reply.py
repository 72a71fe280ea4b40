"""What a reply holds and what it leaves out."""

from typing import Any

from training_router.server.arguments import consultation_of
from training_router.server.reply import routed
from training_router.taxonomy.entries import Library


def replied(library: Library, full: bool = False, **arguments: Any) -> dict[str, Any]:
    consultation, dropped = consultation_of(arguments, library)
    return routed(consultation, library, dropped, full, {})


def test_what_a_figure_rules_out_is_not_read_as_present(library: Library):
    read = replied(library, question="95% train accuracy, 60% validation accuracy")["read"]
    assert "accuracy-gap-measured: measured" in read and not any("both-sets-low" in line for line in read)


def test_what_is_read_is_quoted_where_it_counts_and_not_where_it_is_told_as_past(library: Library):
    read = replied(library, question="Loss goes to NaN. Last month loss was NaN too.")["read"]
    assert any(line == "loss-is-nan: Loss goes to NaN" for line in read), read


def test_what_was_denied_is_read_as_denied(library: Library):
    assert "not loss-is-nan: log is finite" in replied(library, question="The loss stays flat.", observations=["not loss-is-nan: log is finite"])["read"]


def test_a_full_reply_names_the_findings_of_the_case_and_of_the_figures(library: Library):
    case = replied(library, question="The loss is NaN.")["case"]
    findings = replied(library, full=True, case=case, question="95% train accuracy, 60% validation accuracy", answers={"which-precision": "bf16"})["findings"]
    for symptom, kind in (("loss-is-nan", "reported"), ("accuracy-gap-measured", "measured"), ("uses-bf16", "answered")):
        assert {"symptom": symptom, "state": "present", "kind": kind} in findings


def test_a_full_reply_gives_every_candidate_its_share_however_small(library: Library):
    for question in ("The loss is NaN with fp16.", "The loss oscillates.", "Training is slow and the GPU is idle."):
        candidates = [one for issue in replied(library, full=True, question=question)["issues"] for one in issue["candidates"]]
        assert candidates and all("share" in one and "likelihood" in one for one in candidates)


def test_what_was_observed_stands_first_in_what_is_read(library: Library):
    question = "The loss stays flat. ResNet, Adam, cosine schedule, warmup, dropout, fp16, DDP, ImageNet, label smoothing, weight decay."
    read = replied(library, question=question, observations=["not uses-dropout: none in the code", "loss-oscillates: from step 400"])["read"]
    assert read[:2] == ["loss-oscillates: from step 400", "not uses-dropout: none in the code"] and read[2].startswith("not-learning")


def test_a_plan_that_is_done_to_the_end_says_so(library: Library):
    done = [f"done {specialist}: nothing found" for specialist in library.specialists]
    assert replied(library, question="The loss is NaN.", observations=done)["next"] == library.next["ask-what-is-left"]
