"""The case: all that is established so far, as data and as readable text that a caller carries."""

import hashlib
import re
from dataclasses import dataclass, field

from training_router.server.diagnosis.figures import conditions_over, with_derived
from training_router.server.diagnosis.findings import ABSENT, ANSWERED, MEASURED, OBSERVED, PRESENT, REPORTED, RESEMBLED
from training_router.server.diagnosis.settled import Settled, learn, settled_of
from training_router.taxonomy.entries import Library, Option

VERSION = "tr1"
UNKNOWN, DECLINED, FREELY = "unknown", "declined", "read"
WITHOUT_OPTION = (UNKNOWN, DECLINED, FREELY)  # FREELY: answered in own words, which are taken in elsewhere
LETTERS = {REPORTED: "r", MEASURED: "m", ANSWERED: "a", OBSERVED: "o", RESEMBLED: "s"}
KINDS = {letter: kind for kind, letter in LETTERS.items()}
TOKEN = re.compile(
    r"(?P<symptom>[a-z0-9-]+)(?P<state>[+-])(?P<kind>[rmaos])"
    r"|~(?P<remedy>[a-z0-9-]+)=(?P<outcome>helped|failed)"
    r"|\?(?P<hypothesis>[a-z0-9-]+)"
    r"|done:(?P<done>[a-z0-9-]+)"
    r"|!(?P<flag>out|foreign)"
    r"|(?P<question>[a-z0-9-]+)=(?P<answer>[a-z][a-z0-9-]*)"
    r"|(?P<figure>[a-z0-9_]+)=(?P<value>-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)"
)


class CaseError(ValueError):
    """A case that cannot be read: says where it is damaged and what to send instead."""


@dataclass(slots=True)
class Case:
    """What is established: findings as symptom -> (state, kind), figures, answers, what was tried and done, hypotheses."""

    findings: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    figures: dict[str, float] = field(default_factory=dict[str, float])
    answers: dict[str, str] = field(default_factory=dict[str, str])
    tried: dict[str, bool] = field(default_factory=dict[str, bool])
    done: set[str] = field(default_factory=set[str])
    hypotheses: set[str] = field(default_factory=set[str])
    out_of_scope: bool = False
    foreign: bool = False

    def learn(self, symptom: str, state: str, kind: str) -> None:
        """Takes in a finding, unless something of higher rank is known; at equal rank the newer wins."""
        learn(self.findings, symptom, state, kind)

    def settled(self, library: Library) -> Settled:
        """What holds, with everything that follows from the figures."""
        findings = dict(self.findings)
        figures = with_derived(self.figures, library)
        unmet: set[str] = set()
        for symptom, holds in conditions_over(figures, library):
            if holds:
                learn(findings, symptom, PRESENT, MEASURED)
            else:
                unmet.add(symptom)
        return settled_of(findings, unmet, figures, tuple(sorted(self.tried.items())), library)


def written(case: Case) -> str:
    """The case as one line of text that `read_case` turns back."""
    tokens = [
        *(f"{symptom}{'+' if state == PRESENT else '-'}{LETTERS[kind]}" for symptom, (state, kind) in sorted(case.findings.items())),
        *(f"{name.replace('-', '_')}={_shortest(value)}" for name, value in sorted(case.figures.items())),
        *(f"{question}={answer}" for question, answer in sorted(case.answers.items())),
        *(f"~{remedy}={'helped' if helped else 'failed'}" for remedy, helped in sorted(case.tried.items())),
        *(f"done:{specialist}" for specialist in sorted(case.done)),
        *(f"?{about}" for about in sorted(case.hypotheses)),
        *(["!out"] if case.out_of_scope else []),
        *(["!foreign"] if case.foreign else []),
    ]
    body = " ".join([VERSION, *tokens])
    return f"{body} #{_checksum(body)}"


def _shortest(value: float) -> str:
    """The figure as briefly as it can be read back exactly."""
    return min((f"{value:g}" if float(f"{value:g}") == value else repr(value), repr(value)), key=len)


