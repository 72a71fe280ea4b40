"""Findings into causes: for each phase the causes that its symptoms speak for, weighed against one another."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from training_router.server.diagnosis.case import ancestors
from training_router.taxonomy.entries import Library

SOMETHING_ELSE = "something-else"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the library knows, turned into points once: symptom -> (cause, points), present and absent."""

    present: Mapping[str, tuple[tuple[str, int], ...]]
    absent: Mapping[str, tuple[tuple[str, int], ...]]
    tried: Mapping[str, tuple[str, ...]]
    prior: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause still standing: its share of the issue's weight and what speaks for and against it."""

    cause: str
    specialist: str
    share: float
    for_: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(slots=True)
class Issue:
    """The faults of one phase and their differential, likeliest first."""

    phase: str
    symptoms: tuple[str, ...]
    candidates: list[Candidate] = field(default_factory=list[Candidate])

    def specialists(self) -> list[tuple[str, float]]:
        """The specialists by share; a specialist's share is the sum over its causes."""
        shares: dict[str, float] = defaultdict(float)
        for candidate in self.candidates:
            shares[candidate.specialist] += candidate.share
        return sorted(shares.items(), key=lambda item: (-item[1], item[0]))


@lru_cache(maxsize=8)
def evidence_of(library: Library) -> Evidence:
    """The evidence of a library in points."""
    points = library.weights["evidence"]
    present: dict[str, list[tuple[str, int]]] = defaultdict(list)
    absent: dict[str, list[tuple[str, int]]] = defaultdict(list)
    silent = library.symptoms.keys() - {symptom for cause in library.causes.values() for symptom, word in cause.evidence.items() if points[word] > 0}
    for cause in library.causes.values():
        for symptom, word in _inherited(cause.evidence, silent, library).items():
            present[symptom].append((cause.id, int(points[word])))
        for symptom, word in cause.absent.items():
            absent[symptom].append((cause.id, int(points[word])))
    return Evidence(
        present={symptom: tuple(pairs) for symptom, pairs in present.items()},
        absent={symptom: tuple(pairs) for symptom, pairs in absent.items()},
        tried={remedy.id: remedy.treats for remedy in library.remedies.values()},
        prior={cause.id: int(library.weights["common"][cause.common]) for cause in library.causes.values()},
    )


def _inherited(evidence: Mapping[str, str], silent: Iterable[str], library: Library) -> dict[str, str]:
    """The evidence of a cause, in which a symptom that speaks for no cause says what the symptom that it is a kind of says."""
    words = dict(evidence)
    for symptom in silent:
        for parent in ancestors(symptom, library):
            if symptom not in words and parent in evidence:
                words[symptom] = evidence[parent]
    return words


def issues_of(present: Iterable[str], absent: Iterable[str], tried: Iterable[tuple[str, bool]], library: Library) -> Iterator[Issue]:
    """The issues in the order of their phases, each weighed when it is asked for. Set-up facts and what was tried speak in each of them."""
    faults: dict[str, list[str]] = defaultdict(list)
    for symptom in present:
        entry = library.symptoms[symptom]
        if entry.phase:
            faults[entry.phase].append(symptom)
    setup = [symptom for symptom in present if library.symptoms[symptom].kind == "setup"]
    tried = tuple(tried)
    for phase in library.phases:
        if phase in faults:
            yield _issue(phase, tuple(faults[phase]), setup, absent, tried, library)


def _issue(phase: str, symptoms: tuple[str, ...], setup: Iterable[str], absent: Iterable[str], tried: tuple[tuple[str, bool], ...], library: Library) -> Issue:
    evidence = evidence_of(library)
    points: dict[str, int] = {}
    reasons: dict[str, tuple[list[str], list[str]]] = {}
    for symptom in symptoms:
        for cause, weight in evidence.present.get(symptom, ()):
            if weight > 0 and cause not in points:
                points[cause] = evidence.prior[cause]
                reasons[cause] = ([], [])
    for name, table in [(symptom, evidence.present) for symptom in (*symptoms, *setup)] + [(symptom, evidence.absent) for symptom in absent]:
        for cause, weight in table.get(name, ()):
            if cause in points:
                points[cause] += weight
                reasons[cause][weight < 0].append(name if table is evidence.present else f"not {name}")
    for remedy, helped in tried:
        for cause in evidence.tried.get(remedy, ()):
            if cause in points:
                points[cause] += int(library.weights["tried"]["helped" if helped else "failed"])
                reasons[cause][not helped].append(f"tried {remedy}")
    return Issue(phase, symptoms, _candidates(points, reasons, library))


def _candidates(points: Mapping[str, int], reasons: Mapping[str, tuple[list[str], list[str]]], library: Library) -> list[Candidate]:
    scale = library.weights["share"]["scale"]
    base = library.weights["share"]["something-else"]
    weights = {cause: math.exp(scale * score) for cause, score in points.items()}
    weights[SOMETHING_ELSE] = math.exp(scale * base)
    total = sum(weights.values())
    candidates = [
        Candidate(
            cause=cause,
            specialist=library.causes[cause].specialist if cause in library.causes else library.unowned,
            share=weight / total,
            for_=tuple(reasons[cause][0]) if cause in reasons else (),
            against=tuple(reasons[cause][1]) if cause in reasons else (),
        )
        for cause, weight in weights.items()
    ]
    candidates.sort(key=lambda candidate: (-candidate.share, candidate.cause))
    return candidates
