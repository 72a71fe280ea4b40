"""The one place that decides between asking, routing and leaving alone, and what goes with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.differential import Issue, issues_of, leading_phase
from training_router.server.diagnosis.findings import REQUESTS
from training_router.server.diagnosis.plan import PlanStep, conventions_for, joined, steps_of, weighty, with_gate
from training_router.server.diagnosis.questions import AT_MOST, Worth, chosen, is_open, worths
from training_router.server.diagnosis.settled import Settled
from training_router.taxonomy.entries import Convention, Library

ASK, ROUTE, OUT_OF_SCOPE = "ask", "route", "out_of_scope"


@dataclass(slots=True)
class Decision:
    """What follows from a case."""

    status: str
    issues: list[Issue]
    plan: list[PlanStep]
    questions: list[str]
    lead: Convention | None


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
    """The specialist that comes first; empty where nothing leads. Weighs no more than it needs, since it is asked of every option."""
    if case.out_of_scope:
        return ""
    conventions = conventions_for(settled, library)
    convention = conventions.get(leading_phase(settled.present, library))
    if convention and convention.steps[0].specialist not in case.done:
        return convention.steps[0].specialist
    issues = issues_of(settled.present, settled.absent, settled.tried, library)
    leading = list(islice(issues, 1))
    first = "" if convention or not leading else weighty(leading[0], None, library)[0]
    if first and first not in case.done:
        return first
    parts = _parts(chain(leading, issues), conventions, library)
    return next((step.specialist for steps in parts for step in steps if step.specialist not in case.done), "")