def read_case(text: str, library: Library) -> tuple[Case, list[str]]:
    """The case and the tokens that this library does not know; raises CaseError where the text is damaged."""
    body, _, checksum = text.strip().rpartition(" #")
    tokens = body.split()
    if not tokens or tokens[0] != VERSION:
        raise CaseError(f"`case` must begin with '{VERSION}' and end with '#' and its checksum. Copy the case of the last reply whole, or leave it out.")
    for number, token in enumerate(tokens[1:], 2):
        if not TOKEN.fullmatch(token):
            raise CaseError(f"`case` is damaged at word {number}, {token[:60]!r}. Copy the case of the last reply whole; new findings go into `observations`.")
    if checksum != _checksum(" ".join(tokens)):
        raise CaseError(
            "`case` is damaged: its checksum does not fit, so a word was changed, added or lost. Copy the case of the last reply whole; new findings go into `observations`."
        )
    case, dropped = Case(), []
    for token in tokens[1:]:
        match = TOKEN.fullmatch(token)
        if match and _is_known(match, library):
            _take(case, match)
        else:
            dropped.append(token)
    return case, dropped


def _is_known(token: re.Match[str], library: Library) -> bool:
    """Whether the library knows what a token names and could have read its figure."""
    match token.lastgroup:
        case "kind":
            return token["symptom"] in library.symptoms
        case "outcome":
            return token["remedy"] in library.remedies
        case "hypothesis":
            return token["hypothesis"] in library.causes or token["hypothesis"] in library.remedies
        case "done":
            return token["done"] in library.specialists
        case "answer":
            return token["question"] in library.questions and (token["answer"] in WITHOUT_OPTION or option_of(token["question"], token["answer"], library) is not None)
        case "value":
            figure = library.figures.get(token["figure"].replace("_", "-"))
            return figure is not None and figure.low <= float(token["value"]) <= figure.high
        case _:
            return True


def _take(case: Case, token: re.Match[str]) -> None:
    """Takes a token into the case; what an answer settled stands in the case itself, as it was settled then."""
    match token.lastgroup:
        case "kind":
            case.findings[token["symptom"]] = (PRESENT if token["state"] == "+" else ABSENT, KINDS[token["kind"]])
        case "outcome":
            case.tried[token["remedy"]] = token["outcome"] == "helped"
        case "hypothesis":
            case.hypotheses.add(token["hypothesis"])
        case "done":
            case.done.add(token["done"])
        case "answer":
            case.answers[token["question"]] = token["answer"]
        case "value":
            case.figures[token["figure"].replace("_", "-")] = float(token["value"])
        case _:
            case.out_of_scope |= token["flag"] == "out"
            case.foreign |= token["flag"] == "foreign"


def option_of(question: str, answer: str, library: Library) -> Option | None:
    """The option of that id, or None."""
    return next((option for option in library.questions[question].options if option.id == answer), None)


def answered(case: Case, question: str, answer: str, library: Library) -> None:
    """Takes in an answer, which is an option id or one of WITHOUT_OPTION; what only the answer before it settled is withdrawn."""
    before = _settled_by(question, case.answers.pop(question, UNKNOWN), library)
    others = {pair for other, said in case.answers.items() for pair in _settled_by(other, said, library)}
    for symptom, state in before:
        if case.findings.get(symptom) == (state, ANSWERED) and (symptom, state) not in others:
            del case.findings[symptom]
    case.answers[question] = answer
    for symptom, state in _settled_by(question, answer, library):
        case.learn(symptom, state, ANSWERED)


def _settled_by(question: str, answer: str, library: Library) -> list[tuple[str, str]]:
    """What an answer settles, as (symptom, state)."""
    option = option_of(question, answer, library)
    return [*((symptom, PRESENT) for symptom in option.present), *((symptom, ABSENT) for symptom in option.absent)] if option else []


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:4]
