"""What holds: findings with all that follows from them, a special symptom proving the general ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from training_router.server.diagnosis.findings import ABSENT, ANSWERED, PRESENT, RANK, REQUESTS, RESEMBLED
from training_router.taxonomy.entries import Library


@dataclass(frozen=True)
class Settled:
    """The symptoms that hold (only the most specific) and those that do not, with the figures behind them; `unmet` are the conditions that figures refute."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    all_present: frozenset[str]
    findings: dict[str, tuple[str, str]]
    unmet: set[str]
    figures: dict[str, float]
    tried: tuple[tuple[str, bool], ...]

    def having(self, present: Iterable[str], absent: Iterable[str], library: Library) -> "Settled":
        """The same with an answer taken in."""
        findings = dict(self.findings)
        for state, symptoms in ((PRESENT, present), (ABSENT, absent)):
            for symptom in symptoms:
                learn(findings, symptom, state, ANSWERED)
        return settled_of(findings, self.unmet, self.figures, self.tried, library)

    @cached_property
    def gone(self) -> frozenset[str]:
        """Every symptom that does not hold."""
        return frozenset(self.absent)

    @cached_property
    def known(self) -> frozenset[str]:
        """Every symptom that is settled either way."""
        return self.all_present | self.gone


def learn(findings: dict[str, tuple[str, str]], symptom: str, state: str, kind: str) -> None:
    """Takes a finding in, unless something of higher rank is known; at equal rank the newer wins."""
    known = findings.get(symptom)
    if known is None or RANK[kind] >= RANK[known[1]]:
        findings[symptom] = (state, kind)


def settled_of(findings: dict[str, tuple[str, str]], unmet: set[str], figures: dict[str, float], tried: tuple[tuple[str, bool], ...], library: Library) -> Settled:
    """What follows from findings: a special symptom proves the general ones, unless something of higher rank denies one of them."""
    above = lineage(library)
    denied = {symptom: RANK[kind] for symptom, (state, kind) in findings.items() if state == ABSENT}
    present = {symptom for symptom, (state, kind) in findings.items() if state == PRESENT and not (denied and _is_outranked(above[symptom], RANK[kind], denied))}
    alike = {symptom for symptom in present if findings[symptom][1] == RESEMBLED}
    if alike and leads(present - alike, library):
        present -= alike
    general = {parent for symptom in present for parent in above[symptom]}
    # A condition that is not met speaks only where nothing else does: its threshold is where the figure alone would say it.
    absent = denied.keys() | unmet
    absent -= present
    absent -= general
    return Settled(tuple(sorted(present - general)), tuple(sorted(absent)), frozenset(present | general), findings, unmet, figures, tried)


def leads(symptoms: Iterable[str], library: Library) -> bool:
    """Whether a fault or a request is among the symptoms; set-up facts alone never lead."""
    return any(library.symptoms[symptom].kind == "fault" or library.symptoms[symptom].kind in REQUESTS for symptom in symptoms)


def _is_outranked(parents: Iterable[str], rank: int, denied: Mapping[str, int]) -> bool:
    """Whether a more general symptom is absent by a finding of higher rank."""
    return any(denied.get(parent, 0) > rank for parent in parents)


def ancestors(symptom: str, library: Library) -> tuple[str, ...]:
    """The symptoms that a symptom is a kind of, nearest first."""
    return lineage(library)[symptom]


@lru_cache(maxsize=8)
def lineage(library: Library) -> Mapping[str, tuple[str, ...]]:
    """The ancestors of every symptom."""

    def above(symptom: str) -> Iterator[str]:
        for parent in library.symptoms[symptom].is_a:
            yield parent
            yield from above(parent)

    return {symptom: tuple(above(symptom)) for symptom in library.symptoms}
