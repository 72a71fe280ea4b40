"""The laws: pressure moves no route, a belief is only a hypothesis, and a case repeats its decision."""

import random
from collections.abc import Callable

import pytest
from consultations import TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st

from training_router.server.diagnosis.case import Case, read_case, written
from training_router.server.diagnosis.consultation import Consultation, consult
from training_router.server.diagnosis.findings import ABSENT, ANSWERED, OBSERVED, PRESENT, REPORTED
from training_router.server.knowledge import library as opened
from training_router.server.reply import routed
from training_router.taxonomy.library import HOME
from training_router.taxonomy.sources import gathered

PURE = {name: source.data["pure"] for name, source in gathered([HOME]).entries["pressures"].items()}
SENTENCES = [sentence for sentences in PURE.values() for sentence in sentences]


def consulted(text: str) -> Consultation:
    return consult(text, {}, [], Case(), opened())


def moved(before: Consultation, after: Consultation) -> dict[str, tuple[object, object]]:
    """What differs in the fields that pressure and belief must leave alone."""
    fields: dict[str, Callable[[Consultation], object]] = {
        "status": lambda one: one.decision.status,
        "plan": lambda one: one.decision.plan,
        "questions": lambda one: one.decision.questions,
        "hold": lambda one: one.decision.lead and one.decision.lead.hold,
        "issues": lambda one: [(issue.phase, issue.symptoms) for issue in one.decision.issues],
    }
    return {name: (field(before), field(after)) for name, field in fields.items() if field(before) != field(after)}


def between(text: str, words: str) -> str:
    """The words between the first sentence of the text and the rest."""
    head, stop, tail = text.partition(". ")
    return f"{head}{stop}{words} {tail}" if stop else f"{text} {words}"


@pytest.mark.parametrize("name", TEXTS)
def test_no_pressure_moves_a_route(name: str):
    """One pure sentence of each pressure, and a triple, before, between and after the text."""
    text, chance = TEXTS[name].strip(), random.Random(name)
    alone = consulted(text)
    pushes = [chance.choice(sentences) for sentences in PURE.values()]
    for words in [*pushes, " ".join(chance.sample(pushes, 3))]:
        for pushed in (f"{words} {text}", between(text, words), f"{text} {words}"):
            assert not moved(alone, consulted(pushed)), words


@settings(deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3), st.sampled_from(["before", "after"]))
def test_no_mix_of_pressures_moves_a_route(name: str, words: list[str], where: str):
    text, push = TEXTS[name].strip(), " ".join(words)
    assert not moved(consulted(text), consulted(f"{push} {text}" if where == "before" else f"{text} {push}"))


BELIEFS = [
    *((cause, f"I think it is {cause.replace('-', ' ')}.") for cause in opened().causes),
    *((remedy, f"My lead says {remedy.replace('-', ' ')}.") for remedy in opened().remedies),
]


@pytest.mark.parametrize(("about", "words"), BELIEFS, ids=[about for about, _ in BELIEFS])
def test_a_belief_adds_one_hypothesis_and_moves_nothing_else(about: str, words: str):
    chance = random.Random(about)
    for name in chance.sample(sorted(TEXTS), 6):
        text = TEXTS[name].strip()
        alone, believed = consulted(text), consulted(f"{text} {words}")
        assert not moved(alone, believed), name
        added = believed.hypotheses.keys() - alone.hypotheses.keys()
        assert added <= {about} and about in believed.hypotheses, name


@pytest.mark.parametrize("name", TEXTS)
def test_a_case_repeats_its_decision(name: str):
    first = consulted(TEXTS[name])
    case, dropped = read_case(written(first.case), opened())
    again = consult("", {}, [], case, opened())
    assert not dropped and not moved(first, again)
    assert written(again.case) == written(first.case)


@pytest.mark.parametrize("done", [0, 1, 2])
@pytest.mark.parametrize("name", TEXTS)
def test_an_option_and_a_flip_name_who_really_comes_first_after_them(name: str, done: int):
    """Also where the first ones of the plan have had their turn; an option after which nobody is left names nobody."""
    plan = consulted(TEXTS[name]).decision.plan
    before = consult(TEXTS[name], {}, [f"done {step.specialist}" for step in plan[:done]], Case(), opened())
    reply = routed(before, opened(), [], full=True, skills={})
    first = reply.get("plan", [{"specialist": ""}])[0]["specialist"]

    def leader(answers: dict[str, str], observations: list[str]) -> str:
        case, _ = read_case(written(before.case), opened())
        plan = consult("", answers, observations, case, opened()).decision.plan
        return plan[0].specialist if plan else ""

    for question in reply.get("questions", []):
        for option in question["options"]:
            assert option.get("then", first) == (leader({question["id"]: option["id"]}, []) or first), (question["id"], option["id"])
    for flip in reply.get("flips", []):
        assert first != flip["then"] == leader({}, [flip["finding"]])


@pytest.mark.parametrize(("symptom", "general"), [(symptom.id, parent) for symptom in opened().symptoms.values() for parent in symptom.is_a])
def test_a_general_symptom_that_a_special_one_proves_is_never_absent(symptom: str, general: str):
    case = Case()
    case.learn(general, ABSENT, OBSERVED)
    case.learn(symptom, PRESENT, OBSERVED)
    settled = case.settled(opened())
    assert general in settled.all_present and general not in settled.absent


@pytest.mark.parametrize(("symptom", "general"), [(symptom.id, parent) for symptom in opened().symptoms.values() for parent in symptom.is_a])
def test_a_general_symptom_that_is_observed_absent_denies_the_special_ones_that_are_only_reported(symptom: str, general: str):
    case = Case()
    case.learn(symptom, PRESENT, REPORTED)
    case.learn(general, ABSENT, OBSERVED)
    settled = case.settled(opened())
    assert symptom not in settled.all_present and general in settled.absent


@pytest.mark.parametrize(("symptom", "general"), [(symptom.id, parent) for symptom in opened().symptoms.values() for parent in symptom.is_a])
def test_a_general_symptom_that_was_reported_itself_outlives_the_special_one(symptom: str, general: str):
    case = Case()
    for one in (symptom, general):
        case.learn(one, PRESENT, REPORTED)
    foreseen = case.settled(opened()).having((), (symptom,), opened())
    case.learn(symptom, ABSENT, ANSWERED)
    assert general in foreseen.present and foreseen == case.settled(opened())
