"""The stages in order: a call's question, answers and observations, taken into a case and decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from training_router.server.diagnosis.case import DECLINED, FREELY, UNKNOWN, Case, answered, option_of
from training_router.server.diagnosis.decision import ASK, Decision, decided, first_specialist
from training_router.server.diagnosis.findings import ABSENT, ANSWERED, ATTRIBUTED, HYPOTHETICAL, OBSERVED, PAST, PRESENT, Finding, Reader, Reading
from training_router.server.diagnosis.likeness import resembled
from training_router.server.diagnosis.settled import Settled, leads
from training_router.taxonomy.entries import Library

WEIGHTLESS = frozenset((ATTRIBUTED, HYPOTHETICAL, PAST))


@dataclass(slots=True)
class Consultation:
    """One call from question to decision: the case, what was read for it, and what could not be read."""

    case: Case
    settled: Settled
    decision: Decision
    findings: list[Finding] = field(default_factory=list[Finding])
    figures: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    hypotheses: dict[str, str] = field(default_factory=dict[str, str])
    unread: list[str] = field(default_factory=list[str])


def consult(question: str, answers: Mapping[str, str], observations: Iterable[str], case: Case, library: Library) -> Consultation:
    """The consultation of a question with its answers and observations, on top of a case."""
    taken = Consultation(case, case.settled(library), Decision(ASK, [], [], [], None))
    reader = Reader(question, library) if question else None
    if reader:
        known = bool(case.findings or case.figures or case.answers or case.tried or case.done or case.hypotheses)
        reading = reader.reading()
        _take_reading(taken, reading, library)
        case.foreign = case.foreign and reading.unreadable
        if not known:
            _judge_scope(taken, reading)
    answered_so = [_take_answer(taken, question_id, answer, library) for question_id, answer in answers.items()]
    observed_so = [_take_observation(taken, observation, library) and not observation.startswith("not ") for observation in observations]
    case.out_of_scope = case.out_of_scope and not any(answered_so + observed_so)  # to deny something anchors nothing in training
    taken.hypotheses |= {about: "" for about in sorted(case.hypotheses) if about not in taken.hypotheses}
    case.hypotheses |= taken.hypotheses.keys()
    taken.settled = case.settled(library)
    if reader:
        _take_likeness(taken, reader, library)
    taken.decision = decided(case, taken.settled, library)
    return taken


def _take_reading(taken: Consultation, reading: Reading, library: Library) -> None:
    taken.findings += reading.findings
    # What is present is reported more firmly than what is denied: in one text, a denial loses against a report.
    live = [finding for finding in reading.findings if finding.kind not in WEIGHTLESS]
    for finding in [one for one in live if one.state == ABSENT] + [one for one in live if one.state == PRESENT]:
        taken.case.learn(finding.symptom, finding.state, finding.kind)
    for name, (value, quote) in reading.figures.items():
        taken.case.figures[name] = value
        taken.figures[name] = (value, quote)
    for tried in reading.tried:
        taken.case.tried[tried.remedy] = tried.helped
    for hypothesis in reading.hypotheses:
        taken.hypotheses.setdefault(hypothesis.about, hypothesis.quote)


def _take_likeness(taken: Consultation, reader: Reader, library: Library) -> None:
    """Takes in what the text resembles, where nothing that could lead was said outright."""
    case = taken.case
    if case.out_of_scope or case.foreign or leads(taken.settled.present, library):
        return
    finding = resembled(reader, library)
    if finding:
        case.learn(finding.symptom, finding.state, finding.kind)
        taken.findings.append(finding)
        taken.settled = case.settled(library)


def _judge_scope(taken: Consultation, reading: Reading) -> None:
    """Marks the case as out of scope where another field anchors the text and training does not, or nothing does."""
    others = sum(count for name, count in reading.anchors.items() if name not in ("strong", "weak"))
    strong, weak = reading.anchors.get("strong", 0), reading.anchors.get("weak", 0)
    taken.case.foreign = reading.unreadable and not taken.case.findings
    taken.case.out_of_scope = not taken.case.foreign and not strong and (others > 0 or not (weak or taken.findings or taken.hypotheses))


def _take_answer(taken: Consultation, question_id: str, answer: str, library: Library) -> bool:
    """Takes in an answer; whether it says something."""
    question = library.questions[question_id]
    meant = answer.casefold()
    if meant in (UNKNOWN, DECLINED, ""):
        answered(taken.case, question_id, meant or UNKNOWN, library)
        return False
    option = option_of(question_id, meant, library) or next((option for option in question.options if meant in map(str.casefold, (option.text, *option.words))), None)
    if option is not None:
        answered(taken.case, question_id, option.id, library)
        return True
    own = {symptom for option in question.options for symptom in (*option.present, *option.absent)}
    reading = Reader(answer, library, ANSWERED).reading()
    findings = [finding for finding in reading.findings if finding.symptom in own or own.intersection(library.symptoms[finding.symptom].is_a)]
    says = bool(findings or reading.figures)
    answered(taken.case, question_id, FREELY if says else UNKNOWN, library)
    _take_reading(taken, Reading(findings, reading.figures), library)
    if not says:
        taken.unread.append(f"{question_id}: {answer[:60]}")
    return says


def _take_observation(taken: Consultation, observation: str, library: Library) -> bool:
    """Takes in an observation; whether it says something."""
    head, _, tail = observation.partition(":")
    match head.split():
        case ["tried", remedy] if remedy in library.remedies:
            marks = Reader(tail, library).marks.in_text()
            if says := not marks.isdisjoint(("helped", "failed")):
                taken.case.tried[remedy] = "failed" not in marks
        case ["done", specialist] if specialist in library.specialists:
            says = True
            taken.case.done.add(specialist)
        case ["not", symptom] if symptom in library.symptoms:
            says = _observed(taken, symptom, ABSENT, tail)
        case ["not", name] if (figure := name.replace("_", "-")) in library.figures:
            says = True
            for figures in (taken.case.figures, taken.figures):
                figures.pop(figure, None)
        case ["not", belief] if belief in library.causes or belief in library.remedies:
            says = True
            taken.case.hypotheses.discard(belief)
            taken.hypotheses.pop(belief, None)
        case [symptom] if symptom in library.symptoms:
            says = _observed(taken, symptom, PRESENT, tail)
        case _:
            reading = Reader(observation, library, OBSERVED).reading()
            _take_reading(taken, reading, library)
            says = bool(reading.findings or reading.figures or reading.tried)
    if not says:
        taken.unread.append(observation[:60])
    return says


def _observed(taken: Consultation, symptom: str, state: str, words: str) -> bool:
    taken.findings.append(Finding(symptom, state, OBSERVED, " ".join(words.split())[:60]))
    taken.case.learn(symptom, state, OBSERVED)
    return True


def flips(consultation: Consultation, library: Library, at_most: int = 3) -> list[tuple[str, str]]:
    """Single findings not known yet that would change the first specialist, each with the one that would then lead."""
    case, settled, decision = consultation.case, consultation.settled, consultation.decision
    first = decision.plan[0].specialist if decision.plan else ""
    near = [
        symptom for issue in decision.issues[:1] for candidate in issue.candidates[:8] if candidate.cause in library.causes for symptom in library.causes[candidate.cause].evidence
    ]
    found: list[tuple[str, str]] = []
    for symptom in dict.fromkeys(near):
        if symptom not in settled.known and len(found) < at_most:
            then = first_specialist(case, settled.having((symptom,), (), library), library)
            if then and then != first:
                found.append((symptom, then))
    return found
