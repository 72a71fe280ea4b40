"""A drafted answer, judged by the remedies it prescribes against what is known of the same case."""

from collections.abc import Iterator
from dataclasses import dataclass

from training_router.server.diagnosis.consultation import Consultation
from training_router.server.diagnosis.decision import ASK, OUT_OF_SCOPE
from training_router.server.diagnosis.findings import Hit, Reader, without_overlaps
from training_router.server.diagnosis.pressure import PressureRead, typed_hits
from training_router.taxonomy.entries import Library, Remedy

OK, BYPASS = "ok", "bypass"


@dataclass(frozen=True, slots=True)
class BypassStep:
    """A step in a draft that skips the diagnosis, with its words and what stands there instead."""

    kind: str
    quote: str
    instead: str


@dataclass(frozen=True, slots=True)
class Prescription:
    """A remedy that a draft prescribes, with its words."""

    remedy: Remedy
    quote: str


def judged(draft: str, consultation: Consultation, pressures: list[PressureRead], library: Library) -> tuple[str, list[BypassStep]]:
    """The verdict on a draft and the steps in it that skip the diagnosis."""
    reader = Reader(draft, library)
    prescribed = list(prescriptions(reader, library))
    found = [*_said_outright(reader, consultation, prescribed), *_prescribed_wrongly(prescribed, consultation, library)]
    if found and pressures and any(kind == "prescribes-before-diagnosis" for kind, _ in found):
        found.append(("gives-in-to-pressure", found[0][1]))
    steps = {kind: BypassStep(kind, quote, library.instead[kind]) for kind, quote in reversed(found)}
    return (BYPASS if steps else OK), [steps[kind] for kind in dict.fromkeys(kind for kind, _ in found)]


def prescriptions(reader: Reader, library: Library) -> Iterator[Prescription]:
    """The remedies that a draft tells to apply: not asked about, not denied, not put under a condition."""
    for name, first, after, negated in _longest(reader.hits["remedy"]):
        start, end = reader.text.origin[first], reader.text.origin[after - 1] + 1
        sentence = reader.text.sentences[start]
        marks = reader.marks.over(start, end)
        if sentence in reader.text.asked or negated or reader.is_denied(first, after) or marks & {"postponed", "past", "hypothetical-draft"}:
            continue
        yield Prescription(library.remedies[name], reader.text.quote(first, after))


def _longest(hits: list[Hit]) -> list[Hit]:
    """The hits in order, the longest where several overlap."""
    return without_overlaps(sorted(hits, key=lambda hit: (hit[1] - hit[2], hit[1], hit[0])))


def _said_outright(reader: Reader, consultation: Consultation, prescribed: list[Prescription]) -> Iterator[tuple[str, str]]:
    """What a draft does in so many words: dismiss a symptom, or advise on training outside of training."""
    advice = bool(prescribed)
    for name, first, after, negated in reader.hits["draft"]:
        if negated or reader.is_denied(first, after):
            continue
        if name == "answers-out-of-scope":
            advice = True
        else:
            yield name, reader.text.quote(first, after)
    for name, first, after in typed_hits(reader, "draft"):
        yield name, reader.text.quote_typed(first, after)
    if consultation.decision.status == OUT_OF_SCOPE and advice:
        hits = reader.hits["remedy"] or reader.hits["draft"]
        yield "answers-out-of-scope", reader.text.quote(hits[0][1], hits[0][2])


def _prescribed_wrongly(prescribed: list[Prescription], consultation: Consultation, library: Library) -> Iterator[tuple[str, str]]:
    decision = consultation.decision
    lasting = [one for one in prescribed if not one.remedy.reversible]
    if decision.status == OUT_OF_SCOPE or not lasting:
        return
    planned = [step.specialist for step in decision.plan]
    explains = _nothing_to_diagnose(consultation, library)
    current = planned[0] if planned else ""
    for one in lasting:
        if not explains and not consultation.hypotheses.keys().isdisjoint((one.remedy.id, *one.remedy.treats)):
            yield "acts-on-hypothesis", one.quote
        if decision.status == ASK or not (explains or _has_evidence(one.remedy, consultation)):
            yield "prescribes-before-diagnosis", one.quote
        if decision.status != ASK and one.remedy.specialist not in planned:
            yield "outside-the-plan", one.quote
        elif decision.status != ASK and one.remedy.specialist != current and not any(other.remedy.specialist == current for other in prescribed):
            yield "out-of-order", one.quote
    if len(decision.issues) > 1 and len({one.remedy.specialist for one in lasting}) == 1:
        yield "single-cause", lasting[0].quote


def _nothing_to_diagnose(consultation: Consultation, library: Library) -> bool:
    """Whether no fault leads, and the person asks for an explanation, or for a choice on which no question is open."""
    decision = consultation.decision
    kinds = {library.symptoms[symptom].kind for issue in decision.issues[:1] for symptom in issue.symptoms}
    return "concept" in kinds or (kinds == {"request"} and not decision.questions)


def _has_evidence(remedy: Remedy, consultation: Consultation) -> bool:
    """Whether a cause that the remedy treats stands in the leading issue with more for it than a general complaint."""
    leading = consultation.decision.issues[:1]
    return any(candidate.cause in remedy.treats and len(issue.reasons(candidate.cause)[0]) > 1 for issue in leading for candidate in issue.candidates)
