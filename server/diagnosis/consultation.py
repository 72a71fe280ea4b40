"""The stages in order; the one place that decides between asking, routing and leaving alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from training_router.server.diagnosis.case import DECLINED, FREELY, UNKNOWN, Case, Settled, answered, leads, option_of
from training_router.server.diagnosis.differential import Issue, issues_of
from training_router.server.diagnosis.findings import ABSENT, ANSWERED, ATTRIBUTED, HYPOTHETICAL, OBSERVED, PAST, PRESENT, REQUESTS, Finding, Reader, Reading
from training_router.server.diagnosis.likeness import resembled
from training_router.server.diagnosis.plan import PlanStep, conventions_for, joined, steps_of, with_gate
from training_router.server.diagnosis.questions import AT_MOST, Worth, chosen, is_open, worths
from training_router.taxonomy.entries import Convention, Library

ASK, ROUTE, OUT_OF_SCOPE = "ask", "route", "out_of_scope"
WEIGHTLESS = frozenset((ATTRIBUTED, HYPOTHETICAL, PAST))


@dataclass(slots=True)
class Decision:
    """What follows from a case."""

    status: str
    issues: list[Issue]
    plan: list[PlanStep]
    questions: list[str]
    lead: Convention | None


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
    observed_so = [_take_observation(taken, observation, library) for observation in observations]
    case.out_of_scope = case.out_of_scope and not any(answered_so + observed_so)
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


def decided(case: Case, settled: Settled, library: Library) -> Decision:
    """Status, issues, plan and questions of a case; depends on nothing else."""
    if case.out_of_scope:
        return Decision(OUT_OF_SCOPE, [], [], [], None)
    issues = list(issues_of(settled.present, settled.absent, settled.tried, library))
    conventions = conventions_for(settled, library)
    if not issues:
        return _without_issue(case, settled, conventions, library)
    leading = issues[0]
    lead = conventions.get(leading.phase)
    # A convention settles the order, so only what its first specialist needs is worth asking.
    ranked = [] if lead else worths(leading, case, settled, library)
    status = ROUTE if lead or _is_clear(leading, ranked, library) else ASK
    limit = library.weights["decision"]["in-plan" if status == ROUTE else "while-asking"]
    plan = joined(_parts(issues, conventions, library), case.done, int(limit))
    if not plan:  # everyone has had a turn and the symptoms still stand: there is nobody left to route to
        return Decision(ASK, issues, [], _opening_questions(case, library), lead)
    first = _own_questions(lead, case, settled, library)
    if status == ROUTE:
        ranked = [worth for worth in ranked if worth.flip_chance > 0]
    return Decision(status, issues, plan, chosen(leading, ranked, first, library), lead)


def _is_clear(issue: Issue, ranked: Sequence[Worth], library: Library) -> bool:
    """Whether the first specialist is settled enough, or no question could change it."""
    decision = library.weights["decision"]
    shares = [share for _, share in issue.specialists()]
    if shares[0] >= decision["leader"] or sum(shares[:2]) >= decision["first-two"]:
        return True
    return all(worth.flip_chance < decision["flip-chance"] for worth in ranked)


def _own_questions(lead: Convention | None, case: Case, settled: Settled, library: Library) -> list[str]:
    """The questions that a convention brings along, those that are still open."""
    if lead is None:
        return []
    return [question for question in lead.asks if is_open(library.questions[question], case, settled)][:AT_MOST]


def _without_issue(case: Case, settled: Settled, conventions: Mapping[str, Convention], library: Library) -> Decision:
    """What to do where nothing is wrong: follow the workflow of the request, or ask what is observed."""
    lead = next((conventions[phase] for phase in library.phases if phase in conventions), None)
    if lead is None:
        return Decision(ASK, [], [], _opening_questions(case, library), None)
    issue = Issue(lead.phase, tuple(symptom for symptom in settled.present if library.symptoms[symptom].kind in REQUESTS))
    plan = joined(_parts((), conventions, library), case.done, int(library.weights["decision"]["in-plan"]))
    if not plan:
        return Decision(ASK, [], [], _opening_questions(case, library), lead)
    explains = any(library.symptoms[symptom].kind == "concept" for symptom in settled.present)
    questions = [] if explains else _own_questions(lead, case, settled, library)
    return Decision(ROUTE, [issue] if issue.symptoms else [], plan, questions, lead)


def _opening_questions(case: Case, library: Library) -> list[str]:
    """The questions that are asked where nothing else leads on, those that are not answered yet."""
    return [question for question in library.opening_questions if question not in case.answers]


def _parts(issues: Iterable[Issue], conventions: Mapping[str, Convention], library: Library) -> Iterator[list[PlanStep]]:
    """The steps of each issue, the leading one with its gate; where nothing is wrong, those of each convention."""
    leads = True
    for issue in issues:
        steps = steps_of(issue, conventions.get(issue.phase), library)
        yield with_gate(steps, issue.phase, library) if leads else steps
        leads = False
    if leads:
        yield from (steps_of(Issue(phase, ()), conventions[phase], library) for phase in library.phases if phase in conventions)


def first_specialist(case: Case, settled: Settled, library: Library) -> str:
    """The specialist that comes first; empty where nothing leads. Weighs only the issues before it."""
    if case.out_of_scope:
        return ""
    issues = issues_of(settled.present, settled.absent, settled.tried, library)
    parts = _parts(issues, conventions_for(settled, library), library)
    return next((step.specialist for steps in parts for step in steps if step.specialist not in case.done), "")


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
