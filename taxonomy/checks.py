"""What no single entry shows: faults of the library as a whole."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from training_router.taxonomy.compiler import compiled
from training_router.taxonomy.entries import Convention, Library
from training_router.taxonomy.errors import LibraryError, Problem
from training_router.taxonomy.library import HOME, library_from
from training_router.taxonomy.phrases import BREAK, EDGE, NUMBER, found
from training_router.taxonomy.sources import Source, Sources, gathered

Fault = tuple[str, str, str, str, str]
WORD = re.compile(r"(?P<number>\d[\d.,]*)|(?P<word>[^\W_]+)|(?P<stop>[.!?,;:])")
PURE_OF = {"symptom", "figure", "cause", "remedy", "training", "field"}


def judged_whole(overlays: Sequence[Path] = ()) -> list[Problem]:
    """Every problem of the library and its overlays, each with its place."""
    folders = [HOME, *overlays]
    try:
        data = compiled(folders)
    except LibraryError as error:
        return error.problems  # names that do not resolve would only bury the rest
    library, sources = library_from(data), gathered(folders)
    return sorted(_placed(fault, sources) for rule in RULES for fault in rule(library, sources))


def _placed(fault: Fault, sources: Sources) -> Problem:
    folder, name, key, what, mend = fault
    source: Source = sources.entries[folder][name] if folder else sources.files[name]
    return Problem(source.file, source.line(key) if key else 1, what, mend)


def _folder(convention: Convention) -> str:
    return "workflows" if convention.kind == "workflow" else "first_stops"


def conventions_without_order(library: Library, sources: Sources) -> Iterator[Fault]:
    """Two conventions of one phase that match the same findings, and nothing says which wins."""
    for one, other in combinations(sorted(library.conventions.values(), key=lambda each: each.id), 2):
        if one.phase == other.phase and set(one.when) == set(other.when) and _meet(one, other) and other.id not in one.before and one.id not in other.before:
            yield _folder(one), one.id, "when", f"matches the same findings as '{other.id}'", "write `before` in the one that wins, or give it one more condition"


def _meet(one: Convention, other: Convention) -> bool:
    if bool(one.any) != bool(other.any):
        return False
    shared = set(one.any) & set(other.any)
    excluded = (set(one.when) | shared) & (set(one.unless) | set(other.unless))
    return (not one.any or bool(shared)) and not excluded


def options_that_settle_the_same(library: Library, sources: Sources) -> Iterator[Fault]:
    """Two options of a question after which the same is known."""
    for question in library.questions.values():
        for one, other in combinations(question.options, 2):
            if (set(one.present), set(one.absent)) == (set(other.present), set(other.absent)):
                yield "questions", question.id, "options", f"options '{one.id}' and '{other.id}' settle the same", "join them, or say what each makes present or absent"


def questions_that_separate_nothing(library: Library, sources: Sources) -> Iterator[Fault]:
    """A question whose symptoms are evidence for no cause and condition of no convention."""
    used = {symptom for cause in library.causes.values() for symptom in (*cause.evidence, *cause.absent)}
    used |= {symptom for convention in library.conventions.values() for symptom in (*convention.when, *convention.any, *convention.unless)}
    for question in library.questions.values():
        settles = {symptom for option in question.options for symptom in (*option.present, *option.absent)}
        if settles.isdisjoint(used):
            yield "questions", question.id, "options", "separates nothing: no cause and no convention uses its symptoms", "settle symptoms that are evidence"


def causes_without_question(library: Library, sources: Sources) -> Iterator[Fault]:
    """A cause that no question can confirm."""
    settled = {symptom for question in library.questions.values() for option in question.options for symptom in (*option.present, *option.absent)}
    for cause in library.causes.values():
        if settled.isdisjoint((*cause.evidence, *cause.absent)):
            yield "causes", cause.id, "evidence", "no question settles any of its evidence", "add evidence that a question settles, or a question"


def entries_that_nothing_uses(library: Library, sources: Sources) -> Iterator[Fault]:
    """A symptom or specialist that leads nowhere."""
    evidence = {symptom for cause in library.causes.values() for symptom in (*cause.evidence, *cause.absent)}
    conditions = {symptom for convention in library.conventions.values() for symptom in (*convention.when, *convention.any, *convention.unless)}
    parents = {parent for symptom in library.symptoms.values() for parent in symptom.is_a}
    concepts = {symptom.id for symptom in library.symptoms.values() if symptom.kind == "concept"}
    for symptom in library.symptoms.keys() - evidence - conditions - parents - concepts:
        yield "symptoms", symptom, "", "no cause and no convention uses it", "make it evidence of a cause or a condition, or delete it"
    owners = {cause.specialist for cause in library.causes.values()} | {step.specialist for convention in library.conventions.values() for step in convention.steps}
    for specialist in library.specialists.keys() - owners:
        yield "", "packs", "packs", f"specialist '{specialist}' owns no cause and stands in no convention", "give it a cause, or delete it"


def remedies_out_of_place(library: Library, sources: Sources) -> Iterator[Fault]:
    """A remedy that no cause of its own specialist, or of any, would call for."""
    for remedy in library.remedies.values():
        if not remedy.reversible and all(library.causes[cause].specialist != remedy.specialist for cause in remedy.treats):
            yield "remedies", remedy.id, "treats", f"treats no cause of its specialist '{remedy.specialist}'", "name the specialist that owns one of these causes, or add the cause"


def cascades_in_a_circle(library: Library, sources: Sources) -> Iterator[Fault]:
    """Causes that are each to be treated before the other."""
    for cause in library.causes.values():
        for later in cause.before:
            if cause.id in library.causes[later].before:
                yield "causes", cause.id, "before", f"comes before '{later}', which comes before it", "delete one of the two"


def pure_sentences_that_report(library: Library, sources: Sources) -> Iterator[Fault]:
    """A pure pressure sentence in which something else is read too, so that it could move a route."""
    for name, source in sources.entries["pressures"].items():
        for number, sentence in enumerate(source.data["pure"]):
            words = _plain(sentence, library)
            read = {library.owners[owner] for owner, *_ in found(library.cues, words, library.known_words)}
            kinds = sorted(f"{kind} {entry}" for kind, entry in read if kind in PURE_OF)
            if NUMBER in words:
                kinds.append("a number")
            typed = {library.owners[owner] for said in _as_typed(sentence) for owner, *_, negated in found(library.typed_cues, said) if not negated}
            if ("pressure", name) not in read | typed:
                yield "pressures", name, "pure", f"pure sentence {number + 1} is not read as this pressure: {sentence!r}", "word it so that a cue meets it"
            if kinds:
                yield "pressures", name, "pure", f"pure sentence {number + 1} also holds {', '.join(kinds)}: {sentence!r}", "reword it"


def _as_typed(sentence: str) -> tuple[list[str], list[str]]:
    """The words of a sentence as typed, without and with the edges of its clauses."""
    clauses = [clause.replace("cannot", "can not").split() for clause in re.split(r"[,.;:?!]", sentence.lower())]
    return [word for clause in clauses for word in clause], [EDGE, *(word for clause in clauses for word in (*clause, EDGE))]


def _plain(sentence: str, library: Library) -> list[str]:
    words: list[str] = []
    for match in WORD.finditer(sentence.lower().replace("n't", " not").replace("'", " ")):
        words += [BREAK] if match["stop"] else [NUMBER] if match["number"] else library.words.plain(match[0])
    return words


Rule = Callable[[Library, Sources], Iterator[Any]]
RULES: tuple[Rule, ...] = (
    conventions_without_order,
    options_that_settle_the_same,
    questions_that_separate_nothing,
    causes_without_question,
    entries_that_nothing_uses,
    remedies_out_of_place,
    cascades_in_a_circle,
    pure_sentences_that_report,
)
