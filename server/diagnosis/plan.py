"""Issues into a plan: the specialists in order, each with why it comes, what it waits for and what ends it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from training_router.server.diagnosis.differential import Candidate, Issue
from training_router.server.diagnosis.settled import Settled
from training_router.taxonomy.entries import Convention, Library, Step

PRIMARY, SECONDARY, VERIFY = "primary", "secondary", "verify"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One specialist of the plan."""

    specialist: str
    phase: str
    role: str
    because: str
    done_when: str
    when: str = ""
    after: str = ""


def conventions_for(settled: Settled, library: Library) -> dict[str, Convention]:
    """The convention that holds in each phase: every condition met, not beaten by another, then the most specific."""
    present = settled.all_present
    index = conventions_by_symptom(library)
    near = {one.id: one for symptom in present if symptom in index for one in index[symptom]}
    matching = [one for one in near.values() if matches(one, present)]
    beaten = {other for one in matching for other in one.before}
    chosen: dict[str, Convention] = {}
    for one in sorted(matching, key=lambda one: (one.id in beaten, -len(one.when) - bool(one.any), one.kind, one.id)):
        chosen.setdefault(one.phase, one)
    return chosen


@lru_cache(maxsize=8)
def conventions_by_symptom(library: Library) -> dict[str, list[Convention]]:
    """The conventions by the symptoms one of which must be present: the first of `when`, or else each of `any`."""
    index: dict[str, list[Convention]] = defaultdict(list)
    for one in library.conventions.values():
        for symptom in one.when[:1] or one.any:
            index[symptom].append(one)
    return dict(index)


def matches(convention: Convention, present: frozenset[str]) -> bool:
    """Whether a convention's conditions hold."""
    return present.issuperset(convention.when) and (not convention.any or not present.isdisjoint(convention.any)) and present.isdisjoint(convention.unless)


def steps_of(issue: Issue, convention: Convention | None, library: Library) -> list[PlanStep]:
    """The steps of one issue: its convention's in their order, then the specialists with enough weight."""
    steps = [_by_convention(step, issue.phase, place, library) for place, step in enumerate(convention.steps)] if convention else []
    named = {step.specialist for step in steps}
    for specialist in weighty(issue, convention, library):
        if specialist not in named:
            steps.append(_by_weight(specialist, issue, SECONDARY if steps else PRIMARY, library))
    return steps


def weighty(issue: Issue, convention: Convention | None, library: Library) -> list[str]:
    """The specialists with enough weight in an issue, in their order; beside a convention only those with a cause of their own."""
    decision, shares = library.weights["decision"], issue.specialists()
    names = [name for name, share in shares if share >= decision["enters"] and (not convention or top_cause(name, issue).cause in library.causes)]
    return _ordered(names or [name for name, _ in shares[:1]], issue, library)[: int(decision["per-issue"])]


def _by_convention(step: Step, phase: str, place: int, library: Library) -> PlanStep:
    specialist = library.specialists[step.specialist]
    because = step.because or specialist.title
    return PlanStep(step.specialist, phase, SECONDARY if place else PRIMARY, because, specialist.done_when, step.when, step.after)


def _by_weight(specialist: str, issue: Issue, role: str, library: Library) -> PlanStep:
    cause = top_cause(specialist, issue)
    entry = library.causes.get(cause.cause)
    because = f"{entry.title} ({', '.join(issue.reasons(entry.id)[0][:3])})" if entry else "nothing read so far is explained by a known cause"
    return PlanStep(specialist, issue.phase, role, because, entry.done_when if entry else library.specialists[specialist].done_when)


def top_cause(specialist: str, issue: Issue) -> Candidate:
    """The likeliest cause of a specialist in an issue."""
    return next(candidate for candidate in issue.candidates if candidate.specialist == specialist)


def _ordered(specialists: Sequence[str], issue: Issue, library: Library) -> list[str]:
    """The specialists by weight, but a cause that is to be treated before another brings its specialist forward."""
    order = list(specialists)
    standing = {
        candidate.cause: candidate.specialist for candidate in issue.candidates if candidate.specialist in order and candidate.share >= library.weights["decision"]["enters"]
    }
    for cause, specialist in standing.items():
        for later in library.causes[cause].before if cause in library.causes else ():
            if later in standing and order.index(specialist) > order.index(standing[later]):
                order.remove(specialist)
                order.insert(order.index(standing[later]), specialist)
    return order


def with_gate(steps: list[PlanStep], phase: str, library: Library) -> list[PlanStep]:
    """The steps of the leading phase, its gate behind the first; a later phase meets its gate when its turn has come."""
    gate = library.phases[phase].gate
    if gate is None or any(step.specialist == gate.specialist for step in steps):
        return steps
    verify = PlanStep(gate.specialist, phase, VERIFY, gate.because, library.specialists[gate.specialist].done_when, gate.when)
    return [*steps[:1], verify, *steps[1:]]


def joined(parts: Iterable[list[PlanStep]], done: Iterable[str], at_most: int) -> list[PlanStep]:
    """The steps of all issues as one plan: each specialist once, without those that are done, each issue after the one before."""
    plan: list[PlanStep] = []
    seen = set(done)
    leader_before = ""
    for steps in parts:
        fresh = [step for step in steps if step.specialist not in seen and not seen.add(step.specialist)]
        for step in fresh:
            after = step.after or (leader_before if step is fresh[0] else "")
            role = PRIMARY if step is fresh[0] and step.role == SECONDARY else step.role
            plan.append(PlanStep(step.specialist, step.phase, role, step.because, step.done_when, step.when, after))
        leader_before = fresh[0].specialist if fresh else leader_before
    return _shortened(plan, at_most)


def _shortened(plan: list[PlanStep], at_most: int) -> list[PlanStep]:
    """The plan with at most so many steps that stand under no condition; the longest issue gives up its last ones first."""
    kept = list(plan)
    while True:
        firm = [step for step in kept if not step.when]
        if len(firm) <= at_most:
            return kept
        sizes = Counter(step.phase for step in firm)
        longest = max(reversed(list(sizes)), key=lambda phase: sizes[phase])
        kept.remove([step for step in firm if step.phase == longest][-1])


def crossed_borders(plan: Sequence[PlanStep], library: Library) -> list[tuple[str, str, str]]:
    """Where the plan passes from one pack into another, with the rule of that border."""
    packs = [library.specialists[step.specialist].pack for step in plan]
    rules = {(border.first, border.then): border.because for border in library.borders}
    crossings = dict.fromkeys(pairwise(packs))
    return [(first, then, rules[first, then]) for first, then in crossings if (first, then) in rules]
