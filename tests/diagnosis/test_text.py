"""Question text becomes words, numbers, clauses and sentences, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_router.server.diagnosis.case import Case, read_case, written
from training_router.server.diagnosis.consultation import consult
from training_router.server.diagnosis.decision import decided
from training_router.server.diagnosis.text import read
from training_router.taxonomy.entries import Library


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("3e-4", 3e-4, ""),
        ("95%", 0.95, "fraction"),
        ("95 percent", 0.95, "fraction"),
        ("2k images", 2000, ""),
        ("10 minutes", 600, "seconds"),
        ("5min", 300, "seconds"),
        ("24GB", 24e9, "bytes"),
        ("1,000", 1000, ""),
        ("0.77 - 0.83", 0.83, ""),
        ("from 54% to 96%", 0.96, "fraction"),
        (".28", 0.28, ""),
        ("-500", -500, ""),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, value: float, unit: str, library: Library):
    (number,) = read(text, library).numbers.values()
    assert number.value == pytest.approx(value) and number.unit == unit


@pytest.mark.parametrize("text", ["resnet50", "fp16", "V100", "7b model", "32x32"])
def test_a_name_with_digits_is_no_number(text: str, library: Library):
    assert not read(text, library).numbers


@given(st.text(max_size=400))
def test_any_text_gets_a_decision_that_its_case_repeats(text: str):
    from training_router.server.knowledge import library as opened

    library = opened()
    first = consult(text, {}, [], Case(), library)
    case, dropped = read_case(written(first.case), library)
    again = decided(case, case.settled(library), library)
    assert not dropped
    assert (again.status, again.plan, again.questions) == (first.decision.status, first.decision.plan, first.decision.questions)


@pytest.mark.parametrize(("text", "typed"), [("isn't", ["is", "not"]), ("isnt", ["is", "not"]), ("Doesnt", ["does", "not"]), ("cant", ["can", "not"]), ("wont", ["will", "not"])])
def test_a_contraction_is_spelled_out_with_or_without_its_apostrophe(text: str, typed: list[str], library: Library):
    assert read(text, library).typed == typed


@pytest.mark.parametrize("text", ["is The", "it just The loss is NaN", "is I"])
def test_a_text_may_begin_with_filler_words(text: str, library: Library):
    assert len(read(text, library).typed) == len(text.split())


@pytest.mark.parametrize(
    ("text", "figure", "value"),
    [
        ("3.2 s/it", "step-time", 3.2),
        ("training runs at 350ms/it", "step-time", 0.35),
        ("12%| 120/1000 [00:12<01:28,  9.8it/s]", "samples-per-second", 9.8),
        ("5%| 50/1000 [01:40<31:40,  2.00s/it]", "step-time", 2.0),
    ],
)
def test_a_rate_is_read_as_progress_bars_write_it(text: str, figure: str, value: float, library: Library):
    assert consult(text, {}, [], Case(), library).settled.figures[figure] == pytest.approx(value)
