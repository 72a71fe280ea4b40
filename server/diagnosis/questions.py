"""Differential into questions: the few whose answers would move it most, for the least effort."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from training_router.server.diagnosis.case import Case, Settled
from training_router.server.diagnosis.differential import Issue, evidence_of
from training_router.taxonomy.entries import Library, Option, Question

AT_MOST = 3
SHORTLIST = 5
CONSIDERED = 14
WORTH_ASKING = 0.01

# P(option | cause), the row of `something-else` under "".
Likelihood = Mapping[str, tuple[float, ...]]
Joint = list[dict[str, float]]
Shares = list[tuple[str, str, float]]


@dataclass(frozen=True, slots=True)
class Worth:
    """What a question is worth: expected fall in uncertainty about the specialists, and the chance that it changes the first."""

    question: str
    value: float
    flip_chance: float


@lru_cache(maxsize=8)
def likelihoods(library: Library) -> Mapping[str, Likelihood]:
    """P(option | cause) of every question, for the causes that it tells apart from the others."""
    return {question.id: _likelihood(question, library) for question in library.questions.values()}


def _likelihood(question: Question, library: Library) -> Likelihood:
    evidence = evidence_of(library)
    points: dict[str, list[int]] = defaultdict(lambda: [0] * len(question.options))
    for place, option in enumerate(question.options):
        for table, symptoms in ((evidence.present, option.present), (evidence.absent, option.absent)):
            for symptom in symptoms:
                for cause, weight in table.get(symptom, ()):
                    points[cause][place] += weight
    kept = 1 - library.weights["decision"]["unknown"]
    return {cause: _softmax(row, library, kept) for cause, row in points.items()} | {"": (kept / len(question.options),) * len(question.options)}


def _softmax(points: Iterable[int], library: Library, kept: float) -> tuple[float, ...]:
    scale = library.weights["share"]["scale"]
    weights = [math.exp(scale * point) for point in points]
    total = sum(weights)
    return tuple(kept * weight / total for weight in weights)


@lru_cache(maxsize=8)
def questions_by_cause(library: Library) -> Mapping[str, tuple[str, ...]]:
    """The questions that tell each cause from the others."""
    index: dict[str, list[str]] = defaultdict(list)
    for question, rows in likelihoods(library).items():
        for cause in rows:
            index[cause].append(question)
    return {cause: tuple(questions) for cause, questions in index.items()}


def is_open(question: Question, case: Case, settled: Settled) -> bool:
    """Whether a question is neither answered nor settled by what is known."""
    known, present = settled.known, settled.all_present
    return (
        question.id not in case.answers
        and not any(option.present and present.issuperset(option.present) for option in question.options)
        and any(symptom not in known for option in question.options for symptom in (*option.present, *option.absent))
        and len(possible_options(question, settled)) > 1
    )


def possible_options(question: Question, settled: Settled) -> list[Option]:
    """The options that do not contradict what is known."""
    return [option for option in question.options if settled.all_present.isdisjoint(option.absent) and settled.gone.isdisjoint(option.present)]


def worths(issue: Issue, case: Case, settled: Settled, library: Library) -> list[Worth]:
    """What each open question is worth in this issue, the best first; those that tell nothing apart are left out."""
    efforts, table, index = library.weights["effort"], likelihoods(library), questions_by_cause(library)
    shares = _likeliest(issue)
    prior = _by_specialist(shares)
    leader = max(prior, key=lambda name: (prior[name], name))
    uncertainty = _entropy(prior.values())
    found: list[Worth] = []
    for name in sorted({question for cause, _, _ in shares for question in index.get(cause, ())}):
        question = library.questions[name]
        if is_open(question, case, settled):
            value, flips = _value(_joint(shares, table[name], len(question.options)), leader, uncertainty, library)
            if value * efforts[question.effort] > WORTH_ASKING:
                found.append(Worth(name, value * efforts[question.effort], flips))
    return sorted(found, key=lambda worth: (-worth.value, worth.question))


def _likeliest(issue: Issue) -> Shares:
    """The likeliest causes of an issue with their specialists and shares; the rest is too small to ask about."""
    first = issue.candidates[:CONSIDERED]
    total = sum(candidate.share for candidate in first)
    return [(candidate.cause, candidate.specialist, candidate.share / total) for candidate in first]


def _by_specialist(shares: Shares) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for _, specialist, share in shares:
        sums[specialist] += share
    return sums


def _joint(shares: Shares, rows: Likelihood, size: int) -> Joint:
    """P(option, specialist) for each option."""
    joint: Joint = [{} for _ in range(size)]
    neutral = rows[""]
    for cause, specialist, share in shares:
        for cell, chance in zip(joint, rows.get(cause, neutral), strict=True):
            cell[specialist] = cell.get(specialist, 0.0) + share * chance
    return joint


def _value(joint: Joint, leader: str, uncertainty: float, library: Library) -> tuple[float, float]:
    """The expected fall in uncertainty, and the chance that another specialist comes first."""
    left, flips = library.weights["decision"]["unknown"] * uncertainty, 0.0
    for cell in joint:
        chance = sum(cell.values())
        left += chance * _entropy([part / chance for part in cell.values()])
        if max(cell, key=lambda name: (cell[name], name)) != leader:
            flips += chance
    return uncertainty - left, flips


def _entropy(shares: Iterable[float]) -> float:
    return -sum(share * math.log2(share) for share in shares if share > 0)


def chosen(issue: Issue, ranked: list[Worth], first: list[str], library: Library) -> list[str]:
    """At most three questions: those given first, then the best ones that add to what is already asked."""
    asked = list(first[:AT_MOST])
    rest = [worth for worth in ranked if worth.question not in asked][:SHORTLIST]
    while rest and len(asked) < AT_MOST:
        added, _, best = max((_added(worth, asked, issue, library), worth.question, worth) for worth in rest)
        if added <= WORTH_ASKING:
            break
        rest.remove(best)
        asked.append(best.question)
    return asked


def _added(worth: Worth, asked: list[str], issue: Issue, library: Library) -> float:
    """The least that a question still tells once any one of those already asked is answered."""
    if not asked:
        return worth.value
    effort = library.weights["effort"][library.questions[worth.question].effort]
    return min(_given(issue, before, worth.question, library) for before in asked) * effort


def _given(issue: Issue, before: str, question: str, library: Library) -> float:
    """What a question is expected to tell after another one is answered."""
    rows, asked = likelihoods(library)[before], likelihoods(library)[question]
    neutral, size = rows[""], len(library.questions[question].options)
    shares = _likeliest(issue)
    total = 0.0
    for place, even in enumerate(neutral):
        weighed = [(cause, specialist, share * (rows[cause][place] if cause in rows else even)) for cause, specialist, share in shares]
        chance = sum(share for _, _, share in weighed)
        posterior = [(cause, specialist, share / chance) for cause, specialist, share in weighed]
        value, _ = _value(_joint(posterior, asked, size), "", _entropy(_by_specialist(posterior).values()), library)
        total += chance * value
    return total
