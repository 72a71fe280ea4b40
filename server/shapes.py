"""The shapes of the replies, one class for each tool and each of its parts."""

from typing import Literal

from pydantic import BaseModel, Field

Status = Literal["ask", "route", "out_of_scope"]


class OptionOut(BaseModel):
    id: str
    text: str | None = None
    then: str | None = None


class QuestionOut(BaseModel):
    id: str
    ask: str
    options: list[OptionOut]
    find_out: str | None = None
    why: str | None = None


class HypothesisOut(BaseModel):
    cause: str | None = None
    remedy: str | None = None
    quote: str | None = None
    test: str


class StepOut(BaseModel):
    specialist: str
    uri: str | None = None
    phase: str
    role: Literal["primary", "secondary", "verify"]
    because: str
    when: str | None = None
    after: str | None = None
    done_when: str


class CandidateOut(BaseModel):
    cause: str
    specialist: str
    likelihood: Literal["high", "medium", "low"] | None = None
    share: float | None = None
    for_: list[str] | None = Field(default=None, alias="for")
    against: list[str] | None = None


class IssueOut(BaseModel):
    phase: str
    symptoms: list[str]
    candidates: list[CandidateOut] = []


class FindingOut(BaseModel):
    symptom: str
    state: str
    kind: str
    quote: str | None = None


class Clarified(BaseModel):
    """The reply of `clarify`."""

    status: Status
    next: str
    read: list[str] = []
    questions: list[QuestionOut] = []
    hypotheses: list[HypothesisOut] = []
    hold: str | None = None
    findings: list[FindingOut] = []
    unread: list[str] = []
    dropped: list[str] = []
    case: str


class Routed(Clarified):
    """The reply of `route`."""

    provisional: bool = False
    plan: list[StepOut] = []
    issues: list[IssueOut] = []
    boundaries: list[dict[str, str]] = []
    flips: list[dict[str, str]] = []


class PressureOut(BaseModel):
    kind: str
    quote: str
    counter: str


class BypassOut(BaseModel):
    kind: str
    quote: str
    instead: str


class DraftOut(BaseModel):
    verdict: Literal["ok", "bypass"]
    steps: list[BypassOut] = []


class Checked(BaseModel):
    """The reply of `check_pressure`."""

    status: Status
    pressures: list[PressureOut] = []
    draft: DraftOut | None = None
    next: str
    unread: list[str] = []
    dropped: list[str] = []
    case: str
