"""Text into findings: what is reported, denied, past, supposed or only believed, each with its words."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from training_router.server.diagnosis.figures import FigureRead, figures_read
from training_router.server.diagnosis.marks import Marks
from training_router.server.diagnosis.text import read
from training_router.taxonomy.entries import Library
from training_router.taxonomy.phrases import found

PRESENT, ABSENT = "present", "absent"
MEASURED, REPORTED, ANSWERED, OBSERVED = "measured", "reported", "answered", "observed"
ATTRIBUTED, HYPOTHETICAL, PAST = "attributed", "hypothetical", "past"
RESEMBLED = "resembled"  # nothing was said outright; counts only while nothing else leads
RANK = {RESEMBLED: 0, REPORTED: 1, MEASURED: 2, ANSWERED: 3, OBSERVED: 4}
REQUESTS = frozenset(("request", "concept"))
HITS_EACH = 8
SIGNS_OF_CODE = 0.15
ANCHORS_AT_MOST = 400
LONGEST_CUE = 20
LAST_LATIN = "\u02af"
FOREIGN_LETTERS = 8

Hit = tuple[str, int, int, bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """A symptom as read in this text."""

    symptom: str
    state: str
    kind: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A cause or remedy that someone believes in."""

    about: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A remedy that was tried, and whether it helped."""

    remedy: str
    helped: bool
    quote: str = ""


@dataclass(slots=True)
class Reading:
    """All that one text says."""

    findings: list[Finding] = field(default_factory=list[Finding])
    figures: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    hypotheses: list[Hypothesis] = field(default_factory=list[Hypothesis])
    tried: list[Tried] = field(default_factory=list[Tried])
    anchors: dict[str, int] = field(default_factory=dict[str, int])
    unreadable: bool = False


def _inside_longer(hit: Hit, spans: list[tuple[int, int]]) -> bool:
    """Whether a hit is only part of a cue one or two words longer, as "loss increases" is of "validation loss increases"."""
    for first, after in spans[max(0, bisect_left(spans, (hit[1] - LONGEST_CUE, 0))) : bisect_right(spans, (hit[1], hit[2] + LONGEST_CUE))]:
        if first <= hit[1] and hit[2] <= after and 0 < after - first - (hit[2] - hit[1]) <= 2:
            return True
    return False


def without_overlaps(hits: Iterable[Hit]) -> list[Hit]:
    """The hits by their place; of those that overlap, the one that was given first."""
    kept: list[Hit] = []
    taken: set[int] = set()
    for hit in hits:
        if taken.isdisjoint(range(hit[1], hit[2])):
            taken.update(range(hit[1], hit[2]))
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit[1])


class Reader:
    """Reads one text; `hits` are the cues found in it, by kind of entry."""

    def __init__(self, source: str, library: Library, kind: str = REPORTED) -> None:
        self.library, self.kind = library, kind
        self.text = read(source, library)
        self.marks = Marks(self.text, library)
        self.taken: dict[int, int] = {}
        self.believed: dict[int, tuple[int, int]] = {}
        self.today = -1
        self.hits: dict[str, list[Hit]] = defaultdict(list)
        for owner, first, after, negated in found(library.cues, self.text.plain, library.known_words):
            entry_kind, name = library.owners[owner]
            self.hits[entry_kind].append((name, first, after, negated))

    def reading(self) -> Reading:
        """What the text says."""
        reading = Reading(unreadable=self._is_unreadable())
        named = self._named()
        self.believed = self._believed(named)
        figures = figures_read(self.text, ((name, first, after) for name, first, after, _ in self.hits["figure"]), self.library)
        symptoms = list(self._symptom_hits())
        self.today = self._today(symptoms, figures)
        self.taken = self._negations_taken(symptoms)
        for name, first, after, negated in symptoms:
            if self.library.symptoms[name].kind not in REQUESTS or not self._is_code(first):
                reading.findings.append(self._finding(name, first, after, negated))
        for figure in figures:
            kind = self._kind(figure.first, figure.after, "setup")
            if kind not in (ATTRIBUTED, HYPOTHETICAL, PAST):
                reading.figures[figure.figure] = (figure.value, self.text.quote(figure.first, figure.after))
        for name, first, after, negated in named:
            self._file_named(reading, name, first, after, negated)
        reading.anchors = self._anchors()
        return reading

    def _typed(self, first: int, after: int) -> tuple[int, int]:
        """The typed words behind plain words, as first and after."""
        return self.text.origin[first], self.text.origin[after - 1] + 1

    def _is_code(self, first: int) -> bool:
        """Whether the sentence of a plain word is code or a log, where nothing is asked for."""
        sentence = self.text.sentences[self.text.origin[first]]
        return sentence not in self.text.asked and self.text.share_of_signs(sentence) > SIGNS_OF_CODE

    def _symptom_hits(self) -> Iterator[Hit]:
        """The longest hit of each symptom at each place, at most HITS_EACH of a symptom (the first and the last ones)."""
        by_symptom: dict[str, list[Hit]] = defaultdict(list)
        for hit in self.hits["symptom"]:
            kept = by_symptom[hit[0]]
            if kept and kept[-1][1] == hit[1]:
                kept[-1] = hit
            elif not kept or hit[1] >= kept[-1][2]:
                kept.append(hit)
            elif hit[2] - hit[1] > kept[-1][2] - kept[-1][1]:
                kept[-1] = hit
        few = {name: hits if len(hits) <= HITS_EACH else hits[: HITS_EACH // 2] + hits[-HITS_EACH // 2 :] for name, hits in by_symptom.items()}
        faults = {name for name in few if self.library.symptoms[name].kind == "fault"}
        spans = sorted({(first, after) for name in faults for _, first, after, negated in few[name] if not negated})
        for name, hits in few.items():
            yield from (hit for hit in hits if name not in faults or not _inside_longer(hit, spans))

    def _named(self) -> list[Hit]:
        """The causes and remedies that are named, the longest where they overlap."""
        named = [hit for kind in ("cause", "remedy") for hit in self.hits[kind]]
        named.sort(key=lambda hit: (hit[1] - hit[2], hit[3], hit[1], self.text.plain[hit[1] : hit[2]] != self._plain_id(hit[0]), hit[0]))
        return without_overlaps(named)

    def _plain_id(self, name: str) -> list[str]:
        """The id of an entry as plain words: said outright, it beats what another entry is also called."""
        return [word for part in name.split("-") for word in self.library.words.plain(part)]

    def _finding(self, name: str, first: int, after: int, negated: bool) -> Finding:
        symptom = self.library.symptoms[name]
        kind = self._kind(first, after, symptom.kind)
        if kind == self.kind and self.kind == REPORTED and self._is_believed(first, after, whole=symptom.kind == "fault"):
            kind = ATTRIBUTED
        denied = symptom.kind not in REQUESTS and (negated or self.is_denied(first, after))
        state = ABSENT if denied else PRESENT
        return Finding(name, state, kind, self.text.quote(first, after))

    def _kind(self, first: int, after: int, about: str) -> str:
        """How a place is meant: as this reader's own kind, or as past, supposed or believed."""
        if self.kind != REPORTED:
            return self.kind
        start, end = self._typed(first, after)
        marks = self.marks.over(start, end)
        sentence = self.text.sentences[start]
        if about == "setup" and "tried" in self.marks.of_heading(sentence):
            return PAST
        if "past" in marks or "past-here" in marks or ("past-tense" in marks and sentence < self.today and "today" not in marks):
            return PAST
        if about in REQUESTS:  # what is asked for is asked for, however it is put
            return self.kind
        if "others" in marks or "hypothetical" in marks or (sentence in self.text.asked and "supposed-if-asked" in marks):
            return HYPOTHETICAL
        if "attributed" in marks and about != "fault":
            return ATTRIBUTED
        return self.kind

    def _believed(self, named: Iterable[Hit]) -> dict[int, tuple[int, int]]:
        """The plain words by which somebody believes in a cause or remedy, each with the span it belongs to."""
        return {place: (first, after) for _, first, after, _ in named if "attributed" in self.marks.over(*self._typed(first, after)) for place in range(first, after)}

    def _is_believed(self, first: int, after: int, whole: bool) -> bool:
        """Whether the words, or as a whole, are among those by which a cause or remedy is believed in."""
        spans = {self.believed[place] for place in range(first, after) if place in self.believed}
        return any(start <= first and after <= end for start, end in spans) if whole else bool(spans)

    def is_denied(self, first: int, after: int) -> bool:
        """Whether a negation around the plain words first..after denies them."""
        return self.marks.deny(first, after, self.taken)

    def _negations_taken(self, symptoms: Iterable[Hit]) -> dict[int, int]:
        """The typed words that belong to a cue and where that cue ends: a negation among them denies nothing beyond."""
        taken: dict[int, int] = {}
        for _, first, after, _ in symptoms:
            _, end = self._typed(first, after)
            for origin in self.text.origin[first:after]:
                taken[origin] = max(end, taken.get(origin, 0))
        return taken

    def _today(self, symptoms: Iterable[Hit], figures: Iterable[FigureRead]) -> int:
        """The last sentence that says how things stand today, or -1: what is told in the past tense before it is history."""
        today = -1
        for first, after in [(hit[1], hit[2]) for hit in symptoms] + [(figure.first, figure.after) for figure in figures]:
            start, _ = self._typed(first, after)
            sentence = self.text.sentences[start]
            if sentence > today and any(name == "today" and one < start for name, _, one, _ in self.marks.in_sentence(sentence)):
                today = sentence
        return today

    def _file_named(self, reading: Reading, name: str, first: int, after: int, negated: bool) -> None:
        start, end = self._typed(first, after)
        marks = self.marks.over(start, end)
        around = self.marks.in_sentence(self.text.sentences[start])
        sentence_marks = {mark for mark, *_ in around}
        within = {mark for mark, _, one, two in around if start <= one and two <= end}
        quote = self.text.quote(first, after)
        if name in self.library.remedies and "tried" in sentence_marks and "attributed" not in marks:
            reading.tried.append(Tried(name, "helped" in sentence_marks and "failed" not in sentence_marks, quote))
            return
        if not ({"attributed", "hypothetical"} & (marks | within) or self.text.sentences[start] in self.text.asked):
            return  # named in passing, as in code; nobody believes in it
        if self.kind == REPORTED and not negated and all(known.about != name for known in reading.hypotheses):
            reading.hypotheses.append(Hypothesis(name, quote))

    def _anchors(self) -> dict[str, int]:
        """How many different words tie the text to training (strong, weak) and to other fields; what is only believed does not."""
        places: dict[str, set[str]] = defaultdict(set)
        for kind in ("training", "field"):
            for name, first, after, _ in self.hits[kind][:ANCHORS_AT_MOST]:
                if kind == "field" or not self._is_believed(first, after, whole=False):
                    places[name].add(" ".join(self.text.plain[first:after]))
        return {name: len(words) for name, words in places.items()}

    def _is_unreadable(self) -> bool:
        """Whether the text is in another script and nothing in it can be read."""
        if any(self.hits[kind] for kind in ("symptom", "training", "field")):
            return False
        return sum(letter.isalpha() and letter > LAST_LATIN for letter in self.text.source[:2000]) >= FOREIGN_LETTERS
