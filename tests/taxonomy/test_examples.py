"""Every example beside every entry holds."""

import pytest

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.consultation import WEIGHTLESS, consult
from training_router.server.diagnosis.draft import prescriptions
from training_router.server.diagnosis.findings import Reader
from training_router.server.diagnosis.pressure import pressures_in
from training_router.taxonomy.entries import Library


def reading_of(text: str, symptom: str, library: Library) -> str:
    """How a symptom is read in a text: present, absent or silent."""
    consultation = consult(text, {}, [], Case(), library)
    if symptom in consultation.settled.all_present:
        return "present"
    states = {finding.state for finding in consultation.findings if finding.symptom == symptom and finding.kind not in WEIGHTLESS}
    return "absent" if states == {"absent"} else "silent"


@pytest.mark.examples("symptoms", "present", "absent", "silent")
def test_symptom_reads_its_own_example(name: str, text: str, expected: str, library: Library):
    assert reading_of(text, name, library) == expected


@pytest.mark.examples("symptoms", "known_gaps")
def test_known_gap_of_a_symptom_is_still_open(name: str, text: str, expected: dict[str, str], library: Library):
    """A failure here is good news: the gap is closed, so the text moves up into the examples."""
    assert reading_of(text, name, library) == expected["read_as"] != expected["should_be"]


@pytest.mark.examples("figures")
def test_figure_reads_its_own_example(name: str, text: str, expected: float | str, library: Library):
    read = consult(text, {}, [], Case(), library).settled.figures.get(name)
    assert read is None if expected == "none" else read == pytest.approx(expected)


@pytest.mark.examples("questions", "asked", "not_asked")
def test_question_is_asked_where_its_example_says_so(name: str, text: str, expected: str, library: Library):
    assert (name in consult(text, {}, [], Case(), library).decision.questions) == (expected == "asked")


@pytest.mark.examples("remedies", "prescribed", "not_prescribed")
def test_remedy_is_prescribed_where_its_example_says_so(name: str, text: str, expected: str, library: Library):
    prescribed = {one.remedy.id for one in prescriptions(Reader(text, library), library)}
    assert (name in prescribed) == (expected == "prescribed")


@pytest.mark.examples("pressures", "present", "silent")
def test_pressure_is_read_where_its_example_says_so(name: str, text: str, expected: str, library: Library):
    assert (name in {one.kind for one in pressures_in(text, library)}) == (expected == "present")


@pytest.mark.examples("pressures", "known_gaps")
def test_known_gap_of_a_pressure_is_still_open(name: str, text: str, expected: dict[str, str], library: Library):
    read = "present" if name in {one.kind for one in pressures_in(text, library)} else "silent"
    assert read == expected["read_as"] != expected["should_be"]
