"""Differential into questions: the few whose answers would move it most, for the least effort."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.differential import Issue, evidence_of
from training_router.server.diagnosis.settled import Settled
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
    leader, uncertainty = max(prior, key=lambda name: (prior[name], name)), _entropy(prior.values())
    found: list[Worth] = []
    for name in sorted({question for cause, _, _ in shares for question in index.get(cause, ())}):
        question = library.questions[name]
        if is_open(question, case, settled):
            joint = _joint(shares, table[name], len(question.options))
            value = _told(joint, uncertainty, library) * efforts[question.effort]
            if value > WORTH_ASKING:
                found.append(Worth(name, value, _flip_chance(joint, leader)))
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
    even = rows[""][0]
    untold: dict[str, float] = {}
    for cause, specialist, share in shares:
        untold[specialist] = untold.get(specialist, 0.0) + (0.0 if cause in rows else share * even)
    joint = [untold.copy() for _ in range(size)]
    for cause, specialist, share in shares:
        if cause in rows:
            for cell, chance in zip(joint, rows[cause], strict=True):
                cell[specialist] += share * chance
    return joint


def _told(joint: Joint, uncertainty: float, library: Library) -> float:
    """The expected fall in uncertainty about the specialists."""
    fall = (1 - library.weights["decision"]["unknown"]) * uncertainty
    for cell in joint:  # chance times the entropy of the shares within it, which need not be worked out for that
        fall += _entropy((sum(cell.values()),))
        for part in cell.values():
            if part:  # a cause that much speaks against has a share too small for a number
                fall += part * math.log2(part)
    return fall


def _flip_chance(joint: Joint, leader: str) -> float:
    """The chance that another specialist comes first."""
    return sum(sum(cell.values()) for cell in joint if max(cell, key=lambda name: (cell[name], name)) != leader)


def _entropy(shares: Iterable[float]) -> float:
    return -sum([share * math.log2(share) for share in shares if share > 0])


def chosen(issue: Issue, ranked: list[Worth], first: list[str], library: Library) -> list[str]:
    """At most three questions: those given first, then the best ones that add to what is already asked."""
    asked = list(first[:AT_MOST])
    rest = [worth for worth in ranked if worth.question not in asked][:SHORTLIST]
    least = {worth.question: worth.value for worth in rest}
    for before in asked:
        least = _given(issue, before, least, before is not asked[0], library)
    while least and len(asked) < AT_MOST:
        best = max(least, key=lambda question: (least[question], question))
        if least.pop(best) <= WORTH_ASKING:
            break
        asked.append(best)
        if len(asked) < AT_MOST:
            least = _given(issue, best, least, len(asked) > 1, library)
    return asked


def _given(issue: Issue, before: str, least: Mapping[str, float], is_later: bool, library: Library) -> dict[str, float]:
    """What each question is expected to tell, less its effort, once one more is answered; the least of it, where others were answered before."""
    table, efforts = likelihoods(library), library.weights["effort"]
    after = list(_after(issue, table[before]))
    found: dict[str, float] = {}
    for question, known in least.items():
        size = len(library.questions[question].options)
        told = sum([chance * _told(_joint(shares, table[question], size), uncertainty, library) for chance, shares, uncertainty in after])
        told *= efforts[library.questions[question].effort]
        found[question] = min(told, known) if is_later else told
    return found


def _after(issue: Issue, rows: Likelihood) -> Iterator[tuple[float, Shares, float]]:
    """For each option of a question its chance, the shares that it leaves to the causes, and the uncertainty that stays."""
    for place, even in enumerate(rows[""]):
        weighed = [(cause, specialist, share * (rows[cause][place] if cause in rows else even)) for cause, specialist, share in _likeliest(issue)]
        chance = sum([share for _, _, share in weighed])
        shares = [(cause, specialist, share / chance) for cause, specialist, share in weighed]
        yield chance, shares, _entropy(_by_specialist(shares).values())
