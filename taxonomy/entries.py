"""The entries of the library as the router uses them: plain, light and read-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training_router.taxonomy.phrases import Trie
from training_router.taxonomy.resemblance import Resemblance
from training_router.taxonomy.words import Wording

ASKED = "asked"  # what a pressure may name beside the marks: the words stand in the clause that ends with the question mark


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a person may report: kind `fault` (then it has a phase), `setup`, `request`, or `concept` (a request to explain)."""

    id: str
    title: str
    kind: str
    phase: str | None
    is_a: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its meaning: unit `number`, `fraction`, `seconds`, `bytes`, or `meaningless`; values outside low..high are not this figure."""

    id: str
    title: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A fault that produces symptoms, owned by one specialist."""

    id: str
    title: str
    specialist: str
    common: str
    evidence: Mapping[str, str]
    absent: Mapping[str, str]
    before: Mapping[str, str]
    confirmed_by: str
    done_when: str


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question and the symptoms it settles."""

    id: str
    text: str
    words: tuple[str, ...]
    present: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask back, what it costs to find out, and its options."""

    id: str
    ask: str
    why: str
    effort: str
    find_out: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What one does against causes; reversible if it is undone at once and harms nothing."""

    id: str
    title: str
    specialist: str
    treats: tuple[str, ...]
    reversible: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One specialist of a convention, with the condition and reason in words."""

    specialist: str
    when: str
    because: str
    after: str


@dataclass(frozen=True, slots=True)
class Convention:
    """A first stop or a workflow: the specialists in order where these findings hold."""

    id: str
    kind: str
    phase: str
    when: tuple[str, ...]
    any: tuple[str, ...]
    unless: tuple[str, ...]
    steps: tuple[Step, ...]
    asks: tuple[str, ...]
    hold: str
    because: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pressure:
    """Wording that pushes to skip the diagnosis, and what answers it."""

    id: str
    title: str
    counter: str
    unless: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Specialist:
    """An Agent Skill that treats a family of causes."""

    id: str
    pack: str
    title: str
    done_when: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a plan, in the order of the library; the gate is a check that could end it early."""

    id: str
    title: str
    gate: Step | None


@dataclass(frozen=True, slots=True)
class Border:
    """The rule between two packs, and why the first goes first."""

    first: str
    then: str
    because: str


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Everything that is known, by kind and id; `digest` names its content."""

    digest: str
    phases: Mapping[str, Phase]
    specialists: Mapping[str, Specialist]
    borders: tuple[Border, ...]
    symptoms: Mapping[str, Symptom]
    conditions: Mapping[str, Any]
    figures: Mapping[str, Figure]
    derived: Mapping[str, Any]
    causes: Mapping[str, Cause]
    questions: Mapping[str, Question]
    remedies: Mapping[str, Remedy]
    conventions: Mapping[str, Convention]
    pressures: Mapping[str, Pressure]
    weights: Mapping[str, Mapping[str, float]]
    unowned: str
    opening_questions: tuple[str, ...]
    form: str
    next: Mapping[str, str]
    instead: Mapping[str, str]
    references: Mapping[str, Mapping[str, list[str]]]
    words: Wording
    breaks: frozenset[str]
    starts: frozenset[str]
    differences: frozenset[str]
    owners: tuple[tuple[str, str], ...]
    cues: Trie
    known_words: frozenset[str]
    typed_cues: Trie
    marks: Trie
    mark_names: tuple[tuple[str, str], ...]
    slips: Mapping[str, str]
    resemblance: Resemblance
