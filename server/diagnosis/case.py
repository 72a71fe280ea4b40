"""The case: all that is established so far, as data and as readable text that a caller carries."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from training_router.server.diagnosis.figures import with_derived
from training_router.server.diagnosis.findings import ABSENT, ANSWERED, MEASURED, OBSERVED, PRESENT, RANK, REPORTED, REQUESTS, RESEMBLED
from training_router.taxonomy.conditions import worked_out
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
        _learn(self.findings, symptom, state, kind)

    def settled(self, library: Library) -> "Settled":
        """What holds, with everything that follows from the figures."""
        findings = dict(self.findings)
        figures = with_derived(self.figures, library)
        unmet: list[str] = []
        for symptom, tree in library.conditions.items() if figures else ():
            truth = worked_out(tree, figures)
            if truth:
                _learn(findings, symptom, PRESENT, MEASURED)
            elif truth is not None:
                unmet.append(symptom)
        return _settled(findings, unmet, figures, tuple(sorted(self.tried.items())), library)


@dataclass(frozen=True)
class Settled:
    """The symptoms that hold (only the most specific) and those that do not, with the figures behind them; `unmet` are the conditions that figures refute."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    all_present: frozenset[str]
    findings: dict[str, tuple[str, str]]
    unmet: Iterable[str]
    figures: dict[str, float]
    tried: tuple[tuple[str, bool], ...]

    def having(self, present: Iterable[str], absent: Iterable[str], library: Library) -> "Settled":
        """The same with an answer taken in."""
        findings = dict(self.findings)
        for state, symptoms in ((PRESENT, present), (ABSENT, absent)):
            for symptom in symptoms:
                _learn(findings, symptom, state, ANSWERED)
        return _settled(findings, self.unmet, self.figures, self.tried, library)

    @cached_property
    def gone(self) -> frozenset[str]:
        """Every symptom that does not hold."""
        return frozenset(self.absent)

    @cached_property
    def known(self) -> frozenset[str]:
        """Every symptom that is settled either way."""
        return self.all_present | self.gone


def _learn(findings: dict[str, tuple[str, str]], symptom: str, state: str, kind: str) -> None:
    known = findings.get(symptom)
    if known is None or RANK[kind] >= RANK[known[1]]:
        findings[symptom] = (state, kind)


def _settled(findings: dict[str, tuple[str, str]], unmet: Iterable[str], figures: dict[str, float], tried: tuple[tuple[str, bool], ...], library: Library) -> Settled:
    """What follows from findings: a special symptom proves the general ones, unless something of higher rank denies one of them."""
    present = {symptom for symptom, (state, kind) in findings.items() if state == PRESENT and not _is_outranked(symptom, kind, findings, library)}
    alike = {symptom for symptom in present if findings[symptom][1] == RESEMBLED}
    if leads(present - alike, library):
        present -= alike
    general = {parent for symptom in present for parent in ancestors(symptom, library)}
    # A condition that is not met speaks only where nothing else does: its threshold is where the figure alone would say it.
    absent = {symptom for symptom, (state, _) in findings.items() if state == ABSENT}.union(unmet) - present - general
    return Settled(tuple(sorted(present - general)), tuple(sorted(absent)), frozenset(present | general), findings, unmet, figures, tried)


def leads(symptoms: Iterable[str], library: Library) -> bool:
    """Whether a fault or a request is among the symptoms; set-up facts alone never lead."""
    return any(library.symptoms[symptom].kind == "fault" or library.symptoms[symptom].kind in REQUESTS for symptom in symptoms)


def _is_outranked(symptom: str, kind: str, findings: Mapping[str, tuple[str, str]], library: Library) -> bool:
    """Whether a more general symptom is absent by a finding of higher rank."""
    return any(parent in findings and findings[parent][0] == ABSENT and RANK[findings[parent][1]] > RANK[kind] for parent in ancestors(symptom, library))


def ancestors(symptom: str, library: Library) -> Iterator[str]:
    """The symptoms that a symptom is a kind of, nearest first."""
    for parent in library.symptoms[symptom].is_a:
        yield parent
        yield from ancestors(parent, library)


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
