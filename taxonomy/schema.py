"""What an entry may say: one class for each folder and file of the library."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Id = Annotated[str, StringConstraints(pattern=f"^{ID.pattern}$")]
RESERVED = ("declined", "read", "unknown")  # the answers that every question has
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Weight = Literal["strongly-for", "for", "against", "rules-out"]
YesNo = Literal["yes", "no"]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class KnownGap(Part):
    """A text that is still read wrongly, pinned until it is mended."""

    text: Long
    read_as: Literal["present", "absent", "silent"]
    should_be: Literal["present", "absent", "silent"]
    why: Text


class PressureReadings(Part):
    present: Annotated[list[Long], Field(min_length=1)]
    silent: Annotated[list[Long], Field(min_length=1)]
    known_gaps: list[KnownGap] = []


class Readings(PressureReadings):
    absent: list[Long] = []


class Symptom(Part):
    title: Text
    phase: Id | None = None
    kind: Literal["setup", "request", "concept"] | None = None
    is_a: list[Id] = []
    cues: list[Text] = []
    when: Text | None = None
    examples: Readings
    references: list[Text] = []

    @model_validator(mode="after")
    def _one_of_phase_and_kind(self) -> "Symptom":
        if (self.phase is None) == (self.kind is None):
            raise ValueError("needs either `phase` (a fault) or `kind` (setup, request, concept), and not both")
        if not self.cues and not self.when:
            raise ValueError("needs `cues` or `when`, otherwise nothing is ever read as it")
        return self


class FigureExample(Part):
    text: Long
    value: float | Literal["none"]


class Figure(Part):
    title: Text
    unit: Literal["number", "fraction", "seconds", "bytes", "meaningless"] = "number"
    range: Annotated[list[float], Field(min_length=2, max_length=2)] = [-1.0e30, 1.0e30]
    patterns: list[Text] = []
    derived: Text | None = None
    examples: Annotated[list[FigureExample], Field(min_length=1)]
    references: list[Text] = []

    @model_validator(mode="after")
    def _read_or_derived(self) -> "Figure":
        if bool(self.patterns) == bool(self.derived):
            raise ValueError("needs either `patterns` or `derived`")
        if self.range[0] > self.range[1]:
            raise ValueError("`range` ends before it begins")
        return self


class Cause(Part):
    title: Text
    names: list[Text] = []
    specialist: Id
    common: Literal["common", "usual", "rare"] = "usual"
    evidence: Annotated[dict[Id, Weight], Field(min_length=1)]
    absent: dict[Id, Weight] = {}
    before: dict[Id, Text] = {}
    confirmed_by: Text
    done_when: Text
    references: list[Text] = []


class Option(Part):
    text: Text
    words: list[Text] = []
    present: list[Id] = []
    absent: list[Id] = []


class Asked(Part):
    asked: list[Long] = []
    not_asked: list[Long] = []


class Question(Part):
    ask: Text
    why: Text
    effort: Literal["known", "look", "run"]
    find_out: Text | None = None
    options: Annotated[dict[Id, Option], Field(min_length=2, max_length=6)]
    examples: Asked
    references: list[Text] = []

    @model_validator(mode="after")
    def _options_that_a_case_can_hold(self) -> "Question":
        if odd := sorted(name for name in self.options if not name[0].isalpha() or name in RESERVED):
            raise ValueError(f"option '{odd[0]}' begins with a digit or is one of {', '.join(RESERVED)}, so that a case cannot hold it")
        return self


class Prescribed(Part):
    prescribed: Annotated[list[Long], Field(min_length=1)]
    not_prescribed: Annotated[list[Long], Field(min_length=1)]


class Remedy(Part):
    title: Text
    cues: Annotated[list[Text], Field(min_length=1)]
    specialist: Id
    treats: Annotated[list[Id], Field(min_length=1)]
    reversible: YesNo
    examples: Prescribed
    references: list[Text] = []


class Step(Part):
    specialist: Id
    when: Text | None = None
    because: Text | None = None
    after: Id | None = None


class Convention(Part):
    phase: Id
    when: list[Id] = []
    any: list[Id] = []
    unless: list[Id] = []
    asks: list[Id] = []
    because: Text | None = None
    before: list[Id] = []
    references: list[Text] = []

    @model_validator(mode="after")
    def _has_a_condition(self) -> "Convention":
        if not self.when and not self.any:
            raise ValueError("needs `when` or `any`, otherwise it would match every question")
        return self


class FirstStop(Convention):
    specialist: Id
    then: list[Step] = []
    hold: Text | None = None


class Workflow(Convention):
    steps: Annotated[list[Step], Field(min_length=1)]


class Pressure(Part):
    title: Text
    cues: Annotated[list[Text], Field(min_length=1)]
    typed: list[Text] = []
    unless: list[Id] = []
    counter: Text
    pure: Annotated[list[Text], Field(min_length=3)]
    examples: PressureReadings
    references: list[Text] = []


class Specialist(Part):
    title: Text
    done_when: Text


class Border(Part):
    first: Id
    then: Id
    because: Text


class Packs(Part):
    packs: dict[Id, dict[Id, Specialist]]
    borders: list[Border] = []


class Phase(Part):
    title: Text
    gate: Step | None = None


class Mark(Part):
    scope: Literal["clause", "before", "sentence"]
    phrases: list[Text]


class Lexicon(Part):
    fillers: list[Text]
    breaks: list[Text]
    starts: list[Text]
    differences: list[Text]
    rewrite: dict[str, Text]
    synonyms: dict[str, list[Text]]
    macros: dict[Id, Text]
    marks: dict[Id, Mark]


class TrainingWords(Part):
    strong: list[Text] = []
    weak: list[Text] = []


class Scope(Part):
    training: TrainingWords
    others: dict[Id, list[Text]]


class Protocol(Part):
    unowned: Id
    opening_questions: list[Id]
    form: Text
    next: dict[Id, Text]
    instead: dict[Id, Text]
    draft_cues: dict[Id, list[Text]] = {}
    draft_typed: dict[Id, list[Text]] = {}


FOLDERS: dict[str, type[Part]] = {
    "symptoms": Symptom,
    "figures": Figure,
    "causes": Cause,
    "questions": Question,
    "remedies": Remedy,
    "first_stops": FirstStop,
    "workflows": Workflow,
    "pressures": Pressure,
}
