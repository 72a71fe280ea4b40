"""What a reply holds and what it leaves out."""

from typing import Any

from training_router.server.arguments import consultation_of
from training_router.server.reply import routed
from training_router.taxonomy.entries import Library


def replied(library: Library, full: bool = False, **arguments: Any) -> dict[str, Any]:
    consultation, dropped = consultation_of(arguments, library)
    return routed(consultation, library, dropped, full)


def test_what_a_figure_rules_out_is_not_read_as_present(library: Library):
    read = replied(library, question="95% train accuracy, 60% validation accuracy")["read"]
    assert "accuracy-gap-measured: measured" in read and not any("both-sets-low" in line for line in read)


def test_what_is_read_is_quoted_where_it_counts_and_not_where_it_is_told_as_past(library: Library):
    read = replied(library, question="Loss goes to NaN. Last month loss was NaN too.")["read"]
    assert any(line == "loss-is-nan: Loss goes to NaN" for line in read), read


def test_what_was_denied_is_read_as_denied(library: Library):
    assert "not loss-is-nan: log is finite" in replied(library, question="The loss stays flat.", observations=["not loss-is-nan: log is finite"])["read"]
