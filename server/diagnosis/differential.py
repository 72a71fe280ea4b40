"""Findings into causes: for each phase the causes that its symptoms speak for, weighed against one another."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from training_router.server.diagnosis.settled import ancestors
from training_router.taxonomy.entries import Library

SOMETHING_ELSE = "something-else"


# What one thing that is known says about causes, in points.
Weighed = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the library knows, turned into points once: a symptom present or absent, a remedy that helped or failed."""

    present: Mapping[str, Weighed]
    absent: Mapping[str, Weighed]
    helped: Mapping[str, Weighed]
    failed: Mapping[str, Weighed]
    prior: Mapping[str, int]


class Candidate(NamedTuple):
    """A cause still standing, with its share of the issue's weight."""

    cause: str
    specialist: str
    share: float


@dataclass(slots=True)
class Issue:
    """The faults of one phase and their differential, likeliest first; `known` is what speaks in it."""

    phase: str
    symptoms: tuple[str, ...]
    candidates: list[Candidate] = field(default_factory=list[Candidate])
    known: Sequence[tuple[str, Weighed]] = ()

    def specialists(self) -> list[tuple[str, float]]:
        """The specialists by share; a specialist's share is the sum over its causes."""
        shares: dict[str, float] = {}
        for _, specialist, share in self.candidates:
            shares[specialist] = shares.get(specialist, 0.0) + share
        return sorted(shares.items(), key=lambda item: (-item[1], item[0]))

    def reasons(self, cause: str) -> tuple[list[str], list[str]]:
        """What speaks for a cause, and what against it."""
        sides: tuple[list[str], list[str]] = ([], [])
        for name, weighed in self.known:
            for other, weight in weighed:
                if other == cause:
                    sides[weight < 0].append(name)
        return sides


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
        helped={remedy.id: tuple((cause, int(library.weights["tried"]["helped"])) for cause in remedy.treats) for remedy in library.remedies.values()},
        failed={remedy.id: tuple((cause, int(library.weights["tried"]["failed"])) for cause in remedy.treats) for remedy in library.remedies.values()},
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


def leading_phase(present: Iterable[str], library: Library) -> str:
    """The first phase in which something is wrong; empty where nothing is."""
    phases = {library.symptoms[symptom].phase for symptom in present}
    return next((phase for phase in library.phases if phase in phases), "")


def issues_of(present: Iterable[str], absent: Iterable[str], tried: Iterable[tuple[str, bool]], library: Library) -> Iterator[Issue]:
    """The issues in the order of their phases, each weighed when it is asked for. Set-up facts and what was tried speak in each of them."""
    faults: dict[str, list[str]] = defaultdict(list)
    for symptom in present:
        entry = library.symptoms[symptom]
        if entry.phase:
            faults[entry.phase].append(symptom)
    setup = [symptom for symptom in present if library.symptoms[symptom].kind == "setup"]
    for phase in library.phases:
        if phase in faults:
            yield _issue(phase, tuple(faults[phase]), setup, absent, tried, library)


def _issue(phase: str, symptoms: tuple[str, ...], setup: Iterable[str], absent: Iterable[str], tried: Iterable[tuple[str, bool]], library: Library) -> Issue:
    evidence = evidence_of(library)
    known = [(name, evidence.present[name]) for name in (*symptoms, *setup) if name in evidence.present]
    known += [(f"not {name}", evidence.absent[name]) for name in absent if name in evidence.absent]
    known += [(f"tried {remedy}", (evidence.helped if helped else evidence.failed)[remedy]) for remedy, helped in tried if remedy in evidence.helped]
    points = {cause: evidence.prior[cause] for symptom in symptoms for cause, weight in evidence.present.get(symptom, ()) if weight > 0}
    for _, weighed in known:
        for cause, weight in weighed:
            if cause in points:
                points[cause] += weight
    return Issue(phase, symptoms, _candidates(points, library), known)


def _candidates(points: Mapping[str, int], library: Library) -> list[Candidate]:
    scale, causes = library.weights["share"]["scale"], library.causes
    weights = {cause: math.exp(scale * score) for cause, score in points.items()}
    weights[SOMETHING_ELSE] = math.exp(scale * library.weights["share"]["something-else"])
    total = sum(weights.values())
    candidates = [Candidate(cause, causes[cause].specialist if cause in causes else library.unowned, weight / total) for cause, weight in weights.items()]
    candidates.sort(key=lambda candidate: (-candidate.share, candidate.cause))
    return candidates
